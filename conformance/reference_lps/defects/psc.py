"""Defects of the reference LPS in its logins and accounts."""

from __future__ import annotations

DEFECTS: dict[str, str] = {
    "psc-without-eidas1": "Demande l’authentification sans acr_values=eidas1.",
    "psc-accepts-any-state": "Accepte un retour d’authentification dont le state n’est pas le sien.",
    "psc-accepts-wrong-nonce": "Accepte un jeton d’identité dont le nonce n’est pas le sien.",
    "psc-trusts-identity-token": "Ne vérifie ni émetteur, ni destinataire, ni dates, ni sujet du jeton d’identité.",
    "psc-login-url-from-issuer": "Déduit l’adresse d’autorisation de l’émetteur au lieu de lire la découverte.",
    "psc-no-single-logout": "Se déconnecte localement sans fermer la session chez Pro Santé Connect.",
    "psc-never-refreshes": "Déconnecte un utilisateur actif quand son jeton d’accès expire.",
    "psc-idle-stays-open": "Laisse ouverte la session locale d’un utilisateur inactif.",
    "psc-native-without-pkce": "N’emploie pas PKCE depuis l’application native.",
    "psc-ciba-hurries": "Interroge le point de jeton plus vite que l’intervalle imposé (CIBA).",
    "psc-ciba-insists": "Continue d’interroger le point de jeton après un refus (CIBA).",
    "psc-second-account": "Ouvre un second compte à qui se connecte par Pro Santé Connect.",
    "psc-api-without-login": "Appelle INSi en mode Pro Santé Connect sans que personne soit connecté.",
    "psc-api-other-identity": "Appelle INSi sous une autre identité que celle de l’utilisateur connecté.",
    "ie-rpps-not-kept": "Ne retient pas le numéro RPPS que l’annuaire donne.",
    "ie-rpps-silent": "N’avertit pas d’un numéro RPPS introuvable, ou disparu de l’annuaire.",
    "ie-rpps-never-again": "Ne recherche ni ne contrôle plus un numéro RPPS après la création du compte.",
    "ie-rpps-untraced": "Ne trace pas la recherche du numéro RPPS.",
    "ie-structure-revocation-ignored": "Ouvre une connexion à une structure tierce dont le certificat est révoqué.",
    "ie-structure-without-certificate": "Ouvre une connexion à une structure tierce qui ne présente aucun certificat.",
    "ie-structure-any-authority": "Ouvre une connexion à une structure tierce par le certificat d’une autorité inconnue.",
    "ie-structure-accepts-expired": "Ouvre une connexion à une structure tierce dont le certificat est expiré.",
    "iam-log-skips-identite": "Ne trace pas les modifications d’identité d’un compte.",
    "iam-log-skips-permissions": "Ne trace pas les modifications de permissions d’un compte.",
    "iam-log-skips-failures": "Ne trace ni connexion ni changement de mot de passe refusés.",
    "iam-log-without-author": "Trace les opérations sur les comptes sans leur auteur.",
}
