"""Why a TLS session with the operator did not start, or was broken, in the reader's language."""

from __future__ import annotations

_ALERTS = {
    "UNKNOWN_CA": "autorité inconnue de lui",
    "CERTIFICATE_EXPIRED": "certificat expiré",
    "CERTIFICATE_REVOKED": "certificat révoqué",
    "BAD_CERTIFICATE": "certificat refusé",
    "CERTIFICATE_UNKNOWN": "certificat refusé",
    "PROTOCOL_VERSION": "version de TLS refusée",
    "HANDSHAKE_FAILURE": "aucun paramètre commun",
    "INSUFFICIENT_SECURITY": "sécurité insuffisante",
}


def tls_failure(cause: BaseException | None) -> tuple[str, str]:
    """The name of the failure (OpenSSL's, when it has one) and the reason, in French."""
    name = str(getattr(cause, "reason", None) or (type(cause).__name__ if cause else "connexion fermée"))
    if "ALERT" in name:
        alert = next((text for mark, text in _ALERTS.items() if mark in name), name.lower())
        return name, f"le client a rompu la négociation TLS : {alert}"
    if name in ("NO_SHARED_CIPHER", "UNSUPPORTED_PROTOCOL"):
        return name, "le client ne propose ni version ni suite que l’opérateur accepte"
    if name == "CERTIFICATE_VERIFY_FAILED":
        return name, "le certificat présenté par le client ne vient pas d’une autorité du banc"
    return name, "négociation TLS interrompue"
