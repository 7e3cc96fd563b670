/* show conn, show xlate, show asp drop, and what clears them. */
#include "asa_conn.h"
#include "asa_show_priv.h"

#include <string.h>

/* ---- Connections ---- */

/* The letters of "show conn detail", in the order in which they are printed. */
static void flags_text(const struct asa *s, const struct net_conn *c, GString *out)
{
    bool inbound = asa_conn_ends(s, c).inbound;
    unsigned f = c->flags;
    if (c->protocol != IPPROTO_NUM_TCP) {
        g_string_append(out, c->stale ? "V" : "-");
        return;
    }
    bool half = f & NET_CONN_SYN_ACK;
    unsigned data_in = inbound ? NET_CONN_DATA : NET_CONN_DATA_BACK,
             data_out = inbound ? NET_CONN_DATA_BACK : NET_CONN_DATA,
             fin_out = inbound ? NET_CONN_FIN : NET_CONN_FIN_BACK,
             fin_in = inbound ? NET_CONN_FIN_BACK : NET_CONN_FIN,
             out_acked = inbound ? NET_CONN_FIN_ACKED : NET_CONN_FIN_BACK_ACKED,
             in_acked = inbound ? NET_CONN_FIN_BACK_ACKED : NET_CONN_FIN_ACKED;
    if (!(f & NET_CONN_UP)) {
        g_string_append(out, inbound ? (half ? "aB" : "SaAB") : half ? "A" : "saA");
    } else {
        const struct {
            bool on;
            char letter;
        } row[] = {
            {true, 'U'},          {f & fin_in, 'f'},  {f & fin_out, 'F'},  {f & in_acked, 'R'},
            {f & out_acked, 'r'}, {f & data_in, 'I'}, {f & data_out, 'O'}, {inbound, 'B'},
        };
        for (size_t i = 0; i < G_N_ELEMENTS(row); i++)
            if (row[i].on)
                g_string_append_c(out, row[i].letter);
    }
    if (c->stale)
        g_string_append_c(out, 'V');
}

static const char *protocol_text(uint8_t protocol, char number[4])
{
    switch (protocol) {
    case IPPROTO_NUM_TCP:
        return "TCP";
    case IPPROTO_NUM_UDP:
        return "UDP";
    case IPPROTO_NUM_ICMP:
        return "ICMP";
    case 47:
        return "GRE";
    case IPPROTO_NUM_ESP:
        return "ESP";
    default:
        g_snprintf(number, 4, "%u", protocol);
        return number;
    }
}

static bool has_address(const struct net_conn *c, const char *text)
{
    ip4 a;
    return !text || (ip4_parse(text, &a) && (c->src == a || c->dst == a));
}

void asa_view_conn(struct asa *s, char **args, struct view *v)
{
    const char *address =
        args && args[0] && args[1] && g_str_has_prefix("address", args[0]) ? args[1] : NULL;
    view_columns(v, "protocol", "low-if", "low", "high-if", "high", "idle", "bytes", "flags", "id",
                 "context", "stale", NULL);
    for (const struct net_conn *c = net_conns_first(s->d->node); c; c = net_conns_next(c)) {
        struct asa_conn_ends e = asa_conn_ends(s, c);
        char number[4];
        g_autoptr(GString) flags = g_string_new(NULL);
        if (!has_address(c, address))
            continue;
        flags_text(s, c, flags);
        view_row_begin(v);
        view_set(v, "protocol", "%s", protocol_text(c->protocol, number));
        view_set(v, "low-if", "%s", asa_if_word(s, e.low_if));
        view_set(v, "low", "%s:%u", IP4S(e.low), e.low_port);
        view_set(v, "high-if", "%s", asa_if_word(s, e.high_if));
        view_set(v, "high", "%s:%u", IP4S(e.high), e.high_port);
        view_set(v, "idle", "%" G_GINT64_FORMAT, (sim_now(s->d->sim) - c->last) / SECONDS(1));
        view_set(v, "bytes", U64, c->bytes);
        view_set(v, "flags", "%s", flags->str);
        view_set(v, "id", "%u", c->id);
        view_set(v, "context", "%u", c->context);
        view_set(v, "stale", "%s", c->stale ? "yes" : "no");
    }
}

