"""Rewrites a program's source so that it tells of its variables: `heatline trace --log-var`, `--log-number`, `--log-attr`,
`--log-func-exec`, `--log-func-entry` and `--magic-comment`.

The agent runs this file in the traced process before the program (instrument.c), with `variable(name, value)`,
`number(name, value)` and `event(name, args)` of its own, and the configuration as `config`. Modules are rewritten when they
are imported, from their source: compiled files are neither read nor written for them. What is installed (the standard
library, site-packages) stays as it is.
"""

import ast
import builtins
import importlib._bootstrap_external as external
import importlib.util
import os
import re
import sys

NAME = "__heatline_%s__"  # what rewritten code calls; names that end so are not mangled in classes
PLACES = "/site-packages/", "/dist-packages/", os.path.dirname(os.__file__) + "/"
MAGIC = re.compile(r"#\s*!(?:viztracer|heatline):\s*(.*?)\s*$")
CALLS = "log_instant", "log_var", "log_number", "log_event"


def options(text):
    """{key: [value, …]} of the lines of the agent's configuration."""
    found = {}
    for line in text.split("\n"):
        key, _, value = line.partition("=")
        found.setdefault(key, []).append(value)
    return found


class Patterns:
    """Regular expressions that have to match the whole of a name."""

    def __init__(self, patterns):
        self.patterns = [re.compile(pattern) for pattern in patterns]

    def match(self, name):
        return any(pattern.fullmatch(name) for pattern in self.patterns)


class Wanted:
    def __init__(self, text):
        found = options(text)
        self.var, self.number, self.attr, self.body, self.entry = (
            Patterns(found.get(key, ())) for key in
            ("log_var", "log_number", "log_attr", "log_func_exec", "log_func_entry"))
        self.magic = found.get("magic_comment") == ["1"]


def targets_of(node):
    """(name, expression) of each thing that an assignment to `node` changes."""
    if isinstance(node, ast.Name):
        yield node.id, node
    elif isinstance(node, ast.Attribute):
        yield node.attr, node
    elif isinstance(node, ast.Subscript):
        yield from targets_of(node.value)
    elif isinstance(node, ast.Starred):
        yield from targets_of(node.value)
    elif isinstance(node, (ast.Tuple, ast.List)):
        for element in node.elts:
            yield from targets_of(element)


def spelled(node):
    """The source text of a name or attribute."""
    if isinstance(node, ast.Attribute):
        return "%s.%s" % (spelled(node.value), node.attr)
    if isinstance(node, ast.Name):
        return node.id
    return "(…)"


def loaded(node):
    """The same expression, to be read."""
    if isinstance(node, ast.Attribute):
        return ast.Attribute(node.value, node.attr, ast.Load())
    return ast.Name(node.id, ast.Load())


class Rewriter(ast.NodeTransformer):
    def __init__(self, wanted, logged_lines):
        self.wanted = wanted
        self.logged_lines = logged_lines  # whose assignments are told because of a comment
        self.bodies = []  # of the functions around: is everything in it told?

    def call(self, name, place, *arguments):
        node = ast.Call(ast.Name(NAME % name, ast.Load()), list(arguments), [])
        return ast.fix_missing_locations(ast.copy_location(node, place))

    def told(self, target, line):
        """By which function an assignment to this is told; None: not at all."""
        name, node = target
        if self.wanted.number.match(name):
            return "number"
        wanted = self.wanted.attr if isinstance(node, ast.Attribute) else self.wanted.var
        if wanted.match(name) or line in self.logged_lines or (self.bodies and self.bodies[-1]):
            return "variable"
        return None

    def tell(self, statement, *nodes):
        """Statements that tell of what `nodes` were given; they have the place of `statement`."""
        found = []
        for target in (target for node in nodes for target in targets_of(node)):
            how = self.told(target, statement.lineno)
            if how:
                call = self.call(how, statement, ast.Constant(spelled(target[1])), loaded(target[1]))
                found.append(ast.copy_location(ast.Expr(call), statement))
        return found

    def after(self, node, *targets):
        self.generic_visit(node)
        return [node, *self.tell(node, *targets)]

    def visit_Assign(self, node):
        return self.after(node, *node.targets)

    def visit_AugAssign(self, node):
        return self.after(node, node.target)

    def visit_AnnAssign(self, node):
        return self.after(node, node.target) if node.value else self.generic_visit(node)

    def visit_For(self, node):
        self.generic_visit(node)
        node.body[:0] = self.tell(node, node.target)
        return node

    visit_AsyncFor = visit_For

    def visit_With(self, node):
        self.generic_visit(node)
        node.body[:0] = self.tell(node, *(item.optional_vars for item in node.items if item.optional_vars))
        return node

    visit_AsyncWith = visit_With

    def visit_ExceptHandler(self, node):
        self.generic_visit(node)
        if node.name:
            node.body[:0] = self.tell(node, ast.copy_location(ast.Name(node.name, ast.Store()), node))
        return node

    def visit_NamedExpr(self, node):
        self.generic_visit(node)
        how = self.told((node.target.id, node.target), node.lineno)
        return self.call("told_" + how, node, ast.Constant(node.target.id), node) if how else node

    def visit_FunctionDef(self, node):
        self.bodies.append(self.wanted.body.match(node.name))
        self.generic_visit(node)
        self.bodies.pop()
        if self.wanted.entry.match(node.name):
            entry = ast.copy_location(ast.Expr(self.call("event", node, ast.Constant("%s - entry" % node.name))), node)
            node.body.insert(has_docstring(node.body), entry)
        return node

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_ClassDef(self, node):
        self.bodies.append(False)
        self.generic_visit(node)
        self.bodies.pop()
        return node

    def visit_Lambda(self, node):
        return self.generic_visit(node)


