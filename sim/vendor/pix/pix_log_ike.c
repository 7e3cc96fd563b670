/* Messages of IKE and of SAs: 602201 to 602302, 702201 to 702303 of the message reference of 6.3,
 * some of which came with it. */
#include "pix_log_priv.h"

/* "(local 10.1.1.1 (initiator), remote 10.2.2.2)" */
static void say(struct pix *s, int severity, uint32_t id, const char *what, const struct pix_ike *w)
{
    if (w)
        pix_log(s, severity, id, "ISAKMP %s (local %s (%s), remote %s)", what, IP4S(w->local),
                w->role == IKE_INITIATOR ? "initiator" : "responder", IP4S(w->remote));
}

/* ---- Exchanges ---- */

PIX_ON(ike_sa_new)
{
    say(s, 7, 702208, "Phase 1 exchange started", pix_ike_of(s, e->sa));
}

static bool policy_of(const struct pix *s, ike_sa_id sa, struct ike_policy *out)
{
    struct ike_sa_view v;
    for (size_t i = 0; ike_sa_at(s->d->ike, i, &v); i++)
        if (v.id == sa && v.have_policy) {
            *out = v.policy;
            return true;
        }
    return false;
}

static void created(struct pix *s, const struct pix_ike *w)
{
    static const char *const cipher[CIPHER_COUNT] = {
        [CIPHER_NULL] = "none",      [CIPHER_DES] = "DES-CBC",    [CIPHER_3DES] = "3DES-CBC",
        [CIPHER_AES128] = "AES-CBC", [CIPHER_AES192] = "AES-CBC", [CIPHER_AES256] = "AES-CBC",
    };
    struct ike_policy p;
    if (!policy_of(s, w->id, &p))
        return;
    pix_log(s, 6, 602201,
            "ISAKMP Phase 1 SA created (local %s/500 (%s), remote %s/500, authentication=%s, "
            "encryption=%s, hash=%s, group=%s, lifetime=%us)",
            IP4S(w->local), w->role == IKE_INITIATOR ? "initiator" : "responder", IP4S(w->remote),
            p.auth == IKE_AUTH_PSK ? "pre-share" : "rsa-sig", cipher[p.cipher],
            p.hash == HASH_MD5 ? "MD5" : "SHA", pix_group_number(p.group), p.lifetime_s);
}

PIX_ON(ike_state)
{
    const struct pix_ike *w = pix_ike_of(s, e->sa);
    if (!w || e->input != IKE_INPUT_INTERNAL_PHASE1_COMPLETE || e->new != IKE_STATE_QM_IDLE)
        return;
    say(s, 7, 702210, "Phase 1 exchange completed", w);
    created(s, w);
    say(s, 6, 602202, "session connected", w);
}

PIX_ON(ike_sa_dead)
{
    if (e->state == IKE_STATE_QM_IDLE)
        say(s, 6, 602203, "session disconnected", pix_ike_of(s, e->sa));
}

PIX_ON(qm_new)
{
    say(s, 7, 702209, "Phase 2 exchange started", pix_ike_of(s, e->sa));
}

PIX_ON(qm_done)
{
    if (!e->error)
        say(s, 7, 702211, "Phase 2 exchange completed", pix_ike_of(s, e->sa));
}

PIX_ON(ike_rekey)
{
    if (e->spi == 0)
        say(s, 7, 702212, "Phase 1 initiating rekey", pix_ike_of(s, e->sa));
}

PIX_ON(ike_retransmit)
{
    const struct pix_ike *w = pix_ike_of(s, e->sa);
    if (e->msgid == 0)
        say(s, 7, 702204, "Phase 1 retransmission", w);
    else
        say(s, 7, 702205, "Phase 2 retransmission", w);
}

PIX_ON(ike_bad)
{
    say(s, 7, 702206, "malformed payload received", pix_ike_of(s, e->sa));
}

PIX_ON(ike_duplicate)
{
    say(s, 7, 702207, "duplicate packet detected", pix_ike_of(s, e->sa));
}

