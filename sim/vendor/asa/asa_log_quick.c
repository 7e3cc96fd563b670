/* Messages of phase 2: what is asked, how it is judged, and what comes of it (CAT-12, 27, 38, 83;
 * DBG-15, 16, 34). */
#include "asa_log_priv.h"
#include "asa_ra.h"

static ip4 peer_of(const struct asa *s, ike_sa_id sa)
{
    const struct asa_ike *w = asa_ike_of(s, sa);
    return w ? w->remote : 0;
}

/* ---- Beginning ---- */

ASA_ON(qm_new)
{
    struct asa_ike *w = asa_ike_of(s, e->sa);
    s->speech->life_type = s->speech->life_offered_s = 0;
    struct asa_want *want = w && e->ours ? g_queue_pop_head(&w->wants) : NULL;
    if (!want)
        return;
    asa_say(s, 5, 713041, w->remote, true,
            "IKE Initiator: %s Phase 2, Intf %s, IKE Peer %s  local Proxy Address %s, remote Proxy "
            "Address %s,  Crypto map (%s)",
            w->rekeying ? "Rekeying" : "New", asa_intf(s, want->local), IP4S(w->remote),
            IP4S(want->local_net), IP4S(want->remote_net), want->map ? want->map : "");
    w->rekeying = false;
    g_free(want->map);
    g_free(want);
}

/* The seconds that the initiator offered. */
ASA_ON(qm_attr)
{
    if (e->attr == IPSEC_ATTR_LIFE_TYPE)
        s->speech->life_type = e->value;
    else if (e->attr == IPSEC_ATTR_LIFE_DURATION && s->speech->life_type == 1)
        s->speech->life_offered_s = e->value;
}

/* ---- How a peer's request is judged ---- */

static void proxy_data(struct asa *s, ip4 peer, bool local, ip4 addr, ip4 mask, uint32_t protocol,
                       uint32_t port)
{
    const char *side = local ? "local" : "remote";
    if (mask == 0xffffffff)
        asa_say(s, 7, local ? 713024 : 713025, peer, true,
                "Received %s Proxy Host data in ID Payload:  Address %s, Protocol %u, Port %u",
                side, IP4S(addr), protocol, port);
    else
        asa_say(s, 7, local ? 713034 : 713035, peer, true,
                "Received %s IP Proxy Subnet data in ID Payload:   Address %s, Mask %s, Protocol "
                "%u, Port %u",
                side, IP4S(addr), IP4S(mask), protocol, port);
}

/* The entries are gone through in order until one fits. */
static void map_checks(struct asa *s, const struct ev_ipsec_validate *e)
{
    const struct net_if *on = net_if_by_addr(s->d->node, e->local);
    const char *name = on ? ipsec_bound(s->d->ipsec, on) : NULL;
    const struct ipsec_map *map = name ? ipsec_map_find(s->d->ipsec_conf, name) : NULL;
    const struct flow f = {
        .src = e->local_net, .dst = e->remote_net, .protocol = (uint8_t)e->protocol};
    for (guint i = 0; map && i < map->entries->len; i++) {
        const struct ipsec_map_entry *entry = g_ptr_array_index(map->entries, i);
        const struct acl *acl = entry->acl ? net_acl(s->d->node, entry->acl) : NULL;
        bool fits = false;
        asa_say(s, 7, 713221, e->remote, true,
                "Static Crypto Map check, checking map = %s, seq = %u...", name, entry->seq);
        if (!ipsec_entry_complete(entry)) {
            asa_say(s, 7, 713224, e->remote, true,
                    "Static Crypto Map Check by-passed: Crypto map entry incomplete!");
            continue;
        }
        for (guint k = 0; acl && k < acl->lines->len && !fits; k++) {
            const struct acl_line *l = g_ptr_array_index(acl->lines, k);
            fits = !l->remark && l->permit && acl_line_matches(l, &f) &&
                   (l->src.mask & ~e->local_mask) == 0 && (l->dst.mask & ~e->remote_mask) == 0;
        }
        if (fits && e->why == WHY_NONE) {
            asa_say(s, 7, 713225, e->remote, true,
                    "Static Crypto Map check, map %s, seq = %u is a successful match", name,
                    entry->seq);
            return;
        }
        if (!acl)
            asa_say(s, 7, 713223, e->remote, true,
                    "Static Crypto Map check, map = %s, seq = %u, no ACL configured", name,
                    entry->seq);
        else if (!fits)
            asa_say(s, 7, 713222, e->remote, true,
                    "Static Crypto Map check, map = %s, seq = %u, ACL does not match proxy IDs "
                    "src:%s dst:%s",
                    name, entry->seq, IP4S(e->remote_net), IP4S(e->local_net));
    }
}

ASA_ON(ipsec_validate)
{
    proxy_data(s, e->remote, false, e->remote_net, e->remote_mask, e->protocol, e->rport);
    proxy_data(s, e->remote, true, e->local_net, e->local_mask, e->protocol, e->lport);
    map_checks(s, e);
    if (e->why == WHY_NONE)
        asa_say(s, 7, 713066, e->remote, true, "IKE Remote Peer configured for crypto map: %s",
                e->map ? e->map : "");
    if (e->why == WHY_PROXY || e->why == WHY_PEER)
        asa_say(s, 3, 713061, e->remote, true,
                "Rejecting IPSec tunnel: no matching crypto map entry for remote proxy "
                "%s/%s/%u/%u local proxy %s/%s/%u/%u on interface %s",
                IP4S(e->remote_net), IP4S(e->remote_mask), e->protocol, e->rport,
                IP4S(e->local_net), IP4S(e->local_mask), e->protocol, e->lport,
                asa_if_word(s, net_if_by_addr(s->d->node, e->local)));
}