def has_docstring(body):
    first = body[0]
    return isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)


def magic_call(text):
    """Source of an expression for "log_var("x", y) if condition"; None: it means nothing."""
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except SyntaxError:
        match = re.fullmatch(r"(.+?\))\s+if\s+(.+)", text)
        if not match:
            return None
        call, condition = magic_call(match[1]), match[2]
        return call and "(%s) and %s" % (condition, call)
    if not isinstance(tree, ast.Call) or not isinstance(tree.func, ast.Name) or tree.func.id not in CALLS:
        return None
    return NAME % tree.func.id + text.strip()[len(tree.func.id):]


def with_magic(source):
    """The source with what its comments ask for; and the lines whose assignments are to be told."""
    lines, logged = source.split("\n"), set()
    for i, line in enumerate(lines):
        comment = MAGIC.search(line)
        if not comment:
            continue
        before, text = line[:comment.start()].rstrip(), comment[1]
        if text == "log":
            logged.add(i + 1)
            continue
        call = magic_call(text)
        if not call:
            continue
        if not before.strip():
            lines[i] = line[:comment.start()] + call
        elif not before.endswith((":", "\\", ",", "(", "[", "{")):
            lines[i] = "%s; %s" % (before, call)
    changed = "\n".join(lines)
    try:
        ast.parse(changed)
    except SyntaxError:  # a comment in the middle of something: better without
        return source, logged
    return changed, logged


def rewrite(source, filename, wanted):
    """Code of the rewritten source, a str; None: Python shall say itself what is wrong with it."""
    try:
        if wanted.magic:
            source, logged = with_magic(source)
        else:
            logged = set()
        tree = ast.parse(source, filename)
        tree = ast.fix_missing_locations(Rewriter(wanted, logged).visit(tree))
        return compile(tree, filename, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError):
        return None


def is_installed(path):
    return any(place in path for place in PLACES)


def get_code_instead(wanted, original):
    def get_code(self, fullname):
        path = self.get_filename(fullname)
        if is_installed(os.path.abspath(path)):
            return original(self, fullname)
        code = rewrite(importlib.util.decode_source(self.get_data(path)), path, wanted)
        return original(self, fullname) if code is None else code
    return get_code


def main_code(wanted, event, argument):
    """What is to be run instead of the program; None: what Python runs is right."""
    if event == "cpython.run_command":
        source = argument
        if sys.version_info >= (3, 14):
            import textwrap
            source = textwrap.dedent(source)
        return rewrite(source, "<string>", wanted)
    if event != "cpython.run_file" or os.path.isdir(argument):
        return None
    try:
        with open(argument, "rb") as file:
            source = importlib.util.decode_source(file.read())
    except (OSError, SyntaxError, UnicodeError):
        return None
    code = rewrite(source, argument, wanted)
    if code is not None:
        main = sys.modules["__main__"].__dict__
        main["__file__"] = argument
        main["__loader__"] = external.SourceFileLoader("__main__", argument)
        if sys.version_info < (3, 15):
            main["__cached__"] = None
    return code


def told_variable(name, value):
    variable(name, value)
    return value


def told_number(name, value):
    number(name, value)
    return value


def log_instant(name, args=None, scope="t"):
    event(name, args)


def install(text):
    wanted = Wanted(text)
    calls = {"variable": variable, "number": number, "event": event, "told_variable": told_variable,
             "told_number": told_number, "log_instant": log_instant, "log_event": log_instant,
             "log_var": variable, "log_number": number}
    for name, function in calls.items():
        setattr(builtins, NAME % name, function)
    external.SourceLoader.get_code = get_code_instead(wanted, external.SourceLoader.get_code)
    return lambda what, argument: main_code(wanted, what, argument)
