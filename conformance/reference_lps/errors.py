"""What the reference LPS raises when it will not do what it is asked."""

from __future__ import annotations


class RefusalError(Exception):
    """A request the LPS refuses: ``status`` is the HTTP code to answer, ``message`` its French sentence."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class TraitError(ValueError):
    """A trait that no identity may bear, with the reason in French."""


def not_found(what: str) -> RefusalError:
    """The 404 of an object that does not exist; ``what`` is its French name with its article."""
    return RefusalError(404, f"{what} n’existe pas.")
