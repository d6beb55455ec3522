"""What the simulated DMP demands of the VIHF: its signature, then what it says."""
