/* show ip nat translations, show ip nat statistics, clear ip nat translation.
 *
 * An extended entry is one flow. A simple entry is an address that somebody has to himself, by a
 * static line or from a pool; versions up to 12.2 show no flows under one. */
#include "ios_nat.h"

#include <string.h>
#include "ios_show_priv.h"
#include "vendor/common.h"

/* One entry as it is listed. Ports of simple entries are 0, and remote too. */
struct entry {
    uint8_t protocol;
    bool simple, fixed;
    ip4 global, local, remote;
    uint32_t global_port, local_port, remote_local_port, remote_global_port;
    uint32_t id, tag, uses;
    uint64_t packets;
    sim_time born, last, limit; /* limit 0: never */
};

/* ---- Entries ---- */

static struct entry of_flow(const struct net_nat_flow *f)
{
    struct entry e = {
        .protocol = f->protocol,
        .global = f->mapped,
        .local = f->real,
        .remote = f->remote,
        .global_port = f->mapped_port,
        .local_port = f->real_port,
        .remote_local_port = f->remote_port,
        .remote_global_port = f->remote_port,
        .id = f->id,
        .tag = f->tag,
        .packets = f->packets,
        .born = f->born,
        .last = f->last,
        .limit = f->limit,
    };
    if (f->protocol == IPPROTO_NUM_ICMP) { /* the identifier stands for both ends */
        bool asked = f->remote_port != 0;  /* from outside */
        e.local_port = e.remote_local_port = asked ? f->remote_port : f->real_port;
        e.global_port = e.remote_global_port = asked ? f->remote_port : f->mapped_port;
    }
    return e;
}

static struct entry of_static(const struct ios_nat *n, const struct ios_nat_mapping *m)
{
    const struct net_node *node = n->s->d->node;
    struct entry e = {
        .protocol = m->protocol,
        .simple = m->protocol == 0,
        .fixed = true,
        .global = ios_nat_global(n, m),
        .local = m->local,
        .global_port = m->global_port,
        .local_port = m->local_port,
        .tag = m->tag,
    };
    for (const struct net_nat_flow *f = net_nat_first(node); f; f = net_nat_next(f))
        if (f->tag == m->tag) {
            e.uses++;
            e.packets += f->packets;
            e.last = MAX(e.last, f->last);
        }
    return e;
}

static struct entry of_address(const struct ios_nat *n, const struct net_nat_address *a)
{
    const struct net_node *node = n->s->d->node;
    struct entry e = {
        .simple = true,
        .global = a->mapped,
        .local = a->real,
        .uses = a->flows,
        .tag = a->tag,
        .born = a->born,
        .last = a->last,
        .limit = n->conf.address,
    };
    for (const struct net_nat_flow *f = net_nat_first(node); f; f = net_nat_next(f))
        if (f->mapped == a->mapped && f->real == a->real) {
            e.packets += f->packets;
            e.last = MAX(e.last, f->last);
        }
    return e;
}

static bool shown(const struct ios_nat *n, const struct net_nat_flow *f)
{
    return n->s->dialect != IOS_DIALECT_B || !ios_nat_simple(ios_nat_mapping_by_tag(n, f->tag));
}

/* Flows first, then addresses of pools, then static lines. Caller frees. */
static GArray *entries(const struct ios_nat *n)
{
    const struct net_node *node = n->s->d->node;
    GArray *all = g_array_new(FALSE, FALSE, sizeof(struct entry));
    struct entry e;
    for (const struct net_nat_flow *f = net_nat_first(node); f; f = net_nat_next(f))
        if (shown(n, f)) {
            e = of_flow(f);
            g_array_append_val(all, e);
        }
    for (size_t i = 0; i < net_nat_address_count(node); i++) {
        e = of_address(n, net_nat_address_at(node, i));
        g_array_append_val(all, e);
    }
    for (guint i = 0; i < n->mappings->len; i++) {
        const struct ios_nat_mapping *m = g_ptr_array_index(n->mappings, i);
        if (!m->fixed || m->mask != 0xffffffff || !ios_nat_global(n, m))
            continue;
        e = of_static(n, m);
        g_array_append_val(all, e);
    }
    return all;
}

static const char *protocol_name(const struct entry *e, char buf[8])
{
    const char *name = vendor_name_of(vendor_protocol, e->protocol);
    if (e->protocol == 0)
        return "---";
    if (name)
        return name;
    g_snprintf(buf, 8, "%u", e->protocol);
    return buf;
}

