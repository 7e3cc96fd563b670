/* The keys of a run: keys.json with all that the key events hold, and the folder wireshark/ that
 * makes Wireshark and tshark open the capture decrypted. A pcapng cannot carry IKE or ESP keys
 * itself. */
#include "sink_priv.h"

#include <inttypes.h>
#include <string.h>
#include "base/text.h"

/* Settings of the profile: what decrypts, and what shows packets as a device saw them. */
static const char preferences[] =
    "# Written by vpnsim: opens the capture beside this folder decrypted.\n"
    "esp.enable_encryption_decode: TRUE\n"
    "esp.enable_authentication_check: TRUE\n"
    "esp.enable_null_encryption_decode_heuristic: FALSE\n"
    "esp.do_esp_sequence_analysis: FALSE\n"
    "ip.check_checksum: TRUE\n"
    "udp.check_checksum: TRUE\n"
    "nameres.mac_name: FALSE\n"
    "nameres.transport_name: FALSE\n"
    "nameres.network_name: FALSE\n";

/* Wireshark's own words for the algorithms of an ESP SA. */
static const char *const esp_cipher[CIPHER_COUNT] = {
    [CIPHER_NULL] = "NULL",
    [CIPHER_DES] = "DES-CBC [RFC2405]",
    [CIPHER_3DES] = "TripleDES-CBC [RFC2451]",
    [CIPHER_AES128] = "AES-CBC [RFC3602]",
    [CIPHER_AES192] = "AES-CBC [RFC3602]",
    [CIPHER_AES256] = "AES-CBC [RFC3602]",
};
static const char *const esp_auth[HASH_COUNT] = {
    [HASH_NONE] = "NULL",
    [HASH_MD5] = "HMAC-MD5-96 [RFC2403]",
    [HASH_SHA1] = "HMAC-SHA-1-96 [RFC2404]",
    [HASH_SHA256] = "HMAC-SHA-256-128 [RFC4868]",
};

/* The lists of keys.json, a row an event. */
enum { LIST_IKE, LIST_QUICK, LIST_ESP, LIST_COUNT };
static const struct {
    enum trace_id id;
    const char *name;
} list_row[LIST_COUNT] = {
    [LIST_IKE] = {EV_key_ike, "ike"},
    [LIST_QUICK] = {EV_key_qm, "quick"},
    [LIST_ESP] = {EV_key_esp, "esp"},
};

struct sink_keys {
    struct trace *trace;
    GString *list[LIST_COUNT];
    GPtrArray *esp;   /* rows of esp_sa, each once, in order */
    GArray *esp_ends; /* struct esp_ends, of the row of the same place */
    GHashTable *esp_known;
    GPtrArray *ike;        /* struct ike_row, one a cookie */
    GHashTable *ike_known; /* by cookie */
    GHashTable *initiates; /* "node sa" of IKE SAs that their node began */
};
/* An SA between two addresses: what follows them in its row is the same wherever its ends are. */
struct esp_ends {
    ip4 src, dst;
    uint32_t spi;
    char *rest;
};
struct ike_row {
    char *cookie, *key;
    bool of_initiator;
};

static void esp_ends_clear(void *p)
{
    g_free(((struct esp_ends *)p)->rest);
}

static void ike_row_free(void *p)
{
    struct ike_row *r = p;
    g_free(r->cookie);
    g_free(r->key);
    g_free(r);
}

/* ---- collecting ---- */

static char *sa_name(const struct trace_event *e, uint32_t sa)
{
    return g_strdup_printf("%s %u", e->scope->name, sa);
}

static char *hex_of(struct span s)
{
    GString *out = g_string_new(NULL);
    text_hex(out, s);
    return g_string_free(out, FALSE);
}

static void note_ike(struct sink_keys *s, const struct trace_event *e, const struct ev_key_ike *ev)
{
    g_autofree char *name = sa_name(e, ev->sa);
    bool of_initiator = g_hash_table_contains(s->initiates, name);
    g_autofree char *cookie = g_strdup_printf("%016" PRIx64, ev->cky_i);
    struct ike_row *r = g_hash_table_lookup(s->ike_known, cookie);
    if (!r) {
        r = g_new0(struct ike_row, 1);
        r->cookie = g_steal_pointer(&cookie);
        g_ptr_array_add(s->ike, r);
        g_hash_table_insert(s->ike_known, r->cookie, r);
    } else if (r->of_initiator || !of_initiator) {
        return;
    }
    g_free(r->key);
    r->key = hex_of(ev->cipher_key);
    r->of_initiator = of_initiator;
}

static void put_key(GString *row, struct span key)
{
    g_string_append(row, key.n ? ",\"0x" : ",\"");
    text_hex(row, key);
    g_string_append_c(row, '"');
}

/* Both ends tell of the same SA. */
static void put_esp(struct sink_keys *s, ip4 src, ip4 dst, uint32_t spi, const char *rest)
{
    char *row =
        g_strdup_printf("\"IPv4\",\"%s\",\"%s\",\"0x%08x\",%s", IP4S(src), IP4S(dst), spi, rest);
    if (g_hash_table_contains(s->esp_known, row)) {
        g_free(row);
        return;
    }
    g_ptr_array_add(s->esp, row);
    g_hash_table_add(s->esp_known, row);
    const struct esp_ends ends = {src, dst, spi, g_strdup(rest)};
    g_array_append_val(s->esp_ends, ends);
}

