# See README.rst.  Each target may be run again at any time.

VENV := .venv
ARGS :=

.PHONY: help setup demo test verify clean

help:
	@echo "make demo    a live migration with SIGTERM in the middle of it"
	@echo "make test    all tests, on real parts; about 14 minutes"
	@echo "make verify  the scenarios at full counts, with figures; hours"
	@echo "make clean   remove what the others made here"

setup:
	@VENV=$(VENV) tools/bootstrap

demo: setup
	@$(VENV)/bin/devcloud demo $(ARGS)

test: setup
	@$(VENV)/bin/python tools/run_tests.py $(ARGS)

verify: setup
	@$(VENV)/bin/python tools/verify.py $(ARGS)

clean:
	rm -rf $(VENV) .stestr build dist *.egg-info .eggs
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
