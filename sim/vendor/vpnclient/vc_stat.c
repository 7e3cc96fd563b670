/* Listings: the tunnel, its traffic, its networks; addresses and routes as Windows has them. */
#include "vc.h"

#include <string.h>

static const char *const cipher_words[CIPHER_COUNT] = {
    [CIPHER_NULL] = "None",          [CIPHER_DES] = "56-bit DES",
    [CIPHER_3DES] = "168-bit 3-DES", [CIPHER_AES128] = "128-bit AES",
    [CIPHER_AES192] = "192-bit AES", [CIPHER_AES256] = "256-bit AES",
};
static const char *const hash_words[HASH_COUNT] = {
    [HASH_NONE] = "None",
    [HASH_MD5] = "HMAC-MD5",
    [HASH_SHA1] = "HMAC-SHA1",
    [HASH_SHA256] = "HMAC-SHA256",
};

const char *vc_cipher_words(enum crypto_cipher c)
{
    return cipher_words[c];
}

const char *vc_hash_words(enum crypto_hash h)
{
    return hash_words[h];
}

/* ---- Facts ---- */

static const struct ipsec_pair *pair_in_use(const struct vc *s)
{
    for (size_t i = 0; i < ipsec_ident_count(s->d->ipsec); i++) {
        const struct ipsec_ident *ident = ipsec_ident_at(s->d->ipsec, i);
        if (ident->pairs->len)
            return ident->pairs->pdata[0];
    }
    return NULL;
}

/* Transparent tunnelling: how ESP is carried. */
static void transport_words(const struct vc *s, GString *out)
{
    const struct ipsec_pair *p = pair_in_use(s);
    if (s->over_tcp)
        g_string_append_printf(out, "active on TCP port %u", s->profile->tcp_port);
    else if (p && p->suite.udp)
        g_string_append_printf(out, "active on UDP port %u", p->rport);
    else
        g_string_append(out, "inactive");
}

void vc_tunnel_facts(struct vc *s, GString *out)
{
    const struct ipsec_pair *p = pair_in_use(s);
    g_autoptr(GString) transport = g_string_new(NULL);
    transport_words(s, transport);
    g_string_append_printf(out,
                           "VPN tunnel information.\n"
                           "Client address: %s\n"
                           "Server address: %s\n"
                           "Encryption: %s\n"
                           "Authentication: %s\n"
                           "IP Compression: None\n"
                           "NAT passthrough is %s\n"
                           "Local LAN Access is %s\n",
                           IP4S(s->given.addr), IP4S(s->hub),
                           p ? cipher_words[p->suite.cipher] : "None",
                           p ? hash_words[p->suite.auth] : "None", transport->str,
                           vc_local_lan(s) ? "enabled" : "disabled");
}

static uint64_t counted(const struct vc *s, const char *name, uint64_t before)
{
    uint64_t v = 0;
    trace_counter_get(s->d->scope, name, &v);
    return v - MIN(before, v);
}

struct traffic {
    uint64_t in, out, decrypted, encrypted, discarded, bypassed;
};

static struct traffic traffic_of(const struct vc *s)
{
    uint64_t beside = 0, sent = counted(s, "ip.sent", 0);
    struct traffic t = {
        .in = counted(s, "esp.in.bytes", s->at_start.in_bytes),
        .out = counted(s, "esp.out.bytes", s->at_start.out_bytes),
        .decrypted = counted(s, "esp.in.packets", s->at_start.in_packets),
        .encrypted = counted(s, "esp.out.packets", s->at_start.out_packets),
        .discarded = counted(s, "drop.ACL", 0) + counted(s, "drop.ESP_REPLAY", 0) +
                     counted(s, "drop.ESP_ICV", 0) + counted(s, "drop.ESP_NO_SPI", 0),
    };
    beside = counted(s, "esp.out.packets", 0);
    t.bypassed = sent - MIN(beside, sent);
    return t;
}

