/* crypto isakmp profile: who a peer is by the identity it claims, and what is asked of it
 * (hub-and-spoke.md 2.2). */
#include "vendor/ios/ios_ra.h"

#include <string.h>

#include "wire/isakmp.h"

/* ---- Versions ---- */

static char train_of(const char *build_end)
{
    return build_end && build_end[1] ? build_end[1] : '\0';
}

/* "12.3(6a)" is build 6 of the main line, "12.3(2)T" build 2 of the T train. A version without a
 * build is the newest of its line. */
bool ios_version_from(const struct ios *s, int minor, int t_build, int main_build)
{
    if (s->major > 12 || s->minor > minor)
        return true;
    if (s->minor < minor)
        return false;
    const char *build = s->d->version ? strchr(s->d->version, '(') : NULL;
    int number = build ? (int)g_ascii_strtoull(build + 1, NULL, 10) : INT_MAX;
    if (train_of(build ? strchr(build, ')') : NULL) == 'T')
        return number >= t_build;
    return main_build >= 0 && number >= main_build;
}

bool ios_has_profiles(const struct ios *s)
{
    return ios_version_from(s, 2, 15, -1);
}

/* CSCea77140: before 12.3(3) and 12.3(2)T an address identity of all zeros matches nobody
 * (hub-and-spoke.md chapter 1, HUB-06). */
static bool wildcard_matches(const struct ios *s)
{
    return ios_version_from(s, 3, 2, 3);
}

/* ---- Finding ---- */

struct ios_profile *ios_profile_find(const struct ios *s, const char *name)
{
    for (guint i = 0; name && i < s->ra->profiles->len; i++) {
        struct ios_profile *p = g_ptr_array_index(s->ra->profiles, i);
        if (strcmp(p->name, name) == 0)
            return p;
    }
    return NULL;
}

/* What follows the first dot of a host's name, or the @ of a user's. */
static const char *behind(const char *text, char mark)
{
    const char *at = strchr(text, mark);
    return at ? at + 1 : NULL;
}

static bool matches(const struct ios *s, const struct ios_match *m, const struct ike_claim *c)
{
    bool address = c->type == ID_IPV4_ADDR || c->type == ID_IPV4_ADDR_SUBNET;
    switch (m->kind) {
    case IOS_MATCH_ADDRESS:
        return address && (c->addr & m->mask) == m->addr && (m->mask || wildcard_matches(s));
    case IOS_MATCH_GROUP:
        return c->type == ID_KEY_ID && strcmp(c->text, m->text) == 0;
    case IOS_MATCH_HOST:
        return c->type == ID_FQDN && g_ascii_strcasecmp(c->text, m->text) == 0;
    case IOS_MATCH_HOST_DOMAIN:
        return c->type == ID_FQDN && behind(c->text, '.') &&
               g_ascii_strcasecmp(behind(c->text, '.'), m->text) == 0;
    case IOS_MATCH_USER:
        return c->type == ID_USER_FQDN && g_ascii_strcasecmp(c->text, m->text) == 0;
    case IOS_MATCH_USER_DOMAIN:
        return c->type == ID_USER_FQDN && behind(c->text, '@') &&
               g_ascii_strcasecmp(behind(c->text, '@'), m->text) == 0;
    }
    return false;
}

struct ios_profile *ios_profile_match(const struct ios *s, const struct ike_claim *claim)
{
    for (guint i = 0; i < s->ra->profiles->len; i++) {
        struct ios_profile *p = g_ptr_array_index(s->ra->profiles, i);
        for (guint k = 0; k < p->matches->len; k++)
            if (matches(s, g_ptr_array_index(p->matches, k), claim))
                return p;
    }
    return NULL;
}

/* ---- Owning ---- */

static void match_free(gpointer p)
{
    struct ios_match *m = p;
    g_free(m->text);
    g_free(m);
}

void ios_way_clear(struct ios_client_way *way)
{
    g_clear_pointer(&way->login_list, g_free);
    g_clear_pointer(&way->author_list, g_free);
    way->respond = way->initiate = false;
}

static void profile_free(struct ios_profile *p)
{
    g_free(p->name);
    g_free(p->description);
    g_ptr_array_unref(p->keyrings);
    g_ptr_array_unref(p->matches);
    ios_way_clear(&p->way);
    g_free(p);
}

void ios_profiles_free(struct ios_ra *ra)
{
    for (guint i = 0; i < ra->profiles->len; i++)
        profile_free(g_ptr_array_index(ra->profiles, i));
    g_ptr_array_unref(ra->profiles);
}

