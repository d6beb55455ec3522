"""What Pro Santé Connect shows: discovery documents, user information, and the few pages a browser meets."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from typing import Any

from conformance.simulators.http import Response
from conformance.simulators.people import Organisation, Professional


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
# Members of an activity that stay empty for an invented practice, as they often do in real answers.
_EMPTY = _words(
    "codeSectionPharmacien codeRole numeroSiretSite numeroSirenSite numeroFinessSite "
    "numeroFinessetablissementJuridique enseigneCommercialeSite complementDestinataire "
    "complementPointGeographique indiceRepetitionVoie mentionDistribution bureauCedex codePays telephone "
    "telephone2 telecopie adresseEMail ancienIdentifiantDeLaStructure autoriteDenregistrement"
)
_PAGE = """<!DOCTYPE html>
<html lang="fr"><head><meta charset="utf-8"><title>{title}</title></head>
<body><main><h1>{title}</h1>
{content}
</main></body></html>
"""
_LOGIN = """<p>Banc de conformité : aucun vrai professionnel, aucune vraie carte.</p>
<form method="post" action="{action}">
<input type="hidden" name="transaction" value="{transaction}">
<p><label for="professionnel">Professionnel de test</label>
<select id="professionnel" name="professionnel"><option value="{id}">{name} ({id})</option></select></p>
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


def userinfo(who: Professional, where: Organisation, sub: str, means: str) -> dict[str, Any]:
    """The user information of the professional, members and shape as the real service gives them."""
    activity = dict.fromkeys(_EMPTY, "") | {
        "codeModeExercice": "L",
        "codeSecteurDactivite": where.secteur,
        "codeGenreActivite": "GENR01",
        "identifiantTechniqueDeLaStructure": where.id_structure,
        "raisonSocialeSite": where.nom,
        "numeroVoie": "12",
        "codeTypeDeVoie": "R",
        "libelleVoie": "DES TILLEULS",
        "codePostal": "51300",
        "codeCommune": "51215",
        "codeDepartement": "51",
    }
    practice = {
        "codeProfession": who.profession,
        "codeCategorieProfessionnelle": "C",
        "codeCiviliteDexercice": who.titre.upper(),
        "nomDexercice": who.nom,
        "prenomDexercice": who.prenom,
        "codeTypeSavoirFaire": "S" if who.specialite else "",
        "codeSavoirFaire": who.specialite,
        "activities": [activity],
    }
    return {
        "sub": sub,
        "SubjectNameID": who.id_national,
        "preferred_username": who.id_national,
        "given_name": who.prenom,
        "family_name": who.nom,
        "otherIds": [{"identifiant": who.rpps, "origine": "RPPS", "qualite": 1}],
        "authMode": means,
        "Palier_Authentification": "APPPRIP3^1.2.250.1.213.1.5.1.1.1",
        "PSI_Locale": "1.2.250.1.213.1.3.1.1",
        "SubjectRole": [f"{who.profession}^1.2.250.1.213.1.1.5.5"],
        "Secteur_Activite": f"{where.secteur}^1.2.250.1.71.4.2.4",
        "SubjectOrganization": where.nom,
        "SubjectOrganizationID": where.id_structure,
        "Mode_Acces_Raison": "",
        "Acces_Regulation_Medicale": "FAUX",
        "UITVersion": "1.0",
        "email_verified": False,
        "SubjectRefPro": {"codeCivilite": "M", "exercices": [practice]},
    }


def login(action: str, transaction: str, who: Professional) -> Response:
    """The page where the professional identifies himself."""
    values = {"action": action, "transaction": transaction, "id": who.id_national}
    values["name"] = f"{who.prenom} {who.nom}"
    content = _LOGIN.format_map({name: html.escape(value) for name, value in values.items()})
    return _html(200, "Pro Santé Connect (banc)", content)


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
