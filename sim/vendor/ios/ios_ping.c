/* ping: in one line, or as a dialogue that asks for each setting (DBG-08, CAT-05). Probes go one
 * after the other; each leaves its mark on the console when its fate is known. */
#include "ios_conf.h"

#include <string.h>

#define MARKS_PER_LINE 70
enum { PROBE_MIN = 36, PROBE_MAX = 18024 };

/* The questions, in the order in which they are asked. */
enum question {
    ASK_PROTOCOL,
    ASK_TARGET,
    ASK_REPEAT,
    ASK_SIZE,
    ASK_TIMEOUT,
    ASK_EXTENDED,
    ASK_SOURCE,
    ASK_TOS,
    ASK_DF,
    ASK_VALIDATE,
    ASK_PATTERN,
    ASK_OPTIONS,
    ASK_SWEEP,
    ASK_SWEEP_MIN,
    ASK_SWEEP_MAX,
    ASK_SWEEP_STEP,
    ASK_NOTHING,
};

struct ios_ping {
    struct ios *s;
    enum question asking; /* ASK_NOTHING: probes are under way */
    bool extended, df, sweep, verbose, by_name;
    ip4 target, source;
    uint32_t repeat, size, timeout_s, sweep_min, sweep_max, sweep_step;
    uint8_t tos;
    uint16_t pattern;
    struct net_ping *net;
    struct sim_timer next; /* the next probe; also the wait of one that could not be sent */
    uint32_t sent, answered, total;
    uint32_t at_size, marks;
    int64_t min_ms, max_ms, sum_ms;
    bool pending_timeout; /* `next` stands for the timeout of a probe that found no route */
};

static struct ios_ping *ping_new(struct ios *s)
{
    struct ios_ping *p = g_new0(struct ios_ping, 1);
    p->s = s;
    p->asking = ASK_NOTHING;
    p->repeat = 5;
    p->size = 100;
    p->timeout_s = 2;
    p->pattern = 0xabcd;
    p->sweep_min = PROBE_MIN;
    p->sweep_max = PROBE_MAX;
    p->sweep_step = 1;
    return p;
}

void ios_ping_clear(struct ios *s)
{
    struct ios_ping *p = s->ping;
    if (!p)
        return;
    s->ping = NULL;
    net_ping_free(p->net);
    sim_timer_clear(&p->next);
    g_free(p);
}

/* ---- Probes ---- */

static void say(struct ios_ping *p, const char *text)
{
    device_print_part(p->s->d, CONSOLE_OUTPUT, text);
}

static void finish(struct ios_ping *p)
{
    struct device *d = p->s->d;
    g_autoptr(GString) out = g_string_new(NULL);
    if (p->marks)
        g_string_append_c(out, '\n');
    uint32_t percent = p->sent ? (uint32_t)((uint64_t)p->answered * 100 / p->sent) : 0;
    g_string_append_printf(out, "Success rate is %u percent (%u/%u)", percent, p->answered,
                           p->sent);
    if (p->answered)
        g_string_append_printf(out,
                               ", round-trip min/avg/max = %" G_GINT64_FORMAT "/%" G_GINT64_FORMAT
                               "/%" G_GINT64_FORMAT " ms",
                               p->min_ms, p->sum_ms / p->answered, p->max_ms);
    g_string_append_c(out, '\n');
    say(p, out->str);
    ios_ping_clear(p->s);
    device_busy(d, false);
}

static void mark(struct ios_ping *p, char c)
{
    char text[3] = {c, '\0', '\0'};
    if (++p->marks == MARKS_PER_LINE) {
        text[1] = '\n';
        p->marks = 0;
    }
    say(p, text);
}

static void schedule(struct ios_ping *p, sim_time delay)
{
    if (p->sent == p->total && !p->pending_timeout)
        finish(p);
    else
        sim_timer_arm_in(&p->next, delay);
}

