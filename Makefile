# SPDX-License-Identifier: Apache-2.0
#
# Needs Go, make, git and a POSIX shell. Everything else comes as Go modules: the tools by tools/go.mod, the Kubernetes
# that the tests run on by test/cluster.

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
TOOL    := go tool -modfile=tools/go.mod

# The platforms that images are made for.
PLATFORMS ?= linux/amd64,linux/arm64

# Tests run under the race detector where there is a C compiler, which it needs; RACE= turns it off.
RACE ?= $(if $(filter 1,$(shell go env CGO_ENABLED)),-race)

# The packages to test, and more flags for go test: make test PKG=./receiver/... TESTFLAGS='-v -run TestIntake'
PKG       ?= ./...
TESTFLAGS ?=
# How long each fuzz target runs.
FUZZTIME  ?= 20s
# The images that the tests on a real cluster need, and those that one needs which is made for them.
E2EIMAGES := manager receiver kubectl-superoffice workload nats-server $(if $(KUBECONFIG),,pause traefik)
# For how long make e2e kills pods and processes at random, and more of its flags: make e2e E2EFLAGS='-test.run /rollout'
CHAOS     ?= 5m
# Whether make ci has these tests: where there is a cluster, or this user can make one.
E2E       ?= $(or $(KUBECONFIG),$(filter Linux-0,$(shell uname -s)-$(shell id -u)))
REALCLUSTER := ../../bin/realcluster -pause ../../dist/e2e/pause.tar -logs ../../dist/e2e/logs
E2EFLAGS  ?=
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

.PHONY: images
images: ## Make the container images as OCI archives below dist/images, for amd64 and arm64, with their SBOMs
	@go -C tools/images run . -version $(VERSION) -platforms $(PLATFORMS)

.PHONY: generate
generate: ## Write what is generated: deep copies, CRD, RBAC, the chart's copies and README, docs/api.md, docs/metrics.md
	@hack/generate.sh

.PHONY: install-manifest
install-manifest: ## Write dist/install.yaml, all that config/default installs in one file
	@mkdir -p dist
	@go run ./hack/installmanifest >dist/install.yaml
	@echo "dist/install.yaml: kubectl apply --server-side -f dist/install.yaml"

.PHONY: lint
lint: ## Look for mistakes and bad style (rules: .golangci.yaml)
	@echo "Linting (takes minutes the first time)"
	@$(TOOL) golangci-lint run
	@cd tools/images && go tool -modfile=../go.mod golangci-lint run
	@cd tools/promtool && go tool -modfile=../go.mod golangci-lint run
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
	@echo "Preparing promtool"
	@CGO_ENABLED=0 go run -modfile=tools/promtool/go.mod -tags=remove_all_sd github.com/prometheus/prometheus/cmd/promtool --version >/dev/null
	@echo "Compiling the packages under test"
	@go build $(RACE) -v ./... 2>&1 | awk 'NR % 50 == 0 { print "  " NR " packages compiled" }'

.PHONY: e2e
e2e: prepare-e2e ## Test on the real cluster of KUBECONFIG, or else, as root, on one that is made for it (CHAOS=5m)
	@cd test/e2e && $(if $(KUBECONFIG),KUBECONFIG=$(abspath $(KUBECONFIG)),$(REALCLUSTER)) ../../bin/e2e.test $(if $(KUBECONFIG),,-traefik) -test.timeout 60m -chaos $(CHAOS) $(E2EFLAGS)

# Compiles and downloads all that is needed: a cluster that is made for the tests has no way out.
.PHONY: prepare-e2e
prepare-e2e:
	@echo "Preparing the images, the tests and helm"
	@go -C tools/images run . -version e2e -platforms linux/$$(go env GOARCH) -out dist/e2e $(E2EIMAGES)
	@go test -c -o bin/e2e.test ./test/e2e
	@$(TOOL) helm version >/dev/null
	@$(if $(KUBECONFIG),,go build -o bin/realcluster ./test/realcluster/cmd/realcluster && bin/realcluster -prepare)

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

.PHONY: dashboards
dashboards: ## Draw the dashboards for docs/dashboards, from their own queries over monitoring/testdata/dashboards.promql
	@cd tools/promtool && go run ./dashboards ../../monitoring/dashboards ../../monitoring/testdata/dashboards.promql ../../docs/dashboards

.PHONY: record-dashboards
record-dashboards: ## Record anew what they are drawn from: webhooks on a cluster of processes, with failing sinks (takes 12 minutes)
	@go run ./test/recording monitoring/testdata/dashboards.promql

.PHONY: plugin-archives
plugin-archives: ## Build the archives of the kubectl plugin that .krew.yaml names, into dist/krew (takes minutes)
	@go run ./hack/pluginarchives -version $(VERSION)

.PHONY: verify-generated
verify-generated: ## Fail with the difference if a generated file is out of date
	@hack/verify-generated.sh

.PHONY: ci
ci: ## Do what continuous integration does
	@test -n "$(RACE)" || { echo "the race detector needs a C compiler" >&2; exit 1; }
	@$(MAKE) --no-print-directory lint
	@$(MAKE) --no-print-directory verify-generated
	@$(if $(E2E),$(MAKE) --no-print-directory prepare-e2e,echo "No end-to-end tests: they need root on Linux, or KUBECONFIG")
	@$(MAKE) --no-print-directory test
	@go -C tools/images test ./...
	@go -C tools/promtool test ./...
	@$(if $(E2E),$(MAKE) --no-print-directory -o prepare-e2e e2e CHAOS=30s)

##@ More

.PHONY: clean
clean: ## Remove what was built here; compiled clusters stay in the user's cache
	rm -rf bin dist coverage.out .cluster

.PHONY: help
help: ## Show this
	@awk 'BEGIN { FS = ":.*## "; print "Usage: make TARGET [VARIABLE=value]" } \
		/^##@/ { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z0-9-]+:.*## / { printf "  %-18s %s\n", $$1, $$2 }' Makefile
