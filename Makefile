# A thin front: every target calls one tool, and the logic is there.
.DEFAULT_GOAL := help
.PHONY: help install-deps build run test test-crash test-observability test-sanitizers \
	test-deploy test-image cluster-up cluster-down test-cluster lint format bench loadtest-smoke \
	experiment experiment-quick observe clean

help: ## Show the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install-deps: ## Install what is missing from packaging/apt-packages.txt (root or sudo)
	@tools/install-deps.sh

build: install-deps ## Build the release: build/release/bin/productd and productctl
	@tools/build.sh release productd productctl

run: build ## Serve 1,000 sample products on port 8080 (PORT=...); Ctrl-C drains and stops it
	@tools/run.sh

test: install-deps ## Build and run every test, then again under the sanitizers
	@tools/test.sh release
	@$(MAKE) --no-print-directory loadtest-smoke
	@tools/test.sh asan
	@tools/test.sh tsan

test-crash: install-deps ## Every power cut, failing call and a thousand kills; some minutes
	@PRODUCTD_CRASH_TESTS=full tools/test.sh release --label-regex crash

test-observability: install-deps ## Every query, a short experiment, the pages in a browser
	@tools/test.sh release --label-regex observability

test-deploy: build ## The Helm chart and k8s/: schemas, refusals, golden files, the real programs
	@tools/venv.sh
	@tools/deploy-tools.sh
	@.venv/bin/python -B tests/deploy/chart_test.py
	@.venv/bin/python -B tests/deploy/server_test.py build/release/bin

test-image: install-deps ## Build the image of Dockerfile without Docker and run it by runc (root)
	@tools/install-deps.sh cluster
	@tools/venv.sh
	@.venv/bin/python -B tests/image/image_test.py

cluster-up: install-deps ## Start a real Kubernetes of two nodes on this machine, for trials (root)
	@tools/install-deps.sh cluster
	@tools/cluster.sh up

cluster-down: ## End it, and all that runs in it
	@tools/cluster.sh down

test-cluster: build ## The image and the chart in such a Kubernetes, under load; minutes (root)
	@tools/install-deps.sh cluster
	@tools/venv.sh
	@tools/test-cluster.sh

test-sanitizers: install-deps ## Build and run the tests under ASan+UBSan and TSan only
	@tools/test.sh asan
	@tools/test.sh tsan

lint: install-deps ## Formatting, clang-tidy, shellcheck, gofmt and go vet
	@tools/lint.sh

format: install-deps ## Format all C++ sources in place
	@tools/format.sh -i

bench: install-deps ## Measure productd against its peers and the disk; about seven minutes
	@tools/build.sh release productd productctl open_loop go_peer epoll_responder
	@python3 loadtest/bench.py $(BENCH_FLAGS)

loadtest-smoke: build ## Both Locust user classes against a productd of its own, half a minute
	@tools/venv.sh
	@.venv/bin/python loadtest/smoke.py

experiment: build ## Repeat the published experiment, eight runs of a minute, with a report
	@tools/venv.sh
	@.venv/bin/python loadtest/run_experiment.py $(EXPERIMENT_FLAGS)

experiment-quick: build ## The same in two minutes, to see that it works
	@tools/venv.sh
	@.venv/bin/python loadtest/run_experiment.py --quick $(EXPERIMENT_FLAGS)

observe: build ## productd with Prometheus, a live page of the dashboards, Locust; until Ctrl-C
	@tools/venv.sh
	@.venv/bin/python loadtest/observe.py $(OBSERVE_FLAGS)

clean: ## Remove what was built
	@rm -rf build .venv
