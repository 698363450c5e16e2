# make build test lint bench: nothing else to learn.
SHELL := /bin/bash
GO ?= go

.PHONY: build test lint bench

build:
	CGO_ENABLED=0 $(GO) build -trimpath -o anylab ./cmd/anylab

# In CI what can't run is a failure, elsewhere a skip with its reason.
REQUIRED = netns,$(shell .ci/daemons --names)

test: build
	.ci/daemons
	ANYLAB_REQUIRE="$${ANYLAB_REQUIRE-$(if $(CI),$(REQUIRED))}" $(GO) test -timeout 30m ./...

lint:
	test -z "$$(gofmt -l .)"
	$(GO) vet ./...
	$(GO) run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0 run

bench: build
	$(GO) test -p 1 -run '^$$' -bench . -benchtime 1x -count 5 ./lab/...
	$(GO) test -p 1 -run '^$$' -bench . -benchtime 1x -timeout 30m ./reports/... ./cmd/...
