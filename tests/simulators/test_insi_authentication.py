"""Who may call INSi: by organisation certificate, by card, by Pro Santé Connect."""

from __future__ import annotations

from lxml import etree

from conformance.journal import Journal
from conformance.simulators.insi import Insi
from conformance.simulators.pki import Pki
from tests.simulators.insi_kit import (
    DS,
    SAML,
    WHO,
    Caller,
    assertion,
    child,
    envelope,
    last,
    search,
    security,
    signed,
    text,
)


def test_card_mode_needs_a_signature_that_holds(insi: Insi, caller: Caller, journal: Journal, pki: Pki) -> None:
    insi.answers(WHO)
    for name in ("cps_sign", "cps_auth"):
        answer = caller.post(envelope(search(), security=security(signed(pki, name))), client="cps_auth")
        assert text(answer, "CodeCR") == "00"
        facts = last(journal).facts
        assert (facts["mode"], facts["signataire"], facts["utilisateur"]) == ("CPX", name, "889990000013")
    answer = caller.post(envelope(search(), security=security(signed(pki))), client=None)
    assert text(answer, "CodeCR") == "00"


def test_a_tampered_or_foreign_signature_is_refused(caller: Caller, journal: Journal, pki: Pki) -> None:
    altered = signed(pki)
    child(altered, f".//{{{SAML}}}NameID").text = "899900000021"
    moved = assertion(None, "_a2")
    moved.append(child(signed(pki), f"{DS}Signature"))
    empty = assertion(None)
    etree.SubElement(empty, f"{DS}Signature")
    sha1 = signed(pki)
    child(sha1, f".//{DS}SignatureMethod").set("Algorithm", "http://www.w3.org/2000/09/xmldsig#rsa-sha1")
    keyless = signed(pki)
    child(keyless, f"{DS}Signature").remove(child(keyless, f"{DS}Signature/{DS}KeyInfo"))
    child(keyless, f".//{DS}SignatureValue").text = "AAAA"
    for node in (altered, moved, empty, sha1, keyless, signed(pki, "org_sign"), signed(pki, "org_untrusted")):
        answer = caller.post(envelope(search(), security=security(node)), client="cps_auth")
        assert answer.status_code == 400, etree.tostring(node)
        assert "sign" in last(journal).facts["refused"]
        assert last(journal).facts["mode"] == "CPX"


def test_an_assertion_wrapped_around_a_signed_one_is_refused(caller: Caller, journal: Journal, pki: Pki) -> None:
    outer = assertion(None, "_a2")
    outer.append(signed(pki))
    assert caller.post(envelope(search(), security=security(outer)), client="cps_auth").status_code == 400
    assert "unique" in last(journal).facts["refused"]


def test_psc_mode_is_an_unsigned_assertion_qualified_psc(insi: Insi, caller: Caller, journal: Journal) -> None:
    insi.answers(WHO)
    assert text(caller.post(envelope(search(), security=security(assertion("PSC")))), "CodeCR") == "00"
    assert last(journal).facts["mode"] == "PSC"
    assert caller.post(envelope(search(), security=security(assertion(None)))).status_code == 400
    assert "ni mode carte ni mode" in last(journal).facts["refused"]


def test_incoherent_authentications_are_refused(caller: Caller, journal: Journal, pki: Pki) -> None:
    cases = {
        "n’est pas authentifié": (None, ""),
        "celui de l’organisation": ("cps_auth", ""),
        "certificat de l’organisation": ("org_auth", security(signed(pki))),
        "unique": ("org_auth", security(assertion("PSC"), assertion("PSC"))),
    }
    for reason, (client, header) in cases.items():
        assert caller.post(envelope(search(), security=header), client=client).status_code == 400
        assert reason in last(journal).facts["refused"]
