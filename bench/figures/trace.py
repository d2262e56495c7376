"""What tracing adds to a call, and what becomes of it.

A program that does nothing but call, on CPython 3.13, under each tracer and under none in turn: with functions of C in
the trace, and with those of Python only (trace0 knows no others). `Python call` and `C call` are the nanoseconds that
the least round took a call, less those of the program alone. `after the end`: from the program's last line to the end
of the command, with the file complete; all calls are in the file, some 500,000 of Python and 480,000 of C. `filtered`:
the program's file is excluded, so that no call of it is recorded.
"""

import tracers
from plan import say

NAME = "trace"
TITLE = "tracing: nanoseconds added to a call"
GOAL = ("of Python: at most 0.8 of trace0's and a third of VizTracer's, with functions of C half of VizTracer's; "
        "at most 2 ns for one that is filtered out; at most 7 bytes a call; at most 50 ms after the end")
KEY, RATIO, VARIANT = "python_ns", True, "functions"
COLUMNS = (
    ("functions", "functions", ""),
    ("python_ns", "Python call, ns", "+.1f"),
    ("c_ns", "C call, ns", "+.1f"),
    ("bytes", "bytes a call", ".1f"),
    ("end_ms", "after the end, ms", ",.0f"),
)


def missed(row):
    lacks = [row.get("lacks")] if row.get("lacks") else []
    if row["bytes"] > 7:
        lacks.append(f"{row['bytes']:.1f} bytes a call")
    if row["end_ms"] > 50:
        lacks.append(f"{row['end_ms']:.0f} ms after the end")
    return "; ".join(lacks) or None


def run(plan, name, functions):
    found = tracers.run(name, "tracing.py", plan.file(""), functions)
    calls = found["python_calls"] + (found["c_calls"] if functions == "Python, C" else 0)
    return {"python_ns": found["python_ns"], "c_ns": found["c_ns"],
            "bytes": 0 if functions == "filtered" else found["bytes"] / calls,
            "end_ms": (found["ended_s"] - found["end_s"]) * 1000}


def judge(made):
    """Says of our rows what they lack beside the peers'."""
    added = {(row["profiler"], row["functions"]): row["python_ns"] for row in made if "failed" not in row}
    for row in made:
        if row["profiler"] != "Heatline" or "failed" in row:
            continue
        if row["functions"] == "filtered":
            row["lacks"] = f"{row['python_ns']:.1f} ns" if row["python_ns"] > 2 else ""
            continue
        limits = (("VizTracer", 1 / 3), ("trace0", 0.8)) if row["functions"] == "Python" else (
            ("VizTracer", 1 / 2),)
        row["lacks"] = "; ".join(
            f"{row['python_ns'] / added[peer, row['functions']]:.2f} of {peer}'s"
            for peer, limit in limits
            if (peer, row["functions"]) in added
            and row["python_ns"] > limit * added[peer, row["functions"]])


def measure(plan):
    why = tracers.prepare()
    if why:
        say(f"  {why}")
        return []
    plan.rounds = max(plan.rounds, 5)
    cases = [(name, functions) for functions in ("Python", "Python, C", "filtered") for name in tracers.ALL
             if tracers.ALL[name][0]("", "", functions)]
    found = plan.interleave(cases, lambda case: run(plan, *case))
    made = []
    for (name, functions), (values, failed) in found.items():
        row = {"profiler": name, "functions": functions}
        bare = found["nothing", functions][0]
        if failed or not values or not bare:
            made.append({**row, "failed": failed or "not measured"})
            continue
        least = {key: min(value[key] for value in values) for key in values[0]}
        for key in ("python_ns", "c_ns"):
            least[key] -= min(value[key] for value in bare)
        if name != "nothing":
            made.append({**row, **least})
    judge(made)
    return made
