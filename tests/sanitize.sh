#!/usr/bin/env bash
# Runs the native engine and the machine under AddressSanitizer and UndefinedBehaviorSanitizer, then
# under valgrind.
#
#   tests/sanitize.sh [short|long]
#
# short (the default): the tests of values, graphs, copies, memory and of compiled functions. long:
# the whole suite.
# Needs a C compiler with its sanitizers, and valgrind; python3 with the test extra installed.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
length=${1:-short}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mkdir "$work/package"
cp -r "$root/scalargrad" "$root/tests" "$root/examples" "$root/pyproject.toml" "$root/README.md" \
    "$work/package/"
cd "$work/package"
rm -f scalargrad/native/*.so
include=$(python3 -c 'import sysconfig; print(sysconfig.get_paths()["include"])')
suffix=$(python3 -c 'import sysconfig; print(sysconfig.get_config_var("EXT_SUFFIX"))')

# compile _engine engine/module.c trace/module.c -- arguments of the compiler
compile() {
    local module=$1 sources=()
    shift
    while [ "$1" != -- ]; do sources+=("scalargrad/native/$1"); shift; done
    shift
    ${CC:-gcc} -shared -fPIC -std=c11 -g -ffp-contract=off -Wall -Wextra -Werror -Wno-psabi "$@" \
        -I"$include" "${sources[@]}" -o "scalargrad/native/$module$suffix" -lm -pthread
}

build() {
    compile _engine engine/module.c trace/module.c -- -fno-builtin-pow "$@"
    compile _machine machine/module.c -- -fno-math-errno -fno-trapping-math "$@"
}

export SCALARGRAD_ENGINE=native PYTHONMALLOC=malloc PYTHONDONTWRITEBYTECODE=1
short="tests/table/test_edge_cases.py
       tests/value/test_native_memory.py tests/value/test_value.py tests/value/test_graph.py
       tests/value/test_copying.py tests/value/test_python_values.py tests/value/test_modes.py
       tests/compiler/machine/test_machine_code.py
       tests/compiler/loops/test_recorder.py tests/compiler/trace/test_rolled_traces.py
       tests/compiler/trace/test_trace_in_c.py tests/compiler/trace/test_trace_in_c_objects.py
       tests/compiler/branches/test_compile_branches.py
       tests/compiler/branches/test_compile_paths.py
       tests/compiler/inputs/test_compile_arguments.py
       tests/compiler/surroundings/test_compile_changes.py
       tests/compiler/test_compile_edge_cases.py tests/compiler/test_compile_threads.py"

echo "AddressSanitizer and UndefinedBehaviorSanitizer, $length"
build -O1 -fsanitize=address,undefined -fno-sanitize-recover=all
# libstdc++ as well, for other extensions' C++ exceptions
asan="$(${CC:-gcc} -print-file-name=libasan.so) $(${CC:-gcc} -print-file-name=libstdc++.so)"
tests=$short
# left out of the long form: what starts other programs or draws, or measures time or memory
[ "$length" = long ] && tests="tests $(printf -- '--ignore=%s ' tests/project tests/plots \
    tests/drawing/picture/test_draw*.py \
    tests/drawing/page/test_page*.py tests/shell/test_demo.py \
    tests/programs/test_distributed.py tests/programs/test_examples.py \
    tests/programs/test_notebook*.py tests/compiler/export/test_export_c.py \
    tests/train/test_soak.py)"
# the interpreter itself leaks at exit, hence no leak check here: test_native_memory counts chunks;
# a hostile pickle asks for memory that is not there, and gets None of it as without the sanitizer
LD_PRELOAD="$asan" ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 \
    UBSAN_OPTIONS=print_stacktrace=1 \
    python3 -m pytest -q --capture=sys -p no:cacheprovider $tests

echo "valgrind"
build -O1
# the loader reads a path word by word, beyond its end, when NumPy's libraries are opened
cat >"$work/loader.supp" <<'SUPPRESSION'
{
   loader
   Memcheck:Addr8
   fun:strncmp
   fun:is_dst
}
SUPPRESSION
valgrind --leak-check=no --num-callers=30 --suppressions="$work/loader.supp" --log-file="$work/valgrind.log" \
    python3 tests/support/valgrind_program.py
# the interpreter has findings of its own: what counts is a finding with the engine on its stack
engine=$(find scalargrad/native -name '*.[ch]' -printf '|%f')
if grep -E "Invalid (read|write|free)|\((${engine#|}):[0-9]" "$work/valgrind.log"; then
    cat "$work/valgrind.log"
    exit 1
fi
grep "ERROR SUMMARY" "$work/valgrind.log"
echo "sanitizers and valgrind found nothing"
