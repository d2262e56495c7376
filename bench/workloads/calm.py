"""A program 25 frames deep that stays where it is: a loop over numbers, as in the middle of a computation."""

from rounds import repeat


def work():
    total = 0
    for number in range(200000):
        total += number % 7


def down(levels):
    if levels:
        return down(levels - 1)
    return repeat(work, 10)


down(21)
