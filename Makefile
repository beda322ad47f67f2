# make demo: base-to-new on the embedded world, nothing downloaded but packages
# make test: the whole test suite, in an environment of its own
# make test-instruction-sets: the numerical tests as on processors with fewer vector instructions
# make check: what `make test` checks before the tests; make lint mends what can be mended

PYTHON ?= python3
WORKERS ?= 2# processes of make test; each takes about 1 GB

.PHONY: demo test test-instruction-sets check lint clean

demo: .venv/installed
	.venv/bin/python -m rada demo

test: check
	DASSL=bundled OMP_NUM_THREADS=1 .venv-test/bin/python -m pytest -n $(WORKERS) --dist worksteal

test-instruction-sets: .venv-test/installed
	.venv-test/bin/python -m tests.instruction_sets

check: .venv-test/installed
	.venv-test/bin/ruff check .
	.venv-test/bin/ruff format --check .
	.venv-test/bin/mypy

lint: .venv-test/installed
	.venv-test/bin/ruff check --fix .
	.venv-test/bin/ruff format .
	.venv-test/bin/mypy

.venv/installed: requirements.txt
	$(PYTHON) -m venv .venv
	.venv/bin/pip install -q -r requirements.txt
	touch $@

.venv-test/installed: requirements.txt requirements-dev.txt
	$(PYTHON) -m venv .venv-test
	.venv-test/bin/pip install -q -r requirements-dev.txt
	touch $@

clean:
	rm -rf .venv .venv-test
