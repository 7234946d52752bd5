#!/usr/bin/env bash
# The whole site, with Play: bash docs/build.sh OUT. Needs Python with the extra `docs`, node and npm.
# What it makes asks for no file of another server.
set -euo pipefail
out=${1:?usage: bash docs/build.sh OUT}
docs=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-python}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# away from docs/: what npm brings is no part of the sources
cp -r "$docs/play" "$docs/package.json" "$docs/package-lock.json" "$work"
mv "$work"/package*.json "$work/play"
(cd "$work/play" && npm ci --silent --ignore-scripts)

# the wheel for every machine, built apart: what an earlier build left behind would be in it too
printf '[build]\nbuild_base = %s\n[egg_info]\negg_base = %s\n' "$work/build" "$work" >"$work/setup.cfg"
DIST_EXTRA_CONFIG="$work/setup.cfg" SCALARGRAD_ENGINE=pure \
    "$python" -m pip wheel -q --no-deps --wheel-dir "$work" "$docs/.."
"$python" -m pip install -q --no-deps --no-compile --target "$work/packages" \
    "$work"/scalargrad-*-py3-none-any.whl graphviz
cp "$docs"/play/*.py "$work/packages"
node "$work/play/build.mjs" "$work/packages" "$work/made"

# shellcheck disable=SC2086  # several options
"$python" -m sphinx -q -W -n ${SPHINXOPTS:-} -t play "$docs" "$out"
rm -rf "$out/_static/play"
cp -r "$work/made" "$out/_static/play"
