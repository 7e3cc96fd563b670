/* The tables of include/tbl say the numbers of the RFCs; hashes said to be MD5 of a text are. */
#include <glib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "vectors/facts.h"
#include "vectors/unhex.h"

Test(facts, vendor_ids_are_the_md5_they_are_said_to_be)
{
    size_t hashed = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(vendor_id_vector); i++) {
        if (!vendor_id_vector[i].text)
            continue;
        struct span want = HEX(vendor_id_vector[i].hex);
        struct span text = {(const uint8_t *)vendor_id_vector[i].text,
                            strlen(vendor_id_vector[i].text)};
        uint8_t out[CRYPTO_MAX_DIGEST];
        hash_of(HASH_MD5, &text, 1, out);
        /* Some end in a version of two bytes. */
        cr_expect(!memcmp(out, want.p, 14), "%s", vendor_id_vector[i].name);
        hashed++;
    }
    cr_expect_geq(hashed, 8);
}

Test(facts, recognised_vendor_ids_are_known_ones)
{
    static const char *const row[] = {
#define VID(name, hex) hex,
#include "tbl/ike.def"
#undef VID
    };
    for (size_t v = 0; v < G_N_ELEMENTS(row); v++) {
        bool found = !row[v][0];
        for (size_t i = 0; i < G_N_ELEMENTS(vendor_id_vector); i++)
            found |= g_str_has_prefix(vendor_id_vector[i].hex, row[v]);
        cr_expect(found, "vendor ID %s", row[v]);
    }
}

Test(facts, nat_d_hash_is_over_cookies_address_and_port)
{
    uint8_t bytes[22], out[CRYPTO_MAX_DIGEST];
    be64_put(bytes, nat_d_vector.cky_i);
    be64_put(bytes + 8, nat_d_vector.cky_r);
    be32_put(bytes + 16, nat_d_vector.ip);
    be16_put(bytes + 20, nat_d_vector.port);
    hash_of(HASH_SHA1, &(struct span){bytes, sizeof bytes}, 1, out);
    expect_bytes(out, nat_d_vector.sha1, "SHA-1");
    hash_of(HASH_MD5, &(struct span){bytes, sizeof bytes}, 1, out);
    expect_bytes(out, nat_d_vector.md5, "MD5");
}

/* "NO-PROPOSAL-CHOSEN" is the row NO_PROPOSAL_CHOSEN. */
static void expect_row(const char *row, const char *fact, int number)
{
    g_autofree char *name = g_strdup(fact);
    g_strdelimit(name, "-", '_');
    cr_expect(row && !strcmp(row, name), "%d is %s, the table says %s", number, fact, row);
}

Test(facts, the_tables_number_notifies_and_identities_as_the_rfcs_do)
{
    for (size_t i = 0; i < G_N_ELEMENTS(notify_fact); i++)
        expect_row(isakmp_notify_type_name(notify_fact[i].number), notify_fact[i].name,
                   notify_fact[i].number);
    for (size_t i = 0; i < G_N_ELEMENTS(id_type_fact); i++)
        expect_row(isakmp_id_type_name(id_type_fact[i].number), id_type_fact[i].name,
                   id_type_fact[i].number);
    cr_expect_eq(NOTIFY_R_U_THERE, (int)DPD_R_U_THERE_FACT);
    cr_expect_eq(NOTIFY_R_U_THERE_ACK, (int)DPD_R_U_THERE_ACK_FACT);
    cr_expect_eq(PAYLOAD_NAT_D, (int)NATT_NAT_D_FACT);
    cr_expect_eq(PAYLOAD_NAT_OA, (int)NATT_NAT_OA_FACT);
    cr_expect_eq(PAYLOAD_NAT_D_DRAFT, (int)NATT_NAT_D_DRAFT_FACT);
}

Test(facts, the_tables_number_algorithms_as_the_rfcs_do)
{
    static const struct {
        int ike, bits;
    } row[] = {
#define CIPHER(name, ike, length, esp, block, iv, key) {ike, length},
#include "tbl/algorithms.def"
#undef CIPHER
    };
    for (size_t i = 1; i < G_N_ELEMENTS(row); i++) {
        bool found = false;
        for (size_t f = 0; f < G_N_ELEMENTS(ike_encryption_fact); f++)
            found |= ike_encryption_fact[f].number == row[i].ike;
        cr_expect(found, "encryption %d", row[i].ike);
        cr_expect_eq(row[i].bits != 0, row[i].ike == 7, "only AES carries a key length");
    }
    static const struct {
        int ike, attr, digest, icv;
    } hash[] = {
#define HASH(name, ike, attr, digest, icv) {ike, attr, digest, icv},
#include "tbl/algorithms.def"
#undef HASH
    };
    cr_assert_eq(G_N_ELEMENTS(hash), G_N_ELEMENTS(esp_auth_fact) + 1);
    for (size_t i = 1; i < G_N_ELEMENTS(hash); i++) {
        cr_expect_eq(hash[i].attr, esp_auth_fact[i - 1].attr);
        cr_expect_eq(hash[i].digest, esp_auth_fact[i - 1].key_bytes);
        cr_expect_eq(hash[i].icv, esp_auth_fact[i - 1].icv_bytes);
        cr_expect_eq(hash[i].ike, ike_hash_fact[i - 1].number);
    }
    static const struct {
        int number, bytes;
    } group[] = {
#define GROUP(name, number, bytes) {number, bytes},
#include "tbl/algorithms.def"
#undef GROUP
    };
    for (size_t i = 1; i < G_N_ELEMENTS(group); i++) {
        cr_expect_eq(group[i].number, ike_group_fact[i - 1].number);
        cr_expect_eq(group[i].bytes * 8, ike_group_fact[i - 1].bits);
    }
}
