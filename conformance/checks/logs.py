"""Judgement of the journals that the software exports, against the calls and mails that the bench saw.

A line is a JSON object of the Pilote LPS API (``/journaux/…``). Source: guide d’implémentation de l’INS,
rules 4, 16, 31, 37, 39, 48 and 53.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from conformance.checks.insi.model import RECOVERY, VERIFICATION, Answer, answer
from conformance.model.evidence import Exchange
from conformance.model.finding import Finding, Location, Severity

Line = Mapping[str, Any]
OPERATIONS = {RECOVERY: "recuperation_traits", VERIFICATION: "verification"}
TOLERANCE = timedelta(minutes=5)
_GUIDE = "Guide d’implémentation de l’INS"
_CODES = frozenset({"00", "01", "02", "OK", "KO"})


def lines_of(data: object) -> list[Line]:
    """The lines of an exported journal, ``{"lignes": […]}``; what is not an object is left out."""
    found = data.get("lignes") if isinstance(data, Mapping) else data
    return [line for line in found if isinstance(line, Mapping)] if isinstance(found, list) else []


def insi_calls(
    lines: Sequence[Line],
    calls: Sequence[Exchange],
    patient: str | None = None,
    users: Collection[str] | None = None,
    tolerance: timedelta = TOLERANCE,
) -> Iterator[Finding]:
    """Each call to INSi is traced, once, with its date, operation, user and code.

    For 00, all that INSi returned.

    ``patient`` is the software's id of the person, which narrows the journal; ``users`` the spellings
    accepted for the caller. Rules 37 and 39 (recovery), 48 and 53 (verification).
    """
    for item, call, told in _matched(lines, calls, patient, tolerance):
        if item is None:
            yield _missing(call, told, len(lines))
            continue
        yield from _coded(item, call, told)
        yield from _by(item[1], _place(item), _source(call), users)
        yield from _returned(item, call, told)


def traced(lines: Sequence[Line], calls: Sequence[Exchange]) -> Iterator[Finding]:
    """Each call is traced, once, with its date, operation and code. Rules 37 (recovery), 48 and 53 (verification)."""
    for item, call, told in _matched(lines, calls):
        yield from [_missing(call, told, len(lines))] if item is None else _coded(item, call, told)


def returned(lines: Sequence[Line], calls: Sequence[Exchange]) -> Iterator[Finding]:
    """What INSi returned with a code 00 is traced: matricule, OID, history, traits. Rule 39."""
    for item, call, told in _matched(lines, calls):
        yield from [_missing(call, told, len(lines))] if item is None else _returned(item, call, told)


def callers(
    lines: Sequence[Line], calls: Sequence[Exchange], users: Collection[str] | None = None
) -> Iterator[Finding]:
    """Who made each call is traced; ``users`` are the spellings accepted for that person. Rule 4."""
    for item, call, told in _matched(lines, calls):
        if item is None:
            yield _missing(call, told, len(lines))
        else:
            yield from _by(item[1], _place(item), f"{_GUIDE}, règle 4", users)


def _matched(
    lines: Sequence[Line], calls: Sequence[Exchange], patient: str | None = None, tolerance: timedelta = TOLERANCE
) -> Iterator[tuple[tuple[int, Line] | None, Exchange, Answer]]:
    """Each call with the line that tells it, None when there is none; a line tells one call only."""
    left = [(i, line) for i, line in enumerate(lines, 1) if patient is None or str(line.get("patient")) == patient]
    for call in calls:
        told = answer(call)
        best = _closest(left, call, told, tolerance)
        if best is not None:
            left.remove(best)
        yield best, call, told


def _closest(
    left: list[tuple[int, Line]], call: Exchange, told: Answer, tolerance: timedelta
) -> tuple[int, Line] | None:
    """The line that tells the call best.

    Same operation, near in time, then same code and matricule, then nearest.
    """
    at = moment(call.at)
    ranked: list[tuple[bool, bool, float, tuple[int, Line]]] = []
    for item in left:
        line = item[1]
        if line.get("operation") != OPERATIONS.get(call.operation, call.operation):
            continue
        date = moment(line.get("date"))
        gap = abs((date - at).total_seconds()) if date and at else 0.0
        if gap <= tolerance.total_seconds():
            ranked.append((not _same_code(line, told), _other_person(line, call, told), gap, item))
    return min(ranked, key=lambda rank: rank[:3])[3] if ranked else None


def _other_person(line: Line, call: Exchange, told: Answer) -> bool:
    number = str(line.get("matricule") or "")
    return bool(number) and number != told.matricule and number not in call.keys


def _missing(call: Exchange, told: Answer, others: int) -> Finding:
    verb = "La vérification" if call.operation == VERIFICATION else "La récupération"
    return Finding(
        "logs.insi.missing",
        f"{verb} INSi vue par le banc n’est pas tracée dans le journal du logiciel.",
        Severity.ERROR,
        Location("journal INSi"),
        f"une ligne pour l’appel de {call.at or str(call)}, code {told.code}",
        f"{others} autre(s) ligne(s)",
        "Tracer chaque appel à INSi, quel que soit son résultat.",
        f"{_GUIDE}, {_rule(call)}",
    )


def _place(item: tuple[int, Line]) -> Location:
    return Location("journal INSi", line=item[0])


def _source(call: Exchange) -> str:
    return f"{_GUIDE}, {_rule(call)}"


def _coded(item: tuple[int, Line], call: Exchange, told: Answer) -> Iterator[Finding]:
    line, where, source = item[1], _place(item), _source(call)
    yield from _dated(line, where, source)
    if not _same_code(line, told):
        yield Finding(
            "logs.insi.code",
            "Le code tracé n’est pas celui que INSi a rendu.",
            Severity.ERROR,
            where,
            told.code,
            str(line.get("code") or "absent"),
            "Tracer le code de retour de l’appel.",
            source,
        )


def _same_code(line: Line, told: Answer) -> bool:
    code = str(line.get("code") or "").upper()
    # A call that failed bears no code of INSi: any word that is not one of its codes tells the failure.
    return bool(code) and code not in _CODES if told.code == "ERREUR" else code == told.code


def _returned(found: tuple[int, Line], call: Exchange, told: Answer) -> Iterator[Finding]:
    if told.code != "00":
        return
    line, where, source = found[1], _place(found), _source(call)
    for name, expected in (("matricule", told.matricule), ("oid", told.oid)):
        if str(line.get(name) or "") != expected:
            yield _differs(
                name,
                f"Le {name if name == 'matricule' else 'OID'} rendu par INSi n’est pas tracé tel quel.",
                where,
                source,
                expected,
                line.get(name),
            )
    traits = line.get("traits")
    traced: Mapping[str, Any] = traits if isinstance(traits, Mapping) else {}
    for name, expected in told.traits.items():
        if expected and str(traced.get(name) or "") != expected:
            yield _differs(
                "traits",
                f"Le trait {name} rendu par INSi n’est pas tracé tel quel.",
                where,
                source,
                expected,
                traced.get(name),
            )
    past = line.get("historique")
    known = [_number(item) for item in past] if isinstance(past, list) else []
    for item in told.history:
        if item["matricule"] not in known:
            yield _differs(
                "historique",
                "Un matricule de l’historique rendu par INSi n’est pas tracé.",
                where,
                source,
                item["matricule"],
                ", ".join(known) or None,
            )


def _number(item: object) -> str:
    return str(item.get("matricule") or "") if isinstance(item, Mapping) else str(item)


def accesses(lines: Sequence[Line], patient: str, users: Collection[str] | None = None) -> Iterator[Finding]:
    """The access to a person's INS is traced: date and time, user. Rule 4."""
    yield from _traced(
        lines, patient, users, "acces", "L’accès à l’INS de l’usager n’est pas tracé.", f"{_GUIDE}, règle 4"
    )


