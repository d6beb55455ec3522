"""What a vendor says of its software: identity, options, how the harness reaches it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from conformance.model.yamlfile import DataError, line_of, read_yaml

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_SECRET_NAME = re.compile(r"authorization|cookie|token|secret|password|passwd|mot_de_passe|api[-_]?key", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Software:
    """The product under test; ``nil`` is its product reference on the agency's platform, ``build`` a digest or tag.

    ``released`` is the day this version came out.
    """

    name: str
    version: str
    build: str | None = None
    nil: str | None = None
    released: date | None = None


@dataclass(frozen=True, slots=True)
class ActionMap:
    """How one Pilote LPS action is done on a vendor's own endpoint.

    ``path`` and ``body`` may hold ``{parameter}``; ``response`` maps each expected key to a JSON pointer in the answer.
    """

    method: str
    path: str
    body: Any = None
    response: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DriverConfig:
    """Which driver reaches the software, and with what."""

    kind: str
    url: str | None = None
    launch: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    actions: Mapping[str, ActionMap] = field(default_factory=dict)
    folder: Path | None = None
    browser: str = "sans"
    """What leads the browser leg of a login: ``sans`` follows redirects, ``chromium`` is a real browser."""
    hl7: tuple[str, int] | None = None
    """Where the software receives HL7 v2 messages, None when it says so itself (``lire_etat``) or does not."""
    third_party: str | None = None
    """What a third-party structure reads at the software, None when it says so itself (``lire_etat``) or does not."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Time budgets, in seconds: one action, one scenario, an event to come, a silence to be believed."""

    action_s: float = 20.0
    scenario_s: float = 60.0
    event_s: float = 5.0
    silence_s: float = 0.3


@dataclass(frozen=True, slots=True)
class Vendor:
    """A vendor configuration, secrets resolved from the environment.

    ``bench_folder`` is where the bench is kept from one run to the next, None for one made anew in each run's folder.
    """

    id: str
    name: str
    software: Software
    driver: DriverConfig
    options: frozenset[str] = frozenset()
    not_applicable: Mapping[str, str] = field(default_factory=dict)
    dossier: Path | None = None
    profile: str | None = None
    host: str = "127.0.0.1"
    ports: Mapping[str, int] = field(default_factory=dict)
    bench_folder: Path | None = None
    patience: Patience = Patience()
    secrets: frozenset[str] = frozenset()
    file: str = ""

    @property
    def shared(self) -> bool:
        """Whether there is only one of the software, or one of the bench, for every process of a run."""
        return self.bench_folder is not None or (self.driver.url is not None and not self.driver.launch)


def load_vendor(path: Path, environment: Mapping[str, str] = os.environ) -> Vendor:
    """Read ``vendor_configs/<vendor>.yaml``.

    Raises DataError for an ill-written file, a secret written in clear, or an environment variable that is not set.
    """
    data = read_yaml(path, "vendor")
    text = path.read_text(encoding="utf-8-sig")
    secrets: set[str] = set()
    driver = _driver(path, text, data["driver"], environment, secrets)
    bench = data.get("bench", {})
    bench_folder = bench.get("folder")
    dossier = data.get("dossier")
    return Vendor(
        id=data["vendor"],
        name=data["name"],
        software=_software(path, text, data["software"]),
        driver=driver,
        options=frozenset(data.get("options", ())),
        not_applicable=data.get("not_applicable", {}),
        dossier=None if dossier is None else (path.parent / dossier).resolve(),
        profile=data.get("profile"),
        host=bench.get("host", "127.0.0.1"),
        ports=bench.get("ports", {}),
        bench_folder=None if bench_folder is None else (path.parent / bench_folder).resolve(),
        patience=Patience(**data.get("patience", {})),
        secrets=frozenset(secrets),
        file=str(path),
    )


def _software(path: Path, text: str, data: dict[str, Any]) -> Software:
    released = data.get("released")
    if isinstance(released, datetime):
        released = released.date()
    elif isinstance(released, str):
        try:
            released = date.fromisoformat(released)
        except ValueError:
            line = line_of(text, ["software", "released"])
            raise DataError(
                path, f"software.released : « {released} » n’est pas un jour du calendrier", line=line
            ) from None
    return Software(**{**data, "released": released})


def _driver(
    path: Path, text: str, data: dict[str, Any], environment: Mapping[str, str], secrets: set[str]
) -> DriverConfig:
    if data["kind"] == "http" and not (data.get("url") or data.get("launch")):
        raise DataError(path, "le pilote « http » demande « url » ou « launch »", line=line_of(text, ["driver"]))
    headers = {
        name: _resolve(path, text, name, value, environment, secrets) for name, value in data.get("headers", {}).items()
    }
    folder = data.get("folder")
    return DriverConfig(
        kind=data["kind"],
        url=data.get("url"),
        launch=tuple(data.get("launch", ())),
        headers=headers,
        actions={name: ActionMap(**fields) for name, fields in data.get("actions", {}).items()},
        folder=None if folder is None else (path.parent / folder).resolve(),
        browser=data.get("browser", "sans"),
        hl7=(data["hl7"].get("host", "127.0.0.1"), data["hl7"]["port"]) if "hl7" in data else None,
        third_party=data.get("third_party"),
    )


def _resolve(path: Path, text: str, name: str, value: str, environment: Mapping[str, str], secrets: set[str]) -> str:
    line = line_of(text, ["driver", "headers", name])
    if not _VARIABLE.search(value):
        if _SECRET_NAME.search(name):
            hint = f'écrivez {name}: "${{MA_VARIABLE}}" et exportez MA_VARIABLE'
            raise DataError(path, f"secret écrit en clair dans « {name} »", line=line, hint=hint)
        return value

    def substitute(found: re.Match[str]) -> str:
        if found[1] not in environment:
            raise DataError(path, f"la variable d’environnement « {found[1]} » n’est pas définie", line=line)
        secrets.add(environment[found[1]])
        return environment[found[1]]

    return _VARIABLE.sub(substitute, value)
