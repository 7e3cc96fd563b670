/* Messages over a TCP connection: a transfer as fast as it goes, or a dialogue on a clock.
 *
 * One end writes messages, the other reads them and, when the flow is a dialogue, answers each. The
 * end that opens the connection is `from`; who writes is the flow's choice. A writer hands over no
 * more than a socket's buffer would hold, so what was sent and not received is what was lost. */
#include "apps_priv.h"

#define BUFFER (128u << 10) /* bytes handed over and not acknowledged */

struct end {
    struct traffic_tcp *app;
    struct net_tcp *c; /* NULL before it is open and after it has ended */
    struct trace_scope *scope;
    bool open, failed, damaged;
};
struct traffic_tcp {
    struct traffic *t;
    struct end from, to;
    struct end *writer, *reader;
    uint64_t written, acked, read; /* bytes of messages */
    uint64_t complete;             /* messages read */
    uint64_t answered;             /* bytes of replies that came back */
    uint64_t last_complete;        /* messages whose reply is here */
    GArray *sent_at;               /* sim_time of messages that are not received */
    guint first;                   /* of those, the oldest */
    struct sim_timer patience;
    bool stopped; /* no message follows */
    bool listens;
};

/* The same for everybody: FNV-1a of the flow's name. */
static uint64_t key_of(const char *name)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (; *name; name++)
        h = (h ^ (uint8_t)*name) * UINT64_C(0x100000001b3);
    return h;
}

/* ---- Patience: of the one who opened it ---- */

static bool waits(const struct traffic_tcp *a)
{
    if (!a->from.open || a->reader == &a->from)
        return true;
    return a->acked < a->written || (a->t->spec.reply && a->last_complete < a->t->tally.sent);
}

static void moved(struct traffic_tcp *a)
{
    if (a->t->spec.give_up > 0 && a->from.c)
        sim_timer_arm_in(&a->patience, a->t->spec.give_up);
}

static void patience_over(void *owner)
{
    struct traffic_tcp *a = owner;
    if (!a->from.c)
        return;
    if (!waits(a)) {
        moved(a);
        return;
    }
    struct net_tcp *c = a->from.c;
    a->from.c = NULL;
    a->from.failed = true;
    net_tcp_abort(c);
    sim_timer_disarm(&a->t->timer);
    traffic_lost(a->t, a->from.scope, a->complete + 1, "gave-up");
}

/* ---- Writing ---- */

static uint32_t size_of_next(const struct traffic_tcp *a)
{
    const struct traffic_spec *s = &a->t->spec;
    return s->bytes ? (uint32_t)MIN(s->size, s->bytes - a->written) : s->size;
}

static bool all_written(const struct traffic_tcp *a)
{
    const struct traffic_spec *s = &a->t->spec;
    return a->stopped || (s->count && a->t->tally.sent >= s->count) ||
           (s->bytes && a->written >= s->bytes);
}

/* The writer closes behind its last message, in a dialogue when the last reply is here. */
static void close_when_done(struct traffic_tcp *a)
{
    bool replies = a->t->spec.reply && a->last_complete < a->t->tally.sent;
    if (a->writer->c && a->writer->open && all_written(a) && !replies)
        net_tcp_close(a->writer->c);
}

/* Notes one more message; 0 when none may be written. The bytes are handed over by the caller, all
 * at once, as by one write of a large buffer. */
static uint32_t write_one(struct traffic_tcp *a)
{
    struct traffic *t = a->t;
    sim_time now = sim_now(t->sim);
    if (!a->writer->c || !a->writer->open || all_written(a) || a->written - a->acked >= BUFFER)
        return 0;
    uint32_t n = size_of_next(a);
    a->written += n;
    t->tally.sent++;
    g_array_append_val(a->sent_at, now);
    TRACE(a->writer->scope, traffic_tx, .flow = t->name, .number = t->tally.sent, .bytes = n);
    return n;
}

