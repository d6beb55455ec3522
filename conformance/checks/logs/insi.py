"""The journal of the calls to INSi, against those that the bench received."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from conformance.checks.insi.model import CARD, RECOVERY, VERIFICATION, Answer, answer
from conformance.checks.logs.line import GUIDE, Line, dated, moment, written_by
from conformance.model.evidence import Exchange
from conformance.model.finding import Finding, Location, Severity

_OPERATIONS = {RECOVERY: "recuperation_traits", CARD: "recuperation_carte", VERIFICATION: "verification"}
_TOLERANCE = timedelta(minutes=5)
_CODES = frozenset({"00", "01", "02", "OK", "KO"})


def insi_calls(
    lines: Sequence[Line],
    calls: Sequence[Exchange],
    patient: str | None = None,
    users: Collection[str] | None = None,
    tolerance: timedelta = _TOLERANCE,
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
        yield from written_by(item[1], _place(item), _source(call), users)
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
            yield from written_by(item[1], _place(item), f"{GUIDE}, règle 4", users)


def _matched(
    lines: Sequence[Line], calls: Sequence[Exchange], patient: str | None = None, tolerance: timedelta = _TOLERANCE
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
        if line.get("operation") != _OPERATIONS.get(call.operation, call.operation):
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
        f"{GUIDE}, {_rule(call)}",
    )


def _coded(item: tuple[int, Line], call: Exchange, told: Answer) -> Iterator[Finding]:
    line, where, source = item[1], _place(item), _source(call)
    yield from dated(line, where, source)
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


def _number(item: object) -> str:
    return str(item.get("matricule") or "") if isinstance(item, Mapping) else str(item)


def _place(item: tuple[int, Line]) -> Location:
    return Location("journal INSi", line=item[0])


def _source(call: Exchange) -> str:
    return f"{GUIDE}, {_rule(call)}"


def _rule(call: Exchange) -> str:
    return "règles 48 et 53" if call.operation == VERIFICATION else "règles 37 et 39"
