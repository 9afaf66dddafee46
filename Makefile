# Every gate has a target of its own; `make check` runs them all, as .ci/run does.
# Nothing is needed but CPython 3.11 (or newer) and make: the rest lives in .venv.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
PIP := $(PY) -m pip --disable-pip-version-check -qq
INSTALL := $(PIP) install --no-input --require-hashes
RESULTS := .check
PEERS := $(RESULTS)/bench
SPARK := $(RESULTS)/spark
PIP_IN := python -m pip --disable-pip-version-check -qq
CASE := examples/shortvideo
OUT := out
LEDGER := $(OUT)-ledger
EGRESS := $(OUT)-egress
DOCKET := $(OUT)-docket
BUNDLE := $(OUT)/verdicts.ringfence
TOPIC ?= spine
WORKERS ?= 2

# A file of tests stays with one worker, so that what its tests share is set up once; files
# go out in the order of tests/conftest.py.
SPREAD := -n $(WORKERS) --dist loadfile --no-loadscope-reorder

# The tests start the program hundreds of times: it isn't to be compiled each time.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo docket egress test check fmt lint format type imports laws house docs bench lock \
	coverage spark clean

help: ## What there is
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

# --- set-up ---------------------------------------------------------------------------

# The first of these that is CPython 3.11 or newer makes the environment.
$(VENV)/pyvenv.cfg:
	@for python in python3.11 python3 python3.12 python3.13; do \
	  if "$$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
	      >/dev/null 2>&1; then \
	    echo "setting up $(VENV) with $$("$$python" --version)"; \
	    exec "$$python" -m venv $(VENV); \
	  fi; \
	done; \
	echo 'make: there is no CPython 3.11 or newer with venv on the path' >&2; \
	echo '  help: install it (Debian: apt-get install python3 python3-venv)' >&2; \
	exit 2

# What Ringfence runs on, hash for hash, and the tree itself, installed in place.
$(VENV)/run.stamp: $(VENV)/pyvenv.cfg requirements/run.txt pyproject.toml
	@echo 'installing what it runs on'
	@$(INSTALL) -r requirements/run.txt
	@$(PIP) install --no-deps --no-build-isolation --no-index -e .
	@touch $@

# Tests, gates and docs on top.
$(VENV)/dev.stamp: $(VENV)/run.stamp requirements/dev.txt
	@echo 'installing tests, gates and docs'
	@$(INSTALL) -r requirements/dev.txt
	@touch $@

lock: ## Pin anew what is a week old, with hashes (needs uv)
	@command -v uv >/dev/null || { echo 'make: `make lock` needs uv' >&2; exit 2; }
	@pin() { uv pip compile --quiet --universal --generate-hashes --upgrade \
	  --python-version 3.11 --exclude-newer '1 week' --no-emit-index-url \
	  --custom-compile-command 'make lock' "$$@"; }; \
	pin --extra docket --extra egress pyproject.toml requirements/build.in -o requirements/run.txt; \
	pin requirements/dev.in -o requirements/dev.txt; \
	pin requirements/tpcds.in -o requirements/tpcds.txt; \
	pin requirements/spark.in -o requirements/spark.txt; \
	pin bench/requirements.in -o bench/requirements.txt

# --- for a person ---------------------------------------------------------------------

demo: $(VENV)/run.stamp ## Check the example company, log it, check the proofs
	@test -d $(LEDGER) || \
	  $(BIN)/ringfence ledger init $(LEDGER) --origin loopwing.example/log >/dev/null
	@code=0; $(BIN)/ringfence check $(CASE) --output $(OUT) --lines 100 \
	  --ledger $(LEDGER) || code=$$?; \
	if [ $$code -ne 11 ]; then \
	  echo "make demo: ringfence check ended with $$code, expected 11 (refuted)" >&2; \
	  exit 1; \
	fi
	@echo
	@$(BIN)/ringfence bundle $(OUT) --ledger $(LEDGER) --output $(BUNDLE) >/dev/null
	@code=0; key="$$($(BIN)/ringfence ledger key list $(LEDGER) | head -n 1)"; \
	$(PY) -m ringfence_verify $(BUNDLE) --log-key "$$key" || code=$$?; \
	if [ $$code -ne 10 ]; then \
	  echo "make demo: the checker ended with $$code, expected 10 (left open)" >&2; \
	  exit 1; \
	fi
	@echo
	@echo 'The refutation was expected: the company of this case says things that do not hold.'
	@echo 'What rests on logs is left open: `ringfence audit show` prints the line behind a crossing.'
	@echo
	@echo 'What closes the ways, so that nobody who may loses anything (enforce postgres plan):'
	@echo
	@$(BIN)/ringfence enforce postgres plan $(CASE) \
	  --catalogue $(CASE)/warehouse.catalogue.json --output $(OUT)/closing
	@echo
	@echo 'Two months later, when all of that was carried out:'
	@echo
	@$(BIN)/ringfence check $(CASE)/after --output $(OUT)/after --lines 24
	@echo
	@$(MAKE) docket
	@echo
	@$(MAKE) egress

