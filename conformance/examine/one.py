"""Judging one file: its content tells what it is, then comes every check that needs nothing else."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from conformance.model.finding import Finding, Location, Severity
from conformance.validation.gate import Document, open_document, open_zip

from .intake import kind_of_file, misnamed, taken_in
from .judgement import LABELS, USUAL, Judgement, Rules

OFFICE = frozenset({"[Content_Types].xml", "mimetype"})
"""Members that only an office document has: a zip too, but not one to judge."""


def examine(name: str, content: bytes | Path, as_kind: str | None = None, rules: Rules = USUAL) -> Judgement:
    """Judge a file, given as bytes or as a path; ``as_kind``, one of LABELS, forces what it is judged as.

    ``rules``: the pack and the volet by which its CDA documents are judged.

    Never fails on a file: one that is missing, unreadable, huge or hostile gives findings. Raises ValueError for an
    unknown ``as_kind``.
    """
    if as_kind is not None and as_kind not in LABELS:
        near = difflib.get_close_matches(as_kind, LABELS, n=1)
        raise ValueError(f"type inconnu « {as_kind} »{f', vouliez-vous dire « {near[0]} » ?' if near else ''}")
    sha256, size, data = taken_in(name, content)
    if isinstance(data, Finding):
        kind = as_kind or "other"
        return Judgement(name, kind, LABELS[kind], sha256, size, (data,), data.rule != "file.unreadable")
    kind = as_kind or kind_of_file(name, data)
    told = list(once(_JUDGES[kind](name, data, rules), set()))
    if as_kind is None and _other_xml(kind, data, told):
        kind, told = "xml", list(_not_judged(name, data, rules))
    named = () if as_kind is not None else tuple(misnamed(name, kind))
    return Judgement(name, kind, LABELS[kind], sha256, size, (*named, *told), not set_aside(told))


def once(findings: Iterable[Finding], said: set[tuple[str | None, ...]]) -> Iterator[Finding]:
    """The findings, but those about the agency's pack that were said already; ``said`` is completed."""
    for finding in findings:
        where = None if finding.where is None else finding.where.source
        key = (finding.rule, where, finding.expected, finding.observed)
        if not finding.rule.startswith("pack."):
            yield finding
        elif key not in said:
            said.add(key)
            yield finding


def _not_judged(name: str, _data: bytes, _rules: Rules) -> Iterator[Finding]:
    yield Finding(
        "file.not-judged",
        "Aucun contrôle ne s’applique à ce type de fichier : il n’est pas jugé.",
        Severity.INFO,
        Location(name),
        expected="un CDA, un PDF, une archive IHE_XDM, des métadonnées XDS, un courriel ou un message HL7 v2",
    )


def set_aside(told: list[Finding]) -> bool:
    """Whether nothing was said but that the file is not judged."""
    return bool(told) and all(finding.rule == "file.not-judged" for finding in told)


def _other_xml(kind: str, data: bytes, told: list[Finding]) -> bool:
    """Whether it is sound XML that never meant to be a CDA: a SOAP capture, a configuration."""
    return kind == "cda" and any(finding.rule == "gate.root" for finding in told) and b"ClinicalDocument" not in data


def _cda(name: str, data: bytes, rules: Rules) -> Iterator[Finding]:
    from conformance.checks import cda, ins
    from conformance.checks.cda import volet as cda_volet

    document = open_document(name, data)
    if not isinstance(document, Document):
        yield from document
        return
    yield from cda.judge(document)
    yield from ins.traits(document)
    yield from cda_volet.told(document, rules.pack, rules.volet)
    inside = cda.encapsulated_pdf(document)
    if inside is not None:
        at = document.where(document.first("component/nonXMLBody/text"))
        for finding in _pdf_of(document, inside):
            page = f", {finding.where.path}" if finding.where and finding.where.path else ""
            yield replace(finding, where=replace(at, part=f"PDF encapsulé{page}"))


def _pdf_of(document: Document, content: bytes) -> Iterator[Finding]:
    """The PDF of a CDA: archivable, and its datamatrix, when it shows one, says the patient of the header."""
    from conformance.checks import datamatrix, ins, pdf

    yield from pdf.archivable(document.name, content)
    for finding in datamatrix.check(document.name, content, ins.identity_of(document)):
        # Only a qualified identity is printed with a datamatrix, and a file does not tell whether it is qualified.
        yield replace(finding, severity=Severity.INFO) if finding.rule == "datamatrix.absent" else finding


