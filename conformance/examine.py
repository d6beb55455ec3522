"""Judging one file of any kind by itself: its content tells what it is, then comes every check that needs nothing else.

A file that nobody vouches for comes in; findings come out, whatever the file. What depends on a scenario (who the patient
is, whether the identity is qualified, where the mail goes) is not judged here.
"""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path, PurePath

from conformance.drivers.dossier import MAX_FILE, kind_of
from conformance.model.finding import Finding, Location, Severity
from conformance.validation.gate import Document, open_document, open_zip
from conformance.validation.workers import Lost

_SNIFF = 64 * 1024
_CHUNK = 1024 * 1024
_MANY = 4
LABELS: Mapping[str, str] = {
    "cda": "document CDA",
    "pdf": "PDF",
    "xdm": "archive IHE_XDM",
    "xds": "métadonnées XDS",
    "mail": "courriel",
    "hl7": "message HL7 v2",
    "zip": "archive zip",
    "xml": "XML d’une autre nature",
    "other": "type non reconnu",
}
"""The kinds of files by name, with the French words for them."""
_EXTENSIONS = {
    ".pdf": {"pdf"},
    ".xml": {"cda", "xds", "xml"},
    ".zip": {"xdm", "zip"},
    ".eml": {"mail"},
    ".hl7": {"hl7"},
    ".er7": {"hl7"},
}
_OFFICE = frozenset({"[Content_Types].xml", "mimetype"})


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is said of a file. ``judged`` is False when nothing could be said for or against it; ``size`` in bytes."""

    name: str
    kind: str
    label: str
    sha256: str
    size: int
    findings: tuple[Finding, ...]
    judged: bool

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that condemn."""
        return tuple(finding for finding in self.findings if finding.severity is Severity.ERROR)

    @property
    def failed(self) -> bool:
        """Whether the engine failed on it, or on a tier of it: what it would have said is not known."""
        return any(finding.rule.endswith("/engine") for finding in self.findings)

    @property
    def settled(self) -> bool:
        """Whether all that should have been judged was."""
        open_ended = any(finding.rule.endswith("/unverified") for finding in self.findings)
        return self.judged and not self.failed and not open_ended

    @property
    def symbol(self) -> str:
        """One character: an error, a failure of the engine, something left unjudged, or nothing against it."""
        return "✗" if self.errors else "!" if self.failed else "✓" if self.settled else "○"


def examine(name: str, content: bytes | Path, as_kind: str | None = None) -> Judgement:
    """Judge a file, given as bytes or as a path; ``as_kind``, one of LABELS, forces what it is judged as.

    Never fails on a file: one that is missing, unreadable, huge or hostile gives findings. Raises ValueError for an
    unknown ``as_kind``.
    """
    if as_kind is not None and as_kind not in LABELS:
        near = difflib.get_close_matches(as_kind, LABELS, n=1)
        raise ValueError(f"type inconnu « {as_kind} »{f', vouliez-vous dire « {near[0]} » ?' if near else ''}")
    sha256, size, data = _taken_in(name, content)
    if isinstance(data, Finding):
        kind = as_kind or "other"
        return Judgement(name, kind, LABELS[kind], sha256, size, (data,), data.rule != "file.unreadable")
    kind = as_kind or _kind(name, data)
    told = list(_once(_JUDGES[kind](name, data), set()))
    if as_kind is None and _other_xml(kind, data, told):
        kind, told = "xml", list(_not_judged(name, data))
    misnamed = () if as_kind is not None else tuple(_misnamed(name, kind))
    return Judgement(name, kind, LABELS[kind], sha256, size, (*misnamed, *told), not _set_aside(told))


@dataclass(frozen=True, slots=True)
class _Job:
    """A file to judge, or a member of the zip that is the file ``group``."""

    group: int
    name: str
    content: Path | bytes
    as_kind: str | None = None
    member: bool = False


