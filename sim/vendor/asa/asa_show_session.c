/* The session database: show vpn-sessiondb, and who is logged off by the operator. */
#include "asa_log_priv.h"
#include "asa_ra.h"
#include "asa_show_priv.h"

#include <string.h>

/* ---- Words ---- */

/* "0h:12m:05s" */
static char *duration(sim_time t)
{
    int64_t s = t / SECONDS(1);
    g_autofree char *days =
        s >= 86400 ? g_strdup_printf("%" G_GINT64_FORMAT "d ", s / 86400) : g_strdup("");
    return g_strdup_printf("%s%dh:%02dm:%02ds", days, (int)(s / 3600 % 24), (int)(s / 60 % 60),
                           (int)(s % 60));
}

static const char *cipher_word(enum crypto_cipher c)
{
    static const char *const word[CIPHER_COUNT] = {
        [CIPHER_NULL] = "none",     [CIPHER_DES] = "DES",       [CIPHER_3DES] = "3DES",
        [CIPHER_AES128] = "AES128", [CIPHER_AES192] = "AES192", [CIPHER_AES256] = "AES256",
    };
    return word[c];
}

static const char *hash_word(enum crypto_hash h)
{
    return h == HASH_NONE ? "none" : h == HASH_MD5 ? "MD5" : h == HASH_SHA256 ? "SHA256" : "SHA1";
}

static void minutes_cell(struct view *v, const char *column, sim_time t)
{
    if (t < 0)
        view_set(v, column, "none");
    else
        view_set(v, column, "%" G_GINT64_FORMAT, (t + SECONDS(59)) / SECONDS(60));
}

/* What a session is called by the way of its packets. */
static const char *ipsec_word(const struct asa *s, bool udp)
{
    return !udp ? "IPsec" : asa_since(s, 8, 0) ? "IPsecOverNatT" : "IPSecLAN2LANOverNatT";
}

/* ---- Rows ---- */

struct carried {
    uint64_t tx, rx, packets_tx, packets_rx;
    unsigned tunnels;
    struct esp_suite suite;
};

static bool with_peer(const struct ipsec_ident *ident, ip4 peer, uint32_t nat)
{
    return ident->nat == nat && (nat || ident->peer == peer);
}

/* What the tunnels with a peer carry now. */
static struct carried carried_with(const struct asa *s, const struct ike_sa_view *sa)
{
    struct carried c = {.suite = {.cipher = sa->policy.cipher, .auth = sa->policy.hash}};
    for (size_t i = 0; i < ipsec_ident_count(s->d->ipsec); i++) {
        const struct ipsec_ident *ident = ipsec_ident_at(s->d->ipsec, i);
        if (!ident->pairs->len || !with_peer(ident, sa->remote, sa->nat))
            continue;
        c.packets_tx += ident->encaps;
        c.packets_rx += ident->decaps;
        for (guint k = 0; k < ident->pairs->len; k++) {
            const struct ipsec_pair *p = g_ptr_array_index(ident->pairs, k);
            c.tx += p->bytes_out;
            c.rx += p->bytes_in;
            c.suite = p->suite;
            c.tunnels++;
        }
    }
    return c;
}

