# `make` alone lists what there is to run. Needs a POSIX shell and any Python from 3.11 on; nothing else.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PY     := .venv/bin/python
READY  := .venv/ready
SEEDS  ?= 1-200
WORLD  ?= copy
SEED   ?= 1
MINUTES ?= 10
HOURS  ?= 24
ARGS   ?=
PYTEST := $(PY) -m pytest -p tests.plugins.claims

.PHONY: help setup demo test check bench simulate crash never-over docs lock coverage-of-requirements clean

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-26s %s\n", $$1, $$2 }' Makefile

setup: $(READY) ## Make .venv from the hash-locked requirements (every command below does it by itself)

$(READY): requirements/dev.txt requirements/install.sh pyproject.toml
	@PYTHON="$(PYTHON)" sh requirements/install.sh requirements/dev.txt
	@touch $(READY)

demo: $(READY) ## Copy a make-believe contractor's Procore and watch it stay true; ARGS="--exit --json" to run unattended
	@.venv/bin/tiebeam demo $(ARGS)

# Hundreds of commands are started: one that may not keep its bytecode compiles the whole package each time.
test: export PYTHONDONTWRITEBYTECODE =
test: $(READY) ## Run every test, on two cores
	@sh requirements/browser.sh
	@$(PYTEST) -n 3 --dist worksteal -m "not alone" $(ARGS)
	@$(PYTEST) --more-claims -m alone tests/acceptance

check: $(READY) ## Lint, format, types, layers and house rules
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@$(PY) -m pytest -q -n 2 --ignore=tests/tidy/test_linters.py tests/tidy $(ARGS)

bench: .venv/bench/ready ## Measure every figure that the README quotes; ARGS=--json for one JSON line a file
	@set -e; for file in bench/*.py; do $(PY) "$$file" $(ARGS); done

# What we are measured against stays out of .venv: its types would change what `make check` says.
.venv/bench/ready: $(READY) requirements/bench.txt
	@$(PY) -m venv --clear .venv/bench
	@.venv/bench/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bench.txt
	@touch $@

simulate: $(READY) ## Run the seeded simulation with faults; SEEDS=1-200, or SEEDS=17 to replay one; WORLD=week for weeks of everything, WORLD=push or WORLD=procore for papers on their way, WORLD=link for jobs and items in step, WORLD=monday for a board and one of monday.com
	@$(PY) tests/simulation/run.py --world $(WORLD) --seeds $(SEEDS) $(ARGS)

crash: $(READY) ## Kill workers, schedulers and web at random for a while; MINUTES=10, SEED=1; WORLD=push kills whoever sends tickets
	@$(PY) tests/$(if $(filter push,$(WORLD)),push_kill,crash)/run.py --minutes $(MINUTES) --seed $(SEED) $(ARGS)

never-over: $(READY) ## Let virtual hours pass over four processes that share one budget; HOURS=24, SEED=1
	@$(PY) tests/never_over/run.py --hours $(HOURS) --seed $(SEED) $(ARGS)

docs: $(READY) ## Write docs/reference anew from the code
	@$(PY) docs/generate.py

coverage-of-requirements: $(READY) ## List the rows of docs/requirements.md that no passing test of the last `make test` claims
	@$(PY) tests/tidy/coverage_of_requirements.py

lock: $(READY) ## Resolve the requirements again (needs network)
	@sh requirements/lock.sh

clean: ## Remove what these commands made
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
