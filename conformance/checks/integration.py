"""What the software did of documents received by mail: whose record they went to, their history, the counts of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from conformance.checks.saying import Voice
from conformance.model.finding import Finding, Location

AUTOMATIC, MANUAL, WAITING = "automatiques", "manuels", "en_attente"
Counts = Mapping[str, int]
_say = Voice("reception")


def filed_with(documents: Sequence[Mapping[str, Any]], unique_id: str, whose: str) -> Iterator[Finding]:
    """The document is in that record. Source: MSS/CONF.24, ECO.2.1.2."""
    if unique_id not in [one.get("unique_id") for one in documents]:
        yield _say(
            "patient",
            "Le document n’est pas rangé chez l’usager que désigne le patientId de METADATA.XML.",
            Location(f"documents reçus de {whose}"),
            unique_id,
            f"{len(documents)} autre(s) document(s)",
            "Retrouver l’usager par le matricule INS de patientId, jamais par l’objet du courriel.",
            source="MSS/CONF.24 ; Référentiel socle MSSanté #2, ECO.2.1.2",
        )


def not_filed_with(documents: Sequence[Mapping[str, Any]], unique_id: str, whose: str) -> Iterator[Finding]:
    """The document is not in that record. Source: MSS/CONF.24, ECO.2.1.2."""
    if unique_id in [one.get("unique_id") for one in documents]:
        yield _say(
            "patient.autre",
            "Le document est rangé chez un usager que ses métadonnées ne désignent pas.",
            Location(f"documents reçus de {whose}"),
            "document absent de ce dossier",
            unique_id,
            "Se fier au patientId de METADATA.XML, que le CDA ne doit pas contredire.",
            source="MSS/CONF.24 ; Référentiel socle MSSanté #2, ECO.2.1.2",
        )


def told(lines: Sequence[Mapping[str, Any]], wanted: Sequence[str], what: str) -> Iterator[Finding]:
    """The history tells these actions, in that order, each with who and when. Source: MSS/UX.37."""
    where = Location(f"historique de {what}")
    fix = "Tracer chaque action de la réception à l’intégration, au remplacement ou à la suppression."
    found = [str(line.get("action")) for line in lines]
    if found != list(wanted):
        yield _say("historique", "L’historique du document reçu n’est pas celui de ce qui lui est arrivé.", where,
                   ", ".join(wanted), ", ".join(found) or "aucune action", fix, source="MSS/UX.37")  # fmt: skip
    for rank, line in enumerate(lines, start=1):
        missing = [name for name in ("date", "utilisateur") if not str(line.get(name) or "").strip()]
        if missing:
            yield _say("historique.champs", f"La ligne {rank} de l’historique ne dit pas tout.", where,
                       "date, utilisateur", f"sans {', '.join(missing)}", fix, source="MSS/UX.37")  # fmt: skip


def counts(answer: Mapping[str, Any], type_code: str) -> dict[str, int]:
    """The counts of one type in the statistics, 0 where they say nothing."""
    rows = answer.get("types")
    found = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    row = next((row for row in found if row.get("type") == type_code), {})
    return {name: value if isinstance(value := row.get(name), int) else 0 for name in (AUTOMATIC, MANUAL, WAITING)}


def grown(before: Counts, after: Counts, by: Counts, type_code: str, period: str) -> Iterator[Finding]:
    """Between two readings, each count grew by what happened. Source: MSS/UX.16."""
    for name, wanted in by.items():
        if after[name] - before[name] != wanted:
            yield _say(
                "statistiques",
                "Les statistiques d’intégration ne sont pas celles des documents remis.",
                Location(f"statistiques {period}", path=f"/types/{type_code}/{name}"),
                f"{before[name] + wanted} {name}",
                str(after[name]),
                "Compter par type et par période : intégrés seuls, intégrés à la main, en attente au dernier jour.",
                source="MSS/UX.16",
            )
