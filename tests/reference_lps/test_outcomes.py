"""What a platform tells of a document, and the messages it rejects."""

from __future__ import annotations

import pytest

from conformance.reference_lps import identity, outcomes, pam
from conformance.reference_lps.desk import filing, platform
from conformance.reference_lps.outcomes import Outcome

NOBODY = frozenset[str]()
NAMES = {"nom_naissance": "MODELE", "premier_prenom": "ALIX", "prenoms": "ALIX"}
PATIENT = identity.create("p", NAMES | {"date_naissance": "1980-01-02", "sexe": "F", "lieu_naissance": "63113"})
LOCAL = pam.Local("1", "D", "1.2")


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome("DMP", "M1", True),
        Outcome("DMP", "M1", False, "DMPClosed"),
        Outcome("MSS", "M2", False, "550", "confrere@autre.mssante.test"),
        Outcome("LECTURE", "M3", True, "", "confrere@autre.mssante.test"),
    ],
)
def test_an_outcome_is_read_as_it_was_told(outcome: Outcome) -> None:
    read = outcomes.read(outcomes.message(outcome, PATIENT, LOCAL, NOBODY))
    assert read is not None
    assert (read.channel, read.about, read.done, read.box) == (
        outcome.channel,
        outcome.about,
        outcome.done,
        outcome.box,
    )
    assert outcome.reason in read.reason


@pytest.mark.parametrize("content", [b"", b"\xff|", b"MSH|^~\\&|A", b"OBX|1", b"OBX|1|CWE|AUTRE|1|Y"])
def test_what_tells_no_outcome_is_none(content: bytes) -> None:
    assert outcomes.read(content) is None


def heard(kind: str, event: str) -> pam.Received:
    return pam.Received(kind, event, "1", "A")


@pytest.mark.parametrize(
    ("order", "status", "event", "sound"),
    [
        ("NW", "F", "T02", True),
        ("RO", "C", "T10", True),
        ("NW", "C", "T02", False),
        ("NW", "F", "T10", False),
        ("XX", "F", "T02", False),
    ],
)
def test_a_message_that_contradicts_itself_is_rejected(order: str, status: str, event: str, sound: bool) -> None:
    message = f"MSH|^~\\&\rORC|{order}\rOBX|1|ED|||x||||||{status}\r".encode()
    assert (platform.incoherent(heard("MDM", event), message, NOBODY) is None) is sound
    assert platform.incoherent(heard("ADT", "A28"), message, NOBODY) is None


def test_a_message_made_of_a_mail_says_so_in_its_header() -> None:
    assert filing.comes_from_mail(b"MSH|^~\\&|||||||||||||||||||1.1^CISIS_CDA_HL7_LPS\rPID|")
    assert not filing.comes_from_mail(b"MSH|^~\\&|A\rOBX|CISIS_CDA_HL7_LPS")
