/* debug crypto isakmp, phase 1 and informational exchanges, line by line as in the catalogue's
 * trace of a hub (hub-and-spoke.md chapters 4 and 6; DBG-05, 20, 23, 29, 30, 31). Where a line of
 * debug crypto engine stands between two of these, it is said here too, so that the order holds. */
#include "vendor/ios/ios_debug_priv.h"

static bool dialect_c(const struct ios *s)
{
    return s->dialect == IOS_DIALECT_C;
}

/* ---- Messages ---- */

ON(ike_rx)
{
    ios_message_begins(s);
    ike_sa_id sa = e->known ? e->sa : 0;
    const char *state = e->known ? ios_packet_state(e->state) : "NEW SA";
    char role = e->known ? ios_role_letter(e->role) : 'N';
    if (dialect_c(s))
        ios_say_sa(s, sa, ": received packet from %s dport %u sport %u Global (%c) %s",
                   IP4S(e->remote), e->lport, e->rport, role, state);
    else
        ios_say_sa(s, sa, ": received packet from %s (%c) %s", IP4S(e->remote), role, state);
    if (e->known && e->exchange == EXCHANGE_INFORMATIONAL && e->state == IKE_STATE_QM_IDLE &&
        e->msgid != 0)
        ios_say_isakmp(s, "ISAKMP: set new node %d to QM_IDLE", (int32_t)e->msgid);
}

/* The notification of the lifetime goes out before the login, when phase 1 is complete already. */
static bool tells_of_node(const struct ios *s, const struct ev_ike_tx *e)
{
    return e->state == IKE_STATE_QM_IDLE || ios_word_of(s, e->sa)->lifetime_msgid == e->msgid;
}

ON(ike_tx)
{
    bool informational = e->exchange == EXCHANGE_INFORMATIONAL;
    /* What refuses an offer is sent while nothing is agreed. */
    const char *state = informational && e->state == IKE_STATE_R_MM1 ? "MM_NO_STATE"
                        : informational && e->msgid != 0 && tells_of_node(s, e)
                            ? "QM_IDLE"
                            : ios_packet_state(e->state);
    char role = ios_role_letter(e->role);
    if (dialect_c(s))
        ios_say_sa(s, e->sa, ": sending packet to %s my_port %u peer_port %u (%c) %s",
                   IP4S(e->remote), e->lport, e->rport, role, state);
    else
        ios_say_sa(s, e->sa, ": sending packet to %s (%c) %s", IP4S(e->remote), role, state);
    if (informational && e->msgid != 0 && tells_of_node(s, e))
        ios_say_sa(s, e->sa, ": purging node %d", (int32_t)e->msgid);
    if (informational && e->msgid != 0 && ios_word_of(s, e->sa)->lifetime_msgid == e->msgid) {
        struct ios_ike_word *w = ios_word_at(s, e->sa);
        w->lifetime_msgid = 0;
        ios_say_isakmp(s, "ISAKMP: Sending phase 1 responder lifetime %u\n", w->life_s);
    }
}

ON(ike_duplicate)
{
    const char *phase = e->msgid == 0 ? "1" : "2";
    ios_say_sa(s, e->sa, ": phase %s packet is a duplicate of a previous packet.", phase);
    if (e->answered)
        ios_say_sa(s, e->sa, ": retransmitting due to retransmit phase %s", phase);
}

ON(ike_retransmit)
{
    if (e->msgid == 0) {
        const char *state = ios_packet_state(ios_word_of(s, e->sa)->state);
        ios_say_sa(s, e->sa, ": retransmitting phase 1 %s...", state);
        ios_say_sa(s, e->sa, ": incrementing error counter on sa: retransmit phase 1");
        ios_say_sa(s, e->sa, ": retransmitting phase 1 %s", state);
        return;
    }
    ios_say_sa(s, e->sa, ": retransmitting phase 2 QM_IDLE       %d ...", (int32_t)e->msgid);
    ios_say_sa(s, e->sa, ": incrementing error counter on sa: retransmit phase 2");
    ios_say_sa(s, e->sa, ": retransmitting phase 2 %d QM_IDLE", (int32_t)e->msgid);
}

/* With unequal keys message 5 decrypts to noise: most often the reserved byte of its first payload,
 * ID, is not zero (DBG-29); when it happens to be, the length is impossible and only the second
 * line appears. */
ON(ike_bad)
{
    if (e->why == WHY_RESERVED_NOT_ZERO)
        ios_say_isakmp(s, "ISAKMP: reserved not zero on payload %u!", (unsigned)e->payload);
    if (e->why == WHY_RESERVED_NOT_ZERO || e->why == WHY_MALFORMED)
        ios_say_isakmp(s, "ISAKMP: malformed payload");
}

