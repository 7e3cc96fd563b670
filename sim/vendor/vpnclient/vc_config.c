/* What the gateway configures: an address of its own for this PC, servers, and what is to be
 * tunnelled. The virtual adapter has the address; routes lead to it what belongs into the tunnel,
 * as on Windows; the policy of IPsec hangs on it and speaks from the address of the wire.
 *
 * Without a list of networks everything goes through the tunnel, the PC's own network too, unless
 * the profile and the gateway both let it out. */
#include "vc.h"

#include <string.h>

#define NET_BYTES 14 /* of a network in a list: address, mask, protocol, two ports */

/* ---- Reading ---- */

void vc_given_clear(struct vc_given *g)
{
    g_clear_pointer(&g->include, g_array_unref);
    g_clear_pointer(&g->exclude, g_array_unref);
    g_clear_pointer(&g->split_dns, g_ptr_array_unref);
    g_free(g->banner);
    g_free(g->domain);
    g_free(g->version);
    g_free(g->backups);
    *g = (struct vc_given){0};
}

static void read_addresses(ip4 *out, size_t *n, struct span value)
{
    for (size_t at = 0; at + 4 <= value.n && *n < VC_MAX_DNS; at += 4)
        out[(*n)++] = be32_get(value.p + at);
}

static void read_nets(GArray *out, struct span value)
{
    struct rd r = rd_over(value);
    while (rd_left(&r) >= NET_BYTES && out->len < 64) {
        struct vc_net n = {.addr = rd_u32(&r), .mask = rd_u32(&r)};
        n.protocol = rd_u16(&r);
        n.sport = rd_u16(&r);
        n.dport = rd_u16(&r);
        n.addr &= n.mask;
        if (ip4_mask_len(n.mask) >= 0)
            g_array_append_val(out, n);
    }
}

/* What is shown on a console and kept as text has no control characters in it. */
static void read_text(char **out, struct span value)
{
    g_free(*out);
    *out = g_strndup((const char *)value.p, value.n);
    for (char *c = *out; *c; c++)
        if (((unsigned char)*c < ' ' && *c != '\n') || (unsigned char)*c > '~')
            *c = '.';
}

static void read_domains(GPtrArray *out, struct span value)
{
    g_autofree char *text = NULL;
    read_text(&text, value);
    g_auto(GStrv) part = g_strsplit_set(text, ", ", -1);
    for (int i = 0; part[i]; i++)
        if (*part[i])
            g_ptr_array_add(out, g_strdup(part[i]));
}

static uint32_t number(struct span value)
{
    return value.n >= 4 ? be32_get(value.p) : value.n >= 2 ? be16_get(value.p) : 0;
}

static void read_attr(struct vc_given *g, const struct ike_cfg_attr *a)
{
    switch (a->type) {
    case CFG_ATTR_IP4_ADDRESS:
        g->addr = a->value.n == 4 ? be32_get(a->value.p) : 0;
        break;
    case CFG_ATTR_IP4_NETMASK:
        g->mask = a->value.n == 4 ? be32_get(a->value.p) : 0;
        break;
    case CFG_ATTR_IP4_DNS:
        read_addresses(g->dns, &g->n_dns, a->value);
        break;
    case CFG_ATTR_IP4_NBNS:
        read_addresses(g->wins, &g->n_wins, a->value);
        break;
    case CFG_ATTR_ADDRESS_EXPIRY:
        g->expiry_s = number(a->value);
        break;
    case CFG_ATTR_APPLICATION_VERSION:
        read_text(&g->version, a->value);
        break;
    case CFG_ATTR_BANNER:
        read_text(&g->banner, a->value);
        break;
    case CFG_ATTR_DEFAULT_DOMAIN:
        read_text(&g->domain, a->value);
        break;
    case CFG_ATTR_BACKUP_SERVERS:
        read_text(&g->backups, a->value);
        break;
    case CFG_ATTR_SPLIT_DNS:
        read_domains(g->split_dns, a->value);
        break;
    case CFG_ATTR_SPLIT_INCLUDE:
        read_nets(g->include, a->value);
        break;
    case CFG_ATTR_LOCAL_LAN:
        /* A switch, or a list of what is left out, in which 0.0.0.0/32 is the PC's own network. */
        g->local_lan = a->value.n <= 4 && number(a->value) != 0;
        read_nets(g->exclude, a->value);
        for (guint i = 0; i < g->exclude->len; i++) {
            const struct vc_net *n = &g_array_index(g->exclude, struct vc_net, i);
            g->local_lan |= n->addr == 0 && n->mask == UINT32_MAX;
        }
        break;
    case CFG_ATTR_SAVE_PASSWORD:
        g->has_save_pwd = a->value.n > 0;
        g->save_pwd = number(a->value) != 0;
        break;
    case CFG_ATTR_PFS:
        g->has_pfs = a->value.n > 0;
        g->pfs = number(a->value) != 0;
        break;
    case CFG_ATTR_NATT_PORT:
        g->udp_port = (uint16_t)number(a->value);
        break;
    default:
        break;
    }
}