static const char *split_words(const struct vc *s)
{
    return vc_tunnels_all(s) ? "disabled" : "enabled";
}

/* ---- vpnclient stat ---- */

static void stat_tunnel(struct vc *s, GString *out)
{
    sim_time up = (sim_now(s->d->sim) - s->since) / SECONDS(1);
    vc_tunnel_facts(s, out);
    g_string_append_printf(out,
                           "VPN connection entry: %s\n"
                           "Time connected: %02d:%02d:%02d\n"
                           "Split tunneling is %s\n",
                           *s->profile->name ? s->profile->name : s->profile->group,
                           (int)(up / 3600), (int)(up / 60 % 60), (int)(up % 60), split_words(s));
}

static void stat_traffic(struct vc *s, GString *out)
{
    struct traffic t = traffic_of(s);
    g_string_append_printf(out,
                           "VPN traffic summary.\n"
                           "Bytes in: %" G_GUINT64_FORMAT "\n"
                           "Bytes out: %" G_GUINT64_FORMAT "\n"
                           "Packets encrypted: %" G_GUINT64_FORMAT "\n"
                           "Packets decrypted: %" G_GUINT64_FORMAT "\n"
                           "Packets bypassed: %" G_GUINT64_FORMAT "\n"
                           "Packets discarded: %" G_GUINT64_FORMAT "\n",
                           t.in, t.out, t.encrypted, t.decrypted, t.bypassed, t.discarded);
}

/* The own network where it may be used, networks left out, and what is secured. */
static void routes_view(struct vc *s, struct view *v)
{
    view_columns(v, "list", "network", "mask", "bytes", NULL);
    if (s->state != VC_UP)
        return;
    if (vc_local_lan(s))
        view_row(v, "local", IP4S(s->lan->addr & s->lan->mask), IP4S(s->lan->mask), "*", NULL);
    for (guint i = 0; i < s->given.exclude->len && s->profile->local_lan; i++) {
        const struct vc_net *n = &g_array_index(s->given.exclude, struct vc_net, i);
        if (n->addr)
            view_row(v, "local", IP4S(n->addr), IP4S(n->mask), "*", NULL);
    }
    for (size_t i = 0; i < ipsec_ident_count(s->d->ipsec); i++) {
        const struct ipsec_ident *ident = ipsec_ident_at(s->d->ipsec, i);
        uint64_t bytes = 0;
        for (guint k = 0; k < ident->pairs->len; k++) {
            const struct ipsec_pair *p = ident->pairs->pdata[k];
            bytes += p->bytes_in + p->bytes_out;
        }
        view_row_begin(v);
        view_set(v, "list", "secured");
        view_set(v, "network", "%s", IP4S(ident->remote_proxy.addr));
        view_set(v, "mask", "%s", IP4S(ident->remote_proxy.mask));
        view_set(v, "bytes", "%" G_GUINT64_FORMAT, bytes);
    }
}

static void stat_route(struct vc *s, GString *out)
{
    struct view v;
    view_init(&v);
    routes_view(s, &v);
    static const struct {
        const char *list, *title;
    } part[] = {{"local", "Local LAN routes"}, {"secured", "Secured routes"}};
    for (size_t k = 0; k < G_N_ELEMENTS(part); k++) {
        g_string_append_printf(out, "%s\nNetwork Destination   Netmask               Bytes\n",
                               part[k].title);
        for (size_t i = 0; i < view_count(&v); i++)
            if (g_str_equal(view_cell(&v, i, "list"), part[k].list))
                g_string_append_printf(out, "%-20s  %-20s  %s\n", view_cell(&v, i, "network"),
                                       view_cell(&v, i, "mask"), view_cell(&v, i, "bytes"));
    }
    view_clear(&v);
}

static void stat_firewall(struct vc *s, GString *out)
{
    g_string_append_printf(out,
                           "Firewall policy: %s\n"
                           "Source: local\n",
                           s->pc.firewall ? "Stateful Firewall (Always On)" : "None");
}

