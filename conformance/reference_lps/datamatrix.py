"""The INS datamatrix: what it says, and its modules (ANS, « Format datamatrix INS » v2.2; ISO/IEC 16022 ECC 200)."""

from __future__ import annotations

from dataclasses import replace

from .types import Patient
from .vocabulary import capitals, next_day

_HEADER = "IS01" + "0" * 22
_SEPARATOR = "\x1d"
_MIN_SIDE_MM = 20.0
_MIN_MODULE_MM = 0.7


def payload(patient: Patient, defects: frozenset[str] = frozenset()) -> str:
    """Text coded in the datamatrix of a qualified patient.

    A separator closes a variable field that is neither at its greatest length nor the last one.
    """
    if "datamatrix-wrong-birth-date" in defects:
        patient = replace(patient, date_naissance=next_day(patient.date_naissance))
    fields = [
        ("S1", patient.matricule or "", 15),
        ("S2", patient.oid or "", 20),
        ("S3", _letters(patient.prenoms), 100),
        ("S4", _letters(patient.nom_naissance), 100),
        ("S5", patient.sexe, 1),
        ("S6", "-".join(reversed(patient.date_naissance.split("-"))), 10),
    ]
    if patient.lieu_naissance:
        fields.append(("S7", patient.lieu_naissance, 5))
    text = _HEADER
    for rank, (name, value, longest) in enumerate(fields, start=1):
        open_ended = len(value) < longest and rank < len(fields)
        text += name + value[:longest] + (_SEPARATOR if open_ended else "")
    return text


def symbol(text: str) -> dict[str, object]:
    """Modules of the symbol for the page template: side in modules, size of one in millimetres, runs of dark ones.

    The symbol is at least 2 cm wide, and a module at least 0.7 mm, which a 150 dpi scan still resolves.
    """
    from ppf.datamatrix import DataMatrix

    rows: list[list[int]] = DataMatrix(text).matrix
    return {
        "side": len(rows),
        "module": max(_MIN_SIDE_MM / len(rows), _MIN_MODULE_MM),
        "runs": [run for y, row in enumerate(rows) for run in runs(y, row)],
    }


def runs(y: int, row: list[int]) -> list[tuple[int, int, int]]:
    """Dark runs (x, y, width) of one row."""
    found: list[tuple[int, int, int]] = []
    start = None
    for x, dark in enumerate([*row, 0]):
        if dark and start is None:
            start = x
        elif not dark and start is not None:
            found.append((start, y, x - start))
            start = None
    return found


def _letters(name: str) -> str:
    """The name in unaccented capitals; what is still not ASCII then has no place in the symbol."""
    return capitals(name).encode("ascii", "ignore").decode("ascii")
