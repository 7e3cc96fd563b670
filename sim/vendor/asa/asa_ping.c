/* ping [interface] address: five probes, one after the other; each leaves its mark on the console
 * when its fate is known. With an interface named, its address is the source (CAT-05). */
#include "asa_path.h"

#define MARKS_PER_LINE 70

struct asa_ping {
    struct asa *s;
    ip4 target, source;
    uint32_t repeat, size, timeout_s;
    uint16_t pattern;
    bool stays;   /* nothing leaves with that source by another interface */
    bool waiting; /* `next` stands for the time-out of a probe that found no route */
    struct net_ping *net;
    struct sim_timer next;
    uint32_t sent, answered, marks;
    int64_t min_ms, max_ms, sum_ms;
};

void asa_ping_clear(struct asa *s)
{
    struct asa_ping *p = s->ping;
    if (!p)
        return;
    s->ping = NULL;
    net_ping_free(p->net);
    sim_timer_clear(&p->next);
    g_free(p);
}

static void finish(struct asa_ping *p)
{
    struct device *d = p->s->d;
    g_autoptr(GString) out = g_string_new(p->marks ? "\n" : "");
    uint32_t percent = p->sent ? (uint32_t)((uint64_t)p->answered * 100 / p->sent) : 0;
    g_string_append_printf(out, "Success rate is %u percent (%u/%u)", percent, p->answered,
                           p->sent);
    if (p->answered)
        g_string_append_printf(out,
                               ", round-trip min/avg/max = %" G_GINT64_FORMAT "/%" G_GINT64_FORMAT
                               "/%" G_GINT64_FORMAT " ms",
                               p->min_ms, p->sum_ms / p->answered, p->max_ms);
    g_string_append_c(out, '\n');
    device_print_part(d, CONSOLE_OUTPUT, out->str);
    asa_ping_clear(p->s);
    device_busy(d, false);
}

static void mark(struct asa_ping *p, char c)
{
    char text[3] = {c, '\0', '\0'};
    if (++p->marks == MARKS_PER_LINE) {
        text[1] = '\n';
        p->marks = 0;
    }
    device_print_part(p->s->d, CONSOLE_OUTPUT, text);
}

static void go_on(struct asa_ping *p, sim_time delay)
{
    if (p->sent == p->repeat && !p->waiting)
        finish(p);
    else
        sim_timer_arm_in(&p->next, delay);
}

static void outcome(void *self, uint32_t seq, enum net_ping_what what, sim_time rtt)
{
    static const char letter[] = {
        [NET_PING_REPLY] = '!',       [NET_PING_TIMEOUT] = '?', [NET_PING_UNREACHABLE] = 'U',
        [NET_PING_FRAG_NEEDED] = 'M', [NET_PING_TTL] = '&',
    };
    struct asa_ping *p = self;
    if (what == NET_PING_NO_ROUTE) {
        p->waiting = true;
        go_on(p, SECONDS(p->timeout_s));
        return;
    }
    if (what == NET_PING_REPLY) {
        int64_t ms = MAX(rtt / MILLISECONDS(1), 1);
        p->min_ms = p->answered ? MIN(p->min_ms, ms) : ms;
        p->max_ms = MAX(p->max_ms, ms);
        p->sum_ms += ms;
        p->answered++;
    }
    mark(p, letter[what]);
    go_on(p, 0);
}

static void send_next(void *owner)
{
    struct asa_ping *p = owner;
    if (p->waiting) {
        p->waiting = false;
        mark(p, '?');
        go_on(p, 0);
        return;
    }
    p->sent++;
    if (p->stays) {
        outcome(p, p->sent, NET_PING_NO_ROUTE, 0);
        return;
    }
    net_ping_send(p->net, p->source, p->target, p->sent, p->size, 0, false, p->pattern,
                  SECONDS(p->timeout_s));
}

static void ping(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    struct asa_ping *p;
    const struct asa_if *from = NULL;
    ip4 target = 0, source = 0;
    if (cli_arg(a, "if")) {
        const struct asa_if *f = asa_if_arg(s, a, "if");
        if (!f)
            return;
        from = f;
        source = asa_net_if(s, f)->addr;
    }
    cli_arg_ip4(a, "target", &target);
    if (target == 0) {
        asa_invalid(s, a, "target");
        return;
    }
    asa_ping_clear(s);
    p = s->ping = g_new0(struct asa_ping, 1);
    *p = (struct asa_ping){.s = s,
                           .target = target,
                           .source = source,
                           .repeat = 5,
                           .size = 100,
                           .timeout_s = 2,
                           .pattern = 0xabcd};
    cli_arg_u32(a, "count", &p->repeat);
    cli_arg_u32(a, "bytes", &p->size);
    cli_arg_u32(a, "seconds", &p->timeout_s);
    p->stays = from && !asa_may_speak_from(s, from, target);
    device_printf(s->d, CONSOLE_OUTPUT,
                  "Type escape sequence to abort.\n"
                  "Sending %u, %u-byte ICMP Echos to %s, timeout is %u seconds:\n",
                  p->repeat, p->size, IP4S(target), p->timeout_s);
    p->net = net_ping_new(s->d->node, outcome, p);
    sim_timer_init(s->d->sim, &p->next, send_next, p);
    device_busy(s->d, true);
    go_on(p, 0);
}

#define OPTIONS "[repeat count:<1-2147483647>] [size bytes:<64-16384>] [timeout seconds:<1-3600>]"

// clang-format off
const struct cli_command asa_ping_table[] = {
    { "ping target:A.B.C.D " OPTIONS,         ping, 0, "Send echo messages" },
    { "ping if:WORD target:A.B.C.D " OPTIONS, ping, 0, "Send echo messages" },
    { 0 } };
// clang-format on
