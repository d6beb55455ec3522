"""What each defect in the orders of imaging turns red."""

from __future__ import annotations

from fault import fault

LINKS = ("DB/LGC.03", "DB/RIS.16", "DB/DPI.04")
"""From an order to its reports and back: one requirement of three professions."""

FAULTS = [
    fault("order-number-repeated", "DB/LGC.01", words="même Order Placer Number"),
    fault("order-number-not-in-header", "DB/LGC.01", words="en-tête"),
    fault("order-number-not-in-metadata", "DB/LGC.01", words="métadonnées", starved=("DB/LGC.03",)),
    fault("order-links-one-way", *LINKS, words="ne cherche pas"),
    fault("order-links-sorted-at-home", *LINKS, words="sans ce critère"),
    fault("order-links-without-authority", *LINKS, words="Order Placer Number"),
]
