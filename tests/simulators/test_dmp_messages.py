"""The simulated DMP in front of messages that are not what they should be."""

from __future__ import annotations

import re

import pytest
import requests

from tests.simulators.dmp_client_kit import TD02, TD21, Client, errors, subcode
from tests.simulators.dmp_lots_kit import (
    Deposit,
    existence,
)
from tests.simulators.dmp_messages_kit import SOAP, WHO, envelope, multipart

# The message itself


def test_client_certificates(client: Client) -> None:
    content = envelope(TD02, existence(WHO), client.vihf().make()).encode()
    for certificate in (None, "org_sign"):
        try:
            assert client.post(content, certificate=certificate).status_code == 403
        except (requests.exceptions.SSLError, requests.exceptions.ConnectionError):
            assert certificate == "org_sign"  # some TLS stacks already refuse it in the handshake
            continue
        assert "certificat" in client.last().facts["refused"]
        assert WHO.matricule in client.last().keys
    with pytest.raises((requests.exceptions.SSLError, requests.exceptions.ConnectionError)):
        client.post(content, certificate="org_untrusted")
    assert client.post(content, method="GET").status_code == 405


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"pas du XML",
        b"<a/>",
        b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>",
        f'<e:Envelope xmlns:e="{SOAP}"><e:Body/></e:Envelope>'.encode(),
        b"\0" * 100,
        b"<a" * 5000,
    ],
)
def test_what_is_not_soap(client: Client, content: bytes) -> None:
    response = client.post(content)
    assert response.status_code in (400, 500) and b"root:" not in response.content
    assert subcode(response) in ("Sender", "VersionMismatch")
    assert client.last().facts["status"] == "fault" and client.last().facts["refused"]
    assert client.send(TD02, existence(WHO)).status_code == 200


def test_external_entities_are_not_read(client: Client) -> None:
    message = envelope(TD02, existence(WHO).replace("Patient.id", "&x;"), client.vihf().make())
    doctype = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    for encoding in ("utf-8", "utf-16"):
        response = client.post((doctype + message).encode(encoding))
        assert response.status_code == 400 and "DOCTYPE" in response.text
    assert errors(client.deposit(Deposit(content=(doctype + "<a>&x;</a>").encode()))) == ["InvalidDocumentContent"]


def test_unknown_or_misplaced_actions(client: Client) -> None:
    assert subcode(client.send("urn:inconnue", existence(WHO))) == "ActionNotSupported"
    assert subcode(client.send(TD02, existence(WHO), service="registry")) == "ActionNotSupported"
    message = re.sub("<a:Action.*?</a:Action>", "", envelope(TD02, existence(WHO), client.vihf().make()))
    assert subcode(client.post(message.encode())) == "MessageAddressingHeaderRequired"
    assert subcode(client.send(TD02, "<autre/>")) == "Sender"


def test_tolerated_forms_are_warnings(client: Client) -> None:
    old = envelope(TD02, existence(WHO), client.vihf().make(), soap="http://schemas.xmlsoap.org/soap/envelope/")
    assert client.post(old.encode(), "text/xml").status_code == 200
    assert "SOAP 1.1" in client.last().facts["warning"]
    response = client.send("urn:hl7-org:v3:PRPA_IN201308UV02", existence(WHO), service="patients")
    assert response.status_code == 200 and "PRPA_IN201307UV02" in client.last().facts["warning"]
    twice = envelope(TD02, existence(WHO), client.vihf().make()).encode()
    client.post(twice)
    client.post(twice, service="/patients/")
    assert "déjà utilisé" in client.last().facts["warning"]


def test_malformed_mtom(client: Client) -> None:
    deposit = Deposit()
    kind, body = multipart(envelope(TD21, deposit.body(), client.vihf().make()), deposit.attachments())
    for bad_kind, bad in (
        (kind, body[:-10]),
        (kind.replace("racine@x", "autre"), body),
        (kind, b""),
        (kind, body.replace(b"\r\n", b"\n")),
    ):
        response = client.post(bad, bad_kind, "repository")
        assert response.status_code == 400 and subcode(response) == "Sender"
        assert client.last().facts["refused"]
    assert client.dmp.documents(WHO.matricule) == ()
    client.post(body[:-10], kind, "repository")
    assert WHO.matricule in client.last().keys
