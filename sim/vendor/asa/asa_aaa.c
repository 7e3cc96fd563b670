/* Who knows users: groups of RADIUS servers, and the users of the device itself (CAT-47, 48, 50).
 */
#include "asa.h"

#include <string.h>

/* ---- Hosts ---- */

static void host_free(void *p)
{
    struct asa_aaa_host *h = p;
    g_free(h->group);
    g_free(h->on);
    g_free(h);
}

static struct asa_aaa_host *host_find(const struct asa *s, const char *group, ip4 addr)
{
    for (guint i = 0; i < s->aaa_hosts->len; i++) {
        struct asa_aaa_host *h = g_ptr_array_index(s->aaa_hosts, i);
        if (h->addr == addr && (!group || strcmp(h->group, group) == 0))
            return h;
    }
    return NULL;
}

struct asa_aaa_host *asa_aaa_host_at(const struct asa *s, ip4 addr)
{
    return host_find(s, NULL, addr);
}

static struct aaa_server *server_of(const struct asa *s, const struct asa_aaa_host *h)
{
    const struct aaa_group *g = aaa_group_find(s->aaa, h->group);
    for (guint i = 0; g && i < g->servers->len; i++) {
        struct aaa_server *server = g_ptr_array_index(g->servers, i);
        if (server->addr == h->addr)
            return server;
    }
    return NULL;
}

/* A server is asked every retry interval until its time is over. */
static void apply(struct asa *s, const struct asa_aaa_host *h)
{
    struct aaa_server *server = server_of(s, h);
    if (!server)
        return;
    uint32_t whole = h->timeout_s ? h->timeout_s : ASA_AAA_TIMEOUT_S;
    uint32_t retry = h->retry_s ? h->retry_s : ASA_AAA_RETRY_S;
    server->timeout_s = MIN(retry, whole);
    server->retries = (whole + server->timeout_s - 1) / server->timeout_s - 1;
    server->auth_port = (uint16_t)h->auth_port;
}

/* ---- Groups ---- */

static void group_enter(struct asa *s, const char *name)
{
    g_free(s->at_servers);
    s->at_servers = g_strdup(name);
    g_free(s->at_section);
    s->at_section = g_strdup_printf("aaa-server %s", name);
    asa_enter(s, &asa_mode_aaa_group);
}

static void remove_group(struct asa *s, const char *name)
{
    g_autofree char *copy = g_strdup(name), *section = g_strdup_printf("aaa-server %s", name);
    for (guint i = s->aaa_hosts->len; i-- > 0;) {
        const struct asa_aaa_host *h = g_ptr_array_index(s->aaa_hosts, i);
        if (strcmp(h->group, copy) != 0)
            continue;
        g_autofree char *of_host =
            g_strdup_printf("aaa-server %s host %s", h->group, IP4S(h->addr));
        asa_keep_remove_section(s, of_host);
        g_ptr_array_remove_index(s->aaa_hosts, i);
    }
    asa_keep_remove_section(s, section);
    aaa_group_remove(s->aaa, copy);
}

static void group(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    const char *name = cli_arg(a, "tag");
    struct aaa_group *g = aaa_group_find(s->aaa, name);
    if (cli_negated(a)) {
        if (g)
            remove_group(s, name);
        else
            asa_refuse(s, out, "ERROR: aaa-server group <%s> does not exist", name);
        asa_changed(s, "no aaa-server");
        return;
    }
    if (!cli_has(a, "radius")) {
        g_autofree char *line = cli_canonical(a);
        asa_refuse(s, out, "ERROR: \"%s\" is not modelled for this device; radius is", line);
        return;
    }
    if (strcmp(name, "LOCAL") == 0) {
        asa_refuse(s, out, "ERROR: aaa-server group LOCAL is the device's own");
        return;
    }
    if (!g) {
        g = aaa_group_make(s->aaa, name);
        g->max_failed = 3;
        g->dead_s = 600; /* reactivation-mode depletion, deadtime 10 minutes */
        g->depletion = true;
    }
    group_enter(s, name);
    asa_changed(s, "aaa-server");
}

static void max_failed(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    uint32_t n = 3;
    if (!cli_negated(a))
        cli_arg_u32(a, "count", &n);
    aaa_group_make(s->aaa, s->at_servers)->max_failed = n;
    asa_changed(s, "aaa-server");
}

/* "depletion": until the dead time is over; "timed": half a minute. */
static void reactivation(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    uint32_t minutes = 10;
    cli_arg_u32(a, "minutes", &minutes);
    bool timed = cli_has(a, "timed") && !cli_negated(a);
    struct aaa_group *g = aaa_group_make(s->aaa, s->at_servers);
    g->dead_s = timed ? 30 : minutes * 60;
    g->depletion = !timed;
    asa_changed(s, "aaa-server");
}

/* ---- Hosts ---- */

