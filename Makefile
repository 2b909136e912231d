# Qiding: `make run` starts it, `make test` tests it. `make` explains itself.
PYTHON ?= python3
VENV := .venv/bin
SIZE ?= block
DATABASE ?= sqlite

.DEFAULT_GOAL := help
.PHONY: help run test check backup lock translations format clean dataset bench burst bench-audit bench-cast bench-close \
	bench-entry bench-print bench-roll bench-search crash crash-outbox failover fuzz fuzz-api race sbom soak tamper

help:  ## say what one can do here
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 22

run:  ## install what is needed, make the database, load the demonstration, serve http://127.0.0.1:8000
	@$(PYTHON) scripts/bootstrap.py run
	@$(VENV)/python scripts/start.py

test:  ## install what is needed and run all tests: on SQLite, then on PostgreSQL where there is one
	@$(PYTHON) scripts/bootstrap.py test
	@$(VENV)/python scripts/run_tests.py

check:  ## format, lint, types, contracts, models against migrations, translations, templates; then the tests
	@$(PYTHON) scripts/bootstrap.py dev
	@$(VENV)/python scripts/check.py
	@$(MAKE) --no-print-directory test

dataset:  ## load a world into an empty database: SIZE=block|town|city|real DATABASE=sqlite|postgresql, or DATABASE_URL
	@$(PYTHON) scripts/bootstrap.py test
	@$(VENV)/python -m scripts.dataset $(SIZE) --database $(DATABASE) $(ARGS)

bench:  ## every main page and action beside a bare page, on the worlds of `make dataset`; ARGS="--size block --pages home"
	@$(PYTHON) scripts/bootstrap.py test
	@$(VENV)/python -m scripts.bench $(ARGS)

burst:  ## the closing hour: 10,000 cast in a minute, 200 in its last second; ARGS="--scale 0.1 --database sqlite"
	@$(PYTHON) scripts/bootstrap.py test
	@$(VENV)/python -m scripts.bench.burst $(ARGS)

bench-audit:  ## how long the audit of a log of 100,000 entries takes
	@$(PYTHON) scripts/bootstrap.py test
	@$(VENV)/python -m scripts.bench.audit 100000

bench-cast:  ## what a cast costs beside a bare insert, on SQLite and on PostgreSQL
	@$(PYTHON) scripts/bootstrap.py test
	@$(VENV)/python -m scripts.bench.cast 5 sqlite
	@$(VENV)/python -m scripts.bench.cast 5 postgresql

bench-close:  ## what the close of 100,000 ballots costs, and the page of its result
	@$(PYTHON) scripts/bootstrap.py test
	@$(VENV)/python -m scripts.bench.close 100000

bench-entry:  ## how quick the desk enters sheets of paper by keyboard
	@$(PYTHON) scripts/bootstrap.py test
	@$(VENV)/python -m scripts.bench.entry

bench-print:  ## what 1,800 slips and a notice cost to print
	@$(PYTHON) scripts/bootstrap.py test
	@$(VENV)/python -m scripts.bench.printing 1800

bench-roll:  ## how long a roll of 50,000 households takes, and how long casting waits meanwhile
	@$(PYTHON) scripts/bootstrap.py test
	@$(VENV)/python -m scripts.bench.roll 50000

bench-search:  ## what a search costs as the archive grows to 100,000 documents
	@$(PYTHON) scripts/bootstrap.py test
	@$(VENV)/python -m scripts.bench.search 100000

crash:  ## kill the server 300 times (KILLS=50 for less) while people vote, each command at each named point, senders of e-mail; both databases
	@$(PYTHON) scripts/bootstrap.py test
	@$(VENV)/python scripts/proofs.py crash

crash-outbox:  ## kill the senders of e-mail with SIGKILL 100 times while servers refuse and fall silent, on both databases
	@$(PYTHON) scripts/bootstrap.py test
	@$(VENV)/python scripts/crash_outbox.py 50 sqlite
	@$(VENV)/python scripts/crash_outbox.py 50 postgresql

race:  ## many for the same slots, the same form at once, casts against closes, made-up schedules; both databases
	@$(PYTHON) scripts/bootstrap.py test
	@$(VENV)/python scripts/proofs.py race

fuzz: fuzz-api  ## 50,000 made-up requests, 500 walks through a vote, every bad value in every field; both databases
	@$(VENV)/python scripts/proofs.py fuzz

tamper:  ## 1,000 stored values changed by hand, each found by the audit and named; both databases
	@$(PYTHON) scripts/bootstrap.py test
	@$(VENV)/python scripts/proofs.py tamper

soak:  ## a mixed crowd for 45 minutes (MINUTES=1 for less) on each database: no 5xx, no growth
	@$(PYTHON) scripts/bootstrap.py test
	@$(VENV)/python scripts/proofs.py soak

failover:  ## kill a PostgreSQL primary while people vote and promote its standby, five times in each of three modes
	@$(PYTHON) scripts/bootstrap.py test
	@$(VENV)/python scripts/failover.py 5

fuzz-api:  ## 2,000 requests for open data that schemathesis makes up from its description
	@$(PYTHON) scripts/bootstrap.py test
	@QIDING_FUZZ_CASES=2000 $(VENV)/python -m pytest tests/api -k description_has -n 0 -q -s

backup:  ## put database and media into one file in var/backups while the server runs, and try whether it can be put back
	@$(VENV)/flask --app wsgi backup --check

lock:  ## resolve the dependencies of setup.cfg anew into requirements/*.txt
	@$(PYTHON) scripts/bootstrap.py dev
	@$(VENV)/python scripts/lock.py

sbom:  ## list what a town installs, with hashes, as CycloneDX in var/sbom.json, for whoever looks for known faults in it
	@$(PYTHON) -m venv .cache/sbom
	@.cache/sbom/bin/python -m pip install --quiet --disable-pip-version-check cyclonedx-bom==7.5.0
	@mkdir -p var
	@.cache/sbom/bin/cyclonedx-py requirements --output-reproducible --output-file var/sbom.json requirements/town.txt
	@echo "var/sbom.json"

translations:  ## bring the catalogues up to date with the sources and say what is missing
	@$(PYTHON) scripts/bootstrap.py dev
	@$(VENV)/python scripts/translations.py

format:  ## format the sources
	@$(VENV)/ruff format app tests scripts migrations wsgi.py
	@$(VENV)/ruff check --fix app tests scripts migrations wsgi.py

clean:  ## remove the virtual environment and caches; data in var/ stays
	rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
