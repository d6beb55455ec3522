"""Videos and pictures filed as proofs: do they open, how long, how large, with what; never what they show."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

from conformance.checks.evidence import refusal
from conformance.checks.video_probe import SECONDS, ProbeError, Video, probe
from conformance.model.finding import Finding, Location, Severity

SHORTEST_S = 5
SMALLEST = (640, 360)
_LEAST_PICTURE = (320, 200)
_MOST_PIXELS = 50_000_000
_FORMATS = {"png": "PNG", "jpg": "JPEG", "jpeg": "JPEG", "gif": "GIF", "webp": "WEBP"}


def video(name: str, path: Path, seconds: float = SECONDS) -> tuple[tuple[Finding, ...], date | None]:
    """What there is to say of a video, and the date it carries.

    Less than 5 s, or a resolution under 640 × 360 (either way up), is a warning: it may still show what is asked.
    """
    try:
        found = probe(path, seconds)
    except ProbeError as problem:
        return (_unread(name, problem),), None
    return tuple(_seen(name, found)), _day(found.made)


def _unread(name: str, problem: ProbeError) -> Finding:
    where = Location(name)
    if problem.reason == "absent":
        return Finding(
            "preuve.non-examinee",
            "La vidéo n’a pas été examinée : la bibliothèque « av » n’est pas installée ici.",
            Severity.INFO,
            where,
        )
    if problem.reason == "lent":
        return Finding(
            "preuve.non-examinee",
            "La vidéo n’a pas été examinée : sa lecture a été arrêtée, trop longue.",
            Severity.WARNING,
            where,
            fix="Vérifiez que la vidéo s’ouvre, ou exportez-la de nouveau.",
        )
    return refusal(
        "preuve.illisible",
        "La vidéo ne se lit pas : fichier tronqué, corrompu, ou sans piste vidéo.",
        where,
        expected="une vidéo mp4, mov, webm, mkv ou avi qui s’ouvre",
        observed=problem.told,
        fix="Exportez de nouveau la vidéo et vérifiez qu’elle s’ouvre.",
    )


def _seen(name: str, found: Video) -> Iterator[Finding]:
    where = Location(name)
    length = "durée inconnue" if found.duration is None else _clock(found.duration)
    yield Finding(
        "preuve.video",
        f"Vidéo : {length}, {found.width} × {found.height}, {found.codec}.",
        Severity.INFO,
        where,
    )
    if not found.plays:
        yield Finding(
            "preuve.video.image",
            "La première image de la vidéo n’a pas pu être décodée.",
            Severity.WARNING,
            where,
            observed=found.codec,
            fix="Vérifiez que la vidéo se lit, et préférez H.264 (mp4) ou VP9 (webm).",
        )
    if found.duration is None or found.duration < SHORTEST_S:
        yield Finding(
            "preuve.video.courte",
            "La vidéo est trop courte pour montrer un scénario.",
            Severity.WARNING,
            where,
            expected=f"au moins {SHORTEST_S} s",
            observed=length,
            fix="Filmez le scénario entier, du premier geste au résultat.",
        )
    if min(found.width, found.height) < SMALLEST[1] or max(found.width, found.height) < SMALLEST[0]:
        yield _small(
            name, "La résolution de la vidéo est trop faible pour lire l’écran.", SMALLEST, found.width, found.height
        )


def _small(name: str, message: str, least: tuple[int, int], width: int, height: int) -> Finding:
    return Finding(
        "preuve.resolution",
        message,
        Severity.WARNING,
        Location(name),
        expected=f"au moins {least[0]} × {least[1]}",
        observed=f"{width} × {height}",
        fix="Enregistrez à la résolution de l’écran.",
    )


def _clock(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s".replace(".", ",")
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s"


def _day(text: str | None) -> date | None:
    try:
        return datetime.fromisoformat(text).date() if text else None
    except ValueError:
        return None


def image(name: str, content: bytes, extension: str) -> Iterator[Finding]:
    """A picture opens, is not a decompression bomb, is large enough to be read, and is not of one colour."""
    from PIL import Image, UnidentifiedImageError

    where = Location(name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=(_FORMATS[extension],)) as picture:
                if picture.width * picture.height > _MOST_PIXELS:
                    yield _bomb(where, f"{picture.width} × {picture.height}")
                    return
                yield from _looked_at(name, picture.width, picture.height, _one_colour(picture))
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        yield _bomb(where, "davantage encore")
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, IndexError, MemoryError) as error:
        yield refusal(
            "preuve.illisible",
            "L’image ne se lit pas : fichier tronqué ou corrompu.",
            where,
            observed=type(error).__name__,
            fix="Enregistrez de nouveau la capture et vérifiez qu’elle s’ouvre.",
        )


def _one_colour(picture: object) -> bool:
    from PIL import Image

    assert isinstance(picture, Image.Image)
    picture.draft("RGB", (800, 800))
    return all(low == high for low, high in _extrema(picture.convert("RGB").getextrema()))


def _extrema(found: object) -> list[tuple[float, float]]:
    assert isinstance(found, tuple)
    return [pair for pair in found if isinstance(pair, tuple)]


def _looked_at(name: str, width: int, height: int, one_colour: bool) -> Iterator[Finding]:
    where = Location(name)
    yield Finding("preuve.image", f"Image : {width} × {height}.", Severity.INFO, where)
    if width < _LEAST_PICTURE[0] or height < _LEAST_PICTURE[1]:
        yield _small(name, "L’image est trop petite pour lire un écran.", _LEAST_PICTURE, width, height)
    if one_colour:
        yield Finding(
            "preuve.image.vide",
            "L’image est d’une seule couleur : elle ne montre rien.",
            Severity.WARNING,
            where,
            fix="Refaites la capture.",
        )


def _bomb(where: Location, observed: str) -> Finding:
    return refusal(
        "preuve.illisible",
        "L’image annonce une taille démesurée : elle n’a pas été ouverte.",
        where,
        expected=f"au plus {_MOST_PIXELS // 1_000_000} millions de pixels",
        observed=observed,
        fix="Enregistrez la capture à la taille de l’écran.",
    )
