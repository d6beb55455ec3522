"""One run: what was asked, where it is written, what is still to do, and putting it together at the end."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from conformance.journal import JournalError, read_segment, segments, verify
from conformance.model.plan import Plan, Planned, Selection, build_plan
from conformance.model.profile import load_profile
from conformance.model.requirement import Method
from conformance.model.vendor import DriverConfig, Vendor, load_vendor
from conformance.model.yamlfile import DataError, closest
from conformance.recorder import read_results, still_to_do

REQUEST = "demande.json"
SNAPSHOT = "editeur.yaml"
PROFILE = "profil.yaml"
DEFAULT_SEED = 20_230_101


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What the user asked for, options as typed."""

    vendor: str | None = None
    profile: str | None = None
    driver: str | None = None
    dossier: str | None = None
    ids: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    failed: bool = False
    resume: str | None = None
    replay: str | None = None
    folder: str | None = None
    seed: int | None = None


@dataclass
class Run:
    """A run in a folder. ``done`` are the scenarios it already has a result for; ``replays`` the recorded run judged again."""

    folder: Path
    plan: Plan
    seed: int
    selection: Selection
    only: frozenset[str] | None = None
    done: frozenset[str] = frozenset()
    replays: Path | None = None
    resumed: bool = False
    request: RunRequest = field(default_factory=RunRequest)

    def takes(self, item: Planned) -> bool:
        """Whether the scenario is to be played now."""
        name = item.scenario.id
        return self.selection.takes(item) and name not in self.done and (self.only is None or name in self.only)

    def asked(self, item: Planned) -> bool:
        """Whether the scenario belongs to this run, played now or before."""
        return self.selection.takes(item) and (self.only is None or item.scenario.id in self.only)


def open_run(request: RunRequest, fresh: bool = True, reports: Path = Path("reports")) -> Run:
    """Open a new run, a resumed one or a replayed one; ``fresh`` is False in a worker, which joins an open one.

    Raises DataError for anything that cannot be used.
    """
    previous = request.resume or request.replay
    folder = None if previous is None else _recorded(Path(previous))
    asked = request if folder is None else _inherit(request, folder)
    vendor = _vendor(asked, folder, lenient=request.replay is not None)
    profile_id = asked.profile or vendor.profile
    if profile_id is None:
        raise DataError(vendor.file, "aucun profil choisi", hint="ajoutez --profile wave1/doctors")
    if folder is not None and is_file(profile_id) and not Path(profile_id).is_file():
        profile_id = str(folder / PROFILE)
        asked = replace(asked, profile=profile_id)
    plan = build_plan(load_profile(profile_id), vendor)
    selection = Selection(asked.ids, asked.sections, methods_named(asked.methods))
    selection.check(plan)
    seed = asked.seed if asked.seed is not None else _seed(vendor)
    run = Run(Path(), plan, seed, selection, request=asked)
    run.only = _failed_last_time(reports / vendor.id / plan.profile.id, plan) if request.failed else None
    if request.resume is not None and folder is not None:
        run.folder, run.resumed = folder, True
        run.done = frozenset(plan_ids(plan) - still_to_do(read_results(folder), plan_ids(plan)))
        return run
    run.folder = Path(request.folder) if request.folder else _new_folder(reports / vendor.id / plan.profile.id)
    if request.replay is not None and folder is not None:
        run.replays = folder
    if fresh:
        _open_folder(run, vendor)
    return run


def _seed(vendor: Vendor) -> int:
    """A software that runs by itself remembers its patients: it must not meet the same invented people at each run."""
    by_itself = vendor.driver.url is not None and not vendor.driver.launch
    return secrets.randbelow(2**31) if by_itself else DEFAULT_SEED


def is_file(profile_id: str) -> bool:
    """Whether a profile was given as a file of one's own rather than by its id."""
    return profile_id.endswith((".yaml", ".yml"))


def plan_ids(plan: Plan) -> set[str]:
    """The ids of every scenario of a plan."""
    return {item.scenario.id for item in plan.items}


def find_vendor(name: str) -> Path:
    """A vendor configuration from a path, or from a name in ``vendor_configs/``. Raises DataError when there is none."""
    path = Path(name)
    if path.suffix in (".yaml", ".yml") or path.is_file():
        if not path.is_file():
            raise DataError(path, "ce fichier n’existe pas", hint="« segur-conformance init » en prépare un")
        return path
    folder = Path("vendor_configs")
    known = sorted(file.stem for file in folder.glob("*.yaml") if not file.name.startswith("_"))
    if name not in known:
        raise DataError(
            folder, f"éditeur inconnu « {name} »", allowed=", ".join(known) or None, hint=closest(name, known)
        )
    return folder / f"{name}.yaml"


