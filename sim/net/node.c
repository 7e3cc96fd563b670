/* Nets and nodes: who exists, what they are called, what the rooms above handed in. */
#include "qos_priv.h"

/* RFC 1700 gave 64 to hosts; routers of the time begin at 255. */
#define TTL_HOST   64
#define TTL_ROUTER 255

struct net *net_new(struct sim *sim, struct trace *trace)
{
    struct net *net = g_new0(struct net, 1);
    net->sim = sim;
    net->trace = trace;
    net->nodes = g_ptr_array_new_with_free_func((GDestroyNotify)node_free);
    net->links = g_ptr_array_new_with_free_func((GDestroyNotify)link_free);
    net->node_of = g_hash_table_new(g_str_hash, g_str_equal);
    net->link_of = g_hash_table_new(g_str_hash, g_str_equal);
    return net;
}

void net_free(struct net *net)
{
    if (!net)
        return;
    g_hash_table_unref(net->node_of);
    g_hash_table_unref(net->link_of);
    g_ptr_array_unref(net->links);
    g_ptr_array_unref(net->nodes);
    g_free(net);
}

struct sim *net_sim(const struct net *net)
{
    return net->sim;
}

struct trace *net_trace(const struct net *net)
{
    return net->trace;
}

struct net_node *net_node_new(struct net *net, const char *name, bool forwards)
{
    struct net_node *n = g_new0(struct net_node, 1);
    n->net = net;
    n->scope = trace_scope_new(net->trace, name);
    n->forwards = forwards;
    n->ttl = forwards ? TTL_ROUTER : TTL_HOST;
    n->generation = 1;
    n->ip_id = 1;
    n->ping_id = 1;
    n->ifs = g_ptr_array_new_with_free_func((GDestroyNotify)if_free);
    n->routes = g_ptr_array_new_with_free_func((GDestroyNotify)route_free);
    n->loop_port = (struct sim_port){ip_loop_event, n};
    g_queue_init(&n->looped);
    const struct {
        uint64_t **slot;
        const char *name;
    } counter[] = {
        {&n->count.sent, "ip.sent"},
        {&n->count.forwarded, "ip.forwarded"},
        {&n->count.delivered, "ip.delivered"},
        {&n->count.icmp_in, "icmp.in"},
        {&n->count.icmp_out, "icmp.out"},
        {&n->count.frag_made, "frag.made"},
        {&n->count.frag_joined, "frag.joined"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(counter); i++)
        *counter[i].slot = trace_counter(n->scope, counter[i].name);
    g_ptr_array_add(net->nodes, n);
    g_hash_table_insert(net->node_of, (gpointer)n->scope->name, n);
    return n;
}

static void array_unref(GArray *a)
{
    if (a)
        g_array_unref(a);
}

void node_free(struct net_node *n)
{
    ping_free_all(n);
    tcp_free(n);
    reassembly_free(n);
    conns_free(n);
    nat_free(n);
    for (struct pkt *p; (p = g_queue_pop_head(&n->looped));)
        pkt_unref(p);
    g_ptr_array_unref(n->routes);
    g_ptr_array_unref(n->ifs);
    qos_conf_free(n->qos);
    cpu_free(n->cpu);
    if (n->local)
        g_hash_table_unref(n->local);
    if (n->acls)
        g_ptr_array_unref(n->acls);
    array_unref(n->watches);
    array_unref(n->icmp_watches);
    array_unref(n->udp);
    array_unref(n->protos);
    array_unref(n->tcp_raw);
    array_unref(n->drops);
    g_free(n);
}

const char *net_node_name(const struct net_node *n)
{
    return n->scope->name;
}

struct net *net_node_net(const struct net_node *n)
{
    return n->net;
}

struct trace_scope *net_node_scope(const struct net_node *n)
{
    return n->scope;
}

void net_node_set_guard(struct net_node *n, const struct net_guard *guard)
{
    n->guard = *guard;
}

void net_node_set_hooks(struct net_node *n, const struct net_hooks *hooks)
{
    n->hooks = hooks ? *hooks : (struct net_hooks){0};
}

struct net_node *net_node_by_name(struct net *net, const char *name)
{
    return g_hash_table_lookup(net->node_of, name);
}

size_t net_node_count(const struct net *net)
{
    return net->nodes->len;
}

struct net_node *net_node_at(struct net *net, size_t i)
{
    return i < net->nodes->len ? g_ptr_array_index(net->nodes, i) : NULL;
}

void net_node_on_change(struct net_node *n, void (*fn)(void *self, struct net_if *i), void *self)
{
    if (!fn) {
        if (n->watches)
            g_array_set_size(n->watches, 0);
        return;
    }
    if (!n->watches)
        n->watches = g_array_new(FALSE, FALSE, sizeof(struct net_watch));
    struct net_watch w = {fn, self};
    g_array_append_val(n->watches, w);
}

void net_node_off_change(struct net_node *n, void (*fn)(void *self, struct net_if *i), void *self)
{
    for (guint k = n->watches ? n->watches->len : 0; k-- > 0;) {
        const struct net_watch *w = &g_array_index(n->watches, struct net_watch, k);
        if (w->fn == fn && w->self == self)
            g_array_remove_index(n->watches, k);
    }
}

void node_changed(struct net_node *n, struct net_if *i)
{
    n->generation++;
    if (i && n->local)
        g_clear_pointer(&n->local, g_hash_table_unref);
    for (guint k = 0; n->watches && k < n->watches->len; k++) {
        struct net_watch w = g_array_index(n->watches, struct net_watch, k);
        w.fn(w.self, i);
    }
}

/* A node drops for few reasons in its life. */
uint64_t *node_drop_counter(struct net_node *n, enum drop_reason why)
{
    for (guint k = 0; n->drops && k < n->drops->len; k++) {
        const struct drop_count *d = &g_array_index(n->drops, struct drop_count, k);
        if (d->why == why)
            return d->n;
    }
    if (!n->drops)
        n->drops = g_array_new(FALSE, FALSE, sizeof(struct drop_count));
    g_autofree char *name = g_strdup_printf("drop.%s", drop_reason_name((int)why));
    struct drop_count made = {why, trace_counter(n->scope, name)};
    g_array_append_val(n->drops, made);
    return made.n;
}

/* ---- Access lists of the node ---- */

/* Numbers by value, then names. */
static int acl_name_cmp(const char *a, const char *b)
{
    bool a_number = g_ascii_isdigit(a[0]), b_number = g_ascii_isdigit(b[0]);
    if (a_number != b_number)
        return a_number ? -1 : 1;
    if (a_number) {
        guint64 x = g_ascii_strtoull(a, NULL, 10), y = g_ascii_strtoull(b, NULL, 10);
        if (x != y)
            return x < y ? -1 : 1;
    }
    return strcmp(a, b);
}

static bool acl_find(const struct net_node *n, const char *name, guint *at)
{
    guint low = 0, high = n->acls ? n->acls->len : 0;
    while (low < high) {
        guint mid = (low + high) / 2;
        const struct acl *a = g_ptr_array_index(n->acls, mid);
        int order = acl_name_cmp(a->name, name);
        if (!order) {
            *at = mid;
            return true;
        }
        if (order < 0)
            low = mid + 1;
        else
            high = mid;
    }
    *at = low;
    return false;
}

struct acl *net_acl(struct net_node *n, const char *name)
{
    guint at;
    return name && acl_find(n, name, &at) ? g_ptr_array_index(n->acls, at) : NULL;
}

struct acl *net_acl_make(struct net_node *n, const char *name, bool extended)
{
    guint at;
    if (acl_find(n, name, &at))
        return g_ptr_array_index(n->acls, at);
    if (!n->acls)
        n->acls = g_ptr_array_new_with_free_func((GDestroyNotify)acl_free);
    struct acl *a = acl_new(name, extended);
    g_ptr_array_insert(n->acls, (gint)at, a);
    return a;
}

void net_acl_remove(struct net_node *n, const char *name)
{
    guint at;
    if (acl_find(n, name, &at))
        g_ptr_array_remove_index(n->acls, at);
}

size_t net_acl_count(const struct net_node *n)
{
    return n->acls ? n->acls->len : 0;
}

struct acl *net_acl_at(struct net_node *n, size_t i)
{
    return i < net_acl_count(n) ? g_ptr_array_index(n->acls, i) : NULL;
}