/* "(inside)" */
static bool interface_of(struct asa *s, const struct cli_args *a, char **nameif)
{
    const char *word = cli_arg(a, "on");
    *nameif = NULL;
    if (!word)
        return true;
    size_t n = strlen(word);
    bool shaped = n > 2 && word[0] == '(' && word[n - 1] == ')';
    g_autofree char *name = shaped ? g_strndup(word + 1, n - 2) : NULL;
    if (!shaped || !asa_if_named(s, name)) {
        asa_invalid(s, a, "on");
        return false;
    }
    *nameif = g_steal_pointer(&name);
    return true;
}

static void set_key(struct aaa_server *server, const char *key)
{
    char *copy = g_strdup(key);
    g_free(server->key);
    server->key = copy;
}

static void remove_host(struct asa *s, const char *name, ip4 addr, GString *out)
{
    struct aaa_group *g = aaa_group_find(s->aaa, name);
    if (!g || !aaa_server_remove(g, addr)) {
        asa_refuse(s, out, "ERROR: host %s is not in aaa-server group <%s>", IP4S(addr), name);
        return;
    }
    g_autofree char *section = g_strdup_printf("aaa-server %s host %s", name, IP4S(addr));
    asa_keep_remove_section(s, section);
    g_ptr_array_remove(s->aaa_hosts, host_find(s, name, addr));
    asa_changed(s, "no aaa-server host");
}

/* Without an interface it is inside. */
static void host(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    const char *name = cli_arg(a, "tag"), *key = cli_arg(a, "key");
    struct aaa_group *g = aaa_group_find(s->aaa, name);
    ip4 addr = 0;
    g_autofree char *on = NULL;
    cli_arg_ip4(a, "addr", &addr);
    if (!g) {
        asa_refuse(s, out, "ERROR: aaa-server group <%s> does not exist", name);
        return;
    }
    if (cli_negated(a)) {
        remove_host(s, name, addr, out);
        return;
    }
    if (!interface_of(s, a, &on))
        return;
    struct asa_aaa_host *h = host_find(s, name, addr);
    struct aaa_server *server = aaa_server_make(g, addr);
    if (!h) {
        h = g_new0(struct asa_aaa_host, 1);
        h->group = g_strdup(name);
        h->addr = addr;
        h->last = -1;
        h->on = g_strdup("inside");
        g_ptr_array_add(s->aaa_hosts, h);
    }
    if (on) {
        g_free(h->on);
        h->on = g_steal_pointer(&on);
    }
    if (key)
        set_key(server, key);
    cli_arg_u32(a, "seconds", &h->timeout_s);
    apply(s, h);
    g_free(s->at_servers);
    s->at_servers = g_strdup(name);
    s->at_server = addr;
    g_free(s->at_section);
    s->at_section = g_strdup_printf("aaa-server %s host %s", name, IP4S(addr));
    asa_enter(s, &asa_mode_aaa_host);
    asa_changed(s, "aaa-server host");
}

enum { TIMEOUT, RETRY, AUTH_PORT, ACCT_PORT };

static void host_number(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    struct asa_aaa_host *h = host_find(s, s->at_servers, s->at_server);
    if (!h)
        return;
    uint32_t *at[] = {&h->timeout_s, &h->retry_s, &h->auth_port, &h->acct_port}, v = 0;
    if (!cli_negated(a))
        cli_arg_u32(a, "value", &v);
    *at[cli_tag(a)] = v;
    apply(s, h);
    asa_changed(s, "aaa-server host");
}

static void host_key(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    const struct asa_aaa_host *h = host_find(s, s->at_servers, s->at_server);
    const char *key = cli_negated(a) ? NULL : cli_arg(a, "key");
    if (!h)
        return;
    if (s->loading && key && strspn(key, "*") == strlen(key)) {
        asa_refuse(s, out,
                   "the key is hidden, as a listing hides it; enter the key itself, in "
                   "place of the asterisks");
        return;
    }
    set_key(server_of(s, h), key);
    asa_changed(s, "aaa-server host");
}

/* Settings that change nothing here are kept with the group or the host. */
static void keep(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    g_autofree char *text = cli_canonical(a);
    g_autofree char *key = g_strndup(text, strcspn(text, " "));
    if (cli_negated(a))
        asa_keep_remove(s, s->at_section, key);
    else
        asa_keep_line(s, ASA_PLACE_SUB, s->at_section, key, text);
    asa_changed(s, "aaa-server");
}

/* ---- Read back ---- */

static void kept_text(const struct asa *s, const char *section, GString *out)
{
    for (guint i = 0; i < s->kept->len; i++) {
        const struct asa_kept *k = g_ptr_array_index(s->kept, i);
        if (g_strcmp0(k->section, section) == 0)
            g_string_append_printf(out, " %s\n", k->text);
    }
}