static void note_esp(struct sink_keys *s, const struct ev_key_esp *ev)
{
    if ((unsigned)ev->cipher >= CIPHER_COUNT || (unsigned)ev->auth >= HASH_COUNT)
        return;
    g_autoptr(GString) rest = g_string_new(NULL);
    g_string_append_printf(rest, "\"%s\"", esp_cipher[ev->cipher]);
    put_key(rest, ev->cipher_key);
    g_string_append_printf(rest, ",\"%s\"", esp_auth[ev->auth]);
    put_key(rest, ev->auth_key);
    put_esp(s, ev->src, ev->dst, ev->spi, rest->str);
}

/* A peer behind a NAT is found elsewhere: its SAs are there, too. */
static void note_moved(struct sink_keys *s, const struct ev_ike_moved *ev)
{
    guint n = ev->remote == ev->old_remote ? 0 : s->esp_ends->len;
    for (guint i = 0; i < n; i++) {
        struct esp_ends e = g_array_index(s->esp_ends, struct esp_ends, i);
        if (e.src == ev->old_remote)
            put_esp(s, ev->remote, e.dst, e.spi, e.rest);
        else if (e.dst == ev->old_remote)
            put_esp(s, e.src, ev->remote, e.spi, e.rest);
    }
}

static void note_json(GString *list, const struct trace_event *e)
{
    g_string_append_printf(list, "%s\n    {\"t\":%" PRId64 ",\"node\":", list->len ? "," : "",
                           e->at);
    text_json_string(list, e->scope->name);
    sink_fields_json(list, e);
    g_string_append_c(list, '}');
}

static void on_event(void *self, const struct trace_event *e)
{
    struct sink_keys *s = self;
    if (e->id == EV_ike_sa_new) {
        const struct ev_ike_sa_new *ev = e->data;
        if (ev->role == IKE_INITIATOR)
            g_hash_table_add(s->initiates, sa_name(e, ev->sa));
        return;
    }
    if (e->id == EV_ike_moved) {
        note_moved(s, e->data);
        return;
    }
    for (int i = 0; i < LIST_COUNT; i++)
        if (list_row[i].id == e->id)
            note_json(s->list[i], e);
    if (e->id == EV_key_ike)
        note_ike(s, e, e->data);
    else if (e->id == EV_key_esp)
        note_esp(s, e->data);
}

/* ---- the files ---- */

static bool save_text(const char *dir, const char *name, const GString *text, GError **error)
{
    return sink_save(dir, name, text->str, text->len, error);
}

static bool save_json(struct sink_keys *s, const char *dir, GError **error)
{
    g_autoptr(GString) text = g_string_new("{");
    for (int i = 0; i < LIST_COUNT; i++)
        g_string_append_printf(text, "%s\n  \"%s\": [%s%s]", i ? "," : "", list_row[i].name,
                               s->list[i]->str, s->list[i]->len ? "\n  " : "");
    g_string_append(text, "\n}\n");
    return save_text(dir, "keys.json", text, error);
}

bool sink_keys_write(struct sink_keys *s, const char *dir, GError **error)
{
    g_autofree char *profile = g_build_filename(dir, "wireshark", NULL);
    g_autoptr(GString) esp = g_string_new(NULL), ike = g_string_new(NULL);
    for (guint i = 0; i < s->esp->len; i++)
        g_string_append_printf(esp, "%s\n", (const char *)s->esp->pdata[i]);
    for (guint i = 0; i < s->ike->len; i++) {
        const struct ike_row *r = s->ike->pdata[i];
        g_string_append_printf(ike, "%s,%s\n", r->cookie, r->key);
    }
    return save_json(s, dir, error) &&
           sink_save(profile, "preferences", preferences, strlen(preferences), error) &&
           save_text(profile, "esp_sa", esp, error) &&
           save_text(profile, "ikev1_decryption_table", ike, error);
}

struct sink_keys *sink_keys_new(struct trace *t)
{
    struct sink_keys *s = g_new0(struct sink_keys, 1);
    struct trace_mask want = {0};
    s->trace = t;
    for (int i = 0; i < LIST_COUNT; i++) {
        s->list[i] = g_string_new(NULL);
        trace_mask_add(&want, list_row[i].id);
    }
    trace_mask_add(&want, EV_ike_sa_new);
    trace_mask_add(&want, EV_ike_moved);
    s->esp_ends = g_array_new(FALSE, FALSE, sizeof(struct esp_ends));
    g_array_set_clear_func(s->esp_ends, esp_ends_clear);
    s->esp = g_ptr_array_new_with_free_func(g_free);
    s->esp_known = g_hash_table_new(g_str_hash, g_str_equal);
    s->ike = g_ptr_array_new_with_free_func(ike_row_free);
    s->ike_known = g_hash_table_new(g_str_hash, g_str_equal);
    s->initiates = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    trace_subscribe(t, NULL, &want, on_event, s);
    return s;
}

void sink_keys_free(struct sink_keys *s)
{
    if (!s)
        return;
    trace_unsubscribe(s->trace, on_event, s);
    for (int i = 0; i < LIST_COUNT; i++)
        g_string_free(s->list[i], TRUE);
    g_hash_table_destroy(s->esp_known);
    g_hash_table_destroy(s->ike_known);
    g_hash_table_destroy(s->initiates);
    g_ptr_array_free(s->esp, TRUE);
    g_array_free(s->esp_ends, TRUE);
    g_ptr_array_free(s->ike, TRUE);
    g_free(s);
}
