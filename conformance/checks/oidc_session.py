"""What comes around a login: CIBA and its pace, renewal of tokens, inactivity, logout, as the provider saw them.

Facts read: ``depuis_s``, ``interval``, ``trop_tot``, ``error``, ``grant_type``, ``id_token_hint``. Sources: CIBA Core 1.0;
référentiel Pro Santé Connect, EX PSC 11 and 32.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from conformance.checks.oidc import level, named, parameters
from conformance.checks.saying import Voice
from conformance.model.evidence import Exchange
from conformance.model.finding import Finding, Location, Severity

_say = Voice("oidc")
_CIBA = "OpenID Connect CIBA Core 1.0"
_WAITING = frozenset({"authorization_pending", "slow_down"})
_TRIES = 2


def ciba_request(call: Exchange) -> Iterator[Finding]:
    """The request to a professional's device: level, national id, number of two digits, channel."""
    sent = parameters(call)
    yield from level(call)
    shapes = {
        "login_hint": (r"[0-9].{8,}", "l’identifiant national du professionnel (8 et RPPS)"),
        "binding_message": (r"[0-9]{2}", "un nombre de deux chiffres"),
        "channel": (r"CARD|MOBILE", "CARD ou MOBILE"),
    }
    for name, (shape, expected) in shapes.items():
        if not re.fullmatch(shape, sent.get(name, "")):
            yield _say(
                f"ciba.{name}",
                f"La demande CIBA ne porte pas un {name} de la forme attendue.",
                call,
                expected,
                sent.get(name, "absent"),
                f"Renseigner {name}.",
                source="Page CIBA de l’ANS",
            )


def number_shown(connection: Mapping[str, Any], call: Exchange) -> Iterator[Finding]:
    """The number of two digits that the software sent is the one it shows its user."""
    sent, shown = parameters(call).get("binding_message", "absent"), str(connection.get("message_liaison"))
    if shown != sent:
        fix = "Montrer à l’utilisateur le nombre envoyé, qu’il compare à celui de son appareil."
        message = "Le nombre montré à l’utilisateur n’est pas celui de la demande CIBA."
        yield _say("ciba.nombre", message, call, sent, shown, fix, source="Page CIBA de l’ANS")


def pace(calls: Sequence[Exchange]) -> Iterator[Finding]:
    """The software never asks sooner than the interval, five seconds more after each slow_down."""
    for call in calls:
        if call.facts.get("trop_tot") == "oui":
            yield _say(
                "ciba.interval",
                "Le logiciel interroge le point de jeton plus tôt que l’intervalle imposé.",
                call,
                f"{call.facts.get('interval', '?')} s au moins",
                f"{call.facts.get('depuis_s', '?')} s",
                "Attendre interval entre deux questions, et cinq secondes de plus après slow_down.",
                source=f"{_CIBA}, 7.3 et 11",
            )


def polling_stopped(calls: Sequence[Exchange]) -> Iterator[Finding]:
    """After an error that ends a request, nothing more is asked about it; ``calls`` are those of that request alone."""
    ended = False
    for call in named(calls, "token"):
        if ended:
            yield _say(
                "ciba.arret",
                "Le logiciel interroge encore le point de jeton après un refus.",
                call,
                "aucune autre question",
                f"une question, répondue {call.facts.get('error', 'par des jetons')}",
                "S’arrêter à toute erreur autre que authorization_pending et slow_down, et le dire à l’utilisateur.",
                source=f"{_CIBA}, 11",
            )
            return
        ended = call.facts.get("error", "authorization_pending") not in _WAITING


