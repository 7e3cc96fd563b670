/* Statistics of IKE and IPsec: what happened since the device booted, or since they were cleared.
 * IKE's come from its events, IPsec's from the counters of the data path. */
#include "asa_show_priv.h"

#include <string.h>

enum stat {
    IN_OCTETS,
    IN_PACKETS,
    IN_DROPS,
    IN_NOTIFYS,
    IN_P2,
    IN_P2_INVALID,
    IN_P2_REJECT,
    IN_P2_DELETE,
    OUT_OCTETS,
    OUT_PACKETS,
    OUT_NOTIFYS,
    OUT_P2,
    OUT_P2_INVALID,
    OUT_P2_REJECT,
    OUT_P2_DELETE,
    ENDED,
    BEGUN,
    I_FAILS,
    R_FAILS,
    CAPACITY,
    AUTH_FAILS,
    DECRYPT_FAILS,
    HASH_FAILS,
    NO_SA,
    SEALED,
    OPENED,
    HMACS,
    CREATED,
    REKEYS,
    DELETED,
    KEYS,
    RANDOMS,
    FAILED,
    STATS
};
struct asa_stats {
    uint64_t n[STATS];
    uint64_t cleared[16]; /* of the data path, at the last clearing */
};

/* ---- The data path ---- */

enum { OUT, IN, IN_BYTES, OUT_BYTES, REPLAY, ICV, RX_ERRORS, TX_ERRORS, NO_SPI, MADE, PATHS };
G_STATIC_ASSERT(PATHS <= G_N_ELEMENTS(((struct asa_stats *)0)->cleared));

static uint64_t path_total(const struct asa *s, int which)
{
    static const char *const name[PATHS] = {"esp.out.packets", "esp.in.packets",  "esp.in.bytes",
                                            "esp.out.bytes",   "esp.replay",      "esp.icv",
                                            "esp.recv_errors", "esp.send_errors", "esp.no_spi",
                                            "ipsec.sa.created"};
    uint64_t n;
    trace_counter_get(s->d->scope, name[which], &n);
    return n;
}

/* ---- Counting ---- */

/* Messages 5 and 6 of main mode, and all that follows phase 1. */
static bool is_sealed(enum isakmp_exchange x, uint32_t msgid, enum ike_role role,
                      enum ike_state state, bool sent)
{
    if (x != EXCHANGE_MAIN)
        return msgid != 0;
    if (sent)
        return role == IKE_INITIATOR ? state >= IKE_STATE_I_MM4 && state <= IKE_STATE_I_MM5
                                     : state == IKE_STATE_R_MM5;
    return role == IKE_INITIATOR ? state == IKE_STATE_I_MM5 : state == IKE_STATE_R_MM4;
}

static void count_end(uint64_t *n, const struct ev_ike_sa_dead *e)
{
    n[DELETED]++;
    n[ENDED] += e->state == IKE_STATE_QM_IDLE;
    if (e->state == IKE_STATE_QM_IDLE)
        return;
    n[e->role == IKE_INITIATOR ? I_FAILS : R_FAILS]++;
    n[AUTH_FAILS] += e->why == WHY_HASH_MISMATCH || e->why == WHY_NO_KEY || e->why == WHY_IDENTITY;
}

static void count_bad(uint64_t *n, const struct ev_ike_bad *e)
{
    n[IN_DROPS]++;
    n[DECRYPT_FAILS] += e->why == WHY_RESERVED_NOT_ZERO || e->why == WHY_MALFORMED;
    n[HASH_FAILS] += e->why == WHY_HASH_MISMATCH;
}

static void count_fail(uint64_t *n, const struct ev_ike_fail *e)
{
    n[FAILED]++;
    if (e->exchange == EXCHANGE_QUICK && e->why != WHY_NONE)
        n[e->role == IKE_INITIATOR ? OUT_P2_INVALID : IN_P2_INVALID]++;
}

