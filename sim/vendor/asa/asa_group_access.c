/* What a tunnel group for remote access says beside its key: which pools have addresses for its
 * clients, who knows its users, whether they log in at all (CAT-44, CAT-45, CAT-48). */
#include "asa.h"

#include <string.h>

static struct asa_group *here(struct asa *s)
{
    return asa_group_make(s, s->at_group);
}

void asa_group_access_clear(struct asa_group *g)
{
    g_clear_pointer(&g->pools, g_ptr_array_unref);
    g_clear_pointer(&g->servers, g_ptr_array_unref);
}

/* ---- Lines of which there may be one for each interface, and one for all ---- */

/* "(inside)" of a line that begins so; "" of one for all. Caller frees. */
static char *interface_of(const char *line)
{
    return *line == '(' ? g_strndup(line + 1, strcspn(line + 1, ")")) : g_strdup("");
}

static const char *rest_of(const char *line)
{
    return *line == '(' ? line + strcspn(line, ")") + 1 : line;
}

static void put_line(GPtrArray **lines, const char *line)
{
    g_autofree char *on = interface_of(line);
    if (!*lines)
        *lines = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < (*lines)->len; i++) {
        g_autofree char *other = interface_of(g_ptr_array_index(*lines, i));
        if (strcmp(on, other) == 0)
            g_ptr_array_remove_index(*lines, i--);
    }
    g_ptr_array_add(*lines, g_strdup(line));
}

static void drop_line(GPtrArray **lines, const char *line)
{
    g_autofree char *on = interface_of(line ? line : "");
    for (guint i = 0; *lines && i < (*lines)->len; i++) {
        g_autofree char *other = interface_of(g_ptr_array_index(*lines, i));
        if (strcmp(on, other) == 0)
            g_ptr_array_remove_index(*lines, i--);
    }
    if (*lines && !(*lines)->len)
        g_clear_pointer(lines, g_ptr_array_unref);
}

char **asa_group_words(const GPtrArray *lines, const char *nameif)
{
    const char *of_all = "";
    for (guint i = 0; lines && i < lines->len; i++) {
        const char *line = g_ptr_array_index(lines, i);
        g_autofree char *on = interface_of(line);
        if (nameif && *on && strcmp(on, nameif) == 0) {
            g_autofree char *own = g_strstrip(g_strdup(rest_of(line)));
            return g_strsplit(own, " ", -1);
        }
        if (!*on)
            of_all = line;
    }
    return g_strsplit(of_all, " ", -1);
}

/* ---- Lines ---- */

static bool interface_known(struct asa *s, const struct cli_args *a, const char *line)
{
    g_autofree char *on = interface_of(line);
    if (!*on || asa_if_named(s, on))
        return true;
    asa_invalid(s, a, "rest");
    return false;
}

/* Up to six pools, tried in the order in which they stand (CAT-45). */
static void address_pool(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    const char *line = cli_arg(a, "rest");
    if (cli_negated(a)) {
        drop_line(&here(s)->pools, line);
        asa_changed(s, "no address-pool");
        return;
    }
    if (!interface_known(s, a, line))
        return;
    g_autofree char *names = g_strstrip(g_strdup(rest_of(line)));
    g_auto(GStrv) each = g_strsplit(names, " ", -1);
    guint n = 0;
    for (char **p = each; *p; p++) {
        n += **p != '\0';
        if (**p && !asa_pool_find(s, *p)) {
            asa_refuse(s, out, "ERROR: address pool <%s> does not exist", *p);
            return;
        }
    }
    if (n == 0 || n > 6) {
        asa_invalid(s, a, "rest");
        return;
    }
    put_line(&here(s)->pools, line);
    asa_changed(s, "address-pool");
}

