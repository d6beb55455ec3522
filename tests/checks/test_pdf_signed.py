"""The signature of a PDF, judged against the authorities of a throw-away PKI."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from conformance.checks import pdf
from conformance.checks.pdf import signed
from conformance.model.finding import Finding, Severity
from conformance.simulators.pki import Pki

Says = Callable[..., Finding]
PADES = "ETSI.CAdES.detached"


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return Pki(tmp_path_factory.mktemp("pki")).create()


@pytest.fixture(scope="module")
def trust(pki: Pki) -> bytes:
    return pki.trust.read_bytes()


@pytest.fixture(scope="module")
def sound(pki: Pki, printed: bytes) -> bytes:
    """The printed letter, signed as it should be."""
    return sign(printed, signer(pki, "org_sign"))


def signer(pki: Pki, name: str, certificate: Path | None = None) -> Any:
    from pyhanko.sign import signers

    simple: Any = signers.SimpleSigner
    return simple.load(str(pki.pair(name).key), str(certificate or pki.pair(name).certificate))


def sign(content: bytes, by: Any, field: str = "Signature", **options: Any) -> bytes:
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import fields, signers

    settings: dict[str, Any] = {"subfilter": fields.SigSeedSubFilter(f"/{PADES}"), "md_algorithm": "sha256", **options}
    metadata = signers.PdfSignatureMetadata(field_name=field, **settings)
    return bytes(signers.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(content)), metadata, signer=by).getvalue())


def rules(content: bytes, trust: bytes) -> list[str]:
    return [finding.rule for finding in signed.signed("cr.pdf", content, trust)]


def test_a_sound_signature_has_nothing_to_say(sound: bytes, trust: bytes) -> None:
    assert rules(sound, trust) == []
    assert signed.is_signed(sound)
    assert [finding.rule for finding in pdf.archivable("cr.pdf", sound)] == ["pdf.a1.partial"]


def test_a_second_signature_over_the_first_is_sound(sound: bytes, pki: Pki, trust: bytes) -> None:
    assert rules(sign(sound, signer(pki, "cps_sign"), field="Seconde"), trust) == []


def test_a_pdf_without_signature_is_told(printed: bytes, trust: bytes, says: Says) -> None:
    fault = says(signed.signed("cr.pdf", printed, trust), "pdf.signature.missing", "aucune signature électronique")
    assert fault.observed == "aucune" and str(fault.where) == "cr.pdf" and fault.fix
    assert not signed.is_signed(printed)


def test_the_image_of_a_signature_is_not_one(printed: bytes, trust: bytes, says: Says) -> None:
    fault = says(signed.signed("cr.pdf", with_image(printed), trust), "pdf.signature.missing", "aucune signature")
    assert fault.observed is not None and "images" in fault.observed


def with_image(content: bytes) -> bytes:
    buffer = io.BytesIO()
    with pikepdf.open(io.BytesIO(content)) as document:
        image = document.make_stream(b"\x00" * 12)
        image.Type, image.Subtype = pikepdf.Name.XObject, pikepdf.Name.Image
        image.Width, image.Height, image.BitsPerComponent = 2, 2, 8
        image.ColorSpace = pikepdf.Name.DeviceRGB
        document.pages[0].Resources.XObject = pikepdf.Dictionary(Im0=image)
        document.save(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("part", [0.02, 0.3, 0.6])
def test_one_byte_changed_breaks_it(sound: bytes, printed: bytes, trust: bytes, part: float) -> None:
    at = sound.index(b"stream\n", int(len(printed) * part)) + 12
    changed = sound[:at] + bytes([sound[at] ^ 1]) + sound[at + 1 :]
    assert "pdf.signature.altered" in rules(changed, trust) or rules(changed, trust) == ["pdf.unreadable"]


def test_what_the_page_says_cannot_be_changed(sound: bytes, trust: bytes, says: Says) -> None:
    changed = sound.replace(b"/Title (Lettre)", b"/Title (Mettre)")
    assert changed != sound
    fault = says(signed.signed("cr.pdf", changed, trust), "pdf.signature.altered", "a changé depuis sa signature")
    assert str(fault.where) == "cr.pdf, signature « Signature »"


def test_another_key_than_the_certificate_s_is_told(pki: Pki, printed: bytes, trust: bytes, says: Says) -> None:
    usurped = sign(printed, signer(pki, "org_auth", pki.pair("org_sign").certificate))
    says(signed.signed("cr.pdf", usurped, trust), "pdf.signature.value", "ne se vérifie pas avec la clé")


def test_a_self_signed_certificate_is_told(pki: Pki, printed: bytes, trust: bytes, tmp_path: Path, says: Says) -> None:
    own = sign(printed, signer(pki, "org_sign", self_signed(pki, tmp_path)))
    fault = says(signed.signed("cr.pdf", own, trust), "pdf.signature.self-signed", "auto-signé")
    assert fault.observed is not None and "Laboratoire" in fault.observed
    assert rules(own, trust) == ["pdf.signature.self-signed"]
    # Not even when the same certificate is handed as an authority.
    assert "pdf.signature.self-signed" in rules(own, (tmp_path / "own.pem").read_bytes())


def self_signed(pki: Pki, folder: Path) -> Path:
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.x509.oid import NameOID

    key: Any = serialization.load_pem_private_key(pki.pair("org_sign").key.read_bytes(), None)
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Laboratoire d’essai")])
    builder = x509.CertificateBuilder(who, who, key.public_key(), x509.random_serial_number())
    now = datetime.now(UTC)
    made = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    path = folder / "own.pem"
    path.write_bytes(made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    return path


def test_another_authority_is_told(pki: Pki, printed: bytes, trust: bytes, says: Says) -> None:
    foreign = sign(printed, signer(pki, "org_untrusted"))
    fault = says(signed.signed("cr.pdf", foreign, trust), "pdf.signature.authority", "ne remonte pas")
    assert fault.observed is not None and "TEST AC ETRANGERE AU BANC" in fault.observed


def test_a_certificate_for_something_else_is_told(pki: Pki, printed: bytes, trust: bytes, says: Says) -> None:
    login = sign(printed, signer(pki, "org_auth"))
    fault = says(signed.signed("cr.pdf", login, trust), "pdf.signature.usage", "pas fait pour signer")
    assert fault.observed is not None and "clientAuth" in fault.observed
    assert rules(login, trust) == ["pdf.signature.usage"]


def test_content_added_after_it_is_told(sound: bytes, trust: bytes, says: Says) -> None:
    from pyhanko.pdf_utils import generic
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    writer = IncrementalPdfFileWriter(io.BytesIO(sound))
    writer.add_stream_to_page(0, writer.add_object(generic.StreamObject(stream_data=b"q 0 0 m 9 9 l S Q")))
    buffer = io.BytesIO()
    writer.write(buffer)
    assert rules(buffer.getvalue(), trust) == ["pdf.signature.after"]
    for tail in (b"\n% un mot de plus\n", b"\x00" * 64):
        says(signed.signed("cr.pdf", sound + tail, trust), "pdf.signature.after", "après sa signature")


def test_content_hidden_beside_it_is_told(sound: bytes, trust: bytes, says: Says) -> None:
    end = sound.index(b">", sound.rindex(b"/Contents <"))
    filled = sound[: end - 8] + b"DEADBEEF" + sound[end:]
    says(signed.signed("cr.pdf", filled, trust), "pdf.signature.coverage", "laisse hors d’elle")


def test_a_rewritten_file_keeps_no_signature(sound: bytes, trust: bytes) -> None:
    buffer = io.BytesIO()
    with pikepdf.open(io.BytesIO(sound)) as document:
        document.save(buffer)
    assert any(rule.startswith("pdf.signature.") for rule in rules(buffer.getvalue(), trust))


def test_another_format_is_only_remarked(pki: Pki, printed: bytes, trust: bytes, says: Says) -> None:
    from pyhanko.sign import fields

    older = sign(printed, signer(pki, "org_sign"), subfilter=fields.SigSeedSubFilter.ADOBE_PKCS7_DETACHED)
    says(signed.signed("cr.pdf", older, trust), "pdf.signature.format", "PAdES", Severity.WARNING)
    assert rules(older, trust) == ["pdf.signature.format"]


def test_a_hostile_signature_is_a_finding(sound: bytes, trust: bytes) -> None:
    start = sound.rindex(b"/Contents <") + len(b"/Contents <")
    for value in (b"00" * 40, b"30820000", b"3080" * 30, b"ZZZZ"):
        assert rules(sound[:start] + value + sound[start + len(value) :], trust)
    for before, after in (
        (PADES.encode(), b"adbe.x509.rsa_sha1"),
        (b"/ByteRange [0 ", b"/ByteRange [9 "),
        (b"/ByteRange [0 ", b"/ByteRang_ [0 "),
    ):
        assert before in sound
        assert rules(sound.replace(before, after), trust), before
    for content in (b"", b"%PDF-1.4", sound[: len(sound) // 2], b"\x00" * 500):
        assert rules(content, trust)


def test_without_authority_nothing_is_judged(sound: bytes) -> None:
    with pytest.raises(ValueError):
        rules(sound, b"")
