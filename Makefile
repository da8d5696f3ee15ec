# SPDX-License-Identifier: Apache-2.0
#
# Needs Go, make, git and a POSIX shell. Everything else comes as Go modules: the tools by tools/go.mod, the Kubernetes
# that the tests run on by test/cluster.

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
TOOL    := go tool -modfile=tools/go.mod

# Tests run under the race detector where there is a C compiler, which it needs; RACE= turns it off.
RACE ?= $(if $(filter 1,$(shell go env CGO_ENABLED)),-race)

# The packages to test, and more flags for go test: make test PKG=./receiver/... TESTFLAGS='-v -run TestIntake'
PKG       ?= ./...
TESTFLAGS ?=
# How long each fuzz target runs.
FUZZTIME  ?= 20s
# KEEP=1 leaves the demo up at its end.
KEEP      ?=

.DEFAULT_GOAL := help

##@ Try it

.PHONY: demo
demo: build ## Tell the whole story on a real API server, step by step (KEEP=1: stay up)
	@go run ./test/demo $(if $(KEEP),-keep)

.PHONY: cluster
cluster: build ## Keep a cluster of local processes up until Ctrl-C
	@go run ./test/cluster/cmd/cluster

##@ Work on it

.PHONY: build
build: ## Build bin/manager, bin/receiver and bin/kubectl-superoffice
	@echo "Building version $(VERSION) into bin/ (takes minutes the first time)"
	@CGO_ENABLED=0 go build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o bin/ ./cmd/...

.PHONY: generate
generate: ## Write what is generated: deep copies, CRD, RBAC, the chart's copies, docs/metrics.md
	@hack/generate.sh

.PHONY: lint
lint: ## Look for mistakes and bad style (rules: .golangci.yaml)
	@echo "Linting (takes minutes the first time)"
	@$(TOOL) golangci-lint run
	@$(TOOL) helm lint --strict --quiet charts/superoffice-webhook-operator

.PHONY: format
format: ## Format the Go code as lint wants it
	@$(TOOL) golangci-lint fmt

##@ Test it

.PHONY: test
test: prepare-test ## Run all tests, those on a real API server included
	go test $(RACE) -timeout 20m $(TESTFLAGS) $(PKG)

.PHONY: test-short
test-short: ## Run the tests that need no cluster
	go test $(RACE) -short $(TESTFLAGS) $(PKG)

# Tells what it does while it compiles, which go test does not.
.PHONY: prepare-test
prepare-test:
	$(if $(RACE),,@echo "No C compiler: testing without the race detector")
	@echo "Preparing etcd, kube-apiserver, kube-controller-manager and kubectl"
	@go run ./test/cluster/cmd/cluster -prepare
	@echo "Preparing helm"
	@$(TOOL) helm version >/dev/null
	@echo "Compiling the packages under test"
	@go build $(RACE) -v ./... 2>&1 | awk 'NR % 50 == 0 { print "  " NR " packages compiled" }'

.PHONY: fuzz
fuzz: ## Run each fuzz target for a while (FUZZTIME=20s)
	@git grep --untracked -oE '^func Fuzz[A-Za-z0-9_]+' -- '*_test.go' | sed 's/:func / /' | while read -r file target; do \
		echo "$$target in $${file%/*}"; \
		go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1x "./$${file%/*}" || exit 1; \
	done

.PHONY: bench
bench: build ## Measure the receiver as a process, beside servers that do less, for docs/benchmarks (takes 10 minutes)
	@go build -o bin/bench ./test/bench
	@bin/bench -write docs/benchmarks

.PHONY: bench-fleet
bench-fleet: build ## Measure the manager with up to 5,000 resources, for docs/benchmarks (takes an hour)
	@go build -o bin/fleet ./test/fleet
	@bin/fleet -write docs/benchmarks

.PHONY: bench-packages
bench-packages: ## Run the benchmarks of single packages
	go test -short -run '^$$' -bench . -benchmem $(PKG)

.PHONY: verify-generated
verify-generated: ## Fail with the difference if a generated file is out of date
	@hack/verify-generated.sh

.PHONY: ci
ci: ## Do what continuous integration does
	@test -n "$(RACE)" || { echo "the race detector needs a C compiler" >&2; exit 1; }
	@$(MAKE) --no-print-directory lint
	@$(MAKE) --no-print-directory verify-generated
	@$(MAKE) --no-print-directory test

##@ More

.PHONY: clean
clean: ## Remove what was built here; compiled clusters stay in the user's cache
	rm -rf bin dist coverage.out .cluster

.PHONY: help
help: ## Show this
	@awk 'BEGIN { FS = ":.*## "; print "Usage: make TARGET [VARIABLE=value]" } \
		/^##@/ { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  %-18s %s\n", $$1, $$2 }' Makefile