static void counted(struct ios_ping *p, sim_time rtt)
{
    int64_t ms = MAX(rtt / MILLISECONDS(1), 1); /* the clock of the device has no finer step */
    p->min_ms = p->answered ? MIN(p->min_ms, ms) : ms;
    p->max_ms = MAX(p->max_ms, ms);
    p->sum_ms += ms;
    p->answered++;
    if (p->verbose) {
        g_autofree char *line =
            g_strdup_printf("Reply to request %u (%" G_GINT64_FORMAT " ms)\n", p->sent - 1, ms);
        say(p, line);
    } else {
        mark(p, '!');
    }
}

static void outcome(void *self, uint32_t seq, enum net_ping_what what, sim_time rtt)
{
    static const char letter[] = {
        [NET_PING_TIMEOUT] = '.',
        [NET_PING_UNREACHABLE] = 'U',
        [NET_PING_FRAG_NEEDED] = 'M',
        [NET_PING_TTL] = '&',
    };
    struct ios_ping *p = self;
    if (what ==
        NET_PING_NO_ROUTE) { /* nothing left the router, but it waits for an answer all the same */
        p->pending_timeout = true;
        schedule(p, SECONDS(p->timeout_s));
        return;
    }
    if (what == NET_PING_REPLY)
        counted(p, rtt);
    else
        mark(p, letter[what]);
    schedule(p, 0);
}

static void send_next(void *owner)
{
    struct ios_ping *p = owner;
    if (p->pending_timeout) {
        p->pending_timeout = false;
        mark(p, '.');
        schedule(p, 0);
        return;
    }
    uint32_t size = p->size;
    if (p->sweep) {
        size = p->at_size;
        p->at_size += p->sweep_step;
        if (p->at_size > p->sweep_max)
            p->at_size = p->sweep_min;
    }
    p->sent++;
    net_ping_send(p->net, p->source, p->target, p->sent, size, p->tos, p->df, p->pattern,
                  SECONDS(p->timeout_s));
}

static void start(struct ios_ping *p)
{
    struct device *d = p->s->d;
    g_autoptr(GString) out = g_string_new("Type escape sequence to abort.\n");
    g_autofree char *sizes = g_strdup_printf("%u", p->size);
    uint64_t total = p->repeat;
    if (p->sweep) {
        g_free(sizes);
        sizes = g_strdup_printf("[%u..%u]", p->sweep_min, p->sweep_max);
        total *= (p->sweep_max - p->sweep_min) / p->sweep_step + 1;
        p->at_size = p->sweep_min;
    }
    p->total = (uint32_t)MIN(total, INT32_MAX);
    g_string_append_printf(out, "Sending %u, %s-byte ICMP Echos to %s, timeout is %u seconds:\n",
                           p->total, sizes, IP4S(p->target), p->timeout_s);
    if (p->source)
        g_string_append_printf(out, "Packet sent with a source address of %s \n", IP4S(p->source));
    if (p->df)
        g_string_append(out, "Packet sent with the DF bit set\n");
    device_print(d, CONSOLE_OUTPUT, out->str);
    p->asking = ASK_NOTHING;
    p->net = net_ping_new(d->node, outcome, p);
    sim_timer_init(d->sim, &p->next, send_next, p);
    device_busy(d, true);
    device_wants_input(d, false);
    schedule(p, 0);
}

/* ---- One line ---- */

/* The address of an interface or of this router; 0 when it is neither. */
static ip4 source_of(struct ios *s, const char *text)
{
    ip4 a;
    if (ip4_parse(text, &a))
        return net_if_by_addr(s->d->node, a) ? a : 0;
    g_autofree char *full = ios_ifname(s, text);
    const struct net_if *i = full ? net_if_by_name(s->d->node, full) : NULL;
    return i ? i->addr : 0;
}

static const char bad_source[] =
    "% Invalid source. Must use IP address or full interface name without spaces (e.g. Serial0/1)";

