/* The log window: events in the client's words, each a line with its number, time, severity and the
 * class and number of the message, and the text below it:
 *
 *   1      12:41:51.900  02/18/06  Sev=Warning/3 IKE/0xE3000056
 *   The received HASH payload cannot be verified
 *
 * How much of a class is logged is its level: low lets warnings through, medium what matters, high
 * all of it. Numbers and texts are those of public logs of 4.x and 5.0, and CAT-16. */
#include "vc.h"

#include <stdarg.h>
#include <string.h>

#define KEPT_LINES 2000

const char *const vc_class_names[VC_CLASSES] = {
    [VC_CM] = "CM",       [VC_IKE] = "IKE",     [VC_IPSEC] = "IPSEC",
    [VC_CVPND] = "CVPND", [VC_XAUTH] = "XAUTH", [VC_FIREWALL] = "FIREWALL",
};
enum { LEVEL_OFF, LEVEL_LOW, LEVEL_MEDIUM, LEVEL_HIGH };
static const int most_severe[] = {0, 3, 4, 6};

struct vc_log {
    bool enabled;
    int level[VC_CLASSES];
    uint32_t number;
    GQueue *kept;   /* char *, owned */
    GString *heard; /* vendor IDs of the message that is being read */
    bool rx;        /* such a message is being read */
    struct ev_ike_rx message;
    const char *told, *hears; /* what an informational message of ours, of the peer's, is about */
    uint32_t quick;           /* message ID of the last quick mode message of ours */
};

/* ---- Lines ---- */

void vc_log(struct vc *s, enum vc_class class, int severity, uint32_t number, const char *format,
            ...)
{
    struct vc_log *l = s->log;
    if (!l || !l->enabled || severity > most_severe[l->level[class]])
        return;
    struct vendor_clock t = vendor_clock_at(device_clock_ns(s->d));
    g_autoptr(GString) line = g_string_new(NULL);
    static const char *const word[] = {"",     "Critical", "Warning", "Warning",
                                       "Info", "Info",     "Info"};
    g_string_append_printf(line, "%-6u %02d:%02d:%02d.%03d  %02d/%02d/%02d  Sev=%s/%d %s/0x%08X\n",
                           ++l->number, t.hour, t.minute, t.second, t.ms, t.month, t.day,
                           t.year % 100, word[severity], severity, vc_class_names[class], number);
    va_list args;
    va_start(args, format);
    g_string_append_vprintf(line, format, args);
    va_end(args);
    device_print(s->d, CONSOLE_LOG, line->str);
    g_queue_push_tail(l->kept, g_strdup(line->str));
    if (l->kept->length > KEPT_LINES)
        g_free(g_queue_pop_head(l->kept));
}

/* ---- Messages out and in ---- */

#define ON(name)                                                                                   \
    static void on_##name(struct vc *s, const struct ev_##name *e);                                \
    static void hear_##name(struct vc *s, const void *event)                                       \
    {                                                                                              \
        on_##name(s, event);                                                                       \
    }                                                                                              \
    static void on_##name(struct vc *s, const struct ev_##name *e)

#define VIDS_MAX 160

static const char *exchange_words(enum isakmp_exchange e)
{
    return e == EXCHANGE_AGGRESSIVE    ? "AG"
           : e == EXCHANGE_MAIN        ? "MM"
           : e == EXCHANGE_QUICK       ? "QM"
           : e == EXCHANGE_TRANSACTION ? "TRANS"
                                       : "INFO";
}

static const char *vid_words(enum ike_vid vid)
{
    switch (vid) {
    case IKE_VID_XAUTH:
        return "VID(Xauth)";
    case IKE_VID_DPD:
        return "VID(dpd)";
    case IKE_VID_UNITY:
        return "VID(Unity)";
    case IKE_VID_FRAGMENTATION:
        return "VID(Frag)";
    case IKE_VID_NAT_T_02:
    case IKE_VID_NAT_T_02N:
    case IKE_VID_NAT_T_03:
    case IKE_VID_RFC3947:
        return "VID(Nat-T)";
    default:
        return "VID(?)";
    }
}