/* ---- Payloads ---- */

static void say_payload(struct ios *s, ike_sa_id sa, enum isakmp_payload_type type, uint32_t msgid)
{
    ios_say_sa(s, sa, ": processing %s payload. message ID = %d", ios_payload_name(type),
               (int32_t)msgid);
}

void ios_say_waiting_hash(struct ios *s, ike_sa_id sa)
{
    if (s->words->hash_waits != 0)
        say_payload(s, sa, PAYLOAD_HASH, s->words->hash_waits);
    s->words->hash_waits = 0;
}

/* In phase 2 the HASH is named after its HMAC was made, and that of the third quick mode message
 * not at all. */
static void hash_payload(struct ios *s, const struct ev_ike_payload *e)
{
    if (e->msgid == 0 || s->words->hmac_done) {
        if (!(ios_quick_of(s, e->msgid) & IOS_QUICK_ANSWERED))
            say_payload(s, e->sa, PAYLOAD_HASH, e->msgid);
    } else if (!(ios_quick_of(s, e->msgid) & IOS_QUICK_ANSWERED)) {
        s->words->hash_waits = e->msgid;
    }
}

ON(ike_payload)
{
    switch (e->payload) {
    case PAYLOAD_HASH:
        hash_payload(s, e);
        return;
    case PAYLOAD_VID:
    case PAYLOAD_NOTIFY:
        return; /* told with what they say: ike_vendor_id, ike_notify_rx */
    case PAYLOAD_NAT_D:
    case PAYLOAD_NAT_D_DRAFT:
        if (dialect_c(s))
            ios_say_isakmp(s, "ISAKMP:received payload type %u", (unsigned)e->payload);
        return;
    default:
        break;
    }
    ios_say_waiting_hash(s, e->sa);
    if (!ios_payload_name(e->payload))
        return;
    say_payload(s, e->sa, e->payload, e->msgid);
    if (e->payload == PAYLOAD_KE)
        ios_say_engine(s, "CryptoEngine0: generate alg parameter");
}

ON(ike_hmac)
{
    ios_xact_before_hmac(s, e->sa);
    ios_say_engine(s, "CryptoEngine0: generate hmac context for conn id %u",
                   ios_conn_of_ike(s, e->sa));
    s->words->hmac_done = true;
    ios_say_waiting_hash(s, e->sa);
    ios_xact_after_hmac(s, e->sa);
}

/* "Unity/DPD but major N": N is the byte at offset 14 of the body, read past the end of shorter
 * ones, into whatever follows (hub-and-spoke.md chapter 5). */
static unsigned vid_major(const struct ev_ike_vendor_id *e)
{
    if (e->bytes.n > 14)
        return e->bytes.p[14];
    size_t past = 14 - e->bytes.n;
    return past < e->read_past.n ? e->read_past.p[past] : 0;
}

const char *ios_natt_word(enum ike_vid v)
{
    return v == IKE_VID_RFC3947                              ? "NAT-T RFC 3947"
           : v == IKE_VID_NAT_T_03                           ? "NAT-T v3"
           : v == IKE_VID_NAT_T_07                           ? "NAT-T v7"
           : v == IKE_VID_NAT_T_02 || v == IKE_VID_NAT_T_02N ? "NAT-T v2"
                                                             : NULL;
}

// clang-format off
static const char *const vid_words[IKE_VID_COUNT] = {
    [IKE_VID_RFC3947] = "NAT-T RFC 3947", [IKE_VID_NAT_T_03] = "NAT-T v3",
    [IKE_VID_NAT_T_07] = "NAT-T v7", [IKE_VID_NAT_T_02] = "NAT-T v2", [IKE_VID_NAT_T_02N] = "NAT-T v2",
    [IKE_VID_XAUTH] = "XAUTH", [IKE_VID_DPD] = "DPD", [IKE_VID_UNITY] = "Unity",
};
// clang-format on

ON(ike_vendor_id)
{
    ios_say_sa(s, e->sa, ": processing vendor id payload");
    if (e->vid == IKE_VID_PEER_BOX) {
        ios_say_sa(s, e->sa, ": speaking to another IOS box!");
        return;
    }
    if (e->vid != IKE_VID_DPD && e->vid != IKE_VID_UNITY) {
        if (dialect_c(s))
            ios_say_sa(s, e->sa, ": vendor ID seems Unity/DPD but major %u mismatch", vid_major(e));
        else
            ios_say_sa(s, e->sa, ": vendor ID seems Unity/DPD but bad major");
    }
    struct ios_ike_word *w = ios_word_at(s, e->sa);
    if (w && ios_natt_word(e->vid) && w->natt == IKE_VID_UNKNOWN)
        w->natt = e->vid;
    if (e->vid < IKE_VID_COUNT && vid_words[e->vid])
        ios_say_sa(s, e->sa, ": vendor ID is %s", vid_words[e->vid]);
}

