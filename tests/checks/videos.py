"""Small videos, real from end to end: plain pictures, two a second."""

from __future__ import annotations

import io


def video(seconds: float = 6, width: int = 640, height: int = 360, form: str = "mp4", made: str = "") -> bytes:
    """A video file; ``form`` is a container FFmpeg writes, ``made`` the date it carries."""
    import av

    codec = {"webm": "libvpx"}.get(form, "mpeg4")
    target = io.BytesIO()
    with av.open(target, "w", format=form) as container:
        if made:
            container.metadata["creation_time"] = made
        stream = container.add_stream(codec, rate=2)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for rank in range(int(seconds * 2)):
            frame = av.VideoFrame(width, height, "yuv420p")
            for number, plane in enumerate(frame.planes):
                plane.update(bytes([(rank * 9 + number * 40) % 256]) * plane.buffer_size)
            frame.pts = rank
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return target.getvalue()


def sound() -> bytes:
    """A file with a sound and no picture."""
    import av

    target = io.BytesIO()
    with av.open(target, "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=8000)
        stream.layout = "mono"
        frame = av.AudioFrame(format="fltp", layout="mono", samples=1024)
        frame.rate = 8000
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return target.getvalue()
