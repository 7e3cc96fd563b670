/* show interfaces, show ip interface [brief], show protocols (hub-and-spoke.md 7.1). */
#include "vendor/ios/ios_ra.h"
#include "vendor/ios/ios_show_priv.h"

static const char *status_word(const struct net_if *i)
{
    if (!i->admin_up)
        return "administratively down";
    return i->loopback || net_if_protocol_up(i) ? "up" : "down";
}

static const char *protocol_word(const struct net_if *i)
{
    return net_if_protocol_up(i) ? "up" : "down";
}

static void status_line(const struct net_if *i, GString *out)
{
    g_string_append_printf(out, "%s is %s, line protocol is %s\n", i->name, status_word(i),
                           protocol_word(i));
}

/* The interface asked for, or every one. False: asked for one that does not exist. */
static bool each_interface(struct ios *s, const struct cli_args *a, GString *out,
                           void (*text)(struct ios *s, const struct net_if *i, GString *out))
{
    const char *name = cli_arg(a, "if");
    const struct net_if *one = name ? net_if_by_name(s->d->node, name) : NULL;
    if (name && !one)
        return false;
    for (size_t k = 0; k < net_if_count(s->d->node); k++) {
        const struct net_if *i = net_if_at(s->d->node, k);
        if (!one || one == i)
            text(s, i, out);
    }
    return true;
}

static void say_no_interface(const struct cli_args *a, GString *out)
{
    g_string_append_printf(out, "%% Invalid interface: %s does not exist\n", cli_arg(a, "if"));
}

/* ---- show ip interface ---- */

static void access_list_line(const char *direction, const char *acl, GString *out)
{
    if (acl)
        g_string_append_printf(out, "  %s access list is %s\n", direction, acl);
    else
        g_string_append_printf(out, "  %s access list is not set\n", direction);
}

static void ip_interface_text(struct ios *s, const struct net_if *i, GString *out)
{
    status_line(i, out);
    if (i->addr == 0) {
        g_string_append(out, "  Internet protocol processing disabled\n");
        return;
    }
    g_string_append_printf(out, "  Internet address is %s/%d\n", IP4S(i->addr),
                           ip4_mask_len(i->mask));
    g_string_append_printf(out,
                           "  Broadcast address is 255.255.255.255\n  Address determined by %s\n",
                           ios_dhcp_lease(s, i) ? "DHCP" : "setup command");
    g_string_append_printf(out, "  MTU is %u bytes\n", i->ip_mtu);
    g_string_append(out,
                    "  Helper address is not set\n  Directed broadcast forwarding is disabled\n");
    access_list_line("Outgoing", i->acl_out, out);
    access_list_line("Inbound ", i->acl_in, out);
    g_string_append(
        out, "  Proxy ARP is enabled\n  Security level is default\n  Split horizon is enabled\n");
    g_string_append_printf(out,
                           "  ICMP redirects are always sent\n  ICMP unreachables are %s sent\n",
                           i->no_unreachables ? "never" : "always");
    g_string_append(out, "  ICMP mask replies are never sent\n");
}

void ios_show_ip_interface(void *self, const struct cli_args *a, GString *out)
{
    if (!each_interface(self, a, out, ip_interface_text))
        say_no_interface(a, out);
}

void ios_view_interface_brief(struct ios *s, char **args, struct view *v)
{
    view_columns(v, "interface", "ip-address", "ok", "method", "status", "protocol", NULL);
    for (size_t k = 0; k < net_if_count(s->d->node); k++) {
        const struct net_if *i = net_if_at(s->d->node, k);
        view_row_begin(v);
        view_set(v, "interface", "%s", i->name);
        view_set(v, "ip-address", "%s", i->addr ? IP4S(i->addr) : "unassigned");
        view_set(v, "ok", "YES");
        view_set(v, "method", "%s", ios_dhcp_lease(s, i) ? "DHCP" : i->addr ? "NVRAM" : "unset");
        view_set(v, "status", "%s", status_word(i));
        view_set(v, "protocol", "%s", protocol_word(i));
    }
}

