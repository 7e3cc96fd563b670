/* debug crypto isakmp in quick mode (hub-and-spoke.md, steps L11 to L13; DBG-06, 17, 21, 22). */
#include "vendor/ios/ios_debug_priv.h"

static bool dialect_c(const struct ios *s)
{
    return s->dialect == IOS_DIALECT_C;
}

ON(qm_new)
{
    ios_quick_add(s, e->msgid, e->ours ? IOS_QUICK_OURS : 0);
    if (!e->ours)
        ios_say_isakmp(s, "ISAKMP: set new node %d to QM_IDLE", (int32_t)e->msgid);
}

/* ---- The offer ---- */

ON(qm_proposal)
{
    ios_say_sa(s, e->sa, ": Checking IPSec proposal %u", e->number);
}

/* Transform identifiers of RFC 2407 4.4.4 (ESP) and 4.4.3 (AH). */
static const char *transform_word(uint32_t protocol, uint32_t id)
{
    if (protocol == PROTO_IPSEC_AH)
        return id == 2 ? "AH_MD5" : "AH_SHA";
    if (protocol == PROTO_IPCOMP)
        return id == IPCOMP_LZS ? "IPPCP LZS" : "unknown IPPCP transform!";
    switch (id) {
    case 2:
        return "ESP_DES";
    case 3:
        return "ESP_3DES";
    case 11:
        return "ESP_NULL";
    case 12:
        return "ESP_AES";
    default:
        return "unknown ESP transform!";
    }
}

ON(qm_transform)
{
    s->words->proposal_checked = false;
    s->words->offered_s = s->words->offered_kb = s->words->offered_type = 0;
    ios_say_isakmp(s, "ISAKMP: transform %u, %s", e->number,
                   transform_word(e->protocol, e->transform));
    ios_say_isakmp(s, "ISAKMP:   attributes in transform:");
}

static void encaps_text(const struct ios *s, uint32_t value, GString *out)
{
    g_string_printf(out, "encaps is %u", value);
    bool udp = value > ENCAPSULATION_TRANSPORT;
    bool transport = value == ENCAPSULATION_TRANSPORT || value == ENCAPSULATION_UDP_TRANSPORT ||
                     value == 61444; /* of the drafts */
    if (dialect_c(s))
        g_string_append_printf(out, " (%s%s)", transport ? "Transport" : "Tunnel",
                               udp ? "-UDP" : "");
}

static void remember_lifetime(struct ios_words *w, const struct ev_qm_attr *e)
{
    if (e->attr == IPSEC_ATTR_LIFE_TYPE)
        w->offered_type = e->value;
    else if (e->attr == IPSEC_ATTR_LIFE_DURATION)
        *(w->offered_type == LIFE_KILOBYTES ? &w->offered_kb : &w->offered_s) = e->value;
}

/* RFC 2407 4.5, in the order and the encoding of the wire. */
ON(qm_attr)
{
    remember_lifetime(s->words, e);
    g_autoptr(GString) text = g_string_new(NULL);
    switch (e->attr) {
    case IPSEC_ATTR_LIFE_TYPE:
        g_string_printf(text, "SA life type in %s",
                        e->value == LIFE_KILOBYTES ? "kilobytes" : "seconds");
        break;
    case IPSEC_ATTR_LIFE_DURATION:
        g_string_assign(text, "SA life duration ");
        ios_duration_text(e->basic, e->value, e->bytes, text);
        break;
    case IPSEC_ATTR_GROUP:
        g_string_printf(text, "group is %u", e->value);
        break;
    case IPSEC_ATTR_ENCAPSULATION:
        encaps_text(s, e->value, text);
        break;
    case IPSEC_ATTR_AUTH:
        g_string_printf(text, "authenticator is HMAC-%s",
                        e->value == 1   ? "MD5"
                        : e->value == 5 ? "SHA256"
                                        : "SHA");
        break;
    case IPSEC_ATTR_KEY_LENGTH:
        g_string_printf(text, "key length is %u", e->value);
        break;
    default:
        g_string_printf(text, "attribute %u", e->attr);
    }
    ios_say_isakmp(s, "ISAKMP:      %s", text->str);
}

