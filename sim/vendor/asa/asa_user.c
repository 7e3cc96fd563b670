/* The users of the device itself: their passwords, which it keeps as hashes only, and what they say
 * of their own sessions. */
#include "asa.h"

#include "crypto/crypto.h"

#include <string.h>

struct asa_user *asa_user_of(const struct aaa_user *u)
{
    return u->vendor;
}

/* ---- Passwords ---- */

/* MD5 over the password in 16 bytes, in 32 when it is longer than 16, filled with zeros. A password
 * of less than the whole is followed by up to four characters of the name. Of each four bytes of
 * the digest the first three become four letters, six bits each from the lowest. */
char *asa_password_hash(const char *user, const char *password)
{
    static const char letter[] = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    uint8_t block[32] = {0}, digest[CRYPTO_MAX_DIGEST];
    size_t n = MIN(strlen(password), sizeof block), whole = n > 16 ? 32 : 16;
    memcpy(block, password, n);
    if (*user && n + 4 <= whole)
        memcpy(block + n, user, MIN(strlen(user), 4));
    hash_of(HASH_MD5, &(struct span){block, whole}, 1, digest);
    char *text = g_malloc(17), *at = text;
    for (size_t i = 0; i < 16; i += 4) {
        uint32_t v = digest[i] | (uint32_t)digest[i + 1] << 8 | (uint32_t)digest[i + 2] << 16;
        for (int k = 0; k < 4; k++, v >>= 6)
            *at++ = letter[v & 0x3f];
    }
    *at = '\0';
    return text;
}

void asa_user_unseal(struct aaa_user *u, const char *typed)
{
    const struct asa_user *own = asa_user_of(u);
    if (!own || !own->hashed)
        return;
    g_autofree char *with_name = asa_password_hash(u->name, typed),
                    *without = asa_password_hash("", typed);
    bool same =
        !own->sealed && (strcmp(own->hash, with_name) == 0 || strcmp(own->hash, without) == 0);
    g_free(u->password);
    u->password = same ? g_strdup(typed) : NULL;
}

/* ---- Lines ---- */

static void remove_user(struct asa *s, const char *name, GString *out)
{
    if (!aaa_user_remove(s->aaa, name))
        asa_refuse(s, out, "ERROR: Username %s does not exist", name);
    asa_changed(s, "no username");
}

static void put_password(struct aaa_user *u, const struct cli_args *a)
{
    struct asa_user *own = u->vendor;
    const char *password = cli_arg(a, "password");
    own->sealed = cli_has(a, "nt-encrypted") || cli_has(a, "mschap");
    own->hashed = own->sealed || cli_has(a, "encrypted");
    g_free(own->hash);
    own->hash = own->hashed ? g_strdup(password) : asa_password_hash(u->name, password);
    g_free(u->password);
    u->password = own->hashed ? NULL : g_strdup(password);
}

static void username(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    const char *name = cli_arg(a, "name"), *password = cli_arg(a, "password");
    if (cli_negated(a)) {
        remove_user(s, name, out);
        return;
    }
    if (strlen(name) > 64) {
        asa_refuse(s, out, "ERROR: Username can have at most 64 characters");
        return;
    }
    if (password && (strlen(password) < 3 || strlen(password) > 32)) {
        asa_refuse(s, out, "ERROR: Password must have 3 to 32 characters");
        return;
    }
    struct aaa_user *u = aaa_user_make(s->aaa, name);
    if (!u->vendor)
        u->vendor = g_new0(struct asa_user, 1);
    struct asa_user *own = u->vendor;
    if (password)
        put_password(u, a);
    own->has_privilege = cli_arg_u32(a, "level", &own->privilege);
    u->privilege = own->has_privilege ? own->privilege : 2;
    asa_changed(s, "username");
}

static void attributes(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    const char *name = cli_arg(a, "name");
    if (!aaa_user_find(s->aaa, name)) {
        asa_refuse(s, out, "ERROR: Username %s does not exist", name);
        return;
    }
    g_free(s->at_user);
    s->at_user = g_strdup(name);
    asa_enter(s, &asa_mode_user);
}

