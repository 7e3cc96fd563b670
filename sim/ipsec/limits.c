/* The limits of SA pairs: seconds and kilobytes (RFC 2401 4.4.3, RFC 2407 4.5), when to rekey
 * before them, and the end of a pair that carries nothing. */
#include "ipsec_priv.h"

#define KILOBYTE 1024u /* RFC 2407 4.5 */
/* A replaced pair still takes what is on its way, when no rekey point says how long. */
#define OVERLAP_S    30
#define PERCENT_MOST 99u /* a rekey point beyond that is none */

/* ---- Reaching a limit ---- */

/* Asks for the successor, and again until there is one or the pair is over. A pair that sent
 * nothing is let go, unless the profile says otherwise; a packet that still comes asks then. */
static void rekey(struct pair *p)
{
    struct ipsec *x = p->x;
    if (!p->view.sending || (!x->timing->rekey_idle && !p->out->packets))
        return;
    if (!p->asked)
        p->ident->pending = false; /* a new question */
    p->asked = true;
    uint32_t spi = p->view.spi_in;
    bool asked = ipsec_request_sas(x, p->ident, p);
    if (!asked || ipsec_pair_by_spi(x, spi) != p)
        return; /* nobody to ask, or the one asked ended the pair */
    sim_time next = sim_now(x->sim) + SECONDS(MAX(x->timing->retry_s, 1u));
    if (next < p->view.hard)
        sim_timer_arm(&p->soft, next);
}

static void soft_limit(struct pair *p, const char *limit)
{
    struct ipsec *x = p->x;
    uint32_t spi = p->view.spi_in;
    p->soft_reached = true;
    TRACE(x->scope, ipsec_soft, .sa = p->view.in, .spi = spi, .limit = limit);
    rekey(p);
}

static void soft_expired(void *owner)
{
    struct pair *p = owner;
    if (p->soft_reached)
        rekey(p);
    else
        soft_limit(p, "seconds");
}

static void hard_expired(void *owner)
{
    struct pair *p = owner;
    ipsec_pair_end(p, p->view.sending ? WHY_EXPIRED : WHY_REPLACED, true);
}

/* Nothing is done for it with each packet but to note the time: the timer looks back, over all
 * pairs of the ident, since the peer may still send by the older one. */
static void idle_expired(void *owner)
{
    struct pair *p = owner;
    struct ident *ident = p->ident;
    sim_time last = p->view.last_used;
    for (guint i = 0; i < ident->view.pairs->len; i++)
        last = MAX(last, ((const struct pair *)ident->view.pairs->pdata[i])->view.last_used);
    sim_time due = last + SECONDS(p->view.idle_s);
    if (due > sim_now(p->x->sim)) {
        sim_timer_arm(&p->idle, due);
        return;
    }
    const struct ipsec_map_entry *e = ipsec_entry_of(p->x, ident);
    if (e && e->idle_first_peer && e->peers->len && ident->view.pairs->len == 1) {
        ident->peer_at = 0;
        ident->view.peer = g_array_index(e->peers, ip4, 0);
    }
    ipsec_pair_end(p, WHY_IDLE, true);
}

void ipsec_pair_used(struct pair *p)
{
    uint64_t bytes = MAX(p->in->bytes, p->out->bytes);
    p->view.last_used = sim_now(p->x->sim);
    if (p->in->bytes != p->view.bytes_in)
        p->use->last_in = p->view.last_used;
    if (p->out->bytes != p->view.bytes_out)
        ipsec_use_sent(p->x, p->use);
    p->view.bytes_in = p->in->bytes;
    p->view.bytes_out = p->out->bytes;
    if (p->view.hard_bytes && bytes >= p->view.hard_bytes) {
        ipsec_pair_end(p, WHY_EXPIRED, true);
        return;
    }
    if (!p->view.sending || p->asked)
        return;
    if (p->soft_reached)
        rekey(p);
    else if (p->view.soft_bytes && bytes >= p->view.soft_bytes)
        soft_limit(p, "kilobytes");
}

/* ---- Setting the limits ---- */

/* The rekey point: so much before the end, or three quarters where the whole is no longer than
 * that. */
static uint64_t point_before(uint64_t life, uint64_t before)
{
    return life > before ? life - before : life / 4 * 3;
}

/* Both ends count the same lifetime; were they to ask at one instant, two successors would be made
 * for one pair. Whoever answered the last time waits a sixth of the margin longer. */
