/* The kind "radius": a server of RADIUS (RFC 2865) with a list of users.
 *
 *   interface eth0 10.0.0.10/24 gateway 10.0.0.1
 *   client 10.0.0.1 key s3cret              who may ask, and the secret shared with it
 *   user alice password p [framed-ip 10.9.0.5] [framed-mask 255.255.255.0] [class OU=staff]
 *       [session-timeout 3600] [idle-timeout 600] [message text …]        (all in one line)
 *   reject mallory                          is refused, whatever the password
 *   port 1812                               listens there alone; else at 1645 and 1812
 *   delay 3s, silent
 *   show users, show clients, show log; no … takes a line back */
#include <string.h>

#include "device/radius.h"
#include "server.h"
#include "vendor/common.h"

struct client {
    ip4 addr;
    char *key;
};
struct user {
    char *name, *password, *class, *message;
    ip4 framed, mask;
    uint32_t session_s, idle_s;
};
struct radius {
    struct server s;
    GPtrArray *clients, *users, *rejected; /* owned; rejected: names */
    uint16_t port;                         /* 0 = both */
};

static void client_free(struct client *c)
{
    g_free(c->key);
    g_free(c);
}

static void user_free(struct user *u)
{
    g_free(u->name);
    g_free(u->password);
    g_free(u->class);
    g_free(u->message);
    g_free(u);
}

/* ---- Answering ---- */

static struct client *client_of(const struct radius *r, ip4 addr)
{
    for (guint i = 0; i < r->clients->len; i++) {
        struct client *c = g_ptr_array_index(r->clients, i);
        if (c->addr == addr)
            return c;
    }
    return NULL;
}

static struct user *user_of(const struct radius *r, const char *name)
{
    for (guint i = 0; i < r->users->len; i++) {
        struct user *u = g_ptr_array_index(r->users, i);
        if (strcmp(u->name, name) == 0)
            return u;
    }
    return NULL;
}

static void put_text(struct wr *w, enum radius_type type, const char *text)
{
    if (text)
        radius_put(w, type, span_of(text, strlen(text)));
}

static void put_number(struct wr *w, enum radius_type type, uint32_t number)
{
    if (number)
        radius_put_u32(w, type, number);
}

static void reply(struct radius *r, const struct client *c, uint16_t own_port, uint16_t port,
                  const struct radius_msg *m, enum radius_code code, const struct user *u)
{
    uint8_t bytes[RADIUS_MAX], auth[RADIUS_AUTH];
    struct wr w = wr_over(bytes, sizeof bytes);
    radius_begin(&w, code, m->id, m->auth);
    if (code == RADIUS_ACCESS_ACCEPT) {
        put_number(&w, RADIUS_FRAMED_IP_ADDRESS, u->framed);
        put_number(&w, RADIUS_FRAMED_IP_NETMASK, u->mask);
        put_text(&w, RADIUS_CLASS, u->class);
        put_number(&w, RADIUS_SESSION_TIMEOUT, u->session_s);
        put_number(&w, RADIUS_IDLE_TIMEOUT, u->idle_s);
        put_text(&w, RADIUS_REPLY_MESSAGE, u->message);
    }
    radius_end(&w);
    g_assert(wr_ok(&w));
    radius_response_auth(c->key, m->auth, wr_done(&w), auth);
    memcpy(bytes + 4, auth, sizeof auth);
    server_answer(&r->s, own_port, c->addr, port, wr_done(&w));
}

static bool is_rejected(const struct radius *r, const char *name)
{
    return g_ptr_array_find_with_equal_func(r->rejected, name, g_str_equal, NULL);
}

/* What becomes of a user who is known here by that password: "accept", or why not. */
static const char *judge(const struct radius *r, const struct client *c, const struct radius_msg *m,
                         const char *name, const struct user *u)
{
    char password[RADIUS_PASSWORD_MAX + 1];
    struct span hidden;
    if (is_rejected(r, name))
        return "reject: listed";
    if (!u)
        return "reject: unknown user";
    if (!radius_find(m, RADIUS_USER_PASSWORD, &hidden) ||
        !radius_reveal(c->key, m->auth, hidden, password))
        return "reject: no password";
    return strcmp(password, u->password) == 0 ? "accept" : "reject: wrong password";
}

