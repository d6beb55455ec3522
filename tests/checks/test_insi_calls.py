from __future__ import annotations

import pytest

from conformance.checks import insi
from conformance.model.evidence import Channel, Exchange, Tls
from conformance.model.identity import Identity
from tests.checks.carried import OTHER, SOMEONE, exchange, says, warns

SOAP = "http://www.w3.org/2003/05/soap-envelope"
ACTION = f"urn:ServiceIdentiteCertifiee:1.0.0:{insi.RECOVERY}"
MESSAGE_ID = "uuid:6f1c0f2e-4c58-4a51-9d3c-0b1f5a7e2d90"
SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
SIGNED = f'<a:Assertion xmlns:a="{SAML}"><d:Signature xmlns:d="http://www.w3.org/2000/09/xmldsig#"/><a:Subject><a:NameID>8</a:NameID></a:Subject></a:Assertion>'
PSC = f'<a:Assertion xmlns:a="{SAML}"><a:Subject><a:NameID NameQualifier="PSC">8</a:NameID></a:Subject></a:Assertion>'
SOAP_TYPE = "application/soap+xml;charset=utf-8"


def traits(who: Identity = SOMEONE) -> str:
    names = "".join(f"<Prenom>{first}</Prenom>" for first in who.prenoms.split())
    return (
        f"<NomNaissance>{who.nom_naissance}</NomNaissance>{names}<Sexe>{who.sexe}</Sexe>"
        f"<DateNaissance>{who.date_naissance}</DateNaissance><LieuNaissance>{who.lieu_naissance}</LieuNaissance>"
    )


def call(
    body: str | None = None,
    assertion: str = "",
    answer: bytes | None = b"",
    old: str = "",
    new: str = "",
    **more: object,
) -> Exchange:
    inside = (
        f'<RECSANSVITALE xmlns="http://www.cnamts.fr/INSiRecSans">{traits()}</RECSANSVITALE>' if body is None else body
    )
    text = (
        f'<s:Envelope xmlns:s="{SOAP}" xmlns:w="http://www.w3.org/2005/08/addressing"><s:Header>'
        '<c:ContexteLPS xmlns:c="urn:siram:lps:ctxlps"><c:LPS><c:IDAM R="4">ABC1</c:IDAM><c:Nom>urn:lps:ESSAI:1</c:Nom></c:LPS>'
        f"</c:ContexteLPS><w:Action>{ACTION}</w:Action><w:MessageID>{MESSAGE_ID}</w:MessageID>{assertion}</s:Header>"
        f"<s:Body>{inside}</s:Body></s:Envelope>"
    )
    assert old in text
    operation = str(more.pop("operation", insi.RECOVERY))
    headers = (("Content-Type", str(more.pop("content_type", SOAP_TYPE))),)
    return exchange(
        Channel.INSI,
        operation,
        text.replace(old, new, 1).encode() if old else text.encode(),
        headers=headers,
        answer=answer,
        **more,
    )


def answered(code: str = "00", who: Identity = SOMEONE) -> bytes:
    number = (
        f"<IdIndividu><NumIdentifiant>{who.matricule[:13]}</NumIdentifiant><Cle>{who.matricule[13:]}</Cle></IdIndividu>"
    )
    past = f"<INSHISTO><IdIndividu><NumIdentifiant>{OTHER.matricule[:13]}</NumIdentifiant><Cle>{OTHER.matricule[13:]}</Cle></IdIndividu><OID>{who.oid}</OID><DateDeb>2001-01-01</DateDeb></INSHISTO>"
    person = (
        f"<INDIVIDU><INSACTIF>{number}<OID>{who.oid}</OID></INSACTIF>{past}<TIQ><NomNaissance>{who.nom_naissance}</NomNaissance>"
        f"<ListePrenom>{who.prenoms}</ListePrenom><Sexe>{who.sexe}</Sexe></TIQ></INDIVIDU>"
    )
    inside = f'<RESULTAT xmlns="http://www.cnamts.fr/INSiResultat"><CR><CodeCR>{code}</CodeCR><LibelleCR>OK</LibelleCR></CR>{person if code == "00" else ""}</RESULTAT>'
    return f'<s:Envelope xmlns:s="{SOAP}"><s:Body>{inside}</s:Body></s:Envelope>'.encode()


def test_a_conforming_call_has_nothing_to_say() -> None:
    assert list(insi.request(call())) == []
    assert list(insi.traits_sent(call(), SOMEONE)) == []
    assert list(insi.unique_messages([call()])) == []
    assert list(insi.called([call()], insi.RECOVERY, times=1)) == []
    assert list(insi.not_called([])) == []


