/* show running-config: the configuration read back from the rooms that keep it, in the order in
 * which the device prints it. Loading the text gives the same configuration again. */
#include "ios_conf.h"
#include "ios_nat.h"
#include "ios_ra.h"

#include <string.h>

#include "wire/isakmp.h"

static void line(GString *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void line(GString *out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_string_append_vprintf(out, format, args);
    va_end(args);
    g_string_append_c(out, '\n');
}

static void bar(GString *out)
{
    line(out, "!");
}

/* The kept lines of a place and section; true when there were any. */
static bool kept(const struct ios *s, enum ios_place place, const char *section, GString *out)
{
    bool any = false;
    for (guint i = 0; i < s->kept->len; i++) {
        const struct ios_kept *k = g_ptr_array_index(s->kept, i);
        if (k->place != place || g_strcmp0(k->section, section) != 0)
            continue;
        line(out, "%s%s", section ? " " : "", k->text);
        any = true;
    }
    return any;
}

/* ---- Head ---- */

static void stamps(const char *kind, enum ios_stamp stamp, bool local, bool zone, GString *out)
{
    const char *tail = local && zone ? " localtime show-timezone"
                       : local       ? " localtime"
                       : zone        ? " show-timezone"
                                     : "";
    switch (stamp) {
    case IOS_STAMP_NONE:
        line(out, "no service timestamps %s", kind);
        break;
    case IOS_STAMP_UPTIME:
        line(out, "service timestamps %s uptime", kind);
        break;
    case IOS_STAMP_DATETIME:
        line(out, "service timestamps %s datetime%s", kind, tail);
        break;
    case IOS_STAMP_DATETIME_MSEC:
        line(out, "service timestamps %s datetime msec%s", kind, tail);
        break;
    }
}

static const char *level(int n)
{
    static const char *const name[] = {"emergencies",   "alerts",   "critical",
                                       "errors",        "warnings", "notifications",
                                       "informational", "debugging"};
    return name[n & 7];
}

static void head(const struct ios *s, GString *out)
{
    const struct ios_conf *c = s->conf;
    line(out, "version %s", c->version);
    kept(s, IOS_PLACE_SERVICE, NULL, out);
    stamps("debug", s->stamp_debug, c->debug_localtime, c->debug_zone, out);
    stamps("log", s->stamp_log, c->log_localtime, c->log_zone, out);
    line(out, "%sservice password-encryption", c->password_encryption ? "" : "no ");
    bar(out);
    line(out, "hostname %s", s->d->hostname);
    bar(out);
    if (!s->logging_on)
        line(out, "no logging on");
    if (s->logging_buffered)
        line(out, "logging buffered %u %s", s->buffer_bytes, level(s->buffer_level));
    if (!s->logging_console)
        line(out, "no logging console");
    else if (s->console_level != 7)
        line(out, "logging console %s", level(s->console_level));
    kept(s, IOS_PLACE_HEAD, NULL, out);
    ios_ra_running_aaa(s, out);
    bar(out);
    kept(s, IOS_PLACE_IP, NULL, out);
    if (!c->domain_lookup)
        line(out, s->dialect == IOS_DIALECT_B ? "no ip domain-lookup" : "no ip domain lookup");
    bar(out);
    bool users = kept(s, IOS_PLACE_USER, NULL, out);
    ios_ra_running_users(s, out);
    if (users || aaa_users(s->ra->aaa))
        bar(out);
}

/* ---- Crypto ---- */

static const char *ike_cipher(enum crypto_cipher c)
{
    static const char *const name[] = {
        [CIPHER_3DES] = "3des",
        [CIPHER_AES128] = "aes",
        [CIPHER_AES192] = "aes 192",
        [CIPHER_AES256] = "aes 256",
    };
    return (size_t)c < G_N_ELEMENTS(name) && name[c] ? name[c] : "des";
}

static const char *group_number(enum crypto_group g)
{
    return g == GROUP_MODP1024 ? "2" : g == GROUP_MODP1536 ? "5" : g == GROUP_MODP2048 ? "14" : "1";
}

static void policies(const struct ike_conf *c, GString *out)
{
    for (guint i = 0; i < c->policies->len; i++) {
        const struct ike_policy *p = g_ptr_array_index(c->policies, i);
        line(out, "crypto isakmp policy %u", p->priority);
        if (p->cipher != c->fallback.cipher)
            line(out, " encr %s", ike_cipher(p->cipher));
        if (p->hash != c->fallback.hash)
            line(out, " hash %s",
                 p->hash == HASH_MD5      ? "md5"
                 : p->hash == HASH_SHA256 ? "sha256"
                                          : "sha");
        if (p->auth != c->fallback.auth)
            line(out, " authentication %s",
                 p->auth == IKE_AUTH_PSK       ? "pre-share"
                 : p->auth == IKE_AUTH_RSA_SIG ? "rsa-sig"
                                               : "rsa-encr");
        if (p->group != c->fallback.group)
            line(out, " group %s", group_number(p->group));
        if (p->lifetime_s != c->fallback.lifetime_s)
            line(out, " lifetime %u", p->lifetime_s);
        bar(out);
    }
}

static void isakmp(const struct ios *s, GString *out)
{
    const struct ike_conf *c = s->d->ike_conf;
    policies(c, out);
    for (guint i = 0; i < c->keys->len; i++) {
        const struct ike_key *k = g_ptr_array_index(c->keys, i);
        bool like_a_type = strcmp(k->secret, "0") == 0 || strcmp(k->secret, "6") == 0;
        g_string_append_printf(out, "crypto isakmp key %s%s address %s", like_a_type ? "0 " : "",
                               k->secret, IP4S(k->addr));
        if (k->mask != 0xffffffff)
            g_string_append_printf(out, " %s", IP4S(k->mask));
        line(out, "%s", k->no_xauth ? " no-xauth" : "");
    }
    if (!c->enabled)
        line(out, "no crypto isakmp enable");
    if (c->identity == IKE_IDENTITY_HOSTNAME)
        line(out, "crypto isakmp identity hostname");
    if (c->invalid_spi_recovery)
        line(out, "crypto isakmp invalid-spi-recovery");
    if (c->liveness.threshold_s) {
        g_string_append_printf(out, "crypto isakmp keepalive %u", c->liveness.threshold_s);
        if (c->liveness.retry_s != 2)
            g_string_append_printf(out, " %u", c->liveness.retry_s);
        line(out, "%s", c->liveness.periodic ? " periodic" : "");
    }
    if (c->nat_keepalive_s)
        line(out, "crypto isakmp nat keepalive %u", c->nat_keepalive_s);
    if (s->has_natt && !c->nat_traversal)
        line(out, "no crypto ipsec nat-transparency udp-encapsulation");
    ios_ra_running_isakmp(s, out);
    bar(out);
}

/* A transform as its configuration line has it: the ending blank is the device's. */
static void suite_text(struct esp_suite suite, GString *out)
{
    static const char *const cipher[] = {
        [CIPHER_NULL] = "esp-null",      [CIPHER_DES] = "esp-des",
        [CIPHER_3DES] = "esp-3des",      [CIPHER_AES128] = "esp-aes",
        [CIPHER_AES192] = "esp-aes 192", [CIPHER_AES256] = "esp-aes 256",
    };
    static const char *const auth[] = {
        [HASH_NONE] = "",
        [HASH_MD5] = "esp-md5-hmac ",
        [HASH_SHA1] = "esp-sha-hmac ",
        [HASH_SHA256] = "esp-sha256-hmac ",
    };
    g_string_append_printf(out, "%s %s", cipher[suite.cipher], auth[suite.auth]);
}

static void ipsec_global(const struct ios *s, GString *out)
{
    const struct ipsec_conf *c = s->d->ipsec_conf;
    if (c->life_s != IPSEC_LIFE_S_DEFAULT)
        line(out, "crypto ipsec security-association lifetime seconds %u", c->life_s);
    if (c->life_kb != IPSEC_LIFE_KB_DEFAULT)
        line(out, "crypto ipsec security-association lifetime kilobytes %u", c->life_kb);
    if (c->idle_s)
        line(out, "crypto ipsec security-association idle-time %u", c->idle_s);
    if (c->replay_window == 0)
        line(out, "crypto ipsec security-association replay disable");
    else if (c->replay_window != 64)
        line(out, "crypto ipsec security-association replay window-size %u", c->replay_window);
    if (s->d->engine_off)
        line(out, "no crypto engine accelerator");
    if (c->df != ESP_DF_COPY)
        line(out, "crypto ipsec df-bit %s", c->df == ESP_DF_SET ? "set" : "clear");
    bar(out);
    for (guint i = 0; i < c->sets->len; i++) {
        const struct ipsec_transform_set *set = g_ptr_array_index(c->sets, i);
        g_string_append_printf(out, "crypto ipsec transform-set %s ", set->name);
        suite_text(set->suite, out);
        g_string_append_c(out, '\n');
    }
    if (c->sets->len)
        bar(out);
}

static void entry_body(const struct ipsec_map_entry *e, bool complete, GString *out)
{
    if (e->description)
        line(out, " description %s", e->description);
    if (!complete)
        line(out, " ! Incomplete");
    for (guint i = 0; i < e->peers->len; i++)
        line(out, " set peer %s", IP4S(g_array_index(e->peers, ip4, i)));
    if (e->life_s)
        line(out, " set security-association lifetime seconds %u", e->life_s);
    if (e->life_kb)
        line(out, " set security-association lifetime kilobytes %u", e->life_kb);
    if (e->idle_s)
        line(out, " set security-association idle-time %u%s", e->idle_s,
             e->idle_first_peer ? " default" : "");
    if (e->replay_window == UINT32_MAX)
        line(out, " set security-association replay disable");
    else if (e->replay_window)
        line(out, " set security-association replay window-size %u", e->replay_window);
    if (e->transform_sets->len) {
        g_string_append(out, " set transform-set ");
        for (guint i = 0; i < e->transform_sets->len; i++)
            g_string_append_printf(out, "%s ",
                                   (const char *)g_ptr_array_index(e->transform_sets, i));
        g_string_append_c(out, '\n');
    }
    if (e->pfs != GROUP_NONE)
        line(out, " set pfs group%s", group_number(e->pfs));
    if (e->party[0])
        line(out, " set isakmp-profile %s", e->party);
    if (e->acl)
        line(out, " match address %s", e->acl);
    if (e->reverse_route)
        line(out, " reverse-route");
    if (e->pre_classify)
        line(out, " qos pre-classify");
    bar(out);
}

static void map_entry(const char *name, const struct ipsec_map_entry *e, GString *out)
{
    if (e->dynamic) {
        line(out, "crypto map %s %u ipsec-isakmp dynamic %s ", name, e->seq, e->dynamic);
        bar(out);
        return;
    }
    line(out, "crypto map %s %u ipsec-isakmp ", name, e->seq);
    entry_body(e, ipsec_entry_complete(e), out);
}

static void dynamic_maps(const struct ipsec_conf *c, GString *out)
{
    for (guint i = 0; i < c->dynamics->len; i++) {
        const struct ipsec_map *map = g_ptr_array_index(c->dynamics, i);
        for (guint j = 0; j < map->entries->len; j++) {
            const struct ipsec_map_entry *e = g_ptr_array_index(map->entries, j);
            line(out, "crypto dynamic-map %s %u", map->name, e->seq);
            entry_body(e, ipsec_template_complete(e), out);
        }
    }
}

static void maps(const struct ios *s, GString *out)
{
    const struct ipsec_conf *c = s->d->ipsec_conf;
    for (guint i = 0; i < c->maps->len; i++) {
        const struct ipsec_map *map = g_ptr_array_index(c->maps, i);
        if (map->local_if)
            line(out, "crypto map %s local-address %s", map->name, map->local_if);
        ios_ra_running_map(s, map->name, out);
        for (guint j = 0; j < map->entries->len; j++)
            map_entry(map->name, g_ptr_array_index(map->entries, j), out);
    }
}

/* ---- Interfaces, routes, lists ---- */

static gint by_name(gconstpointer a, gconstpointer b)
{
    const struct net_if *x = *(const struct net_if *const *)a,
                        *y = *(const struct net_if *const *)b;
    return strcmp(x->name, y->name);
}

/* A loopback that was removed: the node still has it, with nothing left to see. */
static bool is_removed(const struct net_if *i)
{
    return i->loopback && !i->admin_up && i->addr == 0;
}

static void interface(const struct ios *s, const struct net_if *i, GString *out)
{
    g_autofree char *section = g_strdup_printf("interface %s", i->name);
    line(out, "%s", section);
    if (i->description)
        line(out, " description %s", i->description);
    if (i->mtu != 1500)
        line(out, " mtu %u", i->mtu);
    if (ios_dhcp_lease(s, i))
        line(out, " ip address dhcp");
    else if (i->addr)
        line(out, " ip address %s %s", IP4S(i->addr), IP4S(i->mask));
    else
        line(out, " no ip address");
    if (i->acl_in)
        line(out, " ip access-group %s in", i->acl_in);
    if (i->acl_out)
        line(out, " ip access-group %s out", i->acl_out);
    ios_nat_running_if(s, i, out);
    if (i->no_unreachables)
        line(out, " no ip unreachables");
    if (i->no_route_cache)
        line(out, " no ip route-cache");
    if (i->per_packet)
        line(out, " ip load-sharing per-packet");
    if (i->ip_mtu != i->mtu)
        line(out, " ip mtu %u", i->ip_mtu);
    if (!i->admin_up)
        line(out, " shutdown");
    kept(s, IOS_PLACE_SUB, section, out);
    if (i->no_keepalive)
        line(out, " no keepalive");
    const char *map = ipsec_bound(s->d->ipsec, i);
    if (map)
        line(out, " crypto map %s", map);
    ios_qos_running_if((struct ios *)s, i, out);
    bar(out);
}

static void interfaces(const struct ios *s, GString *out)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new();
    for (size_t i = 0; i < net_if_count(s->d->node); i++)
        g_ptr_array_add(all, net_if_at(s->d->node, i));
    g_ptr_array_sort(all, by_name);
    for (guint i = 0; i < all->len; i++)
        if (!is_removed(g_ptr_array_index(all, i)))
            interface(s, g_ptr_array_index(all, i), out);
}

