"""What the commands print: French typography, and nothing that a hostile file could slip to the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import click


def say(text: str = "", *, error: bool = False) -> None:
    """Print a French text; control characters and the like are shown, not obeyed."""
    from conformance.reporting.text import prose, visible

    click.echo("\n".join(visible(prose(line)) for line in text.split("\n")), err=error)


def columns(rows: Iterable[Sequence[str]], indent: str = "") -> str:
    """Rows in aligned columns, two spaces apart, the last one as long as it needs."""
    table = [list(row) for row in rows]
    if not table:
        return ""
    widths = [max(len(row[index]) for row in table) for index in range(len(table[0]))]
    widths[-1] = 0
    return "\n".join(
        (indent + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))).rstrip()
        for row in table
    )


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """A number and its noun, agreed."""
    return f"{number} {(plural or f'{noun}s') if number > 1 else noun}"
