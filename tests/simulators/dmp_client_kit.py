"""A client of the DMP that shares no code with the reference LPS: `requests`, and messages written by hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import requests
from lxml import etree

from conformance.journal import Journal
from conformance.model.evidence import Channel, Exchange
from conformance.simulators.dmp import Dmp
from conformance.simulators.pki import Pki
from tests.simulators.dmp_lots_kit import Deposit
from tests.simulators.dmp_messages_kit import SOAP, Vihf, envelope, multipart

RS = "{urn:oasis:names:tc:ebxml-regrep:xsd:rs:3.0}"
TD02 = "urn:hl7-org:v3:PRPA_IN201307UV02"
TD03 = "urn:si-dmp-habilitations:HabilitationsEndPoint:setAuthorization"
TD21 = "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b"
TD31 = "urn:ihe:iti:2007:RegistryStoredQuery"
TD33 = "urn:ihe:iti:2010:UpdateDocumentSet"
TD04 = "urn:si-dmp-patients:PatientSpecificEndPoint:patientList"
TD16 = "urn:si-dmp-habilitations:HabilitationsEndPoint:listAuthorizationByPatient"
TD32 = "urn:ihe:iti:2007:RetrieveDocumentSet"
SERVICES = {
    TD04: "patientsSpecific",
    TD16: "habilitations",
    TD32: "repository",
    TD02: "patients",
    TD03: "habilitations",
    TD21: "repository",
    TD31: "registry",
    TD33: "registry",
}


@dataclass
class Client:
    """Sends a message to the DMP under test."""

    dmp: Dmp
    pki: Pki
    journal: Journal

    def vihf(self, **changes: Any) -> Vihf:
        return Vihf(self.pki, **changes)

    def direct(self, **changes: str | None) -> Vihf:
        return Vihf(
            self.pki, signer="cps_sign", changes={"Authentification_Mode": "DIRECTE", "subject": None, **changes}
        )

    def reinforced(self, **changes: Any) -> Vihf:
        """The AIR mode: the organisation's certificates, for a professional that it authenticated strongly."""
        own = changes.pop("changes", {})
        return Vihf(self.pki, changes={"Authentification_Mode": "INDIRECTE_RENFORCEE", **own}, **changes)

    def post(
        self,
        content: bytes,
        kind: str = "application/soap+xml; charset=utf-8",
        service: str = "patients",
        certificate: str | None = "org_auth",
        timeout: float = 20,
        method: str = "POST",
    ) -> requests.Response:
        pair = self.pki.pair(certificate) if certificate else None
        return requests.request(
            method,
            f"{self.dmp.url}/{service}",
            data=content,
            headers={"Content-Type": kind},
            timeout=timeout,
            verify=str(self.pki.trust),
            cert=(str(pair.certificate), str(pair.key)) if pair else None,
        )

    def send(self, action: str, body: str, vihf: Vihf | None = None, **options: Any) -> requests.Response:
        vihf = vihf or self.vihf()
        if vihf.signer == "cps_sign":
            options.setdefault("certificate", "cps_auth")
        options.setdefault("service", SERVICES.get(action, "patients"))
        return self.post(envelope(action, body, vihf.make()).encode(), **options)

    def deposit(self, deposit: Deposit, vihf: Vihf | None = None) -> requests.Response:
        vihf = vihf or self.vihf(who=deposit.who)
        message = deposit.edit(envelope(TD21, deposit.body(), vihf.make()))
        kind, body = multipart(message, deposit.parts(deposit.attachments()))
        certificate = "cps_auth" if vihf.signer == "cps_sign" else "org_auth"
        return self.post(body, kind, "repository", certificate)

    def last(self) -> Exchange:
        return self.journal.exchanges(Channel.DMP)[-1]


def subcode(response: requests.Response) -> str:
    """The fault's subcode, or its code when it has none, without prefix."""
    values = etree.fromstring(response.content).findall(f".//{{{SOAP}}}Value")
    return (values[-1].text or "").partition(":")[2]


def errors(response: requests.Response) -> list[str]:
    """The registry's error codes; empty means Success."""
    assert response.status_code == 200, response.text
    answer = etree.fromstring(response.content).find(f".//{RS}RegistryResponse")
    assert answer is not None
    found = [str(node.get("errorCode")) for node in answer.iter(f"{RS}RegistryError")]
    assert (answer.get("status") or "").endswith("Failure" if found else "Success")
    return found


def stored(client: Client, deposit: Deposit | None = None) -> str:
    """Deposit, and give the entryUUID of what was deposited."""
    deposit = deposit or Deposit()
    assert errors(client.deposit(deposit)) == []
    return client.dmp.documents(deposit.who.matricule)[-1].entry_uuid
