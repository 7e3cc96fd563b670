/* debug crypto isakmp of those who come in: profiles, logins, configuration (hub-and-spoke.md
 * chapter 5, steps C01 to C10). debug aaa authentication, which is little. */
#include "vendor/ios/ios_debug_priv.h"

#include "ike/access.h"
#include "vendor/ios/ios_ra.h"

/* ---- Who it is ---- */

/* All that are configured are named, while it is not known which of them it will be. */
ON(ike_profiles)
{
    if (s->dialect != IOS_DIALECT_C)
        return;
    if (!ios_word_of(s, e->sa)->party && e->names && *e->names)
        ios_say_isakmp(s, "ISAKMP : Scanning profiles for xauth ... %s", e->names);
    if (e->xauth)
        ios_say_sa(s, e->sa, " Authentication by xauth preshared");
}

ON(ike_party)
{
    struct ios_ike_word *w = ios_word_at(s, e->sa);
    if (s->ra->profiles->len == 0)
        return;
    if (w)
        w->party = true;
    s->words->profile_of = w && w->state == IKE_STATE_R_MM5 ? e->sa : 0;
    if (e->found && e->name && *e->name)
        ios_say_sa(s, e->sa, ": peer matches %s profile", e->name);
    else
        ios_say_sa(s, e->sa, ": peer matches *none* of the profiles");
}

/* Where the peer's settings are kept: beside the SA. */
static uint32_t peer_handle(const struct ios_ike_word *w)
{
    return w->handle ^ 0x00a80000u;
}

ON(ike_peer_new)
{
    struct ios_ike_word *w = ios_word_at(s, e->sa);
    if (e->inserted) {
        ios_say_isakmp(s, "ISAKMP: Trying to insert a peer %s/%s/%u/,  and inserted successfully.",
                       IP4S(e->local), IP4S(e->remote), e->rport);
        return;
    }
    if (!w)
        return;
    w->client = true;
    ios_say_isakmp(s, "ISAKMP: Created a peer struct for %s, peer port %u", IP4S(e->remote),
                   e->rport);
    ios_say_isakmp(
        s, "ISAKMP: Locking peer struct 0x%X, IKE refcount 1 for crypto_ikmp_config_initialize_sa",
        peer_handle(w));
    ios_say_sa(s, e->sa, ": Setting client config settings %X", peer_handle(w) + 0x7c);
    ios_say_sa(s, e->sa, ": (Re)Setting client xauth list  and state");
}

void ios_client_locked(struct ios *s, ike_sa_id sa)
{
    const struct ios_ike_word *w = ios_word_of(s, sa);
    if (w->client)
        ios_say_isakmp(s, "ISAKMP: Locking peer struct 0x%X, IPSEC refcount 1 for for stuff_ke",
                       peer_handle(w));
}

/* ---- AAA ---- */

ON(ike_aaa_reply)
{
    ios_message_begins(s);
    ios_say_isakmp(s, "ISAKMP: got callback 1");
    if (g_strcmp0(e->what, "attributes") != 0)
        return;
    s->words->answering = true;
    ios_say_sa(s, e->sa, ": attributes sent in message:\n        Address: 0.2.0.0");
}

ON(ike_need_xauth)
{
    ios_say_sa(s, e->sa, ": Need XAUTH");
}

/* ---- Transactions ---- */

static const char *cfg_type_word(enum cfg_type type)
{
    const char *name = cfg_type_name((int)type);
    return name ? name : "UNKNOWN";
}

ON(xact_new)
{
    ios_say_isakmp(s, "ISAKMP: set new node %d to %s", (int32_t)e->msgid,
                   e->state == IKE_STATE_QM_IDLE ? "QM_IDLE" : ios_packet_state(e->state));
}

ON(xact_begin)
{
    ios_say_sa(s, e->sa, ": %s peer config %s %s. ID = %d",
               e->ours ? "initiating" : "responding to", e->ours ? "to" : "from", IP4S(e->remote),
               (int32_t)e->msgid);
}

ON(xact_rx)
{
    ios_say_sa(s, e->sa, ": processing transaction payload from %s. message ID = %d",
               IP4S(e->remote), (int32_t)e->msgid);
    s->words->xact_waits = e->type;
}

/* The payload is named once its HASH was checked. */
void ios_xact_after_hmac(struct ios *s, ike_sa_id sa)
{
    enum cfg_type type = s->words->xact_waits;
    s->words->xact_waits = CFG_NONE;
    if (type == CFG_NONE)
        return;
    ios_say_isakmp(s, "ISAKMP: Config payload %s", cfg_type_word(type));
    if (type == CFG_REQUEST) {
        g_array_set_size(s->words->asked, 0);
        ios_say_sa(s, sa, ": checking request:");
    }
    if (type == CFG_ACK && ios_word_of(s, sa)->state == IKE_STATE_XAUTH_SET_SENT)
        ios_say_sa(s, sa, ": XAUTH ACK Processed");
}