static char *end_text(ip4 a, uint32_t port, bool with_port)
{
    if (!a)
        return g_strdup("---");
    return with_port ? g_strdup_printf("%s:%u", IP4S(a), port) : g_strdup(IP4S(a));
}

struct ends {
    char *text[4]; /* inside global, inside local, outside local, outside global */
};

static struct ends ends_of(const struct entry *e)
{
    bool ports = !e->simple;
    return (struct ends){{
        end_text(e->global, e->global_port, ports),
        end_text(e->local, e->local_port, ports),
        end_text(e->remote, e->remote_local_port, ports),
        end_text(e->remote, e->remote_global_port, ports),
    }};
}

static void ends_free(struct ends *x)
{
    for (size_t i = 0; i < G_N_ELEMENTS(x->text); i++)
        g_free(x->text[i]);
}

/* ---- show ip nat translations ---- */

void ios_view_nat_translations(struct ios *s, char **args, struct view *v)
{
    g_autoptr(GArray) all = entries(s->nat);
    view_columns(v, "protocol", "inside_global", "inside_local", "outside_local", "outside_global",
                 "kind", "packets", "idle", NULL);
    for (guint i = 0; i < all->len; i++) {
        const struct entry *e = &g_array_index(all, struct entry, i);
        struct ends x = ends_of(e);
        char buf[8];
        view_row_begin(v);
        view_set(v, "protocol", "%s", protocol_name(e, buf));
        view_set(v, "inside_global", "%s", x.text[0]);
        view_set(v, "inside_local", "%s", x.text[1]);
        view_set(v, "outside_local", "%s", x.text[2]);
        view_set(v, "outside_global", "%s", x.text[3]);
        view_set(v, "kind", "%s", e->fixed ? "static" : e->simple ? "simple" : "extended");
        view_set(v, "packets", "%" G_GUINT64_FORMAT, e->packets);
        view_set(v, "idle", "%" G_GINT64_FORMAT, (sim_now(s->d->sim) - e->last) / SECONDS(1));
        ends_free(&x);
    }
}

static void put_time(GString *out, sim_time t)
{
    int64_t seconds = t / SECONDS(1);
    if (seconds >= 86400)
        g_string_append_printf(out, "%" G_GINT64_FORMAT "d%02dh", seconds / 86400,
                               (int)(seconds % 86400 / 3600));
    else
        g_string_append_printf(out, "%02d:%02d:%02d", (int)(seconds / 3600),
                               (int)(seconds / 60 % 60), (int)(seconds % 60));
}

static void verbose(const struct ios *s, const struct entry *e, GString *out)
{
    sim_time now = sim_now(s->d->sim);
    bool numbered = s->dialect == IOS_DIALECT_C;
    g_string_append(out, "    create ");
    put_time(out, now - e->born);
    g_string_append(out, ", use ");
    put_time(out, now - e->last);
    if (!e->fixed && e->limit && e->limit < SIM_TIME_MAX / 4) {
        if (numbered)
            g_string_append_printf(out, " timeout:%" G_GINT64_FORMAT, e->limit / MILLISECONDS(1));
        g_string_append(out, ", left ");
        put_time(out, MAX(e->last + e->limit - now, 0));
    }
    if (numbered && !e->fixed)
        g_string_append_printf(out, ", Map-Id(In): %u", e->tag);
    g_string_append_printf(out, ", \n    flags: \n%s, use_count: %u",
                           e->fixed    ? (e->simple ? "static" : "static, extended")
                           : e->simple ? "none"
                                       : "extended",
                           e->uses);
    if (numbered && !e->simple && !e->fixed)
        g_string_append_printf(out, ", entry-id: %u, lc_entries: 0", e->id + 1);
    g_string_append_c(out, '\n');
}

void ios_show_nat_translations(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    g_autoptr(GArray) all = entries(s->nat);
    const char *only = cli_has(a, "icmp")  ? "icmp"
                       : cli_has(a, "tcp") ? "tcp"
                       : cli_has(a, "udp") ? "udp"
                       : cli_has(a, "esp") ? "esp"
                                           : NULL;
    bool heading = false;
    for (guint i = 0; i < all->len; i++) {
        const struct entry *e = &g_array_index(all, struct entry, i);
        char buf[8];
        const char *protocol = protocol_name(e, buf);
        if (only && strcmp(only, protocol) != 0)
            continue;
        if (!heading)
            g_string_append(out, "Pro Inside global      Inside local       Outside local      "
                                 "Outside global\n");
        heading = true;
        struct ends x = ends_of(e);
        g_string_append_printf(out, "%s %-*s %-18s %-18s %s\n", protocol,
                               21 - (int)strlen(protocol), x.text[0], x.text[1], x.text[2],
                               x.text[3]);
        ends_free(&x);
        if (cli_has(a, "verbose"))
            verbose(s, e, out);
    }
}

