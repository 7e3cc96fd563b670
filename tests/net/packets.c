/* Packets as bytes with room around them, and what flow they belong to. */
#include "world.h"

Test(pkt, grows_in_front_and_behind_and_keeps_its_bytes)
{
    static const size_t sizes[] = {0, 1, 20, 1500, 65535};
    static const size_t more[] = {0, 1, 64, 128, 129, 4000};
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        for (size_t k = 0; k < G_N_ELEMENTS(more); k++) {
            struct pkt *p = pkt_new(sizes[i]);
            memset(pkt_data(p), 0x5a, sizes[i]);
            memset(pkt_push(p, more[k]), 0xf0, more[k]);
            memset(pkt_tail(p, more[k]), 0x0f, more[k]);
            cr_assert_eq(p->len, sizes[i] + 2 * more[k]);
            for (size_t b = 0; b < p->len; b++) {
                uint8_t want = b < more[k] ? 0xf0 : b < more[k] + sizes[i] ? 0x5a : 0x0f;
                cr_assert_eq(pkt_data(p)[b], want, "byte %zu of %zu+%zu", b, sizes[i], more[k]);
            }
            pkt_pull(p, more[k]);
            pkt_trim(p, sizes[i]);
            cr_assert_eq(p->len, sizes[i]);
            pkt_unref(p);
        }
    }
}

Test(pkt, is_copied_when_written_while_shared)
{
    struct pkt *p = pkt_of(span_of("abcdef", 6));
    p->mark = 7;
    cr_expect_eq(pkt_own(p), p, "alone it is written in place");
    struct pkt *held = pkt_ref(p);
    struct pkt *own = pkt_own(p);
    cr_expect_neq(own, held);
    pkt_data(own)[0] = 'X';
    cr_expect(span_eq(pkt_span(held), span_of("abcdef", 6)));
    cr_expect(span_eq(pkt_span(own), span_of("Xbcdef", 6)));
    cr_expect_eq(own->mark, 7);
    cr_expect_eq(held->refs, 1);
    pkt_unref(held);
    pkt_unref(own);
}

Test(pkt, flow_reads_ports_and_icmp_types_of_first_fragments_only)
{
    static const uint8_t l4[] = {0x04, 0xd2, 0x00, 0x35, 0, 8, 0, 0};
    static const struct {
        uint8_t protocol;
        uint16_t field;
        size_t n;
        uint16_t sport, dport;
        int type, code;
    } row[] = {
        {IPPROTO_NUM_UDP, 0, 8, 1234, 53, -1, -1}, {IPPROTO_NUM_UDP, IP4_MF, 8, 1234, 53, -1, -1},
        {IPPROTO_NUM_UDP, 1, 8, 0, 0, -1, -1},     {IPPROTO_NUM_UDP, 0, 3, 0, 0, -1, -1},
        {IPPROTO_NUM_UDP, 0, 0, 0, 0, -1, -1},     {IPPROTO_NUM_ICMP, 0, 8, 0, 0, 4, 0xd2},
        {IPPROTO_NUM_ICMP, 3, 8, 0, 0, -1, -1},    {IPPROTO_NUM_ESP, 0, 8, 0, 0, -1, -1},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct pkt *p =
            raw_ip("10.0.0.1", "10.0.0.2", row[i].protocol, 1, row[i].field, 64, l4, row[i].n);
        struct flow f;
        cr_expect(pkt_flow(p, &f));
        cr_expect_eq(f.src, addr("10.0.0.1"));
        cr_expect_eq(f.dst, addr("10.0.0.2"));
        cr_expect_eq(f.protocol, row[i].protocol);
        cr_expect_eq(f.sport, row[i].sport, "row %zu", i);
        cr_expect_eq(f.dport, row[i].dport, "row %zu", i);
        cr_expect_eq(f.icmp_type, row[i].type, "row %zu", i);
        cr_expect_eq(f.icmp_code, row[i].code, "row %zu", i);
        pkt_unref(p);
    }
}

Test(pkt, flow_refuses_what_is_not_ipv4)
{
    static const uint8_t ip6[40] = {0x60};
    struct flow f;
    struct pkt *p = pkt_of(span_of(ip6, sizeof ip6));
    cr_expect_not(pkt_flow(p, &f));
    pkt_trim(p, 19);
    pkt_data(p)[0] = 0x45;
    cr_expect_not(pkt_flow(p, &f));
    pkt_unref(p);
}