static void hear(void *self, const struct trace_event *t)
{
    uint64_t *n = ((struct asa_stats *)self)->n;
    switch (t->id) {
    case EV_ike_rx: {
        const struct ev_ike_rx *e = t->data;
        n[IN_PACKETS]++;
        n[IN_OCTETS] += e->length;
        n[OPENED] += is_sealed(e->exchange, e->msgid, e->role, e->state, false);
        break;
    }
    case EV_ike_tx: {
        const struct ev_ike_tx *e = t->data;
        n[OUT_PACKETS]++;
        n[OUT_OCTETS] += e->length;
        n[SEALED] += !e->again && is_sealed(e->exchange, e->msgid, e->role, e->state, true);
        break;
    }
    case EV_ike_notify_rx:
        n[IN_NOTIFYS]++;
        break;
    case EV_ike_notify_tx:
        n[OUT_NOTIFYS]++;
        break;
    case EV_ike_delete_rx:
        n[IN_P2_DELETE] += ((const struct ev_ike_delete_rx *)t->data)->spi != 0;
        break;
    case EV_ike_delete_tx:
        n[OUT_P2_DELETE] += ((const struct ev_ike_delete_tx *)t->data)->spi != 0;
        break;
    case EV_qm_new: {
        bool ours = ((const struct ev_qm_new *)t->data)->ours;
        n[ours ? OUT_P2 : IN_P2]++;
        break;
    }
    case EV_qm_refused:
        n[IN_P2_REJECT]++;
        break;
    case EV_ike_sa_new:
        n[CREATED]++;
        n[RANDOMS]++;
        n[BEGUN] += ((const struct ev_ike_sa_new *)t->data)->role == IKE_INITIATOR;
        break;
    case EV_ike_sa_dead:
        count_end(n, t->data);
        break;
    case EV_ike_rekey:
        n[REKEYS]++;
        break;
    case EV_ike_skeyid:
        n[KEYS]++;
        break;
    case EV_ike_hmac:
        n[HMACS]++;
        break;
    case EV_ike_bad:
        count_bad(n, t->data);
        break;
    case EV_ike_no_sa:
        n[NO_SA]++;
        break;
    case EV_ike_fail:
        count_fail(n, t->data);
        break;
    default:
        break;
    }
}

void asa_stats_start(struct asa *s)
{
    static const enum trace_id heard[] = {
        EV_ike_rx,        EV_ike_tx,        EV_ike_notify_rx, EV_ike_notify_tx,
        EV_ike_delete_rx, EV_ike_delete_tx, EV_qm_new,        EV_qm_refused,
        EV_ike_sa_new,    EV_ike_sa_dead,   EV_ike_rekey,     EV_ike_skeyid,
        EV_ike_hmac,      EV_ike_bad,       EV_ike_no_sa,     EV_ike_fail};
    struct trace_mask want = {0};
    s->stats = g_new0(struct asa_stats, 1);
    for (size_t i = 0; i < G_N_ELEMENTS(heard); i++)
        trace_mask_add(&want, heard[i]);
    for (int i = 0; i < PATHS; i++)
        s->stats->cleared[i] = path_total(s, i); /* of a life before this boot */
    trace_subscribe(s->d->scope->trace, s->d->scope, &want, hear, s->stats);
}

void asa_stats_stop(struct asa *s)
{
    trace_unsubscribe(s->d->scope->trace, hear, s->stats);
    g_clear_pointer(&s->stats, g_free);
}

/* ---- show crypto isakmp stats ---- */

