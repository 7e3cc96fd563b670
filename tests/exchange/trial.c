/* Trials: one feature under every loss mask of eight datagrams, copies and swaps. */
#include "exchange/pair.h"

void pair_announce_dpd(struct ike_pair *p)
{
    for (int side = 0; side < 2; side++)
        p->end[side].profile.vid_mm3[0] = p->end[side].profile.vid_mm4[0] = IKE_VID_DPD;
}

void pair_small(struct ike_pair *p)
{
    for (int side = 0; side < 2; side++)
        pair_policy(p, side, 10, CIPHER_3DES, HASH_SHA1, GROUP_MODP768);
}

uint64_t pair_from_now(const struct ike_pair *p, uint64_t mask)
{
    cr_assert_lt(p->sent->len, 48);
    return mask << p->sent->len;
}

static void finish(const struct pair_trial *t, struct ike_pair *p, const char *what, unsigned n)
{
    t->go(p);
    t->end(p, what, n);
    pair_free(p);
}

/* One way: the other end's datagrams go through. */
static void try_way(const struct pair_trial *t, enum ike_role side)
{
    for (unsigned k = 0; k < 256 + 16; k++) {
        struct ike_pair *p = t->begin();
        struct pair_fault *ahead = &p->ahead[side];
        ahead->from = p->sent_by[side];
        if (k < 256)
            ahead->lose = k;
        else if (k < 256 + 8)
            ahead->repeat = 1u << (k - 256);
        else
            ahead->swap = 1u << (k - 256 - 8);
        p->repeat_after = k % 2 ? MILLISECONDS(25) : 0;
        finish(t, p, side == PAIR_I ? "I's fault" : "R's fault", k);
    }
}

void pair_try_each_way(const struct pair_trial *t)
{
    try_way(t, PAIR_I);
    try_way(t, PAIR_R);
}

void pair_try_all(const struct pair_trial *t)
{
    for (unsigned mask = 0; mask < 256; mask++) {
        struct ike_pair *p = t->begin();
        p->lose = pair_from_now(p, mask);
        finish(t, p, "loss mask", mask);
    }
    for (unsigned n = 0; n < 8; n++) {
        struct ike_pair *p = t->begin();
        p->repeat = pair_from_now(p, 1u << n);
        p->repeat_after = n % 2 ? MILLISECONDS(25) : 0;
        finish(t, p, "copy of", n);
        p = t->begin();
        p->swap = (int)(p->sent->len + n);
        finish(t, p, "swap of", n);
    }
}
