"""Which provider a realm plays: Pro Santé Connect, or a plain OpenID provider as a structure may run (SSI/IAM.80)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.simulators.people import Organisation, Professional
from conformance.simulators.psc.userinfo import plain, userinfo

WALLET_DISCOVERY = "/.well-known/wallet-openid-configuration"
STANDARD_DISCOVERY = "/.well-known/openid-configuration"
UserInfo = Callable[[Professional, Organisation, str, str, str], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Kind:
    """``path`` is the issuer's, ``discovery`` the one to use; ``wallet`` says that the login page lives elsewhere.

    ``prefix`` stands before the operations that are recorded, so that a suite never takes one provider for the other.
    """

    name: str
    path: str
    discovery: str
    wallet: bool
    userinfo: UserInfo
    acr: str
    prefix: str = ""


PSC = Kind("Pro Santé Connect (banc)", "/auth/realms/esante-wallet", WALLET_DISCOVERY, True, userinfo, "eidas1")
GENERIC = Kind("Fournisseur d’identité (banc)", "/fournisseur", STANDARD_DISCOVERY, False, plain, "1", "fournisseur ")


@dataclass(slots=True)
class Lifetimes:
    """How long things live, in seconds; the defaults are those of the service. ``interval_s`` is CIBA's."""

    code_s: float = 60
    access_s: float = 120
    refresh_s: float = 1800
    sso_max_s: float = 4 * 3600
    sso_idle_s: float = 1800
    ciba_s: float = 120
    interval_s: float = 1
    long_interval_s: float = 31
    api_s: float = 3600
