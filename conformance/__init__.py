"""The suite author's vocabulary, and nothing else.

Writing a scenario takes these names: ``verifies`` binds a test to official scenario ids, ``require`` judges, and the
three exceptions end a scenario that cannot be judged. See ``ARCHITECTURE.md``, « Where do I add a … ».
"""

from __future__ import annotations

from conformance.model.finding import Finding
from conformance.outcomes import NotApplicable, NotRun, ToReview, require
from conformance.verifies import verifies

__all__ = ["Finding", "NotApplicable", "NotRun", "ToReview", "require", "verifies"]
__version__ = "0.1.0"