/* The default route that came with a lease. */
static bool is_lease_route(const struct ios *s, const struct net_route *r)
{
    return r->net.mask == 0 && r->distance == IOS_LEASE_DISTANCE &&
           dhcp_client_count(s->ra->dhcp) > 0;
}

static void routes(const struct ios *s, GString *out)
{
    for (size_t i = 0; i < net_route_count(s->d->node); i++) {
        const struct net_route *r = net_route_at(s->d->node, i);
        if (r->connected || ios_ra_is_route(s, r) || is_lease_route(s, r))
            continue;
        g_string_append_printf(out, "ip route %s %s", IP4S(r->net.addr), IP4S(r->net.mask));
        if (r->out_name)
            g_string_append_printf(out, " %s", r->out_name);
        if (r->nexthop)
            g_string_append_printf(out, " %s", IP4S(r->nexthop));
        if (r->distance != 1)
            g_string_append_printf(out, " %u", r->distance);
        g_string_append_c(out, '\n');
    }
    kept(s, IOS_PLACE_ROUTING, NULL, out);
    ios_nat_running(s, out);
    bar(out);
}

static bool is_numbered(const struct acl *a)
{
    return strspn(a->name, "0123456789") == strlen(a->name);
}

static void lists(const struct ios *s, bool numbered, GString *out)
{
    bool any = false;
    for (size_t i = 0; i < net_acl_count(s->d->node); i++) {
        const struct acl *a = net_acl_at(s->d->node, i);
        if (is_numbered(a) != numbered)
            continue;
        any = true;
        if (!numbered)
            line(out, "ip access-list %s %s", a->extended ? "extended" : "standard", a->name);
        for (guint j = 0; j < a->lines->len; j++) {
            if (numbered)
                g_string_append_printf(out, "access-list %s", a->name);
            g_string_append_c(out, ' ');
            ios_acl_line_text(a, g_ptr_array_index(a->lines, j), out);
            g_string_append_c(out, '\n');
        }
    }
    if (any)
        bar(out);
}

