/* The shared secret of RADIUS at work: RFC 2865 3 (Response Authenticator) and 5.2 (User-Password).
 */
#include "device/radius.h"

#include <string.h>

#include <glib.h>
#include "crypto/crypto.h"

static struct span text_span(const char *s)
{
    return span_of(s, strlen(s));
}

/* b1 = MD5(S + RA), c(1) = p1 xor b1, b2 = MD5(S + c(1)), …                    RFC 2865 5.2 */
static void blocks(const char *secret, const uint8_t auth[RADIUS_AUTH], const uint8_t *in,
                   uint8_t *out, size_t n, bool hide)
{
    uint8_t before[RADIUS_AUTH], pad[RADIUS_AUTH], here[RADIUS_AUTH];
    memcpy(before, auth, RADIUS_AUTH);
    for (size_t at = 0; at < n; at += RADIUS_AUTH) {
        hash_of(HASH_MD5, (struct span[]){text_span(secret), span_of(before, RADIUS_AUTH)}, 2, pad);
        memcpy(here, in + at, RADIUS_AUTH);
        for (size_t i = 0; i < RADIUS_AUTH; i++)
            out[at + i] = here[i] ^ pad[i];
        memcpy(before, hide ? out + at : here, RADIUS_AUTH);
    }
}

size_t radius_hide(const char *secret, const uint8_t auth[RADIUS_AUTH], const char *password,
                   uint8_t out[RADIUS_PASSWORD_MAX])
{
    uint8_t plain[RADIUS_PASSWORD_MAX] = {0};
    size_t n = strlen(password);
    if (n > sizeof plain)
        return 0;
    memcpy(plain, password, n);
    size_t whole = n ? (n + RADIUS_AUTH - 1) / RADIUS_AUTH * RADIUS_AUTH : RADIUS_AUTH;
    blocks(secret, auth, plain, out, whole, true);
    return whole;
}

bool radius_reveal(const char *secret, const uint8_t auth[RADIUS_AUTH], struct span hidden,
                   char out[RADIUS_PASSWORD_MAX + 1])
{
    if (hidden.n == 0 || hidden.n > RADIUS_PASSWORD_MAX || hidden.n % RADIUS_AUTH)
        return false;
    blocks(secret, auth, hidden.p, (uint8_t *)out, hidden.n, false);
    out[hidden.n] = '\0';
    return true;
}

/* MD5(Code+ID+Length+RequestAuth+Attributes+Secret)                              RFC 2865 3 */
void radius_response_auth(const char *secret, const uint8_t request_auth[RADIUS_AUTH],
                          struct span packet, uint8_t out[RADIUS_AUTH])
{
    const struct span part[] = {
        span_sub(packet, 0, 4),
        span_of(request_auth, RADIUS_AUTH),
        span_sub(packet, RADIUS_HEAD, packet.n),
        text_span(secret),
    };
    hash_of(HASH_MD5, part, G_N_ELEMENTS(part), out);
}
