/* The engines of one node joined: IKE (RFC 2409) asks IPsec to judge and install, IPsec asks IKE
 * for SAs, and both speak through the node's network. Neither knows the other; the callbacks below
 * carry what one says. */
#include "device_priv.h"

#include "device/ctcp.h"
#include "net/qos.h"

enum { UDP_PORT_IKE = 500, UDP_PORT_NAT_T = 4500 };
#define NON_ESP_MARKER 4
#define IKE_TOS        0xc0 /* routers mark their own control traffic with precedence 6 */

/* ---- What IKE needs ---- */

static void send_datagram(void *self, ip4 src, uint16_t sport, ip4 dst, uint16_t dport,
                          struct span message)
{
    struct device *d = self;
    uint8_t marked[UINT16_MAX];
    if (ctcp_carry_ike(d, dst, dport, message))
        return;
    if (sport != UDP_PORT_NAT_T || message.n > sizeof marked - NON_ESP_MARKER) {
        net_send_udp(d->node, src, sport, dst, dport, IKE_TOS, message);
        return;
    }
    /* Four zero bytes, where ESP has its SPI, tell it apart                     RFC 3948 2.2 */
    memset(marked, 0, NON_ESP_MARKER);
    memcpy(marked + NON_ESP_MARKER, message.p, message.n);
    net_send_udp(d->node, src, sport, dst, dport, IKE_TOS,
                 span_of(marked, message.n + NON_ESP_MARKER));
}

static void keepalive(void *self, ip4 src, uint16_t sport, ip4 dst, uint16_t dport)
{
    struct device *d = self;
    const uint8_t byte = 0xff;
    net_send_udp(d->node, src, sport, dst, dport, 0, span_of(&byte, 1));
}

static void peer_moved(void *self, uint32_t nat, ip4 remote, uint16_t rport)
{
    struct device *d = self;
    ipsec_peer_moved(d->ipsec, nat, remote, rport);
}

static enum ike_why check_suite(void *self, ip4 local, ip4 remote, const struct esp_suite *s)
{
    struct device *d = self;
    return ipsec_check_suite(d->ipsec, local, remote, s);
}

static enum ike_why check_request(void *self, const struct ike_qm_ask *ask,
                                  struct ike_qm_grant *out)
{
    struct device *d = self;
    struct ipsec_request q = {
        .local = ask->local,
        .remote = ask->remote,
        .local_proxy = ask->local_proxy,
        .remote_proxy = ask->remote_proxy,
        .suite = ask->suite,
        .group = ask->group,
        .life_s = ask->life_s,
        .life_kb = ask->life_kb,
        .part = ask->part,
        .party = ask->party,
    };
    struct ipsec_grant grant = {0};
    enum ike_why why = ipsec_check_request(d->ipsec, &q, &grant);
    if (why != WHY_NONE)
        return why;
    /* A side without `set pfs` takes a group it was offered, where its profile says so (CAT-09). */
    bool unasked = ask->group != GROUP_NONE && grant.pfs == GROUP_NONE;
    if (unasked && !d->profile.accept_pfs_unasked)
        return WHY_PFS;
    g_strlcpy(out->map, grant.map, sizeof out->map);
    out->seq = grant.seq;
    out->life_s = grant.life_s;
    out->life_kb = grant.life_kb;
    return WHY_NONE;
}

static uint32_t new_spi(void *self)
{
    struct device *d = self;
    return ipsec_new_spi(d->ipsec);
}

struct device_udp_port {
    ip4 remote;
    uint16_t port;
};

static uint16_t udp_port_of(const struct device *d, ip4 remote)
{
    for (guint i = 0; d->udp_ports && i < d->udp_ports->len; i++) {
        const struct device_udp_port *p = &g_array_index(d->udp_ports, struct device_udp_port, i);
        if (p->remote == remote)
            return p->port;
    }
    return 0;
}

