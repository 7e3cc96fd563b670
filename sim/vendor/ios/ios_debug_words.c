/* The neutral words of tbl/ike.def as IOS debug output spells them. The strings of 12.3 are those
 * of the hub-and-spoke trace; where that has none, they follow other public 12.x output. */
#include "vendor/ios/ios_debug_priv.h"

/* ---- States ---- */

/* The state in "received packet" and "sending packet": what has been agreed when the packet is
 * handled. An SA whose main mode message 2 is being sent has its policy agreed, so R_MM1 is
 * MM_SA_SETUP there. */
// clang-format off
static const char *const packet_state[IKE_STATE_COUNT] = {
    [IKE_STATE_READY] = "MM_NO_STATE",
    [IKE_STATE_I_MM1] = "MM_NO_STATE", [IKE_STATE_I_MM2] = "MM_SA_SETUP", [IKE_STATE_I_MM3] = "MM_SA_SETUP",
    [IKE_STATE_I_MM4] = "MM_KEY_EXCH", [IKE_STATE_I_MM5] = "MM_KEY_EXCH", [IKE_STATE_I_MM6] = "MM_KEY_AUTH",
    [IKE_STATE_R_MM1] = "MM_SA_SETUP", [IKE_STATE_R_MM2] = "MM_SA_SETUP", [IKE_STATE_R_MM3] = "MM_KEY_EXCH",
    [IKE_STATE_R_MM4] = "MM_KEY_EXCH", [IKE_STATE_R_MM5] = "MM_KEY_EXCH",
    [IKE_STATE_I_AM1] = "AG_INIT_EXCH", [IKE_STATE_I_AM2] = "AG_AUTH",
    [IKE_STATE_R_AM1] = "AG_NO_STATE", [IKE_STATE_R_AM_AAA_AWAIT] = "AG_INIT_EXCH", [IKE_STATE_R_AM2] = "AG_INIT_EXCH",
    [IKE_STATE_XAUTH_AAA_START_LOGIN_AWAIT] = "CONF_XAUTH", [IKE_STATE_XAUTH_REQ_SENT] = "CONF_XAUTH",
    [IKE_STATE_XAUTH_AAA_CONT_LOGIN_AWAIT] = "CONF_XAUTH", [IKE_STATE_XAUTH_SET_SENT] = "CONF_XAUTH",
    [IKE_STATE_CONFIG_AUTHOR_AAA_AWAIT] = "CONF_ADDR", [IKE_STATE_CONFIG_SET_SENT] = "CONF_ADDR",
    [IKE_STATE_XAUTH_REQ_AWAIT] = "CONF_XAUTH", [IKE_STATE_XAUTH_REPLY_AWAIT] = "CONF_XAUTH",
    [IKE_STATE_XAUTH_REPLY_SENT] = "CONF_XAUTH", [IKE_STATE_CONFIG_REQ_SENT] = "CONF_ADDR",
    [IKE_STATE_QM_IDLE] = "QM_IDLE",
    [IKE_STATE_DEAD] = "MM_NO_STATE",
};
// clang-format on

const char *ios_packet_state(enum ike_state state)
{
    return state < IKE_STATE_COUNT ? packet_state[state] : "MM_NO_STATE";
}

/* In a listing an SA between messages 1 and 2 has agreed on nothing yet, and a dead one falls back
 * to "no state", where its row stays for about a minute (catalogue, appendix c). */
const char *ios_sa_state(enum ike_state state, enum ike_state died_in)
{
    if (state == IKE_STATE_R_MM1)
        return "MM_NO_STATE";
    if (state == IKE_STATE_DEAD)
        return died_in == IKE_STATE_I_AM1 || died_in == IKE_STATE_I_AM2 ||
                       died_in == IKE_STATE_R_AM1 || died_in == IKE_STATE_R_AM_AAA_AWAIT ||
                       died_in == IKE_STATE_R_AM2
                   ? "AG_NO_STATE"
                   : "MM_NO_STATE";
    return ios_packet_state(state);
}

const char *ios_state_name(const struct ios *s, enum ike_state state, char buf[40])
{
    const char *name = state == IKE_STATE_QM_IDLE ? "P1_COMPLETE"
                       : state == IKE_STATE_DEAD  ? "DEST_SA"
                                                  : ike_state_name((int)state);
    g_snprintf(buf, 40, "IKE_%s", name ? name : "READY");
    return buf;
}