static void group_policy_known(struct asa *s, struct aaa_user *u, const struct cli_args *a)
{
    const char *policy = cli_arg(a, "policy");
    if (!cli_negated(a) && !asa_policy_find(s, policy)) {
        asa_invalid(s, a, "policy");
        return;
    }
    asa_setting_typed(s, &asa_user_of(u)->settings, a);
    g_free(u->group);
    u->group = cli_negated(a) ? NULL : g_strdup(policy);
}

static void setting(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    struct aaa_user *u = aaa_user_find(s->aaa, s->at_user);
    if (!u)
        return;
    if (cli_tag(a) == ASA_SET_GROUP_POLICY)
        group_policy_known(s, u, a);
    else
        asa_setting_typed(s, &asa_user_of(u)->settings, a);
    asa_changed(s, "username attributes");
}

/* ---- Read back ---- */

void asa_users_text(const struct asa *s, GString *out)
{
    for (guint i = 0; i < aaa_users(s->aaa); i++) {
        const struct aaa_user *u = aaa_user_at(s->aaa, i);
        const struct asa_user *own = asa_user_of(u);
        g_autoptr(GString) text = g_string_new(NULL);
        g_string_append_printf(out, "username %s", u->name);
        if (own->hash)
            g_string_append_printf(out, " password %s %s", own->hash,
                                   own->sealed ? "nt-encrypted" : "encrypted");
        else
            g_string_append(out, " nopassword");
        if (own->has_privilege)
            g_string_append_printf(out, " privilege %u", own->privilege);
        g_string_append_c(out, '\n');
        asa_settings_text(s, &own->settings, false, text);
        if (text->len)
            g_string_append_printf(out, "username %s attributes\n%s", u->name, text->str);
    }
}

#define NO     CLI_NO | CLI_NO_ONLY_PREFIX
#define SWITCH " (enable|disable)"

// clang-format off
const struct cli_command asa_config_user[] = {
    { "username name:WORD password password:WORD [encrypted|nt-encrypted|mschap] [privilege level:<0-15>]", username, NO },
    { "username name:WORD nopassword [privilege level:<0-15>]", username, NO },
    { "username name:WORD attributes",                          attributes, 0 },
    { 0 } };
const struct cli_command asa_config_user_rows[] = {
    { "vpn-group-policy policy:WORD",                           setting, NO, .tag = ASA_SET_GROUP_POLICY },
    { "vpn-access-hours (none|value hours:WORD)",               setting, NO, .tag = ASA_SET_ACCESS_HOURS },
    { "vpn-simultaneous-logins count:<0-2147483647>",           setting, NO, .tag = ASA_SET_LOGINS },
    { "vpn-idle-timeout (none|minutes:<1-35791394>)",           setting, NO, .tag = ASA_SET_IDLE },
    { "vpn-session-timeout (none|minutes:<1-35791394>)",        setting, NO, .tag = ASA_SET_SESSION },
    { "vpn-filter (none|value filter:WORD)",                    setting, NO, .tag = ASA_SET_FILTER },
    { "vpn-tunnel-protocol protocols:LINE",                     setting, NO, .tag = ASA_SET_PROTOCOLS },
    { "password-storage" SWITCH,                                setting, NO, .tag = ASA_SET_PASSWORD_STORAGE },
    { "group-lock (none|value group:WORD)",                     setting, NO, .tag = ASA_SET_GROUP_LOCK },
    { "vpn-framed-ip-address addr:A.B.C.D [mask:MASK]",         setting, NO, .tag = ASA_SET_FRAMED },
    { "service-type (admin|nas-prompt|remote-access)",          setting, NO, .tag = ASA_SET_SERVICE_TYPE },
    { 0 } };
// clang-format on

static const struct cli_command *const user_tables[] = {asa_config_nav, asa_config_user_rows, NULL};
const struct cli_mode asa_mode_user = {"config-username", user_tables, &asa_mode_config};
