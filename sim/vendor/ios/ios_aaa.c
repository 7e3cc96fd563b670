/* Users, RADIUS servers and the lists of methods that logins name (hub-and-spoke.md 2.4). The lists
 * hang in the device's AAA under "login NAME" and "network NAME". */
#include "vendor/ios/ios_ra.h"

#include <string.h>

/* ---- Users ---- */

static struct ios_user_words *words_of(struct aaa_user *u)
{
    if (!u->vendor)
        u->vendor = g_new0(struct ios_user_words, 1);
    return u->vendor;
}

void ios_user_text(const struct ios *s, const struct aaa_user *u, GString *out)
{
    const struct ios_user_words *w = u->vendor;
    g_string_append_printf(out, "username %s", u->name);
    if (u->privilege != 1)
        g_string_append_printf(out, " privilege %u", u->privilege);
    if (!w || w->no_password || !u->password) {
        g_string_append(out, w && w->no_password ? " nopassword" : "");
        return;
    }
    if (!w->hidden) {
        g_string_append_printf(out, " %s 0 %s", w->secret ? "secret" : "password", u->password);
        return;
    }
    g_autofree char *text = ios_type7_encode(u->password);
    g_string_append_printf(out, " password 7 %s", w->as_typed ? w->as_typed : text);
}

void ios_user_words_free(gpointer p)
{
    struct ios_user_words *w = p;
    g_free(w->as_typed);
    g_free(w);
}

/* The password in plain; NULL: refused. */
static char *password_of(struct ios *s, const struct cli_args *a, GString *out)
{
    const char *text = cli_arg(a, "text");
    if (cli_has(a, "5")) {
        ios_refuse(s, out,
                   "%% Secrets of type 5 cannot be verified by this simulator; enter the secret in "
                   "plain text");
        return NULL;
    }
    if (!cli_has(a, "7"))
        return g_strdup(text);
    char *plain = ios_type7_decode(text);
    if (!plain)
        ios_refuse(s, out, "Invalid encrypted password: %s", text);
    return plain;
}

static void username(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    struct aaa *aaa = s->ra->aaa;
    const char *name = cli_arg(a, "name");
    if (cli_negated(a)) {
        if (!name || !aaa_user_remove(aaa, name))
            ios_refuse(s, out, "%% User %s does not exist", name ? name : "");
        return;
    }
    g_autofree char *plain = cli_has(a, "text") ? password_of(s, a, out) : NULL;
    if (cli_has(a, "text") && !plain)
        return;
    bool fresh = !aaa_user_find(aaa, name);
    struct aaa_user *u = aaa_user_make(aaa, name);
    struct ios_user_words *w = words_of(u);
    if (fresh)
        u->privilege = 1;
    cli_arg_u32(a, "privilege", &u->privilege);
    w->no_password = cli_has(a, "nopassword");
    if (!plain)
        return;
    g_free(u->password);
    u->password = g_steal_pointer(&plain);
    w->secret = cli_has(a, "secret");
    w->hidden = !w->secret && (cli_has(a, "7") || s->conf->password_encryption);
    g_free(w->as_typed);
    w->as_typed = cli_has(a, "7") ? g_strdup(cli_arg(a, "text")) : NULL;
}

void ios_users_encrypt(struct ios *s)
{
    for (guint i = 0; i < aaa_users(s->ra->aaa); i++) {
        struct ios_user_words *w = words_of(aaa_user_at(s->ra->aaa, i));
        w->hidden |= !w->secret;
    }
}

/* ---- RADIUS ---- */

static struct ios_radius_host *host_find(const struct ios *s, ip4 addr)
{
    for (guint i = 0; i < s->ra->radius_hosts->len; i++) {
        struct ios_radius_host *h = g_ptr_array_index(s->ra->radius_hosts, i);
        if (h->addr == addr)
            return h;
    }
    return NULL;
}

static void host_free(struct ios_radius_host *h)
{
    g_free(h->key);
    g_free(h);
}

