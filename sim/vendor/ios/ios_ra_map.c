/* What a crypto map says of those who come in by it, where no profile does:
 * crypto map M client authentication list, isakmp authorization list, client configuration address.
 * Found by the address that the peer called (hub-and-spoke.md, HUB-03 to HUB-05). */
#include "vendor/ios/ios_ra.h"

#include <string.h>

static struct ios_map_way *way_find(const struct ios *s, const char *map)
{
    for (guint i = 0; map && i < s->ra->map_ways->len; i++) {
        struct ios_map_way *w = g_ptr_array_index(s->ra->map_ways, i);
        if (strcmp(w->map, map) == 0)
            return w;
    }
    return NULL;
}

const struct ios_client_way *ios_ra_way_of_map(const struct ios *s, const char *map)
{
    const struct ios_map_way *w = way_find(s, map);
    return w ? &w->way : NULL;
}

static struct ios_map_way *way_make(struct ios *s, const char *map)
{
    struct ios_map_way *w = way_find(s, map);
    if (!w) {
        w = g_new0(struct ios_map_way, 1);
        w->map = g_strdup(map);
        g_ptr_array_add(s->ra->map_ways, w);
        ipsec_map_make(s->d->ipsec_conf, map);
    }
    return w;
}

void ios_map_ways_free(struct ios_ra *ra)
{
    for (guint i = 0; i < ra->map_ways->len; i++) {
        struct ios_map_way *w = g_ptr_array_index(ra->map_ways, i);
        ios_way_clear(&w->way);
        g_free(w->map);
        g_free(w);
    }
    g_ptr_array_unref(ra->map_ways);
}

static const struct ios_client_way nothing;

const struct ios_client_way *ios_ra_way(struct ios *s, ip4 local, const char *party)
{
    const struct ios_profile *p = party && *party ? ios_profile_find(s, party) : NULL;
    if (p)
        return &p->way;
    for (size_t i = 0; i < net_if_count(s->d->node); i++) {
        const struct net_if *on = net_if_at(s->d->node, i);
        const char *map = ipsec_bound(s->d->ipsec, on);
        const struct ios_map_way *w = map ? way_find(s, map) : NULL;
        if (w && ipsec_local_address(s->d->ipsec, on) == local)
            return &w->way;
    }
    return &nothing;
}

static void login_list(void *self, const struct cli_args *a, GString *out)
{
    ios_way_set(&way_make(self, cli_arg(a, "map"))->way, a, true);
    ios_changed(self, "client authentication list");
}

static void author_list(void *self, const struct cli_args *a, GString *out)
{
    ios_way_set(&way_make(self, cli_arg(a, "map"))->way, a, false);
    ios_changed(self, "isakmp authorization list");
}

static void address(void *self, const struct cli_args *a, GString *out)
{
    struct ios_client_way *way = &way_make(self, cli_arg(a, "map"))->way;
    *(cli_has(a, "initiate") ? &way->initiate : &way->respond) = !cli_negated(a);
    ios_changed(self, "client configuration address");
}

void ios_ra_running_map(const struct ios *s, const char *map, GString *out)
{
    const struct ios_map_way *w = way_find(s, map);
    if (!w)
        return;
    if (w->way.login_list)
        g_string_append_printf(out, "crypto map %s client authentication list %s\n", map,
                               w->way.login_list);
    if (w->way.author_list)
        g_string_append_printf(out, "crypto map %s isakmp authorization list %s\n", map,
                               w->way.author_list);
    if (w->way.initiate)
        g_string_append_printf(out, "crypto map %s client configuration address initiate\n", map);
    if (w->way.respond)
        g_string_append_printf(out, "crypto map %s client configuration address respond\n", map);
}

// clang-format off
const struct cli_command ios_config_ra_map[] = {
    { "crypto map map:WORD client authentication list list:WORD",            login_list,  CLI_NO | CLI_NO_ONLY_PREFIX },
    { "crypto map map:WORD isakmp authorization list list:WORD",             author_list, CLI_NO | CLI_NO_ONLY_PREFIX },
    { "crypto map map:WORD client configuration address (respond|initiate)", address,     CLI_NO | CLI_NO_ONLY_PREFIX },
    { 0 } };
// clang-format on
