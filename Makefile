# `make demo` and `make test` do everything on a fresh Debian or Ubuntu machine; `make help` lists the rest.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help setup demo test check bench clean
help:
	@echo 'make demo    set up, then import an installer medium and network-boot virtual machines from it'
	@echo 'make test    set up, then style, types and all tests, the virtual machines included'
	@echo 'make bench   set up, then the comparison with dnsmasq, tftpd-hpa, atftpd, nginx and the by-hand way'
	@echo 'make check   style and types only'
	@echo 'make clean   remove what was built (not the store)'

setup: $(VENV)/.installed
	@tools/setup demo

$(VENV)/.installed: pyproject.toml tools/setup
	@tools/setup base
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@if command -v uv >/dev/null 2>&1; then uv pip install -q --python $(BIN)/python -e '.[dev]'; \
	 else $(BIN)/python -m pip install -q --disable-pip-version-check -e '.[dev]'; fi
	@touch $@

demo: setup
	@$(BIN)/hobnail demo

check: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

test: check
	@tools/setup test
	@$(BIN)/pytest

bench: setup
	@tools/setup bench
	@$(BIN)/python -m bench

clean:
	rm -rf build dist $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
