/* The other ends: which SAs there are with each, and which phase 2 pairs live, as far as IKE knows.
 */
#include "ike_priv.h"

struct ike_peer *ike_peer_find(const struct ike_engine *e, ip4 remote)
{
    return g_hash_table_lookup(e->peers, GUINT_TO_POINTER(remote));
}

static struct ike_peer *peer_make(struct ike_engine *e, ip4 remote)
{
    struct ike_peer *p = ike_peer_find(e, remote);
    if (!p) {
        p = g_new0(struct ike_peer, 1);
        p->remote = remote;
        p->sas = g_ptr_array_new();
        g_hash_table_insert(e->peers, GUINT_TO_POINTER(remote), p);
    }
    return p;
}

static void peer_drop_unused(struct ike_engine *e, struct ike_peer *p)
{
    if (p->sas->len || p->children)
        return;
    g_hash_table_remove(e->peers, GUINT_TO_POINTER(p->remote));
    g_ptr_array_unref(p->sas);
    g_free(p);
}

void ike_peer_add(struct ike_sa *sa)
{
    g_ptr_array_add(peer_make(sa->e, sa->remote)->sas, sa);
}

void ike_peer_remove(struct ike_sa *sa)
{
    struct ike_peer *p = ike_peer_find(sa->e, sa->remote);
    g_ptr_array_remove(p->sas, sa);
    peer_drop_unused(sa->e, p);
}

static struct ike_sa *newest(const struct ike_engine *e, ip4 local, ip4 remote,
                             bool (*wanted)(const struct ike_sa *sa))
{
    const struct ike_peer *p = ike_peer_find(e, remote);
    for (guint i = p ? p->sas->len : 0; i-- > 0;) {
        struct ike_sa *sa = p->sas->pdata[i];
        if (sa->local == local && wanted(sa))
            return sa;
    }
    return NULL;
}

static bool is_working(const struct ike_sa *sa)
{
    return sa->state == IKE_STATE_QM_IDLE;
}

static bool is_serving(const struct ike_sa *sa)
{
    return is_working(sa) && !sa->retired;
}

static bool is_coming(const struct ike_sa *sa)
{
    return sa->role == IKE_INITIATOR && ike_sa_half_open(sa);
}

struct ike_sa *ike_sa_working(const struct ike_engine *e, ip4 local, ip4 remote)
{
    struct ike_sa *sa = newest(e, local, remote, is_serving);
    return sa ? sa : newest(e, local, remote, is_working);
}

struct ike_sa *ike_sa_coming(const struct ike_engine *e, ip4 local, ip4 remote)
{
    return newest(e, local, remote, is_coming);
}

struct ike_sa *ike_sa_half_built(const struct ike_engine *e, ip4 local, ip4 remote)
{
    return newest(e, local, remote, ike_sa_half_open);
}

bool ike_peer_is_new(const struct ike_sa *sa)
{
    const struct ike_peer *p = ike_peer_find(sa->e, sa->remote);
    for (guint i = 0; i < p->sas->len; i++) {
        const struct ike_sa *other = p->sas->pdata[i];
        if (other != sa && other->state != IKE_STATE_DEAD)
            return false;
    }
    return p->children == 0;
}

/* ---- Pairs ---- */

/* SAs are in order of their ids. */
static struct ike_sa *sa_by_id(const struct ike_engine *e, ike_sa_id id)
{
    guint low = 0, high = e->sas->len;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        struct ike_sa *sa = e->sas->pdata[middle];
        if (sa->id == id)
            return sa;
        if (sa->id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* The place of the pair with that inbound SPI, or where it would go. */
static bool child_find(const struct ike_engine *e, uint32_t spi_in, guint *place)
{
    guint low = 0, high = e->children->len;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        uint32_t spi = g_array_index(e->children, struct ike_known_child, middle).spi_in;
        if (spi == spi_in) {
            *place = middle;
            return true;
        }
        if (spi < spi_in)
            low = middle + 1;
        else
            high = middle;
    }
    *place = low;
    return false;
}

static void child_drop(struct ike_engine *e, guint place)
{
    const struct ike_known_child pair = g_array_index(e->children, struct ike_known_child, place);
    g_array_remove_index(e->children, place);
    struct ike_sa *sa = sa_by_id(e, pair.sa);
    if (sa)
        sa->children--;
    struct ike_peer *p = ike_peer_find(e, pair.remote);
    p->children--;
    peer_drop_unused(e, p);
}

void ike_child_add(struct ike_sa *sa, uint32_t spi_in, uint32_t spi_out)
{
    struct ike_engine *e = sa->e;
    ike_child_remove(e, spi_in); /* the number of a pair whose end we were not told of */
    const struct ike_known_child pair = {spi_in, spi_out, sa->remote, sa->id};
    guint place;
    child_find(e, spi_in, &place);
    g_array_insert_val(e->children, place, pair);
    peer_make(e, sa->remote)->children++;
    sa->children++;
}

void ike_child_remove(struct ike_engine *e, uint32_t spi_in)
{
    guint place;
    if (child_find(e, spi_in, &place))
        child_drop(e, place);
}

/* Zero means any. */
static void drop_all(struct ike_engine *e, ip4 remote, uint32_t spi_out)
{
    for (guint i = e->children->len; i-- > 0;) {
        const struct ike_known_child *c = &g_array_index(e->children, struct ike_known_child, i);
        if ((!remote || c->remote == remote) && (!spi_out || c->spi_out == spi_out))
            child_drop(e, i);
    }
}

void ike_child_remove_out(struct ike_engine *e, ip4 remote, uint32_t spi_out)
{
    if (ike_peer_find(e, remote) && spi_out)
        drop_all(e, remote, spi_out);
}

void ike_children_forget(struct ike_engine *e, ip4 remote)
{
    const struct ike_peer *p = ike_peer_find(e, remote);
    if (!remote || (p && p->children))
        drop_all(e, remote, 0);
}
