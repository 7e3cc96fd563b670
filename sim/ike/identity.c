/* Identities of phase 1 and the HASH that binds them: RFC 2407 4.6.2, RFC 2409 5.4. */
#include "ike_priv.h"

enum { PORT_IKE = 500, PROTOCOL_UDP = 17 };
#define ID_TEXT_MAX 255

static struct isakmp_id own_id(const struct ike_sa *sa, uint8_t address[4])
{
    const struct ike_conf *c = sa->e->conf;
    const struct ike_way *way = sa->guest ? sa->guest->way : NULL;
    be32_put(address, sa->local);
    /* Behind a NAT no port is the peer's own; and who answers in aggressive mode names none. */
    bool portless = ike_nat_found(sa) || (sa->aggressive && sa->role == IKE_RESPONDER);
    struct isakmp_id id = {ID_IPV4_ADDR, PROTOCOL_UDP, portless ? 0 : PORT_IKE,
                           span_of(address, 4)};
    if (way && way->group) {
        id.type = ID_KEY_ID;
        id.data = span_of(way->group, MIN(strlen(way->group), ID_TEXT_MAX));
    } else if (c->identity == IKE_IDENTITY_HOSTNAME && c->hostname && *c->hostname) {
        id.type = ID_FQDN;
        id.data = span_of(c->hostname, MIN(strlen(c->hostname), ID_TEXT_MAX));
    }
    return id;
}

char *ike_identity_text(struct arena *a, struct span data)
{
    size_t n = MIN(data.n, ID_TEXT_MAX);
    char *text = arena_alloc(a, n + 1);
    for (size_t i = 0; i < n; i++)
        text[i] = g_ascii_isprint(data.p[i]) ? (char)data.p[i] : '.';
    return text;
}

void ike_identity_say(const struct ike_sa *sa, bool ours, uint8_t next, struct span body)
{
    struct trace_scope *scope = sa->e->scope;
    struct isakmp_id id;
    if (!TRACE_ON(scope, ike_id) || isakmp_id_parse(body, &id) != WIRE_OK)
        return;
    bool has_address = id.type == ID_IPV4_ADDR || id.type == ID_IPV4_ADDR_SUBNET;
    struct arena *a = arena_new();
    struct rd r = rd_over(id.data);
    ip4 addr = has_address ? rd_u32(&r) : 0;
    ip4 mask = id.type == ID_IPV4_ADDR_SUBNET ? rd_u32(&r) : has_address ? 0xffffffffu : 0;
    TRACE(scope, ike_id, .sa = sa->id, .ours = ours, .next_payload = next, .type = id.type,
          .addr = addr, .mask = mask, .text = has_address ? NULL : ike_identity_text(a, id.data),
          .protocol = id.protocol, .port = id.port, .length = (uint32_t)body.n + 4);
    arena_free(a);
}

void ike_identity_put_id(struct ike_exchange *x, struct isakmp_out *o, uint8_t next)
{
    struct ike_sa *sa = x->sa;
    uint8_t address[4], body[4 + ID_TEXT_MAX];
    struct isakmp_id id = own_id(sa, address);
    struct wr w = wr_over(body, sizeof body);
    isakmp_id_emit(&id, &w);
    struct span *id_b = x->role == IKE_INITIATOR ? &x->idii_b : &x->idir_b;
    *id_b = arena_span(x->arena, wr_done(&w));
    ike_identity_say(sa, true, next, *id_b);
    isakmp_put(o, PAYLOAD_ID, *id_b);
}

void ike_identity_put_hash(struct ike_exchange *x, struct isakmp_out *o)
{
    struct ike_sa *sa = x->sa;
    uint8_t hash[CRYPTO_MAX_DIGEST];
    TRACE(sa->e->scope, ike_hmac, .sa = sa->id, .msgid = 0);
    ike_hash_phase1(x, x->role, hash);
    isakmp_put(o, PAYLOAD_HASH, span_of(hash, sa->keys.digest_bytes));
}

/* ID, then the HASH over it. */
void ike_identity_put(struct ike_exchange *x, struct isakmp_out *o)
{
    ike_identity_put_id(x, o, PAYLOAD_HASH);
    ike_identity_put_hash(x, o);
}

/* ---- The peer's ---- */

/* By an address: its own. By a name: one that is known here to have that address. Every other kind
 * names somebody whom no key of an address was made for (CAT-20). */
static bool names_peer(const struct ike_sa *sa, const struct isakmp_id *id)
{
    if (id->type == ID_IPV4_ADDR)
        return id->data.n == 4 && (sa->nat.there || be32_get(id->data.p) == sa->remote);
    if (id->type != ID_FQDN || !id->data.n || id->data.n > ID_TEXT_MAX)
        return false;
    g_autofree char *name = g_strndup((const char *)id->data.p, id->data.n);
    return strlen(name) == id->data.n && ike_name_find(sa->e->conf, name) == sa->remote;
}

bool ike_identity_fits(const struct ike_sa *sa, struct span body)
{
    struct isakmp_id id;
    const struct ike_key *key = ike_key_for(sa->e->conf, sa->remote);
    if (!sa->e->profile->check_identity || (key && key->any_identity))
        return true;
    bool parsed = isakmp_id_parse(body, &id) == WIRE_OK;
    if (parsed && names_peer(sa, &id))
        return true;
    bool address = parsed && id.type == ID_IPV4_ADDR && id.data.n == 4;
    struct arena *a = arena_new();
    TRACE(sa->e->scope, ike_id_refused, .sa = sa->id, .local = sa->local, .remote = sa->remote,
          .type = parsed ? id.type : 0, .addr = address ? be32_get(id.data.p) : 0,
          .text = address || !parsed ? NULL : ike_identity_text(a, id.data));
    arena_free(a);
    return false;
}
