"""MTOM/XOP messages (W3C XOP 1.0, RFC 2387): cut into exact parts, references resolved, nothing guessed.

The body is cut by hand on its boundary so that a part's bytes are exactly those sent; the standard library's
e-mail parser reads the headers of each part. Anything that could make two readers disagree is refused.
"""

from __future__ import annotations

import base64
import binascii
import quopri
import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesHeaderParser
from urllib.parse import unquote

from lxml import etree

XOP_INCLUDE = "{http://www.w3.org/2004/08/xop/include}Include"
XOP_TYPE = "application/xop+xml"
MAX_PARTS = 64
MAX_PART = 32 * 1024 * 1024
MAX_PART_HEADERS = 16 * 1024


class MtomError(ValueError):
    """The message cannot be read as MTOM; the text says why, in French."""


@dataclass(frozen=True, slots=True)
class Package:
    """A message cut into its root part and its attachments, keyed by Content-ID without angle brackets."""

    root: bytes
    parts: Mapping[str, bytes]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Part:
    content_id: str
    media_type: str
    content: bytes


def read(content_type: str | None, body: bytes) -> Package:
    """Cut a message. A body that is not ``multipart/related`` is its own root, without attachments.

    Raises MtomError when the message is malformed, ambiguous or beyond the limits.
    """
    header = _content_type(content_type or "")
    if header.get_content_type() != "multipart/related":
        if header.get_content_maintype() == "multipart":
            raise MtomError(f"type « {header.get_content_type()} » au lieu de multipart/related")
        return Package(body, {})
    boundary = _parameter(header, "boundary")
    if not boundary or len(boundary) > 70:
        raise MtomError("paramètre boundary absent ou trop long (RFC 2046 : 1 à 70 caractères)")
    parts = [_part(raw) for raw in _cut(body, boundary)]
    root = _root(parts, _parameter(header, "start"))
    others: dict[str, bytes] = {}
    for part in parts:
        if part is root:
            continue
        if not part.content_id:
            raise MtomError("une partie n’a pas de Content-ID : rien ne peut la désigner")
        if part.content_id in others or part.content_id == root.content_id:
            raise MtomError(f"deux parties ont le même Content-ID « {part.content_id} »")
        others[part.content_id] = part.content
    return Package(root.content, others, tuple(_oddities(header, root)))


def write(root: bytes, parts: Mapping[str, bytes], start_info: str = "application/soap+xml") -> tuple[str, bytes]:
    """The Content-Type and body of a package: its root, then each part under its Content-ID, byte for byte."""
    boundary, start = f"MIME-{uuid.uuid4().hex}", f"racine-{uuid.uuid4()}@dmp.test"
    kinds = {start: f'{XOP_TYPE}; charset=UTF-8; type="{start_info}"'}
    chunks: list[bytes] = []
    for name, content in {start: root, **parts}.items():
        head = (
            f"--{boundary}\r\nContent-Type: {kinds.get(name, 'text/xml')}\r\nContent-Transfer-Encoding: binary\r\n"
            f"Content-ID: <{name}>\r\n\r\n"
        )
        chunks += [head.encode("ascii"), content, b"\r\n"]
    content_type = (
        f'multipart/related; type="{XOP_TYPE}"; start="<{start}>"; start-info="{start_info}"; boundary="{boundary}"'
    )
    return content_type, b"".join([*chunks, f"--{boundary}--\r\n".encode("ascii")])


def referenced(element: etree._Element, package: Package) -> tuple[bytes, str | None, str | None]:
    """The bytes an element holds: (content, Content-ID when attached, warning or None).

    The content is one ``xop:Include``, or inline base64, legal XML but not MTOM. Raises MtomError.
    """
    children = [child for child in element if isinstance(child.tag, str)]
    if not children:
        try:
            content = base64.b64decode("".join((element.text or "").split()), validate=True)
        except (binascii.Error, ValueError) as error:
            raise MtomError("contenu en ligne qui n’est pas du base64") from error
        if not content:
            raise MtomError("contenu vide : ni xop:Include ni base64")
        return content, None, "document en base64 dans le XML au lieu d’une partie MTOM"
    text = (element.text or "") + "".join(child.tail or "" for child in children)
    if len(children) > 1 or children[0].tag != XOP_INCLUDE or text.strip():
        raise MtomError("un contenu MTOM est un seul élément xop:Include, sans autre texte")
    href = children[0].get("href") or ""
    if not href.startswith("cid:"):
        raise MtomError(f"href « {href[:80]} » : seule une référence cid: vers une partie est suivie")
    name = unquote(href.removeprefix("cid:"))
    if name not in package.parts:
        raise MtomError(f"la référence « {href[:80]} » ne désigne aucune partie du message")
    return package.parts[name], name, None


