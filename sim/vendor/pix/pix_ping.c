/* ping [interface] address: three probes, a second each; every one has its line. With an interface
 * named, its address is the source. */
#include "pix.h"

#define PROBES  3
#define TIMEOUT SECONDS(1)

struct pix_ping {
    struct pix *s;
    ip4 target, source;
    struct net_ping *net;
    struct sim_timer next;
    uint32_t sent;
    bool waiting; /* `next` stands for the time-out of a probe that found no route */
};

void pix_ping_clear(struct pix *s)
{
    struct pix_ping *p = s->ping;
    if (!p)
        return;
    s->ping = NULL;
    net_ping_free(p->net);
    sim_timer_clear(&p->next);
    g_free(p);
}

static void go_on(struct pix_ping *p)
{
    struct device *d = p->s->d;
    if (p->sent < PROBES) {
        sim_timer_arm_in(&p->next, 0);
        return;
    }
    pix_ping_clear(p->s);
    device_busy(d, false);
}

static void no_answer(struct pix_ping *p)
{
    device_printf(p->s->d, CONSOLE_OUTPUT, "\t%s NO response received -- %dms", IP4S(p->target),
                  (int)(TIMEOUT / MILLISECONDS(1)));
    go_on(p);
}

static void outcome(void *self, uint32_t seq, enum net_ping_what what, sim_time rtt)
{
    struct pix_ping *p = self;
    if (what == NET_PING_NO_ROUTE) {
        p->waiting = true;
        sim_timer_arm_in(&p->next, TIMEOUT);
    } else if (what != NET_PING_REPLY) {
        no_answer(p);
    } else {
        /* its clock ticks every ten milliseconds */
        device_printf(p->s->d, CONSOLE_OUTPUT, "\t%s response received -- %dms", IP4S(p->target),
                      (int)(rtt / MILLISECONDS(10) * 10));
        go_on(p);
    }
}

static void send_next(void *owner)
{
    struct pix_ping *p = owner;
    if (p->waiting) {
        p->waiting = false;
        no_answer(p);
        return;
    }
    p->sent++;
    net_ping_send(p->net, p->source, p->target, p->sent, 100, 0, false, 0xabcd, TIMEOUT);
}

static void ping(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    ip4 target = 0, source = 0;
    if (cli_arg(a, "if")) {
        const struct pix_if *f = pix_if_arg(s, a, "if", out);
        if (!f)
            return;
        source = pix_net_if(s, f)->addr;
    }
    cli_arg_ip4(a, "target", &target);
    if (target == 0) {
        pix_incomplete(s, a, out);
        return;
    }
    pix_ping_clear(s);
    struct pix_ping *p = s->ping = g_new0(struct pix_ping, 1);
    *p = (struct pix_ping){.s = s, .target = target, .source = source};
    p->net = net_ping_new(s->d->node, outcome, p);
    sim_timer_init(s->d->sim, &p->next, send_next, p);
    device_busy(s->d, true);
    go_on(p);
}

// clang-format off
const struct cli_command pix_ping_table[] = {
    { "ping target:A.B.C.D",         ping, CLI_PRIVILEGED, "Send echo messages" },
    { "ping if:WORD target:A.B.C.D", ping, CLI_PRIVILEGED, "Send echo messages" },
    { 0 } };
// clang-format on
