/* What is left when faults have healed: the checks that every exchange test ends with. */
#include "exchange/pair.h"
#include "ike/ike_priv.h"

/* ---- How long ---- */

static sim_time patience_of(const struct pair_end *e)
{
    const struct ike_profile *p = &e->profile;
    const struct ike_liveness *live = ike_liveness_for(e->conf, e->peer);
    uint32_t phase1 = p->retransmit_s * (p->retransmit_count + 1);
    uint32_t phase2 = p->qm_retransmit_s * (p->qm_retransmit_count + 1);
    uint32_t dpd = (live->retry_s ? live->retry_s : 2) * (p->dpd_retries + 2);
    uint32_t longest = MAX(MAX(phase1, phase2), MAX(p->responder_wait_s, dpd));
    return SECONDS(longest + MAX(p->dead_linger_s, p->node_linger_s));
}

sim_time pair_patience(const struct ike_pair *p)
{
    return MAX(patience_of(&p->end[0]), patience_of(&p->end[1])) + 4 * p->delay;
}

static bool is_quiet(const struct ike_sa *sa)
{
    for (guint i = 0; sa->quick && i < sa->quick->len; i++)
        if (!((const struct ike_exchange *)sa->quick->pdata[i])->over)
            return false;
    bool done = sa->ready || sa->state == IKE_STATE_DEAD; /* phase 1, a login, configuration */
    return done && !sa->pending.length && !sa->dpd.asked;
}

bool pair_quiet(const struct ike_pair *p)
{
    for (int side = 0; side < 2; side++) {
        const GPtrArray *sas = p->end[side].engine->sas;
        for (guint i = 0; i < sas->len; i++)
            if (!is_quiet(sas->pdata[i]))
                return false;
    }
    return true;
}

/* What is under way now has its time; what begins meanwhile (a rekey, a question) as much again. */
bool pair_settle(struct ike_pair *p)
{
    sim_time start = sim_now(p->sim), patience = pair_patience(p);
    pair_run(p, start + patience);
    while (!pair_quiet(p)) {
        if (sim_now(p->sim) >= start + 2 * patience)
            return false;
        pair_run(p, sim_now(p->sim) + MILLISECONDS(300));
    }
    return true;
}

/* ---- One end ---- */

static const char *fault_of_sa(const struct ike_sa *sa)
{
    sim_time now = sim_now(sa->e->sim);
    if (sa->state == IKE_STATE_DEAD)
        return sim_timer_armed(&sa->timer) ? NULL : "a dead SA stays for ever";
    if (sa->expires != SIM_TIME_MAX && sa->expires <= now)
        return "an IKE SA is past its end";
    if (sa->expires == SIM_TIME_MAX && sa->policy.lifetime_s)
        return "an IKE SA has a lifetime and no end";
    if (sa->expires != SIM_TIME_MAX && sim_timer_at(&sa->timer) != sa->expires)
        return "nobody watches for the end of an IKE SA";
    if (sa->retired && sim_timer_armed(&sa->dpd.timer))
        return "an SA that was replaced asks whether its peer lives";
    for (guint i = 0; sa->quick && i < sa->quick->len; i++)
        if (!sim_timer_armed(&((const struct ike_exchange *)sa->quick->pdata[i])->timer))
            return "a quick mode that is done is never forgotten";
    const GPtrArray *xacts = sa->guest ? sa->guest->xacts : NULL;
    for (guint i = 0; xacts && i < xacts->len; i++)
        if (!sim_timer_armed(&((const struct ike_exchange *)xacts->pdata[i])->timer))
            return "a transaction that is done is never forgotten";
    return sa->guest && sim_timer_armed(&sa->guest->wait) ? "an SA that serves waits" : NULL;
}

static const char *fault_of_tables(const struct ike_engine *e)
{
    uint32_t half_open = 0, dead = 0, serving = 0, children = 0;
    for (guint i = 0; i < e->sas->len; i++) {
        const struct ike_sa *sa = e->sas->pdata[i];
        const char *wrong = fault_of_sa(sa);
        if (wrong)
            return wrong;
        half_open += ike_sa_half_open(sa);
        dead += sa->state == IKE_STATE_DEAD;
        serving += sa->state == IKE_STATE_QM_IDLE && !sa->retired;
        children += sa->children;
    }
    if (half_open != e->half_open || dead != e->dead)
        return "half-built or dead SAs are miscounted";
    if (g_hash_table_size(e->by_cookie) != e->sas->len)
        return "there are cookies without an SA";
    if (children > e->children->len)
        return "SAs have children that nobody knows";
    return serving > 1 ? "two IKE SAs serve" : NULL;
}

static const struct pair_child *child_at(const struct pair_end *e, guint i)
{
    return e->children->pdata[i];
}

static bool has_inbound(const struct pair_end *e, uint32_t spi)
{
    for (guint i = 0; i < e->children->len; i++)
        if (child_at(e, i)->c.spi_in == spi)
            return true;
    return false;
}

static bool engine_knows(const struct ike_engine *e, uint32_t spi_in)
{
    for (guint i = 0; i < e->children->len; i++)
        if (g_array_index(e->children, struct ike_known_child, i).spi_in == spi_in)
            return true;
    return false;
}

static const char *fault_of_children(const struct ike_pair *p, const struct pair_end *e)
{
    const struct pair_end *peer = &p->end[1 - e->side];
    for (guint i = 0; i < e->children->len; i++) {
        const struct pair_child *child = child_at(e, i);
        for (guint k = 0; k < i; k++)
            if (child_at(e, k)->c.spi_in == child->c.spi_in)
                return "two live inbound SAs have one SPI";
        if (!engine_knows(e->engine, child->c.spi_in))
            return "IKE has forgotten a pair that lives";
        bool ends = p->lives ? sim_timer_armed(&child->hard) : child->c.life_s != 0;
        if (!has_inbound(peer, child->c.spi_out) && !ends)
            return "an outbound SA without a partner never ends";
        if (p->lives && !ends)
            return "a pair never ends";
    }
    return NULL;
}