static void number_text(const char *word, uint32_t value, GString *out)
{
    if (value)
        g_string_append_printf(out, " %s %u\n", word, value);
}

static void host_text(const struct asa *s, const struct asa_aaa_host *h, bool secrets, GString *out)
{
    const struct aaa_server *server = server_of(s, h);
    g_autofree char *section = g_strdup_printf("aaa-server %s host %s", h->group, IP4S(h->addr));
    g_string_append_printf(out, "aaa-server %s (%s) host %s\n", h->group, h->on, IP4S(h->addr));
    number_text("retry-interval", h->retry_s, out);
    number_text("timeout", h->timeout_s, out);
    if (server && server->key)
        g_string_append_printf(out, " key %s\n",
                               secrets              ? server->key
                               : asa_since(s, 8, 3) ? "*****"
                                                    : "*");
    number_text("authentication-port", h->auth_port, out);
    number_text("accounting-port", h->acct_port, out);
    kept_text(s, section, out);
}

void asa_aaa_text(const struct asa *s, bool secrets, GString *out)
{
    for (guint i = 0; i < aaa_groups(s->aaa); i++) {
        const struct aaa_group *g = aaa_group_at(s->aaa, i);
        g_autofree char *section = g_strdup_printf("aaa-server %s", g->name);
        g_string_append_printf(out, "aaa-server %s protocol radius\n", g->name);
        if (g->max_failed != 3)
            g_string_append_printf(out, " max-failed-attempts %u\n", g->max_failed);
        if (!g->depletion)
            g_string_append(out, " reactivation-mode timed\n");
        else if (g->dead_s != 600)
            g_string_append_printf(out, " reactivation-mode depletion deadtime %u\n",
                                   g->dead_s / 60);
        kept_text(s, section, out);
        for (guint k = 0; k < s->aaa_hosts->len; k++) {
            const struct asa_aaa_host *h = g_ptr_array_index(s->aaa_hosts, k);
            if (strcmp(h->group, g->name) == 0)
                host_text(s, h, secrets, out);
        }
    }
}

/* ---- Life ---- */

static void user_free(void *p)
{
    struct asa_user *u = p;
    if (!u)
        return;
    asa_settings_clear(&u->settings);
    g_free(u->hash);
    g_free(u);
}

void asa_aaa_start(struct asa *s)
{
    s->aaa = aaa_new(s->d, user_free);
    s->aaa_hosts = g_ptr_array_new_with_free_func(host_free);
    s->pools = g_ptr_array_new_with_free_func(asa_pool_free);
}

void asa_aaa_stop(struct asa *s)
{
    aaa_free(s->aaa);
    g_ptr_array_unref(s->aaa_hosts);
    g_ptr_array_unref(s->pools);
    g_free(s->at_user);
    g_free(s->at_servers);
}

#define NO CLI_NO | CLI_NO_ONLY_PREFIX

// clang-format off
const struct cli_command asa_config_aaa[] = {
    { "aaa-server tag:WORD protocol (radius|tacacs+|ldap|nt|sdi|kerberos)", group, NO },
    { "aaa-server tag:WORD [on:WORD] host addr:A.B.C.D [key:WORD] [timeout seconds:<1-300>]", host, NO },
    { 0 } };
const struct cli_command asa_config_aaa_group_rows[] = {
    { "max-failed-attempts count:<1-5>",                               max_failed,   NO },
    { "reactivation-mode timed",                                       reactivation, CLI_NO },
    { "reactivation-mode depletion [deadtime minutes:<0-1440>]",       reactivation, NO },
    { "accounting-mode (single|simultaneous)",                         keep,         NO },
    { "interim-accounting-update",                                     keep,         CLI_NO },
    { 0 } };
const struct cli_command asa_config_aaa_host_rows[] = {
    { "key key:WORD",                                                  host_key,     NO },
    { "timeout value:<1-300>",                                         host_number,  NO, .tag = TIMEOUT },
    { "retry-interval value:<1-10>",                                   host_number,  NO, .tag = RETRY },
    { "authentication-port value:<1-65535>",                           host_number,  NO, .tag = AUTH_PORT },
    { "accounting-port value:<1-65535>",                               host_number,  NO, .tag = ACCT_PORT },
    { "radius-common-pw password:WORD",                                keep,         NO },
    { "acl-netmask-convert (auto-detect|standard|wildcard)",           keep,         NO },
    { 0 } };
// clang-format on

static const struct cli_command *const group_tables[] = {asa_config_nav, asa_config_aaa_group_rows,
                                                         NULL};
static const struct cli_command *const host_tables[] = {asa_config_nav, asa_config_aaa_host_rows,
                                                        NULL};
const struct cli_mode asa_mode_aaa_group = {"config-aaa-server-group", group_tables,
                                            &asa_mode_config};
const struct cli_mode asa_mode_aaa_host = {"config-aaa-server-host", host_tables, &asa_mode_config};
