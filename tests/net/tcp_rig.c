#include "net/tcp_rig.h"

static void look(struct side *s)
{
    if (!s->c)
        return;
    net_tcp_info(s->c, &s->last);
    s->wrong = s->last.wrong;
    s->again = s->last.again;
}

static void begin(struct side *s)
{
    if (s->send)
        net_tcp_send(s->c, s->send);
    if (!s->stay)
        net_tcp_close(s->c);
}

static void on_open(void *self, struct net_tcp *c)
{
    struct side *s = self;
    s->c = c;
    s->opened = true;
    begin(s);
}

static void on_data(void *self, struct net_tcp *c, uint64_t offset, uint64_t n)
{
    struct side *s = self;
    s->out_of_order |= offset != s->got;
    s->got = offset + n;
    look(s);
}

static void on_acked(void *self, struct net_tcp *c, uint64_t total)
{
    struct side *s = self;
    s->out_of_order |= total < s->acked;
    s->acked = total;
    look(s);
}

static void on_fin(void *self, struct net_tcp *c)
{
    struct side *s = self;
    s->fin = true;
    if (!s->no_answer)
        net_tcp_close(c);
}

static void on_end(void *self, struct net_tcp *c, enum net_tcp_end why)
{
    struct side *s = self;
    look(s);
    s->ended = true;
    s->why = why;
    s->c = NULL;
}

const struct net_tcp_calls side_calls = {on_open, on_data, on_acked, on_fin, on_end};

static bool accept_one(void *self, struct net_tcp *c, struct net_tcp_calls *calls, void **owner)
{
    struct rig *r = self;
    if (r->server.c)
        return false;
    r->server.c = c;
    *calls = side_calls;
    *owner = &r->server;
    return true;
}

struct rig *rig_over(struct world *w, struct net_node *from, struct net_node *to, const char *dst)
{
    struct rig *r = g_new0(struct rig, 1);
    r->w = w;
    r->from = from;
    r->to = to;
    r->dst = addr(dst);
    r->set_from = r->set_to = (struct net_tcp_settings){.flow = "test", .key = KEY};
    return r;
}

struct rig *rig_new(uint64_t seed)
{
    struct pair *p = pair_new(seed);
    struct rig *r = rig_over(p->w, p->a, p->b, "10.0.0.2");
    r->p = p;
    return r;
}

void rig_listen(struct rig *r)
{
    cr_assert(net_tcp_listen(r->to, PORT, &r->set_to, accept_one, r));
}

void rig_connect(struct rig *r)
{
    r->client.c =
        net_tcp_connect(r->from, 0, 0, r->dst, PORT, &r->set_from, &side_calls, &r->client);
    cr_assert_not_null(r->client.c);
}

void rig_run(struct rig *r, uint64_t up, uint64_t down, sim_time until)
{
    r->client.send = up;
    r->server.send = down;
    rig_listen(r);
    rig_connect(r);
    world_run(r->w, until);
    look(&r->client);
    look(&r->server);
}

void rig_free(struct rig *r)
{
    if (r->p)
        pair_free(r->p);
    g_free(r);
}

static bool side_fine(const struct side *s, const struct side *peer)
{
    return s->ended && s->why == NET_TCP_END_CLOSED && s->got == peer->send && s->wrong == 0 &&
           !s->out_of_order;
}

bool rig_fine(const struct rig *r)
{
    return side_fine(&r->client, &r->server) && side_fine(&r->server, &r->client);
}

static void say(GString *out, const struct side *s, const struct side *peer)
{
    g_string_append_printf(
        out, "%s %" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT " wrong %" G_GUINT64_FORMAT "%s",
        s->ended ? net_tcp_end_name(s->why)
        : s->c   ? net_tcp_state_name(s->last.state)
                 : "nothing",
        s->got, peer->send, s->wrong, s->out_of_order ? " out of order" : "");
}

const char *rig_says(const struct rig *r)
{
    static _Thread_local char text[256];
    g_autoptr(GString) out = g_string_new(NULL);
    say(out, &r->client, &r->server);
    g_string_append(out, " | ");
    say(out, &r->server, &r->client);
    g_strlcpy(text, out->str, sizeof text);
    return text;
}

void rig_inject(struct net_node *from, ip4 src, ip4 dst, const struct tcp_head *h, size_t bytes)
{
    size_t heads = IP4_HEAD + tcp_head_size(h);
    struct pkt *p = pkt_new(heads + bytes);
    uint8_t *b = pkt_data(p);
    for (size_t i = 0; i < bytes; i++)
        b[heads + i] = (uint8_t)(i * 7 + 1);
    tcp_emit(src, dst, h, b + IP4_HEAD, bytes);
    const struct ip4_head ip = {.ttl = 64,
                                .protocol = IPPROTO_NUM_TCP,
                                .head_bytes = IP4_HEAD,
                                .total = (uint16_t)(heads + bytes),
                                .id = 77,
                                .src = src,
                                .dst = dst};
    ip4_head_emit(&ip, b);
    net_output(from, p);
}
