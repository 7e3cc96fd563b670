/* Crypto maps: every line names the map and the entry. */
#include "pix.h"

#include <string.h>

/* ---- The entry of a line ---- */

static const char *map_name(const struct cli_args *a)
{
    return cli_arg(a, "map");
}

/* The same words configure the templates of a dynamic map. */
static bool is_dynamic(const struct cli_args *a)
{
    return cli_has(a, "dynamic-map");
}

static struct ipsec_map *map_of(struct pix *s, const struct cli_args *a)
{
    const struct ipsec_conf *c = s->d->ipsec_conf;
    return is_dynamic(a) ? ipsec_dynamic_find(c, map_name(a)) : ipsec_map_find(c, map_name(a));
}

static struct ipsec_map_entry *find(struct pix *s, const struct cli_args *a)
{
    struct ipsec_map *map = map_of(s, a);
    uint32_t seq = 0;
    cli_arg_u32(a, "seq", &seq);
    return map ? ipsec_entry_find(map, seq) : NULL;
}

/* The entry a line is about: made when the line gives something, missed when it takes. */
static struct ipsec_map_entry *entry(struct pix *s, const struct cli_args *a, GString *out)
{
    struct ipsec_map_entry *e = find(s, a);
    uint32_t seq = 0;
    cli_arg_u32(a, "seq", &seq);
    if (e && e->dynamic) {
        pix_refuse(s, out, "ERROR: crypto map \"%s\" %u refers to a dynamic map", map_name(a), seq);
        return NULL;
    }
    if (e)
        return e;
    if (cli_negated(a)) {
        pix_refuse(s, out, "ERROR: crypto %smap \"%s\" %u does not exist",
                   is_dynamic(a) ? "dynamic-" : "", map_name(a), seq);
        return NULL;
    }
    struct ipsec_conf *c = s->d->ipsec_conf;
    return ipsec_entry_make(
        is_dynamic(a) ? ipsec_dynamic_make(c, map_name(a)) : ipsec_map_make(c, map_name(a)), seq);
}

static void remove_map(struct pix *s, const char *name)
{
    for (size_t i = 0; i < net_if_count(s->d->node); i++) {
        struct net_if *f = net_if_at(s->d->node, i);
        if (g_strcmp0(ipsec_bound(s->d->ipsec, f), name) == 0)
            device_set_crypto_map(s->d, f, NULL);
    }
    ipsec_map_remove(s->d->ipsec_conf, name);
}

/* ---- What an entry holds ---- */

static void match_address(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    struct ipsec_map_entry *e = entry(s, a, out);
    if (!e)
        return;
    g_free(e->acl);
    e->acl = cli_negated(a) ? NULL : g_strdup(cli_arg(a, "acl"));
    pix_changed(s, "match address");
}

static bool take_peer(struct ipsec_map_entry *e, ip4 peer)
{
    for (guint i = 0; i < e->peers->len; i++)
        if (g_array_index(e->peers, ip4, i) == peer) {
            g_array_remove_index(e->peers, i);
            return true;
        }
    return false;
}

/* A line a peer: the first is tried first, the others stand by. */
static void set_peer(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    struct ipsec_map_entry *e = entry(s, a, out);
    ip4 peer;
    if (!e)
        return;
    if (!cli_arg_ip4(a, "peer", &peer)) {
        g_array_set_size(e->peers, 0);
    } else {
        bool known = take_peer(e, peer);
        if (!cli_negated(a))
            g_array_append_val(e->peers, peer);
        else if (!known)
            pix_refuse(s, out, "ERROR: peer %s is not in the crypto map", IP4S(peer));
    }
    pix_changed(s, "set peer");
}

