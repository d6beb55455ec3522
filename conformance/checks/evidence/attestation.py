"""A signed declaration in YAML: who answers for what, since when and until when."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import cache
from importlib import resources
from typing import Any

from conformance.checks.evidence import Filed, refusal, stale
from conformance.model.finding import Finding, Location, Severity
from conformance.model.requirement import Proof
from conformance.model.vendor import Software
from conformance.model.yamlfile import DataError, closest, parse_yaml

_NO = ("non", "false", "no")


def attestation(
    filed: Filed, today: date, proof: Proof | None = None, software: Software | None = None
) -> Iterator[Finding]:
    """A declaration names a person, a role, a date and a validity, and answers « Oui »; an expired one is refused.

    One that names another proof than ``proof`` is refused too; one made for another version of ``software``, or before
    that version came out, is remarked. A declaration that answers « Non » is a non-conformity told by the vendor
    itself. The fields are those of ``profiles/schema/attestation.json``.
    """
    where = Location(filed.name)
    data = _read(filed)
    if isinstance(data, Finding):
        yield data
        return
    yield from _fields(data, where)
    yield from _validity(data, where, today)
    yield from _subject(data, where, proof, software)
    signed = _day(data.get("date"))
    if signed is not None and software is not None:
        yield from stale(filed.name, signed, software.released)
    if str(data.get("reponse", "")).strip().lower() in _NO:
        yield Finding(
            "attestation.non",
            "L’éditeur déclare lui-même que l’exigence n’est pas remplie.",
            where=where,
            expected="Oui",
            observed=str(data["reponse"]),
            fix="Mettez le logiciel en conformité, puis attestez de nouveau.",
        )


def signed_by(filed: Filed, names: Mapping[str, int]) -> Iterator[Finding]:
    """What stands beside a declaration to sign it: ``names`` are the files of the same folder, with their sizes.

    A signature is not asked for; one that is there is told, and left to the reviewer to verify.
    """
    where = Location(filed.name)
    data = _read(filed)
    named = str(data.get("signature") or "") if isinstance(data, dict) else ""
    folder = filed.name.rpartition("/")[0]
    wanted = f"{folder}/{named}" if named else ""
    if wanted and wanted not in names:
        yield Finding(
            "attestation.signature",
            "La signature annoncée n’est pas dans le dossier.",
            Severity.WARNING,
            where,
            expected=named,
            observed="absente",
            fix=f"Déposez « {named} » à côté de l’attestation, ou ôtez la ligne « signature ».",
        )
    beside = [name for name in names if name == wanted or name.rpartition(".")[0] == filed.name]
    for name in sorted(beside):
        yield Finding(
            "attestation.signature",
            "L’attestation est accompagnée d’une signature, que le banc ne vérifie pas.",
            Severity.INFO,
            where,
            observed=name,
            fix="Vérifiez-la avec l’outil qui l’a produite.",
        )


def _read(filed: Filed) -> dict[str, Any] | Finding:
    where, wanted = Location(filed.name), ", ".join(_schema()["required"])
    try:
        data = parse_yaml(filed.name, filed.head.decode("utf-8-sig"))
    except (UnicodeDecodeError, DataError) as error:
        told = error.message if isinstance(error, DataError) else "le fichier n’est pas en UTF-8"
        return refusal("preuve.attestation", f"L’attestation n’est pas lisible : {told}.", where, expected=wanted)
    if not isinstance(data, dict):
        return refusal("preuve.attestation", "L’attestation ne contient pas de champs.", where, expected=wanted)
    return data


def _fields(data: Mapping[str, Any], where: Location) -> Iterator[Finding]:
    schema = _schema()
    for missing in (name for name in schema["required"] if data.get(name) in (None, "")):
        yield refusal(
            "preuve.attestation",
            f"L’attestation ne dit pas « {missing} ».",
            where,
            expected=", ".join(schema["required"]),
            fix=f"Ajoutez une ligne « {missing}: … ».",
        )
    for unknown in (str(name) for name in data if str(name) not in schema["properties"]):
        yield Finding(
            "attestation.champ",
            f"L’attestation porte un champ inconnu, « {unknown} » : il n’est pas lu.",
            Severity.WARNING,
            where,
            expected=", ".join(schema["properties"]),
            observed=unknown,
            fix=closest(unknown, schema["properties"]),
        )
    answer = data.get("reponse")
    if answer not in (None, "") and str(answer).strip().lower() not in ("oui", "true", "yes", *_NO):
        yield refusal(
            "preuve.attestation",
            "L’attestation ne répond ni « Oui » ni « Non ».",
            where,
            expected="Oui",
            observed=str(answer)[:80],
        )


def _validity(data: Mapping[str, Any], where: Location, today: date) -> Iterator[Finding]:
    for name in ("date", "valable_jusqu_au"):
        value = data.get(name)
        if value and not isinstance(value, date):
            yield refusal(
                "preuve.attestation",
                f"« {name} » n’est pas une date.",
                where,
                expected="AAAA-MM-JJ",
                observed=str(value)[:80],
            )
            return
    until, signed = _day(data.get("valable_jusqu_au")), _day(data.get("date"))
    if until is not None and until < today:
        yield refusal(
            "preuve.perimee",
            "L’attestation n’est plus valable.",
            where,
            expected=f"au moins {today.isoformat()}",
            observed=until.isoformat(),
            fix="Faites signer une nouvelle attestation.",
        )
    if signed is not None and signed > today:
        yield refusal("preuve.attestation", "L’attestation est datée de l’avenir.", where, observed=signed.isoformat())


def _subject(
    data: Mapping[str, Any], where: Location, proof: Proof | None, software: Software | None
) -> Iterator[Finding]:
    named = str(data.get("preuve") or "")
    if proof is not None and named and named.casefold() != proof.id.casefold():
        yield refusal(
            "preuve.attestation",
            "L’attestation est celle d’une autre preuve.",
            where,
            expected=proof.id,
            observed=named[:80],
            fix="Déposez-la sous son numéro, ou faites-en signer une pour cette preuve.",
        )
    version = data.get("version")
    if software is not None and software.version and version and str(version) != software.version:
        yield Finding(
            "preuve.ancienne",
            "L’attestation porte sur une autre version que celle qui est éprouvée.",
            Severity.WARNING,
            where,
            expected=software.version,
            observed=str(version)[:80],
            fix="Faites attester la version éprouvée.",
        )


def _day(value: object) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else None


@cache
def _schema() -> dict[str, Any]:
    text = resources.files("conformance.profiles").joinpath("schema", "attestation.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema
