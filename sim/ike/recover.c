/* ESP with an SPI that is not here: this end lost its SAs, and its peer does not know. INVALID-SPI
 * (RFC 2408 3.14.1) says so under an IKE SA; where there is none, one is made for it, whose
 * INITIAL-CONTACT (RFC 2407 4.6.3.3) says the same of everything at once. Anybody can write a wrong
 * SPI, so a peer without a key is not called, and no peer often. */
#include "ike_priv.h"

enum { PORT_IKE = 500, PORT_NAT_T = 4500 };

static bool told_lately(const struct ike_engine *e, ip4 remote, uint16_t rport)
{
    for (size_t i = 0; e->told && i < IKE_TOLD; i++)
        if (e->told[i].remote == remote && e->told[i].rport == rport &&
            sim_now(e->sim) < e->told[i].until)
            return true;
    return false;
}

static void note(struct ike_engine *e, ip4 remote, uint16_t rport)
{
    if (!e->told)
        e->told = g_new0(struct ike_told, IKE_TOLD);
    e->told[e->told_at++ % IKE_TOLD] =
        (struct ike_told){remote, rport, ike_in_seconds(e, e->profile->spi_notice_every_s)};
}

static void say(struct ike_sa *sa, uint32_t spi)
{
    ike_notify_send(sa, NOTIFY_INVALID_SPI, PROTO_IPSEC_ESP, spi, NULL);
}

/* Nobody behind a NAT can be called. */
static bool may_call(const struct ike_engine *e, ip4 local, ip4 remote, uint16_t rport)
{
    bool plain = !rport || rport == PORT_NAT_T;
    return plain && !ike_sa_half_built(ike_peer_find(e, remote, 0), local) &&
           ike_key_for(e->conf, remote) && e->conf->policies->len &&
           e->half_open < e->profile->max_half_open;
}

void ike_unknown_spi(struct ike_engine *e, ip4 local, ip4 remote, uint16_t rport, uint32_t spi)
{
    if (!e->conf->enabled || !e->conf->invalid_spi_recovery || told_lately(e, remote, rport))
        return;
    const struct ike_peer *p = rport ? ike_peer_at(e, remote, rport) : NULL;
    struct ike_sa *sa = ike_sa_working(p ? p : ike_peer_find(e, remote, 0), local);
    bool new_sa = !sa;
    if (new_sa && !may_call(e, local, remote, rport))
        return;
    note(e, remote, rport);
    if (new_sa) {
        sa = ike_sa_new(e, IKE_INITIATOR, local, PORT_IKE, remote, PORT_IKE, 0);
        sa->stray_spi = spi;
        ike_sa_announce(sa);
    }
    TRACE(e->scope, ike_unknown_spi, .sa = sa->id, .local = local, .remote = remote, .spi = spi,
          .new_sa = new_sa);
    if (new_sa)
        ike_main_start(sa);
    else
        say(sa, spi);
}

void ike_recover_completed(struct ike_sa *sa)
{
    uint32_t spi = sa->stray_spi;
    sa->stray_spi = 0;
    if (spi && ike_sa_works(sa))
        say(sa, spi);
}

/* The notification was authentic: what goes out under that SPI goes nowhere. */
void ike_peer_lost_spi(struct ike_sa *sa, uint32_t spi_out)
{
    struct ike_engine *e = sa->e;
    ike_child_remove_out(e, sa->peer, spi_out);
    e->ops.peer_deleted(e->ops.self, sa->remote, sa->peer->nat, spi_out);
}
