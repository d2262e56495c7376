"""A few seconds of familiar work, to be looked at by a profiler: planets, words, fib and JSON.

The planets and fib take turns on the main thread, words are counted by a worker beside it, and a
third thread mostly waits.
"""
import collections
import json
import math
import sys
import threading
import time

SUN, JUPITER, SATURN = (
    {"at": [0.0, 0.0, 0.0], "speed": [0.0, 0.0, 0.0], "mass": 39.47},
    {"at": [4.84, -1.16, -0.10], "speed": [0.60, 2.81, -0.02], "mass": 0.037},
    {"at": [8.34, 4.12, -0.40], "speed": [-1.01, 1.82, 0.008], "mass": 0.011},
)
SENTENCE = "The quick brown fox jumps over the lazy dog, and the dog does not mind the fox. "


def distance(a, b):
    return math.sqrt(sum((x - y) ** 2 for x, y in zip(a["at"], b["at"])))


def pull(body, other, step):
    strength = other["mass"] * step / distance(body, other) ** 3
    for axis in range(3):
        body["speed"][axis] += (other["at"][axis] - body["at"][axis]) * strength


def move(bodies, step):
    for body in bodies:
        body["at"] = [x + v * step for x, v in zip(body["at"], body["speed"])]


def simulate_planets(steps):
    bodies = [SUN, JUPITER, SATURN]
    for _ in range(steps):
        for body in bodies:
            for other in bodies:
                if body is not other:
                    pull(body, other, 0.001)
        move(bodies, 0.001)


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def normalise(word):
    return word.strip(".,").lower()


def count_words(until):
    counts = collections.Counter()
    while time.monotonic() < until:
        counts.update(normalise(word) for word in (SENTENCE * 200).split())
    return counts


def save_and_load(counts):
    for _ in range(200):
        counts = json.loads(json.dumps(counts, indent=1, sort_keys=True))
    return counts


def wait_for(done):
    while not done.wait(0.05):
        pass


def main(duration_s):
    until = time.monotonic() + duration_s
    done = threading.Event()
    counted = {}
    threads = [
        threading.Thread(target=lambda: counted.update(count_words(until)), name="words"),
        threading.Thread(target=wait_for, args=(done,), name="waiter"),
    ]
    for thread in threads:
        thread.start()
    while time.monotonic() < until:
        simulate_planets(1000)
        fib(22)
        save_and_load(dict(counted, planets=3, fib=22))
    done.set()
    for thread in threads:
        thread.join()
    print("counted %d words; Saturn is %.2f from the sun" % (
        sum(counted.values()), distance(SUN, SATURN)))


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 4.0)