static void ping(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    const char *source = cli_arg(a, "address") ? cli_arg(a, "address") : cli_arg(a, "interface");
    const char *target = cli_arg(a, "target");
    ios_ping_clear(s);
    struct ios_ping *p = ping_new(s);
    s->ping = p;
    if (!target) {
        p->asking = ASK_PROTOCOL;
        device_busy(s->d, true);
        device_wants_input(s->d, true);
        return;
    }
    if (!ip4_parse(target, &p->target) || p->target == 0) {
        ios_refuse(s, out, "%% Unrecognized host or address, or protocol not running.\n");
        ios_ping_clear(s);
        return;
    }
    if (source && (p->source = source_of(s, source)) == 0) {
        ios_refuse(s, out, "%s", bad_source);
        ios_ping_clear(s);
        return;
    }
    cli_arg_u32(a, "count", &p->repeat);
    cli_arg_u32(a, "bytes", &p->size);
    cli_arg_u32(a, "seconds", &p->timeout_s);
    p->df = cli_has(a, "df-bit");
    start(p);
}

/* The options may come in any order, each once or more; the last of a kind counts. */
#define OPTION                                                                                     \
    "(repeat count:<1-2147483647>|size bytes:<36-18024>|timeout seconds:<0-3600>|source "          \
    "(address:A.B.C.D|interface:IFNAME)|df-bit)"

// clang-format off
const struct cli_command ios_ping_table[] = {
    { "ping", ping, 0, "Send echo messages" },
    { "ping [ip] target:WORD [" OPTION " [" OPTION " [" OPTION " [" OPTION " [" OPTION "]]]]]", ping, 0, "Send echo messages" },
    { 0 } };
// clang-format on

/* ---- The dialogue ---- */

bool ios_ping_asks(const struct ios *s)
{
    return s->ping && s->ping->asking != ASK_NOTHING;
}

void ios_ping_prompt(const struct ios *s, GString *out)
{
    static const char *const text[] = {
        [ASK_PROTOCOL] = "Protocol [ip]: ",
        [ASK_TARGET] = "Target IP address: ",
        [ASK_REPEAT] = "Repeat count [5]: ",
        [ASK_SIZE] = "Datagram size [100]: ",
        [ASK_TIMEOUT] = "Timeout in seconds [2]: ",
        [ASK_EXTENDED] = "Extended commands [n]: ",
        [ASK_SOURCE] = "Source address or interface: ",
        [ASK_TOS] = "Type of service [0]: ",
        [ASK_DF] = "Set DF bit in IP header? [no]: ",
        [ASK_VALIDATE] = "Validate reply data? [no]: ",
        [ASK_PATTERN] = "Data pattern [0xABCD]: ",
        [ASK_OPTIONS] = "Loose, Strict, Record, Timestamp, Verbose[none]: ",
        [ASK_SWEEP] = "Sweep range of sizes [n]: ",
        [ASK_SWEEP_MIN] = "Sweep min size [36]: ",
        [ASK_SWEEP_MAX] = "Sweep max size [18024]: ",
        [ASK_SWEEP_STEP] = "Sweep interval [1]: ",
    };
    g_string_append(out, text[s->ping->asking]);
}

/* An answer: understood, refused with a message and asked again, or the end of the dialogue. */
enum heard { HEARD, AGAIN, OVER };

static enum heard tell(struct ios_ping *p, enum heard heard, const char *message)
{
    device_print(p->s->d, CONSOLE_OUTPUT, message);
    return heard;
}

static enum heard number(struct ios_ping *p, const char *text, uint32_t low, uint32_t high,
                         uint32_t *v)
{
    char *end;
    if (!*text)
        return HEARD;
    guint64 n = g_ascii_strtoull(text, &end, 0);
    if (!g_ascii_isdigit(text[0]) || *end || n < low || n > high) {
        g_autofree char *message =
            g_strdup_printf("%% A decimal number between %u and %u.", low, high);
        return tell(p, AGAIN, message);
    }
    *v = (uint32_t)n;
    return HEARD;
}