static const struct {
    const char *text;
    enum stat of;
} ike_row[] = {
    {"Previous Tunnels", ENDED},
    {"In Octets", IN_OCTETS},
    {"In Packets", IN_PACKETS},
    {"In Drop Packets", IN_DROPS},
    {"In Notifys", IN_NOTIFYS},
    {"In P2 Exchanges", IN_P2},
    {"In P2 Exchange Invalids", IN_P2_INVALID},
    {"In P2 Exchange Rejects", IN_P2_REJECT},
    {"In P2 Sa Delete Requests", IN_P2_DELETE},
    {"Out Octets", OUT_OCTETS},
    {"Out Packets", OUT_PACKETS},
    {"Out Notifys", OUT_NOTIFYS},
    {"Out P2 Exchanges", OUT_P2},
    {"Out P2 Exchange Invalids", OUT_P2_INVALID},
    {"Out P2 Sa Delete Requests", OUT_P2_DELETE},
    {"Initiator Tunnels", BEGUN},
    {"Initiator Fails", I_FAILS},
    {"Responder Fails", R_FAILS},
    {"Auth Fails", AUTH_FAILS},
    {"Decrypt Fails", DECRYPT_FAILS},
    {"Hash Valid Fails", HASH_FAILS},
    {"No Sa Fails", NO_SA},
};

/* A column of a view is named as the line, in lower case, with dashes. */
static void cell(struct view *v, const char *text, uint64_t n)
{
    g_autofree char *column = g_ascii_strdown(text, -1);
    g_strdelimit(column, " ", '-');
    view_set(v, column, U64, n);
}

static uint64_t active_ike(const struct asa *s)
{
    struct ike_sa_view sa;
    uint64_t n = 0;
    for (size_t i = 0; ike_sa_at(s->d->ike, i, &sa); i++)
        n += sa.state == IKE_STATE_QM_IDLE && !asa_sa_is_rekey(s, &sa);
    return n;
}

void asa_view_ike_stats(struct asa *s, char **args, struct view *v)
{
    view_row_begin(v);
    cell(v, "Active Tunnels", active_ike(s));
    for (size_t i = 0; i < G_N_ELEMENTS(ike_row); i++)
        cell(v, ike_row[i].text, s->stats->n[ike_row[i].of]);
}

void asa_show_ike_stats(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    if (cli_has(a, "ikev1") && !asa_since(s, 8, 4)) {
        asa_unknown_word(s, a, "ikev1");
        return;
    }
    g_string_append_printf(out, "Global %s Statistics\n  Active Tunnels: " U64 "\n",
                           asa_since(s, 8, 4) ? "IKEv1" : "IKE", active_ike(s));
    for (size_t i = 0; i < G_N_ELEMENTS(ike_row); i++)
        g_string_append_printf(out, "  %s: " U64 "\n", ike_row[i].text, s->stats->n[ike_row[i].of]);
}

/* ---- show crypto ipsec stats ---- */

static uint64_t path(const struct asa *s, int which)
{
    return path_total(s, which) - s->stats->cleared[which];
}

static uint64_t active_pairs(const struct asa *s)
{
    return sad_count(ipsec_sad(s->d->ipsec)) / 2;
}

static uint64_t previous_pairs(const struct asa *s)
{
    uint64_t made = path(s, MADE) / 2;
    return made > active_pairs(s) ? made - active_pairs(s) : 0;
}

void asa_view_ipsec_stats(struct asa *s, char **args, struct view *v)
{
    view_row_begin(v);
    cell(v, "Active tunnels", active_pairs(s));
    cell(v, "Previous tunnels", previous_pairs(s));
    cell(v, "Inbound bytes", path(s, IN_BYTES));
    cell(v, "Inbound packets", path(s, IN));
    cell(v, "Inbound dropped packets", path(s, RX_ERRORS));
    cell(v, "Replay failures", path(s, REPLAY));
    cell(v, "Authentication failures", path(s, ICV));
    cell(v, "Outbound bytes", path(s, OUT_BYTES));
    cell(v, "Outbound packets", path(s, OUT));
    cell(v, "Outbound dropped packets", path(s, TX_ERRORS));
    cell(v, "Missing SA failures", path(s, NO_SPI));
}