/* ---- Rows ---- */

static void profile(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    const char *name = cli_arg(a, "name");
    struct ios_profile *p = ios_profile_find(s, name);
    if (!ios_has_profiles(s)) {
        ios_refuse(s, out,
                   "%% ISAKMP profiles are not available in version %s; they come with 12.2(15)T",
                   s->d->version ? s->d->version : s->conf->version);
        return;
    }
    if (cli_negated(a)) {
        if (!p) {
            ios_refuse(s, out, "%% ISAKMP profile %s not found", name ? name : "");
            return;
        }
        g_ptr_array_remove(s->ra->profiles, p);
        profile_free(p);
        ios_changed(s, "no crypto isakmp profile");
        return;
    }
    if (!p) {
        p = g_new0(struct ios_profile, 1);
        p->name = g_strdup(name);
        p->keyrings = g_ptr_array_new_with_free_func(g_free);
        p->matches = g_ptr_array_new_with_free_func(match_free);
        g_ptr_array_add(s->ra->profiles, p);
        g_string_append(out, "% A profile is deemed incomplete until it has match identity "
                             "statements\n");
    }
    g_free(s->ra->at);
    s->ra->at = g_strdup(name);
    ios_enter(s, &ios_mode_profile);
}

static struct ios_profile *here(struct ios *s, GString *out)
{
    struct ios_profile *p = ios_profile_find(s, s->ra->at);
    if (!p) {
        ios_refuse(s, out, "%% ISAKMP profile %s not found", s->ra->at ? s->ra->at : "");
        ios_enter(s, &ios_mode_config);
    }
    return p;
}

static void description(void *self, const struct cli_args *a, GString *out)
{
    struct ios_profile *p = here(self, out);
    if (!p)
        return;
    g_free(p->description);
    p->description = cli_negated(a) ? NULL : g_strdup(cli_arg(a, "text"));
}

static void keyring(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    struct ios_profile *p = here(s, out);
    const char *name = cli_arg(a, "name");
    if (!p)
        return;
    guint at = p->keyrings->len;
    for (guint i = 0; name && i < p->keyrings->len; i++)
        if (strcmp(g_ptr_array_index(p->keyrings, i), name) == 0)
            at = i;
    if (cli_negated(a) && !name)
        g_ptr_array_set_size(p->keyrings, 0);
    else if (cli_negated(a) && at < p->keyrings->len)
        g_ptr_array_remove_index(p->keyrings, at);
    else if (!cli_negated(a) && at == p->keyrings->len)
        g_ptr_array_add(p->keyrings, g_strdup(name));
    ios_changed(s, "keyring");
}

static enum ios_match_kind kind_of(const struct cli_args *a)
{
    bool domain = cli_has(a, "domain");
    return cli_has(a, "group")  ? IOS_MATCH_GROUP
           : cli_has(a, "user") ? (domain ? IOS_MATCH_USER_DOMAIN : IOS_MATCH_USER)
           : cli_has(a, "host") ? (domain ? IOS_MATCH_HOST_DOMAIN : IOS_MATCH_HOST)
                                : IOS_MATCH_ADDRESS;
}

static void match_identity(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    struct ios_profile *p = here(s, out);
    struct ios_match m = {.kind = kind_of(a), .mask = 0xffffffff};
    if (!p)
        return;
    bool given = cli_arg_ip4(a, "addr", &m.addr);
    if (given && !cli_arg_ip4(a, "mask", &m.mask) && m.addr == 0)
        m.mask = 0; /* 0.0.0.0 alone means everyone (H-23) */
    if (given && ip4_mask_len(m.mask) < 0) {
        ios_invalid(s, a, "mask");
        return;
    }
    m.addr &= m.mask;
    const char *text = cli_arg(a, "text");
    guint at = p->matches->len;
    for (guint i = 0; i < p->matches->len; i++) {
        const struct ios_match *o = g_ptr_array_index(p->matches, i);
        if (o->kind == m.kind && o->addr == m.addr && o->mask == m.mask &&
            g_strcmp0(o->text, text) == 0)
            at = i;
    }
    if (cli_negated(a) && !given && !text)
        g_ptr_array_set_size(p->matches, 0);
    else if (cli_negated(a) && at < p->matches->len)
        g_ptr_array_remove_index(p->matches, at);
    else if (!cli_negated(a) && at == p->matches->len) {
        struct ios_match *own = g_new(struct ios_match, 1);
        *own = m;
        own->text = g_strdup(text);
        g_ptr_array_add(p->matches, own);
    }
    ios_changed(s, "match identity");
}

