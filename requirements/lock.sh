#!/bin/sh
# Resolves pyproject.toml into the three lock files: for every platform and Python from 3.11 on, with hashes, without URLs.
set -eu

uv=$(command -v uv || true)
if [ -z "$uv" ]; then
    .venv/bin/python -m venv build/uv
    build/uv/bin/python -m pip install --quiet --disable-pip-version-check uv
    uv=build/uv/bin/uv
fi

compile() {
    output=$1
    shift
    "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-annotate --no-header --output-file "requirements/$output.txt" "$@"
}

compile run pyproject.toml
compile dev pyproject.toml --extra traces --extra parquet --group dev
compile bench pyproject.toml --extra traces --extra parquet --group dev --group bench