/* The sets named replace those before; each must exist. */
static void set_transform_set(void *self, const struct cli_args *a, GString *out)
{
    static const char *const name[] = {"set1", "set2", "set3", "set4", "set5", "set6"};
    struct pix *s = self;
    for (size_t i = 0; i < G_N_ELEMENTS(name) && !cli_negated(a); i++) {
        const char *set = cli_arg(a, name[i]);
        if (set && !ipsec_set_find(s->d->ipsec_conf, set)) {
            pix_refuse(s, out, "ERROR: transform set with tag \"%s\" does not exist.", set);
            return;
        }
    }
    struct ipsec_map_entry *e = entry(s, a, out);
    if (!e)
        return;
    g_ptr_array_set_size(e->transform_sets, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(name) && !cli_negated(a); i++)
        if (cli_arg(a, name[i]))
            g_ptr_array_add(e->transform_sets, g_strdup(cli_arg(a, name[i])));
    pix_changed(s, "set transform-set");
}

/* Without a group, group1 is meant. */
static void set_pfs(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    if (cli_has(a, "group5") && !pix_since(s, 6, 3)) {
        pix_refuse(s, out, "ERROR: \"group5\" came with version 6.3");
        return;
    }
    struct ipsec_map_entry *e = entry(s, a, out);
    if (!e)
        return;
    e->pfs = cli_negated(a)         ? GROUP_NONE
             : cli_has(a, "group2") ? GROUP_MODP1024
             : cli_has(a, "group5") ? GROUP_MODP1536
                                    : GROUP_MODP768;
    pix_changed(s, "set pfs");
}

static void set_lifetime(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    struct ipsec_map_entry *e = entry(s, a, out);
    uint32_t v = 0;
    if (!e)
        return;
    if (cli_has(a, "seconds"))
        e->life_s = !cli_negated(a) && cli_arg_u32(a, "seconds-value", &v) ? v : 0;
    if (cli_has(a, "kilobytes"))
        e->life_kb = !cli_negated(a) && cli_arg_u32(a, "kilobytes-value", &v) ? v : 0;
    pix_changed(s, "set security-association lifetime");
}

static void no_entry(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    struct ipsec_map *map = map_of(s, a);
    uint32_t seq;
    bool one = cli_arg_u32(a, "seq", &seq);
    if (!cli_negated(a) && !cli_has(a, "clear")) {
        pix_incomplete(s, a, out);
        return;
    }
    if (!map || (one && !ipsec_entry_find(map, seq))) {
        pix_refuse(s, out, "ERROR: crypto map with tag \"%s\" does not exist.", map_name(a));
        return;
    }
    g_autofree char *name = g_strdup(map->name);
    if (one)
        ipsec_entry_remove(map, seq);
    if ((!one || map->entries->len == 0) && is_dynamic(a))
        ipsec_dynamic_remove(s->d->ipsec_conf, name);
    else if (!one || map->entries->len == 0)
        remove_map(s, name);
    pix_changed(s, "no crypto map");
}

/* An entry that refers to a dynamic map has nothing of its own. */
static void refer(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    const char *name = cli_arg(a, "template");
    struct ipsec_map_entry *e = find(s, a);
    uint32_t seq = 0;
    cli_arg_u32(a, "seq", &seq);
    if (cli_negated(a)) {
        no_entry(self, a, out);
        return;
    }
    if (!ipsec_dynamic_find(s->d->ipsec_conf, name)) {
        pix_refuse(s, out, "ERROR: dynamic crypto map with tag \"%s\" does not exist.", name);
        return;
    }
    if (e && !e->dynamic && (e->acl || e->peers->len || e->transform_sets->len)) {
        pix_refuse(s, out, "ERROR: crypto map \"%s\" %u is not a dynamic one", map_name(a), seq);
        return;
    }
    if (!e)
        e = ipsec_entry_make(ipsec_map_make(s->d->ipsec_conf, map_name(a)), seq);
    g_free(e->dynamic);
    e->dynamic = g_strdup(name);
    pix_changed(s, "crypto map dynamic");
}

