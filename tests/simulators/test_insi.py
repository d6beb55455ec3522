"""The INSi service, called by hand-written SOAP over requests: nothing of the project's own client."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from lxml import etree
from signxml.algorithms import CanonicalizationMethod
from signxml.signer import XMLSigner

from conformance.journal import Journal
from conformance.model.evidence import Channel, Exchange
from conformance.model.identity import INS_TEST, Identity, invent
from conformance.simulators.insi import Insi
from conformance.simulators.pki import Pki

SOAP = "{http://www.w3.org/2003/05/soap-envelope}"
SOAP_12, SOAP_11 = "http://www.w3.org/2003/05/soap-envelope", "http://schemas.xmlsoap.org/soap/envelope/"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
RESULT = "{http://www.cnamts.fr/INSiResultat}"
DS = "{http://www.w3.org/2000/09/xmldsig#}"
SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
ACTION = "urn:ServiceIdentiteCertifiee:1.0.0:rechercherInsAvecTraitsIdentite"
VERIFY = "urn:ServiceIdentiteCertifiee:1.0.0:verifierInsAvecTraitsIdentite"
WHO = invent(7, "insi")


class Caller:
    """A client of the service, by organisation certificate unless told otherwise."""

    def __init__(self, insi: Insi, pki: Pki) -> None:
        self.insi, self.pki = insi, pki

    def post(self, body: bytes | str, client: str | None = "org_auth", timeout: float = 10) -> requests.Response:
        pair = self.pki.pair(client) if client else None
        return requests.post(
            self.insi.url,
            body.encode() if isinstance(body, str) else body,
            headers={"Content-Type": "application/soap+xml;charset=utf-8"},
            verify=str(self.pki.trust),
            cert=(str(pair.certificate), str(pair.key)) if pair else None,
            timeout=timeout,
        )


@pytest.fixture
def caller(insi: Insi, pki: Pki) -> Caller:
    return Caller(insi, pki)


def envelope(
    body: str, action: str = ACTION, security: str = "", message_id: str | None = None, idam: str = "AUT1"
) -> str:
    number = message_id or f"uuid:{uuid.uuid4()}"
    return f"""<soap:Envelope xmlns:soap="{SOAP_12}" xmlns:wsa="http://www.w3.org/2005/08/addressing">
<soap:Header>
 <ctxlps:ContexteLPS Nature="CTXLPS" Version="01_00" xmlns:ctxlps="urn:siram:lps:ctxlps"><ctxlps:LPS>
  <ctxlps:IDAM R="4">{idam}</ctxlps:IDAM><ctxlps:Nom>urn:lps:ESSAI:1.0</ctxlps:Nom>
 </ctxlps:LPS></ctxlps:ContexteLPS>
 <wsa:Action>{action}</wsa:Action><wsa:MessageID>{number}</wsa:MessageID>{security}
</soap:Header><soap:Body>{body}</soap:Body></soap:Envelope>"""


def search(
    who: Identity = WHO,
    nom: str | None = None,
    prenom: str | None = None,
    sexe: str | None = None,
    date: str | None = None,
) -> str:
    return f"""<RECSANSVITALE xmlns="http://www.cnamts.fr/INSiRecSans">
<NomNaissance>{who.nom_naissance if nom is None else nom}</NomNaissance>
<Prenom>{who.premier_prenom if prenom is None else prenom}</Prenom>
<Sexe>{who.sexe if sexe is None else sexe}</Sexe>
<DateNaissance>{who.date_naissance if date is None else date}</DateNaissance>
</RECSANSVITALE>"""


def verification(who: Identity = WHO) -> str:
    return f"""<IndividuVerifie><INSFourni><IdIndividu><NumIdentifiant>{who.matricule[:13]}</NumIdentifiant>
