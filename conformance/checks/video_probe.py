"""What a video file says of itself, read by FFmpeg in a process apart.

FFmpeg is a large native library and the file may be hostile: the process has little time, little memory and three
container formats; if it falls, only it falls. This file is that process's program too: it imports nothing of ours.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SECONDS = 20
"""How long a video may take to be read."""
_MEMORY = 2 << 30
_FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi"
_PICTURE = 8192 * 4320
_MISSING = 3


@dataclass(frozen=True, slots=True)
class Video:
    """Duration in seconds (None when the file does not tell), size in pixels, codec by its FFmpeg name.

    ``plays`` is whether the first picture could be decoded; ``made`` is the date the file carries, ISO 8601.
    """

    duration: float | None
    width: int
    height: int
    codec: str
    plays: bool
    made: str | None


class ProbeError(Exception):
    """The video could not be read: ``reason`` is absent (no library here), lent, or illisible."""

    def __init__(self, reason: str, told: str = "") -> None:
        super().__init__(reason)
        self.reason, self.told = reason, told


def probe(path: Path, seconds: float = SECONDS) -> Video:
    """Read a video file, in at most that many seconds; raises ProbeError."""
    command = [sys.executable, "-I", "-X", "utf8", str(Path(__file__).resolve()), str(path)]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=seconds,
            check=False,
            encoding="utf-8",
            errors="replace",
        )
    except subprocess.TimeoutExpired:
        raise ProbeError("lent") from None
    if done.returncode == _MISSING:
        raise ProbeError("absent")
    try:
        return Video(**json.loads(done.stdout))
    except (ValueError, TypeError):
        told = done.stderr.strip().splitlines()
        raise ProbeError("illisible", told[-1][:200] if told else f"arrêt {done.returncode}") from None


def main(words: Sequence[str]) -> int:
    """Write what the video of that path says of itself, as JSON."""
    _bound()
    try:
        import av
    except ImportError:
        return _MISSING
    av.logging.set_level(None)
    # The library is given bytes, never a name: no other file nor address can be followed from this one.
    with Path(words[0]).open("rb") as file:
        options = {"format_whitelist": _FORMATS, "probesize": "20000000", "analyzeduration": "5000000"}
        try:
            with av.open(file, options=options, metadata_errors="replace") as container:
                told = _told(av, container)
        except av.FFmpegError as error:
            told = None
            sys.stderr.write(f"{type(error).__name__}\n")
        else:
            sys.stderr.write("" if told else "aucune piste vidéo\n")
    if told is None:
        return 1
    sys.stdout.write(json.dumps(told))
    return 0


def _told(av: Any, container: Any) -> dict[str, Any] | None:
    stream = next(iter(container.streams.video), None)
    if stream is None:
        return None
    length = None if container.duration is None else container.duration / av.time_base
    if length is None and stream.duration is not None and stream.time_base is not None:
        length = float(stream.duration * stream.time_base)
    return {
        "duration": length,
        "width": stream.codec_context.width,
        "height": stream.codec_context.height,
        "codec": stream.codec_context.name,
        "plays": _plays(av, container, stream),
        "made": container.metadata.get("creation_time"),
    }


def _plays(av: Any, container: Any, stream: Any) -> bool:
    if not 0 < stream.codec_context.width * stream.codec_context.height <= _PICTURE:
        return False
    stream.codec_context.thread_count = 1
    try:
        return next(iter(container.decode(stream)), None) is not None
    except av.FFmpegError:
        return False


def _bound() -> None:
    """Bound memory and processor time where the system knows how to."""
    try:
        import resource
    except ImportError:
        return
    for kind, most in ((resource.RLIMIT_AS, _MEMORY), (resource.RLIMIT_CPU, SECONDS)):
        # macOS knows the first one by name and refuses to set it.
        with suppress(ValueError, OSError):
            resource.setrlimit(kind, (most, most))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
