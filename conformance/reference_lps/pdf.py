"""The printed form of a document: a PDF/A-1b page set by typst, and the name it bears when it travels alone."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import Any

from .datamatrix import payload, symbol
from .pdf_parts import printed
from .types import Bench, Draft, Patient
from .vocabulary import (
    author_label,
    capitals,
    clean,
    document_type,
    french_date,
    moment,
    one_line,
    unaccented,
)

REPLACEMENT_NOTICE = "Ce document annule et remplace la version transmise précédemment."
_UNSAFE = re.compile(r'[\\/:*?"<>|_\x00-\x1f]')


def render(draft: Draft, patient: Patient, bench: Bench, defects: frozenset[str]) -> bytes:
    """PDF of the document; the same draft gives the same bytes (dates come from the draft, fonts from typst itself)."""
    import typst

    written = moment(draft.written_at)
    options: dict[str, Any] = {} if "pdf-not-archivable" in defects else {"pdf_standards": "a-1b"}
    template = resources.files(__package__).joinpath("templates/document.typ").read_bytes()
    made = typst.compile(
        template,
        format="pdf",
        font_paths=_fonts(),
        timestamp=int(written.timestamp()),
        sys_inputs={"data": json.dumps(_values(draft, patient, bench, defects), ensure_ascii=False)},
        **options,
    )
    if not isinstance(made, bytes):
        raise TypeError("typst did not answer one PDF")
    return made


@cache
def _fonts() -> Any:
    """The fonts that typst brings with it, read once: reading them takes longer than setting a page."""
    import typst

    return typst.Fonts(include_system_fonts=False)


def file_name(draft: Draft, patient: Patient, defects: frozenset[str]) -> str:
    """``<AAAAMMJJ>_<type>_<NOM>_<prénom>.pdf`` (Référentiel socle MSSanté #2, ECO.2.1.6), type cut to 40 characters."""
    if "pdf-bad-file-name" in defects:
        return "document.pdf"
    parts = [
        moment(draft.written_at).strftime("%Y%m%d"),
        document_type(draft.type_code).label[:40].strip(),
        capitals(patient.nom_naissance),
        unaccented(one_line(patient.premier_prenom)),
    ]
    # The underscore separates the parts, and the other characters are those that file systems refuse.
    return "_".join(_UNSAFE.sub("-", part) for part in parts) + ".pdf"


def _values(draft: Draft, patient: Patient, bench: Bench, defects: frozenset[str]) -> dict[str, object]:
    written = moment(draft.written_at)
    replacing = draft.replaces is not None and "mss-replacement-without-mention" not in defects
    drawn = patient.matricule is not None and "datamatrix-missing" not in defects
    return {
        "title": one_line(draft.title),
        "author": author_label(bench),
        "organisation": one_line(str(bench.raw["organisation"]["nom"])),
        "date": written.strftime("Le %d/%m/%Y à %H:%M"),
        "day": [written.year, written.month, written.day, written.hour, written.minute, written.second],
        "identity": _identity(patient, defects),
        "symbol": symbol(payload(patient, defects)) if drawn else None,
        "notice": REPLACEMENT_NOTICE if replacing else None,
        # The free text of a child's examination stands among its fields.
        "paragraphs": [] if "examen" in draft.content else [x for x in clean(draft.text).split("\n") if x.strip()],
        **printed(draft, bench, defects),
        "signature": author_label(bench),
    }


def _identity(patient: Patient, defects: frozenset[str]) -> list[tuple[str, str]]:
    """Labelled traits, in clear; the matricule and its nature close the list when the identity is qualified."""
    lines = [
        ("Nom de naissance", patient.nom_naissance),
        ("Premier prénom de naissance", patient.premier_prenom),
        ("Prénoms de naissance", patient.prenoms),
        ("Nom utilisé", patient.nom_utilise),
        ("Prénom utilisé", patient.prenom_utilise),
        ("Date de naissance", french_date(patient.date_naissance)),
        ("Sexe", patient.sexe),
        ("Lieu de naissance (code)", patient.lieu_naissance),
    ]
    if patient.matricule and "pdf-without-matricule" not in defects:
        lines.append(("Matricule INS", f"{_spaced(patient.matricule)} ({_nature(patient)})"))
    return [(label, one_line(value)) for label, value in lines if value]


def _spaced(matricule: str) -> str:
    """The matricule cut as people read it: ``2 79 03 51 215 189 89``."""
    cuts = (0, 1, 3, 5, 7, 10, 13, 15)
    return " ".join(matricule[a:b] for a, b in pairwise(cuts))


def _nature(patient: Patient) -> str:
    """NIR or NIA: the OID tells, or the first digit on the test OIDs, which serve both."""
    waiting = patient.oid == "1.2.250.1.213.1.4.9" or (patient.matricule or "")[:1] in ("7", "8")
    return "NIA" if waiting else "NIR"