/* ---- Attributes ---- */

// clang-format off
static const struct { uint16_t attr; const char *name; } xauth_words[] = {
    { CFG_ATTR_XAUTH_TYPE,          "XAUTH_TYPE_V2" },
    { CFG_ATTR_XAUTH_USER_NAME,     "XAUTH_USER_NAME_V2" },
    { CFG_ATTR_XAUTH_USER_PASSWORD, "XAUTH_USER_PASSWORD_V2" },
    { CFG_ATTR_XAUTH_PASSCODE,      "XAUTH_PASSCODE_V2" },
    { CFG_ATTR_XAUTH_MESSAGE,       "XAUTH_MESSAGE_V2" },
    { CFG_ATTR_XAUTH_CHALLENGE,     "XAUTH_CHALLENGE_V2" },
    { CFG_ATTR_XAUTH_DOMAIN,        "XAUTH_DOMAIN_V2" },
    { CFG_ATTR_XAUTH_STATUS,        "XAUTH_STATUS_V2" },
};
/* `later`: known from 12.3(2)T and 12.4 on. */
static const struct { uint16_t attr; bool later; const char *name; } config_words[] = {
    { CFG_ATTR_IP4_ADDRESS,         false, "IP4_ADDRESS" },
    { CFG_ATTR_IP4_NETMASK,         false, "IP4_NETMASK" },
    { CFG_ATTR_IP4_DNS,             false, "IP4_DNS" },
    { CFG_ATTR_IP4_NBNS,            false, "IP4_NBNS" },
    { CFG_ATTR_ADDRESS_EXPIRY,      false, "ADDRESS_EXPIRY" },
    { CFG_ATTR_APPLICATION_VERSION, false, "APPLICATION_VERSION" },
    { CFG_ATTR_DEFAULT_DOMAIN,      false, "DEFAULT_DOMAIN" },
    { CFG_ATTR_SPLIT_INCLUDE,       false, "SPLIT_INCLUDE" },
    { CFG_ATTR_BANNER,              true,  "MODECFG_BANNER" },
    { CFG_ATTR_SAVE_PASSWORD,       true,  "MODECFG_SAVEPWD" },
    { CFG_ATTR_SPLIT_DNS,           true,  "SPLIT_DNS" },
    { CFG_ATTR_LOCAL_LAN,           true,  "INCLUDE_LOCAL_LAN" },
    { CFG_ATTR_PFS,                 true,  "PFS" },
    { CFG_ATTR_BACKUP_SERVERS,      true,  "BACKUP_SERVER" },
};
// clang-format on

static const char *xauth_word(uint32_t attr)
{
    for (size_t i = 0; i < G_N_ELEMENTS(xauth_words); i++)
        if (xauth_words[i].attr == attr)
            return xauth_words[i].name;
    return NULL;
}

static const char *config_word(const struct ios *s, uint32_t attr)
{
    for (size_t i = 0; i < G_N_ELEMENTS(config_words); i++)
        if (config_words[i].attr == attr && (!config_words[i].later || ios_has_group_extras(s)))
            return config_words[i].name;
    return NULL;
}

static void asked_for(struct ios *s, uint32_t attr)
{
    const char *name = config_word(s, attr);
    uint16_t type = (uint16_t)attr;
    g_array_append_val(s->words->asked, type);
    if (name)
        ios_say_isakmp(s, "ISAKMP:    %s", name);
    else
        ios_say_isakmp(s, "ISAKMP:    UNKNOWN Unknown Attr: 0x%X", attr);
}

static void unknown(struct ios *s, ike_sa_id sa, uint16_t attr)
{
    if (!config_word(s, attr))
        ios_say_isakmp(s, "ISAKMP (0/%u): Unknown Attr: UNKNOWN (0x%X)", ios_conn_of_ike(s, sa),
                       attr);
}

/* Answers come in the order of the request; what has none and no name is told in its place. One
 * that was asked for once may be answered several times. */
static void asked_up_to(struct ios *s, ike_sa_id sa, uint32_t attr)
{
    GArray *asked = s->words->asked;
    guint at = 0;
    while (at < asked->len && g_array_index(asked, uint16_t, at) != attr)
        at++;
    if (at == asked->len)
        return;
    for (guint i = 0; i < at; i++)
        unknown(s, sa, g_array_index(asked, uint16_t, i));
    g_array_remove_range(asked, 0, at);
}

void ios_xact_before_hmac(struct ios *s, ike_sa_id sa)
{
    GArray *asked = s->words->asked;
    if (!s->words->answering)
        return;
    s->words->answering = false;
    for (guint i = 0; i < asked->len; i++)
        unknown(s, sa, g_array_index(asked, uint16_t, i));
    g_array_set_size(asked, 0);
}

static ip4 addr_of(struct span v)
{
    return v.n >= 4 ? be32_get(v.p) : 0;
}

