"""What a careless relying party leaves unchecked, one name each; a defect of the LPS is one of them, or a few.

The names of claims (iss, aud, azp, exp, iat, nonce, sub, signature) are read by ``token``, the others where the
behaviour lives.
"""

from __future__ import annotations

LAPSES: dict[str, frozenset[str]] = {
    "psc-accepts-any-state": frozenset({"state"}),
    "psc-accepts-wrong-nonce": frozenset({"nonce"}),
    "psc-trusts-identity-token": frozenset({"iss", "aud", "azp", "exp", "iat", "sub"}),
    "psc-never-refreshes": frozenset({"no-refresh"}),
    "psc-idle-stays-open": frozenset({"idle-stays"}),
    "psc-ciba-hurries": frozenset({"ciba-hurries", "ciba-ignores-slow-down"}),
    "psc-ciba-insists": frozenset({"ciba-insists"}),
}


def lapses_of(defects: frozenset[str]) -> frozenset[str]:
    """Every lapse that those defects bring."""
    return frozenset[str]().union(*(LAPSES[name] for name in defects if name in LAPSES))
