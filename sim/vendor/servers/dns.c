/* The kind "dns": a name server (RFC 1035) that knows addresses of hosts, and says of all other
 * names that there are none.
 *
 *   interface eth0 10.0.0.53/24 gateway 10.0.0.1
 *   host vpn.example.com 198.51.100.1      several lines of one name, several addresses
 *   ttl 300
 *   delay 3s, silent
 *   show hosts, show log; no … takes a line back */
#include <string.h>

#include "server.h"
#include "vendor/common.h"
#include "wire/dns.h"

struct host {
    char *name; /* lower case */
    ip4 addr;
};
struct dns {
    struct server s;
    GPtrArray *hosts; /* struct host, owned */
    uint32_t ttl_s;
};

static void host_free(struct host *h)
{
    g_free(h->name);
    g_free(h);
}

/* ---- Answering ---- */

static const char *look_up(const struct dns *s, struct dns_msg *m)
{
    bool known = false;
    if (m->opcode != 0) {
        m->rcode = DNS_NOTIMP;
        return "not implemented";
    }
    for (guint i = 0; i < s->hosts->len; i++) {
        const struct host *h = g_ptr_array_index(s->hosts, i);
        if (strcmp(h->name, m->name) != 0)
            continue;
        known = true;
        if (m->type == DNS_TYPE_A && m->class == DNS_CLASS_IN && m->n_answers < DNS_MAX_ANSWERS)
            m->answer[m->n_answers++] = h->addr;
    }
    m->rcode = known ? DNS_NOERROR : DNS_NXDOMAIN;
    return !known ? "no such name" : m->n_answers ? "answered" : "no address";
}

static void query_in(void *self, struct net_if *in, ip4 src, uint16_t sport, ip4 dst,
                     uint16_t dport, struct span payload)
{
    struct dns *s = self;
    struct dns_msg m;
    uint8_t bytes[DNS_MAX_BYTES];
    struct wr w = wr_over(bytes, sizeof bytes);
    if (dns_parse(payload, &m) != WIRE_OK || m.response || m.n_answers) {
        server_tell(&s->s, src, NULL, 0, "malformed");
        return;
    }
    if (s->s.silent) {
        server_tell(&s->s, src, m.name, 0, "silent");
        return;
    }
    const char *result = look_up(s, &m);
    m.response = m.authoritative = true;
    m.ttl_s = s->ttl_s;
    server_tell(&s->s, src, m.name, m.n_answers ? m.answer[0] : 0, result);
    dns_emit(&m, &w);
    g_assert(wr_ok(&w));
    server_answer(&s->s, DNS_PORT, src, sport, wr_done(&w));
}

/* ---- Configuration ---- */

static void host(void *self, const struct cli_args *a, GString *out)
{
    struct dns *s = self;
    g_autofree char *name = g_ascii_strdown(cli_arg(a, "name"), -1);
    ip4 addr = 0;
    bool one = cli_arg_ip4(a, "address", &addr);
    if (!dns_name_valid(name)) {
        server_refuse(&s->s, out,
                      "\"%s\" is no name of a host: letters, digits, hyphens, and dots "
                      "between them",
                      name);
        return;
    }
    guint same = 0;
    for (guint i = s->hosts->len; i-- > 0;) {
        const struct host *h = g_ptr_array_index(s->hosts, i);
        if (strcmp(h->name, name) != 0)
            continue;
        if (!one || h->addr == addr)
            g_ptr_array_remove_index(s->hosts, i);
        else
            same++;
    }
    if (cli_negated(a))
        return;
    if (same == DNS_MAX_ANSWERS) {
        server_refuse(&s->s, out, "%s has %d addresses already; take one back with no host", name,
                      DNS_MAX_ANSWERS);
        return;
    }
    struct host *h = g_new0(struct host, 1);
    h->name = g_steal_pointer(&name);
    h->addr = addr;
    g_ptr_array_add(s->hosts, h);
}

static void ttl(void *self, const struct cli_args *a, GString *out)
{
    struct dns *s = self;
    cli_arg_u32(a, "seconds", &s->ttl_s);
}

static void view_hosts(struct dns *s, struct view *v)
{
    view_columns(v, "address", "name", NULL);
    for (guint i = 0; i < s->hosts->len; i++) {
        const struct host *h = g_ptr_array_index(s->hosts, i);
        view_row(v, IP4S(h->addr), h->name, NULL);
    }
}

static void show_hosts(void *self, const struct cli_args *a, GString *out)
{
    struct view v;
    view_init(&v);
    view_hosts(self, &v);
    server_print(&v, out);
    view_clear(&v);
}

static bool dns_view(struct device *d, const char *what, struct view *out)
{
    g_auto(GStrv) typed = vendor_show_words(what);
    if (!d->vendor)
        return false;
    if (!vendor_words_match("hosts", typed))
        return server_view(d->vendor, what, out);
    view_hosts(d->vendor, out);
    return true;
}

// clang-format off
static const struct cli_command rows[] = {
    { "host name:WORD address:A.B.C.D", host,       CLI_NO | CLI_NO_ONLY_PREFIX, "A name and its address" },
    { "ttl seconds:<0-604800>",         ttl,        0, "How long answers may be kept" },
    { "show hosts",                     show_hosts, 0, "The names that are known" },
    { 0 } };
static const struct cli_word words[] = { SERVER_WORDS, { 0 } };
// clang-format on
static const struct cli_command *const tables[] = {rows, server_rows, NULL};
static const struct cli_mode mode = {"dns", tables, NULL};

/* ---- The kind ---- */

static bool dns_init(struct device *d, const char *version, GError **error)
{
    struct dns *s = g_new0(struct dns, 1);
    d->vendor = s;
    server_init(&s->s, d, "dns", &mode, words);
    s->hosts = g_ptr_array_new_with_free_func((GDestroyNotify)host_free);
    s->ttl_s = 300;
    net_udp_bind(d->node, DNS_PORT, query_in, s);
    return true;
}

static void dns_free(struct device *d)
{
    struct dns *s = d->vendor;
    net_udp_unbind(d->node, DNS_PORT);
    g_ptr_array_unref(s->hosts);
    server_clear(&s->s);
    g_free(s);
}

extern const struct device_kind dns_kind;
const struct device_kind dns_kind = {
    .name = "dns",
    .summary = "a server that knows the addresses of names",
    .init = dns_init,
    .free = dns_free,
    .load = server_load,
    .type = server_type,
    .prompt = server_prompt,
    .help = server_help,
    .complete = server_complete,
    .view = dns_view,
    .show = server_show,
};
