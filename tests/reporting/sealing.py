"""A sealed run and the keys of its signers, shared by the tests of seals."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from conformance.journal import GENESIS
from conformance.reporting import report
from conformance.reporting.pdf import as_bytes
from conformance.reporting.seal import seal
from conformance.reporting.signing import KeySource

Run = dict[str, Any]
NAME = "Éditions des Tilleuls (fictif)"


def a_certificate(private: Any) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME), x509.NameAttribute(NameOID.COUNTRY_NAME, "FR")])
    usage = x509.KeyUsage(True, True, False, False, False, False, False, False, False)
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(private.public_key())
    builder = (
        builder.serial_number(4711)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=3650))
    )
    return builder.add_extension(usage, critical=True).sign(private, hashes.SHA256())


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("cles")
    made: dict[str, Any] = {}
    for kind, private in (
        ("ec", ec.generate_private_key(ec.SECP256R1())),
        ("rsa", rsa.generate_private_key(65537, 2048)),
    ):
        certificate = a_certificate(private)
        pem = serialization.Encoding.PEM
        (folder / f"{kind}.crt").write_bytes(certificate.public_bytes(pem))
        plain = private.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        (folder / f"{kind}.key").write_bytes(plain)
        locked = serialization.BestAvailableEncryption(b"secret")
        (folder / f"{kind}.p12").write_bytes(
            pkcs12.serialize_key_and_certificates(b"cle", private, certificate, None, locked)
        )
        made[kind] = folder / kind
    return made


def pem_of(stem: Path) -> KeySource:
    return KeySource(key=stem.with_suffix(".key"), certificate=stem.with_suffix(".crt"))


@pytest.fixture
def sealed(make_run: Callable[..., Run], tmp_path: Path, keys: dict[str, Any]) -> Path:
    """A run's folder with a journal, blobs and every report, sealed with an EC key."""
    folder = tmp_path / "execution"
    folder.mkdir()
    run = make_run(6)
    shutil.move(tmp_path / "blobs", folder / "blobs")
    line = json.dumps({"prev": GENESIS, "data": {}}).encode()
    (folder / "journal").mkdir()
    (folder / "journal" / "main.jsonl").write_bytes(line + b"\n")
    run["journal"] = [{"file": "journal/main.jsonl", "entries": 1, "head": hashlib.sha256(line).hexdigest()}]
    (folder / "run.json").write_bytes(as_bytes(run))
    (folder / "travail").mkdir()
    (folder / "travail" / "cle.pem").write_text("à garder pour soi", encoding="utf-8")
    report(folder / "run.json", ["junit", "sarif", "xlsx", "badge"])
    assert seal(run, folder, pem_of(keys["ec"])) == NAME
    return folder
