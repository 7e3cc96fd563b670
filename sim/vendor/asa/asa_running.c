/* show running-config: the configuration read back from the rooms that keep it, in the order in
 * which the device prints it. With the keys in it, loading the text gives the same again. */
#include "asa_nat.h"

#include <string.h>

static void line(GString *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void line(GString *out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_string_append_vprintf(out, format, args);
    va_end(args);
    g_string_append_c(out, '\n');
}

static bool kept(const struct asa *s, enum asa_place place, const char *section, const char *indent,
                 GString *out)
{
    bool any = false;
    for (guint i = 0; i < s->kept->len; i++) {
        const struct asa_kept *k = g_ptr_array_index(s->kept, i);
        if (k->place != place || g_strcmp0(k->section, section) != 0)
            continue;
        line(out, "%s%s", indent, k->text);
        any = true;
    }
    return any;
}

/* ---- Interfaces and lists ---- */

static gint by_name(gconstpointer a, gconstpointer b)
{
    const struct net_if *x = *(const struct net_if *const *)a,
                        *y = *(const struct net_if *const *)b;
    return strcmp(x->name, y->name);
}

static void interface(const struct asa *s, const struct net_if *i, GString *out)
{
    const struct asa_if *f = asa_if_of(s, i);
    g_autofree char *section = g_strconcat("interface ", i->name, NULL);
    line(out, "%s", section);
    if (i->description)
        line(out, " description %s", i->description);
    kept(s, ASA_PLACE_SUB, section, " ", out);
    if (!i->admin_up)
        line(out, " shutdown");
    if (f && f->nameif) {
        line(out, " nameif %s", f->nameif);
        line(out, " security-level %u", f->security);
    } else {
        line(out, " no nameif");
        line(out, " no security-level");
    }
    if (i->addr)
        line(out, " ip address %s %s ", IP4S(i->addr), IP4S(i->mask));
    else
        line(out, " no ip address");
    line(out, "!");
}

static void interfaces(const struct asa *s, GString *out)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new();
    for (size_t i = 0; i < net_if_count(s->d->node); i++)
        g_ptr_array_add(all, net_if_at(s->d->node, i));
    g_ptr_array_sort(all, by_name);
    for (guint i = 0; i < all->len; i++)
        interface(s, g_ptr_array_index(all, i), out);
}

static void lists(const struct asa *s, GString *out)
{
    for (size_t i = 0; i < net_acl_count(s->d->node); i++) {
        const struct acl *a = net_acl_at(s->d->node, i);
        for (guint j = 0; j < a->lines->len; j = asa_acl_next(a, j)) {
            const struct acl_line *l = g_ptr_array_index(a->lines, j);
            g_string_append_printf(out, "access-list %s ", a->name);
            if (l->text)
                g_string_append(out, l->text);
            else
                asa_acl_line_text(a, l, out);
            g_string_append(out, " \n");
        }
    }
}

static void logging(const struct asa *s, GString *out)
{
    static const char *const name[ASA_LOGS] = {"console", "buffered", "monitor", "trap", "asdm"};
    if (s->logging)
        line(out, "logging enable");
    if (s->stamp)
        line(out, "logging timestamp");
    if (s->buffer_bytes != 4096)
        line(out, "logging buffer-size %u", s->buffer_bytes);
    for (size_t i = 0; i < ASA_LOGS; i++)
        if (s->level[i] >= 0)
            line(out, "logging %s %s", name[i], vendor_severity[s->level[i]]);
    for (guint i = 0; i < s->silenced->len; i++)
        line(out, "no logging message %u", g_array_index(s->silenced, uint32_t, i));
}

static void routes(const struct asa *s, GString *out)
{
    for (guint k = 0; k < s->interfaces->len; k++) {
        const struct asa_if *f = g_ptr_array_index(s->interfaces, k);
        if (!f->nameif)
            continue;
        if (f->group_in)
            line(out, "access-group %s in interface %s", f->group_in, f->nameif);
        if (f->group_out)
            line(out, "access-group %s out interface %s", f->group_out, f->nameif);
    }
    for (size_t i = 0; i < net_route_count(s->d->node); i++) {
        const struct net_route *r = net_route_at(s->d->node, i);
        const struct net_if *on = r->out_name ? net_if_by_name(s->d->node, r->out_name) : NULL;
        if (!r->connected)
            line(out, "route %s %s %s %s %u", asa_if_word(s, on), IP4S(r->net.addr),
                 IP4S(r->net.mask), IP4S(r->nexthop), r->distance);
    }
}

