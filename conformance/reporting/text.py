"""French typography and the taming of hostile text, shared by every report."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime

NARROW = "\u202f"
"""Narrow no-break space: before ; ? ! %, inside « », between thousands."""
NO_BREAK = "\u00a0"
"""No-break space: before a colon."""

_MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip
_UNSAFE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"«[ \u00a0]"), f"«{NARROW}"),
    (re.compile(r"[ \u00a0]([»;?!%])"), rf"{NARROW}\1"),
    (re.compile(r"[ \u202f]:(?=\s|$)"), f"{NO_BREAK}:"),
    (re.compile(r"(?<=[^\W\d_])'(?=[^\W\d_])"), "’"),
)


def visible(text: str) -> str:
    """The text with what a reader cannot see made visible.

    Control characters, bidirectional overrides and lone surrogates become ``⟨U+202E⟩``, so that they can neither hide
    nor reorder what surrounds them, nor break the encoding of the file. Line ends are kept.
    """
    if text.isprintable():  # nearly always, and much faster to see
        return text
    return _UNSAFE.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", text.replace("\r\n", "\n").replace("\r", "\n"))


def prose(text: str | None) -> str:
    """French prose with its no-break spaces and typographic apostrophes; never for evidence, which stays exact."""
    result = text or ""
    for pattern, replacement in _RULES:
        result = pattern.sub(replacement, result)
    return result


def sentence(text: str | None) -> str:
    """French prose with a capital letter at its head."""
    result = prose(text)
    return result[:1].upper() + result[1:]


def clip(text: str | None, limit: int) -> str:
    """At most ``limit`` characters; what was cut is told, so that nothing is hidden silently."""
    value = text or ""
    if len(value) <= limit:
        return value
    return f"{value[:limit].rstrip()}… ({number(len(value))} caractères en tout)"


def number(value: float, decimals: int = 0) -> str:
    """A number the French way: ``12 345`` and ``3,5``."""
    return f"{value:,.{decimals}f}".replace(",", NARROW).replace(".", ",")


def percent(part: float, whole: float) -> str:
    """A share with one decimal, ``37,5 %``; an em dash of nothing.

    Never rounded up to 100 nor down to 0: « 100 % » means all, « 0 % » means none.
    """
    if whole <= 0:
        return "—"
    share = 100 * part / whole
    if 0 < share < 100:
        share = min(max(share, 0.1), 99.9)
    return f"{number(share, 1 if 0 < share < 100 else 0)}{NARROW}%"


def count(value: int, singular: str, plural: str | None = None) -> str:
    """``0 scénario``, ``1 scénario``, ``2 scénarios``: in French zero is singular."""
    word = singular if abs(value) < 2 else plural or f"{singular}s"
    return f"{number(value)}{NO_BREAK}{word}"


def moment(iso: str | None) -> str:
    """``22 novembre 2026 à 14 h 05 (UTC)`` from ISO 8601; the text itself when it is not a date."""
    if not iso:
        return "—"
    try:
        when = datetime.fromisoformat(iso)
        when = when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    except (ValueError, OverflowError):
        return iso
    day = "1er" if when.day == 1 else str(when.day)
    clock = f"{when.hour}{NO_BREAK}h{NO_BREAK}{when.minute:02d}"
    return f"{day}{NO_BREAK}{_MONTHS[when.month - 1]} {when.year} à {clock} (UTC)"


def clock(iso: str | None) -> str:
    """``14:05:09,120``, the time of day of an event in UTC, as logs write it."""
    try:
        when = datetime.fromisoformat(iso or "")
        when = when.astimezone(UTC) if when.tzinfo else when
    except (ValueError, OverflowError):
        return iso or ""
    return f"{when:%H:%M:%S},{when.microsecond // 1000:03d}"


def duration(seconds: float | None) -> str:
    """``340 ms``, ``12,4 s``, ``3 min 12 s`` or ``1 h 02 min``."""
    if seconds is None:
        return "—"
    if seconds < 1:
        return f"{seconds * 1000:.0f}{NO_BREAK}ms"
    if seconds < 60:
        return f"{number(seconds, 1)}{NO_BREAK}s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}{NO_BREAK}min{NO_BREAK}{rest:02d}{NO_BREAK}s"
    return f"{number(minutes // 60)}{NO_BREAK}h{NO_BREAK}{minutes % 60:02d}{NO_BREAK}min"


def size(octets: int) -> str:
    """``312 octets``, ``1,4 Ko`` or ``2,3 Mo`` (decimal units)."""
    if octets < 1000:
        return count(octets, "octet")
    if octets < 1_000_000:
        return f"{number(octets / 1000, 1)}{NO_BREAK}Ko"
    return f"{number(octets / 1_000_000, 1)}{NO_BREAK}Mo"


def css_string(text: str) -> str:
    """A CSS string literal that cannot be left, whatever the text: every other character is a hexadecimal escape."""
    inside = "".join(char if char.isascii() and char.isalnum() else f"\\{ord(char):06X}" for char in visible(text))
    return f'"{inside}"'


def anchors() -> Callable[[str], str]:
    """A maker of fragment identifiers: readable, ASCII, unique in the order of the calls."""
    taken: dict[str, int] = {}

    def anchor(name: str) -> str:
        plain = unicodedata.normalize("NFKD", name[:200]).encode("ascii", "ignore").decode()
        slug = re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-")[:60] or "x"
        taken[slug] = taken.get(slug, 0) + 1
        return slug if taken[slug] == 1 else f"{slug}--{taken[slug]}"

    return anchor