static void request_in(void *self, struct net_if *in, ip4 src, uint16_t sport, ip4 dst,
                       uint16_t dport, struct span payload)
{
    struct radius *r = self;
    struct radius_msg m;
    struct span name_span;
    const struct client *c = client_of(r, src);
    if (!c) {
        /* "A request from a client for which the RADIUS server does not have a shared secret MUST
         * be silently discarded."                                              RFC 2865 2 */
        server_tell(&r->s, src, NULL, 0, "unknown client");
        return;
    }
    if (radius_parse(payload, &m) != WIRE_OK || m.code != RADIUS_ACCESS_REQUEST ||
        !radius_find(&m, RADIUS_USER_NAME, &name_span)) {
        server_tell(&r->s, src, NULL, 0, "malformed");
        return;
    }
    g_autofree char *name = g_strndup((const char *)name_span.p, name_span.n);
    if (r->s.silent || server_answer_waits(&r->s, src, sport)) {
        server_tell(&r->s, src, name, 0, r->s.silent ? "silent" : "asked again");
        return;
    }
    const struct user *u = user_of(r, name);
    const char *result = judge(r, c, &m, name, u);
    bool accepted = strcmp(result, "accept") == 0;
    server_tell(&r->s, src, name, accepted ? u->framed : 0, result);
    reply(r, c, dport, sport, &m, accepted ? RADIUS_ACCESS_ACCEPT : RADIUS_ACCESS_REJECT, u);
}

/* ---- Configuration ---- */

static void listen(struct radius *r)
{
    static const uint16_t usual[] = {RADIUS_PORT, RADIUS_PORT_ASSIGNED};
    for (size_t i = 0; i < G_N_ELEMENTS(usual); i++)
        if (!r->port)
            net_udp_bind(r->s.d->node, usual[i], request_in, r);
    if (r->port)
        net_udp_bind(r->s.d->node, r->port, request_in, r);
}

static void unlisten(struct radius *r)
{
    net_udp_unbind(r->s.d->node, RADIUS_PORT);
    net_udp_unbind(r->s.d->node, RADIUS_PORT_ASSIGNED);
    if (r->port)
        net_udp_unbind(r->s.d->node, r->port);
}

static void port(void *self, const struct cli_args *a, GString *out)
{
    struct radius *r = self;
    uint32_t n = 0;
    cli_arg_u32(a, "number", &n);
    unlisten(r);
    r->port = cli_negated(a) ? 0 : (uint16_t)n;
    listen(r);
}

static void client(void *self, const struct cli_args *a, GString *out)
{
    struct radius *r = self;
    ip4 addr = 0;
    cli_arg_ip4(a, "address", &addr);
    struct client *c = client_of(r, addr);
    if (c)
        g_ptr_array_remove(r->clients, c);
    if (cli_negated(a))
        return;
    c = g_new0(struct client, 1);
    c->addr = addr;
    c->key = g_strdup(cli_arg(a, "secret"));
    g_ptr_array_add(r->clients, c);
}

static void user(void *self, const struct cli_args *a, GString *out)
{
    struct radius *r = self;
    const char *const text[] = {cli_arg(a, "name"), cli_arg(a, "secret"), cli_arg(a, "group"),
                                cli_arg(a, "text")};
    for (size_t i = 0; i < G_N_ELEMENTS(text); i++) {
        size_t most = i == 1 ? RADIUS_PASSWORD_MAX : RADIUS_VALUE_MAX;
        if (text[i] && strlen(text[i]) > most) {
            server_refuse(&r->s, out, "\"%.20s...\" is longer than the %zu bytes RADIUS carries",
                          text[i], most);
            return;
        }
    }
    struct user *u = user_of(r, text[0]);
    if (u)
        g_ptr_array_remove(r->users, u);
    if (cli_negated(a))
        return;
    u = g_new0(struct user, 1);
    u->name = g_strdup(text[0]);
    u->password = g_strdup(text[1]);
    u->class = g_strdup(text[2]);
    u->message = g_strdup(text[3]);
    cli_arg_ip4(a, "framed", &u->framed);
    cli_arg_ip4(a, "mask", &u->mask);
    cli_arg_u32(a, "session", &u->session_s);
    cli_arg_u32(a, "idle", &u->idle_s);
    g_ptr_array_add(r->users, u);
}

static void reject(void *self, const struct cli_args *a, GString *out)
{
    struct radius *r = self;
    const char *name = cli_arg(a, "name");
    guint at;
    if (g_ptr_array_find_with_equal_func(r->rejected, name, g_str_equal, &at))
        g_ptr_array_remove_index(r->rejected, at);
    if (!cli_negated(a))
        g_ptr_array_add(r->rejected, g_strdup(name));
}

/* ---- Views ---- */

