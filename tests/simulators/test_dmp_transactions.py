"""What the simulated DMP does with sound messages, and whom it lets do it."""

from __future__ import annotations

import hashlib
import re
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from lxml import etree

from conformance.model.evidence import Channel
from tests.simulators.dmp_client_kit import TD02, TD03, TD31, TD33, Client, errors, stored, subcode
from tests.simulators.dmp_lots_kit import (
    Deposit,
    authorization,
    deletion,
    existence,
    lookup,
)
from tests.simulators.dmp_messages_kit import OTHER, USER, WHO, oid

# Existence


def test_existence(client: Client) -> None:
    response = client.send(TD02, existence(WHO))
    root = etree.fromstring(response.content)
    assert response.status_code == 200
    found = {
        "ack": "acknowledgement/@typeCode",
        "code": "queryResponseCode/@code",
        "state": "patient/h:statusCode/@code",
    }
    values = {name: root.xpath(f"//h:{path}", namespaces={"h": "urn:hl7-org:v3"}) for name, path in found.items()}
    assert values == {"ack": ["AA"], "code": ["OK"], "state": ["active"]}
    assert root.findtext(".//{*}Action") == "urn:hl7-org:v3:PRPA_IN201308UV02"
    assert b"VALIDE" not in response.content
    last = client.last()
    assert last.operation == "TD0.2" and WHO.matricule in last.keys
    assert any(key.startswith("urn:uuid:") for key in last.keys)
    assert last.facts["code"] == "OK" and last.facts["mode"] == "INDIRECTE" and "warning" not in last.facts
    assert root.findtext(".//{*}RelatesTo") in last.keys
    client.dmp.grant(WHO, USER)
    assert b"VALIDE" in client.send(TD02, existence(WHO)).content


def test_absent_and_closed_records(client: Client) -> None:
    response = client.send(TD02, existence(OTHER), client.vihf(who=OTHER))
    assert b'code="NF"' in response.content and client.last().facts["status"] == "NF"
    client.dmp.close(WHO)
    response = client.send(TD02, existence(WHO))
    assert b'code="OK"' in response.content and b'code="terminated"' in response.content
    assert errors(client.deposit(Deposit())) == ["DMPClosed"]
    assert errors(client.deposit(Deposit(OTHER))) == ["XDSUnknownPatientId"]


def test_an_incomplete_existence_test(client: Client) -> None:
    response = client.send(TD02, existence(WHO).replace('<queryId root="1.2.3.5"/>', ""))
    assert b'typeCode="AE"' in response.content and "queryId" in response.text
    response = client.send(TD02, existence(WHO, "CNSLT_DATA"))
    assert b'typeCode="AE"' in response.content and client.last().operation == "TD1.3a"


# Deposit, replacement, deletion


def test_deposit(client: Client) -> None:
    deposit = Deposit(masks=("MASQUE_PS", "INVISIBLE_PATIENT"))
    assert errors(client.deposit(deposit)) == []
    (entry,) = client.dmp.documents(WHO.matricule)
    assert entry.unique_id == deposit.unique_id and entry.status == "Approved" and entry.replaces is None
    assert entry.confidentiality == ("N", "MASQUE_PS", "INVISIBLE_PATIENT") and entry.type_code == "11488-4"
    assert entry.sha256 == hashlib.sha256(deposit.document()).hexdigest()
    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", entry.entry_uuid)
    last = client.last()
    assert last.operation == "TD2.1" and {WHO.matricule, deposit.unique_id, deposit.lot_id} <= last.keys
    told = {"td": "TD2.1", "mode": "INDIRECTE", "status": "Success", "code": "Success", "lot": "1"}
    assert last.facts == told | {"certificate": "org_auth"}
    assert last.tls is not None and "INSI-AUTO" in str(last.tls.client)
    assert deposit.document() in last.request.body


def test_deposit_in_person(client: Client) -> None:
    assert errors(client.deposit(Deposit(structure="autre"), client.direct())) == []
    assert client.last().facts["mode"] == "DIRECTE"
    stranger = client.direct()
    stranger.subject = stranger.subject.replace(USER, "899999999999")
    assert errors(client.deposit(Deposit(), stranger)) == ["XDSRegistryMetadataError"]


def test_the_entry_keeps_the_uuid_its_client_gave(client: Client) -> None:
    name = f"urn:uuid:{uuid.uuid4()}"
    assert stored(client, Deposit(entry=name)) == name
    assert errors(client.deposit(Deposit(entry=name))) == ["XDSRegistryMetadataError"]


