"""A mail read as evidence: every header and part is kept, however broken or hostile the bytes are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from email import policy
from email.message import Message
from email.parser import BytesParser
from email.utils import getaddresses
from typing import Any

from conformance.checks.mail.text import decoded, shown, visible
from conformance.model.evidence import Exchange
from conformance.model.finding import Finding, Location, Severity

MAX_BYTES = 64 * 1024 * 1024
MAX_HEADERS = 500
MAX_PARTS = 200
MAX_BOUNDARIES = 100
MAX_TEXT = 2 * 1024 * 1024


class MailError(ValueError):
    """The bytes cannot be read as a mail at all; the message says why, in French."""


@dataclass(frozen=True, slots=True)
class Part:
    """One MIME part. ``path`` is its position (``1.2``); ``content`` its bytes, transfer encoding undone."""

    path: str
    kind: str
    charset: str | None
    filename: str | None
    attached: bool
    content: bytes
    children: tuple[Part, ...] = ()

    @property
    def label(self) -> str:
        """How a finding names the part."""
        return self.filename or f"partie {self.path} ({self.kind})"

    @property
    def text(self) -> str:
        """The bytes as text: UTF-8 when they are, else the charset told, else Latin-1, which never fails."""
        raw = self.content[:MAX_TEXT]
        for charset in ("utf-8", self.charset or "latin-1"):
            try:
                return raw.decode(charset)
            except (LookupError, UnicodeDecodeError):
                continue
        return raw.decode("latin-1")

    def walk(self) -> Iterator[Part]:
        """The part, then all that it contains, in the order of the mail."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail: headers in their order (encoded words decoded), tree of parts, what was wrong in its structure.

    ``envelope`` holds the recipients told to the SMTP server, in lower case, when the exchange is known.
    """

    source: str
    headers: tuple[tuple[str, str], ...]
    root: Part
    problems: tuple[str, ...] = ()
    envelope: tuple[str, ...] = ()

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of a header, whatever its case."""
        return tuple(value for key, value in self.headers if key.lower() == name.lower())

    def header(self, name: str) -> str | None:
        """The first value of a header; None when absent."""
        return next(iter(self.all(name)), None)

    def addresses(self, *names: str) -> tuple[tuple[str, str], ...]:
        """The (label, address) pairs of the given headers; addresses in lower case."""
        values = [value for name in names for value in self.all(name)]
        try:
            pairs = getaddresses(values)
        except RecursionError:  # thousands of nested comments: no address worth reading
            return ()
        return tuple((label.strip(), address.lower()) for label, address in pairs if address)

    @property
    def leaves(self) -> tuple[Part, ...]:
        """The parts that contain no other."""
        return tuple(part for part in self.root.walk() if not part.children)

    @property
    def body(self) -> Part | None:
        """The part that people read: first text or alternative that is not attached.

        None when there is none.
        """
        return _body(self.root)

    @property
    def texts(self) -> tuple[str, ...]:
        """The visible wording of each text of the body, HTML undone."""
        if self.body is None:
            return ()
        return tuple(visible(part.text, part.kind) for part in self.body.walk() if part.kind.startswith("text/"))

    @property
    def attachments(self) -> tuple[Part, ...]:
        """The leaves outside the body, pictures shown inside an HTML text left out."""
        inside = {part.path for part in self.body.walk()} if self.body else set()
        shown = {p.path for part in self.root.walk() if part.kind == "multipart/related" for p in part.children}
        return tuple(
            part
            for part in self.leaves
            if part.path not in inside
            and not (part.path in shown and part.kind.startswith("image/"))
            and not part.kind.startswith("multipart/")
        )

    @property
    def archives(self) -> tuple[Part, ...]:
        """The attached zip files, told by their name or first bytes."""
        return tuple(p for p in self.attachments if _suffix(p) == ".zip" or p.content[:4] == b"PK\x03\x04")

    @property
    def pdfs(self) -> tuple[Part, ...]:
        """The attached PDF files, told by their name, type or first bytes."""
        return tuple(
            p
            for p in self.attachments
            if _suffix(p) == ".pdf" or p.kind == "application/pdf" or p.content[:5] == b"%PDF-"
        )


