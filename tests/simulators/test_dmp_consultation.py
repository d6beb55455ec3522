"""An independent client reads, masks, archives and deletes in the simulated DMP."""

from __future__ import annotations

import email
import hashlib
from typing import Any

import pytest
import requests
from lxml import etree

from conformance.simulators.dmp.seed import Seed
from tests.simulators.dmp_client_kit import (
    RS,
    TD02,
    TD03,
    TD04,
    TD16,
    TD31,
    TD32,
    TD33,
    Client,
    errors,
    stored,
    subcode,
)
from tests.simulators.dmp_lots_kit import (
    APPROVED,
    CI_SIS,
    Deposit,
    authorization,
    deletion,
    existence,
    operation,
    query,
    retrieval,
    revision,
    slot,
)
from tests.simulators.dmp_messages_kit import OTHER, SOAP, USER, WHO, cx

RIM = "{urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0}"
FIND, FIND_SETS = "14d4debf-8f97-4251-9a74-a90016b0af0d", "f26abbcb-ac74-4422-8a30-edb644bbc1a9"
GET, LINKS = "5c4f972b-d56b-40ac-a5fc-c8ca9b40b9d4", "a7ae438b-4bc2-4642-93e9-be891f7bb155"
BY_REFERENCE = "12941a89-e02e-4be5-967c-ce4bfc8fe492"
PATIENT = f"'{cx(WHO)}'"
DOCUMENT, SET = "__XDSDocumentEntry", "__XDSSubmissionSet"


@pytest.fixture
def reader(client: Client) -> Client:
    """The patient let the professional read."""
    client.dmp.grant(WHO, USER)
    return client


def find(client: Client, identifier: str = FIND, kind: str = "LeafClass", **criteria: Any) -> list[etree._Element]:
    """The objects that a query finds, in the AIR mode."""
    if identifier in (FIND, BY_REFERENCE):
        criteria = {f"{DOCUMENT}PatientId": PATIENT, f"{DOCUMENT}Status": f"('{APPROVED}')", **criteria}
    response = client.send(TD31, query(identifier, kind, **criteria), client.reinforced())
    assert response.status_code == 200, response.text
    answer = etree.fromstring(response.content).find(".//{*}AdhocQueryResponse")
    assert answer is not None
    found = answer.find(f"{RIM}RegistryObjectList")
    assert found is not None
    return list(found)


def parts(response: requests.Response) -> list[bytes]:
    """The parts of an MTOM answer, its root first."""
    head = f"Content-Type: {response.headers['Content-Type']}\r\n\r\n".encode()
    message = email.message_from_bytes(head + response.content)
    assert message.get_content_type() == "multipart/related"
    return [part.get_payload(decode=True) for part in message.get_payload()]  # type: ignore[union-attr,misc]


def test_the_whole_life_of_a_document_with_an_independent_client(reader: Client) -> None:
    assert b'code="OK"' in reader.send(TD02, existence(WHO)).content
    deposit = Deposit(
        slots=slot("urn:ihe:iti:xds:2013:referenceIdList", "A1^^^&amp;1.2.3&amp;ISO^urn:ihe:iti:xds:2013:order")
    )
    entry = stored(reader, deposit)
    (found,) = find(reader)
    assert found.get("id") == entry and found.get("lid") == entry and found.get("status") == APPROVED
    slots = {
        node.get("name"): [value.text for value in node.iter(f"{RIM}Value")] for node in found.findall(f"{RIM}Slot")
    }
    content = deposit.document()
    assert slots["hash"] == [hashlib.sha1(content, usedforsecurity=False).hexdigest()]
    assert slots["size"] == [str(len(content))] and slots["repositoryUniqueId"] == ["1.2.250.1.213.4.1.1.1.2"]
    assert found.find(f"{RIM}VersionInfo").get("versionName") == "1"  # type: ignore[union-attr]
    assert {node.get("classifiedObject") for node in found.findall(f"{RIM}Classification")} == {entry}
    response = reader.send(TD32, retrieval(deposit.unique_id), reader.reinforced())
    root, document = parts(response)
    assert document == content and b"ResponseStatusType:Success" in root
    assert reader.last().operation == "TD3.2" and deposit.unique_id in reader.last().keys
    assert errors(reader.send(TD33, deletion(WHO, entry), reader.reinforced())) == []
    assert reader.last().operation == "TD3.3c" and find(reader) == []
    (gone,) = parts(reader.send(TD32, retrieval(deposit.unique_id), reader.reinforced()))
    assert b"XDSDocumentUniqueIdError" in gone


