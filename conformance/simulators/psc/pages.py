"""What Pro Santé Connect shows: discovery documents and the few pages a browser meets."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping, Sequence
from typing import Any

from conformance.simulators.http import Response
from conformance.simulators.people import Professional


def _words(text: str) -> list[str]:
    return text.split()


_SIGNING = [f"{family}{size}" for family in ("PS", "RS", "ES", "HS") for size in (256, 384, 512)] + ["EdDSA"]
_AUTHENTICATION = _words("private_key_jwt client_secret_basic client_secret_post tls_client_auth client_secret_jwt")
_GRANTS = _words(
    "authorization_code implicit refresh_token password client_credentials "
    "urn:openid:params:grant-type:ciba urn:ietf:params:oauth:grant-type:device_code"
)
_SCOPES = _words(
    "openid microprofile-jwt rpps referentiel web-origins basic identity acr offline_access eidas1 profile "
    "roles email scope_all phone interop scope_1 address scope_2 eidas2"
)
_CLAIMS = _words("aud sub iss auth_time name given_name family_name preferred_username email acr")
_FLAGS = _words(
    "claims_parameter_supported request_parameter_supported request_uri_parameter_supported "
    "frontchannel_logout_supported backchannel_logout_supported backchannel_logout_session_supported "
    "tls_client_certificate_bound_access_tokens authorization_response_iss_parameter_supported"
)
_PAGE = """<!DOCTYPE html>
<html lang="fr"><head><meta charset="utf-8"><title>{title}</title></head>
<body><main><h1>{title}</h1>
{content}
</main></body></html>
"""
_LOGIN = """<p>Banc de conformité : aucun vrai professionnel, aucune vraie carte.</p>
<form method="post" action="{action}">
<input type="hidden" name="transaction" value="{transaction}">
<p><label for="professionnel">Professionnel de test</label>
<select id="professionnel" name="professionnel">
{people}
</select></p>
<fieldset><legend>Moyen d’identification</legend>
<label><input type="radio" name="moyen" value="CPS" checked> Carte CPS</label>
<label><input type="radio" name="moyen" value="E-CPS"> Application e-CPS</label></fieldset>
<button type="submit" name="action" value="connecter">Se connecter</button>
<button type="submit" name="action" value="annuler">Annuler</button>
</form>"""


def endpoints(issuer: str) -> dict[str, str]:
    """The addresses that stand under the issuer, by discovery member."""
    base = f"{issuer}/protocol/openid-connect"
    return {
        "token_endpoint": f"{base}/token",
        "introspection_endpoint": f"{base}/token/introspect",
        "userinfo_endpoint": f"{base}/userinfo",
        "end_session_endpoint": f"{base}/logout",
        "jwks_uri": f"{base}/certs",
        "check_session_iframe": f"{base}/login-status-iframe.html",
        "revocation_endpoint": f"{base}/revoke",
        "registration_endpoint": f"{issuer}/clients-registrations/openid-connect",
        "device_authorization_endpoint": f"{base}/auth/device",
        "pushed_authorization_request_endpoint": f"{base}/ext/par/request",
        "backchannel_authentication_endpoint": f"{base}/ext/ciba/auth",
    }


def discovery(issuer: str, authorization: str) -> dict[str, Any]:
    """A discovery document; ``authorization`` is the member that differs between the two that are served."""
    addresses = endpoints(issuer)
    browser = ("jwks_uri", "check_session_iframe", "end_session_endpoint")
    responses = ["code", "none", "id_token", "token", "id_token token", "code id_token", "code token"]
    modes = ["query", "fragment", "form_post"]
    return {
        "issuer": issuer,
        "authorization_endpoint": authorization,
        **addresses,
        "grant_types_supported": _GRANTS,
        "acr_values_supported": ["0", "0"],
        "response_types_supported": [*responses, "code id_token token"],
        "response_modes_supported": [*modes, *(f"{mode}.jwt" for mode in modes), "jwt"],
        "subject_types_supported": ["public", "pairwise"],
        "id_token_signing_alg_values_supported": _SIGNING,
        "token_endpoint_auth_methods_supported": _AUTHENTICATION,
        "code_challenge_methods_supported": ["plain", "S256"],
        "scopes_supported": _SCOPES,
        "claims_supported": _CLAIMS,
        "claim_types_supported": ["normal"],
        "backchannel_token_delivery_modes_supported": ["poll", "ping"],
        "require_pushed_authorization_requests": False,
        **dict.fromkeys(_FLAGS, True),
        "mtls_endpoint_aliases": {name: url for name, url in addresses.items() if name not in browser},
    }


def login(title: str, action: str, transaction: str, people: Sequence[Professional]) -> Response:
    """The page where a professional of ``people`` identifies himself, the first being chosen beforehand."""
    options = (
        f'<option value="{html.escape(one.id_national)}">{html.escape(f"{one.prenom} {one.nom}")} ({one.id_national})</option>'
        for one in people
    )
    values = {"action": html.escape(action), "transaction": html.escape(transaction), "people": "\n".join(options)}
    return _html(200, title, _LOGIN.format_map(values))


def page(status: int, title: str, sentence: str) -> Response:
    """A page that says one thing."""
    return _html(status, title, f"<p>{html.escape(sentence)}</p>")


def data(status: int, value: Mapping[str, Any], *headers: tuple[str, str]) -> Response:
    """A JSON answer that nobody keeps."""
    every = (("Content-Type", "application/json"), ("Cache-Control", "no-store"), *headers)
    return Response(status, every, json.dumps(value, ensure_ascii=False).encode())


def error(status: int, code: str, description: str, *headers: tuple[str, str]) -> Response:
    """An OAuth 2.0 error (RFC 6749, 5.2)."""
    return data(status, {"error": code, "error_description": description}, *headers)


def _html(status: int, title: str, content: str) -> Response:
    headers = (("Content-Type", "text/html; charset=utf-8"), ("Cache-Control", "no-store"))
    return Response(status, headers, _PAGE.format(title=html.escape(title), content=content).encode())
