# Newsroom: everything a person or a machine does with a checkout. Each line starts a small script in scripts/.
.PHONY: help setup run test chaos check lock
.DEFAULT_GOAL := help
PORT ?= 8000
ARGS ?=

help:  ## What can be made here
	@awk -F':  ## ' '/^[a-z]+:  ## / {printf "  make %-7s%s\n", $$1, $$2}' Makefile

setup:  ## The environment: .venv with .venv/bin/newsroom
	@scripts/python scripts/setup.py

run:  ## Start Newsroom with its demo data (PORT=8000 chooses the port)
	@scripts/python scripts/run.py --port $(PORT)

test:  ## Every test; ARGS="-k words" goes to pytest
	@scripts/python scripts/test.py $(ARGS)

chaos:  ## The chaos trials at full size, about an hour; ARGS="--only T1 --seed 7"
	@scripts/python scripts/chaos.py $(ARGS)

check:  ## Style, types and architecture
	@scripts/python scripts/check.py

lock:  ## Newer packages: write requirements.lock and requirements-dev.lock again
	@scripts/python scripts/lock.py
