/* Lines of address translation: sides of interfaces, pools, mappings, time-outs, route-maps; and
 * how the running configuration shows them again. */
#include "ios_nat.h"

#include <string.h>

/* ---- Sides of an interface ---- */

static void side(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    struct net_if *i = ios_interface(s, s->at_interface);
    bool inside = cli_has(a, "inside");
    GPtrArray *these = inside ? s->nat->inside : s->nat->outside,
              *others = inside ? s->nat->outside : s->nat->inside;
    g_ptr_array_remove(these, i);
    if (!cli_negated(a)) {
        g_ptr_array_remove(others, i);
        g_ptr_array_add(these, i);
    }
    ios_changed(s, "ip nat on an interface");
}

/* ---- Pools ---- */

static bool pool_used(const struct ios_nat *n, const char *name)
{
    for (guint i = 0; i < n->mappings->len; i++) {
        const struct ios_nat_mapping *m = g_ptr_array_index(n->mappings, i);
        if (g_strcmp0(m->pool, name) == 0 && ios_nat_refcount(n, m))
            return true;
    }
    return false;
}

static void pool(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    const char *name = cli_arg(a, "name");
    struct ios_nat_pool *p = ios_nat_pool_find(s->nat, name), new = {.mask = 0};
    uint32_t length;
    if (cli_negated(a) && !p) {
        ios_refuse(s, out, "%%Pool %s not found", name);
        return;
    }
    if (p && pool_used(s->nat, name)) {
        ios_refuse(s, out, "%%Pool %s in use, cannot %s", name,
                   cli_negated(a) ? "destroy" : "redefine");
        return;
    }
    if (cli_negated(a)) {
        g_ptr_array_remove(s->nat->pools, p);
        ios_changed(s, "no ip nat pool");
        return;
    }
    cli_arg_ip4(a, "start", &new.start);
    cli_arg_ip4(a, "end", &new.end);
    new.by_length = cli_arg_u32(a, "length", &length);
    if (new.by_length)
        new.mask = ip4_mask(length);
    else
        cli_arg_ip4(a, "mask", &new.mask);
    if (ip4_mask_len(new.mask) < 1) {
        ios_refuse(s, out, "%%Pool %s: bad mask %s", name, IP4S(new.mask));
        return;
    }
    if (new.end < new.start || ((new.start ^ new.end) & new.mask)) {
        ios_refuse(s, out,
                   new.end < new.start ? "%%End address less than start address"
                                       : "%%Start and end addresses on different subnets");
        return;
    }
    if (!p) {
        p = g_new0(struct ios_nat_pool, 1);
        g_ptr_array_add(s->nat->pools, p);
    }
    g_free(p->name);
    *p = new;
    p->name = g_strdup(name);
    ios_changed(s, "ip nat pool");
}

/* ---- Mappings ---- */

static bool same_line(const struct ios_nat_mapping *a, const struct ios_nat_mapping *b)
{
    return a->fixed == b->fixed && a->protocol == b->protocol && a->local == b->local &&
           a->global == b->global && a->mask == b->mask && a->local_port == b->local_port &&
           a->global_port == b->global_port && g_strcmp0(a->acl, b->acl) == 0 &&
           g_strcmp0(a->route_map, b->route_map) == 0 &&
           g_strcmp0(a->interface, b->interface) == 0 && g_strcmp0(a->pool, b->pool) == 0;
}

static struct ios_nat_mapping *same_as(const struct ios_nat *n, const struct ios_nat_mapping *like)
{
    for (guint i = 0; i < n->mappings->len; i++) {
        struct ios_nat_mapping *m = g_ptr_array_index(n->mappings, i);
        if (same_line(m, like))
            return m;
    }
    return NULL;
}

/* Two static lines for one thing contradict each other; `extendable` allows more global addresses
 * for one local. */
