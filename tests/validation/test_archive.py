"""Hostile and odd zip archives: each is refused with a sentence that says why, the sound ones are read."""

from __future__ import annotations

import io
import stat
import zipfile

import pytest

from conformance.model.finding import Severity
from conformance.validation import gate


def archive(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return buffer.getvalue()


def zip_rules(content: bytes, limits: gate.ZipLimits | None = None) -> list[str]:
    found = gate.open_zip("lot.zip", content, limits)
    assert not isinstance(found, dict)
    assert all(finding.severity is Severity.ERROR for finding in found)
    return [finding.rule for finding in found]


def test_a_plain_archive_gives_its_files_by_name() -> None:
    files = {"INDEX.HTM": b"a", "IHE_XDM/SUBSET01/DOC.XML": b"b"}
    content = archive(**files, **{"IHE_XDM/": b""})
    assert gate.open_zip("lot.zip", content) == files


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("../secret.xml", "zip.traversal"),
        ("IHE_XDM/../../secret.xml", "zip.traversal"),
        ("..\\secret.xml", "zip.traversal"),
        ("/etc/passwd", "zip.absolute"),
        ("C:\\Windows\\x.xml", "zip.absolute"),
        ("\\\\serveur\\x.xml", "zip.absolute"),
        ("a\x07b.xml", "zip.name"),
    ],
)
def test_a_name_that_leaves_the_archive_is_refused(name: str, rule: str) -> None:
    assert zip_rules(archive(**{name: b"x"})) == [rule]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_files_of_the_same_name_are_refused() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        made.writestr("DOC.XML", b"1")
        made.writestr("doc.xml", b"2")
    assert zip_rules(buffer.getvalue()) == ["zip.duplicate"]


def test_a_link_is_refused() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        link = zipfile.ZipInfo("lien.xml")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        made.writestr(link, "/etc/passwd")
    assert zip_rules(buffer.getvalue()) == ["zip.link"]


def test_an_archive_within_an_archive_is_refused() -> None:
    found = gate.open_zip("lot.zip", archive(**{"interne.zip": archive(a=b"x")}))
    assert not isinstance(found, dict)
    assert (found[0].rule, found[0].message) == (
        "zip.nested",
        "L’archive contient une autre archive, qui n’est pas ouverte.",
    )


def test_a_zip_bomb_is_refused_by_its_ratio() -> None:
    assert zip_rules(archive(bombe=b"\x00" * 5_000_000)) == ["zip.bomb"]


def test_too_much_data_or_too_many_files_are_refused() -> None:
    assert zip_rules(archive(a=b"x" * 900, b=b"y" * 900), gate.ZipLimits(total=1000)) == ["zip.size"]
    assert zip_rules(archive(**{str(i): b"" for i in range(12)}), gate.ZipLimits(members=10)) == ["zip.members"]
    assert zip_rules(archive(**{str(i): b"" for i in range(60)}), gate.ZipLimits(members=2)) == ["zip.members"]


def test_a_size_that_lies_does_not_fool_the_cap() -> None:
    content = archive(a=b"x" * 5000)
    lying = content.replace((5000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    assert lying != content
    assert zip_rules(lying) == ["zip.broken"]


def test_an_encrypted_archive_is_refused() -> None:
    content = bytearray(archive(a=b"x"))
    directory = content.index(b"PK\x01\x02")
    content[6] |= 1
    content[directory + 8] |= 1
    assert zip_rules(bytes(content)) == ["zip.encrypted"]


def test_an_unusual_compression_is_refused() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_LZMA) as made:
        made.writestr("a", b"x" * 100)
    assert zip_rules(buffer.getvalue()) == ["zip.compression"]


@pytest.mark.parametrize(
    ("content", "rule"),
    [(b"", "zip.empty"), (b"%PDF-1.4", "zip.signature"), (b"PK\x03\x04trop court", "zip.broken")],
)
def test_what_is_not_an_archive_is_told(content: bytes, rule: str) -> None:
    assert zip_rules(content) == [rule]


def test_an_archive_without_a_file_is_refused() -> None:
    assert zip_rules(archive()) == ["zip.empty"]


def test_every_prefix_and_many_corruptions_of_an_archive_never_raise() -> None:
    content = archive(**{"a.xml": b"<a/>" * 50, "b/c.pdf": b"%PDF" * 50})
    for end in range(0, len(content), 7):
        gate.open_zip("x.zip", content[:end])
    for position in range(0, len(content), 3):
        broken = bytearray(content)
        broken[position] ^= 0xFF
        gate.open_zip("x.zip", bytes(broken))
