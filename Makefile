# Everything starts here; `make help` lists it. `make demo` and `make test` need Swift and install the rest themselves.

SWIFT ?= swift
# More options for every build, such as --scratch-path FOLDER.
SWIFT_BUILD_FLAGS ?=
export SWIFT_BUILD_FLAGS

# Found when a recipe runs, not before: `bootstrap` may have just installed it.
swift = PKG_CONFIG_PATH="$$(scripts/bootstrap.sh --pkg-config-path)" $(SWIFT)
swift_sources = Package.swift Sources Tests Snippets Benchmarks

.DEFAULT_GOAL := help
.PHONY: help bootstrap build demo test check lint format sql compose-test bench chaos simulate fuzz sanitize clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

bootstrap: ## install what is missing: libpq's headers and PostgreSQL (apt-get or brew)
	@scripts/bootstrap.sh

build: bootstrap ## build everything, tests included (debug)
	$(swift) build $(SWIFT_BUILD_FLAGS) --build-tests

demo: bootstrap ## the whole line, live, on a private PostgreSQL cluster
	@# The three programs, without the tests. SwiftPM takes one product a call.
	$(swift) build $(SWIFT_BUILD_FLAGS) --product bookshop-server
	$(swift) build $(SWIFT_BUILD_FLAGS) --product bookshop-worker
	$(swift) build $(SWIFT_BUILD_FLAGS) --product heliograph
	@"$$($(swift) build $(SWIFT_BUILD_FLAGS) --show-bin-path)/heliograph" demo

test: bootstrap check build ## all checks, as CI runs them
	$(swift) test $(SWIFT_BUILD_FLAGS) --skip-build
	scripts/check-mappings.sh
	scripts/model-check.sh
	scripts/bench.sh driver --quick
	scripts/bench.sh capture --quick
	scripts/bench.sh worker --quick
	scripts/bench.sh signals --quick
	scripts/chaos.sh --quick

check: lint ## what needs no build: format, embedded SQL, samples, docker-compose.yml
	scripts/embed-sql.sh --check
	scripts/check-docs.sh
	scripts/compose-test.sh --check

lint: ## is all Swift formatted and within the rules of .swift-format?
	$(SWIFT) format lint --strict --parallel --recursive $(swift_sources)

format: ## format all Swift
	$(SWIFT) format --in-place --parallel --recursive $(swift_sources)

sql: ## write the migrations of sql/ into their Swift source
	scripts/embed-sql.sh

compose-test: ## docker-compose.yml for real: up, both workers killed at work, down
	scripts/compose-test.sh

bench: bootstrap ## measure AREA (driver, capture, worker, signals) beside what it is compared with; fails if a goal is missed
	@scripts/bench.sh "$(AREA)"

chaos: bootstrap ## break workers, servers and networks, and count what is lost or doubled
	@scripts/chaos.sh
	@scripts/chaos.sh --check-checker

# The first seed and how many for `make simulate`: 1,000 take some minutes.
SEED ?= 1
COUNT ?= 1000

simulate: bootstrap ## the workers' loop with schedule, clock, network and faults by seeds, COUNT of them from SEED on
	@scripts/simulate.sh --seed $(SEED) --count $(COUNT)
	@scripts/simulate.sh --check-checker

# Seconds for `make fuzz`.
SECONDS ?= 60

fuzz: bootstrap ## the decoders of values against random bytes, for SECONDS
	$(swift) build $(SWIFT_BUILD_FLAGS) --build-tests
	HELIOGRAPH_FUZZ_SECONDS=$(SECONDS) $(swift) test $(SWIFT_BUILD_FLAGS) --skip-build --filter DecoderFuzz

sanitize: bootstrap ## the client under AddressSanitizer and ThreadSanitizer
	scripts/sanitize.sh

clean: ## remove what builds and compose-test have left
	rm -rf .build
	scripts/compose-test.sh --clean