static const struct ios_nat_mapping *similar(const struct ios_nat *n,
                                             const struct ios_nat_mapping *like)
{
    for (guint i = 0; like->fixed && i < n->mappings->len; i++) {
        const struct ios_nat_mapping *m = g_ptr_array_index(n->mappings, i);
        if (!m->fixed || m->protocol != like->protocol || m->route_map || like->route_map)
            continue;
        bool global =
            ios_nat_global(n, m) == ios_nat_global(n, like) && m->global_port == like->global_port;
        bool local = m->local == like->local && m->local_port == like->local_port;
        if (global || (local && !(m->extendable && like->extendable)))
            return m;
    }
    return NULL;
}

static void put_mapping(struct ios *s, const struct cli_args *a, struct ios_nat_mapping *m,
                        GString *out)
{
    struct ios_nat *n = s->nat;
    struct ios_nat_mapping *old = same_as(n, m);
    const struct ios_nat_mapping *other = old ? NULL : similar(n, m);
    if (cli_negated(a)) {
        ios_nat_mapping_free(m);
        if (!old) {
            ios_refuse(s, out, "%%Translation not found");
        } else if (ios_nat_refcount(n, old)) {
            ios_refuse(s, out, "%%%s in use, cannot remove",
                       old->fixed ? "Static entry" : "Dynamic mapping");
        } else {
            g_ptr_array_remove(n->mappings, old);
            ios_changed(s, "no ip nat inside source");
        }
        return;
    }
    if (other) {
        ios_refuse(s, out, "%% similar static entry (%s -> %s) already exists", IP4S(other->local),
                   IP4S(ios_nat_global(n, other)));
        ios_nat_mapping_free(m);
        return;
    }
    if (old) {
        bool changed = old->overload != m->overload || old->extendable != m->extendable;
        old->overload = m->overload;
        old->extendable = m->extendable;
        ios_nat_mapping_free(m);
        if (changed)
            ios_changed(s, "ip nat inside source");
        return;
    }
    m->nat = n;
    m->tag = n->next_tag++;
    g_ptr_array_add(n->mappings, m);
    ios_changed(s, "ip nat inside source");
}

/* Behind the address of an interface there is only one for all: `overload` goes without saying. */
static void dynamic(void *self, const struct cli_args *a, GString *out)
{
    struct ios_nat_mapping *m = g_new0(struct ios_nat_mapping, 1);
    m->acl = g_strdup(cli_arg(a, "acl"));
    m->route_map = g_strdup(cli_arg(a, "map"));
    m->interface = g_strdup(cli_arg(a, "if"));
    m->pool = g_strdup(cli_arg(a, "pool"));
    m->overload = cli_has(a, "overload") || m->interface;
    put_mapping(self, a, m, out);
}

static void fixed(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    struct ios_nat_mapping *m = g_new0(struct ios_nat_mapping, 1);
    uint32_t local_port = 0, global_port = 0, length;
    m->fixed = true;
    m->mask = 0xffffffff;
    m->protocol = cli_has(a, "tcp") ? IPPROTO_NUM_TCP : cli_has(a, "udp") ? IPPROTO_NUM_UDP : 0;
    cli_arg_ip4(a, "local", &m->local);
    cli_arg_ip4(a, "global", &m->global);
    cli_arg_ip4(a, "mask", &m->mask);
    m->by_length = cli_arg_u32(a, "length", &length);
    if (m->by_length)
        m->mask = ip4_mask(length);
    cli_arg_u32(a, "lport", &local_port);
    cli_arg_u32(a, "gport", &global_port);
    m->local_port = (uint16_t)local_port;
    m->global_port = (uint16_t)global_port;
    m->interface = g_strdup(cli_arg(a, "if"));
    m->route_map = g_strdup(cli_arg(a, "map"));
    m->extendable = cli_has(a, "extendable");
    if (ip4_mask_len(m->mask) < 1 || ((m->local | m->global) & ~m->mask)) {
        ios_refuse(s, out, "%%Inconsistent address and mask");
        ios_nat_mapping_free(m);
        return;
    }
    put_mapping(s, a, m, out);
}

