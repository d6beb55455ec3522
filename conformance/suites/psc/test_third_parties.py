"""Connexion d’une structure tierce : par un certificat d’authentification, en cours de validité et non révoqué."""

from __future__ import annotations

from collections.abc import Sequence

from conformance import NotRun, require, verifies
from conformance.checks import third_party as judged
from conformance.drivers.third_party import EXPIRED, FOREIGN, NONE, PERSON, REVOKED, VALID, ThirdParty
from conformance.model.evidence import Exchange


@verifies("SSI/IE.43.01", "SSI/IE.43")
def test_only_a_certificate_worth_something_opens(third_party: ThirdParty) -> None:
    """Un certificat valide ouvre la connexion ; révoqué, expiré, d’une autre autorité ou absent, il ne l’ouvre pas."""
    gets_in(third_party, "d’abord")
    attempts = [third_party.tries(certificate) for certificate in (REVOKED, EXPIRED, FOREIGN, PERSON, NONE)]
    require(judged.kept_out(attempts))
    # Else they may have met a software that answers nobody any more.
    gets_in(third_party, "ensuite")
    require(judged.asked_for_revocation(third_party.asked_for_revocation()))
    clearly_refused(attempts)


def gets_in(third_party: ThirdParty, when: str) -> None:
    """The control: by the same path, a valid certificate opens. Raises NotRun when it does not."""
    attempt = third_party.tries(VALID)
    if not judged.entered(attempt):
        raise NotRun(
            f"le certificat valide, présenté {when}, n’ouvre pas la connexion ({judged.told(attempt)}) : les refus ne "
            "prouveraient rien, et une entrée par mot de passe non plus"
        )


def clearly_refused(attempts: Sequence[Exchange]) -> None:
    """Who was neither let in nor refused proves nothing. Raises NotRun for a silence, a redirection, a breakdown."""
    unclear = [
        f"{one.operation} : {judged.told(one)}"
        for one in attempts
        if not judged.refused(one) and not judged.entered(one) and one.facts["certificat"] != PERSON
    ]
    if unclear:
        raise NotRun(f"ni admis ni refusé, {' ; '.join(unclear)}")
