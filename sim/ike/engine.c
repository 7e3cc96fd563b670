/* The engine of one device: its tables, the SA that a datagram belongs to (RFC 2408 2.5.3, by
 * cookies), limits, and what show reads. */
#include "ike_priv.h"

/* ---- Tables ---- */

/* An initiator's first message names no SA of ours; its cookie and address do. */
static guint offer_hash(gconstpointer p)
{
    const struct ike_sa *sa = p;
    return (guint)(sa->cky_i ^ sa->cky_i >> 32) ^ sa->remote;
}

static gboolean offer_equal(gconstpointer a, gconstpointer b)
{
    const struct ike_sa *x = a, *y = b;
    return x->cky_i == y->cky_i && x->remote == y->remote;
}

/* The cookie we chose. */
static uint64_t *own_cookie(struct ike_sa *sa)
{
    return sa->role == IKE_INITIATOR ? &sa->cky_i : &sa->cky_r;
}

bool ike_cookie_known(const struct ike_engine *e, uint64_t cookie)
{
    return g_hash_table_contains(e->by_cookie, &cookie);
}

void ike_sa_enter(struct ike_sa *sa)
{
    struct ike_engine *e = sa->e;
    g_ptr_array_add(e->sas, sa);
    g_hash_table_insert(e->by_cookie, own_cookie(sa), sa);
    if (sa->role == IKE_RESPONDER) {
        if (!e->by_offer)
            e->by_offer = g_hash_table_new(offer_hash, offer_equal);
        g_hash_table_add(e->by_offer, sa);
    }
    ike_peer_add(sa);
}

void ike_sa_relocate(struct ike_sa *sa, ip4 remote, uint16_t rport)
{
    if (sa->role == IKE_RESPONDER)
        g_hash_table_remove(sa->e->by_offer, sa);
    sa->remote = remote;
    sa->rport = rport;
    if (sa->role == IKE_RESPONDER)
        g_hash_table_add(sa->e->by_offer, sa);
}

void ike_sa_leave(struct ike_sa *sa)
{
    struct ike_engine *e = sa->e;
    g_hash_table_remove(e->by_cookie, own_cookie(sa));
    if (sa->role == IKE_RESPONDER)
        g_hash_table_remove(e->by_offer, sa);
    ike_peer_remove(sa);
    g_ptr_array_remove(e->sas, sa);
}

/* ---- Life ---- */

static struct rng *stream(struct ike_engine *e, const char *use)
{
    g_autofree char *name = g_strdup_printf("%s/ike/%s", e->scope->name, use);
    return rng_stream(e->sim, name);
}

struct ike_engine *ike_new(struct trace_scope *scope, struct ike_conf *conf,
                           const struct ike_profile *profile, const struct ike_ops *ops)
{
    g_assert(ops->send && ops->check_suite && ops->check_request && ops->new_spi && ops->install &&
             ops->peer_deleted && ops->peer_gone && ops->request_failed);
    crypto_init();
    struct ike_engine *e = g_new0(struct ike_engine, 1);
    e->sim = trace_sim(scope->trace);
    e->scope = scope;
    e->conf = conf;
    e->profile = profile;
    e->ops = *ops;
    e->cookies = stream(e, "cookie");
    e->nonces = stream(e, "nonce");
    e->secrets = stream(e, "dh");
    e->msgids = stream(e, "msgid");
    e->sas = g_ptr_array_new();
    e->by_cookie = g_hash_table_new(g_int64_hash, g_int64_equal);
    e->peers = g_hash_table_new(g_int64_hash, g_int64_equal);
    e->children = g_array_new(FALSE, FALSE, sizeof(struct ike_known_child));
    // clang-format off
    const struct { uint64_t **slot; const char *name; } counters[] = {
        { &e->count.rx, "ike.rx" }, { &e->count.tx, "ike.tx" }, { &e->count.retransmits, "ike.retransmits" },
        { &e->count.duplicates, "ike.duplicates" }, { &e->count.bad, "ike.bad" }, { &e->count.no_sa, "ike.no_sa" },
        { &e->count.early, "ike.early" }, { &e->count.limit, "ike.limit" },
        { &e->count.unknown_delete, "ike.unknown_delete" },
        { &e->count.phase1_started, "ike.phase1.started" }, { &e->count.phase1_completed, "ike.phase1.completed" },
        { &e->count.phase1_failed, "ike.phase1.failed" }, { &e->count.phase2_started, "ike.phase2.started" },
        { &e->count.phase2_completed, "ike.phase2.completed" }, { &e->count.phase2_failed, "ike.phase2.failed" },
        { &e->count.dpd_sent, "ike.dpd.sent" }, { &e->count.dpd_stale, "ike.dpd.stale" },
        { &e->count.dpd_dead, "ike.dpd.dead" }, { &e->count.collisions, "ike.collisions" },
    };
    // clang-format on
    for (size_t i = 0; i < G_N_ELEMENTS(counters); i++)
        *counters[i].slot = trace_counter(scope, counters[i].name);
    return e;
}