def examine_all(
    files: Sequence[tuple[str, Path]], as_kind: str | None = None, *, workers: int = 2, timeout: float = 60.0
) -> Generator[Judgement, None, None]:
    """Judge many files, each as :func:`examine` does, in order; what is said of the pack is said once for all.

    From four documents on, and when the agency's pack is at hand, ``workers`` processes share the work, the members
    of a zip included; a document that ends its process or takes more than ``timeout`` seconds is said, the others are
    judged. One worker: all is judged in this process, without a time limit.
    """
    said: set[tuple[str | None, ...]] = set()
    for judgement in _judged(files, as_kind, workers, timeout):
        yield replace(judgement, findings=tuple(_once(judgement.findings, said)))


def _judged(
    files: Sequence[tuple[str, Path]], as_kind: str | None, workers: int, timeout: float
) -> Iterator[Judgement]:
    if workers < 2 or not _worth_it(files):
        yield from (examine(name, path, as_kind) for name, path in files)
        return
    from conformance.validation.workers import Workers

    with Workers(_examine_job, workers, timeout) as pool:
        answers = pool.map(_jobs(files, as_kind))
        for group, parts in groupby(answers, key=lambda answer: answer[0].group):
            judged = [(job, _answer(job, answer)) for job, answer in parts]
            yield _whole(files[group], judged) if judged[0][0].member else judged[0][1]


def _worth_it(files: Sequence[tuple[str, Path]]) -> bool:
    """Whether there are four documents at least and a pack to judge them by."""
    from conformance.validation.packs import Pack, open_pack

    if len(files) < _MANY and not any(_kept_members(name, path, _MANY) for name, path in files):
        return False
    return isinstance(open_pack(), Pack)


def _jobs(files: Sequence[tuple[str, Path]], as_kind: str | None) -> Iterator[_Job]:
    for group, (name, path) in enumerate(files):
        members = _kept_members(name, path) if as_kind in (None, "zip") else {}
        for member, content in members.items():
            yield _Job(group, member, content, member=True)
        if not members:
            yield _Job(group, name, path, as_kind)


def _kept_members(name: str, path: Path, least: int = 1) -> dict[str, bytes]:
    """The files of a plain zip that has ``least`` at least; nothing of anything else."""
    if PurePath(name).suffix.lower() != ".zip":
        return {}
    data = _taken_in(name, path)[2]
    if isinstance(data, Finding) or _kind(name, data) != "zip":
        return {}
    files = open_zip(name, data)
    return files if isinstance(files, dict) and len(files) >= least and _OFFICE.isdisjoint(files) else {}


def _examine_job(job: _Job) -> Judgement:
    return examine(job.name, job.content, job.as_kind)


def _answer(job: _Job, answer: Judgement | Lost) -> Judgement:
    if not isinstance(answer, Lost):
        return answer
    sha256, size, data = _taken_in(job.name, job.content)
    kind = job.as_kind or ("other" if isinstance(data, Finding) else _kind(job.name, data))
    finding = Finding(
        "file/engine",
        "Le moteur a échoué sur ce fichier : on ne sait rien de sa conformité.",
        Severity.WARNING,
        Location(job.name),
        observed=answer.reason,
        fix="Juger ce fichier seul ; si l’échec se répète, le signaler avec un exemple fictif.",
    )
    return Judgement(job.name, kind, LABELS[kind], sha256, size, (finding,), judged=False)


def _whole(file: tuple[str, Path], members: list[tuple[_Job, Judgement]]) -> Judgement:
    """The judgement of a zip, from those of its members."""
    name, path = file
    sha256, size, _ = _taken_in(name, path)
    told = list(_members(name, ((job.name, judgement) for job, judgement in members)))
    return Judgement(name, "zip", LABELS["zip"], sha256, size, tuple(told), not _set_aside(told))


def _once(findings: Iterable[Finding], said: set[tuple[str | None, ...]]) -> Iterator[Finding]:
    """The findings, but those about the agency's pack that were said already; ``said`` is completed."""
    for finding in findings:
        where = None if finding.where is None else finding.where.source
        key = (finding.rule, where, finding.expected, finding.observed)
        if not finding.rule.startswith("pack."):
            yield finding
        elif key not in said:
            said.add(key)
            yield finding


