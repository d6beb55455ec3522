"""A small real LPS that the harness is tried on: conforming by default, with defects switched on by name.

It stands apart on purpose: it imports nothing of the rest of ``conformance``, so that a misreading of the field's rules
made in a check cannot prove itself right here.
"""
