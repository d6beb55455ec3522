"""A bench that is kept: the same from one run to the next, renewed when it must be and saying so, one at a time."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from conformance.drivers.stage import LiveStage
from conformance.journal import Journal
from conformance.model.vendor import DriverConfig, Software, Vendor, load_vendor
from conformance.outcomes import BenchFault
from conformance.simulators.bench import Bench
from conformance.simulators.kept import LOCK, FolderInUseError, alone, former_credentials
from conformance.simulators.people import ORGANISATION, PROFESSIONAL, Organisation, Professional
from conformance.simulators.pki import Pki
from conformance.simulators.pki.kept import UnusableError, usable_until

OTHER = Professional("89990000021", "889990000021", "MODELE", "Alix", "10", "SM26", "Dr")
HOLD = """
import sys
from pathlib import Path
from conformance.simulators.kept import alone
with alone(Path(sys.argv[1])):
    print("tenu", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "banc garde"


@pytest.fixture
def kept_pki(pki: Pki, tmp_path: Path) -> Pki:
    """A copy of its own of the session's certificates."""
    shutil.copytree(pki.folder, tmp_path / "pki")
    return Pki(tmp_path / "pki")


def content(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_nothing_changes_from_one_run_to_the_next(folder: Path, ports: dict[str, int], journal: Journal) -> None:
    with Bench(folder, journal, ports=ports, keep=True) as first:
        assert first.memory["certificats"] == "neufs\u00a0: premier usage de ce dossier"
        assert first.memory["identifiants"] == "neufs"
    before, written = content(folder), first.file.stat().st_mtime_ns
    with Bench(folder, journal, ports=ports, keep=True) as second:
        assert second.memory["certificats"].startswith("gardés, valables jusqu’au ")
        assert second.memory["identifiants"] == "gardés"
        box = second.mss.by_password(
            second.boxes["personnelle"]["adresse"], first.boxes["personnelle"]["mot_de_passe"], None
        )
        assert box.mode == "XOAUTH2"
        assert second.psc.client == first.psc.client
        der = second.pki.pair("org_auth").der
        assert second.pki.identify(der) == "org_auth"
    assert content(folder) == before
    assert {"bench.json", "pki/ac.pem", "pki/org-auth.key", ".gitignore", LOCK} <= set(before)
    assert second.file.stat().st_mtime_ns == written


def test_with_free_ports_the_credentials_stay(folder: Path, journal: Journal) -> None:
    clients = []
    for _ in range(2):
        with Bench(folder, journal, keep=True) as bench:
            clients.append(bench.psc.client)
            assert json.loads(bench.file.read_text(encoding="utf-8"))["psc"]["client_secret"] == bench.psc.client.secret
    assert clients[0] == clients[1]


@pytest.mark.slow
def test_a_bench_that_is_not_kept_keeps_nothing(folder: Path, journal: Journal) -> None:
    told = []
    for _ in range(2):
        with Bench(folder, journal) as bench:
            told.append(
                (bench.psc.client.secret, bench.boxes["personnelle"]["mot_de_passe"], bench.pki.pair("server").der)
            )
            assert bench.memory == {}
    assert all(one != other for one, other in zip(*told, strict=True))
    assert not (folder / LOCK).exists()


@pytest.mark.skipif(os.name != "posix", reason="elsewhere, who may read is the folder's business")
def test_keys_and_secrets_are_their_owner_s_only(folder: Path, journal: Journal) -> None:
    (folder / "pki").mkdir(parents=True)
    (folder / "pki" / "server.key").write_text("ouverte à tous")
    with Bench(folder, journal, keep=True) as bench:
        private = [bench.file, *sorted(bench.pki.folder.glob("*.key"))]
        assert len(private) == 21
        assert {path.stat().st_mode & 0o777 for path in private} == {0o600}


def swapped(folder: Path) -> None:
    shutil.copyfile(folder / "cps-auth.key", folder / "org-auth.key")


def without_a_key(folder: Path) -> None:
    (folder / "server.key").unlink()


def cut(folder: Path) -> None:
    path = folder / "org-sign.pem"
    path.write_bytes(path.read_bytes()[:200])


def garbled(folder: Path) -> None:
    (folder / "cps-sign.key").write_text("pas une clé")


def another_authority(folder: Path) -> None:
    elsewhere = Pki(folder.parent / "autre").create()
    shutil.copyfile(elsewhere.trust, folder / "ac.pem")


def another_pair(folder: Path) -> None:
    elsewhere = Pki(folder.parent / "autre").create()
    for suffix in ("pem", "key"):
        shutil.copyfile(elsewhere.folder / f"server.{suffix}", folder / f"server.{suffix}")


def leaves_in_each_other_s_place(folder: Path) -> None:
    for suffix in ("pem", "key"):
        shutil.copyfile(folder / f"org-auth.{suffix}", folder / f"org-sign.{suffix}")


def no_expired_one(folder: Path) -> None:
    for suffix in ("pem", "key"):
        shutil.copyfile(folder / f"server.{suffix}", folder / f"server-expired.{suffix}")


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (swapped, "org-auth.key n’est pas la clé de org-auth.pem"),
        (without_a_key, "il manquait server.key"),
        (cut, "org-sign.pem est illisible"),
        (garbled, "cps-sign.key n’est pas la clé"),
        (another_authority, "l’autorité du banc"),
        (another_pair, "server.pem ne vient pas de l’autorité du banc"),
        (leaves_in_each_other_s_place, "org-sign.pem ne dit plus ce que le banc attend"),
        (no_expired_one, "server-expired.pem devait être périmé"),
    ],
)
def test_a_set_that_is_not_of_one_piece_is_renewed_and_it_is_said(
    kept_pki: Pki, damage: Callable[[Path], None], told: str
) -> None:
    damage(kept_pki.folder)
    renewed = Pki(kept_pki.folder).create(keep=True)
    assert not renewed.kept
    assert renewed.origin.startswith("neufs\u00a0: ")
    assert told in renewed.origin
    again = Pki(kept_pki.folder).create(keep=True)
    assert again.kept, again.origin


