/* Flows made. */
#include <string.h>

#include "scenario_priv.h"

static bool in_range(const struct yml_node *flow, const char *key, uint64_t low, uint64_t high,
                     GError **error)
{
    const struct yml_node *n = yml_get(flow, key);
    uint64_t v;
    if (!n || ((units_size(n->text, &v) || units_count(n->text, &v)) && v >= low && v <= high))
        return true;
    return yml_fail(error, n, "%s: from %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT, key,
                    (guint64)low, (guint64)high);
}

static bool moment(struct world *w, const struct yml_node *flow, const char *key, sim_time *out,
                   GError **error)
{
    const struct yml_node *n = yml_get(flow, key);
    return !n || get_moment(w, n, n->text, -1, out, error);
}

static bool has_address(struct net_node *node)
{
    for (size_t i = 0; i < net_if_count(node); i++)
        if (net_if_at(node, i)->addr != 0)
            return true;
    return false;
}

static const char *const kinds[] = {"icmp", "udp", "tcp", NULL};
static const char *const scales[] = {"auto", "on", "off", "unasked", NULL};

static int word_of(const struct yml_node *flow, const char *key, const char *const *words)
{
    const char *text = get_text(flow, key, words[0]);
    for (int i = 0; words[i]; i++)
        if (strcmp(words[i], text) == 0)
            return i;
    return 0; /* the schema lets no other pass */
}

/* Keys of one kind of traffic would be believed and never looked at in another. */
static bool check_kind(const struct yml_node *flow, enum traffic_kind kind, GError **error)
{
    static const char *const of_tcp[] = {"bytes",   "reply",     "download",     "mss",
                                         "window",  "window-to", "window-scale", "window-scale-to",
                                         "give-up", "keepalive", "tries",        "ignore-mss"};
    for (size_t i = 0; i < G_N_ELEMENTS(of_tcp); i++) {
        const struct yml_node *key = yml_key(flow, of_tcp[i]);
        if (key && kind != TRAFFIC_TCP)
            return yml_fail(error, key, "\"%s\" belongs to traffic of kind tcp", key->text);
    }
    const struct yml_node *timeout = yml_key(flow, "timeout");
    if (timeout && kind == TRAFFIC_TCP)
        return yml_fail(error, timeout, "\"timeout\" is for icmp; tcp has give-up");
    return true;
}

static bool load_tcp(const struct yml_node *flow, struct traffic_spec *spec, GError **error)
{
    spec->size = (uint32_t)get_size(flow, "size", 1000);
    spec->every = get_time(flow, "every", 0);
    spec->df = get_bool(flow, "df", true);
    spec->bytes = get_size(flow, "bytes", 0);
    spec->download = get_bool(flow, "download", false);
    spec->reply = (uint32_t)get_size(flow, "reply", 0);
    spec->give_up = get_time(flow, "give-up", 0);
    spec->keepalive = get_time(flow, "keepalive", 0);
    spec->mss = (uint16_t)get_count(flow, "mss", 0);
    spec->ignore_mss = get_bool(flow, "ignore-mss", false);
    spec->window = (uint32_t)get_size(flow, "window", 0);
    spec->window_to = (uint32_t)get_size(flow, "window-to", spec->window);
    spec->wscale = (enum net_tcp_wscale)word_of(flow, "window-scale", scales);
    spec->wscale_to = yml_get(flow, "window-scale-to")
                          ? (enum net_tcp_wscale)word_of(flow, "window-scale-to", scales)
                          : spec->wscale;
    spec->tries = (uint32_t)get_count(flow, "tries", 0);
    return in_range(flow, "size", 1, 16 << 20, error) &&
           in_range(flow, "reply", 1, 16 << 20, error) && in_range(flow, "mss", 1, 65495, error) &&
           in_range(flow, "window", 1, 1 << 30, error) &&
           in_range(flow, "window-to", 1, 1 << 30, error) &&
           in_range(flow, "tries", 1, 1000, error);
}

static bool load_flow(struct world *w, const struct yml_node *flow, GError **error)
{
    const struct yml_node *name = yml_get(flow, "name");
    struct device *from = get_device(w, yml_get(flow, "from"), error);
    struct device *to = from ? get_device(w, yml_get(flow, "to"), error) : NULL;
    if (!to)
        return false;
    for (guint i = 0; i < w->flows->len; i++)
        if (strcmp(traffic_name(w->flows->pdata[i]), name->text) == 0)
            return yml_fail(error, name, "there are two flows of the name \"%s\"", name->text);
    struct traffic_spec spec = {
        .name = name->text,
        .kind = (enum traffic_kind)word_of(flow, "kind", kinds),
        .from = from->node,
        .to = to->node,
        .stop = SIM_TIME_MAX,
        .every = get_time(flow, "every", SECONDS(1)),
        .burst = (uint32_t)get_count(flow, "burst", 1),
        .count = get_count(flow, "count", 0),
        .size = (uint32_t)get_size(flow, "size", 100),
        .sport = (uint16_t)get_count(flow, "sport", 0),
        .dport = (uint16_t)get_count(flow, "dport", 0),
        .tos = (uint8_t)get_count(flow, "tos", 0),
        .df = get_bool(flow, "df", false),
        .timeout = get_time(flow, "timeout", 0),
    };
    bool tcp = spec.kind == TRAFFIC_TCP;
    if (!check_kind(flow, spec.kind, error) || (tcp && !load_tcp(flow, &spec, error)))
        return false;
    if (!in_range(flow, "burst", 1, 100000, error) ||
        (!tcp && !in_range(flow, "size", 28, 65535, error)) ||
        !in_range(flow, "sport", 0, 65535, error) || !in_range(flow, "dport", 0, 65535, error) ||
        !in_range(flow, "tos", 0, 255, error))
        return false;
    if (spec.every <= 0 && yml_get(flow, "every"))
        return yml_fail(error, yml_get(flow, "every"), "every: longer than nothing");
    get_ip4(flow, "src", &spec.src);
    get_ip4(flow, "dst", &spec.dst);
    if (spec.dst == 0 && !has_address(to->node))
        return yml_fail(error, yml_get(flow, "to"), "%s has no address to send to", to->name);
    if (!moment(w, flow, "start", &spec.start, error) ||
        !moment(w, flow, "stop", &spec.stop, error))
        return false;
    g_autoptr(GError) cause = NULL;
    struct traffic *t = traffic_new(&spec, &cause);
    if (!t)
        return yml_fail(error, flow, "%s", cause->message);
    g_ptr_array_add(w->flows, t);
    return true;
}

bool load_traffic(struct world *w, GError **error)
{
    const struct yml_node *flows = yml_get(w->s->root, "traffic");
    for (size_t i = 0; i < yml_count(flows); i++)
        if (!load_flow(w, yml_at(flows, i), error))
            return false;
    return true;
}
