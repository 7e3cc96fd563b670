/* The PIX kind listens and speaks: one subscription for the node's events, messages by severity to
 * the console and the buffer, debug lines to the console. What is remembered follows the events
 * whether debugs are on or not, because show uses the same numbers. */
#include "pix_log_priv.h"
#include "pix_ra.h"

#include <stdarg.h>
#include <string.h>

#define BUFFER_LINES 100 /* the buffer holds so many messages */

/* ---- Memory ---- */

struct pix_ike *pix_ike_of(const struct pix *s, ike_sa_id sa)
{
    for (guint i = 0; i < s->speech->ike->len; i++) {
        struct pix_ike *w = g_ptr_array_index(s->speech->ike, i);
        if (w->id == sa)
            return w;
    }
    return NULL;
}

struct pix_esp *pix_esp_of(const struct pix *s, esp_sa_id sa)
{
    for (guint i = 0; i < s->speech->esp->len; i++) {
        struct pix_esp *w = g_ptr_array_index(s->speech->esp, i);
        if (w->id == sa)
            return w;
    }
    return NULL;
}

static bool conn_is_used(const struct pix *s, uint32_t conn)
{
    for (guint i = 0; i < s->speech->esp->len; i++) {
        const struct pix_esp *w = g_ptr_array_index(s->speech->esp, i);
        if (w->conn == conn)
            return true;
    }
    return false;
}

uint32_t pix_conn_for_pair(struct pix *s, const struct ev_qm_install *e)
{
    struct pix_speech *w = s->speech;
    if (w->pair_conn && w->pair.spi_in == e->spi_in && w->pair.spi_out == e->spi_out)
        return w->pair_conn;
    w->pair = *e;
    w->pair_conn = 1;
    while (conn_is_used(s, w->pair_conn) || conn_is_used(s, w->pair_conn + 1))
        w->pair_conn += 2;
    return w->pair_conn;
}

/* "ISADB: reaper checking SA 0x80db91c8": ours is drawn from the node's name and the number, so
 * that runs repeat: FNV-1a, put where such addresses lie. */
static uint32_t handle_of(const struct pix *s, uint32_t number)
{
    uint32_t h = 2166136261u;
    for (const char *c = s->d->name; *c; c++)
        h = (h ^ (uint8_t)*c) * 16777619u;
    for (int shift = 0; shift < 32; shift += 8)
        h = (h ^ (number >> shift & 0xff)) * 16777619u;
    return 0x80000000u | (h & 0x00fffff8u);
}

static void remember_ike(struct pix *s, const struct ev_ike_sa_new *e)
{
    struct pix_ike *w = g_new0(struct pix_ike, 1);
    *w = (struct pix_ike){
        .id = e->sa,
        .number = s->speech->next_ike++,
        .handle = handle_of(s, e->sa),
        .local = e->local,
        .remote = e->remote,
        .role = e->role,
    };
    g_ptr_array_add(s->speech->ike, w);
}

static void remember_install(struct pix *s, const struct ev_qm_install *e)
{
    struct pix_ike *w = pix_ike_of(s, e->sa);
    pix_conn_for_pair(s, e);
    if (w)
        w->created++;
}

static void remember_esp(struct pix *s, const struct ev_ipsec_init_sas *e)
{
    const struct pix_speech *p = s->speech;
    uint32_t spi = e->inbound ? p->pair.spi_in : p->pair.spi_out;
    struct pix_esp *w = g_new0(struct pix_esp, 1);
    *w = (struct pix_esp){
        .id = e->sa,
        .conn = spi == e->spi ? p->pair_conn + (e->inbound ? 0 : 1) : 0,
        .spi = e->spi,
        .inbound = e->inbound,
        .local = e->local,
        .peer = e->remote,
        .local_net = e->local_net,
        .local_mask = e->local_mask,
        .remote_net = e->remote_net,
        .remote_mask = e->remote_mask,
    };
    g_ptr_array_add(s->speech->esp, w);
}