# Keys of its own, and tapes that are handed over anew each time.
docket: $(VENV)/run.stamp ## What was said behind closed doors, beside what systems show
	@rm -rf $(DOCKET) && mkdir -p $(DOCKET)
	@echo 'Twelve tapes were handed over. Sealed, heard by two, set beside the claims (docket):'
	@echo
	@$(BIN)/ringfence docket init $(DOCKET)/tapes --name loopwing \
	  --new-keys $(DOCKET)/keys >/dev/null
	@$(BIN)/ringfence docket sentences $(DOCKET)/tapes $(CASE) >/dev/null
	@$(BIN)/ringfence docket import $(DOCKET)/tapes $(CASE)/docket/docket.yaml
	@echo
	@$(BIN)/ringfence docket lead run $(DOCKET)/tapes L1 $(CASE)
	@code=0; $(BIN)/ringfence check $(CASE) --docket $(DOCKET)/tapes \
	  --output $(DOCKET)/checked >/dev/null || code=$$?; \
	if [ $$code -ne 11 ]; then \
	  echo "make docket: check ended with $$code, expected 11 (refuted)" >&2; \
	  exit 1; \
	fi
	@echo
	@$(BIN)/ringfence docket page $(DOCKET)/tapes nobody-in-cn-can \
	  --check $(DOCKET)/checked
	@$(BIN)/ringfence docket page $(DOCKET)/tapes stored-in-us --check $(DOCKET)/checked \
	  --format html --clips --by V1 --identity $(DOCKET)/keys/docket.key \
	  --output $(DOCKET)/stored-in-us.html
	@echo
	@echo 'One statement contests where the data is stored: stored-in-us is UNPROVEN now.'
	@echo 'To hear it: $(DOCKET)/stored-in-us.html'

# Keys of its own, and an outbox that is emptied: drawn and laid anew each time.
egress: $(VENV)/run.stamp ## What leaves the example company, and what lies abroad
	@rm -rf $(EGRESS) && mkdir -p $(EGRESS) && cp -r $(CASE)/egress/outbox $(EGRESS)/outbox
	@umask 077; for name in index subject token; do \
	  $(PY) -c 'import secrets; print(secrets.token_hex(32))' > $(EGRESS)/$$name.key; \
	done
	@$(BIN)/ringfence index build --from $(CASE)/egress/population.parquet \
	  --kinds account_id=ACCOUNT_ID,email=EMAIL,phone=PHONE,device_id=DEVICE_ID \
	  --subject account_id --key file:$(EGRESS)/index.key \
	  --subject-key file:$(EGRESS)/subject.key --output $(EGRESS)/index >/dev/null
	@$(BIN)/ringfence ledger init $(EGRESS)/ledger --origin loopwing.example/exit >/dev/null
	@$(BIN)/ringfence egress contracts $(CASE) --output $(EGRESS)/contracts.json \
	  --ledger $(EGRESS)/ledger >/dev/null
	@echo 'Four files want to leave. Whose data is in them, and was it declared (egress run)?'
	@echo
	@code=0; $(BIN)/ringfence egress run --contracts $(EGRESS)/contracts.json \
	  --index $(EGRESS)/index --key file:$(EGRESS)/index.key \
	  --token-key file:$(EGRESS)/token.key --ledger $(EGRESS)/ledger \
	  --meter $(EGRESS)/meter --outbox $(EGRESS)/outbox --released $(EGRESS)/released \
	  --quarantine $(EGRESS)/quarantine --settle 0 --as-of 2022-02-01 || code=$$?; \
	if [ $$code -ne 11 ]; then \
	  echo "make egress: egress run ended with $$code, expected 11 (blocked)" >&2; \
	  exit 1; \
	fi
	@echo
	@echo 'And what lies abroad already (scan)?'
	@echo
	@code=0; $(BIN)/ringfence scan $(CASE)/egress/abroad --store warehouse-global \
	  --index $(EGRESS)/index --key file:$(EGRESS)/index.key --collected 2022-01-30 \
	  --facts $(EGRESS)/scan.facts.jsonl || code=$$?; \
	if [ $$code -ne 11 ]; then \
	  echo "make egress: scan ended with $$code, expected 11 (found)" >&2; \
	  exit 1; \
	fi
	@echo
	@echo 'With that, the claim about where the data is stored falls too (check --with):'
	@echo
	@code=0; $(BIN)/ringfence check $(CASE) --with $(EGRESS)/scan.facts.jsonl \
	  --output $(EGRESS)/checked --lines 24 || code=$$?; \
	if [ $$code -ne 11 ]; then \
	  echo "make egress: check ended with $$code, expected 11 (refuted)" >&2; \
	  exit 1; \
	fi

