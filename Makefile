# Qiding: `make run` starts it, `make test` tests it. `make` explains itself.
PYTHON ?= python3
VENV := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help run test check backup lock translations format clean bench-cast bench-close bench-print crash crash-outbox race failover fuzz-api

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

bench-cast:  ## what a cast costs beside a bare insert, on SQLite and on PostgreSQL
	@$(PYTHON) scripts/bootstrap.py test
	@$(VENV)/python scripts/bench_cast.py 5 sqlite
	@$(VENV)/python scripts/bench_cast.py 5 postgresql

bench-close:  ## what the close of 100,000 ballots costs, and the page of its result
	@$(PYTHON) scripts/bootstrap.py test
	@$(VENV)/python scripts/bench_close.py 100000

bench-print:  ## what 1,800 slips and a notice cost to print
	@$(PYTHON) scripts/bootstrap.py test
	@$(VENV)/python scripts/bench_print.py 1800

crash:  ## kill the server with SIGKILL at 50 random moments while people vote, on SQLite and on PostgreSQL
	@$(PYTHON) scripts/bootstrap.py test
	@$(VENV)/python scripts/crash.py 50 sqlite
	@$(VENV)/python scripts/crash.py 50 postgresql

crash-outbox:  ## kill the senders of e-mail with SIGKILL 100 times while servers refuse and fall silent, on both databases
	@$(PYTHON) scripts/bootstrap.py test
	@$(VENV)/python scripts/crash_outbox.py 50 sqlite
	@$(VENV)/python scripts/crash_outbox.py 50 postgresql

race:  ## twenty cast for the same slots, fifty times each: threads on SQLite, processes on PostgreSQL
	@$(PYTHON) scripts/bootstrap.py test
	@$(VENV)/python scripts/race.py 20 50 sqlite
	@$(VENV)/python scripts/race.py 20 50 postgresql

failover:  ## kill a PostgreSQL primary while people vote and promote its standby, five times in each of three modes
	@$(PYTHON) scripts/bootstrap.py test
	@$(VENV)/python scripts/failover.py 5

fuzz-api:  ## 2,000 requests for open data that schemathesis makes up from its description
	@$(PYTHON) scripts/bootstrap.py test
	@QIDING_FUZZ_CASES=2000 $(VENV)/python -m pytest tests/api -k description_has -n 0 -q -s

backup:  ## copy database and media into var/backups while the server runs
	@$(VENV)/python scripts/backup.py

lock:  ## resolve the dependencies of setup.cfg anew into requirements/*.txt
	@$(PYTHON) scripts/bootstrap.py dev
	@$(VENV)/python scripts/lock.py

translations:  ## bring the catalogues up to date with the sources and say what is missing
	@$(PYTHON) scripts/bootstrap.py dev
	@$(VENV)/python scripts/translations.py

format:  ## format the sources
	@$(VENV)/ruff format app tests scripts migrations wsgi.py
	@$(VENV)/ruff check --fix app tests scripts migrations wsgi.py

clean:  ## remove the virtual environment and caches; data in var/ stays
	rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
