/* ESP in UDP (RFC 3948): the wrapping to the byte, what port 4500 takes, peers that move. */
#include "ipsec/site.h"
#include "wire/ip.h"

static struct site *natted(void)
{
    struct site *s = site_new();
    for (int side = 0; side < 2; side++) {
        struct ipsec_child c = site_child(side, 1000, 3600, 0);
        c.suite.udp = true;
        c.lport = side ? 4500 : 4500;
        c.rport = side ? 30001 : 4500; /* the first end is behind a NAT */
        c.nat = side;
        c.follow = side == 1;
        cr_assert_eq(ipsec_install(s->r[side].ipsec, &c), WHY_NONE);
        s->r[side].conf->nat_follow_esp = true;
    }
    return s;
}

static struct esp_sa *out_of(struct site *s, int side)
{
    const struct sad *sad = ipsec_sad(s->r[side].ipsec);
    for (size_t i = 0; i < sad_count(sad); i++)
        if (!sad_at(sad, i)->inbound)
            return sad_at(sad, i);
    return NULL;
}

/* A packet of the first end as it leaves, without its IP head and UDP head. */
static struct pkt *sealed(struct site *s, size_t bytes)
{
    struct pkt *p = pkt_new(IP4_HEAD + bytes);
    uint16_t id = 0;
    enum drop_reason why;
    memset(pkt_data(p), 0, p->len);
    ip4_head_emit(&(struct ip4_head){.ttl = 9,
                                     .protocol = 17,
                                     .head_bytes = IP4_HEAD,
                                     .total = (uint16_t)p->len,
                                     .src = IP4(10, 1, 0, 5),
                                     .dst = IP4(10, 2, 0, 5)},
                  pkt_data(p));
    esp_seal(out_of(s, 0), &p, 1, ESP_DF_CLEAR, &id, &why);
    cr_assert_eq(why, DROP_NONE);
    return p;
}

static bool arrive(struct site *s, ip4 src, uint16_t sport, struct span payload, struct span *ike)
{
    struct net_node *n = s->r[1].node;
    return ipsec_udp_input(s->r[1].ipsec, net_if_by_addr(n, R2), src, sport, R2, 4500, payload,
                           ike);
}

static uint64_t counted(struct site *s, const char *name)
{
    uint64_t value = 0;
    trace_counter_get(net_node_scope(s->r[1].node), name, &value);
    return value;
}

Test(esp_in_udp, stands_behind_a_udp_head_without_checksum)
{
    struct site *s = natted();
    for (size_t n = 8; n < 200; n++) {
        struct pkt *p = sealed(s, n);
        struct ip4_head ip;
        struct udp_head udp;
        struct span payload, datagram;
        cr_assert_eq(ip4_head_parse(pkt_span(p), &ip), WIRE_OK);
        datagram = span_sub(pkt_span(p), IP4_HEAD, p->len);
        cr_assert_eq(ip.protocol, IPPROTO_NUM_UDP);
        cr_assert_eq(ip.total, esp_sealed_bytes(out_of(s, 0)->suite, IP4_HEAD + n));
        cr_assert_eq(udp_parse(ip.src, ip.dst, datagram, &udp, &payload), WIRE_OK);
        cr_expect_eq(udp.checksum, 0);
        cr_expect(udp.sport == 4500 && udp.dport == 4500);
        cr_expect_eq(be32_get(payload.p), out_of(s, 0)->spi);
        pkt_unref(p);
    }
    struct esp_suite bare = out_of(s, 0)->suite, udp = bare;
    bare.udp = false;
    cr_expect_eq(esp_sealed_bytes(udp, 1000), esp_sealed_bytes(bare, 1000) + 8);
    cr_expect_leq(esp_sealed_bytes(udp, esp_inner_mtu(udp, 1500)), 1500);
    cr_expect_gt(esp_sealed_bytes(udp, esp_inner_mtu(udp, 1500) + 1), 1500);
    site_free(s);
}

Test(esp_in_udp, is_told_from_ike_and_keepalives)
{
    static const uint8_t keepalive[] = {0xff}, marked[] = {0, 0, 0, 0, 1, 2, 3},
                         strange[] = {0xff, 0xff}, little[] = {1, 2, 3};
    struct site *s = natted();
    struct span ike;
    cr_expect(arrive(s, R1, 30001, span_of(marked, 7), &ike));
    cr_expect(ike.n == 3 && ike.p[0] == 1);
    cr_expect_not(arrive(s, R1, 30001, span_of(keepalive, 1), &ike));
    cr_expect_eq(counted(s, "drop.NAT_KEEPALIVE"), 1);
    cr_expect_not(arrive(s, R1, 30001, span_of(strange, 2), &ike));
    cr_expect_not(arrive(s, R1, 30001, span_of(little, 3), &ike));
    cr_expect_not(arrive(s, R1, 30001, span_of(little, 0), &ike));
    cr_expect_eq(counted(s, "drop.ESP_UDP_SHORT"), 3);
    struct pkt *p = sealed(s, 40);
    cr_expect_not(arrive(s, R1, 30001, span_sub(pkt_span(p), 28, p->len), &ike));
    pkt_unref(p);
    cr_expect_eq(counted(s, "esp.in.packets"), 1);
    site_free(s);
}

