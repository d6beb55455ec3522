"""Agreement of XDS metadata with the CDA header they describe and with the VIHF of their call."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from lxml import etree

from conformance.checks.vihf.model import PATIENT, Vihf
from conformance.checks.xds.model import Code, Entry, Submission, say
from conformance.model.finding import Finding, Severity
from conformance.model.identity import INS_OIDS, plain
from conformance.validation.gate import Document, open_document

_SOURCE = "CI-SIS, correspondance entre en-tête CDA et métadonnées XDS"
_AGREEMENT = "Reprendre la valeur de l’en-tête du CDA."
_PDF_FORMAT = "urn:ihe:iti:xds-sd:pdf:2008"
_TEXT_FORMAT = "urn:ihe:iti:xds-sd:text:2008"
_TEMPLATE_FORMATS = {
    "1.3.6.1.4.1.19376.1.3.3": "urn:ihe:lab:xd-lab:2008",
    "1.2.250.1.213.1.1.1.13": "urn:asip:ci-sis:vsm:2012",
}


def agrees_with_cda(entry: Entry, cda: bytes | Document, name: str = "document CDA") -> Iterator[Finding]:
    """Every metadata of an entry that has a source in the CDA header carries the value found there."""
    document = cda if isinstance(cda, Document) else open_document(name, cda)
    if not isinstance(document, Document):
        yield from document
        return
    yield from _simple(entry, document)
    yield from _codes(entry, document)
    yield from _times(entry, document)
    yield from _people(entry, document)
    yield from _format(entry, document)
    yield from _patient(entry, document)


def _simple(entry: Entry, cda: Document) -> Iterator[Finding]:
    identifier = cda.first("id")
    if identifier is not None:
        root, extension = identifier.get("root", ""), identifier.get("extension")
        unique = f"{root}^{extension}" if extension else root
        yield from _equal(entry, "uniqueId", unique, entry.identifier("uniqueId"))
    language = _attribute(cda, "languageCode", "code")
    if language:
        yield from _equal(entry, "languageCode", language, entry.slot("languageCode"))
    title = cda.first("title")
    if title is not None and _text(title) and _text(title) != " ".join(entry.title.split()):
        yield _differs(entry, "title", _text(title), entry.title)


def _codes(entry: Entry, cda: Document) -> Iterator[Finding]:
    event = "documentationOf/serviceEvent"
    performer = f"{event}/performer/assignedEntity/representedOrganization"
    sources = {
        "typeCode": "code",
        "healthcareFacilityTypeCode": "componentOf/encompassingEncounter/location/healthCareFacility/code",
        "practiceSettingCode": f"{performer}/standardIndustryClassCode",
    }
    for name, path in sources.items():
        wanted = _code(cda.first(path))
        if wanted is not None and not _same(wanted, entry.codes.get(name, ())):
            yield _differs(entry, name, str(wanted), _listed(entry.codes.get(name, ())))
    level = _code(cda.first("confidentialityCode"))
    if level is not None and not _same(level, entry.codes.get("confidentialityCode", ())):
        yield _differs(entry, "confidentialityCode", str(level), _listed(entry.codes.get("confidentialityCode", ())))
    for node in cda.all(f"{event}/code"):
        act = _code(node)
        if act is not None and not _same(act, entry.codes.get("eventCodeList", ())):
            yield _differs(entry, "eventCodeList", str(act), _listed(entry.codes.get("eventCodeList", ())))


def _times(entry: Entry, cda: Document) -> Iterator[Finding]:
    event = "documentationOf/serviceEvent/effectiveTime"
    sources = {
        "creationTime": "effectiveTime",
        "serviceStartTime": f"{event}/low",
        "serviceStopTime": f"{event}/high",
    }
    for name, path in sources.items():
        written = _attribute(cda, path, "value")
        expected = utc(written) if written else None
        found = entry.slot(name)
        if expected is None or (not found and name == "serviceStopTime"):
            continue
        # A date without hours cannot be turned to UTC: only what the header tells is compared.
        if not found.startswith(expected) and not expected.startswith(found or "-"):
            yield _differs(entry, name, f"{expected} (UTC), soit {written} dans le CDA", found or "absente")


def utc(stamp: str) -> str | None:
    """An HL7 time as XDS writes it: ``yyyyMMddHHmmss`` in UTC, shorter when no time zone is told.

    None if unreadable.
    """
    digits, sign, zone = stamp.partition("+") if "+" in stamp else stamp.partition("-")
    digits = digits.partition(".")[0]
    if not digits.isdecimal() or len(digits) < 4:
        return None
    if not sign or len(digits) < 10:
        return digits[:8]
    layout = "%Y%m%d%H%M%S"[: {10: 8, 12: 10}.get(len(digits), 12)]
    try:
        moment = datetime.strptime(f"{digits}{sign}{zone}", f"{layout}%z")
    except ValueError:
        return None
    return moment.astimezone(UTC).strftime("%Y%m%d%H%M%S"[: len(layout)])


def _people(entry: Entry, cda: Document) -> Iterator[Finding]:
    authors = cda.all("author/assignedAuthor")
    persons = [_field(xcn, 0) for author in entry.authors for xcn in author.persons]
    for author in authors:
        identifier = _attribute(cda, "id", "extension", author)
        if identifier and identifier not in persons:
            yield _differs(entry, "authorPerson", identifier, ", ".join(persons) or "aucun")
        structure = _attribute(cda, "representedOrganization/id", "extension", author)
        institutions = [_field(xon, 9) for item in entry.authors for xon in item.institutions]
        if structure and structure not in institutions:
            yield _differs(entry, "authorInstitution", structure, ", ".join(institutions) or "aucune")
    signer = _attribute(cda, "legalAuthenticator/assignedEntity/id", "extension")
    if signer and _field(entry.slot("legalAuthenticator"), 0) != signer:
        yield _differs(entry, "legalAuthenticator", signer, entry.slot("legalAuthenticator") or "absent")


def _format(entry: Entry, cda: Document) -> Iterator[Finding]:
    code = entry.code("formatCode")
    if code is None:
        return
    body = cda.first("component/nonXMLBody/text")
    if body is not None:
        kind = body.get("mediaType", "")
        expected = {"application/pdf": _PDF_FORMAT, "text/plain": _TEXT_FORMAT}.get(kind)
        if expected is not None and code.value != expected:
            yield _differs(entry, "formatCode", f"{expected} (corps {kind})", str(code))
        return
    templates = {node.get("root", "") for node in cda.all("templateId")}
    wanted = {_TEMPLATE_FORMATS[template] for template in templates if template in _TEMPLATE_FORMATS}
    if wanted and code.value not in wanted:
        # The correspondence read dates from 2017.
        yield _differs(entry, "formatCode", ", ".join(sorted(wanted)), str(code), Severity.WARNING)


def _patient(entry: Entry, cda: Document) -> Iterator[Finding]:
    role = cda.first("recordTarget/patientRole")
    if role is None:
        return
    ids = [(node.get("extension", ""), node.get("root", "")) for node in cda.all("id", role)]
    ins = next((pair for pair in ids if pair[1] in INS_OIDS), None)
    value = entry.identifier("patientId")
    if ins is not None and not value.startswith(f"{ins[0]}^^^&{ins[1]}&ISO^NH"):
        yield _differs(entry, "patientId", f"{ins[0]}^^^&{ins[1]}&ISO^NH", value or "absent")
    source = _field(entry.slot("sourcePatientId"), 0)
    if source and ids and source not in {extension for extension, _ in ids}:
        yield _differs(entry, "sourcePatientId", ", ".join(extension for extension, _ in ids), source)
    yield from _patient_info(entry, cda, role)


def _patient_info(entry: Entry, cda: Document, role: etree._Element) -> Iterator[Finding]:
    lines = dict(line.split("|", 1) for line in entry.slots.get("sourcePatientInfo", ()) if "|" in line)
    if not lines:
        return
    names = [_text(node) for node in cda.all("patient/name/family", role)]
    birth = _attribute(cda, "patient/birthTime", "value", role)
    gender = _attribute(cda, "patient/administrativeGenderCode", "code", role)
    family = _field(lines.get("PID-5", ""), 0)
    if family and names and plain(family) not in {plain(name) for name in names}:
        yield _differs(entry, "sourcePatientInfo", f"PID-5|{names[0]}", f"PID-5|{family}")
    for name, expected in (("PID-7", birth), ("PID-8", gender)):
        if name in lines and expected and not lines[name].startswith(expected[:8]):
            yield _differs(entry, "sourcePatientInfo", f"{name}|{expected}", f"{name}|{lines[name]}")


def agrees_with_vihf(submission: Submission, vihf: Vihf) -> Iterator[Finding]:
    """The patient of the lot is the one of the VIHF, and its author is the caller.

    Direct mode: NameID is an author or the legal authenticator; indirect: the structure is an author's
    institution. Source: rule EX_2.1-1140 of the DMP, told second hand.
    """
    asked = vihf.value(PATIENT).split("^^")[0], _oid(vihf.value(PATIENT))
    for entry in (*submission.sets, *submission.documents):
        value = entry.identifier("patientId")
        if value and (value.split("^^")[0], _oid(value)) != asked:
            yield say(
                "vihf.patient",
                "Le lot ne concerne pas l’usager désigné par le VIHF.",
                entry.where,
                vihf.value(PATIENT) or "absent",
                value,
                "Bâtir le VIHF et le lot pour le même usager.",
            )
    for entry in submission.documents:
        direct = vihf.mode.upper() == "DIRECTE"
        persons = [
            *(_field(x, 0) for author in entry.authors for x in author.persons),
            _field(entry.slot("legalAuthenticator"), 0),
        ]
        places = [_field(x, 9) for author in entry.authors for x in author.institutions]
        expected, found = (vihf.name_id, persons) if direct else (vihf.structure, places)
        if expected not in found:
            text = (
                "L’utilisateur du VIHF n’est ni auteur ni responsable du document."
                if direct
                else ("Aucune structure d’auteur du document n’est celle du VIHF.")
            )
            yield say(
                "vihf.author",
                text,
                entry.where,
                expected or "absent du VIHF",
                ", ".join(found) or "aucun",
                "Reprendre dans le VIHF l’auteur ou la structure du document déposé.",
                source="DMP, EX_2.1-1140",
            )


def single_patient(submission: Submission) -> Iterator[Finding]:
    """The lot and every entry name one patient."""
    found = sorted({entry.identifier("patientId") for entry in (*submission.sets, *submission.entries)} - {""})
    if len(found) > 1:
        yield say(
            "patient",
            "Le lot concerne plusieurs usagers.",
            submission.where,
            "un seul patientId",
            ", ".join(found),
            "Composer un lot par usager.",
        )


def _equal(entry: Entry, name: str, expected: str, found: str) -> Iterator[Finding]:
    if expected != found:
        yield _differs(entry, name, expected, found or "absente")


def _differs(entry: Entry, name: str, expected: str, found: str, severity: Severity = Severity.ERROR) -> Finding:
    message = f"La métadonnée {name} n’est pas celle de l’en-tête du CDA."
    return say(
        f"cda.{name}",
        message,
        entry.where,
        expected,
        found or "absente",
        _AGREEMENT,
        severity,
        source=_SOURCE,
    )


def _code(node: etree._Element | None) -> Code | None:
    if node is None or not node.get("code"):
        return None
    return Code(node.get("code", ""), node.get("codeSystem", ""), node.get("displayName", ""))


def _same(wanted: Code, codes: tuple[Code, ...]) -> bool:
    return any(code.value == wanted.value and code.system == wanted.system for code in codes)


def _listed(codes: tuple[Code, ...]) -> str:
    return ", ".join(map(str, codes)) or "aucun code"


def _attribute(cda: Document, path: str, name: str, start: etree._Element | None = None) -> str:
    node = cda.first(path, start)
    return "" if node is None else node.get(name, "")


def _text(node: etree._Element) -> str:
    return " ".join("".join(str(text) for text in node.itertext()).split())


def _field(value: str, index: int) -> str:
    fields = value.split("^")
    return fields[index] if index < len(fields) else ""


def _oid(value: str) -> str:
    return _field(value, 3).split("&")[1] if _field(value, 3).count("&") == 2 else ""