/* ---- The SA's life ---- */

static void announce_request(struct ios *s)
{
    if (s->words->announced)
        return;
    s->words->announced = true;
    ios_say_isakmp(s, "ISAKMP: received ke message (1/1)");
    if (dialect_c(s))
        ios_say_isakmp(s, "ISAKMP (0:0): SA request profile is (NULL)");
}

ON(ike_request)
{
    if (e->new_sa) {
        announce_request(s);
        s->words->announced = false;
        return;
    }
    ios_message_begins(s);
    ios_say_isakmp(s, "ISAKMP: received ke message (1/1)");
    if (ios_word_of(s, e->sa)->state == IKE_STATE_QM_IDLE)
        ios_say_sa(s, e->sa, ": sitting IDLE. Starting QM immediately (QM_IDLE      )");
}

ON(ike_sa_new)
{
    if (e->role == IKE_INITIATOR)
        announce_request(s);
    ios_say_isakmp(s, "ISAKMP: local port %u, remote port %u", e->lport, e->rport);
    if (!dialect_c(s))
        return;
    ios_say_isakmp(s, "ISAKMP: insert sa successfully sa = %08X", ios_word_of(s, e->sa)->handle);
    if (e->role == IKE_INITIATOR)
        ios_say_sa(s, e->sa, ": Can not start Aggressive mode, trying Main mode.");
}

ON(ike_state)
{
    if (!dialect_c(s)) /* 12.2 and earlier print no state machine */
        return;
    char old_name[40], new_name[40];
    const char *natt = ios_natt_word(ios_word_of(s, e->sa)->natt);
    /* The version that was chosen is named when message 1 is done with. */
    if (e->input == IKE_INPUT_FROM_PEER_AM_EXCH && e->old == IKE_STATE_READY && natt &&
        s->d->ike_conf->nat_traversal)
        ios_say_sa(s, e->sa, ": vendor ID is %s", natt);
    ios_say_sa(s, e->sa, ": Input = %s", ios_input_name(e->input));
    ios_say_sa(s, e->sa, ": Old State = %s  New State = %s\n", ios_state_name(s, e->old, old_name),
               ios_state_name(s, e->new, new_name));
}

ON(ike_begin)
{
    if (e->exchange == EXCHANGE_QUICK)
        ios_say_sa(s, e->sa, ": beginning Quick Mode exchange, M-ID of %d", (int32_t)e->msgid);
    else if (e->exchange == EXCHANGE_MAIN || e->exchange == EXCHANGE_AGGRESSIVE)
        ios_say_sa(s, e->sa, ": beginning %s Mode exchange", ios_exchange_word(e->exchange));
}

ON(ike_sa_dead)
{
    ios_say_sa(s, e->sa, ": peer does not do paranoid keepalives.\n");
    ios_say_sa(s, e->sa, ": deleting SA reason \"%s\" state (%c) %s (peer %s) input queue 0",
               ios_death_reason(e->why), ios_role_letter(e->role), ios_sa_state(e->state, e->state),
               IP4S(e->remote));
}

ON(ike_sa_gone)
{
    uint32_t handle = ios_word_of(s, e->sa)->handle;
    ios_say_sa(s, e->sa, ": purging SA., sa=%08X, delme=%08X", handle, handle);
}

/* ---- Policy ---- */

ON(ike_key_search)
{
    const char *store = e->store ? e->store : "default";
    ike_sa_id again = s->words->profile_of;
    if (dialect_c(s))
        ios_say_isakmp(s, "ISAKMP: Looking for a matching key for %s in %s%s", IP4S(e->remote),
                       store, e->found ? " : success" : "");
    /* Looked up again, for the profile, after message 5. */
    if (again && e->found && strcmp(store, "default") != 0)
        ios_say_sa(s, again, ": Found ADDRESS key in keyring %s", store);
}

/* The second line belongs to the look-up while the SA payload is judged; there is another for
 * SKEYID. */
ON(ike_key_found)
{
    enum ike_state state = ios_word_of(s, e->sa)->state;
    ios_say_sa(s, e->sa, ": found peer pre-shared key matching %s", IP4S(e->remote));
    if (dialect_c(s) && (state == IKE_STATE_R_MM1 || state == IKE_STATE_I_MM2))
        ios_say_sa(s, e->sa, " local preshared key found");
}

