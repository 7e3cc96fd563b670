/* Connections through the appliance: who may open one (security levels, access-groups, sysopt,
 * same-security-traffic), how long it lasts, and the VPN context it is bound to (CAT-19, CAT-93).
 */
#include "asa_nat.h"
#include "asa_path.h"

#include <string.h>

/* Command reference of the time: timeout conn 1:00:00 half-closed 0:10:00 udp 0:02:00 icmp 0:00:02.
 * A SYN is answered within 30 seconds; other protocols last as long as UDP. */
static const struct net_conn_rules defaults = {
    .tcp = SECONDS(3600),
    .half_closed = SECONDS(600),
    .embryonic = SECONDS(30),
    .udp = SECONDS(120),
    .icmp = SECONDS(2),
    .other = SECONDS(120),
    .limit = 130000, /* of the middle models, by data sheet */
};

/* ---- May it begin? ---- */

/* A list that is not defined, or has no line yet, filters nothing. */
static bool permits(struct asa *s, const char *name, const struct flow *f)
{
    struct acl *acl = name ? net_acl(s->d->node, name) : NULL;
    if (!acl || !acl->lines->len)
        return true;
    const struct acl_line *l = acl_match(acl, f);
    bool permit = l && l->permit;
    TRACE(s->d->scope, acl_hit, .acl = acl->name, .line = l ? l->number : 0, .permit = permit,
          .src = f->src, .dst = f->dst);
    return permit;
}

static bool has_list(struct asa *s, const char *name)
{
    const struct acl *acl = name ? net_acl(s->d->node, name) : NULL;
    return acl && acl->lines->len;
}

/* Without an access-group traffic flows from higher to lower security. With one it is the list that
 * decides. Equal levels, and an interface with itself, each need their own permission. What came
 * out of a tunnel passes neither test while the sysopt stands. */
static enum drop_reason policy(struct asa *s, struct net_if *in, struct net_if *out,
                               const struct flow *f, const struct pkt *p)
{
    const struct asa_if *from = asa_if_of(s, in), *to = asa_if_of(s, out);
    if (!from || !from->nameif || !to || !to->nameif)
        return DROP_CONN_POLICY;
    if (in == out && !s->conns->same_within)
        return DROP_CONN_POLICY;
    if (p->sa_in && s->conns->permit_vpn)
        return DROP_NONE;
    if (in != out && from->security == to->security && !s->conns->same_between)
        return DROP_CONN_POLICY;
    if (has_list(s, from->group_in)) {
        if (!permits(s, from->group_in, f))
            return DROP_ACL;
    } else if (from->security < to->security) {
        return DROP_CONN_POLICY;
    }
    return DROP_NONE;
}

/* Up to 8.2 lists know a host by the address that it has on their interface, later by its own. */
static struct flow on_wire(const struct asa *s, const struct flow *f, const struct pkt *p)
{
    const struct net_nat_flow *x = asa_since(s, 8, 3) ? NULL : net_nat_flow_of(s->d->node, p);
    struct flow w = *f;
    if (x && x->real == f->dst && x->remote == f->src) {
        w.dst = x->mapped;
        w.dport = f->dport ? (uint16_t)x->mapped_port : 0;
    } else if (x) {
        w.src = x->mapped;
        w.sport = f->sport ? (uint16_t)x->mapped_port : 0;
    }
    return w;
}

static enum drop_reason allow(void *self, struct net_if *in, struct net_if *out,
                              const struct flow *f, const struct pkt *p)
{
    struct asa *s = self;
    const struct asa_if *to = asa_if_of(s, out);
    struct flow seen = on_wire(s, f, p);
    enum drop_reason why = policy(s, in, out, &seen, p);
    if (why == DROP_NONE)
        why = fw_nat_admit(&s->nat->fw, in, out, p);
    if (why != DROP_NONE || (p->sa_in && s->conns->permit_vpn))
        return why;
    seen = on_wire(s, f, p);
    return permits(s, to->group_out, &seen) ? DROP_NONE : DROP_ACL;
}

