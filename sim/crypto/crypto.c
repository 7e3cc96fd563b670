/* The door to libcrypto: a library context of our own with the default and the legacy provider
 * (single DES lives there), the ciphers fetched once, and the sizes of each algorithm's row. */
#include <glib.h>
#include <openssl/err.h>
#include <openssl/provider.h>

#include "crypto_priv.h"

struct cipher_row {
    size_t block, iv, key;
};

// clang-format off
static const struct cipher_row cipher_row[CIPHER_COUNT] = {
#define CIPHER(name, ike, length, esp, block, iv, key) [CIPHER_##name] = { block, iv, key },
#include "tbl/algorithms.def"
#undef CIPHER
};
static const char *const cipher_fetch[CIPHER_COUNT] = {
    [CIPHER_NULL]   = NULL,
    [CIPHER_DES]    = "DES-CBC",
    [CIPHER_3DES]   = "DES-EDE3-CBC",
    [CIPHER_AES128] = "AES-128-CBC",
    [CIPHER_AES192] = "AES-192-CBC",
    [CIPHER_AES256] = "AES-256-CBC",
};
static const struct { size_t digest, icv; } hash_row[HASH_COUNT] = {
#define HASH(name, ike, esp, digest, icv) [HASH_##name] = { digest, icv },
#include "tbl/algorithms.def"
#undef HASH
};
static const size_t group_row[GROUP_COUNT] = {
#define GROUP(name, number, bytes) [GROUP_##name] = bytes,
#include "tbl/algorithms.def"
#undef GROUP
};
// clang-format on

/* Says why libcrypto is unusable and ends the program: without ciphers there is nothing to
 * simulate. */
static void give_up(const char *what)
{
    unsigned long e = ERR_peek_last_error();
    g_error("libcrypto cannot provide %s (%s); on Debian the package libssl3 carries it, "
            "legacy.so included",
            what, e ? ERR_reason_error_string(e) : "no reason given");
}

static void *open_library(void *unused)
{
    struct crypto_lib *lib = g_new0(struct crypto_lib, 1);
    lib->ctx = OSSL_LIB_CTX_new();
    if (!lib->ctx || !OSSL_PROVIDER_load(lib->ctx, "default"))
        give_up("its default provider");
    if (!OSSL_PROVIDER_load(lib->ctx, "legacy"))
        give_up("its legacy provider, which holds DES");
    for (int c = 0; c < CIPHER_COUNT; c++) {
        if (!cipher_fetch[c])
            continue;
        lib->cipher[c] = EVP_CIPHER_fetch(lib->ctx, cipher_fetch[c], NULL);
        if (!lib->cipher[c])
            give_up(cipher_fetch[c]);
        g_assert((size_t)EVP_CIPHER_get_block_size(lib->cipher[c]) == cipher_row[c].block);
        g_assert((size_t)EVP_CIPHER_get_iv_length(lib->cipher[c]) == cipher_row[c].iv);
        g_assert((size_t)EVP_CIPHER_get_key_length(lib->cipher[c]) == cipher_row[c].key);
    }
    return lib;
}

const struct crypto_lib *crypto_lib(void)
{
    /* The one thing a process shares: read-only after it is made. */
    static GOnce once = G_ONCE_INIT;
    return g_once(&once, open_library, NULL);
}

void crypto_init(void)
{
    crypto_lib();
}

size_t cipher_block_bytes(enum crypto_cipher c)
{
    g_assert((unsigned)c < CIPHER_COUNT);
    return cipher_row[c].block;
}

size_t cipher_iv_bytes(enum crypto_cipher c)
{
    g_assert((unsigned)c < CIPHER_COUNT);
    return cipher_row[c].iv;
}

size_t cipher_key_bytes(enum crypto_cipher c)
{
    g_assert((unsigned)c < CIPHER_COUNT);
    return cipher_row[c].key;
}

size_t hash_bytes(enum crypto_hash h)
{
    g_assert((unsigned)h < HASH_COUNT);
    return hash_row[h].digest;
}

size_t hash_icv_bytes(enum crypto_hash h)
{
    g_assert((unsigned)h < HASH_COUNT);
    return hash_row[h].icv;
}

size_t dh_group_bytes(enum crypto_group g)
{
    g_assert((unsigned)g < GROUP_COUNT);
    return group_row[g];
}