static void view_users(struct radius *r, struct view *v)
{
    view_columns(v, "user", "framed-ip", "class", "session-timeout", "rejected", NULL);
    for (guint i = 0; i < r->users->len; i++) {
        const struct user *u = g_ptr_array_index(r->users, i);
        view_row_begin(v);
        view_set(v, "user", "%s", u->name);
        view_set(v, "framed-ip", "%s", u->framed ? IP4S(u->framed) : "-");
        view_set(v, "class", "%s", u->class ? u->class : "-");
        view_set(v, "session-timeout", "%u", u->session_s);
        view_set(v, "rejected", "%s", is_rejected(r, u->name) ? "yes" : "no");
    }
}

static void view_clients(struct radius *r, struct view *v)
{
    view_columns(v, "client", "key", NULL);
    for (guint i = 0; i < r->clients->len; i++) {
        const struct client *c = g_ptr_array_index(r->clients, i);
        view_row(v, IP4S(c->addr), c->key, NULL);
    }
}

static void show_users(void *self, const struct cli_args *a, GString *out)
{
    struct view v;
    view_init(&v);
    view_users(self, &v);
    server_print(&v, out);
    view_clear(&v);
}

static void show_clients(void *self, const struct cli_args *a, GString *out)
{
    struct view v;
    view_init(&v);
    view_clients(self, &v);
    server_print(&v, out);
    view_clear(&v);
}

static bool radius_view(struct device *d, const char *what, struct view *out)
{
    g_auto(GStrv) typed = vendor_show_words(what);
    if (!d->vendor)
        return false;
    if (vendor_words_match("users", typed))
        view_users(d->vendor, out);
    else if (vendor_words_match("clients", typed))
        view_clients(d->vendor, out);
    else
        return server_view(d->vendor, what, out);
    return true;
}

// clang-format off
static const struct cli_command rows[] = {
    { "client address:A.B.C.D key secret:WORD", client, CLI_NO | CLI_NO_ONLY_PREFIX, "Who may ask, and the secret shared with it" },
    { "user name:WORD password secret:WORD [framed-ip framed:A.B.C.D] [framed-mask mask:MASK] [class group:WORD]"
      " [session-timeout session:<1-31536000>] [idle-timeout idle:<1-31536000>] [message text:LINE]",
                                                user,   CLI_NO | CLI_NO_ONLY_PREFIX, "A user and what belongs to him" },
    { "reject name:WORD",                       reject, CLI_NO, "A user who is refused" },
    { "port number:<1-65535>",                  port,   CLI_NO | CLI_NO_ONLY_PREFIX, "Listens there alone" },
    { "show users",                             show_users,   0, "Who is known" },
    { "show clients",                           show_clients, 0, "Who may ask" },
    { 0 } };
static const struct cli_word words[] = {
    SERVER_WORDS, { "key", "The shared secret" }, { "password", "The user's password" },
    { "framed-ip", "Framed-IP-Address" }, { "framed-mask", "Framed-IP-Netmask" }, { "class", "Class, such as OU=staff" },
    { "session-timeout", "Session-Timeout, in seconds" }, { "idle-timeout", "Idle-Timeout, in seconds" },
    { "message", "Reply-Message" }, { 0 } };
// clang-format on
static const struct cli_command *const tables[] = {rows, server_rows, NULL};
static const struct cli_mode mode = {"radius", tables, NULL};

/* ---- The kind ---- */

static bool radius_init(struct device *d, const char *version, GError **error)
{
    struct radius *r = g_new0(struct radius, 1);
    d->vendor = r;
    server_init(&r->s, d, "radius", &mode, words);
    r->clients = g_ptr_array_new_with_free_func((GDestroyNotify)client_free);
    r->users = g_ptr_array_new_with_free_func((GDestroyNotify)user_free);
    r->rejected = g_ptr_array_new_with_free_func(g_free);
    listen(r);
    return true;
}

static void radius_free(struct device *d)
{
    struct radius *r = d->vendor;
    unlisten(r);
    g_ptr_array_unref(r->clients);
    g_ptr_array_unref(r->users);
    g_ptr_array_unref(r->rejected);
    server_clear(&r->s);
    g_free(r);
}

extern const struct device_kind radius_kind;
const struct device_kind radius_kind = {
    .name = "radius",
    .summary = "a server that knows users and their passwords",
    .init = radius_init,
    .free = radius_free,
    .load = server_load,
    .type = server_type,
    .prompt = server_prompt,
    .help = server_help,
    .complete = server_complete,
    .view = radius_view,
    .show = server_show,
};