/* What this end's messages consist of does not vary but for NAT traversal. */
static void tx_payloads(const struct vc *s, const struct ev_ike_tx *e, GString *out)
{
    bool natt = s->d->ike_conf->nat_traversal;
    const enum ike_vid *vids = s->d->profile.vid_am1;
    switch (e->exchange) {
    case EXCHANGE_AGGRESSIVE:
        if (e->cky_r == 0) {
            g_string_append(out, "SA, KE, NON, ID");
            for (size_t i = 0; i < IKE_PROFILE_VIDS && vids[i] != IKE_VID_UNKNOWN; i++)
                if (natt || vids[i] != IKE_VID_NAT_T_02N)
                    g_string_append_printf(out, ", %s", vid_words(vids[i]));
            return;
        }
        g_string_append(out, "HASH, NOTIFY:STATUS_INITIAL_CONTACT");
        if (natt)
            g_string_append(out, ", NAT-D, NAT-D");
        return;
    case EXCHANGE_TRANSACTION:
        g_string_append(out, "HASH, ATTR");
        return;
    case EXCHANGE_QUICK:
        g_string_append(out, s->log->quick == e->msgid ? "HASH" : "HASH, SA, NON, ID, ID");
        s->log->quick = e->msgid;
        return;
    default:
        g_string_append_printf(out, "HASH, %s", s->log->told ? s->log->told : "NOTIFY");
        s->log->told = NULL;
        return;
    }
}

static const char *notify_words(uint32_t type)
{
    switch (type) {
    case NOTIFY_R_U_THERE:
        return "NOTIFY:DPD_REQUEST";
    case NOTIFY_R_U_THERE_ACK:
        return "NOTIFY:DPD_ACK";
    case NOTIFY_RESPONDER_LIFETIME:
        return "NOTIFY:STATUS_RESP_LIFETIME";
    case NOTIFY_INITIAL_CONTACT:
        return "NOTIFY:STATUS_INITIAL_CONTACT";
    case NOTIFY_NO_PROPOSAL_CHOSEN:
        return "NOTIFY:NO_PROPOSAL_CHOSEN";
    case NOTIFY_INVALID_ID_INFORMATION:
        return "NOTIFY:INVALID_ID_INFO";
    default:
        return "NOTIFY";
    }
}

ON(ike_notify_tx)
{
    s->log->told = notify_words(e->type);
}

ON(ike_delete_tx)
{
    s->log->told = "DEL";
}

ON(ike_notify_rx)
{
    s->log->hears = notify_words(e->type);
}

ON(ike_tx)
{
    g_autoptr(GString) list = g_string_new(NULL);
    bool sealed = e->exchange != EXCHANGE_AGGRESSIVE || e->cky_r != 0;
    if (e->again) {
        vc_log(s, VC_IKE, 4, 0x63000021, "Retransmitting last packet!");
        vc_log(s, VC_IKE, 4, 0x63000013, "SENDING >>> ISAKMP OAK %s %s(Retransmission) to %s",
               exchange_words(e->exchange), sealed ? "*" : "", IP4S(e->remote));
        return;
    }
    tx_payloads(s, e, list);
    vc_log(s, VC_IKE, 4, 0x63000013, "SENDING >>> ISAKMP OAK %s %s(%s) to %s",
           exchange_words(e->exchange), sealed ? "*" : "", list->str, IP4S(e->remote));
}

