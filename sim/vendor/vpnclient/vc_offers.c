/* What the client offers, which nobody configures: the transforms and proposals of
 * hub-and-spoke.md 2.7 in their order, the configuration request of step C09, vendor IDs. */
#include "vc.h"

#include <string.h>

/* AES came with 3.6, and with it draft 02 of NAT traversal. There is no DES with SHA (CAT-33). */
// clang-format off
static const struct {
    enum crypto_cipher cipher; enum crypto_hash hash; bool login, needs_aes;
} phase1[] = {
    { CIPHER_AES256,  HASH_SHA1, true,  true  }, { CIPHER_AES256,  HASH_MD5,  true,  true  },
    { CIPHER_AES256,  HASH_SHA1, false, true  }, { CIPHER_AES256,  HASH_MD5,  false, true  },
    { CIPHER_AES128,  HASH_SHA1, true,  true  }, { CIPHER_AES128,  HASH_MD5,  true,  true  },
    { CIPHER_AES128,  HASH_SHA1, false, true  }, { CIPHER_AES128,  HASH_MD5,  false, true  },
    { CIPHER_3DES, HASH_SHA1, true,  false }, { CIPHER_3DES, HASH_MD5,  true,  false },
    { CIPHER_3DES, HASH_SHA1, false, false }, { CIPHER_3DES, HASH_MD5,  false, false },
    { CIPHER_DES,  HASH_MD5,  true,  false }, { CIPHER_DES,  HASH_MD5,  false, false },
};
static const struct {
    enum crypto_cipher cipher; enum crypto_hash auth; bool compress, needs_aes;
} phase2[] = {
    { CIPHER_AES256,  HASH_MD5,  true,  true  }, { CIPHER_AES256,  HASH_SHA1, true,  true  },
    { CIPHER_AES128,  HASH_MD5,  true,  true  }, { CIPHER_AES128,  HASH_SHA1, true,  true  },
    { CIPHER_AES256,  HASH_MD5,  false, true  }, { CIPHER_AES256,  HASH_SHA1, false, true  },
    { CIPHER_AES128,  HASH_MD5,  false, true  }, { CIPHER_AES128,  HASH_SHA1, false, true  },
    { CIPHER_3DES, HASH_MD5,  true,  false }, { CIPHER_3DES, HASH_SHA1, true,  false },
    { CIPHER_3DES, HASH_MD5,  false, false }, { CIPHER_3DES, HASH_SHA1, false, false },
    { CIPHER_DES,  HASH_MD5,  true,  false }, { CIPHER_DES,  HASH_MD5,  false, false },
};
/* Step C09; local LAN is asked for only where the profile wants it. */
static const uint16_t wanted[] = {
    CFG_ATTR_IP4_ADDRESS,    CFG_ATTR_IP4_NETMASK,   CFG_ATTR_IP4_DNS,       CFG_ATTR_IP4_NBNS,
    CFG_ATTR_ADDRESS_EXPIRY, CFG_ATTR_BANNER,        CFG_ATTR_SAVE_PASSWORD, CFG_ATTR_DEFAULT_DOMAIN,
    CFG_ATTR_SPLIT_INCLUDE,  CFG_ATTR_LOCAL_LAN,     CFG_ATTR_SPLIT_DNS,     CFG_ATTR_PFS,
    CFG_ATTR_BACKUP_SERVERS, CFG_ATTR_APPLICATION_VERSION, CFG_ATTR_FIREWALL_TYPE,
    CFG_ATTR_DDNS_HOSTNAME,  CFG_ATTR_NATT_PORT,
};
// clang-format on

static bool has_aes(const struct vc *s)
{
    return vc_since(s, 3, 6);
}

static enum crypto_group group_of(uint32_t number)
{
    return number == 1 ? GROUP_MODP768 : number == 5 ? GROUP_MODP1536 : GROUP_MODP1024;
}

size_t vc_offers_phase1(const struct vc *s, const struct vc_profile *p, struct ike_policy *out,
                        size_t most)
{
    size_t n = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(phase1) && n < most; i++) {
        if (phase1[i].needs_aes && !has_aes(s))
            continue;
        out[n] = (struct ike_policy){
            .priority = (uint32_t)n + 1,
            .cipher = phase1[i].cipher,
            .hash = phase1[i].hash,
            .group = group_of(p->dh_group),
            .auth = phase1[i].login ? IKE_AUTH_XAUTH_INIT_PSK : IKE_AUTH_PSK,
            .lifetime_s = VC_LIFETIME,
        };
        n++;
    }
    return n;
}

void vc_offers_phase2(struct vc *s, struct ipsec_map_entry *e)
{
    g_ptr_array_set_size(e->transform_sets, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(phase2); i++) {
        if (phase2[i].needs_aes && !has_aes(s))
            continue;
        g_autofree char *name = g_strdup_printf("proposal-%zu", i + 1);
        ipsec_set_make(s->d->ipsec_conf, name)->suite = (struct esp_suite){
            .cipher = phase2[i].cipher, .auth = phase2[i].auth, .compress = phase2[i].compress};
        g_ptr_array_add(e->transform_sets, g_steal_pointer(&name));
    }
}

size_t vc_wanted(const struct vc *s, const struct vc_profile *p, uint16_t *out, size_t most)
{
    size_t n = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(wanted) && n < most; i++)
        if (wanted[i] != CFG_ATTR_LOCAL_LAN || p->local_lan)
            out[n++] = wanted[i];
    return n;
}

/* Three copies of an unanswered message, five seconds apart, and then reason 412; a peer that is
 * asked whether it lives has PeerTimeout, with a question every five seconds. Of a refusal that
 * anybody could have sent nothing is believed. */
void vc_profile_of_engine(struct vc *s)
{
    static const enum ike_vid traced[] = {IKE_VID_XAUTH, IKE_VID_DPD, IKE_VID_NAT_T_02N,
                                          IKE_VID_FRAGMENTATION, IKE_VID_UNITY};
    static const enum ike_vid later[] = {IKE_VID_XAUTH, IKE_VID_DPD, IKE_VID_FRAGMENTATION,
                                         IKE_VID_NAT_T_02N, IKE_VID_UNITY};
    static const enum ike_vid early[] = {IKE_VID_XAUTH, IKE_VID_DPD, IKE_VID_UNITY};
    /* Its transactions are those of an earlier draft, which it does not announce (CAT-72). */
    static const enum ike_vid oldest[] = {IKE_VID_DPD, IKE_VID_UNITY};
    struct ike_profile *p = &s->d->profile;
    if (!vc_since(s, 3, 0))
        memcpy(p->vid_am1, oldest, sizeof oldest);
    else if (vc_since(s, 4, 6))
        memcpy(p->vid_am1, later, sizeof later);
    else if (has_aes(s))
        memcpy(p->vid_am1, traced, sizeof traced); /* hub-and-spoke.md, C01 */
    else
        memcpy(p->vid_am1, early, sizeof early);
    p->retransmit_s = p->qm_retransmit_s = 5;
    p->retransmit_count = p->qm_retransmit_count = 3;
    p->responder_wait_s = 30;
    p->dead_linger_s = 0;
    p->trust_clear_notify = false;
    p->key_length_last = true;
    p->dpd_spares_heard = true;
    p->rekey_idle = true;
    p->p1_rekey_percent = 85;
    p->login_wait_s = 300; /* the dialog stands as long as the user thinks */
}
