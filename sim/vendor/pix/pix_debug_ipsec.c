/* debug crypto ipsec (DBG-12), and what is said of the crypto engine. */
#include "pix_log_priv.h"

/* ---- Transforms ---- */

// clang-format off
static const char *const cipher_words[CIPHER_COUNT] = {
    [CIPHER_NULL] = "esp-null", [CIPHER_DES] = "esp-des", [CIPHER_3DES] = "esp-3des",
    [CIPHER_AES128] = "esp-aes", [CIPHER_AES192] = "esp-aes-192", [CIPHER_AES256] = "esp-aes-256",
};
static const char *const auth_words[HASH_COUNT] = {
    [HASH_NONE] = "", [HASH_MD5] = "esp-md5-hmac", [HASH_SHA1] = "esp-sha-hmac", [HASH_SHA256] = "esp-sha256-hmac",
};
// clang-format on

void pix_suite_text(enum crypto_cipher cipher, enum crypto_hash auth, GString *out)
{
    g_string_append(out, cipher < CIPHER_COUNT ? cipher_words[cipher] : "esp-null");
    if (auth != HASH_NONE && auth < HASH_COUNT)
        g_string_append_printf(out, " %s", auth_words[auth]);
}

uint32_t pix_keysize(enum crypto_cipher cipher)
{
    return cipher == CIPHER_AES128   ? 128
           : cipher == CIPHER_AES192 ? 192
           : cipher == CIPHER_AES256 ? 256
                                     : 0;
}

/* ---- The "(key eng. msg.)" block: what goes out has the local end as its source ---- */

struct side {
    ip4 addr, net, mask;
    uint32_t type, port;
};
struct key_message {
    bool outbound;
    struct side local, remote;
    uint32_t protocol;
    enum crypto_cipher cipher;
    enum crypto_hash auth;
    uint32_t life_s, life_kb, spi, conn, flags;
};

static void proxy_line(const char *name, const struct side *side, uint32_t protocol, GString *out)
{
    g_string_append_printf(out, "\n    %s= %s/%s/%u/%u (type=%u),", name, IP4S(side->net),
                           IP4S(side->mask), protocol, side->port, side->type);
}

static void say_key_message(struct pix *s, const char *head, const struct key_message *m)
{
    const char *l = m->outbound ? "src" : "dest", *r = m->outbound ? "dest" : "src";
    g_autoptr(GString) out = g_string_new(head);
    g_string_append_printf(out, "\n  (key eng. msg.) %s= %s, %s= %s,", l, IP4S(m->local.addr), r,
                           IP4S(m->remote.addr));
    proxy_line(m->outbound ? "src_proxy" : "dest_proxy", &m->local, m->protocol, out);
    proxy_line(m->outbound ? "dest_proxy" : "src_proxy", &m->remote, m->protocol, out);
    g_string_append(out, "\n    protocol= ESP, transform= ");
    pix_suite_text(m->cipher, m->auth, out);
    g_string_append_printf(out, " ,\n    lifedur= %us and %ukb,", m->life_s, m->life_kb);
    g_string_append_printf(out, "\n    spi= 0x%x(%u), conn_id= %u, keysize= %u, flags= 0x%x",
                           m->spi, m->spi, m->conn, pix_keysize(m->cipher), m->flags);
    pix_say_ipsec(s, "%s", out->str);
}

static uint32_t type_of(ip4 mask)
{
    return mask == 0xffffffffu ? ID_IPV4_ADDR : ID_IPV4_ADDR_SUBNET;
}

/* ---- Asking and judging ---- */

PIX_ON(ipsec_request)
{
    const struct key_message m = {
        .outbound = true,
        .local = {e->local, e->local_net, e->local_mask, type_of(e->local_mask), e->sport},
        .remote = {e->remote, e->remote_net, e->remote_mask, type_of(e->remote_mask), e->dport},
        .protocol = e->protocol,
        .cipher = e->cipher,
        .auth = e->auth,
        .life_s = e->life_s,
        .life_kb = e->life_kb,
        .flags = 0x4004,
    };
    say_key_message(s, "IPSEC(sa_request): ,", &m);
}

PIX_ON(ipsec_soft)
{
    pix_say_ipsec(s, "IPSEC(lifetime_expiry): SA lifetime threshold reached (%s), spi= 0x%x(%u)",
                  e->limit, e->spi, e->spi);
}

PIX_ON(ipsec_transform_refused)
{
    if (e->why == WHY_LOCAL_ADDRESS)
        pix_say_ipsec(s, "IPSEC(validate_proposal): invalid local address %s", IP4S(e->local));
    else
        pix_say_ipsec(s,
                      "IPSEC(validate_proposal): transform proposal (prot %u, trans %u, hmac_alg "
                      "%u) not supported",
                      e->protocol, e->transform, e->hmac);
}

static void say_refusal(struct pix *s, const struct ev_ipsec_validate *e)
{
    g_autoptr(GString) suite = g_string_new(NULL);
    switch (e->why) {
    case WHY_PEER:
        pix_say_ipsec(s, "IPSEC(validate_transform_proposal): peer address %s not found",
                      IP4S(e->remote));
        break;
    case WHY_TRANSFORM:
        pix_suite_text(e->cipher, e->auth, suite);
        pix_say_ipsec(s,
                      "IPSEC(validate_transform_proposal): transform proposal not supported for "
                      "identity:\n    {%s }",
                      suite->str);
        break;
    case WHY_PFS: /* our wording, as the routers of this simulator have it */
        pix_say_ipsec(s, "IPSEC(validate_transform_proposal): PFS group not supported");
        break;
    case WHY_LOCAL_ADDRESS:
        pix_say_ipsec(
            s, "IPSEC(validate_transform_proposal): no IPSEC cryptomap exists for local address %s",
            IP4S(e->local));
        break;
    default:
        pix_say_ipsec(s, "IPSEC(validate_transform_proposal): proxy identities not supported");
        break;
    }
}