def test_calls_that_should_or_should_not_be_there() -> None:
    assert says(insi.called([]), "n’a pas appelé INSi.")
    assert says(insi.called([call()], insi.VERIFICATION), "n’a pas appelé INSi.")
    assert says(insi.called([call(), call()], times=1), "nombre de fois")
    assert says(insi.not_called([call()]), "alors qu’il ne le devait pas")
    assert list(insi.not_called([call()], insi.VERIFICATION)) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (SOAP, "http://schemas.xmlsoap.org/soap/envelope/", "SOAP 1.2"),
        (ACTION, "urn:autre", "wsa:Action"),
        (MESSAGE_ID, "1234", "wsa:MessageID"),
        ("ABC1", "", "IDAM"),
        ('R="4"', 'R="1"', "IDAM"),
        (SOMEONE.nom_naissance, SOMEONE.nom_naissance.lower(), "caractère que le service n’admet pas"),
        (f"<Prenom>{SOMEONE.premier_prenom}", "<Prenom>ÉLODIE", "caractère que le service n’admet pas"),
        (f"<Sexe>{SOMEONE.sexe}</Sexe>", "", "trait Sexe manque"),
        (SOMEONE.date_naissance, "01/02/1950", "trait DateNaissance n’a pas la forme"),
        ("<Sexe>", "<Telephone>0</Telephone><Sexe>", "donnée inattendue ou répétée\u00a0: Telephone"),
        ("</RECSANSVITALE>", "", "bien formé"),
    ],
)
def test_a_request_that_breaks_a_rule_is_told(old: str, new: str, said: str) -> None:
    found = list(insi.request(call(old=old, new=new)))
    assert says(found, said)


def test_smaller_faults_warn() -> None:
    assert warns(insi.request(call(content_type="text/xml")), "pas déclarée en SOAP 1.2")
    assert warns(insi.request(call(old="urn:lps:ESSAI:1", new="ESSAI")), "nom du logiciel")


def test_a_replayed_message_is_told() -> None:
    assert says(insi.unique_messages([call(), call()]), "même wsa:MessageID")


def test_other_traits_are_told() -> None:
    assert says(insi.traits_sent(call(), OTHER), "n’est pas celui de l’identité")
    swapped = SOMEONE.with_(prenoms=" ".join(reversed(SOMEONE.prenoms.split())))
    assert says(insi.traits_sent(call(), swapped), "prénoms envoyés")


def test_each_mode_is_recognised_by_its_bytes() -> None:
    org = {"facts": {"certificat": "org_auth"}, "tls": Tls("TLSv1.2", "x", "CN=INSI-AUTO")}
    assert list(insi.mode_is(call(**org), "ORG")) == []
    assert list(insi.mode_is(call(assertion=SIGNED, facts={"certificat": "cps_auth"}), "CPX")) == []
    assert list(insi.mode_is(call(assertion=PSC), "PSC")) == []


def test_another_mode_or_certificate_is_told() -> None:
    assert says(
        insi.mode_is(call(assertion=SIGNED, facts={"certificat": "cps_auth"}), "ORG"), "mode d’authentification exigé"
    )
    assert says(insi.mode_is(call(facts={"certificat": "aucun"}), "ORG"), "certificat de la structure")
    assert says(insi.mode_is(call(facts={"certificat": "org_auth"}), "CPX"), "mode d’authentification exigé")
    assert says(insi.mode_is(call(assertion=SIGNED, facts={"certificat": "org_auth"}), "CPX"), "celui de la carte")


def test_an_unreadable_request_is_a_finding() -> None:
    broken = exchange(Channel.INSI, insi.RECOVERY, b"<a")
    for check in (insi.request(broken), insi.mode_is(broken, "ORG"), insi.traits_sent(broken, SOMEONE)):
        assert says(check, "bien formé")


def test_an_answer_is_read_whole() -> None:
    found = insi.answer(call(answer=answered()))
    assert (found.code, found.matricule, found.oid) == ("00", SOMEONE.matricule, SOMEONE.oid)
    assert found.traits == {"nom_naissance": SOMEONE.nom_naissance, "prenoms": SOMEONE.prenoms, "sexe": SOMEONE.sexe}
    assert found.history == ({"matricule": OTHER.matricule, "oid": SOMEONE.oid, "date_debut": "2001-01-01"},)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (answered("01"), "01"),
        (answered("02"), "02"),
        (answered("77"), "ERREUR"),
        (b"<html>", "ERREUR"),
        (None, "ERREUR"),
        (b"", "ERREUR"),
        (f'<s:Envelope xmlns:s="{SOAP}"><s:Body><s:Fault/></s:Body></s:Envelope>'.encode(), "ERREUR"),
        (b"<R><Resultat>KO</Resultat></R>", "KO"),
        (b"<R><Resultat>ok</Resultat></R>", "OK"),
    ],
)
def test_every_answer_has_its_code(answer: bytes | None, code: str) -> None:
    assert insi.answer(call(answer=answer)).code == code


def test_a_verification_follows_its_own_rules() -> None:
    body = f"<IndividuVerifie><INSFourni/><TraitsIdentiteIndividu>{traits()}</TraitsIdentiteIndividu></IndividuVerifie>"
    good = call(body, old=insi.RECOVERY, new=insi.VERIFICATION)
    assert list(insi.request(good)) == []
    assert says(insi.request(call(body)), "wsa:Action")


def test_what_a_call_by_card_holds_is_not_judged_and_said_so() -> None:
    body = '<Demande xmlns="http://www.cnamts.fr/INSiRecVit"><Nir>1</Nir></Demande>'
    asked = call(body, old=insi.RECOVERY, new=insi.CARD, operation=insi.CARD)
    assert warns(insi.request(asked), "n’est pas jugé")
    assert says(insi.request(call(body, old=insi.RECOVERY, new="autreChose")), "wsa:Action")
