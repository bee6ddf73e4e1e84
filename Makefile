# The first target makes its own virtual environment; `make PYTHON=python3.12 test` chooses another Python.
PYTHON ?= python3
LOCK = uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
	--custom-compile-command 'make lock' -c constraints.txt
READY = .venv/.ready
# One more than the cores of a small machine: a test that waits for a server leaves its own to others.
WORKERS ?= 3
# How much of a day `make soak` lives, at 24 minutes in each, and in how many lieux.
MINUTES ?= 60
LIEUX ?= 50

demo: $(READY)  ## an embedded lieu, and the whole welcome before your eyes
	.venv/bin/conciergerie demo

test: $(READY)  ## in minutes: everything on the small stage, and a whole welcome on real servers; two at a time
	.venv/bin/pytest --tier quick -n 2 --dist worksteal

check: lint  ## all that a change must pass: the linters, and every test
	.venv/bin/pytest -n $(WORKERS) --dist worksteal

lint: $(READY)
	.venv/bin/ruff check . && .venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

bench: $(READY)  ## how fast, how heavy, beside other bots on the same homeserver: OPTIONS="--beside REV --only start"
	.venv/bin/python -m tests.bench $(OPTIONS)

soak: $(READY)  ## the long tests: hundreds of sudden deaths, thousands of examples, a day of fifty lieux in an hour
	.venv/bin/pytest --tier soak --minutes $(MINUTES) --lieux $(LIEUX)

words: $(READY)  ## tidy the catalogues, and say what is missing or not used
	.venv/bin/python -m tests.words

rights: $(READY)  ## write the table of who may ask what, from what stands beside each script
	.venv/bin/python -m tests.rights

picture: $(READY)  ## the pictures that the README shows
	.venv/bin/python -m tests.web.picture
	.venv/bin/python -m tests.pictures.shown

places: $(READY)  ## the French places that `!lieux près de …` knows, of GeoNames
	.venv/bin/python -m tests.places

command: $(READY)  ## the stubs of a new command: NAME=tools WORD=outils SECTION=house
	.venv/bin/python -m tests.new_command "$(NAME)" "$(WORD)" "$(SECTION)"

wheel: $(READY)  ## what `pipx` and `uv tool` install, in dist/
	rm -rf dist build && .venv/bin/python -m build

yunohost: wheel  ## the package for YunoHost, whole, in build/conciergerie_ynh
	rm -rf build/conciergerie_ynh && mkdir -p build && cp -r packaging/yunohost build/conciergerie_ynh
	mkdir build/conciergerie_ynh/sources
	cp dist/*.whl requirements.txt requirements-build.txt bot.example.env build/conciergerie_ynh/sources/

lock:  ## pin what production installs, with its hashes; needs uv (`pip install uv`)
	$(LOCK) --extra ldap --extra backup pyproject.toml -o requirements.txt
	echo 'setuptools>=77' | $(LOCK) - -o requirements-build.txt

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	.venv/bin/pip install --disable-pip-version-check -c constraints.txt -e '.[ldap,backup,demo,test]'
	touch $@

.PHONY: demo test check lint lock bench soak words rights picture places command wheel yunohost
