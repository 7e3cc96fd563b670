/* debug crypto isakmp: transaction exchanges, by which a client logs in and gets its address
 * (DBG-11; the lines of a login follow public output of PIX 6.x). */
#include "pix_log_priv.h"
#include "pix_ra.h"

/* ---- Attributes by name ---- */

static const char *xauth_word(uint32_t attr)
{
    switch (attr) {
    case CFG_ATTR_XAUTH_TYPE:
        return "XAUTH_TYPE";
    case CFG_ATTR_XAUTH_USER_NAME:
        return "XAUTH_USER_NAME";
    case CFG_ATTR_XAUTH_USER_PASSWORD:
        return "XAUTH_USER_PASSWORD";
    case CFG_ATTR_XAUTH_PASSCODE:
        return "XAUTH_PASSCODE";
    case CFG_ATTR_XAUTH_MESSAGE:
        return "XAUTH_MESSAGE";
    default:
        return NULL;
    }
}

static const char *config_word(uint32_t attr)
{
    switch (attr) {
    case CFG_ATTR_IP4_ADDRESS:
        return "IP4_ADDRESS";
    case CFG_ATTR_IP4_NETMASK:
        return "IP4_NETMASK";
    case CFG_ATTR_IP4_DNS:
        return "IP4_DNS";
    case CFG_ATTR_IP4_NBNS:
        return "IP4_NBNS";
    case CFG_ATTR_ADDRESS_EXPIRY:
        return "ADDRESS_EXPIRY";
    case CFG_ATTR_APPLICATION_VERSION:
        return "APPLICATION_VERSION";
    default:
        return "UNKNOWN";
    }
}

static bool is_answered(uint32_t attr)
{
    return attr == CFG_ATTR_IP4_ADDRESS || attr == CFG_ATTR_IP4_NETMASK ||
           attr == CFG_ATTR_IP4_DNS || attr == CFG_ATTR_IP4_NBNS ||
           attr == CFG_ATTR_DEFAULT_DOMAIN || attr == CFG_ATTR_SPLIT_DNS ||
           attr == CFG_ATTR_SPLIT_INCLUDE;
}

/* ---- Messages ---- */

/* What a client that names no group is not without (DBG-11). */
PIX_ON(xact_new)
{
    const struct pix_remote *r = pix_remote_of(s, e->sa);
    if (r && e->ours && !r->wanted && r->counted)
        pix_say_isakmp(s, "ISAKMP (0:0): Need config/address");
}

PIX_ON(qm_saved)
{
    if (e->taken_up)
        pix_say_isakmp(s, "ISAKMP (0:0): processing saved QM.");
}

PIX_ON(xact_begin)
{
    if (e->ours)
        pix_say_isakmp(s, "ISAKMP (0:0): initiating peer config to %s. ID = %u (0x%x)",
                       IP4S(e->remote), e->msgid, e->msgid);
    else
        pix_say_isakmp(s, "ISAKMP (0:0): responding to peer config from %s. ID = %u",
                       IP4S(e->remote), e->msgid);
}

static const char *type_word(enum cfg_type type)
{
    static const char *const word[] = {
        [CFG_REQUEST] = "CFG_REQUEST",
        [CFG_REPLY] = "CFG_REPLY",
        [CFG_SET] = "CFG_SET",
        [CFG_ACK] = "CFG_ACK",
    };
    return type < G_N_ELEMENTS(word) && word[type] ? word[type] : "UNKNOWN";
}

PIX_ON(xact_rx)
{
    const struct pix_remote *r = pix_remote_of(s, e->sa);
    pix_say_isakmp(s, "ISAKMP (0:0): processing transaction payload from %s. message ID = %u",
                   IP4S(e->remote), e->msgid);
    pix_say_isakmp(s, "ISAKMP: Config payload %s", type_word(e->type));
    if (e->type == CFG_REQUEST)
        pix_say_isakmp(s, "ISAKMP (0:0): checking request:");
    if (e->type == CFG_ACK && r && r->addr && !r->wanted)
        pix_say_isakmp(s, "ISAKMP (0:0): peer accepted the address!");
    if (e->type == CFG_REPLY)
        s->speech->status = PIX_STATUS_REFUSED;
}

PIX_ON(xact_attr)
{
    if (e->ours && e->type == CFG_REQUEST && xauth_word(e->attr))
        pix_say_isakmp(s, "ISAKMP/xauth: request attribute %s", xauth_word(e->attr));
    if (e->ours || e->type != CFG_REQUEST)
        return;
    pix_say_isakmp(s, "ISAKMP: attribute %s (%u)", config_word(e->attr), e->attr);
    if (!is_answered(e->attr))
        pix_say_isakmp(s, "        Unsupported Attr: %u", e->attr);
}

PIX_ON(ike_peer_new)
{
    pix_say_isakmp(s, "ISAKMP: Created a peer node for %s", IP4S(e->remote));
}

// clang-format off
const struct pix_hearing pix_hear_config[] = {
    PIX_HEAR(xact_new), PIX_HEAR(qm_saved), PIX_HEAR(xact_begin), PIX_HEAR(xact_rx), PIX_HEAR(xact_attr), PIX_HEAR(ike_peer_new),
    { .fn = NULL },
};
// clang-format on
