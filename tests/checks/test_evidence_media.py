"""Videos and pictures: sound ones, short or small ones, hostile ones."""

from __future__ import annotations

import struct
import time
import zlib
from datetime import date
from pathlib import Path

import pytest

from conformance.checks import video_probe
from conformance.checks.evidence import media, refused
from conformance.checks.video_probe import ProbeError
from tests.checks.pieces import picture, told
from tests.checks.videos import sound, video


@pytest.fixture
def kept(tmp_path: Path):
    def keep(content: bytes, name: str = "film.mp4") -> Path:
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return keep


@pytest.mark.parametrize("form", ["mp4", "mov", "webm", "matroska", "avi"])
def test_a_sound_video_of_each_container(form: str, kept) -> None:
    findings, _ = media.video("a/film", kept(video(6, form=form)))
    assert [one.rule for one in findings] == ["preuve.video"]
    assert "6,0 s, 640 × 360" in findings[0].message


def test_a_video_held_upright_is_large_enough(kept) -> None:
    findings, _ = media.video("a/film.mp4", kept(video(6, 360, 640)))
    assert told(findings) == []


def test_the_date_a_video_carries(kept) -> None:
    assert media.video("a", kept(video(made="2025-03-01T10:00:00Z")))[1] == date(2025, 3, 1)
    assert media.video("a", kept(video()))[1] is None


@pytest.mark.parametrize(
    ("content", "rule", "message", "observed"),
    [
        (video(4), "preuve.video.courte", "La vidéo est trop courte pour montrer un scénario.", "4,0 s"),
        (video(6, 638, 360), "preuve.resolution", "La résolution de la vidéo est trop faible", "638 × 360"),
        (video(6, 640, 358), "preuve.resolution", "La résolution de la vidéo est trop faible", "640 × 358"),
    ],
)
def test_a_short_or_small_video_is_a_warning(content: bytes, rule: str, message: str, observed: str, kept) -> None:
    findings, _ = media.video("a/film.mp4", kept(content))
    (found,) = [one for one in findings if one.severity.value != "INFO"]
    assert (found.rule, found.severity.value, found.observed) == (rule, "WARNING", observed)
    assert found.message.startswith(message)
    assert not refused(findings)


@pytest.mark.parametrize(
    "content",
    [
        video()[:700],
        sound(),
        b"\0\0\0\x18ftypisom" + b"\xff" * 5000,
        b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/x.ts\n",
        b"RIFF" + struct.pack("<I", 2**32 - 1) + b"AVI LIST" + b"\xff" * 400,
        b"\x1a\x45\xdf\xa3" + b"\x01\xff\xff\xff\xff\xff\xff\xff" * 50,
    ],
    ids=["cut", "sound only", "garbage", "playlist", "avi of 4 GiB", "endless mkv"],
)
def test_a_video_that_does_not_open_is_refused(content: bytes, kept) -> None:
    findings, made = media.video("a/film.mp4", kept(content))
    assert told(findings) == [
        ("preuve.illisible", "La vidéo ne se lit pas : fichier tronqué, corrompu, ou sans piste vidéo.")
    ]
    assert refused(findings)
    assert made is None


def test_pictures_that_do_not_decode_are_told(kept) -> None:
    whole = video()
    start = whole.index(b"mdat") + 4
    end = whole.index(b"moov") - 4
    findings, _ = media.video("a/film.mp4", kept(whole[:start] + bytes(end - start) + whole[end:]))
    assert ("preuve.video.image", "La première image de la vidéo n’a pas pu être décodée.") in told(findings)
    assert not refused(findings)


def test_a_reading_that_lasts_is_stopped(kept, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = kept(b"import time; time.sleep(60)", "slow.py")
    monkeypatch.setattr(video_probe, "__file__", str(slow))
    start = time.monotonic()
    findings, _ = media.video("a/film.mp4", kept(video()), seconds=0.5)
    assert time.monotonic() - start < 10
    assert told(findings) == [
        ("preuve.non-examinee", "La vidéo n’a pas été examinée : sa lecture a été arrêtée, trop longue.")
    ]
    assert not refused(findings)


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("import sys; sys.exit(3)", "absent"),
        ("import os; os.abort()", "illisible"),
        ("print('[1, 2]')", "illisible"),
        ("print('{}')", "illisible"),
    ],
)
def test_a_reader_that_falls_takes_nothing_with_it(
    program: str, reason: str, kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(video_probe, "__file__", str(kept(program.encode(), "reader.py")))
    with pytest.raises(ProbeError) as caught:
        video_probe.probe(kept(video()))
    assert caught.value.reason == reason


def test_without_the_library_the_video_is_told_not_looked_into(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def absent(*_: object) -> None:
        raise ProbeError("absent")

    monkeypatch.setattr(media, "probe", absent)
    findings, _ = media.video("a/film.mp4", tmp_path)
    assert told(findings, info=True) == [
        ("preuve.non-examinee", "La vidéo n’a pas été examinée : la bibliothèque « av » n’est pas installée ici.")
    ]


@pytest.mark.parametrize(("form", "extension"), [("PNG", "png"), ("JPEG", "jpg"), ("GIF", "gif"), ("WEBP", "webp")])
def test_a_sound_picture_of_each_format(form: str, extension: str) -> None:
    findings = list(media.image("a/b", picture(form=form), extension))
    assert told(findings, info=True) == [("preuve.image", "Image : 800 × 600.")]


def bomb(width: int, height: int) -> bytes:
    """A PNG that announces a size it does not have."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (bomb(8000, 7000), "L’image annonce une taille démesurée : elle n’a pas été ouverte."),
        (bomb(10_000, 10_000), "L’image annonce une taille démesurée : elle n’a pas été ouverte."),
        (bomb(60_000, 60_000), "L’image annonce une taille démesurée : elle n’a pas été ouverte."),
        (bomb(900, 900), "L’image ne se lit pas : fichier tronqué ou corrompu."),
        (picture()[:300], "L’image ne se lit pas : fichier tronqué ou corrompu."),
        (picture(form="BMP"), "L’image ne se lit pas : fichier tronqué ou corrompu."),
        (b"\x89PNG\r\n\x1a\n", "L’image ne se lit pas : fichier tronqué ou corrompu."),
    ],
)
def test_a_picture_that_does_not_open_is_refused(content: bytes, message: str) -> None:
    findings = list(media.image("a/b.png", content, "png"))
    assert told(findings) == [("preuve.illisible", message)]
    assert refused(findings)


def test_a_small_or_empty_picture_is_a_warning() -> None:
    small = list(media.image("a/b.png", picture(300, 200), "png"))
    assert told(small) == [("preuve.resolution", "L’image est trop petite pour lire un écran.")]
    plain = list(media.image("a/b.png", picture(plain=True), "png"))
    assert told(plain) == [("preuve.image.vide", "L’image est d’une seule couleur : elle ne montre rien.")]
    assert not refused([*small, *plain])
