/* The kind "nat": the box between a home and its provider. It has two interfaces, "inside" and
 * "outside", and puts everybody behind the one address that it has outside. Its configuration is
 * lines, in a file or typed at its console while it runs:
 *
 *   interface outside 198.51.100.2/24 gateway 198.51.100.1
 *   interface inside 192.168.1.1/24
 *   timeout udp 30                 seconds without a packet; also tcp, closing, icmp, esp
 *   ports preserve | change        whether a port stays where it is free; change takes them from
 *   ports range 1024 65535         this range
 *   esp drop | single | spi        protocol 50: not at all, one inside host with each peer, by SPI
 *   ike any | single               single: UDP 500 is never changed, so that one inside host has it
 *   forward udp 5500 192.168.1.10 500
 *   hairpin                        the inside may use what is forwarded, too
 *   rebind                         forgets all translations, and takes other ports from now on
 *   show translations, clear translations */
#include "device/device.h"
#include "net/nat.h"
#include "vendor/common.h"

#include <string.h>

struct forward {
    uint8_t protocol;
    uint16_t port, to_port;
    ip4 to;
};
struct nat {
    struct device *d;
    struct cli *cli;
    struct net_nat_conf conf;
    struct net_if *inside, *outside;
    GArray *forwards; /* struct forward */
    bool loading;
    bool refused;
};

/* What such boxes did: five minutes for an answer of UDP were rare, half a minute to three minutes
 * usual (RFC 4787 4.3 speaks of them); a TCP connection an hour and more. */
static const struct net_nat_conf defaults = {
    .udp = SECONDS(60),
    .tcp = SECONDS(3600),
    .tcp_closing = SECONDS(60),
    .icmp = SECONDS(10),
    .esp = SECONDS(120),
    .other = SECONDS(120),
    .preserve_ports = true,
    .port_low = 1024,
    .port_high = 65535,
    .limit = 4096,
    .esp_policy = NET_NAT_ESP_SINGLE,
};

static void refuse(struct nat *s, GString *out, const char *text)
{
    g_string_append_printf(out, "%s\n", text);
    s->refused = true;
}

/* ---- Configuration ---- */

/* What is forwarded comes before what is translated by port. */
static void rules_make(struct nat *s)
{
    net_nat_rules_clear(s->d->node);
    for (guint i = 0; i < s->forwards->len; i++) {
        const struct forward *f = &g_array_index(s->forwards, struct forward, i);
        net_nat_rule_add(s->d->node, &(struct net_nat_rule){
                                         .kind = NET_NAT_STATIC,
                                         .inside = s->inside,
                                         .outside = s->outside,
                                         .real = {f->to, 0xffffffff},
                                         .protocol = f->protocol,
                                         .real_port = f->to_port,
                                         .mapped_port = f->port,
                                     });
    }
    net_nat_rule_add(s->d->node, &(struct net_nat_rule){
                                     .kind = NET_NAT_PORTS,
                                     .inside = s->inside,
                                     .outside = s->outside,
                                 });
}

static void interface(void *self, const struct cli_args *a, GString *out)
{
    struct nat *s = self;
    struct ip4_net net;
    ip4 gateway;
    struct net_if *i = cli_has(a, "inside") ? s->inside : s->outside;
    if (!ip4_net_parse(cli_arg(a, "address"), &net) || ip4_mask_len(net.mask) > 30) {
        refuse(s, out, "an address with the length of its network, such as 198.51.100.2/24");
        return;
    }
    if (i == s->outside && i->addr && i->addr != net.addr)
        net_nat_clear(s->d->node, NULL, NULL); /* they are of an address that is gone */
    net_if_set_address(i, net.addr, net.mask);
    if (!cli_arg_ip4(a, "gateway", &gateway))
        return;
    if (!ip4_in(gateway, net)) {
        refuse(s, out, "the gateway is not on the network of the interface");
        return;
    }
    for (size_t k = net_route_count(s->d->node); k-- > 0;) {
        const struct net_route *r = net_route_at(s->d->node, k);
        if (!r->connected && r->net.mask == 0)
            net_route_del(s->d->node, r->net, r->nexthop, NULL);
    }
    net_route_add(s->d->node, (struct ip4_net){0, 0}, gateway, NULL, 1);
}

static void timeout(void *self, const struct cli_args *a, GString *out)
{
    struct nat *s = self;
    uint32_t seconds = 0;
    const struct {
        const char *word;
        sim_time *time;
    } row[] = {{"udp", &s->conf.udp},
               {"tcp", &s->conf.tcp},
               {"closing", &s->conf.tcp_closing},
               {"icmp", &s->conf.icmp},
               {"esp", &s->conf.esp}};
    cli_arg_u32(a, "seconds", &seconds);
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++)
        if (cli_has(a, row[i].word))
            *row[i].time = SECONDS((sim_time)seconds);
    net_nat_changed(s->d->node);
}