static void session_row(struct asa *s, const struct ike_sa_view *sa, const struct asa_session *w,
                        struct view *v)
{
    const struct asa_remote *r = asa_remote_of(s, sa->id);
    const struct asa_group *g = asa_group_for(s, sa->remote);
    const struct asa_chain policy = r ? asa_ra_chain(s, r) : asa_chain_of(s, g);
    struct carried c = carried_with(s, sa);
    g_autofree char *lasted = duration(sim_now(s->d->sim) - w->since);
    sim_time idle = -1, session = -1;
    asa_session_left(s, sa->remote, sa->nat, &idle, &session);
    view_row_begin(v);
    view_set(v, "connection", "%s", IP4S(sa->remote));
    view_set(v, "index", "%u", w->index);
    view_set(v, "ip-addr", "%s", IP4S(sa->remote));
    view_set(v, "protocol", "%s %s", asa_since(s, 8, 4) ? "IKEv1" : "IKE",
             ipsec_word(s, c.suite.udp));
    view_set(v, "encryption", "%s", cipher_word(c.suite.cipher));
    view_set(v, "hashing", "%s", hash_word(c.suite.auth));
    view_set(v, "bytes-tx", U64, c.tx);
    view_set(v, "bytes-rx", U64, c.rx);
    view_set(v, "login-time", "%s", w->login);
    view_set(v, "duration", "%s", lasted);
    view_set(v, "ipsec-tunnels", "%u", c.tunnels);
    view_set(v, "pkts-tx", U64, c.packets_tx);
    view_set(v, "pkts-rx", U64, c.packets_rx);
    view_set(v, "tunnel-group", "%s", r ? r->group : g->name);
    view_set(v, "group-policy", "%s", policy.policy);
    minutes_cell(v, "idle-left", idle);
    minutes_cell(v, "session-left", session);
    if (!r)
        return;
    view_set(v, "username", "%s", r->user ? r->user : r->group);
    view_set(v, "assigned-ip", "%s", IP4S(r->addr));
    view_set(v, "public-ip", "%s", IP4S(sa->remote));
    view_set(v, "client-type", "%s", r->client ? r->client : "N/A");
    view_set(v, "client-ver", "%s", r->version ? r->version : "N/A");
}

enum whose { ANYBODYS, PEERS, CLIENTS };

static bool next_session(const struct asa *s, enum whose whose, size_t *at, struct ike_sa_view *sa,
                         const struct asa_session **w)
{
    while (ike_sa_at(s->d->ike, (*at)++, sa)) {
        bool client = asa_remote_of(s, sa->id) != NULL;
        *w = asa_session_of(s, sa->remote, sa->nat);
        if (sa->state == IKE_STATE_QM_IDLE && !asa_sa_is_rekey(s, sa) && *w &&
            (whose == ANYBODYS || client == (whose == CLIENTS)))
            return true;
    }
    return false;
}

/* "filter name 203.0.113.2": the column that the words name, compared without regard to case. */
static const struct {
    const char *word, *column;
} filter[] = {
    {"name", "connection"},         {"name", "username"},         {"ipaddress", "ip-addr"},
    {"a-ipaddress", "assigned-ip"}, {"p-ipaddress", "public-ip"}, {"tunnel-group", "tunnel-group"},
    {"protocol", "protocol"},       {"encryption", "encryption"},
};

static void keep_those(struct view *v, const char *column, const char *value)
{
    for (guint i = v->rows->len; i-- > 0;) {
        const char *cell = view_cell(v, i, column);
        bool same = g_ascii_strcasecmp(cell ? cell : "", value) == 0;
        g_auto(GStrv) words = g_strsplit(cell ? cell : "", " ", -1);
        for (char **w = words; *w && !same; w++)
            same = g_ascii_strcasecmp(*w, value) == 0;
        if (!same)
            g_ptr_array_remove_index(v->rows, i);
    }
}

/* A word may be about several columns: the first that the listing has. */
static void keep_filtered(struct view *v, char **args)
{
    if (!args || !args[0] || strcmp(args[0], "filter") != 0 || !args[1] || !args[2])
        return;
    const char *column = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(filter); i++)
        if (strcmp(filter[i].word, args[1]) == 0 &&
            (!column || view_count(v) == 0 || !view_cell(v, 0, column)))
            column = filter[i].column;
    if (column)
        keep_those(v, column, args[2]);
}

void asa_view_sessions(struct asa *s, char **args, struct view *v)
{
    struct ike_sa_view sa;
    const struct asa_session *w;
    view_columns(v, "connection", "index", "ip-addr", "protocol", "encryption", "hashing",
                 "bytes-tx", "bytes-rx", "login-time", "duration", "ipsec-tunnels", "pkts-tx",
                 "pkts-rx", "tunnel-group", "group-policy", "idle-left", "session-left", NULL);
    for (size_t i = 0; next_session(s, PEERS, &i, &sa, &w);)
        session_row(s, &sa, w, v);
    keep_filtered(v, args);
}

