"""The workbook in the order of the official Convergence export: its fourteen columns, then ours.

Source of the columns, their order, widths and style: ansforge/segur-squash-plugins, convergence-export (public code).
The official columns are left as they are, so that the two workbooks can be joined on the ``N° preuve``.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.model.verdict import Verdict
from conformance.reporting.text import prose, visible

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

Data = Mapping[str, Any]

OFFICIAL = {
    "Périmètre": 13.4,
    "ID": 13.2,
    "Chapitre": 37.9,
    "Fonction": 35.2,
    "Exigence": 66.4,
    "Commentaire": 32.8,
    "Profil": 12.2,
    "N° scénario": 18.6,
    "Scénario de conformité": 66.4,
    "N° preuve": 18.6,
    "Preuve": 30.6,
    "Profil historique": 16.4,
    "Criticité": 12.4,
    "Ordre": 9.2,
}
"""The official columns, with their widths. Those that no public list fills (Profil historique, Criticité) stay empty."""
OURS = {"Verdict": 16.0, "Mode": 14.0, "Fichier": 48.0, "SHA-256": 66.0, "Motif": 66.4, "Date": 22.0}
"""The columns added after them."""
SHEET = "Exigences"
_CELL = 32_000
_FIXED = datetime(1980, 1, 1)  # noqa: DTZ001  (a workbook's dates bear no zone)


def write_convergence(run: Data, target: Path) -> Path:
    """Write the workbook of a run at ``target`` and give it back."""
    target.write_bytes(workbook(rows(run)))
    return target


def rows(run: Data) -> Iterator[tuple[Any, ...]]:
    """One row a requirement × scenario × proof, in the run's order; a scenario without proof has one row."""
    options = {option["slug"]: option["title"] for option in run["profile"]["options"]}
    order = 0
    for requirement in run["requirements"]:
        for scenario in requirement["scenarios"]:
            order += 1
            for proof in scenario["proofs"] or (None,):
                asked = ("", "") if proof is None else (proof["id"], proof["title"])
                yield (
                    f"Vague {run['profile']['wave']}", requirement["id"], requirement["section_title"], requirement["title"],
                    requirement["summary"], requirement["reason"], options.get(requirement["option"], "Général"),
                    scenario["id"], scenario["title"], *asked, "", "", order, *_said(run, scenario, proof),
                )  # fmt: skip


def _said(run: Data, scenario: Data, proof: Data | None) -> tuple[str, str, str, str, str, str]:
    pieces = [one for one in scenario["pieces"] if proof is None or one["name"] in proof["files"]]
    return (
        Verdict(scenario["verdict"]).label, scenario["mode"], "\n".join(one["name"] for one in pieces),
        "\n".join(one["sha256"] for one in pieces), scenario["reason"] or "", scenario["started"] or run["finished"],
    )  # fmt: skip


def workbook(lines: Iterable[tuple[Any, ...]]) -> bytes:
    """The lines as an xlsx file: the same bytes for the same lines. A row is written as it comes, and then forgotten."""
    import xlsxwriter

    made = io.BytesIO()
    options = {"constant_memory": True, "in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(made, options) as book:
        book.set_properties({"author": "segur-conformance", "created": _FIXED})
        sheet = book.add_worksheet(SHEET)
        heads = [
            book.add_format({"bold": True, "font_color": "#FFFFFF", "bg_color": colour})
            for colour in ("#0070C0", "#375623")
        ]
        top = book.add_format({"valign": "top", "text_wrap": True})
        for column, (name, width) in enumerate((OFFICIAL | OURS).items()):
            sheet.set_column(column, column, width)
            sheet.write_string(0, column, name, heads[name in OURS])
        last = 0
        for last, values in enumerate(lines, start=1):
            for column, value in enumerate(values):
                _write(sheet, last, column, value, top)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, last, len(OFFICIAL | OURS) - 1)
    return made.getvalue()


def _write(sheet: Worksheet, row: int, column: int, value: object, style: Format) -> None:
    """A value as it is: a text that begins with « = » is a text, not a formula."""
    if isinstance(value, int):
        sheet.write_number(row, column, value, style)
    elif text := visible(str(value) if column in _EXACT else prose(str(value)))[:_CELL]:
        sheet.write_string(row, column, text, style)
    else:
        sheet.write_blank(row, column, None, style)


_EXACT = {index for index, name in enumerate(OFFICIAL | OURS) if name in ("ID", "N° preuve", "Fichier", "SHA-256")}
