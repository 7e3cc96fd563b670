/* ip local pool: addresses for those who come in, the lowest free one first. */
#include "vendor/ios/ios_ra.h"

#include <string.h>

struct addr_pool *ios_pool_find(const struct ios *s, const char *name)
{
    for (guint i = 0; name && i < s->ra->pools->len; i++) {
        struct addr_pool *p = g_ptr_array_index(s->ra->pools, i);
        if (strcmp(p->name, name) == 0)
            return p;
    }
    return NULL;
}

void ios_pools_free(struct ios_ra *ra)
{
    for (guint i = 0; i < ra->pools->len; i++)
        addr_pool_free(g_ptr_array_index(ra->pools, i));
    g_ptr_array_unref(ra->pools);
}

static bool overlaps_another(const struct ios *s, const struct addr_pool *self, ip4 first, ip4 last)
{
    for (guint i = 0; i < s->ra->pools->len; i++) {
        const struct addr_pool *p = g_ptr_array_index(s->ra->pools, i);
        for (guint k = 0; p != self && k < p->range->len; k++) {
            const struct ip4_range *r = &g_array_index(p->range, struct ip4_range, k);
            if (r->first <= last && first <= r->last)
                return true;
        }
    }
    return false;
}

static bool in_use(const struct addr_pool *p, ip4 first, ip4 last)
{
    for (guint i = 0; i < p->held->len; i++) {
        ip4 addr = g_array_index(p->held, struct addr_held, i).addr;
        if (first <= addr && addr <= last)
            return true;
    }
    return false;
}

/* Without addresses the whole pool goes; an address that somebody has keeps its range. */
static void remove_range(struct ios *s, struct addr_pool *p, bool all, ip4 first, ip4 last,
                         GString *out)
{
    bool any = false;
    for (guint i = p->range->len; i-- > 0;) {
        const struct ip4_range r = g_array_index(p->range, struct ip4_range, i);
        if (!all && (r.first != first || r.last != last))
            continue;
        if (in_use(p, r.first, r.last)) {
            ios_refuse(s, out, "%%IP address range %s to %s is in use", IP4S(r.first),
                       IP4S(r.last));
            return;
        }
        g_array_remove_index(p->range, i);
        any = true;
    }
    if (!any)
        ios_refuse(s, out, "%%Range [%s, %s] not found in pool %s", IP4S(first), IP4S(last),
                   p->name);
    if (p->range->len == 0) {
        g_ptr_array_remove(s->ra->pools, p);
        addr_pool_free(p);
    }
}

static void pool(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    const char *name = cli_arg(a, "name");
    struct addr_pool *p = ios_pool_find(s, name);
    ip4 first = 0, last = 0;
    bool given = cli_arg_ip4(a, "first", &first);
    if (!cli_arg_ip4(a, "last", &last))
        last = first;
    if (cli_negated(a)) {
        if (p)
            remove_range(s, p, !given, first, last, out);
        else
            ios_refuse(s, out, "%%Local pool %s not found", name ? name : "");
        return;
    }
    if (last < first || first == 0) {
        ios_refuse(s, out, "%%Bad IP range, %s - %s", IP4S(first), IP4S(last));
        return;
    }
    if (overlaps_another(s, p, first, last)) {
        ios_refuse(s, out, "%%IP address range overlaps with pool");
        return;
    }
    struct addr_pool *made = p ? p : addr_pool_new(name);
    if (!addr_pool_add(made, first, last)) {
        ios_refuse(s, out, "%%IP address range overlaps with pool: %s", name);
        if (!p)
            addr_pool_free(made);
        return;
    }
    if (!p)
        g_ptr_array_add(s->ra->pools, made);
}

/* The pool of clients whose group names none, and of peers without a group. */
static void client_pool(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    g_free(s->ra->default_pool);
    s->ra->default_pool = cli_negated(a) ? NULL : g_strdup(cli_arg(a, "name"));
}

/* How long a login that does not go on is waited for. */
static void xauth_timeout(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    if (!s->ra->xauth_timeout_s)
        s->ra->login_wait_s = s->d->profile.login_wait_s;
    s->ra->xauth_timeout_s = 0;
    if (!cli_negated(a))
        cli_arg_u32(a, "seconds", &s->ra->xauth_timeout_s);
    s->d->profile.login_wait_s =
        s->ra->xauth_timeout_s ? s->ra->xauth_timeout_s : s->ra->login_wait_s;
}

// clang-format off
const struct cli_command ios_config_pool[] = {
    { "ip local pool name:WORD first:A.B.C.D [last:A.B.C.D]", pool, CLI_NO | CLI_NO_ONLY_PREFIX },
    { "crypto isakmp client configuration address-pool local name:WORD", client_pool, CLI_NO | CLI_NO_ONLY_PREFIX },
    { "crypto isakmp xauth timeout seconds:<5-90>", xauth_timeout, CLI_NO | CLI_NO_ONLY_PREFIX },
    { 0 } };
// clang-format on
