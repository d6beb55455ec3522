"""The RPPS-rang certificates of a practice held in common: which one a call shows."""

from __future__ import annotations

from .lps import Lps

STRUCTURE, VALIDATOR = "structure", "validateur"
SETTING, CHOICES = "certificat_dmp", (STRUCTURE, VALIDATOR)


def of(lps: Lps, rpps: str | None) -> str:
    """The certificate of a doctor of the practice, by RPPS; the practice's own for anybody else."""
    pairs = lps.bench.raw["certificats"].items()
    return next((str(name) for name, pair in pairs if rpps and pair.get("rpps") == rpps), "org_auth")


def for_deposit(lps: Lps, validator: str, depositor: str) -> str:
    """What a deposit in the DMP shows: the certificate of who validated, where the office wants so."""
    if lps.store.setting(SETTING, STRUCTURE) != VALIDATOR:
        return "org_auth"
    return of(lps, depositor if "auth-rank-of-depositor" in lps.defects else validator)
