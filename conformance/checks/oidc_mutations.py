"""What a relying party owes to each answer that the bench falsifies, and how grave it is not to do so.

Grades: a client may skip the signature of a token it received from the token endpoint over TLS (OpenID Connect Core
3.1.3.7, 6), and nothing binds it to look at ``iat``: those are told, never condemned, and so is the merging of accounts,
which no public text sets. Everything else condemns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from conformance.checks.saying import Voice
from conformance.model.evidence import Exchange
from conformance.model.finding import Finding, Severity

_CORE = "OpenID Connect Core 1.0, 3.1.3.7"
_say = Voice("oidc")
_CIBA = "OpenID Connect CIBA Core 1.0, 11"


class Due(StrEnum):
    """What is due: to refuse, to refuse (told only), to accept."""

    REFUSE = "refuser"
    REFUSE_TOLD = "refuser, sans condamner"
    ACCEPT = "accepter"


@dataclass(frozen=True, slots=True)
class Mutation:
    """``meaning`` is what the report says of it; ``before_token`` that not even the token call may follow."""

    due: Due
    meaning: str
    source: str = _CORE
    before_token: bool = False
    ciba: bool = False


def _callback(meaning: str, source: str) -> Mutation:
    return Mutation(Due.REFUSE, meaning, source, before_token=True)


def _ciba(meaning: str, due: Due = Due.REFUSE) -> Mutation:
    return Mutation(due, meaning, _CIBA, ciba=True)


MUTATIONS: Mapping[str, Mutation] = {
    "wrong-state": _callback("le state rendu n’est celui d’aucune demande", "RFC 6749, 10.12"),
    "old-state": _callback("le state rendu est celui de la demande précédente", "RFC 6749, 10.12"),
    "no-state": _callback("aucun state n’est rendu", "RFC 6749, 10.12"),
    "wrong-iss-param": _callback("le retour se dit d’un autre émetteur", "RFC 9207, 2.4"),
    "error-access-denied": _callback("le retour est l’erreur access_denied", "RFC 6749, 4.1.2.1"),
    "code-refused": Mutation(Due.REFUSE, "le code est refusé (invalid_grant)", "RFC 6749, 5.2"),
    "idt-wrong-iss": Mutation(Due.REFUSE, "l’émetteur (iss) du jeton d’identité est un autre"),
    "idt-wrong-aud": Mutation(Due.REFUSE, "le destinataire (aud) du jeton d’identité est un autre"),
    "idt-extra-aud": Mutation(Due.REFUSE, "le jeton d’identité a un second destinataire (aud), sans azp"),
    "idt-expired": Mutation(Due.REFUSE, "le jeton d’identité est expiré (exp)"),
    "idt-wrong-nonce": Mutation(Due.REFUSE, "le nonce du jeton d’identité n’est pas celui de la demande"),
    "idt-missing-sub": Mutation(Due.REFUSE, "le jeton d’identité ne porte pas sub"),
    "idt-missing-aud": Mutation(Due.REFUSE, "le jeton d’identité ne porte pas aud"),
    "idt-missing-iat": Mutation(Due.REFUSE_TOLD, "le jeton d’identité ne porte pas iat"),
    "idt-bad-signature": Mutation(Due.REFUSE_TOLD, "la signature du jeton d’identité est fausse"),
    "idt-alg-none": Mutation(Due.REFUSE_TOLD, "le jeton d’identité n’est pas signé (alg none)"),
    "idt-hs256": Mutation(Due.REFUSE_TOLD, "le jeton d’identité est signé avec le secret du client (HS256)"),
    "key-rotation": Mutation(Due.ACCEPT, "la clé de signature vient de changer", "OpenID Connect Core 1.0, 10.1.1"),
    "userinfo-wrong-sub": Mutation(
        Due.REFUSE,
        "le sub des informations d’utilisateur n’est pas celui du jeton",
        "OpenID Connect Core 1.0, 5.3.2",
    ),
    "userinfo-several": Mutation(Due.ACCEPT, "l’utilisateur a plusieurs exercices et activités", "PSC.01"),
    "userinfo-empty": Mutation(Due.ACCEPT, "tous les attributs métier de l’utilisateur sont vides", "PSC.01"),
    "userinfo-unknown": Mutation(Due.ACCEPT, "les informations d’utilisateur portent des membres inconnus", "PSC.01"),
    "userinfo-minimal": Mutation(Due.ACCEPT, "les informations d’utilisateur sont réduites", "PSC.01"),
    "userinfo-no-refpro": Mutation(Due.ACCEPT, "les informations d’utilisateur n’ont pas SubjectRefPro", "PSC.01"),
    "other-sub": Mutation(Due.REFUSE_TOLD, "le même numéro RPPS revient sous un autre sub", "PSC.02 (déduit)"),
    "other-rpps": Mutation(Due.REFUSE_TOLD, "le même sub revient sous un autre numéro RPPS", "PSC.02 (déduit)"),
    "ciba-long-interval": _ciba("l’intervalle imposé est plus long", Due.ACCEPT),
    "ciba-slow-down": _ciba("l’interrogation reçoit slow_down", Due.ACCEPT),
    "ciba-access-denied": _ciba("l’interrogation reçoit access_denied"),
    "ciba-expired-token": _ciba("l’interrogation reçoit expired_token"),
    "ciba-invalid-request": _ciba("l’interrogation reçoit invalid_request"),
    "ciba-no-auth-req-id": _ciba("la réponse ne porte pas auth_req_id"),
    "ciba-no-expires-in": _ciba("la réponse ne porte pas expires_in"),
    "ciba-unknown-user": _ciba("le professionnel est dit inconnu (unknown_user_id)"),
}
"""The mutations of a login; those of a session (refresh, logout) have rules of their own in ``oidc_session``."""


def opened(connection: Mapping[str, object], name: str) -> Iterator[Finding]:
    """What is due was done: the session is closed after what must be refused, open after what must be accepted."""
    mutation = MUTATIONS[name]
    connected = connection.get("etat") == "CONNECTE"
    if mutation.due is Due.ACCEPT and not connected:
        yield Finding(
            f"psc.accepte.{name}",
            f"La connexion est refusée à tort\u00a0: {mutation.meaning}.",
            expected="CONNECTE",
            observed=f"{connection.get('etat')} ({connection.get('message') or 'sans message'})",
            fix="Accepter cette réponse, que le service peut donner.",
            source=mutation.source,
        )
    if mutation.due is not Due.ACCEPT and connected:
        yield Finding(
            f"psc.refus.{name}",
            f"La connexion est acceptée malgré une réponse falsifiée\u00a0: {mutation.meaning}.",
            Severity.ERROR if mutation.due is Due.REFUSE else Severity.WARNING,
            expected="connexion refusée",
            observed="CONNECTE",
            fix="Vérifier state, iss, aud, exp, nonce et sub avant d’ouvrir la session.",
            source=mutation.source,
        )


def seen(exchanges: Sequence[Exchange], name: str) -> bool:
    """Whether the software met that falsified answer at all; what never came proves nothing."""
    return name == "key-rotation" or any(exchange.facts.get("mutation") == name for exchange in exchanges)


def no_access_after(exchanges: Sequence[Exchange]) -> Iterator[Finding]:
    """After a falsified answer that is to be refused, the software asks nothing more in the name of the user.

    ``exchanges`` are those of one login, oldest first. No token call after a falsified callback, no user
    information after a falsified token. Raises ValueError when no answer was falsified: there is nothing to
    judge.
    """
    first = next((exchange for exchange in exchanges if exchange.facts.get("mutation")), None)
    if first is None:
        raise ValueError("aucune réponse falsifiée dans ces échanges")
    name = first.facts["mutation"]
    mutation = MUTATIONS.get(name)
    if mutation is None or mutation.due is Due.ACCEPT:
        return
    forbidden = {"userinfo", "token"} if mutation.before_token else {"userinfo"}
    for later in exchanges[exchanges.index(first) + 1 :]:
        if later.operation.rpartition(" ")[2] in forbidden:
            yield _say(
                "no-access",
                f"Le logiciel poursuit la connexion malgré une réponse falsifiée ({name}).",
                later,
                "connexion abandonnée",
                f"appel {later.operation}",
                "Vérifier state, iss, aud, exp, nonce et sub avant tout usage d’un jeton.",
                source=mutation.source,
                severity=Severity.ERROR if mutation.due is Due.REFUSE else Severity.WARNING,
            )
            return
