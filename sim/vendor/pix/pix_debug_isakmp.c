/* debug crypto isakmp: phase 1 and informational exchanges (DBG-11, 23, 29, 30, 44; the main mode
 * lines follow public output of PIX 6.x). A message begins with the addresses it came between and
 * ends with its status (pix_log.c). */
#include "pix_log_priv.h"

/* ---- Messages ---- */

static const char *exchange_word(enum isakmp_exchange x)
{
    switch (x) {
    case EXCHANGE_MAIN:
        return "OAK_MM exchange";
    case EXCHANGE_AGGRESSIVE:
        return "OAK_AG exchange";
    case EXCHANGE_QUICK:
        return "OAK_QM exchange";
    case EXCHANGE_TRANSACTION:
        return "ISAKMP_TRANSACTION exchange";
    default:
        return NULL; /* what was notified says it */
    }
}

PIX_ON(ike_rx)
{
    pix_say_isakmp(s, "crypto_isakmp_process_block: src %s, dest %s", IP4S(e->remote),
                   IP4S(e->local));
    if (exchange_word(e->exchange))
        pix_say_isakmp(s, "%s", exchange_word(e->exchange));
}

PIX_ON(ike_begin)
{
    if (e->exchange == EXCHANGE_MAIN)
        pix_say_isakmp(s, "ISAKMP (0): beginning Main Mode exchange");
    else if (e->exchange == EXCHANGE_QUICK)
        pix_say_isakmp(s, "ISAKMP (0): beginning Quick Mode exchange, M-ID of %d:%x",
                       (int32_t)e->msgid, e->msgid);
}

PIX_ON(ike_duplicate)
{
    pix_say_isakmp(s, "ISAKMP (0): phase %d packet is a duplicate of a previous packet.",
                   e->msgid == 0 ? 1 : 2);
    if (e->answered)
        pix_say_isakmp(s, "ISAKMP (0): resending last response");
}

/* 6.3 counts them. */
PIX_ON(ike_retransmit)
{
    int phase = e->msgid == 0 ? 1 : 2;
    if (pix_since(s, 6, 3))
        pix_say_isakmp(s, "ISAKMP (0): retransmitting phase %d (%u)...", phase, e->count - 1);
    else
        pix_say_isakmp(s, "ISAKMP (0): retransmitting phase %d...", phase);
}

/* With unequal keys message 5 decrypts to noise (DBG-42). */
PIX_ON(ike_bad)
{
    s->speech->status = PIX_STATUS_MALFORMED;
    if (e->why == WHY_RESERVED_NOT_ZERO)
        pix_say_isakmp(s, "ISAKMP: reserved not zero on payload %u!", (unsigned)e->payload);
    if (e->why == WHY_RESERVED_NOT_ZERO || e->why == WHY_MALFORMED)
        pix_say_isakmp(s, "ISAKMP: malformed payload");
    if (e->why == WHY_HASH_MISMATCH)
        pix_say_isakmp(s, "ISAKMP (0): processing HASH payload failed. message ID = %u", e->msgid);
}

/* ---- Payloads ---- */

static void say_payload(struct pix *s, const char *name, uint32_t msgid)
{
    pix_say_isakmp(s, "ISAKMP (0): processing %s payload. message ID = %u", name, msgid);
}

/* In quick mode the two identities are shown where they were judged: who asks is the source. */
static void say_proxy(struct pix *s)
{
    const struct ev_ipsec_validate *q = &s->speech->asked;
    bool source = s->speech->ids++ == 0;
    ip4 net = source ? q->remote_net : q->local_net, mask = source ? q->remote_mask : q->local_mask;
    uint32_t type = source ? q->remote_type : q->local_type, port = source ? q->rport : q->lport;
    const char *side = source ? "src" : "dst";
    if (!s->speech->have_asked)
        return;
    if (type == ID_IPV4_ADDR)
        pix_say_isakmp(s, "ISAKMP (0): ID_IPV4_ADDR %s %s prot %u port %u", side, IP4S(net),
                       q->protocol, port);
    else
        pix_say_isakmp(s, "ISAKMP (0): ID_IPV4_ADDR_SUBNET %s %s/%s prot %u port %u", side,
                       IP4S(net), IP4S(mask), q->protocol, port);
}

PIX_ON(ike_payload)
{
    switch (e->payload) {
    case PAYLOAD_SA:
        if (e->msgid) /* the offer of a quick mode, or its answer */
            pix_say_isakmp(s, "oakley_process_quick_mode:\nOAK_QM_IDLE");
        say_payload(s, "SA", e->msgid);
        break;
    case PAYLOAD_KE:
        say_payload(s, "KE", e->msgid);
        break;
    case PAYLOAD_NONCE:
        say_payload(s, "NONCE", e->msgid);
        break;
    case PAYLOAD_ID:
        say_payload(s, "ID", e->msgid);
        if (e->msgid)
            say_proxy(s);
        break;
    case PAYLOAD_HASH:
        if (e->msgid == 0)
            say_payload(s, "HASH", e->msgid);
        break;
    case PAYLOAD_DELETE:
        say_payload(s, "DELETE", e->msgid);
        break;
    default:
        break; /* told with what they say */
    }
}

