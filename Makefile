# The commands of this repository; each says what it does and installs what it lacks. `make help` lists them.
SHELL := /bin/bash
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

export GOTOOLCHAIN := local
export CARGO_TARGET_DIR ?= $(CURDIR)/target
MUSL := x86_64-unknown-linux-musl
RELEASE := $(CARGO_TARGET_DIR)/$(MUSL)/release/k8s-deploy

include $(wildcard make/*.mk)

.PHONY: help setup build release demo test check unit conformance image bench soak

help: ## lists the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: ## installs what the rest needs beyond Rust and Go, and says what
	@scripts/setup

build: ## builds the binary for work on it
	cargo build --locked

release: setup ## builds the static binary that ships
	cargo build --locked --release --target $(MUSL) --bin k8s-deploy
	@mkdir -p target/release && cp $(RELEASE) target/release/k8s-deploy

demo: setup controlplane release ## runs the main job: release, deploy, a failing release, and the way back
	@scripts/demo

test: setup controlplane release ## everything that must hold
	@scripts/test

image: setup release ## builds both container images with buildah and measures them
	@scripts/image

bench: setup controlplane release ## ours beside the peers in one run, with ratios
	@scripts/bench

soak: setup controlplane release ## the long fault, race and kill runs
	@scripts/soak
