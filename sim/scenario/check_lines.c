/* What only the lines of a configuration say, and how each kind of device writes them: ISAKMP on
 * the interface of the map, access lists that stop what a tunnel brings, filters on the way,
 * keepalives and idle time-outs of two ends. */
#include "check_priv.h"

#include <stdlib.h>
#include <string.h>

/* ---- Words ---- */

#define IDLE_30_MIN 1800

static const struct check_words kinds[] = {
    {.kind = "ios",
     .permits_it = true,
     .key_line = "crypto isakmp key",
     .key_remedy = "crypto isakmp key SECRET address PEER, with the address that is in set peer",
     .policy = "crypto isakmp policy %u",
     .enable = "crypto isakmp enable",
     .route = "ip route",
     .exempt = "deny this traffic in the access list of the translation"},
    {.kind = "asa",
     .netmask = true,
     .named = true,
     .permits_it = true,
     .idle_s = IDLE_30_MIN,
     .key_head = "tunnel-group %s ipsec-attributes",
     .key_line = "pre-shared-key",
     .key_remedy = "tunnel-group PEER type ipsec-l2l, and in its ipsec-attributes pre-shared-key "
                   "SECRET; PEER is the address that is in set peer",
     .policy = "crypto isakmp policy %u",
     .map_applied = "crypto map %s interface",
     .enable = "crypto isakmp enable INTERFACE",
     .route = "route outside",
     .exempt = "nat (INSIDE) 0 access-list LIST, with a line for this traffic; from 8.3 on, a nat "
               "line that leaves both addresses as they are",
     .permit_all = "sysopt connection permit-vpn"},
    {.kind = "pix",
     .netmask = true,
     .named = true,
     .key_line = "isakmp key",
     .key_remedy = "isakmp key SECRET address PEER netmask 255.255.255.255, with the address that "
                   "is in set peer",
     .policy = "isakmp policy %u",
     .map_applied = "crypto map %s interface",
     .enable = "isakmp enable INTERFACE",
     .route = "route outside",
     .exempt = "nat (INSIDE) 0 access-list LIST, with a line for this traffic",
     .permit_all = "sysopt connection permit-ipsec"},
};

const struct check_words *check_words_of(const struct device *d)
{
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (strcmp(kinds[i].kind, d->kind->name) == 0)
            return &kinds[i];
    return &kinds[0];
}

bool check_reads(const struct device *d)
{
    return strcmp(check_words_of(d)->kind, d->kind->name) == 0;
}

void check_no_key(struct check *c, struct device *d, ip4 peer)
{
    const struct check_words *words = check_words_of(d);
    check_add(c, SEVERITY_ERROR, "no-key", d, (struct check_place){words->key_line, NULL},
              words->key_remedy, "there is no pre-shared key for the peer %s", IP4S(peer));
}

/* ---- The running configuration, line by line ---- */

static char **running(struct device *d)
{
    g_autoptr(GString) text = g_string_new(NULL);
    d->kind->show(d, "running-config", text);
    return g_strsplit(text->str, "\n", -1);
}

/* What follows `with` in a line; NULL when the line does not begin so. */
static const char *after(const char *line, const char *with)
{
    size_t n = strlen(with);
    return strncmp(line, with, n) == 0 && line[n] == ' ' ? line + n + 1 : NULL;
}

static bool has_line(char **lines, const char *wanted)
{
    return g_strv_contains((const char *const *)lines, wanted);
}

/* The rest of the last line `with` of the section `head`; NULL when there is none. */
static const char *in_section(char **lines, const char *head, const char *with)
{
    const char *found = NULL;
    bool inside = false;
    for (; *lines; lines++) {
        if (**lines != ' ')
            inside = strcmp(*lines, head) == 0;
        else if (inside && after(*lines + 1, with))
            found = after(*lines + 1, with);
    }
    return found;
}

/* ---- ISAKMP where the map is (CAT-07) ---- */

static bool enabled_on(char **lines, const char *interface)
{
    static const char *const forms[] = {"crypto isakmp enable", "crypto ikev1 enable",
                                        "isakmp enable"};
    for (size_t i = 0; i < G_N_ELEMENTS(forms); i++) {
        g_autofree char *line = g_strdup_printf("%s %s", forms[i], interface);
        if (has_line(lines, line))
            return true;
    }
    return false;
}