static enum ike_why install(void *self, const struct ike_child *c)
{
    struct device *d = self;
    struct ipsec_child child = {
        .local = c->local,
        .remote = c->remote,
        .nat = c->nat,
        .lport = c->lport,
        .rport = c->rport,
        .follow = c->follow,
        .oa_local = c->oa_local,
        .oa_remote = c->oa_remote,
        .local_proxy = c->local_proxy,
        .remote_proxy = c->remote_proxy,
        .suite = c->suite,
        .spi_in = c->spi_in,
        .spi_out = c->spi_out,
        .keymat_in = c->keymat_in,
        .keymat_out = c->keymat_out,
        .life_s = c->life_s,
        .life_kb = c->life_kb,
        .map = c->map[0] ? c->map : NULL,
        .seq = c->seq,
        .initiator = c->role == IKE_INITIATOR,
        .party = c->party,
    };
    child.suite.udp = c->udp;
    uint16_t port = c->udp ? 0 : udp_port_of(d, c->remote);
    if (port) {
        child.suite.udp = child.learn = true;
        child.lport = child.rport = port;
    }
    return ipsec_install(d->ipsec, &child);
}

static void peer_deleted(void *self, ip4 remote, uint32_t nat, uint32_t spi_out)
{
    struct device *d = self;
    ipsec_peer_deleted(d->ipsec, remote, nat, spi_out, WHY_PEER_DELETE);
}

static void peer_gone(void *self, ip4 local, ip4 remote, uint32_t nat, enum ike_why why)
{
    struct device *d = self;
    ipsec_peer_gone(d->ipsec, local, remote, nat, why);
    if (why == WHY_DPD)
        ipsec_next_peer(d->ipsec, local, remote);
}

static void request_failed(void *self, const struct ike_request *r, enum ike_why why)
{
    struct device *d = self;
    ipsec_acquire_failed(d->ipsec, r->local, r->remote, &r->local_proxy, &r->remote_proxy);
    if (d->kind->sas_refused)
        d->kind->sas_refused(d, r->remote, why);
}

static bool still_wanted(void *self, const struct ike_request *r)
{
    struct device *d = self;
    return ipsec_wants(d->ipsec, r->map, r->seq, &r->local_proxy, &r->remote_proxy);
}

static struct ike_traffic traffic(void *self, ip4 local, ip4 remote, uint32_t nat, bool watch)
{
    struct device *d = self;
    struct ipsec_traffic t = ipsec_peer_traffic(d->ipsec, local, remote, nat, watch);
    return (struct ike_traffic){t.last_in, t.last_out};
}

/* ---- What IPsec needs ---- */

G_STATIC_ASSERT(IPSEC_MAX_OFFERS == IKE_MAX_OFFERS);

static void acquire(void *self, const struct ipsec_acquire *a)
{
    struct device *d = self;
    if (!d->ike_conf->enabled)
        return;
    struct ike_request r = {
        .local = a->local,
        .remote = a->remote,
        .nat = a->nat,
        .local_proxy = a->local_proxy,
        .remote_proxy = a->remote_proxy,
        .n_offer = a->n_offer,
        .pfs = a->pfs,
        .life_s = a->life_s,
        .life_kb = a->life_kb,
        .seq = a->seq,
        .spi_old = a->spi_old,
    };
    memcpy(r.offer, a->offer, a->n_offer * sizeof *a->offer);
    g_strlcpy(r.map, a->map, sizeof r.map);
    ike_request_sas(d->ike, &r);
}

static void ended(void *self, ip4 local, ip4 remote, uint32_t spi_in, enum ike_why why)
{
    struct device *d = self;
    ike_child_ended(d->ike, local, remote, spi_in);
}

static void unknown_spi(void *self, ip4 local, ip4 remote, uint16_t rport, uint32_t spi)
{
    struct device *d = self;
    ike_unknown_spi(d->ike, local, remote, rport, spi);
}

static void sent(void *self, ip4 local, ip4 remote, uint32_t nat)
{
    struct device *d = self;
    ike_traffic_sent(d->ike, local, remote, nat);
}

static void moved(void *self, uint32_t nat, ip4 remote, uint16_t rport)
{
    struct device *d = self;
    ike_peer_moved(d->ike, nat, remote, rport);
}