/* A fresh entry is said to do nothing yet. */
static void name_entry(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    if (cli_negated(a)) {
        no_entry(self, a, out);
        return;
    }
    bool fresh = !find(s, a);
    struct ipsec_map_entry *e = entry(s, a, out);
    if (e && fresh && !s->loading)
        g_string_append(out, "NOTE: This new crypto map will remain disabled until a peer\n"
                             "      and a valid access list have been configured.\n");
    if (e)
        pix_changed(s, "crypto map");
}

static void not_modelled(void *self, const struct cli_args *a, GString *out)
{
    g_autofree char *line = cli_canonical(a);
    pix_refuse(self, out, "ERROR: \"%s\" is not modelled for this device", line);
}

/* ---- On an interface ---- */

static void warn(const struct ipsec_map *map, GString *out)
{
    for (guint k = 0; k < map->entries->len; k++)
        if (!ipsec_entry_complete(g_ptr_array_index(map->entries, k)))
            g_string_append(out,
                            "WARNING: This crypto map is incomplete.  To remedy the situation\n"
                            "         add a peer and a valid access-list to this crypto map.\n");
}

/* One map an interface; taking it off ends the tunnels of the interface. */
static void on_interface(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    struct pix_if *f = pix_if_arg(s, a, "if", out);
    if (!f)
        return;
    struct net_if *i = pix_net_if(s, f);
    const char *name = map_name(a), *bound = ipsec_bound(s->d->ipsec, i);
    const struct ipsec_map *map = ipsec_map_find(s->d->ipsec_conf, name);
    if (cli_negated(a)) {
        if (g_strcmp0(bound, name) != 0) {
            pix_refuse(s, out, "ERROR: crypto map with tag \"%s\" is not applied to interface %s",
                       name, f->nameif);
            return;
        }
        device_set_crypto_map(s->d, i, NULL);
    } else if (!map) {
        pix_refuse(s, out, "ERROR: crypto map with tag \"%s\" does not exist.", name);
        return;
    } else if (g_strcmp0(bound, name) != 0) {
        warn(map, out);
        device_set_crypto_map(s->d, i, name);
    }
    pix_changed(s, "crypto map on an interface");
}

#define MAP      "crypto (map|dynamic-map) map:WORD seq:<1-65535> "
#define STATIC   "crypto map map:WORD seq:<1-65535> "
#define LIFETIME "set security-association lifetime "
#define SETS     "set1:WORD [set2:WORD [set3:WORD [set4:WORD [set5:WORD [set6:WORD]]]]]"
#define N        CLI_NO | CLI_NO_ONLY_PREFIX

// clang-format off
const struct cli_command pix_config_map[] = {
    { STATIC "ipsec-isakmp",                                name_entry,        CLI_NO },
    { STATIC "ipsec-isakmp dynamic template:WORD",          refer,             N },
    { MAP "match address acl:WORD",                         match_address,     N },
    { MAP "set peer peer:A.B.C.D",                          set_peer,          N },
    { MAP "set transform-set " SETS,                        set_transform_set, N },
    { MAP "set pfs [group1|group2|group5]",                 set_pfs,           CLI_NO },
    { MAP LIFETIME "seconds seconds-value:<120-86400>",     set_lifetime,      N },
    { MAP LIFETIME "kilobytes kilobytes-value:<2560-536870912>", set_lifetime, N },
    { MAP LIFETIME "seconds seconds-value:<120-86400> kilobytes kilobytes-value:<2560-536870912>",
                                                            set_lifetime,      0 },
    { "crypto (map|dynamic-map) map:WORD [seq:<1-65535>]",  no_entry,          CLI_NO | CLI_HIDDEN },
    { "clear crypto (map|dynamic-map) map:WORD [seq:<1-65535>]", no_entry,     CLI_HIDDEN },
    { STATIC "ipsec-manual",                                not_modelled,      CLI_HIDDEN },
    { STATIC "set session-key rest:LINE",                   not_modelled,      CLI_HIDDEN },
    { "crypto map map:WORD client token authentication rest:LINE", not_modelled, CLI_HIDDEN },
    { "crypto map map:WORD interface if:WORD",              on_interface,      CLI_NO },
    { 0 } };
// clang-format on
