#!/usr/bin/env python3
"""The wording of what the project publishes; ``make check`` runs it, exit 1 when something is found.

1. French typography in what a vendor reads (requirements, profiles, report templates, French pages): a straight
   apostrophe between two letters, or an ordinary space where French wants a no-break one.
2. No passage of the agency's requirement tables, which belong to it: where they are at hand (SEGUR_REM_CSV, or
   ../shared/reference/rem/requirements.csv), no run of 14 words of theirs stands in a text file of the project.
"""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
RUN = 14
COLUMNS = ("statement", "statement_wave2", "scenario", "proof")
PROSE = frozenset({"title", "summary", "reason", "show", "accepted", "refused", "description"})
FRENCH_PAGES = ("LISEZMOI.md", "docs/guide-editeur.md")
FRENCH_DATA = (
    "conformance/profiles/requirements/*.yaml",
    "conformance/profiles/wave*/*.yaml",
    "docs/pilote-lps.yaml",
    "docs/service-validation.yaml",
)
TEMPLATES = ("conformance/**/*.j2", "conformance/**/*.typ")

_FAULTS = (
    (re.compile(r"(?<=[^\W\d_])'(?=[^\W\d_])"), "apostrophe droite, écrivez ’"),
    (
        re.compile(r"(?<=\S) [:;?!»](?![\w=/:-])"),
        "espace ordinaire avant une ponctuation double, écrivez une insécable",
    ),
    (re.compile(r"« (?=\S)"), "espace ordinaire après «, écrivez une insécable"),
)
_WORD = re.compile(r"[0-9a-zà-öø-ÿœ]+")
_CODE = re.compile(r"```.*?^```|`[^`\n]*`", re.DOTALL | re.MULTILINE)
_JINJA_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
_JINJA = re.compile(r"\{[{%](.*?)[}%]\}", re.DOTALL)
_TAG = re.compile(r"<(script|style)\b.*?</\1>|<[^<>]*>", re.DOTALL)
_READ_ALOUD = re.compile(r"\b(?:title|alt|aria-label|content)=\"([^\"]*)\"")
_TYPST_COMMENT = re.compile(r"(?<!:)//[^\n]*")
_LITERAL = re.compile(r"\"([^\"\n]*)\"")


@dataclass(frozen=True)
class Fault:
    """Something to mend: where, what, and the passage."""

    file: str
    line: int
    what: str
    passage: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what} : « {self.passage.strip()} »"


def main(root: Path = ROOT) -> int:
    """Look at everything; tell what was found."""
    told = [*typography(root)]
    table = Path(os.environ.get("SEGUR_REM_CSV") or root.parent / "shared" / "reference" / "rem" / "requirements.csv")
    if table.is_file():
        told += copied(root, table)
    else:
        _say(f"Official requirement tables not at hand ({table}): copied passages were not looked for.")
    for fault in told:
        _say(str(fault))
    _say(f"{len(told)} wording fault(s)")
    return 1 if told else 0


def typography(root: Path) -> Iterator[Fault]:
    """The faults of French typography in what a vendor reads."""
    for path in _named(root, FRENCH_DATA):
        for line, text in _yaml_prose(path.read_text(encoding="utf-8")):
            yield from _in_text(root, path, text, line)
    for path in _named(root, FRENCH_PAGES):
        yield from _in_text(root, path, _blank(_CODE, path.read_text(encoding="utf-8")))
    for path in _named(root, TEMPLATES):
        text = path.read_text(encoding="utf-8")
        shown = _shown_by_jinja(text) if path.suffix == ".j2" else _shown_by_typst(text)
        yield from _in_text(root, path, shown)


def _in_text(root: Path, path: Path, text: str, first: int = 1) -> Iterator[Fault]:
    name = path.relative_to(root).as_posix()
    for offset, line in enumerate(text.split("\n")):
        for pattern, what in _FAULTS:
            for found in pattern.finditer(line):
                passage = line[max(0, found.start() - 25) : found.end() + 25]
                yield Fault(name, first + offset, what, passage)


