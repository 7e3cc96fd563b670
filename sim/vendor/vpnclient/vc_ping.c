/* ping as on Windows: one echo request a second, a line for each. */
#include "vc.h"

#include <string.h>

struct vc_ping {
    struct vc *s;
    char *name; /* as typed; NULL = an address was */
    ip4 target;
    struct vc_ping_args args;
    struct net_ping *net;
    struct sim_timer next;
    uint32_t sent, answered;
    int64_t min_ms, max_ms, sum_ms;
};

void vc_ping_clear(struct vc *s)
{
    struct vc_ping *p = s->ping;
    if (!p)
        return;
    s->ping = NULL;
    vc_resolve_cancel(s, p);
    net_ping_free(p->net);
    sim_timer_clear(&p->next);
    g_free(p->name);
    g_free(p);
}

static void finish(struct vc_ping *p)
{
    struct vc *s = p->s;
    uint32_t lost = p->sent - p->answered;
    vc_say(s,
           "\nPing statistics for %s:\n"
           "    Packets: Sent = %u, Received = %u, Lost = %u (%u%% loss),",
           IP4S(p->target), p->sent, p->answered, lost, p->sent ? lost * 100 / p->sent : 0);
    if (p->answered)
        vc_say(s,
               "Approximate round trip times in milli-seconds:\n"
               "    Minimum = %" G_GINT64_FORMAT "ms, Maximum = %" G_GINT64_FORMAT
               "ms, Average = %" G_GINT64_FORMAT "ms",
               p->min_ms, p->max_ms, p->sum_ms / p->answered);
    vc_ping_clear(s);
    device_busy(s->d, false);
}

static void heard(struct vc_ping *p, sim_time rtt)
{
    int64_t ms = rtt / MILLISECONDS(1);
    p->min_ms = p->answered ? MIN(p->min_ms, ms) : ms;
    p->max_ms = MAX(p->max_ms, ms);
    p->sum_ms += ms;
    p->answered++;
    vc_say(p->s, ms ? "Reply from %s: bytes=%u time=%dms" : "Reply from %s: bytes=%u time<1ms",
           IP4S(p->target), p->args.size, (int)ms);
}

static void outcome(void *self, uint32_t seq, enum net_ping_what what, sim_time rtt)
{
    static const char *const text[] = {
        [NET_PING_TIMEOUT] = "Request timed out.",
        [NET_PING_UNREACHABLE] = "Destination host unreachable.",
        [NET_PING_FRAG_NEEDED] = "Packet needs to be fragmented but DF set.",
        [NET_PING_TTL] = "TTL expired in transit.",
        [NET_PING_NO_ROUTE] = "Destination host unreachable.",
    };
    struct vc_ping *p = self;
    if (what == NET_PING_REPLY)
        heard(p, rtt);
    else
        vc_say(p->s, "%s", text[what]);
    sim_time second = SECONDS(1),
             rest = what == NET_PING_TIMEOUT || rtt > second ? 0 : second - rtt;
    sim_timer_arm_in(&p->next, p->sent < p->args.count ? rest : 0);
}

static void send_next(void *owner)
{
    struct vc_ping *p = owner;
    if (p->sent == p->args.count) {
        finish(p);
        return;
    }
    p->sent++;
    net_ping_send(p->net, 0, p->target, p->sent, p->args.size + 28, 0, p->args.df, 0x6162,
                  MILLISECONDS(p->args.timeout_ms));
}

static void begin(struct vc_ping *p)
{
    if (p->name)
        vc_say(p->s, "Pinging %s [%s] with %u bytes of data:\n", p->name, IP4S(p->target),
               p->args.size);
    else
        vc_say(p->s, "Pinging %s with %u bytes of data:\n", IP4S(p->target), p->args.size);
    sim_timer_arm(&p->next, sim_now(p->s->d->sim));
}

static void found(void *self, const struct vc_found *f)
{
    struct vc_ping *p = self;
    struct vc *s = p->s;
    if (f->addr) {
        p->target = f->addr;
        g_free(p->name);
        p->name = g_strdup(f->name);
        begin(p);
        return;
    }
    vc_say(s, "Ping request could not find host %s. Please check the name and try again.", p->name);
    vc_ping_clear(s);
    device_busy(s->d, false);
}

void vc_ping(struct vc *s, const struct vc_ping_args *a)
{
    vc_ping_clear(s);
    struct vc_ping *p = s->ping = g_new0(struct vc_ping, 1);
    p->s = s;
    p->args = *a;
    p->net = net_ping_new(s->d->node, outcome, p);
    sim_timer_init(s->d->sim, &p->next, send_next, p);
    device_busy(s->d, true);
    if (ip4_parse(a->target, &p->target)) {
        begin(p);
        return;
    }
    p->name = g_strdup(a->target);
    vc_resolve(s, a->target, found, p);
}