/* The message is named when its payloads are known: with what is decided about it. */
static void say_received(struct vc *s)
{
    struct vc_log *l = s->log;
    if (!l->rx)
        return;
    l->rx = false;
    const struct ev_ike_rx *e = &l->message;
    static const struct {
        enum isakmp_exchange exchange;
        const char *payloads;
    } usual[] = {{EXCHANGE_AGGRESSIVE, "SA, KE, ID, NON, HASH"},
                 {EXCHANGE_TRANSACTION, "HASH, ATTR"},
                 {EXCHANGE_QUICK, "HASH, SA, NON, ID, ID"},
                 {EXCHANGE_INFORMATIONAL, "HASH, NOTIFY"}};
    const char *payloads = "?";
    for (size_t i = 0; i < G_N_ELEMENTS(usual); i++)
        if (usual[i].exchange == e->exchange)
            payloads = usual[i].payloads;
    g_autofree char *informed = l->hears && e->exchange == EXCHANGE_INFORMATIONAL
                                    ? g_strconcat("HASH, ", l->hears, NULL)
                                    : NULL;
    payloads = informed ? informed : payloads;
    vc_log(s, VC_IKE, 4, 0x63000014, "RECEIVING <<< ISAKMP OAK %s %s(%s%s) from %s",
           exchange_words(e->exchange), e->exchange == EXCHANGE_AGGRESSIVE ? "" : "*", payloads,
           l->heard->str, IP4S(e->remote));
}

ON(ike_rx)
{
    say_received(s);
    s->log->message = *e;
    s->log->rx = true;
    s->log->hears = NULL;
    g_string_truncate(s->log->heard, 0);
    vc_log(s, VC_IKE, 5, 0x6300002F, "Received ISAKMP packet: peer = %s", IP4S(e->remote));
}

ON(ike_vendor_id)
{
    static const struct {
        enum ike_vid vid;
        const char *text;
    } row[] = {{IKE_VID_UNITY, "Peer is a Cisco-Unity compliant peer"},
               {IKE_VID_XAUTH, "Peer supports XAUTH"},
               {IKE_VID_DPD, "Peer supports DPD"},
               {IKE_VID_NAT_T_02N, "Peer supports NAT-T"},
               {IKE_VID_NAT_T_02, "Peer supports NAT-T"},
               {IKE_VID_FRAGMENTATION, "Peer supports IKE fragmentation payloads"}};
    if (s->log->rx && s->log->heard->len < VIDS_MAX)
        g_string_append_printf(s->log->heard, ", %s", vid_words(e->vid));
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++)
        if (row[i].vid == e->vid)
            vc_log(s, VC_IKE, 5, 0x63000001, "%s", row[i].text);
}

/* ---- Phase 1 ---- */

ON(ike_sa_new)
{
    if (e->role == IKE_INITIATOR)
        vc_log(s, VC_IKE, 6, 0x6300003B, "Attempting to establish a connection with %s.",
               IP4S(e->remote));
}

ON(ike_nat)
{
    vc_log(s, VC_IKE, 5, 0x63000072,
           "Automatic NAT Detection Status:\n   Remote end %s behind a NAT device\n"
           "   This   end %s behind a NAT device",
           e->there ? "IS" : "is NOT", e->here ? "IS" : "is NOT");
}

ON(ike_authenticated)
{
    vc_log(s, VC_CM, 4, 0x6310000E,
           "Established Phase 1 SA.  1 Crypto Active IKE SA, 0 User Authenticated IKE SA in the "
           "system");
}

/* A group password that is not the gateway's: its HASH_R is another than ours (CAT-16). 4.0 had
 * fewer words for it. */
static void say_hash_mismatch(struct vc *s)
{
    vc_log(s, VC_IKE, 3, 0xE3000056, "The received HASH payload cannot be verified");
    if (!vc_since(s, 4, 6)) {
        vc_log(s, VC_IKE, 2, 0xE300007D, "Hash verification failed");
    } else {
        vc_log(s, VC_IKE, 2, 0xE300007D,
               "Hash verification failed... possibly be configured with invalid group password.");
    }
    vc_log(s, VC_IKE, 2, 0xE3000099, "Failed to authenticate peer (Navigator:904)");
    vc_log(s, VC_IKE, 2, 0xE30000A5,
           "Unexpected SW error occurred while processing Aggressive Mode "
           "negotiator:(Navigator:2202)");
}

ON(ike_fail)
{
    if (e->exchange == EXCHANGE_AGGRESSIVE && e->why == WHY_HASH_MISMATCH)
        say_hash_mismatch(s);
}