void ios_match_text_of(const struct ios_match *m, GString *out)
{
    static const char *const word[] = {
        [IOS_MATCH_GROUP] = "group",
        [IOS_MATCH_HOST] = "host",
        [IOS_MATCH_HOST_DOMAIN] = "host domain",
        [IOS_MATCH_USER] = "user",
        [IOS_MATCH_USER_DOMAIN] = "user domain",
    };
    if (m->kind != IOS_MATCH_ADDRESS)
        g_string_append_printf(out, "%s %s", word[m->kind], m->text);
    else if (m->mask == 0)
        g_string_append(out, "address 0.0.0.0");
    else
        g_string_append_printf(out, "address %s %s", IP4S(m->addr), IP4S(m->mask));
}

/* ---- What is asked of a client: the same lines in a profile and for a crypto map ---- */

void ios_way_set(struct ios_client_way *way, const struct cli_args *a, bool login)
{
    char **list = login ? &way->login_list : &way->author_list;
    const char *name = cli_arg(a, "list");
    g_free(*list);
    *list = cli_negated(a) ? NULL : g_strdup(name);
}

static void login_list(void *self, const struct cli_args *a, GString *out)
{
    struct ios_profile *p = here(self, out);
    if (p)
        ios_way_set(&p->way, a, true);
    ios_changed(self, "client authentication list");
}

static void author_list(void *self, const struct cli_args *a, GString *out)
{
    struct ios_profile *p = here(self, out);
    if (p)
        ios_way_set(&p->way, a, false);
    ios_changed(self, "isakmp authorization list");
}

static void address(void *self, const struct cli_args *a, GString *out)
{
    struct ios_profile *p = here(self, out);
    if (!p)
        return;
    *(cli_has(a, "initiate") ? &p->way.initiate : &p->way.respond) = !cli_negated(a);
    ios_changed(self, "client configuration address");
}

static void keepalive(void *self, const struct cli_args *a, GString *out)
{
    struct ios_profile *p = here(self, out);
    if (!p)
        return;
    p->liveness = (struct ike_liveness){0};
    if (!cli_negated(a)) {
        cli_arg_u32(a, "seconds", &p->liveness.threshold_s);
        cli_arg_u32(a, "retry", &p->liveness.retry_s);
    }
    ios_changed(self, "keepalive");
}

static void self_identity(void *self, const struct cli_args *a, GString *out)
{
    if (!cli_has(a, "address") && !cli_negated(a))
        ios_refuse(self, out,
                   "%% self-identity fqdn and user-fqdn are not modelled by this simulator; the "
                   "address is the identity");
}

// clang-format off
const struct cli_command ios_config_profile[] = {
    { "crypto isakmp profile name:WORD", profile, CLI_NO | CLI_NO_ONLY_PREFIX },
    { 0 } };
const struct cli_command ios_config_profile_rows[] = {
    { "description text:LINE",                               description,    CLI_NO | CLI_NO_ONLY_PREFIX },
    { "keyring name:WORD",                                   keyring,        CLI_NO | CLI_NO_ONLY_PREFIX },
    { "match identity address addr:A.B.C.D [mask:A.B.C.D]",  match_identity, CLI_NO | CLI_NO_ONLY_PREFIX },
    { "match identity group text:WORD",                      match_identity, CLI_NO | CLI_NO_ONLY_PREFIX },
    { "match identity host (domain text:WORD|text:WORD)",    match_identity, CLI_NO | CLI_NO_ONLY_PREFIX },
    { "match identity user (domain text:WORD|text:WORD)",    match_identity, CLI_NO | CLI_NO_ONLY_PREFIX },
    { "client authentication list list:WORD",                login_list,     CLI_NO | CLI_NO_ONLY_PREFIX },
    { "isakmp authorization list list:WORD",                 author_list,    CLI_NO | CLI_NO_ONLY_PREFIX },
    { "client configuration address (respond|initiate)",     address,        CLI_NO | CLI_NO_ONLY_PREFIX },
    { "keepalive seconds:<10-3600> retry retry:<2-60>",      keepalive,      CLI_NO | CLI_NO_ONLY_PREFIX },
    { "self-identity (address|fqdn|user-fqdn [name:WORD])",  self_identity,  CLI_NO | CLI_NO_ONLY_PREFIX },
    { 0 } };
// clang-format on