def test_replacement(client: Client) -> None:
    first = Deposit()
    old = stored(client, first)
    response = client.send(TD31, lookup(WHO, first.unique_id))
    assert old.encode() in response.content and client.last().facts["references"] == "1"
    related = f'<relatedDocument typeCode="RPLC"><parentDocument><id root="{first.unique_id}"/></parentDocument></relatedDocument>'
    second = Deposit(replaces=old, related=related)
    assert errors(client.deposit(second)) == []
    assert "warning" not in client.last().facts and first.unique_id in client.last().keys
    before, after = client.dmp.documents(WHO.matricule)
    assert (before.status, after.status, after.replaces) == ("Deprecated", "Approved", old)
    assert b"ObjectRef" not in client.send(TD31, lookup(WHO, first.unique_id)).content
    assert errors(client.deposit(Deposit(replaces=old, related=related))) == ["XDSRegistryDeprecatedDocumentError"]
    assert errors(client.deposit(Deposit(replaces=f"urn:uuid:{uuid.uuid4()}", related=related))) == ["XDSReplaceFailed"]
    assert errors(client.deposit(Deposit(replaces=second.unique_id, related=related))) == ["XDSReplaceFailed"]
    assert len(client.dmp.documents(WHO.matricule)) == 2


def test_a_replacement_untold_by_the_document_is_a_warning(client: Client) -> None:
    assert errors(client.deposit(Deposit(replaces=stored(client)))) == []
    assert "relatedDocument" in client.last().facts["warning"]


def test_deletion(client: Client) -> None:
    entry = stored(client)
    unique_id = client.dmp.documents(WHO.matricule)[0].unique_id
    assert errors(client.send(TD33, deletion(WHO, entry, original="urn:x:Archived"))) == ["XDSMetadataUpdateError"]
    assert errors(client.send(TD33, deletion(WHO, entry))) == []
    assert client.last().operation == "TD3.3c" and unique_id in client.last().keys
    assert [one.status for one in client.dmp.documents(WHO.matricule)] == ["Deleted"]
    assert errors(client.send(TD33, deletion(WHO, entry))) == ["XDSRegistryDeprecatedDocumentError"]
    assert errors(client.send(TD33, deletion(WHO, "urn:uuid:absent"))) == ["XDSMetadataUpdateError"]
    client.dmp.open(OTHER)
    assert errors(client.send(TD33, deletion(OTHER, entry), client.vihf(who=OTHER))) == ["XDSPatientIdDoesNotMatch"]


def test_only_the_same_structure_replaces_or_deletes(client: Client) -> None:
    entry = stored(client)
    other = client.vihf(
        changes={"Identifiant_Structure": "10B0167011"}, subject="<s:Subject><s:NameID>autre</s:NameID></s:Subject>"
    )
    assert errors(client.send(TD33, deletion(WHO, entry), other)) == ["DMPAccessDeniedByRightsService"]
    assert "absent du sujet du certificat" in client.last().facts["warning"]
    again = Deposit(replaces=entry, structure="10B0167011")
    assert errors(client.deposit(again, other)) == ["DMPAccessDeniedByRightsService"]
    assert [one.status for one in client.dmp.documents(WHO.matricule)] == ["Approved"]


def test_twenty_deposits_at_once(client: Client) -> None:
    deposits = [Deposit() for _ in range(20)]
    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(lambda one: errors(client.deposit(one)), deposits)) == [[]] * 20
    assert {one.unique_id for one in client.dmp.documents(WHO.matricule)} == {one.unique_id for one in deposits}
    recorded = {key for one in client.journal.exchanges(Channel.DMP) for key in one.keys}
    assert {one.unique_id for one in deposits} <= recorded


def test_the_same_document_sent_ten_times_at_once_is_stored_once(client: Client) -> None:
    name = oid()
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: errors(client.deposit(Deposit(unique_id=name))), range(10)))
    assert answers.count([]) == 1 and answers.count(["XDSDuplicateUniqueIdInRegistry"]) == 9


# Rights


@pytest.mark.parametrize(
    ("action", "body"),
    [
        (TD03, authorization("AJOUT")),
        (TD31, lookup(WHO, "1.2", "LeafClass")),
        (TD33, deletion(WHO, "urn:x", new="Archived")),
    ],
)
def test_rights_of_an_organisation(client: Client, action: str, body: str) -> None:
    response = client.send(action, body)
    assert response.status_code == 400 and subcode(response) == "DMPAccessDeniedByRightsService"
    assert client.last().facts["code"] == "DMPAccessDeniedByRightsService"
    assert "INDIRECTE" in client.last().facts["refused"]


def test_authorisation_in_person(client: Client) -> None:
    codes = []
    for action in ("AJOUT", "AJOUT", "SUPPRESSION"):
        response = client.send(TD03, authorization(action), client.direct())
        codes.append(etree.fromstring(response.content).findtext(".//{urn:essai}status"))
    assert codes == ["DMPOk", "DMPPatientAccessAlreadyExists", "DMPOk"]
    assert client.last().operation == "TD0.3"
    assert subcode(client.send(TD03, authorization("AUTRE"), client.direct())) == "Sender"