/* Lines that ask for what this simulator has not: better said than silently dropped. */
static void not_modelled(void *self, const struct cli_args *a, GString *out)
{
    g_autofree char *line = cli_canonical(a);
    ios_refuse(self, out, "%% %s is not modelled by this simulator", line);
}

/* ---- Time-outs ---- */

static const struct {
    const char *word;
    size_t at;
    uint32_t usual_s;
} timeout_row[] = {
    {"timeout", offsetof(struct net_nat_conf, address), 86400},
    {"udp-timeout", offsetof(struct net_nat_conf, udp), 300},
    {"tcp-timeout", offsetof(struct net_nat_conf, tcp), 86400},
    {"finrst-timeout", offsetof(struct net_nat_conf, tcp_closing), 60},
    {"icmp-timeout", offsetof(struct net_nat_conf, icmp), 60},
};

static sim_time *time_at(struct net_nat_conf *c, size_t row)
{
    return (sim_time *)(void *)((char *)c + timeout_row[row].at);
}

/* `never` is 0 there, but for an address, where 0 means that it goes with its last flow. */
static sim_time time_of(const struct cli_args *a, size_t row)
{
    uint32_t seconds = timeout_row[row].usual_s;
    if (cli_negated(a))
        return SECONDS((sim_time)seconds);
    if (cli_arg_u32(a, "seconds", &seconds))
        return SECONDS((sim_time)seconds);
    return row == 0 ? SIM_TIME_MAX / 4 : 0;
}

static void timeout(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    struct net_nat_conf *c = &s->nat->conf;
    for (size_t i = 0; i < G_N_ELEMENTS(timeout_row); i++)
        if (cli_has(a, timeout_row[i].word))
            *time_at(c, i) = time_of(a, i);
    c->other = c->address;
    net_nat_changed(s->d->node);
}

/* Flows of these kinds are not told apart from others of their protocol here. */
static void timeout_kept(void *self, const struct cli_args *a, GString *out)
{
    g_autofree char *line = cli_canonical(a);
    const char *key = cli_has(a, "syn-timeout") ? "nat syn-timeout" : "nat dns-timeout";
    if (cli_negated(a))
        ios_keep_remove(self, NULL, key);
    else
        ios_keep_line(self, IOS_PLACE_ROUTING, NULL, key, line);
}

static void max_entries(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    uint32_t n = INT32_MAX;
    if (!cli_negated(a))
        cli_arg_u32(a, "entries", &n);
    s->nat->conf.limit = n;
}

/* ---- Route-maps ---- */

static void route_map(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    struct ios_nat *n = s->nat;
    const char *name = cli_arg(a, "name");
    uint32_t seq = 10;
    bool numbered = cli_arg_u32(a, "seq", &seq);
    struct ios_route_map *m = ios_route_map_find(n, name);
    struct ios_route_map_entry *e = ios_route_map_entry_find(m, seq);
    if (cli_negated(a)) {
        if (!m || (numbered && !e)) {
            ios_refuse(s, out, "%% Could not find route-map %s", name);
            return;
        }
        if (numbered)
            g_ptr_array_remove(m->entries, e);
        if (!numbered || m->entries->len == 0)
            g_ptr_array_remove(n->route_maps, m);
        ios_changed(s, "no route-map");
        return;
    }
    e = ios_route_map_entry_make(n, name, seq);
    if (cli_has(a, "permit") || cli_has(a, "deny"))
        e->permit = cli_has(a, "permit");
    g_free(n->at_map);
    n->at_map = g_strdup(name);
    n->at_seq = seq;
    ios_enter(s, &ios_mode_route_map);
}

