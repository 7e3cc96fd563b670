/* IKE as configured: policies by priority, keys by address, liveness by peer, names. */
#include "ike/conf.h"

static struct ike_policy *policy_dup(const struct ike_policy *p, uint32_t priority)
{
    struct ike_policy *copy = g_memdup2(p, sizeof *p);
    copy->priority = priority;
    return copy;
}

static void key_free(void *p)
{
    struct ike_key *k = p;
    g_free(k->secret);
    g_free(k);
}

static void name_free(void *p)
{
    struct ike_name *n = p;
    g_free(n->name);
    g_free(n);
}

struct ike_conf *ike_conf_new(void)
{
    struct ike_conf *c = g_new0(struct ike_conf, 1);
    c->enabled = true;
    c->policies = g_ptr_array_new_with_free_func(g_free);
    c->keys = g_ptr_array_new_with_free_func(key_free);
    c->peer_liveness = g_array_new(FALSE, FALSE, sizeof(struct ike_peer_liveness));
    c->names = g_ptr_array_new_with_free_func(name_free);
    c->has_fallback = true;
    c->fallback = (struct ike_policy){
        .priority = 65535,
        .cipher = CIPHER_DES,
        .hash = HASH_SHA1,
        .group = GROUP_MODP768,
        .auth = IKE_AUTH_RSA_SIG,
        .lifetime_s = 86400,
    };
    return c;
}

void ike_conf_free(struct ike_conf *c)
{
    if (!c)
        return;
    g_ptr_array_unref(c->policies);
    g_array_unref(c->peer_liveness);
    g_ptr_array_unref(c->keys);
    g_ptr_array_unref(c->names);
    g_free(c->hostname);
    g_free(c);
}

/* The place of a priority: where it is, or where it would be. */
static guint policy_place(const struct ike_conf *c, uint32_t priority)
{
    guint i = 0;
    while (i < c->policies->len &&
           ((const struct ike_policy *)c->policies->pdata[i])->priority < priority)
        i++;
    return i;
}

struct ike_policy *ike_policy_find(const struct ike_conf *c, uint32_t priority)
{
    guint i = policy_place(c, priority);
    struct ike_policy *p = i < c->policies->len ? c->policies->pdata[i] : NULL;
    return p && p->priority == priority ? p : NULL;
}

struct ike_policy *ike_policy_make(struct ike_conf *c, uint32_t priority)
{
    struct ike_policy *p = ike_policy_find(c, priority);
    if (!p) {
        p = policy_dup(&c->fallback, priority);
        g_ptr_array_insert(c->policies, (gint)policy_place(c, priority), p);
    }
    return p;
}

bool ike_policy_remove(struct ike_conf *c, uint32_t priority)
{
    return g_ptr_array_remove(c->policies, ike_policy_find(c, priority));
}

const struct ike_key *ike_key_for(const struct ike_conf *c, ip4 peer)
{
    const struct ike_key *best = NULL;
    for (guint i = 0; i < c->keys->len; i++) {
        const struct ike_key *k = c->keys->pdata[i];
        if (((k->addr ^ peer) & k->mask) == 0 && (!best || k->mask > best->mask))
            best = k;
    }
    return best;
}

static struct ike_key *key_at(const struct ike_conf *c, ip4 addr, ip4 mask)
{
    for (guint i = 0; i < c->keys->len; i++) {
        struct ike_key *k = c->keys->pdata[i];
        if (k->mask == mask && ((k->addr ^ addr) & mask) == 0)
            return k;
    }
    return NULL;
}

void ike_key_set(struct ike_conf *c, ip4 addr, ip4 mask, const char *secret, bool no_xauth)
{
    struct ike_key *k = key_at(c, addr, mask);
    if (!k) {
        k = g_new0(struct ike_key, 1);
        g_ptr_array_add(c->keys, k);
    }
    char *copy = g_strdup(secret); /* may be the old one */
    g_free(k->secret);
    *k = (struct ike_key){addr, mask, copy, no_xauth, false};
}

bool ike_key_remove(struct ike_conf *c, ip4 addr, ip4 mask)
{
    struct ike_key *k = key_at(c, addr, mask);
    return k && g_ptr_array_remove(c->keys, k);
}

/* ---- Liveness ---- */

static struct ike_peer_liveness *liveness_row(const struct ike_conf *c, ip4 peer)
{
    for (guint i = 0; i < c->peer_liveness->len; i++) {
        struct ike_peer_liveness *row =
            &g_array_index(c->peer_liveness, struct ike_peer_liveness, i);
        if (row->peer == peer)
            return row;
    }
    return NULL;
}

const struct ike_liveness *ike_liveness_for(const struct ike_conf *c, ip4 peer)
{
    const struct ike_peer_liveness *row = liveness_row(c, peer);
    return row ? &row->liveness : &c->liveness;
}

void ike_liveness_set(struct ike_conf *c, ip4 peer, const struct ike_liveness *l)
{
    struct ike_peer_liveness *row = liveness_row(c, peer);
    if (row) {
        row->liveness = *l;
        return;
    }
    const struct ike_peer_liveness fresh = {peer, *l};
    g_array_append_val(c->peer_liveness, fresh);
}

void ike_liveness_remove(struct ike_conf *c, ip4 peer)
{
    struct ike_peer_liveness *row = liveness_row(c, peer);
    if (row)
        g_array_remove_index(c->peer_liveness,
                             (guint)(row - (struct ike_peer_liveness *)c->peer_liveness->data));
}

/* ---- Names ---- */

static struct ike_name *name_row(const struct ike_conf *c, const char *name)
{
    for (guint i = 0; i < c->names->len; i++) {
        struct ike_name *n = c->names->pdata[i];
        if (g_ascii_strcasecmp(n->name, name) == 0)
            return n;
    }
    return NULL;
}

void ike_name_set(struct ike_conf *c, const char *name, ip4 addr)
{
    struct ike_name *n = name_row(c, name);
    if (!n) {
        n = g_new0(struct ike_name, 1);
        n->name = g_strdup(name);
        g_ptr_array_add(c->names, n);
    }
    n->addr = addr;
}

bool ike_name_remove(struct ike_conf *c, const char *name)
{
    struct ike_name *n = name_row(c, name);
    return n && g_ptr_array_remove(c->names, n);
}

ip4 ike_name_find(const struct ike_conf *c, const char *name)
{
    const struct ike_name *n = name_row(c, name);
    return n ? n->addr : 0;
}
