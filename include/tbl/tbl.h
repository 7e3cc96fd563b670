/* The vocabulary as enums, made from the rows beside this file. */
#ifndef TBL_TBL_H
#define TBL_TBL_H

enum crypto_cipher {
#define CIPHER(name, ...) CIPHER_##name,
#include "tbl/algorithms.def"
#undef CIPHER
    CIPHER_COUNT
};
enum crypto_hash {
#define HASH(name, ...) HASH_##name,
#include "tbl/algorithms.def"
#undef HASH
    HASH_COUNT
};
enum crypto_group {
#define GROUP(name, ...) GROUP_##name,
#include "tbl/algorithms.def"
#undef GROUP
    GROUP_COUNT
};
enum ike_state {
#define IKE_STATE(name) IKE_STATE_##name,
#include "tbl/ike.def"
#undef IKE_STATE
    IKE_STATE_COUNT
};
enum ike_input {
#define IKE_INPUT(name) IKE_INPUT_##name,
#include "tbl/ike.def"
#undef IKE_INPUT
    IKE_INPUT_COUNT
};
enum qm_state {
#define QM_STATE(name) name,
#include "tbl/ike.def"
#undef QM_STATE
    QM_STATE_COUNT
};
enum ike_role {
#define IKE_ROLE(name) IKE_##name,
#include "tbl/ike.def"
#undef IKE_ROLE
    IKE_ROLE_COUNT
};
enum isakmp_payload_type {
#define PAYLOAD(name, number) PAYLOAD_##name = number,
#include "tbl/ike.def"
#undef PAYLOAD
};
enum isakmp_exchange {
#define EXCHANGE(name, number) EXCHANGE_##name = number,
#include "tbl/ike.def"
#undef EXCHANGE
};
enum isakmp_notify_type {
#define NOTIFY(name, number) NOTIFY_##name = number,
#include "tbl/ike.def"
#undef NOTIFY
};
enum isakmp_id_type {
#define ID_TYPE(name, number) ID_##name = number,
#include "tbl/ike.def"
#undef ID_TYPE
};
enum ike_vid {
#define VID(name, hex) IKE_VID_##name,
#include "tbl/ike.def"
#undef VID
    IKE_VID_COUNT
};
enum ike_natt {
#define IKE_NATT(name) IKE_NATT_##name,
#include "tbl/ike.def"
#undef IKE_NATT
    IKE_NATT_COUNT
};
enum ike_why {
#define WHY(name, text) WHY_##name,
#include "tbl/ike.def"
#undef WHY
    WHY_COUNT
};
enum cfg_type {
#define CFG_TYPE(name, number) CFG_##name = number,
#include "tbl/ike.def"
#undef CFG_TYPE
};
enum cfg_attr {
#define CFG_ATTR(name, number) CFG_ATTR_##name = number,
#include "tbl/ike.def"
#undef CFG_ATTR
};
enum drop_reason {
#define DROP(name, text) DROP_##name,
#include "tbl/net.def"
#undef DROP
    DROP_COUNT
};
/* How a console line came about. */
enum console_kind { CONSOLE_ECHO, CONSOLE_OUTPUT, CONSOLE_LOG, CONSOLE_DEBUG };

/* Names of rows as written in the tables ("QM_IDLE", "NO_PROPOSAL_CHOSEN"); NULL for a number
 * without a row. Defined in base. */
const char *crypto_cipher_name(int v);
const char *crypto_hash_name(int v);
const char *crypto_group_name(int v);
const char *ike_state_name(int v);
const char *ike_input_name(int v);
const char *qm_state_name(int v);
const char *ike_role_name(int v);
const char *isakmp_payload_type_name(int v);
const char *isakmp_exchange_name(int v);
const char *isakmp_notify_type_name(int v);
const char *isakmp_id_type_name(int v);
const char *ike_vid_name(int v);
const char *ike_natt_name(int v);
const char *ike_why_name(int v);
const char *cfg_type_name(int v);
const char *cfg_attr_name(int v);
const char *drop_reason_name(int v);
const char *console_kind_name(int v);
/* The sentences beside the names. */
const char *ike_why_text(enum ike_why v);
const char *drop_reason_text(enum drop_reason v);

#endif
