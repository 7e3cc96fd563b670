/* capture.pcapng: section header, interface description and enhanced packet blocks as in
 * draft-ietf-opsawg-pcapng, written little-endian on every machine. */
#include "sink_priv.h"

#include <string.h>
#include "wire/isakmp.h"

#define FILE_NAME "capture.pcapng"

enum { BLOCK_SECTION = 0x0a0d0d0a, BLOCK_INTERFACE = 1, BLOCK_PACKET = 6 };
enum {
    OPT_END = 0,
    OPT_COMMENT = 1,
    OPT_IF_NAME = 2,
    OPT_EPB_FLAGS = 2,
    OPT_USERAPPL = 4,
    OPT_IF_TSRESOL = 9
};
enum { FLAG_INBOUND = 1, FLAG_OUTBOUND = 2 };
#define LINKTYPE_RAW 101 /* the packet begins with its IP head */

struct interface {
    char *link, *node;
    uint32_t end;
};
struct sink_pcapng {
    struct trace *trace;
    struct sink_out out;
    unsigned flags;
    GArray *interfaces; /* struct interface; the index is the id in the file */
    GHashTable *seen;   /* digest of an ISAKMP message: the address it first came from */
    GByteArray *block;  /* being built */
    /* The packet sent last, held back until it is known that it was not dropped at once. */
    struct {
        bool full;
        uint32_t end;
        uint64_t number;
        const char *link; /* of the interface */
        GByteArray *frame;
        GString *comment;
        sim_time at;
        guint interface;
        size_t whole;
    } held;
};

/* ---- blocks ---- */

static void put_u16(GByteArray *b, uint16_t v)
{
    g_byte_array_append(b, (const uint8_t[]){(uint8_t)v, (uint8_t)(v >> 8)}, 2);
}

static void put_u32(GByteArray *b, uint32_t v)
{
    put_u16(b, (uint16_t)v);
    put_u16(b, (uint16_t)(v >> 16));
}

static void put_padded(GByteArray *b, const void *p, size_t n)
{
    static const uint8_t zero[4];
    if (n > 0)
        g_byte_array_append(b, p, (guint)n);
    g_byte_array_append(b, zero, (guint)(-n & 3));
}

static void put_option(GByteArray *b, uint16_t code, const void *p, size_t n)
{
    put_u16(b, code);
    put_u16(b, (uint16_t)n);
    put_padded(b, p, n);
}

static void put_text(GByteArray *b, uint16_t code, const char *text)
{
    size_t n = strlen(text);
    put_option(b, code, text, MIN(n, UINT16_MAX));
}

static void block_begin(struct sink_pcapng *s, uint32_t type)
{
    g_byte_array_set_size(s->block, 0);
    put_u32(s->block, type);
    put_u32(s->block, 0);
}

/* Closes the options; the length stands in front and behind. */
static void block_end(struct sink_pcapng *s)
{
    GByteArray *b = s->block;
    put_option(b, OPT_END, NULL, 0);
    uint32_t length = b->len + 4;
    put_u32(b, length);
    memcpy(b->data + 4, b->data + length - 4, 4);
    sink_out_put(&s->out, b->data, b->len);
}

static void put_section(struct sink_pcapng *s)
{
    block_begin(s, BLOCK_SECTION);
    put_u32(s->block, 0x1a2b3c4d);
    put_u16(s->block, 1);
    put_u16(s->block, 0);
    put_u32(s->block, UINT32_MAX); /* length of the section: not given */
    put_u32(s->block, UINT32_MAX);
    put_text(s->block, OPT_USERAPPL, "vpnsim");
    block_end(s);
}

static void put_interface(struct sink_pcapng *s, const char *name)
{
    block_begin(s, BLOCK_INTERFACE);
    put_u16(s->block, LINKTYPE_RAW);
    put_u16(s->block, 0);
    put_u32(s->block, 0); /* no limit of length */
    put_text(s->block, OPT_IF_NAME, name);
    put_option(s->block, OPT_IF_TSRESOL, (const uint8_t[]){9}, 1);
    block_end(s);
}