void asa_show_ipsec_stats(void *self, const struct cli_args *a, GString *out)
{
    const struct asa *s = self;
    g_string_append_printf(out,
                           "\nIPsec Global Statistics\n-----------------------\n"
                           "Active tunnels: " U64 "\nPrevious tunnels: " U64 "\n",
                           active_pairs(s), previous_pairs(s));
    g_string_append_printf(out,
                           "Inbound\n    Bytes: " U64 "\n    Packets: " U64
                           "\n    Dropped packets: " U64 "\n    Replay failures: " U64
                           "\n    Authentications: " U64 "\n    Authentication failures: " U64
                           "\n    Decryptions: " U64 "\n",
                           path(s, IN_BYTES), path(s, IN), path(s, RX_ERRORS), path(s, REPLAY),
                           path(s, IN), path(s, ICV), path(s, IN));
    g_string_append_printf(out,
                           "Outbound\n    Bytes: " U64 "\n    Packets: " U64
                           "\n    Dropped packets: " U64 "\n    Authentications: " U64
                           "\n    Encryptions: " U64 "\nMissing SA failures: " U64 "\n",
                           path(s, OUT_BYTES), path(s, OUT), path(s, TX_ERRORS), path(s, OUT),
                           path(s, OUT), path(s, NO_SPI));
}

/* ---- show crypto protocol statistics ---- */

struct protocol {
    uint64_t sealed, opened, hmacs, created, rekeyed, deleted, keys, randoms, failed;
};

static void protocol_text(const char *name, const struct protocol *p, GString *out)
{
    g_string_append_printf(out,
                           "[%s statistics]\n"
                           "    Encrypt packet requests: " U64 "\n"
                           "    Encapsulate packet requests: " U64 "\n"
                           "    Decrypt packet requests: " U64 "\n"
                           "    Decapsulate packet requests: " U64 "\n"
                           "    HMAC calculation requests: " U64 "\n",
                           name, p->sealed, p->sealed, p->opened, p->opened, p->hmacs);
    g_string_append_printf(out,
                           "    SA creation requests: " U64 "\n"
                           "    SA rekey requests: " U64 "\n"
                           "    SA deletion requests: " U64 "\n"
                           "    Next phase key allocation requests: " U64 "\n"
                           "    Random number generation requests: " U64 "\n"
                           "    Failed requests: " U64 "\n",
                           p->created, p->rekeyed, p->deleted, p->keys, p->randoms, p->failed);
}

/* Two SAs a pair, as the listing counts them. */
static struct protocol of_ipsec(const struct asa *s)
{
    uint64_t made = path(s, MADE), live = sad_count(ipsec_sad(s->d->ipsec));
    return (struct protocol){
        .sealed = path(s, OUT),
        .opened = path(s, IN) + path(s, ICV),
        .hmacs = path(s, OUT) + path(s, IN) + path(s, ICV),
        .created = made,
        .deleted = made > live ? made - live : 0,
        .failed = path(s, TX_ERRORS) + path(s, RX_ERRORS),
    };
}

static struct protocol of_ike(const struct asa *s)
{
    const uint64_t *n = s->stats->n;
    return (struct protocol){n[SEALED],  n[OPENED], n[HMACS],   n[CREATED], n[REKEYS],
                             n[DELETED], n[KEYS],   n[RANDOMS], n[FAILED]};
}

void asa_show_protocol_stats(void *self, const struct cli_args *a, GString *out)
{
    const struct asa *s = self;
    const struct protocol ike = of_ike(s), ipsec = of_ipsec(s);
    bool all = cli_has(a, "all");
    if (all || cli_has(a, "ikev1"))
        protocol_text("IKEv1", &ike, out);
    if (all || cli_has(a, "ipsec"))
        protocol_text("IPsec", &ipsec, out);
}

void asa_clear_stats(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    bool all = cli_has(a, "all");
    g_autofree char *what = cli_canonical(a);
    TRACE(s->d->scope, clear_command, .what = what);
    if (all || cli_has(a, "ikev1") || cli_has(a, "isakmp"))
        memset(s->stats->n, 0, sizeof s->stats->n);
    for (int i = 0; i < PATHS && (all || cli_has(a, "ipsec")); i++)
        s->stats->cleared[i] = path_total(s, i);
}
