"""The registry of packs: copied from a folder, a zip or a git repository, pinned, refused once altered."""

from __future__ import annotations

import io
import os
import shutil
import stat
import subprocess
import zipfile
from pathlib import Path

import pytest

from conformance.model.finding import Finding, Severity
from conformance.model.yamlfile import DataError
from conformance.validation.pack_store import Added, add, verify
from conformance.validation.packs import GENERIC, Pack, open_pack
from conformance.validation.registry import read_registry
from conformance.validation.xsd import PACK_VARIABLE
from tests.validation.pack_kit import SCH, make_pack, pack_of

GIT = shutil.which("git")


@pytest.fixture(autouse=True)
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A registry, a cache of its own, and no pack in the environment."""
    monkeypatch.setenv("SEGUR_PACKS", str(tmp_path / "packs"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "cache"))
    monkeypatch.delenv(PACK_VARIABLE, raising=False)
    return tmp_path / "packs"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = make_pack(tmp_path / "Mon pack")
    (folder / "ExemplesCDA").mkdir()
    (folder / "ExemplesCDA" / "d.xml").write_text("<d/>", encoding="utf-8")
    (folder / "installe.bat").write_text("del *", encoding="utf-8")
    return folder


def zipped(folder: Path, prefix: str = "") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for file in folder.rglob("*"):
            if file.is_file():
                made.write(file, prefix + file.relative_to(folder).as_posix())
    return buffer.getvalue()


def names(folder: Path) -> set[str]:
    return {each.name for each in folder.iterdir()}


def test_a_folder_is_copied_without_what_does_not_judge(source: Path, registry: Path) -> None:
    added = add(str(source))
    assert (added.entry.name, added.known) == ("Mon-pack", False)
    assert names(added.folder) == {"schematrons"}
    assert added.entry.digest == pack_of(source).digest
    assert names(registry) == {"packs.json", added.folder.name}
    assert "pack.terminology.missing" in {finding.rule for finding in added.findings}


def test_the_pack_added_judges_from_then_on_and_the_environment_wins(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = open_pack()
    assert isinstance(before, Finding)
    assert before.rule == "pack.absent"
    added = add(str(source))
    assert open_pack() == Pack(added.folder.resolve())
    other = make_pack(tmp_path / "autre")
    monkeypatch.setenv(PACK_VARIABLE, str(other))
    assert open_pack() == Pack(other.resolve())


@pytest.mark.parametrize("prefix", ["", "TestContenuCDA-3-0-main/"])
def test_a_zip_gives_the_same_pack(source: Path, tmp_path: Path, prefix: str) -> None:
    file = tmp_path / "pack.zip"
    file.write_bytes(zipped(source, prefix))
    added = add(str(file))
    assert (added.entry.name, added.entry.digest) == ("pack", pack_of(source).digest)


def test_adding_twice_changes_nothing_and_two_packs_of_one_name_are_refused(source: Path) -> None:
    first = add(str(source))
    again = add(str(source))
    assert (again.known, again.entry.name, len(read_registry().entries)) == (True, first.entry.name, 1)
    (source / GENERIC["IHE"]).write_text(SCH.format("<title>x</title>"), encoding="utf-8")
    with pytest.raises(DataError, match="désigne déjà un autre pack"):
        add(str(source))
    second = add(str(source), name="neuf")
    assert read_registry().current == "neuf"
    assert open_pack() == Pack(second.folder.resolve())


def test_a_digest_that_is_demanded(source: Path) -> None:
    digest = pack_of(source).digest
    assert add(str(source), digest=f"sha256:{digest.upper()}").entry.digest == digest
    for wrong in ("0" * 64, digest[:7], ""):
        if wrong:
            with pytest.raises(DataError, match=digest):
                add(str(source), digest=wrong)


def test_a_pack_whose_files_changed_is_told_and_judges_no_more(source: Path) -> None:
    added = add(str(source))
    registry = read_registry()
    assert [finding for finding in verify(registry, added.entry) if finding.rule == "pack.unusable"] == []
    (added.folder / GENERIC["ANS"]).write_text(SCH.format("<!-- plus rien -->"), encoding="utf-8")
    (told,) = verify(registry, added.entry)
    assert (told.rule, told.severity, told.expected) == (
        "pack.unusable",
        Severity.ERROR,
        f"sha256 {added.entry.digest}",
    )
    refused = open_pack()
    assert isinstance(refused, Finding)
    assert refused.rule == "pack.unusable"
    # Adding it again mends the copy.
    assert add(str(source)).known
    assert Pack(added.folder).digest == added.entry.digest


def test_a_copy_that_vanished_is_told(source: Path) -> None:
    added = add(str(source))
    shutil.rmtree(added.folder)
    assert [finding.rule for finding in verify(read_registry(), added.entry)] == ["pack.unusable"]


@pytest.mark.parametrize("content", ["{", "[]", '{"packs": [{"name": "a"}]}', '{"packs": [{"name": "a", "digest": "../../x", "source": "", "added": ""}]}'])  # fmt: skip
def test_an_index_that_cannot_be_used_is_a_clear_error(registry: Path, content: str) -> None:
    registry.mkdir()
    (registry / "packs.json").write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match="index du registre des packs"):
        read_registry()
    refused = open_pack()
    assert isinstance(refused, Finding)
    assert refused.rule == "pack.unusable"


def test_what_is_no_pack_is_refused_and_leaves_nothing(tmp_path: Path, registry: Path) -> None:
    empty = tmp_path / "vide"
    empty.mkdir()
    text = tmp_path / "a.zip"
    text.write_bytes(b"bonjour")
    for wrong, words in ((empty, "pas un pack"), (text, "archive refusée"), (tmp_path / "rien", "ni un dossier")):
        with pytest.raises(DataError, match=words):
            add(str(wrong))
    with pytest.raises(DataError, match="dépôt git"):
        add(str(empty), revision="main")
    assert names(registry) == set()


@pytest.mark.parametrize("name", ["../../evil.sch", "/evil.sch", "C:\\evil.sch", "pack/../../evil.sch"])
def test_a_zip_that_leaves_its_folder_writes_nothing(source: Path, tmp_path: Path, name: str, registry: Path) -> None:
    file = tmp_path / "piege.zip"
    buffer = io.BytesIO(zipped(source))
    with zipfile.ZipFile(buffer, "a") as made:
        made.writestr(name, "<x/>")
    file.write_bytes(buffer.getvalue())
    with pytest.raises(DataError, match="archive refusée"):
        add(str(file))
    assert names(registry) == set()
    assert not list(tmp_path.rglob("evil*"))


def test_a_bomb_and_a_link_are_refused(source: Path, tmp_path: Path) -> None:
    bomb, linked = tmp_path / "bombe.zip", tmp_path / "lien.zip"
    buffer = io.BytesIO(zipped(source))
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as made:
        made.writestr("schematrons/zeros.xml", b"\x00" * 20_000_000)
    bomb.write_bytes(buffer.getvalue())
    buffer = io.BytesIO(zipped(source))
    with zipfile.ZipFile(buffer, "a") as made:
        link = zipfile.ZipInfo("schematrons/lien.xml")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        made.writestr(link, "/etc/passwd")
    linked.write_bytes(buffer.getvalue())
    for file, words in ((bomb, "bombe"), (linked, "lien symbolique")):
        with pytest.raises(DataError, match=words):
            add(str(file))


def test_a_link_out_of_a_folder_is_not_followed(source: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.xml"
    secret.write_text("<secret/>", encoding="utf-8")
    try:
        (source / "schematrons" / "lien.xml").symlink_to(secret)
    except OSError:
        pytest.skip("this system makes no symbolic link")
    with pytest.raises(DataError, match="hors de son dossier"):
        add(str(source))


def git(folder: Path, *words: str) -> str:
    assert GIT is not None
    identity = ["-c", "user.name=Essai", "-c", "user.email=essai@essai.test", "-c", "core.autocrlf=false"]
    done = subprocess.run([GIT, *identity, *words], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def repository(source: Path) -> Path:
    if GIT is None:
        pytest.skip("git is absent")
    git(source, "init", "-q", "-b", "main")
    git(source, "add", ".")
    git(source, "commit", "-qm", "Un")
    git(source, "tag", "v1")
    (source / GENERIC["IHE"]).write_text(SCH.format("<title>deux</title>"), encoding="utf-8")
    git(source, "commit", "-qam", "Deux")
    return source


def test_a_git_repository_by_its_address_and_by_revision(repository: Path) -> None:
    latest = add(repository.as_uri(), name="neuf")
    assert latest.entry.revision == git(repository, "rev-parse", "main")
    assert latest.entry.digest == pack_of(repository).digest
    older = add(str(repository), name="vieux", revision="v1")
    assert older.entry.revision == git(repository, "rev-parse", "v1")
    assert older.entry.digest != latest.entry.digest
    assert add(repository.as_uri(), revision=older.entry.revision).known
    assert names(older.folder) == {"schematrons"}


def test_a_hostile_repository_runs_nothing(repository: Path, tmp_path: Path) -> None:
    witness = tmp_path / "temoin"
    hook = repository / ".git" / "hooks" / "post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch '{witness}'\n", encoding="utf-8")
    hook.chmod(0o755)
    (repository / ".gitattributes").write_text("* filter=piege\n", encoding="utf-8")
    (repository / ".gitmodules").write_text('[submodule "a"]\n path = a\n url = ext::sh -c touch\n', encoding="utf-8")
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "Piège")
    added = add(repository.as_uri())
    assert isinstance(added, Added)
    assert not witness.exists()
    for wrong in ("--upload-pack=touch", "a b", ""):
        with pytest.raises(DataError):
            add(repository.as_uri(), name="x", revision=wrong)
    with pytest.raises(DataError, match="git fetch a échoué"):
        add(repository.as_uri(), name="x", revision="absente")
    with pytest.raises(DataError):
        add(f"ext::sh -c 'touch {witness}'")
    assert not witness.exists()
    assert os.path.basename(added.folder) == added.entry.digest[:16]
