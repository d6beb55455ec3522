"""How a vendor's software is reached: ``http`` (Pilote LPS), ``dossier`` (a folder of files), ``replay`` (a recorded run)."""
