/* debug crypto isakmp of 6.3: NAT traversal (CAT-01). */
#include "pix_log_priv.h"

static const char *hex(struct span bytes, char text[2 * CRYPTO_MAX_DIGEST + 1])
{
    size_t n = MIN(bytes.n, CRYPTO_MAX_DIGEST);
    for (size_t i = 0; i < n; i++)
        g_snprintf(text + 2 * i, 3, "%02x", bytes.p[i]);
    text[2 * n] = '\0';
    return text;
}

PIX_ON(ike_nat_d)
{
    char theirs[2 * CRYPTO_MAX_DIGEST + 1], ours[2 * CRYPTO_MAX_DIGEST + 1];
    const char *whose = e->mine ? "MINE" : "HIS";
    pix_say_isakmp(s, "ISAKMP (0:0): Detected NAT-D payload");
    if (e->match) {
        pix_say_isakmp(s, "ISAKMP (0:0): NAT match %s hash", whose);
        return;
    }
    pix_say_isakmp(s, "ISAKMP (0:0): NAT does not match %s hash", whose);
    pix_say_isakmp(s, "hash received: %s", hex(e->theirs, theirs));
    pix_say_isakmp(s, "%s nat hash  : %s", e->mine ? "my" : "his", hex(e->ours, ours));
}

/* Said with the payloads that follow the discovery. */
PIX_ON(ike_nat)
{
    if (e->role == IKE_RESPONDER) {
        pix_say_isakmp(s, "ISAKMP (0:0): constructed HIS NAT-D");
        pix_say_isakmp(s, "ISAKMP (0:0): constructed MINE NAT-D");
    }
}

PIX_ON(ike_float)
{
    pix_say_isakmp(s, "ISAKMP (0:0): Detected port floating");
}

const struct pix_hearing pix_hear_natt[] = {
    PIX_HEAR(ike_nat_d),
    PIX_HEAR(ike_nat),
    PIX_HEAR(ike_float),
    (struct pix_hearing){.fn = NULL},
};
