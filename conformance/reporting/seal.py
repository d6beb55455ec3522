"""Sealing a run's folder, packing it as one file, and verifying it anywhere, offline.

To seal: the reports are written again with the signer's name on their cover, ``run.json`` and the manifest get a detached
JWS, the PDF a PAdES signature. Without a key the manifest is made all the same, and the cover says that nobody signed.
"""

from __future__ import annotations

import filecmp
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conformance.journal import JournalError, verify
from conformance.reporting.html import write_html
from conformance.reporting.manifest import (
    MANIFEST,
    MANIFEST_SIGNATURE,
    PRIVATE,
    RUN_SIGNATURE,
    SUMS,
    Fault,
    check,
    inside,
    names,
    write_manifest,
)
from conformance.reporting.pdf import write_pdf
from conformance.reporting.signing import KeySource, SealError, opened, sign_bytes, sign_pdf, signed_by, signer_name

PDF = "rapport.pdf"
RUN = "run.json"
_DATE = (1980, 1, 1, 0, 0, 0)
_LARGEST = 8_000_000_000
_MOST_FILES = 200_000


@dataclass(slots=True)
class Verified:
    """What a verification found. ``signers`` are told with what they signed; ``trusted`` says if a given root backs them all."""

    faults: list[Fault] = field(default_factory=list)
    signers: dict[str, str] = field(default_factory=dict)
    trusted: bool | None = None
    files: int = 0

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults


def seal(run: Mapping[str, Any], folder: Path, key: KeySource | None) -> str | None:
    """Seal a run's folder; gives the signer's name, None when unsigned. Raises SealError."""
    for name in (RUN_SIGNATURE, MANIFEST_SIGNATURE):
        (folder / name).unlink(missing_ok=True)
    if key is None:
        write_html(run, folder)
        write_pdf(run, folder)
        write_manifest(run, folder)
        return None
    with opened(key) as signer:
        name = signer_name(signer)
        write_html(run, folder, signed=name)
        pdf = write_pdf(run, folder, signed=name)
        pdf.write_bytes(sign_pdf(pdf.read_bytes(), signer))
        (folder / RUN_SIGNATURE).write_bytes(sign_bytes((folder / RUN).read_bytes(), signer))
        manifest = write_manifest(run, folder)
        (folder / MANIFEST_SIGNATURE).write_bytes(sign_bytes(manifest.read_bytes(), signer))
    return name


def pack(folder: Path, target: Path) -> Path:
    """A sealed folder as one zip, always the same bytes. Raises SealError when it would fall inside the folder."""
    if target.resolve().is_relative_to(folder.resolve()):
        raise SealError(f"{target} : le zip ne peut pas être dans le dossier lui-même")
    temporary = target.with_name(f"{target.name}.part")
    try:
        _zip(folder, temporary)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    return target


def _zip(folder: Path, target: Path) -> None:
    made = [name for name in (MANIFEST, MANIFEST_SIGNATURE, SUMS) if (folder / name).is_file()]
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name in (*made, *names(folder)):
            entry = zipfile.ZipInfo(name, _DATE)
            entry.external_attr, entry.create_system = 0o644 << 16, 3
            # Told beforehand, so that zip64 is left out: its headers are not the same from one Python to the next.
            entry.file_size = (folder / name).stat().st_size
            with (folder / name).open("rb") as source, archive.open(entry, "w") as stream:
                while chunk := source.read(1 << 20):
                    stream.write(chunk)


def verify_bundle(bundle: Path, roots: Sequence[Path] = ()) -> Verified:
    """Verify a sealed folder, or the zip of one. ``roots``: PEM certificates that must back the signatures.

    Every fault is told; nothing is fetched. Raises SealError for a file that is no bundle at all.
    """
    if bundle.is_dir():
        return _verify(bundle, roots)
    with tempfile.TemporaryDirectory(prefix="verification-") as scratch:
        folder = Path(scratch) / "contenu"
        folder.mkdir()
        broken = list(_unzip(bundle, folder))
        found = _verify(folder, roots)
        again = Path(scratch) / "encore.zip"
        known = {fault.path for fault in broken}
        found.faults = broken + [fault for fault in found.faults if fault.path not in known]
        if found.sound:
            _zip(folder, again)
            if not filecmp.cmp(bundle, again, shallow=False):
                found.faults.append(
                    Fault(
                        bundle.name, "enveloppe altérée : les fichiers tiennent, le zip n’est plus celui qui a été fait"
                    )
                )
    return found


