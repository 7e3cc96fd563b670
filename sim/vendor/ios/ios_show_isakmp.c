/* show crypto isakmp …, show crypto engine connections active (DBG-02, DBG-04,
 * hub-and-spoke.md 7.2). */
#include "vendor/ios/ios_ra.h"
#include "vendor/ios/ios_show_priv.h"

// clang-format off
static const struct { unsigned number, bytes; } groups[GROUP_COUNT] = {
#define GROUP(name, number, bytes) { number, bytes },
#include "tbl/algorithms.def"
#undef GROUP
};
// clang-format on

unsigned ios_group_number(enum crypto_group g)
{
    return g < GROUP_COUNT ? groups[g].number : 0;
}

unsigned ios_group_bits(enum crypto_group g)
{
    return g < GROUP_COUNT ? groups[g].bytes * 8 : 0;
}

/* ---- show crypto isakmp sa ---- */

static const char *cipher_word(enum crypto_cipher c)
{
    return c == CIPHER_DES ? "des" : c == CIPHER_3DES ? "3des" : "aes";
}

static const char *hash_word(enum crypto_hash h)
{
    return h == HASH_MD5 ? "md5" : h == HASH_SHA256 ? "sha256" : "sha";
}

static const char *auth_word(uint16_t auth)
{
    return auth == IKE_AUTH_PSK        ? "psk"
           : auth == IKE_AUTH_RSA_SIG  ? "rsig"
           : auth == IKE_AUTH_RSA_ENCR ? "renc"
                                       : "";
}

/* Time left; before phase 1 is complete nothing runs down yet. */
static int64_t lifetime_left(const struct ios *s, const struct ike_sa_view *sa)
{
    if (sa->state == IKE_STATE_DEAD)
        return 0;
    if (sa->expires == SIM_TIME_MAX)
        return sa->have_policy ? sa->policy.lifetime_s : 0;
    return MAX(0, (sa->expires - sim_now(s->d->sim)) / SECONDS(1));
}

/* What the SA has negotiated, for the detail. */
static void policy_cells(const struct ios *s, const struct ike_sa_view *sa, struct view *v)
{
    int64_t left = lifetime_left(s, sa);
    view_set(v, "lifetime", "%02d:%02d:%02d", (int)(left / 3600), (int)(left / 60 % 60),
             (int)(left % 60));
    if (!sa->have_policy)
        return;
    view_set(v, "encr", "%s", cipher_word(sa->policy.cipher));
    view_set(v, "hash", "%s", hash_word(sa->policy.hash));
    view_set(v, "auth", "%s", auth_word(sa->policy.auth));
    view_set(v, "dh", "%u", ios_group_number(sa->policy.group));
}

void ios_view_isakmp_sa(struct ios *s, char **args, struct view *v)
{
    view_columns(v, "dst", "src", "state", "conn-id", "slot", "status", "local", "remote", "i-vrf",
                 "encr", "hash", "auth", "dh", "lifetime", "cap", NULL);
    struct ike_sa_view sa;
    for (size_t i = 0; i < ike_sa_count(s->d->ike); i++) {
        if (!ike_sa_at(s->d->ike, i, &sa))
            continue;
        bool initiator = sa.role == IKE_INITIATOR;
        view_row_begin(v);
        view_set(v, "dst", "%s", IP4S(initiator ? sa.remote : sa.local)); /* who answered */
        view_set(v, "src", "%s", IP4S(initiator ? sa.local : sa.remote)); /* who asked */
        view_set(v, "state", "%s", ios_sa_state(sa.state, sa.died_in));
        view_set(v, "conn-id", "%u", ios_conn_of_ike(s, sa.id));
        view_set(v, "slot", "0");
        view_set(v, "status", sa.state == IKE_STATE_DEAD ? "ACTIVE (deleted)" : "ACTIVE");
        view_set(v, "local", "%s", IP4S(sa.local));
        view_set(v, "remote", "%s", IP4S(sa.remote));
        g_autoptr(GString) cap = g_string_new(NULL);
        ios_capabilities(s, &sa, cap);
        view_set(v, "cap", "%s", cap->str);
        policy_cells(s, &sa, v);
    }
}