fmt: $(VENV)/dev.stamp ## Lay out the code and mend what can be mended
	@$(BIN)/ruff check --fix --quiet --exit-zero
	@$(BIN)/ruff format

# The peers are measured in an environment of their own: see bench/requirements.in.
$(PEERS)/run.stamp: $(VENV)/pyvenv.cfg bench/requirements.txt pyproject.toml
	@echo 'installing what the benchmarks compare with'
	@$(PY) -m venv $(PEERS)
	@$(PEERS)/bin/$(PIP_IN) install --no-input --require-hashes -r bench/requirements.txt
	@$(PEERS)/bin/$(PIP_IN) install --no-deps --no-build-isolation --no-index -e .
	@touch $@

bench: $(PEERS)/run.stamp ## Measure: make bench TOPIC=spine
	@grep -qs '^def main' bench/$(TOPIC).py || { \
	  echo "make: there is no topic \`$(TOPIC)\`" >&2; \
	  echo "  help: TOPIC is one of: $$(grep -l '__main__.:' bench/*.py \
	    | sed 's|bench/||g; s|[.]py||g' | xargs)" >&2; exit 2; }
	@$(PEERS)/bin/python -m bench.$(TOPIC)

clean: ## Remove everything that make made
	@rm -rf $(VENV) $(RESULTS) $(OUT) $(LEDGER) $(EGRESS) $(DOCKET) build dist docs/_build .mypy_cache .ruff_cache \
	  .pytest_cache .hypothesis .import_linter_cache .coverage

# --- the gates ------------------------------------------------------------------------

lint: $(VENV)/dev.stamp ## Lint
	@$(BIN)/ruff check

format: $(VENV)/dev.stamp ## Is the code laid out?
	@$(BIN)/ruff format --check

type: $(VENV)/dev.stamp ## Types, strictly
	@$(BIN)/mypy

imports: $(VENV)/dev.stamp ## Layers, siblings, cycles
	@$(BIN)/lint-imports --no-logo

test: $(VENV)/dev.stamp ## Every test
	@$(PY) -m pytest -q $(SPREAD)

laws: $(VENV)/dev.stamp ## The laws alone, 20,000 examples each
	@RINGFENCE_HYPOTHESIS=$${RINGFENCE_HYPOTHESIS:-deep} $(PY) -m pytest -q -n $(WORKERS) tests/laws

# An environment of its own: nothing of it is needed to run, test or ship Ringfence.
$(SPARK)/run.stamp: $(VENV)/pyvenv.cfg requirements/spark.txt pyproject.toml
	@echo 'installing Spark, Sail and a Java (1 GB)'
	@$(PY) -m venv $(SPARK)
	@$(SPARK)/bin/$(PIP_IN) install --no-input --require-hashes -r requirements/spark.txt
	@$(SPARK)/bin/$(PIP_IN) install --no-deps --no-build-isolation --no-index -e .
	@touch $@

# A hang ends with its stacks, as a failure.
spark: $(SPARK)/run.stamp ## The slow lane: the kernels on Sail and on a real Spark
	@RINGFENCE_REQUIRE_SPARK=1 $(SPARK)/bin/python -m pytest -q tests/spark \
	  tests/unit/audit/test_spark_engine.py -o faulthandler_timeout=300 \
	  -o faulthandler_exit_on_timeout=true --junit-xml=$(RESULTS)/spark.xml

house: $(VENV)/dev.stamp ## Budgets, words, licence, docs that keep up
	@$(PY) -m pytest -q tests/house tests/docs

docs: $(VENV)/dev.stamp ## Build the docs; a broken link is an error
	@$(PY) -m sphinx -n -W --keep-going -q -b html docs docs/_build/html
	@echo 'docs/_build/html/index.html'

# Every test (house and docs among them), and every branch of the proved rooms, which
# pyproject.toml names.
coverage: $(VENV)/dev.stamp
	@mkdir -p $(RESULTS)
	@$(PY) -m pytest -q $(SPREAD) --junit-xml=$(RESULTS)/tests.xml --cov --cov-report=
	@$(PY) -m coverage report --fail-under=100

# Spark is installed meanwhile. Whatever ends the check first waits for that, so that no
# half of an environment is left behind.
check: $(VENV)/dev.stamp ## Every gate
	@$(MAKE) $(SPARK)/run.stamp & installing=$$!; \
	trap 'wait' EXIT; \
	for gate in lint format type imports docs demo coverage spark; do \
	  echo "== $$gate"; \
	  if [ $$gate = spark ]; then wait $$installing; fi; \
	  $(MAKE) $$gate; \
	done; \
	echo "== every gate passed, in $$SECONDS s"
