/* show running-config: users, AAA, RADIUS, keyrings, profiles, groups, pools. */
#include "vendor/ios/ios_ra.h"

#include <string.h>

/* "7 0822455D0A16" where passwords are hidden, else as it is; what looks like a type gets one. */
static void put_secret(const struct ios *s, const char *secret, GString *out)
{
    bool like_a_type =
        strcmp(secret, "0") == 0 || strcmp(secret, "6") == 0 || strcmp(secret, "7") == 0;
    if (s->conf->password_encryption) {
        g_autofree char *hidden = ios_type7_encode(secret);
        g_string_append_printf(out, "7 %s", hidden);
    } else {
        g_string_append_printf(out, "%s%s", like_a_type ? "0 " : "", secret);
    }
}

static void put_plain(const char *secret, GString *out)
{
    bool like_a_type = strcmp(secret, "0") == 0 || strcmp(secret, "6") == 0;
    g_string_append_printf(out, "%s%s", like_a_type ? "0 " : "", secret);
}

void ios_ra_running_users(const struct ios *s, GString *out)
{
    for (guint i = 0; i < aaa_users(s->ra->aaa); i++) {
        ios_user_text(s, aaa_user_at(s->ra->aaa, i), out);
        g_string_append_c(out, '\n');
    }
}

void ios_ra_running_aaa(const struct ios *s, GString *out)
{
    for (guint i = 0; i < s->ra->radius_groups->len; i++) {
        const struct ios_radius_group *g = g_ptr_array_index(s->ra->radius_groups, i);
        g_string_append_printf(out, "aaa group server radius %s\n", g->name);
        for (guint k = 0; k < g->members->len; k++) {
            const struct ios_radius_member *m =
                &g_array_index(g->members, struct ios_radius_member, k);
            g_string_append_printf(out, " server %s", IP4S(m->addr));
            if (m->auth_port)
                g_string_append_printf(out, " auth-port %u", m->auth_port);
            if (m->acct_port)
                g_string_append_printf(out, " acct-port %u", m->acct_port);
            g_string_append_c(out, '\n');
        }
        g_string_append(out, "!\n");
    }
}

void ios_ra_running_radius(const struct ios *s, GString *out)
{
    const struct ios_ra *ra = s->ra;
    gsize before = out->len;
    for (guint i = 0; i < ra->radius_hosts->len; i++) {
        const struct ios_radius_host *h = g_ptr_array_index(ra->radius_hosts, i);
        g_string_append_printf(out, "radius-server host %s auth-port %u acct-port %u",
                               IP4S(h->addr), h->auth_port ? h->auth_port : 1645,
                               h->acct_port ? h->acct_port : 1646);
        if (h->has_timeout)
            g_string_append_printf(out, " timeout %u", h->timeout_s);
        if (h->has_retransmit)
            g_string_append_printf(out, " retransmit %u", h->retransmit);
        if (h->key) {
            g_string_append(out, " key ");
            put_secret(s, h->key, out);
        }
        g_string_append_c(out, '\n');
    }
    if (ra->radius_retransmit != 3)
        g_string_append_printf(out, "radius-server retransmit %u\n", ra->radius_retransmit);
    if (ra->radius_timeout_s != 5)
        g_string_append_printf(out, "radius-server timeout %u\n", ra->radius_timeout_s);
    if (ra->radius_deadtime_min)
        g_string_append_printf(out, "radius-server deadtime %u\n", ra->radius_deadtime_min);
    if (ra->radius_key) {
        g_string_append(out, "radius-server key ");
        put_secret(s, ra->radius_key, out);
        g_string_append_c(out, '\n');
    }
    if (out->len > before)
        g_string_append(out, "!\n");
}

/* ---- crypto keyring ---- */

void ios_ra_running_keyrings(const struct ios *s, GString *out)
{
    for (guint i = 0; i < s->ra->keyrings->len; i++) {
        const struct ios_keyring *k = g_ptr_array_index(s->ra->keyrings, i);
        g_string_append_printf(out, "crypto keyring %s \n", k->name);
        if (k->description)
            g_string_append_printf(out, "  description %s\n", k->description);
        for (guint j = 0; j < k->store->keys->len; j++) {
            const struct ike_key *key = g_ptr_array_index(k->store->keys, j);
            g_string_append_printf(out, "  pre-shared-key address %s", IP4S(key->addr));
            if (key->mask != 0xffffffff)
                g_string_append_printf(out, " %s", IP4S(key->mask));
            g_string_append(out, " key ");
            put_plain(key->secret, out);
            g_string_append_c(out, '\n');
        }
    }
    if (s->ra->keyrings->len)
        g_string_append(out, "!\n");
}

