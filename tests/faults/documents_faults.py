"""What each defect in the documents it writes turns red."""

from __future__ import annotations

from fault import fault

FAULTS = [
    fault("datamatrix-missing", "INS/va1.03.01", "DOC/va1.04.01", words="datamatrix"),
    fault("datamatrix-wrong-birth-date", "INS/va1.03.01", "DOC/va1.04.01", words="naissance"),
    fault("pdf-without-matricule", "INS/va1.15.01", words="matricule"),
    fault("pdf-not-archivable", "DOC/va1.01.01", "DOC/va1.10.01", "MSS/va1.01.01", "MSS/va1.17.01", words="PDF/A"),
    fault("pdf-bad-file-name", "DOC/va1.01.01", "MSS/va1.01.01", "MSS/va1.17.01", words="nom"),
    fault("prescription-without-custodian", "DOC/va1.10.01", words="custodian"),
    fault("letter-birth-date-differs", "DOC/va1.04.01", "MSS/va1.17.01", words="naissance|sourcePatientInfo"),
]
