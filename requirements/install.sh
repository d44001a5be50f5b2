#!/bin/sh
# Makes .venv in the current folder from one lock file, then puts the package itself into it, editable.
# Usage: install.sh LOCKFILE.  PYTHON=… chooses the interpreter. Safe to run again after any interruption.
set -eu

lock=$1
python=

new_enough() {
    # A version manager may leave a name on the PATH that only prints an error: ask, do not look.
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

for candidate in ${PYTHON:-python3.11 python3.12 python3.13 python3 python}; do
    if new_enough "$candidate"; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "No Python 3.11 or newer was found (looked for: ${PYTHON:-python3.11 python3.12 python3.13 python3 python})." >&2
    echo "Install one, or name it: make setup PYTHON=/path/to/python3" >&2
    exit 1
fi

can_make_a_venv() {
    "$python" -c 'import ensurepip, venv' >/dev/null 2>&1
}

if ! can_make_a_venv; then
    # Debian and Ubuntu keep venv in a package of its own, named after the version.
    package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        echo "Installing $package: this Python cannot make a virtual environment without it."
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$package"
    fi
    if ! can_make_a_venv; then
        echo "$python cannot make a virtual environment: its venv or ensurepip module is missing." >&2
        echo "On Debian or Ubuntu run: sudo apt-get install $package   Then run the same make command again." >&2
        exit 1
    fi
fi

if ! { new_enough .venv/bin/python && .venv/bin/python -m pip --version >/dev/null 2>&1; }; then
    "$python" -m venv --clear .venv
fi

echo "Installing into .venv with $(.venv/bin/python --version), from $lock"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
