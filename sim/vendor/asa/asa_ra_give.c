/* What a client is told: the attributes of mode config that it asked for
 * (draft-ietf-ipsec-isakmp-mode-cfg-02 3.3, and those of its vendor; CAT-29, 54, 56). */
#include "asa_ra.h"

#include <string.h>

/* ---- Networks ---- */

static void put_network(GByteArray *b, struct ip4_net net)
{
    uint8_t row[14] = {0};
    ip4 addr = net.addr & net.mask;
    for (int i = 0; i < 4; i++) {
        row[i] = (uint8_t)(addr >> (24 - 8 * i));
        row[4 + i] = (uint8_t)(net.mask >> (24 - 8 * i));
    }
    g_byte_array_append(b, row, sizeof row);
}

/* The source of each line that permits is a network: of a standard list, and of an extended one. */
GByteArray *asa_ra_networks(const struct asa *s, const char *list)
{
    GByteArray *b = g_byte_array_new();
    const struct acl *acl = list ? net_acl(s->d->node, list) : NULL;
    for (guint i = 0; acl && i < acl->lines->len; i++) {
        const struct acl_line *l = g_ptr_array_index(acl->lines, i);
        if (!l->remark && l->permit)
            put_network(b, l->src);
    }
    return b;
}

/* ---- The request ---- */

char *asa_ra_printable(struct span v)
{
    char *text = g_strndup(v.n ? (const char *)v.p : "", MIN(v.n, 255));
    for (char *c = text; *c; c++)
        if (!g_ascii_isprint(*c))
            *c = '.';
    return text;
}

/* "Cisco Systems VPN Client 5.0.07.0290:WinNT" */
static void client_says(struct asa_remote *r, struct span v)
{
    g_autofree char *text = asa_ra_printable(v);
    if (!*text)
        return;
    char *colon = strrchr(text, ':');
    if (colon)
        *colon = '\0';
    const char *number = text + strcspn(text, "0123456789");
    g_free(r->client);
    g_free(r->version);
    r->client = g_strdup(colon ? colon + 1 : "N/A");
    r->version = g_strdup(*number ? number : text);
}

void asa_ra_requested(struct asa_remote *r, const struct ike_cfg *request)
{
    g_array_set_size(r->wanted, 0);
    for (size_t i = 0; request && i < request->n; i++) {
        g_array_append_val(r->wanted, request->attr[i].type);
        if (request->attr[i].type == CFG_ATTR_APPLICATION_VERSION)
            client_says(r, request->attr[i].value);
    }
    r->request = request ? request->id : 0;
}

/* ---- The reply ---- */

#define MOST 64
struct reply {
    struct ike_cfg_attr attr[MOST];
    size_t n;
    GPtrArray *bytes; /* GBytes, owned */
};

static void put(struct reply *x, uint16_t type, bool basic, const void *p, size_t n)
{
    if (x->n == MOST)
        return;
    GBytes *copy = g_bytes_new(p, n);
    g_ptr_array_add(x->bytes, copy);
    x->attr[x->n++] =
        (struct ike_cfg_attr){type, basic, {n ? g_bytes_get_data(copy, NULL) : NULL, n}};
}

static void put_text(struct reply *x, uint16_t type, const char *text)
{
    if (text)
        put(x, type, false, text, strlen(text));
}

static void put_ip4(struct reply *x, uint16_t type, ip4 a)
{
    const uint8_t b[4] = {(uint8_t)(a >> 24), (uint8_t)(a >> 16), (uint8_t)(a >> 8), (uint8_t)a};
    put(x, type, false, b, sizeof b);
}

static void put_u16(struct reply *x, uint16_t type, unsigned v)
{
    const uint8_t b[2] = {(uint8_t)(v >> 8), (uint8_t)v};
    put(x, type, true, b, sizeof b);
}

/* A server an attribute. */
static void put_servers(struct reply *x, uint16_t type, const char *text)
{
    g_auto(GStrv) each = g_strsplit(text ? text : "", " ", -1);
    for (char **w = each; *w; w++) {
        ip4 addr;
        if (ip4_parse(*w, &addr))
            put_ip4(x, type, addr);
    }
}

/* IPsec over UDP: from here on ESP goes in UDP between these ports, unless NAT traversal does it.
 */
static void put_udp_port(struct reply *x, const struct asa_remote *r, const struct asa_chain *c,
                         uint16_t type)
{
    uint32_t port = asa_setting_u32(r->s, c, ASA_SET_IPSEC_UDP_PORT, 10000);
    if (asa_setting_on(r->s, c, ASA_SET_IPSEC_UDP) &&
        device_carry_udp(r->s->d, r->peer, (uint16_t)port))
        put_u16(x, type, port);
}