static const char *end_words(enum ike_why why)
{
    switch (why) {
    case WHY_RETRANSMITS:
    case WHY_DPD:
        return "DEL_REASON_PEER_NOT_RESPONDING";
    case WHY_PEER_DELETE:
    case WHY_INITIAL_CONTACT:
        return "PEER_DELETE-IKE_DELETE_UNSPECIFIED";
    case WHY_LOGIN:
        return "DEL_REASON_WE_FAILED_AUTH";
    case WHY_EXPIRED:
        return "DEL_REASON_LIFETIME_EXPIRED";
    case WHY_ADMIN:
    case WHY_USER_GONE:
    case WHY_REPLACED:
        return "DEL_REASON_RESET_SADB";
    default:
        return "DEL_REASON_IKE_NEG_FAILED";
    }
}

ON(ike_sa_dead)
{
    struct ike_sa_view v = {0};
    for (size_t i = 0; i < ike_sa_count(s->d->ike); i++)
        if (ike_sa_at(s->d->ike, i, &v) && v.id == e->sa)
            break;
    vc_log(s, VC_IKE, 4, 0x63000017,
           "Marking IKE SA for deletion  (I_Cookie=%016" G_GINT64_MODIFIER
           "X R_Cookie=%016" G_GINT64_MODIFIER "X) reason = %s",
           v.cky_i, v.cky_r, end_words(e->why));
    vc_log(s, VC_IKE, 4, 0x6300004B,
           "Discarding IKE SA negotiation (I_Cookie=%016" G_GINT64_MODIFIER
           "X R_Cookie=%016" G_GINT64_MODIFIER "X) reason = %s",
           v.cky_i, v.cky_r, end_words(e->why));
}

ON(ike_initial_contact)
{
    if (!e->sent)
        vc_log(s, VC_IKE, 2, 0xA3000067,
               "Received Unexpected InitialContact Notify (PLMgrNotify:888)");
}

ON(ike_lifetime)
{
    if (e->seconds < e->offered)
        vc_log(s, VC_IKE, 5, 0x63000045, "RESPONDER-LIFETIME notify has value of %u seconds",
               e->seconds);
}

ON(ike_delete_rx)
{
    s->log->hears = "DEL";
    say_received(s);
    if (e->protocol == PROTO_ISAKMP || e->spi == 0)
        vc_log(s, VC_IKE, 5, 0x6300003C, "Received a DELETE payload for IKE SA with peer %s",
               IP4S(e->remote));
    else
        vc_log(s, VC_IKE, 5, 0x6300001A,
               "Received a DELETE payload for an IPSec SA with SPI = 0x%08X", e->spi);
}

ON(ike_dpd_tx)
{
    vc_log(s, VC_IKE, 6, 0x6300003D, "Sending DPD request to %s, our seq# = %u", IP4S(e->remote),
           e->number);
}

ON(ike_dpd_rx)
{
    if (e->ack)
        vc_log(s, VC_IKE, 5, 0x63000040,
               "Received DPD ACK from %s, seq# received = %u, seq# expected = %u", IP4S(e->remote),
               e->number, e->number);
}

ON(ike_keepalive)
{
    vc_log(s, VC_IKE, 6, 0x63000055, "Sent a keepalive on the IPSec SA");
}

/* ---- Configuration ---- */

static void say_nets(struct vc *s, const struct ev_xact_attr *e)
{
    struct rd r = rd_over(e->value);
    uint32_t n = (uint32_t)(e->value.n / 14);
    vc_log(s, VC_IKE, 5, 0x6300000D,
           "MODE_CFG_REPLY: Attribute = MODECFG_UNITY_SPLIT_INCLUDE (# of split_nets), value = "
           "0x%08X",
           n);
    for (uint32_t i = 1; i <= n; i++) {
        ip4 addr = rd_u32(&r), mask = rd_u32(&r);
        uint16_t protocol = rd_u16(&r), sport = rd_u16(&r), dport = rd_u16(&r);
        vc_log(s, VC_IKE, 5, 0x6300000F,
               "SPLIT_NET #%u\n\tsubnet = %s \n\tmask = %s\n\tprotocol = %u\n\tsrc port = %u\n\t"
               "dest port=%u",
               i, IP4S(addr), IP4S(mask), protocol, sport, dport);
    }
}