static void check_enabled(struct check *c, struct device *d, const struct check_words *words,
                          const struct ipsec_map *m, char **lines)
{
    g_autofree char *applied = g_strdup_printf(words->map_applied, m->name);
    for (char **line = lines; *line && d->ike_conf->enabled; line++) {
        const char *interface = after(*line, applied);
        if (!interface || enabled_on(lines, interface))
            continue;
        g_autofree char *where = g_strdup(interface);
        g_autoptr(GString) remedy = g_string_new(words->enable);
        g_string_replace(remedy, "INTERFACE", where, 0);
        check_add(
            c, SEVERITY_ERROR, "isakmp-off-interface", d, (struct check_place){applied, NULL},
            remedy->str,
            "the map \"%s\" is applied to %s, where ISAKMP is not enabled: nobody answers there",
            m->name, where);
    }
}

/* ---- Access lists that stop what a tunnel brings (CAT-19, DBG-53) ---- */

static bool lets_in(const struct acl_line *l, const struct acl_line *crypto)
{
    return l->permit && !l->remark && (l->protocol == 0 || l->protocol == crypto->protocol) &&
           (crypto->dst.mask & l->src.mask) == l->src.mask && ip4_in(crypto->dst.addr, l->src) &&
           (crypto->src.mask & l->dst.mask) == l->dst.mask && ip4_in(crypto->src.addr, l->dst);
}

static bool list_lets_in(struct device *d, const char *name, const struct acl_line *crypto)
{
    const struct acl *a = name ? net_acl(d->node, name) : NULL;
    for (guint i = 0; a && i < a->lines->len; i++)
        if (lets_in(a->lines->pdata[i], crypto))
            return true;
    return false;
}

static char *inbound_list(char **lines, const char *interface)
{
    g_autofree char *end = g_strdup_printf(" in interface %s", interface);
    for (; *lines; lines++)
        if (after(*lines, "access-group") && g_str_has_suffix(*lines, end))
            return g_strndup(after(*lines, "access-group"),
                             strlen(after(*lines, "access-group")) - strlen(end));
    return NULL;
}

static void check_let_in(struct check *c, struct device *d, const struct check_words *words,
                         const struct ipsec_map *m, const struct ipsec_map_entry *e, char **lines)
{
    g_autofree char *no = g_strconcat("no ", words->permit_all, NULL);
    if (words->permits_it ? !has_line(lines, no) : has_line(lines, words->permit_all))
        return;
    g_autofree char *applied = g_strdup_printf(words->map_applied, m->name);
    g_autofree char *list = NULL;
    for (char **line = lines; *line && !list; line++)
        if (after(*line, applied))
            list = inbound_list(lines, after(*line, applied));
    g_autoptr(GPtrArray) permits = check_permits(d, e->acl);
    for (guint i = 0; i < permits->len; i++) {
        if (list_lets_in(d, list, permits->pdata[i]))
            continue;
        g_autofree char *text = check_acl_text(d, permits->pdata[i]);
        check_add(
            c, SEVERITY_ERROR, "tunnel-filtered", d, (struct check_place){NULL, words->permit_all},
            words->permit_all,
            "what the tunnel of \"%s\" brings must pass the access list of its interface (%s), "
            "and no line permits all of it",
            text, list ? list : "there is none");
        return;
    }
}

/* ---- Filters on the way (CAT-06, CAT-15) ---- */

/* A line that refuses just what tunnels are made of. */
static const char *refuses(const struct acl_line *l)
{
    if (l->permit || l->remark)
        return NULL;
    if (l->protocol == 50)
        return "ESP";
    bool narrow = l->dport.to - l->dport.from < 1000 || l->sport.to - l->sport.from < 1000;
    bool ike = l->dport.from <= 500 && l->dport.to >= 500 && l->sport.from <= 500;
    return l->protocol == 17 && narrow && ike && l->sport.to >= 500 ? "ISAKMP" : NULL;
}

static void check_filters(struct check *c, struct device *d)
{
    for (size_t i = 0; i < net_if_count(d->node); i++) {
        struct net_if *on = net_if_at(d->node, i);
        const char *const lists[] = {on->acl_in, on->acl_out};
        for (size_t k = 0; k < G_N_ELEMENTS(lists); k++) {
            const struct acl *a = lists[k] ? net_acl(d->node, lists[k]) : NULL;
            for (guint n = 0; a && n < a->lines->len; n++) {
                const char *what = refuses(a->lines->pdata[n]);
                if (!what)
                    continue;
                g_autofree char *text = check_acl_text(d, a->lines->pdata[n]);
                g_autofree char *head = g_strdup_printf("access-list %s", lists[k]);
                check_add(c, SEVERITY_WARNING, "tunnel-refused", d,
                          (struct check_place){head, text},
                          "permit UDP 500 and 4500 and ESP between the ends of the tunnels",
                          "access list %s of %s refuses %s: tunnels through this device fail",
                          lists[k], on->name, what);
            }
        }
    }
}

