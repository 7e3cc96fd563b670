/* A small world for sinks: a simulation, its trace, two nodes, a folder of its own, packets by
 * hand. */
#ifndef TESTS_SINK_RIG_H
#define TESTS_SINK_RIG_H

#include <criterion/criterion.h>
#include <glib/gstdio.h>
#include <string.h>
#include "base/text.h"
#include "sink/sink.h"
#include "wire/isakmp.h"

struct rig {
    struct sim *sim;
    struct trace *trace;
    struct trace_scope *root, *r1, *r2;
    char *dir;
};

static inline struct rig *rig_new(void)
{
    struct rig *r = g_new0(struct rig, 1);
    r->sim = sim_new(1, 0);
    r->trace = trace_new(r->sim);
    r->root = trace_scope_root(r->trace);
    r->r1 = trace_scope_new(r->trace, "r1");
    r->r2 = trace_scope_new(r->trace, "r2");
    r->dir = g_dir_make_tmp("vpnsim-sink-XXXXXX", NULL);
    return r;
}

static inline void rig_remove(const char *path)
{
    GDir *d = g_file_test(path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open(path, 0, NULL);
    for (const char *name; d && (name = g_dir_read_name(d));) {
        g_autofree char *below = g_build_filename(path, name, NULL);
        rig_remove(below);
    }
    if (d)
        g_dir_close(d);
    g_remove(path);
}

static inline void rig_free(struct rig *r)
{
    trace_free(r->trace);
    sim_free(r->sim);
    rig_remove(r->dir);
    g_free(r->dir);
    g_free(r);
}

static inline void rig_at(struct rig *r, sim_time at)
{
    sim_run(r->sim, at);
}

/* What stands in dir/name; the caller frees. */
static inline char *rig_read(const struct rig *r, const char *name, size_t *n)
{
    g_autofree char *path = g_build_filename(r->dir, name, NULL);
    char *text = NULL;
    cr_assert(g_file_get_contents(path, &text, n, NULL), "%s is missing", path);
    return text;
}

static inline void rig_expect_file(const struct rig *r, const char *name, const char *want)
{
    g_autofree char *got = rig_read(r, name, NULL);
    cr_expect_str_eq(got, want);
}

/* Bytes of hex; freed by whoever asks. */
static inline struct span rig_hex(const char *hex)
{
    GByteArray *a = text_unhex(hex);
    cr_assert_not_null(a);
    size_t n = a->len;
    return span_of(g_byte_array_free(a, FALSE), n);
}

#define RIG_R1 IP4(203, 0, 113, 1)
#define RIG_R2 IP4(203, 0, 113, 2)

/* An IPv4 packet in `out`. */
static inline struct span rig_ip(uint8_t *out, ip4 src, ip4 dst, uint8_t protocol, struct span l4)
{
    struct ip4_head h = {.ttl = 64,
                         .protocol = protocol,
                         .total = (uint16_t)(IP4_HEAD + l4.n),
                         .src = src,
                         .dst = dst};
    ip4_head_emit(&h, out);
    if (l4.n)
        memcpy(out + IP4_HEAD, l4.p, l4.n);
    return span_of(out, h.total);
}

static inline struct span rig_udp(uint8_t *out, ip4 src, ip4 dst, uint16_t port,
                                  struct span payload)
{
    uint8_t udp[2048];
    if (payload.n)
        memcpy(udp + UDP_HEAD, payload.p, payload.n);
    udp_emit(src, dst, port, port, udp, payload.n);
    return rig_ip(out, src, dst, IPPROTO_NUM_UDP, span_of(udp, UDP_HEAD + payload.n));
}

/* A message with one payload, in a packet. */
static inline struct span rig_isakmp(uint8_t *out, bool from_r1, uint8_t exchange, uint8_t flags,
                                     uint32_t msgid, uint8_t type, struct span body)
{
    uint8_t b[1024];
    struct wr w = wr_over(b, sizeof b);
    struct isakmp_out o;
    struct isakmp_head h = {.cky_i = 0x0102030405060708,
                            .cky_r = 0x1112131415161718,
                            .version = 0x10,
                            .exchange = exchange,
                            .flags = flags,
                            .msgid = msgid};
    isakmp_out_begin(&o, &w, &h);
    isakmp_put(&o, type, body);
    isakmp_length_fix(&w);
    return rig_udp(out, from_r1 ? RIG_R1 : RIG_R2, from_r1 ? RIG_R2 : RIG_R1, 500, wr_done(&w));
}

static inline struct span rig_echo(uint8_t *out, bool reply, uint16_t seq)
{
    uint8_t icmp[ICMP_HEAD + 4] = {0};
    struct icmp_head h = {.type = reply ? ICMP_ECHO_REPLY : ICMP_ECHO, .id = 1, .seq = seq};
    icmp_emit(&h, icmp, 4);
    return rig_ip(out, reply ? RIG_R2 : RIG_R1, reply ? RIG_R1 : RIG_R2, IPPROTO_NUM_ICMP,
                  span_of(icmp, sizeof icmp));
}

/* A packet on the link "wan" from its end 0 (r1) or 1 (r2). */
static inline void rig_tx(struct rig *r, uint32_t end, uint64_t number, struct span frame)
{
    TRACE(end == 0 ? r->r1 : r->r2, link_tx, .link = "wan", .end = end, .number = number,
          .frame = frame);
}

static inline void rig_rx(struct rig *r, uint32_t end, uint64_t number, struct span frame)
{
    TRACE(end == 0 ? r->r2 : r->r1, link_rx, .link = "wan", .end = end, .number = number,
          .frame = frame);
}

static inline void rig_drop(struct rig *r, uint32_t end, uint64_t number, enum drop_reason why,
                            struct span frame)
{
    TRACE(end == 0 ? r->r1 : r->r2, link_drop, .link = "wan", .end = end, .number = number,
          .why = why, .frame = frame);
}

#endif
