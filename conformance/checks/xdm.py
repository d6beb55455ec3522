"""Judgement of the IHE_XDM.ZIP archive that a mail carries (IHE ITI-32, CI-SIS échange de documents)."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from conformance.checks import xds
from conformance.checks.saying import Voice
from conformance.model.finding import Finding, Location, Severity
from conformance.model.identity import INS_OIDS
from conformance.validation.gate import Document, open_document, open_zip

_SOURCE = "CI-SIS, échange de documents de santé\u00a0; IHE ITI-32"
_NAME = re.compile(r"[A-Z0-9_]{1,8}(\.[A-Z0-9_]{1,3})?")
_FORGOTTEN = frozenset({".XSL", ".XSD", ".CSS", ".HTM", ".TXT"})
_say = Voice("xdm", _SOURCE)


@dataclass(frozen=True, slots=True)
class Archive:
    """The files of the archive by name, in its order, and the submission of each METADATA.XML."""

    source: str
    members: tuple[tuple[str, bytes], ...]
    submissions: tuple[tuple[str, xds.Submission], ...] = ()
    problems: tuple[Finding, ...] = ()

    def content(self, name: str) -> bytes | None:
        """The bytes of a member, whatever the case of its name; None when absent."""
        return next((content for member, content in self.members if member.upper() == name.upper()), None)


def read(content: bytes, name: str = "IHE_XDM.ZIP") -> Archive | tuple[Finding, ...]:
    """Open the archive safely; the findings say why it cannot be judged.

    Metadata faults are kept in ``problems``.
    """
    files = open_zip(name, content)
    if not isinstance(files, dict):
        return files
    members = tuple((member.replace("\\", "/"), data) for member, data in files.items())
    found: list[tuple[str, xds.Submission]] = []
    problems: list[Finding] = []
    for member, data in members:
        if member.rpartition("/")[2].upper() == "METADATA.XML":
            submission = xds.read(data, f"{name} › {member}")
            if isinstance(submission, xds.Submission):
                found.append((member, submission))
            else:
                problems.extend(submission)
    return Archive(name, members, tuple(found), tuple(problems))


def documents(archive: Archive) -> list[tuple[str, bytes]]:
    """The documents that the metadata describe, signature left out:.

    Member, bytes, in the order of the metadata.
    """
    found = []
    for metadata, submission in archive.submissions:
        for entry in submission.documents:
            member = _member(archive, metadata, entry)
            if member is not None:
                found.append(member)
    return found


def layout(archive: Archive) -> Iterator[Finding]:
    """Index and readme at the root, one metadata file in each folder of IHE_XDM, short upper-case names."""
    where = Location(archive.source)
    names = {member.upper() for member, _ in archive.members}
    for name in ("INDEX.HTM", "README.TXT"):
        if name not in names:
            yield _say(
                "layout",
                f"Le fichier {name} manque à la racine de l’archive.",
                where,
                name,
                ", ".join(sorted(names))[:200],
                f"Ajouter {name} à la racine.",
            )
    if not any(re.fullmatch(r"IHE_XDM/[^/]+/METADATA\.XML", name) for name in names):
        yield _say(
            "layout",
            "Aucun dossier de IHE_XDM ne contient METADATA.XML.",
            where,
            "IHE_XDM/SUBSET01/METADATA.XML",
            ", ".join(sorted(names))[:200],
            "Placer les métadonnées du lot dans IHE_XDM/SUBSET01.",
        )
    yield from archive.problems
    for member, _ in archive.members:
        wrong = [step for step in member.split("/") if not _NAME.fullmatch(step)]
        if wrong:
            # Read in editors' code and IHE, not in the text of the volet: shown, never condemned.
            yield _say(
                "layout.name",
                "Un nom de l’archive n’est pas en majuscules au format 8.3.",
                Location(archive.source, part=member),
                "A-Z, 0-9, _, huit caractères et trois d’extension",
                wrong[0],
                "Nommer les fichiers comme DOC00001.XML.",
                Severity.WARNING,
            )


def metadata(archive: Archive) -> Iterator[Finding]:
    """Each METADATA.XML by itself: its structure, the lot, cardinalities, codings, syntax, confidentiality."""
    for _, submission in archive.submissions:
        yield from xds.schema(submission)
        yield from xds.structure(submission)
        yield from xds.cardinalities(submission, in_archive=True)
        yield from xds.codings(submission)
        yield from xds.syntax(submission)
        yield from xds.confidentiality(submission)


def files(archive: Archive) -> Iterator[Finding]:
    """Every entry has its file, with the hash and size told; no document file is left undescribed."""
    described: set[str] = set()
    for metadata_name, submission in archive.submissions:
        for entry in submission.entries:
            uri = entry.slot("URI")
            found = _member(archive, metadata_name, entry)
            if found is None:
                yield _say(
                    "uri",
                    "L’URI d’un document ne mène à aucun fichier de l’archive.",
                    entry.where,
                    "un nom de fichier relatif à METADATA.XML",
                    uri or "absente",
                    "Écrire dans URI le nom du fichier.",
                )
                continue
            described.add(found[0].upper())
            if "/" in uri and not metadata_name.upper().endswith(uri.upper()):
                yield _say(
                    "uri",
                    "L’URI est écrite depuis la racine de l’archive.",
                    entry.where,
                    found[0].rpartition("/")[2],
                    uri,
                    "Écrire l’URI relative au dossier de METADATA.XML.",
                    Severity.WARNING,
                )
            yield from xds.fingerprint(entry, found[1])
    for member, _ in archive.members:
        upper = member.upper()
        if upper.startswith("IHE_XDM/") and upper not in described and not upper.endswith("/METADATA.XML"):
            harmless = "." + upper.rpartition(".")[2] in _FORGOTTEN
            yield _say(
                "orphan",
                "Un fichier de l’archive n’est décrit par aucune métadonnée.",
                Location(archive.source, part=member),
                "une entrée par document",
                member,
                "Décrire le fichier dans METADATA.XML ou le retirer.",
                Severity.WARNING if harmless else Severity.ERROR,
            )


def single_patient(archive: Archive) -> Iterator[Finding]:
    """One patient in the whole archive, and it is the one of each CDA."""
    where, found = Location(archive.source), set()
    for _, submission in archive.submissions:
        entries = (*submission.sets, *submission.entries)
        found |= {_ins_of(entry.identifier("patientId")) for entry in entries if entry.identifier("patientId")}
    for member, content in documents(archive):
        cda = _cda(member, content)
        for node in cda.all("recordTarget/patientRole/id") if cda else ():
            if node.get("root", "") in INS_OIDS:
                found.add((node.get("extension", ""), node.get("root", "")))
    if len(found) > 1:
        told = ", ".join(f"{number} ({oid})" for number, oid in sorted(found))
        yield _say(
            "patient",
            "L’archive concerne plusieurs usagers, ou ses métadonnées et ses documents se contredisent.",
            where,
            "un seul usager",
            told,
            "Composer une archive par usager, avec l’INS du CDA dans les métadonnées.",
        )
    if not found:
        yield _say(
            "patient",
            "L’archive ne désigne aucun usager.",
            where,
            "patientId dans METADATA.XML",
            "aucun",
            "Renseigner patientId.",
        )


def agreement(archive: Archive) -> Iterator[Finding]:
    """The metadata of each CDA say what its header says."""
    for metadata_name, submission in archive.submissions:
        for entry in submission.documents:
            found = _member(archive, metadata_name, entry)
            # A document declared as XML must be read: the refusal of the gate is a finding too.
            declared = entry.mime_type == "text/xml" and not _is_stylesheet(entry)
            if found is not None and (declared or _cda(*found) is not None):
                yield from xds.agrees_with_cda(entry, found[1], f"{archive.source} › {found[0]}")


def same_pdf(archive: Archive, pdfs: Sequence[tuple[str, bytes]]) -> Iterator[Finding]:
    """The PDF of each CDA level 1 is attached to the mail byte for byte. ``pdfs``: (file name, bytes).

    Source: ECO.2.1.5.
    """
    attached = {content for _, content in pdfs}
    for member, content in documents(archive):
        inside = encapsulated_pdf(member, content)
        where = Location(archive.source, part=member)
        if inside is not None and inside not in attached:
            sizes = ", ".join(f"{name} ({len(data)} octets)" for name, data in pdfs) or "aucun PDF joint"
            yield _say(
                "pdf",
                "Le PDF joint au courriel n’est pas celui que le CDA encapsule.",
                where,
                f"le même fichier de {len(inside)} octets",
                sizes,
                "Joindre le PDF/A-1 même qui est encapsulé dans le CDA.",
                source="Référentiel socle MSSanté #2, ECO.2.1.5",
            )
    expected = len([1 for member, content in documents(archive) if _cda(member, content) is not None])
    if len(pdfs) < expected:
        yield _say(
            "pdf.count",
            "Le courriel ne joint pas un PDF pour chaque document de l’archive.",
            Location(archive.source),
            str(expected),
            str(len(pdfs)),
            "Joindre un PDF/A-1 par document.",
            source="Référentiel socle MSSanté #2, ECO.2.1.1",
        )


def encapsulated_pdf(name: str, content: bytes) -> bytes | None:
    """The PDF inside a CDA level 1; None when the document is not one or its base64 cannot be read."""
    cda = _cda(name, content)
    body = cda.first("component/nonXMLBody/text") if cda else None
    if body is None or body.get("mediaType") != "application/pdf":
        return None
    try:
        return base64.b64decode("".join((body.text or "").split()), validate=True)
    except (binascii.Error, ValueError):
        return None


def judge(archive: Archive, pdfs: Sequence[tuple[str, bytes]] | None = None) -> Iterator[Finding]:
    """All the checks of this module; ``pdfs`` are those of the mail, None when the archive came alone."""
    yield from layout(archive)
    yield from metadata(archive)
    yield from files(archive)
    yield from single_patient(archive)
    yield from agreement(archive)
    if pdfs is not None:
        yield from same_pdf(archive, pdfs)


def _member(archive: Archive, metadata_name: str, entry: xds.Entry) -> tuple[str, bytes] | None:
    uri = entry.slot("URI").replace("\\", "/")
    folder = metadata_name.rpartition("/")[0]
    for name in (f"{folder}/{uri}" if folder else uri, uri):
        content = archive.content(name) if uri else None
        if content is not None:
            return name, content
    return None


def _cda(name: str, content: bytes) -> Document | None:
    if not content.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
        return None
    opened = open_document(name, content)
    return opened if isinstance(opened, Document) else None


def _is_stylesheet(entry: xds.Entry) -> bool:
    code = entry.code("typeCode")
    return code is not None and code.value == "FEUILLE-DE-STYLE"


def _ins_of(value: str) -> tuple[str, str]:
    fields = value.split("^")
    oid = fields[3].split("&")[1] if len(fields) > 3 and fields[3].count("&") == 2 else ""
    return fields[0], oid