static void free_all(struct ike_engine *e)
{
    ike_children_forget(e, NULL);
    while (e->sas->len)
        ike_sa_free(e->sas->pdata[e->sas->len - 1]);
}

void ike_free(struct ike_engine *e)
{
    if (!e)
        return;
    free_all(e);
    g_ptr_array_unref(e->sas);
    g_hash_table_unref(e->by_cookie);
    if (e->by_offer)
        g_hash_table_unref(e->by_offer);
    g_hash_table_unref(e->peers);
    if (e->behind)
        g_hash_table_unref(e->behind);
    g_array_unref(e->children);
    g_free(e->told);
    g_free(e);
}

/* What is begun and not done has failed: counters outlive memory. */
static void count_unfinished(const struct ike_sa *sa)
{
    struct ike_engine *e = sa->e;
    *e->count.phase1_failed += sa->announced && ike_sa_half_open(sa);
    for (guint i = 0; sa->quick && i < sa->quick->len; i++)
        *e->count.phase2_failed += !((const struct ike_exchange *)sa->quick->pdata[i])->over;
}

void ike_forget_all(struct ike_engine *e)
{
    for (guint i = 0; i < e->sas->len; i++) {
        const struct ike_sa *sa = e->sas->pdata[i];
        count_unfinished(sa);
        ike_guest_ended(e->sas->pdata[i], WHY_ADMIN);
        TRACE(e->scope, ike_sa_gone, .sa = sa->id);
    }
    free_all(e);
    g_clear_pointer(&e->told, g_free);
}

/* ---- A datagram ---- */

void ike_bad_message(struct ike_engine *e, const struct ike_sa *sa, const struct ike_msg *m,
                     struct ike_outcome o)
{
    ++*e->count.bad;
    TRACE(e->scope, ike_bad, .sa = sa && !m->fresh ? sa->id : 0, .remote = m->remote, .why = o.why,
          .payload = o.payload, .msgid = m->head.msgid);
}

static bool same_ends(const struct ike_sa *sa, const struct ike_msg *m)
{
    return sa->local == m->local && (sa->remote == m->remote || ike_natt_may_move(sa));
}

/* Both cookies name the SA. While the responder's is not known, the initiator's alone does. */
static struct ike_sa *find_sa(const struct ike_engine *e, const struct ike_msg *m)
{
    const struct isakmp_head *h = &m->head;
    struct ike_sa *sa = g_hash_table_lookup(e->by_cookie, &h->cky_i);
    if (sa && sa->role == IKE_INITIATOR && same_ends(sa, m) &&
        (!sa->cky_r || !h->cky_r || sa->cky_r == h->cky_r))
        return sa;
    if (!h->cky_r) {
        const struct ike_sa key = {.cky_i = h->cky_i, .remote = m->remote};
        sa = e->by_offer ? g_hash_table_lookup(e->by_offer, &key) : NULL;
        return sa && same_ends(sa, m) ? sa : NULL;
    }
    sa = g_hash_table_lookup(e->by_cookie, &h->cky_r);
    return sa && sa->role == IKE_RESPONDER && sa->cky_i == h->cky_i && same_ends(sa, m) ? sa : NULL;
}

static void no_sa(struct ike_engine *e, const struct ike_msg *m)
{
    ++*e->count.no_sa;
    TRACE(e->scope, ike_no_sa, .remote = m->remote, .cky_i = m->head.cky_i, .cky_r = m->head.cky_r,
          .exchange = m->head.exchange);
}

