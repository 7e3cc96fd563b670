/* show crypto session and clear crypto session: what there is with each peer, IKE and IPsec
 * together.
 */
#include "vendor/ios/ios_ra.h"
#include "vendor/ios/ios_show_priv.h"

#include <string.h>

/* The newest IKE SA with that peer. */
static bool ike_sa_with(const struct ios *s, ip4 peer, struct ike_sa_view *out)
{
    struct ike_sa_view sa;
    bool found = false;
    for (size_t i = 0; i < ike_sa_count(s->d->ike); i++)
        if (ike_sa_at(s->d->ike, i, &sa) && sa.remote == peer && sa.state != IKE_STATE_DEAD) {
            *out = sa;
            found = true;
        }
    return found;
}

static const char *session_status(bool ike, const struct ike_sa_view *sa, bool flows)
{
    if (ike && sa->state == IKE_STATE_QM_IDLE)
        return flows ? "UP-ACTIVE" : "UP-IDLE";
    if (flows)
        return "UP-NO-IKE";
    return ike ? "DOWN-NEGOTIATING" : "DOWN";
}

/* A session is what one interface has with one peer. The first ident of each stands for it. */
static bool first_of_session(const struct ipsec *x, size_t at)
{
    const struct ipsec_ident *ident = ipsec_ident_at(x, at);
    for (size_t i = 0; i < at; i++) {
        const struct ipsec_ident *o = ipsec_ident_at(x, i);
        if (o->on == ident->on && o->peer == ident->peer)
            return false;
    }
    return true;
}

static bool same_session(const struct ipsec_ident *a, const struct ipsec_ident *b)
{
    return a->on == b->on && a->peer == b->peer;
}

static bool has_flows(const struct ipsec *x, const struct ipsec_ident *first)
{
    for (size_t i = 0; i < ipsec_ident_count(x); i++)
        if (same_session(ipsec_ident_at(x, i), first) && ipsec_ident_at(x, i)->pairs->len > 0)
            return true;
    return false;
}

static void flow_text(const struct ios *s, const struct ipsec_ident *i, bool detail, GString *out)
{
    const char *what = i->local_proxy.protocol == 0                 ? "ip"
                       : i->local_proxy.protocol == IPPROTO_NUM_TCP ? "6"
                       : i->local_proxy.protocol == IPPROTO_NUM_UDP ? "17"
                                                                    : "1";
    g_string_append_printf(out, "  IPSEC FLOW: permit %s %s/%s %s/%s \n", what,
                           IP4S(i->local_proxy.addr), IP4S(i->local_proxy.mask),
                           IP4S(i->remote_proxy.addr), IP4S(i->remote_proxy.mask));
    g_string_append_printf(out, "        Active SAs: %u, origin: %s\n", i->pairs->len * 2,
                           i->from_acl ? "crypto map" : "dynamic crypto map");
    if (!detail)
        return;
    const struct ipsec_pair *p = i->pairs->len ? g_ptr_array_index(i->pairs, 0) : NULL;
    uint64_t kb_in = 0, kb_out = 0;
    int64_t left = 0;
    if (p) {
        uint64_t limit = p->hard_bytes ? p->hard_bytes : (uint64_t)p->life_kb * 1024;
        kb_in = limit > p->bytes_in ? (limit - p->bytes_in) / 1024 : 0;
        kb_out = limit > p->bytes_out ? (limit - p->bytes_out) / 1024 : 0;
        left = p->hard == SIM_TIME_MAX ? p->life_s
                                       : MAX(0, (p->hard - sim_now(s->d->sim)) / SECONDS(1));
    }
    g_string_append_printf(out,
                           "        Inbound:  #pkts dec'ed %" G_GUINT64_FORMAT
                           " drop %" G_GUINT64_FORMAT " life (KB/Sec) %" G_GUINT64_FORMAT
                           "/%" G_GINT64_FORMAT "\n",
                           i->decrypt, i->recv_errors, kb_in, left);
    g_string_append_printf(out,
                           "        Outbound: #pkts enc'ed %" G_GUINT64_FORMAT
                           " drop %" G_GUINT64_FORMAT " life (KB/Sec) %" G_GUINT64_FORMAT
                           "/%" G_GINT64_FORMAT "\n",
                           i->encrypt, i->send_errors, kb_out, left);
}

/* "CX", in the order of the codes. */
void ios_capabilities(const struct ios *s, const struct ike_sa_view *sa, GString *out)
{
    if (sa->configured)
        g_string_append_c(out, 'C');
    if (sa->dpd && s->d->ike_conf->liveness.threshold_s)
        g_string_append_c(out, 'D');
    if (sa->nat_here || sa->nat_there)
        g_string_append_c(out, 'N');
    if (sa->xauth)
        g_string_append_c(out, 'X');
}

