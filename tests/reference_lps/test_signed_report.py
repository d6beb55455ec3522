"""The signed biology report of the reference LPS, verified by OpenSSL, which had no part in making it."""

from __future__ import annotations

import base64
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree
from wire_kit import DRAFT, PATIENT, Authority, make_bench

from conformance.reference_lps import documents
from conformance.reference_lps.types import Bench

REPORT = replace(DRAFT, type_code="11502-2", signed=True)
NONE: frozenset[str] = frozenset()


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return make_bench(Authority(tmp_path_factory.mktemp("pki")))


def signed(bench: Bench, *defects: str) -> bytes:
    return documents.produce(REPORT, PATIENT, bench, frozenset(defects)).pdf


def parts(pdf: bytes) -> tuple[bytes, bytes]:
    """The bytes that the last signature is about, and the signature, as its ByteRange tells."""
    found = list(re.finditer(rb"/ByteRange \[(\d+) (\d+) (\d+) (\d+)\]", pdf))
    first, length, second, rest = (int(number) for number in found[-1].groups())
    hexadecimal = pdf[first + length + 1 : second - 1].decode("ascii")
    return pdf[first : first + length] + pdf[second : second + rest], bytes.fromhex(hexadecimal)


def verified(folder: Path, authority: Path, content: bytes, signature: bytes) -> bool:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is absent")
    (folder / "content").write_bytes(content)
    (folder / "signature").write_bytes(signature)
    command = [openssl, "cms", "-verify", "-binary", "-inform", "DER", "-in", "signature", "-content", "content"]
    command += ["-CAfile", str(authority), "-purpose", "any", "-out", "ignored"]
    return subprocess.run(command, cwd=folder, capture_output=True, timeout=30, check=False).returncode == 0


def test_openssl_verifies_the_signature(bench: Bench, tmp_path: Path) -> None:
    content, signature = parts(signed(bench))
    assert verified(tmp_path, bench.trust, content, signature)
    assert not verified(tmp_path, bench.trust, content.replace(b"/Title (", b"/Title (X", 1), signature)


def test_openssl_refuses_the_self_signed_one(bench: Bench, tmp_path: Path) -> None:
    assert not verified(tmp_path, bench.trust, *parts(signed(bench, "bio-signature-self-signed")))


def test_the_signature_covers_the_file_but_for_what_the_defect_adds(bench: Bench) -> None:
    for defects, longer in (((), False), (("bio-stamped-after-signing",), True)):
        pdf = signed(bench, *defects)
        content, signature = parts(pdf)
        assert (len(content) + 2 * len(signature) + 2 < len(pdf)) is longer


def test_the_cda_carries_the_signed_file(bench: Bench) -> None:
    made = documents.produce(REPORT, PATIENT, bench, NONE)
    inside = etree.fromstring(made.cda).findtext(".//{urn:hl7-org:v3}nonXMLBody/{urn:hl7-org:v3}text")
    assert inside is not None and base64.b64decode(inside) == made.pdf


def test_every_field_has_an_appearance(bench: Bench) -> None:
    import io

    import pikepdf

    with pikepdf.open(io.BytesIO(signed(bench))) as document:
        (field,) = list(document.Root.AcroForm.Fields)  # type: ignore[call-overload]
        assert "/N" in field.AP and int(field.F) == 132


def test_nothing_is_signed_unless_asked(bench: Bench) -> None:
    assert b"/ByteRange" not in documents.produce(replace(REPORT, signed=False), PATIENT, bench, NONE).pdf
    assert b"/ByteRange" not in signed(bench, "bio-signature-printed")
