"""What became of wave 1 in wave 2: ids and statuses of the public draft, no wording."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from conformance.model.profile import PROFILES
from conformance.model.yamlfile import read_yaml

STATUSES = {
    "approved": "reprise en vague 2",
    "obsolete": "abandonnée en vague 2",
    "rework": "en suspens dans le projet de 2023",
    "redirected": "couverte par une autre exigence",
    "absent": "non reprise dans le projet de 2023",
}


@dataclass(frozen=True, slots=True)
class Crosswalk:
    """``restated``: list (REM) → published wave 1 id → restated id → status; ``new_meaning``: list → ids."""

    restated: Mapping[str, Mapping[str, Mapping[str, str]]]
    new_meaning: Mapping[str, frozenset[str]]

    def approved(self, published: str) -> tuple[str, ...]:
        """The restated ids that took up a published wave 1 requirement, in whichever list it stands."""
        return tuple(
            dict.fromkeys(
                name
                for ids in self.restated.values()
                for name, status in ids.get(published, {}).items()
                if status in ("approved", "rework", "redirected")
            )
        )

    def origins(self, rem: str, restated: str) -> tuple[tuple[str, str], ...]:
        """The published wave 1 ids that one restated requirement comes from in a list, each with its status."""
        ids = self.restated.get(rem, {})
        return tuple((published, became[restated]) for published, became in ids.items() if restated in became)

    def dropped(self, rem: str) -> tuple[tuple[str, str], ...]:
        """The published wave 1 ids of a list that nothing takes up, each with its status."""
        return tuple(
            (published, next(iter(became.values()), "absent"))
            for published, became in self.restated.get(rem, {}).items()
            if not set(became.values()) & {"approved", "redirected"}
        )


def load_crosswalk() -> Crosswalk:
    """The crosswalk shipped. Raises DataError when it is ill-written."""
    data = read_yaml(PROFILES / "crosswalk.yaml", "crosswalk")
    meaning = {rem: frozenset(ids) for rem, ids in data["new_meaning"].items()}
    return Crosswalk(data["restated"], meaning)