static uint32_t number_of(struct span v)
{
    return v.n >= 4 ? be32_get(v.p) : v.n >= 2 ? be16_get(v.p) : 0;
}

ON(xact_attr)
{
    // clang-format off
    static const struct { uint32_t attr; enum { ADDRESS, TEXT, NUMBER } kind; const char *name; } row[] = {
        { CFG_ATTR_IP4_ADDRESS,    ADDRESS, "INTERNAL_IPV4_ADDRESS: " },
        { CFG_ATTR_IP4_NETMASK,    ADDRESS, "INTERNAL_IPV4_NETMASK: " },
        { CFG_ATTR_IP4_DNS,        ADDRESS, "INTERNAL_IPV4_DNS" },
        { CFG_ATTR_IP4_NBNS,       ADDRESS, "INTERNAL_IPV4_NBNS" },
        { CFG_ATTR_SAVE_PASSWORD,  NUMBER,  "MODECFG_UNITY_SAVEPWD: " },
        { CFG_ATTR_PFS,            NUMBER,  "MODECFG_UNITY_PFS: " },
        { CFG_ATTR_NATT_PORT,      NUMBER,  "Received and using NAT-T port number " },
        { CFG_ATTR_DEFAULT_DOMAIN, TEXT,    "MODECFG_UNITY_DEFDOMAIN: " },
        { CFG_ATTR_BANNER,         TEXT,    "MODECFG_UNITY_BANNER: " },
        { CFG_ATTR_SPLIT_DNS,      TEXT,    "MODECFG_UNITY_SPLITDNS_NAME: " },
        { CFG_ATTR_APPLICATION_VERSION, TEXT, "APPLICATION_VERSION" },
    };
    // clang-format on
    if (e->ours || e->type != CFG_REPLY)
        return;
    if (e->attr == CFG_ATTR_SPLIT_INCLUDE)
        say_nets(s, e);
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        if (row[i].attr != e->attr)
            continue;
        if (row[i].kind == NUMBER) {
            vc_log(s, VC_IKE, 5, 0x6300000D, "MODE_CFG_REPLY: Attribute = %s, value = 0x%08X",
                   row[i].name, number_of(e->value));
            continue;
        }
        if (row[i].kind == ADDRESS) {
            vc_log(s, VC_IKE, 5, 0x63000010, "MODE_CFG_REPLY: Attribute = %s, value = %s",
                   row[i].name, IP4S(number_of(e->value)));
            continue;
        }
        g_autofree char *text = g_strndup((const char *)e->value.p, e->value.n);
        g_autofree char *plain = g_utf8_make_valid(text, -1);
        vc_log(s, VC_IKE, 5, 0x6300000E, "MODE_CFG_REPLY: Attribute = %s, value = %s", row[i].name,
               plain);
    }
}

ON(ike_login)
{
    if (e->ok)
        vc_log(s, VC_CM, 4, 0x6310000E,
               "Established Phase 1 SA.  1 Crypto Active IKE SA, 1 User Authenticated IKE SA in "
               "the system");
}

/* ---- Phase 2 ---- */

ON(qm_install)
{
    vc_log(s, VC_IKE, 5, 0x63000059,
           "Loading IPsec SA (MsgID=%08X OUTBOUND SPI = 0x%08X INBOUND SPI = 0x%08X)", e->msgid,
           e->spi_out, e->spi_in);
    vc_log(s, VC_IKE, 5, 0x63000025, "Loaded OUTBOUND ESP SPI: 0x%08X", e->spi_out);
    vc_log(s, VC_IKE, 5, 0x63000026, "Loaded INBOUND ESP SPI: 0x%08X", e->spi_in);
}

ON(ipsec_sa_new)
{
    vc_log(s, VC_IPSEC, 4, 0x6370000F, "Added key with SPI=0x%08x into key list", e->spi);
}

ON(ipsec_sa_dead)
{
    vc_log(s, VC_IPSEC, 4, 0x63700013, "Delete internal key with SPI=0x%08x", e->spi);
}

/* ---- Hearing ---- */

