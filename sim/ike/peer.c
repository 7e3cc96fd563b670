/* The other ends: which SAs there are with each, and which phase 2 pairs live, as far as IKE knows.
 */
#include "ike_priv.h"

/* Numbers are below every address that a host can have: they lie in the upper half. */
static gint64 key_of(ip4 remote, uint32_t nat)
{
    return nat ? (gint64)((uint64_t)nat << 32) : (gint64)remote;
}

struct ike_peer *ike_peer_find(const struct ike_engine *e, ip4 remote, uint32_t nat)
{
    gint64 key = key_of(remote, nat);
    return g_hash_table_lookup(e->peers, &key);
}

/* ---- Peers behind one address ---- */

static GPtrArray *behind(const struct ike_engine *e, ip4 remote)
{
    return e->behind ? g_hash_table_lookup(e->behind, GUINT_TO_POINTER(remote)) : NULL;
}

static void behind_add(struct ike_engine *e, struct ike_peer *p)
{
    GPtrArray *there = behind(e, p->remote);
    if (!e->behind)
        e->behind = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_ptr_array_unref);
    if (!there) {
        there = g_ptr_array_new();
        g_hash_table_insert(e->behind, GUINT_TO_POINTER(p->remote), there);
    }
    g_ptr_array_add(there, p);
}

static void behind_remove(struct ike_engine *e, struct ike_peer *p)
{
    GPtrArray *there = behind(e, p->remote);
    g_ptr_array_remove(there, p);
    if (!there->len)
        g_hash_table_remove(e->behind, GUINT_TO_POINTER(p->remote));
}

/* A port that was given to another since is that one's. */
struct ike_peer *ike_peer_at(const struct ike_engine *e, ip4 remote, uint16_t rport)
{
    const GPtrArray *there = behind(e, remote);
    for (guint i = there ? there->len : 0; i-- > 0;) {
        struct ike_peer *p = there->pdata[i];
        if (p->rport == rport)
            return p;
    }
    return NULL;
}

uint32_t ike_peer_only(const struct ike_engine *e, ip4 local, ip4 remote)
{
    const struct ike_peer *plain = ike_peer_find(e, remote, 0), *found = NULL;
    const GPtrArray *there = behind(e, remote);
    if (!there || ike_sa_working(plain, local) || ike_sa_coming(plain, local))
        return 0;
    for (guint i = 0; i < there->len; i++) {
        const struct ike_peer *p = there->pdata[i];
        if (!ike_sa_working(p, local))
            continue;
        if (found)
            return 0;
        found = p;
    }
    return found ? found->nat : 0;
}

/* ---- All of them ---- */

static struct ike_peer *peer_new(struct ike_engine *e, ip4 remote, uint32_t nat, uint16_t rport)
{
    struct ike_peer *p = g_new0(struct ike_peer, 1);
    p->key = key_of(remote, nat);
    p->remote = remote;
    p->nat = nat;
    p->rport = rport;
    p->sas = g_ptr_array_new();
    g_hash_table_insert(e->peers, &p->key, p);
    if (nat)
        behind_add(e, p);
    return p;
}

static void peer_drop_unused(struct ike_engine *e, struct ike_peer *p)
{
    if (p->sas->len || p->children)
        return;
    g_hash_table_remove(e->peers, &p->key);
    if (p->nat)
        behind_remove(e, p);
    g_ptr_array_unref(p->sas);
    g_free(p);
}

/* In order of ids. */
static void put(struct ike_sa *sa, struct ike_peer *p)
{
    guint at = p->sas->len;
    while (at && ((const struct ike_sa *)p->sas->pdata[at - 1])->id > sa->id)
        at--;
    g_ptr_array_insert(p->sas, (gint)at, sa);
    sa->peer = p;
}

/* Who begins from the port of a numbered peer is that peer. */
void ike_peer_add(struct ike_sa *sa)
{
    struct ike_engine *e = sa->e;
    struct ike_peer *p = sa->role == IKE_RESPONDER ? ike_peer_at(e, sa->remote, sa->rport) : NULL;
    if (!p)
        p = ike_peer_find(e, sa->remote, 0);
    put(sa, p ? p : peer_new(e, sa->remote, 0, 0));
}

void ike_peer_remove(struct ike_sa *sa)
{
    struct ike_peer *p = sa->peer;
    g_ptr_array_remove(p->sas, sa);
    peer_drop_unused(sa->e, p);
}

void ike_peer_seat(struct ike_sa *sa, struct ike_peer *p)
{
    struct ike_peer *old = sa->peer;
    if (old == p)
        return;
    g_ptr_array_remove(old->sas, sa);
    put(sa, p);
    peer_drop_unused(sa->e, old);
}

/* The record of where it is, without its SAs. */
static void place(struct ike_engine *e, struct ike_peer *p, ip4 remote, uint16_t rport)
{
    behind_remove(e, p);
    p->remote = remote;
    p->rport = rport;
    behind_add(e, p);
}

