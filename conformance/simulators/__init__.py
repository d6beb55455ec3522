"""The national services, played on loopback: real wire protocols, TLS from a test PKI, faults by name."""