static void ports(void *self, const struct cli_args *a, GString *out)
{
    struct nat *s = self;
    uint32_t low, high;
    if (!cli_arg_u32(a, "low", &low)) {
        s->conf.preserve_ports = cli_has(a, "preserve");
        return;
    }
    cli_arg_u32(a, "high", &high);
    if (high < low) {
        refuse(s, out, "the range ends before it begins");
        return;
    }
    s->conf.port_low = (uint16_t)low;
    s->conf.port_high = (uint16_t)high;
}

static void esp(void *self, const struct cli_args *a, GString *out)
{
    struct nat *s = self;
    s->conf.esp_policy = cli_has(a, "drop")     ? NET_NAT_ESP_DROP
                         : cli_has(a, "single") ? NET_NAT_ESP_SINGLE
                                                : NET_NAT_ESP_SPI;
}

static void ike(void *self, const struct cli_args *a, GString *out)
{
    ((struct nat *)self)->conf.ike_single = cli_has(a, "single");
}

static void forward(void *self, const struct cli_args *a, GString *out)
{
    struct nat *s = self;
    uint32_t port = 0, to_port;
    struct forward f = {.protocol = cli_has(a, "udp") ? IPPROTO_NUM_UDP : IPPROTO_NUM_TCP};
    cli_arg_u32(a, "port", &port);
    cli_arg_ip4(a, "to", &f.to);
    f.port = (uint16_t)port;
    f.to_port = (uint16_t)(cli_arg_u32(a, "to-port", &to_port) ? to_port : port);
    for (guint i = s->forwards->len; i-- > 0;) {
        const struct forward *o = &g_array_index(s->forwards, struct forward, i);
        if (o->protocol == f.protocol && o->port == f.port)
            g_array_remove_index(s->forwards, i);
    }
    if (!cli_negated(a))
        g_array_append_val(s->forwards, f);
    rules_make(s);
}

static void hairpin(void *self, const struct cli_args *a, GString *out)
{
    ((struct nat *)self)->conf.hairpin = !cli_negated(a);
}

/* ---- Commands ---- */

static void rebind(void *self, const struct cli_args *a, GString *out)
{
    struct nat *s = self;
    if (s->loading) {
        refuse(s, out, "\"rebind\" is typed while the box runs");
        return;
    }
    TRACE(s->d->scope, clear_command, .what = "rebind");
    net_nat_rebind(s->d->node);
}

static void clear(void *self, const struct cli_args *a, GString *out)
{
    struct nat *s = self;
    TRACE(s->d->scope, clear_command, .what = "clear translations");
    net_nat_clear(s->d->node, NULL, NULL);
}

static void view_translations(struct nat *s, struct view *v)
{
    view_columns(v, "protocol", "inside", "outside", "remote", "idle", "packets", NULL);
    for (const struct net_nat_flow *f = net_nat_first(s->d->node); f; f = net_nat_next(f)) {
        const char *name = vendor_name_of(vendor_protocol, f->protocol);
        view_row_begin(v);
        if (name)
            view_set(v, "protocol", "%s", name);
        else
            view_set(v, "protocol", "%u", f->protocol);
        view_set(v, "inside", "%s:%u", IP4S(f->real), f->real_port);
        view_set(v, "outside", "%s:%u", IP4S(f->mapped), f->mapped_port);
        view_set(v, "remote", "%s:%u", IP4S(f->remote), f->remote_port);
        view_set(v, "idle", "%" G_GINT64_FORMAT, (sim_now(s->d->sim) - f->last) / SECONDS(1));
        view_set(v, "packets", "%" G_GUINT64_FORMAT, f->packets);
    }
}

static void show(void *self, const struct cli_args *a, GString *out)
{
    struct view v;
    view_init(&v);
    view_translations(self, &v);
    g_string_append(out, "protocol  inside                 outside                remote          "
                         "       idle\n");
    for (size_t i = 0; i < view_count(&v); i++)
        g_string_append_printf(out, "%-8s  %-21s  %-21s  %-21s  %s\n", view_cell(&v, i, "protocol"),
                               view_cell(&v, i, "inside"), view_cell(&v, i, "outside"),
                               view_cell(&v, i, "remote"), view_cell(&v, i, "idle"));
    view_clear(&v);
}

// clang-format off
static const struct cli_command rows[] = {
    { "interface (inside|outside) address:WORD [gateway gateway:A.B.C.D]", interface, 0, "Address of an interface" },
    { "timeout (udp|tcp|closing|icmp|esp) seconds:<1-86400>",              timeout,   0, "Seconds without a packet" },
    { "ports (preserve|change)",                                           ports,     0, "Whether a port stays" },
    { "ports range low:<1-65535> high:<1-65535>",                          ports,     0, "Ports to choose from" },
    { "esp (drop|single|spi)",                                             esp,       0, "What becomes of protocol 50" },
    { "ike (any|single)",                                                  ike,       0, "What becomes of UDP port 500" },
    { "forward (udp|tcp) port:<1-65535> to:A.B.C.D [to-port:<1-65535>]",   forward,   CLI_NO, "A port that is led inside" },
    { "hairpin",                                                           hairpin,   CLI_NO, "The inside may use what is forwarded" },
    { "rebind",                                                            rebind,    0, "Forget all and take other ports" },
    { "clear translations",                                                clear,     0, "Forget all translations" },
    { "show translations",                                                 show,      0, "What is being translated" },
    { 0 } };