def test_criteria_of_a_search(reader: Client) -> None:
    entry = stored(reader, Deposit(code="11488-4"))
    stored(reader, Deposit(code="11502-2"))
    kept: dict[str, Any] = {
        "TypeCode": "('11488-4^^2.16.840.1.113883.6.1','18748-4^^2.16.840.1.113883.6.1')",
        "ClassCode": ("'42^^x'", "'10^^1.2.250.1.213.1.1.4.1'"),
        "ServiceStartTimeFrom": "20240101",
        "ServiceStartTimeTo": "20240102",
    }
    criteria = {f"{DOCUMENT}{name}": value for name, value in kept.items()}
    assert [one.get("id") for one in find(reader, **criteria)] == [entry]
    assert "$XDSDocumentEntryTypeCode" in reader.last().facts["criteria"]
    for name, value in (
        ("TypeCode", "('99999-9')"),
        ("ServiceStartTimeTo", "20240101"),
        ("CreationTimeFrom", "2025"),
        ("FormatCode", "('urn:autre')"),
        ("UniqueId", "('1.2.3')"),
    ):
        assert find(reader, **{**criteria, f"{DOCUMENT}{name}": value}) == [], name
    assert [one.tag for one in find(reader, kind="ObjectRef")] == [f"{RIM}ObjectRef"] * 2


def test_the_other_stored_queries(reader: Client) -> None:
    first = Deposit(slots=slot("urn:ihe:iti:xds:2013:referenceIdList", "A1^^^&amp;1.2.3&amp;ISO^urn:x"))
    old = stored(reader, first)
    related = f'<relatedDocument typeCode="RPLC"><parentDocument><id root="{first.unique_id}"/></parentDocument></relatedDocument>'
    new = stored(reader, Deposit(replaces=old, related=related))
    sets = find(reader, FIND_SETS, **{f"{SET}PatientId": PATIENT, f"{SET}Status": f"('{APPROVED}')"})
    assert [one.tag for one in sets] == [f"{RIM}RegistryPackage"] * 2
    late = {f"{SET}PatientId": PATIENT, f"{SET}Status": f"('{APPROVED}')", f"{SET}SubmissionTimeFrom": "2030"}
    assert find(reader, FIND_SETS, **late) == []
    links = find(reader, LINKS, __uuid=f"('{old}')")
    assert [one.get("associationType", "").rpartition(":")[2] for one in links] == ["HasMember", "RPLC"]
    assert {(one.get("sourceObject"), one.get("targetObject")) for one in links} >= {(new, old)}
    assert [one.get("id") for one in find(reader, GET, **{f"{DOCUMENT}EntryUUID": f"('{old}')"})] == [old]
    deprecated = f"('{APPROVED.replace('Approved', 'Deprecated')}')"
    reference = {f"{DOCUMENT}ReferenceIdList": "('A1^^^&amp;1.2.3&amp;ISO^urn:x')"}
    assert [one.get("id") for one in find(reader, BY_REFERENCE, **reference, **{f"{DOCUMENT}Status": deprecated})] == [
        old
    ]
    assert find(reader, BY_REFERENCE, **reference) == []


