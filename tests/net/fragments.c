/* Fragments made and put together, within bounds and against those who overlap them. */
#include "world.h"

struct catcher {
    GByteArray *whole;
    uint32_t n;
};

static void catch_whole(void *self, struct net_if *in, struct pkt *p)
{
    struct catcher *c = self;
    g_byte_array_set_size(c->whole, 0);
    g_byte_array_append(c->whole, pkt_data(p), p->len);
    c->n++;
    pkt_unref(p);
}

static void fill(uint8_t *data, size_t n)
{
    for (size_t i = 0; i < n; i++)
        data[i] = (uint8_t)(i / 8 + i);
}

/* One piece: data[from, to) of a packet from a to b. */
static void piece(struct pair *p, uint8_t protocol, uint16_t id, uint32_t from, uint32_t to,
                  bool more)
{
    g_autofree uint8_t *data = g_malloc0(70000);
    fill(data, 70000);
    net_output_on(p->a_if, addr("10.0.0.2"),
                  raw_ip("10.0.0.1", "10.0.0.2", protocol, id,
                         (uint16_t)(from / 8 | (more ? IP4_MF : 0)), 64, data + from, to - from));
    world_run(p->w, sim_now(p->w->sim));
}

Test(fragments, pieces_in_any_order_make_the_packet_once)
{
    static const struct {
        uint32_t from, to;
        bool more;
    } part[] = {{0, 800, true}, {800, 1600, true}, {1600, 2000, false}};
    static const int order[][4] = {
        {0, 1, 2, -1}, {0, 2, 1, -1}, {1, 0, 2, -1}, {1, 2, 0, -1}, {2, 0, 1, -1},
        {2, 1, 0, -1}, {0, 0, 1, 2},  {2, 0, 2, 1},  {1, 0, 1, 2},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(order); i++) {
        struct pair *p = pair_new(1);
        struct catcher c = {g_byte_array_new(), 0};
        world_log_event(p->w, EV_frag_joined);
        net_proto_bind(p->b, 99, catch_whole, &c);
        for (int k = 0; k < 4 && order[i][k] >= 0; k++) {
            int x = order[i][k];
            piece(p, 99, 7, part[x].from, part[x].to, part[x].more);
        }
        uint8_t want[2000];
        fill(want, sizeof want);
        cr_assert_eq(c.n, 1, "order %zu", i);
        cr_assert_eq(c.whole->len, 2020);
        cr_expect_eq(memcmp(c.whole->data + 20, want, sizeof want), 0, "order %zu", i);
        struct ip4_head h;
        cr_expect_eq(ip4_head_parse(span_of(c.whole->data, c.whole->len), &h), WIRE_OK);
        cr_expect(h.flags == 0 && h.frag_bytes == 0 && h.id == 7);
        cr_expect_str_eq(world_log(p->w), "b frag_joined 10.0.0.1 10.0.0.2 3 2020\n");
        cr_expect_eq(counter(p->b, "drop.FRAG_DUPLICATE"), order[i][3] >= 0);
        g_byte_array_unref(c.whole);
        pair_free(p);
    }
}

Test(fragments, those_that_do_not_belong_together_are_kept_apart)
{
    struct pair *p = pair_new(1);
    struct catcher c = {g_byte_array_new(), 0};
    net_proto_bind(p->b, 99, catch_whole, &c);
    net_proto_bind(p->b, 98, catch_whole, &c);
    piece(p, 99, 1, 0, 800, true);
    piece(p, 99, 2, 800, 1600, false);
    piece(p, 98, 1, 800, 1600, false);
    cr_expect_eq(c.n, 0);
    piece(p, 98, 1, 0, 800, true);
    piece(p, 99, 1, 800, 1600, false);
    piece(p, 99, 2, 0, 800, true);
    cr_expect_eq(c.n, 3);
    g_byte_array_unref(c.whole);
    pair_free(p);
}

