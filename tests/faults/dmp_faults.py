"""What each defect in its deposits and consultations turns red."""

from __future__ import annotations

from fault import fault

FAULTS = [
    fault("dmp-replacement-as-new", "DMP/va1.16.01", words="RPLC"),
    fault("dmp-delete-not-sent", "DMP/va1.16.01", words="suppression"),
    fault("dmp-masking-ignored", "DMP/va1.17.01", words="MASQUE_PS"),
]