def test_documents_are_found_by_the_orders_they_refer_to(reader: Client) -> None:
    """ITI-18: the values of one slot are alternatives, several slots must all be met; a number alone is not a CXi."""

    def order(number: str, authority: str = "1.2.3") -> str:
        return f"{number}^^^&amp;{authority}&amp;ISO^urn:ihe:iti:xds:2013:order"

    def found(*asked: str, **more: Any) -> list[str]:
        criteria = "".join(slot(f"${DOCUMENT[2:]}ReferenceIdList", one) for one in asked)
        body = query(BY_REFERENCE, **{f"{DOCUMENT}PatientId": PATIENT, f"{DOCUMENT}Status": f"('{APPROVED}')", **more})
        answer = reader.send(TD31, body.replace("</r:AdhocQuery>", f"{criteria}</r:AdhocQuery>"), reader.reinforced())
        return [str(one.get("id")) for one in etree.fromstring(answer.content).iter(f"{RIM}ExtrinsicObject")]

    both = stored(reader, Deposit(slots=slot("urn:ihe:iti:xds:2013:referenceIdList", order("A1"), order("A2"))))
    one = stored(reader, Deposit(slots=slot("urn:ihe:iti:xds:2013:referenceIdList", order("A1", "1.2.4"), order("A3"))))
    stored(reader, Deposit())
    assert found(f"('{order('A1')}')") == [both] and found(f"('{order('A1', '1.2.4')}')") == [one]
    assert found(f"('{order('A1')}','{order('A3')}')") == [both, one]
    assert found(f"('{order('A1')}')", f"('{order('A2')}')") == [both]
    assert found(f"('{order('A1')}')", f"('{order('A3')}')") == []
    assert found("('A1')") == [] and found("('A1^^^^urn:ihe:iti:xds:2013:order')") == []
    assert found(f"('{order('A1')}')", **{f"{DOCUMENT}TypeCode": "('99999-9')"}) == []
    assert "$XDSDocumentEntryReferenceIdList" in reader.last().facts["criteria"]


def test_what_a_third_party_deposited_is_found_by_its_order(reader: Client) -> None:
    reader.dmp.seed(WHO, Seed(type_code="18748-4", orders=(("1.2.3", "A&1"),)))
    asked = {f"{DOCUMENT}ReferenceIdList": "('A&amp;1^^^&amp;1.2.3&amp;ISO^urn:ihe:iti:xds:2013:order')"}
    (entry,) = find(reader, BY_REFERENCE, **asked)
    values = [node.text for node in entry.iter(f"{RIM}Value")]
    assert "A&1^^^&1.2.3&ISO^urn:ihe:iti:xds:2013:order" in values
    _, document = parts(
        reader.send(TD32, retrieval(reader.dmp.documents(WHO.matricule)[0].unique_id), reader.reinforced())
    )
    number = etree.fromstring(document).find("{*}inFulfillmentOf/{*}order/{*}id")
    assert number is not None and (number.get("root"), number.get("extension")) == ("1.2.3", "A&1")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (query("00000000-0000-0000-0000-000000000000"), "XDSUnknownStoredQuery"),
        (query(FIND, **{f"{DOCUMENT}PatientId": PATIENT}), "XDSStoredQueryMissingParam"),
        (query(LINKS), "XDSStoredQueryMissingParam"),
        (query(GET), "XDSStoredQueryMissingParam"),
        (query(GET, **{f"{DOCUMENT}EntryUUID": "('a')", f"{DOCUMENT}UniqueId": "('b')"}), "XDSStoredQueryParamNumber"),
        (query(GET, "Tout", **{f"{DOCUMENT}EntryUUID": "('a')"}), "XDSRegistryError"),
    ],
)
def test_refused_queries(reader: Client, body: str, code: str) -> None:
    response = reader.send(TD31, body, reader.reinforced())
    assert [node.get("errorCode") for node in etree.fromstring(response.content).iter(f"{RS}RegistryError")] == [code]
    assert reader.last().facts["code"] == code