static const enum trace_id remembered[] = {
    EV_ike_rx,     EV_ike_sa_new,     EV_ike_state,     EV_ike_sa_gone,
    EV_qm_install, EV_ipsec_init_sas, EV_ipsec_sa_dead, EV_ipsec_validate,
};

static void remember(struct pix *s, const struct trace_event *t)
{
    if (t->id == EV_ike_rx) {
        const struct ev_ike_rx *e = t->data;
        s->speech->in_message = true;
        s->speech->informational = e->exchange == EXCHANGE_INFORMATIONAL;
    } else if (t->id == EV_ike_sa_new) {
        remember_ike(s, t->data);
    } else if (t->id == EV_qm_install) {
        remember_install(s, t->data);
    } else if (t->id == EV_ipsec_init_sas) {
        remember_esp(s, t->data);
    } else if (t->id == EV_ipsec_validate) {
        const struct ev_ipsec_validate *e = t->data;
        s->speech->asked = *e;
        s->speech->asked.map = NULL; /* lent */
        s->speech->have_asked = true;
    }
}

/* After the lines are out: they speak of the state before, and of SAs that are going. */
static void remember_after(struct pix *s, const struct trace_event *t)
{
    if (t->id == EV_ike_state) {
        const struct ev_ike_state *e = t->data;
        struct pix_ike *w = pix_ike_of(s, e->sa);
        if (w)
            w->state = e->new;
    } else if (t->id == EV_ike_sa_gone) {
        const struct ev_ike_sa_gone *e = t->data;
        pix_remote_gone(s, e->sa);
        g_ptr_array_remove(s->speech->ike, pix_ike_of(s, e->sa));
    } else if (t->id == EV_ipsec_sa_dead) {
        const struct ev_ipsec_sa_dead *e = t->data;
        g_ptr_array_remove(s->speech->esp, pix_esp_of(s, e->sa));
    }
}

/* ---- Messages ---- */

static void keep_in_buffer(struct pix *s, const char *text)
{
    GQueue *buffer = s->speech->buffer;
    g_queue_push_tail(buffer, g_strdup(text));
    if (buffer->length > BUFFER_LINES)
        g_free(g_queue_pop_head(buffer));
}

void pix_clear_buffer(struct pix *s)
{
    g_queue_clear_full(s->speech->buffer, g_free);
}

static bool is_silenced(const struct pix *s, uint32_t id)
{
    for (guint i = 0; i < s->silenced->len; i++)
        if (g_array_index(s->silenced, uint32_t, i) == id)
            return true;
    return false;
}

static void stamp(const struct pix *s, GString *out)
{
    struct vendor_clock t = vendor_clock_at(device_clock_ns(s->d));
    g_string_append_printf(out, "%s %02d %d %02d:%02d:%02d: ", vendor_month[t.month - 1], t.day,
                           t.year, t.hour, t.minute, t.second);
}

void pix_log(struct pix *s, int severity, uint32_t id, const char *format, ...)
{
    if (!s->logging || is_silenced(s, id))
        return;
    g_autoptr(GString) line = g_string_new(NULL);
    va_list args;
    if (s->stamp)
        stamp(s, line);
    g_string_append_printf(line, "%%PIX-%d-%06u: ", severity, id);
    va_start(args, format);
    g_string_append_vprintf(line, format, args);
    va_end(args);
    for (size_t i = 0; i < PIX_LOGS; i++)
        s->speech->logged[i] += severity <= s->level[i];
    if (severity <= s->level[PIX_LOG_BUFFERED])
        keep_in_buffer(s, line->str);
    if (severity <= s->level[PIX_LOG_CONSOLE])
        device_print(s->d, CONSOLE_LOG, line->str);
}

/* ---- Debug lines ---- */

#define SAY(s, flag, format)                                                                       \
    do {                                                                                           \
        if (!((s)->debug & (flag)))                                                                \
            return;                                                                                \
        va_list args;                                                                              \
        va_start(args, format);                                                                    \
        g_autofree char *text = g_strdup_vprintf(format, args);                                    \
        va_end(args);                                                                              \
        device_print((s)->d, CONSOLE_DEBUG, text);                                                 \
    } while (0)

