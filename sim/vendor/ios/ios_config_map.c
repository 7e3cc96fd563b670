/* What a crypto map entry, or a template of a dynamic map, holds: peers, transform sets, the access
 * list, PFS, lifetimes, the idle time. */
#include "ios_ra.h"

#include <string.h>

/* The entry the mode is about. When somebody removed it meanwhile, the line says so and the mode is
 * left. */
static struct ipsec_map_entry *entry(struct ios *s, GString *out)
{
    struct ipsec_map *map = s->at_dynamic ? ipsec_dynamic_find(s->d->ipsec_conf, s->at_map)
                                          : ipsec_map_find(s->d->ipsec_conf, s->at_map);
    struct ipsec_map_entry *e = map ? ipsec_entry_find(map, s->at_map_seq) : NULL;
    if (!e) {
        ios_refuse(s, out, "%% The crypto map entry \"%s\" %u was removed", s->at_map,
                   s->at_map_seq);
        ios_enter(s, &ios_mode_config);
    }
    return e;
}

static void set_peer(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    struct ipsec_map_entry *e = entry(s, out);
    ip4 peer = 0;
    if (!e)
        return;
    bool given = cli_arg_ip4(a, "peer", &peer);
    guint at = e->peers->len;
    for (guint i = 0; i < e->peers->len; i++)
        if (g_array_index(e->peers, ip4, i) == peer)
            at = i;
    bool known = at < e->peers->len;
    if (cli_negated(a) && !given)
        g_array_set_size(e->peers, 0);
    else if (cli_negated(a) && !known)
        ios_refuse(s, out, "%% No such peer: %s", IP4S(peer));
    else if (cli_negated(a) || (known && cli_has(a, "default")))
        g_array_remove_index(e->peers, at);
    if (!cli_negated(a) && cli_has(a, "default")) /* tried first, whatever the order of entry */
        g_array_prepend_val(e->peers, peer);
    else if (!cli_negated(a) && !known)
        g_array_append_val(e->peers, peer);
    ios_changed(s, "set peer");
}

/* The sets named replace those before; each must exist. */
static void set_transform_set(void *self, const struct cli_args *a, GString *out)
{
    static const char *const name[] = {"name1", "name2", "name3", "name4", "name5", "name6"};
    struct ios *s = self;
    struct ipsec_map_entry *e = entry(s, out);
    if (!e)
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(name) && !cli_negated(a); i++) {
        const char *set = cli_arg(a, name[i]);
        if (set && !ipsec_set_find(s->d->ipsec_conf, set)) {
            ios_refuse(s, out, "ERROR: transform set with tag \"%s\" does not exist.", set);
            return;
        }
    }
    g_ptr_array_set_size(e->transform_sets, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(name) && !cli_negated(a); i++)
        if (cli_arg(a, name[i]))
            g_ptr_array_add(e->transform_sets, g_strdup(cli_arg(a, name[i])));
    ios_changed(s, "set transform-set");
}

static void match_address(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    struct ipsec_map_entry *e = entry(s, out);
    if (!e)
        return;
    g_free(e->acl);
    e->acl = cli_negated(a) ? NULL : g_strdup(cli_arg(a, "acl"));
    ios_changed(s, "match address");
}

/* Without a group, group1 is meant (CAT-09). */
static void set_pfs(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    struct ipsec_map_entry *e = entry(s, out);
    if (!e)
        return;
    e->pfs = cli_negated(a)          ? GROUP_NONE
             : cli_has(a, "group2")  ? GROUP_MODP1024
             : cli_has(a, "group5")  ? GROUP_MODP1536
             : cli_has(a, "group14") ? GROUP_MODP2048
                                     : GROUP_MODP768;
    ios_changed(s, "set pfs");
}

static void set_lifetime(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    struct ipsec_map_entry *e = entry(s, out);
    uint32_t v = 0;
    if (!e)
        return;
    if (!cli_negated(a))
        cli_arg_u32(a, "amount", &v);
    *(cli_has(a, "seconds") ? &e->life_s : &e->life_kb) = v;
    ios_changed(s, "set security-association lifetime");
}