void ike_peer_number(struct ike_sa *sa)
{
    struct ike_engine *e = sa->e;
    struct ike_peer *p = ike_peer_at(e, sa->remote, sa->rport);
    if (p)
        ike_peer_seat(sa, p);
    else if (sa->peer->nat)
        place(e, sa->peer, sa->remote, sa->rport);
    else
        ike_peer_seat(sa, peer_new(e, sa->remote, ++e->last_nat, sa->rport));
}

bool ike_peer_relocate(struct ike_engine *e, struct ike_peer *p, ip4 remote, uint16_t rport)
{
    if (p->remote == remote && p->rport == rport)
        return false;
    for (guint i = 0; i < p->sas->len; i++) {
        struct ike_sa *sa = p->sas->pdata[i];
        if (!ike_sa_up(sa))
            continue;
        TRACE(e->scope, ike_moved, .sa = sa->id, .old_remote = sa->remote, .old_rport = sa->rport,
              .remote = remote, .rport = rport);
        ike_sa_relocate(sa, remote, rport);
    }
    place(e, p, remote, rport);
    return true;
}

void ike_peer_moved(struct ike_engine *e, uint32_t nat, ip4 remote, uint16_t rport)
{
    struct ike_peer *p = nat ? ike_peer_find(e, 0, nat) : NULL;
    if (p)
        ike_peer_relocate(e, p, remote, rport);
}

/* ---- Its SAs ---- */

static struct ike_sa *newest(const struct ike_peer *p, ip4 local,
                             bool (*wanted)(const struct ike_sa *sa))
{
    for (guint i = p ? p->sas->len : 0; i-- > 0;) {
        struct ike_sa *sa = p->sas->pdata[i];
        if (sa->local == local && wanted(sa))
            return sa;
    }
    return NULL;
}

static bool is_working(const struct ike_sa *sa)
{
    return ike_sa_works(sa);
}

static bool is_serving(const struct ike_sa *sa)
{
    return is_working(sa) && !sa->retired;
}

/* Its phase 1, or a login or configuration that comes before anything else. */
static bool is_being_made(const struct ike_sa *sa)
{
    return sa->state != IKE_STATE_DEAD && !sa->ready;
}

static bool is_coming(const struct ike_sa *sa)
{
    return sa->role == IKE_INITIATOR && is_being_made(sa);
}

struct ike_sa *ike_sa_working(const struct ike_peer *p, ip4 local)
{
    struct ike_sa *sa = newest(p, local, is_serving);
    return sa ? sa : newest(p, local, is_working);
}

struct ike_sa *ike_sa_coming(const struct ike_peer *p, ip4 local)
{
    return newest(p, local, is_coming);
}

struct ike_sa *ike_sa_half_built(const struct ike_peer *p, ip4 local)
{
    return newest(p, local, is_being_made);
}

bool ike_peer_is_new(const struct ike_sa *sa)
{
    const struct ike_peer *p = sa->peer;
    for (guint i = 0; i < p->sas->len; i++) {
        const struct ike_sa *other = p->sas->pdata[i];
        if (other != sa && other->state != IKE_STATE_DEAD)
            return false;
    }
    return p->children == 0;
}

/* ---- Pairs ---- */

/* SAs are in order of their ids. */
struct ike_sa *ike_sa_by_id(const struct ike_engine *e, ike_sa_id id)
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
    struct ike_sa *sa = ike_sa_by_id(e, pair.sa);
    if (sa)
        sa->children--;
    struct ike_peer *p = g_hash_table_lookup(e->peers, &pair.peer);
    p->children--;
    peer_drop_unused(e, p);
}

void ike_child_add(struct ike_sa *sa, uint32_t spi_in, uint32_t spi_out)
{
    struct ike_engine *e = sa->e;
    ike_child_remove(e, spi_in); /* the number of a pair whose end we were not told of */
    const struct ike_known_child pair = {spi_in, spi_out, sa->peer->key, sa->id};
    guint place;
    child_find(e, spi_in, &place);
    g_array_insert_val(e->children, place, pair);
    sa->peer->children++;
    sa->children++;
}

struct ike_peer *ike_peer_of_child(const struct ike_engine *e, uint32_t spi_in)
{
    guint at;
    if (!child_find(e, spi_in, &at))
        return NULL;
    return g_hash_table_lookup(e->peers,
                               &g_array_index(e->children, struct ike_known_child, at).peer);
}

void ike_child_remove(struct ike_engine *e, uint32_t spi_in)
{
    guint place;
    if (child_find(e, spi_in, &place))
        child_drop(e, place);
}

/* NULL and zero mean any. */
static void drop_all(struct ike_engine *e, const struct ike_peer *p, uint32_t spi_out)
{
    gint64 key = p ? p->key : 0; /* the peer may go with its last pair */
    for (guint i = e->children->len; i-- > 0;) {
        const struct ike_known_child *c = &g_array_index(e->children, struct ike_known_child, i);
        if ((!key || c->peer == key) && (!spi_out || c->spi_out == spi_out))
            child_drop(e, i);
    }
}

void ike_child_remove_out(struct ike_engine *e, const struct ike_peer *p, uint32_t spi_out)
{
    if (spi_out)
        drop_all(e, p, spi_out);
}

void ike_children_forget(struct ike_engine *e, const struct ike_peer *p)
{
    if (!p || p->children)
        drop_all(e, p, 0);
}
