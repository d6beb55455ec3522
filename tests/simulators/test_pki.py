"""The bench's certificates, judged by OpenSSL through the ssl module and by real handshakes."""

from __future__ import annotations

import ssl
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.x509.oid import ExtensionOID, NameOID
from stdnum import luhn

from conformance.simulators.http import HttpServer, Request, Response
from conformance.simulators.people import ORGANISATION, PROFESSIONAL, THIRD_PARTY
from conformance.simulators.pki import Pki
from conformance.simulators.pki.content import CLIENTS, LEAVES, THIRD_PARTIES


def _certificate(pki: Pki, name: str) -> x509.Certificate:
    return x509.load_der_x509_certificate(pki.pair(name).der)


def _serve(context: ssl.SSLContext) -> tuple[HttpServer, list[Request]]:
    seen: list[Request] = []

    def handler(request: Request) -> Response:
        seen.append(request)
        return Response(200)

    server = HttpServer(handler, context)
    server.start()
    return server, seen


def test_every_file_exists_under_its_bench_name(pki: Pki) -> None:
    names = {path.name for path in pki.folder.iterdir()}
    stems = [name.replace("_", "-") for name in LEAVES]
    expected = {f"{stem}.{suffix}" for stem in stems for suffix in ("pem", "key")}
    assert names >= expected | {"ac.pem"}


def test_subjects_mimic_cards_and_organisations(pki: Pki) -> None:
    card, organisation = _certificate(pki, "cps_sign").subject, _certificate(pki, "org_auth").subject
    assert card.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == PROFESSIONAL.id_national
    assert card.get_attributes_for_oid(NameOID.SURNAME)[0].value == f"{PROFESSIONAL.nom} TEST"
    assert len(card.rdns[-1]) == 3, "le dernier nom d’une carte tient trois attributs"
    unit = organisation.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)[0].value
    assert unit == ORGANISATION.id_structure
    for name in CLIENTS:
        assert "TEST" in _certificate(pki, name).subject.rfc4514_string()
        assert "TEST" in _certificate(pki, name).issuer.rfc4514_string()


def test_a_third_party_s_certificates_differ_by_what_they_are_worth_alone(pki: Pki) -> None:
    made = {name: _certificate(pki, name) for name in THIRD_PARTIES}
    shown = [made[name] for name in THIRD_PARTIES if name != "third_sign"]
    assert len({one.subject.rfc4514_string() for one in shown}) == 1
    assert all(one.public_key() == made["third_auth"].public_key() for one in made.values())
    assert len({one.serial_number for one in made.values()}) == len(made)
    now = datetime.now(UTC)
    assert [name for name, one in made.items() if one.not_valid_after_utc < now] == ["third_expired"]
    assert [name for name, one in made.items() if "ETRANGERE" in one.issuer.rfc4514_string()] == ["third_untrusted"]
    listed = x509.load_der_x509_crl(pki.crl.read_bytes())
    revoked = [n for n, one in made.items() if listed.get_revoked_certificate_by_serial_number(one.serial_number)]
    assert revoked == ["third_revoked"]
    unit = made["third_auth"].subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)[0].value
    assert unit == THIRD_PARTY.id_structure == f"1{THIRD_PARTY.finess}" and luhn.is_valid(THIRD_PARTY.finess)


@pytest.mark.parametrize(("name", "signs"), [("org_sign", True), ("cps_sign", True), ("org_auth", False)])
def test_signing_certificates_commit_and_others_do_not(pki: Pki, name: str, signs: bool) -> None:
    usage = _certificate(pki, name).extensions.get_extension_for_oid(ExtensionOID.KEY_USAGE).value
    assert isinstance(usage, x509.KeyUsage)
    assert usage.content_commitment is signs


def test_identify_knows_the_bench_only(pki: Pki) -> None:
    assert pki.identify(pki.pair("cps_auth").der) == "cps_auth"
    assert pki.identify(None) is None
    assert pki.identify(b"autre") is None


def test_a_client_trusting_the_bench_connects_and_is_seen(pki: Pki) -> None:
    server, seen = _serve(pki.server_context())
    pair = pki.pair("org_auth")
    try:
        for host in ("127.0.0.1", "localhost"):
            url = f"https://{host}:{server.port}/"
            requests.get(url, verify=str(pki.trust), cert=(str(pair.certificate), str(pair.key)), timeout=5)
        requests.get(f"https://127.0.0.1:{server.port}/", verify=str(pki.trust), timeout=5)
    finally:
        server.stop()
    assert [pki.identify(request.certificate) for request in seen] == ["org_auth", "org_auth", None]
    assert seen[0].tls is not None and ORGANISATION.id_structure in (seen[0].tls.client or "")


@pytest.mark.parametrize("name", ["server_expired", "server_untrusted"])
def test_bad_server_certificates_are_refused_by_a_client(pki: Pki, name: str) -> None:
    server, seen = _serve(pki.server_context(name))
    try:
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(f"https://127.0.0.1:{server.port}/", verify=str(pki.trust), timeout=5)
    finally:
        server.stop()
    assert not seen


def test_server_other_is_of_the_same_chain_with_another_key(pki: Pki) -> None:
    one, other = _certificate(pki, "server"), _certificate(pki, "server_other")
    assert one.issuer == other.issuer
    assert one.public_key() != other.public_key()


def test_a_foreign_client_certificate_fails_the_handshake(pki: Pki) -> None:
    server, seen = _serve(pki.server_context())
    pair = pki.pair("org_untrusted")
    try:
        with pytest.raises(requests.exceptions.ConnectionError):
            url = f"https://127.0.0.1:{server.port}/"
            requests.get(url, verify=str(pki.trust), cert=(str(pair.certificate), str(pair.key)), timeout=5)
    finally:
        server.stop()
    assert not seen


def test_versions_and_suites_can_be_imposed(pki: Pki) -> None:
    context = pki.server_context(maximum=ssl.TLSVersion.TLSv1_2, ciphers="ECDHE-RSA-AES256-GCM-SHA384")
    server, seen = _serve(context)
    try:
        requests.get(f"https://127.0.0.1:{server.port}/", verify=str(pki.trust), timeout=5)
    finally:
        server.stop()
    assert seen[0].tls is not None
    assert (seen[0].tls.version, seen[0].tls.cipher) == ("TLSv1.2", "ECDHE-RSA-AES256-GCM-SHA384")


def test_an_unknown_name_suggests_the_right_one(pki: Pki) -> None:
    with pytest.raises(ValueError, match="org_auth"):
        pki.pair("org_aut")


def test_two_benches_share_no_key(pki: Pki, tmp_path: Path) -> None:
    other = Pki(tmp_path / "pki").create()
    assert other.identify(pki.pair("org_auth").der) is None
    assert threading.active_count() < 50, "les fils de fabrication des clés sont finis"