/* ---- Crypto ---- */

static void suite_text(struct esp_suite suite, GString *out)
{
    static const char *const cipher[] = {
        [CIPHER_NULL] = "esp-null",      [CIPHER_DES] = "esp-des",
        [CIPHER_3DES] = "esp-3des",      [CIPHER_AES128] = "esp-aes",
        [CIPHER_AES192] = "esp-aes-192", [CIPHER_AES256] = "esp-aes-256",
    };
    static const char *const auth[HASH_COUNT] = {
        [HASH_NONE] = "esp-none",
        [HASH_MD5] = "esp-md5-hmac",
        [HASH_SHA1] = "esp-sha-hmac",
    };
    g_string_append_printf(out, "%s %s ", cipher[suite.cipher],
                           auth[suite.auth] ? auth[suite.auth] : "esp-none");
}

static void ipsec(const struct asa *s, GString *out)
{
    const struct ipsec_conf *c = s->d->ipsec_conf;
    const char *v1 = asa_since(s, 8, 4) ? "ikev1 " : "";
    for (guint i = 0; i < c->sets->len; i++) {
        const struct ipsec_transform_set *set = g_ptr_array_index(c->sets, i);
        g_string_append_printf(out, "crypto ipsec %stransform-set %s ", v1, set->name);
        suite_text(set->suite, out);
        g_string_append_c(out, '\n');
    }
    line(out, "crypto ipsec security-association lifetime seconds %u", c->life_s);
    line(out, "crypto ipsec security-association lifetime kilobytes %u", c->life_kb);
    if (c->replay_window == 0)
        line(out, "crypto ipsec security-association replay disable");
    else if (c->replay_window != 64)
        line(out, "crypto ipsec security-association replay window-size %u", c->replay_window);
}

static void map_entry(const struct asa *s, const char *kind, const char *map,
                      const struct ipsec_map_entry *e, GString *out)
{
    g_autofree char *head = g_strdup_printf("crypto %s %s %u", kind, map, e->seq);
    g_autofree char *indent = g_strconcat(head, " ", NULL);
    if (e->dynamic)
        line(out, "%s ipsec-isakmp dynamic %s", head, e->dynamic);
    if (e->acl)
        line(out, "%s match address %s", head, e->acl);
    if (e->pfs == GROUP_MODP1024)
        line(out, "%s set pfs ", head);
    else if (e->pfs != GROUP_NONE)
        line(out, "%s set pfs %s", head, asa_pfs_word(e->pfs));
    if (e->peers->len) {
        g_string_append_printf(out, "%s set peer ", head);
        for (guint i = 0; i < e->peers->len; i++)
            g_string_append_printf(out, "%s ", IP4S(g_array_index(e->peers, ip4, i)));
        g_string_append_c(out, '\n');
    }
    if (e->transform_sets->len) {
        g_string_append_printf(out, "%s set %stransform-set ", head,
                               asa_since(s, 8, 4) ? "ikev1 " : "");
        for (guint i = 0; i < e->transform_sets->len; i++)
            g_string_append_printf(out, "%s ",
                                   (const char *)g_ptr_array_index(e->transform_sets, i));
        g_string_append_c(out, '\n');
    }
    if (e->life_s)
        line(out, "%s set security-association lifetime seconds %u", head, e->life_s);
    if (e->life_kb)
        line(out, "%s set security-association lifetime kilobytes %u", head, e->life_kb);
    kept(s, ASA_PLACE_SUB, head, indent, out);
}

static void maps(const struct asa *s, GString *out)
{
    const struct ipsec_conf *c = s->d->ipsec_conf;
    for (guint i = 0; i < c->dynamics->len; i++) {
        const struct ipsec_map *map = g_ptr_array_index(c->dynamics, i);
        for (guint j = 0; j < map->entries->len; j++)
            map_entry(s, "dynamic-map", map->name, g_ptr_array_index(map->entries, j), out);
    }
    for (guint i = 0; i < c->maps->len; i++) {
        const struct ipsec_map *map = g_ptr_array_index(c->maps, i);
        for (guint j = 0; j < map->entries->len; j++)
            map_entry(s, "map", map->name, g_ptr_array_index(map->entries, j), out);
        for (guint k = 0; k < s->interfaces->len; k++) {
            const struct asa_if *f = g_ptr_array_index(s->interfaces, k);
            if (g_strcmp0(ipsec_bound(s->d->ipsec, asa_net_if(s, f)), map->name) == 0)
                line(out, "crypto map %s interface %s", map->name, f->nameif);
        }
    }
}

