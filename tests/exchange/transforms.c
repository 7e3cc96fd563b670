/* Whether an answer's transform is the one that was offered: RFC 2407 4.5, attributes in any order,
 * a duration behind its life type. */
#include <criterion/criterion.h>

#include "ike/ike_priv.h"

#define SECONDS_OF(n)                                                                              \
    {IPSEC_ATTR_LIFE_TYPE, 1},                                                                     \
    {                                                                                              \
        IPSEC_ATTR_LIFE_DURATION, n                                                                \
    }
#define KILOBYTES_OF(n)                                                                            \
    {IPSEC_ATTR_LIFE_TYPE, 2},                                                                     \
    {                                                                                              \
        IPSEC_ATTR_LIFE_DURATION, n                                                                \
    }
#define TUNNEL                                                                                     \
    {                                                                                              \
        IPSEC_ATTR_ENCAPSULATION, 1                                                                \
    }
#define SHA                                                                                        \
    {                                                                                              \
        IPSEC_ATTR_AUTH, 2                                                                         \
    }
#define MAX_ATTRS 8

struct answer {
    const char *name;
    bool same;
    struct {
        uint16_t type;
        uint32_t value;
    } attr[MAX_ATTRS];
};

// clang-format off
static const struct answer answers[] = {
    { "as it was offered",           true,  { TUNNEL, SECONDS_OF(3600), KILOBYTES_OF(4608000), SHA } },
    { "the hash in front",           true,  { SHA, TUNNEL, SECONDS_OF(3600), KILOBYTES_OF(4608000) } },
    { "kilobytes before seconds",    true,  { TUNNEL, KILOBYTES_OF(4608000), SECONDS_OF(3600), SHA } },
    { "durations changed over",      false, { TUNNEL, SECONDS_OF(4608000), KILOBYTES_OF(3600), SHA } },
    { "another duration",            false, { TUNNEL, SECONDS_OF(3601), KILOBYTES_OF(4608000), SHA } },
    { "another hash",                false, { TUNNEL, SECONDS_OF(3600), KILOBYTES_OF(4608000), { IPSEC_ATTR_AUTH, 1 } } },
    { "no kilobytes",                false, { TUNNEL, SECONDS_OF(3600), SHA } },
    { "a group nobody offered",      false, { TUNNEL, SECONDS_OF(3600), KILOBYTES_OF(4608000), SHA, { IPSEC_ATTR_GROUP, 2 } } },
    { "seconds twice",               false, { TUNNEL, SECONDS_OF(3600), SECONDS_OF(3600), SHA } },
};
// clang-format on

static struct isakmp_transform transform_of(struct arena *a, const struct answer *row)
{
    struct isakmp_attr *attr = arena_alloc(a, MAX_ATTRS * sizeof *attr);
    struct isakmp_transform t = {.number = 1, .id = 3, .attr = attr};
    while (t.n_attr < MAX_ATTRS && row->attr[t.n_attr].type) {
        attr[t.n_attr] = isakmp_attr_of(a, row->attr[t.n_attr].type, row->attr[t.n_attr].value);
        t.n_attr++;
    }
    return t;
}

Test(transforms, are_the_same_whatever_the_order_of_their_attributes)
{
    struct arena *a = arena_new();
    struct isakmp_transform offer = transform_of(a, &answers[0]);
    for (size_t i = 0; i < G_N_ELEMENTS(answers); i++) {
        struct isakmp_transform answer = transform_of(a, &answers[i]);
        cr_expect_eq(ike_transform_same(&offer, &answer, IPSEC_ATTR_LIFE_DURATION), answers[i].same,
                     "%s", answers[i].name);
    }
    arena_free(a);
}

Test(transforms, of_another_number_or_cipher_are_others)
{
    struct arena *a = arena_new();
    struct isakmp_transform offer = transform_of(a, &answers[0]), number = offer, id = offer;
    number.number = 2;
    id.id = 2;
    cr_expect_not(ike_transform_same(&offer, &number, IPSEC_ATTR_LIFE_DURATION));
    cr_expect_not(ike_transform_same(&offer, &id, IPSEC_ATTR_LIFE_DURATION));
    arena_free(a);
}
