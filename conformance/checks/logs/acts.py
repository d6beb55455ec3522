"""The journals of what people did: who saw an INS, who changed an identity, to whom an INS was sent."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from conformance.checks.logs.line import GUIDE, Line, dated, written_by
from conformance.model.finding import Finding, Location, Severity


def accesses(lines: Sequence[Line], patient: str, users: Collection[str] | None = None) -> Iterator[Finding]:
    """The access to a person's INS is traced: date and time, user. Rule 4."""
    yield from _traced(
        lines, patient, users, "acces", "L’accès à l’INS de l’usager n’est pas tracé.", f"{GUIDE}, règle 4"
    )


def modifications(
    lines: Sequence[Line], patient: str, users: Collection[str] | None = None, fields: Collection[str] = ()
) -> Iterator[Finding]:
    """The modifications of an identity are traced: date and time, type, user.

    ``fields`` those that changed. Rule 16.
    """
    source = f"{GUIDE}, règle 16"
    yield from _traced(
        lines, patient, users, "modifications", "La modification de l’identité n’est pas tracée.", source
    )
    own = [(i, line) for i, line in enumerate(lines, 1) if str(line.get("patient")) == patient]
    for number, line in own:
        if not line.get("type"):
            where = Location("journal modifications", line=number)
            yield Finding(
                "logs.modifications.type",
                "Une modification est tracée sans son type.",
                Severity.ERROR,
                where,
                "le type d’opération",
                "absent",
                "Tracer le type de l’opération.",
                source,
            )
    traced = {str(line.get("champ")) for _, line in own}
    for name in fields:
        if own and name not in traced:
            yield Finding(
                "logs.modifications.field",
                f"La modification du champ {name} n’est pas tracée.",
                Severity.ERROR,
                Location("journal modifications"),
                name,
                ", ".join(sorted(traced)),
                "Tracer chaque champ modifié.",
                source,
            )


def exchanges(
    lines: Sequence[Line],
    patient: str,
    recipients: Collection[str] = (),
    users: Collection[str] | None = None,
) -> Iterator[Finding]:
    """The sendings that carry the INS are traced: date, user, recipient.

    ``recipients`` are those the bench saw. Rule 31.
    """
    source, bearing = f"{GUIDE}, règle 31", [line for line in lines if line.get("avec_ins") is not False]
    yield from _traced(bearing, patient, users, "echanges", "L’envoi de l’INS n’est pas tracé.", source)
    told = {str(line.get("destinataire") or "").lower() for line in bearing if str(line.get("patient")) == patient}
    for recipient in recipients:
        if told and not any(recipient.lower() in value for value in told):
            yield Finding(
                "logs.echanges.recipient",
                f"L’envoi de l’INS à {recipient} n’est pas tracé.",
                Severity.ERROR,
                Location("journal echanges"),
                recipient,
                ", ".join(sorted(told)),
                "Tracer le destinataire de chaque envoi.",
                source,
            )
    if "" in told:
        yield Finding(
            "logs.echanges.recipient",
            "Un envoi est tracé sans son destinataire.",
            Severity.ERROR,
            Location("journal echanges"),
            "le destinataire",
            "absent",
            "Tracer le destinataire de chaque envoi.",
            source,
        )


def _traced(
    lines: Sequence[Line], patient: str, users: Collection[str] | None, journal: str, text: str, source: str
) -> Iterator[Finding]:
    own = [(i, line) for i, line in enumerate(lines, 1) if str(line.get("patient")) == patient]
    if not own:
        yield Finding(
            f"logs.{journal}.missing",
            text,
            Severity.ERROR,
            Location(f"journal {journal}"),
            f"une ligne pour l’usager {patient}",
            f"{len(lines)} autre(s) ligne(s)",
            "Écrire une ligne à chaque opération, avec date, heure et utilisateur.",
            source,
        )
    for number, line in own:
        where = Location(f"journal {journal}", line=number)
        yield from dated(line, where, source)
        yield from written_by(line, where, source, users)
