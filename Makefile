# The commands of the portal.  `make run` and `make test` need nothing but Python 3.11 and a package manager.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run setup test fast check fix messages migrate bench long chaos core test-core

run:            ## start the whole portal with the practice fund; DEMO=none: with a fund of one's own
	@exec $(PYTHON) -m portal

setup:          ## pins for running and for testing, system libraries, a browser
	@$(PYTHON) -m portal.prepare --dev

test: setup     ## all tests, on a PostgreSQL and a broker of their own
	$(BIN)/python -m pytest -q -n 2 --dist loadscope --no-loadscope-reorder -m "not long and not core"

fast: setup     ## the pure tests: rules and files
	$(BIN)/python -m pytest -q --hypothesis-profile=fast -m "not long and not wide" tests/scheme tests/tabular tests/contributions/test_upload.py tests/contributions/test_checks.py

check: setup    ## style, types, imports, migrations, fast tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/test_migrations.py tests/test_architecture.py
	$(MAKE) --no-print-directory fast

fix: setup      ## put right what a program can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

messages: setup ## collect every sentence for the translators
	$(BIN)/python -m portal.web.catalogue messages

migrate: setup  ## bring the database to the version of this code
	$(BIN)/flask --app wsgi migrate

bench: setup    ## measure what we promise
	$(BIN)/python -m bench

long: setup     ## what takes longer than a merge may
	$(BIN)/python -m pytest -q -m "long and not core" tests
	$(MAKE) --no-print-directory chaos

chaos: setup    ## break everything on purpose and count what was lost; SEEDS=12 FAULTS=25 DECLARATIONS=100 MUTANT=no-lookup
	$(BIN)/python -m tests.chaos --seeds $(or $(SEEDS),3) --faults $(or $(FAULTS),12) \
	    --declarations $(or $(DECLARATIONS),60) $(if $(MUTANT),--mutant $(MUTANT)) $(ALSO:%=--also %)

core: setup     ## put a test openIMIS together from its packages and start it; PORT=8401: elsewhere than on 8400
	@exec $(BIN)/python -m portal.openimis $(if $(PORT),--port $(PORT))

test-core: setup ## the journeys against a real openIMIS
	$(BIN)/python -m pytest -q -m core tests
