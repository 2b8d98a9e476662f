# Needs make and Python 3.11 or later; everything else goes into .venv, once.
# Another Python: make PYTHON=python3.12 …   Options for the command: make export ARGS="--months 3"

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
BROWSER := $(VENV)/.browser
LOWEST := .venv-lowest
RELEASE := .venv-release
EXTRAS := --extra notify --extra caldav --extra google --extra hosting
EVERYTHING := $(EXTRAS) --group test --group check --group build
PIP := $(BIN)/python -m pip --quiet --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help demo demo-hosting export page debug test test-fast test-dates test-lowest check dist sbom workflows bench fixtures lock clean
.SILENT:
unexport PYTHONDONTWRITEBYTECODE # the tests start hundreds of processes: the modules are compiled once

help: ## this list
	sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

demo: $(BROWSER) ## export from the demo portal on this machine
	$(BIN)/aurion demo --export $(ARGS)

demo-hosting: $(BROWSER) ## the service of an association with 20 students on a demo portal, until Ctrl-C
	$(BIN)/python -m tests.hosting.demo $(ARGS)

export: $(BROWSER) ## your planning into your Downloads folder; VISIBLE=1 shows the browser
	$(BIN)/aurion export $(if $(VISIBLE),--visible) $(ARGS)

page: $(BROWSER) ## everything in your browser, until Ctrl-C
	$(BIN)/aurion serve $(ARGS)

debug: $(BROWSER) ## log in and keep a picture of each step in debug/
	$(BIN)/aurion login --debug debug $(if $(VISIBLE),--visible) $(ARGS)

test: $(BROWSER) ## the tests
	$(BIN)/python -m pytest $(ARGS)

test-fast: $(INSTALLED) ## the tests that need no browser, no database and little time, in forty seconds
	$(BIN)/python -m pytest -m "not browser and not slow" $(ARGS)

test-dates: $(BROWSER) ## the fast tests and those that export, on other dates, at other hours, in other zones
	$(BIN)/python -m tests.clock $(ARGS)

test-lowest: $(INSTALLED) ## the fast tests with the oldest libraries that pyproject.toml allows
	$(PIP) install uv
	$(PYTHON) -m venv --clear $(LOWEST)
	$(BIN)/uv pip compile --quiet --resolution lowest-direct --no-header $(EVERYTHING) --output-file $(LOWEST)/requirements.txt pyproject.toml
	$(BIN)/uv pip install --quiet --python $(LOWEST)/bin/python --requirements $(LOWEST)/requirements.txt
	$(BIN)/uv pip install --quiet --python $(LOWEST)/bin/python --no-deps --no-build-isolation --editable .
	$(LOWEST)/bin/python -m pytest -m "not browser and not slow" $(ARGS)

check: $(INSTALLED) ## lint, format, types, direction of imports
	$(BIN)/ruff check --output-format concise
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

dist: $(INSTALLED) ## wheel and source archive into dist/, the same bytes each time
	rm -rf dist
	$(BIN)/python -m hatchling build -d dist

sbom: dist ## what the wheel brings along, as CycloneDX, into build/
	$(PYTHON) -m venv --clear $(RELEASE)
	$(RELEASE)/bin/python -m pip --quiet --disable-pip-version-check install --require-hashes -r deploy/image/requirements.lock
	$(RELEASE)/bin/python -m pip --quiet --disable-pip-version-check install --no-deps dist/*.whl
	$(RELEASE)/bin/python -m pip --quiet uninstall --yes pip setuptools
	$(PIP) install cyclonedx-bom==7.5.0
	mkdir -p build
	$(BIN)/cyclonedx-py environment $(RELEASE) --pyproject pyproject.toml --output-reproducible --output-file build/sbom.cdx.json

workflows: $(INSTALLED) ## lint the workflows of GitHub
	$(PIP) install zizmor
	$(BIN)/zizmor --offline .github
	go run github.com/rhysd/actionlint/cmd/actionlint@v1.7.12

bench: $(BROWSER) ## how long things take
	$(BIN)/python tests/bench/bench.py $(ARGS)
	$(BIN)/python -m tests.bench.workers

fixtures: $(BROWSER) ## record the fixtures again
	$(BIN)/python -m tests.record_fixtures $(ARGS)

lock: $(INSTALLED) ## pin what pyproject.toml asks for, for all systems; ARGS=--upgrade: newest versions
	$(PIP) install uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
		$(EVERYTHING) --output-file requirements.lock $(ARGS) pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		$(EXTRAS) --constraint requirements.lock --output-file deploy/image/requirements.lock pyproject.toml

clean: ## remove what make made
	rm -rf $(VENV) $(LOWEST) $(RELEASE) build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find scraper tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(BROWSER): $(INSTALLED)
	$(BIN)/aurion install-browser
	touch $@

$(INSTALLED): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "Python 3.11 or later is needed: make PYTHON=/path/to/python3.11 says which." >&2; exit 2; }
	$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "This Python cannot make a .venv: install its venv module (Debian, Ubuntu: apt install python3-venv)." >&2; exit 2; }
	echo "Installing into $(VENV), once (about a minute)…"
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --require-hashes -r requirements.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	touch $@