static void put_packet(struct sink_pcapng *s, guint interface, sim_time at, uint32_t direction,
                       struct span frame, size_t whole, const char *comment)
{
    uint64_t ns = (uint64_t)(at + SECONDS(SINK_EPOCH_S));
    uint8_t flags[4] = {(uint8_t)direction};
    block_begin(s, BLOCK_PACKET);
    put_u32(s->block, interface);
    put_u32(s->block, (uint32_t)(ns >> 32));
    put_u32(s->block, (uint32_t)ns);
    put_u32(s->block, (uint32_t)frame.n);
    put_u32(s->block, (uint32_t)whole);
    put_padded(s->block, frame.p, frame.n);
    if (comment && *comment)
        put_text(s->block, OPT_COMMENT, comment);
    put_option(s->block, OPT_EPB_FLAGS, flags, sizeof flags);
    block_end(s);
}

/* ---- interfaces ---- */

static void interface_clear(void *p)
{
    struct interface *i = p;
    g_free(i->link);
    g_free(i->node);
}

static guint interface_new(struct sink_pcapng *s, const char *link, uint32_t end, const char *node,
                           const char *name)
{
    struct interface i = {g_strdup(link), g_strdup(node), end};
    g_array_append_val(s->interfaces, i);
    put_interface(s, name);
    return s->interfaces->len - 1;
}

void sink_pcapng_interface(struct sink_pcapng *s, const char *link, uint32_t end, const char *node,
                           const char *name)
{
    interface_new(s, link, end, node, name);
}

/* The interface a packet left by: the end of the link that the event names. */
static guint interface_sending(struct sink_pcapng *s, const char *link, uint32_t end,
                               const char *node)
{
    for (guint i = 0; i < s->interfaces->len; i++) {
        const struct interface *x = &g_array_index(s->interfaces, struct interface, i);
        if (x->end == end && strcmp(x->link, link) == 0)
            return i;
    }
    g_autofree char *name = g_strdup_printf("%s:%s:%u", link, node, end);
    return interface_new(s, link, end, node, name);
}

/* The interface a packet came in at: the node's end of that link, which is not the sender's. */
static guint interface_receiving(struct sink_pcapng *s, const char *link, uint32_t sender,
                                 const char *node)
{
    for (guint i = 0; i < s->interfaces->len; i++) {
        const struct interface *x = &g_array_index(s->interfaces, struct interface, i);
        if (x->end != sender && strcmp(x->link, link) == 0 && strcmp(x->node, node) == 0)
            return i;
    }
    g_autofree char *name = g_strdup_printf("%s:%s", link, node);
    return interface_new(s, link, UINT32_MAX, node, name);
}

/* ---- packets ---- */

/* Wireshark takes a message of an encrypted chain for a link of its own each time it sees it; and
 * it tells the two public values apart by address: one that comes from another address, behind a
 * translator, it takes for the peer's. */
static bool reads_only_once(const struct isakmp_head *h)
{
    return h->flags & ISAKMP_FLAG_ENCRYPTED;
}
static bool reads_from_one_address(const struct isakmp_head *h)
{
    return h->next_payload == PAYLOAD_KE || h->exchange == EXCHANGE_AGGRESSIVE;
}

/* How much of the frame is recorded: less when it repeats an ISAKMP message in a way that would be
 * misread. */
static size_t bytes_kept(struct sink_pcapng *s, struct span frame)
{
    enum { IP_SOURCE = 12 };
    struct isakmp_head h;
    struct span message;
    if ((s->flags & SINK_PCAPNG_WHOLE) || !isakmp_in_ip4(frame, &h, &message))
        return frame.n;
    bool once = reads_only_once(&h);
    if (!once && !reads_from_one_address(&h))
        return frame.n;
    char *digest = g_compute_checksum_for_data(G_CHECKSUM_SHA256, message.p, message.n);
    gpointer source = GUINT_TO_POINTER(be32_get(frame.p + IP_SOURCE)), before;
    if (g_hash_table_lookup_extended(s->seen, digest, NULL, &before)) {
        g_free(digest);
        return once || before != source ? (size_t)(message.p - frame.p) + ISAKMP_HEAD : frame.n;
    }
    if (g_hash_table_size(s->seen) >= SINK_MEMORY_MAX) /* all that can be remembered */
        g_hash_table_remove_all(s->seen);
    g_hash_table_insert(s->seen, digest, source);
    return frame.n;
}

