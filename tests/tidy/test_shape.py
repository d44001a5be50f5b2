"""How long, how deep and how named: the shape of the code."""

from __future__ import annotations

import ast
from pathlib import PurePosixPath

from tests.tidy.house import Module, files, modules, none_of

FUNCTION_LINES_MAX = 70
FUNCTION_LINES_USUAL = 25
FILE_LINES_MAX = 600
DEPTH_MAX = 3
DRAWERS = frozenset({"service", "services", "utils", "util", "helpers", "helper", "common", "misc"})
BLOCKS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.TryStar, ast.Match)
Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(module: Module) -> list[tuple[Function, int]]:
    """Return every function with its length in lines, signature and docstring included."""
    return [
        (node, (node.end_lineno or node.lineno) - node.lineno + 1)
        for node in module.nodes()
        if isinstance(node, Function)
    ]


def depth(node: ast.AST, *, chained: bool = False) -> int:
    """Return how deep blocks are nested below `node`; an `elif` is as deep as its `if`."""
    own = isinstance(node, BLOCKS) and not chained
    inner = [
        depth(child, chained=is_elif(node, child))
        for child in ast.iter_child_nodes(node)
        if not isinstance(child, Function | ast.ClassDef | ast.Lambda)
    ]
    return own + max(inner, default=0)


def is_elif(parent: ast.AST, child: ast.AST) -> bool:
    """Say whether `child` is the `elif` (or the lone `if` under an `else`) of `parent`."""
    return isinstance(parent, ast.If) and isinstance(child, ast.If) and parent.orelse == [child]


def too_long(module: Module) -> list[str]:
    return [
        f"{module.at(node)} {node.name}: {lines} lines"
        for node, lines in functions(module)
        if lines > FUNCTION_LINES_MAX
    ]


def too_deep(module: Module) -> list[str]:
    return [
        f"{module.at(node)} {node.name}: {deep} deep"
        for node, _ in functions(module)
        if (deep := depth(node)) > DEPTH_MAX
    ]


def more_than_a_docstring(module: Module) -> list[str]:
    body = module.tree.body
    bare = len(body) == 1 and ast.get_docstring(module.tree) is not None
    return [] if bare or not body else [f"{module.path}: holds more than its docstring"]


def prints(module: Module) -> list[str]:
    return [
        module.at(node)
        for node in module.nodes()
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]


def test_no_function_is_too_long() -> None:
    none_of([line for module in modules() for line in too_long(module)], f"over {FUNCTION_LINES_MAX} lines:")


def test_nine_functions_in_ten_are_short() -> None:
    found = [
        (lines, f"{module.at(node)} {node.name}: {lines} lines")
        for module in modules()
        if module.in_src
        for node, lines in functions(module)
    ]
    long = sorted((pair for pair in found if pair[0] >= FUNCTION_LINES_USUAL), reverse=True)
    allowed = len(found) // 10
    assert len(long) <= allowed, "\n".join(
        [f"{len(long)} of {len(found)} functions have {FUNCTION_LINES_USUAL} lines or more:"]
        + [place for _, place in long]
    )


def test_no_file_is_too_long() -> None:
    lengths = [(module.path, module.text.count("\n")) for module in modules()]
    none_of(
        [f"{path}: {lines} lines" for path, lines in lengths if lines > FILE_LINES_MAX],
        f"over {FILE_LINES_MAX} lines:",
    )


def test_nothing_is_nested_four_deep() -> None:
    none_of([line for module in modules() for line in too_deep(module)], "nested four deep or more:")


def test_no_module_is_a_drawer() -> None:
    none_of(
        [path for path in files() if DRAWERS.intersection(PurePosixPath(path).with_suffix("").parts)],
        "a name that refuses nothing fills up; name the module after what it does:",
    )


def test_a_package_is_a_docstring() -> None:
    packages = [module for module in modules() if module.path.endswith("/__init__.py")]
    none_of(
        [line for module in packages for line in more_than_a_docstring(module)], "packages are docstrings:"
    )
    undocumented = [m.path for m in packages if m.in_src and ast.get_docstring(m.tree) is None]
    none_of(undocumented, "packages without a docstring:")


def test_only_the_command_line_prints() -> None:
    found = [line for m in modules() if m.in_src and "/cli/" not in m.path for line in prints(m)]
    none_of(found, "print outside cli:")


def test_the_rules_see_what_they_forbid() -> None:
    deep = "def f():\n if a:\n  for b in c:\n   with d:\n    while e:\n     pass\n"
    ladder = (
        "def f():\n if a:\n  pass\n elif b:\n  pass\n elif c:\n  pass\n elif d:\n  pass\n else:\n  pass\n"
    )
    assert too_deep(Module("m.py", deep)) == ["m.py:1 f: 4 deep"]
    assert not too_deep(Module("m.py", ladder))
    assert too_long(Module("m.py", "def f():\n" + " pass\n" * 70)) == ["m.py:1 f: 71 lines"]
    assert not too_long(Module("m.py", "def f():\n" + " pass\n" * 69))
    assert more_than_a_docstring(Module("m.py", '"""Doc."""\nimport a\n'))
    assert not more_than_a_docstring(Module("m.py", '"""Doc."""\n'))
    assert prints(Module("m.py", "x.print()\nprint()\n")) == ["m.py:2"]