void vc_given_read(struct vc_given *g, const struct ike_cfg *cfg)
{
    vc_given_clear(g);
    g->include = g_array_new(FALSE, FALSE, sizeof(struct vc_net));
    g->exclude = g_array_new(FALSE, FALSE, sizeof(struct vc_net));
    g->split_dns = g_ptr_array_new_with_free_func(g_free);
    for (size_t i = 0; i < cfg->n; i++)
        read_attr(g, &cfg->attr[i]);
}

bool vc_tunnels_all(const struct vc *s)
{
    if (!s->configured)
        return false;
    for (guint i = 0; i < s->given.include->len; i++)
        if (g_array_index(s->given.include, struct vc_net, i).mask == 0)
            return true;
    return !s->given.include->len;
}

bool vc_local_lan(const struct vc *s)
{
    return s->profile && s->profile->local_lan && s->given.local_lan;
}

/* ---- Sizes ---- */

/* Set MTU is about what the PC's programs send. In the tunnel that is the packet before it is
 * sealed, so the wire keeps its own size then (DBG-50, DBG-52). */
void vc_mtu_apply(struct vc *s)
{
    uint32_t mtu = s->pc.mtu ? s->pc.mtu : VC_MTU_DEFAULT;
    s->vpn->ip_mtu = (uint16_t)mtu;
    s->lan->ip_mtu = (uint16_t)(s->configured ? VC_MTU_DEFAULT : mtu);
    s->lan->tcp_mss = mtu < VC_MTU_DEFAULT ? (uint16_t)(mtu - 40) : 0;
}

/* ---- Routes ---- */

static void route_by_wire(struct vc *s, struct ip4_net net)
{
    struct net_if *out;
    ip4 nexthop;
    if (!net_route_lookup(s->d->node, net.addr, &out, &nexthop) || out != s->lan)
        return;
    net_route_add(s->d->node, net, nexthop == net.addr ? 0 : nexthop, s->lan->name, 1);
}

static void route_by_tunnel(struct vc *s, struct ip4_net net)
{
    net_route_add(s->d->node, net, 0, s->vpn->name, 0);
}

/* Both halves of a network are longer prefixes than the network itself. */
static void cover_own_network(struct vc *s)
{
    int len = ip4_mask_len(s->lan->mask);
    if (len < 0 || len > 30)
        return;
    ip4 half = ip4_mask((unsigned)len + 1), first = s->lan->addr & s->lan->mask;
    route_by_tunnel(s, (struct ip4_net){first, half});
    route_by_tunnel(s, (struct ip4_net){first | (half & ~s->lan->mask), half});
}

static void add_routes(struct vc *s)
{
    const struct vc_given *g = &s->given;
    route_by_wire(s, (struct ip4_net){s->hub, UINT32_MAX});
    for (guint i = 0; i < g->exclude->len && s->profile->local_lan; i++) {
        const struct vc_net *n = &g_array_index(g->exclude, struct vc_net, i);
        if (n->addr || n->mask != UINT32_MAX) /* 0.0.0.0/32 stands for the PC's own network */
            route_by_wire(s, (struct ip4_net){n->addr, n->mask});
    }
    if (!vc_tunnels_all(s)) {
        for (guint i = 0; i < g->include->len; i++) {
            const struct vc_net *n = &g_array_index(g->include, struct vc_net, i);
            route_by_tunnel(s, (struct ip4_net){n->addr, n->mask});
        }
        return;
    }
    if (s->pc.gateway)
        route_by_wire(s, (struct ip4_net){s->pc.gateway, UINT32_MAX});
    route_by_tunnel(s, (struct ip4_net){0, 0});
    if (!vc_local_lan(s))
        cover_own_network(s);
}