def latest(folder: Path) -> Path | None:
    """The last run written under a folder, replays left out; None when there is none."""
    runs = sorted(
        (path.parent for path in folder.glob(f"*/{REQUEST}") if not _is_replay(path)), key=lambda path: path.name
    )
    return runs[-1] if runs else None


def _is_replay(request: Path) -> bool:
    return json.loads(request.read_text(encoding="utf-8")).get("replay") is not None


def _recorded(folder: Path) -> Path:
    if not (folder / REQUEST).is_file():
        raise DataError(folder, "ce dossier n’est pas une exécution enregistrée", hint="donnez un dossier de reports/…")
    return folder


def _inherit(request: RunRequest, folder: Path) -> RunRequest:
    """What a resumed or replayed run keeps of the first one; a selection may be narrowed anew."""
    saved = json.loads((folder / REQUEST).read_text(encoding="utf-8"))
    inherited = {name: saved.get(name) for name in ("vendor", "profile", "driver", "dossier", "seed")}
    for name in ("ids", "sections", "methods"):
        inherited[name] = getattr(request, name) or tuple(saved.get(name, ()))
    return replace(request, **inherited)


def _vendor(request: RunRequest, folder: Path | None, lenient: bool) -> Vendor:
    original = None if request.vendor is None else Path(request.vendor)
    if original is None or (folder is not None and not original.is_file()):
        if folder is None:
            raise DataError(
                "vendor_configs", "aucun éditeur choisi", hint="ajoutez --vendor vendor_configs/reference.yaml"
            )
        path = folder / SNAPSHOT
    else:
        path = find_vendor(request.vendor or "")
    vendor = load_vendor(path, NoSecrets() if lenient else os.environ)
    driver = vendor.driver
    if request.driver is not None and request.driver != driver.kind:
        driver = DriverConfig(kind=request.driver, headers=driver.headers, actions=driver.actions)
    dossier = Path(request.dossier).resolve() if request.dossier else vendor.dossier
    return replace(vendor, driver=driver, dossier=dossier)


class NoSecrets(dict[str, str]):
    """An environment where every variable is set: what calls nobody, a plan or a replay, needs no secret."""

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> str:
        return "[absent]"


def methods_named(names: tuple[str, ...]) -> tuple[Method, ...]:
    """The verification methods of those names. Raises DataError for a name that is none."""
    known = [method.value for method in Method]
    for name in names:
        if name not in known:
            raise DataError(
                "--method", f"méthode inconnue « {name} »", allowed=", ".join(known), hint=closest(name, known)
            )
    return tuple(Method(name) for name in names)


def _failed_last_time(folder: Path, plan: Plan) -> frozenset[str]:
    last = latest(folder)
    if last is None:
        raise DataError(folder, "aucune exécution précédente", hint="lancez d’abord sans --failed")
    return frozenset(
        name for name, result in read_results(last).items() if result.verdict.value in ("NON_CONFORME", "ERREUR_BANC")
    ) & plan_ids(plan)


def _new_folder(parent: Path) -> Path:
    stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H%M%SZ")
    folder, attempt = parent / stamp, 1
    while folder.exists():
        attempt += 1
        folder = parent / f"{stamp}-{attempt}"
    return folder


def _open_folder(run: Run, vendor: Vendor) -> None:
    run.folder.mkdir(parents=True, exist_ok=True)
    if (run.folder / REQUEST).exists():
        raise DataError(
            run.folder, "une exécution s’y trouve déjà", hint="--resume la reprend, ou choisissez un autre dossier"
        )
    if run.replays is not None:
        copy_evidence(run.replays, run.folder)
    saved = asdict(run.request) | {"seed": run.seed, "profile": run.plan.profile.id}
    if is_file(profile := run.request.profile or vendor.profile or ""):
        # A profile of one's own is found again where it was, or else from the copy kept here.
        saved["profile"] = str(Path(profile).resolve())
        shutil.copyfile(profile, run.folder / PROFILE)
    saved["vendor"] = str(Path(vendor.file).resolve())
    (run.folder / REQUEST).write_text(json.dumps(saved, ensure_ascii=False, indent=1), encoding="utf-8")
    shutil.copyfile(vendor.file, run.folder / SNAPSHOT)


def copy_evidence(source: Path, target: Path) -> None:
    """Verify a recorded run, then copy its journal and blobs: the new run stands by itself.

    Raises DataError when a byte of the recording was altered.
    """
    try:
        run_json = source / "run.json"
        if run_json.is_file():
            verify(source, json.loads(run_json.read_text(encoding="utf-8"))["journal"])
        for path in segments(source):
            for _ in read_segment(path):
                pass
    except (JournalError, KeyError, ValueError) as error:
        raise DataError(source, f"enregistrement altéré : {error}") from None
    for name in ("journal", "blobs"):
        if (source / name).is_dir():
            shutil.copytree(source / name, target / name)