@pytest.mark.parametrize(
    "who", [{"professional": OTHER}, {"organisation": Organisation("Cabinet des Saules", "4", "SA07")}]
)
def test_certificates_of_others_are_renewed(kept_pki: Pki, who: dict[str, object]) -> None:
    assert Pki(kept_pki.folder, ORGANISATION, PROFESSIONAL).create(keep=True).kept
    other = Pki(kept_pki.folder, **who).create(keep=True)  # type: ignore[arg-type]
    assert "ne dit plus ce que le banc attend" in other.origin


def test_a_month_before_the_end_is_too_late(kept_pki: Pki) -> None:
    now = datetime.now(UTC)
    until = usable_until(kept_pki, now)
    assert timedelta(days=360) < until - now < timedelta(days=366)
    assert usable_until(kept_pki, until - timedelta(days=30, minutes=1)) == until
    with pytest.raises(UnusableError, match=f"expirent le {until:%d/%m/%Y}, dans moins de 30 jours"):
        usable_until(kept_pki, until - timedelta(days=29))
    with pytest.raises(UnusableError, match="pas encore valables"):
        usable_until(kept_pki, now - timedelta(days=3))


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: None,
        lambda data: [],
        lambda data: data | {"psc": "rien"},
        lambda data: data | {"psc": data["psc"] | {"client_secret": 12}},
        lambda data: data | {"psc": data["psc"] | {"client_secret": "deux\nlignes dans un secret"}},
        lambda data: data | {"psc": data["psc"] | {"client_secret": "court"}},
    ],
)
def test_a_bench_file_that_tells_nothing_gives_new_credentials(
    folder: Path, damage: Callable[[object], object], tmp_path: Path
) -> None:
    sound = {
        "psc": {"client_id": "lps-banc-de-conformite", "client_secret": "secret-invente-1"},
        "mss": {"boites": {"personnelle": {"mot_de_passe": "mot-de-passe-1"}}},
    }
    path = tmp_path / "bench.json"
    path.write_text(json.dumps(sound), encoding="utf-8")
    found = former_credentials(path)
    assert found is not None and found.mailbox == "mot-de-passe-1"
    assert "secret-invente" not in repr(found)
    path.write_text(json.dumps(damage(sound)), encoding="utf-8")
    assert former_credentials(path) is None


