"""A sealed run: one byte changed anywhere is told with the name of its file, on this machine or another."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from conformance.cli import main
from conformance.reporting.manifest import merkle_root
from conformance.reporting.pdf import as_bytes
from conformance.reporting.seal import pack, seal, verify_bundle
from conformance.reporting.signing import KeySource, SealError
from tests.reporting.sealing import NAME, pem_of

Run = dict[str, Any]


def files(folder: Path) -> list[Path]:
    return sorted(
        path for path in folder.rglob("*") if path.is_file() and path.relative_to(folder).parts[0] != "travail"
    )


def test_a_sealed_folder_and_its_zip_hold(sealed: Path, tmp_path: Path, keys: dict[str, Any]) -> None:
    bundle = pack(sealed, tmp_path / "scelle.zip")
    for where in (sealed, bundle):
        found = verify_bundle(where, [keys["ec"].with_suffix(".crt")])
        assert found.faults == []
        assert set(found.signers) == {"run.json", "manifeste.json", "rapport.pdf"}
        assert found.trusted is True
    assert verify_bundle(bundle, [keys["rsa"].with_suffix(".crt")]).trusted is False
    assert verify_bundle(bundle).trusted is None
    assert not [name for name in zipfile.ZipFile(bundle).namelist() if "travail" in name]
    assert pack(sealed, tmp_path / "autre.zip").read_bytes() == bundle.read_bytes()


def test_one_changed_byte_names_its_file(sealed: Path) -> None:
    """Every file of the folder in turn, its first, middle and last byte changed."""
    assert len(files(sealed)) > 12
    for path in files(sealed):
        content = path.read_bytes()
        name = path.relative_to(sealed).as_posix()
        for place in sorted({0, len(content) // 2, len(content) - 1}):
            changed = bytearray(content)
            changed[place] ^= 0x01
            path.write_bytes(changed)
            assert name in {fault.path for fault in verify_bundle(sealed).faults}, (name, place)
        path.write_bytes(content)
    assert verify_bundle(sealed).sound


def test_one_changed_byte_of_the_zip_is_seen(sealed: Path, tmp_path: Path) -> None:
    bundle = pack(sealed, tmp_path / "scelle.zip")
    content = bundle.read_bytes()
    for entry in zipfile.ZipFile(bundle).infolist():
        if entry.file_size:
            place = entry.header_offset + 30 + len(entry.filename.encode()) + entry.file_size // 2
            changed = bytearray(content)
            changed[place] ^= 0x10
            bundle.write_bytes(changed)
            assert entry.filename in {fault.path for fault in verify_bundle(bundle).faults}
    for place in (10, 11, len(content) - 10_000, len(content) - 30):
        changed = bytearray(content)
        changed[place] ^= 0x01
        bundle.write_bytes(changed)
        try:
            assert not verify_bundle(bundle).sound, place
        except SealError:
            continue


def test_added_missing_and_linked_files_are_named(sealed: Path, tmp_path: Path) -> None:
    (sealed / "ajout.txt").write_text("x", encoding="utf-8")
    (sealed / "junit.xml").unlink()
    told = {fault.path: fault.message for fault in verify_bundle(sealed).faults}
    assert set(told) == {"ajout.txt", "junit.xml"}
    assert "ajouté" in told["ajout.txt"]
    assert "absent" in told["junit.xml"]


def test_a_signature_taken_away_is_seen(sealed: Path) -> None:
    (sealed / "manifeste.json.jws").unlink()
    assert {fault.path for fault in verify_bundle(sealed).faults} == {"manifeste.json.jws"}


def test_another_signer_of_the_result_is_seen(sealed: Path, keys: dict[str, Any], tmp_path: Path) -> None:
    """Who changes the result must sign anew, with a key that the given root does not back."""
    run = json.loads((sealed / "run.json").read_text(encoding="utf-8"))
    run["software"]["name"] = "Autre"
    (sealed / "run.json").write_bytes(as_bytes(run))
    seal(run, sealed, pem_of(keys["rsa"]))
    assert verify_bundle(sealed).sound
    assert verify_bundle(sealed, [keys["ec"].with_suffix(".crt")]).trusted is False


@pytest.mark.parametrize("kind", ["ec", "rsa"])
def test_a_pkcs12_key_works(sealed: Path, keys: dict[str, Any], kind: str) -> None:
    run = json.loads((sealed / "run.json").read_text(encoding="utf-8"))
    path = keys[kind].with_suffix(".p12")
    seal(run, sealed, KeySource(p12=path, secret="secret"))
    assert verify_bundle(sealed, [keys[kind].with_suffix(".crt")]).trusted is True
    with pytest.raises(SealError, match="mot de passe"):
        seal(run, sealed, KeySource(p12=path, secret="faux"))


def test_without_a_key_it_is_said(sealed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["seal", str(sealed)]) == 0
    assert "sans signature" in capsys.readouterr().out
    assert main(["verify", str(sealed)]) == 0
    assert "Aucune signature" in capsys.readouterr().out
    assert "Rapport non signé" in (sealed / "rapport.html").read_text(encoding="utf-8")
    (sealed / "badge.svg").write_text("autre", encoding="utf-8")
    assert main(["verify", str(sealed)]) == 1
    assert "badge.svg" in capsys.readouterr().out


def test_commands_with_a_key(
    sealed: Path, keys: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEGUR_SEAL_SECRET", "secret")
    bundle = tmp_path / "a.zip"
    assert main(["seal", str(sealed), "--p12", str(keys["ec"].with_suffix(".p12")), "--output", str(bundle)]) == 0
    assert f"Signé par {NAME}" in (sealed / "rapport.html").read_text(encoding="utf-8")
    assert main(["verify", str(bundle), "--root", str(keys["ec"].with_suffix(".crt"))]) == 0
    assert main(["verify", str(bundle), "--root", str(keys["rsa"].with_suffix(".crt"))]) == 1
    assert main(["seal", str(sealed), "--key", str(tmp_path / "rien.key"), "--cert", str(tmp_path / "rien.crt")]) == 2
    assert main(["verify", str(keys["ec"].with_suffix(".crt"))]) == 2


@pytest.mark.parametrize("name", ["../dehors.txt", "/etc/passwd", "a/../../b", "C:/x", "travail/cle.pem", "a\\b"])
def test_a_hostile_zip_writes_nothing_outside(sealed: Path, tmp_path: Path, name: str) -> None:
    bundle = pack(sealed, tmp_path / "scelle.zip")
    with zipfile.ZipFile(bundle, "a") as archive:
        archive.writestr(name, b"x")
    before = set(tmp_path.rglob("*"))
    assert not verify_bundle(bundle).sound
    assert set(tmp_path.rglob("*")) == before


def test_the_root_is_that_of_the_standard() -> None:
    """RFC 9162 trees, computed by hand."""
    leaves = [hashlib.sha256(str(n).encode()).digest() for n in range(3)]
    hashed = [hashlib.sha256(b"\0" + leaf).digest() for leaf in leaves]
    pair = hashlib.sha256(b"\1" + hashed[0] + hashed[1]).digest()
    assert merkle_root([leaf.hex() for leaf in leaves]) == hashlib.sha256(b"\1" + pair + hashed[2]).hexdigest()
    assert merkle_root([]) == hashlib.sha256(b"").hexdigest()


def test_sha256sum_agrees(sealed: Path) -> None:
    if shutil.which("sha256sum") is None:
        pytest.skip("no sha256sum on this system")
    assert (
        subprocess.run(
            ["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=sealed, check=False
        ).returncode
        == 0
    )


@pytest.fixture
def token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keys: dict[str, Any]) -> Iterator[KeySource]:
    """A software PKCS#11 token with the RSA key."""
    library = next((path for path in map(Path, LIBRARIES) if path.is_file()), None)
    tool = shutil.which("softhsm2-util")
    if library is None or tool is None:
        pytest.skip("no SoftHSM on this machine (Debian package softhsm2)")
    pkcs11 = pytest.importorskip("pkcs11", reason="the optional package python-pkcs11 is absent")
    (tmp_path / "jetons").mkdir()
    (tmp_path / "softhsm2.conf").write_text(f"directories.tokendir = {tmp_path / 'jetons'}\n", encoding="utf-8")
    monkeypatch.setenv("SOFTHSM2_CONF", str(tmp_path / "softhsm2.conf"))
    run = [tool, "--init-token", "--free", "--label", "essai", "--so-pin", "0000", "--pin", "1234"]
    subprocess.run(run, check=True, capture_output=True, env=os.environ)
    subprocess.run(
        [tool, "--import", str(keys["rsa"].with_suffix(".key")), "--token", "essai", "--label", "cle", "--id", "01", "--pin", "1234"],
        check=True, capture_output=True, env=os.environ,
    )  # fmt: skip
    der = x509.load_pem_x509_certificate(keys["rsa"].with_suffix(".crt").read_bytes()).public_bytes(
        serialization.Encoding.DER
    )
    from pkcs11.util.x509 import decode_x509_certificate

    with pkcs11.lib(str(library)).get_token(token_label="essai").open(rw=True, user_pin="1234") as session:
        session.create_object(
            {
                **decode_x509_certificate(der),
                pkcs11.Attribute.LABEL: "cle",
                pkcs11.Attribute.TOKEN: True,
                pkcs11.Attribute.ID: b"\x01",
            }
        )
    yield KeySource(library=library, token="essai", label="cle", secret="1234")


LIBRARIES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so")


def test_a_pkcs11_token_works(sealed: Path, token: KeySource, keys: dict[str, Any]) -> None:
    run = json.loads((sealed / "run.json").read_text(encoding="utf-8"))
    assert seal(run, sealed, token) == NAME
    assert verify_bundle(sealed, [keys["rsa"].with_suffix(".crt")]).trusted is True
