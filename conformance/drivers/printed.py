"""The printed form of an invented document: a PDF/A-1b page."""

from __future__ import annotations

from datetime import UTC, datetime


def pdf(title: str, number: str) -> bytes:
    """A page that names the document; the same at each play."""
    import typst

    page = f'#set document(title: "{title}")\n= {title}\n\nDocument d’essai {number}.\n'
    made = typst.compile(
        page.encode(),
        format="pdf",
        ignore_system_fonts=True,
        timestamp=int(datetime(2026, 1, 5, 8, tzinfo=UTC).timestamp()),
        pdf_standards="a-1b",
    )
    assert isinstance(made, bytes)
    return made
