"""A client of INSi written by hand over requests: nothing of the project's own client."""

from __future__ import annotations

import uuid

import requests
from lxml import etree
from signxml.algorithms import CanonicalizationMethod
from signxml.signer import XMLSigner

from conformance.journal import Journal
from conformance.model.evidence import Channel, Exchange
from conformance.model.identity import Identity, invent
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