static void authentication(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    const char *line = cli_arg(a, "rest");
    if (cli_negated(a)) {
        drop_line(&here(s)->servers, line);
        asa_changed(s, "no authentication-server-group");
        return;
    }
    if (!interface_known(s, a, line))
        return;
    g_autofree char *names = g_strstrip(g_strdup(rest_of(line)));
    g_auto(GStrv) each = g_strsplit(names, " ", -1);
    bool local = strcmp(each[0], "LOCAL") == 0, none = strcmp(each[0], "none") == 0;
    if (!local && !none && !aaa_group_find(s->aaa, each[0])) {
        asa_refuse(s, out, "ERROR: aaa-server group <%s> does not exist", each[0]);
        return;
    }
    if (each[1] && (strcmp(each[1], "LOCAL") != 0 || each[2] || local || none)) {
        asa_invalid(s, a, "rest");
        return;
    }
    put_line(&here(s)->servers, line);
    asa_changed(s, "authentication-server-group");
}

static void user_authentication(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    if (cli_has(a, "hybrid")) {
        asa_refuse(s, out,
                   "ERROR: hybrid authentication needs certificates, which are not "
                   "modelled for this device");
        return;
    }
    if (cli_has(a, "ikev1") && !cli_has(a, "isakmp") && !asa_since(s, 8, 4)) {
        asa_unknown_word(s, a, "ikev1");
        return;
    }
    if (!here(s)->ra) {
        asa_refuse(s, out, "ERROR: This command is not valid for a LAN-to-LAN tunnel group");
        return;
    }
    here(s)->user_auth = cli_negated(a)       ? ASA_USER_AUTH_UNSAID
                         : cli_has(a, "none") ? ASA_USER_AUTH_NONE
                                              : ASA_USER_AUTH_XAUTH;
    asa_changed(s, "ikev1-user-authentication");
}

/* Settings that change nothing here are kept with the group. */
static void keep(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    g_autofree char *text = cli_canonical(a);
    g_autofree char *key = g_strndup(text, strcspn(text, " "));
    if (cli_negated(a))
        asa_keep_remove(s, s->at_section, key);
    else
        asa_keep_line(s, ASA_PLACE_SUB, s->at_section, key, text);
    asa_changed(s, "tunnel-group");
}

/* ---- Read back ---- */

static void lines_text(const char *word, const GPtrArray *lines, GString *out)
{
    for (guint i = 0; lines && i < lines->len; i++)
        g_string_append_printf(out, " %s %s\n", word, (const char *)g_ptr_array_index(lines, i));
}

void asa_group_general_text(const struct asa *s, const struct asa_group *g, GString *out)
{
    lines_text("address-pool", g->pools, out);
    lines_text("authentication-server-group", g->servers, out);
}

void asa_group_ipsec_text(const struct asa *s, const struct asa_group *g, GString *out)
{
    if (g->user_auth != ASA_USER_AUTH_UNSAID)
        g_string_append_printf(out, " %s %s\n",
                               asa_since(s, 8, 4) ? "ikev1 user-authentication"
                                                  : "isakmp ikev1-user-authentication",
                               g->user_auth == ASA_USER_AUTH_NONE ? "none" : "xauth");
}

#define NO CLI_NO | CLI_NO_ONLY_PREFIX

// clang-format off
const struct cli_command asa_config_access_general_rows[] = {
    { "address-pool rest:LINE",                               address_pool,   NO },
    { "authentication-server-group rest:LINE",                authentication, NO },
    { "authorization-server-group name:WORD",                 keep,           NO },
    { "authorization-required",                               keep,           CLI_NO },
    { "dhcp-server server:LINE",                              keep,           NO },
    { "strip-group",                                          keep,           CLI_NO },
    { "strip-realm",                                          keep,           CLI_NO },
    { "password-management [password-expire-in-days days:<0-180>]", keep,     NO },
    { "override-account-disable",                             keep,           CLI_NO },
    { 0 } };
const struct cli_command asa_config_access_ipsec_rows[] = {
    { "isakmp ikev1-user-authentication (xauth|none|hybrid)", user_authentication, NO },
    { "ikev1 user-authentication (xauth|none|hybrid)",        user_authentication, NO },
    { "radius-with-expiry",                                   keep,           CLI_NO },
    { "radius-sdi-xauth",                                     keep,           CLI_NO },
    { 0 } };
// clang-format on
