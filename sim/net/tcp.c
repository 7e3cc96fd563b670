/* TCP of a node: who listens, which connections there are, how they begin and end (RFC 9293 3.9.1,
 * the user's calls; 3.10.7, to which connection a segment belongs). */
#include "tcp_priv.h"

#include "kernel/rng.h"

#define FIRST_PORT     49152 /* RFC 6335 6: dynamic ports */
#define HALF_OPEN_MAX  128   /* a listener */
#define CONNS_MAX      50000 /* a node, of those that others opened */
#define WINDOW_DEFAULT 65535
#define WINDOW_MOST    (1u << 30) /* RFC 7323 2.3 */

/* ---- The node's part ---- */

static guint key_hash(gconstpointer p)
{
    const struct tcp_key *k = p;
    uint64_t h = (uint64_t)k->remote << 32 | (uint32_t)k->lport << 16 | k->rport;
    h = (h ^ k->local) * UINT64_C(0x9E3779B97F4A7C15);
    return (guint)(h >> 32);
}

static gboolean key_equal(gconstpointer a, gconstpointer b)
{
    const struct tcp_key *x = a, *y = b;
    return x->local == y->local && x->remote == y->remote && x->lport == y->lport &&
           x->rport == y->rport;
}

static void count_init(struct tcp_stack *s)
{
    struct trace_scope *scope = s->node->scope;
    const struct {
        uint64_t **slot;
        const char *name;
    } counter[] = {
        {&s->count.opened, "tcp.opened"},
        {&s->count.accepted, "tcp.accepted"},
        {&s->count.closed, "tcp.ended"},
        {&s->count.in, "tcp.in.segments"},
        {&s->count.out, "tcp.out.segments"},
        {&s->count.bytes_in, "tcp.in.bytes"},
        {&s->count.bytes_out, "tcp.out.bytes"},
        {&s->count.again, "tcp.out.again"},
        {&s->count.dup, "tcp.in.duplicate"},
        {&s->count.ooo, "tcp.in.out-of-order"},
        {&s->count.wrong, "tcp.in.wrong-bytes"},
        {&s->count.resets_in, "tcp.in.resets"},
        {&s->count.resets_out, "tcp.out.resets"},
        {&s->count.timeouts, "tcp.timeouts"},
        {&s->count.fast, "tcp.fast-retransmits"},
        {&s->count.probes, "tcp.out.probes"},
        {&s->count.path_mtu, "tcp.path-mtu-lowered"},
        {&s->count.challenges, "tcp.out.challenges"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(counter); i++)
        *counter[i].slot = trace_counter(scope, counter[i].name);
}

static struct tcp_stack *stack_of(struct net_node *n)
{
    if (n->tcp)
        return n->tcp;
    struct tcp_stack *s = n->tcp = g_new0(struct tcp_stack, 1);
    g_autofree char *stream = g_strdup_printf("%s/tcp", net_node_name(n));
    s->node = n;
    s->conns = g_ptr_array_new();
    s->by_key = g_hash_table_new(key_hash, key_equal);
    s->listeners = g_ptr_array_new();
    s->paths = g_array_new(FALSE, FALSE, sizeof(struct tcp_path));
    s->rng = rng_stream(n->net->sim, stream);
    s->next_port = FIRST_PORT;
    count_init(s);
    net_icmp_watch(n, tcp_icmp, s);
    return s;
}

static void conn_free(struct net_tcp *c)
{
    tcp_timers_clear(c);
    g_free(c->ranges);
    g_free(c->flow);
    g_free(c);
}

static void listener_free(struct tcp_listener *l)
{
    g_free(l->flow);
    g_free(l);
}

static void leave_listener(struct net_tcp *c)
{
    struct tcp_listener *l = c->listener;
    c->listener = NULL;
    if (l && --l->half_open == 0 && l->closed)
        listener_free(l);
}

void tcp_free(struct net_node *n)
{
    struct tcp_stack *s = n->tcp;
    if (!s)
        return;
    for (guint i = 0; i < s->conns->len; i++) {
        leave_listener(s->conns->pdata[i]);
        conn_free(s->conns->pdata[i]);
    }
    for (guint i = 0; i < s->listeners->len; i++)
        listener_free(s->listeners->pdata[i]);
    g_ptr_array_unref(s->conns);
    g_ptr_array_unref(s->listeners);
    g_hash_table_unref(s->by_key);
    g_array_unref(s->paths);
    g_free(s);
    n->tcp = NULL;
}

size_t net_tcp_count(const struct net_node *n)
{
    return n->tcp ? n->tcp->conns->len : 0;
}

void net_tcp_set_resets(struct net_node *n, bool on)
{
    n->tcp_resets = on ? 1 : -1;
}

void net_tcp_set_window(struct net_node *n, uint32_t window)
{
    n->tcp_window = window;
}

/* ---- Connections ---- */

static struct net_tcp_settings with_defaults(const struct net_node *n,
                                             const struct net_tcp_settings *given)
{
    struct net_tcp_settings s = *given;
    s.flow = NULL;
    s.window = s.window ? s.window : n->tcp_window;
    s.window = s.window ? MIN(s.window, WINDOW_MOST) : WINDOW_DEFAULT;
    s.ack_delay = s.ack_delay ? s.ack_delay : MILLISECONDS(200);
    s.rto_min = s.rto_min ? s.rto_min : SECONDS(1);
    s.tries = s.tries ? s.tries : 8;
    s.syn_tries = s.syn_tries ? s.syn_tries : 6;
    s.time_wait = s.time_wait ? s.time_wait : SECONDS(60);
    return s;
}

/* The smallest shift with which the whole window can be told: RFC 7323 2.3. */
static uint8_t shift_for(uint32_t window)
{
    uint8_t shift = 0;
    while (shift < TCP_WSCALE_MAX && window >> shift > UINT16_MAX)
        shift++;
    return shift;
}

struct net_tcp *tcp_new(struct tcp_stack *s, struct tcp_key key, bool opener,
                        const struct net_tcp_settings *set)
{
    struct net_tcp *c = g_new0(struct net_tcp, 1);
    c->stack = s;
    c->key = key;
    c->opener = opener;
    c->id = ++s->next_id;
    c->flow = g_strdup(set->flow ? set->flow : "");
    c->set = with_defaults(s->node, set);
    c->iss = set->iss_given ? set->iss : rng_u32(s->rng);
    c->snd_end = 1;
    c->offer_shift = shift_for(c->set.window);
    c->recover = -1;
    tcp_size_init(c);
    tcp_congestion_init(c);
    tcp_timers_init(c);
    c->index = s->conns->len;
    g_ptr_array_add(s->conns, c);
    g_hash_table_insert(s->by_key, &c->key, c);
    return c;
}

void tcp_set_state(struct net_tcp *c, enum net_tcp_state state)
{
    TRACE(c->stack->node->scope, tcp_state, .flow = c->flow, .conn = c->id,
          .old = net_tcp_state_name(c->state), .new = net_tcp_state_name(state));
    c->state = state;
}

void tcp_half_open(struct net_tcp *c, struct tcp_listener *l)
{
    c->listener = l;
    l->half_open++;
}

/* Out of every list: no segment and no timer finds it any more. */
void tcp_kill(struct net_tcp *c)
{
    struct tcp_stack *s = c->stack;
    if (c->dead)
        return;
    c->dead = true;
    if (c->state != NET_TCP_CLOSED)
        tcp_set_state(c, NET_TCP_CLOSED);
    leave_listener(c);
    tcp_timers_clear(c);
    g_hash_table_remove(s->by_key, &c->key);
    g_ptr_array_remove_index_fast(s->conns, c->index);
    if (c->index < s->conns->len)
        ((struct net_tcp *)s->conns->pdata[c->index])->index = c->index;
    ++*s->count.closed;
    if (c->busy == 0)
        conn_free(c);
}

void tcp_release(struct net_tcp *c)
{
    if (--c->busy == 0 && c->dead)
        conn_free(c);
}

/* Whoever owned it hears from it for the last time. */
static void tell_end(struct net_tcp *c, enum net_tcp_end why)
{
    struct net_tcp_calls calls = c->calls;
    void *self = c->self;
    c->calls = (struct net_tcp_calls){0};
    c->self = NULL;
    if (calls.end)
        calls.end(self, c, why);
}

void tcp_end(struct net_tcp *c, enum net_tcp_end why)
{
    tcp_hold(c);
    tcp_kill(c);
    tell_end(c, why);
    tcp_release(c);
}

void tcp_wait(struct net_tcp *c)
{
    tcp_set_state(c, NET_TCP_TIME_WAIT);
    tcp_wait_begin(c);
    tell_end(c, NET_TCP_END_CLOSED);
}

bool tcp_established(struct net_tcp *c)
{
    struct tcp_listener *l = c->listener;
    bool unheard = l && l->closed;
    tcp_set_state(c, NET_TCP_ESTABLISHED);
    leave_listener(c);
    if (c->fin_wanted)
        tcp_set_state(c, NET_TCP_FIN_WAIT_1);
    if (l) {
        if (unheard || !l->accept(l->self, c, &c->calls, &c->self)) {
            if (!c->dead) {
                tcp_send_reset(c);
                tcp_kill(c);
            }
            return false;
        }
        ++*c->stack->count.accepted;
    }
    tcp_heard(c);
    if (c->calls.open && !c->dead)
        c->calls.open(c->self, c);
    return !c->dead;
}

/* ---- The user's calls ---- */

static bool listener_find(const struct tcp_stack *s, uint16_t port, guint *at)
{
    for (*at = 0; *at < s->listeners->len; ++*at) {
        uint16_t there = ((struct tcp_listener *)s->listeners->pdata[*at])->port;
        if (there >= port)
            return there == port;
    }
    return false;
}

bool tcp_bound(const struct net_node *n, uint16_t port)
{
    guint at;
    return (n->tcp && listener_find(n->tcp, port, &at)) || tcp_raw_bound(n, port);
}

bool net_tcp_listen(struct net_node *n, uint16_t port, const struct net_tcp_settings *settings,
                    net_tcp_accept_fn accept, void *self)
{
    struct tcp_stack *s = stack_of(n);
    guint at;
    if (port == 0 || listener_find(s, port, &at) || tcp_raw_bound(n, port))
        return false;
    struct tcp_listener *l = g_new0(struct tcp_listener, 1);
    l->stack = s;
    l->port = port;
    l->flow = g_strdup(settings->flow);
    l->set = *settings;
    l->set.flow = l->flow;
    l->accept = accept;
    l->self = self;
    g_ptr_array_insert(s->listeners, (gint)at, l);
    return true;
}

void net_tcp_unlisten(struct net_node *n, uint16_t port)
{
    guint at;
    if (!n->tcp || !listener_find(n->tcp, port, &at))
        return;
    struct tcp_listener *l = n->tcp->listeners->pdata[at];
    g_ptr_array_remove_index(n->tcp->listeners, at);
    l->closed = true;
    if (l->half_open == 0)
        listener_free(l);
}

static bool free_port(struct tcp_stack *s, struct tcp_key *key)
{
    for (int tries = UINT16_MAX - FIRST_PORT; tries >= 0; tries--) {
        key->lport = s->next_port;
        s->next_port = s->next_port == UINT16_MAX ? FIRST_PORT : s->next_port + 1;
        if (!g_hash_table_contains(s->by_key, key))
            return true;
    }
    return false;
}

struct net_tcp *net_tcp_connect(struct net_node *n, ip4 src, uint16_t sport, ip4 dst,
                                uint16_t dport, const struct net_tcp_settings *settings,
                                const struct net_tcp_calls *calls, void *self)
{
    struct tcp_stack *s = stack_of(n);
    if (!ip_source(n, &src, dst))
        return NULL;
    struct tcp_key key = {.local = src, .remote = dst, .lport = sport, .rport = dport};
    if (sport == 0 ? !free_port(s, &key) : g_hash_table_contains(s->by_key, &key))
        return NULL;
    struct net_tcp *c = tcp_new(s, key, true, settings);
    c->calls = *calls;
    c->self = self;
    ++*s->count.opened;
    tcp_hold(c);
    tcp_set_state(c, NET_TCP_SYN_SENT);
    tcp_send_syn(c);
    tcp_release(c);
    return c;
}

void net_tcp_send(struct net_tcp *c, uint64_t n)
{
    if (c->fin_wanted || c->dead)
        return;
    c->snd_end += (tcp_seq)MIN(n, (uint64_t)(INT64_MAX / 4 - c->snd_end));
    if (c->state == NET_TCP_ESTABLISHED || c->state == NET_TCP_CLOSE_WAIT) {
        tcp_hold(c);
        tcp_output(c);
        tcp_release(c);
    }
}

/* RFC 9293 3.10.4. While it is being opened, the FIN waits with the data. */
void net_tcp_close(struct net_tcp *c)
{
    if (c->fin_wanted || c->dead)
        return;
    c->fin_wanted = true;
    if (c->state == NET_TCP_ESTABLISHED)
        tcp_set_state(c, NET_TCP_FIN_WAIT_1);
    else if (c->state == NET_TCP_CLOSE_WAIT)
        tcp_set_state(c, NET_TCP_LAST_ACK);
    else
        return;
    tcp_hold(c);
    tcp_output(c);
    tcp_release(c);
}

void net_tcp_abort(struct net_tcp *c)
{
    if (c->dead)
        return;
    c->calls = (struct net_tcp_calls){0};
    tcp_hold(c);
    if (c->state != NET_TCP_SYN_SENT)
        tcp_send_reset(c);
    tcp_kill(c);
    tcp_release(c);
}

void net_tcp_forget(struct net_tcp *c)
{
    c->calls = (struct net_tcp_calls){0};
    tcp_kill(c);
}

void net_tcp_forget_all(struct net_node *n)
{
    while (n->tcp && n->tcp->conns->len > 0)
        tcp_end(n->tcp->conns->pdata[n->tcp->conns->len - 1], NET_TCP_END_LOST);
}

/* RFC 9293 3.8.6.2.2: what is read opens the window, and the peer must hear of it. */
void net_tcp_hold(struct net_tcp *c, bool hold)
{
    c->hold = hold;
    if (hold || c->unread == 0 || c->dead)
        return;
    c->unread = 0;
    tcp_hold(c);
    tcp_send_ack(c);
    tcp_release(c);
}

void net_tcp_info(const struct net_tcp *c, struct net_tcp_info *out)
{
    tcp_seq in = MAX(c->rcv_nxt - 1, 0) - (c->fin_at && c->rcv_nxt > c->fin_at ? 1 : 0);
    *out = (struct net_tcp_info){
        .state = c->state,
        .id = c->id,
        .local = c->key.local,
        .remote = c->key.remote,
        .lport = c->key.lport,
        .rport = c->key.rport,
        .queued = (uint64_t)c->snd_end - 1,
        .acked = (uint64_t)MAX(MIN(c->snd_una, c->snd_end) - 1, 0),
        .received = (uint64_t)in,
        .wrong = c->wrong,
        .again = c->again,
        .mss = c->smss,
        .announced = c->announced,
        .peer_mss = c->peer_mss,
        .iss = c->iss,
        .irs = c->irs,
        .cwnd = c->cwnd,
        .ssthresh = c->ssthresh,
        .send_window = c->snd_wnd,
        .receive_window = c->set.window - c->unread,
        .send_shift = c->snd_shift,
        .receive_shift = c->rcv_shift,
        .srtt = c->srtt,
        .rto = c->rto,
    };
}

const struct net_tcp *net_tcp_by_id(const struct net_node *n, uint32_t id)
{
    for (guint i = 0; n->tcp && i < n->tcp->conns->len; i++) {
        const struct net_tcp *c = n->tcp->conns->pdata[i];
        if (c->id == id)
            return c;
    }
    return NULL;
}

/* ---- Segments in ---- */

/* A SYN to a port that is listened to: RFC 9293 3.10.7.2. */
static void passive_open(struct tcp_stack *s, struct tcp_listener *l, struct tcp_key key,
                         const struct tcp_head *h)
{
    struct net_tcp *c = tcp_new(s, key, false, &l->set);
    tcp_hold(c);
    tcp_half_open(c, l);
    tcp_take_syn(c, h);
    tcp_set_state(c, NET_TCP_SYN_RCVD);
    tcp_send_syn(c);
    tcp_release(c);
}

static bool resets(const struct net_node *n)
{
    return n->tcp_resets ? n->tcp_resets > 0 : !n->forwards;
}

static enum drop_reason no_connection(struct net_node *n, const struct ip4_head *ip,
                                      struct tcp_key key, const struct tcp_head *h,
                                      struct span payload)
{
    struct tcp_stack *s = n->tcp;
    guint at;
    if (s && !(h->flags & (TCP_RST | TCP_ACK)) && h->flags & TCP_SYN &&
        listener_find(s, h->dport, &at)) {
        struct tcp_listener *l = s->listeners->pdata[at];
        if (l->half_open >= HALF_OPEN_MAX || s->conns->len >= CONNS_MAX)
            return DROP_TCP_LIMIT;
        passive_open(s, l, key, h);
        return DROP_NONE;
    }
    if (resets(n) && !(h->flags & TCP_RST))
        tcp_refuse(n, ip->dst, ip->src, h, payload.n);
    return DROP_TCP_NO_PORT;
}

void tcp_input(struct net_node *n, struct net_if *in, struct pkt *p, const struct ip4_head *ip)
{
    struct tcp_head h;
    struct span payload;
    struct span body = span_sub(pkt_span(p), ip->head_bytes, p->len);
    enum wire_status status = tcp_parse(ip->src, ip->dst, body, &h, &payload);
    enum drop_reason why = status == WIRE_CHECKSUM ? DROP_TCP_CHECKSUM
                           : status != WIRE_OK     ? DROP_TCP_SHORT
                                                   : DROP_NONE;
    /* RFC 9293 3.9.2.3: nothing that came to many is TCP's, and nobody has port 0. */
    if (why == DROP_NONE && (dest_of(n, ip->dst)->kind != DEST_LOCAL || ip->src == 0))
        why = DROP_TCP_NO_PORT;
    if (why == DROP_NONE && n->tcp_raw && tcp_raw_input(n, in, ip, &h, payload)) {
        pkt_unref(p);
        return;
    }
    if (why == DROP_NONE) {
        struct tcp_key key = {ip->dst, ip->src, h.dport, h.sport};
        struct net_tcp *c = n->tcp ? g_hash_table_lookup(n->tcp->by_key, &key) : NULL;
        if (n->tcp)
            ++*n->tcp->count.in;
        if (c) {
            tcp_hold(c);
            tcp_segment(c, &h, payload);
            tcp_release(c);
        } else {
            why = no_connection(n, ip, key, &h, payload);
        }
    }
    if (why != DROP_NONE)
        pkt_drop(n, p, why);
    else
        pkt_unref(p);
}

/* ---- Names ---- */

const char *net_tcp_state_name(enum net_tcp_state s)
{
    static const char *const name[] = {
        [NET_TCP_CLOSED] = "CLOSED",         [NET_TCP_SYN_SENT] = "SYN-SENT",
        [NET_TCP_SYN_RCVD] = "SYN-RECEIVED", [NET_TCP_ESTABLISHED] = "ESTABLISHED",
        [NET_TCP_FIN_WAIT_1] = "FIN-WAIT-1", [NET_TCP_FIN_WAIT_2] = "FIN-WAIT-2",
        [NET_TCP_CLOSE_WAIT] = "CLOSE-WAIT", [NET_TCP_CLOSING] = "CLOSING",
        [NET_TCP_LAST_ACK] = "LAST-ACK",     [NET_TCP_TIME_WAIT] = "TIME-WAIT",
    };
    return name[s];
}

const char *net_tcp_end_name(enum net_tcp_end why)
{
    static const char *const name[] = {
        [NET_TCP_END_CLOSED] = "closed",
        [NET_TCP_END_REFUSED] = "refused",
        [NET_TCP_END_RESET] = "reset",
        [NET_TCP_END_TIMEOUT] = "timeout",
        [NET_TCP_END_UNREACHABLE] = "unreachable",
        [NET_TCP_END_IDLE] = "idle",
        [NET_TCP_END_NO_ROUTE] = "no-route",
        [NET_TCP_END_LOST] = "lost",
    };
    return name[why];
}
