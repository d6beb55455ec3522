"""The outings of the reference LPS: which defects go out together, in which profile, so that each is seen alone.

Defects that touch no scenario in common are played in one run: the scenarios that turn red must be those of all of them,
no more, no less, which is as strict as one run a defect and several times faster. Each scenario of a defect is seen red
in one profile; with ``--every-profile``, each automated scenario is also killed in every profile that selects it.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from fault import Fault

from conformance.model.profile import load_profile, profile_ids
from conformance.pytest_plugin import SUITES
from conformance.validation.xsd import PACK_VARIABLE

ROOT = Path(__file__).resolve().parents[2]
VENDOR = (
    (ROOT / "vendor_configs" / "reference.yaml").read_text(encoding="utf-8").replace("dossier: reference.dossier\n", "")
)
FIRST = "wave1/doctors"
PACK = Path(os.environ.get(PACK_VARIABLE, ROOT.parent / "shared" / "data" / "ci-sis"))
"""The agency's CDA pack: without it, what ``NEEDS_PACK`` names stays NON_VERIFIE."""
TOGETHER = 12
"""How many defects go out at once: more would be a software so broken that one fault could hide behind another."""


@dataclass(frozen=True)
class Outing:
    """Defects to play together in a profile."""

    profile: str
    faults: tuple[Fault, ...]

    def __str__(self) -> str:
        return f"{self.profile}:{'+'.join(fault.defect for fault in self.faults)}"


def play(folder: Path, profile: str, *defects: str) -> dict[str, dict]:
    """Run every automated scenario of a profile on the reference LPS; gives each scenario of run.json by id."""
    words = "".join(f", --defect, {name}" for name in defects)
    vendor = folder / "reference.yaml"
    # The certificates serve again from one run of this process to the next: making them is a tenth of a run.
    kept = f"bench:\n  folder: {(folder.parent / 'banc').as_posix()}\n"
    vendor.write_text(VENDOR.replace("--stop-with-stdin]", f"--stop-with-stdin{words}]") + kept, encoding="utf-8")
    run = folder / "execution"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "conformance.pytest_plugin"]
    command += ["-p", "no:xdist", f"--vendor={vendor}", f"--profile={profile}", f"--run-dir={run}"]
    command += ["--method=live", "--method=artefact", f"--rootdir={ROOT}", str(SUITES)]
    environment = {**os.environ, **({PACK_VARIABLE: str(PACK)} if PACK.is_dir() else {})}
    done = subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", timeout=600, cwd=folder, check=False, env=environment
    )
    path = run / "run.json"
    assert path.is_file(), done.stdout + done.stderr
    document = json.loads(path.read_text(encoding="utf-8"))
    return {
        scenario["id"]: scenario for requirement in document["requirements"] for scenario in requirement["scenarios"]
    }


@cache
def automated() -> frozenset[str]:
    """Every scenario id that a test of the suites verifies."""
    found: set[str] = set()
    for path in SUITES.rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "verifies":
                found |= {argument.value for argument in node.args if isinstance(argument, ast.Constant)}
    return frozenset(found)


@cache
def automated_in(profile: str) -> frozenset[str]:
    """The automated scenarios that a profile selects; it may ask for evidence where another has a machine judge."""
    scenarios = (scenario for requirement in load_profile(profile).requirements for scenario in requirement.scenarios)
    return automated() & {scenario.id for scenario in scenarios if scenario.method.automatic}


def profiles() -> list[str]:
    """The profiles with something automated, the richest first."""
    return sorted((p for p in profile_ids() if automated_in(p)), key=lambda p: (p != FIRST, -len(automated_in(p)), p))


def outings(faults: Sequence[Fault], *, every_profile: bool) -> Iterator[Outing]:
    """Every outing that the sweep needs: each scenario of each defect once, or in ``every_profile`` as well."""
    seen: defaultdict[str, set[str]] = defaultdict(set)
    for profile in profiles():
        here = automated_in(profile)
        able = [fault for fault in faults if fault.plays_in(profile)]
        chosen = [fault for fault in able if (fault.red & here) - seen[fault.defect]]
        killed = {name for fault in chosen for name in fault.red & here}
        while every_profile and (more := max(able, key=lambda fault: len((fault.red & here) - killed), default=None)):
            if not (more.red & here) - killed:
                break
            chosen.append(more)
            killed |= more.red & here
        for fault in chosen:
            seen[fault.defect] |= fault.red & here
        yield from (Outing(profile, group) for group in apart(chosen, here))


def apart(faults: Sequence[Fault], here: frozenset[str]) -> list[tuple[Fault, ...]]:
    """The defects in as few groups as first come gives, no two of a group touching the same scenario."""
    groups: list[tuple[list[Fault], set[str]]] = []
    for fault in sorted(faults, key=lambda fault: -len(fault.touches & here)):
        for group, touched in groups:
            alone = touched.isdisjoint(fault.touches) and not any(fault.clashes(other) for other in group)
            if alone and len(group) < TOGETHER:
                group.append(fault)
                touched.update(fault.touches)
                break
        else:
            groups.append(([fault], set(fault.touches)))
    return [tuple(group) for group, _ in groups]
