/* Packets picked by number, five-tuple, or protocol meaning. What is encrypted stays unseen: of an
 * ISAKMP message only the head and, in clear ones, the chain of payloads are looked at. */
#include <string.h>

#include "scenario_priv.h"
#include "match.h"
#include "wire/isakmp.h"

/* What is known of one exchange: who began it, and with which message. */
struct talk {
    uint64_t cky_i;
    uint32_t msgid;
    ip4 first;
    uint64_t digest; /* of the first message of that side, so that a repetition is known */
};

struct matcher {
    struct net_link *link;
    const struct net_node *from;
    const struct yml_node *number, *sport, *dport, *size, *message, *spi, *seq;
    struct ip4_net src, dst;
    bool has_src, has_dst, has_protocol, isakmp, esp, has_encrypted, encrypted;
    uint8_t protocol;
    int exchange, payload; /* -1 = any */
    GHashTable *talks;     /* struct talk, owned */
};

// clang-format off
static const struct { const char *name; uint8_t number; } protocols[] = {
    { "icmp", IPPROTO_NUM_ICMP }, { "tcp", IPPROTO_NUM_TCP }, { "udp", IPPROTO_NUM_UDP },
    { "esp", IPPROTO_NUM_ESP },   { "ah", IPPROTO_NUM_AH },
};
static const struct { const char *name; int number; } exchanges[] = {
    { "main", EXCHANGE_MAIN }, { "aggressive", EXCHANGE_AGGRESSIVE }, { "quick", EXCHANGE_QUICK },
    { "informational", EXCHANGE_INFORMATIONAL }, { "transaction", EXCHANGE_TRANSACTION },
};
// clang-format on

int match_exchange(const char *name)
{
    for (size_t i = 0; name && i < G_N_ELEMENTS(exchanges); i++)
        if (strcmp(exchanges[i].name, name) == 0)
            return exchanges[i].number;
    return -1;
}

/* ---- Making ---- */

static guint talk_hash(gconstpointer p)
{
    const struct talk *t = p;
    return (guint)(t->cky_i ^ t->cky_i >> 32) ^ t->msgid * 2654435761u;
}

static gboolean talk_equal(gconstpointer a, gconstpointer b)
{
    const struct talk *x = a, *y = b;
    return x->cky_i == y->cky_i && x->msgid == y->msgid;
}

static bool get_net(const struct yml_node *match, const char *key, struct ip4_net *out)
{
    const char *s = get_text(match, key, NULL);
    return s && ip4_net_parse(s, out);
}

static bool get_protocol(struct matcher *m, const struct yml_node *n, GError **error)
{
    uint64_t v = 0;
    if (!n)
        return true;
    m->has_protocol = true;
    for (size_t i = 0; i < G_N_ELEMENTS(protocols); i++)
        if (strcmp(protocols[i].name, n->text) == 0)
            v = protocols[i].number;
    if (v == 0 && (!units_count(n->text, &v) || v > 255))
        return yml_fail(error, n, "a protocol is a number from 0 to 255");
    m->protocol = (uint8_t)v;
    return true;
}

static bool get_payload(struct matcher *m, const struct yml_node *n, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    if (!n)
        return true;
    for (int i = 1; i < 256; i++) {
        const char *name = isakmp_payload_type_name(i);
        if (!name)
            continue;
        g_ptr_array_add(names, (void *)name);
        if (g_ascii_strcasecmp(name, n->text) == 0)
            m->payload = i;
    }
    return m->payload >= 0 || schema_unknown(error, n, "payload", n->text, names);
}

static bool get_isakmp(struct matcher *m, const struct yml_node *n, GError **error)
{
    if (!n)
        return true;
    m->isakmp = true;
    m->exchange = match_exchange(get_text(n, "exchange", NULL));
    m->message = yml_get(n, "message");
    m->has_encrypted = yml_get(n, "encrypted") != NULL;
    m->encrypted = get_bool(n, "encrypted", false);
    return get_payload(m, yml_get(n, "payload"), error);
}

struct matcher *matcher_new(struct world *w, const struct yml_node *match, struct net_link *l,
                            GError **error)
{
    struct matcher *m = g_new0(struct matcher, 1);
    m->link = l;
    m->exchange = m->payload = -1;
    m->talks = g_hash_table_new_full(talk_hash, talk_equal, g_free, NULL);
    m->number = yml_get(match, "number");
    m->sport = yml_get(match, "sport");
    m->dport = yml_get(match, "dport");
    m->size = yml_get(match, "size");
    m->has_src = get_net(match, "src", &m->src);
    m->has_dst = get_net(match, "dst", &m->dst);
    const struct yml_node *esp = yml_get(match, "esp"), *from = yml_get(match, "from");
    m->esp = esp != NULL;
    m->spi = yml_get(esp, "spi");
    m->seq = yml_get(esp, "seq");
    bool ok = true;
    if (from) {
        struct device *d = get_device(w, from, error);
        uint32_t end;
        ok = d && (!l || get_end(w, l, from, &end, error));
        m->from = d ? d->node : NULL;
    }
    if (ok && get_protocol(m, yml_get(match, "protocol"), error) &&
        get_isakmp(m, yml_get(match, "isakmp"), error))
        return m;
    matcher_free(m);
    return NULL;
}

void matcher_free(void *self)
{
    struct matcher *m = self;
    if (!m)
        return;
    g_hash_table_unref(m->talks);
    g_free(m);
}

/* ---- Numbers ---- */