ON(ike_no_key)
{
    ios_say_isakmp(s, "ISAKMP: No cert, and no keys (public or pre-shared) with remote peer %s",
                   IP4S(e->remote));
}

ON(ike_offer)
{
    ios_say_sa(s, e->sa, ": Checking ISAKMP transform %u against priority %u policy", e->transform,
               e->priority);
}

static const char *encryption_word(uint32_t v)
{
    return v == 1 ? "DES-CBC" : v == 5 ? "3DES-CBC" : v == 7 ? "AES-CBC" : "... What? 0?";
}

static const char *hash_word(uint32_t v)
{
    return v == 1 ? "MD5" : v == 2 ? "SHA" : v == 4 ? "SHA256" : "... What? 0?";
}

static const char *auth_word(uint32_t v)
{
    return v == IKE_AUTH_PSK              ? "pre-share"
           : v == IKE_AUTH_RSA_SIG        ? "RSA sig"
           : v == IKE_AUTH_RSA_ENCR       ? "RSA encr"
           : v == IKE_AUTH_XAUTH_INIT_PSK ? "XAUTHInitPreShared"
                                          : "unknown";
}

/* RFC 2409 Appendix A, in the order and the encoding of the wire. */
ON(ike_offer_attr)
{
    g_autoptr(GString) text = g_string_new(NULL);
    switch (e->attr) {
    case IKE_ATTR_ENCRYPTION:
        g_string_printf(text, "encryption %s", encryption_word(e->value));
        break;
    case IKE_ATTR_HASH:
        g_string_printf(text, "hash %s", hash_word(e->value));
        break;
    case IKE_ATTR_GROUP:
        g_string_printf(text, "default group %u", e->value);
        break;
    case IKE_ATTR_AUTH:
        if (ios_word_at(s, e->sa))
            ios_word_at(s, e->sa)->auth = e->value;
        g_string_printf(text, "auth %s", auth_word(e->value));
        break;
    case IKE_ATTR_LIFE_TYPE:
        g_string_printf(text, "life type in %s",
                        e->value == LIFE_KILOBYTES ? "kilobytes" : "seconds");
        break;
    case IKE_ATTR_LIFE_DURATION:
        g_string_assign(text, "life duration ");
        ios_duration_text(e->basic, e->value, e->bytes, text);
        break;
    case IKE_ATTR_KEY_LENGTH:
        g_string_printf(text, "keylength of %u", e->value);
        break;
    default:
        g_string_printf(text, "attribute %u", e->attr);
    }
    ios_say_isakmp(s, "ISAKMP:      %s", text->str);
}

/* The first difference is named, in the order encryption, key length, hash, group, authentication
 * (DBG-30). */
// clang-format off
static const struct { enum ike_why why; const char *text; } mismatches[] = {
    { WHY_ENCRYPTION, "Encryption algorithm offered does not match policy!" },
    { WHY_KEY_LENGTH, "Proposed key length does not match policy" },
    { WHY_HASH,       "Hash algorithm offered does not match policy!" },
    { WHY_GROUP,      "Diffie-Hellman group offered does not match policy!" },
    { WHY_AUTH,       "Authentication method offered does not match policy!" },
    { WHY_NO_KEY,     "Preshared authentication offered but does not match policy!" },
};
// clang-format on

ON(ike_offer_end)
{
    for (size_t i = 0; !e->accepted && i < G_N_ELEMENTS(mismatches); i++)
        if (mismatches[i].why == e->why)
            ios_say_sa(s, e->sa, ": %s", mismatches[i].text);
    ios_say_sa(s, e->sa, ": atts are %sacceptable. Next payload is %u", e->accepted ? "" : "not ",
               e->more ? (unsigned)PAYLOAD_TRANSFORM : 0);
}

/* Three ages of one line: 12.1 (DBG-20), 12.2 (DBG-31), and with addresses from 12.3. */
ON(ike_no_offer)
{
    ios_say_sa(s, e->sa, ": no offers accepted!");
    if (dialect_c(s))
        ios_say_sa(s, e->sa, ": phase 1 SA policy not acceptable! (local %s remote %s)",
                   IP4S(e->local), IP4S(e->remote));
    else if (s->major == 12 && s->minor < 2)
        ios_say_sa(s, e->sa, ": SA not acceptable!");
    else
        ios_say_sa(s, e->sa, ": phase 1 SA not acceptable!");
}

/* ---- Secrets and identities ---- */

