"""The signature of a report's PDF: PAdES, with the signing certificate of the organisation, when the setting asks for it."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from .keys import signing_key
from .types import Bench, Credential

if TYPE_CHECKING:
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

SETTING = "signature_biologie"
"""The setting that has each biology report signed when it is validated."""
_FIELD = "Signature"


def sign(page: bytes, bench: Bench, defects: frozenset[str]) -> bytes:
    """The PDF with its signature, invisible, over the whole file; what the page shows does not change."""
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import fields, signers

    if "bio-signature-printed" in defects:
        return page
    metadata = signers.PdfSignatureMetadata(
        field_name=_FIELD,
        md_algorithm="sha256",
        subfilter=fields.SigSeedSubFilter.PADES,
        name=str(bench.raw["organisation"]["nom"]),
    )
    writer = IncrementalPdfFileWriter(io.BytesIO(page))
    _field(writer)
    signer = _signer(bench.credentials["org_sign"], defects)
    made = signers.sign_pdf(writer, metadata, signer=signer, existing_fields_only=True)
    content = bytes(made.getvalue())
    return _stamped(content) if "bio-stamped-after-signing" in defects else content


def _field(writer: IncrementalPdfFileWriter) -> None:
    """A signature field of no size, yet with an appearance: PDF/A-1 wants one of every field (ISO 19005-1, 6.9)."""
    from pyhanko.pdf_utils import generic
    from pyhanko.pdf_utils.content import RawContent
    from pyhanko.pdf_utils.layout import BoxConstraints
    from pyhanko.sign import fields

    fields.append_signature_field(writer, fields.SigFieldSpec(_FIELD))
    nothing = writer.add_object(RawContent(b"", box=BoxConstraints(width=1, height=1)).as_form_xobject())
    field = writer.root["/AcroForm"]["/Fields"][0]
    dictionary: Any = generic.DictionaryObject
    field["/AP"] = dictionary({generic.pdf_name("/N"): nothing})


def _signer(own: Credential, defects: frozenset[str]) -> Any:
    from pyhanko.keys import load_certs_from_pemder_data
    from pyhanko.sign import signers

    simple: Any = signers.SimpleSigner
    signer = simple.load(str(own.key), str(own.certificate))
    if "bio-signature-self-signed" in defects:
        (own_word,) = load_certs_from_pemder_data(_self_signed(own))
        signer = simple(signing_cert=own_word, signing_key=signer.signing_key, cert_registry=signer.cert_registry)
    return signer


def _self_signed(own: Credential) -> bytes:
    """The defect's certificate: the organisation vouches for itself."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization

    subject = x509.load_pem_x509_certificate(own.certificate.read_bytes()).subject
    key, now = signing_key(own), datetime.now(UTC)
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
    dated = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=9))
    return dated.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def _stamped(content: bytes) -> bytes:
    """The defect's stamp: a line drawn on the page once it is signed."""
    from pyhanko.pdf_utils import generic
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    writer: Any = IncrementalPdfFileWriter(io.BytesIO(content))
    line = writer.add_object(generic.StreamObject(stream_data=b"q 40 40 m 160 40 l S Q"))
    writer.add_stream_to_page(0, line)
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()
