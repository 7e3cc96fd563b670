/* Crypto maps and dynamic maps: every line names the map and the entry. An entry that lacks a peer,
 * a transform set or an access list is said to be incomplete with each line that is typed of it
 * (CAT-75). */
#include "asa.h"

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

static struct ipsec_map *map_find(const struct asa *s, const char *name, bool dynamic)
{
    const struct ipsec_conf *c = s->d->ipsec_conf;
    return dynamic ? ipsec_dynamic_find(c, name) : ipsec_map_find(c, name);
}

static struct ipsec_map_entry *find(struct asa *s, const struct cli_args *a)
{
    struct ipsec_map *map = map_find(s, map_name(a), is_dynamic(a));
    uint32_t seq = 0;
    cli_arg_u32(a, "seq", &seq);
    return map ? ipsec_entry_find(map, seq) : NULL;
}

/* The entry a line is about: made when the line gives something, missed when it takes. */
static struct ipsec_map_entry *entry(struct asa *s, const struct cli_args *a, GString *out)
{
    struct ipsec_map_entry *e = find(s, a);
    uint32_t seq = 0;
    cli_arg_u32(a, "seq", &seq);
    if (e && e->dynamic) {
        asa_refuse(s, out, "ERROR: Crypto map entry %s %u refers to a dynamic map", map_name(a),
                   seq);
        return NULL;
    }
    if (e)
        return e;
    if (cli_negated(a)) {
        asa_refuse(s, out, "ERROR: %s entry %s %u does not exist",
                   is_dynamic(a) ? "Dynamic map" : "Crypto map", map_name(a), seq);
        return NULL;
    }
    struct ipsec_conf *c = s->d->ipsec_conf;
    return ipsec_entry_make(
        is_dynamic(a) ? ipsec_dynamic_make(c, map_name(a)) : ipsec_map_make(c, map_name(a)), seq);
}

static bool is_empty(const struct ipsec_map_entry *e)
{
    return !e->acl && !e->peers->len && !e->transform_sets->len && e->pfs == GROUP_NONE &&
           !e->life_s && !e->life_kb && !e->reverse_route;
}

static char *section_of(const char *map, uint32_t seq, bool dynamic)
{
    return g_strdup_printf("crypto %s %s %u", dynamic ? "dynamic-map" : "map", map, seq);
}

/* The first entry of a crypto map that refers to the dynamic map. */
static const struct ipsec_map *user_of(const struct asa *s, const char *dynamic, uint32_t *seq)
{
    for (guint i = 0; i < s->d->ipsec_conf->maps->len; i++) {
        const struct ipsec_map *map = g_ptr_array_index(s->d->ipsec_conf->maps, i);
        for (guint k = 0; k < map->entries->len; k++) {
            const struct ipsec_map_entry *e = g_ptr_array_index(map->entries, k);
            *seq = e->seq;
            if (g_strcmp0(e->dynamic, dynamic) == 0)
                return map;
        }
    }
    return NULL;
}

static void unbind(struct asa *s, const char *name)
{
    for (size_t i = 0; i < net_if_count(s->d->node); i++) {
        struct net_if *f = net_if_at(s->d->node, i);
        if (g_strcmp0(ipsec_bound(s->d->ipsec, f), name) == 0)
            device_set_crypto_map(s->d, f, NULL);
    }
}

/* A map without entries is none. */
static void remove_entry(struct asa *s, const char *name, uint32_t seq, bool dynamic)
{
    struct ipsec_map *map = map_find(s, name, dynamic);
    g_autofree char *section = section_of(name, seq, dynamic);
    asa_keep_remove_section(s, section);
    ipsec_entry_remove(map, seq);
    if (map->entries->len)
        return;
    if (!dynamic)
        unbind(s, name);
    if (dynamic)
        ipsec_dynamic_remove(s->d->ipsec_conf, name);
    else
        ipsec_map_remove(s->d->ipsec_conf, name);
}

/* What a crypto map refers to must stay. */
static bool may_remove(struct asa *s, const struct cli_args *a, GString *out)
{
    const struct ipsec_map *map = map_find(s, map_name(a), is_dynamic(a)), *user;
    uint32_t seq = 0;
    if (!is_dynamic(a) || !map || map->entries->len > 1 || !(user = user_of(s, map_name(a), &seq)))
        return true;
    asa_refuse(s, out, "ERROR: Unable to remove dynamic map %s: crypto map %s %u refers to it",
               map_name(a), user->name, seq);
    return false;
}

