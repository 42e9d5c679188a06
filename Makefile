# make demo    the main job on a real plate, from nothing, into out/demo/
# make test    sets up what is missing and passes every test
# make bench   measures, into benchmarks/out/ (make bench NAME=transport for one)
# make extension   the Blender extension, into dist/: a zip for each platform and Python inside Blender
#                  (make extension NAME=linux-x64-py311 for one)
# make blender     Blender as a module, in each version that is tested (make blender-4.5 for one)
# make look   Replate used in a real Blender window: shots of every step in out/look/ (make look NAME=--docs
#             for the pictures in docs/blender/, make look NAME=connecting for one story)
# make check   formatting, lint and types
# make proto   regenerates the wire code after a change in proto/

PYTHON ?= python3.11
BIN := .venv/bin
NAME ?=

# Nothing outside the checkout is touched, pip's cache included.
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_CACHE_DIR := $(CURDIR)/.cache/pip

.PHONY: demo test bench extension look check proto setup blender without-5.2

# Without Blender the demo says so, and goes on with what it has.
demo: setup
	-@$(MAKE) --no-print-directory blender-4.5
	$(BIN)/python -m replate.demo --out out/demo --data .replate/demo --bpy .venv-bpy/4.5/bin/python

test: setup blender check
	$(BIN)/python -m pytest

bench: setup
	$(BIN)/python -m benchmarks $(NAME)

extension: setup blender-4.5
	$(BIN)/python -m tools.extension $(NAME)

look: setup blender-4.5
	$(BIN)/python -m tools.look $(NAME)

check: setup
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy

proto: setup
	$(BIN)/python -m grpc_tools.protoc -Iproto --plugin=protoc-gen-mypy=$(BIN)/protoc-gen-mypy \
		--python_out=client --grpc_python_out=client --mypy_out=client proto/replate/v1/*.proto

setup: .venv/ready

# PyTorch comes first, and alone: a later step that named it loosely would bring the gigabytes of another build.
.venv/ready: pyproject.toml constraints.txt
	@command -v $(PYTHON) >/dev/null || { echo "Replate needs Python 3.11: install it, or name another with make PYTHON=..." >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -c constraints.txt torch==2.13.0
	$(BIN)/python -m pip install -c constraints.txt -e '.[server,dev]'
	@touch $@

# Blender's numpy is not the server's: an environment for each. 5.2 has another Python, and is not tested where that is not.
VERSIONS := $(patsubst tests/hosts/bpy-%.txt,%,$(wildcard tests/hosts/bpy-*.txt))
ifndef PYTHON313
PYTHON313 := $(firstword $(foreach each,python3.13 $(wildcard $(HOME)/.pyenv/versions/3.13.*/bin/python3.13),\
	$(shell $(each) -c 'import ensurepip, sys; print(sys.executable)' 2>/dev/null)))
endif
INSIDE = $(PYTHON)
.venv-bpy/5.2/ready: INSIDE = $(or $(PYTHON313),python3.13)

MISSING := $(if $(PYTHON313),,5.2)
blender: $(patsubst %,blender-%,$(filter-out $(MISSING),$(VERSIONS))) $(MISSING:%=without-%)

without-5.2:
	@echo "Blender 5.2 is left out of the tests: install Python 3.13, or name one with make PYTHON313=..." >&2

.PHONY: $(VERSIONS:%=blender-%)
$(VERSIONS:%=blender-%): blender-%: .venv-bpy/%/ready

$(VERSIONS:%=.venv-bpy/%/ready): .venv-bpy/%/ready: tests/hosts/bpy-%.txt
	@command -v $(INSIDE) >/dev/null || { echo "Blender $* needs $(INSIDE): install it, or name another with make PYTHON=... PYTHON313=..." >&2; exit 1; }
	$(INSIDE) -m venv $(@D)
	$(@D)/bin/python -m pip install --no-compile -r $<
	@touch $@
