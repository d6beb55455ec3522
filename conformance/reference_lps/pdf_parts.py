"""What only some documents print: who asked and will receive, the results, the sentences of the settings, the validation."""

from __future__ import annotations

from typing import Any

from . import viewer
from .child import certificates, examinations
from .laboratory import results, sentences
from .types import Bench, Contact, Draft
from .vocabulary import moment, one_line

IMAGING = "18748-4"


def printed(draft: Draft, bench: Bench, defects: frozenset[str]) -> dict[str, Any]:
    """Those values of the template, already worded."""
    return {
        "people": _people(draft, defects),
        "table": _table(draft, defects),
        "sentences": list(sentences(draft, defects)) if "examens" in draft.content else [],
        "footer": None if "pdf-without-patient-notice" in defects else draft.mentions.get("information_patient"),
        "links": viewer.links(draft, bench, defects),
        "validation": _validation(draft, bench, defects),
    }


def _people(draft: Draft, defects: frozenset[str]) -> list[str]:
    lines = [f"Demandeur\u00a0: {_named(draft.requester)}"] if draft.requester else []
    if draft.recipients and "pdf-without-recipients" not in defects:
        lines.append(f"Destinataires\u00a0: {', '.join(map(_named, draft.recipients))}")
    return lines


def _named(one: Contact) -> str:
    return one_line(f"{one.titre} {one.prenom} {one.nom}")


def _table(draft: Draft, defects: frozenset[str]) -> list[list[str]]:
    if "examen" in draft.content:
        return examinations.rows(draft, defects)
    return certificates.rows(draft) if "certificat" in draft.content else _results(draft)


def _results(draft: Draft) -> list[list[str]]:
    found = results(draft) if "examens" in draft.content else []
    if not found:
        return []
    rows = [[one.shown, f"{one.value} {one.unit}".strip(), _limits(one.low, one.high), one.remarks] for one in found]
    return [["Examen", "Résultat", "Valeurs de référence", "Remarques"], *rows]


def _limits(low: str, high: str) -> str:
    return f"{low} - {high}" if low and high else ""


def _validation(draft: Draft, bench: Bench, defects: frozenset[str]) -> str | None:
    """An imaging report says who validated it and when; the RPPS is the national identifier without its prefix."""
    if draft.type_code != IMAGING and "cri-own-code" not in defects:
        return None
    who, when = bench.professional, moment(draft.written_at)
    shown = when.strftime("%d/%m/%Y à %H:%M")
    number = "" if "cri-without-rpps" in defects else f", RPPS {who.rpps}"
    return f"Compte rendu validé le {shown} par {one_line(f'{who.titre} {who.prenom} {who.nom}')}{number}"
