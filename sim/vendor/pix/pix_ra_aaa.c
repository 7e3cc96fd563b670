/* Who knows users, which addresses there are for clients, and who is in: aaa-server, username, ip
 * local pool, show uauth. */
#include "pix_ra.h"
#include "pix_show_priv.h"

#include <string.h>

/* ---- Servers ---- */

static bool is_standard(const char *tag)
{
    return strcmp(tag, "RADIUS") == 0 || strcmp(tag, "TACACS+") == 0 || strcmp(tag, "LOCAL") == 0;
}

static void protocol(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    const char *tag = cli_arg(a, "tag");
    if (is_standard(tag)) { /* these there are already */
        g_autofree char *line = cli_canonical(a);
        if (cli_negated(a))
            pix_keep_remove(s, line);
        else
            pix_keep_line(s, PIX_PLACE_TIMEOUT, line, line);
        return;
    }
    if (!cli_has(a, "radius"))
        pix_refuse(s, out, "ERROR: only radius is modelled for this device");
    else if (!cli_negated(a))
        aaa_group_make(s->access->aaa, tag);
    else if (!aaa_group_remove(s->access->aaa, tag))
        pix_refuse(s, out, "ERROR: aaa-server group \"%s\" does not exist", tag);
    pix_changed(s, "aaa-server");
}

/* "(inside)" */
static bool interface_known(struct pix *s, const struct cli_args *a, GString *out)
{
    const char *word = cli_arg(a, "on");
    size_t n = word ? strlen(word) : 0;
    g_autofree char *name =
        n > 2 && word[0] == '(' && word[n - 1] == ')' ? g_strndup(word + 1, n - 2) : NULL;
    if (name && pix_if_named(s, name))
        return true;
    pix_refuse(s, out, "ERROR: interface %s does not exist", word ? word : "");
    return false;
}

/* The timeout is for one question; it is asked four times in all, as the reference of the time has
 * it. */
static void host(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    struct aaa_group *g = aaa_group_find(s->access->aaa, cli_arg(a, "tag"));
    ip4 addr = 0;
    uint32_t timeout = 5;
    cli_arg_ip4(a, "addr", &addr);
    if (!g) {
        pix_refuse(s, out, "ERROR: aaa-server group \"%s\" does not exist", cli_arg(a, "tag"));
        return;
    }
    if (!interface_known(s, a, out))
        return;
    if (cli_negated(a)) {
        if (!aaa_server_remove(g, addr))
            pix_refuse(s, out, "ERROR: host %s is not in the group", IP4S(addr));
        pix_changed(s, "no aaa-server");
        return;
    }
    struct aaa_server *server = aaa_server_make(g, addr);
    cli_arg_u32(a, "seconds", &timeout);
    server->timeout_s = timeout;
    server->retries = 3;
    server->auth_port = (uint16_t)s->access->auth_port;
    g_free(server->key);
    server->key = g_strdup(cli_arg(a, "key"));
    g_autofree char *key = g_strdup_printf("aaa-server-if %s %s", g->name, IP4S(addr));
    pix_keep_line(s, PIX_PLACE_HIDDEN, key, cli_arg(a, "on"));
    pix_changed(s, "aaa-server");
}

static void auth_port(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    uint32_t port = 0;
    if (strcmp(cli_arg(a, "setting"), "radius-authport") != 0) {
        pix_refuse(s, out, "ERROR: unknown setting \"%s\" of aaa-server; radius-authport is known",
                   cli_arg(a, "setting"));
        return;
    }
    if (!cli_negated(a))
        cli_arg_u32(a, "port", &port);
    s->access->auth_port = port;
    for (guint i = 0; i < aaa_groups(s->access->aaa); i++) {
        const struct aaa_group *g = aaa_group_at(s->access->aaa, i);
        for (guint k = 0; k < g->servers->len; k++)
            ((struct aaa_server *)g_ptr_array_index(g->servers, k))->auth_port = (uint16_t)port;
    }
    pix_changed(s, "aaa-server");
}

static const char *interface_of(const struct pix *s, const char *group, ip4 addr)
{
    g_autofree char *key = g_strdup_printf("aaa-server-if %s %s", group, IP4S(addr));
    const char *on = pix_kept_text(s, key);
    return on ? on : "(inside)";
}

/* The groups that every device has are shown once something of them was typed. */
void pix_servers_text(const struct pix *s, bool secrets, GString *out)
{
    if (s->access->auth_port)
        g_string_append_printf(out, "aaa-server radius-authport %u\n", s->access->auth_port);
    for (guint i = 0; i < aaa_groups(s->access->aaa); i++) {
        const struct aaa_group *g = aaa_group_at(s->access->aaa, i);
        if (is_standard(g->name) && !g->servers->len)
            continue;
        if (!is_standard(g->name))
            g_string_append_printf(out, "aaa-server %s protocol radius \n", g->name);
        for (guint k = 0; k < g->servers->len; k++) {
            const struct aaa_server *server = g_ptr_array_index(g->servers, k);
            g_string_append_printf(out, "aaa-server %s %s host %s", g->name,
                                   interface_of(s, g->name, server->addr), IP4S(server->addr));
            if (server->key)
                g_string_append_printf(out, " %s", secrets ? server->key : "********");
            g_string_append_printf(out, " timeout %u\n", server->timeout_s);
        }
    }
}