static void isakmp(const struct asa *s, bool all, GString *out)
{
    static const char *const cipher[] = {
        [CIPHER_DES] = "des",        [CIPHER_3DES] = "3des",      [CIPHER_AES128] = "aes",
        [CIPHER_AES192] = "aes-192", [CIPHER_AES256] = "aes-256",
    };
    static const char *const identity[] = {"auto", "address", "hostname"};
    const struct ike_conf *c = s->d->ike_conf;
    const char *word = asa_since(s, 8, 4) ? "ikev1" : "isakmp";
    if (s->identity_set)
        line(out, "crypto isakmp identity %s", identity[s->identity]);
    for (guint i = 0; i < s->interfaces->len; i++) {
        const struct asa_if *f = g_ptr_array_index(s->interfaces, i);
        if (f->listens)
            line(out, "crypto %s enable %s", word, f->nameif);
    }
    for (guint i = 0; i < c->policies->len; i++) {
        const struct ike_policy *p = g_ptr_array_index(c->policies, i);
        line(out, "crypto %s policy %u", word, p->priority);
        line(out, " authentication %s", p->auth == IKE_AUTH_PSK ? "pre-share" : "rsa-sig");
        line(out, " encryption %s", cipher[p->cipher]);
        line(out, " hash %s", p->hash == HASH_MD5 ? "md5" : "sha");
        line(out, " group %s", asa_pfs_word(p->group) + strlen("group"));
        if (p->lifetime_s)
            line(out, " lifetime %u", p->lifetime_s);
        else
            line(out, " lifetime %s", asa_since(s, 8, 0) ? "none" : "0");
    }
    asa_natt_text(s, all, out);
    asa_ctcp_text(s, out);
}

/* What "show running-config all sysopt" has where nothing is typed (CAT-19); the lines of later
 * versions follow. */
static void sysopt_defaults(const struct asa *s, GString *out)
{
    static const struct {
        const char *text;
        int major, minor, until_minor; /* until_minor: of 7.x, 0 = still there */
    } row[] = {
        {"no sysopt connection timewait", 7, 0, 0},
        {"sysopt connection tcpmss 1380", 7, 0, 0},
        {"sysopt connection tcpmss minimum 0", 7, 0, 0},
        {"no sysopt nodnsalias inbound", 7, 0, 0},
        {"no sysopt nodnsalias outbound", 7, 0, 0},
        {"no sysopt radius ignore-secret", 7, 0, 0},
        {"sysopt connection permit-ipsec", 7, 0, 1},
        {"sysopt connection permit-vpn", 7, 1, 0},
        {"no sysopt connection reclassify-vpn", 8, 0, 0},
        {"no sysopt connection preserve-vpn-flows", 8, 0, 0},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        const char *text = row[i].text, *key = g_str_has_prefix(text, "no ") ? text + 3 : text;
        g_autofree char *without = g_strndup(key, strcspn(key, "0123456789"));
        bool typed = asa_kept_text(s, NULL, g_strchomp(without));
        if (!typed && asa_since(s, row[i].major, row[i].minor) &&
            !(row[i].until_minor && asa_since(s, 7, row[i].until_minor)))
            line(out, "%s", text);
    }
}

static void group_policies(const struct asa *s, bool all, GString *out)
{
    for (guint i = 0; i < s->policies->len; i++) {
        const struct asa_policy *p = g_ptr_array_index(s->policies, i);
        bool factory = strcmp(p->name, ASA_DEFAULT_POLICY) == 0;
        g_autofree char *section = g_strdup_printf("group-policy %s attributes", p->name);
        g_autoptr(GString) text = g_string_new(NULL);
        if (p->servers)
            line(out, "group-policy %s external server-group %s password %s", p->name, p->servers,
                 p->password);
        else if (all || !factory)
            line(out, "group-policy %s internal", p->name);
        asa_settings_text(s, &p->settings, all && factory, text);
        kept(s, ASA_PLACE_SUB, section, " ", text);
        if (text->len)
            g_string_append_printf(out, "%s\n%s", section, text->str);
    }
}

static void general(const struct asa *s, const struct asa_group *g, bool all, GString *out)
{
    g_autofree char *section = g_strdup_printf("tunnel-group %s general-attributes", g->name);
    g_autoptr(GString) text = g_string_new(NULL);
    asa_group_general_text(s, g, text);
    if (all || g->policy)
        line(text, " default-group-policy %s", g->policy ? g->policy : ASA_DEFAULT_POLICY);
    kept(s, ASA_PLACE_SUB, section, " ", text);
    if (text->len)
        g_string_append_printf(out, "%s\n%s", section, text->str);
}

