"""MTOM messages: bytes kept exact, ambiguity and excess refused."""

from __future__ import annotations

import base64
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.policy import HTTP

import pytest
from lxml import etree

from conformance.simulators import mtom
from conformance.simulators.mtom import MtomError, read, referenced

EVERY_BYTE = bytes(range(256)) * 3 + b"\r\n--\n\r\r\n--b\xef\xbb\xbf"
TYPE = 'multipart/related; type="application/xop+xml"; start="<r@x>"; start-info="application/soap+xml"; boundary="b1"'
ROOT = b'Content-Type: application/xop+xml; type="application/soap+xml"\r\nContent-ID: <r@x>\r\n\r\n<a/>'


def body(*parts: bytes, end: bytes = b"--b1--\r\n") -> bytes:
    return b"".join(b"--b1\r\n" + part + b"\r\n" for part in parts) + end


def attached(content: bytes, name: str = "d@x", headers: str = "") -> bytes:
    return f"Content-ID: <{name}>\r\n{headers}\r\n".encode() + content


def test_bytes_are_exact() -> None:
    package = read(TYPE, body(ROOT, attached(EVERY_BYTE), attached(b"", "vide@x")))
    assert package.root == b"<a/>"
    assert package.parts == {"d@x": EVERY_BYTE, "vide@x": b""}
    assert package.warnings == ()


def test_a_message_made_by_the_standard_library() -> None:
    message = MIMEMultipart("related", type="application/xop+xml", start="<r>")
    message.set_param("start-info", "application/soap+xml")
    for name, content, kind in (("r", b"<a/>", "xop+xml"), ("d", EVERY_BYTE, "octet-stream")):
        part = MIMEApplication(content, kind)
        part["Content-ID"] = f"<{name}>"
        message.attach(part)
    head, _, content = message.as_bytes(policy=HTTP.clone(max_line_length=None)).partition(b"\r\n\r\n")
    header = next(line for line in head.decode().split("\r\n") if line.startswith("Content-Type"))
    package = read(header.partition(":")[2].strip(), content)
    assert package.root == b"<a/>" and package.parts == {"d": EVERY_BYTE}


@pytest.mark.parametrize(
    ("encoding", "sent"),
    [
        ("base64", base64.encodebytes(EVERY_BYTE)),
        ("quoted-printable", b"=E9t=\r\n=E9"),
        ("8bit", b"\xe9"),
        ("binary", b"\0"),
    ],
)
def test_transfer_encodings(encoding: str, sent: bytes) -> None:
    package = read(TYPE, body(ROOT, attached(sent, headers=f"Content-Transfer-Encoding: {encoding}\r\n")))
    expected = {"base64": EVERY_BYTE, "quoted-printable": b"\xe9t\xe9", "8bit": b"\xe9", "binary": b"\0"}
    assert package.parts["d@x"] == expected[encoding]


def test_a_plain_body_is_its_own_root() -> None:
    assert read("application/soap+xml; charset=utf-8", b"<a/>") == mtom.Package(b"<a/>", {})
    assert read(None, b"").root == b""


def test_the_root_may_come_second_and_defaults_to_the_first() -> None:
    assert read(TYPE, body(attached(b"x"), ROOT)).parts == {"d@x": b"x"}
    package = read('multipart/related; boundary="b1"', body(ROOT, attached(b"x")))
    assert package.root == b"<a/>" and any("start absent" in warning for warning in package.warnings)


@pytest.mark.parametrize(
    ("content_type", "content", "reason"),
    [
        ("multipart/mixed; boundary=b1", body(ROOT), "multipart/related"),
        ("multipart/related", body(ROOT), "boundary"),
        (f"multipart/related; boundary={'b' * 71}", body(ROOT), "boundary"),
        (TYPE, b"", "introuvable"),
        (TYPE, b"--b1--\r\n", "sans aucune partie"),
        (TYPE, body(ROOT).replace(b"\r\n", b"\n"), "introuvable|ligne vide|fin absent"),
        (TYPE, body(ROOT, end=b""), "tronqué"),
        (TYPE, body(ROOT, b"Content-ID: <d@x>"), "ligne vide"),
        (TYPE, body(ROOT, b"\r\nx"), "pas de Content-ID"),
        (TYPE, body(ROOT, attached(b"1"), attached(b"2")), "même Content-ID"),
        (TYPE, body(ROOT, attached(b"1", "r@x")), "start désigne"),
        (TYPE.replace("r@x", "autre"), body(ROOT), "start désigne"),
        (TYPE, body(ROOT, attached(b"1", headers="Content-ID: <e@x>\r\n")), "répété"),
        (TYPE, body(ROOT, attached(b"1", headers="Content-Type: multipart/mixed; boundary=c\r\n")), "composite"),
        (TYPE, body(ROOT, attached(b"1", headers="Content-Type: message/rfc822\r\n")), "composite"),
        (TYPE, body(ROOT, attached(b"!", headers="Content-Transfer-Encoding: base64\r\n")), "base64"),
        (TYPE, body(ROOT, attached(b"!", headers="Content-Transfer-Encoding: uuencode\r\n")), "inconnu"),
        (TYPE, body(ROOT, attached(b"!", headers="X: " + "y" * 20_000 + "\r\n")), "trop longs"),
        (TYPE, body(ROOT, *[attached(b"1", f"d{n}@x") for n in range(70)]), "plus de 64"),
        ("multipart/related; boundary=b1\r\nX: y", body(ROOT), "illisible"),
    ],
)
def test_malformed_messages(content_type: str, content: bytes, reason: str) -> None:
    with pytest.raises(MtomError, match=reason):
        read(content_type, content)


def test_a_part_beyond_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mtom, "MAX_PART", 1024)
    with pytest.raises(MtomError, match="dépasse"):
        read(TYPE, body(ROOT, attached(b"x" * 20_000)))


def test_a_boundary_is_text_not_a_pattern() -> None:
    content = body(ROOT, attached(b"\r\n--bX1\r\n")).replace(b"--b1", b"--b.1")
    assert read(TYPE.replace("b1", "b.1"), content).parts["d@x"] == b"\r\n--bX1\r\n"


def document(inside: str) -> etree._Element:
    return etree.fromstring(f'<d xmlns:x="http://www.w3.org/2004/08/xop/include">{inside}</d>')


def test_references() -> None:
    package = mtom.Package(b"", {"a b@x": b"un", "c@x": b"deux"})
    assert referenced(document('<x:Include href="cid:a%20b@x"/>'), package) == (b"un", "a b@x", None)
    content, name, warning = referenced(document("\n ZGV1 eA==\n"), package)
    assert content == b"deux" and name is None and warning is not None


@pytest.mark.parametrize(
    ("inside", "reason"),
    [
        ('<x:Include href="cid:absent@x"/>', "aucune partie"),
        ('<x:Include href="http://127.0.0.1/x"/>', "cid:"),
        ('<x:Include href="file:///etc/passwd"/>', "cid:"),
        ("<x:Include/>", "cid:"),
        ('<x:Include href="cid:c@x"/><x:Include href="cid:c@x"/>', "un seul"),
        ('texte<x:Include href="cid:c@x"/>', "un seul"),
        ("<autre/>", "un seul"),
        ("pas du base64 !", "base64"),
        ("", "vide"),
    ],
)
def test_refused_references(inside: str, reason: str) -> None:
    with pytest.raises(MtomError, match=reason):
        referenced(document(inside), mtom.Package(b"", {"c@x": b"deux"}))
