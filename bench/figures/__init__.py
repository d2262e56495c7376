"""The figures, one file each: what is measured, how, and what is to be reached.

A figure is a module with NAME, TITLE, GOAL, COLUMNS (key, heading, format), KEY (the column whose
ratio to ours is shown where RATIO), VARIANT (the column that tells cases of one profiler apart, or
None; JUDGED are those of its values that the goal speaks of, where not all),
`missed(row)` (what a row of ours lacks, or None) and `measure(plan)` (the rows).
"""

from . import cost, dump, impossible, lanes, memory, rate, report, shares, slowdown, threads, top, trace, wake

ALL = (cost, rate, wake, threads, top, dump, impossible, shares, slowdown, memory, trace, lanes, report)
