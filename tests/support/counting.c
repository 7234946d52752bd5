/* What a program under callgrind asks of it: to count from here on; to stop, and to write down
   what it counted. Without valgrind these do nothing. Compiled and loaded by
   tests/benchmarks/counted.py. */

#include <valgrind/callgrind.h>

void start(void)
{
    CALLGRIND_START_INSTRUMENTATION;
    CALLGRIND_ZERO_STATS;
}

void stop(void)
{
    CALLGRIND_DUMP_STATS;
    CALLGRIND_STOP_INSTRUMENTATION;
}