static const char *fault_of_counters(const struct ike_pair *p, const struct pair_end *e)
{
    enum ike_role side = e->side;
    if (pair_count(p, side, "ike.phase1.started") !=
        pair_count(p, side, "ike.phase1.completed") + pair_count(p, side, "ike.phase1.failed"))
        return "phase 1: what began neither completed nor failed";
    if (pair_count(p, side, "ike.phase2.started") !=
        pair_count(p, side, "ike.phase2.completed") + pair_count(p, side, "ike.phase2.failed"))
        return "phase 2: what began neither completed nor failed";
    if (e->conf->enabled && pair_count(p, side, "ike.rx") < e->heard)
        return "a datagram came and was not counted";
    if (!p->deaf && pair_count(p, side, "ike.tx") != p->sent_by[side])
        return "datagrams that went are miscounted";
    if (pair_count(p, side, "ike.retransmits") > pair_count(p, side, "ike.tx"))
        return "more was said again than was said";
    return NULL;
}

const char *pair_fault_of(const struct ike_pair *p)
{
    const char *wrong = NULL;
    for (int side = 0; !wrong && side < 2; side++) {
        const struct pair_end *e = &p->end[side];
        wrong = fault_of_tables(e->engine);
        if (!wrong)
            wrong = fault_of_children(p, e);
        if (!wrong)
            wrong = fault_of_counters(p, e);
    }
    return wrong;
}

/* ---- Both ends ---- */

static const struct ike_sa *serving(const struct ike_pair *p, enum ike_role side)
{
    const struct pair_end *e = &p->end[side];
    return ike_sa_working(ike_peer_find(e->engine, e->peer, 0), e->addr);
}

const char *pair_discord(struct ike_pair *p)
{
    if (!pair_quiet(p))
        return "something is under way";
    const struct ike_sa *a = serving(p, PAIR_I), *b = serving(p, PAIR_R);
    if (!a != !b)
        return "one end has no IKE SA";
    if (a && (a->cky_i != b->cky_i || a->cky_r != b->cky_r))
        return "another IKE SA serves at each end";
    if (a && (a->retired || b->retired))
        return "the IKE SA that serves was replaced";
    if (!p->end[PAIR_I].children->len)
        return "there is no pair";
    return pair_disagreement(p);
}

/* ---- IPsec with lifetimes ---- */

/* A replaced pair still takes what is on its way. One as young was made by the other end at the
 * same time, and is perhaps what that sends under: it stays. */
#define OVERLAP_S 30

void pair_child_free(void *owner)
{
    struct pair_child *child = owner;
    sim_timer_clear(&child->soft);
    sim_timer_clear(&child->hard);
    g_free(child);
}

static void soft_end(void *owner)
{
    struct pair_child *child = owner;
    struct pair_end *e = child->end;
    struct ike_request r = pair_request_of(e->pair, e->side);
    r.local_proxy = child->c.local_proxy;
    r.remote_proxy = child->c.remote_proxy;
    r.life_s = e->life_s;
    r.spi_old = child->c.spi_in;
    sim_time next = sim_now(e->pair->sim) + SECONDS(e->profile.rekey_retry_s);
    if (next < sim_timer_at(&child->hard))
        sim_timer_arm(&child->soft, next);
    ike_request_sas(e->engine, &r);
}

static void hard_end(void *owner)
{
    struct pair_child *child = owner;
    struct pair_end *e = child->end;
    uint32_t spi_in = child->c.spi_in;
    g_ptr_array_remove(e->children, child);
    ike_child_ended(e->engine, e->addr, e->peer, spi_in);
}

void pair_child_lives(struct pair_child *child)
{
    struct pair_end *e = child->end;
    struct sim *sim = e->pair->sim;
    sim_time now = sim_now(sim), end = now + SECONDS(child->c.life_s);
    sim_timer_init(sim, &child->soft, soft_end, child);
    sim_timer_init(sim, &child->hard, hard_end, child);
    child->born = now;
    sim_timer_arm(&child->hard, end);
    sim_timer_arm(&child->soft, MAX(now, end - SECONDS(e->profile.rekey_before_s)));
    for (guint i = 0; i < e->children->len; i++) {
        struct pair_child *old = e->children->pdata[i];
        if (old == child || old->replaced ||
            !proxy_same(&old->c.local_proxy, &child->c.local_proxy))
            continue;
        old->replaced = true;
        sim_timer_disarm(&old->soft);
        if (now - old->born > SECONDS(OVERLAP_S))
            sim_timer_arm(&old->hard, MIN(sim_timer_at(&old->hard), now + SECONDS(OVERLAP_S)));
    }
}

static void send_packet(struct ike_pair *p, enum ike_role side)
{
    const struct pair_end *e = &p->end[side];
    guint n = e->children->len;
    if (n)
        pair_packet(p, side, !has_inbound(&p->end[1 - side], child_at(e, n - 1)->c.spi_out));
    else
        pair_ask(p, side);
}

void pair_traffic(struct ike_pair *p, sim_time until)
{
    for (sim_time t = sim_now(p->sim); t < until; t += SECONDS(1)) {
        pair_run(p, t);
        send_packet(p, PAIR_I);
        send_packet(p, PAIR_R);
    }
    pair_run(p, until);
}
