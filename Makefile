# Each target's text behind ## is what `make help` prints.
.DEFAULT_GOAL := help
.PHONY: help setup demo demo-reset manage test check fmt bench lock

PYTHON ?= python3
PORT ?= 8000
ARGS ?=
RUN := .venv/bin/python
export PYTHON
# Dozens of processes start here: what the first has compiled, the others read.
unexport PYTHONDONTWRITEBYTECODE

help: ## what can be done here
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 20

setup: ## make or refresh the environment in .venv
	@deploy/setup.sh

demo: setup ## run the demonstration until Ctrl-C (PORT=8123 picks the port)
	@$(RUN) -m deploy.demo run $(PORT)

demo-reset: setup ## forget the demonstration's data
	@$(RUN) -m deploy.demo reset

manage: setup ## a management command on the demonstration: make manage ARGS="totals sandbox --json"
	@$(RUN) -m deploy.demo manage $(ARGS)

test: setup ## all tests with the services they need (ARGS="-k money")
	@deploy/programs.sh
	@$(RUN) -m pytest -n 2 --dist worksteal $(ARGS)

check: setup ## style, types, layers, migrations, deployment settings
	@$(RUN) -m deploy.check

fmt: setup ## bring the code into its usual form
	@$(RUN) -m ruff check --fix-only --quiet .
	@$(RUN) -m ruff format .

bench: setup ## measure: rows per second, memory, page times (ROWS=100000)
	@$(RUN) -m bench.ledger

lock: setup ## write deploy/*.lock anew from pyproject.toml
	@.venv/bin/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --upgrade pyproject.toml -o deploy/server.lock
	@.venv/bin/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --upgrade --extra local pyproject.toml -o deploy/local.lock
