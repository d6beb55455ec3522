"""The directory reached as an integrator would reach it: requests and csv for the extraction, fhirpy for the API.

``fhir.resources`` has no plain R4; its R4B models, which say the same of these three resources, validate what is served.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator

import pytest
import requests
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.operationoutcome import OperationOutcome
from fhirpy import SyncFHIRClient
from fhirpy.base.exceptions import ForbiddenError, ResourceNotFound
from stdnum import luhn

from conformance.journal import Journal
from conformance.model.directory import Listed, list_one
from conformance.model.evidence import Channel
from conformance.simulators.annuaire import FAULTS, POPULATION, Annuaire
from conformance.simulators.annuaire.extract import COLUMNS, LAYOUTS
from conformance.simulators.pki import Pki

KEY = "cle-d-essai-du-banc"


@pytest.fixture
def annuaire(journal: Journal, pki: Pki) -> Iterator[Annuaire]:
    service = Annuaire(journal, pki, key=KEY)
    service.start()
    yield service
    service.stop()


@pytest.fixture
def trust(pki: Pki) -> str:
    return str(pki.trust)


@pytest.fixture
def client(annuaire: Annuaire, trust: str) -> SyncFHIRClient:
    headers = {"ESANTE-API-KEY": KEY}
    return SyncFHIRClient(annuaire.fhir_url, extra_headers=headers, requests_config={"verify": trust, "timeout": 10})


def table(annuaire: Annuaire, trust: str, kind: str = "Personne_activite", charset: str = "utf-8") -> list[list[str]]:
    """The lines of a file of the zip, header first, as Python's own csv reads them."""
    answer = requests.get(annuaire.extraction_url, verify=trust, timeout=10)
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        (name,) = [one for one in archive.namelist() if f"_{kind}_" in one]
        text = archive.read(name).decode(charset)
    assert '"' not in text
    return list(csv.reader(io.StringIO(text), delimiter="|", quoting=csv.QUOTE_NONE))


def homonyms(number: int) -> list[Listed]:
    return [list_one(3, "homonymes", rank).with_(nom="ROUVRAYE-ESSAI") for rank in range(number)]


def test_the_extraction_has_56_columns_and_a_line_for_each_activity(annuaire: Annuaire, trust: str) -> None:
    one = list_one(1, "publie")
    annuaire.publish(one)
    header, *rows = table(annuaire, trust)
    assert len(COLUMNS) == 56 and header == [*COLUMNS, ""]
    assert {len(row) for row in rows} == {57} and {row[-1] for row in rows} == {""}
    assert len(rows) == POPULATION + 2
    (found,) = [dict(zip(header, row, strict=True)) for row in rows if row[1] == one.rpps]
    assert found["Nom d'exercice"] == one.nom and found["Prénom d'exercice"] == one.prenom
    assert found["Identification nationale PP"] == f"8{one.rpps}" and found["Code savoir-faire"] == one.savoir_faire
    assert one.mailbox not in found.values()


def test_only_invented_professionals_are_served(annuaire: Annuaire, trust: str) -> None:
    numbers = [row[1] for row in table(annuaire, trust)[1:]]
    assert len(set(numbers)) == len(numbers) == POPULATION + 1
    assert all(luhn.is_valid(number) and number.startswith("8999") for number in numbers)


def test_the_name_of_the_file_tells_its_time_and_never_comes_twice(annuaire: Annuaire, trust: str) -> None:
    names = []
    for _ in range(3):
        told = requests.get(annuaire.extraction_url, verify=trust, timeout=10).headers["Content-Disposition"]
        names.append(told.partition('"')[2].removesuffix('"'))
    assert len(set(names)) == 3 and names == sorted(names)
    assert all(
        name.startswith("PS_LibreAcces_2") and len(name) == len("PS_LibreAcces_202601010000.zip") for name in names
    )


def test_the_layouts_that_were_seen(annuaire: Annuaire, trust: str) -> None:
    annuaire.lay_out("older-labels")
    older = table(annuaire, trust)[0]
    assert "Libellé civilité exercice" in older and "Identifiant technique de la Structure" in older
    annuaire.lay_out("skills-apart")
    apart, skills = table(annuaire, trust)[0], table(annuaire, trust, "SavoirFaire")
    assert len(apart) == 53 and "Code savoir-faire" not in apart
    assert skills[0][6] == "Libellé savoir-faire" and len(skills) == POPULATION + 2
    annuaire.lay_out("unknown-header")
    assert "Identifiant PP" not in table(annuaire, trust)[0]
    annuaire.lay_out("usual", "latin-1")
    assert "Prénom d'exercice" in table(annuaire, trust, charset="latin-1")[0]
    annuaire.clear()
    assert table(annuaire, trust)[0][:-1] == list(COLUMNS)
    assert set(LAYOUTS) == {"usual", "older-labels", "skills-apart", "unknown-header"}


