"""What a run is told besides its own results, once it is over: waivers, the run before it, the wave before its profile."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.model.yamlfile import DataError
from conformance.runs import REQUEST, Run

if TYPE_CHECKING:
    from conformance.cli.session import Playing


def complete(run: Run, waivers: Path | None, reports: Path = Path("reports")) -> dict[str, Any]:
    """Add them to the run's ``run.json`` and write it again; gives the whole document. Raises DataError."""
    from conformance.cli.gate import waive
    from conformance.reporting.pdf import as_bytes

    path = run.folder / "run.json"
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if waivers is not None:
        waive(document, waivers)
    if (before := _previous(run, document, reports)) is not None:
        document["comparison"] = _compared(before, document)
    if (wave := _wave(run)) is not None:
        document["wave"] = wave
    temporary = path.with_suffix(".part")
    temporary.write_bytes(as_bytes(document))
    temporary.replace(path)
    return document


def known_before(playing: Playing) -> dict[str, Any] | None:
    """The baseline, None when there is none; the waivers are read too, so that both fail before anything is played.

    Raises DataError.
    """
    from conformance.reporting import ReportError, load
    from conformance.reporting.gate import load_waivers

    if playing.waivers is not None:
        load_waivers(playing.waivers)
    if playing.baseline is None:
        return None
    try:
        return load(playing.baseline / "run.json")
    except ReportError as problem:
        raise DataError(playing.baseline, str(problem)) from None


def _previous(run: Run, document: dict[str, Any], reports: Path) -> dict[str, Any] | None:
    """The last run of the same vendor, profile and selection that ended before; None when there is none at hand."""
    from conformance.reporting import ReportError, load

    asked = _selection(run.folder / REQUEST)
    parent = reports / run.plan.vendor.id / run.plan.profile.id
    folders = (path.parent for path in parent.glob(f"*/{REQUEST}") if path.parent.resolve() != run.folder.resolve())
    for folder in sorted(folders, key=lambda folder: folder.name, reverse=True):
        if _selection(folder / REQUEST) != asked or not (folder / "run.json").is_file():
            continue
        try:
            before = load(folder / "run.json")
        except ReportError:
            continue  # of another version of the harness, or damaged: not worth failing this run for
        if before["finished"] < document["started"]:
            return before
    return None


def _selection(request: Path) -> tuple[Any, ...]:
    try:
        saved = json.loads(request.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ()
    asked = (sorted(map(str, saved.get(name) or ())) for name in ("ids", "sections", "methods"))
    return (*asked, bool(saved.get("failed")))


def _compared(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    from conformance.reporting.compare import compare

    previous = {"id": before["id"], "finished": before["finished"], "version": before["software"]["version"]}
    return {"previous": previous, "changes": [change.to_json() for change in compare(before, after)]}


def _wave(run: Run) -> dict[str, Any] | None:
    """How the list of this wave differs from that of the wave before, when the same dispositif had one."""
    from conformance.catalogue.crosswalk import load_crosswalk
    from conformance.catalogue.delta import delta
    from conformance.model.profile import load_profile, profile_ids

    profile = run.plan.profile
    earlier = profile.id.replace(f"wave{profile.wave}/", f"wave{profile.wave - 1}/")
    if earlier == profile.id or earlier not in profile_ids():
        return None
    found = delta(load_profile(earlier), profile, load_crosswalk())
    return {"from": earlier, "to": profile.id, "counts": {name: len(lines) for name, lines in found.groups.items()}}