static void match_address(void *self, const struct cli_args *a, GString *out)
{
    static const char *const argument[] = {"acl1", "acl2", "acl3", "acl4"};
    struct ios *s = self;
    struct ios_route_map_entry *e =
        ios_route_map_entry_find(ios_route_map_find(s->nat, s->nat->at_map), s->nat->at_seq);
    if (!e) {
        ios_refuse(s, out, "%% The route-map entry %s %u was removed", s->nat->at_map,
                   s->nat->at_seq);
        return;
    }
    if (cli_negated(a) && !cli_arg(a, "acl1"))
        g_ptr_array_set_size(e->acls, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(argument); i++) {
        const char *acl = cli_arg(a, argument[i]);
        for (guint k = e->acls->len; acl && k-- > 0;)
            if (strcmp(g_ptr_array_index(e->acls, k), acl) == 0)
                g_ptr_array_remove_index(e->acls, k);
        if (acl && !cli_negated(a))
            g_ptr_array_add(e->acls, g_strdup(acl));
    }
    ios_changed(s, "match ip address");
}

#define SOURCE "ip nat inside source "
#define NO     (CLI_NO)
#define PREFIX (CLI_NO | CLI_NO_ONLY_PREFIX)
#define FIXED  "ip nat inside source static "
#define LOCAL  "local:A.B.C.D "
#define GLOBAL "global:A.B.C.D [route-map map:WORD] [extendable]"

// clang-format off
const struct cli_command ios_nat_if_rows[] = {
    { "ip nat (inside|outside)",                              side,    NO },
    { 0 } };
const struct cli_command ios_nat_config_rows[] = {
    { "ip nat pool name:WORD start:A.B.C.D end:A.B.C.D (netmask mask:A.B.C.D|prefix-length length:<1-32>)",
                                                              pool,    PREFIX },
    { SOURCE "list acl:WORD interface if:IFNAME [overload]",      dynamic, NO },
    { SOURCE "list acl:WORD pool pool:WORD [overload]",           dynamic, NO },
    { SOURCE "route-map map:WORD interface if:IFNAME [overload]", dynamic, NO },
    { SOURCE "route-map map:WORD pool pool:WORD [overload]",      dynamic, NO },
    { FIXED LOCAL GLOBAL,                                     fixed,   NO },
    { FIXED LOCAL "interface if:IFNAME",                      fixed,   NO },
    { FIXED "(tcp|udp) " LOCAL "lport:<1-65535> global:A.B.C.D gport:<1-65535> [route-map map:WORD] [extendable]",
                                                              fixed,   NO },
    { FIXED "(tcp|udp) " LOCAL "lport:<1-65535> interface if:IFNAME gport:<1-65535>",
                                                              fixed,   NO },
    { FIXED "network " LOCAL "global:A.B.C.D (mask:A.B.C.D|prefix-length length:<1-32>)",
                                                              fixed,   NO },
    { "ip nat outside source static global:A.B.C.D local:A.B.C.D", not_modelled, CLI_NO | CLI_HIDDEN },
    { "ip nat translation (timeout|udp-timeout|tcp-timeout|finrst-timeout|icmp-timeout)"
      " (seconds:<1-2147483647>|never)",                      timeout, PREFIX },
    { "ip nat translation (syn-timeout|dns-timeout) (seconds:<1-2147483647>|never)",
                                                              timeout_kept, PREFIX },
    { "ip nat translation max-entries entries:<1-2147483647>", max_entries, PREFIX },
    { "route-map name:WORD [(permit|deny) [seq:<0-65535>]]",  route_map, NO },
    { 0 } };
const struct cli_command ios_route_map_rows[] = {
    { "match ip address acl1:WORD [acl2:WORD [acl3:WORD [acl4:WORD]]]", match_address, PREFIX },
    { 0 } };
// clang-format on
static const struct cli_command *const route_map_tables[] = {ios_config_nav, ios_route_map_rows,
                                                             NULL};
const struct cli_mode ios_mode_route_map = {"config-route-map", route_map_tables, &ios_mode_config};

/* ---- The running configuration ---- */

void ios_nat_running_if(const struct ios *s, const struct net_if *i, GString *out)
{
    if (g_ptr_array_find(s->nat->inside, i, NULL))
        g_string_append(out, " ip nat inside\n");
    if (g_ptr_array_find(s->nat->outside, i, NULL))
        g_string_append(out, " ip nat outside\n");
}