def _pdf(name: str, data: bytes, _rules: Rules) -> Iterator[Finding]:
    from conformance.checks import datamatrix, pdf

    yield from pdf.archivable(name, data)
    for symbol in datamatrix.read(data) or ():
        if symbol.payload.startswith("IS"):
            yield from datamatrix.parse(symbol.payload, Location(name, path=f"page {symbol.page}, datamatrix"))[1]


def _xds(name: str, data: bytes, _rules: Rules) -> Iterator[Finding]:
    from conformance.checks import xds

    submission = xds.read(data, name)
    if not isinstance(submission, xds.Submission):
        yield from submission
        return
    for rule in (xds.schema, xds.structure, xds.cardinalities, xds.codings, xds.syntax, xds.confidentiality):
        yield from rule(submission)


def _xdm(name: str, data: bytes, rules: Rules) -> Iterator[Finding]:
    from conformance.checks import xdm

    archive = xdm.read(data, name)
    if not isinstance(archive, xdm.Archive):
        yield from archive
        return
    for rule in (xdm.layout, xdm.metadata, xdm.files, xdm.single_patient, xdm.agreement):
        yield from rule(archive)
    for member, content in xdm.documents(archive):
        yield from _within(name, member, examine(member, content, rules=rules).findings)


def _mail(name: str, data: bytes, rules: Rules) -> Iterator[Finding]:
    from conformance.checks import mail, xdm

    try:
        message = mail.read(data, name)
    except mail.MailError as error:
        yield Finding("mail.unreadable", f"Le courriel ne peut pas être lu : {error}.", where=Location(name))
        return
    for rule in (mail.structure, mail.message_id, mail.body):
        yield from rule(message)
    if not message.archives and not (message.header("Subject") or "").startswith(mail.XDM_PREFIX):
        return
    # It sends a document: the rules of such mails apply as well.
    yield from mail.subject(message)
    yield from mail.attachments(message)
    pdfs = [(part.label, part.content) for part in message.pdfs]
    for label, content in pdfs:
        yield from _within(name, label, _pdf(label, content, rules))
    for part in message.archives:
        yield from _within(name, part.label, _xdm(part.label, part.content, rules))
        archive = xdm.read(part.content, f"{name} › {part.label}")
        if isinstance(archive, xdm.Archive):
            yield from xdm.same_pdf(archive, pdfs)


def _hl7(name: str, data: bytes, rules: Rules) -> Iterator[Finding]:
    from conformance.checks import hl7v2

    message = hl7v2.open_message(name, data)
    if not isinstance(message, hl7v2.Message):
        yield from message
        return
    yield from hl7v2.judge(message)
    for document in hl7v2.embedded_documents(message):
        yield from _within(
            name, document.name.partition(" › ")[2] or document.name, _cda(document.name, document.content, rules)
        )


def _zip(name: str, data: bytes, rules: Rules) -> Iterator[Finding]:
    """Each file of the archive by itself; an office document is a zip too, and is not judged."""
    files = open_zip(name, data)
    if not isinstance(files, dict):
        yield from files
        return
    if not OFFICE.isdisjoint(files):
        yield from _not_judged(name, data, rules)
        return
    yield from told_of_members(
        name, ((member, examine(member, content, rules=rules)) for member, content in files.items())
    )


def told_of_members(name: str, judged: Iterable[tuple[str, Judgement]]) -> Iterator[Finding]:
    """What is said of each member of a zip, told as being about that member."""
    for member, judgement in judged:
        yield from _within(name, member, judgement.findings or (_clean(judgement),))


def _clean(judgement: Judgement) -> Finding:
    """A file with nothing against it is told, or an archive that holds only such files would look unjudged."""
    return Finding("file.clean", f"Jugé ({judgement.label}) : aucun constat.", Severity.INFO)


def _within(name: str, part: str, findings: Iterable[Finding]) -> Iterator[Finding]:
    """Findings about a part of a file, told as such."""
    for finding in findings:
        if finding.rule.startswith("pack."):
            yield finding
            continue
        where = finding.where or Location(part)
        inner = part if where.part is None or where.part == part else f"{part} › {where.part}"
        yield replace(finding, where=replace(where, source=name, part=inner))


_JUDGES: Mapping[str, Callable[[str, bytes, Rules], Iterator[Finding]]] = {
    "cda": _cda,
    "pdf": _pdf,
    "xdm": _xdm,
    "xds": _xds,
    "mail": _mail,
    "hl7": _hl7,
    "zip": _zip,
    "xml": _not_judged,
    "other": _not_judged,
}