def test_a_query_about_another_patient_than_the_vihf(reader: Client) -> None:
    body = query(FIND, **{f"{DOCUMENT}PatientId": f"'{cx(OTHER)}'", f"{DOCUMENT}Status": f"('{APPROVED}')"})
    assert subcode(reader.send(TD31, body, reader.reinforced())) == "XDSPatientIdDoesNotMatch"


def test_retrieval_refusals_are_partial_and_in_mtom(reader: Client) -> None:
    deposit = Deposit()
    entry = stored(reader, deposit)
    root, document = parts(reader.send(TD32, retrieval(deposit.unique_id, entry), reader.reinforced()))
    assert b"PartialSuccess" in root and b"XDSDocumentUniqueIdError" in root and document == deposit.document()
    (root,) = parts(reader.send(TD32, retrieval(deposit.unique_id, repository="1.2"), reader.reinforced()))
    assert b"XDSUnknownRepositoryId" in root
    refused = reader.send(TD32, retrieval(deposit.unique_id), reader.vihf())
    assert refused.status_code == 400 and b"DMPAccessDeniedByRightsService" in parts(refused)[0]


def test_access_is_granted_by_the_patient(client: Client) -> None:
    for body, action in ((query(GET, **{f"{DOCUMENT}EntryUUID": "('a')"}), TD31), (retrieval("1.2"), TD32)):
        response = client.send(action, body, client.reinforced())
        assert b"DMPAccessDeniedByRightsService" in response.content
        assert "TD0.3" in client.last().facts["refused"]
    assert b"DMPOk" in client.send(TD03, authorization("AJOUT"), client.reinforced()).content
    assert b"VALIDE" in client.send(TD02, existence(WHO), client.reinforced()).content
    assert find(client) == []
    client.dmp.block(WHO)
    assert b"VALIDE" not in client.send(TD02, existence(WHO), client.reinforced()).content
    assert b"DMPAccessDeniedByRightsService" in client.send(TD03, authorization("AJOUT"), client.reinforced()).content
    assert errors(client.deposit(Deposit())) == []  # depositing asks for nobody's leave


def test_masked_documents_are_for_their_author_and_the_attending_doctor(reader: Client) -> None:
    stored(reader, Deposit(masks=("MASQUE_PS",)))
    assert len(find(reader)) == 1
    other = "899999999999"
    reader.dmp.grant(WHO, other)
    somebody = {"subject": f"<s:Subject><s:NameID>{other}</s:NameID></s:Subject>"}
    body = query(FIND, **{f"{DOCUMENT}PatientId": PATIENT, f"{DOCUMENT}Status": f"('{APPROVED}')"})
    assert b"ExtrinsicObject" not in reader.send(TD31, body, reader.reinforced(**somebody)).content
    reader.dmp.grant(WHO, other, doctor=True)
    assert b"ExtrinsicObject" in reader.send(TD31, body, reader.reinforced(**somebody)).content


def test_archiving_and_back(reader: Client) -> None:
    entry = stored(reader)
    assert errors(reader.send(TD33, deletion(WHO, entry, new="Archived"), reader.reinforced())) == []
    assert reader.last().operation == "TD3.3d" and find(reader) == []
    assert len(find(reader, **{f"{DOCUMENT}Status": f"('{CI_SIS}Archived')"})) == 1
    assert errors(reader.send(TD33, deletion(WHO, entry, new="Archived"), reader.reinforced())) == [
        "XDSMetadataUpdateError"
    ]
    back = deletion(WHO, entry, original=APPROVED.replace("Approved", "Archived"), new=APPROVED)
    assert errors(reader.send(TD33, back, reader.reinforced())) == []
    assert "Archived écrit" in reader.last().facts["warning"] and len(find(reader)) == 1


