/* The address of a client: what the server or the user's attributes say, or the lowest that is free
 * in the pools, in their order (CAT-45, CAT-49). */
#include "asa_ra.h"

#include <string.h>

/* ---- Addresses ---- */

static bool assigned_to_other(const struct asa_remote *self, ip4 addr)
{
    for (guint i = 0; i < self->s->remotes->len; i++) {
        const struct asa_remote *r = g_ptr_array_index(self->s->remotes, i);
        if (r != self && r->addr == addr)
            return true;
    }
    return false;
}

static bool may_assign(const struct asa *s, const char *how)
{
    g_autofree char *key = g_strdup_printf("vpn-addr-assign %s", how);
    const char *text = asa_kept_text(s, NULL, key);
    return !text || !g_str_has_prefix(text, "no ");
}

/* The address that the server said, or else the user's own attributes. */
static bool obtain_framed(struct asa_remote *r, const struct asa_chain *c)
{
    const char *own = asa_setting(r->s, c, ASA_SET_FRAMED);
    ip4 addr = r->framed, mask = r->framed_mask;
    if (!addr && own) {
        g_auto(GStrv) part = g_strsplit(own, " ", -1);
        ip4_parse(part[0], &addr);
        if (part[1] && part[2])
            ip4_parse(part[2], &mask);
    }
    if (!addr || !may_assign(r->s, "aaa"))
        return false;
    bool taken = assigned_to_other(r, addr);
    if (asa_since(r->s, 8, 0))
        asa_log(r->s, 6, taken ? 737009 : 737010, "IPAA: AAA assigned address %s, request %s",
                IP4S(addr), taken ? "failed" : "succeeded");
    if (taken)
        return false;
    r->addr = addr;
    r->mask = mask ? mask : 0xffffffff;
    return true;
}

/* An address that is a network's or a broadcast goes out of the pool, and with it the client: the
 * next one gets the next address (CAT-49). */
static bool obtain_from(struct asa_remote *r, struct asa_pool *p, bool *bad)
{
    g_autofree char *holder = g_strdup_printf("%s #%u", r->user ? r->user : r->group, r->sa);
    ip4 addr;
    while ((addr = asa_pool_take(p, holder, bad)) && !*bad && assigned_to_other(r, addr))
        ;
    if (*bad)
        asa_log(r->s, 3, 713189,
                "Attempted to assign network or broadcast IP address, removing (%s) from pool",
                IP4S(addr));
    if (!addr || *bad)
        return false;
    r->addr = addr;
    r->mask = asa_pool_mask(p, addr);
    g_free(r->pool);
    r->pool = g_strdup(p->pool->name);
    return true;
}

/* What the policy names overrides what the tunnel group does (CAT-45). */
static char **pools_of(const struct asa_remote *r, const struct asa_chain *c)
{
    const struct asa *s = r->s;
    const char *of_policy = asa_setting(s, c, ASA_SET_POOLS);
    const struct asa_group *g = asa_ra_group(s, r);
    const struct net_if *on = net_if_by_addr(s->d->node, r->local);
    if (of_policy)
        return g_strsplit(of_policy, " ", -1);
    return asa_group_words(g ? g->pools : NULL, on ? asa_if_word(s, on) : NULL);
}

static void no_address(const struct asa_remote *r, bool tried)
{
    if (asa_since(r->s, 8, 0) && tried) {
        asa_log(r->s, 5, 737007, "IPAA: Local pool request failed for tunnel-group '%s'", r->group);
        asa_log(r->s, 4, 737019,
                "IPAA: Unable to get address from group-policy or tunnel-group local pools");
    }
    if (asa_since(r->s, 8, 0))
        asa_log(r->s, 4, 737012, "IPAA: Address assignment failed");
    asa_ra_say(r, 3, 713132, "Cannot obtain an IP address for remote peer");
}

bool asa_ra_obtain(struct asa_remote *r)
{
    struct asa *s = r->s;
    struct asa_chain c = asa_ra_chain(s, r);
    bool bad = false, tried = false;
    if (r->addr || obtain_framed(r, &c))
        return true;
    g_auto(GStrv) names = pools_of(r, &c);
    for (char **n = names; *n && !bad && may_assign(s, "local"); n++) {
        struct asa_pool *p = asa_pool_find(s, *n);
        tried |= p != NULL;
        if (!p || !obtain_from(r, p, &bad))
            continue;
        if (asa_since(s, 8, 0))
            asa_log(s, 6, 737006, "IPAA: Local pool request succeeded for tunnel-group '%s'",
                    r->group);
        if (asa_since(s, 8, 0))
            asa_log(s, 6, 737026, "IPAA: Client assigned %s from local pool", IP4S(r->addr));
        return true;
    }
    no_address(r, tried);
    return false;
}

void asa_ra_give_back(struct asa_remote *r)
{
    struct asa_pool *p = asa_pool_find(r->s, r->pool);
    if (!r->addr)
        return;
    if (p)
        addr_pool_give_back(p->pool, r->addr);
    if (asa_since(r->s, 8, 0) && r->s->speech)
        asa_log(r->s, 6, r->pool ? 737016 : 737014, "IPAA: Freeing %s address %s",
                r->pool ? "local pool" : "AAA", IP4S(r->addr));
    r->addr = 0;
    g_clear_pointer(&r->pool, g_free);
}
