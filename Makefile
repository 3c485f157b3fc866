# Everything a person does with this checkout. `make help` lists it.
SHELL := /bin/bash
PYTHON ?= python3
UV_VERSION := 0.13.8
UV := $(shell command -v uv || echo .uv/bin/uv)
RUN := .venv/bin
export UV_PYTHON_DOWNLOADS := never
export UV_PROJECT_ENVIRONMENT := .venv

.DEFAULT_GOAL := help

.PHONY: help
help: ## list what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## /\1\t/' | expand -t 14

.PHONY: demo
demo: .venv/.base ## set up, start everything, make pictures, say where they are
	@$(RUN)/imgen demo

.PHONY: setup
setup: .venv/.dev ## set up for development: .venv with everything that tests need

.PHONY: test
test: .venv/.dev ## set up and run the whole test suite
	$(RUN)/pytest -n 2 --dist worksteal -q $(ARGS)

.PHONY: test-diffusers
test-diffusers: .venv-diffusers/.stamp ## test the engine for real weights: a torch for the CPU, tiny weights
	OMP_NUM_THREADS=1 .venv-diffusers/bin/pytest -q tests/engines/diffusers tests/engines/test_registry.py $(ARGS)

.PHONY: check
check: .venv/.dev ## formatting, lint, types, import rules
	$(RUN)/ruff format --check .
	$(RUN)/ruff check .
	$(RUN)/mypy
	$(RUN)/lint-imports --no-cache

.PHONY: format
format: .venv/.dev ## format and fix what can be fixed
	$(RUN)/ruff format .
	$(RUN)/ruff check --fix .

.PHONY: bench
bench: .venv/.dev ## measure the hot paths beside what a user would pick instead
	@$(UV) sync --frozen --inexact --group bench --quiet --python $(PYTHON)
	$(RUN)/python -m bench $(ARGS)

.PHONY: sheet
sheet: .venv/.dev ## paint the contact sheet of the sketch engine
	$(RUN)/python scripts/contact_sheet.py

.PHONY: clean
clean: ## remove what was set up and made here (not data folders elsewhere)
	rm -rf .venv .venv-diffusers .uv demo-output .bench .mypy_cache .ruff_cache .pytest_cache .hypothesis

.uv/bin/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "imgen needs Python 3.11 or newer; name one with make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv .uv || \
	  { rm -rf .uv; echo "Python lacks venv; on Debian: apt-get install python3-venv"; exit 1; }
	@.uv/bin/python -m pip install -q --disable-pip-version-check uv==$(UV_VERSION)

# Two stamps, so that a demo does not install what only tests need, nor remove it.
.venv/.base: pyproject.toml uv.lock | $(UV)
	$(UV) sync --frozen --inexact --no-dev --extra safety --quiet --python $(PYTHON)
	@touch $@

.venv/.dev: pyproject.toml uv.lock | $(UV)
	$(UV) sync --frozen --inexact --extra safety --quiet --python $(PYTHON)
	@touch $@ .venv/.base

# An environment of its own: torch is large. A build for the CPU comes from where pip is told to
# look for one, else it is the usual build.
.venv-diffusers/.stamp: pyproject.toml uv.lock | $(UV)
	@rm -rf .venv-diffusers && $(PYTHON) -m venv .venv-diffusers
	@.venv-diffusers/bin/python -m pip install -q "torch==2.13.0+cpu" || \
	  .venv-diffusers/bin/python -m pip install -q "torch==2.13.0"
	@$(UV) pip install -q --python .venv-diffusers/bin/python -e ".[diffusers,quantisation]" --group dev onnx
	@.venv-diffusers/bin/python -c 'import sys, torch; sys.exit(torch.version.cuda is None)' || \
	  $(UV) pip uninstall -q --python .venv-diffusers/bin/python torchvision
	@touch $@
