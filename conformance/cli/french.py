"""click’s own words in French, through the catalogue that click asks gettext for.

click takes its messages from gettext’s default domain, in the language of the environment. While a command line is
read, that domain is bound to our catalogue and the language is French; while a command works, both are as the user
left them, so that a software it launches is not told another language.
"""

from __future__ import annotations

import gettext
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

LOCALE = Path(__file__).resolve().parent / "locale"
_DOMAIN = "messages"


@contextmanager
def clicks_own_words() -> Iterator[str | None]:
    """For the time of the context, click speaks French whatever the machine’s language; gives the one set before."""
    folder, language = gettext.bindtextdomain(_DOMAIN), os.environ.get("LANGUAGE")
    gettext.bindtextdomain(_DOMAIN, str(LOCALE))
    os.environ["LANGUAGE"] = "fr"
    try:
        yield language
    finally:
        _restore(language)
        gettext.bindtextdomain(_DOMAIN, folder)


class Command(click.Command):
    """A command that works in the user’s own environment; the group’s ``obj`` is the language set before."""

    def invoke(self, ctx: click.Context) -> Any:
        """Call the command’s function, the language set back for that time."""
        french = os.environ.get("LANGUAGE")
        _restore(ctx.find_root().obj)
        try:
            return super().invoke(ctx)
        finally:
            _restore(french)


def _restore(language: str | None) -> None:
    if language is None:
        os.environ.pop("LANGUAGE", None)
    else:
        os.environ["LANGUAGE"] = language
