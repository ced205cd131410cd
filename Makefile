# Two commands for a fresh machine that has only Python and make: `make demo` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.PHONY: setup demo test lint fuzz bench bundle lock templates clean

setup: $(READY)

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), "需要 Python 3.11 或更新版本，当前为 " + sys.version'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(BIN)/python -m compileall -q pipeline
	touch $(READY)

demo: setup
	$(BIN)/xxgk demo

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: lint
	$(BIN)/python -m pytest -n auto

fuzz: setup
	FUZZ_EXAMPLES=$${FUZZ_EXAMPLES:-20000} MUTATION_EXAMPLES=$${MUTATION_EXAMPLES:-1000} \
		$(BIN)/python -m pytest -q -n auto tests -k "fuzz or mutations"

bench: setup
	$(BIN)/python -m benchmarks

bundle: setup
	$(BIN)/python -m release.bundle

templates: setup
	$(BIN)/xxgk template --force

lock:
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
		--no-emit-index-url --extra dev pyproject.toml -o requirements.lock

clean:
	rm -rf .venv build dist demo
