"""Pro Santé Connect on loopback: an OpenID provider on two hosts as the real one, with traps and mutations.

The issuer answers at ``https://localhost``, the authorization endpoint at another address and path; discovery
is at ``wallet-openid-configuration``. Source: captured discovery document, user information and tokens of the
service.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial

from conformance.journal import Journal
from conformance.model.evidence import Channel, Exchange
from conformance.simulators.http import HttpServer, Request, Response
from conformance.simulators.naming import known
from conformance.simulators.people import Professional
from conformance.simulators.pki import Pki
from conformance.simulators.psc_issuer import CLOSED, DISCOVERY, ROUTES, Endpoint, closed
from conformance.simulators.psc_mask import masked
from conformance.simulators.psc_pages import page
from conformance.simulators.psc_realm import REALM, Client, Outcome, Realm
from conformance.simulators.psc_wallet import LOGIN_PATH, PATH, authorize, identify

MUTATIONS = {
    "wrong-state": "le retour porte un state qui n’est pas celui de la demande",
    "no-state": "le retour ne porte pas de state",
    "wrong-iss-param": "le retour se dit d’un autre émetteur (paramètre iss)",
    "error-access-denied": "le retour est l’erreur access_denied",
    "code-refused": "le code est refusé (invalid_grant)",
    "refresh-refused": "le rafraîchissement est refusé (invalid_grant)",
    "idt-wrong-iss": "le jeton d’identité est d’un autre émetteur",
    "idt-wrong-aud": "le jeton d’identité est pour un autre client",
    "idt-expired": "le jeton d’identité est expiré",
    "idt-wrong-nonce": "le jeton d’identité porte un autre nonce",
    "idt-missing-sub": "le jeton d’identité ne porte pas sub",
    "idt-missing-aud": "le jeton d’identité ne porte pas aud",
    "idt-missing-iat": "le jeton d’identité ne porte pas iat",
    "idt-bad-signature": "la signature du jeton d’identité est fausse",
    "idt-alg-none": "le jeton d’identité n’est pas signé (alg none)",
    "userinfo-wrong-sub": "les informations d’utilisateur portent un autre sub",
    "key-rotation": "la clé de signature vient de changer (à accepter)",
    "logout-no-state": "le retour de déconnexion ne porte pas de state (à accepter)",
}


class Psc:
    """The provider, for one client and one professional.

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
        self._realm = Realm(pki.professional, pki.organisation, clock, redirect_uris, post_logout_uris, client)
        self._servers: list[HttpServer] = []

    def start(self) -> None:
        """Serve both hosts; return once connections are accepted."""
        wallet: dict[str, Endpoint] = {PATH: authorize, LOGIN_PATH: identify}
        issuer = {**ROUTES, **dict.fromkeys(CLOSED, closed)}
        # A browser must not be asked for a card at the login page: the wallet asks for no certificate.
        for routes, port, ask in ((issuer, self._ports[0], True), (wallet, self._ports[1], False)):
            handler = partial(self._answer, dict(routes))
            server = HttpServer(handler, self._pki.server_context(ask_client=ask), self._host, port)
            server.start()
            self._servers.append(server)
        self._ports = (self._servers[0].port, self._servers[1].port)
        self._realm.issuer = f"https://localhost:{self._ports[0]}{REALM}"
        self._realm.wallet = f"https://{self._host}:{self._ports[1]}{PATH}"

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
        return f"{self._realm.issuer}{DISCOVERY}"

    @property
    def client(self) -> Client:
        """The identifier and secret of the software under test."""
        return self._realm.client

    @property
    def professional(self) -> Professional:
        """Whoever logs in."""
        return self._realm.professional

    def mutate(self, name: str) -> None:
        """Put a mutation of MUTATIONS in force, in place of any other, until ``clear``."""
        self._realm.mutation = known(name, MUTATIONS, "mutation Pro Santé Connect")
        if name == "key-rotation":
            self._realm.signer.rotate()

    def clear(self) -> None:
        """Lift the mutation."""
        self._realm.mutation = None

    def accepts(self, token: str) -> bool:
        """Whether this access token is in force."""
        return self._realm.claims(token) is not None

    def holder(self, token: str) -> str | None:
        """The national identifier of whom this access token in force was given to."""
        claims = self._realm.claims(token)
        return None if claims is None else str(claims["preferred_username"])

    def _answer(self, routes: dict[str, Endpoint], request: Request) -> Response:
        endpoint = routes.get(request.path)
        if endpoint is None:
            reason = "Cette adresse n’existe pas chez Pro Santé Connect."
            outcome = Outcome("?", page(404, "Introuvable", reason), {"verdict": "refusé", "refused": reason})
        else:
            outcome = endpoint(self._realm, request)
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