PIX_ON(ike_vendor_id)
{
    pix_say_isakmp(s, "ISAKMP (0): processing vendor id payload");
    if (e->vid == IKE_VID_PEER_BOX)
        pix_say_isakmp(s, "ISAKMP (0): speaking to another IOS box!");
    else if (e->vid == IKE_VID_DPD)
        pix_say_isakmp(s, "ISAKMP (0): remote peer supports dead peer detection");
    else if (e->vid == IKE_VID_UNITY)
        pix_say_isakmp(s, "ISAKMP (0): speaking to a Unity client");
    else if (e->vid == IKE_VID_XAUTH)
        pix_say_isakmp(s, "ISAKMP (0): received xauth v6 vendor id");
}

/* ---- Policy ---- */

PIX_ON(ike_no_key)
{
    pix_say_isakmp(s, "ISAKMP: No cert, and no keys (public or pre-shared) with remote peer %s",
                   IP4S(e->remote));
}

PIX_ON(ike_offer)
{
    pix_say_isakmp(s, "ISAKMP (0): Checking ISAKMP transform %u against priority %u policy",
                   e->transform, e->priority);
}

static void duration_text(bool basic, uint32_t value, struct span bytes, GString *out)
{
    if (basic) {
        g_string_append_printf(out, "(basic) of %u", value);
        return;
    }
    g_string_append(out, "(VPI) of ");
    for (size_t i = 0; i < bytes.n && i < 8; i++)
        g_string_append_printf(out, " 0x%x", bytes.p[i]);
}

/* RFC 2409 Appendix A, in the order and the encoding of the wire. */
PIX_ON(ike_offer_attr)
{
    g_autoptr(GString) text = g_string_new("ISAKMP:      ");
    uint32_t v = e->value;
    switch (e->attr) {
    case IKE_ATTR_ENCRYPTION:
        g_string_append_printf(text, "encryption %s",
                               v == 1   ? "DES-CBC"
                               : v == 5 ? "3DES-CBC"
                               : v == 7 ? "AES-CBC"
                                        : "... What? 0?");
        break;
    case IKE_ATTR_HASH:
        g_string_append_printf(text, "hash %s", v == 1 ? "MD5" : v == 2 ? "SHA" : "... What? 0?");
        break;
    case IKE_ATTR_GROUP:
        g_string_append_printf(text, "default group %u", v);
        break;
    case IKE_ATTR_AUTH:
        if (v == IKE_AUTH_XAUTH_INIT_PSK) {
            g_string_append(text, "extended auth pre-share");
            break;
        }
        g_string_append_printf(text, "auth %s",
                               v == IKE_AUTH_PSK       ? "pre-share"
                               : v == IKE_AUTH_RSA_SIG ? "RSA sig"
                                                       : "What? 0?");
        break;
    case IKE_ATTR_LIFE_TYPE:
        g_string_append_printf(text, "life type in %s",
                               v == LIFE_KILOBYTES ? "kilobytes" : "seconds");
        break;
    case IKE_ATTR_LIFE_DURATION:
        g_string_append(text, "life duration ");
        duration_text(e->basic, v, e->bytes, text);
        break;
    case IKE_ATTR_KEY_LENGTH:
        g_string_append_printf(text, "keylength of %u", v);
        break;
    default:
        g_string_append_printf(text, "attribute %u", e->attr);
    }
    pix_say_isakmp(s, "%s", text->str);
}

PIX_ON(ike_offer_end)
{
    pix_say_isakmp(s, "ISAKMP (0): atts are %sacceptable. Next payload is %u",
                   e->accepted ? "" : "not ", e->more ? (unsigned)PAYLOAD_TRANSFORM : 0);
    if (e->accepted)
        pix_say_isakmp(s, "ISAKMP (0): SA is doing pre-shared key authentication using id type %s",
                       s->d->ike_conf->identity == IKE_IDENTITY_HOSTNAME ? "ID_FQDN"
                                                                         : "ID_IPV4_ADDR");
}

PIX_ON(ike_no_offer)
{
    s->speech->status = PIX_STATUS_REFUSED;
    pix_say_isakmp(s, "ISAKMP (0): no offers accepted!\nISAKMP (0): SA not acceptable!");
}

/* ---- Identities ---- */

PIX_ON(ike_id)
{
    if (!e->ours)
        return;
    pix_say_isakmp(s,
                   "ISAKMP (0): ID payload\n"
                   "        next-payload : %u\n"
                   "        type         : %u\n"
                   "        protocol     : %u\n"
                   "        port         : %u\n"
                   "        length       : %u\n"
                   "ISAKMP (0): Total payload length: %u",
                   e->next_payload, e->type, e->protocol, e->port, e->length - 4, e->length);
}

PIX_ON(ike_authenticated)
{
    pix_say_isakmp(s, "ISAKMP (0): SA has been authenticated");
}