// clang-format off
static const char *const qm_state_words[QM_STATE_COUNT] = {
    [QM_READY] = "IKE_QM_READY", [QM_I_QM1] = "IKE_QM_I_QM1", [QM_SPI_STARVE] = "IKE_QM_SPI_STARVE",
    [QM_R_QM2] = "IKE_QM_R_QM2", [QM_PHASE2_COMPLETE] = "IKE_QM_PHASE2_COMPLETE", [QM_FAILED] = "IKE_QM_READY",
};
static const char *const input_words[IKE_INPUT_COUNT] = {
    [IKE_INPUT_FROM_IPSEC_SA_REQ_MM] =       "IKE_MESG_FROM_IPSEC, IKE_SA_REQ_MM",
    [IKE_INPUT_FROM_PEER_MM_EXCH] =          "IKE_MESG_FROM_PEER, IKE_MM_EXCH",
    [IKE_INPUT_FROM_PEER_AM_EXCH] =          "IKE_MESG_FROM_PEER, IKE_AM_EXCH",
    [IKE_INPUT_FROM_PEER_QM_EXCH] =          "IKE_MESG_FROM_PEER, IKE_QM_EXCH",
    [IKE_INPUT_FROM_PEER_INFO_NOTIFY] =      "IKE_MESG_FROM_PEER, IKE_INFO_NOTIFY",
    [IKE_INPUT_FROM_PEER_INFO_DELETE] =      "IKE_MESG_FROM_PEER, IKE_INFO_DELETE",
    [IKE_INPUT_INTERNAL_PROCESS_MAIN_MODE] = "IKE_MESG_INTERNAL, IKE_PROCESS_MAIN_MODE",
    [IKE_INPUT_INTERNAL_PROCESS_COMPLETE] =  "IKE_MESG_INTERNAL, IKE_PROCESS_COMPLETE",
    [IKE_INPUT_INTERNAL_PROCESS_ERROR] =     "IKE_MESG_INTERNAL, IKE_PROCESS_ERROR",
    [IKE_INPUT_INTERNAL_PHASE1_COMPLETE] =   "IKE_MESG_INTERNAL, IKE_PHASE1_COMPLETE",
    [IKE_INPUT_INTERNAL_PHASE1_DEL] =        "IKE_MESG_INTERNAL, IKE_PHASE1_DEL",
    [IKE_INPUT_INTERNAL_INIT_QM] =           "IKE_MESG_INTERNAL, IKE_INIT_QM",
    [IKE_INPUT_FROM_IPSEC_SPI_REPLY] =       "IKE_MESG_FROM_IPSEC, IKE_SPI_REPLY",
    [IKE_INPUT_FROM_IPSEC_SA_REQ_AM] =       "IKE_MESG_FROM_IPSEC, IKE_SA_REQ_AM",
    [IKE_INPUT_FROM_AAA_PRESHARED_KEY_REPLY] = "IKE_MESG_FROM_AAA, PRESHARED_KEY_REPLY",
    [IKE_INPUT_FROM_AAA_START_LOGIN] =       "IKE_MESG_FROM_AAA, IKE_AAA_START_LOGIN",
    [IKE_INPUT_FROM_AAA_CONT_LOGIN] =        "IKE_MESG_FROM_AAA, IKE_AAA_CONT_LOGIN",
    [IKE_INPUT_FROM_AAA_GROUP_ATTR] =        "IKE_MESG_FROM_AAA, IKE_AAA_GROUP_ATTR",
    [IKE_INPUT_FROM_PEER_CFG_REQUEST] =      "IKE_MESG_FROM_PEER, IKE_CFG_REQUEST",
    [IKE_INPUT_FROM_PEER_CFG_REPLY] =        "IKE_MESG_FROM_PEER, IKE_CFG_REPLY",
    [IKE_INPUT_FROM_PEER_CFG_SET] =          "IKE_MESG_FROM_PEER, IKE_CFG_SET",
    [IKE_INPUT_FROM_PEER_CFG_ACK] =          "IKE_MESG_FROM_PEER, IKE_CFG_ACK",
    [IKE_INPUT_INTERNAL_USER_LOGIN] =        "IKE_MESG_INTERNAL, IKE_USER_LOGIN",
    [IKE_INPUT_FROM_TIMER_RETRANSMIT] =      "IKE_MESG_FROM_TIMER, IKE_TIMER_RETRANSMIT",
    [IKE_INPUT_FROM_TIMER_PEERS_ALIVE] =     "IKE_MESG_FROM_TIMER, IKE_TIMER_PEERS_ALIVE",
};
// clang-format on

const char *ios_qm_state_name(enum qm_state state)
{
    return state < QM_STATE_COUNT ? qm_state_words[state] : "IKE_QM_READY";
}

const char *ios_input_name(enum ike_input input)
{
    return input < IKE_INPUT_COUNT ? input_words[input] : "IKE_MESG_INTERNAL, IKE_PROCESS_ERROR";
}

char ios_role_letter(enum ike_role role)
{
    return role == IKE_INITIATOR ? 'I' : 'R';
}

/* ---- Payloads, exchanges, notifications ---- */

