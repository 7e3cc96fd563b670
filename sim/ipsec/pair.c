/* SA pairs: installing what quick mode agreed (RFC 2401 4.4.3), and their ends. */
#include "ipsec_priv.h"

/* ---- Ends ---- */

void ipsec_pair_free(struct pair *p)
{
    sim_timer_clear(&p->soft);
    sim_timer_clear(&p->hard);
    sim_timer_clear(&p->idle);
    ipsec_use_unref(p->x, p->use);
    g_free(p);
}

static void say_dead(const struct pair *p, const struct esp_sa *sa, enum ike_why why)
{
    TRACE(p->x->scope, ipsec_sa_dead, .sa = sa->id, .inbound = sa->inbound, .dst = sa->dst,
          .src = sa->src, .protocol = IPPROTO_NUM_ESP, .spi = sa->spi, .cipher = sa->suite.cipher,
          .auth = sa->suite.auth, .why = why);
}

void ipsec_pair_end(struct pair *p, enum ike_why why, bool tell)
{
    struct ipsec *x = p->x;
    struct ident *ident = p->ident;
    ip4 local = p->local, remote = p->remote;
    uint32_t spi_in = p->view.spi_in, context = 0;
    say_dead(p, p->in, why);
    say_dead(p, p->out, why);
    sad_remove(x->sad, p->view.in);
    sad_remove(x->sad, p->view.out);
    *x->count.deleted += 2;
    g_ptr_array_remove(ident->view.pairs, p);
    if (p->view.sending && ident->view.pairs->len)
        ((struct pair *)ident->view.pairs->pdata[0])->view.sending = true;
    ipsec_pair_free(p);
    ipsec_forget_flows(x);
    if (!ident->view.pairs->len) {
        context = ident->view.context;
        ident->view.context = 0;
    }
    ipsec_ident_prune(x, ident);
    if (context)
        ipsec_context_end(x, context);
    if (tell && x->ops.ended)
        x->ops.ended(x->ops.self, local, remote, spi_in, why);
}

/* Ends the pairs that `wanted` says yes to. Whoever is told may end others in between, so pairs are
 * found again by SPI. */
static size_t end_all(struct ipsec *x, bool (*wanted)(const struct pair *p, const void *what),
                      const void *what, enum ike_why why, bool tell)
{
    g_autoptr(GArray) spis = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    for (guint i = 0; i < x->idents->len; i++) {
        const struct ident *ident = x->idents->pdata[i];
        for (guint j = 0; j < ident->view.pairs->len; j++) {
            const struct pair *p = ident->view.pairs->pdata[j];
            if (wanted(p, what))
                g_array_append_val(spis, p->view.spi_in);
        }
    }
    size_t ended = 0;
    for (guint i = 0; i < spis->len; i++) {
        struct pair *p = ipsec_pair_by_spi(x, g_array_index(spis, uint32_t, i));
        if (!p)
            continue;
        ipsec_pair_end(p, why, tell);
        ended++;
    }
    return ended;
}

static bool cleared(const struct pair *p, const void *what)
{
    const struct ipsec_clear_what *w = what;
    return (!w->peer || w->peer == p->remote) && (!w->nat || w->nat == p->view.nat) &&
           (!w->map || g_str_equal(w->map, p->ident->map)) &&
           (!w->spi || w->spi == p->view.spi_in || w->spi == p->view.spi_out) &&
           (!w->on || w->on == p->ident->view.on);
}

size_t ipsec_clear(struct ipsec *x, const struct ipsec_clear_what *what, enum ike_why why)
{
    return end_all(x, cleared, what, why, true);
}

struct ends {
    ip4 local, remote;
    uint32_t nat;
    uint32_t spi_out;
};

static bool of_ends(const struct pair *p, const void *what)
{
    const struct ends *e = what;
    return p->view.nat == e->nat && (e->nat || p->remote == e->remote) &&
           (!e->local || p->local == e->local) && (!e->spi_out || p->view.spi_out == e->spi_out);
}

void ipsec_peer_deleted(struct ipsec *x, ip4 remote, uint32_t nat, uint32_t spi_out,
                        enum ike_why why)
{
    if (!spi_out || !end_all(x, of_ends, &(struct ends){0, remote, nat, spi_out}, why, false))
        ++*x->count.unknown_delete;
}

void ipsec_peer_gone(struct ipsec *x, ip4 local, ip4 remote, uint32_t nat, enum ike_why why)
{
    end_all(x, of_ends, &(struct ends){local, remote, nat, 0}, why, false);
}

/* ---- Path MTU ---- */

#define PATH_MTU_LEAST 68           /* RFC 791: what every link carries */
#define PATH_MTU_KEPT  SECONDS(600) /* RFC 1191 6.3: then larger packets are tried again */

static void heed_mtu(struct pair *p, uint32_t mtu)
{
    sim_time now = sim_now(p->x->sim);
    p->ident->view.too_big_heard++;
    if (mtu >= p->view.path_mtu && now < p->view.path_mtu_until)
        return;
    p->view.path_mtu = mtu;
    p->view.path_mtu_until = now + PATH_MTU_KEPT;
}

