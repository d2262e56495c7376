"""The profilers that are compared, one file each. See `profiler.py` for what each one tells."""

from .austin import Austin
from .cpython import CPythonSampler
from .heatline import Heatline
from .pyspy import PySpy

ALL = (Heatline("3.13"), Heatline("3.15"), CPythonSampler(), Austin(), PySpy())