def _yaml_prose(text: str) -> Iterator[tuple[int, str]]:
    """The French values of a YAML file, with the line each begins at."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    todo: list[tuple[Any, bool]] = [(root, False)]
    while todo:
        node, is_prose = todo.pop(0)
        if isinstance(node, yaml.MappingNode):
            todo += [(value, key.value in PROSE) for key, value in node.value]
        elif isinstance(node, yaml.SequenceNode):
            todo += [(value, is_prose) for value in node.value]
        elif is_prose and node is not None:
            yield node.start_mark.line + 1, _without_code(node.value)


def _without_code(text: str) -> str:
    return _blank(_CODE, text)


def _shown_by_jinja(text: str) -> str:
    """What a reader may see of an HTML template: its text, the literals of its expressions, the attributes read aloud."""
    text = _blank(_JINJA_COMMENT, text)
    return _JINJA.sub(_kept(_LITERAL, "\u00b7"), _TAG.sub(_kept(_READ_ALOUD, ""), text))


def _shown_by_typst(text: str) -> str:
    """The text literals of a typst template; what stands outside of them is mostly code."""
    bare = _blank(_TYPST_COMMENT, text)
    return "\n".join("\u00b7".join(_LITERAL.findall(line)) for line in bare.split("\n"))


def _kept(pattern: re.Pattern[str], rest: str) -> Any:
    """A replacement that leaves what ``pattern`` captures, ``rest`` around it, and the line ends."""

    def replace(found: re.Match[str]) -> str:
        inside = "\u00b7".join(pattern.findall(found[0]))
        return f"{rest}{inside}{rest if inside else ''}" + "\n" * (found[0].count("\n") - inside.count("\n"))

    return replace


def _blank(pattern: re.Pattern[str], text: str) -> str:
    """The text without what matches, line ends kept so that lines keep their numbers."""
    return pattern.sub(lambda found: "\u00b7" + "\n" * found[0].count("\n"), text)


def _named(root: Path, patterns: tuple[str, ...]) -> Iterator[Path]:
    for pattern in patterns:
        yield from sorted(root.glob(pattern))


def copied(root: Path, table: Path) -> Iterator[Fault]:
    """The passages of the official tables that stand in a file of the project."""
    official = _official_runs(table)
    for name in _listed(root):
        tokens = _tokens(root / name)
        skip = -1
        for index in range(len(tokens) - RUN + 1):
            if index <= skip:
                continue
            words = tuple(word for word, _ in tokens[index : index + RUN])
            if words in official:
                skip = index + RUN
                yield Fault(name, tokens[index][1], f"passage de {official[words]}", " ".join(words))


def _official_runs(table: Path) -> dict[tuple[str, ...], str]:
    csv.field_size_limit(10**7)
    runs: dict[tuple[str, ...], str] = {}
    with table.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for column in COLUMNS:
                words = _WORD.findall(_plain(row.get(column) or ""))
                for index in range(len(words) - RUN + 1):
                    runs.setdefault(tuple(words[index : index + RUN]), f"{row.get('reference')}, colonne {column}")
    return runs


def _listed(root: Path) -> list[str]:
    """What git tracks, or would."""
    command = ["git", "-C", str(root), "ls-files", "-co", "--exclude-standard", "-z"]
    done = subprocess.run(command, capture_output=True, check=True)
    return sorted(name for name in done.stdout.decode("utf-8").split("\0") if name)


def _tokens(path: Path) -> list[tuple[str, int]]:
    """The words of a text file with their lines; none of a file that is not text."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return []
    return [(word, number) for number, line in enumerate(text.split("\n"), 1) for word in _WORD.findall(_plain(line))]


def _plain(text: str) -> str:
    return text.lower().replace("’", "'")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    sys.exit(main())
