# The front door. `make run` and `make test` set up everything they need, on a bare Debian 12 too.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO := demo

.PHONY: help setup setup-test run demo test test-postgresql billing-oracle faults faults-replay bench bench-quick check format screenshots clean

help: ## what can be made
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:[^#]*## /\t/' | expand -t 16

# --- set-up --------------------------------------------------------------------------------
# $(call debian,PACKAGE...): installs what is missing when root, else says in one line what to type.
define debian
@missing=""; for package in $(1); do \
	dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$package"; \
done; \
if [ -n "$$missing" ]; then \
	if [ "$$(id -u)" = 0 ]; then \
		echo "installing$$missing"; \
		export DEBIAN_FRONTEND=noninteractive; \
		apt-get update -qq && apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
	else \
		echo "Please type: sudo apt-get install$$missing"; exit 1; \
	fi; \
fi
endef

$(VENV)/pyvenv.cfg:
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || $(MAKE) --no-print-directory venv-package
	$(PYTHON) -m venv $(VENV)

.PHONY: venv-package
venv-package:
	$(call debian,python3-venv)

$(VENV)/.runtime: requirements.txt $(VENV)/pyvenv.cfg
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	$(BIN)/python -c "import app"  # compiles what is compiled, once: the first start is not kept waiting
	@touch $@

$(VENV)/.development: requirements-dev.txt $(VENV)/.runtime
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

setup: $(VENV)/.runtime ## the environment to run it

setup-test: $(VENV)/.development ## the environment to work on it, browser and PostgreSQL included
	@if command -v dpkg-query >/dev/null; then \
		$(MAKE) --no-print-directory test-packages; \
	else \
		command -v chromium >/dev/null || { echo "Please install Chromium and PostgreSQL."; exit 1; }; \
	fi

# libatomic1 is what the node inside Playwright's package needs of the system.
.PHONY: test-packages
test-packages:
	$(call debian,chromium chromium-driver libatomic1 nginx-light openssl postgresql)

# --- run -----------------------------------------------------------------------------------
$(DEMO)/.meterbook/home.json: | $(VENV)/.runtime
	METERBOOK_HOME=$(DEMO) $(BIN)/flask demo create

demo: $(DEMO)/.meterbook/home.json ## a home of 200 synthetic meters and 13 months

run: demo ## serve the demo, brought up to now, at http://127.0.0.1:8050
	METERBOOK_HOME=$(DEMO) $(BIN)/flask demo extend
	METERBOOK_HOME=$(DEMO) $(BIN)/python app.py

# --- trust ---------------------------------------------------------------------------------
test: setup-test ## all tests, browsers included
	$(BIN)/python -m pytest -n auto --dist loadfile

# Without tests/faults: they crash files, and what PostgreSQL does with its own is its own matter.
test-postgresql: setup-test ## all tests but faults again, with PostgreSQL 15 under every home
	METERBOOK_TEST_DATABASE=postgresql $(BIN)/python -m pytest -n auto --dist loadfile \
		tests/house tests/unit tests/integration tests/browser

billing-oracle: setup-test ## 100,000 random histories from raw readings to each line of the bill: 0 differences
	METERBOOK_HISTORIES=$${METERBOOK_HISTORIES:-100000} $(BIN)/python -m pytest -n auto \
		tests/unit/billing/test_bill_oracle.py tests/unit/tariffs/test_charges.py

# One after the other; `$(BIN)/python -m tests.faults.long_run --help` tells of parts and of running
# them side by side. Power is cut on file systems in files, which takes root.
faults: setup-test ## crash, cut, kill and damage the storage for over an hour: nothing may be lost
	@if [ "$$(id -u)" = 0 ] && command -v dpkg-query >/dev/null; then \
		$(MAKE) --no-print-directory fault-packages; \
	fi
	$(BIN)/python -m tests.faults.long_run

.PHONY: fault-packages
fault-packages:
	$(call debian,e2fsprogs xfsprogs)

faults-replay: $(VENV)/.development ## repeat one simulated crash: CRASH='home/12/87.5', as a failure prints
	$(BIN)/python -m tests.faults.replay '$(CRASH)'

# --- measure -------------------------------------------------------------------------------
# Peers come from requirements-bench.txt and, run as root on Debian, PostgreSQL 15; data sets and the
# peers' databases are kept in .bench/ (or METERBOOK_BENCH), about 15 GB for the full size.
$(VENV)/.bench: requirements-bench.txt $(VENV)/.runtime
	$(BIN)/pip install --quiet --disable-pip-version-check -c requirements.txt -r requirements-bench.txt
	@if [ "$$(id -u)" = 0 ] && command -v dpkg-query >/dev/null; then \
		$(MAKE) --no-print-directory bench-packages || true; \
	fi
	@touch $@

.PHONY: bench-packages
bench-packages:
	$(call debian,postgresql-15)

bench: $(VENV)/.bench ## measure against its peers on 43 million readings (<= 30 minutes)
	@POLARS_MAX_THREADS=2 $(BIN)/python -m tests.benchmarks.main

bench-quick: $(VENV)/.bench ## the same on one million readings (< 2 minutes)
	@POLARS_MAX_THREADS=2 $(BIN)/python -m tests.benchmarks.main --quick

# --- check ---------------------------------------------------------------------------------
check: $(VENV)/.development ## lint, types, floors of the house
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/house

format: $(VENV)/.development ## let ruff tidy the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

screenshots: setup-test demo ## the README's pictures, taken from the demo
	METERBOOK_HOME=$(DEMO) $(BIN)/flask demo extend
	$(BIN)/python -m tests.browser.screenshots

clean: ## forget the environment and the demo
	rm -rf $(VENV) $(DEMO) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
