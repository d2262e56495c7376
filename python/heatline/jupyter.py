"""`%load_ext heatline`, then `%%trace` above a cell: what its calls took, and where the recording is."""

import shlex
import subprocess

from IPython.core.magic import Magics, cell_magic, magics_class

from heatline import find_program
from heatline.tracer import Tracer

FLAGS = ("ignore_c_function", "ignore_frozen", "log_func_args", "log_func_retval", "log_print", "log_gc",
         "log_async", "log_torch", "log_exception", "log_sparse")
VALUES = ("output_file", "max_stack_depth", "min_duration", "ring", "limit")


def _options(line):
    """{name: value} of `--ignore-c-function --output-file x.heat …`."""
    words, options = iter(shlex.split(line)), {}
    for word in words:
        name, _, value = word.lstrip("-").replace("-", "_").partition("=")
        value = word.partition("=")[2]
        if name == "o":
            name = "output_file"
        if name in FLAGS:
            options[name] = True
        elif name in VALUES:
            options[name] = value or next(words, "")
        else:
            raise ValueError("%%%%trace knows no option %s; there are: %s" % (word, ", ".join(
                "--" + known.replace("_", "-") for known in FLAGS + VALUES)))
    if "max_stack_depth" in options:
        options["max_stack_depth"] = int(options["max_stack_depth"])
    return options


@magics_class
class TraceMagics(Magics):
    @cell_magic
    def trace(self, line, cell):
        """%%trace [--output-file FILE] [--limit N] [--ignore-c-function] …: the options of `heatline trace`."""
        options = _options(line)
        limit = options.pop("limit", "10")
        tracer = Tracer(options.pop("output_file", "trace.heat"), verbose=0, **options)
        code = self.shell.input_transformer_manager.transform_cell(cell)
        compiled = compile(code, "<cell>", "exec")
        with tracer:
            exec(compiled, self.shell.user_ns)
        if tracer.output_file.endswith(".heat"):
            command = [find_program(), "report", tracer.output_file, "--limit", limit, "--include", "<cell>"]
            print(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False).stdout)
        print("heatline: wrote %s" % tracer.output_file)


def load_ipython_extension(shell):
    shell.register_magics(TraceMagics)
