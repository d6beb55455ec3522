"""HL7 time stamps (``YYYY[MM[DD[HH[MM[SS[.fff]]]]]][±ZZZZ]``), as CDA and HL7 v2 both write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

# A zone belongs to an hour: « 2020-01 » is not a stamp.
_SHAPE = re.compile(
    r"(?P<day>\d{4}|\d{6}|\d{8})|(?P<instant>\d{10}|\d{12}|\d{14})(?:\.\d{1,6})?(?P<zone>[+-]\d{1,4})?", re.ASCII
)
_FORMATS = {4: "%Y", 6: "%Y%m", 8: "%Y%m%d", 10: "%Y%m%d%H", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}


@dataclass(frozen=True, slots=True)
class Stamp:
    """A readable time stamp: ``digits`` tells its precision (8 a day, 14 a second), ``zone`` is ``+0100``."""

    value: str
    digits: int
    zone: str | None

    @property
    def day(self) -> str:
        """The day as ``YYYYMMDD``, shorter when the stamp is."""
        return self.value[:8]


def read(value: str | None) -> Stamp | None:
    """The stamp of a written value; None when it is not one, or names a day that no calendar has."""
    match = _SHAPE.fullmatch(value or "")
    if match is None:
        return None
    digits = match["day"] or match["instant"]
    try:
        datetime.strptime(digits, _FORMATS[len(digits)])  # noqa: DTZ007 (only its existence matters)
    except ValueError:
        return None
    return Stamp(digits, len(digits), match["zone"])
