/* Simulated time kept with the wall clock, one to one: it is moved on to now before anything from
 * outside is let in, and whenever an event of the simulation is due. How late that happens is the
 * lag, measured where it shows: events run after their time, frames waiting in the kernel, and
 * packets that leave later than the simulation says. */
#include <errno.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "attach.h"
#include "base/text.h"
#include "scenario/units.h"

#define FRAMES_AT_ONCE 64 /* of one interface, before the others have their turn */
#define LONGEST_NAP    SECONDS(1)
#define GRACE          MILLISECONDS(250) /* for the last deletes, on top of the links' own delay */
#define GRACE_MAX      SECONDS(5)

struct binding {
    struct attach *a;
    struct attach_host *host;
    struct attach_port *port;
    uint64_t *spoilt, *overrun; /* counters */
    guint watch;
};
struct attach {
    struct world *w;
    struct sim *sim;
    struct attach_options options;
    GPtrArray *bindings; /* struct binding */
    GMainLoop *loop;
    int alarm; /* timerfd */
    struct timespec began;
    sim_time stop_at; /* SIM_TIME_MAX = none */
    bool closing;     /* the world is judged; what is left is to say goodbye */
    struct attach_result result;
    sim_time over_seen; /* up to when time above the limit is counted */
    GHashTable *shown;  /* scopes whose console is shown */
};

/* ---- The clock ---- */

static sim_time wall(const struct attach *a)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return SECONDS(t.tv_sec - a->began.tv_sec) + (t.tv_nsec - a->began.tv_nsec);
}

/* Something of the instant `due` happens at `now`. Stretches of lateness may overlap; each moment
 * of them counts once. */
static void note_lag(struct attach *a, sim_time due, sim_time now)
{
    sim_time lag = now - due, from = MAX(due + a->options.max_lag, a->over_seen);
    if (a->closing)
        return;
    a->result.max_lag = MAX(a->result.max_lag, lag);
    if (lag <= a->options.max_lag || from >= now)
        return;
    a->result.over_lag += now - from;
    a->over_seen = now;
}

static void stop(struct attach *a)
{
    if (g_main_loop_is_running(a->loop))
        g_main_loop_quit(a->loop);
}

static void advance(struct attach *a, sim_time to)
{
    sim_time due = sim_next(a->sim);
    if (a->result.end != WORLD_DONE || to < sim_now(a->sim))
        return;
    if (due <= to)
        note_lag(a, due, to);
    g_clear_pointer(&a->result.why, g_free);
    a->result.end = world_advance(a->w, to, &a->result.why);
    if (a->result.end != WORLD_DONE)
        stop(a);
}

/* Moves simulated time to now, or to the end when that has come. */
static void catch_up(struct attach *a)
{
    advance(a, MIN(wall(a), a->stop_at));
    if (sim_now(a->sim) >= a->stop_at)
        stop(a);
}

static void set_alarm(struct attach *a)
{
    sim_time at = MIN(MIN(sim_next(a->sim), a->stop_at), wall(a) + LONGEST_NAP);
    at = MAX(at, 0) + SECONDS(a->began.tv_sec) + a->began.tv_nsec;
    struct itimerspec t = {.it_value = {at / SECONDS(1), at % SECONDS(1)}};
    timerfd_settime(a->alarm, TFD_TIMER_ABSTIME, &t, NULL);
}

static gboolean alarm_rang(gint fd, GIOCondition condition, gpointer self)
{
    struct attach *a = self;
    uint64_t times;
    if (read(fd, &times, sizeof times) < 0 && errno != EAGAIN)
        g_warning("timer: %s", g_strerror(errno));
    catch_up(a);
    set_alarm(a);
    return G_SOURCE_CONTINUE;
}

/* ---- Frames ---- */

static int frame_out(void *self, struct span frame)
{
    struct binding *b = self;
    note_lag(b->a, sim_now(b->a->sim), wall(b->a));
    return attach_host_send(b->host, frame);
}

static void lost(struct binding *b, GError *error)
{
    struct attach *a = b->a;
    fprintf(stderr, "vpnsim attach: %s\n", error->message);
    sim_note(attach_port_scope(b->port), "%s", error->message);
    if (!a->result.lost)
        a->result.lost = g_strdup(error->message);
    b->watch = 0;
    stop(a);
}