static void say_heard(struct ike_engine *e, const struct ike_sa *sa, const struct ike_msg *m)
{
    TRACE(e->scope, ike_rx, .sa = sa ? sa->id : 0, .role = sa ? sa->role : IKE_RESPONDER,
          .known = sa != NULL, .local = m->local, .lport = m->lport, .remote = m->remote,
          .rport = m->rport, .exchange = m->head.exchange, .msgid = m->head.msgid,
          .state = sa ? sa->state : IKE_STATE_READY, .cky_i = m->head.cky_i, .cky_r = m->head.cky_r,
          .length = m->head.length);
}

/* Dead SAs that only linger make room first. */
static bool room_for_one(struct ike_engine *e)
{
    uint32_t max = e->profile->max_half_open;
    for (guint i = 0; e->dead && e->half_open + e->dead >= max && i < e->sas->len;) {
        struct ike_sa *sa = e->sas->pdata[i];
        if (sa->state != IKE_STATE_DEAD) {
            i++;
            continue;
        }
        TRACE(e->scope, ike_sa_gone, .sa = sa->id);
        ike_sa_free(sa);
    }
    return e->half_open < max;
}

/* A first message makes an SA, unless it is found wanting before anything was said about it. */
static void hear_stranger(struct ike_engine *e, struct ike_msg *m)
{
    if (!room_for_one(e)) {
        ++*e->count.limit;
        return;
    }
    say_heard(e, NULL, m);
    if (!ike_rekey_meets(e, m))
        return;
    m->fresh = true;
    struct ike_sa *sa =
        ike_sa_new(e, IKE_RESPONDER, m->local, m->lport, m->remote, m->rport, m->head.cky_i);
    sa->aggressive = m->head.exchange == EXCHANGE_AGGRESSIVE;
    sa->phase1 = ike_exchange_new(sa, sa->aggressive ? &ike_aggressive_mode : &ike_main_mode,
                                  IKE_RESPONDER, 0);
    if (ike_exchange_hear(sa->phase1, m))
        ike_rekey_yields(sa);
    else
        ike_sa_free(sa);
}

static bool is_phase1_of(const struct ike_sa *sa, const struct ike_msg *m)
{
    return sa->phase1 && sa->phase1->kind->exchange == (enum isakmp_exchange)m->head.exchange;
}

/* A dead SA still answers copies of what it answered; for anything else it is not there. Deletes
 * that cross on the way, as when both ends see the lifetime end, are no news. */
static void hear_dead(struct ike_sa *sa, struct ike_msg *m)
{
    if (is_phase1_of(sa, m) && ike_exchange_repeat(sa->phase1, m))
        return;
    if (m->head.exchange == EXCHANGE_INFORMATIONAL)
        ++*sa->e->count.no_sa;
    else
        no_sa(sa->e, m);
}

static void hear_known(struct ike_sa *sa, struct ike_msg *m)
{
    say_heard(sa->e, sa, m);
    switch (m->head.exchange) {
    case EXCHANGE_MAIN:
    case EXCHANGE_AGGRESSIVE:
        if (is_phase1_of(sa, m))
            ike_exchange_hear(sa->phase1, m);
        else
            ike_bad_message(sa->e, sa, m, (struct ike_outcome){IKE_IGNORE, 0, WHY_BAD_EXCHANGE});
        break;
    case EXCHANGE_QUICK:
        ike_quick_hear(sa, m);
        break;
    case EXCHANGE_INFORMATIONAL:
        ike_info_hear(sa, m);
        break;
    case EXCHANGE_TRANSACTION:
        ike_xact_hear(sa, m);
        break;
    default:
        ike_bad_message(sa->e, sa, m, (struct ike_outcome){IKE_IGNORE, 0, WHY_BAD_EXCHANGE});
    }
}

/* Where nobody is known by an identity, nobody is let in by one. */
static bool is_aggressive_offer(const struct ike_engine *e, const struct ike_msg *m)
{
    return m->head.exchange == EXCHANGE_AGGRESSIVE && e->access.identify && !e->conf->no_aggressive;
}

static void deliver(struct ike_engine *e, struct ike_msg *m)
{
    struct ike_sa *sa = find_sa(e, m);
    bool offer = !m->head.cky_r && !m->head.msgid &&
                 (m->head.exchange == EXCHANGE_MAIN || is_aggressive_offer(e, m));
    if (sa && sa->state == IKE_STATE_DEAD)
        hear_dead(sa, m);
    else if (sa)
        hear_known(sa, m);
    else if (offer)
        hear_stranger(e, m);
    else
        no_sa(e, m);
}