static void ike_text(const struct ios *s, const struct ike_sa_view *sa, bool detail, GString *out)
{
    g_string_append_printf(out, "  IKE SA: local %s/%u remote %s/%u %s \n", IP4S(sa->local),
                           sa->lport, IP4S(sa->remote), sa->rport,
                           sa->state == IKE_STATE_QM_IDLE ? "Active" : "Inactive");
    if (!detail)
        return;
    int64_t left =
        sa->expires == SIM_TIME_MAX ? 0 : MAX(0, (sa->expires - sim_now(s->d->sim)) / SECONDS(1));
    g_autoptr(GString) cap = g_string_new(NULL);
    ios_capabilities(s, sa, cap);
    g_string_append_printf(out, "          Capabilities:%s connid:%u lifetime:%02d:%02d:%02d\n",
                           cap->len ? cap->str : "(none)", ios_conn_of_ike(s, sa->id),
                           (int)(left / 3600), (int)(left / 60 % 60), (int)(left % 60));
}

/* One session: what an interface has with a peer. Without idents there is only the IKE SA. */
struct session {
    const struct net_if *on;
    ip4 peer;
    const struct ipsec_ident *first; /* NULL = none */
    size_t at;                       /* its place */
    bool ike, flows;
    struct ike_sa_view sa;
};

static const char *status_of(const struct session *x)
{
    return session_status(x->ike, &x->sa, x->flows);
}

/* Peers in phase 1, or between it and phase 2, have no ident yet. */
static bool has_ident(const struct ipsec *x, ip4 peer)
{
    for (size_t i = 0; i < ipsec_ident_count(x); i++)
        if (ipsec_ident_at(x, i)->peer == peer)
            return true;
    return false;
}

static const struct net_if *interface_of(const struct ios *s, ip4 local)
{
    for (size_t i = 0; i < net_if_count(s->d->node); i++) {
        const struct net_if *on = net_if_at(s->d->node, i);
        if (ipsec_bound(s->d->ipsec, on) && ipsec_local_address(s->d->ipsec, on) == local)
            return on;
    }
    return NULL;
}

static GArray *sessions(const struct ios *s)
{
    struct ipsec *x = s->d->ipsec;
    GArray *all = g_array_new(FALSE, TRUE, sizeof(struct session));
    for (size_t at = 0; at < ipsec_ident_count(x); at++) {
        const struct ipsec_ident *first = ipsec_ident_at(x, at);
        if (!first_of_session(x, at))
            continue;
        struct session one = {.on = first->on,
                              .peer = first->peer,
                              .first = first,
                              .at = at,
                              .flows = has_flows(x, first)};
        one.ike = ike_sa_with(s, first->peer, &one.sa);
        g_array_append_val(all, one);
    }
    struct session one = {.ike = true};
    for (size_t i = 0; i < ike_sa_count(s->d->ike); i++) {
        if (!ike_sa_at(s->d->ike, i, &one.sa) || one.sa.state == IKE_STATE_DEAD ||
            has_ident(x, one.sa.remote))
            continue;
        one.peer = one.sa.remote;
        one.on = interface_of(s, one.sa.local);
        g_array_append_val(all, one);
    }
    return all;
}

/* 12.4 names the user and what it was given. */
static void user_text(const struct ios *s, const struct session *x, GString *out)
{
    const struct ike_sa_view *sa = &x->sa;
    if (!x->ike || (s->major == 12 && s->minor < 4))
        return;
    if (sa->user && *sa->user)
        g_string_append_printf(out, "Username: %s\n", sa->user);
    if (sa->party && *sa->party)
        g_string_append_printf(out, "Profile: %s\n", sa->party);
    if (sa->assigned)
        g_string_append_printf(out, "Assigned address: %s\n", IP4S(sa->assigned));
}

static void session_text(struct ios *s, const struct session *x, bool detail, GString *out)
{
    struct ipsec *ipsec = s->d->ipsec;
    g_string_append_printf(out, "\nInterface: %s\n", x->on ? x->on->name : "");
    user_text(s, x, out);
    g_string_append_printf(out, "Session status: %s\nPeer: %s port %u \n", status_of(x),
                           IP4S(x->peer), x->ike ? x->sa.rport : 500u);
    if (x->ike)
        ike_text(s, &x->sa, detail, out);
    for (size_t i = x->at; x->first && i < ipsec_ident_count(ipsec); i++)
        if (same_session(ipsec_ident_at(ipsec, i), x->first))
            flow_text(s, ipsec_ident_at(ipsec, i), detail, out);
}

