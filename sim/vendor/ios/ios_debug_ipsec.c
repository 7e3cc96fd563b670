/* debug crypto ipsec (hub-and-spoke.md, steps L11 to L14 and S00; DBG-06, 17, 21, 22, 24, 28). */
#include "vendor/ios/ios_debug_priv.h"

static bool dialect_c(const struct ios *s)
{
    return s->dialect == IOS_DIALECT_C;
}

/* ---- The "(key eng. msg.)" block ---- */

struct side {
    ip4 addr, net, mask;
    uint32_t type, port;
};
struct key_message {
    bool outbound;
    struct side local, remote;
    uint32_t protocol;
    enum crypto_cipher cipher;
    enum crypto_hash auth;
    bool transport;
    uint32_t life_s, life_kb, spi, conn, flags;
};

static void proxy_line(const char *name, const struct side *side, uint32_t protocol, GString *out)
{
    g_string_append_printf(out, "\n    %s= %s/%s/%u/%u (type=%u),", name, IP4S(side->net),
                           IP4S(side->mask), protocol, side->port, side->type);
}

/* Dialect B names the ends by direction: what goes out has the local end as its source. */
static void ends_b(const struct key_message *m, GString *out)
{
    const char *l = m->outbound ? "src" : "dest", *r = m->outbound ? "dest" : "src";
    g_string_append_printf(out, "\n  (key eng. msg.) %s= %s, %s= %s,", l, IP4S(m->local.addr), r,
                           IP4S(m->remote.addr));
    proxy_line(m->outbound ? "src_proxy" : "dest_proxy", &m->local, m->protocol, out);
    proxy_line(m->outbound ? "dest_proxy" : "src_proxy", &m->remote, m->protocol, out);
}

static void ends_c(const struct key_message *m, GString *out)
{
    g_string_append_printf(out, "\n  (key eng. msg.) %s local= %s, remote= %s,",
                           m->outbound ? "OUTBOUND" : "INBOUND", IP4S(m->local.addr),
                           IP4S(m->remote.addr));
    proxy_line("local_proxy", &m->local, m->protocol, out);
    proxy_line("remote_proxy", &m->remote, m->protocol, out);
}

static void say_key_message(struct ios *s, const char *head, const struct key_message *m)
{
    g_autoptr(GString) out = g_string_new(head);
    if (dialect_c(s))
        ends_c(m, out);
    else
        ends_b(m, out);
    g_string_append(out, "\n    protocol= ESP, transform= ");
    ios_suite_text(m->cipher, m->auth, out);
    g_string_append(out, !dialect_c(s) ? " ," : m->transport ? " (Transport)," : " (Tunnel),");
    g_string_append_printf(out, "\n    lifedur= %us and %ukb,", m->life_s, m->life_kb);
    g_string_append_printf(out, "\n    spi= 0x%X(%u), conn_id= %u, keysize= %u, flags= 0x%X",
                           m->spi, m->spi, m->conn, ios_keysize(m->cipher), m->flags);
    ios_say_ipsec(s, "%s", out->str);
}

static uint32_t type_of(ip4 mask)
{
    return mask == 0xffffffffu ? ID_IPV4_ADDR : ID_IPV4_ADDR_SUBNET;
}

/* ---- Asking ---- */

ON(ipsec_request)
{
    const struct key_message m = {
        .outbound = true,
        .local = {e->local, e->local_net, e->local_mask, type_of(e->local_mask), e->sport},
        .remote = {e->remote, e->remote_net, e->remote_mask, type_of(e->remote_mask), e->dport},
        .protocol = e->protocol,
        .cipher = e->cipher,
        .auth = e->auth,
        .life_s = e->life_s,
        .life_kb = e->life_kb,
        .flags = dialect_c(s) ? 0x400A : 0x4004,
    };
    say_key_message(s, "IPSEC(sa_request): ,", &m);
}