// clang-format off
static const struct ios_column sa_columns[] = {
    { "dst", 16 }, { "src", 16 }, { "state", 15 }, { "conn-id", -7 }, { "slot", -8 }, { 0 },
};
static const struct ios_column detail_columns[] = {
    { "conn-id", 6 }, { "local", 16 }, { "remote", 16 }, { "i-vrf", 9 }, { "encr", 5 }, { "hash", 5 },
    { "auth", 5 }, { "dh", 3 }, { "lifetime", 9 }, { "cap", 4 }, { 0 },
};
// clang-format on

void ios_show_isakmp_sa(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    struct view v;
    view_init(&v);
    ios_view_isakmp_sa(s, NULL, &v);
    if (cli_has(a, "detail")) {
        g_string_append(
            out,
            "Codes: C - IKE configuration mode, D - Dead Peer Detection\n"
            "       K - Keepalives, N - NAT-traversal\n"
            "       X - IKE Extended Authentication\n"
            "       psk - Preshared key, rsig - RSA signature\n"
            "       renc - RSA encryption\n\n"
            "C-id  Local           Remote          I-VRF    Encr Hash Auth DH Lifetime Cap.\n");
        ios_view_text(&v, detail_columns, out);
    } else {
        g_string_append(out, "dst             src             state          conn-id    slot\n");
        ios_view_text(&v, sa_columns, out);
    }
    g_string_append_c(out, '\n');
    view_clear(&v);
}

/* ---- show crypto isakmp policy ---- */

// clang-format off
static const char *const cipher_sentence[CIPHER_COUNT] = {
    [CIPHER_NULL] = "none",
    [CIPHER_DES] = "DES - Data Encryption Standard (56 bit keys).",
    [CIPHER_3DES] = "Three key triple DES",
    [CIPHER_AES128] = "AES - Advanced Encryption Standard (128 bit keys).",
    [CIPHER_AES192] = "AES - Advanced Encryption Standard (192 bit keys).",
    [CIPHER_AES256] = "AES - Advanced Encryption Standard (256 bit keys).",
};
static const char *const hash_sentence[HASH_COUNT] = {
    [HASH_NONE] = "none", [HASH_MD5] = "Message Digest 5", [HASH_SHA1] = "Secure Hash Standard",
    [HASH_SHA256] = "Secure Hash Standard 2 (256 bit)",
};
// clang-format on

static const char *auth_sentence(uint16_t auth)
{
    return auth == IKE_AUTH_PSK        ? "Pre-Shared Key"
           : auth == IKE_AUTH_RSA_ENCR ? "Rivest-Shamir-Adleman Encryption"
                                       : "Rivest-Shamir-Adleman Signature";
}

static void policy_row(const struct ike_policy *p, const char *title, struct view *v)
{
    view_row_begin(v);
    view_set(v, "title", "%s", title);
    view_set(v, "priority", "%u", p->priority);
    view_set(v, "encryption", "%s", cipher_sentence[p->cipher]);
    view_set(v, "hash", "%s", hash_sentence[p->hash]);
    view_set(v, "authentication", "%s", auth_sentence(p->auth));
    view_set(v, "group", "%u", ios_group_number(p->group));
    view_set(v, "bits", "%u", ios_group_bits(p->group));
    view_set(v, "lifetime", "%u", p->lifetime_s);
}

void ios_view_isakmp_policy(struct ios *s, char **args, struct view *v)
{
    const struct ike_conf *c = s->d->ike_conf;
    view_columns(v, "title", "priority", "encryption", "hash", "authentication", "group", "bits",
                 "lifetime", NULL);
    for (guint i = 0; i < c->policies->len; i++) {
        const struct ike_policy *p = g_ptr_array_index(c->policies, i);
        g_autofree char *title = g_strdup_printf("Protection suite of priority %u", p->priority);
        policy_row(p, title, v);
    }
    if (c->has_fallback)
        policy_row(&c->fallback, "Default protection suite", v);
}