Test(fragments, hostile_pieces_die_with_a_reason_and_the_packet_with_them)
{
    struct part {
        uint32_t from, to;
        bool more;
    };
    static const struct {
        const char *name;
        uint8_t protocol;
        struct part part[4];
        size_t n;
        const char *drop;
        uint64_t dropped;
        bool lives; /* the packet can still be completed */
    } row[] = {
        // clang-format off
        { "overlap behind",         99, {{0, 800, true}, {792, 1600, false}},              2, "drop.FRAG_OVERLAP", 2, false },
        { "overlap before",         99, {{800, 1600, false}, {0, 808, true}},              2, "drop.FRAG_OVERLAP", 2, false },
        { "one inside another",     99, {{0, 800, true}, {80, 160, true}},                 2, "drop.FRAG_OVERLAP", 2, false },
        { "one around another",     99, {{80, 160, true}, {0, 800, true}},                 2, "drop.FRAG_OVERLAP", 2, false },
        { "same place, longer",     99, {{0, 800, true}, {0, 808, true}},                  2, "drop.FRAG_OVERLAP", 2, false },
        { "two different ends",     99, {{800, 1600, false}, {1600, 1700, false}},         2, "drop.FRAG_OVERLAP", 2, false },
        { "data beyond the end",    99, {{800, 1600, false}, {1600, 2400, true}},          2, "drop.FRAG_OVERLAP", 2, false },
        { "an end before the data", 99, {{1600, 2400, true}, {800, 1600, false}},          2, "drop.FRAG_OVERLAP", 2, false },
        { "empty",                  99, {{800, 800, true}},                                1, "drop.FRAG_TOO_SMALL", 1, true },
        { "empty end",              99, {{800, 800, false}},                               1, "drop.FRAG_TOO_SMALL", 1, true },
        { "not a multiple of 8",    99, {{0, 799, true}},                                  1, "drop.FRAG_TOO_SMALL", 1, true },
        { "beyond 65535",           99, {{0, 800, true}, {65528, 65600, false}},           2, "drop.FRAG_TOO_BIG", 2, false },
        { "tiny TCP head",           6, {{0, 8, true}},                                    1, "drop.FRAG_TOO_SMALL", 1, true },
        { "TCP head written over",   6, {{8, 88, true}},                                   1, "drop.FRAG_TOO_SMALL", 1, true },
        // clang-format on
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct pair *p = pair_new(1);
        struct catcher c = {g_byte_array_new(), 0};
        net_proto_bind(p->b, row[i].protocol, catch_whole, &c);
        for (size_t k = 0; k < row[i].n; k++)
            piece(p, row[i].protocol, 1, row[i].part[k].from, row[i].part[k].to,
                  row[i].part[k].more);
        cr_expect_eq(counter(p->b, row[i].drop), row[i].dropped, "%s", row[i].name);
        cr_expect_eq(c.n, 0, "%s", row[i].name);
        piece(p, row[i].protocol, 1, 0, 24, true);
        piece(p, row[i].protocol, 1, 24, 48, false);
        cr_expect_eq(c.n, 1, "a sound packet of the same id afterwards: %s", row[i].name);
        g_byte_array_unref(c.whole);
        pair_free(p);
    }
}

Test(fragments, a_packet_never_completed_is_given_up_after_thirty_seconds)
{
    static const struct {
        uint32_t from, to;
        const char *told;
    } row[] = {
        {0, 800, "a icmp_rx 10.0.0.2 10.0.0.1 11 1 10.0.0.2 0\n"},
        {800, 1600, ""}, /* without the first fragment nobody is told (RFC 792) */
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct pair *p = pair_new(1);
        world_log_event(p->w, EV_icmp_rx);
        piece(p, 99, 1, row[i].from, row[i].to, true);
        world_run(p->w, SECONDS(30) - 1);
        cr_expect_eq(counter(p->b, "drop.FRAG_TIMEOUT"), 0);
        world_run(p->w, SECONDS(30));
        cr_expect_eq(counter(p->b, "drop.FRAG_TIMEOUT"), 1);
        cr_expect_str_eq(world_log(p->w), row[i].told);
        pair_free(p);
    }
}

Test(fragments, at_most_64_packets_wait)
{
    struct pair *p = pair_new(1);
    for (uint16_t id = 0; id < 70; id++)
        piece(p, 99, id, 0, 8, true);
    cr_expect_eq(counter(p->b, "drop.FRAG_LIMIT"), 6);
    world_run(p->w, SECONDS(31));
    cr_expect_eq(counter(p->b, "drop.FRAG_TIMEOUT"), 64);
    piece(p, 99, 100, 0, 8, true);
    cr_expect_eq(counter(p->b, "drop.FRAG_LIMIT"), 6, "there is room again");
    pair_free(p);
}

Test(fragments, at_most_a_mebibyte_waits)
{
    struct pair *p = pair_new(1);
    uint64_t sent = 0;
    for (uint16_t id = 0; id < 60; id++)
        for (uint32_t at = 0; at < 24000; at += 1200, sent++)
            piece(p, 99, id, at, at + 1200, true);
    uint64_t refused = counter(p->b, "drop.FRAG_LIMIT");
    cr_expect_gt(refused, 0);
    cr_expect_leq((sent - refused) * 1220, 1024 * 1024);
    cr_expect_geq((sent - refused) * 1220, 1024 * 1024 / 2);
    world_run(p->w, SECONDS(31));
    cr_expect_eq(counter(p->b, "drop.FRAG_TIMEOUT"), sent - refused);
    pair_free(p);
}

Test(fragments, a_flood_of_the_smallest_pieces_stays_bounded)
{
    struct pair *p = pair_new(1);
    for (uint32_t at = 65504; at > 0; at -= 8)
        piece(p, 99, 1, at, at + 8, true);
    cr_expect_gt(counter(p->b, "drop.FRAG_LIMIT"), 0);
    pair_free(p);
}

/* ---- Cutting ---- */

struct seen {
    GString *text;
};

static bool note_piece(void *self, uint32_t end, uint64_t number, struct span packet)
{
    struct seen *s = self;
    struct ip4_head h;
    cr_expect_eq(ip4_head_parse(packet, &h), WIRE_OK);
    if (end == 0)
        g_string_append_printf(s->text, "%u+%u%s ", h.frag_bytes, h.total - h.head_bytes,
                               h.flags & IP4_MF ? " MF" : "");
    return false;
}

