# make build test lint bench test-kernel: nothing else to learn.
SHELL := /bin/bash
GO ?= go

.PHONY: build test lint bench fuzz test-kernel

# Programs and tests are compiled one way, so that nothing is compiled twice.
export CGO_ENABLED = 0
export GOFLAGS += -trimpath

build:
	$(GO) build -o anylab ./cmd/anylab

# What builds no lab is tested first: it fails within two minutes.
PURE = ./lab/record ./reports/... ./scenarios/... ./topologies/...

# In CI what can't run is a failure, elsewhere a skip with its reason.
REQUIRED = netns,$(shell .ci/daemons --names)

# Labs mostly wait for timers: three of a package are up at a time even on a machine
# of two processors. What holds a measured number against the truth is not parallel.
LABS := $(shell n=$$(nproc 2>/dev/null || echo 1); echo $$((n > 3 ? n : 3)))

# What fails is run once more, alone: a lab that was disturbed passes then, and is
# named all the same; a fault fails again. Where much fails nothing is run again.
AGAIN = --rerun-fails=1 --rerun-fails-max-failures=16 --rerun-fails-run-root-test
TEST = $(GO) tool gotestsum --format pkgname $(AGAIN) --packages "$(1)" -- \
	-timeout 30m -parallel $(LABS)

test:
	$(call TEST,$(PURE))
	$(MAKE) build
	.ci/daemons
	ANYLAB_REQUIRE="$${ANYLAB_REQUIRE-$(if $(CI),$(REQUIRED))}" $(call TEST,./...)

lint:
	test -z "$$(gofmt -l .)"
	for system in linux darwin windows; do GOOS=$$system $(GO) vet ./... || exit 1; done
	$(GO) run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0 run
	dead="$$($(GO) run golang.org/x/tools/cmd/deadcode@v0.52.0 -test ./...)" && echo "$$dead" && test -z "$$dead"

bench: build
	$(GO) test -p 1 -run '^$$' -bench . -benchtime 1x -count 5 ./lab/...
	$(GO) test -p 1 -run '^$$' -bench . -benchtime 1x -timeout 4h ./reports/... ./cmd/...
	$(GO) test -p 1 -tags bench -run Case -timeout 90m ./cmd/anylab
	$(GO) test -tags bench -run Shapes ./topologies/document
	GO=$(GO) .ci/fuzz 60s -fuzz=.

# What reads what others wrote is given odd texts, for FUZZTIME a target.
FUZZTIME ?= 5s
fuzz:
	GO=$(GO) .ci/fuzz $(FUZZTIME)

# The lab's own tests in an emulated Debian kernel, which has netem and dummy.
test-kernel:
	GO=$(GO) .ci/kernel