void pix_say_isakmp(struct pix *s, const char *format, ...)
{
    SAY(s, PIX_DEBUG_ISAKMP, format);
}

void pix_say_ipsec(struct pix *s, const char *format, ...)
{
    SAY(s, PIX_DEBUG_IPSEC, format);
}

void pix_say_engine(struct pix *s, const char *format, ...)
{
    SAY(s, PIX_DEBUG_ENGINE, format);
}

void pix_message_begins(struct pix *s)
{
    struct pix_speech *w = s->speech;
    w->in_message = w->have_asked = false;
    w->ids = 0;
    w->status = PIX_STATUS_FINE;
}

/* Every message that was looked at ends with its status (DBG-11). */
void pix_message_ends(struct pix *s)
{
    if (s->speech->in_message)
        pix_say_isakmp(s, "return status is %s", s->speech->status);
    s->speech->in_message = false;
}

/* ---- Listening ---- */

const struct pix_hearing *const pix_hearings[] = {
    pix_hear_log_ike, pix_hear_log_packet, pix_hear_nat,   pix_hear_isakmp, pix_hear_quick,
    pix_hear_natt,    pix_hear_config,     pix_hear_ipsec, pix_hear_engine};
const size_t pix_n_hearings = G_N_ELEMENTS(pix_hearings);
#define LOG_TABLES 3 /* the first ones; the others are of the debugs below */
static const unsigned debugs_of[G_N_ELEMENTS(pix_hearings)] = {0,
                                                               0,
                                                               0,
                                                               PIX_DEBUG_ISAKMP,
                                                               PIX_DEBUG_ISAKMP,
                                                               PIX_DEBUG_ISAKMP,
                                                               PIX_DEBUG_ISAKMP,
                                                               PIX_DEBUG_ISAKMP | PIX_DEBUG_IPSEC,
                                                               PIX_DEBUG_ENGINE};

static bool table_speaks(const struct pix *s, size_t table)
{
    return table < LOG_TABLES || (debugs_of[table] & s->debug);
}

/* The debug comes first: the message tells what came of it. */
static void hear(void *self, const struct trace_event *t)
{
    struct pix *s = self;
    remember(s, t);
    for (size_t i = pix_n_hearings; i-- > 0;)
        for (const struct pix_hearing *h = pix_hearings[i]; table_speaks(s, i) && h->fn; h++)
            if (h->id == t->id)
                h->fn(s, t->data);
    remember_after(s, t);
}

static void listen(struct pix *s)
{
    struct trace_mask want = {0};
    for (size_t i = 0; i < G_N_ELEMENTS(remembered); i++)
        trace_mask_add(&want, remembered[i]);
    for (size_t i = 0; i < pix_n_hearings; i++)
        for (const struct pix_hearing *h = pix_hearings[i]; table_speaks(s, i) && h->fn; h++)
            trace_mask_add(&want, h->id);
    trace_subscribe(s->d->scope->trace, s->d->scope, &want, hear, s);
}

void pix_speech_init(struct pix *s)
{
    struct pix_speech *w = s->speech = g_new0(struct pix_speech, 1);
    w->ike = g_ptr_array_new_with_free_func(g_free);
    w->esp = g_ptr_array_new_with_free_func(g_free);
    w->buffer = g_queue_new();
    w->next_ike = 1;
    w->status = PIX_STATUS_FINE;
    listen(s);
}

void pix_speech_debug_changed(struct pix *s)
{
    trace_unsubscribe(s->d->scope->trace, hear, s);
    listen(s);
}

void pix_speech_clear(struct pix *s)
{
    struct pix_speech *w = s->speech;
    if (!w)
        return;
    trace_unsubscribe(s->d->scope->trace, hear, s);
    g_ptr_array_unref(w->ike);
    g_ptr_array_unref(w->esp);
    g_queue_free_full(w->buffer, g_free);
    g_clear_pointer(&s->speech, g_free);
}
