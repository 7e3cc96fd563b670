/* The ISAKMP parser under hostile bytes: no read beyond, and what the strict parsers accept is
 * emitted the same. The input is a message; when it begins like one, also an IPv4 packet. */
#include "wire/isakmp.h"

#include <stdlib.h>
#include <string.h>
#include "wire/proxy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Asserts are of no use when a release build compiles them out; this always ends the run. */
static void must(bool claim)
{
    if (!claim)
        abort();
}

static void same_again(struct wr *w, struct span body)
{
    must(wr_ok(w) && span_eq(wr_done(w), body));
}

static void try_body(uint8_t type, struct span body, struct arena *arena, uint8_t *out, size_t cap)
{
    struct wr w = wr_over(out, cap);
    struct isakmp_sa sa;
    struct isakmp_id id;
    struct isakmp_notify notify;
    struct isakmp_delete delete;
    struct isakmp_cfg cfg;
    struct proxy proxy;
    if (type == PAYLOAD_SA && isakmp_sa_parse(body, arena, &sa) == WIRE_OK) {
        isakmp_sa_emit(&sa, &w);
        same_again(&w, body);
    } else if (type == PAYLOAD_ID && isakmp_id_parse(body, &id) == WIRE_OK) {
        proxy_from_id(&id, &proxy);
        isakmp_id_emit(&id, &w);
        same_again(&w, body);
    } else if (type == PAYLOAD_NOTIFY && isakmp_notify_parse(body, &notify) == WIRE_OK) {
        isakmp_notify_emit(&notify, &w);
        same_again(&w, body);
    } else if (type == PAYLOAD_DELETE && isakmp_delete_parse(body, &delete) == WIRE_OK) {
        isakmp_delete_emit(&delete, &w);
        same_again(&w, body);
    } else if (type == PAYLOAD_ATTR && isakmp_cfg_parse(body, arena, &cfg) == WIRE_OK) {
        isakmp_cfg_emit(&cfg, &w);
        same_again(&w, body);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span bytes = span_of(data, size), message;
    struct isakmp_head h;
    struct isakmp_chain chain;
    struct arena *arena = arena_new();
    size_t cap = size + 64;
    uint8_t *out = malloc(cap);

    if (isakmp_in_ip4(bytes, &h, &message))
        bytes = message;
    enum wire_status status = isakmp_head_parse(bytes, &h);
    /* With a bad head the chain is still walked, as after a decryption whose result is garbage. */
    struct span rest =
        span_sub(bytes, ISAKMP_HEAD, status == WIRE_OK ? h.length - ISAKMP_HEAD : bytes.n);
    uint8_t first = status == WIRE_SHORT ? (size ? data[0] : 0) : h.next_payload;
    enum isakmp_fault fault =
        isakmp_chain_parse(first, status == WIRE_SHORT ? bytes : rest, &chain);
    must((fault == ISAKMP_FINE) == (chain.bad_type == PAYLOAD_NONE));
    for (size_t i = 0; i < chain.n; i++)
        try_body(chain.p[i].type, chain.p[i].body, arena, out, cap);
    static const uint8_t every[] = {PAYLOAD_SA, PAYLOAD_ID, PAYLOAD_NOTIFY, PAYLOAD_DELETE};
    for (size_t i = 0; i < sizeof every; i++)
        try_body(every[i], bytes, arena, out, cap);

    if (status == WIRE_OK &&
        fault == ISAKMP_FINE) { /* the message put together again, without padding */
        struct wr w = wr_over(out, cap);
        struct isakmp_out o;
        isakmp_out_begin(&o, &w, &h);
        for (size_t i = 0; i < chain.n; i++)
            isakmp_put(&o, chain.p[i].type, chain.p[i].body);
        must(wr_ok(&w) && w.n == h.length - chain.rest.n && memcmp(out, bytes.p, w.n) == 0);
    }
    free(out);
    arena_free(arena);
    return 0;
}
