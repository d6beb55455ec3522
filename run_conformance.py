"""The command line, from a clone of the project: ``python run_conformance.py --help``."""

from conformance.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
