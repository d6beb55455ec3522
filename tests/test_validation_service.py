"""``check --serve``: a real process, a real HTTP client, sound documents, hostile ones, and fifty clients at once."""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from conformance.validation.packs import GENERIC
from tests.validation.pack_kit import make_pack

ROOT = Path(__file__).resolve().parents[1]
CDA = '<ClinicalDocument xmlns="urn:hl7-org:v3"><id root="1.2.{}"/>\n<title>T</title></ClinicalDocument>'
RULE = """<schema xmlns="http://purl.oclc.org/dsdl/schematron" queryBinding="xslt2"><ns prefix="c" uri="urn:hl7-org:v3"/>
<pattern id="p"><rule context="c:title"><assert test="false()" role="{}">{}</assert></rule></pattern></schema>"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A service in its own process, on a free port, with a small pack."""
    folder = tmp_path_factory.mktemp("service")
    pack = make_pack(folder / "pack")
    (pack / GENERIC["ANS"]).write_text(RULE.format("warning", "à revoir"), encoding="utf-8")
    (pack / "schematrons" / "CI-SIS_VAC_2023.01.sch").write_text(RULE.format("error", "interdit"), encoding="utf-8")
    words = ["check", "--serve", "--port", "0", "--workers", "2", "--timeout", "20", "--pack", str(pack)]
    kept = {key: value for key, value in os.environ.items() if not key.startswith("SEGUR_")}
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "run_conformance.py"), *words],
        cwd=folder, stdout=subprocess.PIPE, env=kept | {"XDG_CACHE_HOME": str(folder)},
    )  # fmt: skip
    assert process.stdout is not None
    try:
        said = process.stdout.readline().decode()
        found = re.search(r"http://127\.0\.0\.1:\d+", said)
        assert found is not None, said
        yield found.group()
    finally:
        process.send_signal(signal.SIGINT if sys.platform != "win32" else signal.SIGTERM)
        assert process.wait(20) in (0, 4, 1 if sys.platform == "win32" else 0)
        process.stdout.close()


def item(content: bytes | str, name: str = "a.xml") -> dict[str, str]:
    data = content.encode() if isinstance(content, str) else content
    return {"itemId": name, "content": base64.b64encode(data).decode(), "role": "document"}


def ask(address: str, *items: Mapping[str, Any], profile: str = "auto", **more: Any) -> requests.Response:
    body = {"apiVersion": "1.0", "validationServiceName": "x", "validationProfileId": profile, "validationItems": items}
    return requests.post(f"{address}/gazelle/validation/validate", json=body | more, timeout=60)


def told(address: str, *items: Mapping[str, Any], profile: str = "auto") -> dict[str, Any]:
    answer = ask(address, *items, profile=profile)
    assert answer.status_code == 200, answer.text
    data: dict[str, Any] = answer.json()
    return data


def rules(part: Mapping[str, Any]) -> set[str]:
    return {each["assertionID"] for each in part["assertionReports"]}


def test_the_profiles_and_the_metadata(address: str) -> None:
    listed = requests.get(f"{address}/gazelle/validation/profiles", timeout=30).json()
    ids = [each["profileID"] for each in listed]
    assert ids[:2] == ["auto", "cda"]
    assert {"pdf", "xdm", "cda/VAC_2023.01"} <= set(ids)
    metadata = requests.get(f"{address}/gazelle/metadata", timeout=30).json()
    (interface,) = metadata["providedInterfaces"]
    assert interface["bindings"][0]["serviceUrl"] == f"{address}/gazelle/validation/validate"
    assert interface["validationProfiles"] == listed
    assert requests.get(f"{address}/health", timeout=30).json()["status"] == "UP"


def test_a_report_says_where_what_and_how_grave(address: str) -> None:
    data = told(address, item(CDA.format(1), "lettre.xml"), profile="cda/VAC_2023.01")
    assert (data["modelVersion"], data["overallResult"]) == ("0.1", "FAILED")
    assert data["validationMethod"]["validationProfileID"] == "cda/VAC_2023.01"
    assert data["validationMethod"]["validationProfileVersion"].startswith("sha256:")
    (part,) = data["reports"]
    (volet,) = (each for each in part["assertionReports"] if each["assertionID"].startswith("VOLET/p/"))
    assert (volet["severity"], volet["result"], volet["priority"]) == ("ERROR", "FAILED", "MANDATORY")
    assert volet["subjectLocation"] == "line 2, column 1, XPath: /ClinicalDocument/title"
    assert volet["subjectValue"] == "<title>"
    (ans,) = (each for each in part["assertionReports"] if each["assertionID"].startswith("ANS/p/"))
    assert (ans["severity"], ans["priority"]) == ("WARNING", "RECOMMENDED")
    assert part["subCounters"]["numberOfFailedWithErrors"] == sum(
        each["severity"] == "ERROR" for each in part["assertionReports"]
    )
    assert data["counters"] == part["subCounters"]
    assert data["validationItems"][0]["itemId"] == "lettre.xml"


def test_what_is_not_judged_is_never_passed(address: str) -> None:
    data = told(address, item("bonjour", "notes.txt"))
    assert (data["overallResult"], rules(data["reports"][0])) == ("UNDEFINED", {"file.not-judged"})


