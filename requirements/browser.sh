#!/bin/sh
# Sees that there is a Chromium for the tests of the pages: Debian's own, where there is none yet.
set -eu

for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null 2>&1; then
        exit 0
    fi
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing chromium: the pages are tested in a browser."
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null
fi
if ! command -v chromium >/dev/null 2>&1; then
    echo "No Chromium was found, and the pages are tested in one." >&2
    echo "On Debian or Ubuntu run: sudo apt-get install chromium   Then run the same make command again." >&2
    exit 1
fi