/* One server as its host line, or the lines for all hosts, say. */
static void put_server(const struct ios *s, struct aaa_group *g, ip4 addr, uint32_t auth_port)
{
    const struct ios_radius_host *h = host_find(s, addr);
    struct aaa_server *server = aaa_server_make(g, addr);
    const char *key = h && h->key ? h->key : s->ra->radius_key;
    uint32_t port = auth_port ? auth_port : h && h->auth_port ? h->auth_port : 1645;
    server->auth_port = (uint16_t)port;
    server->timeout_s = h && h->has_timeout ? h->timeout_s : s->ra->radius_timeout_s;
    server->retries = h && h->has_retransmit ? h->retransmit : s->ra->radius_retransmit;
    g_free(server->key);
    server->key = g_strdup(key ? key : "");
}

static void put_group(const struct ios *s, const char *name, const GArray *members)
{
    struct aaa_group *g = aaa_group_make(s->ra->aaa, name);
    g->timeout_s = s->ra->radius_timeout_s;
    g->retries = s->ra->radius_retransmit;
    g->max_failed = s->ra->radius_deadtime_min ? 1 : 0;
    g->dead_s = s->ra->radius_deadtime_min * 60;
    for (guint i = g->servers->len; i-- > 0;) {
        const struct aaa_server *server = g_ptr_array_index(g->servers, i);
        bool kept = false;
        for (guint k = 0; k < members->len; k++)
            kept |= g_array_index(members, struct ios_radius_member, k).addr == server->addr;
        if (!kept)
            aaa_server_remove(g, server->addr);
    }
    for (guint k = 0; k < members->len; k++) {
        const struct ios_radius_member *m = &g_array_index(members, struct ios_radius_member, k);
        put_server(s, g, m->addr, m->auth_port);
    }
}

/* The device's AAA learns what the lines say now: "radius" is every host. */
static void apply(struct ios *s)
{
    g_autoptr(GArray) all = g_array_new(FALSE, TRUE, sizeof(struct ios_radius_member));
    for (guint i = 0; i < s->ra->radius_hosts->len; i++) {
        const struct ios_radius_host *h = g_ptr_array_index(s->ra->radius_hosts, i);
        struct ios_radius_member m = {h->addr, 0, 0};
        g_array_append_val(all, m);
    }
    put_group(s, "radius", all);
    for (guint i = 0; i < s->ra->radius_groups->len; i++) {
        const struct ios_radius_group *g = g_ptr_array_index(s->ra->radius_groups, i);
        put_group(s, g->name, g->members);
    }
}

/* "key secret", "key 0 secret", "key 7 0822455D0A16"; NULL: refused. */
static char *radius_secret(struct ios *s, const struct cli_args *a, GString *out)
{
    const char *text = cli_arg(a, "key");
    if (!cli_has(a, "7"))
        return g_strdup(text);
    char *plain = ios_type7_decode(text);
    if (!plain)
        ios_refuse(s, out, "Invalid encrypted password: %s", text);
    return plain;
}

static void radius_host(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    ip4 addr = 0;
    if (!cli_arg_ip4(a, "addr", &addr)) {
        ios_refuse(s, out, "%% Incomplete command.");
        return;
    }
    struct ios_radius_host *h = host_find(s, addr);
    if (cli_negated(a)) {
        if (h) {
            g_ptr_array_remove(s->ra->radius_hosts, h);
            host_free(h);
        }
        apply(s);
        return;
    }
    g_autofree char *key = cli_has(a, "key") ? radius_secret(s, a, out) : NULL;
    if (cli_has(a, "key") && !key)
        return;
    if (!h) {
        h = g_new0(struct ios_radius_host, 1);
        g_ptr_array_add(s->ra->radius_hosts, h);
    }
    h->addr = addr;
    h->auth_port = h->acct_port = 0;
    cli_arg_u32(a, "auth", &h->auth_port);
    cli_arg_u32(a, "acct", &h->acct_port);
    h->has_timeout = cli_arg_u32(a, "timeout", &h->timeout_s);
    h->has_retransmit = cli_arg_u32(a, "retransmit", &h->retransmit);
    g_free(h->key);
    h->key = g_steal_pointer(&key);
    apply(s);
}