void asa_view_remotes(struct asa *s, char **args, struct view *v)
{
    struct ike_sa_view sa;
    const struct asa_session *w;
    view_columns(v, "username", "index", "assigned-ip", "public-ip", "protocol", "encryption",
                 "hashing", "bytes-tx", "bytes-rx", "client-type", "client-ver", "group-policy",
                 "tunnel-group", "login-time", "duration", "ipsec-tunnels", "pkts-tx", "pkts-rx",
                 "idle-left", "session-left", NULL);
    for (size_t i = 0; next_session(s, CLIENTS, &i, &sa, &w);)
        session_row(s, &sa, w, v);
    keep_filtered(v, args);
}

/* ---- The text ---- */

static void life_text(const char *kind, uint32_t life, uint64_t left, const char *unit,
                      GString *out)
{
    g_autofree char *whole = g_strdup_printf("%u %s", life, unit);
    if (life)
        g_string_append_printf(out, "  Rekey Int (%s): %-22s Rekey Left(%s): " U64 " %s\n", kind,
                               whole, kind, left, unit);
}

static uint64_t seconds_until(const struct asa *s, sim_time t)
{
    return t == SIM_TIME_MAX ? 0 : (uint64_t)(MAX(0, t - sim_now(s->d->sim)) / SECONDS(1));
}

static void ike_text(const struct asa *s, const struct ike_sa_view *sa, uint32_t index,
                     GString *out)
{
    static const unsigned group[GROUP_COUNT] = {
        [GROUP_MODP768] = 1, [GROUP_MODP1024] = 2, [GROUP_MODP1536] = 5, [GROUP_MODP2048] = 14};
    g_string_append_printf(out,
                           "%s:\n"
                           "  Tunnel ID    : %u.1\n"
                           "  UDP Src Port : %-22u UDP Dst Port : %u\n"
                           "  IKE Neg Mode : %-22s Auth Mode    : %s\n"
                           "  Encryption   : %-22s Hashing      : %s\n",
                           asa_since(s, 8, 4) ? "IKEv1" : "IKE", index, sa->rport, sa->lport,
                           sa->aggressive ? "Aggressive" : "Main",
                           sa->policy.auth == IKE_AUTH_RSA_SIG ? "rsaSig" : "preSharedKeys",
                           cipher_word(sa->policy.cipher), hash_word(sa->policy.hash));
    life_text("T", sa->policy.lifetime_s, seconds_until(s, sa->expires), "Seconds", out);
    g_string_append_printf(out, "  D/H Group    : %u\n  Filter Name  : \n\n",
                           group[sa->policy.group]);
}

static uint64_t kilobytes_left(const struct ipsec_pair *p)
{
    uint64_t limit = (uint64_t)p->life_kb * 1024, used = MAX(p->bytes_in, p->bytes_out);
    return used < limit ? (limit - used) / 1024 : 0;
}

static uint32_t idle_minutes(const struct asa *s, const struct ipsec_ident *ident)
{
    const struct asa_remote *r = asa_remote_at(s, ident->peer, ident->nat);
    const struct asa_chain c =
        r ? asa_ra_chain(s, r) : asa_chain_of(s, asa_group_for(s, ident->peer));
    return asa_setting_u32(s, &c, ASA_SET_IDLE, 0);
}

