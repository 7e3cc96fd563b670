/* Configuration of remote access: groups of clients, what a crypto map asks of its clients, and the
 * pool of those that name no group. */
#include "pix_ra.h"

#include <string.h>

/* ---- Groups ---- */

static const struct {
    const char *word;
    const char *missing; /* shown of a group that lacks it; NULL = nothing is */
} word_of[PIX_GROUP_WORDS] = {
    [PIX_GROUP_POOL] = {"address-pool", NULL},
    [PIX_GROUP_DNS] = {"dns-server", NULL},
    [PIX_GROUP_WINS] = {"wins-server", NULL},
    [PIX_GROUP_DOMAIN] = {"default-domain", NULL},
    [PIX_GROUP_SPLIT] = {"split-tunnel", NULL},
    [PIX_GROUP_SPLIT_DNS] = {"split-dns", NULL},
    [PIX_GROUP_PFS] = {"pfs", NULL},
    [PIX_GROUP_BACKUP] = {"backup-server", NULL},
    [PIX_GROUP_IDLE] = {"idle-time", "1800"},
    [PIX_GROUP_MAX] = {"max-time", NULL},
    [PIX_GROUP_USER_IDLE] = {"user-idle-timeout", NULL},
    [PIX_GROUP_PASSWORD] = {"password", NULL},
};

static void group_free(void *p)
{
    struct pix_group *g = p;
    for (size_t i = 0; i < PIX_GROUP_WORDS; i++)
        g_free(g->said[i]);
    g_free(g->name);
    g_free(g);
}

struct pix_group *pix_group_find(const struct pix *s, const char *name)
{
    for (guint i = 0; name && i < s->access->groups->len; i++) {
        struct pix_group *g = g_ptr_array_index(s->access->groups, i);
        if (strcmp(g->name, name) == 0)
            return g;
    }
    return NULL;
}

/* A group that says nothing any more is gone. */
static void group_check(struct pix *s, struct pix_group *g)
{
    for (size_t i = 0; i < PIX_GROUP_WORDS; i++)
        if (g->said[i])
            return;
    g_ptr_array_remove(s->access->groups, g);
}

static bool refused(struct pix *s, enum pix_group_word what, const char *text, GString *out)
{
    bool hidden = what == PIX_GROUP_PASSWORD && strspn(text, "*") == strlen(text);
    if (what == PIX_GROUP_POOL && !pix_pool_find(s, text))
        pix_refuse(s, out, "ERROR: address pool \"%s\" does not exist", text);
    else if (hidden && s->loading)
        pix_refuse(s, out,
                   "the password is hidden, as a listing hides it; enter the password "
                   "itself, in place of the asterisks");
    else if (what == PIX_GROUP_PASSWORD && strlen(text) > 127)
        pix_refuse(s, out, "ERROR: a group password has at most 127 characters");
    return s->refused;
}

static void group_line(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    enum pix_group_word what = (enum pix_group_word)cli_tag(a);
    const char *name = cli_arg(a, "group");
    struct pix_group *g = pix_group_find(s, name);
    g_autofree char *line = cli_canonical(a);
    const char *at = strstr(line + strlen("vpngroup ") + strlen(name), word_of[what].word);
    const char *text = at ? at + MIN(strlen(word_of[what].word) + 1, strlen(at)) : "";
    if (cli_negated(a)) {
        if (!g || !g->said[what]) {
            pix_refuse(s, out, "ERROR: vpngroup %s has no %s", name, word_of[what].word);
            return;
        }
        g_clear_pointer(&g->said[what], g_free);
        group_check(s, g);
        pix_changed(s, "no vpngroup");
        return;
    }
    if (strlen(name) > 63) {
        pix_refuse(s, out, "ERROR: a group name has at most 63 characters");
        return;
    }
    if (refused(s, what, text, out))
        return;
    if (!g) {
        g = g_new0(struct pix_group, 1);
        g->name = g_strdup(name);
        g_ptr_array_add(s->access->groups, g);
    }
    g_free(g->said[what]);
    g->said[what] = g_strdup(text);
    pix_changed(s, "vpngroup");
}