static gboolean frames_wait(gint fd, GIOCondition condition, gpointer self)
{
    struct binding *b = self;
    struct attach *a = b->a;
    g_autoptr(GError) error = NULL;
    int got = 1;
    for (int i = 0; got > 0 && i < FRAMES_AT_ONCE && a->result.end == WORLD_DONE; i++) {
        struct attach_meta meta;
        uint8_t *frame;
        size_t n;
        sim_time waited;
        got = attach_host_read(b->host, &frame, &n, &meta, &waited, b->spoilt, &error);
        catch_up(a);
        if (got <= 0)
            break;
        if (sim_now(a->sim) - waited >= 0) /* older ones came before the beginning */
            note_lag(a, sim_now(a->sim) - waited, sim_now(a->sim));
        attach_port_input(b->port, frame, n, &meta);
    }
    catch_up(a);
    set_alarm(a);
    if (got >= 0)
        return G_SOURCE_CONTINUE;
    lost(b, error);
    return G_SOURCE_REMOVE;
}

/* ---- Binding ---- */

static bool known_link(struct attach *a, const char *name, struct net_link **l, GError **error)
{
    struct net *net = world_net(a->w);
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    *l = net_link_by_name(net, name);
    if (*l)
        return true;
    for (size_t i = 0; i < net_link_count(net); i++)
        g_ptr_array_add(names, (void *)net_link_name(net_link_at(net, i)));
    const char *near = text_nearest(name, (const char *const *)names->pdata, names->len);
    g_ptr_array_add(names, NULL);
    g_autofree char *all = g_strjoinv(", ", (char **)names->pdata);
    g_autofree char *hint = near ? g_strdup_printf("did you mean \"%s\"?", near)
                                 : g_strdup_printf("there are: %s", all);
    g_set_error(error, ATTACH_ERROR, ATTACH_ERROR_USAGE, "the scenario has no link \"%s\"; %s",
                name, hint);
    return false;
}

/* Linux answers ARP for its addresses on every interface of the namespace, so a simulated address
 * must be nowhere in it. */
static bool addresses_are_free(struct net_link *l, GError **error)
{
    for (uint32_t k = 0; k < net_link_ends(l); k++) {
        const struct net_if *i = net_link_end(l, k);
        g_autofree char *owner = attach_host_owner(i->addr);
        if (owner) {
            g_set_error(
                error, ATTACH_ERROR, ATTACH_ERROR_USAGE,
                "the kernel has %s, the address of %s:%s, on %s of this namespace and would "
                "answer for it; remove it, or bind from another namespace",
                IP4S(i->addr), net_node_name(i->node), i->name, owner);
            return false;
        }
    }
    return true;
}

static void warn_about_kernel(const struct attach_host *h)
{
    const char *name = attach_host_name(h);
    g_autofree char *address = attach_host_is_ethernet(h) ? attach_host_address(name) : NULL;
    if (address)
        fprintf(stderr,
                "vpnsim attach: the kernel has %s on %s and will answer there, too; remove it "
                "(ip addr flush dev %s)\n",
                address, name, name);
}

bool attach_bind(struct attach *a, const char *binding, GError **error)
{
    const char *equals = strchr(binding, '=');
    struct net_link *l;
    if (!equals || equals == binding || !equals[1]) {
        g_set_error(error, ATTACH_ERROR, ATTACH_ERROR_USAGE,
                    "--link is NAME=IFACE, for example outside=veth0; not \"%s\"", binding);
        return false;
    }
    g_autofree char *name = g_strndup(binding, (gsize)(equals - binding));
    if (!known_link(a, name, &l, error) || !addresses_are_free(l, error))
        return false;
    struct attach_host *host = attach_host_open(equals + 1, error);
    if (!host)
        return false;
    struct binding *b = g_new0(struct binding, 1);
    b->a = a;
    b->host = host;
    g_ptr_array_add(a->bindings, b);
    b->port = attach_port_new(l, attach_host_name(host), attach_host_is_ethernet(host), frame_out,
                              b, error);
    if (!b->port)
        return false;
    b->spoilt = trace_counter(attach_port_scope(b->port), "attach.drop.spoilt");
    b->overrun = trace_counter(attach_port_scope(b->port), "attach.drop.overrun");
    warn_about_kernel(host);
    return true;
}

static void binding_free(void *self)
{
    struct binding *b = self;
    if (b->watch)
        g_source_remove(b->watch);
    attach_port_free(b->port);
    attach_host_close(b->host);
    g_free(b);
}

/* ---- Consoles on stderr, as they speak ---- */

static void console_spoke(void *self, const struct trace_event *e)
{
    struct attach *a = self;
    const struct ev_console *line = e->data;
    if (!a->shown || g_hash_table_contains(a->shown, e->scope->name))
        fprintf(stderr, "%s| %s\n", e->scope->name, line->text);
}

static void show_consoles(struct attach *a)
{
    struct trace_mask mask = {0};
    if (!a->options.consoles)
        return;
    if (!g_strv_contains((const char *const *)a->options.consoles, "all")) {
        a->shown = g_hash_table_new(g_str_hash, g_str_equal);
        for (char **c = a->options.consoles; *c; c++)
            g_hash_table_add(a->shown, *c);
    }
    trace_mask_add(&mask, EV_console);
    trace_subscribe(world_trace(a->w), NULL, &mask, console_spoke, a);
}