static void pair_text(const struct asa *s, const struct ipsec_ident *ident,
                      const struct ipsec_pair *p, uint32_t index, unsigned tunnel, GString *out)
{
    const struct proxy *lp = &ident->local_proxy, *rp = &ident->remote_proxy;
    const struct esp_sa *in = sad_by_id(ipsec_sad(s->d->ipsec), p->in),
                        *to = sad_by_id(ipsec_sad(s->d->ipsec), p->out);
    sim_time idle = -1, session = -1;
    asa_session_left(s, ident->peer, ident->nat, &idle, &session);
    g_string_append_printf(out,
                           "%s:\n"
                           "  Tunnel ID    : %u.%u\n"
                           "  Local Addr   : %s/%s/%u/%u\n"
                           "  Remote Addr  : %s/%s/%u/%u\n"
                           "  Encryption   : %-22s Hashing      : %s\n"
                           "  Encapsulation: Tunnel\n",
                           ipsec_word(s, p->suite.udp), index, tunnel, IP4S(lp->addr),
                           IP4S(lp->mask), lp->protocol, lp->port, IP4S(rp->addr), IP4S(rp->mask),
                           rp->protocol, rp->port, cipher_word(p->suite.cipher),
                           hash_word(p->suite.auth));
    life_text("T", p->life_s, seconds_until(s, p->hard), "Seconds", out);
    life_text("D", p->life_kb, kilobytes_left(p), "K-Bytes", out);
    if (idle >= 0)
        g_string_append_printf(
            out, "  Idle Time Out: %u Minutes%*sIdle TO Left : %" G_GINT64_FORMAT " Minutes\n",
            idle_minutes(s, ident), 13, "", (idle + SECONDS(59)) / SECONDS(60));
    g_string_append_printf(out,
                           "  Bytes Tx     : %-22" G_GUINT64_FORMAT " Bytes Rx     : " U64 "\n"
                           "  Pkts Tx      : %-22" G_GUINT64_FORMAT " Pkts Rx      : " U64 "\n\n",
                           p->bytes_out, p->bytes_in, to ? to->packets : 0, in ? in->packets : 0);
}

static void detail_text(const struct asa *s, uint32_t index, GString *out)
{
    struct ike_sa_view sa;
    const struct asa_session *w;
    unsigned tunnel = 2;
    for (size_t i = 0; next_session(s, ANYBODYS, &i, &sa, &w);)
        if (w->index == index)
            ike_text(s, &sa, index, out);
    for (size_t i = 0; i < ipsec_ident_count(s->d->ipsec); i++) {
        const struct ipsec_ident *ident = ipsec_ident_at(s->d->ipsec, i);
        w = asa_session_of(s, ident->peer, ident->nat);
        for (guint k = 0; w && w->index == index && k < ident->pairs->len; k++)
            pair_text(s, ident, g_ptr_array_index(ident->pairs, k), index, tunnel++, out);
    }
}

static void session_text(const struct asa *s, const struct view *v, size_t i, bool detail,
                         GString *out)
{
#define CELL(name) view_cell(v, i, name)
    g_string_append_printf(out,
                           "Connection   : %s\n"
                           "Index        : %-22s IP Addr      : %s\n"
                           "Protocol     : %s\n"
                           "Encryption   : %-22s Hashing      : %s\n"
                           "Bytes Tx     : %-22s Bytes Rx     : %s\n"
                           "Login Time   : %s\n"
                           "Duration     : %s\n",
                           CELL("connection"), CELL("index"), CELL("ip-addr"), CELL("protocol"),
                           CELL("encryption"), CELL("hashing"), CELL("bytes-tx"), CELL("bytes-rx"),
                           CELL("login-time"), CELL("duration"));
    if (detail) {
        g_string_append_printf(out, "\n%s Tunnels: 1\nIPsec Tunnels: %s\n\n",
                               asa_since(s, 8, 4) ? "IKEv1" : "IKE", CELL("ipsec-tunnels"));
        detail_text(s, (uint32_t)g_ascii_strtoull(CELL("index"), NULL, 10), out);
    } else {
        g_string_append_c(out, '\n');
    }
#undef CELL
}

