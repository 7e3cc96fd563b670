/* The IOS kind listens: one subscription for the node's events, handed to the memory, the debug
 * tables and the log table. What is remembered follows the events whether debugs are on or not,
 * because show uses the same numbers. */
#include "vendor/ios/ios_debug_priv.h"

#define FIRST_IPSEC_CONN 2000 /* catalogue: conn id = flow_id + 1999 */

/* ---- Memory ---- */

/* Words lie in order of their SA's number, which comes first in each: a hub has thousands of them,
 * a spoke one or two. Gives the place of the number, or where it would go. */
static bool word_find(const GArray *words, uint32_t sa, guint *place)
{
    guint low = 0, high = words->len, size = g_array_get_element_size((GArray *)words);
    while (low < high) {
        guint middle = low + (high - low) / 2;
        const uint32_t *number = (const void *)(words->data + (size_t)middle * size);
        if (*number == sa) {
            *place = middle;
            return true;
        }
        if (*number < sa)
            low = middle + 1;
        else
            high = middle;
    }
    *place = low;
    return false;
}

static void word_put(GArray *words, uint32_t sa, const void *word)
{
    guint place;
    if (word_find(words, sa, &place))
        g_array_remove_index(words, place);
    g_array_insert_vals(words, place, word, 1);
}

static void word_remove(GArray *words, uint32_t sa)
{
    guint place;
    if (word_find(words, sa, &place))
        g_array_remove_index(words, place);
}

static struct ios_ike_word *ike_word(const struct ios *s, ike_sa_id sa)
{
    GArray *words = s->words->ike;
    guint place;
    return word_find(words, sa, &place) ? &g_array_index(words, struct ios_ike_word, place) : NULL;
}

const struct ios_ike_word *ios_word_of(const struct ios *s, ike_sa_id sa)
{
    static const struct ios_ike_word unknown;
    const struct ios_ike_word *w = ike_word(s, sa);
    return w ? w : &unknown;
}

struct ios_esp_word *ios_esp_word_of(const struct ios *s, esp_sa_id sa)
{
    GArray *words = s->words->esp;
    guint place;
    return word_find(words, sa, &place) ? &g_array_index(words, struct ios_esp_word, place) : NULL;
}

struct ios_ike_word *ios_word_at(struct ios *s, ike_sa_id sa)
{
    return ike_word(s, sa);
}

uint32_t ios_conn_of_ike(const struct ios *s, ike_sa_id id)
{
    return ios_word_of(s, id)->conn;
}

uint32_t ios_conn_of_esp(const struct ios *s, esp_sa_id id)
{
    const struct ios_esp_word *w = ios_esp_word_of(s, id);
    return w ? w->conn : 0;
}

/* "sa = 63D5BE0C" is where the router keeps the SA. Ours is drawn from the node's name and the
 * number, so that runs repeat: FNV-1a, put into the range where such addresses lie. */
static uint32_t handle_of(const struct ios *s, uint32_t number)
{
    uint32_t h = 2166136261u;
    for (const char *c = s->d->name; *c; c++)
        h = (h ^ (uint8_t)*c) * 16777619u;
    for (int shift = 0; shift < 32; shift += 8)
        h = (h ^ (number >> shift & 0xff)) * 16777619u;
    return 0x62000000u | (h & 0x02fffffcu);
}

static void remember_ike(struct ios *s, const struct ev_ike_sa_new *e)
{
    const struct ios_ike_word word = {
        .sa = e->sa,
        .conn = s->words->next_ike++,
        .handle = handle_of(s, e->sa),
        .role = e->role,
        .remote = e->remote,
    };
    word_put(s->words->ike, e->sa, &word);
}

uint32_t ios_conn_for_pair(struct ios *s, uint32_t spi_in, uint32_t spi_out)
{
    struct ios_words *w = s->words;
    if (w->asked_conn == 0 || w->asked_spi[0] != spi_in || w->asked_spi[1] != spi_out) {
        w->asked_spi[0] = spi_in;
        w->asked_spi[1] = spi_out;
        w->asked_conn = w->next_esp;
        w->next_esp += 2;
    }
    return w->asked_conn;
}

static void remember_esp(struct ios *s, esp_sa_id sa, bool inbound, uint32_t spi)
{
    struct ios_words *w = s->words;
    if (ios_esp_word_of(s, sa))
        return;
    bool asked = w->asked_conn != 0 && w->asked_spi[inbound ? 0 : 1] == spi;
    const struct ios_esp_word word = {
        .sa = sa,
        .conn = asked ? w->asked_conn + (inbound ? 0 : 1) : w->next_esp++,
        .spi = spi,
        .inbound = inbound,
    };
    word_put(w->esp, sa, &word);
}

