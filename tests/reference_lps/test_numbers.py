"""When the reference LPS looks an RPPS number up, and what it makes of the directory's answer."""

from __future__ import annotations

from datetime import date

import pytest

from conformance.reference_lps import numbers, wire
from conformance.reference_lps.accounts import Account

DAY = date(2026, 1, 5)
KNOWN = Account("1", "89990000013", "EXEMPLE", "Camille", "camille", checked="2024-02-29")


class Listing:
    """A directory that answers the same to everyone."""

    def __init__(self, *found: tuple[str, str, str]) -> None:
        self.found, self.asked = list(found), {}

    def numbers(self, **search: str) -> list[tuple[str, str, str]]:
        self.asked = search
        return self.found


class Broken:
    def numbers(self, **_: str) -> list[tuple[str, str, str]]:
        raise wire.WireError("L’annuaire ne répond pas.")


@pytest.mark.parametrize(
    ("checked", "day", "due"),
    [
        ("2024-02-29", date(2026, 2, 27), False),
        ("2024-02-29", date(2026, 2, 28), True),
        ("2024-01-06", DAY, False),
        ("2024-01-05", DAY, True),
        ("", DAY, True),
    ],
)
def test_a_known_number_is_due_after_two_years(checked: str, day: date, due: bool) -> None:
    account = Account("1", "89990000013", "EXEMPLE", "Camille", "camille", checked=checked)
    assert numbers.due(account, day) is due


def test_a_missing_number_is_always_due_and_an_account_of_psc_alone_never() -> None:
    assert numbers.due(Account("1", "", "EXEMPLE", "Camille", "camille", checked=DAY.isoformat()), DAY)
    assert not numbers.due(Account("1", "", "EXEMPLE", "Camille"), DAY)


def test_only_the_very_same_name_gives_its_number() -> None:
    missing = Account("1", "", "EXEMPLE", "Camille", "camille")
    listing = Listing(("89990000013", "Exemple", "camille"), ("89990000021", "EXEMPLEE", "Camille"))
    found = numbers.looked_up(listing, missing, DAY)
    assert (found.rpps, found.warning, found.checked) == ("89990000013", None, "2026-01-05")
    assert listing.asked == {"family": "EXEMPLE", "given": "Camille"}
    homonyms = Listing(("89990000013", "EXEMPLE", "Camille"), ("89990000021", "EXEMPLE", "Camille"))
    for nobody in (homonyms, Listing()):
        told = numbers.looked_up(nobody, missing, DAY)
        assert told.rpps == ""
        assert "trouvé" in told.warning


def test_a_number_that_the_directory_forgot_stays_with_a_warning() -> None:
    assert numbers.looked_up(Listing(("89990000013", "X", "Y")), KNOWN, DAY).warning is None
    gone = numbers.looked_up(Listing(), KNOWN, DAY)
    assert gone.rpps == KNOWN.rpps
    assert "ne connaît plus" in gone.warning


def test_a_directory_that_cannot_be_asked_leaves_the_check_due() -> None:
    told = numbers.looked_up(Broken(), KNOWN, DAY)
    assert (told.warning, told.checked) == ("L’annuaire ne répond pas.", KNOWN.checked)
