# Every target sets up what it needs first (tui/setup): .venv, the packages, Docker, the kernel image.
# What is done already is skipped, so that a second start costs a few milliseconds.

PYTHON ?= python3
SETUP := $(PYTHON) -m tui.setup
BIN := .venv/bin/python -m
.DEFAULT_GOAL := help
.PHONY: help run ask test check bench eval-bundled bundled-model setup clean

help: ## this list
	@echo "toolcoder: ask in plain words, get an answer that was computed in a sandbox"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "Options: PYTHON=python3.12 to choose the interpreter; ARGS=\"...\" is handed on, as in make ask Q=\"...\" ARGS=--json"

run: ## the chat
	@$(SETUP) run
	@.venv/bin/toolcoder $(ARGS)

ask: export TOOLCODER_MAKE_QUESTION := $(value Q)
ask: ## one question: make ask Q="How many films did Sofia Coppola direct?"
	@test -n "$$TOOLCODER_MAKE_QUESTION" || { echo 'Ask something: make ask Q="How many films did Sofia Coppola direct?"' >&2; exit 2; }
	@$(SETUP) run
	@.venv/bin/toolcoder ask $(ARGS) -- "$$TOOLCODER_MAKE_QUESTION"

test: ## everything: set-up with the test tools (torch among them), `make check`, all tests
	@$(SETUP) develop
	@$(MAKE) --no-print-directory check-only
	@$(BIN) pytest --numprocesses 4 --dist loadfile --no-loadscope-reorder --reruns 1 --reruns-delay 2 $(ARGS)

check: ## ruff, mypy and the import rules
	@$(SETUP) develop --no-sandbox
	@$(MAKE) --no-print-directory check-only

check-only:
	@$(BIN) ruff check .
	@$(BIN) ruff format --check .
	@$(BIN) mypy
	@.venv/bin/lint-imports --no-logo

bench: ## start-up, kernels, tool calls and embeddings on this machine, beside a bare kernel
	@$(SETUP) develop
	@$(BIN) tests.perf $(ARGS)

eval-bundled: ## the bundled model's accuracy, end to end in the real sandbox
	@$(SETUP) run
	@$(BIN) tui.main bench bundled $(ARGS)

bundled-model: ## train the bundled model anew (45 minutes on two cores; goes on where it was interrupted)
	@$(SETUP) develop --no-sandbox
	@$(BIN) train.bundled --minutes 45 $(ARGS)

setup: ## what the agent needs, and nothing more
	@$(SETUP) run --announce

clean: ## remove .venv, build outputs and caches (not your sessions, not Docker, not the image)
	rm -rf .venv .build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
