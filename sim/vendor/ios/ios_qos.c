/* Class maps, and what interfaces are told of queues and of the fast path: service-policy, the
 * transmit ring, the route cache, load sharing. Policies are in ios_qos_policy.c. */
#include "ios_conf.h"
#include "vendor/common.h"

#include <string.h>

/* ---- Code points (RFC 2474, RFC 2597, RFC 3246) ---- */

// clang-format off
static const struct vendor_name dscp_name[] = {
    { "default", 0 }, { "cs1", 8 },  { "af11", 10 }, { "af12", 12 }, { "af13", 14 }, { "cs2", 16 },
    { "af21", 18 },   { "af22", 20 }, { "af23", 22 }, { "cs3", 24 }, { "af31", 26 }, { "af32", 28 },
    { "af33", 30 },   { "cs4", 32 },  { "af41", 34 }, { "af42", 36 }, { "af43", 38 }, { "cs5", 40 },
    { "ef", 46 },     { "cs6", 48 },  { "cs7", 56 },  { 0 } };
static const struct vendor_name precedence_name[] = {
    { "routine", 0 }, { "priority", 1 }, { "immediate", 2 }, { "flash", 3 },
    { "flash-override", 4 }, { "critical", 5 }, { "internet", 6 }, { "network", 7 }, { 0 } };
// clang-format on

const char *ios_dscp_name(unsigned dscp)
{
    return vendor_name_of(dscp_name, (int)dscp);
}

static int value_of(const struct vendor_name *names, unsigned most, const char *text)
{
    char *end;
    guint64 v = g_ascii_strtoull(text, &end, 10);
    if (end != text && !*end)
        return v <= most ? (int)v : -1;
    for (; names->name; names++)
        if (!g_ascii_strcasecmp(names->name, text))
            return names->number;
    return -1;
}

int ios_dscp_of(const char *text)
{
    return value_of(dscp_name, 63, text);
}

int ios_precedence_of(const char *text)
{
    return value_of(precedence_name, 7, text);
}

static void values_text(const struct qos_match *m, const struct vendor_name *names, bool show,
                        GString *out)
{
    for (int v = 0; v < 64; v++) {
        if (!(m->values >> v & 1))
            continue;
        const char *name = vendor_name_of(names, v);
        if (name && show)
            g_string_append_printf(out, " %s (%d)", name, v);
        else if (name && m->kind == QOS_MATCH_DSCP)
            g_string_append_printf(out, " %s", name);
        else
            g_string_append_printf(out, " %d", v);
    }
}

void ios_match_text(const struct qos_match *m, bool show, GString *out)
{
    if (m->negated)
        g_string_append(out, "not ");
    switch (m->kind) {
    case QOS_MATCH_ANY:
        g_string_append(out, show ? "any " : "any");
        break;
    case QOS_MATCH_DSCP:
        g_string_append(out, "ip dscp");
        values_text(m, dscp_name, show, out);
        break;
    case QOS_MATCH_PRECEDENCE:
        g_string_append(out, "ip precedence");
        values_text(m, precedence_name, false, out);
        break;
    case QOS_MATCH_ACL:
        g_string_append_printf(out, "access-group %s%s", g_ascii_isdigit(m->acl[0]) ? "" : "name ",
                               m->acl);
        break;
    case QOS_MATCH_PROTOCOL:
        g_string_append_printf(out, "protocol %s", vendor_name_of(vendor_protocol, m->protocol));
        break;
    }
}

/* ---- Class maps ---- */

static bool in_use(const struct qos_conf *c, const char *name)
{
    for (guint i = 0; i < c->policies->len; i++)
        if (qos_rule_find(g_ptr_array_index(c->policies, i), name))
            return true;
    return false;
}

static void class_map(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    struct qos_conf *c = net_qos(s->d->node);
    const char *name = cli_arg(a, "name");
    struct qos_class_map *m = qos_map_find(c, name);
    if (!strcmp(name, QOS_DEFAULT_CLASS)) {
        ios_refuse(s, out, "%% class-default is a well-known class and is not configurable");
        return;
    }
    if (cli_negated(a)) {
        if (!m)
            ios_refuse(s, out, "%% Class map %s does not exist", name);
        else if (in_use(c, name))
            ios_refuse(s, out, "%% Class-map %s is being used", name);
        else
            qos_map_remove(c, name);
        return;
    }
    bool any = cli_has(a, "match-any");
    if (m && m->any != any && (any || cli_has(a, "match-all")) && m->matches->len) {
        ios_refuse(s, out, "%% Class map %s exists as match-%s", name, m->any ? "any" : "all");
        return;
    }
    if (!m)
        m = qos_map_make(c, name);
    if (any || cli_has(a, "match-all"))
        m->any = any;
    g_free(s->conf->at_class_map);
    s->conf->at_class_map = g_strdup(name);
    ios_enter(s, &ios_mode_cmap);
}

