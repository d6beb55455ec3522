from __future__ import annotations

import pytest

from conformance.model.vendor import load_vendor
from conformance.model.yamlfile import DataError

GOOD = """\
vendor: essai
name: Éditeur d’essai
software: {name: Logiciel, version: "1.0"}
driver:
  kind: http
  url: http://127.0.0.1:8765/pilote/v1
"""


def load(tmp_path, text, environment=None):
    path = tmp_path / "essai.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_vendor(path, environment or {})


def test_a_good_file_is_read(tmp_path):
    vendor = load(tmp_path, GOOD)
    assert (vendor.id, vendor.software.version, vendor.driver.url) == (
        "essai",
        "1.0",
        "http://127.0.0.1:8765/pilote/v1",
    )


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (GOOD + "drivers: 1\n", 7, ["clé inconnue « drivers »", "driver", "vouliez-vous dire « driver »"]),
        (
            GOOD.replace("kind: http", "kind: htp"),
            5,
            ["n’est pas permis", "http, dossier", "vouliez-vous dire « http »"],
        ),
        (GOOD.replace('version: "1.0"', "version: 1.0"), 3, ["n’a pas le bon type", "string"]),
        (GOOD.replace("name: Éditeur d’essai\n", ""), 1, ["clé « name » absente"]),
        (GOOD + "name: Encore\n", 7, ["écrite deux fois"]),
        (GOOD.replace("vendor: essai", "vendor: Essai 1"), 1, ["mal formé", "minuscules"]),
        (GOOD.replace("name: Éditeur d’essai", "name: Éditeur : essai"), 2, ["YAML illisible", "guillemets"]),
        ("a: &x [1]\nb: *x\n", 1, ["ancre ou alias"]),
        (GOOD.replace("  url", "\turl"), 6, ["YAML illisible"]),
        (GOOD.encode("utf-16"), None, ["UTF-8"]),
        (b"\xff\xfe\x00", None, ["UTF-8"]),
        (
            GOOD.replace("  kind: http\n", "  kind: http\n  headers: {Authorization: Bearer abc}\n"),
            6,
            ["secret écrit en clair", "MA_VARIABLE"],
        ),
        (GOOD.replace("  url: http://127.0.0.1:8765/pilote/v1\n", ""), 4, ["« url » ou « launch »"]),
    ],
)
def test_a_mistake_tells_where_what_and_how(tmp_path, text, line, words):
    with pytest.raises(DataError) as told:
        load(tmp_path, text)
    assert told.value.line == line
    for word in words:
        assert word in str(told.value)
    assert "essai.yaml" in str(told.value)


def test_a_billion_laughs_is_refused_quickly(tmp_path):
    bomb = "a: &a [x,x,x,x]\n" + "".join(
        f"{chr(98 + i)}: &{chr(98 + i)} [*{chr(97 + i)},*{chr(97 + i)}]\n" for i in range(20)
    )
    with pytest.raises(DataError, match="ancre ou alias"):
        load(tmp_path, bomb)


def test_secrets_come_from_the_environment(tmp_path):
    text = GOOD.replace("  kind: http\n", '  kind: http\n  headers: {Authorization: "Bearer ${JETON}"}\n')
    vendor = load(tmp_path, text, {"JETON": "abc"})
    assert vendor.driver.headers == {"Authorization": "Bearer abc"}
    assert vendor.secrets == {"abc"}
    with pytest.raises(DataError, match="« JETON » n’est pas définie"):
        load(tmp_path, text)