def test_a_client_finds_a_professional_by_number_and_by_name(annuaire: Annuaire, client: SyncFHIRClient) -> None:
    one = list_one(2, "fhir").with_(nom="L’ÉCLUSIER-ESSAI")
    annuaire.publish(one)
    by_number = client.resources("Practitioner").search(identifier=one.rpps).fetch()
    by_national = client.resources("Practitioner").search(identifier=f"urn:oid:1.2.250.1.71.4.2.1|8{one.rpps}").fetch()
    by_name = client.resources("Practitioner").search(family="l’eclusier", given=one.prenom[:3].lower()).fetch()
    exact = client.resources("Practitioner").search(family__exact="l’eclusier").fetch()
    assert [found["id"] for found in (*by_number, *by_national, *by_name)] == [f"003-{one.rpps}"] * 3
    assert exact == []
    role = client.resources("PractitionerRole").search(practitioner=f"Practitioner/003-{one.rpps}").first()
    assert role is not None
    assert client.reference(reference=role["organization"]["reference"]).to_resource()["name"] == one.raison_sociale


def test_a_mailbox_is_searched_and_told_from_an_ordinary_address(annuaire: Annuaire, client: SyncFHIRClient) -> None:
    one = list_one(2, "boite").with_(structure_mailbox="cabinet.essai@autre.mssante.test")
    annuaire.publish(one, list_one(2, "sans").with_(mailbox=None))
    found = client.resources("Practitioner").search(**{"mailbox-mss": one.mailbox}).fetch()
    assert [who["id"] for who in found] == [f"003-{one.rpps}"]
    ordinary, secure = found[0]["telecom"]
    assert ordinary["value"] == one.email and "extension" not in ordinary
    kinds = {extension["valueCoding"]["code"] for extension in secure["extension"] if "valueCoding" in extension}
    assert secure["value"] == one.mailbox and kinds == {"MSSANTE"}
    assert client.resources("Practitioner").search(**{"mailbox-mss": one.email}).fetch() == []
    shared = client.resources("Organization").search(**{"mailbox-mss": "cabinet.essai@autre.mssante.test"}).fetch()
    assert [structure["id"] for structure in shared] == [f"001-{one.structure}"]
    kind = "https://mos.esante.gouv.fr/NOS/TRE_R257-TypeBAL/FHIR/TRE-R257-TypeBAL|PER"
    boxed = client.resources("Practitioner").search(**{"mailbox-mss-type": kind}).fetch_all()
    assert len(boxed) == POPULATION + 1


def test_pages_are_of_50_and_hold_everyone_once(annuaire: Annuaire, client: SyncFHIRClient) -> None:
    annuaire.publish(*homonyms(120))
    search = client.resources("Practitioner").search(family="ROUVRAYE-ESSAI")
    first = search.fetch_raw()
    assert (first["total"], len(first["entry"])) == (120, 50)
    everyone = [found["id"] for found in search.fetch_all()]
    assert len(everyone) == len(set(everyone)) == 120


def test_what_is_served_is_valid_fhir(annuaire: Annuaire, client: SyncFHIRClient) -> None:
    one = list_one(4, "valide").with_(structure_mailbox="cabinet.valide@autre.mssante.test")
    annuaire.publish(one)
    for kind in ("Practitioner", "PractitionerRole", "Organization"):
        raw = client.resources(kind).search(_lastUpdated="ge2026-01-01").fetch_raw()
        bundle = Bundle.model_validate(raw)
        assert bundle.type == "searchset" and len(bundle.entry) == POPULATION + 2
    some = client.resources("Practitioner").search(identifier=one.rpps).elements("identifier", "telecom").fetch_raw()
    (entry,) = Bundle.model_validate(some).entry
    assert entry.resource.name is None and entry.resource.telecom[1].value == one.mailbox


