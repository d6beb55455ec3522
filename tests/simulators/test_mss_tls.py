"""How the simulated operator presents itself, met by ssl and by OpenSSL’s own client."""

from __future__ import annotations

import shutil
import ssl
import warnings

import pytest

from conformance.journal import Journal
from conformance.simulators.mss import Mss
from conformance.simulators.mss.tls import PRESENTATIONS, SUITES
from conformance.simulators.pki import Pki
from tests.simulators.mss_kit import (
    PASSWORD,
    PERSONAL,
    REFUSED,
    connected,
    mail,
    opened,
    plain,
    recorded,
    refusal,
    s_client,
)


@pytest.mark.parametrize(
    ("name", "alert"), [("expired", "certificat expiré"), ("untrusted", "autorité inconnue de lui")]
)
def test_a_client_that_refuses_our_certificate_is_seen(mss: Mss, journal: Journal, name: str, alert: str) -> None:
    mss.present(name)
    with pytest.raises(ssl.SSLCertVerificationError):
        connected(mss)
    (session,) = recorded(journal, "SMTP session")
    assert session.facts["presentation"] == name and session.facts["starttls"] == "échec"
    assert "ALERT" in session.facts["tls_failure"] and alert in session.facts["refused"]


@pytest.mark.parametrize("name", ["expired", "untrusted"])
def test_a_careless_client_is_seen_too(mss: Mss, journal: Journal, name: str) -> None:
    careless = ssl.create_default_context()
    careless.check_hostname, careless.verify_mode = False, ssl.CERT_NONE
    mss.present(name)
    with connected(mss, context=careless) as client:
        assert client.docmd("AUTH", "PLAIN " + plain(PERSONAL, PASSWORD))[0] == 235
        client.send_message(mail())
    assert recorded(journal, "SMTP DATA")[0].facts["presentation"] == name


@pytest.mark.parametrize(
    ("name", "version"), [("other-igc", "TLSv1.2"), ("tls13-only", "TLSv1.3"), ("tls12-tls13", "TLSv1.3")]
)
def test_other_presentations_open(mss: Mss, journal: Journal, name: str, version: str) -> None:
    mss.present(name)
    with opened(mss) as client:
        client.send_message(mail())
    sent = recorded(journal, "SMTP DATA")[0]
    assert sent.tls is not None and sent.tls.version == version


def test_tls13_refusal_of_the_certificate_is_seen(mss: Mss, journal: Journal, pki: Pki) -> None:
    mss.present("tls13-only")
    with pytest.raises(ssl.SSLCertVerificationError):
        connected(mss, context=ssl.create_default_context())
    assert "rompu" in refusal(journal)


def test_a_strict_client_finds_no_unlisted_suite(mss: Mss, journal: Journal, pki: Pki) -> None:
    strict = pki.client_context()
    strict.maximum_version = ssl.TLSVersion.TLSv1_2
    strict.set_ciphers(":".join(SUITES))
    mss.present("unlisted-suite")
    with pytest.raises(ssl.SSLError):
        connected(mss, context=strict)
    (session,) = recorded(journal, "SMTP session")
    assert session.facts["tls_failure"] == "NO_SHARED_CIPHER"
    mss.clear()
    with connected(mss, context=strict) as client:
        assert client.docmd("AUTH", "PLAIN " + plain(PERSONAL, PASSWORD))[0] == 235


def test_a_tls12_client_is_refused_by_a_tls11_server(mss: Mss, journal: Journal, pki: Pki) -> None:
    mss.present("tls11-only")
    with pytest.raises(ssl.SSLError):
        connected(mss)
    (session,) = recorded(journal, "SMTP session")
    assert session.facts["starttls"] == "échec"