def _unzip(bundle: Path, folder: Path) -> Iterator[Fault]:
    """Take the files out, the names and the sizes looked at first; tells those that cannot be read."""
    try:
        archive = zipfile.ZipFile(bundle)
    except (OSError, zipfile.BadZipFile):
        raise SealError(f"{bundle} : ni un dossier d’exécution scellé, ni le zip d’un tel dossier") from None
    with archive:
        entries = archive.infolist()
        if len(entries) > _MOST_FILES or sum(entry.file_size for entry in entries) > _LARGEST:
            raise SealError(f"{bundle} : trop lourd pour être un dossier d’exécution")
        seen: set[str] = set()
        for entry in entries:
            name = entry.filename
            if (
                not inside(name)
                or name in seen
                or entry.compress_type != zipfile.ZIP_STORED
                or name.split("/")[0] == PRIVATE
            ):
                yield Fault(name[:200], "entrée de zip qu’un dossier scellé ne peut pas contenir")
                continue
            seen.add(name)
            path = folder / name
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(entry) as source, path.open("wb") as target:
                    while chunk := source.read(1 << 20):
                        target.write(chunk)
            except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError):
                path.unlink(missing_ok=True)
                yield Fault(name, "contenu altéré : le zip n’en donne plus les octets d’origine")


def _verify(folder: Path, roots: Sequence[Path]) -> Verified:
    found = Verified(files=len(names(folder)), faults=list(check(folder)))
    altered = {fault.path for fault in found.faults}
    if RUN not in altered and MANIFEST not in altered:
        found.faults += _consistent(folder, altered)
    _signatures(folder, found, altered, roots)
    return found


def _consistent(folder: Path, altered: set[str]) -> Iterator[Fault]:
    """The manifest, run.json and the journal tell the same run."""
    import json

    from conformance.reporting import ReportError, load

    manifest = json.loads((folder / MANIFEST).read_bytes())
    try:
        run = load(folder / RUN)
    except ReportError as problem:
        yield Fault(RUN, str(problem))
        return
    if manifest["run"] != run["id"] or manifest["profile"]["digest"] != run["profile"]["digest"]:
        yield Fault(MANIFEST, "il ne parle pas de la même exécution que run.json")
    if any(name.startswith(("journal/", "blobs/")) for name in altered):
        return  # told already, with the file's name
    try:
        verify(folder, run["journal"])
    except JournalError as problem:
        yield Fault("journal", str(problem))


def _signatures(folder: Path, found: Verified, altered: set[str], roots: Sequence[Path]) -> None:
    certificates = []
    for name, signature in ((RUN, RUN_SIGNATURE), (MANIFEST, MANIFEST_SIGNATURE)):
        if not (folder / signature).is_file() or name in altered:
            continue
        try:
            certificate = signed_by((folder / name).read_bytes(), (folder / signature).read_bytes())
        except SealError as problem:
            if signature not in altered:
                found.faults.append(Fault(signature, str(problem)))
            continue
        certificates.append(certificate)
        found.signers[name] = certificate.subject.rfc4514_string()
    if (folder / PDF).is_file() and PDF not in altered:
        _pdf_signature(folder / PDF, found, roots)
    signed = {(folder / name).is_file() for name in (RUN_SIGNATURE, MANIFEST_SIGNATURE)} | {PDF in found.signers}
    if signed == {True, False} and found.sound:
        found.faults.append(Fault(MANIFEST_SIGNATURE, "une signature manque : le scellé est signé en partie seulement"))
    if roots and found.signers:
        backed = [_backed(certificate, roots) for certificate in certificates]
        found.trusted = found.trusted is not False and all(backed)


def _pdf_signature(path: Path, found: Verified, roots: Sequence[Path]) -> None:
    """PAdES: intact, over the whole file, and backed by a given root when there is one."""
    import logging

    from cryptography import x509
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.diff_analysis import ModificationLevel
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko.sign.validation.errors import SignatureValidationError
    from pyhanko_certvalidator import ValidationContext

    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
    logging.getLogger("pyhanko_certvalidator").setLevel(logging.CRITICAL)
    try:
        with path.open("rb") as stream:
            signatures = PdfFileReader(stream).embedded_signatures
            if not signatures:
                return
            certificate = signatures[0].signer_cert
            # Whether a given root backs it is asked apart: here, only whether the bytes are those that were signed.
            context = ValidationContext(trust_roots=[certificate], allow_fetching=False)
            status = validate_pdf_signature(signatures[0], context)
    except (PdfError, SignatureValidationError, ValueError, OSError, KeyError) as problem:
        found.faults.append(Fault(PDF, f"signature illisible ({type(problem).__name__})"))
        return
    if not (status.intact and status.valid) or status.modification_level not in (None, ModificationLevel.NONE):
        found.faults.append(Fault(PDF, "contenu altéré depuis la signature PAdES"))
        return
    signer = x509.load_der_x509_certificate(certificate.dump())
    found.signers[PDF] = signer.subject.rfc4514_string()
    found.trusted = _backed(signer, roots) if roots else None


def _backed(certificate: Any, roots: Sequence[Path]) -> bool:
    """Whether a given root is, or issued, the certificate."""
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature

    for root in roots:
        for known in x509.load_pem_x509_certificates(root.read_bytes()):
            if known == certificate:
                return True
            try:
                certificate.verify_directly_issued_by(known)
            except (ValueError, TypeError, InvalidSignature):
                continue
            return True
    return False
