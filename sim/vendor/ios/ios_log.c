/* System messages ("%CRYPTO-4-…"): time stamps, console and buffer by level, and the events that
 * cause them.
 *
 * Messages about single packets are held to one a minute for each subject (the SA, or the sender
 * when there is no SA), as IOS does so that an attacker cannot flood a console; the packets are
 * counted all the same. */
#include "vendor/common.h"
#include "vendor/ios/ios_debug_priv.h"

#define PACKET_MESSAGE_EVERY SECONDS(60)
#define LIMITS_KEPT          256

/* ---- Time stamps ---- */

static struct vendor_clock clock_now(const struct ios *s)
{
    return vendor_clock_at(device_clock_ns(s->d));
}

/* 00:00:12 in the first day, then 1d00h, then 2w5d, then 1y02w: the two largest units. */
void ios_uptime_text(const struct ios *s, GString *out)
{
    int64_t seconds = (sim_now(s->d->sim) - s->d->booted) / 1000000000;
    int64_t days = seconds / 86400;
    if (days < 1)
        g_string_append_printf(out, "%02d:%02d:%02d", (int)(seconds / 3600),
                               (int)(seconds / 60 % 60), (int)(seconds % 60));
    else if (days < 7)
        g_string_append_printf(out, "%dd%02dh", (int)days, (int)(seconds / 3600 % 24));
    else if (days < 365)
        g_string_append_printf(out, "%dw%dd", (int)(days / 7), (int)(days % 7));
    else
        g_string_append_printf(out, "%dy%02dw", (int)(days / 365), (int)(days % 365 / 7));
}

void ios_stamp_text(const struct ios *s, enum ios_stamp style, GString *out)
{
    if (style == IOS_STAMP_NONE)
        return;
    if (style == IOS_STAMP_UPTIME) {
        ios_uptime_text(s, out);
        g_string_append(out, ": ");
        return;
    }
    struct vendor_clock t = clock_now(s);
    g_string_append_printf(out, "%s%s %2d %02d:%02d:%02d", s->d->clock_set ? "" : "*",
                           vendor_month[t.month - 1], t.day, t.hour, t.minute, t.second);
    if (style == IOS_STAMP_DATETIME_MSEC)
        g_string_append_printf(out, ".%03d", t.ms);
    g_string_append(out, ": ");
}

/* "*00:00:12.345 UTC Mon Mar 1 1993" */
void ios_clock_text(const struct ios *s, GString *out)
{
    struct vendor_clock t = clock_now(s);
    g_string_append_printf(out, "%s%02d:%02d:%02d.%03d UTC %s %s %d %d", s->d->clock_set ? "" : "*",
                           t.hour, t.minute, t.second, t.ms, vendor_weekday[t.weekday],
                           vendor_month[t.month - 1], t.day, t.year);
}

/* ---- Where messages go ---- */

void ios_log_init(struct ios *s)
{
    s->words->limits = g_array_new(FALSE, FALSE, sizeof(struct ios_limit));
}

void ios_log_clear(struct ios *s)
{
    g_array_free(s->words->limits, TRUE);
}

/* The buffer is a ring of `logging buffered <bytes>`: the oldest lines make room. */
static void keep_in_buffer(struct ios *s, const char *text)
{
    if (g_queue_is_empty(s->buffer)) /* cleared by the operator */
        s->words->buffer_used = 0;
    g_queue_push_tail(s->buffer, g_strdup(text));
    s->words->buffer_used += strlen(text) + 1;
    while (s->words->buffer_used > s->buffer_bytes && s->buffer->length > 1) {
        g_autofree char *oldest = g_queue_pop_head(s->buffer);
        s->words->buffer_used -= strlen(oldest) + 1;
    }
    s->buffer_logged++;
}

static void deliver(struct ios *s, int severity, enum console_kind kind, const char *text)
{
    /* `no logging on` leaves the console alone: it is the one destination that remains. */
    if (s->logging_on && s->logging_buffered && severity <= s->buffer_level)
        keep_in_buffer(s, text);
    if (s->logging_console && severity <= s->console_level) {
        device_print(s->d, kind, text);
        s->console_logged++;
    }
}

void ios_log(struct ios *s, const char *facility, int severity, const char *mnemonic,
             const char *format, ...)
{
    g_autoptr(GString) text = g_string_new(NULL);
    ios_stamp_text(s, s->stamp_log, text);
    g_string_append_printf(text, "%%%s-%d-%s: ", facility, severity, mnemonic);
    va_list args;
    va_start(args, format);
    g_string_append_vprintf(text, format, args);
    va_end(args);
    deliver(s, severity, CONSOLE_LOG, text->str);
}

void ios_debug_line(struct ios *s, const char *format, ...)
{
    g_autoptr(GString) text = g_string_new(NULL);
    ios_stamp_text(s, s->stamp_debug, text);
    va_list args;
    va_start(args, format);
    g_string_append_vprintf(text, format, args);
    va_end(args);
    if (g_str_has_suffix(text->str, "\n"))
        g_string_append_c(text, '\n'); /* the console takes one newline as the end of the line */
    deliver(s, 7, CONSOLE_DEBUG, text->str);
}