static void count_esp_drop(struct ios *s, const struct ev_esp_drop *e)
{
    struct ios_esp_word *w = ios_esp_word_of(s, e->sa);
    if (!w)
        return;
    w->replay += e->why == DROP_ESP_REPLAY;
    w->verify += e->why == DROP_ESP_ICV;
    w->identity += e->why == DROP_ESP_PROXY;
}

static const enum trace_id remembered[] = {
    EV_ike_sa_new,     EV_ike_state,    EV_ike_sa_gone,   EV_qm_install,
    EV_ipsec_init_sas, EV_ipsec_sa_new, EV_ipsec_sa_dead,
};

static void remember(struct ios *s, const struct trace_event *t)
{
    switch (t->id) {
    case EV_ike_sa_new:
        remember_ike(s, t->data);
        break;
    case EV_qm_install: {
        const struct ev_qm_install *e = t->data;
        ios_conn_for_pair(s, e->spi_in, e->spi_out);
        break;
    }
    case EV_ipsec_init_sas: {
        const struct ev_ipsec_init_sas *e = t->data;
        remember_esp(s, e->sa, e->inbound, e->spi);
        break;
    }
    case EV_ipsec_sa_new: {
        const struct ev_ipsec_sa_new *e = t->data;
        remember_esp(s, e->sa, e->inbound, e->spi);
        break;
    }
    case EV_esp_drop:
        count_esp_drop(s, t->data);
        break;
    default:
        break;
    }
}

/* After the lines are out: they speak of the state before, and of SAs that are going. */
static void remember_after(struct ios *s, const struct trace_event *t)
{
    if (t->id == EV_ike_state) {
        const struct ev_ike_state *e = t->data;
        struct ios_ike_word *w = ike_word(s, e->sa);
        if (w)
            w->state = e->new;
    } else if (t->id == EV_ike_sa_gone) {
        const struct ev_ike_sa_gone *e = t->data;
        word_remove(s->words->ike, e->sa);
    } else if (t->id == EV_ipsec_sa_dead) {
        const struct ev_ipsec_sa_dead *e = t->data;
        word_remove(s->words->esp, e->sa);
    }
}

/* ---- Speaking ---- */

#define SAY(s, flag, format)                                                                       \
    do {                                                                                           \
        if (!((s)->debug & (flag)))                                                                \
            return;                                                                                \
        va_list args;                                                                              \
        va_start(args, format);                                                                    \
        g_autofree char *text = g_strdup_vprintf(format, args);                                    \
        va_end(args);                                                                              \
        ios_debug_line(s, "%s", text);                                                             \
    } while (0)

void ios_say_isakmp(struct ios *s, const char *format, ...)
{
    SAY(s, IOS_DEBUG_ISAKMP, format);
}

void ios_say_engine(struct ios *s, const char *format, ...)
{
    SAY(s, IOS_DEBUG_ENGINE, format);
}

void ios_say_sa(struct ios *s, ike_sa_id sa, const char *format, ...)
{
    if (!(s->debug & IOS_DEBUG_ISAKMP))
        return;
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    ios_debug_line(s, "ISAKMP (0:%u)%s", ios_conn_of_ike(s, sa), text);
}

void ios_say_ipsec(struct ios *s, const char *format, ...)
{
    if (!(s->debug & IOS_DEBUG_IPSEC))
        return;
    va_list args;
    va_start(args, format);
    char *text = g_strdup_vprintf(format, args);
    va_end(args);
    if (s->words->key_engine_waits) {
        g_ptr_array_add(s->words->key_engine_lines, text);
        return;
    }
    ios_debug_line(s, "%s", text);
    g_free(text);
}

void ios_key_engine_wait(struct ios *s, uint32_t msgid)
{
    s->words->key_engine_waits = true;
    s->words->key_engine_msgid = msgid;
}

void ios_key_engine_go(struct ios *s)
{
    GPtrArray *lines = s->words->key_engine_lines;
    s->words->key_engine_waits = false;
    for (guint i = 0; i < lines->len; i++)
        ios_debug_line(s, "%s", (const char *)g_ptr_array_index(lines, i));
    g_ptr_array_set_size(lines, 0);
}

/* ---- The message at hand, and quick modes under way ---- */

void ios_message_begins(struct ios *s)
{
    struct ios_words *w = s->words;
    if (w->key_engine_waits)
        ios_key_engine_go(s);
    w->hash_waits = 0;
    w->xact_waits = CFG_NONE;
    w->answering = false;
    w->profile_of = 0;
    w->hmac_done = w->policy_refused = w->announced = false;
}

