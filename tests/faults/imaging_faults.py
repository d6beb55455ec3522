"""What each defect in the orders of imaging turns red."""

from __future__ import annotations

from fault import fault

LINKS = ("DB/LGC.03", "DB/RIS.16", "DB/DPI.04")
"""From an order to its reports and back: one requirement of three professions."""

FAULTS = [
    fault("order-number-repeated", "DB/LGC.01", words="même Order Placer Number"),
    fault("order-number-not-in-header", "DB/LGC.01", words="en-tête"),
    fault("order-number-not-in-metadata", "DB/LGC.01", words="métadonnées", starved=("DB/LGC.03",)),
    fault("report-first-order-only", "DB/RIS.08", "DB/RIS.09", words="Order Placer Number"),
    fault("report-without-accession", "DB/RIS.08", "DB/RIS.09", "DB/RIS.05", words="Accession Number"),
    fault("report-renumbers-orders", "DB/RIS.08", "DB/RIS.03", words="Order Placer Number"),
    fault("report-bare-metadata", "DB/RIS.09", words="eventCodeList"),
    fault("report-fixed-modality", "DB/RIS.09", words="modalité"),
    fault("report-without-qr", "DB/RIS.11", words="QR code"),
    fault("report-qr-elsewhere", "DB/RIS.11", words="n’est pas écrite"),
    fault("accession-repeated", "DB/RIS.05", words="même Accession Number"),
    fault("study-repeated", "DB/RIS.07", "DB/RIS.08", words="Study Instance UID"),
    fault("order-links-one-way", *LINKS, words="ne cherche pas"),
    fault("order-links-sorted-at-home", *LINKS, words="sans ce critère"),
    fault("order-links-without-authority", *LINKS, words="Order Placer Number"),
]
