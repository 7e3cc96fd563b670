/* How a make and version of device behaves in IKE: data that the engine reads. No vendor is named
 * here; vendors fill it. */
#ifndef IKE_PROFILE_H
#define IKE_PROFILE_H

#include <stdbool.h>
#include <stdint.h>
#include <glib.h>
#include "tbl/tbl.h"

#define IKE_PROFILE_VIDS 8

/* Values of crypto_engine, in the order of its words. */
enum profile_engine {
    PROFILE_ENGINE_SOFTWARE,
    PROFILE_ENGINE_VPN_MODULE,
    PROFILE_ENGINE_EM_MODULE,
    PROFILE_ENGINE_MOTCR
};

struct ike_profile {
    /* Every number of profile.def is a member: uint32_t or bool. Settable by name from a scenario.
     */
#define SETTING_U32(name, text, dflt, min, max, doc) uint32_t name;
#define SETTING_BOOL(name, text, dflt, doc)          bool name;
#define SETTING_WORD(name, text, words, doc)         uint32_t name;
#include "tbl/profile.def"
#undef SETTING_U32
#undef SETTING_BOOL
#undef SETTING_WORD
    /* IKE_VID_PEER_BOX is made for each SA: 8 bytes that only such a box computes from the cookies,
     * then its own cookie. It needs both cookies, so it is of use from message 2 on. */
    enum ike_vid vid_mm1[IKE_PROFILE_VIDS], vid_mm2[IKE_PROFILE_VIDS], vid_mm3[IKE_PROFILE_VIDS],
        vid_mm4[IKE_PROFILE_VIDS], vid_am1[IKE_PROFILE_VIDS], vid_am2[IKE_PROFILE_VIDS],
        vid_am3[IKE_PROFILE_VIDS]; /* sent there, IKE_VID_UNKNOWN ends */
};

void ike_profile_init(struct ike_profile *p); /* the defaults of profile.def, no vendor IDs */
/* "phase1-retransmit-s" = "10". An error names the setting, or the nearest one, and its range. */
bool ike_profile_set(struct ike_profile *p, const char *name, const char *value, GError **error);
/* Visits every setting for the reference and for schemas. */
void ike_profile_each(void (*fn)(void *self, const char *name, const char *type, uint32_t dflt,
                                 uint32_t min, uint32_t max, const char *doc),
                      void *self);

#endif