static void radius_key(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    char *key = cli_negated(a) ? NULL : radius_secret(s, a, out);
    if (!cli_negated(a) && !key)
        return;
    g_free(s->ra->radius_key);
    s->ra->radius_key = key;
    apply(s);
}

static void radius_figure(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    bool timeout = cli_has(a, "timeout"), dead = cli_has(a, "deadtime");
    uint32_t *at = timeout ? &s->ra->radius_timeout_s
                   : dead  ? &s->ra->radius_deadtime_min
                           : &s->ra->radius_retransmit;
    *at = timeout ? 5 : dead ? 0 : 3;
    if (!cli_negated(a))
        cli_arg_u32(a, "number", at);
    apply(s);
}

static struct ios_radius_group *group_find(const struct ios *s, const char *name)
{
    for (guint i = 0; name && i < s->ra->radius_groups->len; i++) {
        struct ios_radius_group *g = g_ptr_array_index(s->ra->radius_groups, i);
        if (strcmp(g->name, name) == 0)
            return g;
    }
    return NULL;
}

static void group_free(struct ios_radius_group *g)
{
    g_free(g->name);
    g_array_unref(g->members);
    g_free(g);
}

static void radius_group(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    const char *name = cli_arg(a, "name");
    struct ios_radius_group *g = group_find(s, name);
    if (cli_negated(a)) {
        if (!g)
            return;
        aaa_group_remove(s->ra->aaa, name);
        g_ptr_array_remove(s->ra->radius_groups, g);
        group_free(g);
        return;
    }
    if (!g) {
        g = g_new0(struct ios_radius_group, 1);
        g->name = g_strdup(name);
        g->members = g_array_new(FALSE, FALSE, sizeof(struct ios_radius_member));
        g_ptr_array_add(s->ra->radius_groups, g);
        apply(s);
    }
    g_free(s->ra->at);
    s->ra->at = g_strdup(name);
    ios_enter(s, &ios_mode_radius);
}

static void group_server(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    struct ios_radius_group *g = group_find(s, s->ra->at);
    struct ios_radius_member m = {0};
    if (!g) {
        ios_refuse(s, out, "%% The server group %s was removed", s->ra->at ? s->ra->at : "");
        ios_enter(s, &ios_mode_config);
        return;
    }
    cli_arg_ip4(a, "addr", &m.addr);
    cli_arg_u32(a, "auth", &m.auth_port);
    cli_arg_u32(a, "acct", &m.acct_port);
    for (guint i = g->members->len; i-- > 0;)
        if (g_array_index(g->members, struct ios_radius_member, i).addr == m.addr)
            g_array_remove_index(g->members, i);
    if (!cli_negated(a))
        g_array_append_val(g->members, m);
    apply(s);
}

/* ---- Lists of methods ---- */

bool ios_aaa_has_list(const struct ios *s, const char *kind, const char *name)
{
    size_t n = 0;
    if (!name)
        return false;
    g_autofree char *list = g_strdup_printf("%s %s", kind, name);
    return aaa_list_find(s->ra->aaa, list, &n) != NULL;
}

/* "group radius local none" as methods; how many, -1: a word that is none. */
static int methods_of(char **word, struct aaa_method m[AAA_MAX_METHODS])
{
    int n = 0;
    for (; *word; word++) {
        if (**word == '\0')
            continue;
        if (n == AAA_MAX_METHODS)
            return -1;
        struct aaa_method *at = &m[n++];
        if (strcmp(*word, "local") == 0 || strcmp(*word, "local-case") == 0) {
            at->kind = AAA_LOCAL;
        } else if (strcmp(*word, "none") == 0 || strcmp(*word, "if-authenticated") == 0) {
            at->kind = AAA_NONE;
        } else if (strcmp(*word, "group") == 0 && word[1] && *word[1]) {
            at->kind = AAA_GROUP;
            g_strlcpy(at->group, *++word, sizeof at->group);
        } else {
            return -1;
        }
    }
    return n;
}

