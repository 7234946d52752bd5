#!/usr/bin/env bash
# The whole site, with Play: bash docs/build.sh OUT. Needs Python with the extra `docs`, and npm; after
# that nothing: the site asks for no file of another server.
set -euo pipefail
out=${1:?usage: bash docs/build.sh OUT}
docs=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-python}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$python" -m sphinx -q -W -n -t play "$docs" "$out"

# the wheel for every machine, built apart: what an earlier build left behind would be in it too
printf '[build]\nbuild_base = %s\n' "$work/build" >"$work/setup.cfg"
DIST_EXTRA_CONFIG="$work/setup.cfg" SCALARGRAD_ENGINE=pure \
    "$python" -m pip wheel -q --no-deps --wheel-dir "$work" "$docs/.."
"$python" -m pip install -q --no-deps --no-compile --target "$work/packages" \
    "$work"/scalargrad-*-py3-none-any.whl graphviz
cp "$docs/play/session.py" "$work/packages"

cp -r "$docs/play" "$docs/package.json" "$docs/package-lock.json" "$work"
mv "$work"/package*.json "$work/play"
(cd "$work/play" && npm ci --silent --ignore-scripts)
node "$work/play/build.mjs" "$work/packages" "$out/_static/play"