PIX_ON(ike_id_refused)
{
    s->speech->status = PIX_STATUS_REFUSED;
    pix_say_isakmp(s, "ISAKMP (0): identity of peer %s is not the one expected", IP4S(e->remote));
}

/* ---- The SA's life ---- */

static uint32_t peers(const struct pix *s)
{
    uint32_t n = 0;
    for (guint i = 0; i < s->speech->ike->len; i++) {
        const struct pix_ike *w = g_ptr_array_index(s->speech->ike, i);
        n += w->state == IKE_STATE_QM_IDLE;
    }
    return n;
}

PIX_ON(ike_state)
{
    const struct pix_ike *w = pix_ike_of(s, e->sa);
    if (w && e->input == IKE_INPUT_INTERNAL_PHASE1_COMPLETE && e->new == IKE_STATE_QM_IDLE)
        pix_say_isakmp(s, "VPN Peer: ISAKMP: Added new peer: ip:%s Total VPN Peers:%u",
                       IP4S(w->remote), peers(s));
}

PIX_ON(ike_sa_dead)
{
    bool ours = e->role == IKE_INITIATOR;
    pix_say_isakmp(s, "ISAKMP (0): deleting SA: src %s, dst %s", IP4S(ours ? e->local : e->remote),
                   IP4S(ours ? e->remote : e->local));
}

PIX_ON(ike_sa_gone)
{
    const struct pix_ike *w = pix_ike_of(s, e->sa);
    if (w)
        pix_say_isakmp(s, "ISADB: reaper checking SA 0x%x, conn_id = 0  DELETE IT!", w->handle);
}

/* ---- Notifications, deletes, dead peer detection ---- */

PIX_ON(ike_notify_rx)
{
    if (s->speech->informational)
        s->speech->status = PIX_STATUS_INFORMED;
    pix_say_isakmp(s,
                   "ISAKMP (0): processing NOTIFY payload %u protocol %u\n"
                   "        spi %u, message ID = %u",
                   e->type, e->protocol, e->spi, e->msgid);
    if (e->type == NOTIFY_RESPONDER_LIFETIME)
        pix_say_isakmp(s, "ISAKMP (0): processing responder lifetime");
}

PIX_ON(ike_notify_tx)
{
    pix_say_isakmp(s, "ISAKMP (0): sending NOTIFY message %u protocol %u", e->type, e->protocol);
}

PIX_ON(ike_initial_contact)
{
    pix_say_isakmp(s, e->sent ? "ISAKMP (0): sending INITIAL_CONTACT notify"
                              : "ISAKMP (0): processing notify INITIAL_CONTACT");
}

PIX_ON(ike_delete_tx)
{
    pix_say_isakmp(s, "ISAKMP (0): sending DELETE payload. message ID = %u", e->msgid);
}

PIX_ON(ike_delete_rx)
{
    s->speech->status = PIX_STATUS_INFORMED;
    if (e->spi)
        pix_say_isakmp(s, "ISAKMP (0): deleting spi %u message ID = %u", e->spi, e->msgid);
}

PIX_ON(ike_dpd_tx)
{
    if (e->again)
        pix_say_isakmp(s, "ISAKMP (0): retransmitting DPD (%u)...", e->again - 1);
}

/* The misspelt tag is the device's own. */
PIX_ON(ike_dpd_rx)
{
    pix_say_isakmp(s, "ISAMKP (0): received DPD_R_U_THERE%s from peer %s", e->ack ? "_ACK" : "",
                   IP4S(e->remote));
}

PIX_ON(ike_dpd_dead)
{
    pix_say_isakmp(s, "ISAKMP (0): peer %s not responding!", IP4S(e->remote));
}

// clang-format off
const struct pix_hearing pix_hear_isakmp[] = {
    PIX_HEAR(ike_rx), PIX_HEAR(ike_begin), PIX_HEAR(ike_duplicate), PIX_HEAR(ike_retransmit), PIX_HEAR(ike_bad),
    PIX_HEAR(ike_payload), PIX_HEAR(ike_vendor_id), PIX_HEAR(ike_no_key),
    PIX_HEAR(ike_offer), PIX_HEAR(ike_offer_attr), PIX_HEAR(ike_offer_end), PIX_HEAR(ike_no_offer),
    PIX_HEAR(ike_id), PIX_HEAR(ike_authenticated), PIX_HEAR(ike_id_refused),
    PIX_HEAR(ike_state), PIX_HEAR(ike_sa_dead), PIX_HEAR(ike_sa_gone),
    PIX_HEAR(ike_notify_rx), PIX_HEAR(ike_notify_tx), PIX_HEAR(ike_initial_contact),
    PIX_HEAR(ike_delete_tx), PIX_HEAR(ike_delete_rx),
    PIX_HEAR(ike_dpd_tx), PIX_HEAR(ike_dpd_rx), PIX_HEAR(ike_dpd_dead),
    { .fn = NULL },
};
// clang-format on