void check_lines(struct check *c, struct device *d)
{
    const struct check_words *words = check_words_of(d);
    check_filters(c, d);
    if (!words->named)
        return;
    g_auto(GStrv) lines = running(d);
    for (guint i = 0; i < d->ipsec_conf->maps->len; i++) {
        const struct ipsec_map *m = d->ipsec_conf->maps->pdata[i];
        check_enabled(c, d, words, m, lines);
        for (guint k = 0; k < m->entries->len; k++)
            check_let_in(c, d, words, m, m->entries->pdata[k], lines);
    }
}

/* ---- Two ends in time (CAT-14, CAT-22, CAT-24) ---- */

static void check_keepalive(struct check *c, struct device *a, ip4 b_addr, struct device *b,
                            ip4 a_addr)
{
    const struct ike_liveness *x = ike_liveness_for(a->ike_conf, b_addr);
    const struct ike_liveness *y = ike_liveness_for(b->ike_conf, a_addr);
    struct device *off = x->unannounced ? a : y->unannounced ? b : NULL;
    if (off) {
        check_add(c, SEVERITY_WARNING, "keepalive-off", off,
                  (struct check_place){NULL, "keepalive disable"},
                  "isakmp keepalive threshold 10 retry 2, on both ends",
                  "keepalives are disabled here, so neither end notices when the other dies before "
                  "the SAs end");
        return;
    }
    if (!x->threshold_s == !y->threshold_s)
        return;
    struct device *asks = x->threshold_s ? a : b, *other = x->threshold_s ? b : a;
    check_add(c, SEVERITY_INFO, "keepalive-one-end", other, (struct check_place){NULL, "keepalive"},
              "crypto isakmp keepalive 10, or what this device calls it",
              "only %s asks whether its peer lives; this end notices a dead peer when the SAs end",
              asks->name);
}

/* What the group policy of a peer says; 0 = never. */
static uint32_t group_idle_s(struct device *d, ip4 peer, uint32_t otherwise)
{
    g_auto(GStrv) lines = running(d);
    g_autofree char *general = g_strdup_printf("tunnel-group %s general-attributes", IP4S(peer));
    const char *policy = in_section(lines, general, "default-group-policy");
    const char *const policies[] = {policy, "DfltGrpPolicy"};
    for (size_t i = 0; i < G_N_ELEMENTS(policies); i++) {
        g_autofree char *head =
            g_strdup_printf("group-policy %s attributes", policies[i] ? policies[i] : "");
        const char *said = in_section(lines, head, "vpn-idle-timeout");
        if (said)
            return (uint32_t)strtoul(said, NULL, 10) * 60; /* "none" is 0 */
    }
    return otherwise;
}

static uint32_t idle_s(struct device *d, const struct ipsec_map_entry *e, ip4 peer)
{
    uint32_t usual = check_words_of(d)->idle_s;
    if (usual)
        return group_idle_s(d, peer, usual);
    return e->idle_s ? e->idle_s : d->ipsec_conf->idle_s;
}

static char *idle_text(uint32_t s)
{
    return s ? g_strdup_printf("after %u s without packets", s) : g_strdup("never for idleness");
}

void check_times(struct check *c, struct device *a, const struct ipsec_map_entry *ae, ip4 b_addr,
                 struct device *b, const struct ipsec_map_entry *be, ip4 a_addr)
{
    check_keepalive(c, a, b_addr, b, a_addr);
    uint32_t x = idle_s(a, ae, b_addr), y = idle_s(b, be, a_addr);
    if (x == y || (x == check_words_of(a)->idle_s && y == check_words_of(b)->idle_s))
        return;
    g_autofree char *mine = idle_text(x), *theirs = idle_text(y);
    check_add(c, SEVERITY_INFO, "idle-differs", a, (struct check_place){NULL, "idle-time"},
              "if the tunnel shall last, give both ends the same idle time-out, or none",
              "this end ends the tunnel %s, %s %s", mine, b->name, theirs);
}
