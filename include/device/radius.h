/* What RADIUS does with the shared secret (RFC 2865 3 and 5.2): who asks and who answers share it.
 */
#ifndef DEVICE_RADIUS_H
#define DEVICE_RADIUS_H

#include "wire/radius.h"

#define RADIUS_PASSWORD_MAX 128
enum { RADIUS_PORT = 1645, RADIUS_PORT_ASSIGNED = 1812 };

/* Hides a password: whole blocks of 16 bytes, one at least. Returns their length; 0 = too long. */
size_t radius_hide(const char *secret, const uint8_t auth[RADIUS_AUTH], const char *password,
                   uint8_t out[RADIUS_PASSWORD_MAX]);
/* The way back. False: not whole blocks. With a wrong secret what comes out is noise. */
bool radius_reveal(const char *secret, const uint8_t auth[RADIUS_AUTH], struct span hidden,
                   char out[RADIUS_PASSWORD_MAX + 1]);
/* The authenticator of a response, whose packet is complete but for it. */
void radius_response_auth(const char *secret, const uint8_t request_auth[RADIUS_AUTH],
                          struct span packet, uint8_t out[RADIUS_AUTH]);

#endif