/* The words of each era: 8.0 brought a new face. */
static void remote_text(const struct asa *s, const struct view *v, size_t i, GString *out)
{
    bool old = !asa_since(s, 8, 0);
    const struct {
        const char *left, *left_cell, *right, *right_cell;
    } row[] = {
        {"Username", "username", "Index", "index"},
        {"Assigned IP", "assigned-ip", "Public IP", "public-ip"},
        {"Protocol", "protocol", NULL, NULL},
        {"Encryption", "encryption", "Hashing", "hashing"},
        {"Bytes Tx", "bytes-tx", "Bytes Rx", "bytes-rx"},
        {"Client Type", "client-type", "Client Ver", "client-ver"},
        {"Group Policy", "group-policy", "Tunnel Group", "tunnel-group"},
        {"Login Time", "login-time", NULL, NULL},
        {"Duration", "duration", NULL, NULL},
    };
    for (size_t k = 0; k < G_N_ELEMENTS(row); k++) {
        bool pair = row[k].right && !(old && k == 0);
        g_string_append_printf(out, pair ? "%-12s : %-22s " : "%-12s : %s", row[k].left,
                               view_cell(v, i, row[k].left_cell));
        if (pair)
            g_string_append_printf(out, "%-12s : %s", row[k].right,
                                   view_cell(v, i, row[k].right_cell));
        g_string_append_c(out, '\n');
        if (old && k == 0)
            g_string_append_printf(out, "%-12s : %s\n", row[k].right,
                                   view_cell(v, i, row[k].right_cell));
    }
    g_string_append(out, old ? "Filter Name  : \n"
                             : "NAC Result   : Unknown\n"
                               "VLAN Mapping : N/A                    VLAN         : none\n");
}

static const char *remote_type(const struct asa *s)
{
    return asa_since(s, 8, 4) ? "IKEv1 IPsec" : asa_since(s, 8, 0) ? "IPsec" : "Remote";
}

static void remotes_text(const struct asa *s, const struct view *v, bool detail, GString *out)
{
    for (size_t i = 0; i < view_count(v); i++) {
        remote_text(s, v, i, out);
        if (detail)
            g_string_append_printf(out, "\n%s Tunnels: 1\nIPsec Tunnels: %s\n\n",
                                   asa_since(s, 8, 4) ? "IKEv1" : "IKE",
                                   view_cell(v, i, "ipsec-tunnels"));
        if (detail)
            detail_text(s, (uint32_t)g_ascii_strtoull(view_cell(v, i, "index"), NULL, 10), out);
        else
            g_string_append_c(out, '\n');
    }
}

void asa_show_sessions(void *self, const struct cli_args *a, GString *out)
{
    static const char *const word[] = {"name",        "ipaddress",   "protocol",    "encryption",
                                       "a-ipaddress", "p-ipaddress", "tunnel-group"};
    struct asa *s = self;
    bool clients = !cli_has(a, "l2l"), detail = cli_has(a, "detail");
    char *args[4] = {NULL};
    struct view v;
    if (cli_has(a, "ra-ikev1-ipsec") && !asa_since(s, 8, 4)) {
        asa_unknown_word(s, a, "ra-ikev1-ipsec");
        return;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(word); i++)
        if (cli_arg(a, word[i])) {
            args[0] = (char *)"filter";
            args[1] = (char *)word[i];
            args[2] = (char *)cli_arg(a, word[i]);
        }
    view_init(&v);
    if (clients)
        asa_view_remotes(s, args, &v);
    else
        asa_view_sessions(s, args, &v);
    if (view_count(&v) == 0)
        g_string_append(out,
                        "INFO: There are presently no active sessions of the type specified\n");
    else
        g_string_append_printf(out, "\nSession Type: %s%s\n\n",
                               clients ? remote_type(s) : "LAN-to-LAN", detail ? " Detailed" : "");
    if (clients)
        remotes_text(s, &v, detail, out);
    for (size_t i = 0; !clients && i < view_count(&v); i++)
        session_text(s, &v, i, detail, out);
    view_clear(&v);
}

/* ---- Summary ---- */

static void summary_row(struct view *v, const char *type, uint64_t active, uint64_t all,
                        uint64_t peak)
{
    view_row_begin(v);
    view_set(v, "type", "%s", type);
    view_set(v, "active", U64, active);
    view_set(v, "cumulative", U64, all);
    if (peak)
        view_set(v, "peak", U64, peak);
}

