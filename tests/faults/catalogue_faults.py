"""What each defect in the catalogue of its laboratory turns red."""

from __future__ import annotations

from fault import fault

EXPORTS = ("LOI/va1.01.01", "LOI/va1.02.01", "LOI/va1.03.01")
IMPORTS = ("LOI/va1.04.01", "LOI/va1.05.01", "LOI/va1.06.01")

FAULTS = [
    fault("loi-commas", *EXPORTS, words="colonnes", starved=(*IMPORTS, "LOI/va1.07.01", "LOI/va1.10")),
    fault("loi-undated-name", *EXPORTS, words="nom du fichier"),
    fault("loi-analysis-unnamed", "LOI/va1.02.01", words="obligatoire"),
    fault("loi-import-drops-last", *IMPORTS, "LOI/va1.07.01", words="LOINC importé|rapport d’import"),
    fault("loi-report-silent", "LOI/va1.07.01", words="00000-0"),
    fault("loi-fhir-wraps-csv", "LOI/va1.10", words="enveloppé"),
    fault("loi-fhir-incomplete", "LOI/va1.10", words="absent de son export"),
    fault("loi-fhir-uncoded", "LOI/va1.10", words="obligatoire"),
    fault("loi-fhir-import-ignored", "LOI/va1.10", words="LOINC importé"),
    fault("loi-multiple-mild", "LOI/va1.07.01", words="BLOQUANTE"),
]
