/* show asp drop: packets that died here, by the names of the accelerated path. They are the
 * counters that pkt_drop keeps of the node; several of ours may be one of its. */
#include "asa_show_priv.h"

static const struct {
    const char *name, *text;
    enum drop_reason why[8]; /* DROP_NONE ends */
} row[] = {
    {"no-route", "No route to host", {DROP_IP_NO_ROUTE}},
    {"acl-drop", "Flow is denied by configured rule", {DROP_ACL, DROP_CONN_POLICY}},
    {"tunnel-pending", "Tunnel being brought up or torn down", {DROP_IPSEC_NO_SA}},
    {"ipsec-clearpkt-notun", "IPSec Clear Pkt w/no tunnel", {DROP_IPSEC_CLEAR}},
    {"vpn-context-expired", "Expired VPN context", {DROP_CONN_CONTEXT}},
    {"ipsec-selector-failure", "VPN inner policy selector mismatch detected", {DROP_ESP_PROXY}},
    {"bad-crypto", "Bad crypto return in packet", {DROP_ESP_ICV, DROP_ESP_PAD, DROP_ESP_REPLAY}},
    {"invalid-ip-header",
     "Invalid IP header",
     {DROP_IP_SHORT, DROP_IP_CHECKSUM, DROP_IP_BAD_HEADER, DROP_ESP_INNER}},
    {"ttl-exceeded", "TTL exceeded", {DROP_IP_TTL}},
    {"invalid-udp-length", "Invalid UDP Length", {DROP_UDP_SHORT}},
    {"fragment-reassembly-failed",
     "Fragment reassembly failed",
     {DROP_FRAG_OVERLAP, DROP_FRAG_TOO_SMALL, DROP_FRAG_TOO_BIG, DROP_FRAG_TIMEOUT,
      DROP_FRAG_LIMIT}},
    {"no-adjacency", "No valid adjacency", {DROP_LINK_NO_NEIGHBOR}},
    {"interface-down", "Interface is down", {DROP_LINK_DOWN}},
    {"nat-xlate-failed", "NAT failed", {DROP_NAT_EXHAUSTED, DROP_NAT_ESP, DROP_NAT_NO_RULE}},
    {"nat-rpf-failed", "NAT reverse path failed", {DROP_NAT_REVERSE}},
    {"tcp-not-syn", "First TCP packet not SYN", {DROP_CONN_NO_SYN}},
    {"tcp-mss-exceeded", "TCP data exceeded MSS", {DROP_CONN_MSS}},
    {"conn-limit", "Connection limit reached", {DROP_CONN_LIMIT}},
    {"sp-security-failed",
     "Slowpath security checks failed",
     {DROP_UDP_NO_PORT, DROP_TCP_NO_PORT, DROP_IKE_OFF, DROP_IP_MARTIAN, DROP_IP_NOT_MINE,
      DROP_IP_PROTO, DROP_CONN_FAR, DROP_IDS}},
};
G_STATIC_ASSERT(G_N_ELEMENTS(row) <= ASA_ASP_ROWS);

static uint64_t dropped(const struct asa *s, size_t i)
{
    uint64_t sum = 0, n;
    for (size_t k = 0; k < G_N_ELEMENTS(row[i].why) && row[i].why[k] != DROP_NONE; k++) {
        g_autofree char *name = g_strconcat("drop.", drop_reason_name((int)row[i].why[k]), NULL);
        if (trace_counter_get(s->d->scope, name, &n))
            sum += n;
    }
    return sum;
}

void asa_view_asp_drop(struct asa *s, char **args, struct view *v)
{
    view_columns(v, "name", "text", "count", NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        uint64_t n = dropped(s, i) - s->asp_cleared[i];
        if (!n)
            continue;
        view_row_begin(v);
        view_set(v, "name", "%s", row[i].name);
        view_set(v, "text", "%s", row[i].text);
        view_set(v, "count", U64, n);
    }
}

void asa_show_asp_drop(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    struct view v;
    view_init(&v);
    asa_view_asp_drop(s, NULL, &v);
    g_string_append(out, "\nFrame drop:\n");
    for (size_t i = 0; i < view_count(&v); i++) {
        g_autofree char *what =
            g_strdup_printf("%s (%s)", view_cell(&v, i, "text"), view_cell(&v, i, "name"));
        g_string_append_printf(out, "  %-68s %9s\n", what, view_cell(&v, i, "count"));
    }
    g_string_append(out, "\nLast clearing: ");
    g_string_append_printf(out, "%s\n", s->asp_cleared_at ? s->asp_cleared_at : "Never");
    if (!cli_has(a, "frame"))
        g_string_append_printf(out, "\nFlow drop:\n\nLast clearing: %s\n",
                               s->asp_cleared_at ? s->asp_cleared_at : "Never");
    view_clear(&v);
}

void asa_drops_forget(struct asa *s)
{
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++)
        s->asp_cleared[i] = dropped(s, i);
}

void asa_clear_asp_drop(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    g_autoptr(GString) at = g_string_new(NULL);
    asa_clock_text(s, at);
    g_string_append(at, " by enable_15");
    asa_drops_forget(s);
    g_free(s->asp_cleared_at);
    s->asp_cleared_at = g_strdup(at->str);
}
