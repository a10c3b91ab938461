# Parity Kit. `make parity` does the main job, `make test` passes the tests; both set up first.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.parity-kit-ready

.PHONY: help parity publish test slow setup check format fixtures pairs gate docs clean
.DEFAULT_GOAL := help

help: ## this list
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

parity: setup ## judge the bundled candidates: corpora, lockstep, benchmarks, report
	@$(BIN)/parity-kit parity $(ARGS)

publish: setup ## judge and measure every candidate there is, and keep that report (minutes)
	@$(BIN)/parity-kit parity --all $(ARGS); \
	run=$$(ls -td reports/*-parity/ | head -1) && cp "$$run"report.json "$$run"report.html reports/published/
	@command -v chromium >/dev/null || { echo "no chromium: docs/report.png stays as it is"; exit 0; }; \
	chromium --headless --no-sandbox --hide-scrollbars --window-size=1280,900 \
	  --screenshot=docs/report.png reports/published/report.html 2>/dev/null

test: setup ## run the tests, but those that take long
	@$(BIN)/pytest -q -n auto --dist worksteal -m 'not slow' $(ARGS)

slow: setup ## run those: other engines built and run, half of all scripts, kills and restarts in numbers
	@$(BIN)/pytest -q -n auto --dist worksteal -m slow $(ARGS)

setup: $(STAMP) ## make .venv with everything pinned in pyproject.toml

# Everything is compiled once: with PYTHONDONTWRITEBYTECODE set, each of the many processes would do it again.
$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Parity Kit needs Python 3.11 or later; $(PYTHON) is $$($(PYTHON) --version 2>&1)."; \
	  echo "next: make setup PYTHON=python3.12"; exit 2; }
	@echo "setting up .venv (once)"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9'
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --editable '.[dev]'
	@$(BIN)/python -m compileall -q -j 0 .venv parity_kit generators candidates/pure || true
	@touch $@

check: setup ## lint and type-check
	@$(BIN)/ruff format --check --quiet . && $(BIN)/ruff check --quiet . && $(BIN)/pyright

format: setup ## format the code
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

fixtures: setup ## rebuild the corpora from real LangGraph
	@$(BIN)/parity-kit fixtures build

pairs: setup ## see again which pairs of features a search can cover (minutes)
	@$(BIN)/python -m parity_kit.search.calibration

gate: setup ## compare the bundled engine with the corpora, byte for byte
	@$(BIN)/parity-kit gate

docs: setup ## build the documentation site in site/
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo "site/index.html"

clean: ## remove environments and caches, keep fixtures and reports
	rm -rf .venv .parity .pytest_cache .ruff_cache .hypothesis build site *.egg-info