void vc_stat(struct vc *s, const char *what, GString *out)
{
    if (s->state != VC_UP) {
        g_string_append(out, "The VPN Client is not connected.\n");
        return;
    }
    bool all = !*what || g_str_equal(what, "repeat");
    if (all || g_str_equal(what, "tunnel"))
        stat_tunnel(s, out);
    if (all || g_str_equal(what, "traffic"))
        stat_traffic(s, out);
    if (all || g_str_equal(what, "route"))
        stat_route(s, out);
    if (g_str_equal(what, "firewall"))
        stat_firewall(s, out);
}

/* ---- ipconfig, route print ---- */

static void row(GString *out, const char *name, const char *value)
{
    g_string_append_printf(out, "        %s %s\n", name, value);
}

static void servers(GString *out, const ip4 *a, size_t n)
{
    for (size_t i = 0; i < n; i++)
        row(out,
            i ? "                                     " : "DNS Servers . . . . . . . . . . . :",
            IP4S(a[i]));
}

void vc_ipconfig(struct vc *s, GString *out)
{
    g_string_append(out, "\nWindows IP Configuration\n\n");
    if (s->configured) {
        g_string_append(out, "Ethernet adapter Local Area Connection 2:\n\n");
        row(out, "Connection-specific DNS Suffix  . :", s->given.domain ? s->given.domain : "");
        row(out, "Description . . . . . . . . . . . :", "Cisco Systems VPN Adapter");
        row(out, "IP Address. . . . . . . . . . . . :", IP4S(s->given.addr));
        row(out, "Subnet Mask . . . . . . . . . . . :",
            IP4S(s->given.mask ? s->given.mask : UINT32_MAX));
        row(out,
            "Default Gateway . . . . . . . . . :", vc_tunnels_all(s) ? IP4S(s->given.addr) : "");
        servers(out, s->given.dns, s->given.n_dns);
        g_string_append_c(out, '\n');
    }
    g_string_append(out, "Ethernet adapter Local Area Connection:\n\n");
    row(out, "Connection-specific DNS Suffix  . :", s->pc.domain ? s->pc.domain : "");
    row(out, "IP Address. . . . . . . . . . . . :", IP4S(s->lan->addr));
    row(out, "Subnet Mask . . . . . . . . . . . :", IP4S(s->lan->mask));
    row(out, "Default Gateway . . . . . . . . . :", s->pc.gateway ? IP4S(s->pc.gateway) : "");
    servers(out, s->pc.dns, s->pc.n_dns);
}

static void routing_view(struct vc *s, struct view *v)
{
    view_columns(v, "destination", "netmask", "gateway", "interface", "metric", NULL);
    for (size_t i = 0; i < net_route_count(s->d->node); i++) {
        const struct net_route *r = net_route_at(s->d->node, i);
        const struct net_if *out = r->out_name ? net_if_by_name(s->d->node, r->out_name) : s->lan;
        if (!r->usable || !out)
            continue;
        view_row_begin(v);
        view_set(v, "destination", "%s", IP4S(r->net.addr));
        view_set(v, "netmask", "%s", IP4S(r->net.mask));
        view_set(v, "gateway", "%s", IP4S(r->nexthop ? r->nexthop : out->addr));
        view_set(v, "interface", "%s", IP4S(out->addr));
        view_set(v, "metric", "%d", out == s->vpn ? 1 : 20);
    }
}

void vc_routes(struct vc *s, GString *out)
{
    struct view v;
    view_init(&v);
    routing_view(s, &v);
    g_string_append(out, "Active Routes:\nNetwork Destination        Netmask          Gateway"
                         "       Interface  Metric\n");
    for (size_t i = 0; i < view_count(&v); i++)
        g_string_append_printf(out, "%17s  %15s  %15s  %15s  %6s\n",
                               view_cell(&v, i, "destination"), view_cell(&v, i, "netmask"),
                               view_cell(&v, i, "gateway"), view_cell(&v, i, "interface"),
                               view_cell(&v, i, "metric"));
    view_clear(&v);
}