static bool fits(const struct yml_node *want, uint64_t v)
{
    if (!want)
        return true;
    for (size_t i = 0; i < yml_count(want); i++) {
        uint64_t one;
        if (units_count(yml_at(want, i)->text, &one) && one == v)
            return true;
    }
    if (want->kind != YML_TEXT)
        return false;
    char text[24];
    g_snprintf(text, sizeof text, "%" G_GUINT64_FORMAT, (guint64)v);
    return units_test(want->text, text);
}

/* ---- ISAKMP ---- */

static uint64_t digest_of(struct span s)
{
    uint64_t h = 14695981039346656037u; /* FNV-1a: only sameness matters */
    for (size_t i = 0; i < s.n; i++)
        h = (h ^ s.p[i]) * 1099511628211u;
    return h;
}

/* Whoever sends first in an exchange is its initiator, seen or told by the responder's cookie. */
static struct talk *talk_of(struct matcher *m, const struct isakmp_head *h, uint32_t msgid, ip4 src,
                            ip4 dst, bool from_responder, struct span message)
{
    struct talk key = {.cky_i = h->cky_i, .msgid = msgid};
    struct talk *t = g_hash_table_lookup(m->talks, &key);
    if (t)
        return t;
    t = g_memdup2(&key, sizeof key);
    t->first = from_responder ? dst : src;
    t->digest = from_responder ? 0 : digest_of(message);
    g_hash_table_add(m->talks, t);
    return t;
}

/* The number of a message in its exchange. Main mode (RFC 2409 5.4): the responder's cookie is zero
 * in 1 only; 2 begins with SA, 3 and 4 with KE, 5 and 6 are encrypted. Other exchanges have at most
 * three messages, and the second is the only one of the other side. */
static unsigned message_number(struct matcher *m, const struct isakmp_head *h, ip4 src, ip4 dst,
                               struct span message)
{
    bool main = h->exchange == EXCHANGE_MAIN;
    bool encrypted = h->flags & ISAKMP_FLAG_ENCRYPTED;
    if (h->exchange == EXCHANGE_INFORMATIONAL)
        return 1;
    bool answer = main && h->cky_r != 0 && !encrypted && h->next_payload == PAYLOAD_SA;
    struct talk *t = talk_of(m, h, main ? 0 : h->msgid, src, dst, answer, message);
    bool initiator = src == t->first;
    if (!main)
        return !initiator ? 2 : digest_of(message) == t->digest ? 1 : 3;
    if (h->cky_r == 0)
        return 1;
    if (answer)
        return 2;
    return (encrypted ? 5 : 3) + (initiator ? 0 : 1);
}

static bool has_payload(const struct isakmp_head *h, struct span message, int type)
{
    if (h->next_payload == type)
        return true;
    if (h->flags & ISAKMP_FLAG_ENCRYPTED)
        return false;
    struct isakmp_chain chain;
    isakmp_chain_parse(h->next_payload, span_sub(message, ISAKMP_HEAD, message.n), &chain);
    for (size_t i = 0; i < chain.n; i++)
        if (chain.p[i].type == type)
            return true;
    return false;
}

static bool takes_isakmp(struct matcher *m, const struct ip4_head *ip, struct span packet)
{
    struct isakmp_head h;
    struct span message;
    if (!isakmp_in_ip4(packet, &h, &message))
        return false;
    /* Numbered first: an exchange is followed even where something else does not fit. */
    unsigned number = m->message ? message_number(m, &h, ip->src, ip->dst, message) : 0;
    bool encrypted = h.flags & ISAKMP_FLAG_ENCRYPTED;
    return (m->exchange < 0 || h.exchange == m->exchange) && fits(m->message, number) &&
           (!m->has_encrypted || encrypted == m->encrypted) &&
           (m->payload < 0 || has_payload(&h, message, m->payload));
}

/* ---- Packets ---- */

static bool takes_esp(const struct matcher *m, const struct ip4_head *ip, struct span l4)
{
    if (ip->protocol != IPPROTO_NUM_ESP || ip->frag_bytes != 0 || l4.n < 8)
        return false;
    return fits(m->spi, be32_get(l4.p)) && fits(m->seq, be32_get(l4.p + 4));
}

bool matcher_takes_on(struct matcher *m, const struct net_link *l, uint32_t end, uint64_t number,
                      struct span packet)
{
    struct ip4_head ip;
    if (ip4_head_parse(packet, &ip) != WIRE_OK)
        return false;
    if (m->isakmp && !takes_isakmp(m, &ip, packet))
        return false;
    if (m->from && (end >= net_link_ends(l) || net_link_end(l, end)->node != m->from))
        return false;
    if ((m->has_src && !ip4_in(ip.src, m->src)) || (m->has_dst && !ip4_in(ip.dst, m->dst)) ||
        (m->has_protocol && ip.protocol != m->protocol))
        return false;
    struct span l4 = span_sub(packet, ip.head_bytes, ip.total - ip.head_bytes);
    if (m->esp && !takes_esp(m, &ip, l4))
        return false;
    if (m->sport || m->dport) {
        uint16_t sport = 0, dport = 0;
        if (ip.frag_bytes == 0)
            l4_ports(ip.protocol, l4, &sport, &dport);
        if (!fits(m->sport, sport) || !fits(m->dport, dport))
            return false;
    }
    return fits(m->number, number) && fits(m->size, ip.total);
}

bool matcher_takes(void *self, uint32_t end, uint64_t number, struct span packet)
{
    struct matcher *m = self;
    return matcher_takes_on(m, m->link, end, number, packet);
}
