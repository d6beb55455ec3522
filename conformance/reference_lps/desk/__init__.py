"""What the reference LPS does for each action of the Pilote LPS API, one desk a subject."""