/* ---- The whole ---- */

static void sections(const struct ios *s, bool of_lines, GString *out)
{
    bool any = false;
    for (guint i = 0; i < s->conf->sections->len; i++) {
        const char *section = g_ptr_array_index(s->conf->sections, i);
        if (g_str_has_prefix(section, "line ") != of_lines)
            continue;
        line(out, "%s", section);
        kept(s, IOS_PLACE_SUB, section, out);
        any = true;
    }
    if (any)
        bar(out);
}

void ios_running_config(struct ios *s, GString *out)
{
    g_autoptr(GString) text = g_string_new(NULL);
    bar(text);
    head(s, text);
    ios_qos_running(s, text);
    ios_ra_running_keyrings(s, text);
    isakmp(s, text);
    ipsec_global(s, text);
    dynamic_maps(s->d->ipsec_conf, text);
    maps(s, text);
    sections(s, false, text);
    interfaces(s, text);
    ios_ra_running_pools(s, text);
    routes(s, text);
    lists(s, false, text);
    lists(s, true, text);
    ios_nat_running_route_maps(s, text);
    ios_ra_running_radius(s, text);
    if (kept(s, IOS_PLACE_TAIL, NULL, text))
        bar(text);
    sections(s, true, text);
    line(text, "end");
    g_string_append_printf(out,
                           "Building configuration...\n\nCurrent configuration : %zu bytes\n%s\n",
                           text->len, text->str);
}