static const struct cli_word words[] = {
    { "show", "Show what there is" }, { "clear", "Forget what there is" },
    { "inside", "The side of the home" }, { "outside", "The side of the provider" }, { 0 } };
// clang-format on
static const struct cli_command *const tables[] = {rows, NULL};
static const struct cli_mode mode = {"box", tables, NULL};

/* ---- The kind ---- */

static bool nat_init(struct device *d, const char *version, GError **error)
{
    struct nat *s = g_new0(struct nat, 1);
    d->vendor = s;
    s->d = d;
    s->conf = defaults;
    s->cli = cli_new(words, NULL);
    s->forwards = g_array_new(FALSE, FALSE, sizeof(struct forward));
    s->inside = net_if_by_name(d->node, "inside");
    s->outside = net_if_by_name(d->node, "outside");
    s->inside = s->inside ? s->inside : net_if_new(d->node, "inside");
    s->outside = s->outside ? s->outside : net_if_new(d->node, "outside");
    net_nat_set(d->node, &s->conf);
    rules_make(s);
    return true;
}

static void nat_free(struct device *d)
{
    struct nat *s = d->vendor;
    net_nat_set(d->node, NULL);
    cli_free(s->cli);
    g_array_unref(s->forwards);
    g_free(s);
}

static bool is_comment(const char *line)
{
    line += strspn(line, " \t");
    return *line == '!' || *line == '#' || *line == '\0';
}

static bool nat_load(struct device *d, const char *text, const char *file, GPtrArray *problems,
                     GError **error)
{
    struct nat *s = d->vendor;
    file = file ? file : "configuration";
    if (!vendor_text_readable(text, file, error))
        return false;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    s->loading = true;
    for (int i = 0; lines[i]; i++) {
        g_autoptr(GString) out = g_string_new(NULL);
        struct cli_error e = {0};
        g_strchomp(lines[i]);
        if (is_comment(lines[i]))
            continue;
        s->refused = false;
        bool ok = cli_run(s->cli, &mode, false, lines[i], s, out, &e, NULL) == CLI_OK;
        if ((ok && !s->refused) || !problems)
            continue;
        g_autofree char *nearest =
            e.what == CLI_UNKNOWN ? cli_nearest(s->cli, &mode, lines[i], s) : NULL;
        const struct vendor_refusal r = {&e, s->refused, -1, out->str, nearest};
        vendor_problem(problems, file, i + 1, lines[i], &r);
    }
    s->loading = false;
    return true;
}

static void nat_prompt(struct device *d, GString *out)
{
    g_string_append_printf(out, "%s> ", d->hostname);
}

static bool run(struct nat *s, const char *line, GString *out)
{
    struct cli_error e = {0};
    s->refused = false;
    enum cli_result r = cli_run(s->cli, &mode, false, line, s, out, &e, NULL);
    if (r == CLI_OK || r == CLI_EMPTY)
        return !s->refused;
    g_string_append(out,
                    e.what == CLI_INCOMPLETE ? "the line is not complete\n" : "no such command\n");
    return false;
}

static void nat_type(struct device *d, const char *line)
{
    g_autoptr(GString) out = g_string_new(NULL);
    nat_prompt(d, out);
    g_string_append(out, line);
    device_print(d, CONSOLE_ECHO, out->str);
    g_string_truncate(out, 0);
    if (!is_comment(line))
        run(d->vendor, line, out);
    if (out->len)
        device_print(d, CONSOLE_OUTPUT, out->str);
}

static void nat_help(struct device *d, const char *line, GString *out)
{
    struct nat *s = d->vendor;
    struct cli_error e;
    if (s && !cli_help(s->cli, &mode, false, line, s, out, &e))
        g_string_append(out, "no such command\n");
}

static char *nat_complete(struct device *d, const char *line)
{
    struct nat *s = d->vendor;
    return s ? cli_complete(s->cli, &mode, false, line, s) : NULL;
}

static bool nat_view(struct device *d, const char *what, struct view *out)
{
    g_auto(GStrv) typed = vendor_show_words(what);
    if (!d->vendor || !vendor_words_match("translations", typed))
        return false;
    view_translations(d->vendor, out);
    return true;
}

static bool nat_show(struct device *d, const char *what, GString *out)
{
    bool whole = g_str_has_prefix(what, "show ");
    g_autofree char *line = whole ? g_strdup(what) : g_strconcat("show ", what, NULL);
    return d->vendor && run(d->vendor, line, out);
}

extern const struct device_kind nat_kind;
const struct device_kind nat_kind = {
    .name = "nat",
    .summary = "a box that puts a home behind one address",
    .forwards = true,
    .init = nat_init,
    .free = nat_free,
    .load = nat_load,
    .type = nat_type,
    .prompt = nat_prompt,
    .help = nat_help,
    .complete = nat_complete,
    .view = nat_view,
    .show = nat_show,
};
