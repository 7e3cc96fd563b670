/* debug crypto isakmp in quick mode (DBG-11, DBG-12). */
#include "pix_log_priv.h"

PIX_ON(qm_proposal)
{
    pix_say_isakmp(s, "ISAKMP : Checking IPSec proposal %u", e->number);
}

/* RFC 2407 4.4.4 */
PIX_ON(qm_transform)
{
    const char *name = e->transform == 2    ? "ESP_DES"
                       : e->transform == 3  ? "ESP_3DES"
                       : e->transform == 11 ? "ESP_NULL"
                       : e->transform == 12 ? "ESP_AES"
                                            : "unknown ESP transform!";
    pix_say_isakmp(s, "ISAKMP: transform %u, %s\nISAKMP:   attributes in transform:", e->number,
                   name);
}

static void duration_text(const struct ev_qm_attr *e, GString *out)
{
    if (e->basic) {
        g_string_append_printf(out, "(basic) of %u", e->value);
        return;
    }
    g_string_append(out, "(VPI) of ");
    for (size_t i = 0; i < e->bytes.n && i < 8; i++)
        g_string_append_printf(out, " 0x%x", e->bytes.p[i]);
}

/* RFC 2407 4.5, in the order and the encoding of the wire. */
PIX_ON(qm_attr)
{
    g_autoptr(GString) text = g_string_new("ISAKMP:      ");
    switch (e->attr) {
    case IPSEC_ATTR_LIFE_TYPE:
        g_string_append_printf(text, "SA life type in %s",
                               e->value == LIFE_KILOBYTES ? "kilobytes" : "seconds");
        break;
    case IPSEC_ATTR_LIFE_DURATION:
        g_string_append(text, "SA life duration ");
        duration_text(e, text);
        break;
    case IPSEC_ATTR_GROUP:
        g_string_append_printf(text, "group is %u", e->value);
        break;
    case IPSEC_ATTR_ENCAPSULATION:
        g_string_append_printf(text, "encaps is %u", e->value);
        break;
    case IPSEC_ATTR_AUTH:
        g_string_append_printf(text, "authenticator is HMAC-%s", e->value == 1 ? "MD5" : "SHA");
        break;
    case IPSEC_ATTR_KEY_LENGTH:
        g_string_append_printf(text, "key length is %u", e->value);
        break;
    default:
        g_string_append_printf(text, "attribute %u", e->attr);
    }
    pix_say_isakmp(s, "%s", text->str);
}

PIX_ON(qm_transform_end)
{
    if (e->accepted)
        pix_say_isakmp(s, "ISAKMP (0): atts are acceptable.");
    else
        pix_say_isakmp(s, "ISAKMP (0): atts not acceptable. Next payload is %u",
                       e->more ? (unsigned)PAYLOAD_TRANSFORM : 0);
}

/* When the transform was fine and IPsec's policy refused the request, that is said first. */
PIX_ON(qm_refused)
{
    s->speech->status = PIX_STATUS_REFUSED;
    if (e->why == WHY_PROXY_AT_INSTALL)
        return; /* the key engine says it */
    if (e->why == WHY_PROXY || e->why == WHY_PEER || e->why == WHY_PFS)
        pix_say_isakmp(s, "ISAKMP: IPSec policy invalidated proposal");
    pix_say_isakmp(s, "ISAKMP (0): SA not acceptable!");
}

static void lifetimes(GString *out, const struct ev_qm_install *e)
{
    if (e->life_s)
        g_string_append_printf(out, "\n        lifetime of %u seconds", e->life_s);
    if (e->life_kb)
        g_string_append_printf(out, "\n        lifetime of %u kilobytes", e->life_kb);
}

/* SPIs are unsigned decimals here. */
PIX_ON(qm_install)
{
    uint32_t conn = pix_conn_for_pair(s, e);
    g_autoptr(GString) block = g_string_new("ISAKMP (0): Creating IPSec SAs");
    if (e->role == IKE_RESPONDER) /* the third message, which was waited for */
        pix_say_isakmp(s, "oakley_process_quick_mode:\nOAK_QM_AUTH_AWAIT");
    g_string_append_printf(block,
                           "\n        inbound SA from %s to %s (proxy %s to %s)"
                           "\n        has spi %u and conn_id %u and flags 4",
                           IP4S(e->remote), IP4S(e->local), IP4S(e->remote_net), IP4S(e->local_net),
                           e->spi_in, conn);
    lifetimes(block, e);
    g_string_append_printf(block,
                           "\n        outbound SA from %s to %s (proxy %s to %s)"
                           "\n        has spi %u and conn_id %u and flags 4",
                           IP4S(e->local), IP4S(e->remote), IP4S(e->local_net), IP4S(e->remote_net),
                           e->spi_out, conn + 1);
    lifetimes(block, e);
    pix_say_isakmp(s, "%s", block->str);
}

PIX_ON(ike_no_policy)
{
    pix_say_isakmp(s, "ISAKMP: crypto map entry for peer %s is not configured any more",
                   IP4S(e->remote));
}

// clang-format off
const struct pix_hearing pix_hear_quick[] = {
    PIX_HEAR(qm_proposal), PIX_HEAR(qm_transform), PIX_HEAR(qm_attr),
    PIX_HEAR(qm_transform_end), PIX_HEAR(qm_refused), PIX_HEAR(qm_install), PIX_HEAR(ike_no_policy),
    { .fn = NULL },
};
// clang-format on
