/* Messages of a login: the group that a client lands on, what its user may, the transaction
 * exchanges, the address, the servers that were asked (CAT-42, 44, 45, 47, 49, 50, 60, 72;
 * l2l-and-remote-access.md, appendix b.2; the identifiers of the vendor's list of messages). */
#include "asa_log_priv.h"
#include "asa_ra.h"

#include <stdarg.h>
#include <string.h>

/* ---- Whom a line is about ---- */

void asa_ra_prefix(const struct asa_remote *r, GString *out)
{
    g_string_append_printf(out, "Group = %s, ", r->group);
    if (r->user)
        g_string_append_printf(out, "Username = %s, ", r->user);
    g_string_append_printf(out, "IP = %s, ", IP4S(r->peer));
}

void asa_ra_say(const struct asa_remote *r, int severity, uint32_t id, const char *format, ...)
{
    g_autoptr(GString) text = g_string_new(NULL);
    va_list args;
    va_start(args, format);
    asa_ra_prefix(r, text);
    g_string_append_vprintf(text, format, args);
    va_end(args);
    asa_say(r->s, severity, id, 0, false, "%s", text->str);
}

/* ---- What a session will have ---- */

static void attribute(const struct asa_remote *r, const char *name, const char *value)
{
    asa_ra_say(r, 7, 715019, "IKEGetUserAttributes: %s = %s", name, value);
}

/* The first or the second of two servers. */
static void server(const struct asa_remote *r, const char *name, const char *said, int which)
{
    g_auto(GStrv) each = g_strsplit(said ? said : "", " ", -1);
    bool there = g_strv_length(each) > (guint)which;
    attribute(r, name, there ? each[which] : "cleared");
}

static const char *split_word(const char *policy)
{
    return g_strcmp0(policy, "tunnelspecified") == 0    ? "Split Network"
           : g_strcmp0(policy, "excludespecified") == 0 ? "Local Lan"
                                                        : "Disabled";
}

void asa_ra_welcome(const struct asa_remote *r)
{
    struct asa *s = r->s;
    const struct asa_chain c = asa_ra_chain(s, r);
    const char *dns = asa_setting(s, &c, ASA_SET_DNS), *wins = asa_setting(s, &c, ASA_SET_WINS),
               *list = asa_setting(s, &c, ASA_SET_SPLIT_LIST),
               *domain = asa_setting(s, &c, ASA_SET_DOMAIN);
    if (r->policy)
        asa_log(s, 6, 113011, "AAA retrieved user specific group policy (%s) for user = %s",
                c.policy, r->user);
    else
        asa_log(s, 6, 113009, "AAA retrieved default group policy (%s) for user = %s", c.policy,
                r->user);
    asa_log(s, 6, 113008, "AAA transaction status ACCEPT : user = %s", r->user);
    if (asa_since(s, 8, 0))
        asa_log(s, 6, 734001,
                "DAP: User %s, Addr %s, Connection IPSec: The following DAP records were selected "
                "for this connection: DfltAccessPolicy",
                r->user, IP4S(r->peer));
    server(r, "primary DNS", dns, 0);
    server(r, "secondary DNS", dns, 1);
    server(r, "primary WINS", wins, 0);
    server(r, "secondary WINS", wins, 1);
    if (list)
        attribute(r, "split tunneling list", list);
    if (domain)
        attribute(r, "default domain", domain);
    attribute(r, "IP Compression", asa_setting_on(s, &c, ASA_SET_IP_COMP) ? "enabled" : "disabled");
    attribute(r, "Split Tunneling Policy", split_word(asa_setting(s, &c, ASA_SET_SPLIT_POLICY)));
}

/* ---- Phase 1 ---- */

ASA_ON(ike_party)
{
    if (e->found)
        asa_say(s, 7, 713906, e->remote, false, "Connection landed on tunnel_group %s", e->name);
}

/* ---- Transactions ---- */

