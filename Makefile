# The few things a person does. `make help` lists them.
# Host, demo, tests and benchmarks share one release build; connectors have a profile
# and a target folder of their own (see host/builder).

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
MAKEFLAGS += --no-print-directory

TARGET := $(or $(CARGO_TARGET_DIR),target)
CROSSWALK := $(TARGET)/release/crosswalk
# Every folder with a manifest is a plugin, the tests' misbehaving guests included.
PLUGINS := $(patsubst %/plugin.toml,%,$(wildcard plugins/*/plugin.toml tests/guests/plugin.toml tests/guests/*/plugin.toml))

.PHONY: help build connectors demo test check deny bench clean needs

help: ## list what can be made
	@sed -nE 's/^([a-z]+):.*## (.*)/make \1\t\2/p' Makefile | expand -t 18

# The whole workspace, as the tests are built: with other packages selected cargo picks
# other features of shared dependencies, and wasmtime would be compiled a second time.
build: needs ## the host (target/release/crosswalk) and the simulators
	@cargo build --release --workspace

connectors: build ## every plugin, as target/connectors/NAME.wasm
	@for dir in $(PLUGINS); do
		$(CROSSWALK) plugin build "$$dir" --target-dir $(TARGET) --out $(TARGET)/connectors/$$(basename "$$dir").wasm
	done

demo: connectors ## two simulated vendors kept in step, from nothing
	@$(TARGET)/release/demo

check: needs ## format, lints and documentation, as `make test` does first
	@cargo fmt --all --check
	cargo clippy --release --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --release --workspace --no-deps --document-private-items

# No part of `make test`: what it says changes with the world and not with the code.
deny: ## licences, sources and advisories of dependencies, where cargo-deny is installed
	@if ! cargo deny --version >/dev/null 2>&1; then
		echo "deny: skipped, because cargo-deny is not installed (cargo install cargo-deny --locked)"
		exit 0
	fi
	cargo deny --locked --log-level warn check licenses bans sources
	if why=$$(cargo deny --locked fetch db 2>&1); then
		cargo deny --locked --log-level warn check --disable-fetch advisories
	else
		echo "deny: advisories skipped, because their database cannot be reached: $$(tail -n 1 <<< "$$why")"
	fi

# The last line counts over all test programs; cargo's own word decides.
test: check connectors ## everything CI runs
	@status=0
	cargo test --release --workspace --no-fail-fast 2>&1 | tee $(TARGET)/test.log || status=$$?
	awk '/^test result:/ { passed += $$4; failed += $$6 } END { printf "%d passed, %d failed\n", passed, failed }' $(TARGET)/test.log
	exit $$status

bench: connectors ## the benchmarks: a table, and target/bench.json
	@$(TARGET)/release/bench

clean: ## everything that was made, the unpacked compiler included
	@cargo clean

needs:
	@for tool in cargo cc; do
		command -v $$tool >/dev/null || { echo "make: $$tool is missing: install Rust 1.95 with cargo, and a C compiler (Debian: build-essential)" >&2; exit 1; }
	done
