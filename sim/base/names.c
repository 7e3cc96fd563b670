/* The names of the vocabulary, made from the rows of include/tbl. Dense enums are looked up in an
 * array; wire numbers, which have gaps, in a switch. */
#include "tbl/tbl.h"

#include <glib.h>

/* An #include cannot stand in the arguments of a macro, so each table is an array first. */
#define LOOK_UP(function, table)                                                                   \
    const char *function(int v)                                                                    \
    {                                                                                              \
        return v >= 0 && v < (int)G_N_ELEMENTS(table) ? table[v] : NULL;                           \
    }

// clang-format off
static const char *const cipher_names[] = {
#define CIPHER(name, ...) #name,
#include "tbl/algorithms.def"
#undef CIPHER
};
static const char *const hash_names[] = {
#define HASH(name, ...) #name,
#include "tbl/algorithms.def"
#undef HASH
};
static const char *const group_names[] = {
#define GROUP(name, ...) #name,
#include "tbl/algorithms.def"
#undef GROUP
};
static const char *const state_names[] = {
#define IKE_STATE(name) #name,
#include "tbl/ike.def"
#undef IKE_STATE
};
static const char *const input_names[] = {
#define IKE_INPUT(name) #name,
#include "tbl/ike.def"
#undef IKE_INPUT
};
static const char *const qm_state_names[] = {
#define QM_STATE(name) #name,
#include "tbl/ike.def"
#undef QM_STATE
};
static const char *const role_names[] = {
#define IKE_ROLE(name) #name,
#include "tbl/ike.def"
#undef IKE_ROLE
};
static const char *const vid_names[] = {
#define VID(name, hex) #name,
#include "tbl/ike.def"
#undef VID
};
static const char *const natt_names[] = {
#define IKE_NATT(name) #name,
#include "tbl/ike.def"
#undef IKE_NATT
};
static const char *const why_names[] = {
#define WHY(name, text) #name,
#include "tbl/ike.def"
#undef WHY
};
static const char *const why_texts[] = {
#define WHY(name, text) text,
#include "tbl/ike.def"
#undef WHY
};
static const char *const drop_names[] = {
#define DROP(name, text) #name,
#include "tbl/net.def"
#undef DROP
};
static const char *const drop_texts[] = {
#define DROP(name, text) text,
#include "tbl/net.def"
#undef DROP
};
static const char *const console_kind_names[] = {
    [CONSOLE_ECHO] = "echo", [CONSOLE_OUTPUT] = "output",
    [CONSOLE_LOG] = "log",   [CONSOLE_DEBUG] = "debug",
};
// clang-format on

LOOK_UP(crypto_cipher_name, cipher_names)
LOOK_UP(crypto_hash_name, hash_names)
LOOK_UP(crypto_group_name, group_names)
LOOK_UP(ike_state_name, state_names)
LOOK_UP(ike_input_name, input_names)
LOOK_UP(qm_state_name, qm_state_names)
LOOK_UP(ike_role_name, role_names)
LOOK_UP(ike_vid_name, vid_names)
LOOK_UP(ike_natt_name, natt_names)
LOOK_UP(ike_why_name, why_names)
LOOK_UP(drop_reason_name, drop_names)
LOOK_UP(console_kind_name, console_kind_names)

const char *ike_why_text(enum ike_why v)
{
    return v < G_N_ELEMENTS(why_texts) ? why_texts[v] : NULL;
}

const char *drop_reason_text(enum drop_reason v)
{
    return v < G_N_ELEMENTS(drop_texts) ? drop_texts[v] : NULL;
}

const char *isakmp_payload_type_name(int v)
{
    switch (v) {
#define PAYLOAD(name, number)                                                                      \
    case number:                                                                                   \
        return #name;
#include "tbl/ike.def"
#undef PAYLOAD
    }
    return NULL;
}

const char *isakmp_exchange_name(int v)
{
    switch (v) {
#define EXCHANGE(name, number)                                                                     \
    case number:                                                                                   \
        return #name;
#include "tbl/ike.def"
#undef EXCHANGE
    }
    return NULL;
}

const char *cfg_type_name(int v)
{
    switch (v) {
#define CFG_TYPE(name, number)                                                                     \
    case number:                                                                                   \
        return #name;
#include "tbl/ike.def"
#undef CFG_TYPE
    }
    return NULL;
}

const char *cfg_attr_name(int v)
{
    switch (v) {
#define CFG_ATTR(name, number)                                                                     \
    case number:                                                                                   \
        return #name;
#include "tbl/ike.def"
#undef CFG_ATTR
    }
    return NULL;
}

const char *isakmp_notify_type_name(int v)
{
    switch (v) {
#define NOTIFY(name, number)                                                                       \
    case number:                                                                                   \
        return #name;
#include "tbl/ike.def"
#undef NOTIFY
    }
    return NULL;
}

const char *isakmp_id_type_name(int v)
{
    switch (v) {
#define ID_TYPE(name, number)                                                                      \
    case number:                                                                                   \
        return #name;
#include "tbl/ike.def"
#undef ID_TYPE
    }
    return NULL;
}