/* Those that name an interface are ours: the PC's own go by their next hop. */
static void remove_routes(struct vc *s)
{
    for (size_t i = net_route_count(s->d->node); i-- > 0;) {
        const struct net_route *r = net_route_at(s->d->node, i);
        if (r->connected || !r->out_name)
            continue;
        g_autofree char *out = g_strdup(r->out_name);
        net_route_del(s->d->node, r->net, r->nexthop, out);
    }
}

/* ---- Policy ---- */

static struct ipsec_map_entry *entry(struct vc *s)
{
    struct ipsec_map *map = ipsec_map_make(s->d->ipsec_conf, VC_MAP);
    if (!map->local_if)
        map->local_if = g_strdup(s->lan->name);
    return ipsec_entry_make(map, VC_ENTRY);
}

static void permit(struct vc *s, struct acl *acl, const struct vc_net *n)
{
    struct acl_line *l = acl_line_new();
    l->src = (struct ip4_net){s->given.addr, UINT32_MAX};
    l->dst = (struct ip4_net){n->addr, n->mask};
    acl_add(acl, l);
}

static void make_policy(struct vc *s)
{
    struct ipsec_map_entry *e = entry(s);
    net_acl_remove(s->d->node, VC_ACL);
    struct acl *acl = net_acl_make(s->d->node, VC_ACL, true);
    if (vc_tunnels_all(s))
        permit(s, acl, &(struct vc_net){0});
    for (guint i = 0; i < s->given.include->len && !vc_tunnels_all(s); i++)
        permit(s, acl, &g_array_index(s->given.include, struct vc_net, i));
    g_free(e->acl);
    e->acl = g_strdup(VC_ACL);
    g_array_set_size(e->peers, 0);
    g_array_append_val(e->peers, s->hub);
    e->life_s = VC_LIFETIME;
    e->pfs = s->given.pfs ? GROUP_MODP1024 : GROUP_NONE;
    vc_offers_phase2(s, e);
    device_config_changed(s->d, "virtual adapter");
}

/* ---- In force ---- */

static uint64_t counted(const struct vc *s, const char *name)
{
    uint64_t v = 0;
    trace_counter_get(s->d->scope, name, &v);
    return v;
}

void vc_config_apply(struct vc *s)
{
    const struct vc_given *g = &s->given;
    s->configured = true;
    net_if_set_address(s->vpn, g->addr, UINT32_MAX);
    net_if_set_admin(s->vpn, true);
    add_routes(s);
    make_policy(s);
    vc_mtu_apply(s);
    s->over_udp = s->profile->nat && !s->over_tcp && g->udp_port &&
                  device_carry_udp(s->d, s->hub, g->udp_port);
    s->at_start.in_bytes = counted(s, "esp.in.bytes");
    s->at_start.out_bytes = counted(s, "esp.out.bytes");
    s->at_start.in_packets = counted(s, "esp.in.packets");
    s->at_start.out_packets = counted(s, "esp.out.packets");
    s->at_start.discarded = counted(s, "drop.FILTER");
    vc_log(s, VC_CM, 4, 0x63100034,
           "The Virtual Adapter was enabled: \n\tIP=%s/%s\n\tDNS=%s,%s\n\tWINS=%s,%s\n\tDomain=%s",
           IP4S(g->addr), IP4S(g->mask ? g->mask : UINT32_MAX), IP4S(g->dns[0]), IP4S(g->dns[1]),
           IP4S(g->wins[0]), IP4S(g->wins[1]), g->domain ? g->domain : "");
    vc_log(s, VC_CM, 6, 0x63100036, "The routing table was updated for the Virtual Adapter");
}

