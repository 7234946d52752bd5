#!/usr/bin/env bash
# Runs the native engine under AddressSanitizer and UndefinedBehaviorSanitizer, then under valgrind.
#
#   tests/sanitize.sh [short|long]
#
# short (the default): the tests of values, graphs, copies and memory. long: the whole suite.
# Needs a C compiler with its sanitizers, and valgrind; python3 with the test extra installed.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
length=${1:-short}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mkdir "$work/package"
cp -r "$root/scalargrad" "$root/tests" "$root/pyproject.toml" "$root/README.md" "$work/package/"
cd "$work/package"
rm -f scalargrad/native/_engine*.so
include=$(python3 -c 'import sysconfig; print(sysconfig.get_paths()["include"])')
suffix=$(python3 -c 'import sysconfig; print(sysconfig.get_config_var("EXT_SUFFIX"))')

build() {
    ${CC:-gcc} -shared -fPIC -std=c11 -g -ffp-contract=off -fno-builtin-pow -Wall -Wextra -Werror \
        "$@" -I"$include" scalargrad/native/value.c -o "scalargrad/native/_engine$suffix" -lm
}

export SCALARGRAD_ENGINE=native PYTHONMALLOC=malloc PYTHONDONTWRITEBYTECODE=1
short="tests/test_native_memory.py tests/test_value.py tests/test_graph.py tests/test_copying.py
       tests/test_python_values.py tests/test_edge_cases.py tests/test_modes.py"

echo "AddressSanitizer and UndefinedBehaviorSanitizer, $length"
build -O1 -fsanitize=address,undefined -fno-sanitize-recover=all
asan=$(${CC:-gcc} -print-file-name=libasan.so)
tests=$short
[ "$length" = long ] && tests=tests
# the interpreter itself leaks at exit, hence no leak check here: test_native_memory counts chunks
LD_PRELOAD=$asan ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1 \
    python3 -X faulthandler -m pytest -q -s -rf --tb=short -p no:cacheprovider $tests

echo "valgrind"
build -O1
valgrind --quiet --error-exitcode=9 --leak-check=no --undef-value-errors=yes \
    --suppressions="$root/tests/valgrind.supp" \
    python3 tests/valgrind_program.py
echo "sanitizers and valgrind found nothing"