ASA_ON(qm_refused)
{
    ip4 peer = peer_of(s, e->sa);
    struct asa_ike *w = asa_ike_of(s, e->sa);
    if (w)
        w->refused = e->why;
    if (!w || e->why == WHY_PROXY || e->why == WHY_PEER)
        return; /* told where it was found */
    if (e->why == WHY_LOCAL_ADDRESS)
        asa_say(s, 3, 713061, peer, true,
                "Tunnel rejected: Crypto Map Policy not found for Src:%s, Dst: %s !",
                IP4S(e->remote), IP4S(e->local));
    else
        asa_say(s, 5, 713904, peer, true, "All IPSec SA proposals found unacceptable!");
}

/* ---- What comes of it ---- */

ASA_ON(ike_lifetime)
{
    const struct asa_ike *w = asa_ike_of(s, e->sa);
    if (w && w->state == IKE_STATE_QM_IDLE && e->seconds < e->offered)
        asa_say(s, 5, 713073, w->remote, true,
                "Responder forcing change of IPSec rekeying duration from %u to %u seconds",
                e->offered, e->seconds);
}

ASA_ON(qm_install)
{
    struct asa_speech *w = s->speech;
    w->install = *e;
    w->installed = 0;
    if (e->role == IKE_RESPONDER && e->life_s && w->life_offered_s > e->life_s)
        asa_say(s, 5, 713075, e->remote, true,
                "Overriding Initiator's IPSec rekeying duration from %u to %u seconds",
                w->life_offered_s, e->life_s);
}

static void negotiated(struct asa *s, const struct ev_qm_install *e)
{
    const struct asa_remote *r = asa_remote_of(s, e->sa);
    if (r) {
        asa_say(s, 5, 713049, e->remote, true,
                "Security negotiation complete for User (%s)  %s, Inbound SPI = 0x%08x, "
                "Outbound SPI = 0x%08x",
                r->user ? r->user : r->group, e->role == IKE_INITIATOR ? "Initiator" : "Responder",
                e->spi_in, e->spi_out);
        return;
    }
    asa_say(s, 5, 713049, e->remote, true,
            "Security negotiation complete for LAN-to-LAN Group (%s)  %s, Inbound SPI = 0x%08x, "
            "Outbound SPI = 0x%08x",
            asa_group_for(s, e->remote)->name, e->role == IKE_INITIATOR ? "Initiator" : "Responder",
            e->spi_in, e->spi_out);
}

static void remember(struct asa *s, const struct ev_ipsec_sa_new *e)
{
    const struct ev_qm_install *i = &s->speech->install;
    const struct asa_ike *of = asa_ike_of(s, i->sa);
    struct asa_esp *w = g_new0(struct asa_esp, 1);
    *w = (struct asa_esp){.local = e->inbound ? e->dst : e->src,
                          .peer = e->inbound ? e->src : e->dst,
                          .local_net = i->local_net,
                          .remote_net = i->remote_net,
                          .nat = of ? of->nat : 0,
                          .spi = e->spi};
    g_hash_table_replace(s->speech->esp, GUINT_TO_POINTER(e->sa), w);
    struct asa_session *session = asa_session_of(s, w->peer, w->nat);
    const struct esp_sa *sa = sad_by_id(ipsec_sad(s->d->ipsec), e->sa);
    if (session) {
        session->tunnels++;
        session->udp |= sa && sa->suite.udp;
    }
}

/* Both SAs of a pair are in: the negotiation is told of first, its end last. */
ASA_ON(ipsec_sa_new)
{
    struct asa_speech *w = s->speech;
    ip4 local = e->inbound ? e->dst : e->src, peer = e->inbound ? e->src : e->dst;
    if (w->install.spi_in && w->installed++ == 0)
        negotiated(s, &w->install);
    remember(s, e);
    const char *way = e->inbound ? "inbound" : "outbound";
    const struct asa_remote *r = asa_remote_of(s, w->install.sa);
    asa_say_ipsec(s, 1,
                  "New embryonic SA created @ 0x%08X,\n    SCB: 0x%08X,\n    Direction: %s\n"
                  "    SPI      : 0x%08X\n    Tunnel type: %s\n    Protocol   : esp",
                  asa_handle(s, e->sa), asa_handle(s, ~e->sa), way, e->spi, r ? "ra" : "l2l");
    asa_log(s, 6, 602303,
            "IPSEC: An %s %s SA (SPI= 0x%08X) between %s and %s (user= %s) has been created.", way,
            r ? "remote access" : "LAN-to-LAN", e->spi, IP4S(local), IP4S(peer),
            r && r->user ? r->user : IP4S(peer));
    asa_say_ipsec(s, 1, "Completed host %s update, SPI 0x%08X", e->inbound ? "IBSA" : "OBSA",
                  e->spi);
    if (w->install.spi_in && w->installed == 2) {
        asa_say(s, 5, 713120, w->install.remote, true, "PHASE 2 COMPLETED (msgid=%08x)",
                w->install.msgid);
        w->install.spi_in = 0;
    }
}

// clang-format off
const struct asa_hearing asa_hear_quick[] = {
    ASA_HEAR(qm_new), ASA_HEAR(qm_attr), ASA_HEAR(ipsec_validate), ASA_HEAR(qm_refused), ASA_HEAR(ike_lifetime),
    ASA_HEAR(qm_install), ASA_HEAR(ipsec_sa_new),
    { .fn = NULL },
};
// clang-format on