/* The lifetime of a request that is being judged is always printed as 0. */
PIX_ON(ipsec_validate)
{
    const struct key_message m = {
        .local = {e->local, e->local_net, e->local_mask, e->local_type, e->lport},
        .remote = {e->remote, e->remote_net, e->remote_mask, e->remote_type, e->rport},
        .protocol = e->protocol,
        .cipher = e->cipher,
        .auth = e->auth,
        .flags = 0x4,
    };
    g_autofree char *head =
        g_strdup_printf("IPSEC(validate_proposal_request): proposal part #%u,", e->part);
    say_key_message(s, head, &m);
    if (e->why != WHY_NONE)
        say_refusal(s, e);
}

PIX_ON(ipsec_no_peer)
{
    pix_say_ipsec(s, "IPSEC(sa_initiate): no peer in crypto map %s %u for %s", e->map, e->seq,
                  IP4S(e->dst));
}

/* ---- SPIs and SAs ---- */

/* From the peer to here: the other way round than later routers say it (DBG-12). */
PIX_ON(qm_spi)
{
    pix_say_ipsec(s, "IPSEC(key_engine): got a queue event...");
    pix_say_ipsec(s,
                  "IPSEC(spi_response): getting spi 0x%x(%u) for SA\n"
                  "        from %15s to %15s for prot %u",
                  e->spi, e->spi, IP4S(e->remote), IP4S(e->local), e->protocol);
}

/* A host's proxy has mask 255.255.255.255 when it is judged and 0.0.0.0 when it is installed. */
static ip4 install_mask(uint32_t type, ip4 mask)
{
    return type == ID_IPV4_ADDR ? 0 : mask;
}

PIX_ON(ipsec_init_sas)
{
    const struct pix_esp *w = pix_esp_of(s, e->sa);
    const struct key_message m = {
        .outbound = !e->inbound,
        .local = {e->local, e->local_net, install_mask(e->local_type, e->local_mask), e->local_type,
                  e->lport},
        .remote = {e->remote, e->remote_net, install_mask(e->remote_type, e->remote_mask),
                   e->remote_type, e->rport},
        .protocol = e->protocol,
        .cipher = e->cipher,
        .auth = e->auth,
        .life_s = e->life_s,
        .life_kb = e->life_kb,
        .spi = e->spi,
        .conn = w ? w->conn : 0,
        .flags = 0x4,
    };
    if (e->inbound)
        pix_say_ipsec(s, "IPSEC(key_engine): got a queue event...");
    say_key_message(s, "IPSEC(initialize_sas): ,", &m);
}

PIX_ON(ipsec_init_refused)
{
    pix_say_ipsec(s, "IPSEC(key_engine): got a queue event...");
    pix_say_ipsec(s, "IPSEC(initialize_sas): invalid proxy IDs");
}

PIX_ON(ipsec_sa_dead)
{
    const struct pix_esp *w = pix_esp_of(s, e->sa);
    if (e->inbound)
        pix_say_ipsec(s, "IPSEC(key_engine): got a queue event...");
    if (e->inbound && e->why == WHY_PEER_DELETE)
        pix_say_ipsec(s,
                      "IPSEC(key_engine_delete_sas): rec'd delete notify from ISAKMP\n"
                      "IPSEC(key_engine_delete_sas): delete all SAs shared with %s",
                      IP4S(e->src));
    g_autoptr(GString) suite = g_string_new(NULL);
    pix_suite_text(e->cipher, e->auth, suite);
    pix_say_ipsec(s,
                  "IPSEC(delete_sa): deleting SA,\n"
                  "  (sa) sa_dest= %s, sa_prot= 50,\n"
                  "    sa_spi= 0x%x(%u),\n"
                  "    sa_trans= %s , sa_conn_id= %u",
                  IP4S(e->dst), e->spi, e->spi, suite->str, w ? w->conn : 0);
}

// clang-format off
const struct pix_hearing pix_hear_ipsec[] = {
    PIX_HEAR(ipsec_request), PIX_HEAR(ipsec_soft), PIX_HEAR(ipsec_transform_refused), PIX_HEAR(ipsec_validate),
    PIX_HEAR(ipsec_no_peer), PIX_HEAR(qm_spi), PIX_HEAR(ipsec_init_sas), PIX_HEAR(ipsec_init_refused),
    PIX_HEAR(ipsec_sa_dead),
    { .fn = NULL },
};
// clang-format on

/* ---- debug crypto engine ---- */

PIX_ON(ike_dh_make)
{
    pix_say_engine(s, "CryptoEngine0: generate alg parameter");
    pix_say_engine(s, "CRYPTO_ENGINE: Dh phase 1 status: 0");
}

PIX_ON(ike_skeyid)
{
    pix_say_engine(s, "CryptoEngine0: create ISAKMP SKEYID for conn id 0");
}

PIX_ON(ike_hmac)
{
    pix_say_engine(s, "CryptoEngine0: generate hmac context for conn id 0");
}

PIX_ON(ike_dh_clear)
{
    pix_say_engine(s, "CryptoEngine0: clear dh number for conn id 0");
}

// clang-format off
const struct pix_hearing pix_hear_engine[] = {
    PIX_HEAR(ike_dh_make), PIX_HEAR(ike_skeyid), PIX_HEAR(ike_hmac), PIX_HEAR(ike_dh_clear),
    { .fn = NULL },
};
// clang-format on