def _taken_in(name: str, content: bytes | Path) -> tuple[str, int, bytes | Finding]:
    """SHA-256, size, and the bytes or why they are not looked at. A file past the limit is never held in memory."""
    try:
        announced = len(content) if isinstance(content, bytes) else content.stat().st_size
        digest, size, kept = hashlib.sha256(), 0, bytearray()
        for chunk in _chunks(content):
            digest.update(chunk)
            size += len(chunk)
            if max(size, announced) <= MAX_FILE:
                kept += chunk
    except OSError as error:
        return hashlib.sha256().hexdigest(), 0, _unreadable(name, error.strerror or str(error))
    where = Location(name)
    if size > MAX_FILE:
        limit = f"{MAX_FILE // 2**20} Mio au plus"
        return digest.hexdigest(), size, Finding(
            "file.size", "Le fichier est trop volumineux pour être jugé.", where=where, expected=limit,
            observed=f"{size / 2**20:.0f} Mio",
        )  # fmt: skip
    data = bytes(kept)
    if not data.strip(b" \t\r\n\x00"):
        return digest.hexdigest(), size, Finding(
            "file.empty", "Le fichier est vide.", where=where, expected="un contenu", observed=f"{size} octets",
            fix="Fournir le fichier complet.",
        )  # fmt: skip
    return digest.hexdigest(), size, data


def _chunks(content: bytes | Path) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
        return
    if not content.is_file():
        # A pipe or a device would be read for ever.
        raise FileNotFoundError(2, "absent, ou autre chose qu’un fichier ordinaire", str(content))
    with content.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _unreadable(name: str, reason: str) -> Finding:
    return Finding("file.unreadable", "Le fichier ne peut pas être lu.", where=Location(name), observed=reason)


def _kind(name: str, data: bytes) -> str:
    head = data[:_SNIFF]
    kind = kind_of(name, head)
    if kind == "cda" and b"ClinicalDocument" not in head and b"SubmitObjectsRequest" in head:
        return "xds"
    if kind in ("zip", "xdm"):
        # The name of a member past the first bytes is in the directory, at the end.
        return "xdm" if kind == "xdm" or re.search(rb"METADATA\.XML", data, re.IGNORECASE) else "zip"
    return kind


def _misnamed(name: str, kind: str) -> Iterator[Finding]:
    suffix = PurePath(name).suffix.lower()
    if kind not in _EXTENSIONS.get(suffix, {kind}):
        yield Finding(
            "file.name",
            f"Le nom du fichier finit par « {suffix} », son contenu est d’une autre nature : {LABELS[kind]}.",
            where=Location(name),
            expected=" ou ".join(LABELS[known] for known in sorted(_EXTENSIONS[suffix])),
            observed=LABELS[kind],
            fix="Fournir le bon fichier, ou lui donner l’extension de son contenu.",
        )


def _not_judged(name: str, _data: bytes) -> Iterator[Finding]:
    yield Finding(
        "file.not-judged",
        "Aucun contrôle ne s’applique à ce type de fichier : il n’est pas jugé.",
        Severity.INFO,
        Location(name),
        expected="un CDA, un PDF, une archive IHE_XDM, des métadonnées XDS, un courriel ou un message HL7 v2",
    )


def _set_aside(told: list[Finding]) -> bool:
    return bool(told) and all(finding.rule == "file.not-judged" for finding in told)


def _other_xml(kind: str, data: bytes, told: list[Finding]) -> bool:
    """Whether it is sound XML that never meant to be a CDA: a SOAP capture, a configuration."""
    return kind == "cda" and any(finding.rule == "gate.root" for finding in told) and b"ClinicalDocument" not in data


def _cda(name: str, data: bytes) -> Iterator[Finding]:
    from conformance.checks import cda, ins

    document = open_document(name, data)
    if not isinstance(document, Document):
        yield from document
        return
    yield from cda.judge(document)
    yield from ins.traits(document)
    yield from _content(document)
    inside = cda.encapsulated_pdf(document)
    if inside is not None:
        at = document.where(document.first("component/nonXMLBody/text"))
        for finding in _pdf_of(document, inside):
            page = f", {finding.where.path}" if finding.where and finding.where.path else ""
            yield replace(finding, where=replace(at, part=f"PDF encapsulé{page}"))


