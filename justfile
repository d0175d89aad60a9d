# Everything a person does here. Where `just` is not installed: `uv run just ...`.

set positional-arguments

# List the recipes.
default:
    @just --list

# Compile what is installed, once for each lock: imports are most of a short command.
[private]
compiled:
    @test "${UV_PROJECT_ENVIRONMENT:-.venv}/.compiled" -nt uv.lock \
        || { uv sync --quiet --inexact --compile-bytecode && touch "${UV_PROJECT_ENVIRONMENT:-.venv}/.compiled"; }

# The whole road on a simulated season, in ./demo: no account, no server.
[group("data")]
demo *args: compiled
    uv run nba-local demo "$@"

# Pull source tables: just pull --season 2021-22 --warehouse file://DIR
[group("data")]
pull *args: compiled
    uv run nba-local pull "$@"

# What a backfill would do, and why.
[group("data")]
plan *args: compiled
    uv run nba-local plan "$@"

# Compute, check and publish a season: just backfill 2021-22
[group("data")]
backfill *args: compiled
    uv run nba-local backfill "$@"

# Every claim on what is stored; --oracle compares every cell with a second engine.
[group("data")]
check *args: compiled
    uv run nba-local check "$@"

# Pull, backfill and push a season: just sync 2021-22 (asks before it pushes; --yes does not)
[group("data")]
sync season *args: compiled
    uv run nba-local pull --season "$1"
    uv run nba-local backfill "$1"
    uv run nba-local push "$@"

# Everything, in minutes, on two cores: three processes, since some wait for a server or a browser.
[group("code")]
test *args: compiled
    uv run --group dev pytest -n 3 --dist loadfile --no-loadscope-reorder "$@"

# The slow tests: random kills, whole seasons, second opinions.
[group("code")]
test-slow *args: compiled
    uv run --group dev pytest -n 2 --dist loadfile --no-loadscope-reorder -m slow "$@"

# Both.
[group("code")]
test-all *args: (test args) (test-slow args)

# What CI runs: linters, types, architecture, tests.
[group("code")]
ci: lint types arch test

# Both, and how much of the code they run, in the last lines; arguments are for the slow tests.
[group("code")]
cover *args:
    COVERAGE_CORE=sysmon just test --durations=30 --cov=nba_local --cov=pipelines --cov-report=
    COVERAGE_CORE=sysmon just test-slow --durations=30 --cov=nba_local --cov=pipelines --cov-append \
        --cov-report=term:skip-covered "$@"

# Tests of tables, disk and warehouses with the lowest versions that pyproject.toml allows.
[group("code")]
lowest *args:
    uv venv --quiet --clear .cache/lowest
    VIRTUAL_ENV=.cache/lowest uv pip install --quiet --resolution lowest-direct --group dev --editable .
    .cache/lowest/bin/python -m pytest -n 2 tests/test_schema.py tests/test_registry.py \
        tests/test_store.py tests/test_ledger.py tests/test_folder_sources.py tests/test_held_dates.py \
        tests/test_windows.py tests/test_machines.py tests/test_bigquery.py "$@"

# Write the table of commands into README.md, and the page of the Python API.
[group("code")]
docs:
    uv run --group dev python -m tests.command_table
    uv run --group dev python -m tests.api_page

# Take the pictures of the page that README.md shows anew, of the demo and of a trial of the lab.
[group("code")]
pictures: compiled
    test -d demo/data || uv run nba-local demo > .cache/demo.log
    test -d .cache/lift/data || uv run --group dev nba-local lab demo lift .cache/lift > .cache/lift.log
    uv run --group dev python -m tests.pictures demo .cache/lift

# Install the hooks of .pre-commit-config.yaml: lint, format, lock, size of files.
[group("code")]
hooks:
    uv run --group dev prek install

# Linters and format.
[group("code")]
lint:
    uv run --group dev ruff check .
    uv run --group dev ruff format --check .

# Fix what linters can fix.
[group("code")]
fix:
    uv run --group dev ruff check --fix .
    uv run --group dev ruff format .

# Strict types over engine and content.
[group("code")]
types:
    uv run --group dev mypy

# Who may import whom.
[group("code")]
arch:
    uv run --group dev lint-imports

# Cold-process timings against the read-and-write floor: just bench [RUNS] [--save FILE] [--compare FILE] [--profile]
[group("code")]
bench *args: compiled
    uv run --group dev python -m tests.bench "$@"

# The same work in 1 and 2 processes and on Dask: just bench-cluster [cost|backfill|sweep] [SEASONS]
[group("code")]
bench-cluster *args: compiled
    uv run python -m tests.bench_cluster "$@"
