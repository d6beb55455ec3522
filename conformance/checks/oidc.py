"""Judgement of a Pro Santé Connect login as the provider saw it: authorization, token, user information.

Works on the exchanges of the psc channel, secrets masked. Facts read: the parameters of the request,
``client_auth``, ``pkce``, ``token_in``, ``mutation``, ``verdict``. What comes after a login is in ``oidc_session``, the
answers that the bench falsifies in ``oidc_mutations``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Sequence
from urllib.parse import parse_qs, urlsplit

from conformance.checks.saying import Voice
from conformance.model.evidence import Exchange
from conformance.model.finding import Finding, Severity

ENTROPY_BITS = 128
_UUID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?4[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}", re.IGNORECASE)
_ALPHABETS = (
    (r"[0-9]+", 10),
    (r"[0-9a-f-]+|[0-9A-F-]+", 16),
    (r"[a-z0-9]+|[A-Z0-9]+|[A-Z2-7]+", 36),
    (r"[A-Za-z0-9]+", 62),
    (r"[\x21-\x7e]+", 64),
)
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_PSC08 = "Référentiel Pro Santé Connect, PSC.08 (EX PSC 16)"
_OIDC = "OpenID Connect Core 1.0, 3.1"
_say = Voice("oidc")


def named(exchanges: Sequence[Exchange], operation: str) -> list[Exchange]:
    """The exchanges of that operation: authorize, login, token, userinfo, end_session."""
    return [exchange for exchange in exchanges if exchange.operation == operation]


def parameters(exchange: Exchange) -> dict[str, str]:
    """What the request told: its query and form, and what the provider observed. Secrets are masked there."""
    target = exchange.request.start.split(" ")[1] if " " in exchange.request.start else ""
    texts = [urlsplit(target).query]
    if "form" in (exchange.request.header("Content-Type") or ""):
        texts.append(exchange.request.body[:65536].decode("utf-8", "replace"))
    found: dict[str, str] = {}
    for text in texts:
        try:
            pairs = parse_qs(text, keep_blank_values=True, max_num_fields=200)
        except ValueError:
            continue
        found.update({name: values[0] for name, values in pairs.items()})
    return found | dict(exchange.facts)


def authorization(
    call: Exchange,
    redirect_uris: Collection[str] | None = None,
    *,
    scopes: str = "openid scope_all",
    native: bool = False,
) -> Iterator[Finding]:
    """The authorization request: code flow, scopes, state, nonce, PKCE, redirect address; see :func:`level` for the rest.

    ``redirect_uris`` are the registered ones; None judges the form only (https, or loopback for native
    software). PKCE is due from ``native`` software (RFC 8252, 8.1), good practice for any other.
    """
    sent = parameters(call)
    if sent.get("response_type") != "code":
        yield _say(
            "response-type",
            "La demande n’emploie pas le flux par code.",
            call,
            "code",
            sent.get("response_type", "absent"),
            "Écrire response_type=code.",
            source=_OIDC,
        )
    missing = set(scopes.split()) - set(sent.get("scope", "").split())
    if missing:
        yield _say(
            "scope",
            f"La demande n’a pas la portée {' et '.join(sorted(missing))}.",
            call,
            scopes,
            sent.get("scope", "absent"),
            f"Écrire scope={scopes}.",
            source="Référentiel Pro Santé Connect",
        )
    for name in ("state", "nonce"):
        yield from _random(call, name, sent.get(name, ""))
    if sent.get("code_challenge_method", "") != "S256" or not sent.get("code_challenge"):
        yield _say(
            "pkce",
            "La demande n’emploie pas PKCE avec S256.",
            call,
            "code_challenge et code_challenge_method=S256",
            sent.get("code_challenge_method", "absent"),
            "Ajouter PKCE (RFC 7636), dû par une application native, bonne pratique pour toute autre.",
            source="RFC 8252, 8.1" if native else "RFC 7636",
            severity=Severity.ERROR if native else Severity.WARNING,
        )
    yield from _redirect(call, sent.get("redirect_uri", ""), redirect_uris)


def level(call: Exchange) -> Iterator[Finding]:
    """The authorization request asks for the level eidas1. Source: PSC.08, EX PSC 16."""
    sent = parameters(call)
    if "eidas1" not in sent.get("acr_values", "").split():
        yield _say(
            "acr-values",
            "La demande n’exige pas le niveau d’authentification eidas1.",
            call,
            "acr_values=eidas1",
            sent.get("acr_values", "absent"),
            "Ajouter acr_values=eidas1 à la demande.",
            source=_PSC08,
        )


def _random(call: Exchange, name: str, value: str) -> Iterator[Finding]:
    bits = entropy(value)
    if not value:
        yield _say(
            name,
            f"La demande ne porte pas de {name}.",
            call,
            "une valeur aléatoire",
            "absent",
            f"Engendrer {name} à chaque connexion.",
            source=_OIDC,
        )
    elif bits < ENTROPY_BITS:
        # A version 4 UUID has 122 random bits: said, not condemned.
        severity = Severity.WARNING if _UUID.fullmatch(value) else Severity.ERROR
        yield _say(
            f"{name}.entropy",
            f"La valeur de {name} est trop courte pour être imprévisible.",
            call,
            f"{ENTROPY_BITS} bits d’aléa",
            f"{bits:.0f} bits au plus ({len(value)} caractères)",
            "Tirer au moins 16 octets d’un générateur cryptographique.",
            source=_OIDC,
            severity=severity,
        )


def entropy(value: str) -> float:
    """The most bits of randomness a value of this shape can hold; a repeated character adds none."""
    if _UUID.fullmatch(value):
        return 122.0
    size = next((size for pattern, size in _ALPHABETS if re.fullmatch(pattern, value)), 64)
    distinct = len(set(value))
    if distinct < 8:
        return math.log2(max(distinct, 1)) * len(value)
    return math.log2(size) * len(value)


def _redirect(call: Exchange, value: str, registered: Collection[str] | None) -> Iterator[Finding]:
    try:
        parts = urlsplit(value)
        host = parts.hostname or ""
    except ValueError:
        parts, host = urlsplit(""), ""
    if registered is not None and value not in registered:
        yield _say(
            "redirect-uri",
            "L’adresse de retour n’est pas celle qui est enregistrée.",
            call,
            ", ".join(registered),
            value or "absente",
            "Reprendre l’adresse enregistrée, caractère pour caractère.",
            source=_OIDC,
        )
    elif parts.scheme != "https" and host not in _LOOPBACK:
        yield _say(
            "redirect-uri",
            "L’adresse de retour n’est ni en https ni en boucle locale.",
            call,
            "https://… ou http://127.0.0.1…",
            value or "absente",
            "Employer https, ou la boucle locale pour un client lourd.",
            source="RFC 8252",
        )


def fresh(calls: Sequence[Exchange]) -> Iterator[Finding]:
    """Each login draws its own state and nonce."""
    for name in ("state", "nonce"):
        seen: set[str] = set()
        for call in calls:
            value = parameters(call).get(name, "")
            if value and value in seen:
                yield _say(
                    f"{name}.fresh",
                    f"La valeur de {name} a déjà servi à une autre connexion.",
                    call,
                    "une valeur par connexion",
                    value[:80],
                    f"Engendrer {name} à chaque connexion.",
                    source=_OIDC,
                )
            seen.add(value)


def token_call(call: Exchange, asked: Exchange | None = None) -> Iterator[Finding]:
    """The token call: client authenticated, no secret in the address, redirect address of ``asked``."""
    target, sent = call.request.start, parameters(call)
    if any(
        f"{name}=" in target.partition("?")[2] for name in ("client_secret", "code", "refresh_token", "code_verifier")
    ):
        yield _say(
            "token.url",
            "Un secret est écrit dans l’adresse de l’appel au point de jeton.",
            call,
            "paramètres dans le corps de la requête",
            "paramètres dans l’adresse",
            "Envoyer code et secret dans le corps ou l’en-tête Authorization.",
            source="RFC 6749, 2.3.1",
        )
    method = call.facts.get("client_auth", "")
    if method in ("none", "query", "both", "") and not (call.tls and call.tls.client and method == "none"):
        yield _say(
            "token.client",
            "Le client ne s’authentifie pas correctement au point de jeton.",
            call,
            "Authorization: Basic, ou certificat client",
            method or "inconnu",
            "Employer client_secret_basic ou mTLS, et un seul des deux.",
            source="RFC 6749, 2.3",
        )
    elif method == "post":
        yield _say(
            "token.client",
            "Le secret du client est envoyé dans le corps de la requête.",
            call,
            "Authorization: Basic, ou certificat client",
            "client_secret_post",
            "Préférer l’en-tête Authorization.",
            source="RFC 6749, 2.3.1",
            severity=Severity.WARNING,
        )
    if asked is not None and sent.get("grant_type") == "authorization_code":
        wanted = parameters(asked).get("redirect_uri", "")
        if sent.get("redirect_uri", "") != wanted:
            yield _say(
                "token.redirect-uri",
                "L’adresse de retour diffère de celle de la demande.",
                call,
                wanted,
                sent.get("redirect_uri", "absente"),
                "Répéter la même redirect_uri.",
                source="RFC 6749, 4.1.3",
            )
    if call.facts.get("verdict") == "refusé" and "mutation" not in call.facts:
        yield _say(
            "token.refused",
            "Le point de jeton a refusé l’appel.",
            call,
            "un appel accepté",
            call.facts.get("refused", "refus"),
            "Corriger la requête.",
            source="RFC 6749, 5.2",
        )


def userinfo(call: Exchange) -> Iterator[Finding]:
    """The access token travels in ``Authorization: Bearer`` only."""
    place = call.facts.get("token_in")
    if place is None:
        scheme = (call.request.header("Authorization") or "").partition(" ")[0].lower()
        place = "query" if "access_token=" in call.request.start else "header" if scheme == "bearer" else "absent"
    if place != "header":
        yield _say(
            "userinfo.bearer",
            "Le jeton d’accès n’est pas dans l’en-tête Authorization.",
            call,
            "Authorization: Bearer <jeton>",
            {"query": "dans l’adresse", "body": "dans le corps"}.get(place, "absent"),
            "Envoyer le jeton dans l’en-tête Authorization, jamais dans l’adresse.",
            source="RFC 6750, 2.1",
        )
