# The one list of commands: people and CI run the same targets. Works with GNU make 3.81 and newer.

# The interpreter for a new .venv: 3.11, 3.12 or 3.13. To change it: make clean install PYTHON=python3.13
PYTHON = python3
# More arguments for pytest, e.g. make test PYTEST_ARGS="-n 2 tests/test_settlement.py"
PYTEST_ARGS =
# More arguments for energy-monitor up, e.g. make up UP_ARGS="--days 30 --dashboard-port 8600"
UP_ARGS =
# Arguments for the fault drill, e.g. make drill DRILL_ARGS="--days 1 --seed 2 --report drill.json"
DRILL_ARGS =
# Arguments for the package of the Lambdas, e.g. make lambda LAMBDA_ARGS="--ca rds-ca.pem"
LAMBDA_ARGS =
# Arguments for the benchmarks, e.g. make bench BENCH_ARGS="--only loading --only planner"
BENCH_ARGS =
# More arguments for the resolver, e.g. make requirements UV_ARGS=--upgrade
UV_ARGS =

BIN = .venv/bin
INSTALLED = .venv/.installed
RUNNABLE = .venv/.runnable
PEERS = .venv/.peers
UV = $(BIN)/uv
# Two processes, each with a PostgreSQL of its own; what shares a fixture stays together, and what takes longest begins.
IN_PARALLEL = -n 2 --dist loadgroup --no-loadscope-reorder

.DEFAULT_GOAL = help
.PHONY: help up install requirements check lint types sql secrets format docs template pictures test test-full coverage soak drill bench lambda clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' Makefile

# exec, and --with-parent, so that what ends make ends everything.
up: $(RUNNABLE) ## everything at once: install what running needs, fill, serve the dashboard and Dagster
	@exec $(BIN)/energy-monitor up --with-parent $(UP_ARGS)

install: $(INSTALLED) ## make .venv with everything for development

define VENV
@$(BIN)/python -m pip --version >/dev/null 2>&1 || { \
	$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
	{ echo "Python 3.11, 3.12 or 3.13 is needed, and $(PYTHON) is not one: say PYTHON=python3.13 after the target"; exit 1; }; \
	$(PYTHON) -m venv --clear .venv; }
$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint requirements.txt uv
endef

# The two are written last, so that an install that was cut short is done again.
$(RUNNABLE): requirements.txt pyproject.toml
	@echo "Installing into .venv; this takes up to a minute, once."
	$(VENV)
	$(UV) pip install --quiet --python $(BIN)/python --compile-bytecode --constraint requirements.txt --editable .
	@touch $@

# All of the above and more.
$(INSTALLED): requirements.txt pyproject.toml
	$(VENV)
	$(UV) pip sync --quiet --python $(BIN)/python --compile-bytecode requirements.txt
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $@ $(RUNNABLE)

# The peers of the benchmarks, beside all that.
$(PEERS): $(INSTALLED) benchmarks/requirements.txt
	$(UV) pip install --quiet --python $(BIN)/python --compile-bytecode --constraint requirements.txt \
		--requirement benchmarks/requirements.txt
	@touch $@

requirements: $(INSTALLED) ## pin the versions again (newer ones only with UV_ARGS=--upgrade)
	$(UV) pip compile pyproject.toml --extra dev --universal --python-version 3.11 --no-emit-index-url \
		--no-annotate --custom-compile-command "make requirements" --quiet --output-file requirements.txt $(UV_ARGS)
	$(UV) pip compile pyproject.toml --extra bench --constraint requirements.txt --universal --python-version 3.11 \
		--no-emit-index-url --no-annotate --custom-compile-command "make requirements" --quiet \
		--output-file benchmarks/requirements.txt $(UV_ARGS)

check: lint types sql secrets ## all that is checked without running: lint, types, sql, secrets

lint: $(INSTALLED) ## the style of the Python code
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(INSTALLED) ## the types of the Python code
	$(BIN)/mypy

sql: $(INSTALLED) ## the style of the SQL
	$(BIN)/sqlfluff lint --processes 0 dbt_project/models

# Lines that look like a secret and are none; in tests made-up passwords are no finding, keys are.
NO_SECRETS = --no-verify --exclude-lines "user:password@|made.by.you|password_encryption|password_auth_method|PASSWORD_FILE = |'sha256-" \
	--exclude-lines "resolve:secretsmanager|secretsmanager:GetSecretValue|Secrets: one per|ENERGY_MONITOR_INGESTER_SECRET" \
	--exclude-lines '"password": "password"|password authentication failed'
NO_SECRETS_IN_TESTS = $(NO_SECRETS) --disable-plugin KeywordDetector --disable-plugin BasicAuthDetector
NOT_TEXT = ':!*.png' ':!*.gz' ':!tests/*.json' ':!requirements.txt'

secrets: $(INSTALLED) ## no key, password or token is in the tree
	git ls-files -z -- . ':!tests' $(NOT_TEXT) | xargs -0 $(BIN)/detect-secrets-hook $(NO_SECRETS)
	git ls-files -z -- tests $(NOT_TEXT) | xargs -0 $(BIN)/detect-secrets-hook $(NO_SECRETS_IN_TESTS)

format: $(INSTALLED) ## put Python and SQL in the house style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/sqlfluff fix --processes 0 dbt_project/models

docs: $(INSTALLED) ## write docs/datasets.md again, from the catalogue
	$(BIN)/python -m energy_monitor.dataset_table

template: $(INSTALLED) ## write what deploy/template.yaml has of the catalogue again
	$(BIN)/python -m deploy.template

pictures: $(INSTALLED) ## take the pictures of README and docs again (needs Chromium)
	$(BIN)/python -m benchmarks.pictures

test: $(INSTALLED) ## the tests but the large sizes
	$(BIN)/pytest -m "not full and not soak" $(IN_PARALLEL) --durations=10 $(PYTEST_ARGS)

test-full: $(INSTALLED) ## every test, the large sizes too
	$(BIN)/pytest -m "not soak" $(IN_PARALLEL) --durations=10 $(PYTEST_ARGS)

# Apart, as to watch each line makes the tests take nearly twice as long.
coverage: $(INSTALLED) ## the tests but the large sizes, with line and branch coverage
	$(MAKE) test PYTEST_ARGS="--cov --cov-report=term $(PYTEST_ARGS)"

soak: $(INSTALLED) ## a simulated day of Dagster's own webserver and daemon, with an outage, a revision and a killed run
	$(BIN)/pytest -m soak -s $(PYTEST_ARGS)

bench: $(PEERS) ## every budget of the design beside what others take, in one table (docs/benchmarks.md)
	$(BIN)/python -m benchmarks $(BENCH_ARGS)

lambda: $(INSTALLED) ## make the package of the Lambdas in dist/ (deploy/README.md)
	$(BIN)/python -m deploy.lambda_package $(LAMBDA_ARGS)

drill: $(INSTALLED) ## days of simulated time under every fault: nothing lost, nothing invented (docs/drill.md)
	$(BIN)/python -m tests.drill $(DRILL_ARGS)

clean: ## remove .venv, caches and what dbt built; data stays
	rm -rf .venv .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache
	rm -rf build dist *.egg-info dbt_project/target dbt_project/logs
	find . -name .git -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +
