/* Pools of addresses for clients (CAT-45, CAT-49). */
#include "asa_show_priv.h"

#include <string.h>

void asa_pool_free(void *p)
{
    struct asa_pool *pool = p;
    addr_pool_free(pool->pool);
    g_array_unref(pool->removed);
    g_free(pool);
}

struct asa_pool *asa_pool_find(const struct asa *s, const char *name)
{
    for (guint i = 0; name && i < s->pools->len; i++) {
        struct asa_pool *p = g_ptr_array_index(s->pools, i);
        if (strcmp(p->pool->name, name) == 0)
            return p;
    }
    return NULL;
}

ip4 asa_pool_mask(const struct asa_pool *p, ip4 addr)
{
    if (p->mask)
        return p->mask;
    return ip4_mask(addr < IP4(128, 0, 0, 0) ? 8 : addr < IP4(192, 0, 0, 0) ? 16 : 24);
}

/* ---- Addresses ---- */

static bool is_edge(const struct asa_pool *p, ip4 addr)
{
    ip4 host = ~asa_pool_mask(p, addr);
    return host > 1 && ((addr & host) == 0 || (addr & host) == host);
}

/* What was taken out once stays out until the pool is configured anew. */
ip4 asa_pool_take(struct asa_pool *p, const char *holder, bool *bad)
{
    ip4 addr = addr_pool_take(p->pool, holder);
    *bad = addr && is_edge(p, addr);
    if (*bad)
        g_array_append_val(p->removed, addr);
    return addr;
}

/* ---- Lines ---- */

/* "10.76.41.1-10.76.42.254", or one address. */
static bool range_of(const char *text, ip4 *first, ip4 *last)
{
    g_auto(GStrv) part = g_strsplit(text, "-", 2);
    if (!part[0] || !ip4_parse(part[0], first))
        return false;
    *last = *first;
    return !part[1] || ip4_parse(part[1], last);
}

static void remove_pool(struct asa *s, struct asa_pool *p, GString *out)
{
    for (guint i = 0; i < s->groups->len; i++) {
        const struct asa_group *g = g_ptr_array_index(s->groups, i);
        for (guint k = 0; g->pools && k < g->pools->len; k++) {
            g_auto(GStrv) words = g_strsplit(g_ptr_array_index(g->pools, k), " ", -1);
            if (g_strv_contains((const char *const *)words, p->pool->name) && !s->loading)
                g_string_append_printf(out,
                                       "WARNING: Pool (%s) is still referenced by tunnel-group "
                                       "%s\n",
                                       p->pool->name, g->name);
        }
    }
    g_ptr_array_remove(s->pools, p);
}

static void pool(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    const char *name = cli_arg(a, "name"), *range = cli_arg(a, "range");
    struct asa_pool *p = asa_pool_find(s, name);
    ip4 first, last, mask = 0;
    if (cli_negated(a)) {
        if (p)
            remove_pool(s, p, out);
        else
            asa_refuse(s, out, "ERROR: Pool (%s) does not exist", name);
        asa_changed(s, "no ip local pool");
        return;
    }
    if (!range_of(range, &first, &last) || strlen(name) > 63) {
        asa_invalid(s, a, strlen(name) > 63 ? "name" : "range");
        return;
    }
    if (p) {
        asa_refuse(s, out, "ERROR: Pool (%s) already exists", name);
        return;
    }
    cli_arg_ip4(a, "mask", &mask);
    struct addr_pool *made = addr_pool_new(name);
    if (last - first > 0xffff || !addr_pool_add(made, first, last)) {
        addr_pool_free(made);
        asa_refuse(s, out, "ERROR: Invalid address range");
        return;
    }
    p = g_new0(struct asa_pool, 1);
    *p = (struct asa_pool){made, mask, g_array_new(FALSE, FALSE, sizeof(ip4))};
    g_ptr_array_add(s->pools, p);
    asa_changed(s, "ip local pool");
}

static const struct ip4_range *range_at(const struct asa_pool *p)
{
    return &g_array_index(p->pool->range, struct ip4_range, 0);
}

void asa_pools_text(const struct asa *s, GString *out)
{
    for (guint i = 0; i < s->pools->len; i++) {
        const struct asa_pool *p = g_ptr_array_index(s->pools, i);
        g_string_append_printf(out, "ip local pool %s %s-%s", p->pool->name,
                               IP4S(range_at(p)->first), IP4S(range_at(p)->last));
        if (p->mask)
            g_string_append_printf(out, " mask %s", IP4S(p->mask));
        g_string_append_c(out, '\n');
    }
}

/* ---- show ip local pool ---- */

static bool was_removed(const struct asa_pool *p, ip4 addr)
{
    for (guint i = 0; i < p->removed->len; i++)
        if (g_array_index(p->removed, ip4, i) == addr)
            return true;
    return false;
}

void asa_view_pool(struct asa *s, char **args, struct view *v)
{
    view_columns(v, "pool", "begin", "end", "mask", "free", "held", "in-use", NULL);
    for (guint i = 0; i < s->pools->len; i++) {
        const struct asa_pool *p = g_ptr_array_index(s->pools, i);
        uint32_t held = p->removed->len, used = addr_pool_in_use(p->pool) - held;
        if (args && args[0] && strcmp(args[0], p->pool->name) != 0)
            continue;
        view_row_begin(v);
        view_set(v, "pool", "%s", p->pool->name);
        view_set(v, "begin", "%s", IP4S(range_at(p)->first));
        view_set(v, "end", "%s", IP4S(range_at(p)->last));
        view_set(v, "mask", "%s", IP4S(asa_pool_mask(p, range_at(p)->first)));
        view_set(v, "free", "%u", addr_pool_size(p->pool) - held - used);
        view_set(v, "held", "%u", held);
        view_set(v, "in-use", "%u", used);
    }
}

static void addresses_text(const struct asa_pool *p, bool free_ones, GString *out)
{
    const struct ip4_range *r = range_at(p);
    unsigned n = 0;
    g_string_append_printf(out, "\n%s Addresses:\n", free_ones ? "Available" : "In Use");
    for (uint64_t a = r->first; a <= r->last; a++) {
        bool taken = addr_pool_holder(p->pool, (ip4)a) != NULL;
        if (taken == free_ones || was_removed(p, (ip4)a))
            continue;
        g_string_append_printf(out, "%s\n", IP4S((ip4)a));
        n++;
    }
    if (!n)
        g_string_append(out, "None\n");
}

static void show_pool(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    const struct asa_pool *p = asa_pool_find(s, cli_arg(a, "name"));
    char *args[] = {(char *)cli_arg(a, "name"), NULL};
    struct view v;
    if (!p) {
        asa_refuse(s, out, "ERROR: Pool (%s) does not exist", args[0]);
        return;
    }
    view_init(&v);
    asa_view_pool(s, args, &v);
    g_string_append_printf(
        out,
        "Begin           End             Mask            Free     Held     In use\n"
        "%-15s %-15s %-15s %5s    %5s    %5s\n",
        view_cell(&v, 0, "begin"), view_cell(&v, 0, "end"), view_cell(&v, 0, "mask"),
        view_cell(&v, 0, "free"), view_cell(&v, 0, "held"), view_cell(&v, 0, "in-use"));
    view_clear(&v);
    addresses_text(p, true, out);
    addresses_text(p, false, out);
}

// clang-format off
const struct cli_command asa_config_pool[] = {
    { "ip local pool name:WORD range:WORD [mask mask:MASK]", pool, CLI_NO | CLI_NO_ONLY_PREFIX },
    { 0 } };
const struct cli_command asa_exec_pool[] = {
    { "show ip local pool name:WORD", show_pool },
    { 0 } };
// clang-format on