static void list(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    const char *name = cli_arg(a, "list"), *typed = cli_arg(a, "methods");
    bool login = cli_has(a, "authentication");
    g_autofree char *in_aaa = g_strdup_printf("%s %s", login ? "login" : "network", name);
    g_autofree char *key = g_strdup_printf(
        "aaa %s %s", login ? "authentication login" : "authorization network", name);
    if (cli_negated(a)) {
        aaa_list_set(s->ra->aaa, in_aaa, NULL, 0);
        ios_keep_remove(s, NULL, key);
        return;
    }
    if (!s->ra->aaa_on) {
        ios_refuse(s, out, "%% AAA is not enabled; \"aaa new-model\" comes first");
        return;
    }
    struct aaa_method m[AAA_MAX_METHODS] = {0};
    g_auto(GStrv) words = g_strsplit(typed, " ", -1);
    int n = methods_of(words, m);
    if (n <= 0) {
        ios_invalid(s, a, "methods");
        return;
    }
    aaa_list_set(s->ra->aaa, in_aaa, m, (size_t)n);
    g_autofree char *text = g_strdup_printf("%s %s", key, typed);
    ios_keep_line(s, IOS_PLACE_HEAD, NULL, key, text);
}

static void new_model(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    s->ra->aaa_on = !cli_negated(a);
    ios_keep_line(s, IOS_PLACE_HEAD, NULL, "aaa new-model",
                  s->ra->aaa_on ? "aaa new-model" : "no aaa new-model");
}

/* ---- Owning ---- */

void ios_aaa_free(struct ios_ra *ra)
{
    for (guint i = 0; i < ra->radius_hosts->len; i++)
        host_free(g_ptr_array_index(ra->radius_hosts, i));
    for (guint i = 0; i < ra->radius_groups->len; i++)
        group_free(g_ptr_array_index(ra->radius_groups, i));
    g_ptr_array_unref(ra->radius_hosts);
    g_ptr_array_unref(ra->radius_groups);
    g_free(ra->radius_key);
}

#define PORTS "[auth-port auth:<1-65535>] [acct-port acct:<1-65535>]"
#define NO    CLI_NO | CLI_NO_ONLY_PREFIX

// clang-format off
const struct cli_command ios_config_aaa[] = {
    { "aaa new-model",                                          new_model,     CLI_NO | CLI_DEFAULT },
    { "aaa authentication login list:WORD methods:LINE",        list,          NO },
    { "aaa authorization network list:WORD methods:LINE",       list,          NO },
    { "aaa group server radius name:WORD",                      radius_group,  NO },
    { "username name:WORD [privilege privilege:<0-15>] (password [0|7] text:LINE|secret [0|5] text:LINE|nopassword)",
                                                                username,      NO },
    { "username name:WORD privilege privilege:<0-15>",          username,      0 },
    { "radius-server host addr:A.B.C.D " PORTS " [timeout timeout:<1-1000>] [retransmit retransmit:<0-100>] [key [0|7] key:LINE]",
                                                                radius_host,   NO },
    { "radius-server key [0|7] key:LINE",                       radius_key,    NO },
    { "radius-server timeout number:<1-1000>",                  radius_figure, NO },
    { "radius-server retransmit number:<0-100>",                radius_figure, NO },
    { "radius-server deadtime number:<1-1440>",                 radius_figure, NO },
    { 0 } };
const struct cli_command ios_config_radius_rows[] = {
    { "server addr:A.B.C.D " PORTS,                             group_server,  NO },
    { 0 } };
// clang-format on