static void no_group(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    struct pix_group *g = pix_group_find(s, cli_arg(a, "group"));
    if (!cli_negated(a) || !g)
        pix_refuse(s, out, g ? "ERROR: incomplete command" : "ERROR: vpngroup %s does not exist",
                   cli_arg(a, "group"));
    else
        g_ptr_array_remove(s->access->groups, g);
    pix_changed(s, "no vpngroup");
}

static void clear_groups(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    g_ptr_array_set_size(s->access->groups, 0);
    pix_changed(s, "clear vpngroup");
}

void pix_groups_text(const struct pix *s, bool secrets, GString *out)
{
    for (guint i = 0; i < s->access->groups->len; i++) {
        const struct pix_group *g = g_ptr_array_index(s->access->groups, i);
        for (size_t k = 0; k < PIX_GROUP_WORDS; k++) {
            const char *text = g->said[k] ? g->said[k] : word_of[k].missing;
            if (!text)
                continue;
            bool hide = k == PIX_GROUP_PASSWORD && !secrets;
            g_string_append_printf(out, "vpngroup %s %s%s%s\n", g->name, word_of[k].word,
                                   *text ? " " : "", hide ? "********" : text);
        }
    }
}

/* ---- Crypto maps ---- */

static void map_free(void *p)
{
    struct pix_client_map *m = p;
    g_free(m->map);
    g_free(m->servers);
    g_free(m);
}

static struct pix_client_map *map_find(const struct pix *s, const char *map)
{
    for (guint i = 0; map && i < s->access->maps->len; i++) {
        struct pix_client_map *m = g_ptr_array_index(s->access->maps, i);
        if (strcmp(m->map, map) == 0)
            return m;
    }
    return NULL;
}

const struct pix_client_map *pix_client_map(const struct pix *s, const char *map)
{
    return map_find(s, map);
}

static struct pix_client_map *map_make(struct pix *s, const char *map)
{
    struct pix_client_map *m = map_find(s, map);
    if (!m) {
        m = g_new0(struct pix_client_map, 1);
        m->map = g_strdup(map);
        g_ptr_array_add(s->access->maps, m);
    }
    return m;
}

static bool is_local(const char *tag)
{
    return strcmp(tag, "LOCAL") == 0;
}

static void client_authentication(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    const char *tag = cli_arg(a, "servers");
    struct pix_client_map *m = map_make(s, cli_arg(a, "map"));
    if (!cli_negated(a) && !is_local(tag) && !aaa_group_find(s->access->aaa, tag)) {
        pix_refuse(s, out, "ERROR: aaa-server group \"%s\" does not exist", tag);
        return;
    }
    g_free(m->servers);
    m->servers = cli_negated(a) ? NULL : g_strdup(tag);
    m->local = !cli_negated(a) && cli_has(a, "LOCAL");
    pix_changed(s, "crypto map client authentication");
}

static void client_address(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    struct pix_client_map *m = map_make(s, cli_arg(a, "map"));
    *(cli_has(a, "initiate") ? &m->initiate : &m->respond) = !cli_negated(a);
    pix_changed(s, "crypto map client configuration");
}

void pix_client_maps_text(const struct pix *s, const char *map, GString *out)
{
    const struct pix_client_map *m = map_find(s, map);
    if (m && m->initiate)
        g_string_append_printf(out, "crypto map %s client configuration address initiate\n", map);
    if (m && m->respond)
        g_string_append_printf(out, "crypto map %s client configuration address respond\n", map);
    if (m && m->servers)
        g_string_append_printf(out, "crypto map %s client authentication %s%s\n", map, m->servers,
                               m->local ? " LOCAL" : "");
}

/* ---- The pool of clients without a group ---- */