const char *ios_payload_name(enum isakmp_payload_type type)
{
    switch (type) {
    case PAYLOAD_VID:
        return "vendor id";
    case PAYLOAD_CERT:
        return "CERT";
    case PAYLOAD_CR:
        return "CERT_REQ";
    default:
        return isakmp_payload_type_name((int)type);
    }
}

const char *ios_exchange_word(enum isakmp_exchange x)
{
    switch (x) {
    case EXCHANGE_AGGRESSIVE:
        return "Aggressive";
    case EXCHANGE_QUICK:
        return "Quick";
    case EXCHANGE_INFORMATIONAL:
        return "Informational";
    case EXCHANGE_TRANSACTION:
        return "Transaction";
    default:
        return "Main";
    }
}

const char *ios_notify_name(uint32_t type)
{
    switch (type) {
    case NOTIFY_NO_PROPOSAL_CHOSEN:
        return "PROPOSAL_NOT_CHOSEN";
    case NOTIFY_INVALID_ID_INFORMATION:
        return "INVALID_ID_INFO";
    case NOTIFY_INVALID_KEY_INFORMATION:
        return "INVALID_KEY_INFO";
    case NOTIFY_INVALID_HASH_INFORMATION:
        return "INVALID_HASH_INFO";
    case NOTIFY_R_U_THERE:
        return "DPD/R_U_THERE";
    case NOTIFY_R_U_THERE_ACK:
        return "DPD/R_U_THERE_ACK";
    default:
        return isakmp_notify_type_name((int)type) ? isakmp_notify_type_name((int)type) : "UNKNOWN";
    }
}

/* "Recevied" is how IOS spells it. */
const char *ios_death_reason(enum ike_why why)
{
    switch (why) {
    case WHY_RETRANSMITS:
        return "death by retransmission P1";
    case WHY_PEER_NOTIFY:
        return "Recevied fatal informational";
    case WHY_PEER_DELETE:
        return "P1 delete notify (in)";
    case WHY_INITIAL_CONTACT:
        return "Receive initial contact";
    case WHY_DPD:
        return "P1 errcounter exceeded (PEERS_ALIVE_TIMER)";
    case WHY_EXPIRED:
        return "IKE SA Lifetime Exceeded";
    case WHY_ADMIN:
        return "IKMP_NO_ERR_NO_TRANS";
    case WHY_CONFIG:
        return "gen_ipsec_isakmp_delete but doi isakmp";
    case WHY_LOGIN:
    case WHY_LOGIN_ABANDONED:
        return "XAuthenticate fail";
    case WHY_NO_ADDRESS:
        return "No address to allocate";
    case WHY_NO_GROUP:
        return "IKMP_ERR_NO_RETRANS";
    case WHY_SESSIONS:
        return "maximum number of users reached";
    case WHY_NO_POLICY:
    case WHY_ENCRYPTION:
    case WHY_KEY_LENGTH:
    case WHY_HASH:
    case WHY_GROUP:
    case WHY_AUTH:
        return "Phase1 SA policy proposal not accepted";
    default:
        return "No reason";
    }
}

/* ---- Transforms ---- */

// clang-format off
static const char *const cipher_words[CIPHER_COUNT] = {
    [CIPHER_NULL] = "esp-null", [CIPHER_DES] = "esp-des", [CIPHER_3DES] = "esp-3des",
    [CIPHER_AES128] = "esp-aes", [CIPHER_AES192] = "esp-192-aes", [CIPHER_AES256] = "esp-256-aes",
};
static const char *const auth_words[HASH_COUNT] = {
    [HASH_NONE] = "", [HASH_MD5] = "esp-md5-hmac", [HASH_SHA1] = "esp-sha-hmac", [HASH_SHA256] = "esp-sha256-hmac",
};
// clang-format on

void ios_suite_text(enum crypto_cipher cipher, enum crypto_hash auth, GString *out)
{
    g_string_append(out, cipher < CIPHER_COUNT ? cipher_words[cipher] : "esp-null");
    if (auth != HASH_NONE && auth < HASH_COUNT)
        g_string_append_printf(out, " %s", auth_words[auth]);
}

void ios_transform_text(struct esp_suite suite, GString *out)
{
    ios_suite_text(suite.cipher, suite.auth, out);
    g_string_append_c(out, ' ');
}

uint32_t ios_keysize(enum crypto_cipher cipher)
{
    return cipher == CIPHER_AES128   ? 128
           : cipher == CIPHER_AES192 ? 192
           : cipher == CIPHER_AES256 ? 256
                                     : 0;
}

void ios_duration_text(bool basic, uint32_t value, struct span bytes, GString *out)
{
    if (basic) {
        g_string_append_printf(out, "(basic) of %u", value);
        return;
    }
    g_string_append(out, "(VPI) of ");
    for (size_t i = 0; i < bytes.n && i < 8; i++)
        g_string_append_printf(out, " 0x%X", bytes.p[i]);
}
