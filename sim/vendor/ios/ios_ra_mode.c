/* Mode config: what a client asks for, from its group, in the order it asked; what it is told
 * unasked (hub-and-spoke.md 2.5, draft-ietf-ipsec-isakmp-mode-cfg-02 3.3). */
#include "vendor/ios/ios_ra.h"

#include <string.h>

/* An answer under construction. */
struct answer {
    struct ios *s;
    const struct ios_group *group;
    struct ios_ra_session *session;
    ip4 address, mask;
    uint32_t left_s;
    GArray *attr;       /* struct ike_cfg_attr */
    GPtrArray *storage; /* its values */
};

static void put(struct answer *r, uint16_t type, bool basic, const void *p, size_t n)
{
    uint8_t *copy = g_memdup2(p, n);
    if (copy)
        g_ptr_array_add(r->storage, copy);
    struct ike_cfg_attr attr = {type, basic, span_of(copy, copy ? n : 0)};
    g_array_append_val(r->attr, attr);
}

static void put_addr(struct answer *r, uint16_t type, ip4 addr)
{
    uint8_t bytes[4];
    be32_put(bytes, addr);
    put(r, type, false, bytes, sizeof bytes);
}

static void put_text(struct answer *r, uint16_t type, const char *text)
{
    if (text)
        put(r, type, false, text, strlen(text));
}

static void put_flag(struct answer *r, uint16_t type, bool on)
{
    const uint8_t bytes[2] = {0, on};
    if (on)
        put(r, type, true, bytes, sizeof bytes);
}

static void put_each_addr(struct answer *r, uint16_t type, const GArray *list)
{
    for (guint i = 0; list && i < list->len; i++)
        put_addr(r, type, g_array_index(list, ip4, i));
}

/* ---- The attributes, a row each ---- */

static void address(struct answer *r, uint16_t type)
{
    put_addr(r, type, r->address);
}

static void netmask(struct answer *r, uint16_t type)
{
    if (r->mask)
        put_addr(r, type, r->mask);
}

static void dns(struct answer *r, uint16_t type)
{
    put_each_addr(r, type, r->group->dns);
}

static void nbns(struct answer *r, uint16_t type)
{
    put_each_addr(r, type, r->group->wins);
}

/* Seconds left on the ISAKMP SA. */
static void expiry(struct answer *r, uint16_t type)
{
    put_addr(r, type, r->left_s);
}

static void version(struct answer *r, uint16_t type)
{
    g_autoptr(GString) text = g_string_new(NULL);
    ios_version_text(r->s, text);
    put_text(r, type, text->str);
}

static void banner(struct answer *r, uint16_t type)
{
    put_text(r, type, r->group->banner);
}

static void save_password(struct answer *r, uint16_t type)
{
    put_flag(r, type, r->group->save_password);
}

static void domain(struct answer *r, uint16_t type)
{
    put_text(r, type, r->group->domain);
}

static void split_dns(struct answer *r, uint16_t type)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; r->group->split_dns && i < r->group->split_dns->len; i++)
        g_string_append_printf(text, "%s%s", i ? "," : "",
                               (const char *)g_ptr_array_index(r->group->split_dns, i));
    if (text->len)
        put_text(r, type, text->str);
}

/* Networks behind the tunnel, one after the other: address, mask, and six bytes for a protocol and
 * its ports. In a line of an extended list they are its source. */
static void split_include(struct answer *r, uint16_t type)
{
    const struct acl *acl = r->group->acl ? net_acl(r->s->d->node, r->group->acl) : NULL;
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    for (guint i = 0; acl && i < acl->lines->len; i++) {
        const struct acl_line *l = g_ptr_array_index(acl->lines, i);
        uint8_t one[14] = {0};
        if (l->remark || !l->permit)
            continue;
        be32_put(one, l->src.addr & l->src.mask);
        be32_put(one + 4, l->src.mask);
        g_byte_array_append(bytes, one, sizeof one);
    }
    if (bytes->len)
        put(r, type, false, bytes->data, bytes->len);
}

static void local_lan(struct answer *r, uint16_t type)
{
    put_flag(r, type, r->group->local_lan);
}

static void pfs(struct answer *r, uint16_t type)
{
    put_flag(r, type, r->group->pfs);
}

static void backup(struct answer *r, uint16_t type)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; r->group->backup && i < r->group->backup->len; i++)
        g_string_append_printf(text, "%s%s", i ? "," : "",
                               (const char *)g_ptr_array_index(r->group->backup, i));
    if (text->len)
        put_text(r, type, text->str);
}

// clang-format off
static const struct {
    uint16_t type;
    void (*fn)(struct answer *r, uint16_t type);
} rows[] = {
    { CFG_ATTR_IP4_ADDRESS, address },       { CFG_ATTR_IP4_NETMASK, netmask },  { CFG_ATTR_IP4_DNS, dns },
    { CFG_ATTR_IP4_NBNS, nbns },             { CFG_ATTR_ADDRESS_EXPIRY, expiry }, { CFG_ATTR_APPLICATION_VERSION, version },
    { CFG_ATTR_BANNER, banner },             { CFG_ATTR_SAVE_PASSWORD, save_password }, { CFG_ATTR_DEFAULT_DOMAIN, domain },
    { CFG_ATTR_SPLIT_DNS, split_dns },       { CFG_ATTR_SPLIT_INCLUDE, split_include }, { CFG_ATTR_LOCAL_LAN, local_lan },
    { CFG_ATTR_PFS, pfs },                   { CFG_ATTR_BACKUP_SERVERS, backup },
};
/* What is said unasked. */
static const uint16_t pushed[] = {
    CFG_ATTR_IP4_ADDRESS, CFG_ATTR_IP4_NETMASK, CFG_ATTR_IP4_DNS, CFG_ATTR_IP4_NBNS, CFG_ATTR_DEFAULT_DOMAIN, CFG_ATTR_SPLIT_INCLUDE, CFG_ATTR_SPLIT_DNS,
};
// clang-format on