Test(esp_in_udp, of_any_length_and_content_is_survived)
{
    struct site *s = natted();
    struct pkt *p = sealed(s, 60);
    struct span whole = span_sub(pkt_span(p), 28, p->len), ike;
    uint64_t before = counted(s, "esp.in.packets");
    for (size_t n = 0; n < whole.n; n++) {
        g_autofree uint8_t *part = g_memdup2(whole.p, n ? n : 1);
        cr_expect_not(arrive(s, R1, 30001, span_of(part, n), &ike), "%zu bytes", n);
    }
    cr_expect_eq(counted(s, "esp.in.packets"), before);
    pkt_unref(p);
    site_free(s);
}

Test(esp_in_udp, another_encapsulation_than_the_negotiated_is_refused)
{
    struct site *s = natted();
    struct pkt *p = sealed(s, 40);
    uint8_t *b = pkt_data(p);
    memmove(b + 8, b, IP4_HEAD);
    pkt_pull(p, 8); /* the UDP head is gone */
    b = pkt_data(p);
    struct ip4_head h;
    cr_assert_eq(ip4_head_parse(span_of(b, p->len + 8), &h), WIRE_OK);
    h.protocol = IPPROTO_NUM_ESP;
    h.total = (uint16_t)p->len;
    ip4_head_emit(&h, b);
    net_input_again(net_if_by_addr(s->r[1].node, R2), p);
    cr_expect_eq(counted(s, "drop.ESP_ENCAPSULATION"), 1);
    site_free(s);
}

Test(esp_in_udp, the_answer_goes_to_where_authentic_packets_come_from)
{
    struct site *s = natted();
    struct span ike;
    struct pkt *p = sealed(s, 40), *late = sealed(s, 40), *last = sealed(s, 40);
    cr_assert_eq(out_of(s, 1)->dport, 30001);
    arrive(s, R1, 30002, span_sub(pkt_span(last), 28, last->len), &ike);
    cr_expect_eq(out_of(s, 1)->dport, 30002, "it moved");
    arrive(s, R1, 30001, span_sub(pkt_span(p), 28, p->len), &ike);
    cr_expect_eq(out_of(s, 1)->dport, 30002, "an overtaken one says where it was");
    uint8_t *b = pkt_data(late);
    b[late->len - 1] ^= 1;
    arrive(s, IP4(192, 0, 2, 66), 6666, span_sub(pkt_span(late), 28, late->len), &ike);
    cr_expect_eq(out_of(s, 1)->dst, R1, "a forged one does nothing");
    s->r[1].conf->nat_follow_esp = false;
    struct pkt *more = sealed(s, 40);
    arrive(s, R1, 30003, span_sub(pkt_span(more), 28, more->len), &ike);
    cr_expect_eq(out_of(s, 1)->dport, 30002, "where the profile says no");
    pkt_unref(p);
    pkt_unref(late);
    pkt_unref(last);
    pkt_unref(more);
    site_free(s);
}

Test(esp_in_udp, pairs_of_numbered_peers_end_one_by_one)
{
    struct site *s = natted();
    struct ipsec *x = s->r[1].ipsec;
    ipsec_peer_gone(x, R2, R1, 0, WHY_DPD);
    ipsec_peer_gone(x, R2, R1, 2, WHY_DPD);
    cr_expect_eq(sad_count(ipsec_sad(x)), 2, "other peers at that address");
    ipsec_peer_deleted(x, R1, 2, 1000, WHY_PEER_DELETE);
    cr_expect_eq(sad_count(ipsec_sad(x)), 2);
    cr_expect_eq(ipsec_peer_traffic(x, R2, R1, 1, false).last_out, -1);
    ipsec_peer_gone(x, R2, R1, 1, WHY_DPD);
    cr_expect_eq(sad_count(ipsec_sad(x)), 0);
    site_free(s);
}

Test(esp_in_udp, the_path_mtu_is_of_the_port)
{
    struct site *s = natted();
    struct ipsec *x = s->r[1].ipsec;
    ipsec_path_mtu_udp(x, R1, 30009, 900);
    const struct ipsec_pair *pair = ipsec_ident_at(x, 0)->pairs->pdata[0];
    cr_expect_eq(pair->path_mtu, 0);
    ipsec_path_mtu_udp(x, R1, 30001, 900);
    cr_expect_eq(pair->path_mtu, 900);
    site_free(s);
}
