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
    from openpyxl.worksheet.worksheet import Worksheet

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
    """The lines as an xlsx file: the same bytes for the same lines."""
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = SHEET
    for column, (name, width) in enumerate((OFFICIAL | OURS).items(), start=1):
        cell = sheet.cell(1, column, name)
        cell.font = Font(bold=True, color="FFFFFF")
        cell.fill = PatternFill("solid", fgColor="0070C0" if column <= len(OFFICIAL) else "375623")
        sheet.column_dimensions[get_column_letter(column)].width = width
    top = Alignment(vertical="top", wrap_text=True)
    last = 1
    for last, values in enumerate(lines, start=2):
        for column, value in enumerate(values, start=1):
            _write(sheet, last, column, value).alignment = top
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(OFFICIAL | OURS))}{last}"
    book.properties.creator = "segur-conformance"
    book.properties.created = book.properties.modified = _FIXED
    made = io.BytesIO()
    book.save(made)
    return _same_bytes(made.getvalue())


def _write(sheet: Worksheet, row: int, column: int, value: object) -> Any:
    """A value as it is: a text that begins with « = » is a text, not a formula."""
    if isinstance(value, int):
        return sheet.cell(row, column, value)
    cell = sheet.cell(row, column)
    text = visible(prose(str(value))) if column not in _EXACT else visible(str(value))
    cell.value = text[:_CELL] or None
    if cell.value is not None:
        cell.data_type = "s"
    return cell


_EXACT = {
    index for index, name in enumerate(OFFICIAL | OURS, start=1) if name in ("ID", "N° preuve", "Fichier", "SHA-256")
}


def _same_bytes(content: bytes) -> bytes:
    """The workbook zipped again with fixed dates, and without the time at which it was saved."""
    import re
    import zipfile

    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            data = source.read(name)
            if name == "docProps/core.xml":
                data = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>1980-01-01T00:00:00Z", data)
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(info, data)
    return made.getvalue()
