"""The simulated DMP judging VIHFs."""

from __future__ import annotations

import re
from typing import Any

import pytest
from cryptography import x509
from signxml.algorithms import DigestAlgorithm, SignatureMethod

from tests.simulators.dmp_client_kit import TD02, Client, subcode
from tests.simulators.dmp_lots_kit import (
    existence,
)
from tests.simulators.dmp_messages_kit import OTHER, USER, WHO, envelope

# The VIHF


def test_accepted_variants_of_the_vihf(client: Client) -> None:
    old = client.vihf(method=SignatureMethod.RSA_SHA1, digest=DigestAlgorithm.SHA1)
    assert client.send(TD02, existence(WHO), old).status_code == 200
    assert "SHA-1" in client.last().facts["warning"]
    for changes in ({"VIHF_Version": "4.0"}, {"Authentification_Mode": None, "Authentification_mode": "INDIRECTE"}):
        assert client.send(TD02, existence(WHO), client.vihf(changes=changes)).status_code == 200
    assert "warning" not in client.last().facts  # both spellings of this name are in official samples
    assert client.send(TD02, existence(WHO), client.direct()).status_code == 200


@pytest.mark.parametrize("form", ["dotted", "hexadecimal"])
def test_a_card_holder_named_as_other_tool_kits_do(client: Client, form: str) -> None:
    vihf = client.direct()
    subject = vihf.certificate().subject
    if form == "dotted":
        vihf.issuer = subject.rfc4514_string()
    else:

        def written(one: x509.NameAttribute[Any]) -> str:
            if one.rfc4514_attribute_name != one.oid.dotted_string:
                return one.rfc4514_string()
            value = str(one.value).encode()
            return f"{one.oid.dotted_string}=#0c{len(value):02x}{value.hex()}"

        vihf.issuer = ",".join("+".join(written(one) for one in part) for part in reversed(list(subject.rdns)))
    assert client.send(TD02, existence(WHO), vihf).status_code == 200, client.last().facts


ATTRIBUTES = [
    {name: None}
    for name in (
        "VIHF_Version",
        "Authentification_Mode",
        "Identifiant_Structure",
        "Secteur_Activite",
        "role",
        "resource",
        "subject",
        "Ressource_URN",
        "purpose",
        "LPS_Nom",
        "LPS_Version",
        "LPS_ID_HOMOLOGATION_DMP",
    )
] + [
    {"VIHF_Version": "2.0"},
    {"Authentification_Mode": "AUTRE"},
    {"Authentification_Mode": "DIRECTE"},
    {"Secteur_Activite": "SA07"},
    {"Ressource_URN": "urn:autre"},
    {"resource": "279035121518989"},
    {"role": "médecin"},
    {"purpose": "normal"},
    {"Identifiant_Structure": ""},
    {"identifiant_structure": "doublon"},
]


@pytest.mark.parametrize("changes", ATTRIBUTES, ids=str)
def test_attributes_of_the_vihf(client: Client, changes: dict[str, str | None]) -> None:
    response = client.send(TD02, existence(WHO), client.vihf(changes=changes))
    assert response.status_code == 400 and subcode(response) == "InvalidSecurityToken"
    name = next(iter(changes)).lower()
    assert name.replace("resource", "resource-id").replace("purpose", "purposeofuse")[:8] in client.last().facts[
        "refused"
    ].lower() or name in ("role", "authentification_mode")