/* Zero means any. */
static void heed_mtu_of(struct ipsec *x, ip4 remote, uint32_t spi_out, uint16_t rport, uint32_t mtu)
{
    for (guint i = 0; mtu >= PATH_MTU_LEAST && i < x->idents->len; i++) {
        const struct ident *ident = x->idents->pdata[i];
        for (guint k = 0; k < ident->view.pairs->len; k++) {
            struct pair *p = ident->view.pairs->pdata[k];
            if (p->remote == remote &&
                (rport ? p->view.suite.udp && p->view.rport == rport : p->view.spi_out == spi_out))
                heed_mtu(p, mtu);
        }
    }
}

/* Anybody can write such a message; one that names an SPI in use has at least seen the traffic, and
 * the worst it can do is to make packets small (RFC 2401 6.1.2). */
void ipsec_path_mtu(struct ipsec *x, ip4 remote, uint32_t spi_out, uint32_t mtu)
{
    heed_mtu_of(x, remote, spi_out, 0, mtu);
}

void ipsec_path_mtu_udp(struct ipsec *x, ip4 remote, uint16_t rport, uint32_t mtu)
{
    if (rport)
        heed_mtu_of(x, remote, 0, rport, mtu);
}

/* ---- Installing ---- */

uint32_t ipsec_new_spi(struct ipsec *x)
{
    /* 1 to 255 are reserved                                                RFC 2406 2.1 */
    uint32_t spi;
    do {
        spi = rng_u32(x->rng);
    } while (spi < 256 || sad_by_spi(x->sad, spi));
    return spi;
}

static bool host_bits(const struct proxy *p)
{
    return p->addr & ~p->mask;
}

/* Identities must be, to the bit, those of a line, or a network within one. */
static bool line_takes(const struct acl_line *l, const struct ipsec_child *c)
{
    struct proxy local, remote;
    if (!l->permit || l->remark)
        return false;
    ipsec_line_proxies(l, &local, &remote);
    if (proxy_same(&c->local_proxy, &local) && proxy_same(&c->remote_proxy, &remote))
        return true;
    return !host_bits(&c->local_proxy) && !host_bits(&c->remote_proxy) &&
           proxy_within(&c->local_proxy, &local) && proxy_within(&c->remote_proxy, &remote);
}

static bool rule_takes(const struct rule *r, const struct ipsec_child *c)
{
    for (guint k = 0; r->acl && k < r->acl->lines->len; k++)
        if (line_takes(r->acl->lines->pdata[k], c))
            return true;
    return !r->acl; /* a template without access list takes any identities */
}

static struct rule *rule_of_child(const struct ipsec *x, const struct ipsec_child *c,
                                  struct binding **binding)
{
    for (guint i = 0; i < x->bindings->len; i++) {
        struct binding *b = x->bindings->pdata[i];
        if (!b || b->local != c->local || (c->map && !g_str_equal(c->map, b->name)))
            continue;
        for (guint j = 0; j < b->rules->len; j++) {
            struct rule *r = b->rules->pdata[j];
            if (r->peerless || (c->map && ipsec_rule_seq(r) != c->seq) || !rule_takes(r, c) ||
                !ipsec_entry_serves(r->entry, c->party))
                continue;
            *binding = b;
            return r;
        }
    }
    return NULL;
}

static bool ident_is(const struct ident *ident, const struct ipsec_child *c)
{
    return ident && proxy_same(&ident->view.local_proxy, &c->local_proxy) &&
           proxy_same(&ident->view.remote_proxy, &c->remote_proxy);
}

/* The line's own ident, one that was negotiated before, or a new one behind the entry's others.
 * Under a template each peer has its own, and who came last gets the traffic: a peer whose address
 * changed asks for the same identities again. */
static struct ident *ident_of_child(struct ipsec *x, struct binding *b, struct rule *r,
                                    const struct ipsec_child *c)
{
    for (guint i = 0; !r->dynamic && i < r->of_line->len; i++)
        if (ident_is(r->of_line->pdata[i], c))
            return r->of_line->pdata[i];
    for (guint i = 0; i < r->others->len; i++) {
        struct ident *ident = r->others->pdata[i];
        if (ident_is(ident, c) &&
            (!r->dynamic || (ident->view.peer == c->remote && ident->view.nat == c->nat)))
            return ident;
    }
    struct ident *ident = ipsec_ident_new(x, b, r, &c->local_proxy, &c->remote_proxy);
    g_ptr_array_insert(r->others, r->dynamic ? 0 : -1, ident);
    ipsec_ident_insert(x, ident);
    return ident;
}

