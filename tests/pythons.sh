#!/usr/bin/env bash
# Installs the package for every other version of Python that is supported and found, on the PATH or
# by pyenv, and runs tests there, on the native engine:
#
#   tests/pythons.sh [TEST ...]
#
# Without a TEST: those of values, of transforms and of the compiler, for some minutes a version. All
# versions are run, also after one that failed. Needs a C compiler and the headers of each Python.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
[ $# -gt 0 ] || set -- tests/value tests/transforms tests/table tests/compiler

# the package apart from its tests: what they import is what was installed
mkdir "$work/source" "$work/tests"
cd "$root"
cp -r scalargrad setup.py pyproject.toml MANIFEST.in README.md LICENSE "$work/source"
find "$work/source" -name '*.so' -delete
cp -r tests examples pyproject.toml "$work/tests"

# found 3.12: the program of that version
found() {
    local candidate
    for candidate in "python$1" "${PYENV_ROOT:-$HOME/.pyenv}"/versions/"$1".*/bin/python; do
        "$candidate" -c '' 2>/dev/null && echo "$candidate" && return
    done
    return 1
}

# tested 3.12 PROGRAM TEST...
tested() {
    local home=$work/$1 python=$2
    shift 2
    "$python" -m venv "$home" || return 1
    "$home/bin/pip" install -q "$work/source" pytest hypothesis mpmath scipy || return 1
    (cd "$work/tests" && SCALARGRAD_ENGINE=native "$home/bin/python" -m pytest -q \
        -p no:cacheprovider "$@")
}

here=$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')
failed=()
for version in 3.10 3.11 3.12 3.13 3.14; do
    [ "$version" != "$here" ] || continue
    python=$(found "$version") || { echo "$version was not found" && continue; }
    echo "$version: $("$python" -VV)"
    tested "$version" "$python" "$@" || failed+=("$version")
done
[ ${#failed[@]} -eq 0 ] || { echo "failed: ${failed[*]}" && exit 1; }
