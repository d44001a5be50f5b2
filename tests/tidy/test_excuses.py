"""Whatever is let off a rule says why: broad excepts, silenced linters, skipped tests."""

from __future__ import annotations

import ast
import re

from tests.tidy.house import Module, dotted, modules, none_of

BROAD = frozenset({"Exception", "BaseException"})
NOQA = re.compile(r"\bnoqa\b", re.IGNORECASE)
NOQA_EXCUSED = re.compile(r"\bnoqa: [A-Z]+\d+(?:, ?[A-Z]+\d+)*\s+(?:- |# ?)\S+ \S+")
IGNORE = re.compile(r"\btype: ?ignore")
IGNORE_EXCUSED = re.compile(r"\btype: ignore\[[\w, -]+\]\s+(?:- |# ?)\S+ \S+")
SKIPS = frozenset({"skip", "skipif", "xfail", "importorskip", "fail_if_missing"})
SAID = 2
"""A reason has at least two words."""


def is_broad(caught: ast.expr | None) -> bool:
    if caught is None:
        return True
    names = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return any(dotted(name) in BROAD for name in names)


def passes_on(handler: ast.ExceptHandler) -> bool:
    """Say whether a handler only tidies up: it ends by raising again what it caught."""
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def unexplained_excepts(module: Module) -> list[str]:
    """Return the broad excepts without a comment on their line, or on one of the two lines around it."""
    found = []
    for node in module.nodes():
        handles = isinstance(node, ast.ExceptHandler) and is_broad(node.type) and not passes_on(node)
        suppresses = (
            isinstance(node, ast.Call)
            and dotted(node.func).rpartition(".")[2] == "suppress"
            and any(is_broad(argument) for argument in node.args)
        )
        if not (handles or suppresses):
            continue
        line = getattr(node, "lineno", 0)
        said = [
            NOQA_EXCUSED.sub("noqa x y", module.comments.get(at, "")) for at in (line - 1, line, line + 1)
        ]
        if not any(len(comment.split()) > SAID for comment in said):
            found.append(module.at(node))
    return found


def unexplained_silences(module: Module) -> list[str]:
    """Return the `noqa` and `type: ignore` comments that lack a code or a reason beside it."""
    return [
        f"{module.path}:{line} {comment}"
        for line, comment in module.comments.items()
        if (NOQA.search(comment) and not NOQA_EXCUSED.search(comment))
        or (IGNORE.search(comment) and not IGNORE_EXCUSED.search(comment))
    ]


def unexplained_skips(module: Module) -> list[str]:
    """Return the skips and expected failures that give no reason."""
    bare = [
        module.at(node)
        for node in module.nodes()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        for decorator in node.decorator_list
        if is_skip(decorator)
    ]
    calls = [
        module.at(node)
        for node in module.nodes()
        if isinstance(node, ast.Call) and is_skip(node.func) and not reason_of(node)
    ]
    return bare + calls


def is_skip(node: ast.AST) -> bool:
    name = dotted(node)
    return name.startswith("pytest.") and name.rpartition(".")[2] in SKIPS


def reason_of(call: ast.Call) -> bool:
    """Say whether a skip has words: as `reason`, or as what `pytest.skip` is given first."""
    named = [keyword.value for keyword in call.keywords if keyword.arg == "reason"]
    plain = call.args[:1] if dotted(call.func) in {"pytest.skip", "pytest.xfail"} else []
    return any(
        not (isinstance(value, ast.Constant) and not str(value.value).strip()) for value in named + plain
    )


def test_a_broad_except_says_which_loop_it_keeps_alive() -> None:
    found = [line for m in modules() if m.in_src for line in unexplained_excepts(m)]
    none_of(found, "a broad except says in a comment beside it why it must be so broad:")


def test_a_silenced_linter_is_told_why() -> None:
    found = [line for m in modules() for line in unexplained_silences(m)]
    none_of(found, "write `# noqa: CODE - reason` or `# type: ignore[code]  # reason`:")


def test_a_skipped_test_says_why() -> None:
    none_of([line for m in modules() for line in unexplained_skips(m)], "skipped without a reason:")


def test_the_rules_see_what_they_forbid() -> None:
    def excepts(head: str, comment: str = "") -> list[str]:
        return unexplained_excepts(Module("m.py", f"try:\n    a()\n{head}{comment}\n    b()\n"))

    reason = "  # one bad feed must not end the loop"
    assert excepts("except Exception:")
    assert excepts("except:")
    assert excepts("except (ValueError, BaseException):")
    assert not excepts("except ValueError:")
    assert not unexplained_excepts(Module("m.py", "try:\n a()\nexcept BaseException:\n b()\n raise\n"))
    assert not excepts("except Exception:", reason)
    assert unexplained_excepts(Module("m.py", "with suppress(Exception):\n    a()\n"))

    def silences(comment: str) -> list[str]:
        return unexplained_silences(Module("m.py", f"a = 1  # {comment}\n"))

    hush, ignore = "no" + "qa", "type: " + "ignore"
    assert silences(hush)
    assert silences(f"{hush}: E501")
    assert not silences(f"{hush}: E501 - a table reads better whole")
    assert silences(ignore)
    assert silences(f"{ignore}[arg-type]")
    assert not silences(f"{ignore}[arg-type]  # the stub is wrong")

    assert unexplained_skips(Module("m.py", "@pytest.mark.skip\ndef f(): ...\n"))
    assert unexplained_skips(Module("m.py", "pytest.skip()\n"))
    assert unexplained_skips(Module("m.py", "pytest.mark.xfail(strict=True)\n"))
    assert not unexplained_skips(Module("m.py", "pytest.skip('only where sockets have paths')\n"))
    assert not unexplained_skips(Module("m.py", "pytest.mark.skipif(x, reason='needs root')\n"))
