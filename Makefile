# `make lab` starts the course, `make test` runs the tests; both make their own environment in .venv first.

SHELL := /bin/bash
.DEFAULT_GOAL := help
BIN := .venv/bin
COURSE := my-course
TESTS := tests --ignore=tests/browser
PYTEST := $(BIN)/python -m pytest
# all of the machine's; a file's tests stay together, in order; a process that dies ends the run, which else waits for ever
CORES := logical

# The first Python that is 3.11 to 3.13, runs (a version manager's shim may exist and fail) and can make environments.
define FIND_PYTHON
for python in $(PYTHON) python3.13 python3.12 python3.11 python3 python; do \
    "$$python" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
        >/dev/null 2>&1 && { echo "$$python"; break; }; \
done
endef

# pip's own words, one short line for each package, so that somebody who waits sees what for.
BRIEFLY := sed -unE 's/^(Collecting|Downloading|Building wheel for|Installing) ([^ ]+).*/  \1 \2/p'

.PHONY: help lab test lint browser build verify site bench mutation clean environment packages

help:
	@echo "make lab      the course in $(COURSE)/, in JupyterLab"
	@echo "make test     lint and tests, on all cores (CORES=1: one after the other)"
	@echo "make browser  tests in a real browser (needs Chromium)"
	@echo "make build    notebooks/ from solutions/"
	@echo "make verify   run every solution and every released notebook, and print marks, seconds and memory"
	@echo "make site     the course as pages to read, in build/site/html (needs Node.js with npm)"
	@echo "make bench    benchmarks against TensorFlow"
	@echo "make mutation mutants of the solutions' functions, and which of them the checks let through (about an hour)"
	@echo "make lint     ruff"
	@echo "make clean    remove what was built; keeps $(COURSE)/ and the environment"

.venv/bin/python:
	@python="$$($(FIND_PYTHON))"; \
	if [ -z "$$python" ]; then \
	    echo "No Python 3.11, 3.12 or 3.13 with venv was found: install one (Debian: python3 and python3-venv)," \
	        "or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python" >&2; \
	    exit 1; \
	fi; \
	echo "Making .venv with $$($$python --version); this takes a few minutes, once."; \
	"$$python" -m venv --clear .venv

.venv/learner: pyproject.toml constraints.txt | .venv/bin/python
	@echo "Installing the course and what it needs into .venv (once; one to five minutes):"
	@set -o pipefail; $(BIN)/python -m pip install --constraint constraints.txt --editable '.[grading]' | $(BRIEFLY)
	@touch $@

.venv/developer: pyproject.toml constraints.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@ .venv/learner

environment: .venv/developer

# What comes from npm: MathJax for the site, and the proxy that JupyterHub needs in its tests.
node_modules/.installed: package.json
	@command -v npm >/dev/null || { echo "npm was not found: install Node.js (Debian: apt-get install nodejs npm)." >&2; exit 1; }
	npm install --no-package-lock --no-audit --no-fund --loglevel=error
	@touch $@

packages: node_modules/.installed

lab: .venv/learner
	@$(BIN)/dlcourse lab $(COURSE)

lint: .venv/developer
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/lint-imports --no-logo >/dev/null || $(BIN)/lint-imports --no-logo

test: lint
	$(PYTEST) --numprocesses=$(CORES) --maxprocesses=8 --max-worker-restart=0 --dist=loadfile $(TESTS)

browser: .venv/developer packages
	$(PYTEST) tests/browser

build: .venv/developer
	$(BIN)/autograder build

verify: .venv/developer
	$(BIN)/autograder verify

site: .venv/developer packages
	$(BIN)/autograder site

bench: .venv/developer
	@for benchmark in benchmarks/*.py; do echo "$$benchmark"; $(BIN)/python "$$benchmark" || exit 1; done

mutation: .venv/developer
	$(BIN)/python tests/mutation.py
	$(BIN)/python tests/mutation.py --page

clean:
	rm -rf build dist .pytest_cache .ruff_cache .hypothesis mutants
	find . -name __pycache__ -not -path './.venv/*' -not -path './$(COURSE)/*' -prune -exec rm -rf {} +