/* `default`: after such an end the default peer, which is the first, is asked again. */
static void set_idle_time(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    struct ipsec_map_entry *e = entry(s, out);
    if (!e)
        return;
    if (!ios_has_idle_time(s)) {
        ios_refuse(s, out, "%% idle-time is not available in version %d.%d; it comes with 12.2",
                   s->major, s->minor);
        return;
    }
    e->idle_s = 0;
    e->idle_first_peer = !cli_negated(a) && cli_has(a, "default");
    if (!cli_negated(a))
        cli_arg_u32(a, "amount", &e->idle_s);
    ios_changed(s, "set security-association idle-time");
}

static void reverse_route(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    struct ipsec_map_entry *e = entry(s, out);
    if (!e)
        return;
    e->reverse_route = !cli_negated(a);
    ios_changed(s, "reverse-route");
}

/* Only SAs of peers of that profile are made under the entry (hub-and-spoke.md 2.2 point 6). */
static void set_profile(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    struct ipsec_map_entry *e = entry(s, out);
    if (!e)
        return;
    if (!ios_has_profiles(s)) {
        ios_refuse(s, out,
                   "%% ISAKMP profiles are not available in version %s; they come with 12.2(15)T",
                   s->d->version ? s->d->version : s->conf->version);
        return;
    }
    g_strlcpy(e->party, cli_negated(a) ? "" : cli_arg(a, "profile"), sizeof e->party);
    ios_changed(s, "set isakmp-profile");
}

static void pre_classify(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    struct ipsec_map_entry *e = entry(s, out);
    if (!e)
        return;
    e->pre_classify = !cli_negated(a);
    ios_changed(s, "qos pre-classify");
}

static void set_replay(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    struct ipsec_map_entry *e = entry(s, out);
    if (!e)
        return;
    e->replay_window = 0;
    if (!cli_negated(a) && cli_has(a, "disable"))
        e->replay_window = UINT32_MAX;
    for (uint32_t w = 64; w <= 1024 && !cli_negated(a); w *= 2) {
        char text[8];
        g_snprintf(text, sizeof text, "%u", w);
        if (cli_has(a, text))
            e->replay_window = w;
    }
    ios_changed(s, "set security-association replay");
}

static void description(void *self, const struct cli_args *a, GString *out)
{
    struct ipsec_map_entry *e = entry(self, out);
    if (!e)
        return;
    g_free(e->description);
    e->description = cli_negated(a) ? NULL : g_strdup(cli_arg(a, "text"));
}

// clang-format off
const struct cli_command ios_config_map_rows[] = {
    { "set peer peer:A.B.C.D [default]",              set_peer,          CLI_NO | CLI_NO_ONLY_PREFIX },
    { "set transform-set name1:WORD [name2:WORD [name3:WORD [name4:WORD [name5:WORD [name6:WORD]]]]]",
                                                      set_transform_set, CLI_NO | CLI_NO_ONLY_PREFIX },
    { "match address acl:WORD",                       match_address,     CLI_NO | CLI_NO_ONLY_PREFIX },
    { "set pfs [group1|group2|group5|group14]",       set_pfs,           CLI_NO },
    { "set security-association lifetime seconds amount:<120-86400>",
                                                      set_lifetime,      CLI_NO | CLI_NO_ONLY_PREFIX },
    { "set security-association lifetime kilobytes amount:<2560-536870912>",
                                                      set_lifetime,      CLI_NO | CLI_NO_ONLY_PREFIX },
    { "set security-association idle-time amount:<60-86400> [default]",
                                                      set_idle_time,     CLI_NO | CLI_NO_ONLY_PREFIX },
    { "set isakmp-profile profile:WORD",              set_profile,       CLI_NO | CLI_NO_ONLY_PREFIX },
    { "set security-association replay window-size (64|128|256|512|1024)",
                                                      set_replay,        CLI_NO | CLI_NO_ONLY_PREFIX },
    { "set security-association replay disable",      set_replay,        CLI_NO },
    { "qos pre-classify",                             pre_classify,      CLI_NO },
    { "reverse-route",                                reverse_route,     CLI_NO },
    { "description text:LINE",                        description,       CLI_NO | CLI_NO_ONLY_PREFIX },
    { 0 } };
// clang-format on
