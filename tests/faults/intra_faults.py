"""What each defect in the reports that cross a hospital turns red."""

from __future__ import annotations

from fault import fault

BOTH = ("INTRA/va1.01.01", "INTRA/va1.02.01")

FAULTS = [
    fault("intra-restriction-lost", *BOTH, words="MASQUE_PS|INVISIBLE_PATIENT"),
    fault("intra-document-rewritten", *BOTH, words="document"),
    fault("intra-mails-hidden-patient", "INTRA/va1.02.01", words="restriction"),
]
