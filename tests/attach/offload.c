/* What kernels leave undone: checksums to be summed, packets to be cut. */
#include "wire.h"

/* A UDP datagram whose checksum field holds the sum of the pseudo header only, as a kernel hands it
 * over. */
static GByteArray *unfinished_udp(const char *dst)
{
    uint8_t udp[UDP_HEAD + 5] = {0, 9, 0, 9, 0, sizeof udp, 0, 0, 'h', 'e', 'l', 'l', 'o'};
    ip4 s = addr("203.0.113.2"), d = addr(dst);
    uint32_t sum =
        (s >> 16) + (s & 0xffff) + (d >> 16) + (d & 0xffff) + IPPROTO_NUM_UDP + sizeof udp;
    sum = (sum & 0xffff) + (sum >> 16);
    be16_put(udp + 6, (uint16_t)((sum & 0xffff) + (sum >> 16)));
    return ip_bytes("203.0.113.2", dst, IPPROTO_NUM_UDP, span_of(udp, sizeof udp));
}

static void heard(void *self, struct net_if *in, ip4 src, uint16_t sport, ip4 dst, uint16_t dport,
                  struct span payload)
{
    g_string_append_len(self, (const char *)payload.p, (gssize)payload.n);
}

Test(attach_offload, an_unfinished_checksum_is_finished)
{
    static const struct attach_meta unfinished = {
        .checksum_unfinished = true, .checksum_start = ETHER_HEAD + IP4_HEAD, .checksum_offset = 6};
    static const struct attach_meta claimed_right;
    struct wire *w = wire_open(true);
    uint8_t mac[ETHER_ADDR];
    g_autoptr(GString) got = g_string_new(NULL);
    uint64_t wrong = 0;
    station_mac_of(w, 0, mac);
    net_udp_bind(w->pc, 9, heard, got);
    g_autoptr(GByteArray) b = unfinished_udp("10.1.0.5");
    ip_from(w, mac, span_of(b->data, b->len), &unfinished);
    wire_run(w, SECONDS(1));
    cr_expect_str_eq(got->str, "hello");
    cr_expect_eq(wire_counter(w, "attach.in.unfinished_checksum"), 1);
    ip_from(w, mac, span_of(b->data, b->len), &claimed_right);
    wire_run(w, SECONDS(1));
    trace_counter_get(net_node_scope(w->pc), "drop.UDP_CHECKSUM", &wrong);
    cr_expect_eq(wrong, 1, "a checksum that nobody called unfinished has to be right");
    wire_free(w);
}

static void take(void *self, struct pkt *p)
{
    g_ptr_array_add(self, p);
}

static GPtrArray *pieces_new(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify)pkt_unref);
}

enum { TCP_HEAD_BYTES = 24 }; /* with an option */

static GByteArray *tcp_bytes(size_t payload)
{
    g_autofree uint8_t *tcp = g_malloc0(TCP_HEAD_BYTES + payload);
    be32_put(tcp + 4, 0xfffffff0); /* the sequence number wraps on the way */
    tcp[12] = TCP_HEAD_BYTES / 4 << 4;
    tcp[13] = 0x80 | 0x10 | 0x08 | 0x01; /* CWR ACK PSH FIN */
    for (size_t i = 0; i < payload; i++)
        tcp[TCP_HEAD_BYTES + i] = (uint8_t)(i * 7);
    return ip_bytes("203.0.113.2", "10.1.0.5", IPPROTO_NUM_TCP,
                    span_of(tcp, TCP_HEAD_BYTES + payload));
}