def test_fifty_clients_at_once_each_get_their_own_answer(address: str) -> None:
    def one(number: int) -> str:
        data = told(address, item(CDA.format(number), f"{number}.xml"), profile="cda/VAC_2023.01")
        assert base64.b64decode(data["validationItems"][0]["content"]) == CDA.format(number).encode()
        assert data["reports"][0]["name"].startswith(f"{number}.xml")
        return str(data["uuid"])

    with ThreadPoolExecutor(50) as clients:
        assert len(set(clients.map(one, range(50)))) == 50


def test_several_documents_of_one_request_keep_their_order(address: str) -> None:
    data = told(address, item(CDA.format(1), "a.xml"), item("", "b.xml") | {"content": "IA=="}, item("<x", "c.xml"))
    assert [part["name"].split(" ")[0] for part in data["reports"]] == ["a.xml", "b.xml", "c.xml"]
    assert data["overallResult"] == "FAILED"
    assert rules(data["reports"][1]) == {"file.empty"}


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><ClinicalDocument xmlns="urn:hl7-org:v3">&x;</ClinicalDocument>', "gate.doctype"),
        (b'<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><a>&b;</a>', "gate.doctype"),
        (b'<ClinicalDocument xmlns="urn:hl7-org:v3">' + b"<a>" * 5000, "gate.depth"),
        (b"<" * 100_000, "gate.well-formed"),
        (b"\x00\xff" * 1000, "gate.encoding.invalid"),
    ],
    ids=["xxe", "laughs", "depth", "markup", "noise"],
)  # fmt: skip
def test_hostile_documents_are_refused_with_a_finding(address: str, content: bytes, rule: str) -> None:
    part = told(address, item(content))["reports"][0]
    assert rule in rules(part)
    assert "root:" not in json.dumps(part)


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"{", 400, "JSON"),
        (b"[" * 200_000, 400, "JSON"),
        (b"[]", 400, "objet"),
        (b'{"validationProfileId": "cda", "inputs": []}', 400, "version 1"),
        (b'{"validationProfileId": 3, "validationItems": [{}]}', 400, "validationProfileId"),
        (b'{"validationProfileId": "cda", "validationItems": []}', 400, "au moins un"),
        (b'{"validationProfileId": "cda", "validationItems": [3]}', 400, "rang 1"),
        (b'{"validationProfileId": "cda", "validationItems": [{"content": "@@"}]}', 400, "base64"),
        (
            b'{"validationProfileId": "cda", "validationItems": [{"location": "http://127.0.0.1/"}]}',
            400,
            "jamais suivie",
        ),
        (
            b'{"validationProfileId": "cda", "validationItems": [{"content": "IA==", "itemId": {}}]}',
            400,
            "textes courts",
        ),
        (
            b'{"validationProfileId": "cda/VAC_2022.01", "validationItems": [{"content": "IA=="}]}',
            404,
            "cda/VAC_2023.01",
        ),
        (json.dumps({"validationProfileId": "cda", "validationItems": [{"content": "IA=="}] * 51}).encode(), 400, "50"),
    ],
)
def test_a_request_that_cannot_be_served_is_told_why(address: str, body: bytes, status: int, words: str) -> None:
    url = f"{address}/gazelle/validation/validate"
    answer = requests.post(url, data=body, headers={"Content-Type": "application/json"}, timeout=30)
    assert answer.status_code == status
    assert words in answer.json()["error"]


def test_other_refusals(address: str) -> None:
    url = f"{address}/gazelle/validation/validate"
    assert requests.post(url, data=b"{}", headers={"Content-Type": "text/plain"}, timeout=30).status_code == 415
    assert requests.get(url, timeout=30).status_code == 405
    assert requests.get(f"{address}/etc/passwd", timeout=30).json()["status"] == 404
    foreign = requests.get(f"{address}/health", headers={"Host": "banque.test"}, timeout=30)
    assert foreign.status_code == 421


def raw(address: str, head: str) -> bytes:
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as link:
        link.sendall(head.encode())
        return link.recv(65536)


def test_a_body_that_is_announced_too_big_is_not_awaited(address: str) -> None:
    head = "POST /gazelle/validation/validate HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    assert b" 413 " in raw(address, f"{head}Content-Length: 999999999999\r\n\r\n")
    assert b" 400 " in raw(address, f"{head}Content-Length: -1\r\n\r\n")
    # It answers on.
    assert requests.get(f"{address}/health", timeout=30).ok


def test_the_openapi_page_describes_these_routes(address: str) -> None:
    page = yaml.safe_load((ROOT / "docs" / "service-validation.yaml").read_text(encoding="utf-8"))
    assert set(page["paths"]) == {
        "/health", "/gazelle/metadata", "/gazelle/validation/profiles", "/gazelle/validation/validate",
    }  # fmt: skip
    from jsonschema import Draft202012Validator

    schemas = page["components"]["schemas"]
    for name, data in (
        ("Report", told(address, item(CDA.format(1)))),
        ("Profiles", requests.get(f"{address}/gazelle/validation/profiles", timeout=30).json()),
        ("Metadata", requests.get(f"{address}/gazelle/metadata", timeout=30).json()),
    ):
        schema = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas}}
        assert [error.message for error in Draft202012Validator(schema).iter_errors(data)] == []
