"""The receiving side of the reference LPS, against the simulated operator: boxes, sessions, receipts, revocation."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.journal import Journal
from conformance.model.evidence import Channel
from conformance.reference_lps.mailbox import receipts
from conformance.reference_lps.mailbox.imap import BoxError
from conformance.reference_lps.mailbox.keeper import Boxes
from conformance.reference_lps.mailbox.store import MailStore
from conformance.reference_lps.psc.login import CONNECTE, Login
from conformance.reference_lps.revocation import RevokedList
from conformance.reference_lps.types import Bench
from conformance.simulators import bench as simulated
from conformance.simulators.mss import notices

BOX = "camille.exemple@operateur.mssante.test"
NOTE = b"From: a@un.mssante.test\r\nMessage-ID: <n@un.mssante.test>\r\n\r\nBonjour\r\n"


class Desk:
    """Boxes of a user who may be logged in; ``login`` stands for Pro Santé Connect's."""

    def __init__(self, running: simulated.Bench, folder: Path, defects: frozenset[str] = frozenset()) -> None:
        self.login: Login | None = None
        bench = Bench.read(running.file)
        self.revoked = RevokedList(bench, folder / "revocations.pem", defects)
        self.boxes = Boxes(bench, MailStore(folder / "courrier"), self.revoked, defects, lambda: self.login)

    def log_in(self, name: str = "1") -> None:
        tokens = {"access_token": "jeton-d-essai"}
        self.login = Login(name, "", "", "", 0.0, etat=CONNECTE, tokens=tokens)


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Journal:
    return Journal(tmp_path_factory.mktemp("releve") / "run")


@pytest.fixture(scope="module")
def running(journal: Journal, tmp_path_factory: pytest.TempPathFactory) -> Iterator[simulated.Bench]:
    with simulated.Bench(tmp_path_factory.mktemp("banc"), journal) as bench:
        bench.mss._token_ok = lambda token: token == "jeton-d-essai"
        yield bench


def ended(journal: Journal) -> list[str]:
    found = journal.exchanges(Channel.MSS)
    return [one.facts["closed"] for one in found if one.operation == "IMAP session"]


def test_each_mail_is_read_once(running: simulated.Bench, tmp_path: Path) -> None:
    desk = Desk(running, tmp_path)
    desk.boxes.mails("personnelle")
    for _ in range(2):
        running.mss.deliver(BOX, NOTE)
    assert [len(desk.boxes.mails("personnelle")) for _ in range(2)] == [2, 0]


def test_a_box_of_an_organisation_wants_a_login(running: simulated.Bench, tmp_path: Path) -> None:
    desk = Desk(running, tmp_path)
    with pytest.raises(BoxError, match="connectez-vous"):
        desk.boxes.mails("organisationnelle")
    desk.log_in()
    assert desk.boxes.mails("organisationnelle") == []
    desk.boxes.close()


def test_a_session_lives_and_dies_with_the_login(running: simulated.Bench, journal: Journal, tmp_path: Path) -> None:
    desk = Desk(running, tmp_path)
    desk.log_in()
    desk.boxes.mails("personnelle")
    before = len(ended(journal))
    desk.boxes.watch()
    assert len(ended(journal)) == before
    desk.login = None
    desk.boxes.watch()
    assert journal.wait(lambda: ended(journal)[before:] == ["client"], 5)


def test_a_session_that_was_cut_is_opened_again(running: simulated.Bench, tmp_path: Path) -> None:
    desk = Desk(running, tmp_path)
    desk.log_in()
    desk.boxes.mails("personnelle")
    assert running.mss.cut_imap() == 1
    deadline = threading.Event()
    for _ in range(50):
        desk.boxes.watch()
        running.mss.deliver(BOX, NOTE)
        if desk.boxes.mails("personnelle"):
            break
        deadline.wait(0.1)
    assert running.mss.cut_imap() == 1
    desk.boxes.close()


@pytest.mark.parametrize("fault", ["authentification-refusee", "coupure"])
def test_a_broken_operator_is_told(running: simulated.Bench, tmp_path: Path, fault: str) -> None:
    desk = Desk(running, tmp_path)
    desk.log_in()
    running.mss.fail(fault)
    try:
        with pytest.raises(BoxError):
            desk.boxes.mails("personnelle")
    finally:
        running.mss.clear()
    assert isinstance(desk.boxes.mails("personnelle"), list)
    desk.boxes.close()


def test_the_list_of_revocations_outlives_its_place(running: simulated.Bench, tmp_path: Path) -> None:
    desk = Desk(running, tmp_path)
    running.revocation.down = True
    try:
        with pytest.raises(BoxError, match="révocation"):
            desk.boxes.mails("personnelle")
        running.revocation.down = False
        desk.boxes.mails("personnelle")
        running.revocation.down = True
        desk.boxes.mails("personnelle")
        running.mss.present("revoked")
        with pytest.raises(BoxError, match="sécurisée"):
            desk.boxes.mails("personnelle")
    finally:
        running.revocation.down = False
        running.mss.clear()


def test_a_list_that_no_authority_signed_is_not_kept(running: simulated.Bench, tmp_path: Path) -> None:
    desk = Desk(running, tmp_path)
    kept = desk.revoked.file()
    assert kept is not None
    before, true = kept.read_bytes(), running.pki.crl.read_bytes()
    try:
        for served in (b"", b"pas une liste", true[:-20] + bytes(20)):
            running.pki.crl.write_bytes(served)
            assert desk.revoked.file() == kept and kept.read_bytes() == before
    finally:
        running.pki.crl.write_bytes(true)


def test_a_silent_operator_is_given_up(running: simulated.Bench, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("conformance.reference_lps.mailbox.imap.TIMEOUT_S", 0.3)
    desk = Desk(running, tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings = desk.boxes.settings("personnelle")
        place = replace(settings.imap, port=silent.getsockname()[1])
        desk.boxes.configure("personnelle", replace(settings, imap=place))
        with pytest.raises(BoxError, match="5 secondes"):
            desk.boxes.mails("personnelle")


ABOUT = b"Message-ID: <essai@un.test>\r\nSubject: Avis\r\nFrom: a@un.test\r\n\r\nBonjour\r\n"


@pytest.mark.parametrize(
    ("source", "receipt"),
    [
        (notices.delivered("op.test", "a@un.test", "b@un.test", ABOUT), ("<essai@un.test>", "b@un.test", "REMIS")),
        (
            notices.undelivered("op.test", "a@un.test", "b@un.test", ABOUT, notices.UNKNOWN),
            ("<essai@un.test>", "b@un.test", "NON_REMIS"),
        ),
        (notices.read("b@un.test", "a@un.test", ABOUT), ("<essai@un.test>", "b@un.test", "LU")),
    ],
)
def test_receipts_are_read(source: bytes, receipt: tuple[str, str, str]) -> None:
    found = receipts.read(source)
    assert found is not None
    assert (found.message_id, found.recipient, found.state) == receipt


@pytest.mark.parametrize(
    "source",
    [
        b"",
        NOTE,
        b"Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n\r\n--b--\r\n",
        (
            b"Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\n"
            b"Content-Type: message/disposition-notification\r\n\r\n"
            b"Disposition: x; deleted\r\nOriginal-Message-ID: <e@un.test>\r\n--b--\r\n"
        ),
        b"Content-Type: multipart/report\r\n\r\nMessage-ID: <e@un.test>\r\nAction: delivered\r\n",
    ],
)
def test_what_is_no_receipt_is_none(source: bytes) -> None:
    assert receipts.read(source) is None
