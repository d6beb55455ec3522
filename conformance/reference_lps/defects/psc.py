"""Defects of the reference LPS in its logins."""

from __future__ import annotations

DEFECTS: dict[str, str] = {
    "psc-without-eidas1": "Demande l’authentification sans acr_values=eidas1.",
    "psc-accepts-any-state": "Accepte un retour d’authentification dont le state n’est pas le sien.",
    "psc-accepts-wrong-nonce": "Accepte un jeton d’identité dont le nonce n’est pas le sien.",
    "psc-login-url-from-issuer": "Déduit l’adresse d’autorisation de l’émetteur au lieu de lire la découverte.",
    "psc-no-single-logout": "Se déconnecte localement sans fermer la session chez Pro Santé Connect.",
}
