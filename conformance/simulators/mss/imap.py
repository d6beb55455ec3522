"""The operator's IMAP4rev1 service (RFC 3501): pymap speaks the protocol, the operator decides who may open what.

STARTTLS first; then XOAUTH2 with a Pro Santé Connect token for a personal box, PLAIN with the organisation's
certificate for an applicative one, with or without an initial response (SASL-IR, RFC 4959).
"""

from __future__ import annotations

import asyncio
import base64
import ssl
from argparse import Namespace
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

from proxyprotocol.sock import SocketInfo, SocketInfoLocal
from pymap.backend.dict.mailbox import MailboxSet, Message
from pymap.backend.session import BaseSession
from pymap.config import BackendCapability, IMAPConfig
from pymap.context import connection_exit
from pymap.exceptions import InvalidAuth
from pymap.imap import IMAPConnection
from pymap.imap.state import ConnectionState
from pymap.parsing.response import Response
from pysasl import SASLAuth

from conformance.simulators.http import tls_facts
from conformance.simulators.mss.boxes import SIZE_LIMIT, Box, RefusedError
from conformance.simulators.mss.faults import FAULTS, HANGS_UP
from conformance.simulators.mss.imap_record import ImapRecord
from conformance.simulators.mss.sasl import INVALID_TOKEN, decoded, plain, xoauth2

if TYPE_CHECKING:
    from conformance.simulators.mss.service import Mss

LINE_LIMIT = 64 * 1024
IDLE_S = 30 * 60.0
"""What RFC 3501 (5.4) leaves to a client that says nothing, once logged in."""


class _Settings(IMAPConfig):
    """What the operator announces."""

    def __init__(self) -> None:
        nothing = Namespace(passlib_cfg=None, proxy_protocol=None)
        super().__init__(nothing, host=None, port=0, ssl_context=ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))

    @property
    def backend_capability(self) -> BackendCapability:
        return BackendCapability(idle=True, object_id=False, multi_append=True)

    @property
    def initial_capability(self) -> Sequence[bytes]:
        return [*super().initial_capability, b"SASL-IR"]

    @property
    def tls_auth(self) -> SASLAuth:
        return SASLAuth.named([b"PLAIN", b"XOAUTH2"])

    @property
    def greeting(self) -> bytes:
        return b"Operateur MSSante simule"


class _Opened:
    """The credentials of a box that the operator has already agreed to open; the LOGIN command has none such."""

    def __init__(self, box: Box) -> None:
        self.authcid = self.authzid = box.address

    def verify(self, identity: Any) -> bool:
        """Already done."""
        return True


class _Session(BaseSession[Message]):
    """A client in its box."""

    def __init__(self, owner: str, config: IMAPConfig, folders: MailboxSet) -> None:
        super().__init__(owner)
        self._config, self._folders = config, folders

    @property
    def config(self) -> IMAPConfig:
        return self._config

    @property
    def mailbox_set(self) -> MailboxSet:
        return self._folders


class _Login:
    """pymap's way to a session, which only the credentials of an opened box go through."""

    def __init__(self, operator: Mss, settings: _Settings, record: ImapRecord) -> None:
        self._operator, self._settings, self._record = operator, settings, record

    async def authenticate(self, credentials: Any) -> Any:
        if not isinstance(credentials, _Opened):
            self._record.refuse("commande LOGIN : la boîte s’ouvre par AUTHENTICATE, XOAUTH2 ou PLAIN avec certificat")
            raise InvalidAuth
        return _Identity(credentials.authcid, self._operator, self._settings)

    async def authorize(self, authenticated: Any, authzid: str) -> Any:
        return authenticated


class _Identity:
    def __init__(self, name: str, operator: Mss, settings: _Settings) -> None:
        self.name, self._operator, self._settings = name, operator, settings

    @asynccontextmanager
    async def new_session(self) -> AsyncIterator[_Session]:
        yield _Session(self.name, self._settings, self._operator.post.folders(self.name))


class _Where(SocketInfoLocal):
    """Loopback gives no right here: nobody logs in before TLS."""

    @property
    def from_localhost(self) -> bool:
        return False


