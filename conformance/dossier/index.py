"""The index of a dossier as a workbook: the fourteen columns of the official Convergence export, then ours.

Source of the columns, their order, widths and style: ansforge/segur-squash-plugins, convergence-export (public code).
The official columns are left as they are, so that the two workbooks can be joined on the ``N° preuve``.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from conformance.dossier.reading import Kept, Reading
from conformance.dossier.status import Status
from conformance.model.plan import Plan, Planned
from conformance.model.requirement import Proof
from conformance.model.verdict import Verdict
from conformance.reporting.text import prose, visible

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

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


@dataclass(frozen=True, slots=True)
class Judged:
    """What a recorded run said of a scenario: its verdict, how, why, when."""

    verdict: Verdict
    mode: str
    reason: str
    date: str


def rows(status: Status, judged: Mapping[str, Judged]) -> Iterator[tuple[Any, ...]]:
    """One row a requirement × scenario × proof, in the profile’s order; a scenario without proof has one row.

    ``judged`` is by scenario; what a run has not judged is told from the dossier alone.
    """
    readings = {item.scenario.id: reading for item, reading in status.readings}
    for order, item in enumerate(status.plan.items, start=1):
        reading = readings.get(item.scenario.id)
        official = _official(status.plan, item)
        for proof in item.scenario.proofs or (None,):
            kept = _kept(reading, proof)
            asked = ("", "") if proof is None else (proof.id, proof.title)
            yield (*official, *asked, "", "", order, *_said(item, reading, kept, judged))


def _official(plan: Plan, item: Planned) -> tuple[str, ...]:
    requirement = item.requirement
    option = None if requirement.option is None else plan.profile.options.get(requirement.option)
    return (
        f"Vague {plan.profile.wave}",
        requirement.id,
        requirement.section_title,
        requirement.title,
        requirement.summary,
        requirement.reason,
        "Général" if option is None else option.title,
        item.scenario.id,
        item.scenario.title,
    )


def _kept(reading: Reading | None, proof: Proof | None) -> Kept | None:
    if reading is None:
        return None
    return next((kept for kept in reading.proofs if proof is None or kept.proof.id == proof.id), None)


def _said(
    item: Planned, reading: Reading | None, kept: Kept | None, judged: Mapping[str, Judged]
) -> tuple[str, str, str, str, str, str]:
    if reading is None or kept is None:
        return (Verdict.NON_APPLICABLE.label, "aucun", "", "", item.excluded or "", "")
    files = "\n".join(kept.pieces)
    digests = "\n".join(kept.pieces.values())
    run = judged.get(item.scenario.id)
    if run is not None:
        return (run.verdict.label, run.mode, files, digests, run.reason, run.date)
    refused = [
        f"{one.filed.name} : {finding.message}" for one in kept.looked if not one.acceptable for finding in one.findings
    ]
    return (reading.verdict.label, reading.mode, files, digests, "\n".join([reading.reason, *refused]), _date(kept))


def _date(kept: Kept) -> str:
    if kept.review is not None and kept.holds:
        return kept.review.at
    return max((one.filed.modified.isoformat() for one in kept.looked), default="")


def workbook(status: Status, judged: Mapping[str, Judged]) -> bytes:
    """The index as an xlsx file: the same bytes for the same dossier."""
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
    for last, values in enumerate(rows(status, judged), start=2):
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