static const char *request_word(uint32_t attr)
{
    switch (attr) {
    case CFG_ATTR_IP4_ADDRESS:
        return "IPV4 address";
    case CFG_ATTR_IP4_NETMASK:
        return "IPV4 net mask";
    case CFG_ATTR_IP4_DNS:
        return "DNS server address";
    case CFG_ATTR_IP4_NBNS:
        return "WINS server address";
    case CFG_ATTR_BANNER:
        return "Banner";
    case CFG_ATTR_SAVE_PASSWORD:
        return "Save PW setting";
    case CFG_ATTR_DEFAULT_DOMAIN:
        return "Default Domain Name";
    case CFG_ATTR_SPLIT_INCLUDE:
        return "Split Tunnel List";
    case CFG_ATTR_LOCAL_LAN:
        return "Local LAN Include";
    case CFG_ATTR_SPLIT_DNS:
        return "Split DNS";
    case CFG_ATTR_PFS:
        return "PFS setting";
    case CFG_ATTR_NATT_PORT:
        return "UDP Port";
    case CFG_ATTR_BACKUP_SERVERS:
        return "backup ip-sec peer list";
    case CFG_ATTR_APPLICATION_VERSION:
        return "Application Version";
    case CFG_ATTR_FIREWALL_TYPE:
        return "FWTYPE";
    default:
        return NULL;
    }
}

ASA_ON(xact_rx)
{
    const struct asa_remote *r = asa_remote_of(s, e->sa);
    if (!r)
        return;
    asa_ra_say(r, 7, 715001, "process_attr(): Enter!");
    if (e->type == CFG_REPLY)
        asa_ra_say(r, 7, 715001, "Processing MODE_CFG Reply attributes.");
    else
        asa_ra_say(r, 7, 715001, "Processing cfg %s attributes",
                   e->type == CFG_ACK   ? "ACK"
                   : e->type == CFG_SET ? "Set"
                                        : "Request");
}

/* The expiry of an address, the DHCP server, and what there is no name for. */
static void request(const struct asa_remote *r, const struct ev_xact_attr *e)
{
    const char *word = request_word(e->attr);
    bool known = e->attr == CFG_ATTR_ADDRESS_EXPIRY || e->attr == CFG_ATTR_IP4_DHCP ||
                 (e->attr >= CFG_ATTR_XAUTH_TYPE && e->attr <= CFG_ATTR_XAUTH_ANSWER);
    if (e->attr == CFG_ATTR_DDNS_HOSTNAME) {
        g_autofree char *name = asa_ra_printable(e->value);
        asa_ra_say(r, 7, 715053, "MODE_CFG: Received request for DHCP hostname for DDNS is: %s!",
                   name);
    } else if (word) {
        asa_ra_say(r, 7, 715053, "MODE_CFG: Received request for %s!", word);
    } else if (known) {
        asa_ra_say(r, 5, 713130, "Received unsupported transaction mode attribute: %u", e->attr);
    } else {
        asa_ra_say(r, 5, 713131, "Received unknown transaction mode attribute: %u", e->attr);
    }
}

/* What goes out is named too. */
static void sent(const struct asa_remote *r, const struct ev_xact_attr *e)
{
    const uint8_t *b = e->value.p;
    ip4 a = e->value.n == 4 ? (ip4)b[0] << 24 | (ip4)b[1] << 16 | (ip4)b[2] << 8 | b[3] : 0;
    if (e->attr == CFG_ATTR_IP4_ADDRESS && e->type == CFG_REPLY)
        asa_ra_say(r, 7, 715019, "Obtained IP addr (%s) prior to initiating Mode Cfg (XAuth %s)",
                   IP4S(a), r->in ? "enabled" : "disabled");
    else if (e->attr == CFG_ATTR_IP4_NETMASK && e->type == CFG_REPLY)
        asa_ra_say(r, 7, 715019, "Sending subnet mask (%s) to remote client", IP4S(a));
}

