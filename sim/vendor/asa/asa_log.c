/* The ASA kind listens and speaks: one subscription for the node's events, messages by severity to
 * the console and the buffer, debug lines to the console. */
#include "asa_log_priv.h"
#include "asa_ra.h"

#include <stdarg.h>
#include <string.h>

/* ---- Memory ---- */

struct asa_ike *asa_ike_of(const struct asa *s, ike_sa_id sa)
{
    return g_hash_table_lookup(s->speech->ike, GUINT_TO_POINTER(sa));
}

struct asa_esp *asa_esp_of(const struct asa *s, esp_sa_id sa)
{
    return g_hash_table_lookup(s->speech->esp, GUINT_TO_POINTER(sa));
}

struct asa_session *asa_session_of(const struct asa *s, ip4 peer, uint32_t nat)
{
    for (guint i = 0; i < s->speech->sessions->len; i++) {
        struct asa_session *w = g_ptr_array_index(s->speech->sessions, i);
        if (w->nat == nat && (nat || w->peer == peer))
            return w;
    }
    return NULL;
}

bool asa_peer_was_known(const struct asa *s, ip4 peer)
{
    for (guint i = 0; i < s->speech->known->len; i++)
        if (g_array_index(s->speech->known, ip4, i) == peer)
            return true;
    return false;
}

void asa_peer_known(struct asa *s, ip4 peer)
{
    if (!asa_peer_was_known(s, peer))
        g_array_append_val(s->speech->known, peer);
}

static void want_free(void *p)
{
    struct asa_want *w = p;
    g_free(w->map);
    g_free(w);
}

static void ike_free_word(void *p)
{
    struct asa_ike *w = p;
    g_queue_clear_full(&w->wants, want_free);
    g_free(w);
}

static void session_free(void *p)
{
    struct asa_session *w = p;
    g_free(w->login);
    g_free(w);
}

/* FNV-1a over the device's name and the number, put where such addresses lie. */
uint32_t asa_handle(const struct asa *s, uint32_t number)
{
    uint32_t h = 2166136261u;
    for (const char *c = s->d->name; *c; c++)
        h = (h ^ (uint8_t)*c) * 16777619u;
    for (int shift = 0; shift < 32; shift += 8)
        h = (h ^ (number >> shift & 0xff)) * 16777619u;
    return 0xd8000000u | (h & 0x00fffff8u);
}

/* ---- Stamps ---- */

static struct vendor_clock now(const struct asa *s)
{
    return vendor_clock_at(device_clock_ns(s->d));
}

static void stamp(const struct asa *s, bool year, GString *out)
{
    struct vendor_clock t = now(s);
    g_string_append_printf(out, "%s %02d ", vendor_month[t.month - 1], t.day);
    if (year)
        g_string_append_printf(out, "%d ", t.year);
    g_string_append_printf(out, "%02d:%02d:%02d", t.hour, t.minute, t.second);
}

void asa_clock_text(const struct asa *s, GString *out)
{
    struct vendor_clock t = now(s);
    g_string_append_printf(out, "%02d:%02d:%02d.%03d UTC %s %s %d %d", t.hour, t.minute, t.second,
                           t.ms, vendor_weekday[t.weekday], vendor_month[t.month - 1], t.day,
                           t.year);
}

/* ---- Where messages go ---- */

/* The buffer is a ring: the oldest lines make room. */
static void keep_in_buffer(struct asa *s, const char *text)
{
    struct asa_speech *w = s->speech;
    g_queue_push_tail(w->buffer, g_strdup(text));
    w->buffer_used += strlen(text) + 1;
    while (w->buffer_used > s->buffer_bytes && w->buffer->length > 1) {
        g_autofree char *oldest = g_queue_pop_head(w->buffer);
        w->buffer_used -= strlen(oldest) + 1;
    }
}

static bool is_silenced(const struct asa *s, uint32_t id)
{
    for (guint i = 0; i < s->silenced->len; i++)
        if (g_array_index(s->silenced, uint32_t, i) == id)
            return true;
    return false;
}

static void deliver(struct asa *s, int severity, uint32_t id, const char *text)
{
    struct asa_speech *w = s->speech;
    if (!s->logging || is_silenced(s, id))
        return;
    g_autoptr(GString) line = g_string_new(NULL);
    if (s->stamp) {
        stamp(s, true, line);
        g_string_append(line, ": ");
    }
    g_string_append_printf(line, "%%ASA-%d-%06u: %s", severity, id, text);
    for (size_t i = 0; i < ASA_LOGS; i++)
        w->logged[i] += severity <= s->level[i];
    if (severity <= s->level[ASA_LOG_BUFFERED])
        keep_in_buffer(s, line->str);
    if (severity <= s->level[ASA_LOG_CONSOLE])
        device_print(s->d, CONSOLE_LOG, line->str);
}

void asa_log(struct asa *s, int severity, uint32_t id, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    deliver(s, severity, id, text);
}

/* Details come with level 7 and above. */
static void debug_isakmp(struct asa *s, int severity, const char *text)
{
    if (s->debug_isakmp == 0 || (severity == 7 && s->debug_isakmp < 7))
        return;
    g_autoptr(GString) line = g_string_new(NULL);
    stamp(s, false, line);
    g_string_append_printf(line, " [IKEv1%s]%s%s", severity == 7 ? " DEBUG" : "",
                           asa_since(s, 8, 4) ? "" : ": ", text);
    device_print(s->d, CONSOLE_DEBUG, line->str);
}