/* ---- crypto isakmp … ---- */

static void put_pair(const char *word, const GArray *list, GString *out)
{
    if (list->len == 0)
        return;
    g_string_append_printf(out, " %s", word);
    for (guint i = 0; i < list->len; i++)
        g_string_append_printf(out, " %s", IP4S(g_array_index(list, ip4, i)));
    g_string_append_c(out, '\n');
}

static void put_text(const char *word, const char *text, GString *out)
{
    if (text)
        g_string_append_printf(out, " %s %s\n", word, text);
}

static void put_items(const char *word, const GPtrArray *list, GString *out)
{
    for (guint i = 0; i < list->len; i++)
        put_text(word, g_ptr_array_index(list, i), out);
}

static void group_text(const struct ios_group *g, GString *out)
{
    g_string_append_printf(out, "crypto isakmp client configuration group %s\n", g->name);
    if (g->key) {
        g_string_append(out, " key ");
        put_plain(g->key, out);
        g_string_append_c(out, '\n');
    }
    put_pair("dns", g->dns, out);
    put_pair("wins", g->wins, out);
    put_text("domain", g->domain, out);
    put_text("pool", g->pool, out);
    put_text("acl", g->acl, out);
    put_items("split-dns", g->split_dns, out);
    if (g->save_password)
        g_string_append(out, " save-password\n");
    if (g->local_lan)
        g_string_append(out, " include-local-lan\n");
    put_items("backup-gateway", g->backup, out);
    if (g->pfs)
        g_string_append(out, " pfs\n");
    if (g->max_users)
        g_string_append_printf(out, " max-users %u\n", g->max_users);
    if (g->max_logins)
        g_string_append_printf(out, " max-logins %u\n", g->max_logins);
    if (g->netmask)
        g_string_append_printf(out, " netmask %s\n", IP4S(g->netmask));
    if (g->banner)
        g_string_append_printf(out, " banner ^C%s^C\n", g->banner);
    g_string_append(out, "!\n");
}

static void way_text(const struct ios_client_way *w, GString *out)
{
    put_text("client authentication list", w->login_list, out);
    put_text("isakmp authorization list", w->author_list, out);
    if (w->initiate)
        g_string_append(out, " client configuration address initiate\n");
    if (w->respond)
        g_string_append(out, " client configuration address respond\n");
}

static void profile_text(const struct ios_profile *p, GString *out)
{
    g_string_append_printf(out, "crypto isakmp profile %s\n", p->name);
    put_text("description", p->description, out);
    if (p->matches->len == 0)
        g_string_append(out, "! This profile is incomplete (no match identity statement)\n");
    put_items("keyring", p->keyrings, out);
    for (guint i = 0; i < p->matches->len; i++) {
        g_string_append(out, " match identity ");
        ios_match_text_of(g_ptr_array_index(p->matches, i), out);
        g_string_append_c(out, '\n');
    }
    way_text(&p->way, out);
    if (p->liveness.threshold_s)
        g_string_append_printf(out, " keepalive %u retry %u\n", p->liveness.threshold_s,
                               p->liveness.retry_s);
}

void ios_ra_running_isakmp(const struct ios *s, GString *out)
{
    const struct ios_ra *ra = s->ra;
    if (ra->xauth_timeout_s)
        g_string_append_printf(out, "crypto isakmp xauth timeout %u\n", ra->xauth_timeout_s);
    if (ra->default_pool)
        g_string_append_printf(out, "crypto isakmp client configuration address-pool local %s\n",
                               ra->default_pool);
    if (ra->groups->len)
        g_string_append(out, "!\n");
    for (guint i = 0; i < ra->groups->len; i++)
        group_text(g_ptr_array_index(ra->groups, i), out);
    for (guint i = 0; i < ra->profiles->len; i++)
        profile_text(g_ptr_array_index(ra->profiles, i), out);
}

/* ---- Pools ---- */

void ios_ra_running_pools(const struct ios *s, GString *out)
{
    for (guint i = 0; i < s->ra->pools->len; i++) {
        const struct addr_pool *p = g_ptr_array_index(s->ra->pools, i);
        for (guint k = 0; k < p->range->len; k++) {
            const struct ip4_range *r = &g_array_index(p->range, struct ip4_range, k);
            g_string_append_printf(out, "ip local pool %s %s", p->name, IP4S(r->first));
            if (r->last != r->first)
                g_string_append_printf(out, " %s", IP4S(r->last));
            g_string_append_c(out, '\n');
        }
    }
}
