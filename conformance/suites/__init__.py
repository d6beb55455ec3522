"""The scenarios, as pytest modules: run with ``--vendor`` and ``--profile``, or by ``segur-conformance run``."""