static uint32_t context(void *self, struct net_if *out, const struct pkt *p)
{
    struct asa *s = self;
    struct pkt *turned = p->sa_in ? NULL : net_nat_preview(s->d->node, p);
    if (p->sa_in)
        return ipsec_context_in(s->d->ipsec, p);
    uint32_t number = ipsec_context_out(s->d->ipsec, out, turned ? turned : p);
    if (turned)
        pkt_unref(turned);
    return number;
}

static void on_context(void *self, uint32_t number, bool alive)
{
    struct asa *s = self;
    if (!alive)
        net_conns_context_over(s->d->node, number);
}

void asa_conn_start(struct asa *s)
{
    s->conns = g_new0(struct asa_conns, 1);
    s->conns->rules = defaults;
    s->conns->permit_vpn = true; /* since 7.0; the keyword changed its name with 7.1 */
    net_conns_set(s->d->node, &s->conns->rules, &(struct net_conn_ops){allow, context, s});
    ipsec_on_context(s->d->ipsec, on_context, s);
    asa_mss_start(s);
    asa_access_start(s);
}

void asa_conn_stop(struct asa *s)
{
    asa_access_stop(s);
    asa_inspect_free(s);
    net_conns_set(s->d->node, NULL, NULL);
    ipsec_on_context(s->d->ipsec, NULL, NULL);
    g_clear_pointer(&s->conns, g_free);
}

/* ---- Who is inside ---- */

bool asa_conn_inbound(const struct asa *s, const struct net_if *in, const struct net_if *out)
{
    const struct asa_if *from = asa_if_of(s, in), *to = asa_if_of(s, out);
    return from && to && from->security < to->security;
}

struct asa_conn_ends asa_conn_ends(const struct asa *s, const struct net_conn *c)
{
    bool inbound = asa_conn_inbound(s, c->in, c->out);
    return (struct asa_conn_ends){
        .inbound = inbound,
        .low_if = inbound ? c->in : c->out,
        .high_if = inbound ? c->out : c->in,
        .low = inbound ? c->src : c->dst,
        .high = inbound ? c->dst : c->src,
        .low_port = inbound ? c->sport : c->dport,
        .high_port = inbound ? c->dport : c->sport,
    };
}

/* ---- Configuration ---- */

/* A flag is kept as its line where it is not the default. */
static void keep_flag(struct asa *s, const struct cli_args *a, enum asa_place place, bool *flag,
                      bool by_default)
{
    g_autofree char *line = cli_canonical(a);
    *flag = !cli_negated(a);
    if (*flag == by_default) {
        asa_keep_remove(s, NULL, line);
        return;
    }
    g_autofree char *text = g_strconcat(*flag ? "" : "no ", line, NULL);
    asa_keep_line(s, place, NULL, line, text);
}

static void same_security(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    bool between = cli_has(a, "inter-interface");
    keep_flag(s, a, ASA_PLACE_HEAD, between ? &s->conns->same_between : &s->conns->same_within,
              false);
}

/* permit-ipsec until 7.0, permit-vpn from 7.1(1) on. */
static void permit_vpn(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    const char *word = cli_has(a, "permit-vpn") ? "permit-vpn" : "permit-ipsec";
    if ((strcmp(word, "permit-vpn") == 0) != asa_since(s, 7, 1)) {
        asa_unknown_word(s, a, word);
        return;
    }
    keep_flag(s, a, ASA_PLACE_CRYPTO, &s->conns->permit_vpn, true);
}

static void preserve(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    keep_flag(s, a, ASA_PLACE_CRYPTO, &s->conns->rules.keep_flows, false);
}

/* ---- timeout conn 1:00:00 half-closed 0:10:00 udp 0:02:00 icmp 0:00:02 ---- */

static const struct {
    const char *word;
    size_t offset;
    int64_t least_s;
} timeout[] = {
    {"conn", offsetof(struct net_conn_rules, tcp), 300},
    {"half-closed", offsetof(struct net_conn_rules, half_closed), 300},
    {"udp", offsetof(struct net_conn_rules, udp), 60},
    {"icmp", offsetof(struct net_conn_rules, icmp), 2},
};

