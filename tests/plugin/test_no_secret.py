"""Nothing that a run writes for people or for other tools holds a secret, a token or a code; only their digests."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote_plus

import pytest

from tests.conftest import ROOT

OWN = re.compile(r"travail/[^/]+/(banc|logiciel)/")
"""What the bench hands to the software, credentials included, and the software's own files: theirs, shown to nobody."""
SHAPES = {
    "jeton JWT": rb"eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*",
    "code d’autorisation": rb"[0-9a-f]{8}-[0-9a-f-]{27}\.[0-9a-f]{8}-[0-9a-f-]{27}\.[\w-]{16,}",
    "paramètre secret": rb"[?&\"](?:client_secret|code_verifier|refresh_token|access_token|id_token_hint|auth_req_id)=(?!%5Bmasqu|\[masqu)[\w.%-]{8,}",
    "membre secret": rb'\\?"(?:access_token|refresh_token|id_token|auth_req_id|client_secret)\\?"\s*:\s*\\?"(?!\[masqu)[\w.-]{8,}',
    "clé privée": rb"-----BEGIN (?:RSA |EC )?PRIVATE KEY",
}

KINDS = {
    "authorization_code": b"grant_type=authorization_code",
    "refresh_token": b"grant_type=refresh_token",
    "ciba": b"grant_type=urn%3Aopenid%3Aparams%3Agrant-type%3Aciba",
    "exchange": b"token-exchange",
    "PKCE": b"code_verifier=",
    "logout": b"id_token_hint=",
    "mailbox": b'"auth":"PLAIN"',
    "mailbox by token": b"XOAUTH2",
    "directory": b"ESANTE-API-KEY",
}
"""What shows, in what was written, that each was used: nothing is found where nothing went by."""


def leaks(content: bytes, secrets: dict[str, bytes]) -> set[str]:
    """What secrets are in it, by name: those known, and whatever has the shape of one."""
    shaped = {name for name, shape in SHAPES.items() if re.search(shape, content)}
    return shaped | {name for name, value in secrets.items() if value in content}


def known(bench: Path) -> dict[str, bytes]:
    """The run's own credentials, in every spelling that crosses a wire."""
    data = json.loads(bench.read_text(encoding="utf-8"))
    client, secret = data["psc"]["client_id"], data["psc"]["client_secret"]
    password = data["mss"]["boites"]["personnelle"]["mot_de_passe"]
    address = data["mss"]["boites"]["personnelle"]["adresse"]
    login = f"\0{address}\0{password}".encode()
    texts = {"secret du client": secret, "secret du client, encodé": quote_plus(secret), "mot de passe": password}
    texts["clé de l’API de l’Annuaire"] = data["annuaire"]["cle"]
    found = {name: value.encode() for name, value in texts.items()}
    found["secret du client, Basic"] = base64.b64encode(f"{quote_plus(client)}:{quote_plus(secret)}".encode())
    found["mot de passe, PLAIN"] = base64.b64encode(login)
    return found


def written(run: Path) -> Iterator[tuple[str, bytes]]:
    """Every file that a run wrote for others, archives opened."""
    for path in sorted(run.rglob("*")):
        name = path.relative_to(run).as_posix()
        if not path.is_file() or OWN.match(name):
            continue
        yield name, path.read_bytes()
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                yield from ((f"{name}!{inner}", archive.read(inner)) for inner in archive.namelist())


SAMPLES = {
    "jeton JWT": b"Bearer eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2lnbmF0dXJl",
    "code d’autorisation": b"?x=0f6b7a3e-52c1-4c8e-9f0d-6a1b2c3d4e5f.0f6b7a3e-52c1-4c8e-9f0d-6a1b2c3d4e5f.abcdefghijklmnopqrstuv",
    "paramètre secret": b"grant_type=x&code_verifier=abcdefghijklmnop",
    "membre secret": b'{"refresh_token": "abcdefghijklmnop"}',
    "clé privée": b"-----BEGIN PRIVATE KEY-----",
}


@pytest.mark.parametrize("name", SHAPES)
def test_a_leak_would_be_seen(name: str) -> None:
    assert name in leaks(SAMPLES[name], {})
    assert not leaks(b'{"code": "[masqu\xc3\xa9, empreinte 0123]"}&code_verifier=[masqu\xc3\xa9, empreinte 0]', {})
    assert leaks(b"...abcdef...", {"secret": b"abcdef"}) == {"secret"}


@pytest.mark.slow
def test_a_whole_run_writes_no_secret(tmp_path: Path) -> None:
    """A profile that uses every kind of secret: code, PKCE, tokens of both providers, renewal, logout, CIBA, exchange for an
    API, local passwords, the mailbox's password, token and certificate, the directory's key."""
    run = tmp_path / "execution"
    command = [sys.executable, str(ROOT / "run_conformance.py"), "run", "--profile", "wave2/doctors"]
    command += ["--vendor", str(ROOT / "vendor_configs" / "reference.yaml"), "--run-dir", str(run), "--view", "lignes"]
    done = subprocess.run(command, capture_output=True, timeout=900, cwd=tmp_path, check=False)
    assert (run / "run.json").is_file(), done.stdout.decode() + done.stderr.decode()
    benches = list(run.glob("travail/*/banc/bench.json"))
    assert benches
    secrets = {f"{name} ({n})": value for n, bench in enumerate(benches) for name, value in known(bench).items()}
    told = [("terminal", done.stdout + done.stderr), *written(run)]
    shown = subprocess.run(
        [sys.executable, str(ROOT / "run_conformance.py"), "report", str(run)],
        capture_output=True,
        cwd=tmp_path,
        check=False,
    )
    told += [("terminal du rapport", shown.stdout + shown.stderr)]
    kinds = {name.split("/")[0] for name, _ in told}
    assert kinds >= {"journal", "blobs", "rapport.html", "run.json", "junit.xml", "allure-results", "travail"}
    assert any("[masqué, empreinte".encode() in content for _, content in told), "rien n’a été masqué : rien à chercher"
    unused = {kind for kind, sign in KINDS.items() if not any(sign in content for _, content in told)}
    assert unused == set()
    assert {name: found for name, content in told if (found := leaks(content, secrets))} == {}