ON(qm_transform_end)
{
    ios_proposal_checked(s);
    if (e->accepted)
        ios_say_sa(s, e->sa, ": atts are acceptable.");
    else
        ios_say_sa(s, e->sa, ": atts not acceptable. Next payload is %u",
                   e->more ? (unsigned)PAYLOAD_TRANSFORM : 0);
}

/* When the transform was fine and IPsec's policy refused the request, that is said first (DBG-21).
 */
ON(qm_refused)
{
    if (e->why == WHY_PROXY_AT_INSTALL)
        return; /* the key engine says it */
    if (s->words->policy_refused || e->why == WHY_PROXY || e->why == WHY_PEER || e->why == WHY_PFS)
        ios_say_isakmp(s, "ISAKMP: IPSec policy invalidated proposal");
    ios_say_sa(s, e->sa, ": SA not acceptable!");
}

/* ---- SPIs and SAs ---- */

ON(qm_spi_wanted)
{
    ios_say_sa(s, e->sa, ": asking for %u spis from ipsec", e->count);
}

ON(qm_spi)
{
    if (ios_quick_of(s, e->msgid) & IOS_QUICK_OURS) {
        if (dialect_c(s))
            ios_say_sa(s, e->sa, ": QM Initiator gets spi");
        return;
    }
    ios_say_ipsec(s, "IPSEC(key_engine): got a queue event...");
    ios_say_ipsec(s,
                  "IPSEC(spi_response): getting spi %u for SA \n"
                  "        from %-15s to %-15s for prot %u",
                  e->spi, IP4S(e->local), IP4S(e->remote), e->protocol);
    ios_say_isakmp(s, "ISAKMP: received ke message (2/1)");
}

static void lifetimes(GString *out, const struct ios_words *w)
{
    if (w->pair_s)
        g_string_append_printf(out, "\n        lifetime of %u seconds", w->pair_s);
    if (w->pair_kb)
        g_string_append_printf(out, "\n        lifetime of %u kilobytes", w->pair_kb);
}

/* Who answered tells the lifetimes as they were offered, though the SAs end by the shorter of both
 * ends' (hub-and-spoke.md H-18). */
static void remember_pair(struct ios *s, const struct ev_qm_install *e)
{
    struct ios_words *w = s->words;
    bool offered = e->role == IKE_RESPONDER && (w->offered_s || w->offered_kb);
    w->pair_s = offered ? w->offered_s : e->life_s;
    w->pair_kb = offered ? w->offered_kb : e->life_kb;
}

/* The inbound SPI is printed in hexadecimal, the outbound one as a signed decimal. */
static void creating_c(const struct ios_words *w, const struct ev_qm_install *e, uint32_t conn,
                       GString *out)
{
    g_string_append_printf(
        out, "\n        inbound SA from %s to %s (f/i)  0/ 0\n        (proxy %s to %s)",
        IP4S(e->remote), IP4S(e->local), IP4S(e->remote_net), IP4S(e->local_net));
    g_string_append_printf(out, "\n        has spi 0x%X and conn_id %u and flags 2", e->spi_in,
                           conn);
    lifetimes(out, w);
    g_string_append(out, "\n        has client flags 0x0");
    g_string_append_printf(
        out, "\n        outbound SA from %s to %s (f/i)  0/ 0\n        (proxy %s to %s )",
        IP4S(e->local), IP4S(e->remote), IP4S(e->local_net), IP4S(e->remote_net));
    g_string_append_printf(out, "\n        has spi %d and conn_id %u and flags A",
                           (int32_t)e->spi_out, conn + 1);
    lifetimes(out, w);
    g_string_append(out, "\n        has client flags 0x0");
}

static void creating_b(const struct ios_words *w, const struct ev_qm_install *e, uint32_t conn,
                       GString *out)
{
    g_string_append_printf(out, "\n        inbound SA from %s to %s (proxy %s to %s)",
                           IP4S(e->remote), IP4S(e->local), IP4S(e->remote_net),
                           IP4S(e->local_net));
    g_string_append_printf(out, "\n        has spi 0x%X and conn_id %u and flags 4", e->spi_in,
                           conn);
    lifetimes(out, w);
    g_string_append_printf(out, "\n        outbound SA from %s to %s (proxy %s to %s )",
                           IP4S(e->local), IP4S(e->remote), IP4S(e->local_net),
                           IP4S(e->remote_net));
    g_string_append_printf(out, "\n        has spi %d and conn_id %u and flags 4",
                           (int32_t)e->spi_out, conn + 1);
    lifetimes(out, w);
}

