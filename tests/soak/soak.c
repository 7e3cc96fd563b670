/* The soak: many weeks of simulated life of a hub and its spokes, each from its own seed, with
 * faults every few minutes and a calm at the end. Prints what was run and every violation with its
 * seed and time; exit code 1 when there was one.
 *
 *   soak [--spokes 10] [--days 7] [--seeds 10] [--from 1] [-j 2] [--write FILE]
 *
 * Demanded of every run: each expectation of the plan (no ping is lost once the longest timer has
 * passed in calm; where lifetimes of phase 1 differ, each tunnel comes back within it), the
 * property rules and invariants that every run is checked for, no outbound SA without its partner
 * at the end, no more SAs than tunnels need, and ESP that balances: what was sealed was sent or
 * dropped for a reason, and what arrived was accepted or dropped for a reason.
 */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scenario/scenario.h"
#include "soak.h"

static struct {
    int spokes, days, seeds, jobs;
    gint64 from;
    char *write;
} opt = {10, 7, 10, 2, 1, NULL};

/* What a run adds to the sum; whole over a pipe. */
struct outcome {
    uint64_t seed, events, pings, answered, sas, esp, violations;
    unsigned faults;
};

/* ---- ESP on its way ---- */

struct books { /* of one node */
    struct device *device;
    uint64_t sealed, sent, not_sent;     /* esp_out; link_tx; dropped before the link */
    uint64_t arrived, accepted, refused; /* link_rx; esp_in; dropped for a reason */
};
struct watch {
    struct books *books; /* by device of the world */
    size_t n;
    uint64_t created;
};

static bool is_esp(struct span frame)
{
    return frame.n >= IP4_HEAD && frame.p[9] == IPPROTO_NUM_ESP;
}

/* Reasons that come after link_tx, or after esp_drop. */
static bool counted_elsewhere(enum drop_reason why)
{
    switch (why) {
    case DROP_LINK_LOSS:
    case DROP_LINK_MATCH:
    case DROP_LINK_BLACKHOLE:
    case DROP_LINK_QUEUE:
    case DROP_LINK_MTU:
    case DROP_LINK_NO_NEIGHBOR:
    case DROP_ESP_SHORT:
    case DROP_ESP_NO_SPI:
    case DROP_ESP_REPLAY:
    case DROP_ESP_ICV:
    case DROP_ESP_PAD:
    case DROP_ESP_INNER:
    case DROP_ESP_PROXY:
    case DROP_ESP_SEQ_WRAP:
        return true;
    default:
        return false;
    }
}

static void on_drop(struct books *b, const struct ev_pkt_drop *d)
{
    if (d->protocol != IPPROTO_NUM_ESP || counted_elsewhere(d->why))
        return;
    if (net_if_by_addr(b->device->node, d->dst) || d->why != DROP_LINK_DOWN)
        b->refused += d->why != DROP_LINK_DOWN; /* at a link that is down it did not arrive */
    else
        b->not_sent++;
}

static void on_event(void *self, const struct trace_event *e)
{
    struct books *b = self;
    switch (e->id) {
    case EV_esp_out:
        b->sealed++;
        break;
    case EV_link_tx:
        b->sent += is_esp(((const struct ev_link_tx *)e->data)->frame);
        break;
    case EV_link_rx:
        b->arrived += is_esp(((const struct ev_link_rx *)e->data)->frame);
        break;
    case EV_esp_in:
        b->accepted++;
        break;
    case EV_esp_drop:
        b->refused += ((const struct ev_esp_drop *)e->data)->why != DROP_ESP_SEQ_WRAP;
        break;
    default:
        on_drop(b, e->data);
        break;
    }
}

static void watch_begin(struct watch *v, struct world *w)
{
    static const enum trace_id wanted[] = {EV_esp_out, EV_link_tx,  EV_link_rx,
                                           EV_esp_in,  EV_esp_drop, EV_pkt_drop};
    struct trace_mask mask = {0};
    for (size_t i = 0; i < G_N_ELEMENTS(wanted); i++)
        trace_mask_add(&mask, wanted[i]);
    v->n = 0;
    v->books = g_new0(struct books, world_device_count(w));
    for (size_t i = 0; i < world_device_count(w); i++) {
        struct device *d = world_device_at(w, i);
        if (!d->kind->has_crypto)
            continue;
        v->books[v->n].device = d;
        trace_subscribe(world_trace(w), d->scope, &mask, on_event, &v->books[v->n++]);
    }
}

/* ---- Demands ---- */

