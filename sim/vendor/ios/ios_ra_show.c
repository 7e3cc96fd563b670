/* show ip local pool, show crypto isakmp profile, show aaa servers, show aaa user all. */
#include "vendor/ios/ios_ra.h"

#include <string.h>

#include "vendor/ios/ios_show_priv.h"

/* ---- show ip local pool ---- */

static uint32_t range_held(const struct addr_pool *p, const struct ip4_range *r)
{
    uint32_t n = 0;
    for (guint i = 0; i < p->held->len; i++) {
        ip4 addr = g_array_index(p->held, struct addr_held, i).addr;
        n += r->first <= addr && addr <= r->last;
    }
    return n;
}

void ios_view_pool(struct ios *s, char **args, struct view *v)
{
    view_columns(v, "pool", "begin", "end", "free", "in-use", NULL);
    for (guint i = 0; i < s->ra->pools->len; i++) {
        const struct addr_pool *p = g_ptr_array_index(s->ra->pools, i);
        if (args && args[0] && strcmp(args[0], p->name) != 0)
            continue;
        for (guint k = 0; k < p->range->len; k++) {
            const struct ip4_range *r = &g_array_index(p->range, struct ip4_range, k);
            uint32_t held = range_held(p, r);
            view_row_begin(v);
            view_set(v, "pool", "%s", k == 0 ? p->name : "");
            view_set(v, "begin", "%s", IP4S(r->first));
            view_set(v, "end", "%s", IP4S(r->last));
            view_set(v, "free", "%u", r->last - r->first + 1 - held);
            view_set(v, "in-use", "%u", held);
        }
    }
}

static void held_list(const struct addr_pool *p, GString *out)
{
    g_string_append(out, "Inuse addresses:\n");
    for (guint i = 0; i < p->held->len; i++) {
        const struct addr_held *h = &g_array_index(p->held, struct addr_held, i);
        const char *user = strchr(h->holder, ' ');
        g_string_append_printf(out, "   %-16s%s\n", IP4S(h->addr), user ? user + 1 : h->holder);
    }
    if (p->held->len == 0)
        g_string_append(out, "   None\n");
}

void ios_show_pool(void *self, const struct cli_args *a, GString *out)
{
    static const struct ios_column columns[] = {
        {" ", 1}, {"pool", 25}, {"begin", 16}, {"end", 16}, {"free", -4}, {"in-use", -8}, {0}};
    struct ios *s = self;
    const char *name = cli_arg(a, "name");
    const struct addr_pool *one = name ? ios_pool_find(s, name) : NULL;
    char *args[] = {(char *)name, NULL};
    struct view v;
    if (name && !one) {
        g_string_append_printf(out, "%%Local pool %s not found\n", name);
        return;
    }
    view_init(&v);
    ios_view_pool(s, args, &v);
    g_string_append(out,
                    " Pool                     Begin           End             Free  In use\n");
    ios_view_text(&v, columns, out);
    view_clear(&v);
    if (one)
        held_list(one, out);
}

/* ---- show crypto isakmp profile ---- */

void ios_view_profile(struct ios *s, char **args, struct view *v)
{
    view_columns(v, "profile", "identities", "keyring", "login-list", "authorization-list", NULL);
    for (guint i = 0; i < s->ra->profiles->len; i++) {
        const struct ios_profile *p = g_ptr_array_index(s->ra->profiles, i);
        g_autoptr(GString) match = g_string_new(NULL);
        for (guint k = 0; k < p->matches->len; k++) {
            if (k)
                g_string_append(match, ", ");
            ios_match_text_of(g_ptr_array_index(p->matches, k), match);
        }
        view_row_begin(v);
        view_set(v, "profile", "%s", p->name);
        view_set(v, "identities", "%s", match->str);
        view_set(v, "keyring", "%s",
                 p->keyrings->len ? (const char *)g_ptr_array_index(p->keyrings, 0) : "");
        view_set(v, "login-list", "%s", p->way.login_list ? p->way.login_list : "");
        view_set(v, "authorization-list", "%s", p->way.author_list ? p->way.author_list : "");
    }
}

static void profile_text(const struct ios_profile *p, GString *out)
{
    g_string_append_printf(out, "\nISAKMP PROFILE %s\n", p->name);
    if (p->description)
        g_string_append_printf(out, "   Description: %s\n", p->description);
    if (p->matches->len == 0)
        g_string_append(out, "*** Note: Profile is incomplete ***\n");
    g_string_append(out, "   Identities matched are:\n");
    for (guint k = 0; k < p->matches->len; k++) {
        const struct ios_match *m = g_ptr_array_index(p->matches, k);
        if (m->kind == IOS_MATCH_ADDRESS) {
            g_string_append_printf(out, "    ip-address %s %s\n", IP4S(m->addr), IP4S(m->mask));
            continue;
        }
        g_string_append(out, "    ");
        ios_match_text_of(m, out);
        g_string_append_c(out, '\n');
    }
    for (guint k = 0; k < p->keyrings->len; k++)
        g_string_append_printf(out, "   keyring(s): %s\n",
                               (const char *)g_ptr_array_index(p->keyrings, k));
    if (p->way.login_list)
        g_string_append_printf(out, "   client authentication list: %s\n", p->way.login_list);
    if (p->way.author_list)
        g_string_append_printf(out, "   isakmp authorization list: %s\n", p->way.author_list);
}

void ios_show_profile(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    for (guint i = 0; i < s->ra->profiles->len; i++)
        profile_text(g_ptr_array_index(s->ra->profiles, i), out);
}

/* ---- show aaa … ---- */

void ios_show_aaa_servers(void *self, const struct cli_args *a, GString *out)
{
    const struct ios *s = self;
    for (guint i = 0; i < s->ra->radius_hosts->len; i++) {
        const struct ios_radius_host *h = g_ptr_array_index(s->ra->radius_hosts, i);
        struct aaa_server_count n = aaa_server_count(s->ra->aaa, "radius", h->addr);
        g_string_append_printf(
            out, "\nRADIUS: id %u, priority %u, host %s, auth-port %u, acct-port %u\n", i + 1,
            i + 1, IP4S(h->addr), h->auth_port ? h->auth_port : 1645,
            h->acct_port ? h->acct_port : 1646);
        g_string_append_printf(out, "     State: current %s\n", n.dead ? "DEAD" : "UP");
        g_string_append_printf(out,
                               "     Authen: request %u, timeouts %u\n"
                               "             Response: unexpected %u, server error 0, incorrect 0\n"
                               "             Transaction: success %u, failure %u\n",
                               n.requests, n.timeouts, n.bad, n.accepts, n.rejects);
    }
}

void ios_show_aaa_user(void *self, const struct cli_args *a, GString *out)
{
    const struct ios *s = self;
    for (guint i = 0; i < s->ra->sessions->len; i++) {
        const struct ios_ra_session *x = &g_array_index(s->ra->sessions, struct ios_ra_session, i);
        if (!x->user[0])
            continue;
        g_string_append_printf(out,
                               "--------------------------------------------------\n"
                               "Unique id %u is currently in use.\n"
                               "    User: %s\n    Group: %s\n",
                               ios_conn_of_ike(s, x->sa), x->user, x->group);
        if (x->addr)
            g_string_append_printf(out, "    IP: %s\n", IP4S(x->addr));
    }
}
