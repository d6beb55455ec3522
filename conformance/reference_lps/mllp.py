"""MLLP, written here from its two pages of specification: a block between 0x0B and 0x1C 0x0D, client and server."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable

_START, _END = b"\x0b", b"\x1c\r"
_MAX_BYTES = 16_000_000
_IDLE_S = 60.0


class MllpError(Exception):
    """The neighbour cannot be reached, or does not acknowledge; the message says so in French."""


def exchange(host: str, port: int, message: bytes, timeout_s: float = 5.0) -> bytes:
    """Send one message and wait for its acknowledgement."""
    try:
        with socket.create_connection((host, port), timeout=timeout_s) as link:
            link.sendall(_START + message + _END)
            return _block(link)
    except TimeoutError:
        raise MllpError("Le voisin HL7 n’a pas acquitté à temps.") from None
    except OSError as broken:
        raise MllpError("Le voisin HL7 est injoignable.") from broken


def _block(link: socket.socket) -> bytes:
    heard = b""
    while not heard.endswith(_END):
        chunk = link.recv(65_536)
        heard += chunk
        if not chunk or len(heard) > _MAX_BYTES:
            raise MllpError("Le voisin HL7 a fini la connexion sans acquitter.")
    return heard.removeprefix(_START).removesuffix(_END)


async def listen(host: str, port: int, answer: Callable[[bytes], Awaitable[bytes]]) -> asyncio.Server:
    """Serve: each block received is answered by ``answer``, in order."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                block = await asyncio.wait_for(reader.readuntil(_END), _IDLE_S)
                if not block.startswith(_START):
                    break
                writer.write(_START + await answer(block[1:-2]) + _END)
                await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError, ConnectionError):
            pass
        finally:
            writer.close()

    return await asyncio.start_server(talk, host, port, limit=_MAX_BYTES)