void ios_show_isakmp_policy(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    struct view v;
    view_init(&v);
    ios_view_isakmp_policy(s, NULL, &v);
    g_string_append(out, s->dialect == IOS_DIALECT_B ? "" : "\nGlobal IKE policy\n");
    for (size_t i = 0; i < view_count(&v); i++)
        g_string_append_printf(out,
                               "%s\n"
                               "        encryption algorithm:   %s\n"
                               "        hash algorithm:         %s\n"
                               "        authentication method:  %s\n"
                               "        Diffie-Hellman group:   #%s (%s bit)\n"
                               "        lifetime:               %s seconds, no volume limit\n",
                               view_cell(&v, i, "title"), view_cell(&v, i, "encryption"),
                               view_cell(&v, i, "hash"), view_cell(&v, i, "authentication"),
                               view_cell(&v, i, "group"), view_cell(&v, i, "bits"),
                               view_cell(&v, i, "lifetime"));
    view_clear(&v);
}

/* ---- show crypto isakmp key ---- */

static void key_rows(const char *keyring, const struct ike_conf *c, struct view *v)
{
    for (guint i = 0; i < c->keys->len; i++) {
        const struct ike_key *k = g_ptr_array_index(c->keys, i);
        view_row_begin(v);
        view_set(v, "keyring", "%s", keyring);
        if (k->mask == 0xffffffffu)
            view_set(v, "address", "%s", IP4S(k->addr));
        else
            view_set(v, "address", "%s [%s]", IP4S(k->addr), IP4S(k->mask));
        view_set(v, "key", "%s", k->secret);
    }
}

void ios_view_isakmp_key(struct ios *s, char **args, struct view *v)
{
    view_columns(v, "keyring", "address", "key", NULL);
    key_rows("default", s->d->ike_conf, v);
    for (guint i = 0; i < s->ra->keyrings->len; i++) {
        const struct ios_keyring *k = g_ptr_array_index(s->ra->keyrings, i);
        key_rows(k->name, k->store, v);
    }
}

// clang-format off
static const struct ios_column key_columns_c[] = { { "keyring", 13 }, { "address", 44 }, { "key", 0 }, { 0 } };
static const struct ios_column key_columns_b[] = { { "address", 35 }, { "key", 0 }, { 0 } };
// clang-format on

void ios_show_isakmp_key(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    struct view v;
    view_init(&v);
    ios_view_isakmp_key(s, NULL, &v);
    if (s->dialect == IOS_DIALECT_B)
        g_string_append(out, "Hostname/Address                   Preshared Key\n");
    else
        g_string_append(
            out, "Keyring      Hostname/Address                            Preshared Key\n\n");
    ios_view_text(&v, s->dialect == IOS_DIALECT_B ? key_columns_b : key_columns_c, out);
    view_clear(&v);
}

/* ---- show crypto engine connections active ---- */

/* The engine's internal name, cut to its column of 18. */
static void algorithm_text(enum crypto_cipher cipher, enum crypto_hash hash, struct view *v)
{
    static const char *const ciphers[CIPHER_COUNT] = {
        [CIPHER_NULL] = "NULL",      [CIPHER_DES] = "DES_56_CBC", [CIPHER_3DES] = "3DES_56_CBC",
        [CIPHER_AES128] = "AES_CBC", [CIPHER_AES192] = "AES_CBC", [CIPHER_AES256] = "AES_CBC",
    };
    static const char *const hashes[HASH_COUNT] = {[HASH_NONE] = "",
                                                   [HASH_MD5] = "HMAC_MD5+",
                                                   [HASH_SHA1] = "HMAC_SHA+",
                                                   [HASH_SHA256] = "HMAC_SHA256+"};
    g_autofree char *whole = g_strconcat(hashes[hash], ciphers[cipher], NULL);
    view_set(v, "algorithm", "%.18s", whole);
}

