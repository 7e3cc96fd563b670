/* crypto keyring: stores of pre-shared keys beside the one of `crypto isakmp key`, which is called
 * default (hub-and-spoke.md 2.1). */
#include "vendor/ios/ios_ra.h"

#include <string.h>

struct ios_keyring *ios_keyring_find(const struct ios *s, const char *name)
{
    for (guint i = 0; name && i < s->ra->keyrings->len; i++) {
        struct ios_keyring *k = g_ptr_array_index(s->ra->keyrings, i);
        if (strcmp(k->name, name) == 0)
            return k;
    }
    return NULL;
}

static void keyring_free(struct ios_keyring *k)
{
    ike_conf_free(k->store);
    g_free(k->name);
    g_free(k->description);
    g_free(k);
}

void ios_keyrings_free(struct ios_ra *ra)
{
    for (guint i = 0; i < ra->keyrings->len; i++)
        keyring_free(g_ptr_array_index(ra->keyrings, i));
    g_ptr_array_unref(ra->keyrings);
}

const struct ike_key *ios_keyring_search(struct ios *s, ip4 remote, const char **in)
{
    for (guint i = 0; i < s->ra->keyrings->len; i++) {
        const struct ios_keyring *k = g_ptr_array_index(s->ra->keyrings, i);
        const struct ike_key *key = ike_key_for(k->store, remote);
        TRACE(s->d->scope, ike_key_search, .remote = remote, .store = k->name,
              .found = key != NULL);
        if (key) {
            *in = k->name;
            return key;
        }
    }
    return NULL;
}

/* ---- Rows ---- */

static void keyring(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    const char *name = cli_arg(a, "name");
    struct ios_keyring *k = ios_keyring_find(s, name);
    if (!ios_has_profiles(s)) {
        ios_refuse(s, out, "%% keyrings are not available in version %s; they come with 12.2(15)T",
                   s->d->version ? s->d->version : s->conf->version);
        return;
    }
    if (cli_negated(a)) {
        if (!k) {
            ios_refuse(s, out, "%% Keyring %s not found", name ? name : "");
            return;
        }
        g_ptr_array_remove(s->ra->keyrings, k);
        keyring_free(k);
        ios_changed(s, "no crypto keyring");
        return;
    }
    if (!k) {
        k = g_new0(struct ios_keyring, 1);
        k->name = g_strdup(name);
        k->store = ike_conf_new();
        g_ptr_array_add(s->ra->keyrings, k);
    }
    g_free(s->ra->at);
    s->ra->at = g_strdup(name);
    ios_enter(s, &ios_mode_keyring);
}

/* The keyring the mode is about; when somebody removed it meanwhile, the mode is left. */
static struct ios_keyring *here(struct ios *s, GString *out)
{
    struct ios_keyring *k = ios_keyring_find(s, s->ra->at);
    if (!k) {
        ios_refuse(s, out, "%% Keyring %s not found", s->ra->at ? s->ra->at : "");
        ios_enter(s, &ios_mode_config);
    }
    return k;
}

static const struct ike_key *exact(const struct ike_conf *c, ip4 addr, ip4 mask)
{
    for (guint i = 0; i < c->keys->len; i++) {
        const struct ike_key *k = g_ptr_array_index(c->keys, i);
        if (k->addr == addr && k->mask == mask)
            return k;
    }
    return NULL;
}

static void key(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    struct ios_keyring *k = here(s, out);
    ip4 addr = 0, mask = 0xffffffff;
    const char *secret = cli_arg(a, "key");
    if (!k)
        return;
    cli_arg_ip4(a, "addr", &addr);
    if (!cli_arg_ip4(a, "mask", &mask) && addr == 0)
        mask = 0; /* 0.0.0.0 alone means everyone */
    if (ip4_mask_len(mask) < 0) {
        ios_invalid(s, a, "mask");
        return;
    }
    if (cli_has(a, "6")) {
        ios_refuse(
            s, out,
            "%% Keys of type 6 cannot be read without the master key; enter the key in plain text");
        return;
    }
    addr &= mask;
    const struct ike_key *old = exact(k->store, addr, mask);
    if (cli_negated(a)) {
        if (!old)
            ios_refuse(s, out, "%% Key for address mask %s %s not found", IP4S(addr), IP4S(mask));
        else
            ike_key_remove(k->store, addr, mask);
    } else if (old && secret && strcmp(old->secret, secret) != 0) {
        ios_refuse(s, out, "A pre-shared key for address mask %s %s already exists!", IP4S(addr),
                   IP4S(mask));
    } else {
        ike_key_set(k->store, addr, mask, secret, false);
    }
    ios_changed(s, "pre-shared-key");
}

static void not_modelled(void *self, const struct cli_args *a, GString *out)
{
    g_autofree char *line = cli_canonical(a);
    ios_refuse(self, out, "%% \"%s\" is not modelled by this simulator", line);
}

static void description(void *self, const struct cli_args *a, GString *out)
{
    struct ios_keyring *k = here(self, out);
    if (!k)
        return;
    g_free(k->description);
    k->description = cli_negated(a) ? NULL : g_strdup(cli_arg(a, "text"));
}

// clang-format off
const struct cli_command ios_config_ra[] = {
    { "crypto keyring name:WORD", keyring, CLI_NO | CLI_NO_ONLY_PREFIX },
    { 0 } };
const struct cli_command ios_config_keyring_rows[] = {
    { "pre-shared-key address addr:A.B.C.D [mask:A.B.C.D] key [0|6] key:WORD", key, CLI_NO | CLI_NO_ONLY_PREFIX },
    { "pre-shared-key hostname host:WORD key [0|6] key:WORD", not_modelled, CLI_HIDDEN },
    { "description text:LINE",    description, CLI_NO | CLI_NO_ONLY_PREFIX },
    { 0 } };
// clang-format on
