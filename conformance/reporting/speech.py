"""The language of a report: its own words, its numbers and its dates.

French is the language the reports are written in; another edition translates the frame. What the run holds (titles of
requirements, findings, reasons) stays as it was written.
"""

from __future__ import annotations

import gettext
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import ClassVar

from conformance.reporting import text

LANGUAGES = ("fr", "en")
_LOCALE = Path(__file__).resolve().parent / "locale"
_DOMAIN = "report"


class Speech:
    """French. Called with a French sentence of the frame, gives it in the edition's language."""

    language: ClassVar[str] = "fr"

    def __call__(self, message: str) -> str:
        """The message itself, with its typography: the frame is written in French."""
        return text.prose(message)

    def number(self, value: float, decimals: int = 0) -> str:
        """A number as the language writes it."""
        return text.number(value, decimals)

    def percent(self, part: float, whole: float) -> str:
        """A share, never rounded to 0 nor to 100."""
        return text.percent(part, whole)

    def count(self, value: int, singular: str, plural: str | None = None) -> str:
        """A number and its noun, agreed."""
        return text.count(value, singular, plural)

    def moment(self, iso: str | None) -> str:
        """A date and time in UTC."""
        return text.moment(iso)

    def duration(self, seconds: float | None) -> str:
        """A duration."""
        return text.duration(seconds)

    def size(self, octets: int) -> str:
        """A size in decimal units."""
        return text.size(octets)


class English(Speech):
    """English, through the catalogue ``locale/en``; a sentence it lacks stays in French."""

    language: ClassVar[str] = "en"

    def __init__(self) -> None:
        self._catalogue = gettext.translation(_DOMAIN, _LOCALE, ["en"])

    def __call__(self, message: str) -> str:
        """The English sentence."""
        return self._catalogue.gettext(message.replace(text.NO_BREAK, " ").replace(text.NARROW, " "))

    def number(self, value: float, decimals: int = 0) -> str:
        """``12,345.6``."""
        return f"{value:,.{decimals}f}"

    def percent(self, part: float, whole: float) -> str:
        """``37.5%``."""
        return text.percent(part, whole).replace(",", ".").replace(f"{text.NARROW}%", "%")

    def count(self, value: int, singular: str, plural: str | None = None) -> str:
        """In English, zero is plural."""
        word = singular if value == 1 else plural or f"{singular}s"
        return f"{self.number(value)}{text.NO_BREAK}{self(word)}"

    def moment(self, iso: str | None) -> str:
        """``22 November 2026 at 14:05 (UTC)``."""
        try:
            when = datetime.fromisoformat(iso or "")
        except (ValueError, OverflowError):
            return iso or "—"
        when = when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)
        return f"{when.day}{text.NO_BREAK}{_MONTHS[when.month - 1]} {when.year} at {when:%H:%M} (UTC)"

    def duration(self, seconds: float | None) -> str:
        """``12.4 s``, ``3 min 12 s``."""
        return text.duration(seconds).replace(",", ".")

    def size(self, octets: int) -> str:
        """``312 bytes``, ``1.4 kB``."""
        told = text.size(octets).replace(",", ".")
        return told.replace("octet", "byte").replace("Ko", "kB").replace("Mo", "MB")


_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


@cache
def speech(language: str) -> Speech:
    """The speech of a language of :data:`LANGUAGES`."""
    return English() if language == "en" else Speech()