/* RFC 2408 5.2: the head is validated before anything else. */
static bool head_is_good(struct ike_msg *m)
{
    const uint8_t known = ISAKMP_FLAG_ENCRYPTED | ISAKMP_FLAG_COMMIT | ISAKMP_FLAG_AUTH_ONLY;
    return m->bytes.n <= IKE_MAX_MESSAGE && isakmp_head_parse(m->bytes, &m->head) == WIRE_OK &&
           m->head.length == m->bytes.n && m->head.cky_i != 0 && (m->head.flags & ~known) == 0;
}

void ike_input(struct ike_engine *e, ip4 local, uint16_t lport, ip4 remote, uint16_t rport,
               struct span message)
{
    struct ike_msg m = {
        .e = e, .local = local, .lport = lport, .remote = remote, .rport = rport, .bytes = message};
    if (!e->conf->enabled)
        return;
    ++*e->count.rx;
    if (!head_is_good(&m)) {
        ike_bad_message(e, NULL, &m, (struct ike_outcome){IKE_IGNORE, 0, WHY_MALFORMED});
        return;
    }
    m.arena = arena_new();
    deliver(e, &m);
    arena_free(m.arena);
}

size_t ike_clear(struct ike_engine *e, ike_sa_id id, enum ike_why why)
{
    size_t ended = 0;
    for (guint i = 0; i < e->sas->len; i++) {
        struct ike_sa *sa = e->sas->pdata[i];
        if ((id && sa->id != id) || sa->state == IKE_STATE_DEAD)
            continue;
        ike_sa_end(sa, why, IKE_INPUT_INTERNAL_PHASE1_DEL, true);
        ended++;
    }
    return ended;
}

size_t ike_address_gone(struct ike_engine *e, ip4 local)
{
    size_t ended = 0;
    for (guint i = 0; i < e->sas->len; i++) {
        struct ike_sa *sa = e->sas->pdata[i];
        if (sa->local != local || sa->state == IKE_STATE_DEAD)
            continue;
        ike_sa_end(sa, WHY_CONFIG, IKE_INPUT_INTERNAL_PHASE1_DEL, false);
        ended++;
    }
    return ended;
}

void ike_conf_changed(struct ike_engine *e)
{
    for (guint i = 0; i < e->sas->len; i++) {
        ike_dpd_changed(e->sas->pdata[i]);
        ike_natt_changed(e->sas->pdata[i]);
    }
}

/* ---- What show reads ---- */

size_t ike_sa_count(const struct ike_engine *e)
{
    return e->sas->len;
}

bool ike_sa_at(const struct ike_engine *e, size_t i, struct ike_sa_view *out)
{
    if (i >= e->sas->len)
        return false;
    const struct ike_sa *sa = e->sas->pdata[i];
    *out = (struct ike_sa_view){
        .id = sa->id,
        .role = sa->role,
        .state = sa->state,
        .local = sa->local,
        .remote = sa->remote,
        .lport = sa->lport,
        .rport = sa->rport,
        .cky_i = sa->cky_i,
        .cky_r = sa->cky_r,
        .have_policy = sa->have_policy,
        .policy = sa->policy,
        .born = sa->born,
        .expires = sa->expires,
        .dead_why = sa->dead_why,
        .died_in = sa->died_in,
        .rekey = sa->rekey_at,
        .rekeying = sa->replaces && sa->state != IKE_STATE_DEAD && !sa->ready,
        .dpd = ike_dpd_agreed(sa),
        .nat = sa->peer->nat,
        .natt = sa->nat.version,
        .nat_here = sa->nat.here,
        .nat_there = sa->nat.there,
        .children = sa->children,
        .pending = g_queue_get_length((GQueue *)&sa->pending),
        .aggressive = sa->aggressive,
        .xauth = sa->guest && sa->guest->logged_in,
        .configured = sa->guest && sa->guest->configured,
        .party = ike_guest_party(sa),
        .user = sa->guest && sa->guest->user ? sa->guest->user : "",
        .assigned = ike_guest_assigned(sa),
        .completed = sa->completed ? sa->completed : -1,
    };
    for (guint q = 0; sa->quick && q < sa->quick->len; q++) {
        const struct ike_exchange *x = sa->quick->pdata[q];
        out->pending += !x->over && x->role == IKE_INITIATOR;
    }
    return true;
}