static void write_all(struct traffic_tcp *a)
{
    uint64_t all = 0;
    for (uint32_t n; a->t->spec.every == 0 && (n = write_one(a)) > 0;)
        all += n;
    if (all > 0)
        net_tcp_send(a->writer->c, all);
    close_when_done(a);
}

/* ---- Reading ---- */

static void received(struct traffic_tcp *a, struct end *where, uint64_t number, uint32_t bytes)
{
    sim_time sent = g_array_index(a->sent_at, sim_time, a->first++);
    if (a->first > 256 && a->first * 2 > a->sent_at->len) {
        g_array_remove_range(a->sent_at, 0, a->first);
        a->first = 0;
    }
    traffic_heard(a->t, where->scope, number, bytes, sim_now(a->t->sim) - sent);
}

static bool message_complete(const struct traffic_tcp *a)
{
    const struct traffic_spec *s = &a->t->spec;
    uint64_t end = (a->complete + 1) * s->size;
    return a->complete < a->t->tally.sent && a->read >= (s->bytes ? MIN(end, s->bytes) : end);
}

static void read_messages(struct traffic_tcp *a)
{
    const struct traffic_spec *s = &a->t->spec;
    while (message_complete(a)) {
        uint64_t before = a->complete++ * s->size;
        uint32_t n = s->bytes ? (uint32_t)MIN(s->size, s->bytes - before) : s->size;
        if (s->reply == 0)
            received(a, a->reader, a->complete, n);
        else if (a->reader->c)
            net_tcp_send(a->reader->c, s->reply);
    }
}

static void read_replies(struct traffic_tcp *a)
{
    while (a->last_complete < a->complete &&
           a->answered >= (a->last_complete + 1) * a->t->spec.reply)
        received(a, a->writer, ++a->last_complete, a->t->spec.reply);
    close_when_done(a);
}

/* ---- What the connection tells ---- */

static void on_open(void *self, struct net_tcp *c)
{
    struct end *e = self;
    e->open = true;
    moved(e->app);
    if (e != e->app->writer)
        return;
    write_all(e->app);
    if (e->app->t->spec.every > 0 && !sim_timer_armed(&e->app->t->timer))
        sim_timer_arm_in(&e->app->t->timer, 0);
}

static void on_data(void *self, struct net_tcp *c, uint64_t offset, uint64_t n)
{
    struct end *e = self;
    struct traffic_tcp *a = e->app;
    struct net_tcp_info info;
    net_tcp_info(c, &info);
    if (info.wrong > 0 && !e->damaged) {
        e->damaged = true;
        traffic_lost(a->t, e->scope, a->complete + 1, "damaged");
    }
    if (e == &a->from)
        moved(a);
    if (e == a->reader) {
        a->read = offset + n;
        read_messages(a);
    } else {
        a->answered = offset + n;
        read_replies(a);
    }
}

static void on_acked(void *self, struct net_tcp *c, uint64_t total)
{
    struct end *e = self;
    if (e == &e->app->from)
        moved(e->app);
    if (e == e->app->writer) {
        e->app->acked = total;
        write_all(e->app);
    }
}

static void on_fin(void *self, struct net_tcp *c)
{
    struct end *e = self;
    if (e == &e->app->from)
        moved(e->app);
    net_tcp_close(c);
}

static void on_end(void *self, struct net_tcp *c, enum net_tcp_end why)
{
    struct end *e = self;
    struct traffic_tcp *a = e->app;
    e->c = NULL;
    e->open = false;
    if (e == &a->from)
        sim_timer_disarm(&a->patience);
    if (e == a->writer)
        sim_timer_disarm(&a->t->timer);
    if (why != NET_TCP_END_CLOSED && !e->failed) {
        e->failed = true;
        traffic_lost(a->t, e->scope, a->complete + 1, net_tcp_end_name(why));
    }
}

static const struct net_tcp_calls calls_of_end = {on_open, on_data, on_acked, on_fin, on_end};

static bool accept_one(void *self, struct net_tcp *c, struct net_tcp_calls *calls, void **owner)
{
    struct traffic_tcp *a = self;
    if (a->to.c || a->to.failed)
        return false; /* one connection is what there is */
    a->to.c = c;
    *calls = calls_of_end;
    *owner = &a->to;
    return true;
}

