"""Which test judges which scenario, read from the suites’ source: ``@verifies`` is the one arrow, this is its inverse.

Nothing is imported and no test is collected, so the answer costs milliseconds and a broken suite does not hide it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import conformance
from conformance.model.yamlfile import DataError

SUITES = Path(conformance.__file__).resolve().parent / "suites"


def read_tests(suites: Path = SUITES) -> Mapping[str, tuple[str, ...]]:
    """The node ids of the tests of each scenario, both in reading order.

    Node ids are relative to the folder that holds the package. Raises DataError for a suite that is not Python, or
    whose ``@verifies`` names a scenario otherwise than by a plain text.
    """
    found: dict[str, list[str]] = {}
    for path in sorted(suites.rglob("test_*.py")):
        prefix = path.relative_to(suites.parent.parent).as_posix()
        for name, scenarios in _tests(path):
            for scenario in scenarios:
                found.setdefault(scenario, []).append(f"{prefix}::{name}")
    return {scenario: tuple(tests) for scenario, tests in found.items()}


def _tests(path: Path) -> Iterator[tuple[str, list[str]]]:
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    except SyntaxError as error:
        raise DataError(path, f"ce n’est pas du Python : {error.msg}", line=error.lineno) from None
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            for inner in node.body:
                yield from _test(path, inner, f"{node.name}::")
        else:
            yield from _test(path, node, "")


def _test(path: Path, node: ast.stmt, owner: str) -> Iterator[tuple[str, list[str]]]:
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) or not node.name.startswith("test"):
        return
    scenarios = [
        _scenario(path, argument) for call in map(_verifies, node.decorator_list) if call for argument in call.args
    ]
    if scenarios:
        yield owner + node.name, scenarios


def _verifies(decorator: ast.expr) -> ast.Call | None:
    if not isinstance(decorator, ast.Call):
        return None
    called = decorator.func
    name = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else None
    return decorator if name == "verifies" else None


def _scenario(path: Path, argument: ast.expr) -> str:
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        return argument.value
    raise DataError(path, "@verifies nomme un scénario par son identifiant, en toutes lettres", line=argument.lineno)