static bool carry(void *self, struct pkt *p, ip4 dst)
{
    return ctcp_carry_esp(self, p, dst);
}

/* ---- The node ---- */

static void ike_datagram(void *self, struct net_if *in, ip4 src, uint16_t sport, ip4 dst,
                         uint16_t dport, struct span payload)
{
    struct device *d = self;
    if (d->ike_conf->enabled)
        ike_input(d->ike, dst, dport, src, sport, payload);
    else
        ++*trace_counter(d->scope, "drop.IKE_OFF");
}

/* Port 4500 has IKE behind the marker, ESP, and keepalives                      RFC 3948 2 */
static void natt_datagram(void *self, struct net_if *in, ip4 src, uint16_t sport, ip4 dst,
                          uint16_t dport, struct span payload)
{
    struct device *d = self;
    struct span message;
    if (!ipsec_udp_input(d->ipsec, in, src, sport, dst, dport, payload, &message))
        return;
    if (d->ike_datagram)
        d->ike_datagram(d->vendor, in, src, sport, dst, dport, message);
    else
        ike_datagram(d, in, src, sport, dst, dport, message);
}

static bool is_carried_by(const struct device *d, uint16_t port)
{
    for (guint i = 0; i < d->udp_ports->len; i++)
        if (g_array_index(d->udp_ports, struct device_udp_port, i).port == port)
            return true;
    return false;
}

bool device_carry_udp(struct device *d, ip4 remote, uint16_t port)
{
    if (!d->udp_ports)
        d->udp_ports = g_array_new(FALSE, FALSE, sizeof(struct device_udp_port));
    for (guint i = d->udp_ports->len; i-- > 0;) {
        uint16_t old = g_array_index(d->udp_ports, struct device_udp_port, i).port;
        if (g_array_index(d->udp_ports, struct device_udp_port, i).remote != remote)
            continue;
        g_array_remove_index(d->udp_ports, i);
        if (old != port && !is_carried_by(d, old))
            net_udp_unbind(d->node, old);
    }
    if (!port)
        return true;
    if (port == UDP_PORT_IKE || port == UDP_PORT_NAT_T)
        return false;
    if (!is_carried_by(d, port) && !net_udp_bind(d->node, port, natt_datagram, d))
        return false;
    const struct device_udp_port p = {remote, port};
    g_array_append_val(d->udp_ports, p);
    return true;
}

static bool has_map(const struct device *d)
{
    for (size_t i = 0; i < net_if_count(d->node); i++)
        if (ipsec_bound(d->ipsec, net_if_at(d->node, i)))
            return true;
    return false;
}

/* Until a map is applied, the port is anybody's: a translation's, too. */
void device_natt_bind(struct device *d)
{
    if (d->ike_conf->nat_traversal && has_map(d)) {
        net_udp_bind(d->node, UDP_PORT_NAT_T, natt_datagram, d);
        net_udp_yield(d->node, UDP_PORT_NAT_T, !d->ike_conf->enabled);
    } else {
        net_udp_unbind(d->node, UDP_PORT_NAT_T);
    }
}

void device_natt_changed(struct device *d)
{
    device_natt_bind(d);
    ike_conf_changed(d->ike);
}

/* "Fragmentation needed" about a sealed packet is for the SA that sealed it: its SPI is among the
 * eight bytes that are quoted (RFC 792, RFC 2401 6.1.2.1). */
static void icmp_error(void *self, ip4 from, uint8_t type, uint8_t code, uint16_t mtu,
                       struct span quoted)
{
    struct device *d = self;
    if (!d->ipsec || type != ICMP_UNREACHABLE || code != ICMP_FRAG_NEEDED || quoted.n < IP4_HEAD)
        return;
    ip4 remote = be32_get(quoted.p + 16);
    struct span first = span_sub(quoted, (quoted.p[0] & 15u) * 4u, 4);
    if (first.n < 4)
        return;
    if (quoted.p[9] == IPPROTO_NUM_ESP)
        ipsec_path_mtu(d->ipsec, remote, be32_get(first.p), mtu);
    else if (quoted.p[9] == IPPROTO_NUM_UDP && be16_get(first.p) == UDP_PORT_NAT_T)
        ipsec_path_mtu_udp(d->ipsec, remote, be16_get(first.p + 2), mtu);
}

