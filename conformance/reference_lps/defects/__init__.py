"""The named defects of the reference LPS: each breaks one behaviour, so that the test judging it can be seen to go red.

One module a section; a name begins with what it breaks.
"""

from __future__ import annotations

from . import ann, bio, catalogue, child, dashboard, dmp, documents, hl7, imaging, ins, intra, mss, psc

DEFECTS: dict[str, str] = {
    **ins.DEFECTS,
    **hl7.DEFECTS,
    **documents.DEFECTS,
    **dashboard.DEFECTS,
    **catalogue.DEFECTS,
    **child.DEFECTS,
    **mss.DEFECTS,
    **dmp.DEFECTS,
    **imaging.DEFECTS,
    **psc.DEFECTS,
    **ann.DEFECTS,
    **bio.DEFECTS,
    **intra.DEFECTS,
}
"""Each name, with a sentence for ``--defect help``."""