def renewed(calls: Sequence[Exchange]) -> Iterator[Finding]:
    """An active user's access token is renewed by the refresh token, nobody being sent back to the login page."""
    tokens = [call for call in named(calls, "token") if call.facts.get("grant_type") == "refresh_token"]
    if not any(call.facts.get("verdict") == "accepté" for call in tokens):
        yield _say(
            "renewal",
            "Le jeton d’accès d’un utilisateur actif n’est pas renouvelé par le jeton de rafraîchissement.",
            Location("échanges Pro Santé Connect"),
            "un appel grant_type=refresh_token accepté",
            f"{len(tokens)} appel, aucun accepté" if tokens else "aucun appel",
            "Renouveler le jeton d’accès expiré tant que l’utilisateur est actif.",
            source="Référentiel Pro Santé Connect, EXI PSC 11",
        )


def gave_up(calls: Sequence[Exchange]) -> Iterator[Finding]:
    """A refused renewal is not asked again and again."""
    tried = [call for call in named(calls, "token") if call.facts.get("mutation") == "refresh-refused"]
    if len(tried) > _TRIES:
        yield _say(
            "renewal.loop",
            "Le logiciel redemande sans fin un rafraîchissement refusé.",
            tried[-1],
            f"{_TRIES} appels au plus, puis le retour à la connexion",
            f"{len(tried)} appels",
            "À invalid_grant, revenir à la page de connexion.",
            source="RFC 6749, 5.2",
        )


def not_redeemed_again(calls: Sequence[Exchange]) -> Iterator[Finding]:
    """A return that already served is refused before its code is sent again."""
    for call in named(calls, "token")[:1]:
        yield _say(
            "replay",
            "Un retour d’authentification qui a déjà servi est traité de nouveau.",
            call,
            "aucun appel au point de jeton",
            call.facts.get("refused", "un appel accepté"),
            "N’accepter chaque state qu’une fois.",
            source="RFC 6749, 10.12",
        )


def single_session_kept(calls: Sequence[Exchange]) -> Iterator[Finding]:
    """Inactivity closes the local session, never the one at Pro Santé Connect."""
    for call in named(calls, "end_session")[:1]:
        yield _say(
            "idle.end-session",
            "L’inactivité ferme la session Pro Santé Connect de l’utilisateur.",
            call,
            "la seule session locale fermée",
            "un appel à end_session",
            "À l’inactivité, ne fermer que la session du logiciel.",
            source="Référentiel Pro Santé Connect, EXI PSC 32",
        )


def ended(exchanges: Sequence[Exchange]) -> Iterator[Finding]:
    """Logging out of a CIBA session closes the provider's by a direct call, which needs no address to come back to."""
    return (finding for finding in logout(exchanges) if finding.severity is Severity.ERROR)


def logout(exchanges: Sequence[Exchange]) -> Iterator[Finding]:
    """Logging out closes the provider's session: ``end_session`` with ``id_token_hint``. Source: PSC.01."""
    calls, source = named(exchanges, "end_session"), "OpenID Connect RP-Initiated Logout 1.0\u00a0; PSC.01"
    if not calls:
        where = Location("échanges Pro Santé Connect")
        yield Finding(
            "oidc.logout",
            "La déconnexion ne ferme pas la session Pro Santé Connect.",
            Severity.ERROR,
            where,
            "un appel à end_session",
            "aucun appel",
            "Renvoyer le navigateur vers end_session_endpoint avec id_token_hint.",
            source,
        )
        return
    call, sent = calls[-1], parameters(calls[-1])
    hint = call.facts.get("id_token_hint", "absent" if "id_token_hint" not in sent else "valide")
    if hint not in ("absent", "invalide"):
        hint = "valide"
    if hint != "valide":
        yield _say(
            "logout.hint",
            "La déconnexion ne porte pas le jeton d’identité de la session.",
            call,
            "id_token_hint",
            hint,
            "Ajouter id_token_hint.",
            source=source,
        )
    for name in ("post_logout_redirect_uri", "state"):
        if not sent.get(name):
            yield _say(
                f"logout.{name}",
                f"La déconnexion ne porte pas {name}.",
                call,
                name,
                "absent",
                f"Ajouter {name} pour revenir au logiciel.",
                source=source,
                severity=Severity.WARNING,
            )