/* ---- The flow's clock ---- */

static struct net_tcp_settings settings_of(const struct traffic *t, bool opener)
{
    const struct traffic_spec *s = &t->spec;
    return (struct net_tcp_settings){.flow = t->name,
                                     .key = key_of(t->name),
                                     .mss = s->mss,
                                     .window = opener ? s->window : s->window_to,
                                     .wscale = opener ? s->wscale : s->wscale_to,
                                     .tos = s->tos,
                                     .no_df = !s->df,
                                     .mss_deaf = s->ignore_mss && opener != s->download,
                                     .nodelay = s->every > 0,
                                     .tries = s->tries,
                                     .keepalive = s->keepalive};
}

static void connect_now(struct traffic_tcp *a)
{
    struct traffic *t = a->t;
    const struct traffic_spec *s = &t->spec;
    struct net_tcp_settings set = settings_of(t, true);
    a->from.c =
        net_tcp_connect(s->from, s->src, s->sport, s->dst, s->dport, &set, &calls_of_end, &a->from);
    if (!a->from.c) {
        a->from.failed = true;
        traffic_lost(t, t->scope, 1, "no-route");
        return;
    }
    moved(a);
    if (s->every == 0 && s->stop < SIM_TIME_MAX) /* the timer's next turn is the end */
        sim_timer_arm(&t->timer, MAX(s->stop, sim_now(t->sim)));
}

void traffic_tcp_tick(struct traffic *t)
{
    struct traffic_tcp *a = t->tcp;
    sim_time now = sim_now(t->sim);
    if (!a->from.c && !a->from.failed && !a->from.open) {
        connect_now(a);
        return;
    }
    if (t->spec.every == 0) {
        a->stopped = true;
        close_when_done(a);
        return;
    }
    uint64_t all = 0;
    for (uint32_t i = 0; i < t->spec.burst && now <= t->spec.stop; i++)
        all += write_one(a);
    if (all > 0)
        net_tcp_send(a->writer->c, all);
    a->stopped = now + t->spec.every > t->spec.stop;
    close_when_done(a);
    if (!all_written(a) && a->writer->c)
        sim_timer_arm_in(&t->timer, t->spec.every);
}

bool traffic_tcp_open(struct traffic *t, GError **error)
{
    struct traffic_spec *s = &t->spec;
    struct net_tcp_settings set = settings_of(t, false);
    struct traffic_tcp *a = t->tcp = g_new0(struct traffic_tcp, 1);
    a->t = t;
    a->from = (struct end){.app = a, .scope = net_node_scope(s->from)};
    a->to = (struct end){.app = a, .scope = net_node_scope(s->to)};
    a->writer = s->download ? &a->to : &a->from;
    a->reader = s->download ? &a->from : &a->to;
    a->sent_at = g_array_new(FALSE, FALSE, sizeof(sim_time));
    sim_timer_init(t->sim, &a->patience, patience_over, a);
    for (uint32_t port = s->dport ? s->dport : TRAFFIC_PORT;
         port <= (s->dport ? s->dport : TRAFFIC_PORT_LAST); port++)
        if (net_tcp_listen(s->to, (uint16_t)port, &set, accept_one, a)) {
            s->dport = (uint16_t)port;
            a->listens = true;
            return true;
        }
    g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                "traffic %s: TCP port %u of %s is taken", t->name, s->dport, net_node_name(s->to));
    return false; /* what there is goes with the flow */
}

void traffic_tcp_free(struct traffic *t)
{
    struct traffic_tcp *a = t->tcp;
    if (!a)
        return;
    t->tcp = NULL;
    if (a->from.c)
        net_tcp_forget(a->from.c);
    if (a->to.c)
        net_tcp_forget(a->to.c);
    if (a->listens)
        net_tcp_unlisten(t->spec.to, t->spec.dport);
    sim_timer_clear(&a->patience);
    g_array_unref(a->sent_at);
    g_free(a);
}
