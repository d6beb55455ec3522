"""What the simulated Pro Santé Connect can do wrong, or unusually, when the bench asks: one name each.

The judgement of each is elsewhere (``conformance.checks.oidc_mutations``): here is only what happens.
"""

from __future__ import annotations

CALLBACK = {
    "wrong-state": "le retour porte un state qui n’est celui d’aucune demande",
    "old-state": "le retour porte le state de la demande précédente",
    "no-state": "le retour ne porte pas de state",
    "wrong-iss-param": "le retour se dit d’un autre émetteur (paramètre iss)",
    "error-access-denied": "le retour est l’erreur access_denied",
}
TOKEN = {
    "code-refused": "le code est refusé (invalid_grant)",
    "refresh-refused": "le rafraîchissement est refusé (invalid_grant)",
}
IDENTITY = {
    "idt-wrong-iss": "le jeton d’identité est d’un autre émetteur",
    "idt-wrong-aud": "le jeton d’identité est pour un autre client",
    "idt-extra-aud": "le jeton d’identité est aussi pour un autre client, sans azp",
    "idt-expired": "le jeton d’identité est expiré",
    "idt-wrong-nonce": "le jeton d’identité porte un autre nonce",
    "idt-missing-sub": "le jeton d’identité ne porte pas sub",
    "idt-missing-aud": "le jeton d’identité ne porte pas aud",
    "idt-missing-iat": "le jeton d’identité ne porte pas iat",
    "idt-bad-signature": "la signature du jeton d’identité est fausse",
    "idt-alg-none": "le jeton d’identité n’est pas signé (alg none)",
    "idt-hs256": "le jeton d’identité est signé avec le secret du client (HS256)",
    "key-rotation": "la clé de signature vient de changer (à accepter)",
}
USER = {
    "userinfo-wrong-sub": "les informations d’utilisateur portent un autre sub",
    "userinfo-several": "l’utilisateur a plusieurs exercices et activités (à accepter)",
    "userinfo-empty": "tous les attributs métier de l’utilisateur sont vides (à accepter)",
    "userinfo-unknown": "les informations d’utilisateur portent des membres inconnus (à accepter)",
    "userinfo-minimal": "les informations d’utilisateur n’ont ni activité, ni autre identifiant (à accepter)",
    "userinfo-no-refpro": "les informations d’utilisateur n’ont pas SubjectRefPro (à accepter)",
    "other-sub": "le même numéro RPPS revient sous un autre sub",
    "other-rpps": "le même sub revient sous un autre numéro RPPS",
}
LOGOUT = {
    "logout-no-state": "le retour de déconnexion ne porte pas de state (à accepter)",
    "logout-wrong-state": "le retour de déconnexion porte un autre state (à accepter)",
}
CIBA = {
    "ciba-long-interval": "la réponse impose un intervalle plus long entre deux interrogations (à respecter)",
    "ciba-slow-down": "la première interrogation reçoit slow_down (à respecter)",
    "ciba-access-denied": "l’interrogation reçoit access_denied",
    "ciba-expired-token": "l’interrogation reçoit expired_token",
    "ciba-invalid-request": "l’interrogation reçoit invalid_request",
    "ciba-no-auth-req-id": "la réponse ne porte pas auth_req_id",
    "ciba-no-expires-in": "la réponse ne porte pas expires_in",
    "ciba-unknown-user": "le professionnel est dit inconnu (unknown_user_id)",
}
MUTATIONS = CALLBACK | TOKEN | IDENTITY | USER | LOGOUT | CIBA