static enum heard yes_no(struct ios_ping *p, const char *text, bool *v)
{
    size_t n = strlen(text);
    if (n == 0)
        return HEARD;
    if (g_ascii_strncasecmp(text, "yes", n) == 0)
        *v = true;
    else if (g_ascii_strncasecmp(text, "no", n) == 0)
        *v = false;
    else
        return tell(p, AGAIN, "% Please answer 'yes' or 'no'.");
    return HEARD;
}

static enum heard options(struct ios_ping *p, const char *text)
{
    size_t n = strlen(text);
    if (n == 0 || g_ascii_strncasecmp(text, "none", n) == 0)
        return HEARD;
    if (g_ascii_strncasecmp(text, "verbose", n) != 0)
        return tell(p, AGAIN,
                    "% IP options are not modelled by this simulator; answer Verbose or none.");
    p->verbose = true;
    return HEARD;
}

static enum heard hear(struct ios_ping *p, const char *text)
{
    uint32_t v = 0;
    bool ignored = false;
    enum heard heard;
    switch (p->asking) {
    case ASK_PROTOCOL:
        return !*text || g_ascii_strcasecmp(text, "ip") == 0
                   ? HEARD
                   : tell(p, OVER, "% Unknown protocol - \"ip\" is the one here");
    case ASK_TARGET:
        return ip4_parse(text, &p->target) && p->target ? HEARD : tell(p, OVER, "% Bad IP address");
    case ASK_REPEAT:
        return number(p, text, 1, 2147483647, &p->repeat);
    case ASK_SIZE:
        return number(p, text, PROBE_MIN, PROBE_MAX, &p->size);
    case ASK_TIMEOUT:
        return number(p, text, 0, 3600, &p->timeout_s);
    case ASK_EXTENDED:
        return yes_no(p, text, &p->extended);
    case ASK_SOURCE:
        p->source = *text ? source_of(p->s, text) : 0;
        return !*text || p->source ? HEARD : tell(p, AGAIN, bad_source);
    case ASK_TOS:
        heard = number(p, text, 0, 255, &v);
        p->tos = (uint8_t)v;
        return heard;
    case ASK_DF:
        return yes_no(p, text, &p->df);
    case ASK_VALIDATE:
        return yes_no(p, text, &ignored);
    case ASK_PATTERN:
        v = p->pattern;
        heard = number(p, text, 0, 0xffff, &v);
        p->pattern = (uint16_t)v;
        return heard;
    case ASK_OPTIONS:
        return options(p, text);
    case ASK_SWEEP:
        return yes_no(p, text, &p->sweep);
    case ASK_SWEEP_MIN:
        return number(p, text, PROBE_MIN, PROBE_MAX, &p->sweep_min);
    case ASK_SWEEP_MAX:
        return number(p, text, p->sweep_min, PROBE_MAX, &p->sweep_max);
    case ASK_SWEEP_STEP:
        return number(p, text, 1, PROBE_MAX, &p->sweep_step);
    case ASK_NOTHING:
        break;
    }
    return OVER;
}

static enum question after(const struct ios_ping *p)
{
    if (p->asking == ASK_EXTENDED && !p->extended)
        return ASK_SWEEP;
    if (p->asking == ASK_SWEEP && !p->sweep)
        return ASK_NOTHING;
    return p->asking + 1;
}

void ios_ping_answer(struct ios *s, const char *line)
{
    struct ios_ping *p = s->ping;
    g_autoptr(GString) echo = g_string_new(NULL);
    g_autofree char *text = g_strstrip(g_strdup(line));
    ios_ping_prompt(s, echo);
    g_string_append(echo, line);
    device_print(s->d, CONSOLE_ECHO, echo->str);
    switch (hear(p, text)) {
    case AGAIN:
        return;
    case OVER:
        ios_ping_clear(s);
        device_busy(s->d, false);
        return;
    case HEARD:
        p->asking = after(p);
        if (p->asking == ASK_NOTHING)
            start(p);
    }
}
