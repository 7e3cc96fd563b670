/* Vendor IDs (RFC 2408 3.16): those that a profile sends, and what is made of a peer's. */
#include "ike_priv.h"

#include "base/text.h"

/* What is compared of each known ID. */
static const char *const known[IKE_VID_COUNT] = {
#define VID(name, hex) [IKE_VID_##name] = hex,
#include "tbl/ike.def"
#undef VID
};
/* These end in a major and a minor version (RFC 3706 5.4: 1 and 0). */
static bool has_version(enum ike_vid vid)
{
    return vid == IKE_VID_DPD || vid == IKE_VID_UNITY || vid == IKE_VID_VPN3000;
}

#define BOX_BYTES 16

/* "Another box of this kind" is known by 8 bytes that only such a box computes, and the cookie of
 * the one who speaks. */
static void box_id(const struct ike_sa *sa, enum ike_role sender, uint8_t out[BOX_BYTES])
{
    static const char seed[] = "vpnsim peer box";
    uint8_t cookies[16], digest[CRYPTO_MAX_DIGEST];
    be64_put(cookies, sa->cky_i);
    be64_put(cookies + 8, sa->cky_r);
    hash_of(HASH_MD5, (struct span[]){span_of(seed, sizeof seed - 1), span_of(cookies, 16)}, 2,
            digest);
    memcpy(out, digest, 8);
    be64_put(out + 8, sender == IKE_INITIATOR ? sa->cky_i : sa->cky_r);
}

void ike_vendor_ids_natt(struct ike_sa *sa, const enum ike_vid *list)
{
    for (size_t i = 0; i < IKE_PROFILE_VIDS && list[i] != IKE_VID_UNKNOWN; i++)
        ike_natt_says(sa, list[i]);
    sa->nat.quiet = true;
}

void ike_vendor_ids_put(struct ike_sa *sa, const enum ike_vid *list, struct isakmp_out *o)
{
    bool unannounced = ike_liveness_of(sa)->unannounced;
    for (size_t i = 0; i < IKE_PROFILE_VIDS && list[i] != IKE_VID_UNKNOWN; i++) {
        uint8_t box[BOX_BYTES];
        if ((list[i] == IKE_VID_DPD && unannounced) || !ike_natt_says(sa, list[i]))
            continue;
        sa->dpd.said |= list[i] == IKE_VID_DPD;
        if (list[i] == IKE_VID_PEER_BOX) {
            box_id(sa, sa->role, box);
            isakmp_put(o, PAYLOAD_VID, span_of(box, sizeof box));
            continue;
        }
        g_autoptr(GByteArray) id = text_unhex(known[list[i]]);
        g_assert(id && id->len);
        isakmp_put_begin(o, PAYLOAD_VID);
        wr_bytes(o->w, id->data, id->len);
        if (has_version(list[i]))
            wr_u16(o->w, 0x0100);
        isakmp_put_end(o);
    }
}

static bool begins_with(struct span body, const char *hex)
{
    g_autoptr(GByteArray) id = text_unhex(hex);
    return id->len && body.n >= id->len && memcmp(body.p, id->data, id->len) == 0;
}

enum ike_vid ike_vendor_id_of(const struct ike_sa *sa, struct span body)
{
    uint8_t box[BOX_BYTES];
    box_id(sa, sa->role == IKE_INITIATOR ? IKE_RESPONDER : IKE_INITIATOR, box);
    if (span_eq(body, span_of(box, sizeof box)))
        return IKE_VID_PEER_BOX;
    for (int vid = IKE_VID_UNKNOWN + 1; vid < IKE_VID_COUNT; vid++)
        if (begins_with(body, known[vid]))
            return (enum ike_vid)vid;
    return IKE_VID_UNKNOWN;
}

static bool has_vendor_id(const struct ike_msg *m, enum ike_vid vid)
{
    size_t i = 0;
    while (i < m->chain.n &&
           (m->chain.p[i].type != PAYLOAD_VID || !begins_with(m->chain.p[i].body, known[vid])))
        i++;
    return i < m->chain.n;
}

void ike_vendor_ids_heed(struct ike_sa *sa, const struct ike_msg *m)
{
    if (!sa->dpd.known)
        sa->dpd.known = has_vendor_id(m, IKE_VID_DPD);
    if (!sa->xauth_known)
        sa->xauth_known = has_vendor_id(m, IKE_VID_XAUTH);
}

void ike_vendor_ids_say(const struct ike_exchange *x, const struct ike_msg *m)
{
    struct trace_scope *scope = x->sa->e->scope;
    ike_vendor_ids_heed(x->sa, m);
    if (!TRACE_ON(scope, ike_vendor_id) && !TRACE_ON(scope, ike_payload))
        return;
    for (size_t i = 0; i < m->chain.n; i++) {
        struct span body = m->chain.p[i].body;
        if (m->chain.p[i].type != PAYLOAD_VID)
            continue;
        size_t after = (size_t)(body.p + body.n - m->body.p);
        TRACE(scope, ike_payload, .sa = x->sa->id, .msgid = x->msgid, .payload = PAYLOAD_VID,
              .length = (uint32_t)body.n);
        TRACE(scope, ike_vendor_id, .sa = x->sa->id, .vid = ike_vendor_id_of(x->sa, body),
              .bytes = body, .read_past = span_sub(m->body, after, 16));
    }
}