Test(fragments, cuts_fall_on_multiples_of_eight)
{
    static const struct {
        uint16_t mtu;
        size_t data;
        const char *pieces;
    } row[] = {
        {1500, 1480, "0+1480 "},
        {1500, 1481, "0+1480 MF 1480+1 "},
        {1499, 1480, "0+1472 MF 1472+8 "},
        {576, 1200, "0+552 MF 552+552 MF 1104+96 "},
        {68, 100, "0+48 MF 48+48 MF 96+4 "},
        {28, 20, "0+8 MF 8+8 MF 16+4 "},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct pair *p = pair_new(1);
        struct seen s = {g_string_new(NULL)};
        struct catcher c = {g_byte_array_new(), 0};
        net_proto_bind(p->b, 99, catch_whole, &c);
        net_link_rule_add(p->link, &(struct net_match_rule){.match = note_piece, .self = &s});
        p->a_if->ip_mtu = row[i].mtu;
        g_autofree uint8_t *data = g_malloc(row[i].data);
        fill(data, row[i].data);
        net_send_ip(p->a, 0, addr("10.0.0.2"), 99, 0, false, span_of(data, row[i].data));
        world_run(p->w, SECONDS(1));
        cr_expect_str_eq(s.text->str, row[i].pieces, "mtu %u", row[i].mtu);
        cr_assert_eq(c.n, 1);
        cr_expect_eq(memcmp(c.whole->data + 20, data, row[i].data), 0);
        g_string_free(s.text, TRUE);
        g_byte_array_unref(c.whole);
        pair_free(p);
    }
}

Test(fragments, a_fragment_is_cut_again_on_the_way_and_joined_at_the_end)
{
    struct world *w = world_new(1);
    struct chain c = chain_new(w);
    c.pc1_lan->ip_mtu = 1004;
    c.r1_wan->ip_mtu = 500;
    c.r2_lan->ip_mtu = 300;
    world_log_event(w, EV_frag_made);
    struct catcher got = {g_byte_array_new(), 0};
    net_proto_bind(c.pc2, 99, catch_whole, &got);
    uint8_t data[1900];
    fill(data, sizeof data);
    net_send_ip(c.pc1, 0, addr("10.2.0.5"), 99, 0, false, span_of(data, sizeof data));
    world_run(w, SECONDS(1));
    cr_assert_eq(got.n, 1);
    cr_expect_eq(memcmp(got.whole->data + 20, data, sizeof data), 0);
    cr_expect(g_str_has_prefix(world_log(w), "pc1 frag_made 10.1.0.5 10.2.0.5 2 1004\n"
                                             "r1 frag_made 10.1.0.5 10.2.0.5 3 500\n"));
    g_byte_array_unref(got.whole);
    world_free(w);
}

Test(fragments, only_copied_options_stand_in_later_pieces)
{
    struct pair *p = pair_new(1);
    struct catcher c = {g_byte_array_new(), 0};
    net_proto_bind(p->b, 99, catch_whole, &c);
    p->a_if->ip_mtu = 100;
    struct pkt *q = pkt_new(28 + 200);
    uint8_t *b = pkt_data(q);
    fill(b + 28, 200);
    struct ip4_head h = {.ttl = 9,
                         .protocol = 99,
                         .total = 228,
                         .id = 3,
                         .src = addr("10.0.0.1"),
                         .dst = addr("10.0.0.2")};
    ip4_head_emit(&h, b);
    /* no-operation, record route (7, not copied, 3 bytes), router alert (148, copied, 4 bytes) */
    memcpy(b + 20, "\x01\x07\x03\x04\x94\x04\x00\x00", 8);
    b[0] = 0x47;
    be16_put(b + 10, 0);
    be16_put(b + 10, ip_checksum(span_of(b, 28)));
    net_output_on(p->a_if, addr("10.0.0.2"), q);
    world_run(p->w, SECONDS(1));
    cr_assert_eq(c.n, 1);
    cr_expect_eq(c.whole->len, 228);
    uint8_t want[200];
    fill(want, sizeof want);
    cr_expect_eq(memcmp(c.whole->data + 28, want, 200), 0);
    /* 100-28 = 72 first; later heads of 24 bytes carry 72 again: 72 + 72 + 56 */
    cr_expect_eq(p->b_if->in_packets, 3);
    cr_expect_eq(p->b_if->in_bytes, 28 + 72 + 24 + 72 + 24 + 56);
    g_byte_array_unref(c.whole);
    pair_free(p);
}

Test(fragments, an_mtu_that_holds_no_data_drops)
{
    struct pair *p = pair_new(1);
    p->a_if->ip_mtu = 27;
    net_send_ip(p->a, 0, addr("10.0.0.2"), 99, 0, false, span_of("0123456789", 10));
    cr_expect_eq(counter(p->a, "drop.IP_DF"), 1);
    pair_free(p);
}
