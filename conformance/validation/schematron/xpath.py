"""Reading XPath just enough to recognise shapes: where strings end, the steps of a path, the nature of a predicate.

Nothing here evaluates. A shape that is not recognised gives None, and the caller takes the general way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

_NAME = r"[^\W\d][\w.\-]*"
_TOKEN = re.compile(
    rf"""(?P<string>"(?:[^"]|"")*"|'(?:[^']|'')*')|(?P<comment>\(:)|(?P<space>\s+)|(?P<number>\.?\d[\w.]*)"""
    rf"""|(?P<variable>\$\s*(?:{_NAME}:)?{_NAME})|(?P<name>(?:{_NAME}|\*):(?!:)(?:{_NAME}|\*)|{_NAME})"""
    rf"""|(?P<symbol>//|::|!=|<=|>=|<<|>>|\|\||\.\.|.)""",
    re.VERBOSE | re.DOTALL,
)
_TEST = re.compile(rf"\A(?:\*|(?:{_NAME}|\*):(?:{_NAME}|\*)|{_NAME})\Z")
_BOOLEAN_CALLS = frozenset(
    {"not", "exists", "empty", "boolean", "matches", "starts-with", "ends-with", "contains", "true", "false"}
)
_COMPARISONS = frozenset({"=", "!=", "<", ">", "<=", ">=", "eq", "ne", "lt", "gt", "le", "ge", "and", "or", "is"})
_PATH_SYMBOLS = frozenset({"/", "//", "@", ".", "*", "::", "]"})
_OPENING = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of an expression; ``kind`` is string, number, variable, name, space or symbol."""

    kind: str
    text: str


@lru_cache(maxsize=4096)
def tokens(expression: str) -> tuple[Token, ...]:
    """The pieces of an expression; joined, they give it back, without its comments."""
    found: list[Token] = []
    position = 0
    while position < len(expression):
        match = _TOKEN.match(expression, position)
        if match is None:
            break
        if match.lastgroup == "comment":
            position = _after_comment(expression, position)
            found.append(Token("space", " "))
            continue
        found.append(Token(str(match.lastgroup), match.group()))
        position = match.end()
    return tuple(found)


def _after_comment(expression: str, start: int) -> int:
    depth, position = 1, start + 2
    while depth and position < len(expression):
        pair = expression[position : position + 2]
        if pair in ("(:", ":)"):
            depth += 1 if pair == "(:" else -1
            position += 2
        else:
            position += 1
    return position


def split(expression: str, *separators: str) -> list[str]:
    """The expression cut at those tokens, where they stand outside of all brackets."""
    parts, current, depth = [], "", 0
    for token in tokens(expression):
        depth += _OPENING.get(token.text, 0) if token.kind == "symbol" else 0
        if depth == 0 and token.text in separators and token.kind in ("symbol", "name"):
            parts.append(current.strip())
            current = ""
        else:
            current += token.text
    return [*parts, current.strip()]


def variables(expression: str) -> set[str]:
    """The names of the variables an expression mentions, those it binds itself included."""
    if "$" not in expression:
        return set()
    return {token.text[1:].strip() for token in tokens(expression) if token.kind == "variable"}


def calls(expression: str) -> set[str]:
    """The names of the functions an expression calls (and of the kind tests it makes)."""
    kept = [token for token in tokens(expression) if token.kind != "space"]
    return {a.text for a, b in pairwise(kept) if a.kind == "name" and b.text == "("}


def references(expression: str) -> set[str]:
    """The names of the functions an expression refers to without calling them (``name#1``)."""
    if "#" not in expression:
        return set()
    kept = [token for token in tokens(expression) if token.kind != "space"]
    return {a.text for a, b in pairwise(kept) if a.kind == "name" and b.text == "#"}


def renamed_calls(expression: str, names: Mapping[str, str]) -> str:
    """The expression with calls of some functions, by local name, turned into calls of others."""
    if not any(name in expression for name in names):
        return expression
    found = tokens(expression)
    said = [token for token in found if token.kind != "space"]
    following = {id(a): b.text for a, b in pairwise(said)}
    return "".join(
        names.get(t.text.rpartition(":")[2], t.text) if t.kind == "name" and following.get(id(t)) == "(" else t.text
        for t in found
    )


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a path down the tree: ``deep`` after ``//``; ``test`` a name test; the predicates without brackets."""

    deep: bool
    test: str
    predicates: tuple[str, ...]

    def __str__(self) -> str:
        return self.test + "".join(f"[{predicate}]" for predicate in self.predicates)


def paths(expression: str) -> list[tuple[Step, ...]] | None:
    """The paths of a union, each from the root; None when one is not made of named child steps.

    As in an XSLT match pattern, a relative path may start anywhere: its first step is ``deep``. The root alone is the
    empty path.
    """
    found = [_path(branch) for branch in split(expression, "|", "union")]
    return None if any(each is None for each in found) else [each for each in found if each is not None]


def _path(text: str) -> tuple[Step, ...] | None:
    if text == "/":
        return ()
    pieces = list(_pieces(text))
    deep = not text.startswith("/") or text.startswith("//")
    steps: list[Step] = []
    for separator, piece in pieces:
        step = _step(piece, deep=deep if not steps else separator == "//")
        if step is None:
            return None
        steps.append(step)
    return tuple(steps) or None


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    separator, current, depth = "", "", 0
    for token in tokens(text):
        depth += _OPENING.get(token.text, 0) if token.kind == "symbol" else 0
        if depth == 0 and token.text in ("/", "//"):
            if current.strip():
                yield separator, current.strip()
            separator, current = token.text, ""
        else:
            current += token.text
    yield separator, current.strip()


def _step(text: str, *, deep: bool) -> Step | None:
    head, predicates, current, depth = "", [], "", 0
    for token in tokens(text):
        change = _OPENING.get(token.text, 0) if token.kind == "symbol" else 0
        if depth == 0 and token.text == "[":
            current = ""
        elif depth == 1 and token.text == "]":
            predicates.append(current.strip())
        elif depth == 0 and predicates and token.kind != "space":
            return None
        elif depth == 0 and not predicates:
            head += token.text
        else:
            current += token.text
        depth += change
    name = head.strip().removeprefix("child::")
    return Step(deep, name, tuple(predicates)) if depth == 0 and _TEST.match(name) else None


def is_filter(predicate: str) -> bool:
    """Whether a predicate surely looks at the node alone, not at its position. No means: not sure."""
    said = [token for token in tokens(predicate) if token.kind != "space"]
    if not said or calls(predicate) & {"position", "last"}:
        return False
    depth, outer = 0, []
    for token in said:
        depth += _OPENING.get(token.text, 0) if token.kind == "symbol" else 0
        if depth == 0:
            outer.append(token)
    if any(token.text in _COMPARISONS and token.kind in ("symbol", "name") for token in outer):
        return True
    if said[0].text in _BOOLEAN_CALLS and said[1:2] and said[1].text == "(":
        return len(outer) <= 2
    # A path alone selects nodes, so it is a condition; two operands in a row would be arithmetic.
    if any(token.kind != "name" and token.text not in _PATH_SYMBOLS for token in outer):
        return False
    return not any(_operand(b) and (_operand(a) or a.text == "]") for a, b in pairwise(outer))


def _operand(token: Token) -> bool:
    return token.kind == "name" or token.text in {"*", "."}


_CHILD_ATTRIBUTE = re.compile(
    rf"""\A(?:\./)?(?P<child>(?:{_NAME}|\*):{_NAME}|{_NAME})
    (?:\s*/\s*@(?P<a>{_NAME})\s*=\s*(?P<v>'[^']*'|"[^"]*")|\s*\[\s*@(?P<b>{_NAME})\s*=\s*(?P<w>'[^']*'|"[^"]*")\s*\])\Z""",
    re.VERBOSE,
)


def child_attribute(predicate: str) -> tuple[str, str, str] | None:
    """The child, the attribute and the quoted value of ``child/@attribute = 'value'`` or ``child[@attribute='value']``."""
    match = _CHILD_ATTRIBUTE.match(predicate.strip())
    if match is None:
        return None
    return match["child"], match["a"] or match["b"], match["v"] or match["w"]


def disjoint(one: tuple[Step, ...], other: tuple[Step, ...], same: Callable[[str, str], bool]) -> bool:
    """Whether no node can be at the end of both paths, as far as names tell; ``same`` says if two tests may agree."""
    for a, b in zip(reversed(one), reversed(other), strict=False):
        if not same(a.test, b.test) or _opposed(a, b):
            return True
        if a.deep or b.deep:
            return False
    return len(one) != len(other)


_EQUALITY = re.compile(rf"""\A@(?P<name>{_NAME})\s*=\s*(?P<value>'[^']*'|"[^"]*")\Z""")


def _opposed(one: Step, other: Step) -> bool:
    """Whether two steps ask for different values of the same attribute."""
    first = {m["name"]: m["value"][1:-1] for p in one.predicates if (m := _EQUALITY.match(p))}
    second = {m["name"]: m["value"][1:-1] for p in other.predicates if (m := _EQUALITY.match(p))}
    return any(second.get(name, value) != value for name, value in first.items())
