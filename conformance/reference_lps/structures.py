"""The entrance of third-party structures: HTTPS, opened by a certificate of a structure that has an account (SSI/IE.43).

Chain and dates are OpenSSL's business, in the handshake; whose certificate it is and whether it is revoked are looked at
once it is known, for each request. What cannot be verified is refused.
"""

from __future__ import annotations

import asyncio
import json
import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiohttp import web

from . import audit
from .desk.accounts import CONNEXION, JOURNAL
from .network import entrance_context
from .revocation import NamedLists, UnknownStatusError

if TYPE_CHECKING:
    from cryptography import x509

    from .lps import Lps

PATH = "/structures/v1/connexion"
_ISSUER = "ORGANISATIONS"
"""What the authority of structures is called at the IGC-Santé; that of persons ends otherwise."""
_MAX_BODY = 4096


class UnwelcomeError(Exception):
    """Nothing opens to this certificate; the message is the French sentence for who shows it."""


class Entrance:
    """Says who may come in."""

    def __init__(self, lps: Lps) -> None:
        self._lps, self._lists = lps, NamedLists(lps.bench)
        self._accounts = {str(lps.bench.raw["structure_tierce"]["id_structure"])}

    def open(self, der: bytes | None) -> dict[str, Any]:
        """The connection of whoever shows that certificate, traced either way. Raises UnwelcomeError."""
        if der is None:
            if "ie-structure-without-certificate" in self._lps.defects:
                return {"structure": None}
            self._trace("inconnue", "sans certificat", done=False)
            raise UnwelcomeError("Un certificat de structure est nécessaire.")
        from cryptography import x509

        certificate = x509.load_der_x509_certificate(der)
        number = f"{certificate.serial_number:x}"
        try:
            structure, usage = self._welcome(certificate)
        except (UnwelcomeError, UnknownStatusError) as refusal:
            self._trace(_said(certificate.subject, "OU") or "inconnue", f"certificat {number} : {refusal}", done=False)
            raise UnwelcomeError(str(refusal)) from None
        self._trace(structure, f"certificat {number}", done=True)
        shown = {"usage": usage, "numero": number, "fin": certificate.not_valid_after_utc.date().isoformat()}
        return {"structure": structure, "ouverte_le": audit.now(), "certificat": shown}

    def _welcome(self, certificate: x509.Certificate) -> tuple[str, str]:
        """Whose certificate it is (Struct_IdNat), and for what."""
        structure, usage = _said(certificate.subject, "OU"), _usage(certificate)
        ours = _said(certificate.issuer, "CN").endswith(_ISSUER)
        stranger = not ours and "ie-structure-any-authority" in self._lps.defects
        if usage is None or not (ours or stranger):
            raise UnwelcomeError("Ce certificat n’est pas un certificat d’authentification ou de cachet de structure.")
        if structure not in self._accounts:
            raise UnwelcomeError("Cette structure n’a pas de compte.")
        ignored = stranger or "ie-structure-revocation-ignored" in self._lps.defects
        if not ignored and self._lists.revoked(certificate):
            raise UnwelcomeError("Ce certificat est révoqué.")
        return structure, usage

    def _trace(self, who: str, detail: str, *, done: bool) -> None:
        line = {"date": audit.now(), "auteur": who, "compte": who, "nature": CONNEXION}
        line |= {"resultat": "SUCCES" if done else "ECHEC", "detail": f"structure tierce, {detail}"}
        self._lps.store.append(JOURNAL, line)


@dataclass(frozen=True)
class Door:
    """The entrance, open; ``url`` is what a structure reads."""

    url: str
    runner: web.AppRunner
    looker: ThreadPoolExecutor

    async def close(self) -> None:
        """Let nobody in any more."""
        await self.runner.cleanup()
        self.looker.shutdown()


async def listen(lps: Lps) -> Door:
    """Open the entrance, on the loopback."""
    entrance, loop = Entrance(lps), asyncio.get_running_loop()
    # Whoever waits for a list of revoked certificates makes no user wait.
    looker = ThreadPoolExecutor(1, "structures")

    async def handle(request: web.Request) -> web.Response:
        channel = request.transport.get_extra_info("ssl_object") if request.transport else None
        der = channel.getpeercert(binary_form=True) if channel else None
        try:
            return _json(await loop.run_in_executor(looker, entrance.open, der), 200)
        except UnwelcomeError as refusal:
            return _json({"erreur": str(refusal)}, 403)

    app = web.Application(client_max_size=_MAX_BODY)
    app.router.add_get(PATH, handle)
    runner = web.AppRunner(app, shutdown_timeout=1.0)
    await runner.setup()
    listener = socket.create_server(("127.0.0.1", 0))
    await web.SockSite(runner, listener, ssl_context=entrance_context(lps.bench, lps.defects)).start()
    return Door(f"https://127.0.0.1:{listener.getsockname()[1]}{PATH}", runner, looker)


def _json(content: dict[str, Any], status: int) -> web.Response:
    return web.Response(
        text=json.dumps(content, ensure_ascii=False), status=status, content_type="application/json", charset="utf-8"
    )


def _usage(certificate: x509.Certificate) -> str | None:
    """``authentification`` or ``cachet``, None for any other use."""
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID

    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except (x509.ExtensionNotFound, ValueError):
        return None
    try:
        purposes = set(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    except x509.ExtensionNotFound:
        purposes = set()
    if not usage.digital_signature:
        return None
    if ExtendedKeyUsageOID.CLIENT_AUTH in purposes:
        return "authentification"
    return "cachet" if usage.content_commitment and not purposes else None


def _said(name: x509.Name, kind: str) -> str:
    """An attribute of a subject or of an issuer; empty when it is not there."""
    from cryptography.x509.oid import NameOID

    oid = {"OU": NameOID.ORGANIZATIONAL_UNIT_NAME, "CN": NameOID.COMMON_NAME}[kind]
    found = name.get_attributes_for_oid(oid)
    return str(found[-1].value) if found else ""