def _content(document: Document) -> Iterator[Finding]:
    """The agency's content rules on every tier; without its pack, what can be and what cannot is said."""
    from conformance.validation import xsd
    from conformance.validation.packs import open_pack

    pack = open_pack()
    if not isinstance(pack, Finding):
        from conformance.validation.document import shared
        from conformance.validation.told import tell

        yield from tell(shared(pack), document)
        return
    if (missing := xsd.unavailable()) is not None:
        yield Finding("cda.xsd.unverified", missing, Severity.INFO, Location(document.name))
    else:
        yield from xsd.validate(document)
    yield Finding(
        "cda.schematron.unverified",
        f"Les règles Schematron du CI-SIS ne sont pas vérifiées. {pack.message}",
        Severity.INFO,
        Location(document.name),
        fix=pack.fix,
    )


def _pdf_of(document: Document, content: bytes) -> Iterator[Finding]:
    """The PDF of a CDA: archivable, and its datamatrix, when it shows one, says the patient of the header."""
    from conformance.checks import datamatrix, ins, pdf

    yield from pdf.archivable(document.name, content)
    for finding in datamatrix.check(document.name, content, ins.identity_of(document)):
        # Only a qualified identity is printed with a datamatrix, and a file does not tell whether it is qualified.
        yield replace(finding, severity=Severity.INFO) if finding.rule == "datamatrix.absent" else finding


def _pdf(name: str, data: bytes) -> Iterator[Finding]:
    from conformance.checks import datamatrix, pdf

    yield from pdf.archivable(name, data)
    for symbol in datamatrix.read(data) or ():
        if symbol.payload.startswith("IS"):
            yield from datamatrix.parse(symbol.payload, Location(name, path=f"page {symbol.page}, datamatrix"))[1]


def _xds(name: str, data: bytes) -> Iterator[Finding]:
    from conformance.checks import xds

    submission = xds.read(data, name)
    if not isinstance(submission, xds.Submission):
        yield from submission
        return
    for rule in (xds.schema, xds.structure, xds.cardinalities, xds.codings, xds.syntax, xds.confidentiality):
        yield from rule(submission)


def _xdm(name: str, data: bytes) -> Iterator[Finding]:
    from conformance.checks import xdm

    archive = xdm.read(data, name)
    if not isinstance(archive, xdm.Archive):
        yield from archive
        return
    for rule in (xdm.layout, xdm.metadata, xdm.files, xdm.single_patient, xdm.agreement):
        yield from rule(archive)
    for member, content in xdm.documents(archive):
        yield from _within(name, member, examine(member, content).findings)


def _mail(name: str, data: bytes) -> Iterator[Finding]:
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
        yield from _within(name, label, _pdf(label, content))
    for part in message.archives:
        yield from _within(name, part.label, _xdm(part.label, part.content))
        archive = xdm.read(part.content, f"{name} › {part.label}")
        if isinstance(archive, xdm.Archive):
            yield from xdm.same_pdf(archive, pdfs)


def _hl7(name: str, data: bytes) -> Iterator[Finding]:
    from conformance.checks import hl7v2

    message = hl7v2.open_message(name, data)
    if not isinstance(message, hl7v2.Message):
        yield from message
        return
    yield from hl7v2.judge(message)
    for document in hl7v2.embedded_documents(message):
        yield from _within(
            name, document.name.partition(" › ")[2] or document.name, _cda(document.name, document.content)
        )


def _zip(name: str, data: bytes) -> Iterator[Finding]:
    """Each file of the archive by itself; an office document is a zip too, and is not judged."""
    files = open_zip(name, data)
    if not isinstance(files, dict):
        yield from files
        return
    if not _OFFICE.isdisjoint(files):
        yield from _not_judged(name, data)
        return
    yield from _members(name, ((member, examine(member, content)) for member, content in files.items()))


def _members(name: str, judged: Iterable[tuple[str, Judgement]]) -> Iterator[Finding]:
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


_JUDGES: Mapping[str, Callable[[str, bytes], Iterator[Finding]]] = {
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
