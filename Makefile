# Two commands do everything: `make run` (the whole pipeline) and `make test`.
SHELL := /bin/bash
PROFILE ?= laptop
TASK ?= imdb
SEED ?= 0
MODEL ?=
PYTHON ?= $(shell for p in python3.12 python3.13 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(not (3,11) <= sys.version_info[:2] <= (3,13))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
TEST_HOME := $(CURDIR)/.test
NBVAL := --nbval --nbval-current-env --nbval-sanitize-with tests/nbval.cfg

.DEFAULT_GOAL := help
.PHONY: help run test hub serve lab lint outputs chapters clean distclean

help:  ## show this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

RUN = $(BIN)/python -m helpers.runner --profile $(PROFILE) --task "$(TASK)" --seed $(SEED)
run: .venv/ready  ## run the core (PAGES=writer|studies|all|03,07 UPTO=05 FROM=03 LIST=1 FORCE=1 WORKERS=1 PROFILE=smoke|laptop|gpu TASK=imdb|intents|file.csv SEED=0)
	@$(RUN) $(if $(PAGES),--pages $(PAGES)) $(if $(UPTO),--upto $(UPTO)) $(if $(FROM),--from $(FROM)) \
		$(if $(WORKERS),--workers $(WORKERS)) $(if $(FORCE),--force) $(if $(LIST),--list)

test: .venv/ready  ## run every unit test, and execute every page and chapter (two at a time)
	@rm -rf $(TEST_HOME) && mkdir $(TEST_HOME)
	@SLM_HOME=$(TEST_HOME) SLM_PROGRESS=$(TEST_HOME)/progress.json SLM_HEADLESS=1 PYTHONPATH=$(CURDIR) \
		$(BIN)/python -m pytest -n 2 --no-loadscope-reorder $(NBVAL) \
		tests/pages/smoke.py tests/pages/smoke_tasks.py tests/pages/smoke_examples.py course tests/test_*.py tests/*/test_*.py

hub: .venv/ready  ## a model hub on 127.0.0.1, with pages to look at
	@$(BIN)/python -m helpers.hub

serve: .venv/ready  ## serve a shared model over HTTP and in the browser (MODEL=folder or owner/name)
	@model="$(MODEL)"; test -n "$$model" || model=$$($(BIN)/python -c 'import sys; \
		from helpers.stages.workspace import task_folder; print(task_folder(*sys.argv[1:]))' \
		"$(PROFILE)" "$(TASK)")/10_sharing/bundles/pocket-v1.0; \
	test -n "$(MODEL)" -o -d "$$model" || { echo "There is no model to serve yet. Make one: make run UPTO=10"; exit 2; }; \
	page=; if $(BIN)/python -m helpers.browser "$$model" artifacts/page; then page="--page artifacts/page"; \
	else echo "(the API works without the page)"; fi; \
	$(BIN)/python -m helpers.serving "$$model" --feedback data/feedback $$page

lab: .venv/ready  ## open the course and the notebooks in JupyterLab, as a copy in work/
	@$(BIN)/python -m helpers.show.lab

lint: .venv/ready  ## check format, style and types, notebooks included
	@$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy

outputs: .venv/ready  ## put the outputs of the last laptop run into the notebooks, for committing (PAGES=03,07 or TASK=intents)
	@$(BIN)/python -m helpers.runner.outputs $(PAGES)

chapters: .venv/ready  ## execute the chapters of the course and keep their outputs, for committing
	@$(BIN)/python -m helpers.runner.outputs course/*.ipynb course/solutions/*.ipynb

clean:  ## remove results and caches; keeps data and .venv
	rm -rf artifacts .test .pytest_cache .ruff_cache build *.egg-info
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

distclean: clean  ## remove data and .venv too, but not what is on your hub and what users said
	@if [ -d data ]; then find data -mindepth 1 -maxdepth 1 ! -name hub ! -name feedback -exec rm -rf {} +; fi
	rm -rf .venv

.venv/ready: requirements.txt helpers/examples/requirements.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed. Debian/Ubuntu: sudo apt install python3 python3-venv; macOS: brew install python@3.12"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "$(PYTHON) has no venv. Debian/Ubuntu: sudo apt install python3-venv"; exit 1; }
	@echo "Building .venv with $(PYTHON); this takes a few minutes, once."
	@rm -rf .venv && $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --ignore-requires-python -r helpers/examples/requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@
