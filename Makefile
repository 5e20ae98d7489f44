# The two commands that matter: `make run` and `make test`. See docs/operations.md.
SHELL = /bin/sh
.DEFAULT_GOAL := help
.PHONY: help run dev test lint lock manage reset bench-mail bench-freeze bench-listserv bench-import bench-calendar

local = @sh icrtop/local/setup.sh && exec .venv/bin/python -m icrtop.local

help: ## List what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' Makefile

run: ## Run the site with its content (HOST=127.0.0.1 PORT=8000)
	$(local) run

dev: ## Run the site in debug mode, reloading when the code changes
	$(local) dev

test: ## Run the tests (ARGS="-k search" for some)
	$(local) test $(ARGS)

lint: ## Check style, types, templates, imports, migrations and settings
	$(local) lint

lock: ## Write the requirements files anew from pyproject.toml
	$(local) lock $(ARGS)

manage: ## Run a Django command on the running site (ARGS="shell")
	$(local) manage $(ARGS)

bench-mail: ## Measure how fast letters leave (ARGS="--letters 500000 --workers 2")
	$(local) bench mail $(ARGS)

bench-freeze: ## Measure how fast a letter to a million subscribers is queued
	$(local) bench freeze $(ARGS)

bench-listserv: ## Measure the listserv's pages with 200,000 subscribers (ARGS="--subscribers 20000")
	$(local) bench listserv $(ARGS)

bench-import: ## Measure how fast a file of subscribers is imported (ARGS="--rows 500000")
	$(local) bench imports $(ARGS)

bench-calendar: ## Measure the calendar of 1,000 events, time and bytes (ARGS="--events 5000")
	$(local) bench calendars $(ARGS)

reset: ## Delete the local data: database, letters, media (FORCE=1 does not ask)
	$(local) reset
