/* The security associations of one device: found by SPI coming in, by id otherwise. */
#ifndef IPSEC_SAD_H
#define IPSEC_SAD_H

#include "ipsec/esp.h"

struct sad;

struct sad *sad_new(struct sim *sim);
void sad_free(struct sad *sad);
/* Takes the SA over and gives it its id. */
esp_sa_id sad_add(struct sad *sad, struct esp_sa *sa);
void sad_remove(struct sad *sad, esp_sa_id id); /* frees it */
/* Lent, until the next call that changes the SAD. NULL when there is none. Inbound SAs only. */
struct esp_sa *sad_by_spi(const struct sad *sad, uint32_t spi);
struct esp_sa *sad_by_id(const struct sad *sad, esp_sa_id id);
size_t sad_count(const struct sad *sad);
struct esp_sa *sad_at(const struct sad *sad, size_t i); /* in order of id */

#endif
