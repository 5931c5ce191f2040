# make demo   the lecture's model without and with capitals, and the bundled model on news
# make test   set up and run every check
# make fuzz   try many more broken models, broken corpora and killed commands than make test
# make coverage   list the lines that no test runs
# make docs   write docs/cli.md, the reference of the commands, and the page of --help
# make site   check the notebooks and build the site in build/site; a warning is an error
# make release   build the files of a release and check them on three Pythons (PYTHONS="…")
# make notebooks   run the notebooks and store what they print
# make bench  measure against other tools
# make pretrained   train the bundled model (needs the corpora; under two hours)
# make best   train the most accurate tagger of news (needs the corpora)

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MODEL := models/demo

# Corpora that may not be redistributed. Tests and benchmarks that need one are skipped without it.
ifneq ($(wildcard ../shared/corpora),)
export WINDOW_NER_CORPORA ?= $(abspath ../shared/corpora)
endif

.PHONY: demo test fuzz coverage lint docs site release notebooks bench pretrained best clean

SENTENCES := "Thousands of people visit the museums in Paris every day ." \
	"Angela Merkel met the head of Siemens in Munich on Tuesday ." \
	"Museums in Paris are amazing ."

demo: $(VENV)/installed
	@echo "== 1. The lecture's model. Its word vectors are of lower-cased words: it sees no capitals."
	$(BIN)/window-ner train --output $(MODEL) --overwrite
	$(BIN)/window-ner eval test --model $(MODEL)
	$(BIN)/window-ner predict --model $(MODEL) $(SENTENCES)
	@echo "== 2. The same model with capitals: better, but for a capital that begins a sentence."
	$(BIN)/window-ner train --config lecture-plus --output $(MODEL)-plus --overwrite
	$(BIN)/window-ner eval test --model $(MODEL)-plus
	$(BIN)/window-ner predict --model $(MODEL)-plus $(SENTENCES)
	@echo "== 3. The bundled model, trained on more text, with typed names and whole sentences."
	$(BIN)/window-ner predict --model english \
		"Museums in Paris are amazing." \
		"Shares of Nestlé fell 3% in Zurich after the Swiss company said sales in Brazil had slowed." \
		"Kenya's Eliud Kipchoge won the Berlin Marathon on Sunday, beating Guye Adola of Ethiopia." \
		"The World Health Organization sent doctors to Goma, where nurse Aline Mukendi had treated the first patients."

# One process for each core, and one thread for each process. Python keeps what it has compiled, also
# where PYTHONDONTWRITEBYTECODE is set, as in many containers: without that, each process of pytest
# and each command that a test starts would compile all files again.
test: export PYTHONDONTWRITEBYTECODE =
test: $(VENV)/installed lint
	OPENBLAS_NUM_THREADS=1 $(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder

# Each run draws other seeds; set WINDOW_NER_SEED to repeat one.
fuzz: export WINDOW_NER_SEED ?= $(shell date +%s)
fuzz: $(VENV)/installed
	WINDOW_NER_FUZZ=10000 WINDOW_NER_KILLS=50 $(BIN)/pytest -rP \
		tests/fuzz tests/training/test_killed.py tests/bulk/test_killed.py \
		tests/test_any_text.py
	WINDOW_NER_EXAMPLES=1000 $(BIN)/pytest -m hypothesis --ignore tests/test_any_text.py

coverage: $(VENV)/installed
	$(BIN)/pytest --cov=window_ner --cov-report=term-missing:skip-covered

lint: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

docs: $(VENV)/installed
	$(BIN)/python -m window_ner.cli.manual > docs/cli.md
	$(BIN)/python -m window_ner.cli.manual help > window_ner/cli/help_page.py

site: $(VENV)/installed
	$(BIN)/pip install --quiet --editable '.[site]'
	$(BIN)/python docs/notebooks/execute.py --check
	$(BIN)/python -m sphinx -q -W --keep-going -b html docs build/site

release: $(VENV)/installed
	$(BIN)/pip install --quiet --editable '.[release]'
	rm -rf dist
	$(BIN)/python -m build --outdir dist .
	$(BIN)/twine check --strict dist/*
	$(BIN)/python release/check.py dist $(PYTHONS:%=--python %)

notebooks: $(VENV)/installed
	$(BIN)/python docs/notebooks/execute.py

bench: $(VENV)/installed
	$(BIN)/python -m benchmarks.baselines
	$(BIN)/python -m benchmarks.speed --write docs/speed.md
	$(BIN)/python -m benchmarks.bulk --write docs/scale.md
	$(BIN)/python -m benchmarks.loops
	$(BIN)/python -m benchmarks.activations
	$(BIN)/python -m benchmarks.rates

pretrained: $(VENV)/installed
	$(BIN)/python -m benchmarks.pretrained

best: $(VENV)/installed
	$(BIN)/python -m benchmarks.pretrained.best

$(VENV)/installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --editable '.[train,bulk,web,test]'
	touch $@

clean:
	rm -rf $(VENV) models build dist .pytest_cache .hypothesis .coverage* .mypy_cache .ruff_cache