ON(ike_skeyid)
{
    ios_say_engine(s, "CryptoEngine0: create ISAKMP SKEYID for conn id %u",
                   ios_conn_of_ike(s, e->sa));
    ios_say_sa(s, e->sa, ": SKEYID state generated");
}

static void id_value(const struct ev_ike_id *e, GString *out)
{
    switch (e->type) {
    case ID_IPV4_ADDR:
        g_string_append_printf(out, "\n        address      : %s", IP4S(e->addr));
        break;
    case ID_FQDN:
    case ID_USER_FQDN:
        g_string_append_printf(out, "\n        FQDN name    : %s", e->text ? e->text : "");
        break;
    case ID_KEY_ID:
        g_string_append_printf(out, "\n        group id     : %s", e->text ? e->text : "");
        break;
    default:
        break;
    }
}

static const char *id_type_word(uint32_t type)
{
    return type == ID_FQDN        ? "ID_FQDN"
           : type == ID_USER_FQDN ? "ID_USER_FQDN"
           : type == ID_KEY_ID    ? "ID_KEY_ID"
                                  : "ID_IPV4_ADDR";
}

ON(ike_id)
{
    if (ios_word_of(s, e->sa)->state == IKE_STATE_QM_IDLE) /* proxies are shown by the key engine */
        return;
    if (e->ours)
        ios_say_sa(s, e->sa, ": SA is doing pre-shared key authentication %susing id type %s",
                   ios_word_of(s, e->sa)->auth == IKE_AUTH_XAUTH_INIT_PSK ? "plus XAUTH " : "",
                   id_type_word(e->type));
    g_autoptr(GString) block = g_string_new(NULL);
    g_string_append_printf(block, "\n        next-payload : %u\n        type         : %u",
                           e->next_payload, e->type);
    if (dialect_c(s))
        id_value(e, block);
    g_string_append_printf(
        block, "\n        protocol     : %u\n        port         : %u\n        length       : %u",
        e->protocol, e->port, e->length);
    uint32_t conn = ios_conn_of_ike(s, e->sa);
    if (dialect_c(s))
        ios_say_sa(s, e->sa, ": ID payload%s", block->str);
    else if (e->ours)
        ios_say_isakmp(s, "ISAKMP (%u): ID payload%s", conn, block->str);
    if (e->ours)
        ios_say_isakmp(s, "ISAKMP (%u): Total payload length: %u", conn, e->length);
}

ON(ike_authenticated)
{
    if (dialect_c(s))
        ios_say_sa(s, e->sa, ": SA authentication status: authenticated");
    ios_say_sa(s, e->sa, ": SA has been authenticated with %s", IP4S(e->remote));
}

ON(ike_initial_contact)
{
    if (e->sent)
        ios_say_sa(s, e->sa, ": Send initial contact");
    else if (ios_word_of(s, e->sa)->client)
        ios_say_sa(s, e->sa, ": SA authentication status: authenticated");
    if (!e->sent)
        ios_say_sa(s, e->sa,
                   ": Process initial contact,\n"
                   "bring down existing phase 1 and 2 SA's with local %s remote %s remote port %u",
                   IP4S(e->local), IP4S(e->remote), e->rport);
    struct ios_ike_word *w = ios_word_at(s, e->sa);
    if (e->sent || !w || !w->client)
        return;
    ios_say_sa(s, e->sa, ": returning IP addr to the address pool");
    ios_say_ipsec(s, "IPSEC(key_engine): got a queue event...");
}

// clang-format off
#define I IOS_DEBUG_ISAKMP
#define P IOS_DEBUG_IPSEC
#define N IOS_DEBUG_ENGINE
const struct ios_hearing ios_hear_isakmp[] = {
    HEAR(I | P | N, ike_rx), HEAR(I, ike_tx), HEAR(I, ike_duplicate), HEAR(I, ike_retransmit), HEAR(I, ike_bad),
    HEAR(I | N, ike_payload), HEAR(I | N, ike_hmac), HEAR(I, ike_vendor_id),
    HEAR(I, ike_request), HEAR(I, ike_sa_new), HEAR(I, ike_state), HEAR(I, ike_begin), HEAR(I, ike_sa_dead), HEAR(I, ike_sa_gone),
    HEAR(I, ike_key_search), HEAR(I, ike_key_found), HEAR(I, ike_no_key),
    HEAR(I, ike_offer), HEAR(I, ike_offer_attr), HEAR(I, ike_offer_end), HEAR(I, ike_no_offer),
    HEAR(I | N, ike_skeyid), HEAR(I, ike_id), HEAR(I, ike_authenticated), HEAR(I | P, ike_initial_contact),
    { .fn = NULL },
};
// clang-format on