ASA_ON(xact_attr)
{
    const struct asa_remote *r = asa_remote_of(s, e->sa);
    if (!r)
        return;
    if (e->ours)
        sent(r, e);
    else if (e->type == CFG_REQUEST)
        request(r, e);
}

/* ---- The login, the address ---- */

ASA_ON(ike_login)
{
    const struct asa_remote *r = asa_remote_of(s, e->sa);
    if (!r)
        return;
    if (e->ok)
        asa_ra_say(r, 7, 713052, "User (%s) authenticated.", e->user ? e->user : "");
    else
        asa_ra_say(r, 3, 713167,
                   "Remote peer has failed user authentication -  check configured username and "
                   "password");
}

ASA_ON(ike_assigned)
{
    const struct asa_remote *r = asa_remote_of(s, e->sa);
    if (!r || !e->addr)
        return; /* 713132 was said */
    if (r->client)
        asa_ra_say(r, 6, 713184, "Client Type: %s  Client Application Version: %s", r->client,
                   r->version);
    asa_ra_say(r, 6, 713228, "Assigned private IP address %s to remote user", IP4S(e->addr));
    asa_ra_say(r, 5, 713119, "PHASE 1 COMPLETED");
    asa_phase1_timers(s, e->sa, e->remote);
}

/* ---- Servers ---- */

static const char *user_asked(const struct asa *s, uint32_t question)
{
    for (guint i = 0; i < s->remotes->len; i++) {
        const struct asa_remote *r = g_ptr_array_index(s->remotes, i);
        if (r->question == question && r->user)
            return r->user;
    }
    return s->speech->asked_user ? s->speech->asked_user : "";
}

ASA_ON(aaa_ask)
{
    g_free(s->speech->asked_user);
    s->speech->asked_user = g_strdup(e->user);
}

ASA_ON(aaa_server)
{
    asa_aaa_heard(s, e);
    if (g_str_equal(e->what, "silent"))
        asa_log(s, 6, 113014, "AAA authentication server not accessible : server = %s : user = %s",
                IP4S(e->server), user_asked(s, e->question));
    else if (g_str_equal(e->what, "dead"))
        asa_log(s, 2, 113022, "AAA Marking RADIUS server %s in aaa-server group %s as FAILED",
                IP4S(e->server), e->group);
    else if (g_str_equal(e->what, "back"))
        asa_log(s, 2, 113023, "AAA Marking RADIUS server %s in aaa-server group %s as ACTIVE",
                IP4S(e->server), e->group);
}

ASA_ON(aaa_verdict)
{
    bool pass = g_str_equal(e->verdict, "pass"), fail = g_str_equal(e->verdict, "fail");
    bool local = g_strcmp0(e->method, "local") == 0;
    if (pass && local)
        asa_log(s, 6, 113012, "AAA user authentication Successful : local database : user = %s",
                e->user);
    else if (pass && e->server)
        asa_log(s, 6, 113004, "AAA user authentication Successful : server =  %s : user = %s",
                IP4S(e->server), e->user);
    else if (fail && local)
        asa_log(s, 6, 113015,
                "AAA user authentication Rejected : reason = %s : local database : user = %s",
                aaa_user_find(s->aaa, e->user) ? "Invalid password" : "User was not found",
                e->user);
    else if (fail)
        asa_log(s, 6, 113005,
                "AAA user authentication Rejected : reason = AAA failure : server = %s : user = %s",
                IP4S(e->server), e->user);
    else if (!pass)
        asa_log(s, 6, 113013,
                "AAA unable to complete the request Error : reason = No active servers found : "
                "user = %s",
                e->user);
}

// clang-format off
const struct asa_hearing asa_hear_login[] = {
    ASA_HEAR(ike_party), ASA_HEAR(xact_rx), ASA_HEAR(xact_attr), ASA_HEAR(ike_login), ASA_HEAR(ike_assigned),
    ASA_HEAR(aaa_ask), ASA_HEAR(aaa_server), ASA_HEAR(aaa_verdict),
    { .fn = NULL },
};
// clang-format on