static void brief_row(const struct ios *s, const struct session *x, GString *out)
{
    const char *status = status_of(x);
    const char *letters = strcmp(status, "UP-ACTIVE") == 0          ? "UA"
                          : strcmp(status, "UP-IDLE") == 0          ? "UI"
                          : strcmp(status, "UP-NO-IKE") == 0        ? "UK"
                          : strcmp(status, "DOWN-NEGOTIATING") == 0 ? "DN"
                                                                    : "D";
    bool up = x->ike && x->sa.completed >= 0;
    int64_t age = up ? (sim_now(s->d->sim) - x->sa.completed) / SECONDS(1) : 0;
    g_string_append_printf(out, "%-16s%-17s%-16s%-16s%02d:%02d:%02d  %s\n", IP4S(x->peer),
                           x->on ? x->on->name : "", x->ike && x->sa.user ? x->sa.user : "",
                           x->ike && x->sa.party ? x->sa.party : "", (int)(age / 3600),
                           (int)(age / 60 % 60), (int)(age % 60), letters);
}

void ios_show_session(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    bool detail = cli_has(a, "detail"), brief = cli_has(a, "brief");
    g_autoptr(GArray) all = sessions(s);
    if (brief)
        g_string_append(
            out, "Status: A- Active, U - Up, D - Down, I - Idle, S - Standby, N - Negotiating\n"
                 "        K - No IKE\nivrf = (none)\n"
                 "Peer            I/F              Username        Group/Phase1_id Uptime    "
                 "Status\n");
    else
        g_string_append(out, "Crypto session current status\n");
    if (detail)
        g_string_append(out,
                        "\nCode: C - IKE Configuration mode, D - Dead Peer Detection     \n"
                        "K - Keepalives, N - NAT-traversal, X - IKE Extended Authentication\n");
    for (guint i = 0; i < all->len; i++) {
        const struct session *x = &g_array_index(all, struct session, i);
        if (brief)
            brief_row(s, x, out);
        else
            session_text(s, x, detail, out);
    }
    g_string_append_c(out, '\n');
}

void ios_view_session(struct ios *s, char **args, struct view *v)
{
    g_autoptr(GArray) all = sessions(s);
    view_columns(v, "interface", "status", "peer", "user", "profile", "assigned", "capabilities",
                 NULL);
    for (guint i = 0; i < all->len; i++) {
        const struct session *x = &g_array_index(all, struct session, i);
        view_row_begin(v);
        view_set(v, "interface", "%s", x->on ? x->on->name : "");
        view_set(v, "status", "%s", status_of(x));
        view_set(v, "peer", "%s", IP4S(x->peer));
        if (!x->ike)
            continue;
        g_autoptr(GString) cap = g_string_new(NULL);
        ios_capabilities(s, &x->sa, cap);
        view_set(v, "user", "%s", x->sa.user ? x->sa.user : "");
        view_set(v, "profile", "%s", x->sa.party ? x->sa.party : "");
        if (x->sa.assigned)
            view_set(v, "assigned", "%s", IP4S(x->sa.assigned));
        view_set(v, "capabilities", "%s", cap->str);
    }
}

/* ---- clear crypto session ---- */

static void clear_session(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    const char *user = cli_arg(a, "user");
    ip4 peer = 0;
    g_autofree char *what = cli_canonical(a);
    cli_arg_ip4(a, "peer", &peer);
    TRACE(s->d->scope, clear_command, .what = what);
    g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(struct ike_sa_view));
    struct ike_sa_view sa;
    for (size_t i = 0; i < ike_sa_count(s->d->ike); i++)
        if (ike_sa_at(s->d->ike, i, &sa) && sa.state != IKE_STATE_DEAD &&
            (!peer || sa.remote == peer) && (!user || g_strcmp0(sa.user, user) == 0))
            g_array_append_val(ids, sa);
    if (!user) {
        struct ipsec_clear_what clear = {.peer = peer};
        ipsec_clear(s->d->ipsec, &clear, WHY_ADMIN);
    }
    for (guint i = 0; i < ids->len; i++) {
        const struct ike_sa_view *x = &g_array_index(ids, struct ike_sa_view, i);
        struct ipsec_clear_what clear = {.peer = x->remote};
        if (user)
            ipsec_clear(s->d->ipsec, &clear, WHY_ADMIN);
        ike_clear(s->d->ike, x->id, WHY_ADMIN);
    }
}

// clang-format off
const struct cli_command ios_ra_exec_rows[] = {
    { "clear crypto session [remote peer:A.B.C.D|username user:WORD]", clear_session, CLI_PRIVILEGED },
    { 0 } };
// clang-format on