/* One for each network at once, as for a hub that cannot call its clients. */
void vc_config_secure(struct vc *s)
{
    const struct acl *acl = net_acl(s->d->node, VC_ACL);
    struct ipsec_map_entry *e = entry(s);
    for (guint i = 0; i < acl->lines->len; i++) {
        const struct acl_line *l = acl->lines->pdata[i];
        struct ike_request r = {
            .local = s->lan->addr,
            .remote = s->hub,
            .local_proxy = proxy_of(l->src.addr, l->src.mask, 0, 0),
            .remote_proxy = proxy_of(l->dst.addr, l->dst.mask, 0, 0),
            .pfs = e->pfs,
            .life_s = VC_LIFETIME,
            .seq = IPSEC_SEQ(VC_ENTRY, 0),
        };
        for (guint k = 0; k < e->transform_sets->len && r.n_offer < IKE_MAX_OFFERS; k++)
            r.offer[r.n_offer++] =
                ipsec_set_find(s->d->ipsec_conf, e->transform_sets->pdata[k])->suite;
        g_strlcpy(r.map, VC_MAP, sizeof r.map);
        vc_log(s, VC_IKE, 4, 0x63000056,
               "Received a key request from Driver: Local IP = %s, GW IP = %s, Remote IP = %s",
               IP4S(s->given.addr), IP4S(s->hub), IP4S(l->dst.addr));
        ike_request_sas(s->d->ike, &r);
    }
}

void vc_config_remove(struct vc *s)
{
    if (!s->configured)
        return;
    ipsec_clear(s->d->ipsec, &(struct ipsec_clear_what){0}, WHY_ADMIN);
    net_acl_remove(s->d->node, VC_ACL);
    remove_routes(s);
    net_if_set_address(s->vpn, 0, 0);
    net_if_set_admin(s->vpn, false);
    s->configured = false;
    if (s->over_udp)
        device_carry_udp(s->d, s->hub, 0);
    s->over_udp = false;
    vc_given_clear(&s->given);
    vc_mtu_apply(s);
    device_config_changed(s->d, "virtual adapter");
    vc_log(s, VC_CM, 4, 0x63100035, "The Virtual Adapter was disabled");
}

/* ---- What comes in ---- */

/* All of it belongs into the tunnel, and what comes beside it is refused but for the tunnel itself,
 * leases, and errors about packets on their way. */
static bool may_pass_beside(const struct vc *s, const struct flow *f)
{
    if (f->src == s->hub || f->protocol == IPPROTO_NUM_ICMP)
        return f->protocol != IPPROTO_NUM_ICMP || f->icmp_type != ICMP_ECHO;
    if (f->protocol == IPPROTO_NUM_UDP && f->dport == 68)
        return true;
    return vc_local_lan(s) && !((f->src ^ s->lan->addr) & s->lan->mask);
}

static enum drop_reason judge(void *self, struct net_if *in, struct net_if *out,
                              const struct pkt *p)
{
    struct vc *s = self;
    struct flow f;
    if (!s->configured || p->sa_in || in != s->lan || !vc_tunnels_all(s) || !pkt_flow(p, &f))
        return DROP_NONE;
    return may_pass_beside(s, &f) ? DROP_NONE : DROP_ACL;
}

/* ---- The PC ---- */

static void leased(void *self, const struct dhcp_lease *l, enum dhcp_change what)
{
    struct vc *s = self;
    if (what == DHCP_CHANGE_RENEWED)
        return;
    s->pc.gateway = l->gateway;
    s->pc.n_dns = MIN(l->n_dns, VC_MAX_DNS);
    memcpy(s->pc.dns, l->dns, s->pc.n_dns * sizeof *s->pc.dns);
    g_free(s->pc.domain);
    s->pc.domain = g_strdup(l->domain);
    vc_address_lost(s);
}

static void start_dhcp(struct vc *s)
{
    struct dhcp_client_conf conf = {.route_distance = 1};
    g_strlcpy(conf.hostname, s->d->name, sizeof conf.hostname);
    s->dhcp = dhcp_client_new(s->d, leased, s);
    dhcp_client_start(s->dhcp, s->lan, &conf);
}

void vc_config_clear(struct vc *s)
{
    if (s->dhcp)
        dhcp_client_free(s->dhcp);
}

void vc_config_init(struct vc *s)
{
    struct device *d = s->d;
    if (s->pc.dhcp)
        start_dhcp(s);
    else if (s->pc.addr)
        net_if_set_address(s->lan, s->pc.addr, s->pc.mask);
    if (s->pc.gateway)
        net_route_add(d->node, (struct ip4_net){0, 0}, s->pc.gateway, NULL, 1);
    entry(s);
    d->ipsec_conf->life_kb = 0; /* no volume is offered */
    device_set_crypto_map(d, s->vpn, VC_MAP);
    net_node_set_guard(d->node, &(struct net_guard){.judge = judge, .self = s});
    vc_mtu_apply(s);
}