struct hearing {
    enum trace_id id;
    void (*fn)(struct vc *s, const void *e);
    bool amid; /* while the payloads of a message are read */
};
#define HEAR(name, amid)                                                                           \
    {                                                                                              \
        EV_##name, hear_##name, amid                                                               \
    }

static const struct hearing hearings[] = {
    HEAR(ike_rx, true),         HEAR(ike_vendor_id, true),  HEAR(ike_notify_rx, true),
    HEAR(ike_notify_tx, false), HEAR(ike_delete_tx, false), HEAR(ike_tx, false),
    HEAR(ike_sa_new, false),    HEAR(ike_nat, false),       HEAR(ike_authenticated, false),
    HEAR(ike_fail, false),      HEAR(ike_sa_dead, false),   HEAR(ike_initial_contact, false),
    HEAR(ike_lifetime, false),  HEAR(ike_delete_rx, true),  HEAR(ike_dpd_tx, false),
    HEAR(ike_dpd_rx, false),    HEAR(ike_keepalive, false), HEAR(xact_attr, false),
    HEAR(ike_login, false),     HEAR(qm_install, false),    HEAR(ipsec_sa_new, false),
    HEAR(ipsec_sa_dead, false),
};

static void hear(void *self, const struct trace_event *t)
{
    struct vc *s = self;
    for (size_t i = 0; i < G_N_ELEMENTS(hearings); i++) {
        if (hearings[i].id != t->id)
            continue;
        if (!hearings[i].amid)
            say_received(s);
        hearings[i].fn(s, t->data);
    }
}

void vc_log_init(struct vc *s)
{
    struct trace_mask want = {0};
    struct vc_log *l = s->log = g_new0(struct vc_log, 1);
    l->enabled = true;
    l->kept = g_queue_new();
    l->heard = g_string_new(NULL);
    for (size_t i = 0; i < VC_CLASSES; i++)
        l->level[i] = LEVEL_LOW;
    for (size_t i = 0; i < G_N_ELEMENTS(hearings); i++)
        trace_mask_add(&want, hearings[i].id);
    trace_subscribe(s->d->scope->trace, s->d->scope, &want, hear, s);
}

void vc_log_clear(struct vc *s)
{
    trace_unsubscribe(s->d->scope->trace, hear, s);
    g_queue_free_full(s->log->kept, g_free);
    g_string_free(s->log->heard, TRUE);
    g_clear_pointer(&s->log, g_free);
}

/* ---- Commands ---- */

static void enable(void *self, const struct cli_args *a, GString *out)
{
    ((struct vc *)self)->log->enabled = cli_tag(a);
}

static void clear(void *self, const struct cli_args *a, GString *out)
{
    struct vc_log *l = ((struct vc *)self)->log;
    g_queue_clear_full(l->kept, g_free);
    l->number = 0;
}

static void show(void *self, const struct cli_args *a, GString *out)
{
    for (const GList *i = ((struct vc *)self)->log->kept->head; i; i = i->next)
        g_string_append_printf(out, "%s\n", (const char *)i->data);
}

static void level(void *self, const struct cli_args *a, GString *out)
{
    static const char *const words[] = {"off", "low", "medium", "high"};
    struct vc *s = self;
    for (int k = 0; k < (int)G_N_ELEMENTS(words); k++) {
        if (!cli_has(a, words[k]))
            continue;
        for (size_t i = 0; i < VC_CLASSES; i++) {
            g_autofree char *name = g_ascii_strdown(vc_class_names[i], -1);
            if (cli_has(a, "all") || cli_has(a, name))
                s->log->level[i] = k;
        }
    }
}

// clang-format off
const struct cli_command vc_log_commands[] = {
    { "log enable",  enable, 0, "Log what happens", 1 },
    { "log disable", enable, 0, "Log nothing", 0 },
    { "log clear",   clear,  0, "Forget what was logged" },
    { "log show",    show,   0, "What was logged" },
    { "log level (all|cm|ike|ipsec|cvpnd|xauth|firewall) (off|low|medium|high)", level, 0, "How much of a class is logged" },
    { 0 } };
// clang-format on