def modifications(
    lines: Sequence[Line], patient: str, users: Collection[str] | None = None, fields: Collection[str] = ()
) -> Iterator[Finding]:
    """The modifications of an identity are traced: date and time, type, user.

    ``fields`` those that changed. Rule 16.
    """
    source = f"{_GUIDE}, règle 16"
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
    source, bearing = f"{_GUIDE}, règle 31", [line for line in lines if line.get("avec_ins") is not False]
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
        yield from _dated(line, where, source)
        yield from _by(line, where, source, users)


def _dated(line: Line, where: Location, source: str) -> Iterator[Finding]:
    value = line.get("date")
    if moment(value) is None or len(str(value)) < len("2026-01-01T00:00"):
        yield Finding(
            "logs.date",
            "Une ligne du journal n’a pas de date et d’heure lisibles.",
            Severity.ERROR,
            where,
            "AAAA-MM-JJThh:mm:ss et fuseau",
            str(value or "absente"),
            "Dater chaque ligne (ISO 8601).",
            source,
        )


def _by(line: Line, where: Location, source: str, users: Collection[str] | None) -> Iterator[Finding]:
    value = str(line.get("utilisateur") or "")
    if not value:
        yield Finding(
            "logs.user",
            "Une ligne du journal ne dit pas qui a agi.",
            Severity.ERROR,
            where,
            "l’utilisateur",
            "absent",
            "Tracer l’utilisateur de chaque opération.",
            source,
        )
    elif users is not None and not any(user.lower() in value.lower() for user in users):
        yield Finding(
            "logs.user",
            "L’utilisateur tracé n’est pas celui qui a agi.",
            Severity.ERROR,
            where,
            " ou ".join(users),
            value,
            "Tracer l’utilisateur connecté.",
            source,
        )


def moment(value: object) -> datetime | None:
    """An ISO 8601 date as an aware instant, local time without zone; None when it is not one."""
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    try:
        return found if found.tzinfo else found.astimezone()
    except (OverflowError, OSError, ValueError):
        return None


def _differs(name: str, text: str, where: Location, source: str, expected: str, found: object) -> Finding:
    return Finding(
        f"logs.insi.{name}",
        text,
        Severity.ERROR,
        where,
        expected,
        str(found or "absent"),
        "Garder tel quel tout ce que INSi rend avec le code 00.",
        source,
    )


def _rule(call: Exchange) -> str:
    return "règles 48 et 53" if call.operation == VERIFICATION else "règles 37 et 39"