/* The wording of the document is that of 7.x. */
static void warn(const struct asa *s, bool will_be, GString *out)
{
    if (asa_since(s, 8, 0))
        g_string_append_printf(out, "WARNING: The crypto map entry %s incomplete!\n",
                               will_be ? "will be" : "is");
    else
        g_string_append_printf(out, "WARNING: crypto map entry %sincomplete\n",
                               will_be ? "will be " : "");
}

static void edited(struct asa *s, const struct cli_args *a, struct ipsec_map_entry *e,
                   const char *what, GString *out)
{
    bool no = cli_negated(a), incomplete = !is_dynamic(a) && !ipsec_entry_complete(e);
    if (incomplete)
        warn(s, no, out);
    if (no && is_empty(e) && may_remove(s, a, out))
        remove_entry(s, map_name(a), e->seq, is_dynamic(a));
    asa_changed(s, what);
}

/* ---- What an entry holds ---- */

static void match_address(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    struct ipsec_map_entry *e = entry(s, a, out);
    if (!e)
        return;
    g_free(e->acl);
    e->acl = cli_negated(a) ? NULL : g_strdup(cli_arg(a, "acl"));
    edited(s, a, e, "match address", out);
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

/* The first is tried first, the others stand by (CAT-69). */
static void set_peer(void *self, const struct cli_args *a, GString *out)
{
    static const char *const name[] = {"peer1", "peer2", "peer3", "peer4", "peer5",
                                       "peer6", "peer7", "peer8", "peer9", "peer10"};
    struct asa *s = self;
    struct ipsec_map_entry *e = entry(s, a, out);
    bool any = false;
    if (!e)
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(name); i++) {
        ip4 peer;
        if (!cli_arg_ip4(a, name[i], &peer))
            break;
        any = true;
        bool known = take_peer(e, peer);
        if (!cli_negated(a))
            g_array_append_val(e->peers, peer);
        else if (!known)
            asa_refuse(s, out, "ERROR: Peer %s is not in the crypto map entry", IP4S(peer));
    }
    if (cli_negated(a) && !any)
        g_array_set_size(e->peers, 0);
    edited(s, a, e, "set peer", out);
}

