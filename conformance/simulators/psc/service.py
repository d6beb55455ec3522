"""Pro Santé Connect on loopback: an OpenID provider on two hosts as the real one, with traps and mutations.

The issuer answers at ``https://localhost``, the authorization endpoint at another address and path; discovery
is at ``wallet-openid-configuration``. Beside it, at ``/fournisseur``, a plain OpenID provider as a structure may run,
and at ``/espace-de-confiance`` the authorization server of a data provider. Source: captured discovery document, user
information and tokens of the service.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from conformance.journal import Journal
from conformance.model.evidence import Channel, Exchange
from conformance.simulators.http import HttpServer, Request, Response
from conformance.simulators.naming import known
from conformance.simulators.people import COLLEAGUES, Professional
from conformance.simulators.pki import Pki
from conformance.simulators.psc import exchange, kinds
from conformance.simulators.psc.ciba import Devices
from conformance.simulators.psc.issuer import Endpoint, routes
from conformance.simulators.psc.kinds import Lifetimes
from conformance.simulators.psc.mask import masked
from conformance.simulators.psc.mutations import MUTATIONS
from conformance.simulators.psc.pages import page
from conformance.simulators.psc.realm import Client, Outcome, Realm
from conformance.simulators.psc.wallet import LOGIN_PATH, PATH, authorize, identify

Served = dict[str, tuple[Realm, Endpoint]]


class Psc:
    """The provider, for one client and a few professionals.

    ``ports`` are those of the issuer and of the wallet; ``redirect_uris`` the registered ones, None for
    native software (any loopback address); ``clock`` gives seconds since the epoch; ``client`` is drawn when it is
    not given. Facts of an exchange:
    ``verdict`` (accepté or refusé), ``refused``, ``error``, ``mutation``, and what each endpoint observed
    (``client_auth``, ``pkce``, ``grant_type``, ``redirect_uri``, ``acr_values``, ``scope``…). Codes, tokens
    and secrets are recorded by their digest only.
    """

    def __init__(
        self,
        journal: Journal,
        pki: Pki,
        host: str = "127.0.0.1",
        ports: tuple[int, int] = (0, 0),
        redirect_uris: Sequence[str] | None = None,
        post_logout_uris: Sequence[str] | None = None,
        clock: Callable[[], float] = time.time,
        client: Client | None = None,
    ) -> None:
        self._journal = journal
        self._pki = pki
        self._host = host
        self._ports = ports
        people = (pki.professional, *COLLEAGUES)
        self._realm, self._plain = (
            Realm(kind, people, pki.organisation, clock, redirect_uris, post_logout_uris, client, pki.identify)
            for kind in (kinds.PSC, kinds.GENERIC)
        )
        self._plain.client = self._realm.client
        self._api_tokens = exchange.ApiTokens()
        self._servers: list[HttpServer] = []

    def start(self) -> None:
        """Serve both hosts; return once connections are accepted."""
        wallet: Served = {PATH: (self._realm, authorize), LOGIN_PATH: (self._realm, identify)}
        issuer: Served = {}
        for realm in (self._realm, self._plain):
            served = routes(realm.kind, Devices(), self._api_tokens)
            issuer |= {path: (realm, endpoint) for path, endpoint in served.items()}
        # A browser must not be asked for a card at the login page: the wallet asks for no certificate.
        for addresses, port, ask in ((issuer, self._ports[0], True), (wallet, self._ports[1], False)):
            handler = partial(self._answer, addresses)
            server = HttpServer(handler, self._pki.server_context(ask_client=ask), self._host, port)
            server.start()
            self._servers.append(server)
        self._ports = (self._servers[0].port, self._servers[1].port)
        base = f"https://localhost:{self._ports[0]}"
        self._realm.issuer = f"{base}{self._realm.kind.path}"
        self._realm.wallet = f"https://{self._host}:{self._ports[1]}{PATH}"
        self._plain.issuer = f"{base}{self._plain.kind.path}"
        self._plain.wallet = f"{self._plain.issuer}{PATH}"

    def stop(self) -> None:
        """Stop serving; sessions and tokens are kept."""
        while self._servers:
            self._servers.pop().stop()

    @property
    def issuer(self) -> str:
        """The issuer's identifier, once started."""
        return self._realm.issuer

    @property
    def wallet(self) -> str:
        """The authorization endpoint, once started."""
        return self._realm.wallet

    @property
    def discovery(self) -> str:
        """The address of the discovery document to use, once started."""
        return f"{self._realm.issuer}{self._realm.kind.discovery}"

    @property
    def plain_discovery(self) -> str:
        """The address of the plain provider's discovery document, once started."""
        return f"{self._plain.issuer}{self._plain.kind.discovery}"

    @property
    def api_token(self) -> str:
        """Where a Pro Santé Connect token is exchanged for one of an API (RFC 8693), once started."""
        return f"https://localhost:{self._ports[0]}{exchange.TOKEN_PATH}"

    @property
    def client(self) -> Client:
        """The identifier and secret of the software under test, the same at both providers."""
        return self._realm.client

    @property
    def professional(self) -> Professional:
        """Whom the login page proposes first."""
        return self._realm.professional

    def mutate(self, name: str) -> None:
        """Put a mutation of MUTATIONS in force at both providers, in place of any other, until ``clear``."""
        mutation = known(name, MUTATIONS, "mutation Pro Santé Connect")
        for realm in (self._realm, self._plain):
            realm.mutation = mutation
            if name == "key-rotation":
                realm.signer.rotate()

    def clear(self) -> None:
        """Lift the mutation."""
        self._realm.mutation = self._plain.mutation = None

    def live(self, **seconds: float) -> None:
        """Change lifetimes, by name of :class:`Lifetimes`; without any, give back those of the service."""
        for realm in (self._realm, self._plain):
            realm.lifetimes = replace(Lifetimes(), **seconds)

    def require_certificate(self, required: bool = True) -> None:
        """Refuse a client that does not show its organisation's certificate, as the « Espace de confiance » does."""
        self._realm.mutual_tls_only = self._plain.mutual_tls_only = required

    def end_sessions(self) -> int:
        """End every open session: no token, access or refresh, is worth anything any more. How many there were."""
        return self._realm.end_sessions()

    def accepts(self, token: str) -> bool:
        """Whether this access token is in force."""
        return self._realm.claims(token) is not None

    def holder(self, token: str) -> str | None:
        """The national identifier of whom this access token in force was given to."""
        claims = self._realm.claims(token)
        return None if claims is None else str(claims["preferred_username"])

    def api_holder(self, token: str, certificate: bytes | None) -> str | None:
        """The national identifier an API token in force stands for, shown with the certificate it is bound to (DER)."""
        said = self._api_tokens.said(token, self._realm.clock())
        if said is None or certificate is None:
            return None
        bound = said["cnf"]["x5t#S256"] == exchange.thumbprint(certificate)
        return str(said["preferred_username"]) if bound else None

    def _answer(self, served: Served, request: Request) -> Response:
        realm, endpoint = served.get(request.path, (self._realm, None))
        if endpoint is None:
            reason = "Cette adresse n’existe pas chez Pro Santé Connect."
            outcome = Outcome("?", page(404, "Introuvable", reason), {"verdict": "refusé", "refused": reason})
        else:
            outcome = endpoint(realm, request)
        secret = self._realm.client.secret
        self._journal.exchange(
            Exchange(
                channel=Channel.PSC,
                operation=outcome.operation,
                request=masked(request.message, secret),
                response=masked(outcome.response.message, secret),
                keys=outcome.keys,
                tls=request.tls,
                facts=outcome.facts,
            )
        )
        return outcome.response
