# The commands of this checkout; `make help` lists them. CMake builds, tests/run tests.

.DEFAULT_GOAL := build
.PHONY: help build demo test quick asan tsan fuzz bench format lint install clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 10

build: ## build/heatline
	@tools/build release

demo: ## install what is missing, build, profile an example: profile.svg and its ten hottest functions
	@tools/setup demo
	@tools/build release
	@examples/demo

test: ## install what is missing and run everything
	@tools/setup test
	@tests/run full

quick: ## the inner loop: unit tests, goldens, fuzz corpora and the quick live tests
	@tests/run quick

asan: ## unit, fuzz, golden and live tests under AddressSanitizer and UndefinedBehaviorSanitizer
	@tests/run asan

tsan: ## what shares memory between threads, under ThreadSanitizer
	@tests/run tsan

fuzz: ## a minute of libFuzzer for each target (FUZZ_S=600 for more)
	@tools/fuzz $${FUZZ_S:-60}

bench: ## Heatline beside its peers; ratios, see bench/README.md
	@tools/build release
	@bench/run

format: ## bring the C sources into the form of .clang-format
	@tools/format

lint: ## format, layers, and the warnings of gcc and clang
	@tests/run format layers clang

install: build ## into PREFIX (/usr/local)
	@cmake --install build --prefix $${PREFIX:-/usr/local}

clean: ## remove what was built, not what was installed or cached
	rm -rf build
