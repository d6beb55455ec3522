"""Which plan a command speaks of: a vendor’s, or a profile’s with every option taken as declared."""

from __future__ import annotations

import json
from pathlib import Path

from conformance.model.plan import Plan, build_plan
from conformance.model.profile import load_profile
from conformance.model.vendor import DriverConfig, Software, Vendor, load_vendor
from conformance.model.yamlfile import DataError
from conformance.runs import REQUEST, NoSecrets, find_vendor

LAST = "dernier"


def chosen_vendor(name: str) -> Vendor:
    """A vendor configuration by path or name, its secrets left out. Raises DataError."""
    return load_vendor(find_vendor(name), NoSecrets())


def chosen_plan(vendor: str | None, profile: str | None) -> Plan:
    """The plan of a vendor, or of a profile alone. Raises DataError when neither tells which profile."""
    if vendor is not None:
        config = chosen_vendor(vendor)
        profile_id = profile or config.profile
        if profile_id is None:
            raise DataError(config.file, "aucun profil choisi", hint="ajoutez --profile wave1/doctors")
        return build_plan(load_profile(profile_id), config)
    if profile is None:
        raise DataError(
            "ligne de commande", "ni éditeur ni profil choisi", hint="ajoutez --vendor ou --profile wave1/doctors"
        )
    loaded = load_profile(profile)
    nobody = Vendor("aucun", "", Software("", ""), DriverConfig("dossier"), options=frozenset(loaded.options))
    return build_plan(loaded, nobody)


def recorded_run(name: str, reports: Path = Path("reports"), *, played: bool = False) -> Path:
    """The folder of a recorded run; « dernier » is the one written last, replays left out when ``played``.

    Raises DataError when there is none.
    """
    if name != LAST:
        return Path(name)
    requests = (path for path in reports.rglob(REQUEST) if not (played and _is_replay(path)))
    runs = sorted((path.parent for path in requests), key=lambda folder: folder.name)
    if not runs:
        raise DataError(reports, "aucune exécution enregistrée", hint="lancez d’abord « run »")
    return runs[-1]


def _is_replay(request: Path) -> bool:
    saved = json.loads(request.read_text(encoding="utf-8"))
    return saved.get("replay") is not None
