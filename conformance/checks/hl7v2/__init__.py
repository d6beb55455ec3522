"""HL7 v2 messages: the identity of the patient in PID and ZFD.

Source: IHE PAM with its French extension 2.11; HL7 flow content of the INS implementation guide (rule 33).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from conformance.checks import times
from conformance.checks.hl7v2.identity import identity_of, ins_of
from conformance.checks.hl7v2.message import (
    Message,
    Segment,
    attachments,
    component,
    embedded_documents,
    open_message,
    repetitions,
)
from conformance.checks.ins.traits import InsId, consistent, matricule_rules, written
from conformance.model.finding import Finding, Location, Severity
from conformance.model.identity import INS_NIA, INS_NIR, INS_OIDS

__all__ = [
    "Message",
    "Segment",
    "attachments",
    "embedded_documents",
    "identity_of",
    "judge",
    "open_message",
    "patient",
    "without_ins",
]

_SOURCE = "IHE PAM, extension française 2.11 ; guide d’implémentation de l’INS, règle 33"
_AUTHORITIES = {INS_NIR: "ASIP-SANTE-INS-NIR", INS_NIA: "ASIP-SANTE-INS-NIA"}
_RELIABILITY = ("VIDE", "PROV", "VALI", "DOUTE", "FICTI")
_ORIGINS = ("INSI", "CV", "CB", "RFID", "AV", "SM")
_FORBIDDEN = (2, 4, 9, 10, 12, 17, 19, 20, 22, 28)


def judge(message: Message) -> Iterator[Finding]:
    """Everything this module knows of a message."""
    yield from message.remarks
    yield from patient(message)
    yield from attachments(message)


def patient(message: Message) -> Iterator[Finding]:
    """Every rule on PID (and ZFD when there is one). An acknowledgement has no patient: nothing is asked of
    it.
    """
    pid = message.first("PID")
    if pid is None:
        if not message.type.startswith("ACK"):
            yield Finding(
                "hl7v2.pid",
                "Le message ne porte pas de patient (segment PID).",
                where=Location(message.name),
                expected="un segment PID",
                observed=message.type or "type de message absent",
                source=_SOURCE,
            )
        return
    found = list(ins_of(message, pid))
    for ins, repetition in found:
        yield from _identifier(message, pid, ins, repetition)
    if len({ins.matricule for ins, _ in found}) > 1:
        sentence = "Le message porte plusieurs matricules INS."
        yield _warn(message, pid, "PID-3", "hl7v2.ins", sentence, "un seul", str(len(found)))
    yield from _names(message, pid)
    if found:
        yield from _complete(message, pid)
        carried = identity_of(message)
        yield from written(carried)
        yield from consistent(carried)
    yield from _reliability(message, pid, with_ins=bool(found))
    yield from _forbidden(message, pid)
    for segment in message.all("ZFD"):
        yield from _call(message, segment)


def without_ins(message: Message) -> Iterator[Finding]:
    """PID-3 carries no INS: what is asked when the identity is not qualified."""
    pid = message.first("PID")
    for ins, _ in ins_of(message, pid) if pid is not None else ():
        yield Finding(
            "hl7v2.leak",
            "Le message porte un INS, alors que l’identité n’est pas qualifiée.",
            where=ins.where,
            expected="aucun identifiant INS en PID-3",
            observed=f"OID {ins.oid or 'absent'}",
            fix="Ne transmettre que l’identifiant local tant que l’identité n’est pas qualifiée.",
            source="Guide d’implémentation de l’INS, règle 28",
        )


def _identifier(message: Message, pid: Segment, ins: InsId, value: str) -> Iterator[Finding]:
    position = ins.where.path or "PID-3"
    rules = (
        (".5", "INS", component(value, 5), "Le type de l’identifiant INS est faux."),
        (".4.3", "ISO", component(value, 4, 3), "Le type de l’autorité de l’INS est faux."),
    )
    for suffix, expected, observed, sentence in rules:
        if observed != expected:
            yield _fault(message, pid, position + suffix, "hl7v2.ins", sentence, expected, observed or "absent")
    if ins.oid not in INS_OIDS:
        sentence = "L’OID de l’autorité d’affectation n’est pas celui d’un INS."
        expected = ", ".join(sorted(INS_OIDS))
        yield _fault(message, pid, f"{position}.4.2", "hl7v2.ins", sentence, expected, ins.oid or "absent")
    authority, wanted = component(value, 4), _AUTHORITIES.get(ins.oid)
    known = authority in _AUTHORITIES.values() if wanted is None else authority == wanted
    if not known:
        sentence = "Le nom de l’autorité d’affectation de l’INS n’est pas celui attendu."
        yield _warn(
            message,
            pid,
            f"{position}.4.1",
            "hl7v2.ins",
            sentence,
            wanted or " ou ".join(_AUTHORITIES.values()),
            authority or "absent",
        )
    if component(value, 7) and times.read(component(value, 7)) is None:
        sentence = "La date d’effet de l’INS n’est pas une date."
        yield _fault(message, pid, f"{position}.7", "hl7v2.ins", sentence, "AAAAMMJJ", component(value, 7))
    yield from matricule_rules(ins)


def _names(message: Message, pid: Segment) -> Iterator[Finding]:
    names = repetitions(pid.field(5))
    for rank, name in enumerate(names, start=1):
        kind = component(name, 7)
        if not kind:
            sentence = "Le type de nom n’est pas indiqué."
            yield _fault(
                message,
                pid,
                f"PID-5[{rank}].7",
                "hl7v2.name",
                sentence,
                "L (naissance) ou D (utilisé)",
                "absent",
            )
        elif kind not in ("L", "D"):
            sentence = "Le type de nom n’est pas l’un des deux attendus."
            yield _warn(message, pid, f"PID-5[{rank}].7", "hl7v2.name", sentence, "L (naissance) ou D (utilisé)", kind)
    if not any(component(name, 7) == "L" and component(name, 1) for name in names):
        sentence = "Le nom de naissance du patient manque."
        yield _fault(
            message,
            pid,
            "PID-5",
            "hl7v2.name",
            sentence,
            "une répétition de type L",
            pid.field(5) or "absent",
        )


def _complete(message: Message, pid: Segment) -> Iterator[Finding]:
    """With an INS, the strict traits are all there."""
    person = identity_of(message).identity
    day = times.read(component(pid.field(7), 1))
    checks = (
        (
            "PID-5.2",
            bool(person.premier_prenom),
            "Le premier prénom de naissance manque.",
            person.premier_prenom,
        ),
        ("PID-5.3", bool(person.prenoms), "La liste des prénoms de naissance manque.", person.prenoms),
        (
            "PID-7",
            day is not None and day.digits >= 8,
            "La date de naissance manque ou est illisible.",
            pid.field(7),
        ),
        ("PID-8", person.sexe in ("M", "F"), "Le sexe n’est ni M ni F.", person.sexe),
        ("PID-11", bool(person.lieu_naissance), "Le code du lieu de naissance manque.", pid.field(11)),
    )
    expected = {
        "PID-8": "M ou F",
        "PID-7": "AAAAMMJJ",
        "PID-11": "une répétition de type BDL, code en composante 9",
    }
    for path, right, sentence, observed in checks:
        if not right:
            full = f"{sentence} L’INS ne se transmet qu’avec tous ses traits."
            yield _fault(
                message,
                pid,
                path,
                "hl7v2.trait",
                full,
                expected.get(path, "une valeur"),
                observed or "absent",
            )


def _reliability(message: Message, pid: Segment, *, with_ins: bool) -> Iterator[Finding]:
    codes = [component(value, 1) for value in repetitions(pid.field(32))]
    observed = ", ".join(code for code in codes if code) or "absent"
    if with_ins and codes != ["VALI"]:
        yield _fault(
            message, pid, "PID-32", "hl7v2.reliability",
            (
                "Le message porte un INS, mais ne dit pas l’identité validée : un INS ne se transmet que "
                "qualifié."
            ),
            "VALI", observed, fix="Écrire VALI avec l’INS, ou retirer l’INS.",
        )  # fmt: skip
    elif not codes:
        # PAM makes the field mandatory; other flows do so in the samples, which is no proof.
        severity = Severity.ERROR if message.type.startswith("ADT") else Severity.WARNING
        sentence = "Le degré de fiabilité de l’identité n’est pas indiqué."
        yield _fault(
            message,
            pid,
            "PID-32",
            "hl7v2.reliability",
            sentence,
            ", ".join(_RELIABILITY),
            observed,
            severity=severity,
        )
    for code in codes:
        if code and code not in _RELIABILITY:
            sentence = "Le degré de fiabilité n’est pas dans la table connue."
            yield _warn(message, pid, "PID-32", "hl7v2.reliability", sentence, ", ".join(_RELIABILITY), code)


def _forbidden(message: Message, pid: Segment) -> Iterator[Finding]:
    """Fields that the French extension leaves out; a warning, for other flows than PAM know them."""
    for number in _FORBIDDEN:
        if message.type.startswith("ADT") and pid.field(number):
            sentence = "Ce champ n’est pas utilisé par l’extension française de PAM."
            yield _warn(message, pid, f"PID-{number}", "hl7v2.field", sentence, "vide", pid.field(number))


def _call(message: Message, zfd: Segment) -> Iterator[Finding]:
    origin, called = zfd.field(5), zfd.field(6)
    if origin and origin not in _ORIGINS:
        sentence = "Le mode d’obtention de l’identité n’est pas dans la table connue."
        yield _warn(message, zfd, "ZFD-5", "hl7v2.zfd", sentence, ", ".join(_ORIGINS), origin)
    if called and times.read(called) is None:
        yield _fault(
            message,
            zfd,
            "ZFD-6",
            "hl7v2.zfd",
            "La date de l’appel INSi n’est pas une date.",
            "AAAAMMJJ",
            called,
        )
    if origin == "INSI" and not called:
        sentence = "L’identité vient d’INSi, mais la date de l’appel manque."
        yield _warn(message, zfd, "ZFD-6", "hl7v2.zfd", sentence, "AAAAMMJJ", "absente")
    if not re.fullmatch("[YN]?", zfd.field(4)):
        sentence = "L’indicateur de date de naissance corrigée n’est ni Y ni N."
        yield _warn(message, zfd, "ZFD-4", "hl7v2.zfd", sentence, "Y ou N", zfd.field(4))


def _warn(
    message: Message, segment: Segment, path: str, rule: str, sentence: str, expected: str, observed: str
) -> Finding:
    return _fault(message, segment, path, rule, sentence, expected, observed, severity=Severity.WARNING)


def _fault(
    message: Message,
    segment: Segment,
    path: str,
    rule: str,
    sentence: str,
    expected: str,
    observed: str,
    *,
    severity: Severity = Severity.ERROR,
    fix: str | None = None,
) -> Finding:
    return Finding(rule, sentence, severity, message.where(segment, path), expected, observed[:200], fix, _SOURCE)
