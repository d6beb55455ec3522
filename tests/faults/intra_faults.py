"""What each defect in the reports that cross a hospital turns red."""

from __future__ import annotations

from fault import fault

BOTH = ("INTRA/va1.01.01", "INTRA/va1.02.01")

BY_PLATFORM = ("DMP/va1.03.01", "DMP/va1.05.01")
MAILED = ("MSS/va1.23.01", "MSS/va1.24.01")

FAULTS = [
    fault("intra-restriction-lost", *BOTH, words="MASQUE_PS|INVISIBLE_PATIENT"),
    fault("intra-document-rewritten", *BOTH, *BY_PLATFORM, *MAILED, words="document"),
    fault("platform-asked-nothing", *BY_PLATFORM, *MAILED, words="DESTDMP|DESTMSSANTEPS"),
    fault("platform-waits-for-the-user", "DMP/va1.05.01", "MSS/va1.24.01", words="de lui-même"),
    fault("platform-asks-nobody", "DMP/va1.03.01", "MSS/va1.23.01", words="n’a pas choisi"),
    fault("intra-mails-hidden-patient", "INTRA/va1.02.01", words="restriction"),
]