static sim_time *timeout_of(struct net_conn_rules *r, size_t i)
{
    return (sim_time *)((char *)r + timeout[i].offset);
}

static int timeout_named(const char *word)
{
    for (size_t i = 0; i < G_N_ELEMENTS(timeout); i++)
        if (g_str_has_prefix(timeout[i].word, word))
            return (int)i;
    return -1;
}

/* h:mm:ss, at most 1193:00:00; -1 = no such time. */
static int64_t seconds_of(const char *text)
{
    g_auto(GStrv) part = g_strsplit(text, ":", -1);
    int64_t v[3];
    if (g_strv_length(part) != 3)
        return -1;
    for (int i = 0; i < 3; i++) {
        guint64 n;
        if (!g_ascii_string_to_unsigned(part[i], 10, 0, i ? 59 : 1193, &n, NULL))
            return -1;
        v[i] = (int64_t)n;
    }
    return v[0] * 3600 + v[1] * 60 + v[2];
}

static void keep_timeouts(struct asa *s)
{
    struct net_conn_rules standard = defaults;
    g_autoptr(GString) text = g_string_new("timeout");
    bool differs = false;
    for (size_t i = 0; i < G_N_ELEMENTS(timeout); i++) {
        int64_t t = *timeout_of(&s->conns->rules, i) / SECONDS(1);
        differs |= t != *timeout_of(&standard, i) / SECONDS(1);
        g_string_append_printf(text, " %s %d:%02d:%02d", timeout[i].word, (int)(t / 3600),
                               (int)(t / 60 % 60), (int)(t % 60));
    }
    if (differs)
        asa_keep_line(s, ASA_PLACE_MID, NULL, "timeout conn", text->str);
    else
        asa_keep_remove(s, NULL, "timeout conn");
}

/* 0:00:00 is never. All of a line is good, or none of it is done. */
static void set_timeouts(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    struct net_conn_rules next = s->conns->rules, standard = defaults;
    int which = 0;
    while (!cli_has(a, timeout[which].word))
        which++;
    g_auto(GStrv) word = g_strsplit_set(cli_has(a, "value") ? cli_arg(a, "value") : "", " ", -1);
    bool wants_time = true;
    for (char **w = word; *w; w++) {
        if (**w == '\0')
            continue;
        int64_t t = wants_time ? seconds_of(*w) : 0;
        int name = wants_time ? which : timeout_named(*w);
        if (t < 0 || name < 0 || (t > 0 && t < timeout[which].least_s)) {
            asa_invalid(s, a, "value");
            return;
        }
        if (wants_time)
            *timeout_of(&next, (size_t)which) = SECONDS(t);
        which = name;
        wants_time = !wants_time;
    }
    if (cli_negated(a))
        *timeout_of(&next, (size_t)which) = *timeout_of(&standard, (size_t)which);
    s->conns->rules = next;
    keep_timeouts(s);
    net_conns_changed(s->d->node);
}

// clang-format off
const struct cli_command asa_config_conn[] = {
    { "same-security-traffic permit (inter-interface|intra-interface)", same_security, CLI_NO },
    { "sysopt connection (permit-vpn|permit-ipsec)",                   permit_vpn,    CLI_NO },
    { "sysopt connection preserve-vpn-flows",                          preserve,      CLI_NO },
    { "class-map name:WORD",                                           asa_inspect_map, CLI_NO },
    { "policy-map name:WORD",                                          asa_inspect_map, CLI_NO },
    { "policy-map type inspect what:WORD name:WORD",                   asa_inspect_map, CLI_NO },
    { "service-policy name:WORD (global|interface if:WORD)",           asa_inspect_service, CLI_NO },
    { "timeout (conn|half-closed|udp|icmp) value:LINE",                set_timeouts,  CLI_NO | CLI_NO_ONLY_PREFIX },
    { 0 } };
// clang-format on