def test_two_at_once_is_refused_and_the_first_goes_on(folder: Path, ports: dict[str, int], journal: Journal) -> None:
    with Bench(folder, journal, ports=ports, keep=True) as first:
        before = content(folder)
        with pytest.raises(FolderInUseError, match=rf"processus {os.getpid()}\).*bench\.folder"):
            Bench(folder, journal, keep=True).start()
        assert content(folder) == before
        with socket.create_connection((first.mss.host, first.mss.port), timeout=5) as client:
            assert client.recv(3) == b"220"
    with Bench(folder, journal, keep=True) as third:
        assert third.pki.kept


def test_a_bench_started_between_reading_and_starting_is_noticed(folder: Path, journal: Journal) -> None:
    late = Bench(folder, journal, keep=True)
    with Bench(folder, journal, keep=True):
        pass
    with pytest.raises(FolderInUseError, match="relancez"):
        late.start()


def test_the_lock_of_a_killed_process_does_not_stay(folder: Path) -> None:
    folder.mkdir()
    command = [sys.executable, "-c", HOLD, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None and holder.stdout.readline().strip() == b"tenu"
        with pytest.raises(FolderInUseError, match=f"processus {holder.pid}"), alone(folder):
            pass
        holder.kill()
        holder.wait(10)
    with alone(folder):
        assert (folder / LOCK).read_text(encoding="ascii").strip() == str(os.getpid())
    assert (folder / LOCK).read_bytes() == b""


def vendor(folder: Path | None) -> Vendor:
    return Vendor("essai", "Essai", Software("Essai", "1"), DriverConfig("dossier"), bench_folder=folder)


def test_the_stage_keeps_the_bench_and_writes_down_what_it_renewed(
    folder: Path, journal: Journal, tmp_path: Path
) -> None:
    with closing(LiveStage(vendor(folder), journal, tmp_path / "travail")) as stage:
        assert stage.bench is not None
        assert stage.bench.file == folder / "bench.json"
        second = LiveStage(vendor(folder), journal, tmp_path / "travail2")
        with pytest.raises(BenchFault) as refused:
            assert second.bench
        assert "un autre banc" in refused.value.reason
        assert "bench.folder" in refused.value.reason
    notes = [entry["data"] for entry in journal.entries if entry["kind"] == "bench"]
    assert [note["memory"]["dossier"] for note in notes] == [str(folder)]
    assert (tmp_path / "travail").is_dir(), "the launched software's log goes there"


def test_without_a_folder_the_bench_lives_in_the_run(journal: Journal, tmp_path: Path) -> None:
    with closing(LiveStage(vendor(None), journal, tmp_path / "travail")) as stage:
        assert stage.bench is not None
        assert stage.bench.file == tmp_path / "travail" / "banc" / "bench.json"
        assert not stage.bench.keep


def test_the_folder_is_relative_to_the_configuration(tmp_path: Path) -> None:
    path = tmp_path / "configurations" / "acme.yaml"
    path.parent.mkdir()
    text = (
        'vendor: acme\nname: ACME\nsoftware: {name: A, version: "1"}\ndriver: {kind: http, url: "http://127.0.0.1:1"}\n'
    )
    path.write_text(text, encoding="utf-8")
    assert load_vendor(path, {}).bench_folder is None
    path.write_text(text + "bench: {folder: ../acme.banc}\n", encoding="utf-8")
    assert load_vendor(path, {}).bench_folder == (tmp_path / "acme.banc").resolve()
