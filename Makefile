# Sluice: `make up` is all you need. Python 3.11+, Node 20+ and make; everything else is installed here, by lock files.
PYTHON ?= python3
PORT   ?= 8787
LIVE   ?=

VENV     := .venv
EMULATOR := .sluice/emulator
RUNTIME  := .sluice/runtime
SDKS     := .sluice/sdks
NODES    := tests/sdks/node/node_modules
CLIENTS  := .sluice/clients
PEERS    := .sluice/peers
WHOLE    := cli e2e native package resources sandbox size# folders whose tests start a program or a stack
PY       := $(VENV)/bin/python
PIP      := -m pip install -qq --disable-pip-version-check --no-input --no-compile --require-hashes
SETUP    := $(VENV)/.ready $(EMULATOR)/.ready node_modules/.ready

export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 20,21,22,23
export PYTHONPATH := $(CURDIR)/functions:$(CURDIR)
MAKEFLAGS += --no-print-directory -j3

.DEFAULT_GOAL := help
.PHONY: help up down test unit soak sweep bench setup

help:  ## Show this
	@echo "Sluice, the AI gateway for media models, in your own AWS account."
	@echo
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-7s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))
	@echo
	@echo "  .venv/bin/sluice --help shows the commands for a deployment."

up: $(SETUP)  ## Start the local gateway, or serve what your files say now (PORT=8787 LIVE=google,fal)
	@$(PY) -P -m sluice up --port '$(PORT)' --live '$(LIVE)'

down:  ## Stop everything that `make up` started
	@if [ -x $(PY) ]; then $(PY) -P -m sluice down; else echo "Nothing was running."; fi

test: $(SETUP) $(SDKS)/.ready $(NODES)/.ready $(CLIENTS)/.ready  ## Run the whole check: format, lint, types, import rules, all tests
	@$(PY) -P -m sluice.check

unit: $(SETUP)  ## Run the tests that start no program and no stack
	@$(PY) -m pytest -q -n 3 --dist worksteal -m "not e2e and not program and not soak" $(WHOLE:%=--ignore=tests/%)

soak: $(SETUP)  ## Run the long tests: a burst of 600 jobs, storms of 200 and 1,000, the simulator against the stack; most of an hour
	@$(PY) -m pytest -q -m soak

sweep: $(SETUP)  ## Run every model of the catalogue once through a local gateway (PROVIDER=fal,xai SWEEP='--sample 3'); ten minutes
	@$(PY) -P -m tests.sweep --provider '$(PROVIDER)' $(SWEEP)

bench: $(SETUP) $(RUNTIME)/.ready $(PEERS)/.ready bench/peers/node_modules/.ready  ## Measure: cold starts, and calls beside LiteLLM and Portkey (BENCH=--json)
	@$(PY) -m bench $(BENCH)

setup: $(SETUP)  ## Install everything that the other targets need (they do it themselves)

define python_is_good
	@command -v $(PYTHON) >/dev/null 2>&1 || { echo "Sluice needs Python 3.11 or newer, and there is no '$(PYTHON)' here. Install it, or name yours: make PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Sluice needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) -V 2>&1). Name a newer one: make PYTHON=python3.13"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "'$(PYTHON)' lacks the venv module. Install it, such as: apt install python3-venv"; exit 1; }
endef

define node_is_good
	@command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1 || { echo "Sluice needs Node.js 20 or newer with npm, and there is none here. See https://nodejs.org"; exit 1; }
	@node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' || { echo "Sluice needs Node.js 20 or newer; this is $$(node -v)."; exit 1; }
endef

$(VENV)/.ready: requirements/tool.txt
	$(python_is_good)
	@echo "Installing the tool's Python packages (once, about a minute) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(PY) $(PIP) -r requirements/tool.txt
	@printf '#!/bin/sh\nPYTHONPATH="%s" exec "%s" -P -m sluice "$$@"\n' "$(PYTHONPATH)" "$(CURDIR)/$(PY)" > $(VENV)/bin/sluice
	@chmod +x $(VENV)/bin/sluice
	@touch $@

$(EMULATOR)/.ready: requirements/emulator.txt | $(VENV)/.ready
	$(python_is_good)
	@echo "Installing the emulator ..."
	@$(PYTHON) -m venv $(EMULATOR)
	@$(EMULATOR)/bin/python $(PIP) -r requirements/emulator.txt
	@touch $@

$(RUNTIME)/.ready: requirements/runtime.txt | $(VENV)/.ready
	$(python_is_good)
	@echo "Installing what a function finds in Lambda ..."
	@$(PYTHON) -m venv $(RUNTIME)
	@$(RUNTIME)/bin/python $(PIP) -r requirements/runtime.txt
	@touch $@

$(SDKS)/.ready: requirements/sdks.txt requirements/sdks-alone.txt requirements/sdks-older.txt | $(VENV)/.ready
	$(python_is_good)
	@echo "Installing the providers' SDKs, for the tests ..."
	@$(PYTHON) -m venv $(SDKS)
	@$(SDKS)/bin/python $(PIP) -r requirements/sdks.txt
	@$(SDKS)/bin/python $(PIP) --no-deps -r requirements/sdks-alone.txt
	@$(SDKS)/bin/python $(PIP) --no-deps --upgrade --target $(SDKS)/older -r requirements/sdks-older.txt
	@touch $@

$(CLIENTS)/.ready: requirements/clients.txt | $(VENV)/.ready
	$(python_is_good)
	@echo "Installing the clients that people have, for the tests ..."
	@$(PYTHON) -m venv $(CLIENTS)
	@$(CLIENTS)/bin/python $(PIP) -r requirements/clients.txt
	@touch $@

$(PEERS)/.ready: requirements/peers.txt | $(VENV)/.ready
	$(python_is_good)
	@echo "Installing LiteLLM, to measure beside it ..."
	@$(PYTHON) -m venv $(PEERS)
	@$(PEERS)/bin/python $(PIP) -r requirements/peers.txt
	@touch $@

$(NODES)/.ready: tests/sdks/node/package-lock.json
	$(node_is_good)
	@echo "Installing the clients in Node of providers that have none in Python, for the tests ..."
	@cd tests/sdks/node && npm ci --silent --ignore-scripts --no-audit --no-fund
	@touch $@

bench/peers/node_modules/.ready: bench/peers/package-lock.json
	$(node_is_good)
	@echo "Installing Portkey, to measure beside it ..."
	@cd bench/peers && npm ci --silent --no-audit --no-fund
	@touch $@

node_modules/.ready: package-lock.json
	$(node_is_good)
	@echo "Installing the CDK's command line and the clients in Node ..."
	@npm ci --silent --no-audit --no-fund
	@touch $@
