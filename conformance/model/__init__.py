"""The words of the harness as frozen values: no network, no pytest, no I/O but the loaders."""
