/* write terminal: the configuration read back from the rooms that keep it, in the order in which
 * the device prints it. With the keys in it, loading the text gives the same again. */
#include "pix_nat.h"
#include "pix_ra.h"

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

static void kept(const struct pix *s, enum pix_place place, GString *out)
{
    for (guint i = 0; i < s->kept->len; i++) {
        const struct pix_kept *k = g_ptr_array_index(s->kept, i);
        if (k->place == place)
            line(out, "%s", k->text);
    }
}

#define EACH_INTERFACE(s, f)                                                                       \
    for (guint f##_at = 0; f##_at < (s)->interfaces->len; f##_at++)                                \
        for (const struct pix_if *f = g_ptr_array_index((s)->interfaces, f##_at); f; f = NULL)

/* ---- Interfaces and lists ---- */

static void interfaces(const struct pix *s, GString *out)
{
    EACH_INTERFACE(s, f)
    line(out, "interface %s %s%s", f->hardware, f->speed,
         pix_net_if(s, f)->admin_up ? "" : " shutdown");
    EACH_INTERFACE(s, f)
    line(out, "nameif %s %s security%u", f->hardware, f->nameif, f->security);
}

static void lists(const struct pix *s, GString *out)
{
    for (size_t i = 0; i < net_acl_count(s->d->node); i++) {
        const struct acl *a = net_acl_at(s->d->node, i);
        for (guint j = 0; j < a->lines->len; j++) {
            g_string_append_printf(out, "access-list %s ", a->name);
            pix_acl_line_text(g_ptr_array_index(a->lines, j), out);
            g_string_append(out, " \n");
        }
    }
}

static void logging(const struct pix *s, GString *out)
{
    static const char *const name[PIX_LOGS] = {"console", "monitor", "buffered", "trap", "history"};
    if (s->logging)
        line(out, "logging on");
    if (s->stamp)
        line(out, "logging timestamp");
    for (size_t i = 0; i < PIX_LOGS; i++)
        if (s->level[i] >= 0)
            line(out, "logging %s %s", name[i], vendor_severity[s->level[i]]);
    for (guint i = 0; i < s->silenced->len; i++)
        line(out, "no logging message %u", g_array_index(s->silenced, uint32_t, i));
}

static void addresses(const struct pix *s, GString *out)
{
    EACH_INTERFACE(s, f)
    line(out, "mtu %s %u", f->nameif, pix_net_if(s, f)->mtu);
    EACH_INTERFACE(s, f)
    {
        const struct net_if *i = pix_net_if(s, f);
        if (i->addr)
            line(out, "ip address %s %s %s", f->nameif, IP4S(i->addr), IP4S(i->mask));
        else
            line(out, "no ip address %s", f->nameif);
    }
}

static void routes(const struct pix *s, GString *out)
{
    fw_lines_text(s->nat, out);
    EACH_INTERFACE(s, f)
    if (f->group_in)
        line(out, "access-group %s in interface %s", f->group_in, f->nameif);
    for (size_t i = 0; i < net_route_count(s->d->node); i++) {
        const struct net_route *r = net_route_at(s->d->node, i);
        const struct net_if *on = r->out_name ? net_if_by_name(s->d->node, r->out_name) : NULL;
        if (!r->connected)
            line(out, "route %s %s %s %s %u", pix_if_word(s, on), IP4S(r->net.addr),
                 IP4S(r->net.mask), IP4S(r->nexthop), r->distance);
    }
}

/* ---- Crypto ---- */

static void ipsec(const struct pix *s, GString *out)
{
    const struct ipsec_conf *c = s->d->ipsec_conf;
    if (s->permit_ipsec)
        line(out, "sysopt connection permit-ipsec");
    kept(s, PIX_PLACE_SYSOPT, out);
    for (guint i = 0; i < c->sets->len; i++) {
        const struct ipsec_transform_set *set = g_ptr_array_index(c->sets, i);
        g_string_append_printf(out, "crypto ipsec transform-set %s ", set->name);
        pix_transform_text(set->suite, out);
        g_string_append_c(out, '\n');
    }
    if (c->life_s != 28800)
        line(out, "crypto ipsec security-association lifetime seconds %u", c->life_s);
    if (c->life_kb != IPSEC_LIFE_KB_DEFAULT)
        line(out, "crypto ipsec security-association lifetime kilobytes %u", c->life_kb);
}

static void map_entry(const char *kind, const char *map, const struct ipsec_map_entry *e,
                      GString *out)
{
    g_autofree char *head = g_strdup_printf("crypto %s %s %u", kind, map, e->seq);
    if (e->dynamic)
        line(out, "%s ipsec-isakmp dynamic %s", head, e->dynamic);
    else if (strcmp(kind, "map") == 0)
        line(out, "%s ipsec-isakmp", head);
    if (e->acl)
        line(out, "%s match address %s", head, e->acl);
    if (e->pfs != GROUP_NONE)
        line(out, "%s set pfs group%s", head, pix_group_number(e->pfs));
    for (guint i = 0; i < e->peers->len; i++)
        line(out, "%s set peer %s", head, IP4S(g_array_index(e->peers, ip4, i)));
    if (e->transform_sets->len) {
        g_string_append_printf(out, "%s set transform-set", head);
        for (guint i = 0; i < e->transform_sets->len; i++)
            g_string_append_printf(out, " %s",
                                   (const char *)g_ptr_array_index(e->transform_sets, i));
        g_string_append_c(out, '\n');
    }
    if (e->life_s)
        line(out, "%s set security-association lifetime seconds %u", head, e->life_s);
    if (e->life_kb)
        line(out, "%s set security-association lifetime kilobytes %u", head, e->life_kb);
}

static void maps(const struct pix *s, GString *out)
{
    const struct ipsec_conf *c = s->d->ipsec_conf;
    for (guint i = 0; i < c->dynamics->len; i++) {
        const struct ipsec_map *map = g_ptr_array_index(c->dynamics, i);
        for (guint j = 0; j < map->entries->len; j++)
            map_entry("dynamic-map", map->name, g_ptr_array_index(map->entries, j), out);
    }
    for (guint i = 0; i < c->maps->len; i++) {
        const struct ipsec_map *map = g_ptr_array_index(c->maps, i);
        for (guint j = 0; j < map->entries->len; j++)
            map_entry("map", map->name, g_ptr_array_index(map->entries, j), out);
        pix_client_maps_text(s, map->name, out);
        EACH_INTERFACE(s, f)
        if (g_strcmp0(ipsec_bound(s->d->ipsec, pix_net_if(s, f)), map->name) == 0)
            line(out, "crypto map %s interface %s", map->name, f->nameif);
    }
}

static void keys(const struct pix *s, bool secrets, GString *out)
{
    const struct ike_conf *c = s->d->ike_conf;
    for (guint i = 0; i < c->keys->len; i++) {
        const struct ike_key *k = g_ptr_array_index(c->keys, i);
        line(out, "isakmp key %s address %s netmask %s %s%s", secrets ? k->secret : "********",
             IP4S(k->addr), IP4S(k->mask), k->no_xauth ? "no-xauth " : "",
             pix_key_is_plain(s, k->addr, k->mask) ? "no-config-mode " : "");
    }
}

static void isakmp(const struct pix *s, bool secrets, GString *out)
{
    static const char *const cipher[] = {
        [CIPHER_DES] = "des",        [CIPHER_3DES] = "3des",      [CIPHER_AES128] = "aes",
        [CIPHER_AES192] = "aes-192", [CIPHER_AES256] = "aes-256",
    };
    const struct ike_conf *c = s->d->ike_conf;
    EACH_INTERFACE(s, f)
    if (f->listens)
        line(out, "isakmp enable %s", f->nameif);
    keys(s, secrets, out);
    pix_client_pool_text(s, out);
    if (s->identity_address)
        line(out, "isakmp identity address");
    if (c->liveness.threshold_s && c->liveness.retry_s)
        line(out, "isakmp keepalive %u %u", c->liveness.threshold_s, c->liveness.retry_s);
    else if (c->liveness.threshold_s)
        line(out, "isakmp keepalive %u", c->liveness.threshold_s);
    pix_natt_text(s, out);
    kept(s, PIX_PLACE_ISAKMP, out);
    for (guint i = 0; i < c->policies->len; i++) {
        const struct ike_policy *p = g_ptr_array_index(c->policies, i);
        uint32_t n = p->priority;
        line(out, "isakmp policy %u authentication %s", n,
             p->auth == IKE_AUTH_PSK ? "pre-share" : "rsa-sig");
        line(out, "isakmp policy %u encryption %s", n, cipher[p->cipher]);
        line(out, "isakmp policy %u hash %s", n, p->hash == HASH_MD5 ? "md5" : "sha");
        line(out, "isakmp policy %u group %s", n, pix_group_number(p->group));
        line(out, "isakmp policy %u lifetime %u", n, p->lifetime_s);
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

void pix_running_config(struct pix *s, bool secrets, GString *out)
{
    g_autoptr(GString) text = g_string_new(NULL);
    if (s->d->version)
        line(text, "PIX Version %s", s->d->version);
    else
        line(text, "PIX Version %d.%d", s->major, s->minor);
    interfaces(s, text);
    kept(s, PIX_PLACE_PASSWORD, text);
    line(text, "hostname %s", s->d->hostname);
    if (s->domain)
        line(text, "domain-name %s", s->domain);
    kept(s, PIX_PLACE_NAMES, text);
    lists(s, text);
    kept(s, PIX_PLACE_PAGER, text);
    logging(s, text);
    addresses(s, text);
    pix_pools_text(s, text);
    kept(s, PIX_PLACE_IP, text);
    routes(s, text);
    pix_servers_text(s, secrets, text);
    kept(s, PIX_PLACE_TIMEOUT, text);
    ipsec(s, text);
    maps(s, text);
    isakmp(s, secrets, text);
    pix_groups_text(s, secrets, text);
    pix_users_text(s, text);
    kept(s, PIX_PLACE_TAIL, text);
    g_string_append_printf(out, ": Saved\n:\n%s", text->str);
    checksum(text, out);
    line(out, ": end");
}
