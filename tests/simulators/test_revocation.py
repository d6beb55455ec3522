"""The bench's revocation list and OCSP responder, judged by OpenSSL."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from conformance.journal import Journal
from conformance.model.evidence import Channel
from conformance.simulators.pki import Pki
from conformance.simulators.revocation import Revocation

OPENSSL = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl n’est pas installé")


@pytest.fixture
def service(journal: Journal, pki: Pki) -> Iterator[Revocation]:
    service = Revocation(journal, pki)
    service.start()
    yield service
    service.stop()


@OPENSSL
@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("server", ": OK"),
        ("server_revoked", "certificate revoked"),
        ("third_auth", ": OK"),
        ("third_revoked", "certificate revoked"),
        ("third_expired", "certificate has expired"),
    ],
)
def test_openssl_reads_the_list(service: Revocation, pki: Pki, tmp_path: Path, name: str, told: str) -> None:
    listed = x509.load_der_x509_crl(requests.get(f"{service.url}/crl/organisations.crl", timeout=5).content)
    path = tmp_path / "organisations.pem"
    path.write_bytes(listed.public_bytes(Encoding.PEM))
    command = ["openssl", "verify", "-CAfile", str(pki.trust), "-crl_check", "-CRLfile", str(path)]
    done = subprocess.run(
        [*command, str(pki.pair(name).certificate)], capture_output=True, text=True, timeout=20, check=False
    )
    assert told in done.stdout + done.stderr


@OPENSSL
@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("server", "good"),
        ("server_revoked", "revoked"),
        ("server_untrusted", "unknown"),
        ("third_auth", "good"),
        ("third_revoked", "revoked"),
    ],
)
def test_openssl_asks_the_responder(service: Revocation, pki: Pki, tmp_path: Path, name: str, told: str) -> None:
    issuer = tmp_path / "emetteur.pem"
    issuer.write_bytes(x509.load_pem_x509_certificates(pki.trust.read_bytes())[1].public_bytes(Encoding.PEM))
    certificate = str(pki.pair(name).certificate)
    command = [
        "openssl",
        "ocsp",
        "-issuer",
        str(issuer),
        "-cert",
        certificate,
        "-VAfile",
        str(pki.pair("ocsp").certificate),
    ]
    command += ["-url", f"{service.url}/ocsp", "-header", "Host=localhost"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert f": {told}" in done.stdout, done.stdout + done.stderr
    assert "Response verify OK" in done.stdout + done.stderr


def test_what_is_asked_is_recorded_and_the_place_can_fall(service: Revocation, journal: Journal, pki: Pki) -> None:
    address = f"{service.url}/crl/organisations.crl"
    assert requests.get(address, timeout=5).content == pki.crl.read_bytes()
    service.down = True
    with pytest.raises(requests.ConnectionError):
        requests.get(address, timeout=5)
    service.down = False
    assert requests.post(f"{service.url}/ocsp", b"bruit", timeout=5).status_code == 400
    assert requests.get(f"{service.url}/autre", timeout=5).status_code == 404
    seen = [(one.operation, one.response is None) for one in journal.exchanges(Channel.MSS)]
    assert seen == [("CRL", False), ("CRL", True), ("OCSP", False), ("autre", False)]


def test_a_request_in_another_hash_is_answered(service: Revocation, pki: Pki) -> None:
    issuer = x509.load_pem_x509_certificates(pki.trust.read_bytes())[1]
    certificate = x509.load_der_x509_certificate(pki.pair("server_revoked").der)
    request = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, SHA256()).build()
    answer = requests.post(f"{service.url}/ocsp", request.public_bytes(Encoding.DER), timeout=5).content
    assert ocsp.load_der_ocsp_response(answer).certificate_status is ocsp.OCSPCertStatus.REVOKED


def test_the_servers_certificates_say_where(tmp_path: Path, journal: Journal) -> None:
    made = Pki(tmp_path / "pki", revocation="http://127.0.0.1:1").create()
    certificate = x509.load_der_x509_certificate(made.pair("server").der)
    points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    assert points[0].full_name is not None
    assert points[0].full_name[0].value == "http://127.0.0.1:1/crl/organisations.crl"