static void split_networks(struct ios *s, struct span v)
{
    for (size_t at = 0; at + 14 <= v.n; at += 14)
        ios_say_isakmp(s,
                       "ISAKMP: Sending split include: network %s mask %s protocol %u, src port "
                       "%u, dst port %u",
                       IP4S(be32_get(v.p + at)), IP4S(be32_get(v.p + at + 4)),
                       be16_get(v.p + at + 8), be16_get(v.p + at + 10), be16_get(v.p + at + 12));
}

static void sent(struct ios *s, ike_sa_id sa, uint32_t attr, struct span v)
{
    switch (attr) {
    case CFG_ATTR_IP4_ADDRESS:
        ios_say_sa(s, sa, ": allocating address %s", IP4S(addr_of(v)));
        ios_say_isakmp(s, "ISAKMP: Sending private address: %s", IP4S(addr_of(v)));
        break;
    case CFG_ATTR_IP4_NETMASK:
        ios_say_isakmp(s, "ISAKMP: Sending subnet mask: %s", IP4S(addr_of(v)));
        break;
    case CFG_ATTR_IP4_DNS:
        ios_say_isakmp(s, "ISAKMP: Sending IP4_DNS server address: %s", IP4S(addr_of(v)));
        break;
    case CFG_ATTR_IP4_NBNS:
        ios_say_isakmp(s, "ISAKMP: Sending IP4_NBNS server address: %s", IP4S(addr_of(v)));
        break;
    case CFG_ATTR_ADDRESS_EXPIRY:
        ios_say_isakmp(s, "ISAKMP: Sending ADDRESS_EXPIRY seconds left to use the address: %u",
                       addr_of(v));
        break;
    case CFG_ATTR_DEFAULT_DOMAIN:
        ios_say_isakmp(s, "ISAKMP: Sending DEFAULT_DOMAIN default domain name: %.*s", (int)v.n,
                       (const char *)v.p);
        break;
    case CFG_ATTR_APPLICATION_VERSION:
        ios_say_isakmp(s, "ISAKMP: Sending APPLICATION_VERSION string: %.*s", (int)v.n,
                       (const char *)v.p);
        break;
    case CFG_ATTR_SPLIT_INCLUDE:
        split_networks(s, v);
        break;
    default:
        if (config_word(s, attr))
            ios_say_isakmp(s, "ISAKMP: Sending %s", config_word(s, attr));
    }
}

ON(xact_attr)
{
    const char *xauth = xauth_word(e->attr);
    if (xauth) {
        bool request = e->type == CFG_REQUEST, reply = e->type == CFG_REPLY;
        if ((request && e->ours) || (reply && !e->ours))
            ios_say_isakmp(s, "ISAKMP/xauth: %s attribute %s", request ? "request" : "reply",
                           xauth);
        return;
    }
    if (e->type == CFG_REQUEST && !e->ours)
        asked_for(s, e->attr);
    if (!e->ours || (e->type != CFG_REPLY && e->type != CFG_SET))
        return;
    asked_up_to(s, e->sa, e->attr);
    sent(s, e->sa, e->attr, e->value);
}

ON(xact_done)
{
    const char *reason = g_strcmp0(e->reason, "login") == 0
                             ? "done with xauth request/reply exchange"
                         : g_strcmp0(e->reason, "status") == 0 ? "done with transaction"
                                                               : "";
    ios_say_sa(s, e->sa, ": deleting node %d error %s reason \"%s\"", (int32_t)e->msgid,
               e->error ? "TRUE" : "FALSE", reason);
}

/* ---- debug aaa authentication ---- */

static void say_aaa(struct ios *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say_aaa(struct ios *s, const char *format, ...)
{
    va_list args;
    if (!(s->debug & IOS_DEBUG_AAA))
        return;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    ios_debug_line(s, "%s", text);
}

ON(aaa_ask)
{
    const char *list = e->list && g_str_has_prefix(e->list, "login ") ? e->list + 6 : e->list;
    say_aaa(s, "AAA/AUTHEN/LOGIN (%08X): Pick method list '%s'", e->question, list ? list : "");
}

ON(aaa_verdict)
{
    say_aaa(s, "AAA/AUTHEN (%08X): %s (%s)", e->question, e->verdict ? e->verdict : "error",
            e->method ? e->method : "none");
}

// clang-format off
#define I IOS_DEBUG_ISAKMP
const struct ios_hearing ios_hear_xauth[] = {
    HEAR(I, ike_profiles), HEAR(I, ike_party), HEAR(I, ike_peer_new), HEAR(I, ike_aaa_reply), HEAR(I, ike_need_xauth),
    HEAR(I, xact_new), HEAR(I, xact_begin), HEAR(I, xact_rx), HEAR(I, xact_attr), HEAR(I, xact_done),
    { .fn = NULL },
};
const struct ios_hearing ios_hear_aaa[] = {
    HEAR(IOS_DEBUG_AAA, aaa_ask), HEAR(IOS_DEBUG_AAA, aaa_verdict),
    { .fn = NULL },
};
// clang-format on
