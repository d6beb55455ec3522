"""The identity neighbour, called by hand-written MLLP over a plain socket: nothing of the project's own client."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from conformance.journal import Journal
from conformance.model.evidence import Channel, Exchange
from conformance.model.identity import invent
from conformance.simulators import pam, pam_sender
from conformance.simulators.pam import FAULTS, Pam
from conformance.simulators.pam_sender import Sending
from conformance.simulators.pki import Pki
from tests.conftest import ROOT

WHO = invent(11, "pam")
MESSAGE = pam_sender.adt("A31", Sending(WHO, "D000001"))


@pytest.fixture
def service(journal: Journal, pki: Pki) -> Iterator[Pam]:
    running = Pam(journal, pki, idle_s=1.0)
    running.start()
    yield running
    running.stop()


def frame(message: bytes) -> bytes:
    return b"\x0b" + message + b"\x1c\r"


def ask(service: Pam, raw: bytes, timeout: float = 5.0, context: ssl.SSLContext | None = None) -> bytes:
    """What comes back of raw bytes, until the end of a block or of the connection."""
    port = service.tls_port if context else service.port
    with socket.create_connection((service.host, port), timeout=timeout) as plain:
        link = context.wrap_socket(plain, server_hostname="localhost") if context else plain
        link.sendall(raw)
        heard = b""
        while not heard.endswith(b"\x1c\r"):
            chunk = link.recv(65536)
            if not chunk:
                break
            heard += chunk
        return heard


def recorded(journal: Journal) -> list[Exchange]:
    return journal.exchanges(Channel.HL7)


def test_a_sound_message_is_acknowledged_and_attributed(service: Pam, journal: Journal) -> None:
    heard = ask(service, frame(MESSAGE))
    control = MESSAGE.split(b"|")[9]
    assert heard.startswith(b"\x0bMSH|") and b"\rMSA|AA|" + control + b"\r" in heard
    (exchange,) = recorded(journal)
    assert exchange.operation == "ADT^A31" and exchange.request.body == MESSAGE
    assert {WHO.matricule, WHO.key, control.decode()} <= exchange.keys
    assert exchange.facts["ack"] == "AA" and exchange.facts["transport"] == "clair"


def test_over_tls_the_session_is_told(service: Pam, journal: Journal, pki: Pki) -> None:
    context = ssl.create_default_context(cafile=str(pki.trust))
    assert b"MSA|AA|" in ask(service, frame(MESSAGE), context=context)
    (exchange,) = recorded(journal)
    assert exchange.tls is not None and exchange.tls.version.startswith("TLSv1.")
    assert exchange.facts["transport"] == "tls"


@pytest.mark.parametrize(
    ("old", "new", "code", "words"),
    [
        (b"ADT^A31", b"ADT^Z99", b"AR", "pas attendu"),
        (b"2.5^FRA", b"2.2^FRA", b"AR", "version"),
        (b"\rPID|", b"\rPIX|", b"AE", "segment PID"),
        (b"|D000001^", b"|^", b"AA", ""),  # the INS remains in PID-3
        (WHO.nom_naissance.encode() + b"^", b"^", b"AA", ""),
        (b"MSH|^~\\&|", b"HSM|^~\\&|", b"AR", "pas un message"),
    ],
)
def test_what_is_wrong_is_refused_with_its_reason(
    service: Pam, journal: Journal, old: bytes, new: bytes, code: bytes, words: str
) -> None:
    assert old in MESSAGE
    heard = ask(service, frame(MESSAGE.replace(old, new, 1)))
    assert b"MSA|" + code + b"|" in heard
    (exchange,) = recorded(journal)
    assert words in exchange.facts.get("refused", "")


def test_a_merge_must_say_what_gives_way(service: Pam, journal: Journal) -> None:
    alone = pam_sender.adt("A40", Sending(WHO, "D000001"))
    told = pam_sender.adt("A40", Sending(WHO, "D000001", merged=("D2^^^DOMAINE-ESSAI&1.2.3&ISO^PI",)))
    assert b"MSA|AE|" in ask(service, frame(alone))
    assert b"MSA|AA|" in ask(service, frame(told))


@pytest.mark.parametrize(("raw", "words"), [(MESSAGE + b"\x1c\r", "0x0B"), (b"\x0b" + MESSAGE, "au milieu")])
def test_broken_frames_are_recorded_not_answered(service: Pam, journal: Journal, raw: bytes, words: str) -> None:
    with socket.create_connection((service.host, service.port), timeout=5) as link:
        link.sendall(raw)
        link.shutdown(socket.SHUT_WR)
        assert link.recv(1024) == b""
    assert journal.wait(lambda: bool(recorded(journal)), 3)
    (exchange,) = recorded(journal)
    assert exchange.response is None and words in exchange.facts["refused"]


def test_a_client_that_stays_silent_is_cut(service: Pam) -> None:
    with socket.create_connection((service.host, service.port), timeout=5) as link:
        link.sendall(b"\x0bMSH|")
        assert link.recv(1024) == b""


def test_a_message_past_the_limit_is_refused(journal: Journal, pki: Pki, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pam, "MAX_MESSAGE", 100_000)
    service = Pam(journal, pki)
    service.start()
    try:
        assert ask(service, frame(MESSAGE + b"NTE|" + b"x" * 1_000_000)) == b""
        assert b"MSA|AA|" in ask(service, frame(MESSAGE))
    except ConnectionError:  # cut while still writing: what is asked is that the service goes on
        assert b"MSA|AA|" in ask(service, frame(MESSAGE))
    finally:
        service.stop()


def test_each_fault_does_what_it_says(service: Pam, journal: Journal) -> None:
    said = {"nak-error": b"MSA|AE|", "nak-reject": b"MSA|AR|", "wrong-id": b"MSA|AA|AUTRE", "slow": b"MSA|AA|"}
    for name, expected in said.items():
        service.fault(name, 0.1)
        assert expected in ask(service, frame(MESSAGE))
    service.fault("silence")
    with pytest.raises(TimeoutError):
        ask(service, frame(MESSAGE), timeout=0.3)
    service.fault("reset")
    assert ask(service, frame(MESSAGE)) == b""
    assert {exchange.facts["fault"] for exchange in recorded(journal)} == set(FAULTS)
    with pytest.raises(ValueError, match="silence"):
        service.fault("silenc")


def test_a_message_sent_again_is_told(service: Pam, journal: Journal) -> None:
    ask(service, frame(MESSAGE))
    ask(service, frame(MESSAGE))
    assert [exchange.facts.get("repeated") for exchange in recorded(journal)] == [None, "oui"]


def test_two_hundred_parallel_messages_lose_no_exchange(service: Pam, journal: Journal) -> None:
    messages = [pam_sender.adt("A28", Sending(invent(12, "pam", rank), f"D{rank:06}")) for rank in range(200)]
    with ThreadPoolExecutor(40) as pool:
        heard = list(pool.map(lambda message: ask(service, frame(message), 20), messages))
    assert all(b"MSA|AA|" in answer for answer in heard)
    assert sorted(exchange.request.body for exchange in recorded(journal)) == sorted(messages)


def test_the_sender_gives_the_acknowledgement_or_none(service: Pam) -> None:
    answer = pam_sender.send(service.host, service.port, MESSAGE)
    assert answer is not None and b"MSA|AA|" in answer
    service.fault("silence")
    assert pam_sender.send(service.host, service.port, MESSAGE, timeout_s=0.3) is None


def test_nobody_listening_is_told() -> None:
    with socket.socket() as spare:
        spare.bind(("127.0.0.1", 0))
        port = spare.getsockname()[1]
    with pytest.raises(OSError):
        pam_sender.send("127.0.0.1", port, MESSAGE)


def test_the_agency_s_own_messages_are_taken_in(service: Pam) -> None:
    """PAM in 2.5, documents in 2.5 (ORU) and 2.6 (MDM); an acknowledgement is not something to send."""
    folder = ROOT.parent / "shared" / "data" / "hl7v2"
    found = sorted(path for path in folder.rglob("*") if path.suffix in (".er7", ".hl7"))
    if not found:
        pytest.skip("pas de messages HL7 v2 de l’agence à côté du projet (../shared/data/hl7v2)")
    for path in found:
        expected = b"MSA|AR|" if path.name == "ack.er7" else b"MSA|AA|"
        assert expected in ask(service, frame(path.read_bytes())), path