<Cle>{who.matricule[13:]}</Cle></IdIndividu><OID>{who.oid}</OID></INSFourni><TraitsIdentiteIndividu>
<NomNaissance>{who.nom_naissance}</NomNaissance><ListePrenom>{who.prenoms}</ListePrenom>
<Sexe>{who.sexe}</Sexe><DateNaissance>{who.date_naissance}</DateNaissance>
</TraitsIdentiteIndividu></IndividuVerifie>"""


def assertion(qualifier: str | None, number: str = "_a1") -> etree._Element:
    attribute = f' NameQualifier="{qualifier}"' if qualifier else ""
    return etree.fromstring(
        f'<saml:Assertion xmlns:saml="{SAML}" ID="{number}" Version="2.0"><saml:Issuer>CN=essai</saml:Issuer>'
        f"<saml:Subject><saml:NameID{attribute}>889990000013</saml:NameID></saml:Subject></saml:Assertion>"
    )


def signed(pki: Pki, name: str = "cps_sign") -> etree._Element:
    pair = pki.pair(name)
    signer = XMLSigner(c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0)
    key, certificate = pair.key.read_text("ascii"), pair.certificate.read_text("ascii")
    return signer.sign(assertion(None), key=key, cert=certificate, reference_uri="_a1")


def child(node: etree._Element, path: str) -> etree._Element:
    found = node.find(path)
    assert found is not None
    return found


def security(*nodes: etree._Element) -> str:
    content = "".join(etree.tostring(node, encoding="unicode") for node in nodes)
    return f'<wsse:Security xmlns:wsse="{WSSE}">{content}</wsse:Security>'


def last(journal: Journal) -> Exchange:
    return journal.exchanges(Channel.INSI)[-1]


def text(answer: requests.Response, name: str) -> str | None:
    return etree.fromstring(answer.content).findtext(f".//{RESULT}{name}")


def test_recovery_gives_the_person_back(insi: Insi, caller: Caller, journal: Journal) -> None:
    insi.answers(WHO)
    number = f"uuid:{uuid.uuid4()}"
    answer = caller.post(envelope(search(), message_id=number))
    root = etree.fromstring(answer.content)
    assert answer.status_code == 200 and answer.headers["Content-Type"].startswith("application/soap+xml;")
    assert root.findtext(".//{http://www.w3.org/2005/08/addressing}RelatesTo") == number
    assert text(answer, "CodeCR") == "00"
    assert f"{text(answer, 'NumIdentifiant')}{text(answer, 'Cle')}" == WHO.matricule
    assert text(answer, "OID") == INS_TEST
    assert text(answer, "ListePrenom") == WHO.prenoms
    seen = last(journal)
    assert seen.keys == {WHO.key, WHO.matricule}
    assert seen.facts["mode"] == "ORG" and seen.facts["code"] == "00"
    assert seen.facts["lps"] == "urn:lps:ESSAI:1.0"
    assert seen.response is not None and seen.response.body == answer.content
    assert seen.tls is not None and "489990000013001" in (seen.tls.client or "")


@pytest.mark.parametrize("name", ["NomNaissance", "ListePrenom", "Sexe", "DateNaissance", "LieuNaissance"])
def test_each_trait_of_the_answer_may_be_missing(insi: Insi, caller: Caller, name: str) -> None:
    insi.answers(WHO, returned={name: None})
    answer = caller.post(envelope(search()))
    assert text(answer, "CodeCR") == "00" and text(answer, name) is None


def test_traits_and_history_can_be_chosen(insi: Insi, caller: Caller) -> None:
    old = invent(7, "ancien").matricule
    history: list[str | Mapping[str, str]] = [old, {"matricule": old, "DateFin": "2020-01-01"}]
    insi.answers(WHO, returned={"DateNaissance": "1984-00-00"}, history=history)
    answer = caller.post(envelope(search()))
    assert text(answer, "DateNaissance") == "1984-00-00"
    past = etree.fromstring(answer.content).findall(f".//{RESULT}INSHISTO")
    assert [node.findtext(f".//{RESULT}NumIdentifiant") for node in past] == [old[:13]] * 2
    assert past[1].findtext(f"{RESULT}DateFin") == "2020-01-01"


def test_unknown_people_and_ambiguous_ones(insi: Insi, caller: Caller, journal: Journal) -> None:
    insi.answers(WHO, code="02")
    assert text(caller.post(envelope(search())), "CodeCR") == "02"
    assert WHO.matricule not in last(journal).keys
    wrong = "M" if WHO.sexe == "F" else "F"
    for body in (
        search(nom="AUTRE"),
        search(sexe=wrong),
        search(prenom="INCONNU"),
        search(date="1900-01-01"),
    ):
        assert text(caller.post(envelope(body)), "CodeCR") == "01"
        assert last(journal).facts["code"] == "01"


def test_verification(insi: Insi, caller: Caller, journal: Journal) -> None:
    def result(who: Identity) -> str | None:
        answer = caller.post(envelope(verification(who), VERIFY))
        name = ".//{http://www.cnamts.fr/INSiLot2/REPUnitaire}Resultat"
        return etree.fromstring(answer.content).findtext(name)

    assert result(WHO) == "KO"
    insi.verifies(WHO)
    assert result(WHO) == "OK"
    assert WHO.matricule in last(journal).keys
    assert result(WHO.with_(nom_naissance="AUTRE")) == "KO"
    assert last(journal).facts["ecart"] == "NomNaissance"
    assert result(WHO.with_(oid="1.2.250.1.213.1.4.8")) == "KO"
    insi.verifies(WHO, ok=False)
    assert result(WHO) == "KO"
    assert last(journal).facts["resultat"] == "KO"


def test_a_recovered_person_verifies_with_the_returned_traits(insi: Insi, caller: Caller) -> None:
    insi.answers(WHO, returned={"ListePrenom": "AUTRE LISTE"})
    assert b">KO<" in caller.post(envelope(verification(), VERIFY)).content
    assert b">OK<" in caller.post(envelope(verification(WHO.with_(prenoms="AUTRE LISTE")), VERIFY)).content


def by_card(number: str) -> str:
    action = ACTION.replace("TraitsIdentite", "CarteVitale")
    return envelope(f'<Demande xmlns="http://www.cnamts.fr/INSiRecVit"><Nir>{number}</Nir></Demande>', action)


@pytest.mark.parametrize("number", [WHO.matricule, WHO.matricule[:13], f"{WHO.matricule[:7]} {WHO.matricule[7:]}"])
def test_a_recovery_by_card_gives_the_holder_whatever_its_elements(
    insi: Insi, caller: Caller, journal: Journal, number: str
) -> None:
    insi.answers(WHO)
    answer = caller.post(by_card(number))
    assert (text(answer, "CodeCR"), text(answer, "NomNaissance")) == ("00", WHO.nom_naissance)
    call = last(journal)
    assert call.operation == "rechercherInsAvecCarteVitale" and WHO.matricule in call.keys
    assert "non lus" in call.facts["hypothese"]
    assert b"rechercherInsAvecCarteVitaleResponse" in answer.content


def test_a_recovery_by_card_of_a_stranger_or_of_nobody(insi: Insi, caller: Caller, journal: Journal) -> None:
    insi.answers(WHO)
    assert text(caller.post(by_card(invent(7, "carte").matricule)), "CodeCR") == "01"
    assert caller.post(by_card("inconnu")).status_code == 400
    assert "aucun numéro" in last(journal).facts["refused"]


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


RULES: dict[str, tuple[str | bytes, str]] = {
    "action": (envelope(search(), action=VERIFY), "ne correspond pas"),
    "message-id": (envelope(search(), message_id="42"), "uuid"),
    "idam": (envelope(search(), idam=" "), "IDAM"),
    "no-context": (envelope(search()).replace("ContexteLPS", "Contexte"), "ContexteLPS"),
    "missing-trait": (envelope(search(date="")), "DateNaissance"),
    "extra": (envelope(search().replace("<Sexe>", "<Telephone>1</Telephone><Sexe>")), "Telephone"),
    "repeated": (envelope(search().replace("<Sexe>", "<Sexe>F</Sexe><Sexe>")), "Sexe"),
    "namespace": (envelope(search().replace("INSiRecSans", "Autre")), "espace de noms"),
    "operation": (envelope("<AUTRE/>"), "Opération inconnue"),
    "soap-1.1": (envelope(search()).replace(SOAP_12, SOAP_11), "SOAP 1.2"),
    "not-xml": ("<soap:Envelope", "bien formé"),
    "empty": ("", "XML"),
    "not-soap": ("<a/>", "enveloppe"),
    "two-bodies": (envelope(search() + search()), "un seul"),
    "binary": (bytes(range(256)), "XML"),
    "deep": (envelope("<a>" * 5000 + "</a>" * 5000), "XML"),
    "too-big": (envelope(search(nom="A" * 5_000_000)), "mébioctet"),
    "xxe": (
        '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]>' + envelope(search(nom="&b;")),
        "DOCTYPE",
    ),
    "utf-16-doctype": (f"<!DOCTYPE a>{envelope(search())}".encode("utf-16"), "DOCTYPE"),
    "hidden-doctype": (f"<!-- Envelope --><!DOCTYPE a>{envelope(search())}", "DOCTYPE"),
}


@pytest.mark.parametrize("name", RULES)
def test_a_request_that_breaks_a_rule_gets_a_fault(caller: Caller, journal: Journal, name: str) -> None:
    body, reason = RULES[name]
    answer = caller.post(body)
    fault = etree.fromstring(answer.content).find(f".//{SOAP}Fault")
    assert fault is not None and answer.status_code in (400, 500)
    assert reason in last(journal).facts["refused"]
    assert last(journal).request.body == (body.encode() if isinstance(body, str) else body)


BAD_TRAITS = {
    "lower": search(nom="Petit"),
    "accent": search(nom="ÉTOILE"),
    "hyphen-first": search(nom="-DUPONT"),
    "space-first": search(nom=" DUPONT"),
    "digit": search(nom="DUPONT2"),
    "first-name-end": search(prenom="LEA-"),
    "first-name-double-hyphen": search(prenom="LEA--MAE"),
    "first-name-apostrophe": search(prenom="LEA'"),
    "sex": search(sexe="I"),
    "date": search(date="01/02/1984"),
}


@pytest.mark.parametrize("name", BAD_TRAITS)
def test_traits_outside_the_alphabet_get_the_technical_fault(caller: Caller, journal: Journal, name: str) -> None:
    answer = caller.post(envelope(BAD_TRAITS[name]))
    root = etree.fromstring(answer.content)
    assert answer.status_code == 500
    assert [node.text for node in root.iter(f"{SOAP}Value")] == ["S:Receiver", "S:siram_40"]
    assert child(root, ".//{urn:siram}Erreur").get("code") == "insi_102"
    assert "n’admet pas" in last(journal).facts["refused"]


def test_double_hyphen_and_apostrophe_belong_to_names(insi: Insi, caller: Caller) -> None:
    who = WHO.with_(nom_naissance="D'ARC--L'ETANG")
    insi.answers(who)
    assert text(caller.post(envelope(search(who))), "CodeCR") == "00"


def test_a_message_is_not_replayed(insi: Insi, caller: Caller, journal: Journal) -> None:
    insi.answers(WHO)
    body = envelope(search(), message_id="urn:uuid:00000000-0000-4000-8000-000000000001")
    assert caller.post(body).status_code == 200
    assert caller.post(body).status_code == 400
    assert "déjà reçu" in last(journal).facts["refused"]


def test_faults_by_name(insi: Insi, caller: Caller, journal: Journal) -> None:
    other = invent(7, "autre")
    for who in (WHO, other):
        insi.answers(who)
    insi.fault("siram-40", WHO)
    assert b"insi_102" in caller.post(envelope(search())).content
    assert text(caller.post(envelope(search(other))), "CodeCR") == "00"
    insi.fault("http-503")
    assert caller.post(envelope(search(other))).status_code == 503
    insi.clear()
    insi.fault("garbage")
    with pytest.raises(etree.XMLSyntaxError):
        etree.fromstring(caller.post(envelope(search())).content)
    insi.fault("reset")
    with pytest.raises(requests.exceptions.ConnectionError):
        caller.post(envelope(search()))
    assert last(journal).response is None and last(journal).facts["fault"] == "reset"
    assert WHO.key in last(journal).keys
    insi.clear()
    assert text(caller.post(envelope(search())), "CodeCR") == "00"


def test_a_slow_answer_outlasts_the_client(insi: Insi, caller: Caller, journal: Journal) -> None:
    insi.answers(WHO)
    insi.fault("slow", WHO)
    with pytest.raises(requests.exceptions.ReadTimeout):
        caller.post(envelope(search()), timeout=0.5)
    assert last(journal).facts["fault"] == "slow" and last(journal).facts["code"] == "00"
    insi.fault("slow", WHO, delay_s=0.2)
    assert text(caller.post(envelope(search())), "CodeCR") == "00"


def test_wrong_names_are_told_at_once(insi: Insi) -> None:
    with pytest.raises(ValueError, match="http-503"):
        insi.fault("http-500")
    with pytest.raises(ValueError, match="NomNaissance"):
        insi.answers(WHO, returned={"NomNaisance": "X"})
    with pytest.raises(ValueError, match="00"):
        insi.answers(WHO, code="0")


def test_other_addresses_and_methods(insi: Insi, journal: Journal, pki: Pki) -> None:
    assert requests.get(insi.url, verify=str(pki.trust), timeout=5).status_code == 405
    assert requests.post(insi.url + "/x", verify=str(pki.trust), timeout=5).status_code == 404
    assert len(journal.exchanges(Channel.INSI)) == 2


def test_fifty_parallel_calls_lose_nothing(insi: Insi, caller: Caller, journal: Journal) -> None:
    people = [invent(7, "foule", number) for number in range(50)]
    for who in people:
        insi.answers(who)
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda who: caller.post(envelope(search(who))), people))
    assert [text(answer, "NumIdentifiant") for answer in answers] == [who.matricule[:13] for who in people]
    for who in people:
        assert len(journal.exchanges(Channel.INSI, key=who.matricule)) == 1
