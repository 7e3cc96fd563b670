/* crypto isakmp client configuration group: what clients of a group are given (hub-and-spoke.md
 * 2.5). A group is found by the identity of the client, or by what AAA says of the user. */
#include "vendor/ios/ios_ra.h"

#include <string.h>

struct ios_group *ios_group_find(const struct ios *s, const char *name)
{
    for (guint i = 0; name && i < s->ra->groups->len; i++) {
        struct ios_group *g = g_ptr_array_index(s->ra->groups, i);
        if (strcmp(g->name, name) == 0)
            return g;
    }
    return NULL;
}

bool ios_has_group_extras(const struct ios *s)
{
    return ios_version_from(s, 3, 2, -1);
}

static void group_free(struct ios_group *g)
{
    g_free(g->name);
    g_free(g->key);
    g_free(g->domain);
    g_free(g->pool);
    g_free(g->acl);
    g_free(g->banner);
    g_array_unref(g->dns);
    g_array_unref(g->wins);
    g_ptr_array_unref(g->split_dns);
    g_ptr_array_unref(g->backup);
    g_free(g);
}

void ios_groups_free(struct ios_ra *ra)
{
    for (guint i = 0; i < ra->groups->len; i++)
        group_free(g_ptr_array_index(ra->groups, i));
    g_ptr_array_unref(ra->groups);
}

static struct ios_group *group_new(const char *name)
{
    struct ios_group *g = g_new0(struct ios_group, 1);
    g->name = g_strdup(name);
    g->dns = g_array_new(FALSE, FALSE, sizeof(ip4));
    g->wins = g_array_new(FALSE, FALSE, sizeof(ip4));
    g->split_dns = g_ptr_array_new_with_free_func(g_free);
    g->backup = g_ptr_array_new_with_free_func(g_free);
    return g;
}

/* ---- Rows ---- */

static void group(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    const char *name = cli_arg(a, "name");
    struct ios_group *g = ios_group_find(s, name);
    if (cli_negated(a)) {
        if (!g) {
            ios_refuse(s, out, "%% Group %s not found", name ? name : "");
            return;
        }
        g_ptr_array_remove(s->ra->groups, g);
        group_free(g);
        ios_changed(s, "no crypto isakmp client configuration group");
        return;
    }
    if (!g)
        g_ptr_array_add(s->ra->groups, group_new(name));
    g_free(s->ra->at);
    s->ra->at = g_strdup(name);
    ios_enter(s, &ios_mode_group);
}

static struct ios_group *here(struct ios *s, GString *out)
{
    struct ios_group *g = ios_group_find(s, s->ra->at);
    if (!g) {
        ios_refuse(s, out, "%% Group %s not found", s->ra->at ? s->ra->at : "");
        ios_enter(s, &ios_mode_config);
    }
    return g;
}

/* Lines with one word or text. */
enum { TEXT_KEY, TEXT_DOMAIN, TEXT_POOL, TEXT_ACL, TEXT_BANNER };

static void text(void *self, const struct cli_args *a, GString *out)
{
    struct ios_group *g = here(self, out);
    if (!g)
        return;
    char **slot[] = {[TEXT_KEY] = &g->key,
                     [TEXT_DOMAIN] = &g->domain,
                     [TEXT_POOL] = &g->pool,
                     [TEXT_ACL] = &g->acl,
                     [TEXT_BANNER] = &g->banner};
    char **at = slot[cli_tag(a)];
    if (cli_has(a, "6")) {
        ios_refuse(
            self, out,
            "%% Keys of type 6 cannot be read without the master key; enter the key in plain text");
        return;
    }
    g_free(*at);
    *at = cli_negated(a) ? NULL : g_strdup(cli_arg(a, "text"));
    ios_changed(self, "client configuration group");
}

/* One delimiter opens the banner and closes it. */
static void banner(void *self, const struct cli_args *a, GString *out)
{
    struct ios_group *g = here(self, out);
    const char *typed = cli_arg(a, "text");
    if (!g)
        return;
    size_t end = cli_negated(a) || !typed ? 0 : g_str_has_prefix(typed, "^C") ? 2 : 1;
    g_autofree char *mark = g_strndup(typed ? typed : "", end);
    const char *close = end ? strstr(typed + end, mark) : NULL;
    if (end && !close) {
        ios_refuse(self, out, "%% The banner's closing delimiter is missing on the line");
        return;
    }
    g_free(g->banner);
    g->banner = end ? g_strndup(typed + end, (gsize)(close - typed) - end) : NULL;
    ios_changed(self, "banner");
}

