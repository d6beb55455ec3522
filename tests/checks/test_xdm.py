from __future__ import annotations

import io
import zipfile

from conformance.checks import xdm
from tests.checks.carried import (
    OTHER,
    PDF,
    SOMEONE,
    archive,
    cda,
    errors,
    metadata,
    pdf_name,
    says,
    warns,
)

FOLDER = "IHE_XDM/SUBSET01"


def read(content: bytes | None = None) -> xdm.Archive:
    found = xdm.read(archive() if content is None else content)
    assert isinstance(found, xdm.Archive), found
    return found


def made(**changes: bytes | None) -> xdm.Archive:
    names = {
        "index": "INDEX.HTM",
        "readme": "README.TXT",
        "metadata": f"{FOLDER}/METADATA.XML",
        "document": f"{FOLDER}/DOC00001.XML",
    }
    members = {
        "INDEX.HTM": b"x",
        "README.TXT": b"x",
        f"{FOLDER}/METADATA.XML": metadata(),
        f"{FOLDER}/DOC00001.XML": cda(),
    }
    for key, value in changes.items():
        name = names.get(key, f"{FOLDER}/{key}")
        members.pop(name, None)
        if value is not None:
            members[name] = value
    return read(archive(members))


def test_a_conforming_archive_has_nothing_to_say() -> None:
    assert list(xdm.judge(read(), [(pdf_name(), PDF)])) == []


def test_the_documents_are_given_with_their_bytes() -> None:
    assert xdm.documents(read()) == [(f"{FOLDER}/DOC00001.XML", cda())]
    assert xdm.encapsulated_pdf("x", cda()) == PDF


def test_what_is_not_a_safe_archive_is_refused() -> None:
    assert says(xdm.read(b"rien"), "signature")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as zipped:
        zipped.writestr("../evil.txt", b"x")
    assert says(xdm.read(buffer.getvalue()), "remonte hors de son dossier")


def test_missing_root_files_are_told() -> None:
    assert says(xdm.layout(made(index=None)), "INDEX.HTM manque")
    assert says(xdm.layout(made(readme=None)), "README.TXT manque")
    assert says(xdm.layout(made(metadata=None)), "Aucun dossier de IHE_XDM")
    assert says(xdm.layout(made(metadata=b"<a/>")), "SubmitObjectsRequest")


def test_a_long_name_only_warns() -> None:
    found = made(**{"document_long.xml": b"x"})
    assert warns(xdm.layout(found), "format 8.3")


def test_a_false_hash_and_size_are_told() -> None:
    found = list(xdm.files(made(document=cda(OTHER))))
    assert says(found, "empreinte (hash)")
    assert says(xdm.files(made(document=cda() + b"\n")), "taille (size)")


def test_lost_and_forgotten_files_are_told() -> None:
    assert says(xdm.files(made(document=None)), "ne mène à aucun fichier")
    assert says(xdm.files(made(**{"DOC00002.XML": b"<a/>"})), "n’est décrit par aucune métadonnée")
    assert warns(xdm.files(made(**{"STYLE.XSL": b"<a/>"})), "n’est décrit par aucune métadonnée")


def test_a_uri_from_the_root_warns() -> None:
    content = metadata().replace(b">DOC00001.XML<", f">{FOLDER}/DOC00001.XML<".encode())
    assert warns(xdm.files(made(metadata=content)), "depuis la racine")


def test_two_patients_are_told() -> None:
    assert says(xdm.single_patient(made(document=cda(OTHER))), "plusieurs usagers")
    without = metadata().replace(b"58a6f841", b"00000000").replace(b"6b5aea1a", b"00000000")
    nobody = cda().replace(SOMEONE.oid.encode(), b"2.25.1")
    assert says(xdm.single_patient(made(metadata=without, document=nobody)), "aucun usager")


def test_metadata_are_judged_in_the_archive() -> None:
    assert says(
        xdm.metadata(made(metadata=metadata().replace(b'name="URI"', b'name="autre"'))), "URI du document est absente"
    )


def test_a_contradiction_with_the_header_is_told() -> None:
    assert says(xdm.agreement(made(document=cda(unique="2.25.8"))), "uniqueId")
    assert says(xdm.agreement(made(document=b"rien")), "bien formé")


def test_the_attached_pdf_is_the_one_inside() -> None:
    assert says(xdm.same_pdf(read(), [(pdf_name(), PDF + b" ")]), "n’est pas celui que le CDA encapsule")
    assert says(xdm.same_pdf(read(), []), "un PDF pour chaque document")
    assert errors(xdm.same_pdf(read(), [("a.pdf", PDF), ("b.pdf", b"%PDF-autre")])) == []
