"""The identity neighbour of the software: a receiver of HL7 v2 messages over MLLP, in clear and over TLS.

It reads what comes, acknowledges or refuses it, and records every byte. Framing is that of the ``hl7`` library.
Source: IHE PAM, French extension 2.11; HL7 v2.5, minimal lower layer protocol.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from itertools import count
from typing import TYPE_CHECKING

from conformance.model.evidence import Channel, Exchange, Message
from conformance.simulators.http import tls_facts
from conformance.simulators.naming import known
from conformance.simulators.pam_message import Read, acknowledge, read

if TYPE_CHECKING:
    from hl7.mllp import HL7StreamReader, HL7StreamWriter

    from conformance.journal import Journal
    from conformance.simulators.pki import Pki

READY_S = 10.0
SLOW_S = 30.0
MAX_MESSAGE = 64 * 1024 * 1024
IDLE_S = 30.0
"""A client that stays silent longer in the middle of a message is cut."""
FAULTS = {
    "nak-error": "message refusé (AE), quel qu’il soit",
    "nak-reject": "message rejeté (AR), quel qu’il soit",
    "silence": "connexion gardée sans aucun acquittement",
    "reset": "connexion coupée sans acquittement",
    "slow": "acquittement juste, mais après un long délai",
    "wrong-id": "acquittement d’un autre message",
}
_log = logging.getLogger(__name__)
_NAKS = {"nak-error": "AE", "nak-reject": "AR"}
_SAID = "Panne demandée par le banc."


class Pam:
    """The neighbour on loopback, two ports: in clear, over TLS.

    An exchange's operation is the kind of message (``ADT^A31``); its facts: ``sens``, ``transport``, ``ack``,
    ``identifiant`` (MSH-10), ``repeated``, ``charset``, ``fault``, ``refused``.
    """

    def __init__(
        self,
        journal: Journal,
        pki: Pki,
        host: str = "127.0.0.1",
        port: int = 0,
        tls_port: int = 0,
        idle_s: float = IDLE_S,
    ) -> None:
        self._journal, self._pki, self.host = journal, pki, host
        self.port, self.tls_port, self._idle_s = port, tls_port, idle_s
        self._fault, self._delay_s = "", SLOW_S
        self._numbers, self._heard = count(1), set[str]()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._ready = threading.Event()
        self._failure: OSError | None = None
        self._live: set[asyncio.Task[None]] = set()

    def fault(self, name: str, delay_s: float = SLOW_S) -> None:
        """Put a fault of FAULTS in force; ``delay_s`` is that of ``slow``."""
        self._fault, self._delay_s = known(name, FAULTS, "panne HL7"), delay_s

    def clear(self) -> None:
        """Lift the fault."""
        self._fault = ""

    def start(self) -> None:
        """Serve; return once both ports accept connections. Raises OSError when one cannot be had."""
        self._thread = threading.Thread(target=self._run, name="pam", daemon=True)
        self._thread.start()
        if not self._ready.wait(READY_S):
            raise TimeoutError(f"le récepteur HL7 {self.host}:{self.port} n’est pas prêt après {READY_S:.0f} s")
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """Stop serving; connections under way are cut."""
        if self._loop is not None and self._thread is not None:
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join(READY_S)
            self._loop = None

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except OSError as error:
            self._failure = error
            self._ready.set()

    async def _serve(self) -> None:
        from hl7.mllp import start_hl7_server

        loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        # A client that breaks its connection is recorded as such; asyncio would print it on the console too.
        loop.set_exception_handler(lambda _, about: _log.debug("connexion rompue : %s", about.get("message")))
        common = {"limit": MAX_MESSAGE, "encoding": "utf-8"}
        plain = await start_hl7_server(self._welcome, self.host, self.port, **common)
        try:
            secured = await start_hl7_server(
                self._welcome, self.host, self.tls_port, ssl=self._pki.server_context(), **common
            )
        except OSError:
            plain.close()
            raise
        self.port, self.tls_port = (server.sockets[0].getsockname()[1] for server in (plain, secured))
        self._loop = loop
        self._ready.set()
        await self._stopping.wait()
        plain.close()
        secured.close()
        for task in list(self._live):
            task.cancel()
        await asyncio.gather(*self._live, return_exceptions=True)

    def _welcome(self, reader: HL7StreamReader, writer: HL7StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._talk(reader, writer))
        self._live.add(task)
        task.add_done_callback(self._live.discard)

    async def _talk(self, reader: HL7StreamReader, writer: HL7StreamWriter) -> None:
        """One connection: as many messages as the client sends, each answered before the next."""
        from hl7.mllp import InvalidBlockError

        try:
            while True:
                block = await asyncio.wait_for(reader.readblock(), self._idle_s)
                if not await self._answer(block, writer):
                    break
        except asyncio.IncompleteReadError as cut:
            if cut.partial:
                self._broken(writer, cut.partial, "connexion finie au milieu d’un message")
        except InvalidBlockError:
            self._broken(writer, b"", "le bloc ne commence pas par le caractère de début (0x0B)")
        except ValueError:
            self._broken(writer, b"", f"message de plus de {MAX_MESSAGE // 2**20} Mio")
        except (TimeoutError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, block: bytes, writer: HL7StreamWriter) -> bool:
        """Answer one message; False when the connection must end there."""
        fault, heard = self._fault, read(block)
        refusal = (_NAKS[fault], _SAID) if fault in _NAKS else heard.refusal
        code, reason = refusal or ("AA", "")
        about = "AUTRE" if fault == "wrong-id" else None
        answer = acknowledge(heard, code, reason, next(self._numbers), about)
        if fault == "slow":
            await asyncio.sleep(self._delay_s)
        mute = fault in ("silence", "reset")
        self._record(writer, block, None if mute else answer, heard, {"ack": "" if mute else code, "refused": reason})
        if fault == "reset":
            writer.transport.abort()
            return False
        if not mute:
            writer.writeblock(answer)
            await writer.drain()
        return True

    def _broken(self, writer: HL7StreamWriter, block: bytes, reason: str) -> None:
        self._record(writer, block, None, Read(), {"refused": reason})

    def _record(
        self, writer: HL7StreamWriter, block: bytes, answer: bytes | None, heard: Read, more: dict[str, str]
    ) -> None:
        tls, _ = tls_facts(writer.get_extra_info("ssl_object"))
        repeated = "oui" if heard.control_id and heard.control_id in self._heard else ""
        self._heard.add(heard.control_id)
        facts = {
            "sens": "émis par le logiciel",
            "transport": "tls" if tls else "clair",
            "identifiant": heard.control_id,
            "repeated": repeated,
            "charset": "" if heard.charset == "utf-8" else heard.charset,
            "fault": self._fault,
        } | more
        self._journal.exchange(
            Exchange(
                Channel.HL7,
                heard.kind,
                Message("MLLP", (), block),
                None if answer is None else Message("MLLP", (), answer),
                heard.keys,
                tls,
                {name: value for name, value in facts.items() if value},
            )
        )