static void answer_one(struct answer *r, uint16_t type)
{
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        if (rows[i].type == type)
            rows[i].fn(r, type);
}

/* ---- Addresses ---- */

static void holder_of(const struct ios_ra_session *x, char holder[64])
{
    g_snprintf(holder, 64, "%u %s", x->sa, x->user);
}

/* The one that RADIUS names comes before any pool; it may be of none. */
static ip4 take_address(struct ios *s, const struct ios_group *g, struct ios_ra_session *x)
{
    const char *name = g && g->pool ? g->pool : s->ra->default_pool;
    struct addr_pool *pool = ios_pool_find(s, name);
    char holder[64];
    if (x->addr)
        return x->addr;
    holder_of(x, holder);
    if (x->framed) {
        bool pooled = pool && addr_pool_contains(pool, x->framed);
        if (!pooled || addr_pool_take_at(pool, x->framed, holder))
            x->addr = x->framed;
    } else if (pool) {
        x->addr = addr_pool_take(pool, holder);
    }
    g_strlcpy(x->pool, pool ? name : "", sizeof x->pool);
    return x->addr;
}

void ios_ra_returned(struct ios *s, struct ios_ra_session *x, ike_sa_id sa)
{
    struct addr_pool *pool = ios_pool_find(s, x->pool);
    if (x->addr && pool)
        addr_pool_give_back(pool, x->addr);
    x->addr = 0;
}

/* ---- Asking AAA, then answering ---- */

/* The request, kept while AAA is asked. */
struct kept_request {
    uint8_t type;
    uint16_t id;
    GArray *wanted; /* uint16_t */
};

static void kept_free(struct kept_request *k)
{
    g_array_unref(k->wanted);
    g_free(k);
}

void ios_ra_session_clear(struct ios_ra_session *x)
{
    if (x->request)
        kept_free(x->request);
    x->request = NULL;
}

static uint32_t seconds_left(struct ios *s, ike_sa_id sa)
{
    struct ike_sa_view v;
    for (size_t i = 0; i < ike_sa_count(s->d->ike); i++)
        if (ike_sa_at(s->d->ike, i, &v) && v.id == sa && v.expires != SIM_TIME_MAX)
            return (uint32_t)(MAX(0, v.expires - sim_now(s->d->sim)) / SECONDS(1));
    return 0;
}

static void configured(struct ios *s, const struct ios_question *q, const struct aaa_reply *reply)
{
    static const struct ios_group no_group;
    ike_sa_id sa = q->sa;
    struct ios_ra_session *x = ios_ra_session_of(s, sa);
    if (!x || !x->request)
        return;
    struct kept_request *k = g_steal_pointer(&x->request);
    const struct ios_group *g = ios_group_find(s, x->group);
    ip4 addr = take_address(s, g, x);
    if (!addr) {
        kept_free(k);
        ike_configured(s->d->ike, sa, NULL, 0);
        return;
    }
    struct answer r = {
        .s = s,
        .group = g ? g : &no_group,
        .session = x,
        .address = addr,
        .mask = g ? g->netmask : 0,
        .left_s = seconds_left(s, sa),
        .attr = g_array_new(FALSE, FALSE, sizeof(struct ike_cfg_attr)),
        .storage = g_ptr_array_new_with_free_func(g_free),
    };
    for (guint i = 0; i < k->wanted->len; i++)
        answer_one(&r, g_array_index(k->wanted, uint16_t, i));
    const struct ike_cfg cfg = {k->type == CFG_REQUEST ? CFG_REPLY : CFG_SET, k->id,
                                (const struct ike_cfg_attr *)r.attr->data, r.attr->len};
    ike_configured(s->d->ike, sa, &cfg, addr);
    g_array_unref(r.attr);
    g_ptr_array_unref(r.storage);
    kept_free(k);
}

void ios_ra_configure(struct ios *s, ike_sa_id sa, const struct ike_party *p, const char *user,
                      const struct ike_cfg *request)
{
    struct ios_ra_session *x = ios_ra_session_of(s, sa);
    struct kept_request *k = g_new0(struct kept_request, 1);
    k->type = request ? CFG_REQUEST : CFG_SET;
    k->id = request ? request->id : 0;
    k->wanted = g_array_new(FALSE, FALSE, sizeof(uint16_t));
    for (size_t i = 0; request && i < request->n; i++)
        g_array_append_val(k->wanted, request->attr[i].type);
    if (!request)
        g_array_append_vals(k->wanted, pushed, G_N_ELEMENTS(pushed));
    ios_ra_session_clear(x);
    x->request = k;
    ios_ra_ask(s, sa, p, configured, NULL, NULL, NULL);
}
