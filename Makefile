# make demo    set everything up, build, and end with a table and a picture
# make test    set everything up and pass the tests
# make help    the other targets

SHELL := /bin/bash
CARGO ?= cargo
PREFIX ?= $(HOME)/.local
export PYTHON ?= python3
BINARY := $(or $(CARGO_TARGET_DIR),target)/release/lnln-bench

.PHONY: help setup setup-cuda test-python build install wheel lite demo test lint fmt clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: ## libtorch (CPU) and cmake into .toolchain/, pinned and hash-checked
	@setup/install cpu

setup-cuda: ## the same with the CUDA libraries (about 5 GB)
	@setup/install cuda

# With the tests: their dependencies switch on features of shared crates, and building without them
# first would build those crates, polars among them, twice.
build: setup ## target/release/lnln-bench, which runs from any folder
	@$(CARGO) build --release --locked --all-targets

install: build ## put lnln-bench on the PATH (PREFIX, by default ~/.local)
	@mkdir -p $(PREFIX)/bin
	@setup/place-libtorch $(BINARY) $(PREFIX)
	@install -m 755 $(BINARY) $(PREFIX)/bin/lnln-bench
	@$(BINARY) man --out $(PREFIX)/share/man/man1
	@mkdir -p $(PREFIX)/share/lnln-bench && cp -r tests/golden $(PREFIX)/share/lnln-bench
	@echo "installed $(PREFIX)/bin/lnln-bench, its libtorch in $(PREFIX)/lib/lnln-bench"
	@case ":$$PATH:" in *":$(PREFIX)/bin:"*) ;; *) echo "$(PREFIX)/bin is not on your PATH; add it";; esac

wheel: build ## dist/lnln_bench-*.whl: the program and the Python package, for pip install
	@setup/wheel $(BINARY)

lite: setup ## dist/lnln-bench-lite: one static file without libtorch, for data, masks, scores and reports
	@CARGO="$(CARGO)" setup/lite

demo: build ## synthetic corpora -> prepare -> run -> report, in under five minutes
	@$(BINARY) demo

test-python: ## numpy, h5py and what else tests compare with into .toolchain/test-python/, pinned
	@setup/test-python

# Tests run side by side: a thread of libtorch each, since several would wait for one another.
test: setup ## all tests but those of .ci/run alone
	@OMP_NUM_THREADS=1 $(CARGO) test --release --locked

lint: setup ## formatting and clippy, warnings denied
	@$(CARGO) fmt --check
	@$(CARGO) clippy --release --locked --all-targets -- -D warnings

fmt: ## format the code
	@$(CARGO) fmt

clean: ## remove build products (not .toolchain/)
	@$(CARGO) clean
