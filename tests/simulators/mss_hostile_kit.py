"""Mails made to harm, for whoever receives them: the simulated operator, the reference LPS."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable
from email.message import EmailMessage

from tests.simulators.mss_kit import PATIENT, PERSONAL

MIB = 1024 * 1024


def zipped(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


def attached(archive: bytes, subject: str = "XDM/1.0/DDM+CR EXEMPLE Alix") -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = PERSONAL, PATIENT, subject
    message["Message-ID"] = "<abus@operateur.mssante.test>"
    message.set_content("Bonjour.\n")
    message.add_attachment(archive, maintype="application", subtype="zip", filename="IHE_XDM.ZIP")
    return message.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def nested(depth: int) -> bytes:
    content = b"\0" * MIB
    for _ in range(depth):
        content = zipped("IHE_XDM.ZIP", content)
    return content


def text(charset: bytes, body: bytes) -> bytes:
    return (
        b"From: a@x.test\r\nMessage-ID: <c@x.test>\r\nContent-Type: text/plain; charset=" + charset + b"\r\n\r\n" + body
    )


MAILS: dict[str, Callable[[], bytes]] = {
    "nested-zips": lambda: attached(nested(12)),
    "zip-bomb": lambda: attached(zipped("IHE_XDM/SUBSET01/METADATA.XML", b"\0" * 60 * MIB)),
    "zip-path-out": lambda: attached(zipped("../../IHE_XDM/SUBSET01/METADATA.XML", b"<a/>")),
    "zip-cut": lambda: attached(nested(2)[:-30]),
    "not-a-zip": lambda: attached(b"PK\x03\x04 rien"),
    "unknown-charset": lambda: text(b"klingon-8", b"Bonjour \xe9\xff\r\n"),
    "wrong-charset": lambda: text(b"utf-8", "Été".encode("latin-1") + b"\r\n"),
    "utf-7": lambda: text(b"utf-7", b"+ADw-script+AD4-\r\n"),
    "header-injection": lambda: (
        b"Subject: a\r\n Bcc: c@d.test\r\nTo: =?utf-8?q?a=0D=0ABcc:_x=40y.test?= <b@x.test>\r\n\r\nx\r\n"
    ),
    "ten-thousand-headers": lambda: b"".join(b"X-%d: y\r\n" % n for n in range(10_000)) + b"\r\nx\r\n",
    "broken-mime": lambda: b'Content-Type: multipart/mixed; boundary="\r\n\r\n--\r\n--x\r\n',
    "nested-parts": lambda: b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(3000)
    ),
    "thirty-megabytes": lambda: attached(random.Random(1).randbytes(22 * MIB)),
}
