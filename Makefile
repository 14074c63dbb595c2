# make run    the demo on http://127.0.0.1:8000
# make test   every check, as CI runs it
# Both prepare what they need; second runs start in seconds.

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/stamps
SHELL := /bin/bash

.PHONY: run test check setup setup-dev web debian bench chaos soak growth lock clean

run: setup
	@$(BIN)/dispatch demo

setup: $(STAMPS)/runtime web/dist/.built

setup-dev: setup $(STAMPS)/dev

$(STAMPS)/venv:
	@command -v $(PYTHON) >/dev/null || { echo "Install Python 3.11 (or: make PYTHON=/path/to/python3.11)"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/runtime: $(STAMPS)/venv requirements.lock pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check setuptools==80.9.0
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(STAMPS)/dev: $(STAMPS)/runtime requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

web/node_modules/.installed: web/package-lock.json
	@command -v npm >/dev/null || { echo "Install Node 20 with npm"; exit 2; }
	cd web && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

WEB_SOURCES := $(shell find web -path web/node_modules -prune -o -path web/dist -prune -o -type f -print 2>/dev/null)

web/dist/.built: web/node_modules/.installed $(WEB_SOURCES)
	cd web && npm run --silent build
	@touch $@

web: web/dist/.built

# What some tests need from Debian. Without it, and without the rights to install it, they skip.
debian:
	@.ci/debian-packages

test: setup-dev debian check

check:
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m tests.check_twins
	cd web && npm run --silent check && npm run --silent lint && npm run --silent test && npm run --silent budget
	$(BIN)/pytest

bench: setup-dev
	$(BIN)/python -m benchmarks all --write docs/benchmarks.md

# Every fault against real processes, several rounds; `python -m tests.chaos --help` for one alone.
chaos: setup-dev debian
	$(BIN)/python -m tests.chaos

# Thousands of seeds of the simulation; the ordinary tests run some hundreds.
SEEDS ?= 5000
soak: setup-dev
	$(BIN)/dispatch simulate --seed 1000 --count $(SEEDS)

growth: setup-dev
	$(BIN)/python -m benchmarks.growth

lock: $(STAMPS)/venv
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --extra fast --extra tiles --universal --no-strip-extras --python-version 3.11 --generate-hashes --no-header --quiet -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --extra fast --extra tiles --extra dev --universal --no-strip-extras --python-version 3.11 --generate-hashes --no-header --quiet -o requirements-dev.lock

clean:
	rm -rf $(VENV) web/node_modules web/dist artifacts .mypy_cache .ruff_cache .pytest_cache