static void keepalive(const struct asa_group *g, bool all, GString *out)
{
    const struct asa_keepalive *k = &g->keepalive,
                               plain = g->ra ? ASA_KEEPALIVE_RA : ASA_KEEPALIVE_L2L;
    if (k->disabled)
        line(out, " isakmp keepalive disable");
    else if (!k->threshold_s)
        line(out, " isakmp keepalive threshold infinite");
    else if (all || k->threshold_s != plain.threshold_s || k->retry_s != plain.retry_s)
        line(out, " isakmp keepalive threshold %u retry %u", k->threshold_s, k->retry_s);
}

static const char *type_word(const struct asa *s, const struct asa_group *g)
{
    return !g->ra ? "ipsec-l2l" : asa_since(s, 8, 0) ? "remote-access" : "ipsec-ra";
}

static void tunnel_groups(const struct asa *s, bool secrets, bool all, GString *out)
{
    static const char *const peer_id[] = {"req", "cert", "nocheck"};
    const char *v1 = asa_since(s, 8, 4) ? "ikev1 " : "";
    const char *hidden = asa_since(s, 8, 3) ? "*****" : "*";
    for (guint i = 0; i < s->groups->len; i++) {
        const struct asa_group *g = g_ptr_array_index(s->groups, i);
        g_autofree char *attributes = g_strdup_printf("tunnel-group %s ipsec-attributes", g->name);
        g_autoptr(GString) text = g_string_new(NULL);
        if (strcmp(g->name, ASA_DEFAULT_GROUP) != 0 && strcmp(g->name, ASA_DEFAULT_RA) != 0)
            line(out, "tunnel-group %s type %s", g->name, type_word(s, g));
        general(s, g, all, out);
        if (g->key)
            line(text, " %spre-shared-key %s", v1, secrets ? g->key : hidden);
        if (all || g->peer_id != ASA_PEER_ID_REQ)
            line(text, " peer-id-validate %s", peer_id[g->peer_id]);
        keepalive(g, all, text);
        asa_group_ipsec_text(s, g, text);
        kept(s, ASA_PLACE_SUB, attributes, " ", text);
        if (text->len)
            g_string_append_printf(out, "%s\n%s", attributes, text->str);
    }
}

/* ---- The whole ---- */

/* So that two configurations can be told apart: a sum over the text (FNV-1a), as 4 words. */
static void checksum(const GString *text, GString *out)
{
    uint32_t h = 2166136261u;
    g_string_append(out, "Cryptochecksum:");
    for (int word = 0; word < 4; word++) {
        for (gsize i = 0; i < text->len; i++)
            h = (h ^ (uint8_t)text->str[i]) * 16777619u;
        g_string_append_printf(out, "%08x", h);
    }
    g_string_append_c(out, '\n');
}

void asa_running_config(struct asa *s, bool secrets, bool all, GString *out)
{
    g_autoptr(GString) text = g_string_new(NULL);
    if (s->d->version)
        line(text, "ASA Version %s ", s->d->version);
    else
        line(text, "ASA Version %d.%d ", s->major, s->minor);
    line(text, "!");
    line(text, "hostname %s", s->d->hostname);
    kept(s, ASA_PLACE_HEAD, NULL, "", text);
    line(text, "!");
    interfaces(s, text);
    asa_objects_text(s, text);
    lists(s, text);
    logging(s, text);
    for (guint k = 0; k < s->interfaces->len; k++) {
        const struct asa_if *f = g_ptr_array_index(s->interfaces, k);
        if (f->nameif)
            line(text, "mtu %s %u", f->nameif, asa_net_if(s, f)->mtu);
    }
    asa_pools_text(s, text);
    kept(s, ASA_PLACE_MID, NULL, "", text);
    asa_nat_text(s, text);
    routes(s, text);
    asa_aaa_text(s, secrets, text);
    ipsec(s, text);
    maps(s, text);
    isakmp(s, all, text);
    if (all)
        sysopt_defaults(s, text);
    kept(s, ASA_PLACE_CRYPTO, NULL, "", text);
    kept(s, ASA_PLACE_TAIL, NULL, "", text);
    group_policies(s, all, text);
    asa_users_text(s, text);
    tunnel_groups(s, secrets, all, text);
    line(text, "!");
    asa_inspect_text(s, text);
    g_string_append_printf(out, ": Saved\n:\n%s", text->str);
    checksum(text, out);
    line(out, ": end");
}
