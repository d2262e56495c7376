"""A program that does nothing but call and return, so that a torn stack gives itself away.

Eight chains of functions, 2 to 9 deep. A function of a chain calls the next one of the same chain
and nothing else calls it, so a stack is possible only if it is <module>, main, and then the first
few functions of one chain, in order. Every caller can be standing on one line only: the one with
its call. `python calls.py map` prints these facts for the judge, as lines `function caller line`.
"""

import sys
from rounds import repeat

DEPTHS = (2, 9, 4, 7, 3, 8, 5, 6)


def chains():
    source, facts = [], []

    def put(line):
        source.append(line)
        return len(source)

    for chain, depth in enumerate(DEPTHS):
        for level in range(1, depth + 1):
            put(f"def chain{chain}_{level}():")
            if level == depth:
                put("    pass")
            else:
                line = put(f"    chain{chain}_{level + 1}()")
                facts.append((f"chain{chain}_{level + 1}", f"chain{chain}_{level}", line))
    put("def main():")
    for chain in range(len(DEPTHS)):
        facts.append((f"chain{chain}_1", "main", put(f"    chain{chain}_1()")))
    return "\n".join(source), facts


SOURCE, FACTS = chains()
if sys.argv[-1] == "map":
    for fact in FACTS:
        print(*fact)
else:
    exec(compile(SOURCE, "chains.py", "exec"))
    repeat(main, 80000)
