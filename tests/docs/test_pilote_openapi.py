"""The published Pilote LPS API: a sound OpenAPI 3.1 document, the same actions as the driver, true of the reference LPS."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from conformance.drivers.actions import ACTIONS, BASE
from conformance.drivers.http import USER_HEADER
from conformance.drivers.lab_report import mail, report
from conformance.model.identity import invent
from conformance.reference_lps.routes import actions as offered
from tests.conftest import ROOT
from tests.reference_lps.directory_kit import extraction
from tests.reference_lps.lps_kit import Pilot, Pki, running, service

PAGE = ROOT / "docs" / "pilote-lps.yaml"
METHODS = ("get", "post", "put", "patch", "delete")
TOP = {"openapi", "info", "servers", "tags", "paths", "components"}
OPERATION = {"operationId", "tags", "summary", "description", "requestBody", "responses"}


@pytest.fixture(scope="module")
def api() -> dict[str, Any]:
    document = yaml.safe_load(PAGE.read_text(encoding="utf-8"))
    assert isinstance(document, dict)
    return document


def operations(api: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in api["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def resolved(api: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """What a local reference points to; a KeyError is a reference to nothing."""
    while "$ref" in node:
        assert node["$ref"].startswith("#/"), node["$ref"]
        found: Any = api
        for step in node["$ref"][2:].split("/"):
            found = found[step.replace("~1", "/")]
        node = found
    return node


def checker(api: dict[str, Any], schema: dict[str, Any]) -> Draft202012Validator:
    """A validator of one schema of the document, which finds the others by reference."""
    return Draft202012Validator({"components": api["components"], **schema})


def json_schema(api: dict[str, Any], holder: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = resolved(api, holder)["content"]["application/json"]["schema"]
    return schema


def walk(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from walk(value)
    elif isinstance(node, list):
        for value in node:
            yield from walk(value)


def test_the_document_has_the_shape_of_openapi_3_1(api: dict[str, Any]) -> None:
    assert re.fullmatch(r"3\.1\.\d+", api["openapi"])
    assert set(api) == TOP
    assert api["info"]["title"]
    assert isinstance(api["info"]["version"], str)
    tags = {tag["name"] for tag in api["tags"]}
    for path, method, operation in operations(api):
        where = f"{method} {path}"
        assert set(operation) <= OPERATION, where
        assert set(operation["tags"]) <= tags, where
        assert operation["summary"].strip(), where
        assert all(re.fullmatch(r"[1-5](\d\d|XX)", code) for code in operation["responses"]), where
        assert all(resolved(api, answer)["description"] for answer in operation["responses"].values()), where
        assert (method in ("get", "delete")) == ("requestBody" not in operation), where
    for path, item in api["paths"].items():
        assert path.startswith("/"), path
        assert set(item) <= {"parameters", *METHODS}, path
    assert api["servers"][0]["url"].endswith(BASE)


def test_every_reference_leads_somewhere(api: dict[str, Any]) -> None:
    references = [node for node in walk(api) if "$ref" in node]
    assert len(references) > 100
    for node in references:
        assert resolved(api, node), node["$ref"]


def test_a_reference_to_nothing_would_be_seen(api: dict[str, Any]) -> None:
    with pytest.raises(KeyError):
        resolved(api, {"$ref": "#/components/schemas/Inconnu"})


def test_path_parameters_are_declared_and_headers_are_everywhere(api: dict[str, Any]) -> None:
    for path, item in api["paths"].items():
        parameters = [resolved(api, parameter) for parameter in item["parameters"]]
        declared = {parameter["name"] for parameter in parameters if parameter["in"] == "path"}
        assert declared == set(re.findall(r"\{(\w+)\}", path)), path
        assert all(parameter["required"] is True for parameter in parameters if parameter["in"] == "path"), path
        headers = {parameter["name"] for parameter in parameters if parameter["in"] == "header"}
        assert headers == {USER_HEADER, "X-Pilote-Role"}, path


def test_schemas_are_json_schemas_and_nothing_in_them_is_unused(api: dict[str, Any]) -> None:
    schemas = api["components"]["schemas"]
    for name, schema in schemas.items():
        Draft202012Validator.check_schema(schema)
        for one in walk(schema.get("properties", {})):
            assert set(one.get("required", ())) <= set(one.get("properties", one.get("required", ()))), name
    used = {
        node["$ref"].split("/")[3] for node in walk(api) if node.get("$ref", "").startswith("#/components/schemas/")
    }
    assert used == set(schemas)


def test_examples_obey_their_schemas(api: dict[str, Any]) -> None:
    seen = 0
    for name, schema in api["components"]["schemas"].items():
        for example in schema.get("examples", ()):
            checker(api, {"$ref": f"#/components/schemas/{name}"}).validate(example)
            seen += 1
    for holder in walk(api):
        if "schema" in holder and "example" in holder:
            checker(api, holder["schema"]).validate(holder["example"])
            seen += 1
    assert seen >= 30


def test_a_wrong_example_would_be_seen(api: dict[str, Any]) -> None:
    patient = dict(api["components"]["schemas"]["Patient"]["examples"][0], statut="CERTIFIEE")
    with pytest.raises(ValidationError, match="CERTIFIEE"):
        checker(api, {"$ref": "#/components/schemas/Patient"}).validate(patient)


def test_the_actions_are_those_of_the_driver(api: dict[str, Any]) -> None:
    published = {operation["operationId"]: (method.upper(), path) for path, method, operation in operations(api)}
    assert len(published) == len(list(operations(api)))
    assert published == {action.name: (action.method, action.path) for action in ACTIONS.values()}
    for _, _, operation in operations(api):
        success = operation["responses"][next(iter(operation["responses"]))]
        assert ("application/json" not in success["content"]) == ACTIONS[operation["operationId"]].raw
        assert resolved(api, operation["responses"]["4XX"])["content"], operation["operationId"]


def test_the_actions_are_those_of_the_reference_lps(api: dict[str, Any]) -> None:
    published = {
        operation["operationId"]: (method.upper(), path, next(iter(operation["responses"])))
        for path, method, operation in operations(api)
    }
    assert published == {action.name: (action.method, action.path, str(action.status)) for action in offered()}


@pytest.fixture(scope="module")
def pilot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pilot]:
    """A reference LPS whose national services do not answer: every action must answer all the same."""
    folder: Path = tmp_path_factory.mktemp("pilote")
    box = {
        "adresse": "camille.exemple@operateur.mssante.test",
        "libelle": "Dr_Camille_EXEMPLE",
        "authentification": "XOAUTH2",
    }
    mss = {
        "hote": "127.0.0.1",
        "port": 9,
        "domaine": "operateur.mssante.test",
        "boites": {
            "personnelle": {**box, "mot_de_passe": "invente"},
            "applicative": {
                **box,
                "authentification": "CERTIFICAT",
                "adresse_retour": "accueil@operateur.mssante.test",
            },
        },
    }
    keys = Pki(folder)
    # The directory alone answers: records are drawn from it.
    with service(keys, lambda asked: (200, "application/zip", extraction())) as listed:
        directory = {"extraction": f"{listed.url}/x", "fhir": f"{listed.url}/fhir", "cle": "invente"}
        with running(keys.bench(folder, mss=mss, annuaire=directory), folder) as live:
            yield live


def unknown_patient() -> dict[str, str]:
    """A mail with a report about somebody whom the LPS does not know."""
    source = mail(report("inconnu", invent(7, "pilote", 0)), pdf=b"%PDF-1.4")
    return {"source": base64.b64encode(source).decode()}


def known_ids(pilot: Pilot, api: dict[str, Any]) -> dict[str, str]:
    """A patient, a draft, a login and an account, made with the published examples."""
    traits = example_of(api, "creer_patient")
    patient = str(pilot.post("/patients", traits)["id"])
    draft = {**example_of(api, "ecrire_document"), "patient": patient}
    document = str(pilot.post("/documents", draft)["id"])
    pilot.post("/annuaire/integrations")
    listed = example_of(api, "creer_utilisateur")
    account = str(pilot.post("/comptes", example_of(api, "creer_compte"))["id"])
    return {
        "comptes": account,
        "patients": patient,
        "documents": document,
        "documents-recus": str(pilot.post("/courriels-recus", unknown_patient())["en_attente"][0]["id"]),
        "connexions": str(pilot.post("/connexions/psc")["session"]),
        "utilisateurs": str(pilot.post("/utilisateurs", listed)["id"]),
        "correspondants": str(pilot.post(f"/patients/{patient}/correspondants", listed)["id"]),
    }


def example_of(api: dict[str, Any], name: str) -> dict[str, Any]:
    operation = next(one for _, _, one in operations(api) if one["operationId"] == name)
    example: dict[str, Any] = operation["requestBody"]["content"]["application/json"]["example"]
    return example


def test_the_reference_lps_answers_as_published(pilot: Pilot, api: dict[str, Any]) -> None:
    """Every published example is accepted, and every answer, refusals included, obeys the published schema."""
    ids, answered = known_ids(pilot, api), 0
    refused = json_schema(api, api["components"]["responses"]["Refus"])
    for path, method, operation in operations(api):
        name = operation["operationId"]
        body = example_of(api, name) if "requestBody" in operation else None
        if name == "ecrire_document":
            body = {**(body or {}), "patient": ids["patients"]}
        if name == "integrer_document_recu":
            body = {**(body or {}), "patient": ids["patients"]}
        if name == "lire_courriel":  # only an operator can make one
            continue
        if name == "precharger_dmp":
            body = {**(body or {}), "patients": [ids["patients"]]}
        target = path.replace("{id}", ids.get(path.split("/")[1], ""))
        answer = pilot.call(method.upper(), target, body)
        assert answer.status_code in (200, 201, 409), f"{name}: {answer.text}"
        if answer.status_code == 409:
            checker(api, refused).validate(answer.json())
        elif not ACTIONS[name].raw:
            success = operation["responses"][str(answer.status_code)]
            checker(api, json_schema(api, success)).validate(answer.json())
            answered += 1
        else:
            assert answer.headers["Content-Type"].startswith(next(iter(operation["responses"]["200"]["content"])))
    assert answered > 20


def test_unknown_objects_and_ill_formed_requests_are_refused_as_published(pilot: Pilot, api: dict[str, Any]) -> None:
    refused = checker(api, json_schema(api, api["components"]["responses"]["Refus"]))
    for answer, status in (
        (pilot.call("GET", "/patients/0f6b7a3e-52c1-4c8e-9f0d-6a1b2c3d4e5f"), 404),
        (pilot.call("POST", "/patients", {"nom_naissance": "SEUL"}), 400),
        (pilot.call("PUT", "/reglages", {"insi_mode": "AUTRE"}), 400),
        (pilot.call("GET", "/etat", None, X_Pilote_Role="roi"), 400),
    ):
        assert answer.status_code == status, answer.text
        refused.validate(answer.json())
