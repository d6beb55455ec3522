"""The client of the INSi téléservice: recovery by traits, unit verification, by card (CPX), as ORG, or in the name of whom Pro
Santé Connect authenticated (PSC).

Whatever goes wrong comes back as the code ERREUR and a French sentence: there is always something to log.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.reference_lps import wire
from conformance.reference_lps.identity import Found
from conformance.reference_lps.types import Bench, Patient

if TYPE_CHECKING:
    from lxml import etree

CPX, ORG, PSC = "CPX", "ORG", "PSC"
MODES = (CPX, ORG, PSC)
# In PSC mode: the national id of the connected user and the token for the API, by name of its scope. WireError without one.
Connected = Callable[[str], tuple[str, str]]
ERREUR = "ERREUR"
_COLLECTIONS, _COLLECTION_S = 20, 0.05
_HEADERS = {"Content-Type": "application/soap+xml;charset=utf-8"}


@dataclass(frozen=True)
class Recovered:
    """Answer of a recovery: ``code`` is 00, 01, 02 or ERREUR; ``found`` is the person of code 00."""

    code: str
    label: str
    found: Found | None = None


@dataclass(frozen=True)
class Verified:
    """Answer of a verification: ``result`` is OK, KO or ERREUR."""

    result: str
    label: str


class InsiClient:
    """Calls INSi in the given mode; one TLS connection a call, as the sessions of a card require."""

    def __init__(self, bench: Bench, defects: frozenset[str], connected: Connected | None = None) -> None:
        self._bench = bench
        self._defects = defects
        self._connected = connected

    def recover(self, patient: Patient, mode: str) -> Recovered:
        """WS_INS2: who bears these traits."""
        from . import xml

        try:
            answer = self._post("rechercherInsAvecTraitsIdentite", xml.recovery_body(patient), mode)
            return Recovered(*xml.read_recovery(answer))
        except (wire.WireError, xml.AnswerError) as failure:
            return Recovered(ERREUR, str(failure))

    def verify(self, patient: Patient, mode: str) -> Verified:
        """WS_INS3: is this INS the one of a person with these traits."""
        from . import xml

        try:
            answer = self._post("verifierInsAvecTraitsIdentite", xml.verification_body(patient), mode)
            return Verified(*xml.read_verification(answer))
        except (wire.WireError, xml.AnswerError) as failure:
            return Verified(ERREUR, str(failure))

    def verify_all(self, patients: Sequence[Patient], mode: str) -> list[Verified]:
        """Verification in bulk: deposit a lot, collect it once ready; one answer a patient, in order."""
        from . import xml

        sent = list(patients[: max(1, len(patients) // 2)] if "insi-bulk-skips-some" in self._defects else patients)
        try:
            number = xml.read_receipt(self._post("deposerLotVerification", xml.lot_body(sent), mode))
            found = self._collected(number, mode)
        except (wire.WireError, xml.AnswerError) as failure:
            return [Verified(ERREUR, str(failure)) for _ in patients]
        return [Verified(found.get(rank, ERREUR), "vérification en masse") for rank in range(1, len(patients) + 1)]

    def _collected(self, number: str, mode: str) -> dict[int, str]:
        from . import xml

        for _ in range(_COLLECTIONS):
            answer = self._post("collecterLotVerification", xml.collection_body(number), mode)
            if (found := xml.read_collection(answer)) is not None:
                return found
            time.sleep(_COLLECTION_S)
        raise xml.AnswerError("INSi n’a pas fini de vérifier le lot à temps.")

    def _post(self, operation: str, body: etree._Element, mode: str) -> bytes:
        from . import xml
        from .assertion import plain_assertion, signed_assertion

        if mode == ORG and "insi-cps-instead-of-org" in self._defects:
            mode = CPX
        headers = dict(_HEADERS)
        assertion = signed_assertion(self._bench) if mode == CPX else None
        if mode == PSC and self._connected is not None:
            national, token = self._connected("insi")
            assertion, headers["Authorization"] = plain_assertion(self._bench, national), f"Bearer {token}"
        message = xml.envelope(operation, body, self._bench, assertion)
        credential = self._bench.credentials["cps_auth" if mode == CPX else "org_auth"]
        with wire.session(self._bench, credential) as client:
            url = self._bench.raw["insi"]["url"]
            heard = wire.call(client, "POST", url, data=message, headers=headers)
        # A SOAP fault travels with status 500: its detail is worth more than the number.
        if heard.status != 200 and b"Fault" not in heard.body:
            raise wire.WireError(f"INSi a répondu le statut HTTP {heard.status}.")
        return heard.body