/* ---- Views ---- */

static const char *const state_words[] = {
    [VC_IDLE] = "disconnected",    [VC_RESOLVING] = "contacting",    [VC_CONTACTING] = "contacting",
    [VC_LOGIN] = "authenticating", [VC_CONFIGURING] = "negotiating", [VC_SECURING] = "securing",
    [VC_UP] = "connected",
};

static void tunnel_view(struct vc *s, struct view *v)
{
    const struct ipsec_pair *p = pair_in_use(s);
    g_autoptr(GString) transport = g_string_new(NULL);
    transport_words(s, transport);
    view_columns(v, "state", "client", "server", "encryption", "authentication", "transport",
                 "local-lan", "split", "user", NULL);
    view_row_begin(v);
    view_set(v, "state", "%s", state_words[s->state]);
    if (!s->configured)
        return;
    view_set(v, "client", "%s", IP4S(s->given.addr));
    view_set(v, "server", "%s", IP4S(s->hub));
    if (p) {
        view_set(v, "encryption", "%s", cipher_words[p->suite.cipher]);
        view_set(v, "authentication", "%s", hash_words[p->suite.auth]);
    }
    view_set(v, "transport", "%s", transport->str);
    view_set(v, "local-lan", "%s", vc_local_lan(s) ? "enabled" : "disabled");
    view_set(v, "split", "%s", split_words(s));
    if (s->user)
        view_set(v, "user", "%s", s->user);
}

static void traffic_view(struct vc *s, struct view *v)
{
    struct traffic t = traffic_of(s);
    const struct {
        const char *name;
        uint64_t value;
    } cell[] = {{"bytes-in", t.in},         {"bytes-out", t.out},       {"encrypted", t.encrypted},
                {"decrypted", t.decrypted}, {"discarded", t.discarded}, {"bypassed", t.bypassed}};
    view_columns(v, "bytes-in", "bytes-out", "encrypted", "decrypted", "discarded", "bypassed",
                 NULL);
    view_row_begin(v);
    for (size_t i = 0; i < G_N_ELEMENTS(cell); i++)
        view_set(v, cell[i].name, "%" G_GUINT64_FORMAT, cell[i].value);
}

static void address_view(struct vc *s, struct view *v)
{
    view_columns(v, "adapter", "address", "mask", "dns", "domain", NULL);
    const struct {
        const char *name;
        ip4 addr, mask, dns;
        const char *domain;
    } part[] = {{"vpn", s->given.addr, s->given.mask, s->given.dns[0], s->given.domain},
                {"lan", s->lan->addr, s->lan->mask, s->pc.dns[0], s->pc.domain}};
    for (size_t i = s->configured ? 0 : 1; i < G_N_ELEMENTS(part); i++) {
        view_row_begin(v);
        view_set(v, "adapter", "%s", part[i].name);
        view_set(v, "address", "%s", IP4S(part[i].addr));
        view_set(v, "mask", "%s", IP4S(part[i].mask));
        if (part[i].dns)
            view_set(v, "dns", "%s", IP4S(part[i].dns));
        if (part[i].domain)
            view_set(v, "domain", "%s", part[i].domain);
    }
}

bool vc_view(struct device *d, const char *show, struct view *out)
{
    static const struct {
        const char *name;
        void (*fn)(struct vc *s, struct view *v);
    } row_of[] = {{"stat tunnel", tunnel_view},
                  {"stat traffic", traffic_view},
                  {"stat route", routes_view},
                  {"ipconfig", address_view},
                  {"route print", routing_view}};
    if (g_str_has_prefix(show, "vpnclient "))
        show += strlen("vpnclient ");
    for (size_t i = 0; d->vendor && i < G_N_ELEMENTS(row_of); i++)
        if (g_str_equal(row_of[i].name, show)) {
            row_of[i].fn(vc_of(d), out);
            return true;
        }
    return false;
}
