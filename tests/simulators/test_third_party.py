"""The third-party structure against servers that are not ours, and against hostile ones."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from conformance.simulators.http import HttpServer, Request, Response
from conformance.simulators.people import THIRD_PARTY
from conformance.simulators.pki import Pki
from conformance.simulators.third_party import MAX_BODY, attempt

OPENSSL = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl n’est pas installé")


@contextmanager
def served(answer: Callable[[Request], Response], tls: ssl.SSLContext | None) -> Iterator[str]:
    server = HttpServer(answer, tls)
    server.start()
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{server.port}/entree"
    finally:
        server.stop()


@contextmanager
def talking(talk: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server in clear that says what it likes to the first who comes."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            client, _ = listener.accept()
            with client:
                talk(client)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        thread.join(5)


@pytest.mark.parametrize("asked", [ssl.CERT_OPTIONAL, ssl.CERT_REQUIRED])
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_what_is_shown_is_seen_on_both_sides(pki: Pki, asked: ssl.VerifyMode, version: ssl.TLSVersion) -> None:
    context, seen = pki.server_context(minimum=version, maximum=version), []
    context.verify_mode = asked

    def answer(request: Request) -> Response:
        seen.append(request)
        return Response(200, (("X-Dit", "bonjour"),), b"entrez")

    with served(answer, context) as url:
        made = attempt(f"{url}?a=1", pki.pair("third_auth"), 5)
        strangers = [attempt(url, pki.pair(name), 5) for name in ("third_expired", "third_untrusted")]
        nobody = attempt(url, None, 5)
    assert made.answer is not None and made.tls is not None
    assert (made.answer.start, made.answer.header("x-dit"), made.answer.body) == ("HTTP 200", "bonjour", b"entrez")
    assert made.tls.version == version.name.replace("TLSv1_", "TLSv1.")
    assert THIRD_PARTY.id_structure in (made.tls.client or "")
    assert seen[0].certificate == pki.pair("third_auth").der and seen[0].target == "/entree?a=1"
    assert all(one.answer is None and one.refused and not one.absent for one in strangers)
    assert (nobody.answer is None) is (asked is ssl.CERT_REQUIRED) and not nobody.absent
    assert nobody.tls is None or nobody.tls.client is None


@OPENSSL
@pytest.mark.parametrize(("name", "enters"), [("third_auth", True), ("third_sign", True), ("third_revoked", False)])
def test_openssl_tells_who_is_revoked(pki: Pki, tmp_path: Path, name: str, enters: bool) -> None:
    listed = tmp_path / "liste.pem"
    listed.write_bytes(x509.load_der_x509_crl(pki.crl.read_bytes()).public_bytes(Encoding.PEM))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    own = pki.pair("org_server")
    command = ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-www", "-Verify", "3", "-verify_return_error"]
    command += ["-CAfile", str(pki.trust), "-crl_check", "-CRL", str(listed)]
    command += ["-cert", str(own.certificate), "-key", str(own.key)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            made = attempt(f"https://localhost:{port}/", pki.pair(name), 5)
            until = time.monotonic() + 10
            while made.absent and time.monotonic() < until:
                made = attempt(f"https://localhost:{port}/", pki.pair(name), 5)
        finally:
            server.kill()
    assert (made.answer is not None, bool(made.refused)) == (enters, not enters)


def test_an_entrance_in_clear_and_a_redirection_are_told_as_they_are(pki: Pki) -> None:
    with served(lambda _: Response(302, (("Location", "/connexion"),)), None) as url:
        made = attempt(url, pki.pair("third_auth"), 5)
    assert made.answer is not None and made.answer.start == "HTTP 302"
    assert made.tls is None


def test_nobody_there_is_no_refusal(pki: Pki) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    for url in (f"https://127.0.0.1:{port}/", "https://nulle.part.invalid/", f"https://{'a' * 70}.test/"):
        made = attempt(url, pki.pair("third_auth"), 5)
        assert (made.answer, made.refused) == (None, ""), url
        assert "rien ne répond" in made.absent or "pas de réponse" in made.absent


@pytest.mark.parametrize(
    "said",
    [b"SSH-2.0-autre\r\n\r\n", b"HTTP/1.1 deux cents\r\n\r\n", b"\r\n\r\n", b"HTTP/1.1 200 OK\r\nX" + b"x" * 200_000],
)
def test_an_answer_that_cannot_be_read_is_no_refusal(said: bytes) -> None:
    def talk(client: socket.socket) -> None:
        client.recv(65536)
        client.sendall(said)

    with talking(talk) as url:
        made = attempt(url, None, 5)
    assert made.answer is None and "illisible" in made.absent and not made.refused


def test_a_silence_and_an_answer_without_end_are_bounded() -> None:
    def silent(client: socket.socket) -> None:
        client.settimeout(5)
        while client.recv(65536):
            continue

    began = time.monotonic()
    with talking(silent) as url:
        made = attempt(url, None, 0.3)
    assert (made.answer, made.refused) == (None, "") and "0.3 s" in made.absent
    assert time.monotonic() - began < 5

    def endless(client: socket.socket) -> None:
        client.settimeout(5)
        try:
            client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                client.sendall(b"x" * 65536)
        except OSError:
            return

    with talking(endless) as url:
        made = attempt(url, None, 5)
    assert made.answer is not None and len(made.answer.body) == MAX_BODY


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "https:///rien", "https://127.0.0.1:port/", "https://h/é", "a b"])
def test_what_is_no_address_is_told(url: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        attempt(url, None, 1)


@pytest.mark.skipif(sys.platform == "win32", reason="a reset is not made this way there")
def test_a_reset_is_a_refusal() -> None:
    def reset(client: socket.socket) -> None:
        client.recv(65536)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")

    with talking(reset) as url:
        made = attempt(url, None, 5)
    assert made.refused and not made.absent
