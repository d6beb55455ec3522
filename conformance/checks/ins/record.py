"""The software's own record of a patient (the JSON of the Pilote LPS API): what it must and must not have
become.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from conformance.checks.ins.traits import LABELS, STRICT
from conformance.model.finding import Finding, Location, Severity
from conformance.model.identity import Identity, plain

_GUIDE = "Guide d’implémentation de l’INS"
_FIELDS = (*LABELS, "statut")
_STATUS_NAMES = {
    "PROVISOIRE": "provisoire",
    "RECUPEREE": "récupérée",
    "VALIDEE": "validée",
    "QUALIFIEE": "qualifiée",
}


def unchanged(before: Mapping[str, Any], after: Mapping[str, Any], *, but: Collection[str] = ()) -> Iterator[Finding]:
    """No trait, matricule, OID nor status moved between two readings of the record, those named in ``but``
    aside.
    """
    for name in _FIELDS:
        if name not in but and _value(before, name) != _value(after, name):
            yield Finding(
                "ins.record.unchanged",
                f"Le champ « {LABELS.get(name, name)} » de l’identité a changé, alors qu’il ne devait pas.",
                where=_where(after, name),
                expected=_value(before, name) or "vide",
                observed=_value(after, name) or "vide",
                fix="Ne pas modifier l’identité locale dans ce cas.",
                source=_GUIDE,
            )


def status_is(patient: Mapping[str, Any], expected: str | Collection[str]) -> Iterator[Finding]:
    """The status of the identity is the expected one, or one of them."""
    accepted = (expected,) if isinstance(expected, str) else tuple(expected)
    observed = _value(patient, "statut")
    if observed not in accepted:
        yield Finding(
            "ins.record.status",
            f"L’identité est au statut « {_STATUS_NAMES.get(observed, observed or 'absent')} ».",
            where=_where(patient, "statut"),
            expected=" ou ".join(_STATUS_NAMES.get(name, name) for name in accepted),
            observed=_STATUS_NAMES.get(observed, observed or "absent"),
            fix="Déduire le statut de l’appel INSi et du contrôle documentaire, et de rien d’autre.",
            source=f"{_GUIDE}, règles 19 à 27",
        )


def without_matricule(patient: Mapping[str, Any]) -> Iterator[Finding]:
    """The record holds neither matricule nor OID any more."""
    for name in ("matricule", "oid"):
        if _value(patient, name):
            yield Finding(
                "ins.record.matricule",
                f"L’identité porte encore un {LABELS[name]}, alors qu’elle ne doit plus en avoir.",
                where=_where(patient, name),
                expected="null",
                observed=_value(patient, name),
                fix="Effacer ensemble le matricule et l’OID dès que l’identité perd la caution d’INSi.",
                source=f"{_GUIDE}, règles 25, 27 et 49",
            )


def carries(patient: Mapping[str, Any], identity: Identity, *, only: Collection[str] = STRICT) -> Iterator[Finding]:
    """The strict traits of the record are those of INSi, character for character."""
    for name in only:
        expected, observed = str(getattr(identity, name)), _value(patient, name)
        if expected and observed != expected:
            yield Finding(
                "ins.record.traits",
                f"Le champ « {LABELS[name]} » n’a pas la valeur donnée par INSi.",
                where=_where(patient, name),
                expected=expected,
                observed=observed or "vide",
                fix="Alimenter les traits stricts avec la réponse d’INSi, sans les retoucher.",
                source=f"{_GUIDE}, règle 6",
            )


def alerted(answer: Mapping[str, Any] | Collection[str], about: str | Collection[str] = ()) -> Iterator[Finding]:
    """The user was alerted; ``about`` gives words of which one is expected in an alert (case and accents
    ignored).

    ``answer`` is a record, the answer of an action, or the alerts themselves. An alert with other words is a
    warning: a person must read it.
    """
    alerts = _alerts(answer)
    wanted = (about,) if isinstance(about, str) else tuple(about)
    where = Location("réponse du logiciel", path="/alertes")
    if not alerts:
        yield Finding(
            "ins.record.alert",
            "Le logiciel n’a pas alerté l’utilisateur.",
            where=where,
            expected=f"une alerte sur : {' ou '.join(wanted)}" if wanted else "une alerte",
            observed="aucune alerte",
            fix="Rendre l’anomalie visible de l’utilisateur, et la restituer dans « alertes ».",
            source=_GUIDE,
        )
    elif wanted and not any(plain(word) in plain(alert) for word in wanted for alert in alerts):
        yield Finding(
            "ins.record.alert",
            "Le logiciel a émis une alerte, sans les mots attendus : elle est à lire.",
            Severity.WARNING,
            where,
            expected=" ou ".join(wanted),
            observed=" | ".join(alerts)[:300],
            source=_GUIDE,
        )


def _alerts(answer: Mapping[str, Any] | Collection[str]) -> tuple[str, ...]:
    if not isinstance(answer, Mapping):
        return tuple(str(alert) for alert in answer if str(alert).strip())
    inner = answer.get("patient")
    found = [
        *_listed(answer.get("alertes")),
        *_listed(inner.get("alertes") if isinstance(inner, Mapping) else None),
    ]
    return tuple(alert for alert in found if alert.strip())


def _listed(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list | tuple) else []


def _value(patient: Mapping[str, Any], name: str) -> str:
    return " ".join(str(patient.get(name) or "").split())


def _where(patient: Mapping[str, Any], name: str) -> Location:
    return Location(f"patient {patient.get('id') or '?'}", path=f"/{name}")