/* ---- The run ---- */

struct attach *attach_new(struct world *w, const struct attach_options *options)
{
    struct attach *a = g_new0(struct attach, 1);
    a->w = w;
    a->sim = world_sim(w);
    a->options = *options;
    a->bindings = g_ptr_array_new_with_free_func(binding_free);
    a->loop = g_main_loop_new(NULL, FALSE);
    a->alarm = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    show_consoles(a);
    return a;
}

void attach_free(struct attach *a)
{
    if (!a)
        return;
    trace_unsubscribe(world_trace(a->w), console_spoke, a);
    g_ptr_array_unref(a->bindings);
    g_main_loop_unref(a->loop);
    close(a->alarm);
    if (a->shown)
        g_hash_table_unref(a->shown);
    g_free(a);
}

static void begin(struct attach *a)
{
    g_autoptr(GString) who = g_string_new(NULL);
    for (guint i = 0; i < a->bindings->len; i++) {
        struct binding *b = a->bindings->pdata[i];
        attach_port_describe(b->port, who);
        b->watch =
            g_unix_fd_add(attach_host_fd(b->host), G_IO_IN | G_IO_ERR | G_IO_HUP, frames_wait, b);
    }
    if (!a->options.quiet)
        fputs(who->str, stderr);
    puts("READY");
    fflush(stdout);
    clock_gettime(CLOCK_MONOTONIC, &a->began);
    for (guint i = 0; i < a->bindings->len; i++)
        attach_port_announce(((struct binding *)a->bindings->pdata[i])->port);
    set_alarm(a);
}

/* Every SA ends here and its peer is told: ESP first, under the protection of the IKE SAs. Traffic
 * that still comes begins nothing new: nobody would be there to end it. */
static void say_goodbye(struct attach *a)
{
    for (size_t i = 0; i < world_device_count(a->w); i++) {
        struct device *d = world_device_at(a->w, i);
        if (device_is_down(d))
            continue;
        if (d->ipsec)
            ipsec_clear(d->ipsec, &(struct ipsec_clear_what){0}, WHY_ADMIN);
        if (d->ike)
            ike_clear(d->ike, 0, WHY_ADMIN);
        if (d->ike_conf)
            d->ike_conf->enabled = false;
    }
}

/* What the deletes need to get out: the slowest way through all links. */
static sim_time grace(struct attach *a)
{
    struct net *net = world_net(a->w);
    sim_time sum = GRACE;
    for (size_t i = 0; i < net_link_count(net); i++) {
        struct net_link *l = net_link_at(net, i);
        sim_time slowest = 0;
        for (uint32_t e = 0; e < net_link_ends(l); e++) {
            const struct net_impair *im = net_link_impairment(l, e);
            slowest = MAX(slowest, im->delay + im->jitter);
        }
        sum = MIN(sum + MIN(slowest, GRACE_MAX), GRACE_MAX);
    }
    return sum;
}

static gboolean told_to_stop(gpointer self)
{
    stop(self);
    return G_SOURCE_CONTINUE;
}

static void finish(struct attach *a)
{
    for (guint i = 0; i < a->bindings->len; i++) {
        struct binding *b = a->bindings->pdata[i];
        *b->overrun += attach_host_overrun(b->host);
    }
    if (!a->result.lost)
        catch_up(a);
    a->result.attached = sim_now(a->sim);
    world_close(a->w, a->result.end);
    a->closing = true;
    if (a->result.end != WORLD_DONE)
        return;
    say_goodbye(a);
    a->stop_at = sim_now(a->sim) + grace(a);
    catch_up(a);
    set_alarm(a);
    if (sim_now(a->sim) < a->stop_at)
        g_main_loop_run(a->loop);
}

void attach_run(struct attach *a, struct attach_result *out)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    guint sources[G_N_ELEMENTS(signals)];
    for (size_t i = 0; i < G_N_ELEMENTS(signals); i++)
        sources[i] = g_unix_signal_add(signals[i], told_to_stop, a);
    guint alarm = g_unix_fd_add(a->alarm, G_IO_IN, alarm_rang, a);
    a->stop_at = a->options.for_time ? a->options.for_time : SIM_TIME_MAX;
    a->over_seen = 0;
    begin(a);
    g_main_loop_run(a->loop);
    finish(a);
    g_source_remove(alarm);
    for (size_t i = 0; i < G_N_ELEMENTS(signals); i++)
        g_source_remove(sources[i]);
    *out = a->result;
    a->result.why = a->result.lost = NULL;
}
