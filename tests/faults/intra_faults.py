"""What each defect in the reports that cross a hospital turns red."""

from __future__ import annotations

from fault import fault

BOTH = ("INTRA/va1.01.01", "INTRA/va1.02.01")

BY_PLATFORM = ("DMP/va1.03.01", "DMP/va1.05.01")
MAILED = ("MSS/va1.23.01", "MSS/va1.24.01")

CARRIED = ("CDA/HL7.01.01", "CDA/HL7.02.01")
"""Each is two duties: a record's software hands over, a platform takes in."""
RECORDS, PLATFORM = ("wave1/hospital-dpi", "wave2/hospital-dpi"), ("wave2/hospital-pfi",)

FAULTS = [
    fault("intra-restriction-lost", *BOTH, *CARRIED, "DOC/va1.20.01", words="MASQUE_PS|INVISIBLE_PATIENT"),
    fault(
        "intra-document-rewritten",
        *BOTH,
        *BY_PLATFORM,
        *MAILED,
        *CARRIED,
        "CDA/HL7.03.01",
        "DOC/va1.20.01",
        words="document",
    ),
    fault("platform-asked-nothing", *BY_PLATFORM, *MAILED, *CARRIED, words="DESTDMP|DESTMSSANTEPS", only_in=RECORDS),
    fault("platform-outcomes-ignored", "CDA/HL7.01.01", words="ne garde pas le retour", only_in=RECORDS),
    fault("platform-failure-as-success", "CDA/HL7.01.01", words="échec", only_in=RECORDS),
    fault("hl7-document-without-order", "CDA/HL7.02.01", words="ORC", only_in=RECORDS),
    fault("hl7-document-without-sender", "CDA/HL7.02.01", words="qui demande", only_in=RECORDS),
    fault("mdm-not-filed", "CDA/HL7.04.01", words="n’est pas rangé", only_in=RECORDS),
    fault("mdm-files-anyone", "CDA/HL7.04.01", words="autre usager", only_in=RECORDS),
    fault("intra-takes-incoherent", "CDA/HL7.01.01", words="AE ou AR", only_in=PLATFORM),
    fault("relay-first-only", "CDA/HL7.03.01", words="n’est pas remis", only_in=PLATFORM),
    fault("relay-answers-nobody", "CDA/HL7.04.01", words="n’est pas rendu", only_in=PLATFORM),
    fault("relay-always-done", "CDA/HL7.04.01", words="ne dit pas ce que", only_in=PLATFORM),
    fault("platform-outcome-silent", "CDA/HL7.02.01", words="ne rend pas compte", only_in=PLATFORM),
    fault("platform-outcome-always-good", "CDA/HL7.02.01", words="ne rend pas compte", only_in=PLATFORM),
    fault(
        "platform-waits-for-the-user",
        "DMP/va1.05.01",
        "MSS/va1.24.01",
        words="de lui-même",
        never_with=("platform-asks-nobody",),
    ),
    fault("platform-asks-nobody", "DMP/va1.03.01", "MSS/va1.23.01", words="n’a pas choisi"),
    fault("intra-mails-hidden-patient", "INTRA/va1.02.01", words="restriction"),
]