/* May this message about this subject be printed now? */
static bool may_print(struct ios *s, const char *mnemonic, uint32_t subject)
{
    GArray *limits = s->words->limits;
    sim_time now = sim_now(s->d->sim);
    for (guint i = limits->len; i-- > 0;) {
        const struct ios_limit *l = &g_array_index(limits, struct ios_limit, i);
        if (l->until <= now)
            g_array_remove_index(limits, i);
        else if (l->subject == subject && g_str_equal(l->mnemonic, mnemonic))
            return false;
    }
    if (limits->len >= LIMITS_KEPT)
        return false;
    struct ios_limit l = {mnemonic, subject, now + PACKET_MESSAGE_EVERY};
    g_array_append_val(limits, l);
    return true;
}

/* ---- IKE ---- */

ON(ike_bad)
{
    ios_log(s, "CRYPTO", 4, "IKMP_BAD_MESSAGE",
            "IKE message from %s failed its sanity check or is malformed", IP4S(e->remote));
}

ON(ike_no_sa)
{
    ios_log(s, "CRYPTO", 4, "IKMP_NO_SA",
            "IKE message from %s has no SA and is not an initialization offer", IP4S(e->remote));
}

/* Nothing was processed when there was nothing to begin with. */
static bool could_not_begin(const struct ev_ike_fail *e)
{
    return e->role == IKE_INITIATOR && (e->why == WHY_NO_KEY || e->why == WHY_NO_POLICY);
}

/* Failures that a person caused, that ran out of time, or that have a message of their own are not
 * "processing failed". A peer that refuses does so in an informational message, and it is that mode
 * which failed. */
ON(ike_fail)
{
    switch (e->why) {
    case WHY_RETRANSMITS:
    case WHY_ADMIN:
    case WHY_EXPIRED:
    case WHY_REPLACED:
    case WHY_CONFIG:
    case WHY_LIMIT:
    case WHY_PEER_DELETE:
    case WHY_INITIAL_CONTACT:
    case WHY_DPD:
    case WHY_COLLISION:
    case WHY_MALFORMED:
    case WHY_RESERVED_NOT_ZERO:
    case WHY_NO_SA:
        return;
    default:
        break;
    }
    /* A refusal of quick mode comes protected: that message itself was processed well. */
    bool told = e->why == WHY_PEER_NOTIFY && e->exchange == EXCHANGE_QUICK;
    if (could_not_begin(e) || told)
        return;
    enum isakmp_exchange mode = e->why == WHY_PEER_NOTIFY ? EXCHANGE_INFORMATIONAL : e->exchange;
    ios_log(s, "CRYPTO", 6, "IKMP_MODE_FAILURE", "Processing of %s Mode failed with peer at %s",
            ios_exchange_word(mode), IP4S(e->remote));
}

/* A refusal without HASH changes nothing, and says that it failed. */
ON(ike_notify_rx)
{
    if (!ios_notify_believed(s, e))
        ios_log(s, "CRYPTO", 6, "IKMP_MODE_FAILURE",
                "Processing of Informational Mode failed with peer at %s", IP4S(e->remote));
}

/* ---- ESP ---- */

static void proxy_text(const struct proxy *p, GString *out)
{
    g_string_append_printf(out, "%s/%s/%u/%u", IP4S(p->addr), IP4S(p->mask), p->protocol, p->port);
}

/* The identity pair whose inbound SA this is; NULL when it is gone. */
static const struct ipsec_ident *ident_of(const struct ios *s, esp_sa_id sa)
{
    struct ipsec *x = s->d->ipsec;
    for (size_t i = 0; i < ipsec_ident_count(x); i++) {
        const struct ipsec_ident *ident = ipsec_ident_at(x, i);
        for (guint k = 0; k < ident->pairs->len; k++) {
            const struct ipsec_pair *pair = g_ptr_array_index(ident->pairs, k);
            if (pair->in == sa)
                return ident;
        }
    }
    return NULL;
}

static void invalid_identity(struct ios *s, const struct ev_esp_drop *e)
{
    const struct ipsec_ident *ident = ident_of(s, e->sa);
    g_autoptr(GString) local = g_string_new(NULL);
    g_autoptr(GString) remote = g_string_new(NULL);
    if (ident) {
        proxy_text(&ident->local_proxy, local);
        proxy_text(&ident->remote_proxy, remote);
    }
    ios_log(s, "CRYPTO", 4, "RECVD_PKT_INV_IDENTITY",
            "identity doesn't match negotiated identity\n"
            "        (ip) dest_addr= %s, src_addr= %s, prot= %u\n"
            "        (ident) local=%s, remote=%s, local_proxy=%s, remote_proxy=%s",
            IP4S(e->inner_dst), IP4S(e->inner_src), e->protocol, IP4S(e->dst), IP4S(e->src),
            local->str, remote->str);
}

/* An engine that does the ciphers speaks for itself of what it refuses (DBG-32, 35, 37). False: it
 * has no words for that. The status of HPRXERR is 4612 for ESP and 4615 for AH. */
