/* Crypto maps: every line names the map and the entry. An entry that lacks a peer, a transform set
 * or an access list is said to be incomplete with each line that is typed of it (CAT-75). */
#include "asa.h"

#include <string.h>

/* ---- The entry of a line ---- */

static const char *map_name(const struct cli_args *a)
{
    return cli_arg(a, "map");
}

static struct ipsec_map_entry *find(struct asa *s, const struct cli_args *a)
{
    struct ipsec_map *map = ipsec_map_find(s->d->ipsec_conf, map_name(a));
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
    if (e)
        return e;
    if (cli_negated(a)) {
        asa_refuse(s, out, "ERROR: Crypto map entry %s %u does not exist", map_name(a), seq);
        return NULL;
    }
    return ipsec_entry_make(ipsec_map_make(s->d->ipsec_conf, map_name(a)), seq);
}

static bool is_empty(const struct ipsec_map_entry *e)
{
    return !e->acl && !e->peers->len && !e->transform_sets->len && e->pfs == GROUP_NONE &&
           !e->life_s && !e->life_kb;
}

static char *section_of(const char *map, uint32_t seq)
{
    return g_strdup_printf("crypto map %s %u", map, seq);
}

static void remove_entry(struct asa *s, const char *name, uint32_t seq)
{
    struct ipsec_map *map = ipsec_map_find(s->d->ipsec_conf, name);
    g_autofree char *section = section_of(name, seq);
    asa_keep_remove_section(s, section);
    ipsec_entry_remove(map, seq);
    if (map->entries->len)
        return;
    for (size_t i = 0; i < net_if_count(s->d->node); i++) {
        struct net_if *f = net_if_at(s->d->node, i);
        if (g_strcmp0(ipsec_bound(s->d->ipsec, f), name) == 0)
            device_set_crypto_map(s->d, f, NULL);
    }
    ipsec_map_remove(s->d->ipsec_conf, name);
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
    bool no = cli_negated(a), incomplete = !ipsec_entry_complete(e);
    g_autofree char *name = g_strdup(map_name(a));
    uint32_t seq = e->seq;
    if (incomplete)
        warn(s, no, out);
    if (no && is_empty(e))
        remove_entry(s, name, seq);
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
    g_autofree char *section = section_of(map_name(a), e->seq);
    g_autofree char *line = cli_canonical(a);
    const char *text = strstr(line, " set ") + 1;
    g_autofree char *key = g_strndup(text, 4 + strcspn(text + 4, " "));
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
    struct ipsec_map_entry *e = entry(s, a, out);
    if (!e)
        return;
    if (cli_negated(a)) {
        remove_entry(s, map_name(a), e->seq);
        asa_changed(s, "no crypto map");
        return;
    }
    edited(s, a, e, "crypto map", out);
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

static void clear_one(struct asa *s, const char *name)
{
    g_autofree char *copy = g_strdup(name);
    struct ipsec_map *map;
    while ((map = ipsec_map_find(s->d->ipsec_conf, copy)))
        remove_entry(s, copy, ((struct ipsec_map_entry *)g_ptr_array_index(map->entries, 0))->seq);
}

/* A map, one entry of it, or every map. */
static void clear_map(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    const char *name = map_name(a);
    struct ipsec_map *map = name ? ipsec_map_find(s->d->ipsec_conf, name) : NULL;
    uint32_t seq;
    bool one = cli_arg_u32(a, "seq", &seq);
    if (name && (!map || (one && !ipsec_entry_find(map, seq)))) {
        asa_refuse(s, out, "ERROR: Crypto map with tag \"%s\" does not exist.", name);
        return;
    }
    if (one)
        remove_entry(s, name, seq);
    else if (name)
        clear_one(s, name);
    while (!name && s->d->ipsec_conf->maps->len)
        clear_one(s, ((struct ipsec_map *)g_ptr_array_index(s->d->ipsec_conf->maps, 0))->name);
    asa_changed(s, "clear configure crypto map");
}

#define MAP "crypto map map:WORD seq:<1-65535> "

// clang-format off
const struct cli_command asa_config_map[] = {
    { MAP "match address acl:WORD",                       match_address,     CLI_NO | CLI_NO_ONLY_PREFIX },
    { MAP "set peer peer1:A.B.C.D [peer2:A.B.C.D [peer3:A.B.C.D [peer4:A.B.C.D [peer5:A.B.C.D"
      " [peer6:A.B.C.D [peer7:A.B.C.D [peer8:A.B.C.D [peer9:A.B.C.D [peer10:A.B.C.D]]]]]]]]]",
                                                          set_peer,          CLI_NO | CLI_NO_ONLY_PREFIX },
    { MAP "set [ikev1] transform-set set1:WORD [set2:WORD [set3:WORD [set4:WORD [set5:WORD [set6:WORD"
      " [set7:WORD [set8:WORD [set9:WORD]]]]]]]]",        set_transform_set, CLI_NO | CLI_NO_ONLY_PREFIX },
    { MAP "set pfs [group1|group2|group5]",               set_pfs,           CLI_NO },
    { MAP "set security-association lifetime seconds seconds-value:<120-214783647>"
      " [kilobytes kilobytes-value:<10-2147483647>]",     set_lifetime,      CLI_NO | CLI_NO_ONLY_PREFIX },
    { MAP "set security-association lifetime kilobytes kilobytes-value:<10-2147483647>"
      " [seconds seconds-value:<120-214783647>]",         set_lifetime,      CLI_NO | CLI_NO_ONLY_PREFIX },
    { MAP "set reverse-route",                            set_kept,          CLI_NO },
    { MAP "set nat-t-disable",                            set_kept,          CLI_NO },
    { MAP "set connection-type bidirectional",            set_kept,          CLI_NO },
    { MAP "set [ikev1] phase1-mode main",                 set_kept,          CLI_NO },
    { MAP "set [ikev1] phase1-mode aggressive",           not_modelled,      CLI_HIDDEN },
    { MAP "[ipsec-isakmp]",                               name_entry,        CLI_NO },
    { MAP "ipsec-isakmp dynamic template:WORD",           not_modelled,      CLI_HIDDEN },
    { "crypto map map:WORD interface if:WORD",            on_interface,      CLI_NO },
    { "clear configure crypto map [map:WORD [seq:<1-65535>]]", clear_map,      0 },
    { 0 } };
// clang-format on