ON(ipsec_soft)
{
    const struct ipsec_timing *timing = &s->d->timing;
    if (g_strcmp0(e->limit, "kilobytes") == 0)
        ios_say_ipsec(
            s, "IPSEC(lifetime_expiry): SA lifetime threshold reached, expiring in %u kilobytes",
            timing->soft_before_kb);
    else
        ios_say_ipsec(
            s, "IPSEC(lifetime_expiry): SA lifetime threshold reached, expiring in %u seconds",
            timing->soft_before_s);
}

/* ---- Judging ---- */

ON(ipsec_transform_refused)
{
    ios_proposal_checked(s);
    if (e->why == WHY_LOCAL_ADDRESS)
        ios_say_ipsec(s, "IPSEC(validate_proposal): invalid local address %s", IP4S(e->local));
    else
        ios_say_ipsec(s,
                      "IPSEC(validate_proposal): transform proposal (prot %u, trans %u, hmac_alg "
                      "%u) not supported",
                      e->protocol, e->transform, e->hmac);
}

/* 12.3 names the map whose entries it walks, a line for each entry. */
static void say_kei_proxy(struct ios *s, const char *map)
{
    if (!dialect_c(s) || !map)
        return;
    const struct ipsec_map *m = s->d->ipsec_conf ? ipsec_map_find(s->d->ipsec_conf, map) : NULL;
    guint entries = 0;
    for (guint i = 0; m && i < m->entries->len; i++) {
        /* a dynamic map counts by its templates (hub-and-spoke.md, 2.3) */
        const struct ipsec_map_entry *e = m->entries->pdata[i];
        const struct ipsec_map *dynamic = ipsec_dynamic_find(s->d->ipsec_conf, e->dynamic);
        entries += dynamic ? dynamic->entries->len : 1;
    }
    for (guint i = 0; i < MAX(entries, 1); i++)
        ios_say_ipsec(s, "IPSEC(kei_proxy): head = %s, map->ivrf = , kei->ivrf =", map);
}

/* A request that no entry covers was still looked for in the map of its local address. */
static const char *map_searched(const struct ios *s, const struct ev_ipsec_validate *e)
{
    const struct ipsec *x = s->d->ipsec;
    if (e->map || !x)
        return e->map;
    for (size_t i = 0; i < net_if_count(s->d->node); i++) {
        const struct net_if *on = net_if_at(s->d->node, i);
        if (e->local != 0 && ipsec_local_address(x, on) == e->local)
            return ipsec_bound(x, on);
    }
    return NULL;
}

static void say_policy_refusal(struct ios *s, const struct ev_ipsec_validate *e)
{
    g_autoptr(GString) suite = g_string_new(NULL);
    switch (e->why) {
    case WHY_PEER:
        ios_say_ipsec(s, "IPSEC(validate_transform_proposal): peer address %s not found",
                      IP4S(e->remote));
        break;
    case WHY_TRANSFORM:
        ios_suite_text(e->cipher, e->auth, suite);
        ios_say_ipsec(s,
                      "IPSEC(validate_transform_proposal): transform proposal not supported for "
                      "identity:\n    {%s }",
                      suite->str);
        break;
    case WHY_PFS: /* our wording: neither the catalogue nor the message reference has one */
        ios_say_ipsec(s, "IPSEC(validate_transform_proposal): PFS group not supported");
        break;
    case WHY_LOCAL_ADDRESS:
        ios_say_ipsec(
            s, "IPSEC(validate_transform_proposal): no IPSEC cryptomap exists for local address %s",
            IP4S(e->local));
        break;
    default:
        ios_say_ipsec(s, "IPSEC(validate_transform_proposal): proxy identities not supported");
        break;
    }
}

/* The lifetime of a request that is being judged is always printed as 0. */
ON(ipsec_validate)
{
    const struct key_message m = {
        .local = {e->local, e->local_net, e->local_mask, e->local_type, e->lport},
        .remote = {e->remote, e->remote_net, e->remote_mask, e->remote_type, e->rport},
        .protocol = e->protocol,
        .cipher = e->cipher,
        .auth = e->auth,
        .transport = e->transport,
        .flags = dialect_c(s) ? 0x2 : 0x4,
    };
    g_autofree char *head =
        g_strdup_printf("IPSEC(validate_proposal_request): proposal part #%u,", e->part);
    say_key_message(s, head, &m);
    ios_say_engine(s, "CryptoEngine0: validate proposal request");
    say_kei_proxy(s, map_searched(s, e));
    if (e->why == WHY_NONE)
        return;
    s->words->policy_refused = true;
    say_policy_refusal(s, e);
}

