from __future__ import annotations

import pytest

from conformance.checks import tls
from conformance.model.evidence import Channel, Exchange, Message, Tls
from tests.checks.carried import TLS, exchange, says


def sent(presentation: str = "normal", session: Tls | None = TLS, **facts: str) -> Exchange:
    told = {"presentation": presentation, "starttls": "oui", "auth": "PLAIN"} | facts
    return exchange(Channel.MSS, "SMTP DATA", b"Subject: AUTH\r\n\r\nMAIL", tls=session, facts=told)


def ended(transcript: bytes, presentation: str = "expired", **facts: str) -> Exchange:
    return exchange(Channel.MSS, "SMTP session", transcript, start="SMTP", facts={"presentation": presentation} | facts)


CUT = ended(b"EHLO x\r\nSTARTTLS\r\n", starttls="échec", tls_failure="SSLV3_ALERT_CERTIFICATE_EXPIRED")


def test_the_listed_version_and_suites_have_nothing_to_say() -> None:
    assert list(tls.version(sent())) == []
    for name, iana in tls.SUITES.items():
        assert list(tls.suite(sent(session=Tls("TLSv1.2", name)))) == []
        assert list(tls.suite(sent(session=Tls("TLSv1.2", iana)))) == []
    assert len(tls.SUITES) == 6


@pytest.mark.parametrize("version", ["TLSv1.3", "TLSv1.1", "TLSv1"])
def test_another_version_is_told(version: str) -> None:
    assert says(tls.version(sent(session=Tls(version, "x"))), "version de TLS exigée")


def test_wave_2_may_allow_tls_13() -> None:
    assert list(tls.version(sent(session=Tls("TLSv1.3", "x")), ("TLSv1.2", "TLSv1.3"))) == []


@pytest.mark.parametrize("suite", ["ECDHE-RSA-CHACHA20-POLY1305", "AES256-SHA256", "TLS_AES_256_GCM_SHA384"])
def test_an_unlisted_suite_is_told(suite: str) -> None:
    assert says(tls.suite(sent(session=Tls("TLSv1.2", suite))), "n’est pas dans la liste")


def test_no_tls_at_all_is_told() -> None:
    assert says(tls.version(sent(session=None)), "pas protégé par TLS")
    assert says(tls.suite(sent(session=None)), "pas protégé par TLS")


def test_starttls_comes_first() -> None:
    assert (
        list(tls.starttls_first([sent(), CUT, ended(b"EHLO x\r\nSTARTTLS\r\nEHLO x\r\nAUTH PLAIN [masque]\r\n")])) == []
    )
    assert says(tls.starttls_first([ended(b"EHLO x\r\nAUTH PLAIN [masque]\r\nQUIT\r\n")]), "avant STARTTLS")
    assert says(tls.starttls_first([sent(session=None)]), "avant STARTTLS")


def test_a_refused_handshake_has_nothing_to_say() -> None:
    assert list(tls.refused([CUT, sent("other-igc")])) == []
    assert list(tls.refused([ended(b"EHLO x\r\nSTARTTLS\r\nQUIT\r\n", "unlisted-suite", starttls="oui")])) == []


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("expired", "certificat serveur expiré"),
        ("untrusted", "hors de l’IGC Santé"),
        ("unlisted-suite", "suite de chiffrement non listée"),
        ("tls13-only", "TLS 1.3"),
        ("tls11-only", "TLS 1.1"),
    ],
)
def test_a_mail_delivered_under_a_bad_behaviour_is_told(name: str, said: str) -> None:
    found = list(tls.refused([sent(name)]))
    assert says(found, "a remis un message à un serveur qui présente")
    assert said in found[0].message


def test_an_authentication_attempted_under_a_bad_behaviour_is_told() -> None:
    talked = ended(b"EHLO x\r\nSTARTTLS\r\nEHLO x\r\nAUTH PLAIN [masque]\r\n", starttls="oui")
    assert says(tls.refused([talked]), "a poursuivi la session")


def test_a_behaviour_may_be_tolerated() -> None:
    assert list(tls.refused([sent("tls13-only")], tolerated={"tls13-only"})) == []


def test_an_attempt_is_needed_to_judge() -> None:
    assert tls.attempted([CUT], "expired")
    assert not tls.attempted([CUT], "untrusted")


def test_another_certificate_of_the_authority_is_accepted() -> None:
    assert list(tls.accepted([sent("other-igc")])) == []
    pinned = ended(b"EHLO x\r\nSTARTTLS\r\n", "other-igc", refused="le client a rompu la négociation TLS")
    assert says(tls.accepted([pinned]), "refuse un certificat serveur valide")


def test_an_applicative_box_shows_its_certificate() -> None:
    with_one = Tls("TLSv1.2", "x", "CN=org")
    assert list(tls.client_certificate(sent(session=with_one, certificate="org_auth"))) == []
    assert says(tls.client_certificate(sent()), "sans certificat client")
    assert says(
        tls.client_certificate(sent(session=with_one, certificate="cps_auth")), "n’est pas celui d’authentification"
    )
    assert says(tls.client_certificate(sent(session=with_one, auth="XOAUTH2")), "AUTH PLAIN")


def test_a_deposit_shows_the_certificate_of_who_validated() -> None:
    shown = Tls("TLSv1.2", "x", "CN=RPPS-rang", "0" * 64)
    request = Message("POST /dmp", (), b"")
    right = Exchange(Channel.DMP, "TD2.1", request, None, tls=shown, facts={"certificate": "rang_validateur"})
    assert list(tls.validator_deposits(right, "rang_validateur")) == []
    (fault,) = tls.validator_deposits(right, "rang_confrere")
    assert fault.observed == "CN=RPPS-rang"
    (fault,) = tls.validator_deposits(Exchange(Channel.DMP, "TD2.1", request, None), "rang_confrere")
    assert fault.observed == "aucun certificat"