ON(qm_install)
{
    uint32_t conn = ios_conn_for_pair(s, e->spi_in, e->spi_out);
    ios_say_engine(s, "CryptoEngine0: ipsec allocate flow");
    ios_say_engine(s, "CryptoEngine0: ipsec allocate flow");
    remember_pair(s, e);
    ios_client_locked(s, e->sa);
    g_autoptr(GString) block = g_string_new(": Creating IPSec SAs");
    if (dialect_c(s))
        creating_c(s->words, e, conn, block);
    else
        creating_b(s->words, e, conn, block);
    ios_say_sa(s, e->sa, "%s", block->str);
    if (s->debug & IOS_DEBUG_ISAKMP) /* or nobody says when quick mode is over */
        ios_key_engine_wait(s, e->msgid);
}

/* ---- The exchange's state ---- */

static const char *done_reason(const struct ev_qm_done *e)
{
    if (e->error)
        return "QM rejected";
    return g_strcmp0(e->reason, "await") == 0 ? "quick mode done (await)" : "";
}

/* A quick mode of ours that the peer has refused goes with the SPI it had asked for, "larval" as it
 * is. */
static bool refused_by_peer(const struct ios *s, const struct ev_qm_done *e)
{
    return e->error && s->words->refusal_msgid != 0 && (ios_quick_of(s, e->msgid) & IOS_QUICK_OURS);
}

static void larval(struct ios *s, const struct ev_qm_done *e)
{
    struct ios_words *w = s->words;
    ios_say_sa(s, e->sa, ": deleting spi %u message ID = %d", w->refusal_spi, (int32_t)e->msgid);
    ios_say_sa(s, e->sa, ": deleting node %d error TRUE reason \"delete_larval\"",
               (int32_t)e->msgid);
    ios_informational_done(s, e->sa, w->refusal_msgid);
    w->refusal_msgid = 0;
    ios_quick_forget(s, e->msgid);
}

ON(qm_done)
{
    if (refused_by_peer(s, e)) {
        larval(s, e);
        return;
    }
    ios_say_sa(s, e->sa, ": deleting node %d error %s reason \"%s\"", (int32_t)e->msgid,
               e->error ? "TRUE" : "FALSE", done_reason(e));
    ios_quick_forget(s, e->msgid);
}

ON(qm_state)
{
    if (e->new == QM_R_QM2)
        ios_quick_add(s, e->msgid, IOS_QUICK_ANSWERED);
    if (dialect_c(s) && e->input == IKE_INPUT_FROM_PEER_INFO_NOTIFY) {
        /* it is the SA that heard the notification, and stays as it is */
        const char *up = ios_state_name(s, IKE_STATE_QM_IDLE, (char[40]){0});
        ios_say_sa(s, e->sa, ": Input = %s", ios_input_name(e->input));
        ios_say_sa(s, e->sa, ": Old State = %s  New State = %s\n", up, up);
    } else if (dialect_c(s)) {
        ios_say_sa(s, e->sa, ": Node %d, Input = %s", (int32_t)e->msgid, ios_input_name(e->input));
        ios_say_sa(s, e->sa, ": Old State = %s  New State = %s\n", ios_qm_state_name(e->old),
                   ios_qm_state_name(e->new));
    }
    bool over = e->new == QM_PHASE2_COMPLETE || e->new == QM_FAILED;
    if (over && s->words->key_engine_waits && s->words->key_engine_msgid == e->msgid)
        ios_key_engine_go(s);
}

// clang-format off
#define I IOS_DEBUG_ISAKMP
#define P IOS_DEBUG_IPSEC
#define N IOS_DEBUG_ENGINE
const struct ios_hearing ios_hear_isakmp_qm[] = {
    HEAR(I | P, qm_new), HEAR(I, qm_proposal), HEAR(I | P | N, qm_transform), HEAR(I | P, qm_attr),
    HEAR(I | N, qm_transform_end), HEAR(I, qm_refused),
    HEAR(I, qm_spi_wanted), HEAR(I | P, qm_spi), HEAR(I | P | N, qm_install),
    HEAR(I | P, qm_done), HEAR(I | P, qm_state),
    { .fn = NULL },
};
// clang-format on
