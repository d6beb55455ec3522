"""One login of the LPS, from the button to the logout, and the modes it may take."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

ATTENTE, CONNECTE, REFUSE = "ATTENTE", "CONNECTE", "REFUSE"
WEB, EXTERNAL, EMBEDDED, CIBA = "WEB", "NATIF_EXTERNE", "NATIF_INTEGRE", "CIBA"
MODES = (WEB, EXTERNAL, EMBEDDED, CIBA)
PSC, STRUCTURE, LOCAL = "PSC", "STRUCTURE", "LOCAL"
CHANNELS = ("CARD", "MOBILE")


@dataclass(frozen=True)
class Login:
    """``cookie`` opens the pages once the state is CONNECTE; ``seen`` is the user's last act, on the client's clock.

    ``liaison`` is the number of two digits that a CIBA login shows; ``situations`` are the practices to choose from.
    """

    id: str
    state: str
    nonce: str
    verifier: str
    started: float
    cookie: str = field(repr=False, default="")
    mode: str = WEB
    provider: str = PSC
    etat: str = ATTENTE
    message: str = "En attente de l’authentification."
    user: dict[str, str] | None = None
    situations: tuple[str, ...] = ()
    liaison: str | None = None
    compte: str | None = None
    tokens: dict[str, Any] = field(default_factory=dict, repr=False)
    subject: str = ""
    seen: float = 0.0
    until: float = 0.0
    used: bool = False

    @property
    def id_token(self) -> str:
        """The identity token of an open session, empty otherwise."""
        return str(self.tokens.get("id_token", ""))


def situations(info: dict[str, Any]) -> tuple[str, ...]:
    """The practices of a professional, one label an activity; every member may be missing, empty or of another type."""
    found = []
    practices = _list(_dict(info.get("SubjectRefPro")).get("exercices"))
    for practice in map(_dict, practices):
        job = str(practice.get("codeProfession") or "")
        for activity in map(_dict, _list(practice.get("activities")) or [{}]):
            place = str(activity.get("raisonSocialeSite") or activity.get("identifiantTechniqueDeLaStructure") or "")
            found.append(" ".join(part for part in (job, place) if part) or "situation sans libellé")
    return tuple(found)


def usual(info: dict[str, Any]) -> bool:
    """Whether the information has the commonest shape, which a careless software takes for the only one."""
    practices = _list(_dict(info.get("SubjectRefPro")).get("exercices"))
    activities = [_dict(one) for practice in practices for one in _list(_dict(practice).get("activities"))]
    return len(activities) == 1 and bool(activities[0].get("codeModeExercice")) and "champAjoute" not in info


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