@pytest.mark.parametrize(
    ("changes", "code", "reason"),
    [
        ({"signer": "org_auth"}, "DMPInvalidCertificate", "pas de signature"),
        ({"signer": "org_untrusted"}, "DMPInvalidCertificate", "IGC du banc"),
        ({"signer": "server_expired"}, "DMPInvalidCertificate", "IGC du banc"),
        ({"issuer": "CN=AUTRE,C=FR"}, "InvalidSecurityToken", "différent du sujet"),
        ({"issuer": "pas un DN"}, "InvalidSecurityToken", "RFC 2253"),
        ({"subject": ""}, "InvalidSecurityToken", "NameID"),
        ({"conditions": '<s:Conditions NotOnOrAfter="2020-01-01T00:00:00Z"/>'}, "InvalidSecurityToken", "période"),
        ({"conditions": '<s:Conditions NotBefore="2090-01-01T00:00:00"/>'}, "InvalidSecurityToken", "période"),
        ({"conditions": '<s:Conditions NotBefore="demain"/>'}, "InvalidSecurityToken", "illisible"),
        ({"who": OTHER}, "XDSPatientIdDoesNotMatch", "autre patient"),
        ({"method": SignatureMethod.RSA_SHA512}, "UnsupportedAlgorithm", "SHA-256"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_refused_vihf(client: Client, changes: dict[str, Any], code: str, reason: str) -> None:
    response = client.send(TD02, existence(WHO), client.vihf(**changes))
    assert response.status_code == 400 and subcode(response) == code
    assert reason in client.last().facts["refused"] and client.last().facts["code"] == code


def test_the_issuer_in_certificate_order(client: Client) -> None:
    vihf = client.vihf()
    vihf.issuer = ",".join(part.rfc4514_string() for part in vihf.certificate().subject.rdns)
    assert subcode(client.send(TD02, existence(WHO), vihf)) == "InvalidSecurityToken"
    assert "ordre inversé" in client.last().facts["refused"]


def forged(vihf: str, other: str) -> list[tuple[str, str]]:
    """Ways to have another patient's assertion believed, with the subcode each must get."""
    ds = "http://www.w3.org/2000/09/xmldsig#"
    name = re.search(r'ID="([^"]+)"', vihf)[1]  # type: ignore[index]
    signature = re.search(r"<ds:Signature.*</ds:Signature>", vihf, re.DOTALL)[0]  # type: ignore[index]
    evil = re.sub(r'ID="[^"]+"', f'ID="{name}"', other, count=1)
    return [
        (other, "FailedCheck"),  # not signed
        (vihf.replace(USER, "899999999999"), "FailedCheck"),  # changed after its signature
        (vihf + vihf, "InvalidSecurity"),
        (other + vihf, "InvalidSecurity"),
        (f"<x>{vihf}</x>", "InvalidSecurity"),  # not where it is read
        (evil.replace("</s:Assertion>", signature + "</s:Assertion>"), "FailedCheck"),  # someone else's signature
        (
            evil.replace(
                "</s:Assertion>",
                signature.replace("</ds:Signature>", f"<ds:Object>{vihf}</ds:Object></ds:Signature>")
                + "</s:Assertion>",
            ),
            "InvalidSecurity",
        ),
        (vihf.replace("</ds:Signature>", '<ds:Object><x ID="y"/></ds:Object></ds:Signature>'), "FailedCheck"),
        (vihf.replace(f'URI="#{name}"', 'URI=""'), "FailedCheck"),
        (re.sub("<ds:KeyInfo>.*</ds:KeyInfo>", "", vihf, flags=re.DOTALL), "InvalidSecurityToken"),
        (vihf.replace(f"{ds}enveloped-signature", "http://www.w3.org/TR/1999/REC-xslt-19991116"), "FailedCheck"),
        (vihf.replace(signature, f"<x>{signature}</x>"), "FailedCheck"),
        (re.sub("(<ds:X509Certificate>).*?<", r"\1AAAA<", vihf, flags=re.DOTALL), "DMPInvalidCertificate"),
        (re.sub("(<ds:X509Certificate>).*?<", r"\1é<", vihf, flags=re.DOTALL), "InvalidSecurityToken"),
        (re.sub("(<ds:SignatureValue>).*?<", r"\1AAAA<", vihf, flags=re.DOTALL), "FailedCheck"),
        (re.sub("(<ds:SignatureValue>).*?<", r"\1é<", vihf, flags=re.DOTALL), "FailedCheck"),
        (vihf + f'<x ID="{name}"/>', "FailedCheck"),
        ("", "InvalidSecurity"),
    ]


def test_wrapped_and_forged_signatures(client: Client) -> None:
    client.dmp.open(OTHER)
    cases = forged(client.vihf().make(), client.vihf(who=OTHER).unsigned())
    for number, (vihf, code) in enumerate(cases):
        response = client.post(envelope(TD02, existence(OTHER), vihf).encode())
        assert response.status_code == 400, number
        assert subcode(response) == code, (number, client.last().facts)


def test_only_what_is_signed_is_read(client: Client) -> None:
    """A comment inside a signed text does not cut it: what was signed is read whole."""
    vihf = client.vihf().make().replace(USER, USER[:4] + "<!-- -->" + USER[4:])
    assert client.post(envelope(TD02, existence(WHO), vihf).encode()).status_code == 200


def test_an_expired_signing_certificate(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Expiry is looked at for itself, and not only because the bench does not know the certificate."""
    known, expired = client.pki.identify, client.pki.pair("server_expired").der
    monkeypatch.setattr(client.pki, "identify", lambda der: "org_sign" if der == expired else known(der))
    response = client.send(TD02, existence(WHO), client.vihf(signer="server_expired"))
    assert response.status_code == 400 and subcode(response) == "DMPInvalidCertificate"
    assert "validité" in client.last().facts["refused"]