/* The client that the event at hand is about. */
static const struct asa_remote *asa_remote_about(const struct asa *s, ip4 peer)
{
    const struct asa_ike *w = asa_ike_of(s, s->speech->about);
    const struct asa_remote *r = asa_remote_of(s, s->speech->about);
    return r ? r : w ? NULL : asa_remote_at(s, peer, s->speech->about_nat);
}

void asa_say(struct asa *s, int severity, uint32_t id, ip4 peer, bool group, const char *format,
             ...)
{
    g_autoptr(GString) text = g_string_new(NULL);
    const struct asa_remote *client = peer && group ? asa_remote_about(s, peer) : NULL;
    if (client)
        asa_ra_prefix(client, text);
    else if (peer && group)
        g_string_append_printf(text, "Group = %s, ", asa_group_for(s, peer)->name);
    if (peer && !client)
        g_string_append_printf(text, "IP = %s, ", IP4S(peer));
    va_list args;
    va_start(args, format);
    g_string_append_vprintf(text, format, args);
    va_end(args);
    debug_isakmp(s, severity, text->str);
    deliver(s, severity, id, text->str);
}

void asa_say_ipsec(struct asa *s, uint32_t level, const char *format, ...)
{
    if (s->debug_ipsec < level)
        return;
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    g_autofree char *line = g_strconcat("IPSEC: ", text, NULL);
    device_print(s->d, CONSOLE_DEBUG, line);
}

/* ---- Listening ---- */

static void remember(struct asa *s, const struct trace_event *t)
{
    if (t->id == EV_ike_sa_new) {
        const struct ev_ike_sa_new *e = t->data;
        struct asa_ike *w = g_new0(struct asa_ike, 1);
        w->local = e->local;
        w->remote = e->remote;
        w->role = e->role;
        g_queue_init(&w->wants);
        g_hash_table_replace(s->speech->ike, GUINT_TO_POINTER(e->sa), w);
    }
}

/* After the lines are out: they speak of the state before, and of SAs that are going. */
static void remember_after(struct asa *s, const struct trace_event *t)
{
    if (t->id == EV_ike_state) {
        const struct ev_ike_state *e = t->data;
        struct asa_ike *w = asa_ike_of(s, e->sa);
        if (w)
            w->state = e->new;
    } else if (t->id == EV_ike_sa_gone) {
        const struct ev_ike_sa_gone *e = t->data;
        asa_ra_gone(s, e->sa);
        g_hash_table_remove(s->speech->ike, GUINT_TO_POINTER(e->sa));
    } else if (t->id == EV_ipsec_sa_dead) {
        const struct ev_ipsec_sa_dead *e = t->data;
        g_hash_table_remove(s->speech->esp, GUINT_TO_POINTER(e->sa));
    }
}

/* Of whom an event speaks: by its IKE SA, or by the peer of its IPsec SA. */
static void about(struct asa *s, const struct trace_event *t)
{
    const char *name = trace_event_name(t->id);
    const struct trace_field *f = trace_event_fields(t->id);
    if (f->name && strcmp(f->name, "sa") == 0 &&
        (g_str_has_prefix(name, "ike_") || g_str_has_prefix(name, "qm_") ||
         g_str_has_prefix(name, "xact_")))
        s->speech->about = *(const uint32_t *)((const char *)t->data + f->offset);
    if (t->id == EV_ipsec_sa_dead) {
        const struct asa_esp *w = asa_esp_of(s, ((const struct ev_ipsec_sa_dead *)t->data)->sa);
        s->speech->about_nat = w ? w->nat : 0;
    }
}

static void hear(void *self, const struct trace_event *t)
{
    struct asa *s = self;
    remember(s, t);
    about(s, t);
    if (s->speech->hear[t->id])
        s->speech->hear[t->id](s, t->data);
    s->speech->about = s->speech->about_nat = 0;
    remember_after(s, t);
}

/* A family of messages is a file, its table a line here. */
const struct asa_hearing *const asa_hearings[] = {
    asa_hear_ask,   asa_hear_ike,   asa_hear_natt, asa_hear_quick, asa_hear_session,
    asa_hear_login, asa_hear_ipsec, asa_hear_conn, asa_hear_nat,   asa_hear_path,
};
const size_t asa_n_hearings = G_N_ELEMENTS(asa_hearings);

void asa_speech_init(struct asa *s)
{
    struct asa_speech *w = s->speech = g_new0(struct asa_speech, 1);
    struct trace_mask want = {0};
    w->sessions = g_ptr_array_new_with_free_func(session_free);
    w->next_index = 1;
    w->ike = g_hash_table_new_full(NULL, NULL, NULL, ike_free_word);
    w->esp = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    w->known = g_array_new(FALSE, FALSE, sizeof(ip4));
    w->buffer = g_queue_new();
    for (size_t i = 0; i < asa_n_hearings; i++)
        for (const struct asa_hearing *h = asa_hearings[i]; h->fn; h++) {
            g_assert(!w->hear[h->id]); /* one handler an event */
            w->hear[h->id] = h->fn;
            trace_mask_add(&want, h->id);
        }
    trace_mask_add(&want, EV_ike_sa_new);
    trace_mask_add(&want, EV_ike_sa_gone);
    trace_subscribe(s->d->scope->trace, s->d->scope, &want, hear, s);
}

void asa_speech_clear(struct asa *s)
{
    struct asa_speech *w = s->speech;
    if (!w)
        return;
    trace_unsubscribe(s->d->scope->trace, hear, s);
    g_ptr_array_unref(w->sessions);
    g_hash_table_unref(w->ike);
    g_hash_table_unref(w->esp);
    g_queue_free_full(w->buffer, g_free);
    g_array_unref(w->known);
    g_free(w->want.map);
    g_free(w->asked_user);
    g_clear_pointer(&s->speech, g_free);
}
