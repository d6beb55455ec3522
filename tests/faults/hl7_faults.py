"""What each defect in its HL7 v2 messages turns red."""

from __future__ import annotations

from fault import fault

KEPT = ("INS/va1.62.01", "INS/va1.67.01", "INS/va1.68.01", "INS/va1.73.01")
LEFT = ("INS/va1.62.02", "INS/va1.68.02", "INS/va1.73.02")
ERASED = ("INS/va1.62.03", "INS/va1.68.03", "INS/va1.73.03")
OTHER_FLOWS = ("INS/va1.69.01", "INS/va1.72.01")
CARRYING = ("DMP/va1.03.01", "DMP/va1.05.01", "DOC/va1.20.01", "CDA/HL7.03.01")
"""Whose messages carry a document about a patient whose INS is qualified."""
HANDED = ("INTRA/va1.01.01", "INTRA/va1.02.01")

FAULTS = [
    fault("hl7-drops-ins", *KEPT, *OTHER_FLOWS, words="statut|matricule", starved=(*ERASED, "INS/va1.71.01", *HANDED)),
    fault("hl7-keeps-ins-of-unqualified", *LEFT, words="matricule", never_with=("hl7-drops-ins",)),
    fault("hl7-ignores-ins-removal", *ERASED, words="matricule"),
    fault("hl7-reception-not-traced", "INS/va1.16.01", words="tracée"),
    fault(
        "hl7-no-propagation",
        "INS/va1.60.01",
        "INS/va1.60.02",
        "INS/va1.60.03",
        "INS/va1.60.04",
        words="propagée",
    ),
    fault("hl7-complementary-not-told", "INS/va1.60.02", "INS/va1.60.04", words="propagée"),
    fault("hl7-no-a47", "INS/va1.60.03", words="A47"),
    fault("hl7-ins-when-not-qualified", "INS/va1.59.01", "INS/va1.60.02", words="matricule|qualifié"),
    fault("hl7-flow-without-ins", "INS/va1.61.01", "INS/va1.71.01", *CARRYING, words="INS"),
    fault(
        "hl7-pid5-without-first-names",
        "INS/va1.61.01",
        "INS/va1.71.01",
        *CARRYING,
        "CDA/HL7.02.01",
        "INS/va1.60.04",
        "RES/va1.01",
        words="prénoms",
    ),
    fault("oru-without-coded-results", "RES/va1.01", words="structuré"),
]