static void say_installed(const struct pair *p, const struct ipsec_child *c,
                          const struct esp_sa *sa)
{
    TRACE(p->x->scope, ipsec_init_sas, .inbound = sa->inbound, .local = c->local,
          .remote = c->remote, .local_net = c->local_proxy.addr, .local_mask = c->local_proxy.mask,
          .local_type = c->local_proxy.type, .remote_net = c->remote_proxy.addr,
          .remote_mask = c->remote_proxy.mask, .remote_type = c->remote_proxy.type,
          .protocol = c->local_proxy.protocol, .lport = c->local_proxy.port,
          .rport = c->remote_proxy.port, .cipher = c->suite.cipher, .auth = c->suite.auth,
          .transport = c->suite.transport, .life_s = c->life_s, .life_kb = c->life_kb,
          .spi = sa->spi, .sa = sa->id, .map = p->ident->map);
}

static void say_new(const struct pair *p, const struct esp_sa *sa)
{
    TRACE(p->x->scope, ipsec_sa_new, .sa = sa->id, .inbound = sa->inbound, .dst = sa->dst,
          .src = sa->src, .protocol = IPPROTO_NUM_ESP, .spi = sa->spi, .cipher = sa->suite.cipher,
          .auth = sa->suite.auth, .map = p->ident->map);
}

static void say_key(const struct pair *p, const struct esp_sa *sa, struct span keymat)
{
    size_t key = cipher_key_bytes(sa->suite.cipher);
    TRACE(p->x->scope, key_esp, .sa = sa->id, .spi = sa->spi, .src = sa->src, .dst = sa->dst,
          .cipher = sa->suite.cipher, .auth = sa->suite.auth,
          .cipher_key = span_sub(keymat, 0, key),
          .auth_key = span_sub(keymat, key, keymat.n - key));
}

static enum ike_why refuse(struct ipsec *x, enum ike_why why)
{
    TRACE(x->scope, ipsec_init_refused, .why = why);
    return why;
}

static uint32_t replay_window(const struct ipsec *x, const struct ipsec_map_entry *e)
{
    if (e->replay_window == UINT32_MAX)
        return 0;
    return e->replay_window ? e->replay_window : x->conf->replay_window;
}

enum ike_why ipsec_install(struct ipsec *x, const struct ipsec_child *c)
{
    ipsec_fresh(x);
    struct binding *b = NULL;
    struct rule *r = rule_of_child(x, c, &b);
    if (!r)
        return refuse(x, WHY_PROXY_AT_INSTALL);
    if (sad_by_spi(x->sad, c->spi_in))
        return refuse(x, WHY_MALFORMED);
    uint32_t window = replay_window(x, r->entry);
    struct esp_sa *in =
        esp_sa_new(c->spi_in, true, c->suite, c->remote, c->local, c->keymat_in, window, x->rng);
    struct esp_sa *out =
        esp_sa_new(c->spi_out, false, c->suite, c->local, c->remote, c->keymat_out, 0, x->rng);
    if (!in || !out) {
        esp_sa_free(in);
        esp_sa_free(out);
        return refuse(x, WHY_MALFORMED);
    }
    struct pair *p = g_new0(struct pair, 1);
    p->x = x;
    p->ident = ident_of_child(x, b, r, c);
    p->in = in;
    p->out = out;
    p->local = c->local;
    p->remote = c->remote;
    p->use = ipsec_use_ref(x, c->local, c->remote, c->nat);
    p->follow = c->follow;
    p->learn = c->learn;
    in->sport = out->dport = p->view.rport = c->rport;
    in->dport = out->sport = p->view.lport = c->lport;
    in->oa_src = c->oa_remote;
    in->oa_dst = c->oa_local;
    p->view.nat = c->nat;
    p->view.in = sad_add(x->sad, in);
    p->view.out = sad_add(x->sad, out);
    p->view.spi_in = c->spi_in;
    p->view.spi_out = c->spi_out;
    p->view.suite = c->suite;
    p->view.initiator = c->initiator;
    p->view.sending = true;
    for (guint i = p->ident->view.pairs->len; i-- > 0;) {
        struct pair *old = p->ident->view.pairs->pdata[i];
        ipsec_pair_step_down(old, i == 0);
        if (old->remote != p->remote)
            continue;
        p->view.path_mtu = old->view.path_mtu; /* the way is the same */
        p->view.path_mtu_until = old->view.path_mtu_until;
    }
    g_ptr_array_insert(p->ident->view.pairs, 0, p);
    p->in->owner = p->out->owner = p;
    ipsec_limits_start(p, c->life_s, c->life_kb, ipsec_idle_s(x, r->entry));
    p->ident->pending = false;
    p->ident->view.local = c->local;
    p->ident->view.peer = c->remote;
    p->ident->view.nat = c->nat;
    *x->count.created += 2;
    ipsec_forget_flows(x);
    say_installed(p, c, in);
    say_installed(p, c, out);
    say_new(p, in);
    say_new(p, out);
    say_key(p, in, c->keymat_in);
    say_key(p, out, c->keymat_out);
    ipsec_context_begin(x, p->ident);
    return WHY_NONE;
}
