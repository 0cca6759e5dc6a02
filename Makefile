PYTHON ?= python3
VENV ?= .venv$(if $(filter-out python3,$(PYTHON)),-$(notdir $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])')))
BIN := $(VENV)/bin
QUIETLY := --quiet --disable-pip-version-check --no-input
PIP := $(BIN)/python -m pip $(QUIETLY)
INSTALL := install --no-deps --no-compile --require-hashes
LOCKED := $(PIP) $(INSTALL)
# The pip of PYTHON, if it has one, fills a new environment: a copy in it costs 7 s of the processor, and core.txt has a newer one.
OUTER_PIP = $(shell $(PYTHON) -c 'import pip' 2>/dev/null && echo $(PYTHON) -m pip --python $(BIN)/python)
TESTED := PYTHONPATH=tests $(BIN)/python -m
TELL = @echo "make: $(1)" >&2

COMPILED := $(patsubst %.po,%.mo,$(wildcard monitor/locale/*/LC_MESSAGES/tocsin.po))

.PHONY: help install run demo test test-fast check budgets docs messages reference properties fuzz chaos chaos-shared chaos-cluster hour soak snapshots screenshots bench bench-peers bench-dashboard wheel audit lock clean

help: ## say what can be made (PYTHON=python3.13 makes it with another Python)
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(VENV)/.all $(COMPILED) ## build the virtual environment with everything: extras, tests, checks

$(VENV)/.core: pyproject.toml requirements/core.txt
	$(call TELL,creating $(VENV) with $$($(PYTHON) --version))
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "tocsin needs Python 3.11 or newer: make PYTHON=python3.12 …")'
	@$(PYTHON) -m venv $(if $(OUTER_PIP),--without-pip) $(VENV)
	@$(if $(OUTER_PIP),,$(PIP) uninstall --yes setuptools 2>/dev/null) # which Python 3.11 adds and nothing here uses
	$(call TELL,installing $$(grep -c == requirements/core.txt) libraries of requirements/core.txt)
	@$(or $(OUTER_PIP),$(BIN)/python -m pip) $(QUIETLY) $(INSTALL) --requirement requirements/core.txt
	$(call TELL,installing tocsin)
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.%: requirements/%.txt $(VENV)/.core
	$(call TELL,installing the libraries of $<: $$(grep -c == $<) in all)
	@$(LOCKED) --requirement $<
	@touch $@

run: $(VENV)/.core $(COMPILED) ## watch the feeds of feeds.yaml: the dashboard, or the log without a terminal
	@$(BIN)/tocsin

demo: $(VENV)/.core $(COMPILED) ## the same on a newsroom bundled with tocsin: no internet needed
	@$(BIN)/tocsin demo

test: install ## all tests
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n 4 --dist loadscope --no-loadscope-reorder

test-fast: install ## the tests of single modules, and the cheapest of several together: under a minute
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n 2 --dist worksteal -m "not costly" \
		--hypothesis-profile=fast tests/unit tests/integration --ignore tests/integration/tui

check: install ## lint, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

budgets: install ## how much code there is, beside the budgets of pyproject.toml
	@$(TESTED) support.budgets

docs: $(VENV)/.docs ## build the documentation into build/docs; a broken link is an error
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

messages: install ## bring the catalogues of messages up to date; say what is not translated
	$(TESTED) support.messages

monitor/locale/%/LC_MESSAGES/tocsin.mo: monitor/locale/%/LC_MESSAGES/tocsin.po | $(VENV)/.core
	@$(BIN)/python hatch_build.py

reference: install ## write the pages of docs/reference that follow from the code
	$(BIN)/python docs/generate_reference.py

properties: install ## the properties alone, with thousands of examples each: minutes, not seconds
	$(BIN)/python -m pytest -n 2 -m hypothesis --hypothesis-profile=properties --timeout=0

fuzz: install ## broken and costly feeds through the whole program, for MINUTES=1, from a SEED=N
	$(TESTED) support.fuzz --minutes $(or $(MINUTES),1) $(if $(SEED),--seed $(SEED))

hour: install ## an analyst's hour in the dashboard, hurried: any key, any size, for MINUTES=10, SEED=N
	$(TESTED) support.analyst_hour --seconds $$((60 * $(or $(MINUTES),10))) $(if $(SEED),--seed $(SEED))

snapshots: install ## write the screens of the tests anew, where they are meant to look otherwise
	$(TESTED) support.screen_snapshots

chaos: install ## kill the monitor before every step of a busy half hour, and KILLS=200 real ones, from a SEED=N
	$(TESTED) support.chaos --kills $(or $(KILLS),200) $(if $(SEED),--seed $(SEED))

chaos-shared: install ## three monitors on one PostgreSQL, each on a network of its own: 8 faults as they are, then TURNS=100 faster (as root)
	$(TESTED) support.shared_chaos --turns 8 --expiry 30 $(if $(SEED),--seed $(SEED))
	$(TESTED) support.shared_chaos --turns $(or $(TURNS),100) $(if $(SEED),--seed $(SEED))

chaos-cluster: install ## two monitors on one PostgreSQL, their archive on three nodes of OpenSearch: TURNS=100, from a SEED=N (needs Java)
	$(TESTED) support.cluster_chaos --turns $(or $(TURNS),100) $(if $(SEED),--seed $(SEED))

soak: install ## a week of 20,000 articles a day in simulated time, of MONITORS=1: nothing grows, drifts or is lost
	$(TESTED) support.soak --days $(or $(DAYS),7) --monitors $(or $(MONITORS),1)

screenshots: install ## draw the pictures of docs/ anew, on the bundled newsroom
	$(BIN)/python docs/screenshots.py

bench: install ## the whole of tocsin on 1,000 feeds, on a machine that is otherwise idle
	$(BIN)/python -m bench

bench-peers: install ## newsboat and lemon24/reader on the same feeds, beside it (installs both)
	$(BIN)/python -m bench.peers --venv .venv-peers

bench-dashboard: install ## the dashboard with 100,000 alerts and with a million, in a real pty
	$(BIN)/python -m bench.dashboard --million

wheel: $(VENV)/.core ## build the wheel into dist/
	$(PIP) wheel --no-deps --no-build-isolation --wheel-dir dist .

audit: $(VENV)/.audit ## look up known vulnerabilities of all libraries of requirements/ (needs the network)
	@$(BIN)/python -c 'import urllib.request; urllib.request.urlopen("$(ADVISORIES)/pip/json", timeout=20)' 2>/dev/null \
		|| { echo "make: nothing was audited: $(ADVISORIES), which lists vulnerabilities, cannot be reached" >&2; exit 2; }
	@for file in requirements/*.txt; do echo "make: auditing $$file" >&2; \
		$(BIN)/pip-audit --strict --require-hashes --disable-pip --progress-spinner off --requirement $$file || exit 1; done

ADVISORIES := https://pypi.org/pypi

# In each file: hatchling, the build backend, and Babel, which its hook needs, since tocsin itself is
# installed without isolation;
# and pip, since that of Python is as old as Python.
lock: ## pin the newest libraries, with their hashes, in requirements/ (needs uv)
	printf 'babel\nhatchling\npip\n' | $(LOCK) pyproject.toml --extra all --extra dev --output-file requirements/all.txt
	printf 'babel\nhatchling\npip\n' | $(LOCK) pyproject.toml --constraint requirements/all.txt --extra docs --output-file requirements/docs.txt
	printf 'babel\nhatchling\npip\n' | $(LOCK) pyproject.toml --constraint requirements/all.txt --output-file requirements/core.txt
	printf 'pip-audit\npip\n' | $(LOCK) --constraint requirements/all.txt --output-file requirements/audit.txt

LOCK := uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-annotate --custom-compile-command 'make lock' -

clean: ## remove what the other targets made
	rm -rf .venv .venv-* build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
