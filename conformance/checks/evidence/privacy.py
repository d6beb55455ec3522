"""Whether a piece shows the matricule of somebody who may exist: proofs are made with invented people only.

A picture and a video are not read: only a person sees what they show.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from conformance.checks.evidence.text import texts
from conformance.model.finding import Finding, Location, Severity
from conformance.model.identity import INS_DEMO, INS_TEST, PRODUCTION_OIDS, has_valid_key, invented_by_the_bench

RULE = "preuve.ins-reelle"
_GAP = r"[\s.\-_\u00a0\u202f\u2009]{0,2}"
# Sex, year, month, department (Corsica has letters), commune, order, key; people write it in groups.
_NUMBER = re.compile(
    rf"(?<![\dA-Za-z])[1-8](?:{_GAP}\d){{4}}(?:{_GAP}\d{_GAP}\d|{_GAP}2{_GAP}[AB])(?:{_GAP}\d){{8}}(?![\dA-Za-z])"
)
_WORD = re.compile(
    r"(?<![A-Za-z])(?:INS(?:-?NI[RA])?|NI[RA]|matricule|s[ée]curit[ée]\s+sociale)(?![A-Za-z])", re.IGNORECASE
)
_TAG = re.compile(r"<[^<>]{0,2000}>")
_NEAR = 80
_OID_NEAR = 200
_MOST = 50
_MAX_TEXT = 20_000_000


def real_looking(name: str, content: bytes) -> Iterator[Finding]:
    """Matricules with a valid key, under a production OID or near a word that says what they are; shown masked.

    One that stands by a test OID, or that the bench itself may have invented, is left alone.
    """
    seen: set[tuple[Location, str]] = set()
    for where, text in texts(name, content):
        for matricule, at in _shown(text[:_MAX_TEXT]):
            key = (where, matricule)
            if key in seen:
                continue
            seen.add(key)
            if len(seen) > _MOST:
                return
            line = text.count("\n", 0, at) + 1 if where.path is None else None
            yield _told(replace(where, line=line), matricule)


def _shown(text: str) -> Iterator[tuple[str, int]]:
    """The matricules of a text, then those that its tags cut in pieces."""
    yield from _found(text)
    if "<" in text:
        yield from ((matricule, 0) for matricule, _ in _found(_TAG.sub("", text)))


def _found(text: str) -> Iterator[tuple[str, int]]:
    for run in _NUMBER.finditer(text):
        matricule = re.sub(r"[^\dAB]", "", run[0])
        if not has_valid_key(matricule) or invented_by_the_bench(matricule):
            continue
        around = text[max(0, run.start() - _OID_NEAR) : run.end() + _OID_NEAR]
        if _oid(around, INS_TEST) or _oid(around, INS_DEMO):
            continue
        near = text[max(0, run.start() - _NEAR) : run.start()] + " " + text[run.end() : run.end() + _NEAR]
        if _WORD.search(near) or any(_oid(around, oid) for oid in PRODUCTION_OIDS):
            yield matricule, run.start()


def _oid(text: str, oid: str) -> bool:
    return re.search(rf"(?<![\d.]){re.escape(oid)}(?![\d]|\.\d)", text) is not None


def masked(matricule: str) -> str:
    """The first character and the key, the rest hidden."""
    return f"{matricule[0]}{'•' * (len(matricule) - 3)}{matricule[-2:]}"


def _told(where: Location, matricule: str) -> Finding:
    return Finding(
        RULE,
        "La pièce montre un matricule qui ressemble à celui d’une personne réelle.",
        Severity.WARNING,
        where,
        expected="une identité de test, sous l’OID 1.2.250.1.213.1.4.10",
        observed=masked(matricule),
        fix="Refaites la preuve avec une identité de test, ou caviardez le matricule. Détruisez la copie s’il est réel.",
    )
