/* show aaa-server, and test aaa-server: is it the tunnel or the server (CAT-48)? */
#include "asa_log_priv.h"
#include "asa_ra.h"
#include "asa_show_priv.h"

#include <string.h>

void asa_aaa_heard(struct asa *s, const struct ev_aaa_server *e)
{
    struct asa_aaa_host *h = asa_aaa_host_at(s, e->server);
    if (h && e->question)
        h->last = sim_now(s->d->sim);
}

/* ---- show aaa-server ---- */

void asa_view_aaa_server(struct asa *s, char **args, struct view *v)
{
    view_columns(v, "group", "address", "port", "status", "requests", "retransmissions", "accepts",
                 "rejects", "bad-authenticators", "timeouts", NULL);
    for (guint i = 0; i < s->aaa_hosts->len; i++) {
        const struct asa_aaa_host *h = g_ptr_array_index(s->aaa_hosts, i);
        const struct aaa_server_count c = aaa_server_count(s->aaa, h->group, h->addr);
        if (args && args[0] && strcmp(args[0], h->group) != 0)
            continue;
        view_row_begin(v);
        view_set(v, "group", "%s", h->group);
        view_set(v, "address", "%s", IP4S(h->addr));
        view_set(v, "port", "%u", h->auth_port ? h->auth_port : 1645);
        view_set(v, "status", c.dead ? "FAILED" : "ACTIVE");
        view_set(v, "requests", U64, (uint64_t)c.requests);
        view_set(v, "retransmissions", U64, (uint64_t)c.again);
        view_set(v, "accepts", U64, (uint64_t)c.accepts);
        view_set(v, "rejects", U64, (uint64_t)c.rejects);
        view_set(v, "bad-authenticators", U64, (uint64_t)c.bad);
        view_set(v, "timeouts", U64, (uint64_t)c.timeouts);
    }
}

static void last_text(const struct asa *s, const struct asa_aaa_host *h, GString *out)
{
    if (h->last < 0) {
        g_string_append(out, "Last transaction (success) at unknown");
        return;
    }
    struct vendor_clock t = vendor_clock_at(device_clock_ns(s->d) - (sim_now(s->d->sim) - h->last));
    g_string_append_printf(out, "Last transaction at %02d:%02d:%02d UTC %s %s %d %d", t.hour,
                           t.minute, t.second, vendor_weekday[t.weekday], vendor_month[t.month - 1],
                           t.day, t.year);
}

static uint64_t pending(const struct asa *s)
{
    uint64_t n = 0;
    for (guint i = 0; i < s->remotes->len; i++)
        n += ((const struct asa_remote *)g_ptr_array_index(s->remotes, i))->question != 0;
    return n;
}

static void host_text(const struct asa *s, const struct asa_aaa_host *h, GString *out)
{
    const struct aaa_server_count c = aaa_server_count(s->aaa, h->group, h->addr);
    const struct {
        const char *text;
        uint64_t n;
    } row[] = {
        {"Number of pending requests", pending(s)},
        {"Number of authentication requests", c.requests},
        {"Number of authorization requests", 0},
        {"Number of accounting requests", 0},
        {"Number of retransmissions", c.again},
        {"Number of accepts", c.accepts},
        {"Number of rejects", c.rejects},
        {"Number of challenges", 0},
        {"Number of malformed responses", 0},
        {"Number of bad authenticators", c.bad},
        {"Number of timeouts", c.timeouts},
        {"Number of unrecognized responses", 0},
    };
    g_string_append_printf(out,
                           "Server Group:    %s\n"
                           "Server Protocol: radius\n"
                           "Server Address:  %s\n"
                           "Server port:     %u(authentication), %u(accounting)\n"
                           "Server status:   %s, ",
                           h->group, IP4S(h->addr), h->auth_port ? h->auth_port : 1645,
                           h->acct_port ? h->acct_port : 1646, c.dead ? "FAILED" : "ACTIVE");
    last_text(s, h, out);
    g_string_append_c(out, '\n');
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++)
        g_string_append_printf(out, "%-39s " U64 "\n", row[i].text, row[i].n);
    g_string_append_c(out, '\n');
}

static void show_servers(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    const char *name = cli_arg(a, "tag");
    ip4 addr = 0;
    cli_arg_ip4(a, "addr", &addr);
    if (name && strcmp(name, "LOCAL") != 0 && !aaa_group_find(s->aaa, name)) {
        asa_refuse(s, out, "ERROR: aaa-server group <%s> does not exist", name);
        return;
    }
    if (!name || strcmp(name, "LOCAL") == 0)
        g_string_append(out, "Server Group:    LOCAL\n"
                             "Server Protocol: Local database\n"
                             "Server Address:  None\n"
                             "Server port:     None\n"
                             "Server status:   ACTIVE\n\n");
    for (guint i = 0; i < s->aaa_hosts->len; i++) {
        const struct asa_aaa_host *h = g_ptr_array_index(s->aaa_hosts, i);
        if ((!name || strcmp(name, h->group) == 0) && (!addr || addr == h->addr))
            host_text(s, h, out);
    }
}

/* ---- test aaa-server ---- */

static void tested(void *self, const struct aaa_reply *reply)
{
    struct asa *s = self;
    const char *text = reply->verdict == AAA_PASS ? "INFO: Authentication Successful"
                       : reply->verdict == AAA_FAIL
                           ? "ERROR: Authentication Rejected: AAA failure"
                           : "ERROR: Authentication Server not responding: No response from server";
    device_print(s->d, CONSOLE_OUTPUT, text);
    device_busy(s->d, false);
}

static void test_server(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    const char *name = cli_arg(a, "tag"), *user = cli_arg(a, "user"),
               *password = cli_arg(a, "password");
    const struct aaa_group *g = aaa_group_find(s->aaa, name);
    struct aaa_method m = {.kind = AAA_GROUP};
    ip4 addr = 0;
    bool local = strcmp(name, "LOCAL") == 0;
    if (!local && !g) {
        asa_refuse(s, out, "ERROR: aaa-server group <%s> does not exist", name);
        return;
    }
    cli_arg_ip4(a, "addr", &addr);
    const struct asa_aaa_host *h = addr ? asa_aaa_host_at(s, addr) : NULL;
    if (!local && addr && (!h || strcmp(h->group, name) != 0)) {
        asa_refuse(s, out, "ERROR: host %s is not in aaa-server group <%s>", IP4S(addr), name);
        return;
    }
    if (local) {
        struct aaa_user *u = aaa_user_find(s->aaa, user);
        m.kind = AAA_LOCAL;
        if (u)
            asa_user_unseal(u, password);
    } else {
        const struct aaa_server *first = g->servers->len ? g_ptr_array_index(g->servers, 0) : NULL;
        if (!h && first)
            h = asa_aaa_host_at(s, first->addr);
        g_strlcpy(m.group, name, sizeof m.group);
        if (h)
            g_string_append_printf(
                out,
                "INFO: Attempting Authentication test to IP address <%s> (timeout: %u seconds)\n",
                IP4S(h->addr), (h->timeout_s ? h->timeout_s : ASA_AAA_TIMEOUT_S) + 2);
    }
    device_busy(s->d, true);
    aaa_login_by(s->aaa, &m, 1, user, password, tested, s);
}

// clang-format off
const struct cli_command asa_exec_aaa[] = {
    { "show aaa-server [tag:WORD [host addr:A.B.C.D]]", show_servers },
    { "test aaa-server authentication tag:WORD [host addr:A.B.C.D] username user:WORD password password:WORD",
                                                        test_server, CLI_PRIVILEGED },
    { 0 } };
// clang-format on