/* ---- Users ---- */

static void username(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    const char *name = cli_arg(a, "name"), *password = cli_arg(a, "password");
    if (cli_negated(a)) {
        if (!aaa_user_remove(s->access->aaa, name))
            pix_refuse(s, out, "ERROR: username \"%s\" does not exist", name);
        pix_changed(s, "no username");
        return;
    }
    if (cli_has(a, "encrypted")) {
        /* It is not known in clear: nobody logs in with it, and it is shown again. */
        g_autofree char *line = cli_canonical(a), *key = g_strdup_printf("username %s", name);
        pix_keep_line(s, PIX_PLACE_TAIL, key, line);
        return;
    }
    if (password && (strlen(password) < 3 || strlen(password) > 16)) {
        pix_refuse(s, out, "ERROR: a password has 3 to 16 characters");
        return;
    }
    struct aaa_user *u = aaa_user_make(s->access->aaa, name);
    uint32_t level = 2;
    g_free(u->password);
    u->password = g_strdup(password ? password : "");
    cli_arg_u32(a, "level", &level);
    u->privilege = level;
    pix_changed(s, "username");
}

void pix_users_text(const struct pix *s, GString *out)
{
    for (guint i = 0; i < aaa_users(s->access->aaa); i++) {
        const struct aaa_user *u = aaa_user_at(s->access->aaa, i);
        g_string_append_printf(out, "username %s password %s privilege %u\n", u->name, u->password,
                               u->privilege);
    }
}

/* ---- Pools ---- */

struct addr_pool *pix_pool_find(const struct pix *s, const char *name)
{
    for (guint i = 0; name && i < s->access->pools->len; i++) {
        struct addr_pool *p = g_ptr_array_index(s->access->pools, i);
        if (strcmp(p->name, name) == 0)
            return p;
    }
    return NULL;
}

static bool range_of(const char *text, ip4 *first, ip4 *last)
{
    g_auto(GStrv) part = g_strsplit(text, "-", 2);
    if (!part[0] || !ip4_parse(part[0], first))
        return false;
    *last = *first;
    return !part[1] || ip4_parse(part[1], last);
}

static void pool(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    const char *name = cli_arg(a, "name");
    struct addr_pool *p = pix_pool_find(s, name);
    ip4 first, last, mask = 0;
    if (cli_negated(a)) {
        if (p)
            g_ptr_array_remove(s->access->pools, p);
        else
            pix_refuse(s, out, "ERROR: address pool \"%s\" does not exist", name);
        pix_changed(s, "no ip local pool");
        return;
    }
    if (p) {
        pix_refuse(s, out, "ERROR: address pool \"%s\" already exists", name);
        return;
    }
    p = addr_pool_new(name);
    cli_arg_ip4(a, "mask", &mask);
    p->mask = mask;
    if (strlen(name) > 63 || !range_of(cli_arg(a, "range"), &first, &last) ||
        last - first > 0xffff || !addr_pool_add(p, first, last)) {
        pix_refuse(s, out, "ERROR: invalid pool range %s", cli_arg(a, "range"));
        addr_pool_free(p);
        return;
    }
    g_ptr_array_add(s->access->pools, p);
    pix_changed(s, "ip local pool");
}

static const struct ip4_range *range_at(const struct addr_pool *p)
{
    return &g_array_index(p->range, struct ip4_range, 0);
}

void pix_pools_text(const struct pix *s, GString *out)
{
    for (guint i = 0; i < s->access->pools->len; i++) {
        const struct addr_pool *p = g_ptr_array_index(s->access->pools, i);
        g_string_append_printf(out, "ip local pool %s %s", p->name, IP4S(range_at(p)->first));
        if (range_at(p)->last != range_at(p)->first)
            g_string_append_printf(out, "-%s", IP4S(range_at(p)->last));
        if (p->mask)
            g_string_append_printf(out, " mask %s", IP4S(p->mask));
        g_string_append_c(out, '\n');
    }
}

