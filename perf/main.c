/*  The command line of the benchmarks: see perf/README.md. */

#include "bench.h"

struct entry
{
    const char *name;
    const char *usage;
    int arguments;
    void (*run) (char **arguments);
};

static const struct entry entries[] = {
  {"throughput", "TRANSPORT SIZE COUNT", 3, bench_throughput},
  {"curve", "TRANSPORT SIZE COUNT", 3, bench_curve},
  {"latency", "TRANSPORT SIZE COUNT", 3, bench_latency},
  {"fan_out", "TRANSPORT SUBSCRIBERS SIZE COUNT", 4, bench_fan_out},
  {"fan_in", "TRANSPORT PUSHERS SIZE COUNT", 4, bench_fan_in},
  {"router", "TRANSPORT CLIENTS SIZE COUNT", 4, bench_router},
  {"leaving", "TRANSPORT SOCKETS", 2, bench_leaving},
  {"proxy", "TRANSPORT SIZE COUNT", 3, bench_proxy},
  {"idle", "CONNECTIONS", 1, bench_idle},
  {"requests", "TRANSPORT COUNT", 2, bench_requests},
  {"subscriptions", "SUBSCRIPTIONS MESSAGES", 2, bench_subscriptions},
  {"sockets", "COUNT", 1, bench_sockets},
  {"sockets_limited", "COUNT", 1, bench_sockets_limited},
  {"backlog", "TRANSPORT SIZE WAITING COUNT", 4, bench_backlog},
  {"slow", "none|stopped|slow|pings|garbage COUNT", 2, bench_slow},
  {"burst", "SIZE COUNT", 2, bench_burst},
  {"bounded", "SIZE HWM", 2, bench_bounded},
  {"plain_pingpong", "tcp|ipc SIZE COUNT", 3, bench_plain_pingpong},
  {"plain_stream", "SIZE COUNT", 2, bench_plain_stream},
  {"memcpy", "SIZE COUNT", 2, bench_memcpy},
};

int main (int argc, char **argv)
{
    const size_t known = sizeof entries / sizeof entries[0];
    for (size_t i = 0; argc > 1 && i < known; i++)
        if (strcmp (argv[1], entries[i].name) == 0 && argc - 2 == entries[i].arguments) {
            entries[i].run (argv + 2);
            return 0;
        }
    for (size_t i = 0; i < known; i++)
        fprintf (stderr, "%s bench %s %s\n", i ? "      " : "usage:", entries[i].name, entries[i].usage);
    return 2;
}