static struct qos_class_map *map_here(struct ios *s, GString *out)
{
    struct qos_class_map *m = qos_map_find(net_qos(s->d->node), s->conf->at_class_map);
    if (!m) {
        ios_refuse(s, out, "%% The class map %s was removed", s->conf->at_class_map);
        ios_enter(s, &ios_mode_config);
    }
    return m;
}

static const char *const value_arg[] = {"v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8"};

/* The values of a line as bits; false at the first that is none. */
static bool values_read(struct ios *s, const struct cli_args *a, bool dscp, uint64_t *values)
{
    for (size_t i = 0; i < G_N_ELEMENTS(value_arg) && cli_arg(a, value_arg[i]); i++) {
        const char *text = cli_arg(a, value_arg[i]);
        int v = dscp ? ios_dscp_of(text) : ios_precedence_of(text);
        if (v < 0) {
            ios_invalid(s, a, value_arg[i]);
            return false;
        }
        *values |= UINT64_C(1) << v;
    }
    return true;
}

static int protocol_of(const char *name)
{
    for (const struct vendor_name *n = vendor_protocol; n->name; n++)
        if (!strcmp(n->name, name) && n->number)
            return n->number;
    return -1;
}

static bool match_read(struct ios *s, const struct cli_args *a, struct qos_match *m, GString *out)
{
    m->kind = (enum qos_match_kind)cli_tag(a);
    m->negated = cli_has(a, "not");
    switch (m->kind) {
    case QOS_MATCH_ANY:
        return true;
    case QOS_MATCH_DSCP:
    case QOS_MATCH_PRECEDENCE:
        return values_read(s, a, m->kind == QOS_MATCH_DSCP, &m->values);
    case QOS_MATCH_ACL:
        m->acl = (char *)cli_arg(a, "acl");
        return true;
    case QOS_MATCH_PROTOCOL: {
        const char *name = cli_arg(a, "protocol");
        int number = protocol_of(name);
        m->protocol = (uint8_t)MAX(number, 0);
        if (number < 0)
            ios_refuse(s, out,
                       "%% match protocol %s is not modelled by this simulator; use access-group",
                       name);
        return number >= 0;
    }
    }
    return false;
}

static void match(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    struct qos_class_map *map = map_here(s, out);
    struct qos_match m = {0};
    guint at = 0;
    if (!map || !match_read(s, a, &m, out))
        return;
    while (at < map->matches->len && !qos_match_same(g_ptr_array_index(map->matches, at), &m))
        at++;
    if (cli_negated(a) && at < map->matches->len) {
        g_ptr_array_remove_index(map->matches, at);
    } else if (!cli_negated(a) && at == map->matches->len) {
        struct qos_match *made = qos_match_add(map, m.kind);
        m.acl = g_strdup(m.acl);
        *made = m;
    }
    net_qos_changed(s->d->node);
}

static void map_description(void *self, const struct cli_args *a, GString *out)
{
    struct qos_class_map *m = map_here(self, out);
    if (!m)
        return;
    g_free(m->description);
    m->description = cli_negated(a) ? NULL : g_strdup(cli_arg(a, "text"));
}

/* ---- Interfaces ---- */

static struct net_if *here(struct ios *s)
{
    return ios_interface(s, s->at_interface);
}

/* Promises may take 75 percent of the bandwidth. The first class that asks for more is named. */
static bool bandwidth_there(struct ios *s, const struct net_if *i, const struct qos_policy *p,
                            GString *out)
{
    uint64_t there = (uint64_t)i->bandwidth_kbps * QOS_RESERVABLE_PERCENT / 100;
    for (guint k = 0; k < p->rules->len; k++) {
        const struct qos_rule *r = g_ptr_array_index(p->rules, k);
        enum qos_unit unit = r->priority ? r->priority : r->bandwidth;
        uint64_t want = unit == QOS_KBPS      ? r->amount
                        : unit == QOS_PERCENT ? (uint64_t)i->bandwidth_kbps * r->amount / 100
                                              : 0;
        if (want > there) {
            ios_refuse(s, out,
                       "I/f %s class %s requested bandwidth %u (kbps), available only %u (kbps)",
                       i->name, r->class_name, (unsigned)want, (unsigned)there);
            return false;
        }
        there -= want;
    }
    return true;
}

/* Nothing waits on the way in. */
static bool fits_input(struct ios *s, const struct qos_policy *p, GString *out)
{
    for (guint k = 0; k < p->rules->len; k++) {
        const struct qos_rule *r = g_ptr_array_index(p->rules, k);
        if (r->priority || r->bandwidth || r->flows || r->limit || r->shape.bps || r->child) {
            ios_refuse(s, out, "%s : Can be enabled as an output feature only",
                       r->shape.bps ? "GTS" : "CBWFQ");
            return false;
        }
    }
    return true;
}