static void mapping_text(const struct ios_nat_mapping *m, GString *out)
{
    g_string_append(out, SOURCE);
    if (!m->fixed) {
        g_string_append_printf(out, "%s %s %s %s%s\n", m->acl ? "list" : "route-map",
                               m->acl ? m->acl : m->route_map, m->pool ? "pool" : "interface",
                               m->pool ? m->pool : m->interface, m->overload ? " overload" : "");
        return;
    }
    const char *word = m->protocol == IPPROTO_NUM_TCP   ? "tcp "
                       : m->protocol == IPPROTO_NUM_UDP ? "udp "
                       : m->mask != 0xffffffff          ? "network "
                                                        : "";
    g_string_append_printf(out, "static %s%s", word, IP4S(m->local));
    if (m->protocol)
        g_string_append_printf(out, " %u", m->local_port);
    g_string_append_printf(out, m->interface ? " interface %s" : " %s",
                           m->interface ? m->interface : IP4S(m->global));
    if (m->protocol)
        g_string_append_printf(out, " %u", m->global_port);
    if (m->by_length)
        g_string_append_printf(out, " prefix-length %d", ip4_mask_len(m->mask));
    else if (m->mask != 0xffffffff)
        g_string_append_printf(out, " %s", IP4S(m->mask));
    if (m->route_map)
        g_string_append_printf(out, " route-map %s", m->route_map);
    g_string_append(out, m->extendable ? " extendable\n" : "\n");
}

static void timeouts_text(const struct ios_nat *n, GString *out)
{
    for (size_t i = 0; i < G_N_ELEMENTS(timeout_row); i++) {
        struct net_nat_conf c = n->conf;
        sim_time t = *time_at(&c, i);
        if (t == SECONDS((sim_time)timeout_row[i].usual_s))
            continue;
        g_string_append_printf(out, "ip nat translation %s ", timeout_row[i].word);
        if (t == 0 || t >= SIM_TIME_MAX / 4)
            g_string_append(out, "never\n");
        else
            g_string_append_printf(out, "%" G_GINT64_FORMAT "\n", t / SECONDS(1));
    }
    if (n->conf.limit != INT32_MAX)
        g_string_append_printf(out, "ip nat translation max-entries %u\n", n->conf.limit);
}

void ios_nat_running(const struct ios *s, GString *out)
{
    const struct ios_nat *n = s->nat;
    timeouts_text(n, out);
    for (guint i = 0; i < n->pools->len; i++) {
        const struct ios_nat_pool *p = g_ptr_array_index(n->pools, i);
        g_string_append_printf(out, "ip nat pool %s %s %s ", p->name, IP4S(p->start), IP4S(p->end));
        if (p->by_length)
            g_string_append_printf(out, "prefix-length %d\n", ip4_mask_len(p->mask));
        else
            g_string_append_printf(out, "netmask %s\n", IP4S(p->mask));
    }
    for (int statics = 0; statics < 2; statics++)
        for (guint i = 0; i < n->mappings->len; i++) {
            const struct ios_nat_mapping *m = g_ptr_array_index(n->mappings, i);
            if (m->fixed == (statics == 1))
                mapping_text(m, out);
        }
}

void ios_nat_running_route_maps(const struct ios *s, GString *out)
{
    for (guint i = 0; i < s->nat->route_maps->len; i++) {
        const struct ios_route_map *m = g_ptr_array_index(s->nat->route_maps, i);
        for (guint k = 0; k < m->entries->len; k++) {
            const struct ios_route_map_entry *e = g_ptr_array_index(m->entries, k);
            g_string_append_printf(out, "route-map %s %s %u\n", m->name,
                                   e->permit ? "permit" : "deny", e->seq);
            if (e->acls->len)
                g_string_append(out, " match ip address");
            for (guint j = 0; j < e->acls->len; j++)
                g_string_append_printf(out, " %s", (const char *)g_ptr_array_index(e->acls, j));
            g_string_append(out, e->acls->len ? "\n!\n" : "!\n");
        }
    }
}
