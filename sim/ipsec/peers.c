/* The other ends that pairs are with: when packets last went there and came from there, which is
 * what dead peer detection asks for (RFC 3706 5.5); and the peer that is asked next. */
#include "ipsec_priv.h"

/* Numbers are small, and no host has an address like that. */
static gint64 key_of(ip4 local, ip4 remote, uint32_t nat)
{
    return (gint64)((uint64_t)local << 32 | (nat ? nat : remote));
}

static struct peer_use *use_find(const struct ipsec *x, ip4 local, ip4 remote, uint32_t nat)
{
    gint64 key = key_of(local, remote, nat);
    return g_hash_table_lookup(x->uses, &key);
}

struct peer_use *ipsec_use_ref(struct ipsec *x, ip4 local, ip4 remote, uint32_t nat)
{
    struct peer_use *u = use_find(x, local, remote, nat);
    if (!u) {
        u = g_new(struct peer_use, 1);
        *u = (struct peer_use){key_of(local, remote, nat), local, remote, nat, 0, -1, -1, false};
        g_hash_table_insert(x->uses, &u->key, u);
    }
    u->pairs++;
    return u;
}

void ipsec_use_unref(struct ipsec *x, struct peer_use *u)
{
    if (--u->pairs)
        return;
    g_hash_table_remove(x->uses, &u->key);
    g_free(u);
}

void ipsec_use_sent(struct ipsec *x, struct peer_use *u)
{
    u->last_out = sim_now(x->sim);
    if (!u->watched)
        return;
    u->watched = false;
    if (x->on_sent)
        x->on_sent(x->on_sent_self, u->local, u->remote, u->nat);
}

struct ipsec_traffic ipsec_peer_traffic(const struct ipsec *x, ip4 local, ip4 remote, uint32_t nat,
                                        bool watch)
{
    struct peer_use *u = use_find(x, local, remote, nat);
    if (!u)
        return (struct ipsec_traffic){-1, -1};
    u->watched |= watch;
    return (struct ipsec_traffic){u->last_in, u->last_out};
}

void ipsec_on_sent(struct ipsec *x, void (*fn)(void *self, ip4 local, ip4 remote, uint32_t nat),
                   void *self)
{
    x->on_sent = fn;
    x->on_sent_self = self;
}

void ipsec_ident_next_peer(struct ipsec *x, struct ident *ident, ip4 remote)
{
    const struct ipsec_map_entry *e = ipsec_entry_of(x, ident);
    if (!e || ident->dynamic || !e->peers->len || ident->view.pairs->len ||
        ident->view.peer != remote)
        return;
    ident->peer_at = (ident->peer_at + 1) % e->peers->len;
    ident->view.peer = g_array_index(e->peers, ip4, ident->peer_at);
}

void ipsec_next_peer(struct ipsec *x, ip4 local, ip4 remote)
{
    ipsec_fresh(x);
    for (guint i = 0; i < x->idents->len; i++) {
        struct ident *ident = x->idents->pdata[i];
        if (ident->view.local == local)
            ipsec_ident_next_peer(x, ident, remote);
    }
}
