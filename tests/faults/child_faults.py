"""What each defect in the child's health record turns red."""

from __future__ import annotations

from fault import fault

FAULTS = [
    fault("cse-report-untitled", "CSE.04", words="titre"),
    fault("cse-report-own-code", "CSE.04", words="type"),
    fault("cse-empty-report-refused", "CSE.14", words="laissé vide"),
    fault("cse-empty-report-hollow", "CSE.14", words="base64"),
    fault("cse-synthesis-dropped", "CSE.13", "CSE.07", words="somatique"),
    fault("cse-free-text-dropped", "CSE.13", "CSE.07", words="texte libre"),
    fault("cse-empty-fields-hidden", "CSE.07", words="laissé vide"),
    fault("cse-certificate-unsent", "CSE.12", words="PMI"),
    fault("cse-certificate-to-first-service", "CSE.12", words="PMI"),
    fault("cse-certificate-to-every-service", "CSE.12", words="PMI"),
    fault("cse-department-two-digits", "CSE.12", words="PMI"),
    fault("cse-certificate-level-1", "CSE.12", words="structuré"),
]
