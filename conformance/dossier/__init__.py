"""The dossier of proofs: laid out, read, reviewed by persons, packed."""
