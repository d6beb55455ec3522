"""Judgement of XDS metadata by themselves: cardinalities, codings, syntax, confidentiality."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from conformance.checks.xds.model import Entry, Submission, say
from conformance.model.finding import Finding, Severity
from conformance.model.identity import INS_OIDS, PRODUCTION_OIDS, has_valid_key

LOINC, TYPES_FR = "2.16.840.1.113883.6.1", "1.2.250.1.213.1.1.4.12"
NORMAL, LEVELS_FR = "2.16.840.1.113883.5.25", "1.2.250.1.213.1.1.4.13"
LEVELS = frozenset({"MASQUE_PS", "INVISIBLE_PATIENT", "INVISIBLE_REPRESENTANTS_LEGAUX"})
_DORMANT_LEVELS = frozenset({"MASQUE_PSOCIAL", "MASQUE_PT"})
_CLASSES = frozenset({"10", "11", "31", "42", "43", "44", "45", "52", "60", "90", "95"})
_SYSTEMS = {
    "classCode": {"1.2.250.1.213.1.1.4.1"},
    "typeCode": {LOINC, TYPES_FR},
    "healthcareFacilityTypeCode": {"1.2.250.1.71.4.2.4"},
    "practiceSettingCode": {"1.2.250.1.213.1.1.4.9", "1.2.250.1.213.1.1.4.6"},
    "contentTypeCode": {"1.2.250.1.213.2.2"},
}
_ENTRY_CODES = ("classCode", "typeCode", "formatCode", "healthcareFacilityTypeCode", "practiceSettingCode")
_ENTRY_SLOTS = ("creationTime", "languageCode", "legalAuthenticator", "serviceStartTime", "sourcePatientId")
_OPTIONAL_SLOTS = ("serviceStopTime",)
_OID = re.compile(r"[0-2](\.(0|[1-9]\d*))+")
_UNIQUE_ID = re.compile(r"[0-2](\.(0|[1-9]\d*))+(\^[^\s^]{1,64})?")
_TIME = re.compile(r"\d{14}")
_CX = re.compile(r"(?P<id>[^^&]+)\^\^\^&(?P<oid>[0-9.]+)&ISO\^(?P<type>[A-Z]+)(\^[^^]*){0,3}")
_XCN = re.compile(
    r"(?P<id>[^^]+)\^(?P<name>[^^]*)\^(?P<first>[^^]*)\^\^\^\^\^\^&(?P<oid>[0-9.]+)&ISO\^(?P<kind>[DU])\^\^\^(?P<type>IDNPS|EI|IDNST)"
)
_XON = re.compile(r"(?P<name>[^^]*)\^\^\^\^\^&(?P<oid>[0-9.]+)&ISO\^(?P<type>IDNST|SIREN)\^\^\^(?P<id>[^^]+)")
_SPECIALTY = re.compile(r"[^^]+\^[^^]*\^[0-9.]+")
_PROFESSIONALS = "1.2.250.1.71.4.2.1"


def cardinalities(submission: Submission, in_archive: bool = False) -> Iterator[Finding]:
    """Every mandatory metadata once and once only; ``in_archive`` adds those of an XDM archive.

    Those are hash, size and URI.
    """
    lot = submission.lot
    if lot is not None:
        yield from _once(lot, "submissionTime", lot.slots.get("submissionTime", ()), "du lot")
        yield from _once(lot, "contentTypeCode", lot.codes.get("contentTypeCode", ()), "du lot")
        yield from _once(lot, "author", lot.authors, "du lot")
        for name in ("patientId", "sourceId", "uniqueId"):
            yield from _once(lot, name, lot.identifiers.get(name, ()), "du lot")
    for entry in submission.documents:
        yield from _entry_cardinalities(entry, in_archive)


def _entry_cardinalities(entry: Entry, in_archive: bool) -> Iterator[Finding]:
    for name in (*_ENTRY_SLOTS, *(("hash", "size", "URI") if in_archive else ())):
        yield from _once(entry, name, entry.slots.get(name, ()), "du document")
    for name in _ENTRY_CODES:
        yield from _once(entry, name, entry.codes.get(name, ()), "du document")
    for name in ("patientId", "uniqueId"):
        yield from _once(entry, name, entry.identifiers.get(name, ()), "du document")
    for name, present in (("title", entry.title), ("mimeType", entry.mime_type), ("author", entry.authors)):
        if not present:
            yield say(
                f"cardinality.{name}",
                f"La métadonnée {name} du document est absente.",
                entry.where,
                "une valeur",
                "aucune",
                f"Renseigner {name}.",
            )
    if not 1 <= len(entry.codes.get("confidentialityCode", ())) <= 4:
        yield say(
            "cardinality.confidentialityCode",
            "Le document ne porte pas de 1 à 4 codes de confidentialité.",
            entry.where,
            "1 à 4",
            str(len(entry.codes.get("confidentialityCode", ()))),
            "Écrire N, et au plus trois restrictions.",
        )
    if len(entry.slots.get("serviceStopTime", ())) > 1:
        yield from _once(entry, "serviceStopTime", entry.slots["serviceStopTime"], "du document")
    if not entry.slots.get("sourcePatientInfo"):
        # The two published mappings disagree on whether it is mandatory.
        yield say(
            "cardinality.sourcePatientInfo",
            "Les traits de l’usager ne figurent pas dans sourcePatientInfo.",
            entry.where,
            "PID-5, PID-7 et PID-8",
            "absent",
            "Renseigner le Slot sourcePatientInfo.",
            Severity.WARNING,
        )


def _once(entry: Entry, name: str, values: Sequence[object], whose: str) -> Iterator[Finding]:
    if len(values) != 1 or values[0] == "":
        text = "est absente" if not values else "est vide" if len(values) == 1 else "est répétée"
        yield say(
            f"cardinality.{name}",
            f"La métadonnée {name} {whose} {text}.",
            entry.where,
            "une valeur et une seule",
            f"{len(values)} valeur(s)",
            f"Renseigner {name} une fois.",
        )


def codings(submission: Submission) -> Iterator[Finding]:
    """Each code comes from the system set for it and bears a label."""
    holders = [*submission.sets, *submission.documents]
    for holder in holders:
        for name, codes in holder.codes.items():
            for code in codes:
                systems = _SYSTEMS.get(name, set())
                if systems and code.system not in systems:
                    yield say(
                        f"coding.{name}",
                        f"Le code {name} ne vient pas du système attendu.",
                        holder.where,
                        " ou ".join(sorted(systems)),
                        str(code),
                        "Reprendre l’OID de la terminologie dans le Slot codingScheme.",
                        _by_name(name),
                    )
                if not code.value or not code.label:
                    yield say(
                        f"coding.{name}",
                        f"Le code {name} n’a pas de valeur ou pas de libellé.",
                        holder.where,
                        "un code et son libellé",
                        str(code),
                        "Renseigner nodeRepresentation et Name.",
                    )
        kind = holder.code("classCode")
        if kind is not None and kind.value not in _CLASSES:
            yield say(
                "coding.classCode",
                "La classe du document n’est pas dans la liste lue (JDV_J57).",
                holder.where,
                ", ".join(sorted(_CLASSES)),
                kind.value,
                "Déduire la classe du type de document (ASS_X04).",
                Severity.WARNING,
            )
    for entry in submission.documents:
        if entry.slot("languageCode") and entry.slot("languageCode") != "fr-FR":
            yield say(
                "coding.languageCode",
                "La langue du document n’est pas fr-FR.",
                entry.where,
                "fr-FR",
                entry.slot("languageCode"),
                "Écrire fr-FR.",
            )


def _by_name(name: str) -> Severity:
    # The system of contentTypeCode is known from one published sample only.
    return Severity.WARNING if name == "contentTypeCode" else Severity.ERROR


def syntax(submission: Submission) -> Iterator[Finding]:
    """Times in UTC, identifiers and HL7 v2 types (CX, XCN, XON) are written in the form set for them."""
    if (lot := submission.lot) is not None:
        yield from _time(lot, "submissionTime")
        yield from _identifiers(lot)
        yield from _authors(lot)
    for entry in submission.documents:
        for name in ("creationTime", "serviceStartTime", *_OPTIONAL_SLOTS):
            yield from _time(entry, name)
        yield from _identifiers(entry)
        yield from _authors(entry)
        for value in entry.slots.get("legalAuthenticator", ()):
            yield from _xcn(entry, "legalAuthenticator", value)
        for value in entry.slots.get("sourcePatientId", ()):
            if not _CX.fullmatch(value):
                yield _form(entry, "sourcePatientId", value, "<identifiant>^^^&<OID>&ISO^PI")


def _time(entry: Entry, name: str) -> Iterator[Finding]:
    for value in entry.slots.get(name, ()):
        try:
            good = bool(_TIME.fullmatch(value)) and bool(datetime.strptime(f"{value}+0000", "%Y%m%d%H%M%S%z"))
        except ValueError:
            good = False
        if not good:
            yield _form(entry, name, value, "AAAAMMJJhhmmss en temps universel (UTC), sans fuseau")


def _identifiers(entry: Entry) -> Iterator[Finding]:
    for value in entry.identifiers.get("uniqueId", ()):
        if not _UNIQUE_ID.fullmatch(value) or len(value) > 128:
            yield _form(entry, "uniqueId", value, "un OID, ou OID^extension")
    for value in entry.identifiers.get("sourceId", ()):
        if not _OID.fullmatch(value):
            yield _form(entry, "sourceId", value, "un OID")
    for value in entry.identifiers.get("patientId", ()):
        yield from _ins(entry, value)


def _ins(entry: Entry, value: str) -> Iterator[Finding]:
    match = _CX.fullmatch(value)
    if match is None or match["type"] != "NH":
        yield _form(entry, "patientId", value, "<matricule de 15 caractères>^^^&<OID INS>&ISO^NH")
        return
    if match["oid"] not in INS_OIDS:
        yield _form(entry, "patientId", value, "un OID de l’INS")
    elif not has_valid_key(match["id"]):
        yield _form(entry, "patientId", value, "15 caractères, clé juste")
    elif match["oid"] in PRODUCTION_OIDS:
        yield say(
            "production-ins",
            "Le lot porte une INS de production.",
            entry.where,
            "une identité de test",
            f"OID {match['oid']}",
            "N’utiliser que des identités fictives pendant les essais.",
            Severity.WARNING,
        )


def _authors(entry: Entry) -> Iterator[Finding]:
    for author in entry.authors:
        if not author.persons:
            yield say(
                "author",
                "Un auteur n’a pas de personne (authorPerson).",
                entry.where,
                "un XCN",
                "absent",
                "Renseigner le Slot authorPerson.",
            )
        for value in author.persons:
            yield from _xcn(entry, "authorPerson", value)
        for value in author.institutions:
            if not _XON.fullmatch(value):
                yield _form(
                    entry,
                    "authorInstitution",
                    value,
                    "<nom>^^^^^&1.2.250.1.71.4.2.2&ISO^IDNST^^^<identifiant>",
                )
        for value in author.specialties:
            if not _SPECIALTY.fullmatch(value):
                yield _form(entry, "authorSpecialty", value, "<code>^<libellé>^<OID>")


def _xcn(entry: Entry, name: str, value: str) -> Iterator[Finding]:
    match = _XCN.fullmatch(value)
    if match is None:
        yield _form(entry, name, value, f"<identifiant>^<NOM>^<Prénom>^^^^^^&{_PROFESSIONALS}&ISO^D^^^IDNPS")
    elif match["kind"] == "D" and match["oid"] != _PROFESSIONALS:
        yield _form(entry, name, value, f"l’OID {_PROFESSIONALS} pour un professionnel")
    elif match["type"] == "IDNST" and match["kind"] != "U":
        # A structure among the authors (derogation RG_2230) is no person.
        yield _form(entry, name, value, "IDNPS pour un professionnel, IDNST pour une personne morale (U)")
    elif ("/" in match["id"]) != (match["type"] == "EI"):
        yield _form(entry, name, value, "IDNPS, ou EI quand l’identifiant contient «\u00a0/\u00a0»")


def confidentiality(submission: Submission, expected: Collection[str] | None = None) -> Iterator[Finding]:
    """``N`` is always there; restrictions are known codes.

    ``expected`` tells those that the user chose, no more.

    Levels: MASQUE_PS, INVISIBLE_PATIENT, INVISIBLE_REPRESENTANTS_LEGAUX (TRE_A07). Source: DMP/va1.17.
    """
    for entry in submission.documents:
        codes = entry.codes.get("confidentialityCode", ())
        if not any(code.value == "N" and code.system == NORMAL for code in codes):
            yield say(
                "confidentiality",
                "Le code de confidentialité N manque.",
                entry.where,
                f"N ({NORMAL})",
                ", ".join(map(str, codes)) or "aucun",
                "Écrire toujours N, puis les restrictions.",
            )
        for code in codes:
            if code.value in _DORMANT_LEVELS:
                yield say(
                    "confidentiality",
                    "Un code de confidentialité n’est pas en usage au DMP.",
                    entry.where,
                    ", ".join(sorted(LEVELS)),
                    str(code),
                    "Retirer ce code.",
                    Severity.WARNING,
                )
            elif code.value != "N" and (code.value not in LEVELS or code.system != LEVELS_FR):
                yield say(
                    "confidentiality",
                    "Un code de confidentialité est inconnu.",
                    entry.where,
                    f"{', '.join(sorted(LEVELS))} ({LEVELS_FR})",
                    str(code),
                    "Reprendre les codes de TRE_A07.",
                )
        found = {code.value for code in codes} - {"N"}
        if expected is not None and found != set(expected):
            yield say(
                "confidentiality.choice",
                "Les restrictions du document ne sont pas celles que l’utilisateur a choisies.",
                entry.where,
                ", ".join(sorted(expected)) or "aucune",
                ", ".join(sorted(found)) or "aucune",
                "Reporter chaque restriction choisie dans confidentialityCode.",
            )


def _form(entry: Entry, name: str, value: str, expected: str) -> Finding:
    return say(
        f"syntax.{name}",
        f"La métadonnée {name} n’a pas la forme exigée.",
        entry.where,
        expected,
        value or "vide",
        f"Écrire {name} dans la forme attendue.",
    )