static void client_pool(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    const char *pool = cli_arg(a, "pool"), *on = cli_arg(a, "if");
    if (cli_negated(a)) {
        g_clear_pointer(&s->access->pool, g_free);
        g_clear_pointer(&s->access->pool_if, g_free);
    } else if (!pix_pool_find(s, pool)) {
        pix_refuse(s, out, "ERROR: address pool \"%s\" does not exist", pool);
        return;
    } else if (on && !pix_if_named(s, on)) {
        pix_refuse(s, out, "ERROR: interface \"%s\" does not exist", on);
        return;
    } else {
        g_free(s->access->pool);
        g_free(s->access->pool_if);
        s->access->pool = g_strdup(pool);
        s->access->pool_if = g_strdup(on);
    }
    pix_changed(s, "isakmp client configuration");
}

void pix_client_pool_text(const struct pix *s, GString *out)
{
    const struct pix_access *x = s->access;
    if (x->pool)
        g_string_append_printf(out, "isakmp client configuration address-pool local %s%s%s\n",
                               x->pool, x->pool_if ? " " : "", x->pool_if ? x->pool_if : "");
}

/* ---- Life ---- */

static void pool_free(void *p)
{
    addr_pool_free(p);
}

void pix_access_start(struct pix *s)
{
    struct pix_access *x = s->access = g_new0(struct pix_access, 1);
    x->groups = g_ptr_array_new_with_free_func(group_free);
    x->maps = g_ptr_array_new_with_free_func(map_free);
    x->pools = g_ptr_array_new_with_free_func(pool_free);
    x->remotes = g_ptr_array_new_with_free_func(pix_remote_free);
    x->aaa = aaa_new(s->d, g_free);
    /* The three groups that every device has. */
    aaa_group_make(x->aaa, "RADIUS");
}

void pix_access_stop(struct pix *s)
{
    struct pix_access *x = s->access;
    g_ptr_array_unref(x->remotes);
    aaa_free(x->aaa);
    g_ptr_array_unref(x->groups);
    g_ptr_array_unref(x->maps);
    g_ptr_array_unref(x->pools);
    g_free(x->pool);
    g_free(x->pool_if);
    g_clear_pointer(&s->access, g_free);
}

#define N      CLI_NO | CLI_NO_ONLY_PREFIX
#define GROUP  "vpngroup group:WORD "
#define ISAKMP "(crypto isakmp|isakmp) "

// clang-format off
const struct cli_command pix_config_access[] = {
    { GROUP "address-pool pool:WORD",                          group_line, N, .tag = PIX_GROUP_POOL },
    { GROUP "dns-server first:A.B.C.D [second:A.B.C.D]",       group_line, N, .tag = PIX_GROUP_DNS },
    { GROUP "wins-server first:A.B.C.D [second:A.B.C.D]",      group_line, N, .tag = PIX_GROUP_WINS },
    { GROUP "default-domain domain:WORD",                      group_line, N, .tag = PIX_GROUP_DOMAIN },
    { GROUP "split-tunnel list:WORD",                          group_line, N, .tag = PIX_GROUP_SPLIT },
    { GROUP "split-dns domains:LINE",                          group_line, N, .tag = PIX_GROUP_SPLIT_DNS },
    { GROUP "pfs",                                             group_line, N, .tag = PIX_GROUP_PFS },
    { GROUP "backup-server servers:LINE",                      group_line, N, .tag = PIX_GROUP_BACKUP },
    { GROUP "idle-time seconds:<60-86400>",                    group_line, N, .tag = PIX_GROUP_IDLE },
    { GROUP "max-time seconds:<60-31536000>",                  group_line, N, .tag = PIX_GROUP_MAX },
    { GROUP "user-idle-timeout seconds:<60-86400>",            group_line, N, .tag = PIX_GROUP_USER_IDLE },
    { GROUP "password password:WORD",                          group_line, N, .tag = PIX_GROUP_PASSWORD },
    { "vpngroup group:WORD",                                   no_group,   CLI_NO | CLI_HIDDEN },
    { "clear vpngroup",                                        clear_groups, 0 },
    { "crypto map map:WORD client authentication servers:WORD [LOCAL]", client_authentication, N },
    { "crypto map map:WORD client configuration address (initiate|respond)", client_address, CLI_NO },
    { ISAKMP "client configuration address-pool local pool:WORD [if:WORD]", client_pool, N },
    { 0 } };
// clang-format on