/* The lists of the split tunnel: what goes into it, or what does not. */
static void put_split(struct reply *x, const struct asa_remote *r, const struct asa_chain *c,
                      uint16_t type, const char *policy)
{
    const char *said = asa_setting(r->s, c, ASA_SET_SPLIT_POLICY);
    if (g_strcmp0(said, policy) != 0)
        return;
    GByteArray *b = asa_ra_networks(r->s, asa_setting(r->s, c, ASA_SET_SPLIT_LIST));
    if (b->len)
        put(x, type, false, b->data, b->len);
    g_byte_array_unref(b);
}

static void put_version(struct reply *x, const struct asa *s)
{
    g_autofree char *number =
        s->d->version ? g_strdup(s->d->version) : g_strdup_printf("%d.%d", s->major, s->minor);
    g_autofree char *text = g_strdup_printf("Cisco Systems, Inc %s Version %s built by builders",
                                            s->major == 7 ? "PIX-515E" : "ASA5510", number);
    put_text(x, CFG_ATTR_APPLICATION_VERSION, text);
}

static void put_banner(struct reply *x, const char *said)
{
    g_auto(GStrv) lines = g_strsplit(said ? said : "", "\n", -1);
    g_autoptr(GString) text = g_string_new(NULL);
    for (char **l = lines; *l; l++)
        g_string_append_printf(text, "%s%s", text->len ? "\r\n" : "",
                               g_str_has_prefix(*l, "value ") ? *l + strlen("value ") : *l);
    if (text->len)
        put_text(x, CFG_ATTR_BANNER, text->str);
}

static void answer(struct reply *x, const struct asa_remote *r, const struct asa_chain *c,
                   uint16_t type)
{
    const struct asa *s = r->s;
    switch (type) {
    case CFG_ATTR_IP4_ADDRESS:
        put_ip4(x, type, r->addr);
        break;
    case CFG_ATTR_IP4_NETMASK:
        put_ip4(x, type, r->mask);
        break;
    case CFG_ATTR_IP4_DNS:
        put_servers(x, type, asa_setting(s, c, ASA_SET_DNS));
        break;
    case CFG_ATTR_IP4_NBNS:
        put_servers(x, type, asa_setting(s, c, ASA_SET_WINS));
        break;
    case CFG_ATTR_APPLICATION_VERSION:
        put_version(x, s);
        break;
    case CFG_ATTR_BANNER:
        put_banner(x, asa_setting(s, c, ASA_SET_BANNER));
        break;
    case CFG_ATTR_SAVE_PASSWORD:
        put_u16(x, type, asa_setting_on(s, c, ASA_SET_PASSWORD_STORAGE));
        break;
    case CFG_ATTR_DEFAULT_DOMAIN:
        put_text(x, type, asa_setting(s, c, ASA_SET_DOMAIN));
        break;
    case CFG_ATTR_SPLIT_DNS:
        put_text(x, type, asa_setting(s, c, ASA_SET_SPLIT_DNS));
        break;
    case CFG_ATTR_SPLIT_INCLUDE:
        put_split(x, r, c, type, "tunnelspecified");
        break;
    case CFG_ATTR_LOCAL_LAN:
        put_split(x, r, c, type, "excludespecified");
        break;
    case CFG_ATTR_NATT_PORT:
        put_udp_port(x, r, c, type);
        break;
    case CFG_ATTR_PFS:
        put_u16(x, type, asa_setting_on(s, c, ASA_SET_PFS));
        break;
    default:
        break; /* nothing is said to it (713130) */
    }
}

void asa_ra_reply(struct asa_remote *r)
{
    struct asa *s = r->s;
    bool address = !r->addr;
    if (!asa_ra_obtain(r)) {
        ike_configured(s->d->ike, r->sa, NULL, 0);
        return;
    }
    struct asa_chain c = asa_ra_chain(s, r);
    struct reply x = {.bytes = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref)};
    for (guint i = 0; i < r->wanted->len; i++)
        answer(&x, r, &c, g_array_index(r->wanted, uint16_t, i));
    const struct ike_cfg cfg = {CFG_REPLY, r->request, x.attr, x.n};
    if (address)
        asa_session_login(s, r, asa_ra_nat(s, r->sa));
    ike_configured(s->d->ike, r->sa, &cfg, r->addr);
    g_ptr_array_unref(x.bytes);
}