PIX_ON(ike_delete_rx)
{
    if (e->spi == 0)
        say(s, 7, 702201, "Phase 1 delete received", pix_ike_of(s, e->sa));
}

PIX_ON(ike_delete_tx)
{
    if (e->spi == 0)
        say(s, 7, 702202, "Phase 1 delete sent", pix_ike_of(s, e->sa));
}

PIX_ON(ike_dpd_dead)
{
    say(s, 7, 702203, "DPD timed out", pix_ike_of(s, e->sa));
}

/* ---- SAs ---- */

static void say_sa(struct pix *s, uint32_t id, const char *what, ip4 dst, uint32_t spi,
                   enum crypto_cipher cipher, enum crypto_hash auth, uint32_t conn)
{
    g_autoptr(GString) suite = g_string_new(NULL);
    pix_suite_text(cipher, auth, suite);
    pix_log(s, 6, id,
            "%s, (sa) sa_dest= %s, sa_prot= 50, sa_spi= 0x%x(%u), sa_trans= %s , sa_conn_id= %u",
            what, IP4S(dst), spi, spi, suite->str, conn);
}

PIX_ON(ipsec_sa_new)
{
    const struct pix_esp *w = pix_esp_of(s, e->sa);
    say_sa(s, 602301, "sa created", e->dst, e->spi, e->cipher, e->auth, w ? w->conn : 0);
}

PIX_ON(ipsec_sa_dead)
{
    const struct pix_esp *w = pix_esp_of(s, e->sa);
    say_sa(s, 602302, "deleting SA", e->dst, e->spi, e->cipher, e->auth, w ? w->conn : 0);
}

PIX_ON(ipsec_soft)
{
    const struct pix_esp *w = pix_esp_of(s, e->sa);
    if (w)
        pix_log(s, 7, 702301,
                "lifetime expiring, (sa) sa_dest= %s, sa_prot= 50, sa_spi= 0x%x(%u), sa_conn_id= "
                "%u, (identity) local= %s, remote= %s, local_proxy= %s/%s/0/0, remote_proxy= "
                "%s/%s/0/0",
                IP4S(w->local), w->spi, w->spi, w->conn, IP4S(w->local), IP4S(w->peer),
                IP4S(w->local_net), IP4S(w->local_mask), IP4S(w->remote_net), IP4S(w->remote_mask));
}

PIX_ON(ipsec_request)
{
    g_autoptr(GString) suite = g_string_new(NULL);
    pix_suite_text(e->cipher, e->auth, suite);
    pix_log(s, 7, 702303,
            "sa_request, (key eng. msg.) src= %s, dest= %s, src_proxy= %s/%s/%u/%u, dest_proxy= "
            "%s/%s/%u/%u, protocol= ESP, transform= %s , lifedur= %us and %ukb, spi= 0x0(0), "
            "conn_id= 0, keysize= %u, flags= 0x4004",
            IP4S(e->local), IP4S(e->remote), IP4S(e->local_net), IP4S(e->local_mask), e->protocol,
            e->sport, IP4S(e->remote_net), IP4S(e->remote_mask), e->protocol, e->dport, suite->str,
            e->life_s, e->life_kb, pix_keysize(e->cipher));
}

// clang-format off
const struct pix_hearing pix_hear_log_ike[] = {
    PIX_HEAR(ike_sa_new), PIX_HEAR(ike_state), PIX_HEAR(ike_sa_dead), PIX_HEAR(qm_new), PIX_HEAR(qm_done),
    PIX_HEAR(ike_rekey), PIX_HEAR(ike_retransmit), PIX_HEAR(ike_bad), PIX_HEAR(ike_duplicate),
    PIX_HEAR(ike_delete_rx), PIX_HEAR(ike_delete_tx), PIX_HEAR(ike_dpd_dead),
    PIX_HEAR(ipsec_sa_new), PIX_HEAR(ipsec_sa_dead), PIX_HEAR(ipsec_soft), PIX_HEAR(ipsec_request),
    { .fn = NULL },
};
// clang-format on
