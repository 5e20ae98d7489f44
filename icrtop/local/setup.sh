#!/bin/sh
# Make .venv with the locked requirements, unless it is there already.
# Finds a Python that is new enough; PYTHON=/path/to/python names one.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
cd -- "$root"
lock=requirements-dev.txt
stamp=.venv/installed-$lock

say() { printf '  %-12s %s\n' "$1" "$2"; }
stop() { printf 'Stopped: %s\n' "$1"; exit 1; }

# Prints the version of a Python; fails if it does not run or is older than 3.12.
version_of() {
    "$1" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3]); sys.exit(sys.version_info < (3, 12))' 2>/dev/null
}

# Sets $python; or stops, saying which ones are too old.
find_python() {
    found=
    if [ -n "${PYTHON:-}" ]; then
        "$PYTHON" -c '' >/dev/null 2>&1 || stop "PYTHON=$PYTHON does not run."
        set -- "$PYTHON"
    else
        set -- python3.13 python3.14 python3.12 python3 python \
            "$HOME"/.pyenv/versions/3.13*/bin/python "$HOME"/.pyenv/versions/*/bin/python
    fi
    for candidate in "$@"; do
        command -v "$candidate" >/dev/null 2>&1 || continue
        if version=$(version_of "$candidate"); then
            if "$candidate" -c 'import ensurepip, venv' 2>/dev/null; then
                python=$candidate
                return
            fi
            version="$version without the module venv"
        fi
        [ -z "$version" ] || found="$found${found:+, }$candidate is $version"
    done
    stop "Python 3.12 or newer is needed, found none (${found:-no Python at all}). Install one, or name it: make run PYTHON=/path/to/python3.13"
}

ready() { [ -x .venv/bin/python ] && .venv/bin/python -c '' 2>/dev/null && cmp -s "$lock" "$stamp"; }

ready && exit 0
[ -w . ] || stop "no permission to write in $root."
# Two at a time would spoil each other's work.
if command -v flock >/dev/null 2>&1; then
    exec 9<"$0"
    flock 9
    ready && exit 0
fi

if ! { .venv/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 12))' && .venv/bin/python -m pip --version; } >/dev/null 2>&1; then
    find_python
    say Environment "Python $version ($(command -v "$python")), in .venv"
    rm -rf .venv || stop ".venv cannot be replaced."
    "$python" -m venv .venv || stop "$python could not make .venv."
fi
say Environment "installing $(grep -c '==' "$lock") packages (about a minute)"
.venv/bin/python -m pip install -qq --disable-pip-version-check --no-input --no-warn-script-location \
    --require-hashes --requirement "$lock" || stop "the packages could not be installed; is there a network?"
cp "$lock" "$stamp.new"
mv "$stamp.new" "$stamp"