static void node_changed(void *self, struct net_if *i)
{
    struct device *d = self;
    if (d->ipsec)
        ipsec_changed(d->ipsec);
}

void device_crypto_start(struct device *d)
{
    const struct ike_ops ike_ops = {
        send_datagram,  check_suite, check_request, new_spi,   install,    peer_deleted, peer_gone,
        request_failed, d,           still_wanted,  keepalive, peer_moved,
    };
    const struct ipsec_ops ipsec_ops = {.acquire = acquire,
                                        .ended = ended,
                                        .unknown_spi = unknown_spi,
                                        .self = d,
                                        .moved = moved,
                                        .carry = carry};
    d->ike_conf = ike_conf_new();
    d->ipsec_conf = ipsec_conf_new();
    ike_profile_init(&d->profile);
    device_crypto_refresh(d);
    d->ike = ike_new(d->scope, d->ike_conf, &d->profile, &ike_ops);
    d->ipsec = ipsec_new(d->node, d->ipsec_conf, &ipsec_ops, &d->timing);
    ike_on_traffic(d->ike, traffic);
    ipsec_on_sent(d->ipsec, sent, d);
    net_udp_bind(d->node, UDP_PORT_IKE, ike_datagram, d);
    net_icmp_watch(d->node, icmp_error, d);
    net_node_on_change(d->node, node_changed, d);
}

void device_crypto_stop(struct device *d)
{
    if (!d->ike_conf)
        return;
    ctcp_free(d);
    for (guint i = 0; d->udp_ports && i < d->udp_ports->len; i++)
        net_udp_unbind(d->node, g_array_index(d->udp_ports, struct device_udp_port, i).port);
    g_clear_pointer(&d->udp_ports, g_array_unref);
    net_udp_unbind(d->node, UDP_PORT_IKE);
    net_udp_unbind(d->node, UDP_PORT_NAT_T);
    net_icmp_unwatch(d->node, icmp_error, d);
    net_node_on_change(d->node, NULL, NULL);
    g_clear_pointer(&d->ike, ike_free);
    g_clear_pointer(&d->ipsec, ipsec_free);
    g_clear_pointer(&d->ike_conf, ike_conf_free);
    g_clear_pointer(&d->ipsec_conf, ipsec_conf_free);
}

void device_crypto_refresh(struct device *d)
{
    d->timing = (struct ipsec_timing){
        .soft_before_s = d->profile.rekey_before_s,
        .soft_before_kb = d->profile.rekey_before_kb,
        .rekey_idle = d->profile.rekey_idle,
        .retry_s = d->profile.rekey_retry_s,
        .soft_percent = d->profile.p2_rekey_percent,
        .soft_percent_r = d->profile.p2_rekey_percent_r,
        .soft_jitter = d->profile.p2_rekey_jitter,
    };
    net_node_set_cpu(d->node, &(struct net_cpu){
                                  .latency = MICROSECONDS(d->profile.process_latency_us),
                                  .service = MICROSECONDS(d->profile.process_packet_us),
                                  .cache_age = SECONDS(d->profile.switch_cache_s),
                                  .large_bytes = d->profile.process_large_bytes,
                                  .limit = d->profile.process_queue,
                                  .esp = d->engine_off,
                              });
    d->ipsec_conf->mac_fault_every = d->engine_off ? 0 : d->profile.engine_fault_every;
    d->ipsec_conf->nat_follow_esp = d->profile.natt_follows_esp;
    d->ipsec_conf->raw_proxy_id = d->profile.raw_proxy_id;
    d->ipsec_conf->part_carries_line = d->profile.part_carries_line;
    d->ipsec_conf->holds_without_peer = d->profile.holds_without_peer;
    d->ipsec_conf->map_keeps_address = d->profile.map_keeps_address;
}