def read(raw: bytes, source: str = "courriel.eml") -> Mail:
    """Read a mail leniently; ``problems`` tells what had to be forgiven.

    Raises MailError beyond the safe limits.
    """
    if len(raw) > MAX_BYTES:
        raise MailError(f"courriel de {len(raw)} octets\u00a0: la limite de lecture est de {MAX_BYTES}")
    # Each level of nesting costs one comparison a line and one stack frame: hostile mails nest thousands.
    if raw.lower().count(b"boundary") > MAX_BOUNDARIES:
        raise MailError("courriel aux parties MIME trop nombreuses ou trop imbriquées pour être lu sans risque")
    try:
        # compat32 reads headers as they are; policy.default builds address trees, which hostile headers can
        # exhaust.
        message = BytesParser(policy=policy.compat32).parsebytes(raw)
        problems: list[str] = []
        root = _part(message, "1", problems, [0])
    except RecursionError:
        raise MailError("courriel aux parties MIME trop imbriquées pour être lu sans risque") from None
    except (
        LookupError,
        TypeError,
        ValueError,
        AssertionError,
    ) as error:  # what the parser lets out on broken parameters
        raise (
            error if isinstance(error, MailError) else MailError("courriel dont la structure est illisible")
        ) from None
    headers = tuple((name, decoded(str(value))) for name, value in message.raw_items())
    if len(headers) > MAX_HEADERS:
        problems.append(f"{len(headers)} en-têtes\u00a0: seuls les {MAX_HEADERS} premiers sont lus")
    return Mail(source, headers[:MAX_HEADERS], root, tuple(problems))


def of(exchange: Exchange) -> Mail:
    """The mail of an exchange of the mss channel, with its SMTP recipients. Raises MailError."""
    recipients = exchange.request.start.partition("RCPT TO:")[2].split(",")
    envelope = tuple(address.strip(" <>").lower() for address in recipients if address.strip(" <>"))
    return replace(read(exchange.request.body, str(exchange)), envelope=envelope)


def say(
    rule: str,
    message: str,
    where: Location,
    eco: str,
    expected: str,
    observed: str,
    fix: str,
    severity: Severity = Severity.ERROR,
) -> Finding:
    """A finding on a mail; ``eco`` is the number of the rule in the référentiel."""
    source = f"Référentiel socle MSSanté #2, {eco}"
    return Finding(f"mail.{rule}", message, severity, where, shown(expected), shown(observed), fix, source)


def at(mail: Mail, header: str | None = None) -> Location:
    """The mail itself, or one of its headers."""
    return Location(mail.source, part=f"en-tête {header}" if header else None)


def inside(mail: Mail, part: Part) -> Location:
    """One part of the mail."""
    return Location(mail.source, part=part.label)


def _part(message: Message, path: str, problems: list[str], count: list[int]) -> Part:
    count[0] += 1
    if count[0] > MAX_PARTS:
        raise MailError(f"courriel de plus de {MAX_PARTS} parties")
    problems += [f"partie {path}\u00a0: {type(defect).__name__}" for defect in message.defects]
    kind = message.get_content_type()
    name = _filename(message)
    attached = (_disposition(message) == "attachment") or (name is not None and not kind.startswith("multipart/"))
    payload = message.get_payload()
    if kind.startswith("multipart/") and isinstance(payload, list):
        children = tuple(_part(c, f"{path}.{i}", problems, count) for i, c in enumerate(payload, 1))
        return Part(path, kind, None, name, attached, b"", children)
    if isinstance(payload, list):  # message/rfc822: a mail joined to the mail, told but not opened
        return Part(path, kind, None, name, True, _fields(payload) if kind.endswith("-notification") else b"")
    content = message.get_payload(decode=True)
    if content is None:
        content = str(payload).encode("utf-8", "surrogateescape")
    problems += [f"partie {path}\u00a0: {type(d).__name__}" for d in message.defects if "Base64" in type(d).__name__]
    return Part(path, kind, _charset(message), name, attached, bytes(content))


def _fields(payload: list[Any]) -> bytes:
    """The fields of a notice, which the parser took for the headers of a mail."""
    lines = [f"{name}: {value}" for name, value in payload[0].raw_items()][:MAX_HEADERS] if payload else []
    return "\n".join(lines).encode("utf-8", "surrogateescape")


def _filename(message: Message) -> str | None:
    try:
        name = message.get_filename()
    except (LookupError, UnicodeError, ValueError, TypeError):
        return None
    return shown(decoded(name), 255) if name else None


def _charset(message: Message) -> str | None:
    try:
        return message.get_content_charset()
    except (LookupError, UnicodeError, ValueError, TypeError):
        return None


def _disposition(message: Message) -> str:
    return str(message.get("Content-Disposition", "")).partition(";")[0].strip().lower()


def _body(part: Part) -> Part | None:
    if part.kind == "multipart/alternative" or (part.kind.startswith("text/") and not part.attached):
        return part
    for child in part.children:
        if (found := _body(child)) is not None:
            return found
    return None


def _suffix(part: Part) -> str:
    return "." + (part.filename or "").rpartition(".")[2].lower()