void pix_view_pool(struct pix *s, char **args, struct view *v)
{
    view_columns(v, "pool", "begin", "end", "free", "in-use", NULL);
    for (guint i = 0; i < s->access->pools->len; i++) {
        const struct addr_pool *p = g_ptr_array_index(s->access->pools, i);
        if (args && args[0] && strcmp(args[0], p->name) != 0)
            continue;
        view_row_begin(v);
        view_set(v, "pool", "%s", p->name);
        view_set(v, "begin", "%s", IP4S(range_at(p)->first));
        view_set(v, "end", "%s", IP4S(range_at(p)->last));
        view_set(v, "free", "%u", addr_pool_size(p) - addr_pool_in_use(p));
        view_set(v, "in-use", "%u", addr_pool_in_use(p));
    }
}

static void show_pool(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    char *args[] = {(char *)cli_arg(a, "name"), NULL};
    struct view v;
    if (args[0] && !pix_pool_find(s, args[0])) {
        pix_refuse(s, out, "ERROR: address pool \"%s\" does not exist", args[0]);
        return;
    }
    view_init(&v);
    pix_view_pool(s, args, &v);
    g_string_append(out, "Pool            Begin           End             Free    In use\n");
    for (size_t i = 0; i < view_count(&v); i++) {
        const struct addr_pool *p = pix_pool_find(s, view_cell(&v, i, "pool"));
        g_string_append_printf(out, "%-15s %-15s %-15s %5s    %5s\n", p->name,
                               view_cell(&v, i, "begin"), view_cell(&v, i, "end"),
                               view_cell(&v, i, "free"), view_cell(&v, i, "in-use"));
        for (guint k = 0; k < p->held->len; k++)
            g_string_append_printf(out, "  In use: %s\n",
                                   IP4S(g_array_index(p->held, struct addr_held, k).addr));
    }
    view_clear(&v);
}

/* ---- show uauth ---- */

void pix_view_uauth(struct pix *s, char **args, struct view *v)
{
    view_columns(v, "user", "address", "peer", "group", NULL);
    for (guint i = 0; i < s->access->remotes->len; i++) {
        const struct pix_remote *r = g_ptr_array_index(s->access->remotes, i);
        if (!r->in || !r->user)
            continue;
        view_row_begin(v);
        view_set(v, "user", "%s", r->user);
        view_set(v, "address", "%s", IP4S(r->addr));
        view_set(v, "peer", "%s", IP4S(r->peer));
        view_set(v, "group", "%s", r->group);
    }
}

static void show_uauth(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    unsigned asking = 0;
    struct view v;
    view_init(&v);
    pix_view_uauth(s, NULL, &v);
    for (guint i = 0; i < s->access->remotes->len; i++)
        asking +=
            ((const struct pix_remote *)g_ptr_array_index(s->access->remotes, i))->question != 0;
    g_string_append_printf(out,
                           "                        Current    Most Seen\n"
                           "Authenticated Users       %-10zu %u\n"
                           "Authen In Progress        %-10u %u\n",
                           view_count(&v), s->access->most_in, asking, s->access->asking);
    for (size_t i = 0; i < view_count(&v); i++)
        g_string_append_printf(out, "ipsec user '%s' at %s, authenticated\n",
                               view_cell(&v, i, "user"), view_cell(&v, i, "address"));
    view_clear(&v);
}

static void show_group(void *self, const struct cli_args *a, GString *out)
{
    pix_groups_text(self, false, out);
}

/* ---- clear uauth ---- */

static void clear_uauth(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    const char *name = cli_arg(a, "name");
    for (guint i = 0; i < s->access->remotes->len; i++) {
        struct pix_remote *r = g_ptr_array_index(s->access->remotes, i);
        if (!r->in || (name && g_strcmp0(r->user, name) != 0))
            continue;
        r->out = WHY_ADMIN;
        r->due = PIX_RA_OUT;
        sim_timer_arm(&r->timer, sim_now(s->d->sim));
    }
}

#define N CLI_NO | CLI_NO_ONLY_PREFIX

// clang-format off
const struct cli_command pix_config_aaa[] = {
    { "aaa-server tag:WORD protocol (radius|tacacs+|local)",        protocol,  N },
    { "aaa-server tag:WORD on:WORD host addr:A.B.C.D [key:WORD] [timeout seconds:<1-30>]", host, N },
    /* "radius-authport": a word of its own would take "RADIUS" for its beginning */
    { "aaa-server setting:WORD port:<1-65535>",                     auth_port, N },
    { "username name:WORD password password:WORD [encrypted] [privilege level:<0-15>]", username, N },
    { "username name:WORD nopassword [privilege level:<0-15>]",     username,  N },
    { "ip local pool name:WORD range:WORD [mask mask:MASK]",        pool,      N },
    { 0 } };
const struct cli_command pix_exec_access[] = {
    { "show ip local pool [name:WORD]",        show_pool,   CLI_PRIVILEGED },
    { "show uauth",                            show_uauth,  CLI_PRIVILEGED },
    { "show vpngroup",                         show_group,  CLI_PRIVILEGED },
    { "clear uauth [name:WORD]",               clear_uauth, CLI_PRIVILEGED },
    { 0 } };
// clang-format on
