# Hunter's daily tools. Each line is one you could type yourself.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
export PYTHONUNBUFFERED := 1

.DEFAULT_GOAL := help

.PHONY: help
help: ## Say what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | awk -F'\t' '{printf "  make %-12s %s\n", $$1, $$2}'

.PHONY: env
env: $(VENV)/.ready ## Make the environment in .venv

$(VENV)/.ready: requirements.txt requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Hunter needs Python 3.11 or later; say which by make PYTHON=python3.12 ..." >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

.PHONY: demo
demo: env ## Run the whole pipeline on a sandbox; ARGS="--exit --json" ends by itself
	@$(BIN)/python -m hunter.demo $(ARGS)

.PHONY: test
test: env lint types ## Run all checks and the whole suite on a throw-away database
	$(BIN)/python -m pytest -n auto $(ARGS)

.PHONY: lint
lint: env ## Style, and who may import whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

.PHONY: format
format: env ## Put the style right
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: types
types: env ## Check the types
	$(BIN)/mypy .

.PHONY: bench
bench: env ## Measure: each benchmark prints ratios against something run beside it
	@for file in benchmarks/[a-z]*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

.PHONY: chaos
chaos: env ## Kill, cut off and restart for minutes; the books must balance. ARGS="--items N --kills K --seed S"
	$(BIN)/python -m pytest -n auto tests/processes
	HUNTER_RUNS=10000 $(BIN)/python -m pytest -n auto tests/simulation tests/crm/interleaving
	$(BIN)/python -m tests.chaos --items 5000 --kills 100 $(ARGS)

.PHONY: screenshots
screenshots: env ## Take the README's pictures of a running demo (needs Chromium)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "playwright>=1.50,<2"
	$(BIN)/python docs/screenshots.py $(ARGS)

.PHONY: clean
clean: ## Stop the embedded databases and remove what can be made again
	@for folder in var/*/postgres var/postgres; do \
		[ -d $$folder ] && $(BIN)/python -m hunter.postgres.server stop $$folder; done; true
	rm -rf var .pytest_cache .mypy_cache .ruff_cache .hypothesis staticfiles