/* One or two servers. */
static void servers(void *self, const struct cli_args *a, GString *out)
{
    struct ios_group *g = here(self, out);
    if (!g)
        return;
    GArray *list = cli_has(a, "dns") ? g->dns : g->wins;
    static const char *const name[] = {"first", "second"};
    g_array_set_size(list, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(name) && !cli_negated(a); i++) {
        ip4 addr;
        if (cli_arg_ip4(a, name[i], &addr))
            g_array_append_val(list, addr);
    }
    ios_changed(self, "client configuration group");
}

static bool extras(struct ios *s, const struct cli_args *a, GString *out)
{
    if (ios_has_group_extras(s))
        return true;
    g_autofree char *line = cli_canonical(a);
    ios_refuse(s, out, "%% \"%s\" is not available in version %s; it comes with 12.3(2)T", line,
               s->d->version ? s->d->version : s->conf->version);
    return false;
}

static void netmask(void *self, const struct cli_args *a, GString *out)
{
    struct ios_group *g = here(self, out);
    ip4 mask = 0;
    if (!g || !extras(self, a, out))
        return;
    if (!cli_negated(a) && (!cli_arg_ip4(a, "mask", &mask) || ip4_mask_len(mask) < 0)) {
        ios_invalid(self, a, "mask");
        return;
    }
    g->netmask = mask;
    ios_changed(self, "netmask");
}

static void flag(void *self, const struct cli_args *a, GString *out)
{
    struct ios_group *g = here(self, out);
    if (!g || !extras(self, a, out))
        return;
    bool *at = cli_has(a, "save-password")       ? &g->save_password
               : cli_has(a, "include-local-lan") ? &g->local_lan
                                                 : &g->pfs;
    *at = !cli_negated(a);
    ios_changed(self, "client configuration group");
}

static void limit(void *self, const struct cli_args *a, GString *out)
{
    struct ios_group *g = here(self, out);
    uint32_t n = 0;
    if (!g || !extras(self, a, out))
        return;
    if (!cli_negated(a))
        cli_arg_u32(a, "number", &n);
    *(cli_has(a, "max-users") ? &g->max_users : &g->max_logins) = n;
    ios_changed(self, "client configuration group");
}

#define LIST_MAX 10

/* split-dns, backup-gateway: a line an item. */
static void item(void *self, const struct cli_args *a, GString *out)
{
    struct ios_group *g = here(self, out);
    const char *word = cli_arg(a, "text");
    if (!g || !extras(self, a, out))
        return;
    GPtrArray *list = cli_has(a, "split-dns") ? g->split_dns : g->backup;
    guint at = list->len;
    for (guint i = 0; word && i < list->len; i++)
        if (strcmp(g_ptr_array_index(list, i), word) == 0)
            at = i;
    if (cli_negated(a) && !word)
        g_ptr_array_set_size(list, 0);
    else if (cli_negated(a) && at < list->len)
        g_ptr_array_remove_index(list, at);
    else if (!cli_negated(a) && list->len >= LIST_MAX)
        ios_refuse(self, out, "%% No more than %d can be configured", LIST_MAX);
    else if (!cli_negated(a) && at == list->len)
        g_ptr_array_add(list, g_strdup(word));
    ios_changed(self, "client configuration group");
}

// clang-format off
const struct cli_command ios_config_group[] = {
    { "crypto isakmp client configuration group name:WORD", group, CLI_NO | CLI_NO_ONLY_PREFIX },
    { 0 } };
#define NO CLI_NO | CLI_NO_ONLY_PREFIX
const struct cli_command ios_config_group_rows[] = {
    { "key [0|6] text:WORD",                       text,    NO, .tag = TEXT_KEY },
    { "dns first:A.B.C.D [second:A.B.C.D]",        servers, NO },
    { "wins first:A.B.C.D [second:A.B.C.D]",       servers, NO },
    { "domain text:WORD",                          text,    NO, .tag = TEXT_DOMAIN },
    { "pool text:WORD",                            text,    NO, .tag = TEXT_POOL },
    { "acl text:WORD",                             text,    NO, .tag = TEXT_ACL },
    { "netmask mask:A.B.C.D",                      netmask, NO },
    { "split-dns text:WORD",                       item,    NO },
    { "backup-gateway text:WORD",                  item,    NO },
    { "save-password",                             flag,    CLI_NO },
    { "include-local-lan",                         flag,    CLI_NO },
    { "pfs",                                       flag,    CLI_NO },
    { "max-users number:<1-5000>",                 limit,   NO },
    { "max-logins number:<1-10>",                  limit,   NO },
    { "banner text:LINE",                          banner,  NO },
    { 0 } };
// clang-format on