static uint64_t margin(const struct pair *p, uint64_t before)
{
    return p->view.initiator ? before : before - before / 6;
}

/* The rekey point in hundredths of a percent of the life; 0 = it is told by what is left. At least
 * one percent, whatever chance takes off. */
static uint32_t part_of_life(const struct pair *p)
{
    const struct ipsec *x = p->x;
    const struct ipsec_timing *t = x->timing;
    uint32_t percent = MIN(p->view.initiator ? t->soft_percent : t->soft_percent_r, PERCENT_MOST);
    uint32_t jitter = MIN(t->soft_jitter, PERCENT_MOST), part = percent * 100;
    if (!percent || !jitter)
        return part;
    g_autofree char *stream = g_strdup_printf("%s/ipsec/rekey", net_node_name(x->node));
    uint32_t early = (uint32_t)rng_below(rng_stream(x->sim, stream), jitter * 100u + 1);
    return part > early + 100 ? part - early : 100;
}

/* Lives of 2^32 seconds, in nanoseconds, leave no room to multiply first. */
static uint64_t point_at(uint64_t life, uint32_t part)
{
    uint64_t at = life / 10000 * part + life % 10000 * part / 10000;
    return life ? MAX(at, 1) : 0;
}

static uint64_t soft_point(const struct pair *p, uint64_t life, uint64_t before, uint32_t part)
{
    return part ? point_at(life, part) : point_before(life, margin(p, before));
}

/* A successor carries on where its predecessor was: rekeying is no traffic. */
static void idle_start(struct pair *p, uint32_t idle_s)
{
    const GPtrArray *pairs = p->ident->view.pairs;
    p->view.idle_s = idle_s;
    sim_time last = -1;
    for (guint i = 0; i < pairs->len; i++) {
        const struct pair *old = pairs->pdata[i];
        if (old != p)
            last = MAX(last, old->view.last_used);
    }
    p->view.last_used = last >= 0 ? last : p->view.born;
    if (idle_s)
        sim_timer_arm(&p->idle, MAX(p->view.last_used + SECONDS(idle_s), p->view.born));
}

void ipsec_limits_start(struct pair *p, uint32_t life_s, uint32_t life_kb, uint32_t idle_s)
{
    const struct ipsec_timing *t = p->x->timing;
    uint32_t part = part_of_life(p);
    p->view.life_s = life_s;
    p->view.life_kb = life_kb;
    p->view.born = sim_now(p->x->sim);
    p->view.soft = p->view.hard = SIM_TIME_MAX;
    sim_timer_init(p->x->sim, &p->soft, soft_expired, p);
    sim_timer_init(p->x->sim, &p->hard, hard_expired, p);
    sim_timer_init(p->x->sim, &p->idle, idle_expired, p);
    if (life_s) {
        uint64_t life = (uint64_t)SECONDS(life_s), before = (uint64_t)SECONDS(t->soft_before_s);
        p->view.soft = p->view.born + (sim_time)soft_point(p, life, before, part);
        p->view.hard = p->view.born + (sim_time)life;
        sim_timer_arm(&p->soft, p->view.soft);
        sim_timer_arm(&p->hard, p->view.hard);
    }
    p->view.hard_bytes = (uint64_t)life_kb * KILOBYTE;
    p->view.soft_bytes =
        soft_point(p, p->view.hard_bytes, (uint64_t)t->soft_before_kb * KILOBYTE, part);
    idle_start(p, idle_s);
}

/* What is younger than an overlap and little used was not due to be replaced: both ends made one at
 * once, each sends by the one it had last, and the other's must go on being heard until its own
 * end. */
static bool is_twin(const struct pair *p)
{
    uint64_t bytes = MAX(p->in->bytes, p->out->bytes);
    return !p->asked && sim_now(p->x->sim) - p->view.born < SECONDS(OVERLAP_S) &&
           (!p->view.soft_bytes || bytes < p->view.soft_bytes / 2);
}

void ipsec_pair_step_down(struct pair *p, bool newest)
{
    const struct ipsec_timing *t = p->x->timing;
    sim_time last = sim_now(p->x->sim) + SECONDS(t->soft_before_s ? t->soft_before_s : OVERLAP_S);
    p->view.sending = false;
    sim_timer_disarm(&p->soft);
    if (!(newest && is_twin(p)) && last < p->view.hard) {
        p->view.hard = last;
        sim_timer_arm(&p->hard, last);
    }
}