void ios_show_ip_interface_brief(void *self, const struct cli_args *a, GString *out)
{
    static const struct ios_column columns[] = {
        {"interface", 27}, {"ip-address", 16}, {"ok", 4}, {"method", 7},
        {"status", 22},    {"protocol", 0},    {0}};
    struct view v;
    view_init(&v);
    ios_view_interface_brief(self, NULL, &v);
    g_string_append(
        out,
        "Interface                  IP-Address      OK? Method Status                Protocol\n");
    ios_view_text(&v, columns, out);
    view_clear(&v);
}

/* ---- show interfaces ---- */

static void interface_text(struct ios *s, const struct net_if *i, GString *out)
{
    status_line(i, out);
    g_string_append_printf(out, "  Hardware is %s\n", i->loopback ? "Loopback" : "AmdFE");
    if (i->description)
        g_string_append_printf(out, "  Description: %s\n", i->description);
    if (i->addr)
        g_string_append_printf(out, "  Internet address is %s/%d\n", IP4S(i->addr),
                               ip4_mask_len(i->mask));
    g_string_append_printf(out, "  MTU %u bytes, BW %u Kbit, DLY %u usec,\n", i->mtu,
                           i->bandwidth_kbps, i->loopback ? 5000 : 100);
    g_string_append(out, "     reliability 255/255, txload 1/255, rxload 1/255\n");
    g_string_append_printf(out, "  Encapsulation %s, loopback not set\n",
                           i->loopback ? "LOOPBACK" : "ARPA");
    g_string_append(out, i->no_keepalive ? "  Keepalive not set\n" : "  Keepalive set (10 sec)\n");
    g_string_append_printf(
        out,
        "     %" G_GUINT64_FORMAT " packets input, %" G_GUINT64_FORMAT " bytes\n"
        "     %" G_GUINT64_FORMAT " input errors\n"
        "     %" G_GUINT64_FORMAT " packets output, %" G_GUINT64_FORMAT " bytes\n"
        "     %" G_GUINT64_FORMAT " output errors\n",
        i->in_packets, i->in_bytes, i->in_drops, i->out_packets, i->out_bytes, i->out_drops);
}

void ios_show_interfaces(void *self, const struct cli_args *a, GString *out)
{
    if (!each_interface(self, a, out, interface_text))
        say_no_interface(a, out);
}

void ios_view_interfaces(struct ios *s, char **args, struct view *v)
{
    view_columns(v, "interface", "status", "protocol", "mtu", "packets-input", "packets-output",
                 NULL);
    for (size_t k = 0; k < net_if_count(s->d->node); k++) {
        const struct net_if *i = net_if_at(s->d->node, k);
        if (args && args[0] && g_ascii_strcasecmp(args[0], i->name) != 0)
            continue;
        view_row_begin(v);
        view_set(v, "interface", "%s", i->name);
        view_set(v, "status", "%s", status_word(i));
        view_set(v, "protocol", "%s", protocol_word(i));
        view_set(v, "mtu", "%u", i->mtu);
        view_set(v, "packets-input", "%" G_GUINT64_FORMAT, i->in_packets);
        view_set(v, "packets-output", "%" G_GUINT64_FORMAT, i->out_packets);
    }
}

static void protocol_text(struct ios *s, const struct net_if *i, GString *out)
{
    status_line(i, out);
    if (i->addr)
        g_string_append_printf(out, "  Internet address is %s/%d\n", IP4S(i->addr),
                               ip4_mask_len(i->mask));
}

void ios_show_protocols(void *self, const struct cli_args *a, GString *out)
{
    g_string_append(out, "Global values:\n  Internet Protocol routing is enabled\n");
    each_interface(self, a, out, protocol_text);
}