def test_the_tls11_presentation_does_speak_tls11(mss: Mss, journal: Journal) -> None:
    old = ssl.create_default_context()
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.set_ciphers("DEFAULT:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        old.minimum_version = ssl.TLSVersion.TLSv1_1
    mss.present("tls11-only")
    try:
        client = connected(mss, context=old)
    except ssl.SSLError as error:
        pytest.skip(f"cet OpenSSL ne parle plus TLS 1.1 : {error}")
    with client:
        assert client.docmd("AUTH", "PLAIN " + plain(PERSONAL, PASSWORD))[0] == 235
        client.send_message(mail())
    sent = recorded(journal, "SMTP DATA")[0]
    assert sent.tls is not None and sent.tls.version == "TLSv1.1"


def test_an_untrusted_client_certificate_is_seen(mss: Mss, journal: Journal) -> None:
    with pytest.raises(REFUSED):
        connected(mss, "org_untrusted")
    assert "ne vient pas d’une autorité du banc" in refusal(journal)


def test_the_table_of_presentations(mss: Mss) -> None:
    for name in PRESENTATIONS:
        mss.present(name)
    with pytest.raises(ValueError, match="expired"):
        mss.present("expire")


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl n’est pas installé")
@pytest.mark.parametrize("protocol", ["smtp", "imap"])
@pytest.mark.parametrize("suite", SUITES)
def test_openssl_agrees_on_each_listed_suite(mss: Mss, pki: Pki, suite: str, protocol: str) -> None:
    trust = ("-CAfile", str(pki.trust), "-verify_return_error", "-verify_hostname", "localhost")
    _, told = s_client(mss, protocol, "-tls1_2", "-cipher", suite, *trust)
    assert f"Ciphersuite: {suite}" in told


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl n’est pas installé")
@pytest.mark.parametrize("protocol", ["smtp", "imap"])
@pytest.mark.parametrize("option", ["-tls1_3", "-tls1_1"])
def test_openssl_is_refused_other_versions(mss: Mss, journal: Journal, option: str, protocol: str) -> None:
    code, _ = s_client(mss, protocol, option, "-cipher", "DEFAULT@SECLEVEL=0")
    assert code != 0
    assert recorded(journal, f"{protocol.upper()} session")[0].facts["starttls"] == "échec"


@pytest.mark.parametrize("name", ["weak-dh", "weak-curve"])
def test_groups_that_are_too_short_are_offered_and_refused(mss: Mss, journal: Journal, pki: Pki, name: str) -> None:
    strict = pki.client_context()
    strict.maximum_version = ssl.TLSVersion.TLSv1_2
    strict.set_ciphers(":".join(SUITES) + ":@SECLEVEL=2")
    mss.present(name)
    with pytest.raises(ssl.SSLError):
        connected(mss, context=strict)
    (session,) = recorded(journal, "SMTP session")
    assert session.facts["presentation"] == name
    assert session.facts["starttls"] == "échec"


def test_a_careless_client_takes_the_short_group(mss: Mss, journal: Journal, pki: Pki) -> None:
    careless = pki.client_context()
    careless.set_ciphers("DHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0")
    mss.present("weak-dh")
    with connected(mss, context=careless) as client:
        assert client.docmd("AUTH", "PLAIN " + plain(PERSONAL, PASSWORD))[0] == 235
        client.send_message(mail())
    assert recorded(journal, "SMTP DATA")[0].facts["presentation"] == "weak-dh"


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl n’est pas installé")
def test_a_careless_client_takes_the_short_curve(mss: Mss) -> None:
    mss.present("weak-curve")
    _, told = s_client(mss, "smtp", "-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256@SECLEVEL=0", "-curves", "P-192")
    if "P-192" in told and "Error" in told:
        pytest.skip("cet OpenSSL ne connaît plus la courbe P-192")
    assert "Ciphersuite: ECDHE-RSA-AES128-GCM-SHA256" in told


def test_a_certificate_for_another_host_is_refused(mss: Mss, journal: Journal) -> None:
    mss.present("wrong-host")
    with pytest.raises(ssl.SSLCertVerificationError, match=r"IP address mismatch|doesn't match"):
        connected(mss)
    assert recorded(journal, "SMTP session")[0].facts["presentation"] == "wrong-host"


def test_no_file_is_left_out_of_the_run_folder(mss: Mss) -> None:
    assert (mss.pki.folder / "dh.pem").read_text(encoding="ascii").startswith("-----BEGIN DH PARAMETERS")
