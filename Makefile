# The two commands of the README, each on a machine with only git, make and Python 3.11:
#   make demo   judge the reference LPS and print where the report is
#   make test   the harness's own tests

# A run starts many Pythons: each would compile everything again.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
ifeq ($(OS),Windows_NT)
  BIN := .venv/Scripts
else
  BIN := .venv/bin
endif
RUN := $(BIN)/python
PROFILE ?= wave1/doctors
VENDOR ?= reference
READY := .venv/.ready

.PHONY: help demo test check format lock bench clean

help:  ## this list
	@$(PYTHON) -c "import re; [print(f'  make {n:<8} {t}') for n, t in re.findall(r'^(\w+):.*?## (.*)', open('Makefile', encoding='utf-8').read(), re.M)]"

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(RUN) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@$(RUN) -c "import pathlib; pathlib.Path('$(READY)').touch()"

demo: $(READY)  ## the main job against the reference LPS, ending with where the report is
	$(RUN) run_conformance.py run --vendor $(VENDOR) --profile $(PROFILE) --fail-on 1,3

# Three processes for two cores: the long tests mostly wait, for a token that ends or a professional who confirms.
test: $(READY)  ## the harness's own tests
	$(RUN) -m pytest -q -n 3 --dist worksteal $(ARGS)

check: $(READY)  ## format, lint, types, layers, wording
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(RUN) tools/check_wording.py

format: $(READY)  ## write the code the house way
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: $(READY)  ## pin every dependency again, with hashes
	$(BIN)/uv pip compile --universal --python-version 3.11 --all-extras --generate-hashes --quiet pyproject.toml -o requirements.lock

bench: $(READY)  ## figures as ratios measured in one run
	$(RUN) benchmarks/overhead.py

clean:  ## forget the environment and what tools left behind
	$(PYTHON) -c "import shutil; [shutil.rmtree(p, ignore_errors=True) for p in ('.venv', '.mypy_cache', '.ruff_cache', '.pytest_cache')]"
