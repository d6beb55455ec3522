"""A mail received with an IHE_XDM archive: the documents it carries. Nothing here believes what it reads."""

from __future__ import annotations

import io
import zipfile
import zlib
from dataclasses import dataclass

from lxml import etree

from .mime import opened

_MAX_MEMBER = 20 * 1024 * 1024
_MAX_MEMBERS = 500
_PATIENT_ID = "urn:uuid:58a6f841-87b3-4a3e-92fd-a8ffeff98427"
_RIM = {"r": "urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"}


class InboxError(ValueError):
    """The mail carries nothing that can be integrated; the message says why, in French."""


@dataclass(frozen=True)
class Carried:
    """A CDA document, and the matricule of its patient in METADATA.XML (None when that says none)."""

    cda: bytes
    matricule: str | None


def documents(source: bytes) -> list[Carried]:
    """The CDA documents of the mail's archive, in the order of its metadata."""
    for part in opened(source).walk():
        if (part.get_filename() or "").upper().endswith(".ZIP"):
            content = part.get_payload(decode=True)
            return _documents(content if isinstance(content, bytes) else b"")
    raise InboxError("Le courriel reçu ne porte pas d’archive IHE_XDM.")


def printed(source: bytes) -> list[tuple[str, bytes]]:
    """The PDFs attached to the mail, with their names."""
    found: list[tuple[str, bytes]] = []
    for part in opened(source).walk():
        name = str(part.get_filename() or "document.pdf")
        if part.get_content_type() == "application/pdf" or name.lower().endswith(".pdf"):
            content = part.get_payload(decode=True)
            if isinstance(content, bytes) and content.startswith(b"%PDF-") and len(content) <= _MAX_MEMBER:
                # A raw header may hold lone surrogates, which no file takes.
                found.append((name.encode("utf-8", "replace").decode()[:200], content))
    return found


def _documents(content: bytes) -> list[Carried]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = {one.filename.replace("\\", "/").upper(): one for one in archive.infolist()[:_MAX_MEMBERS]}
            found: list[Carried] = []
            for name in [name for name in members if name.endswith("/METADATA.XML")]:
                folder = name.rpartition("/")[0]
                for uri, matricule in _entries(_read(archive, members[name])):
                    if (one := members.get(f"{folder}/{uri.upper()}")) is not None:
                        found.append(Carried(_read(archive, one), matricule))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, etree.XMLSyntaxError):
        raise InboxError("L’archive IHE_XDM reçue est illisible : rien n’est intégré.") from None
    if not found:
        raise InboxError("L’archive IHE_XDM reçue ne décrit aucun document.")
    return found


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    if member.file_size > _MAX_MEMBER:
        raise InboxError("L’archive IHE_XDM reçue contient un fichier trop long.")
    return archive.read(member)


def _entries(metadata: bytes) -> list[tuple[str, str | None]]:
    """The file and the patient of each entry; the patient's identifier (CX) begins with the matricule."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    found: list[tuple[str, str | None]] = []
    for entry in etree.fromstring(metadata, parser).iterfind(".//r:ExtrinsicObject", _RIM):
        patient = entry.find(f"r:ExternalIdentifier[@identificationScheme='{_PATIENT_ID}']", _RIM)
        matricule = (patient.get("value", "") if patient is not None else "").partition("^")[0].strip()
        uris = entry.iterfind("r:Slot[@name='URI']/r:ValueList/r:Value", _RIM)
        found += [((uri.text or "").strip(), matricule or None) for uri in uris]
    return found