def _content_type(value: str) -> Message:
    if "\n" in value or "\r" in value or len(value) > MAX_PART_HEADERS:
        raise MtomError("en-tête Content-Type illisible")
    return BytesHeaderParser().parsebytes(b"Content-Type: " + value.encode("ascii", "replace") + b"\r\n\r\n")


def _parameter(header: Message, name: str) -> str:
    value = header.get_param(name)
    return value.strip() if isinstance(value, str) else ""


def _cut(body: bytes, boundary: str) -> Iterator[bytes]:
    """The raw parts between delimiters, which RFC 2046 wants on lines of their own ended by CRLF."""
    name = re.escape(boundary.encode("ascii", "replace"))
    mark = re.compile(rb"(?:\A|\r\n)--" + name + rb"(--)?[ \t]*(?=\r\n|\Z)")
    start: int | None = None
    for count, found in enumerate(mark.finditer(body)):
        if count > MAX_PARTS:
            raise MtomError(f"plus de {MAX_PARTS} parties")
        if start is not None:
            if found.start() - start > MAX_PART + MAX_PART_HEADERS:
                raise MtomError(f"une partie dépasse {MAX_PART // 1024 // 1024} Mio")
            yield body[start : found.start()]
        if found.group(1):
            if start is None:
                raise MtomError("message sans aucune partie")
            return
        start = found.end()
    if start is None:
        raise MtomError("délimiteur introuvable (il commence une ligne et les lignes finissent par CR LF)")
    raise MtomError("délimiteur de fin absent : message tronqué")


def _part(raw: bytes) -> _Part:
    # ``raw`` starts with the CRLF that ends the delimiter line: a part without headers is CRLF CRLF content.
    end = raw.find(b"\r\n\r\n", 0, MAX_PART_HEADERS)
    if not raw.startswith(b"\r\n") or end < 0:
        raise MtomError("une partie sans ligne vide entre en-têtes et contenu, ou aux en-têtes trop longs")
    header = BytesHeaderParser().parsebytes(raw[2 : end + 2] + b"\r\n")
    if header.defects:
        raise MtomError("en-têtes de partie illisibles")
    for name in ("Content-ID", "Content-Type", "Content-Transfer-Encoding"):
        if len(header.get_all(name, [])) > 1:
            raise MtomError(f"en-tête {name} répété dans une partie")
    if header.get_content_maintype() in ("multipart", "message"):
        raise MtomError("partie composite : une pièce MTOM n’en contient pas d’autres")
    encoding = str(header.get("Content-Transfer-Encoding", "binary")).strip().lower()
    name = str(header.get("Content-ID", "")).strip()
    content = _decoded(raw[end + 4 :], encoding)
    return _Part(name.removeprefix("<").removesuffix(">"), header.get_content_type(), content)


def _decoded(content: bytes, encoding: str) -> bytes:
    if encoding in ("binary", "8bit", "7bit"):
        return content
    if encoding == "base64":
        try:
            return base64.b64decode(b"".join(content.split()), validate=True)
        except (binascii.Error, ValueError) as error:
            raise MtomError("partie annoncée en base64 mais illisible") from error
    if encoding == "quoted-printable":
        return quopri.decodestring(content)
    raise MtomError(f"Content-Transfer-Encoding « {encoding[:40]} » inconnu")


def _root(parts: list[_Part], start: str) -> _Part:
    """The part named by ``start``, or the first one when there is no such parameter (RFC 2387 §3.2)."""
    if not start:
        return parts[0]
    wanted = start.removeprefix("<").removesuffix(">")
    roots = [part for part in parts if part.content_id == wanted]
    if len(roots) != 1:
        raise MtomError(f"start désigne « {wanted[:80]} », que portent {len(roots)} parties au lieu d’une")
    return roots[0]


def _oddities(header: Message, root: _Part) -> Iterator[str]:
    if _parameter(header, "type").lower() != XOP_TYPE:
        yield f"paramètre type du message différent de {XOP_TYPE}"
    if not _parameter(header, "start"):
        yield "paramètre start absent : première partie prise comme racine"
    if not _parameter(header, "start-info"):
        yield "paramètre start-info absent"
    if root.media_type != XOP_TYPE:
        yield f"partie racine de type « {root.media_type} » au lieu de {XOP_TYPE}"