struct run {
    const struct plan *plan;
    struct outcome *out;
};

static void violation(struct run *r, const char *what)
{
    r->out->violations++;
    printf("seed %" G_GUINT64_FORMAT ": %s\n", (guint64)r->out->seed, what);
}

static void tell(struct run *r, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void tell(struct run *r, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    violation(r, text);
}

static void judge_verdicts(struct run *r, struct world *w)
{
    const GPtrArray *all = world_verdicts(w);
    for (guint i = 0; i < all->len; i++) {
        const struct verdict *v = all->pdata[i];
        if (v->state != VERDICT_PASSED)
            tell(r, "at %" G_GINT64_FORMAT " s: %s: %s", (gint64)(v->at / SECONDS(1)), v->name,
                 v->detail ? v->detail : "not reached");
    }
}

/* A tunnel needs a pair, and during a rekey two; the same of phase 1. */
static void judge_leaks(struct run *r, struct world *w, const struct books *b)
{
    struct device *d = b->device;
    unsigned tunnels = strcmp(d->name, "hub") == 0 ? r->plan->spokes : 1;
    size_t esp = d->ipsec ? sad_count(ipsec_sad(d->ipsec)) : 0;
    size_t ike = d->ike ? ike_sa_count(d->ike) : 0;
    if (esp > tunnels * 4)
        tell(r, "%s ends with %zu ESP SAs for %u tunnels", d->name, esp, tunnels);
    if (ike > tunnels * 3)
        tell(r, "%s ends with %zu ISAKMP SAs for %u tunnels", d->name, ike, tunnels);
}

static void judge_books(struct run *r, const struct books *b)
{
    if (b->sealed != b->sent + b->not_sent)
        tell(r,
             "%s: %" G_GUINT64_FORMAT " packets sealed, %" G_GUINT64_FORMAT
             " sent, %" G_GUINT64_FORMAT " dropped before the link",
             b->device->name, (guint64)b->sealed, (guint64)b->sent, (guint64)b->not_sent);
    if (b->arrived != b->accepted + b->refused)
        tell(r,
             "%s: %" G_GUINT64_FORMAT " ESP packets arrived, %" G_GUINT64_FORMAT
             " accepted, %" G_GUINT64_FORMAT " refused",
             b->device->name, (guint64)b->arrived, (guint64)b->accepted, (guint64)b->refused);
}

static void count_pings(void *self, const struct trace_event *e)
{
    struct outcome *out = self;
    *(e->id == EV_traffic_tx ? &out->pings : &out->answered) += 1;
}

static void play(struct run *r, struct world *w)
{
    struct watch v;
    struct trace_mask pings = {0};
    char *why = NULL;
    trace_mask_add(&pings, EV_traffic_tx);
    trace_mask_add(&pings, EV_traffic_rx);
    trace_subscribe(world_trace(w), NULL, &pings, count_pings, r->out);
    watch_begin(&v, w);
    enum world_end end = world_run(w, &why);
    if (end != WORLD_DONE)
        tell(r, "stopped: %s", why ? why : "?");
    judge_verdicts(r, w);
    if (r->plan->alike && world_alone(w))
        tell(r, "%zu outbound SAs have no partner at the end", world_alone(w));
    for (size_t i = 0; i < v.n; i++) {
        uint64_t made;
        judge_leaks(r, w, &v.books[i]);
        judge_books(r, &v.books[i]);
        trace_counter_get(v.books[i].device->scope, "ipsec.sa.created", &made);
        r->out->sas += made;
        r->out->esp += v.books[i].sealed;
    }
    r->out->events = sim_events(world_sim(w));
    g_free(why);
    g_free(v.books);
}

static struct outcome soak_one(uint64_t seed)
{
    struct outcome out = {.seed = seed};
    struct plan *p = plan_new(seed, (unsigned)opt.spokes, SECONDS(86400) * opt.days);
    struct run r = {p, &out};
    g_autoptr(GError) error = NULL;
    out.faults = p->faults;
    struct scenario *s = scenario_from_text("soak.yml", p->text->str, p->text->len, &error);
    struct world *w = s ? world_new(s, &(struct world_options){0}, &error) : NULL;
    if (w)
        play(&r, w);
    else
        tell(&r, "%s", error->message);
    world_free(w);
    scenario_free(s);
    plan_free(p);
    fflush(stdout);
    return out;
}

/* ---- Workers ---- */

struct worker {
    pid_t pid;
    int fd;
};

static void work(int fd, int first)
{
    for (int i = first; i < opt.seeds; i += opt.jobs) {
        struct outcome out = soak_one((uint64_t)opt.from + (uint64_t)i);
        if (write(fd, &out, sizeof out) != sizeof out)
            _exit(3);
    }
    _exit(0);
}

static bool worker_start(struct worker *w, int first)
{
    int ends[2];
    if (pipe(ends) != 0)
        return false;
    w->pid = fork();
    if (w->pid == 0) {
        close(ends[0]);
        work(ends[1], first);
    }
    close(ends[1]);
    w->fd = ends[0];
    return w->pid > 0;
}

static void report(const struct outcome *sum, unsigned runs, unsigned failed)
{
    printf("%u runs of %d days with %d spokes: %.1f simulated years, %u faults, %" G_GUINT64_FORMAT
           " SAs, %" G_GUINT64_FORMAT " pings (%" G_GUINT64_FORMAT " answered), %" G_GUINT64_FORMAT
           " ESP packets, %.1f million events\n",
           runs, opt.days, opt.spokes, (double)runs * opt.days / 365.25, sum->faults,
           (guint64)sum->sas, (guint64)sum->pings, (guint64)sum->answered, (guint64)sum->esp,
           (double)sum->events / 1e6);
    printf("%" G_GUINT64_FORMAT " violations in %u runs\n", (guint64)sum->violations, failed);
}

static int soak(void)
{
    g_autofree struct worker *workers = g_new0(struct worker, (gsize)opt.jobs);
    struct outcome sum = {0}, one;
    unsigned runs = 0, failed = 0;
    bool broke = false;
    fflush(stdout);
    for (int i = 0; i < opt.jobs; i++)
        if (!worker_start(&workers[i], i))
            return 3;
    for (int i = 0; i < opt.jobs; i++) {
        int status = 0;
        while (read(workers[i].fd, &one, sizeof one) == sizeof one) {
            runs++;
            failed += one.violations > 0;
            sum.faults += one.faults;
            sum.events += one.events;
            sum.pings += one.pings;
            sum.answered += one.answered;
            sum.sas += one.sas;
            sum.esp += one.esp;
            sum.violations += one.violations;
        }
        waitpid(workers[i].pid, &status, 0);
        broke |= status != 0;
    }
    report(&sum, runs, failed);
    if (broke || runs != (unsigned)opt.seeds)
        printf("a worker died: %u of %d runs were finished\n", runs, opt.seeds);
    return broke || failed || runs != (unsigned)opt.seeds;
}

static int write_plan(void)
{
    struct plan *p = plan_new((uint64_t)opt.from, (unsigned)opt.spokes, SECONDS(86400) * opt.days);
    g_autoptr(GError) error = NULL;
    bool ok = g_file_set_contents(opt.write, p->text->str, (gssize)p->text->len, &error);
    if (!ok)
        fprintf(stderr, "soak: %s\n", error->message);
    plan_free(p);
    return ok ? 0 : 2;
}

int main(int argc, char **argv)
{
    static const GOptionEntry entries[] = {
        {"spokes", 0, 0, G_OPTION_ARG_INT, &opt.spokes, "around the hub (10)", "N"},
        {"days", 0, 0, G_OPTION_ARG_INT, &opt.days, "of simulated life a run (7)", "N"},
        {"seeds", 0, 0, G_OPTION_ARG_INT, &opt.seeds, "how many runs (10)", "N"},
        {"from", 0, 0, G_OPTION_ARG_INT64, &opt.from, "the first seed (1)", "SEED"},
        {"jobs", 'j', 0, G_OPTION_ARG_INT, &opt.jobs, "at a time (2)", "N"},
        {"write", 0, 0, G_OPTION_ARG_FILENAME, &opt.write,
         "only write the scenario of the first seed, for `vpnsim run`", "FILE"},
        {NULL, 0, 0, 0, NULL, NULL, NULL},
    };
    g_autoptr(GError) error = NULL;
    GOptionContext *c = g_option_context_new("- a hub, its spokes, and faults for days");
    g_option_context_add_main_entries(c, entries, NULL);
    bool ok = g_option_context_parse(c, &argc, &argv, &error);
    g_option_context_free(c);
    if (!ok || argc > 1 || opt.spokes < 1 || opt.spokes > 200 || opt.days < 1 || opt.days > 60 ||
        opt.seeds < 1 || opt.jobs < 1 || opt.jobs > 64) {
        fprintf(stderr, "soak: %s (--help)\n", error ? error->message : "a number is out of range");
        return 2;
    }
    return opt.write ? write_plan() : soak();
}