def test_masking_and_making_visible(reader: Client) -> None:
    deposit = Deposit(masks=("INVISIBLE_PATIENT",))
    entry = stored(reader, deposit)
    visible = Deposit(unique_id=deposit.unique_id)
    assert errors(reader.send(TD33, revision(visible, entry), reader.reinforced())) == []
    assert reader.last().operation == "TD3.3b"
    assert reader.dmp.documents(WHO.matricule)[0].confidentiality == ("N",)
    masked = Deposit(unique_id=deposit.unique_id, masks=("MASQUE_PS",))
    again = revision(masked, entry)
    assert errors(reader.send(TD33, again, reader.reinforced())) == ["XDSMetadataVersionError"]
    assert errors(reader.send(TD33, revision(masked, entry, "2"), reader.reinforced())) == []
    assert reader.last().operation == "TD3.3a"
    (found,) = find(reader)
    assert found.find(f"{RIM}VersionInfo").get("versionName") == "3"  # type: ignore[union-attr]
    assert len(reader.dmp.documents(WHO.matricule)) == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"lid": ""}, "XDSMetadataIdentifierError"),
        ({"edit": lambda text: text.replace("11488-4", "11502-2")}, "UnmodifiableMetadataError"),
        ({"edit": lambda text: text.replace("MASQUE_PS", "AUTRE")}, "XDSRegistryMetadataError"),
        ({"edit": lambda text: text.replace(">Original<", ">Reference<")}, "XDSMetadataUpdateError"),
    ],
    ids=["no lid", "type changed", "unknown mask", "member not original"],
)
def test_refused_revisions(reader: Client, change: dict[str, Any], code: str) -> None:
    deposit = Deposit()
    entry = stored(reader, deposit)
    body = revision(Deposit(unique_id=deposit.unique_id, masks=("MASQUE_PS",)), **{"lid": entry, **change})
    assert errors(reader.send(TD33, body, reader.reinforced())) == [code]
    assert reader.dmp.documents(WHO.matricule)[0].confidentiality == ("N",)


def test_the_list_of_records_and_of_professionals(reader: Client) -> None:
    about_nobody = reader.vihf(changes={"resource": None})
    for kind, count in (("LASTAUTORIZATION", 1), ("LASTDOC", 0)):
        body = operation("patientList", startDate="20240101000000", dateType=kind)
        response = reader.send(TD04, body, about_nobody)
        assert response.text.count(WHO.matricule) == count and "DMPOk" in response.text, response.text
    assert reader.last().operation == "TD0.4"
    stored(reader)
    assert WHO.matricule in reader.send(TD04, body, about_nobody).text
    assert subcode(reader.send(TD04, operation("patientList"), about_nobody)) == "Sender"
    reader.dmp.block(WHO, "899999999999")
    for mode, expected in (("ACTIVE", {USER}), ("INTERDITE", {"899999999999"}), ("TOUTE", {USER, "899999999999"})):
        response = reader.send(TD16, operation("listAuthorizationByPatient", mode=mode), reader.direct())
        assert {node.text for node in etree.fromstring(response.content).iter("{*}nationalId")} == expected
    assert reader.last().operation == "TD1.6"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("TableauDeBord", 200),
        (f"TableauDeBord/{WHO.matricule}", 200),
        (f"DossierPatient/{WHO.matricule}", 200),
        ("DossierPatient", 400),
        (f"DossierPatient/{WHO.matricule[:13]}", 400),
        (f"DossierPatient/{OTHER.matricule}", 404),
        (f"Parametrages/{WHO.matricule}", 400),
        ("Inconnue", 404),
    ],
)
def test_contextual_web_access(client: Client, path: str, status: int) -> None:
    url = client.dmp.web + path
    response = requests.get(url, verify=str(client.pki.trust), timeout=10)
    assert response.status_code == status and "<script" not in response.text
    last = client.last()
    assert last.operation == "TD0.9" and last.facts["status"] == str(status)
    assert ("refused" in last.facts) == (status != 200)
    assert (WHO.matricule in last.keys) == (WHO.matricule in path)
    assert SOAP not in response.text