Test(attach_offload, tcp_is_cut_into_segments)
{
    enum { PAYLOAD = 3500, EACH = 1400 };
    g_autoptr(GPtrArray) all = pieces_new();
    g_autoptr(GByteArray) whole = tcp_bytes(PAYLOAD);
    struct attach_meta meta = {.gso = ATTACH_GSO_TCP, .gso_bytes = EACH};
    cr_assert(offload_segment(span_of(whole->data, whole->len), &meta, take, all));
    cr_assert_eq(all->len, 3);
    static const struct {
        uint32_t seq;
        uint8_t flags;
        size_t payload;
    } row[] = {{0xfffffff0, 0x90, EACH},
               {0xfffffff0 + EACH, 0x10, EACH},
               {0xfffffff0 + 2 * EACH, 0x19, 700}};
    for (guint i = 0; i < all->len; i++) {
        struct span s = pkt_span(all->pdata[i]);
        struct ip4_head h;
        cr_assert_eq(ip4_head_parse(s, &h), WIRE_OK, "piece %u", i);
        const uint8_t *tcp = s.p + IP4_HEAD;
        cr_expect_eq(h.id, 7 + i);
        cr_expect_eq(h.total, IP4_HEAD + TCP_HEAD_BYTES + row[i].payload);
        cr_expect_eq(be32_get(tcp + 4), row[i].seq, "piece %u", i);
        cr_expect_eq(tcp[13], row[i].flags, "piece %u", i);
        cr_expect_arr_eq(tcp + TCP_HEAD_BYTES, whole->data + IP4_HEAD + TCP_HEAD_BYTES + i * EACH,
                         row[i].payload);
        cr_expect_eq(ip_checksum_pseudo(h.src, h.dst, h.protocol, span_sub(s, IP4_HEAD, s.n)), 0,
                     "piece %u", i);
    }
}

Test(attach_offload, udp_is_cut_into_datagrams)
{
    uint8_t udp[UDP_HEAD + 25] = {0, 9, 0, 10, 0, sizeof udp};
    g_autoptr(GPtrArray) all = pieces_new();
    g_autoptr(GByteArray) whole =
        ip_bytes("203.0.113.2", "10.1.0.5", IPPROTO_NUM_UDP, span_of(udp, sizeof udp));
    struct attach_meta meta = {.gso = ATTACH_GSO_UDP, .gso_bytes = 10};
    cr_assert(offload_segment(span_of(whole->data, whole->len), &meta, take, all));
    cr_assert_eq(all->len, 3);
    for (guint i = 0; i < all->len; i++) {
        struct span s = pkt_span(all->pdata[i]), payload;
        struct ip4_head h;
        struct udp_head u;
        cr_assert_eq(ip4_head_parse(s, &h), WIRE_OK);
        cr_assert_eq(udp_parse(h.src, h.dst, span_sub(s, IP4_HEAD, s.n), &u, &payload), WIRE_OK);
        cr_expect_eq(payload.n, i < 2 ? 10 : 5);
        cr_expect_eq(u.dport, 10);
    }
}

Test(attach_offload, what_is_not_what_it_says_is_not_cut)
{
    g_autoptr(GByteArray) tcp = tcp_bytes(100);
    g_autoptr(GByteArray) short_head = tcp_bytes(100);
    g_autoptr(GByteArray) long_head = tcp_bytes(0);
    short_head->data[IP4_HEAD + 12] = 0x40;
    const struct {
        const GByteArray *packet;
        struct attach_meta meta;
    } row[] = {
        {tcp, {.gso = ATTACH_GSO_TCP, .gso_bytes = 0}},
        {tcp, {.gso = ATTACH_GSO_UDP, .gso_bytes = 10}},
        {tcp, {.gso = ATTACH_GSO_OTHER, .gso_bytes = 10}},
        {short_head, {.gso = ATTACH_GSO_TCP, .gso_bytes = 10}},
        {long_head, {.gso = ATTACH_GSO_TCP, .gso_bytes = 10}},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        g_autoptr(GPtrArray) all = pieces_new();
        cr_expect_not(offload_segment(span_of(row[i].packet->data, row[i].packet->len),
                                      &row[i].meta, take, all),
                      "row %zu", i);
        cr_expect_eq(all->len, 0);
    }
}
