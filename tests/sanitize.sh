#!/usr/bin/env bash
# Runs the native engine and the machine under AddressSanitizer and UndefinedBehaviorSanitizer, and
# under valgrind.
#
#   tests/sanitize.sh [PART ...]
#
#   short      the tests of values, graphs, copies, memory and of compiled functions
#   1/6 … 6/6  a sixth of the whole suite
#   hostile    500,000 calls with objects that run code in every protocol (tests/hostile); other
#              numbers and seeds: HOSTILE_CALLS=1000000 HOSTILE_SEED=7
#   valgrind   every kind of node, and compiled functions, under valgrind instead
#   long       all of these but the first
#
# Without a PART: short valgrind. Each part takes at most a quarter of an hour on two cores. All parts
# are run, also after one that failed.
# Needs a C compiler with its sanitizers, and valgrind; python3 with the test extra installed.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mkdir "$work/package"
cp -r "$root/scalargrad" "$root/tests" "$root/examples" "$root/pyproject.toml" "$root/README.md" \
    "$work/package/"
cd "$work/package"
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

# build FLAGS: unless what was built last has the same flags
built=none
build() {
    [ "$built" = "$*" ] && return
    built=none
    rm -f scalargrad/native/*.so
    compile _engine engine/module.c trace/module.c -- -fno-builtin-pow "$@" \
        && compile _machine machine/module.c -- -fno-math-errno -fno-trapping-math "$@" \
        && built=$*
}

export SCALARGRAD_ENGINE=native PYTHONMALLOC=malloc PYTHONDONTWRITEBYTECODE=1
short="tests/table/test_edge_cases.py
       tests/value/test_native_memory.py tests/value/test_value.py tests/value/test_graph.py
       tests/value/test_copying.py tests/value/test_python_values.py tests/value/test_modes.py
       tests/value/test_hostile_objects.py
       tests/compiler/machine/test_machine_code.py tests/compiler/nests/test_nest_machine.py
       tests/compiler/loops/test_recorder.py tests/compiler/trace/test_rolled_traces.py
       tests/compiler/parts/test_parts.py
       tests/compiler/trace/test_trace_in_c.py tests/compiler/trace/test_trace_in_c_objects.py
       tests/compiler/branches/test_compile_branches.py
       tests/compiler/branches/test_compile_paths.py
       tests/compiler/inputs/test_compile_arguments.py
       tests/compiler/surroundings/test_compile_changes.py
       tests/compiler/test_compile_edge_cases.py tests/compiler/test_compile_threads.py"
# left out of the whole suite: what starts other programs or draws, or measures time or memory
left_out='^tests/(project|plots)/|/drawing/(picture/test_draw|page/test_page)|/shell/test_demo
/programs/test_(distributed|examples|notebook)|/export/test_export_c|/train/test_soak
/checks/test_checks_scale'

# part_of_suite 2/6: every sixth file, from the second on
part_of_suite() {
    find tests -name 'test_*.py' | LC_ALL=C sort | grep -v -E "${left_out//$'\n'/|}" \
        | awk -v part="${1%/*}" -v parts="${1#*/}" 'NR % parts == part % parts'
}

# sanitized ARGUMENTS of python3
sanitized() {
    build -O1 -fsanitize=address,undefined -fno-sanitize-recover=all || return 1
    # libstdc++ as well, for other extensions' C++ exceptions
    local asan
    asan="$(${CC:-gcc} -print-file-name=libasan.so) $(${CC:-gcc} -print-file-name=libstdc++.so)"
    # the interpreter itself leaks at exit, hence no leak check here: test_native_memory counts
    # chunks; a hostile pickle asks for memory that is not there, and gets None of it as without the
    # sanitizer
    LD_PRELOAD="$asan" ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 \
        UBSAN_OPTIONS=print_stacktrace=1 python3 "$@"
}

tests_sanitized() {
    sanitized -m pytest -q --capture=sys -p no:cacheprovider \
        --deselect tests/value/test_modes.py::test_modes_cost_nothing_once_left "$@"
}

under_valgrind() {
    build -O1 || return 1
    # the loader reads a path word by word, beyond its end, when NumPy's libraries are opened
    cat >"$work/loader.supp" <<'SUPPRESSION'
{
   loader
   Memcheck:Addr8
   fun:strncmp
   fun:is_dst
}
SUPPRESSION
    valgrind --leak-check=no --num-callers=30 --suppressions="$work/loader.supp" \
        --log-file="$work/valgrind.log" python3 tests/support/valgrind_program.py || return 1
    # the interpreter has findings of its own: what counts is a finding with the engine on its stack
    local engine
    engine=$(find scalargrad/native -name '*.[ch]' -printf '|%f')
    if grep -E "Invalid (read|write|free)|\((${engine#|}):[0-9]" "$work/valgrind.log"; then
        cat "$work/valgrind.log"
        return 1
    fi
    grep "ERROR SUMMARY" "$work/valgrind.log"
}

run_part() {
    case $1 in
    short) tests_sanitized $short ;;
    [1-9]/[1-9]) tests_sanitized $(part_of_suite "$1") ;;
    hostile) sanitized -m tests.hostile "${HOSTILE_SEED:-0}" "${HOSTILE_CALLS:-500000}" ;;
    valgrind) under_valgrind ;;
    *) echo "there is no part $1" && return 1 ;;
    esac
}

[ $# -gt 0 ] || set -- short valgrind
[ "$*" != long ] || set -- 1/6 2/6 3/6 4/6 5/6 6/6 hostile valgrind
failed=()
for part; do
    echo "$part"
    SECONDS=0
    run_part "$part" || failed+=("$part")
    echo "$part took $SECONDS s"
done
[ ${#failed[@]} -eq 0 ] || { echo "failed: ${failed[*]}" && exit 1; }
echo "sanitizers and valgrind found nothing"