void asa_view_session_summary(struct asa *s, char **args, struct view *v)
{
    struct ike_sa_view sa;
    const struct asa_session *w;
    uint64_t ike = 0, ipsec = sad_count(ipsec_sad(s->d->ipsec)) / 2, ike_all, ipsec_all;
    for (size_t i = 0; next_session(s, ANYBODYS, &i, &sa, &w);)
        ike++;
    trace_counter_get(s->d->scope, "ike.phase1.completed", &ike_all);
    trace_counter_get(s->d->scope, "ipsec.sa.created", &ipsec_all);
    view_columns(v, "type", "active", "cumulative", "peak", NULL);
    unsigned clients = 0;
    for (guint i = 0; i < s->remotes->len; i++)
        clients += ((const struct asa_remote *)g_ptr_array_index(s->remotes, i))->in;
    summary_row(v, "LAN-to-LAN", s->sessions->len > clients ? s->sessions->len - clients : 0,
                s->sessions_begun, s->sessions_peak);
    if (s->remotes_begun)
        summary_row(v, "IPsec Remote Access", clients, s->remotes_begun, s->remotes_peak);
    summary_row(v, asa_since(s, 8, 4) ? "IKEv1" : "IKE", ike, ike_all, 0);
    summary_row(v, "IPsec", ipsec, ipsec_all / 2, 0);
}

void asa_show_session_summary(void *self, const struct cli_args *a, GString *out)
{
    struct view v;
    view_init(&v);
    asa_view_session_summary(self, NULL, &v);
    g_string_append(out, "Active Session Summary\n\nSessions:\n"
                         "                           Active : Cumulative : Peak Concurrent\n");
    for (size_t i = 0; i < view_count(&v); i++) {
        const char *peak = view_cell(&v, i, "peak");
        if (!peak && i && view_cell(&v, i - 1, "peak"))
            g_string_append(out, "\nTunnels:\n                           Active : Cumulative\n");
        g_string_append_printf(out, "  %-22s: %7s : %10s", view_cell(&v, i, "type"),
                               view_cell(&v, i, "active"), view_cell(&v, i, "cumulative"));
        g_string_append_printf(out, peak ? " : %15s\n" : "%s\n", peak ? peak : "");
    }
    view_clear(&v);
}

/* ---- Logging off ---- */

static const char *group_of(const struct asa *s, const struct asa_session *w)
{
    const struct asa_remote *r = asa_remote_at(s, w->peer, w->nat);
    return r ? r->group : asa_group_for(s, w->peer)->name;
}

static const char *name_of(const struct asa *s, const struct asa_session *w)
{
    const struct asa_remote *r = asa_remote_at(s, w->peer, w->nat);
    return r && r->user ? r->user : IP4S(w->peer);
}

void asa_logoff(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    uint32_t index = 0;
    ip4 addr = 0;
    unsigned n = 0;
    const char *group = cli_arg(a, "group"), *name = cli_arg(a, "name");
    cli_arg_u32(a, "index", &index);
    cli_arg_ip4(a, "addr", &addr);
    if (!cli_has(a, "noconfirm"))
        g_string_append(out, "Do you want to logoff the VPN session(s)? [confirm]\n");
    g_autofree char *what = cli_canonical(a);
    TRACE(s->d->scope, clear_command, .what = what);
    for (guint i = s->speech->sessions->len; i-- > 0;) {
        const struct asa_session *w = g_ptr_array_index(s->speech->sessions, i);
        if ((index && w->index != index) || (addr && w->peer != addr) ||
            (group && strcmp(group_of(s, w), group) != 0) ||
            (name && strcmp(name_of(s, w), name) != 0))
            continue;
        n += asa_session_end(s, w->peer, w->nat, WHY_ADMIN);
    }
    if (index)
        g_string_append_printf(out, "INFO: Number of sessions with index %u logged off : %u\n",
                               index, n);
    else if (group)
        g_string_append_printf(
            out, "INFO: Number of sessions with tunnel-group \"%s\" logged off : %u\n", group, n);
    else
        g_string_append_printf(out, "INFO: Number of sessions logged off : %u\n", n);
}