/* ---- Installing and deleting ---- */

/* A host's proxy has mask 255.255.255.255 when it is judged and 0.0.0.0 when it is installed. */
static ip4 install_mask(uint32_t type, ip4 mask)
{
    return type == ID_IPV4_ADDR ? 0 : mask;
}

ON(ipsec_init_sas)
{
    const struct ios_words *w = s->words;
    bool told = w->asked_conn != 0 && w->asked_spi[e->inbound ? 0 : 1] == e->spi &&
                (w->pair_s || w->pair_kb);
    const struct key_message m = {
        .outbound = !e->inbound,
        .local = {e->local, e->local_net, install_mask(e->local_type, e->local_mask), e->local_type,
                  e->lport},
        .remote = {e->remote, e->remote_net, install_mask(e->remote_type, e->remote_mask),
                   e->remote_type, e->rport},
        .protocol = e->protocol,
        .cipher = e->cipher,
        .auth = e->auth,
        .transport = e->transport,
        .life_s = told ? w->pair_s : e->life_s,
        .life_kb = told ? w->pair_kb : e->life_kb,
        .spi = e->spi,
        .conn = ios_conn_of_esp(s, e->sa),
        .flags = !dialect_c(s) ? 0x4
                 : e->inbound  ? 0x2
                               : 0xA,
    };
    if (e->inbound)
        ios_say_ipsec(s, "IPSEC(key_engine): got a queue event...");
    say_key_message(s, "IPSEC(initialize_sas): ,", &m);
    if (e->inbound || !dialect_c(s))
        return;
    say_kei_proxy(s, e->map);
    ios_say_ipsec(s, "IPSEC(add mtree): src %s, dest %s, dest_port 0\n", IP4S(e->local_net),
                  IP4S(e->remote_net));
}

ON(ipsec_init_refused)
{
    ios_say_ipsec(s, "IPSEC(key_engine): got a queue event...");
    ios_say_ipsec(s, "IPSEC(initialize_sas): invalid proxy IDs");
}

static void say_sa(struct ios *s, const char *head, ip4 dst, uint32_t spi,
                   enum crypto_cipher cipher, enum crypto_hash auth, uint32_t conn)
{
    g_autoptr(GString) suite = g_string_new(NULL);
    ios_suite_text(cipher, auth, suite);
    ios_say_ipsec(s,
                  "%s,\n"
                  "  (sa) sa_dest= %s, sa_prot= 50,\n"
                  "    sa_spi= 0x%X(%u),\n"
                  "    sa_trans= %s , sa_conn_id= %u",
                  head, IP4S(dst), spi, spi, suite->str, conn);
}

ON(ipsec_sa_new)
{
    say_sa(s, "IPSEC(create_sa): sa created", e->dst, e->spi, e->cipher, e->auth,
           ios_conn_of_esp(s, e->sa));
}

ON(ipsec_sa_dead)
{
    say_sa(s, "IPSEC(delete_sa): deleting SA", e->dst, e->spi, e->cipher, e->auth,
           ios_conn_of_esp(s, e->sa));
}

// clang-format off
#define I IOS_DEBUG_ISAKMP
#define P IOS_DEBUG_IPSEC
#define N IOS_DEBUG_ENGINE
const struct ios_hearing ios_hear_ipsec[] = {
    HEAR(P, ipsec_request), HEAR(P, ipsec_soft),
    HEAR(P | N, ipsec_transform_refused), HEAR(I | P | N, ipsec_validate),
    HEAR(P, ipsec_init_sas), HEAR(P, ipsec_init_refused), HEAR(P, ipsec_sa_new), HEAR(P, ipsec_sa_dead),
    { .fn = NULL },
};
// clang-format on
