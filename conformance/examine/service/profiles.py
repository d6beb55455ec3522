"""What a client may ask to be judged by: Gazelle calls it a validation profile."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

from conformance.examine.judgement import LABELS, Rules
from conformance.model.finding import Finding
from conformance.validation.packs import Pack, open_pack

AUTO = "auto"
_DOMAIN = "CI-SIS"
_KINDS = ("cda", "pdf", "xdm", "xds", "mail", "hl7")
_VOLET = "cda/"


@dataclass(frozen=True, slots=True)
class Profile:
    """``kind``: what the document is judged as, None for what its content says; ``rules``: its pack and volet."""

    id: str
    name: str
    kind: str | None
    rules: Rules

    def to_json(self) -> dict[str, object]:
        """As Gazelle lists it."""
        return {"profileID": self.id, "profileName": self.name, "domain": _DOMAIN, "coveredItems": []}


def profiles(pack: Pack | Finding) -> Mapping[str, Profile]:
    """Every profile by its id; without a pack there is no volet to impose."""
    folder = pack.folder if isinstance(pack, Pack) else None
    rules = Rules(folder)
    found = [Profile(AUTO, "Selon le contenu (le volet, selon le templateId)", None, rules)]
    found += [Profile(kind, LABELS[kind][0].upper() + LABELS[kind][1:], kind, rules) for kind in _KINDS]
    if isinstance(pack, Pack):
        found += [Profile(_VOLET + name, f"CDA, volet {name}", "cda", Rules(folder, name)) for name in pack.volets]
    return {profile.id: profile for profile in found}


def closest(known: Mapping[str, Profile], asked: str) -> str:
    """A French hint for an unknown profile."""
    near = difflib.get_close_matches(asked, known, n=3)
    if not near:
        return "GET /gazelle/validation/profiles donne la liste des profils."
    return f"Vouliez-vous dire {' ou '.join(f'« {name} »' for name in near)} ?"


def version(pack: Pack | Finding) -> str:
    """The version of the rules: the digest of the pack, or that there is none."""
    return f"sha256:{pack.digest}" if isinstance(pack, Pack) else "sans pack"


def opened(rules: Rules) -> Pack | Finding:
    """The pack of the service."""
    return open_pack(rules.pack)
