"""Sessions and accounts: a green and a red example of each judgement."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.checks import oidc_session, sessions
from conformance.model.evidence import Channel, Exchange, Message
from conformance.model.finding import Finding, Severity

DATE = "2026-01-05T09:30:00+01:00"
LINE = {"date": DATE, "auteur": "chef", "compte": "c1", "nature": "IDENTITE", "resultat": "SUCCES"}


def call(channel: Channel = Channel.INSI, body: bytes = b"", **facts: str) -> Exchange:
    form = (("Content-Type", "application/x-www-form-urlencoded"),)
    return Exchange(channel, "appel", Message("POST /x", form, body), None, facts=facts, number="e1")


def only(found: Any) -> Finding:
    (finding,) = found
    assert isinstance(finding, Finding)
    return finding


def test_a_call_bears_the_identity_of_the_login() -> None:
    assert not list(sessions.in_the_name_of(call(mode="PSC", utilisateur="8999"), "8999"))
    assert "8999" in str(only(sessions.in_the_name_of(call(mode="PSC", utilisateur="8111"), "8999")).expected)
    assert "CPX" in str(only(sessions.in_the_name_of(call(mode="CPX", utilisateur="8999"), "8999")).observed)


def test_an_exchange_of_token_is_told_when_missing_never_condemned() -> None:
    assert not list(sessions.exchanged([call(Channel.PSC, verdict="accepté")]))
    for calls in ([], [call(Channel.PSC, verdict="refusé")]):
        assert only(sessions.exchanged(calls)).severity is Severity.WARNING


def test_nothing_is_called_without_a_session() -> None:
    assert not list(sessions.none_called([]))
    assert "personne n’est connecté" in only(sessions.none_called([call(mode="PSC"), call(mode="PSC")])).message


def test_one_account() -> None:
    assert not list(sessions.same_account("a", "a"))
    assert only(sessions.same_account("a", "b")).rule == "psc.compte"
    assert only(sessions.same_account(None, None)).rule == "psc.compte", "rien n’est pas un compte"


def test_a_return_stays_in_the_software() -> None:
    assert not list(sessions.no_open_redirect("https://logiciel.test/accueil"))
    assert only(sessions.no_open_redirect(f"https://{sessions.ELSEWHERE}/")).rule == "psc.redirection"


def test_what_is_not_offered_is_said() -> None:
    assert only(sessions.not_shown("agir", "le renouvellement")).severity is Severity.WARNING


def test_a_wrong_password_is_refused() -> None:
    assert not list(sessions.refused(accepted=False, what="une connexion"))
    assert only(sessions.refused(accepted=True, what="une connexion")).message == "Accepté à tort\u00a0: une connexion."


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ({}, None),
        ({"compte": "c2"}, "psc.trace"),
        ({"nature": "PERMISSIONS"}, "psc.trace"),
        ({"resultat": "ECHEC"}, "psc.trace"),
        ({"date": ""}, "psc.trace.date"),
        ({"auteur": None}, "psc.trace.auteur"),
        ({"auteur": "autre"}, "psc.trace.auteur"),
    ],
)
def test_an_operation_on_an_account_is_traced(line: dict[str, Any], rule: str | None) -> None:
    found = list(sessions.traced([LINE | line], "c1", "IDENTITE", "SUCCES", "chef"))
    assert [finding.rule for finding in found] == ([rule] if rule else [])


def test_the_number_shown_is_the_one_sent() -> None:
    sent = call(Channel.PSC, b"binding_message=42")
    assert not list(oidc_session.number_shown({"message_liaison": "42"}, sent))
    assert only(oidc_session.number_shown({"message_liaison": None}, sent)).expected == "42"
