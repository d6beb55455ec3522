"""A mail received with an IHE_XDM archive: the documents it carries. Nothing here believes what it reads."""

from __future__ import annotations

import email
import email.policy
import io
import zipfile
import zlib

from lxml import etree

_MAX_MEMBER = 20 * 1024 * 1024
_MAX_MEMBERS = 500
_RIM = {"r": "urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"}


class InboxError(ValueError):
    """The mail carries nothing that can be integrated; the message says why, in French."""


def documents(source: bytes) -> list[bytes]:
    """The CDA documents of the mail's archive, in the order of its metadata."""
    message = email.message_from_bytes(source, policy=email.policy.compat32)
    for part in message.walk():
        if (part.get_filename() or "").upper().endswith(".ZIP"):
            content = part.get_payload(decode=True)
            return _documents(content if isinstance(content, bytes) else b"")
    raise InboxError("Le courriel reçu ne porte pas d’archive IHE_XDM.")


def _documents(content: bytes) -> list[bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = {one.filename.replace("\\", "/").upper(): one for one in archive.infolist()[:_MAX_MEMBERS]}
            found: list[bytes] = []
            for name in [name for name in members if name.endswith("/METADATA.XML")]:
                folder = name.rpartition("/")[0]
                named = (members.get(f"{folder}/{uri.upper()}") for uri in _uris(_read(archive, members[name])))
                found += [_read(archive, one) for one in named if one is not None]
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, etree.XMLSyntaxError):
        raise InboxError("L’archive IHE_XDM reçue est illisible : rien n’est intégré.") from None
    if not found:
        raise InboxError("L’archive IHE_XDM reçue ne décrit aucun document.")
    return found


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    if member.file_size > _MAX_MEMBER:
        raise InboxError("L’archive IHE_XDM reçue contient un fichier trop long.")
    return archive.read(member)


def _uris(metadata: bytes) -> list[str]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    root = etree.fromstring(metadata, parser)
    values = root.iterfind(".//r:ExtrinsicObject/r:Slot[@name='URI']/r:ValueList/r:Value", _RIM)
    return [(value.text or "").strip() for value in values]
