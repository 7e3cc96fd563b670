// The same loads on ns-3's simulator with its default scheduler (a std::map), through its public
// API. Built only where ns-3 is installed; prints the columns of bench_hold, and the order sum
// beside it.
#include <cinttypes>
#include <cstdio>
#include <ctime>
#include "ns3/core-module.h"
#include "hold_shapes.h"

namespace
{
hold_load load;
uint64_t given;
unsigned remaining;

void event(uint64_t seq)
{
    int64_t now = ns3::Simulator::Now().GetNanoSeconds();
    for (unsigned n = hold_event(&load, now, seq); n > 0; n--)
        ns3::Simulator::Schedule(ns3::NanoSeconds(hold_delay(&load)), &event, ++given);
    if (--remaining == 0)
        ns3::Simulator::Stop();
}

double seconds()
{
    timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return double(t.tv_sec) + double(t.tv_nsec) * 1e-9;
}

double run(const hold_shape &s)
{
    given = 0;
    hold_begin(&load, &s);
    for (unsigned i = 0; i < s.pending; i++)
        ns3::Simulator::Schedule(ns3::NanoSeconds(hold_delay(&load)), &event, ++given);
    remaining = s.pending;
    ns3::Simulator::Run();
    remaining = s.operations;
    double begin = seconds();
    ns3::Simulator::Run();
    double took = seconds() - begin;
    ns3::Simulator::Destroy();
    return s.operations / took * 1e-6;
}
} // namespace

int main()
{
    std::printf("million events/s     ns-3  order\n");
    for (const hold_shape &s : hold_shapes) {
        double speed = run(s);
        std::printf("%-16s %8.2f  %016" PRIx64 "\n", s.name, speed, load.order);
        std::fflush(stdout);
    }
    return 0;
}