#define REPEATED "the same message was recorded before; cut behind its header"

static void held_flush(struct sink_pcapng *s)
{
    if (!s->held.full)
        return;
    s->held.full = false;
    put_packet(s, s->held.interface, s->held.at, FLAG_OUTBOUND,
               span_of(s->held.frame->data, s->held.frame->len), s->held.whole,
               s->held.comment->str);
}

static void sent(struct sink_pcapng *s, const struct trace_event *e, const struct ev_link_tx *ev)
{
    size_t n = bytes_kept(s, ev->frame);
    s->held.interface = interface_sending(s, ev->link, ev->end, e->scope->name);
    s->held.link = g_array_index(s->interfaces, struct interface, s->held.interface).link;
    s->held.full = true;
    s->held.end = ev->end;
    s->held.number = ev->number;
    s->held.at = e->at;
    s->held.whole = ev->frame.n;
    g_byte_array_set_size(s->held.frame, 0);
    g_byte_array_append(s->held.frame, ev->frame.p, (guint)n);
    g_string_assign(s->held.comment, n < ev->frame.n ? REPEATED : "");
}

static void dropped(struct sink_pcapng *s, const struct ev_link_drop *ev)
{
    if (!s->held.full || s->held.end != ev->end || s->held.number != ev->number ||
        strcmp(s->held.link, ev->link) != 0)
        return;
    g_string_append_printf(s->held.comment, "%s%s", s->held.comment->len ? "; " : "",
                           drop_reason_text(ev->why));
}

static void received(struct sink_pcapng *s, const struct trace_event *e,
                     const struct ev_link_rx *ev)
{
    guint i = interface_receiving(s, ev->link, ev->end, e->scope->name);
    size_t n = bytes_kept(s, ev->frame);
    put_packet(s, i, e->at, FLAG_INBOUND, span_sub(ev->frame, 0, n), ev->frame.n,
               n < ev->frame.n ? REPEATED : NULL);
}

static void on_event(void *self, const struct trace_event *e)
{
    struct sink_pcapng *s = self;
    if (e->id == EV_link_drop) {
        dropped(s, e->data);
        return;
    }
    held_flush(s);
    if (e->id == EV_link_tx)
        sent(s, e, e->data);
    else
        received(s, e, e->data);
}

/* ---- life ---- */

struct sink_pcapng *sink_pcapng_new(struct trace *t, unsigned flags, const char *stream_dir,
                                    GError **error)
{
    struct sink_pcapng *s = g_new0(struct sink_pcapng, 1);
    if (!sink_out_open(&s->out, stream_dir, FILE_NAME, error)) {
        g_free(s);
        return NULL;
    }
    s->trace = t;
    s->flags = flags;
    s->interfaces = g_array_new(FALSE, FALSE, sizeof(struct interface));
    g_array_set_clear_func(s->interfaces, interface_clear);
    s->seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    s->block = g_byte_array_new();
    s->held.frame = g_byte_array_new();
    s->held.comment = g_string_new(NULL);
    put_section(s);
    struct trace_mask want = {0};
    if (flags & SINK_PCAPNG_TX) {
        trace_mask_add(&want, EV_link_tx);
        trace_mask_add(&want, EV_link_drop);
    }
    if (flags & SINK_PCAPNG_RX)
        trace_mask_add(&want, EV_link_rx);
    trace_subscribe(t, NULL, &want, on_event, s);
    return s;
}

bool sink_pcapng_write(struct sink_pcapng *s, const char *dir, GError **error)
{
    held_flush(s);
    return sink_out_close(&s->out, dir, FILE_NAME, error);
}

void sink_pcapng_free(struct sink_pcapng *s)
{
    if (!s)
        return;
    trace_unsubscribe(s->trace, on_event, s);
    sink_out_clear(&s->out);
    g_array_free(s->interfaces, TRUE);
    g_hash_table_destroy(s->seen);
    g_byte_array_free(s->block, TRUE);
    g_byte_array_free(s->held.frame, TRUE);
    g_string_free(s->held.comment, TRUE);
    g_free(s);
}
