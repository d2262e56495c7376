"""The ordinary program beside 160 native threads. `natives.py LIBRARY [rounds]`."""

import ctypes
import sys

COUNT = 160
started = ctypes.CDLL(sys.argv[1]).natives_start(COUNT)
if started != COUNT:
    sys.exit(f"only {started} of {COUNT} threads could be started")
import ordinary  # noqa: E402,F401  runs for ever