def test_a_search_by_post_is_the_same(annuaire: Annuaire, trust: str) -> None:
    one = list_one(5, "post")
    annuaire.publish(one)
    url, headers = f"{annuaire.fhir_url}/Practitioner/_search", {"ESANTE-API-KEY": KEY}
    body = {"identifier": f"https://rpps.esante.gouv.fr|{one.rpps}"}
    found = requests.post(url, data=body, headers=headers, verify=trust, timeout=10).json()
    assert [entry["resource"]["id"] for entry in found["entry"]] == [f"003-{one.rpps}"]


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/Practitioner?famille=A", 400, "Unknown search parameter"),
        ("/Practitioner?family:soundex=A", 400, "Invalid modifier"),
        ("/Practitioner?_lastUpdated=hier", 400, "Invalid date"),
        ("/Practitioner?family=", 400, "No value"),
        ("/Practitioner?_count=beaucoup", 400, "_count"),
        ("/Patient", 404, "Unknown resource type"),
        ("/Practitioner/003-1", 404, "is not known"),
        ("?_getpages=inconnu&_getpagesoffset=50", 404, "does not exist"),
        ("/Practitioner/003-1/_history/2", 405, "GET"),
    ],
)
def test_what_is_refused_is_told_as_an_operation_outcome(
    annuaire: Annuaire, trust: str, path: str, status: int, words: str
) -> None:
    answer = requests.get(annuaire.fhir_url + path, headers={"ESANTE-API-KEY": KEY}, verify=trust, timeout=10)
    assert answer.status_code == status
    (issue,) = OperationOutcome.model_validate(answer.json()).issue
    assert issue.severity == "error" and words in issue.diagnostics


def test_the_key_is_asked_for_and_never_written_down(
    annuaire: Annuaire, client: SyncFHIRClient, trust: str, journal: Journal
) -> None:
    for headers, status in (({}, 401), ({"ESANTE-API-KEY": "autre"}, 403)):
        answer = requests.get(f"{annuaire.fhir_url}/Practitioner", headers=headers, verify=trust, timeout=10)
        assert answer.status_code == status and answer.json()["resourceType"] == "OperationOutcome"
    client.resources("Practitioner").limit(1).fetch()
    written = "".join(path.read_text(encoding="utf-8") for path in (journal.folder / "journal").glob("*.jsonl"))
    assert "masqué" in written and KEY not in written


def test_each_fault_shows_and_is_lifted(annuaire: Annuaire, client: SyncFHIRClient, trust: str) -> None:
    annuaire.publish(*homonyms(60))

    def status() -> int:
        return requests.get(annuaire.extraction_url, verify=trust, timeout=10).status_code

    annuaire.fault("absent")
    assert status() == 404
    annuaire.fault("http-503")
    assert status() == 503
    annuaire.fault("truncated")
    with pytest.raises(zipfile.BadZipFile):
        table(annuaire, trust)
    annuaire.fault("garbage")
    with pytest.raises(zipfile.BadZipFile):
        table(annuaire, trust)
    annuaire.fault("reset")
    with pytest.raises(requests.ConnectionError):
        status()
    annuaire.fault("slow", delay_s=5)
    with pytest.raises(requests.Timeout):
        requests.get(annuaire.extraction_url, verify=trust, timeout=0.5)
    annuaire.fault("wrong-key")
    with pytest.raises(ForbiddenError):
        client.resources("Practitioner").fetch()
    annuaire.fault("paging-cut")
    with pytest.raises(ResourceNotFound):
        client.resources("Practitioner").search(family="ROUVRAYE-ESSAI").fetch_all()
    annuaire.clear()
    assert len(client.resources("Practitioner").search(family="ROUVRAYE-ESSAI").fetch_all()) == 60
    with pytest.raises(ValueError, match="truncated"):
        annuaire.fault("truncate")
    assert len(FAULTS) == 8


def test_every_exchange_is_written_down_with_whom_it_is_about(
    annuaire: Annuaire, client: SyncFHIRClient, trust: str, journal: Journal
) -> None:
    one = list_one(6, "journal")
    annuaire.publish(one)
    table(annuaire, trust)
    client.resources("Practitioner").search(identifier=f"8{one.rpps}").fetch()
    extraction, search = journal.exchanges(Channel.ANNUAIRE)
    assert extraction.facts["lignes"] == str(POPULATION + 2)
    assert extraction.facts["fichier"].startswith("PS_LibreAcces_")
    assert (search.operation, search.facts["total"]) == ("FHIR Practitioner recherche", "1")
    assert search.keys == one.keys == {one.rpps}
    assert journal.exchanges(Channel.ANNUAIRE, key=one.rpps)[0].number == search.number


def test_hostile_requests_leave_the_service_up(annuaire: Annuaire, client: SyncFHIRClient, trust: str) -> None:
    headers = {"ESANTE-API-KEY": KEY}
    for path in (
        "/Practitioner?family=%FF%00",
        "/%2e%2e/Practitioner",
        "?_getpages=",
        "/Practitioner?" + "a=b&" * 3000,
    ):
        answer = requests.get(annuaire.fhir_url + path, headers=headers, verify=trust, timeout=10)
        assert answer.status_code in (200, 400, 404), path
    posted = requests.post(
        f"{annuaire.fhir_url}/Practitioner/_search", data=b"\xff" * 5000, headers=headers, verify=trust, timeout=10
    )
    assert posted.status_code in (200, 400)
    assert client.resources("Practitioner").limit(1).first() is not None