static void service_policy(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    struct net_if *i = here(s);
    bool output = cli_has(a, "output");
    const char *name = cli_arg(a, "name"), *old = net_if_policy(i, output);
    const struct qos_policy *p = qos_policy_find(net_qos(s->d->node), name);
    if (cli_negated(a)) {
        if (name && g_strcmp0(name, old) != 0)
            ios_refuse(s, out, "%% Policy map %s is not attached to this interface", name);
        else
            net_if_set_policy(i, output, NULL);
        return;
    }
    if (!p) {
        ios_refuse(s, out, "%% policy map %s not configured", name);
    } else if (old && strcmp(old, name) != 0) {
        ios_refuse(s, out, "%% Policy map %s is already attached", old);
    } else if (output ? bandwidth_there(s, i, p, out) : fits_input(s, p, out)) {
        if (!old)
            net_if_set_policy(i, output, name);
    }
}

static void tx_ring(void *self, const struct cli_args *a, GString *out)
{
    uint32_t n = 0;
    if (!cli_negated(a))
        cli_arg_u32(a, "packets", &n);
    net_if_set_tx_ring(here(self), n);
    struct ios *s = self;
    g_autofree char *section = g_strdup_printf("interface %s", s->at_interface);
    g_autofree char *text = g_strdup_printf("tx-ring-limit %u", n);
    if (n)
        ios_keep_line(s, IOS_PLACE_SUB, section, "tx-ring-limit", text);
    else
        ios_keep_remove(s, section, "tx-ring-limit");
}

static void load_sharing(void *self, const struct cli_args *a, GString *out)
{
    here(self)->per_packet = cli_has(a, "per-packet") && !cli_negated(a);
}

static void route_cache(void *self, const struct cli_args *a, GString *out)
{
    here(self)->no_route_cache = cli_negated(a) && !cli_defaulted(a);
}

static void accelerator(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    s->d->engine_off = cli_negated(a);
    ios_changed(s, "crypto engine accelerator");
}

#define VALUES "v1:WORD [v2:WORD [v3:WORD [v4:WORD [v5:WORD [v6:WORD [v7:WORD [v8:WORD]]]]]]]"

// clang-format off
const struct cli_command ios_config_cmap_rows[] = {
    { "match [not] any",                            match, CLI_NO, .tag = QOS_MATCH_ANY },
    { "match [not] ip dscp " VALUES,                match, CLI_NO, .tag = QOS_MATCH_DSCP },
    { "match [not] dscp " VALUES,                   match, CLI_NO, .tag = QOS_MATCH_DSCP },
    { "match [not] ip precedence " VALUES,          match, CLI_NO, .tag = QOS_MATCH_PRECEDENCE },
    { "match [not] precedence " VALUES,             match, CLI_NO, .tag = QOS_MATCH_PRECEDENCE },
    { "match [not] access-group (acl:<1-2699>|name acl:WORD)", match, CLI_NO, .tag = QOS_MATCH_ACL },
    { "match [not] protocol protocol:WORD",         match, CLI_NO, .tag = QOS_MATCH_PROTOCOL },
    { "description text:LINE",                      map_description, CLI_NO | CLI_NO_ONLY_PREFIX },
    { 0 } };
const struct cli_command ios_config_if_qos[] = {
    { "service-policy (input|output) name:WORD",    service_policy, CLI_NO | CLI_NO_ONLY_PREFIX },
    { "tx-ring-limit packets:<1-32767>",            tx_ring,        CLI_NO | CLI_NO_ONLY_PREFIX },
    { "ip load-sharing (per-packet|per-destination)", load_sharing, CLI_NO | CLI_NO_ONLY_PREFIX },
    { "ip route-cache",                             route_cache,    CLI_NO | CLI_DEFAULT },
    { 0 } };

const struct cli_command ios_config_qos[] = {
    { "class-map [match-all|match-any] name:WORD",  class_map,      CLI_NO },
    { "policy-map name:WORD",                       ios_policy_map, CLI_NO },
    { "crypto engine accelerator [slot:<0-15>]",    accelerator,    CLI_NO },
    { 0 } };
// clang-format on

/* ---- The running configuration ---- */

void ios_qos_running_if(struct ios *s, const struct net_if *i, GString *out)
{
    for (int output = 0; output < 2; output++)
        if (net_if_policy(i, output))
            g_string_append_printf(out, " service-policy %s %s\n", output ? "output" : "input",
                                   net_if_policy(i, output));
}