/* ---- show ip nat statistics ---- */

struct numbers {
    uint32_t fixed, dynamic, extended;
    uint64_t hits, misses, expired;
};

static struct numbers numbers_of(const struct ios_nat *n)
{
    g_autoptr(GArray) all = entries(n);
    struct net_nat_stats now = net_nat_stats(n->s->d->node), was = n->cleared;
    struct numbers x = {.expired = now.expired - was.expired, .misses = now.made - was.made};
    x.hits = now.packets - was.packets - x.misses;
    for (guint i = 0; i < all->len; i++) {
        const struct entry *e = &g_array_index(all, struct entry, i);
        x.fixed += e->fixed;
        x.dynamic += !e->fixed;
        x.extended += !e->simple;
    }
    return x;
}

void ios_view_nat_statistics(struct ios *s, char **args, struct view *v)
{
    struct numbers x = numbers_of(s->nat);
    view_columns(v, "active", "static", "dynamic", "extended", "hits", "misses", "expired", NULL);
    view_row_begin(v);
    view_set(v, "active", "%u", x.fixed + x.dynamic);
    view_set(v, "static", "%u", x.fixed);
    view_set(v, "dynamic", "%u", x.dynamic);
    view_set(v, "extended", "%u", x.extended);
    view_set(v, "hits", "%" G_GUINT64_FORMAT, x.hits);
    view_set(v, "misses", "%" G_GUINT64_FORMAT, x.misses);
    view_set(v, "expired", "%" G_GUINT64_FORMAT, x.expired);
}

static void names(const GPtrArray *interfaces, GString *out)
{
    for (guint i = 0; i < interfaces->len; i++)
        g_string_append_printf(out, "%s%s", i ? ", " : "  ",
                               ((const struct net_if *)g_ptr_array_index(interfaces, i))->name);
    g_string_append_c(out, '\n');
}

static bool in_pool(const struct ios_nat_pool *p, ip4 a)
{
    return a >= p->start && a <= p->end;
}

/* How many addresses of it are somebody's. */
static uint32_t allocated(const struct ios_nat *n, const struct ios_nat_pool *p)
{
    const struct net_node *node = n->s->d->node;
    g_autoptr(GHashTable) used = g_hash_table_new(NULL, NULL);
    for (size_t i = 0; i < net_nat_address_count(node); i++)
        if (in_pool(p, net_nat_address_at(node, i)->mapped))
            g_hash_table_add(used, GUINT_TO_POINTER(net_nat_address_at(node, i)->mapped));
    for (const struct net_nat_flow *f = net_nat_first(node); f; f = net_nat_next(f))
        if (in_pool(p, f->mapped))
            g_hash_table_add(used, GUINT_TO_POINTER(f->mapped));
    return g_hash_table_size(used);
}

static void mapping_lines(const struct ios_nat *n, const struct ios_nat_mapping *m, GString *out)
{
    const struct ios_nat_pool *p = ios_nat_pool_find(n, m->pool);
    if (n->s->dialect == IOS_DIALECT_C)
        g_string_append_printf(out, "[Id: %u] ", m->tag);
    g_string_append_printf(out, "%s %s %s %s refcount %u\n", m->acl ? "access-list" : "route-map",
                           m->acl ? m->acl : m->route_map, m->pool ? "pool" : "interface",
                           m->pool ? m->pool : m->interface, ios_nat_refcount(n, m));
    if (!p)
        return;
    uint32_t total = p->end - p->start + 1, taken = allocated(n, p);
    g_string_append_printf(out, " pool %s: netmask %s\n\tstart %s end %s\n", p->name, IP4S(p->mask),
                           IP4S(p->start), IP4S(p->end));
    g_string_append_printf(out,
                           "\ttype generic, total addresses %u, allocated %u (%u%%), misses "
                           "%" G_GUINT64_FORMAT "\n",
                           total, taken, (uint32_t)((uint64_t)taken * 100 / total), p->misses);
}