void ios_proposal_checked(struct ios *s)
{
    if (!s->words->proposal_checked)
        ios_say_engine(s, "CryptoEngine0: validate proposal");
    s->words->proposal_checked = true;
}

unsigned ios_quick_of(const struct ios *s, uint32_t msgid)
{
    GHashTable *quick = s->words->quick;
    return quick ? GPOINTER_TO_UINT(g_hash_table_lookup(quick, GUINT_TO_POINTER(msgid))) : 0;
}

void ios_quick_add(struct ios *s, uint32_t msgid, unsigned bits)
{
    unsigned all = ios_quick_of(s, msgid) | bits | IOS_QUICK_KNOWN;
    if (!s->words->quick)
        s->words->quick = g_hash_table_new(NULL, NULL);
    g_hash_table_replace(s->words->quick, GUINT_TO_POINTER(msgid), GUINT_TO_POINTER(all));
}

void ios_quick_forget(struct ios *s, uint32_t msgid)
{
    if (s->words->quick)
        g_hash_table_remove(s->words->quick, GUINT_TO_POINTER(msgid));
}

/* ---- Listening ---- */

static const struct ios_hearing *const debug_tables[] = {
    ios_hear_isakmp, ios_hear_info,  ios_hear_isakmp_qm, ios_hear_natt,
    ios_hear_xauth,  ios_hear_ipsec, ios_hear_engine,    ios_hear_icmp,
    ios_hear_nat,    ios_hear_tcp,   ios_hear_aaa};

/* The rows by event: made once for the process and never changed after. */
struct hearings {
    const struct ios_hearing *debug[EV_COUNT], *log[EV_COUNT];
};

static void index_table(const struct ios_hearing *table, const struct ios_hearing **by_id)
{
    for (const struct ios_hearing *h = table; h->fn; h++) {
        g_assert(!by_id[h->id]); /* one handler an event */
        by_id[h->id] = h;
    }
}

static const struct hearings *hearings(void)
{
    static struct hearings all;
    static gsize made;
    if (g_once_init_enter(&made)) {
        for (size_t i = 0; i < G_N_ELEMENTS(debug_tables); i++)
            index_table(debug_tables[i], all.debug);
        index_table(ios_hear_log, all.log);
        g_once_init_leave(&made, 1);
    }
    return &all;
}

static void hear(void *self, const struct trace_event *t)
{
    struct ios *s = self;
    remember(s, t);
    const struct ios_hearing *debug = hearings()->debug[t->id], *log = hearings()->log[t->id];
    if (debug && (debug->debugs & s->debug))
        debug->fn(s, t->data);
    if (log)
        log->fn(s, t->data);
    remember_after(s, t);
}

static void listen(struct ios *s)
{
    struct trace_mask want = {0};
    for (size_t i = 0; i < G_N_ELEMENTS(remembered); i++)
        trace_mask_add(&want, remembered[i]);
    for (int id = 0; id < EV_COUNT; id++) {
        const struct ios_hearing *debug = hearings()->debug[id];
        if (hearings()->log[id] || (debug && (debug->debugs & s->debug)))
            trace_mask_add(&want, (enum trace_id)id);
    }
    trace_subscribe(s->d->scope->trace, s->d->scope, &want, hear, s);
}

void ios_speech_init(struct ios *s)
{
    struct ios_words *w = s->words = g_new0(struct ios_words, 1);
    w->ike = g_array_new(FALSE, FALSE, sizeof(struct ios_ike_word));
    w->esp = g_array_new(FALSE, FALSE, sizeof(struct ios_esp_word));
    w->next_ike = 1;
    w->next_esp = FIRST_IPSEC_CONN;
    w->asked = g_array_new(FALSE, FALSE, sizeof(uint16_t));
    w->key_engine_lines = g_ptr_array_new_with_free_func(g_free);
    ios_log_init(s);
    listen(s);
}

void ios_speech_clear(struct ios *s)
{
    if (!s->words)
        return;
    trace_unsubscribe(s->d->scope->trace, hear, s);
    ios_log_clear(s);
    g_array_unref(s->words->ike);
    g_array_unref(s->words->esp);
    g_array_unref(s->words->asked);
    if (s->words->quick)
        g_hash_table_unref(s->words->quick);
    g_ptr_array_unref(s->words->key_engine_lines);
    g_clear_pointer(&s->words, g_free);
}

void ios_speech_debug_changed(struct ios *s)
{
    ios_message_begins(s);
    trace_unsubscribe(s->d->scope->trace, hear, s);
    listen(s);
}
