# The real control plane for tests and the demo: one Go binary, see docs/control-plane.md.
#
# `make controlplane` builds target/controlplane/controlplane when a Go source or fixture is newer than it; a cold build takes
# some minutes, a change of our own code some seconds, nothing to do less than a second. `make controlplane-test` runs its tests.

CONTROLPLANE := target/controlplane/controlplane
CONTROLPLANE_DIR := tests/controlplane
CONTROLPLANE_SOURCES := $(shell find $(CONTROLPLANE_DIR) -name '*.go' ! -name '*_test.go' -o -name '*.yaml' -o -name 'go.mod' -o -name 'go.sum')
KUBERNETES_VERSION := $(shell sed -n 's|^\tk8s.io/kubernetes \(v[0-9.]*\).*|\1|p' $(CONTROLPLANE_DIR)/go.mod)
KUBERNETES_MAJOR_MINOR := $(subst ., ,$(patsubst v%,%,$(KUBERNETES_VERSION)))
KUBERNETES_VERSION_PACKAGE := k8s.io/component-base/version

# Vetting the packages that embed Kubernetes would analyse all of it, for minutes; the compiler has to do there.
CONTROLPLANE_VETTED := ./e2e ./fixtures ./internal/cluster ./internal/podsim

# The same flags for building, testing and vetting: other ones would compile all of Kubernetes once more.
CONTROLPLANE_GO := cd $(CONTROLPLANE_DIR) && CGO_ENABLED=0 GOTOOLCHAIN=local GOFLAGS='-trimpath -buildvcs=false -mod=readonly' go

.PHONY: controlplane controlplane-test

controlplane: $(CONTROLPLANE) ## builds the real control plane for tests and the demo

$(CONTROLPLANE): $(CONTROLPLANE_SOURCES)
	@mkdir -p $(dir $@)
	$(CONTROLPLANE_GO) build -o $(abspath $@) -ldflags "-s -w \
		-X $(KUBERNETES_VERSION_PACKAGE).gitVersion=$(KUBERNETES_VERSION) \
		-X $(KUBERNETES_VERSION_PACKAGE).gitMajor=$(word 1,$(KUBERNETES_MAJOR_MINOR)) \
		-X $(KUBERNETES_VERSION_PACKAGE).gitMinor=$(word 2,$(KUBERNETES_MAJOR_MINOR))" .
	@touch $@

controlplane-test: $(CONTROLPLANE) ## tests the control plane itself
	@unformatted=$$(gofmt -l $(CONTROLPLANE_DIR)) && test -z "$$unformatted" || { echo "gofmt: $$unformatted"; exit 1; }
	$(CONTROLPLANE_GO) vet $(CONTROLPLANE_VETTED)
	$(CONTROLPLANE_GO) test -vet=off ./internal/podsim ./fixtures
	$(CONTROLPLANE_GO) test -vet=off ./e2e -count=1 -timeout 5m -args -binary $(abspath $(CONTROLPLANE))