class ImapClient(IMAPConnection):
    """One connection of a client."""

    def __init__(
        self, operator: Mss, settings: _Settings, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        where: SocketInfo = _Where(writer, unique_id=b"", dnsbl=None)
        super().__init__(settings.commands, settings, reader, writer, where)
        self.operator, self.settings = operator, settings
        self.record = ImapRecord(operator.journal, operator.presented)
        self.certificate: bytes | None = None
        self._initial: bytes | None = None
        self._logged_in = False

    async def serve(self) -> None:
        """Speak with the client until one of them leaves; whatever happens, the session is recorded."""
        from contextlib import AsyncExitStack

        state = ConnectionState(_Login(self.operator, self.settings, self.record), self.settings)  # type: ignore[arg-type]
        try:
            async with AsyncExitStack() as stack:
                connection_exit.set(stack)
                await self.run(state)
        except ssl.SSLError as error:
            self.record.tls_failed(error)
        except (OSError, EOFError):
            pass
        except Exception as error:  # noqa: BLE001  (what pymap lets out on hostile commands: told, never ours to die of)
            self.record.refuse(f"commande illisible ({type(error).__name__})")
        finally:
            self.record.end("coupure")
            self.close()

    async def readline(self) -> memoryview:
        """The next line, before it is acted upon; a silent or endless client is let go."""
        try:
            async with asyncio.timeout(IDLE_S if self._logged_in else self.operator.timeout_s):
                line = bytes(await super().readline())
        except TimeoutError:
            self.record.refuse(f"client muet ou trop lent : plus de {self.operator.timeout_s:.0f} s")
            raise EOFError from None
        except ValueError:
            self.record.refuse(f"ligne de plus de {LINE_LIMIT} octets")
            raise EOFError from None
        self.record.heard(line)
        words = line.split()
        verb = words[1].upper() if len(words) > 1 else b""
        if verb == b"AUTHENTICATE" and len(words) == 4:
            self._initial = words[3]
            line = b" ".join(words[:3]) + b"\r\n"
        elif verb == b"LOGOUT":
            self.record.facts["closed"] = "client"
        return memoryview(line)

    async def read_continuation(self, literal_length: int) -> memoryview:
        """What follows ``{literal_length}``; nothing long before the login."""
        if literal_length > (SIZE_LIMIT if self._logged_in else LINE_LIMIT):
            self.record.refuse(f"littéral de {literal_length} octets")
            raise EOFError
        async with asyncio.timeout(IDLE_S if self._logged_in else self.operator.timeout_s):
            return await super().read_continuation(literal_length)

    async def authenticate(self, state: ConnectionState, mech_name: bytes) -> Any:
        """The credentials of the box, or None when the mechanism is not offered now."""
        initial, self._initial = self._initial, None
        if state.auth.get_server(mech_name) is None:
            self.record.refuse("authentification tentée sans TLS, ou par un mécanisme non proposé")
            return None
        text = initial if initial is not None else await self._challenge(b"")
        answer = decoded(b"" if text == b"=" else text)
        try:
            box = self._open(mech_name, answer)
        except RefusedError as refusal:
            self.record.refuse(str(refusal))
            if mech_name == b"XOAUTH2":
                await self._challenge(INVALID_TOKEN)
            raise InvalidAuth from None
        self._logged_in = True
        self.record.facts |= {"auth": mech_name.decode("ascii"), "sasl_ir": "oui" if initial is not None else "non"}
        self.record.opened(box.address)
        return _Opened(box)

    def _open(self, mechanism: bytes, answer: bytes | None) -> Box:
        if answer is None:
            raise RefusedError("réponse d’authentification qui n’est pas du base64")
        if mechanism == b"XOAUTH2":
            return self.operator.by_token(*xoauth2(answer))
        box = self.operator.by_password(*plain(answer), self.certificate)
        if self.certificate is not None:
            self.record.facts["certificate"] = self.operator.pki.identify(self.certificate) or "autre"
        return box

    async def _challenge(self, told: bytes) -> bytes:
        self.writer.write(b"+ " + base64.b64encode(told) + b"\r\n")
        await self.writer.drain()
        self.record.secret()
        return bytes(await self.readline()).strip()

    async def start_tls(self) -> None:
        """Start TLS with the behaviour in force at this very moment."""
        if getattr(self.reader, "_buffer", b""):  # no public way to see what came too early
            self.record.refuse("commande glissée derrière STARTTLS, avant le chiffrement")
            raise ConnectionAbortedError
        self.record.facts["presentation"] = self.operator.presented
        try:
            await self.writer.start_tls(self.operator.context(), ssl_handshake_timeout=self.operator.timeout_s)
        except (OSError, EOFError) as error:
            self.record.tls_failed(error)
            raise ConnectionAbortedError from None
        self.record.tls, self.certificate = tls_facts(self.writer.get_extra_info("ssl_object"))
        self.record.facts["starttls"] = "oui"

    async def write_response(self, resp: Response) -> None:
        """Answer; a command refused is recorded."""
        if resp.is_bad:
            self.record.refuse("commande refusée : " + bytes(resp)[:120].decode("ascii", "replace").strip())
        await super().write_response(resp)

    def cut(self) -> None:
        """Close from the operator's side, saying so as RFC 3501 wants; once, however long the client takes to leave."""
        if self.writer.is_closing():
            return
        self.record.facts["closed"] = "opérateur"
        with suppress(OSError, RuntimeError):
            self.writer.write(b"* BYE Session fermee par l'operateur\r\n")
            self.writer.close()


class ImapService:
    """The listening side: every connection, its box and its record."""

    def __init__(self, operator: Mss) -> None:
        self._operator, self._settings = operator, _Settings()
        self._live: dict[ImapClient, asyncio.Task[Any] | None] = {}
        self._server: asyncio.Server | None = None

    async def start(self, host: str, port: int) -> int:
        """Accept connections; the port. Raises OSError when it cannot be had."""
        self._server = await asyncio.start_server(self._client, host, port, limit=LINE_LIMIT)
        return int(self._server.sockets[0].getsockname()[1])

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = ImapClient(self._operator, self._settings, reader, writer)
        if self._operator.fault == HANGS_UP:
            client.record.refuse(FAULTS[HANGS_UP])
            client.record.end("opérateur")
            writer.close()
            return
        self._live[client] = asyncio.current_task()
        try:
            await client.serve()
        finally:
            del self._live[client]

    async def cut(self) -> int:
        """Close every session from the operator's side; how many there were."""
        live = list(self._live)
        for client in live:
            client.cut()
        return len(live)

    async def stop(self) -> None:
        """Accept nobody any more and close every session."""
        if self._server is not None:
            self._server.close()
        tasks = [task for task in self._live.values() if task is not None]
        await self.cut()
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=1)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
