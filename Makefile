# make demo   train the lecture's model, evaluate it, tag a few sentences
# make test   set up and run every check
# make fuzz   many more broken models, broken corpora and killed trainings than make test
# make coverage   which lines no test reaches
# make docs   write docs/cli.md, the page of the commands
# make bench  measure against other tools
# make pretrained   train the model that comes with the project (needs the corpora)

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MODEL := models/demo

# Corpora that may not be handed on; tests and benchmarks that want one skip where it is absent.
ifneq ($(wildcard ../shared/corpora),)
export WINDOW_NER_CORPORA ?= $(abspath ../shared/corpora)
endif

.PHONY: demo test fuzz coverage lint docs bench pretrained clean

demo: $(VENV)/installed
	$(BIN)/window-ner train --output $(MODEL)
	$(BIN)/window-ner eval test --model $(MODEL)
	$(BIN)/window-ner predict --model $(MODEL) \
		"Museums in Paris are amazing ." \
		"Angela Merkel met the head of Siemens in Munich on Tuesday ." \
		"The Kenyan runner Grace Wanjiru won in Berlin ; nobody expected it ."

test: $(VENV)/installed lint
	$(BIN)/pytest

# WINDOW_NER_SEED=… repeats a run.
fuzz: $(VENV)/installed
	WINDOW_NER_FUZZ=10000 WINDOW_NER_KILLS=50 $(BIN)/pytest -rP \
		tests/fuzz tests/test_killed.py tests/test_any_text.py

coverage: $(VENV)/installed
	$(BIN)/pytest --cov=window_ner --cov-report=term-missing:skip-covered

lint: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

docs: $(VENV)/installed
	$(BIN)/python -m window_ner.cli.manual > docs/cli.md

bench: $(VENV)/installed
	$(BIN)/python -m benchmarks.baselines
	$(BIN)/python -m benchmarks.speed --write docs/speed.md
	$(BIN)/python -m benchmarks.loops

pretrained: $(VENV)/installed
	$(BIN)/python -m benchmarks.pretrained

$(VENV)/installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --editable '.[train,test]'
	touch $@

clean:
	rm -rf $(VENV) models build dist .pytest_cache .hypothesis .coverage* .mypy_cache .ruff_cache