static const char letters[] =
    "Flags: A - awaiting inside ACK to SYN, a - awaiting outside ACK to SYN,\n"
    "       B - initial SYN from outside, F - outside FIN, f - inside FIN,\n"
    "       I - inbound data, O - outbound data,\n"
    "       R - outside acknowledged FIN, r - inside acknowledged FIN,\n"
    "       S - awaiting inside SYN, s - awaiting outside SYN, U - up,\n"
    "       V - VPN orphan\n";

/* "6s", "2m5s", "1h0m" */
static void span_text(sim_time t, GString *out)
{
    int n = (int)(t / SECONDS(1));
    if (n >= 3600)
        g_string_append_printf(out, "%dh%dm", n / 3600, n / 60 % 60);
    else if (n >= 60)
        g_string_append_printf(out, "%dm%ds", n / 60, n % 60);
    else
        g_string_append_printf(out, "%ds", n);
}

static void detail_line(const struct asa *s, const struct net_conn *c, GString *out)
{
    struct asa_conn_ends e = asa_conn_ends(s, c);
    char number[4];
    sim_time now = sim_now(s->d->sim);
    g_string_append_printf(out, "%s %s:%s/%u %s:%s/%u,\n    flags ",
                           protocol_text(c->protocol, number), asa_if_word(s, e.low_if),
                           IP4S(e.low), e.low_port, asa_if_word(s, e.high_if), IP4S(e.high),
                           e.high_port);
    flags_text(s, c, out);
    g_string_append(out, ", idle ");
    span_text(now - c->last, out);
    g_string_append(out, ", uptime ");
    span_text(now - c->born, out);
    g_string_append(out, ", timeout ");
    span_text(c->limit, out);
    g_string_append_printf(out, ", bytes " U64 "\n", c->bytes);
}

/* 7.x: "TCP out 1.2.3.4:80 in 10.0.0.1:1025 idle …"; later with the names of the interfaces. */
static void plain_line(const struct asa *s, const struct net_conn *c, GString *out)
{
    struct asa_conn_ends e = asa_conn_ends(s, c);
    char number[4];
    bool named = asa_since(s, 8, 0);
    const char *comma = named ? "," : "";
    int idle = (int)((sim_now(s->d->sim) - c->last) / SECONDS(1));
    g_string_append_printf(out, "%s %s %s:%u %s %s:%u%s idle %d:%02d:%02d%s bytes " U64 "%s flags ",
                           protocol_text(c->protocol, number),
                           named ? asa_if_word(s, e.low_if) : "out", IP4S(e.low), e.low_port,
                           named ? asa_if_word(s, e.high_if) : "in", IP4S(e.high), e.high_port,
                           comma, idle / 3600, idle / 60 % 60, idle % 60, comma, c->bytes, comma);
    flags_text(s, c, out);
    g_string_append(out, " \n");
}

static void show_conn(void *self, const struct cli_args *a, GString *out)
{
    const struct asa *s = self;
    const struct net_node *n = s->d->node;
    bool detail = cli_has(a, "detail");
    g_string_append_printf(out, "%zu in use, %zu most used\n", net_conns_count(n),
                           net_conns_most(n));
    if (cli_has(a, "count"))
        return;
    if (detail)
        g_string_append(out, letters);
    for (const struct net_conn *c = net_conns_first(n); c; c = net_conns_next(c)) {
        if (!has_address(c, cli_arg(a, "address")))
            continue;
        if (detail)
            detail_line(s, c, out);
        else
            plain_line(s, c, out);
    }
}

static bool picked(void *self, const struct net_conn *c)
{
    return has_address(c, self);
}

static void clear_conn(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    g_autofree char *what = cli_canonical(a);
    TRACE(s->d->scope, clear_command, .what = what);
    size_t n = net_conns_clear(s->d->node, picked, (void *)cli_arg(a, "address"));
    g_string_append_printf(out, "%zu connection(s) deleted.\n", n);
}

// clang-format off
const struct cli_command asa_exec_conn[] = {
    { "show conn [all] [count|detail]",                      show_conn,      0 },
    { "show conn [all] address address:A.B.C.D [detail]",    show_conn,      0 },
    { "clear conn [all]",                                    clear_conn,     CLI_PRIVILEGED },
    { "clear conn address address:A.B.C.D",                  clear_conn,     CLI_PRIVILEGED },
    { 0 } };
// clang-format on