/* The sets named replace those before; each must exist. */
static void set_transform_set(void *self, const struct cli_args *a, GString *out)
{
    static const char *const name[] = {"set1", "set2", "set3", "set4", "set5",
                                       "set6", "set7", "set8", "set9"};
    struct asa *s = self;
    if (cli_has(a, "ikev1") && !asa_since(s, 8, 4)) {
        asa_unknown_word(s, a, "ikev1");
        return;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(name) && !cli_negated(a); i++) {
        const char *set = cli_arg(a, name[i]);
        if (set && !ipsec_set_find(s->d->ipsec_conf, set)) {
            asa_refuse(s, out, "ERROR: transform set with tag \"%s\" does not exist.", set);
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
    edited(s, a, e, "set transform-set", out);
}

const char *asa_pfs_word(enum crypto_group g)
{
    return g == GROUP_MODP768 ? "group1" : g == GROUP_MODP1536 ? "group5" : "group2";
}

/* Without a group, group2 is meant. */
static void set_pfs(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    struct ipsec_map_entry *e = entry(s, a, out);
    if (!e)
        return;
    e->pfs = cli_negated(a)         ? GROUP_NONE
             : cli_has(a, "group1") ? GROUP_MODP768
             : cli_has(a, "group5") ? GROUP_MODP1536
                                    : GROUP_MODP1024;
    edited(s, a, e, "set pfs", out);
}

static void set_lifetime(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    struct ipsec_map_entry *e = entry(s, a, out);
    uint32_t v = 0;
    if (!e)
        return;
    if (cli_has(a, "seconds"))
        e->life_s = !cli_negated(a) && cli_arg_u32(a, "seconds-value", &v) ? v : 0;
    if (cli_has(a, "kilobytes"))
        e->life_kb = !cli_negated(a) && cli_arg_u32(a, "kilobytes-value", &v) ? v : 0;
    edited(s, a, e, "set security-association lifetime", out);
}

/* Lines of an entry that change nothing here: kept with it. */
static void set_kept(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    struct ipsec_map_entry *e = entry(s, a, out);
    if (!e)
        return;
    g_autofree char *section = section_of(map_name(a), e->seq, is_dynamic(a));
    g_autofree char *line = cli_canonical(a);
    const char *text = strstr(line, " set ") + 1;
    g_autofree char *key = g_strndup(text, 4 + strcspn(text + 4, " "));
    if (cli_has(a, "reverse-route"))
        e->reverse_route = !cli_negated(a);
    if (cli_negated(a))
        asa_keep_remove(s, section, key);
    else
        asa_keep_line(s, ASA_PLACE_SUB, section, key, text);
    edited(s, a, e, "crypto map", out);
}

/* The line that names an entry and nothing else is not shown again. */
static void name_entry(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    struct ipsec_map_entry *e = cli_negated(a) ? find(s, a) : NULL;
    if (!e)
        e = entry(s, a, out);
    if (!e)
        return;
    if (!cli_negated(a)) {
        edited(s, a, e, "crypto map", out);
    } else if (may_remove(s, a, out)) {
        remove_entry(s, map_name(a), e->seq, is_dynamic(a));
        asa_changed(s, "no crypto map");
    }
}

/* A template is not named by itself, only taken away so. */
static void name_dynamic(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    if (cli_negated(a))
        name_entry(s, a, out);
    else
        asa_refuse(s, out, "ERROR: %% Incomplete command");
}

/* An entry that refers to a dynamic map has nothing of its own (CAT-38). */
static void refer(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    const char *name = cli_arg(a, "template");
    const struct ipsec_map *dynamic = ipsec_dynamic_find(s->d->ipsec_conf, name);
    struct ipsec_map_entry *e = find(s, a);
    uint32_t seq = 0;
    cli_arg_u32(a, "seq", &seq);
    if (cli_negated(a)) {
        if (e && g_strcmp0(e->dynamic, name) == 0)
            remove_entry(s, map_name(a), seq, false);
        else
            asa_refuse(s, out, "ERROR: Crypto map entry %s %u does not exist", map_name(a), seq);
    } else if (!dynamic) {
        asa_refuse(s, out, "ERROR: dynamic crypto map with tag \"%s\" does not exist.", name);
    } else if (e && !e->dynamic && !is_empty(e)) {
        asa_refuse(s, out, "ERROR: Crypto map entry %s %u is not a dynamic one", map_name(a), seq);
    } else {
        if (!e)
            e = ipsec_entry_make(ipsec_map_make(s->d->ipsec_conf, map_name(a)), seq);
        g_free(e->dynamic);
        e->dynamic = g_strdup(name);
        for (guint i = 0; i < dynamic->entries->len; i++)
            if (!ipsec_template_complete(g_ptr_array_index(dynamic->entries, i)))
                g_string_append(out, "WARNING: dynamic map has incomplete entries\n");
    }
    asa_changed(s, "crypto map dynamic");
}

static void not_modelled(void *self, const struct cli_args *a, GString *out)
{
    g_autofree char *line = cli_canonical(a);
    asa_refuse(self, out, "ERROR: \"%s\" is not modelled for this device", line);
}

/* ---- On an interface ---- */

/* One map an interface; taking it off ends the tunnels of the interface (CAT-40, CAT-70). */
static void on_interface(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    struct asa_if *f = asa_if_arg(s, a, "if");
    if (!f)
        return;
    struct net_if *i = asa_net_if(s, f);
    const char *name = map_name(a), *bound = ipsec_bound(s->d->ipsec, i);
    const struct ipsec_map *map = ipsec_map_find(s->d->ipsec_conf, name);
    if (cli_negated(a)) {
        if (g_strcmp0(bound, name) != 0) {
            asa_refuse(s, out, "ERROR: Crypto map with tag \"%s\" is not applied to interface %s",
                       name, f->nameif);
            return;
        }
        device_set_crypto_map(s->d, i, NULL);
    } else if (!map) {
        asa_refuse(s, out, "ERROR: Crypto map with tag \"%s\" does not exist.", name);
        return;
    } else if (g_strcmp0(bound, name) != 0) {
        for (guint k = 0; k < map->entries->len; k++)
            if (!ipsec_entry_complete(g_ptr_array_index(map->entries, k)))
                warn(s, false, out);
        device_set_crypto_map(s->d, i, name);
    }
    asa_changed(s, "crypto map on an interface");
}

static void clear_one(struct asa *s, const char *name, bool dynamic)
{
    g_autofree char *copy = g_strdup(name);
    struct ipsec_map *map;
    while ((map = map_find(s, copy, dynamic)))
        remove_entry(s, copy, ((struct ipsec_map_entry *)g_ptr_array_index(map->entries, 0))->seq,
                     dynamic);
}

/* A map, one entry of it, or every map. */
static void clear_map(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    const char *name = map_name(a);
    bool dynamic = is_dynamic(a);
    const GPtrArray *all = dynamic ? s->d->ipsec_conf->dynamics : s->d->ipsec_conf->maps;
    struct ipsec_map *map = name ? map_find(s, name, dynamic) : NULL;
    const struct ipsec_map *user;
    uint32_t seq, used_by;
    bool one = cli_arg_u32(a, "seq", &seq);
    if (name && (!map || (one && !ipsec_entry_find(map, seq)))) {
        asa_refuse(s, out, "ERROR: Crypto map with tag \"%s\" does not exist.", name);
        return;
    }
    for (guint i = 0; dynamic && i < all->len; i++) {
        const struct ipsec_map *d = g_ptr_array_index(all, i);
        if ((name && d != map) || (one && d->entries->len > 1) ||
            !(user = user_of(s, d->name, &used_by)))
            continue;
        asa_refuse(s, out, "ERROR: Unable to remove dynamic map %s: crypto map %s %u refers to it",
                   d->name, user->name, used_by);
        return;
    }
    if (one)
        remove_entry(s, name, seq, dynamic);
    else if (name)
        clear_one(s, name, dynamic);
    while (!name && all->len)
        clear_one(s, ((struct ipsec_map *)g_ptr_array_index(all, 0))->name, dynamic);
    asa_changed(s, "clear configure crypto map");
}

#define STATIC  "crypto map map:WORD seq:<1-65535> "
#define DYNAMIC "crypto dynamic-map map:WORD seq:<1-65535> "
#define LIFETIMES                                                                                  \
    "set security-association lifetime seconds seconds-value:<120-214783647> "                     \
    "[kilobytes kilobytes-value:<10-2147483647>]",                                                 \
        set_lifetime, NO
#define LIFETIMES_KB                                                                               \
    "set security-association lifetime kilobytes kilobytes-value:<10-2147483647> "                 \
    "[seconds seconds-value:<120-214783647>]",                                                     \
        set_lifetime, NO
#define PEERS                                                                                      \
    "set peer peer1:A.B.C.D [peer2:A.B.C.D [peer3:A.B.C.D [peer4:A.B.C.D [peer5:A.B.C.D "          \
    "[peer6:A.B.C.D [peer7:A.B.C.D [peer8:A.B.C.D [peer9:A.B.C.D [peer10:A.B.C.D]]]]]]]]]"
#define SETS                                                                                       \
    "set [ikev1] transform-set set1:WORD [set2:WORD [set3:WORD [set4:WORD [set5:WORD [set6:WORD "  \
    "[set7:WORD [set8:WORD [set9:WORD]]]]]]]]"
#define NO (CLI_NO | CLI_NO_ONLY_PREFIX)

// clang-format off
#define ENTRY_ROWS(of)                                                                 \
    { of "match address acl:WORD",                             match_address,     NO }, \
    { of PEERS,                                                set_peer,          NO }, \
    { of SETS,                                                 set_transform_set, NO }, \
    { of "set pfs [group1|group2|group5]",                     set_pfs,           CLI_NO }, \
    { of LIFETIMES }, \
    { of LIFETIMES_KB }, \
    { of "set reverse-route",                                  set_kept,          CLI_NO }, \
    { of "set nat-t-disable",                                  set_kept,          CLI_NO }

const struct cli_command asa_config_map[] = {
    ENTRY_ROWS(STATIC),
    { STATIC "set connection-type bidirectional",              set_kept,          CLI_NO },
    { STATIC "set connection-type (answer-only|originate-only)", not_modelled,    CLI_HIDDEN },
    { STATIC "set [ikev1] phase1-mode main",                   set_kept,          CLI_NO },
    { STATIC "set [ikev1] phase1-mode aggressive [group1|group2|group5]", not_modelled, CLI_HIDDEN },
    { STATIC "[ipsec-isakmp]",                                 name_entry,        CLI_NO },
    { STATIC "ipsec-isakmp dynamic template:WORD",             refer,             CLI_NO },
    { "crypto map map:WORD interface if:WORD",                 on_interface,      CLI_NO },
    { "clear configure crypto map [map:WORD [seq:<1-65535>]]", clear_map,         0 },
    ENTRY_ROWS(DYNAMIC),
    { "crypto dynamic-map map:WORD seq:<1-65535>",             name_dynamic,      CLI_NO },
    { "clear configure crypto dynamic-map [map:WORD [seq:<1-65535>]]", clear_map, 0 },
    { 0 } };
// clang-format on