static bool engine_says(struct ios *s, const struct ev_esp_drop *e)
{
    bool replay = e->why == DROP_ESP_REPLAY, icv = e->why == DROP_ESP_ICV;
    if (s->d->engine_off)
        return false;
    switch (s->d->profile.crypto_engine) {
    case PROFILE_ENGINE_VPN_MODULE:
        if (replay && may_print(s, "HPRXERR", e->spi))
            ios_log(s, "HW_VPN", 1, "HPRXERR",
                    "Hardware VPN0/2: Packet Encryption/Decryption error, status=4612");
        return replay;
    case PROFILE_ENGINE_EM_MODULE:
        if (replay && may_print(s, "ERROR", e->spi))
            ios_log(s, "C1700_EM", 1, "ERROR", "packet-rx error: ESP sequence fail");
        return replay;
    case PROFILE_ENGINE_MOTCR:
        if (icv && may_print(s, "PKTENGRET_ERROR", e->spi)) {
            ios_log(s, "MOTCR", 1, "ERROR", "motcr_crypto_callback() motcr return failure");
            ios_log(s, "MOTCR", 1, "PKTENGRET_ERROR",
                    "MOTCR PktEng Return Value = 0x20000, PktEngReturn_MACMiscompare");
        }
        return icv;
    default:
        return false;
    }
}

ON(esp_drop)
{
    if (engine_says(s, e))
        return;
    switch (e->why) {
    case DROP_ESP_NO_SPI:
        if (may_print(s, "RECVD_PKT_INV_SPI", e->src))
            ios_log(s, "CRYPTO", 4, "RECVD_PKT_INV_SPI",
                    "decaps: rec'd IPSEC packet has invalid spi for destaddr=%s, prot=50, "
                    "spi=0x%X(%u), srcaddr=%s",
                    IP4S(e->dst), e->spi, e->spi, IP4S(e->src));
        break;
    case DROP_ESP_REPLAY:
        if (!may_print(s, "PKT_REPLAY_ERR", e->spi))
            break;
        if (s->dialect == IOS_DIALECT_B)
            ios_log(s, "CRYPTO", 4, "PKT_REPLAY_ERR",
                    "decrypt: replay check failed connection id=%u.", ios_conn_of_esp(s, e->sa));
        else
            ios_log(
                s, "CRYPTO", 4, "PKT_REPLAY_ERR",
                "decrypt: replay check failed connection id=%u, sequence number=%" G_GUINT64_FORMAT,
                ios_conn_of_esp(s, e->sa), e->seq);
        break;
    case DROP_ESP_ICV:
        if (may_print(s, "RECVD_PKT_MAC_ERR", e->spi))
            ios_log(s, "CRYPTO", 4, "RECVD_PKT_MAC_ERR",
                    "decrypt: mac verify failed for connection id=%u", ios_conn_of_esp(s, e->sa));
        break;
    case DROP_ESP_PROXY:
        if (may_print(s, "RECVD_PKT_INV_IDENTITY", e->spi))
            invalid_identity(s, e);
        break;
    default:
        break;
    }
}

ON(ipsec_clear)
{
    if (!may_print(s, "RECVD_PKT_NOT_IPSEC", e->src))
        return;
    const char *vrf = s->dialect == IOS_DIALECT_B ? "dest_addr= " : "vrf/dest_addr= /";
    ios_log(s, "CRYPTO", 4, "RECVD_PKT_NOT_IPSEC",
            "Rec'd packet not an IPSEC packet. (ip) %s%s, src_addr= %s, prot= %u", vrf,
            IP4S(e->dst), IP4S(e->src), e->protocol);
}

/* ---- Interfaces ---- */

ON(if_state)
{
    const struct net_if *i = net_if_by_name(s->d->node, e->interface);
    const char *state = e->up ? "up" : "down";
    if (i && !i->admin_up && !e->up)
        ios_log(s, "LINK", 5, "CHANGED", "Interface %s, changed state to administratively down",
                e->interface);
    else
        ios_log(s, "LINK", 3, "UPDOWN", "Interface %s, changed state to %s", e->interface, state);
    ios_log(s, "LINEPROTO", 5, "UPDOWN", "Line protocol on Interface %s, changed state to %s",
            e->interface, state);
}

/* CAT-81. */
ON(fw_wscale)
{
    ios_log(s, "FW", 3, "RESPONDER_WND_SCALE_INI_NO_SCALE",
            "Dropping packet - Invalid Window Scale option for session %s:%u to %s:%u "
            "[Initiator(flag %d,factor %u) Responder (flag %d, factor %u)]",
            IP4S(e->src), e->sport, IP4S(e->dst), e->dport, e->asked, e->factor, e->answered,
            e->answer_factor);
}

// clang-format off
const struct ios_hearing ios_hear_log[] = {
    HEAR(0, ike_bad), HEAR(0, ike_no_sa), HEAR(0, ike_fail), HEAR(0, ike_notify_rx),
    HEAR(0, esp_drop), HEAR(0, ipsec_clear), HEAR(0, fw_wscale),
    HEAR(0, if_state),
    { .fn = NULL },
};
// clang-format on
