"""One patient, everything that left about them: the same INS, OID, traits and status everywhere, or no INS at all.

Source: INS implementation guide, rules 28, 32 and 33; CI-SIS, annex « prise en charge de l'INS ».
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from conformance.checks import datamatrix, hl7v2, ins, pdf, vihf, xdm
from conformance.checks.hl7v2.message import Message, component
from conformance.checks.mail import parts
from conformance.checks.saying import Voice
from conformance.checks.vihf.model import Vihf
from conformance.checks.vihf.model import of as vihf_of
from conformance.checks.xds.deposit import Deposit, deposit
from conformance.checks.xds.model import Entry
from conformance.model.evidence import Channel, Exchange
from conformance.model.evidence import Message as Sending
from conformance.model.finding import Finding, Location
from conformance.model.identity import Identity, plain
from conformance.validation.gate import Document, open_document, open_xml

QUALIFIED = "QUALIFIEE"
PROVEN = ("VALIDEE", QUALIFIED)
"""The statuses that rest on an identity document: those for which PID-32 is VALI."""
CITIZENS = "@patient.mssante.fr"
_say = Voice("ins.flow", "Guide d’implémentation de l’INS, règles 28, 32 et 33")


@dataclass(frozen=True, slots=True)
class Sent:
    """Something that left the software about a patient: ``kind`` is cda, hl7, mail, xdm, pdf, vihf (any call to the DMP)
    or xds (a deposit there); ``media`` is the Content-Type of a call.
    """

    name: str
    kind: str
    content: bytes
    media: str = ""


def judge(sent: Sequence[Sent], person: Identity, status: str, *, draw: bool = True) -> Iterator[Finding]:
    """Everything that does not agree. ``draw`` looks for datamatrix symbols, which costs a tenth of a second a page."""
    for one in sent:
        if status != QUALIFIED:
            yield from ins.no_matricule(one.name, _said(one), person)
        yield from _READERS[one.kind](one, person, status, draw)


def _said(one: Sent) -> bytes:
    """The bytes that may not bear an INS: the MRG of an A47 names the one that it withdraws, on purpose."""
    if one.kind == "hl7" and b"^A47" in one.content.split(b"\r", 1)[0]:
        return b"\r".join(line for line in one.content.split(b"\r") if not line.startswith(b"MRG|"))
    return one.content


def _cda(one: Sent, person: Identity, status: str, draw: bool) -> Iterator[Finding]:
    opened = open_document(one.name, one.content)
    if not isinstance(opened, Document):
        yield from opened
        return
    shown = ins.identity_of(opened)
    yield from ins.same_identity(shown, _expected(person, status), complete=status == QUALIFIED)


def _hl7(one: Sent, person: Identity, status: str, draw: bool) -> Iterator[Finding]:
    opened = hl7v2.open_message(one.name, one.content)
    if not isinstance(opened, Message):
        yield from opened
        return
    pid = opened.first("PID")
    # Withdrawing an INS names it on purpose, in MRG: only PID says the patient.
    yield from ins.same_identity(hl7v2.identity_of(opened), _expected(person, status), complete=status == QUALIFIED)
    code = component(pid.field(32), 1) if pid else ""
    if (code == "VALI") != (status in PROVEN):
        yield _say(
            "reliability",
            "Le degré de fiabilité du message ne dit pas le statut de l’identité.",
            opened.where(pid, "PID-32") if pid else Location(one.name),
            "VALI" if status in PROVEN else "un autre code que VALI",
            f"{code or 'absent'} pour une identité {status}",
            "Écrire VALI pour une identité validée ou qualifiée, et pour elle seule.",
        )


def _mail(one: Sent, person: Identity, status: str, draw: bool) -> Iterator[Finding]:
    mail = parts.read(one.content, one.name)
    where = Location(one.name)
    for address in (value.strip(" <>") for value in mail.all("To")):
        if address.endswith(CITIZENS) and address != f"{person.matricule}{CITIZENS}":
            yield _say(
                "address",
                "Le courriel part à l’adresse d’un autre usager.",
                where,
                f"{person.matricule}{CITIZENS}",
                address,
                "Bâtir l’adresse du citoyen sur son matricule INS.",
            )
    told, wanted = "".join(mail.all("X-MSS-INS")), "O" if status == QUALIFIED else "N"
    if told and told != wanted:
        yield _say(
            "header",
            "L’en-tête X-MSS-INS ne dit pas si le document porte une INS qualifiée.",
            where,
            wanted,
            told,
            "Écrire O pour une identité qualifiée, N sinon.",
        )
    yield from _subject(one, " ".join(mail.all("Subject")), person)
    for part in mail.archives:
        yield from _xdm(Sent(f"{one.name} › {part.label}", "xdm", part.content), person, status, draw)
    for part in mail.pdfs:
        yield from _pdf(Sent(f"{one.name} › {part.label}", "pdf", part.content), person, status, draw)


def _subject(one: Sent, subject: str, person: Identity) -> Iterator[Finding]:
    born = "/".join(reversed(person.date_naissance.split("-")))
    said = plain(subject)
    traits = (plain(person.nom_naissance), plain(person.premier_prenom), born)
    for trait in traits if subject.startswith("XDM/1.0/DDM") else ():
        if trait not in said:
            yield _say(
                "subject",
                "L’objet du courriel nomme un autre usager que le document.",
                Location(one.name, path="Subject"),
                trait,
                subject,
                "Composer l’objet avec les traits du patient du document.",
            )


def _xdm(one: Sent, person: Identity, status: str, draw: bool) -> Iterator[Finding]:
    opened = xdm.read(one.content, one.name)
    if not isinstance(opened, xdm.Archive):
        yield from opened
        return
    for name, content in xdm.documents(opened):
        yield from _cda(Sent(f"{one.name} › {name}", "cda", content), person, status, draw)
    for _, submission in opened.submissions:
        for entry in (*submission.sets, *submission.entries):
            yield from _metadata(entry, person, status)


def _metadata(entry: Entry, person: Identity, status: str) -> Iterator[Finding]:
    told = entry.identifier("patientId")
    wanted = f"{person.matricule}^^^&{person.oid}&ISO^NH"
    if status == QUALIFIED and told and told != wanted:
        yield _say(
            "patient-id",
            "La métadonnée patientId n’est pas l’INS du patient.",
            entry.where,
            wanted,
            told,
            "Écrire le matricule et l’OID de l’INS du CDA.",
        )
    lines = dict(line.split("|", 1) for line in entry.slots.get("sourcePatientInfo", ()) if "|" in line)
    checks = (
        ("PID-5", plain(person.nom_naissance), plain(lines.get("PID-5", "").split("^")[0])),
        ("PID-7", person.date_naissance.replace("-", ""), lines.get("PID-7", "")[:8]),
        ("PID-8", person.sexe, lines.get("PID-8", "")),
    )
    for name, expected, observed in checks:
        if name in lines and observed != expected:
            yield _say(
                "source-patient",
                "La métadonnée sourcePatientInfo décrit un autre patient.",
                entry.where,
                f"{name}|{expected}",
                f"{name}|{observed}",
                "Écrire les traits du CDA.",
            )


def _vihf(one: Sent, person: Identity, status: str, draw: bool) -> Iterator[Finding]:
    opened = open_xml(one.name, one.content)
    yield from _caller(opened, one, person, status) if isinstance(opened, Document) else opened


def _xds(one: Sent, person: Identity, status: str, draw: bool) -> Iterator[Finding]:
    asked = Sending("POST", (("Content-Type", one.media),), one.content)
    read = deposit(Exchange(Channel.DMP, one.name, asked, None))
    if not isinstance(read, Deposit):
        yield from read
        return
    yield from _caller(read.envelope, one, person, status)
    for entry in (*read.submission.sets, *read.submission.documents):
        yield from _metadata(entry, person, status)
    for entry in read.submission.documents:
        document = Sent(f"{one.name} › document", "cda", read.documents.get(entry.id, b""))
        yield from _cda(document, person, status, draw)


def _caller(call: Document, one: Sent, person: Identity, status: str) -> Iterator[Finding]:
    """The VIHF names the patient; nobody may be named to the DMP without a qualified identity."""
    if status != QUALIFIED:
        yield _say(
            "dmp",
            "Un appel au DMP part pour une identité qui n’est pas qualifiée.",
            Location(one.name),
            "aucun appel",
            f"un appel pour une identité {status}",
            "N’appeler le DMP que pour une identité qualifiée.",
        )
        return
    told = vihf_of(call)
    yield from vihf.patient(told, person.matricule, person.oid) if isinstance(told, Vihf) else told


def _pdf(one: Sent, person: Identity, status: str, draw: bool) -> Iterator[Finding]:
    qualified = status == QUALIFIED
    yield from pdf.identity_in_clear(one.name, one.content, person, qualified=qualified)
    if draw and qualified:
        yield from datamatrix.check(one.name, one.content, person)
    elif draw:
        yield from datamatrix.absent(one.name, one.content)


def _expected(person: Identity, status: str) -> Identity:
    """Who the artefact must name: without INS when the identity is not qualified."""
    return person if status == QUALIFIED else person.with_(matricule="", oid="")


_READERS = {"cda": _cda, "hl7": _hl7, "mail": _mail, "xdm": _xdm, "pdf": _pdf, "vihf": _vihf, "xds": _xds}