void ios_show_nat_statistics(void *self, const struct cli_args *a, GString *out)
{
    const struct ios *s = self;
    const struct ios_nat *n = s->nat;
    struct numbers x = numbers_of(n);
    bool numbered = s->dialect == IOS_DIALECT_C;
    g_string_append_printf(out,
                           "Total active translations: %u (%u static, %u dynamic; %u extended)\n",
                           x.fixed + x.dynamic, x.fixed, x.dynamic, x.extended);
    g_string_append(out, "Outside interfaces:\n");
    names(n->outside, out);
    g_string_append(out, "Inside interfaces:\n");
    names(n->inside, out);
    g_string_append_printf(out, "Hits: %" G_GUINT64_FORMAT "  Misses: %" G_GUINT64_FORMAT "\n",
                           x.hits, x.misses);
    if (numbered)
        g_string_append_printf(out,
                               "CEF Translated packets: %" G_GUINT64_FORMAT
                               ", CEF Punted packets: %" G_GUINT64_FORMAT "\n",
                               x.hits, x.misses);
    g_string_append_printf(out, "Expired translations: %" G_GUINT64_FORMAT "\nDynamic mappings:\n",
                           x.expired);
    bool heading = false;
    for (guint i = 0; i < n->mappings->len; i++) {
        const struct ios_nat_mapping *m = g_ptr_array_index(n->mappings, i);
        if (m->fixed)
            continue;
        if (!heading)
            g_string_append(out, "-- Inside Source\n");
        heading = true;
        mapping_lines(n, m, out);
    }
    if (n->conf.limit != INT32_MAX)
        g_string_append_printf(out, "max entry: max allowed %u, used %u\n", n->conf.limit,
                               (unsigned)net_nat_count(s->d->node));
}

/* ---- clear ip nat ---- */

struct pick {
    uint8_t protocol; /* 0 = of a simple entry, whatever it is */
    ip4 global, local, remote;
    uint32_t global_port, local_port, remote_port;
};

static bool picked(void *self, const struct net_nat_flow *f)
{
    const struct pick *p = self;
    if (f->mapped != p->global || f->real != p->local || (p->remote && f->remote != p->remote))
        return false;
    return p->protocol == 0 ||
           (f->protocol == p->protocol && f->mapped_port == p->global_port &&
            f->real_port == p->local_port && (!p->remote_port || f->remote_port == p->remote_port));
}

static void cleared(struct ios *s, const struct cli_args *a)
{
    g_autofree char *what = cli_canonical(a);
    TRACE(s->d->scope, clear_command, .what = what);
}

static void clear_all(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    const char *what = cli_arg(a, "all");
    if (what && strcmp(what, "*") != 0) {
        ios_invalid(s, a, "all");
        return;
    }
    cleared(s, a);
    net_nat_clear(s->d->node, NULL, NULL);
}

static void clear_some(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    struct pick p = {.protocol = cli_has(a, "tcp")   ? IPPROTO_NUM_TCP
                                 : cli_has(a, "udp") ? IPPROTO_NUM_UDP
                                                     : 0};
    cli_arg_ip4(a, "global", &p.global);
    cli_arg_ip4(a, "local", &p.local);
    cli_arg_ip4(a, "outside-global", &p.remote);
    cli_arg_u32(a, "gport", &p.global_port);
    cli_arg_u32(a, "lport", &p.local_port);
    cli_arg_u32(a, "oport", &p.remote_port);
    cleared(s, a);
    size_t n = net_nat_clear(s->d->node, picked, &p);
    if (p.protocol == 0)
        n += net_nat_address_release(s->d->node, p.global);
    if (n == 0)
        ios_refuse(s, out, "%%Translation not found");
}

static void clear_statistics(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    cleared(s, a);
    s->nat->cleared = net_nat_stats(s->d->node);
}

#define CLEAR   "clear ip nat translation "
#define OUTSIDE "[outside outside-local:A.B.C.D outside-global:A.B.C.D]"

// clang-format off
const struct cli_command ios_nat_exec_rows[] = {
    { CLEAR "all:WORD",                                              clear_all,  CLI_PRIVILEGED },
    { CLEAR "forced",                                                clear_all,  CLI_PRIVILEGED },
    { CLEAR "inside global:A.B.C.D local:A.B.C.D " OUTSIDE " [forced]", clear_some, CLI_PRIVILEGED },
    { CLEAR "(tcp|udp) inside global:A.B.C.D gport:<1-65535> local:A.B.C.D lport:<1-65535>"
      " [outside outside-local:A.B.C.D olport:<1-65535> outside-global:A.B.C.D oport:<1-65535>]",
                                                                     clear_some, CLI_PRIVILEGED },
    { "clear ip nat statistics",                                     clear_statistics, CLI_PRIVILEGED },
    { 0 } };
// clang-format on