static void engine_row(struct view *v, uint32_t id, const struct net_if *i, ip4 address)
{
    view_row_begin(v);
    view_set(v, "id", "%u", id);
    view_set(v, "interface", "%s", i ? i->name : "<none>");
    view_set(v, "ip-address", "%s", IP4S(address));
    view_set(v, "state", "set");
}

static void engine_esp_row(struct ios *s, struct view *v, const struct ipsec_ident *ident,
                           const struct ipsec_pair *p, bool inbound)
{
    const struct esp_sa *sa = sad_by_id(ipsec_sad(s->d->ipsec), inbound ? p->in : p->out);
    uint64_t packets = sa ? sa->packets : 0;
    engine_row(v, ios_conn_of_esp(s, inbound ? p->in : p->out), ident->on, ident->local);
    algorithm_text(p->suite.cipher, p->suite.auth, v);
    view_set(v, "encrypt", "%" G_GUINT64_FORMAT, inbound ? 0 : packets);
    view_set(v, "decrypt", "%" G_GUINT64_FORMAT, inbound ? packets : 0);
}

struct pair_at {
    const struct ipsec_ident *ident;
    const struct ipsec_pair *pair;
};

static gint by_age(gconstpointer a, gconstpointer b)
{
    const struct pair_at *x = a, *y = b;
    return x->pair->in < y->pair->in ? -1 : x->pair->in > y->pair->in;
}

void ios_view_engine(struct ios *s, char **args, struct view *v)
{
    view_columns(v, "id", "interface", "ip-address", "state", "algorithm", "encrypt", "decrypt",
                 NULL);
    struct ike_sa_view sa;
    for (size_t i = 0; i < ike_sa_count(s->d->ike); i++) {
        if (!ike_sa_at(s->d->ike, i, &sa) || sa.state == IKE_STATE_DEAD || !sa.have_policy)
            continue;
        engine_row(v, ios_conn_of_ike(s, sa.id), net_if_by_addr(s->d->node, sa.local), sa.local);
        algorithm_text(sa.policy.cipher, sa.policy.hash, v);
        view_set(v, "encrypt", "0");
        view_set(v, "decrypt", "0");
    }
    g_autoptr(GArray) pairs = g_array_new(FALSE, FALSE, sizeof(struct pair_at));
    for (size_t i = 0; i < ipsec_ident_count(s->d->ipsec); i++) {
        const struct ipsec_ident *ident = ipsec_ident_at(s->d->ipsec, i);
        for (guint k = 0; k < ident->pairs->len; k++) {
            struct pair_at at = {ident, g_ptr_array_index(ident->pairs, k)};
            g_array_append_val(pairs, at);
        }
    }
    g_array_sort(pairs, by_age);
    for (guint i = 0; i < pairs->len; i++) {
        const struct pair_at *at = &g_array_index(pairs, struct pair_at, i);
        engine_esp_row(s, v, at->ident, at->pair, true);
        engine_esp_row(s, v, at->ident, at->pair, false);
    }
}

/* 12.4 moves the address to the end and names a type; the catalogue's layout, of 12.x, serves all
 * versions here. */
void ios_show_engine(void *self, const struct cli_args *a, GString *out)
{
    static const struct ios_column columns[] = {
        {"id", -4},         {" ", 1},        {"interface", 16},
        {"ip-address", 16}, {"state", 7},    {"algorithm", 18},
        {"encrypt", -9},    {"decrypt", -9}, {0}};
    struct view v;
    view_init(&v);
    ios_view_engine(self, NULL, &v);
    g_string_append(
        out,
        "\n  ID Interface       IP-Address      State  Algorithm           Encrypt  Decrypt\n");
    ios_view_text(&v, columns, out);
    g_string_append_c(out, '\n');
    view_clear(&v);
}
