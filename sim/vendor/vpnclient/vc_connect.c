/* One connection from "connect" to its end: the gateway and its backups, TCP where the profile
 * wants it, the login, the configuration, the first SAs, and the reason that the user is told.
 *
 * The engine tells from within its own work; that is noted in `heard` and dealt with by an event of
 * its own at the same time. */
#include "vc.h"

#include <string.h>

#include "device/ctcp.h"

static void heard(struct vc *s, unsigned what)
{
    s->heard |= what;
    if (!sim_timer_armed(&s->turn))
        sim_timer_arm(&s->turn, sim_now(s->d->sim));
}

/* ---- The end ---- */

static void forget(struct vc *s)
{
    s->state = VC_IDLE;
    s->profile = NULL;
    s->sa = s->ended_sa = s->challenge_sa = 0;
    s->hub = 0;
    s->heard = 0;
    s->asks = VC_ASKS_NOTHING;
    s->asked_again = s->login_failed = s->logged_in = s->renewing = s->over_tcp = false;
    g_clear_pointer(&s->user, g_free);
    g_clear_pointer(&s->password, g_free);
    g_clear_pointer(&s->gateway, g_free);
    g_ptr_array_set_size(s->gateways, 0);
    sim_timer_disarm(&s->turn);
}

static void tear_down(struct vc *s, enum ike_why why)
{
    if (s->over_tcp && s->hub)
        ctcp_close(s->d, s->hub);
    vc_config_remove(s); /* the deletes of ESP go out under the IKE SA */
    ike_clear(s->d->ike, 0, why);
}

static void finish(struct vc *s)
{
    bool console = device_is_busy(s->d) && !s->ping;
    forget(s);
    if (console)
        device_busy(s->d, false);
}

/* ---- Beginning ---- */

static void contact(struct vc *s);

static void begin_phase1(struct vc *s)
{
    const struct vc_profile *p = s->profile;
    struct ike_policy offers[16];
    uint16_t wanted[24];
    struct ike_connect c = {
        .local = s->lan->addr,
        .remote = s->hub,
        .group = p->group,
        .key = p->group_pwd,
        .offers = offers,
        .n_offers = vc_offers_phase1(s, p, offers, G_N_ELEMENTS(offers)),
        .wanted = wanted,
        .n_wanted = vc_wanted(s, p, wanted, G_N_ELEMENTS(wanted)),
    };
    g_autofree char *version =
        g_strdup_printf("Cisco Systems VPN Client %s:WinNT", s->d->version ? s->d->version : "5.0");
    c.app_version = span_of(version, strlen(version));
    s->sa = ike_connect(s->d->ike, &c);
    if (!s->sa) {
        s->ended_why = WHY_NO_POLICY;
        heard(s, VC_HEARD_ENDED);
    }
}

static void tcp_opened(void *self, bool established)
{
    struct vc *s = self;
    if (s->state != VC_CONTACTING)
        return;
    if (established) {
        vc_log(s, VC_CM, 4, 0x63100029, "TCP connection established on port %u with server \"%s\"",
               s->profile->tcp_port, s->gateway);
        begin_phase1(s);
        return;
    }
    vc_log(s, VC_CM, 4, 0x6310002A,
           "Unable to establish TCP connection on port %u with server \"%s\"", s->profile->tcp_port,
           s->gateway);
    if (++s->gateway_at < s->gateways->len) {
        contact(s);
        return;
    }
    vc_say_reason(s, VC_LOCALLY, 414);
    finish(s);
}

/* How the peer is watched, and how NAT is traversed, is the profile's. */
static void set_engine(struct vc *s)
{
    const struct vc_profile *p = s->profile;
    struct ike_conf *c = s->d->ike_conf;
    c->liveness = (struct ike_liveness){
        .threshold_s = 20, .retry_s = 5, .periodic = true, .unannounced = p->keepalives};
    s->d->profile.dpd_retries = p->peer_timeout_s / 5;
    c->nat_traversal = p->nat && !s->over_tcp && vc_since(s, 3, 6);
    c->nat_keepalive_s = 20;
    device_natt_changed(s->d);
}

static void gateway_found(struct vc *s, ip4 addr)
{
    s->hub = addr;
    s->state = VC_CONTACTING;
    s->over_tcp = s->profile->nat && s->profile->over_tcp;
    set_engine(s);
    vc_say(s, "Contacting the gateway at %s", IP4S(addr));
    if (!s->over_tcp) {
        begin_phase1(s);
        return;
    }
    if (!ctcp_connect(s->d, addr, (uint16_t)s->profile->tcp_port, tcp_opened, s))
        tcp_opened(s, false);
}

static void name_found(void *self, const struct vc_found *f)
{
    struct vc *s = self;
    if (s->state != VC_RESOLVING)
        return;
    if (f->addr) {
        gateway_found(s, f->addr);
        return;
    }
    vc_log(s, VC_CM, 2, 0xE3100003, "Failed to resolve server name \"%s\"", s->gateway);
    if (++s->gateway_at < s->gateways->len) {
        contact(s);
        return;
    }
    vc_say_reason(s, VC_LOCALLY, 403);
    finish(s);
}

static void contact(struct vc *s)
{
    ip4 addr;
    g_free(s->gateway);
    s->gateway = g_strdup(s->gateways->pdata[s->gateway_at]);
    vc_log(s, VC_CM, 4, 0x63100024, "Attempt connection with server \"%s\"", s->gateway);
    if (ip4_parse(s->gateway, &addr)) {
        gateway_found(s, addr);
        return;
    }
    s->state = VC_RESOLVING;
    vc_resolve(s, s->gateway, name_found, s);
}

static void list_gateways(struct vc *s, const struct vc_profile *p)
{
    g_auto(GStrv) more = g_strsplit(p->use_backups ? p->backups : "", ",", -1);
    g_ptr_array_add(s->gateways, g_strdup(p->host));
    for (int i = 0; more[i]; i++)
        if (*g_strstrip(more[i]))
            g_ptr_array_add(s->gateways, g_strdup(more[i]));
    s->gateway_at = 0;
}

void vc_connect(struct vc *s, const struct vc_profile *p, const char *user, const char *password)
{
    if (s->state != VC_IDLE) {
        vc_say_reason(s, VC_LOCALLY, s->state == VC_UP ? 409 : 408);
        return;
    }
    if (!s->lan->addr) {
        vc_say_reason(s, VC_LOCALLY, 403);
        return;
    }
    s->profile = p;
    s->user = g_strdup(user ? user : *p->user ? p->user : NULL);
    s->password = g_strdup(password ? password : p->save_pwd && *p->user_pwd ? p->user_pwd : NULL);
    list_gateways(s, p);
    vc_say(s, "Initializing the VPN connection.");
    vc_log(s, VC_CM, 4, 0x63100002, "Begin connection process");
    vc_log(s, VC_CM, 4, 0x63100004, "Establish secure connection");
    device_busy(s->d, true);
    contact(s);
}

void vc_disconnect(struct vc *s)
{
    if (s->state == VC_IDLE) {
        vc_say(s, "Your VPN connection has already been terminated.");
        return;
    }
    vc_log(s, VC_CM, 4, 0x6310000A, "Secure connections are being terminated by the user");
    vc_log(s, VC_IKE, 4, 0x63000001, "IKE received signal to terminate VPN connection");
    vc_say(s, "Disconnecting the VPN connection.");
    tear_down(s, WHY_USER_GONE);
    finish(s);
    vc_say(s, "Your VPN connection has been terminated.");
}

/* ---- The login ---- */

static void ask(struct vc *s, enum vc_asks what)
{
    g_autofree char *prompt =
        what == VC_ASKS_USER && s->user
            ? g_strdup_printf("Username [%s]: ", s->user)
            : g_strdup(what == VC_ASKS_USER ? "Username []: " : "Password []: ");
    s->asks = what;
    vc_say(s, "%s", prompt);
    if (device_is_busy(s->d))
        device_wants_input(s->d, true);
}

static void answer_challenge(struct vc *s)
{
    s->asks = VC_ASKS_NOTHING;
    device_wants_input(s->d, false);
    vc_say(s, "Authenticating user.");
    vc_log(s, VC_CM, 4, 0x63100017, "xAuth application returned");
    ike_login_say(s->d->ike, s->challenge_sa, s->user, s->password);
    s->asked_again = true; /* what is known was said: the next time the user is asked */
}

/* A first question is answered with what is known; one that comes again, because the answer was
 * wrong or phase 1 is renewed, needs the user, unless the password may be kept. */
static void challenged(struct vc *s)
{
    const struct vc_profile *p = s->profile;
    if (s->state == VC_UP) {
        s->renewing = true;
        g_clear_pointer(&s->password, g_free);
        if (p->save_pwd && *p->user_pwd)
            s->password = g_strdup(p->user_pwd);
    } else {
        s->state = VC_LOGIN;
    }
    vc_log(s, VC_CM, 4, 0x63100015, "Launch xAuth application");
    if (s->user && s->password && (!s->asked_again || s->renewing) && !s->login_failed) {
        answer_challenge(s);
        return;
    }
    vc_say(s, "User Authentication for %s...", *p->name ? p->name : p->group);
    vc_say(s, s->login_failed ? "User authentication failed. Enter Username and Password."
                              : "Enter Username and Password.");
    s->login_failed = false;
    ask(s, VC_ASKS_USER);
}

/* The user closes the dialog. */
static void give_up(struct vc *s)
{
    s->asks = VC_ASKS_NOTHING;
    tear_down(s, WHY_LOGIN_ABANDONED);
    vc_say_reason(s, VC_LOCALLY, 407);
    finish(s);
}

void vc_answer(struct vc *s, const char *line)
{
    g_autofree char *text = g_strstrip(g_strdup(line));
    if (strcmp(text, "\x03") == 0 || g_ascii_strcasecmp(text, "^C") == 0) {
        give_up(s);
        return;
    }
    if (g_ascii_strcasecmp(text, "vpnclient disconnect") == 0) { /* typed at another prompt */
        vc_disconnect(s);
        return;
    }
    if (s->asks == VC_ASKS_USER) {
        if (*text) {
            g_free(s->user);
            s->user = g_strdup(text);
        }
        ask(s, VC_ASKS_PASSWORD);
        return;
    }
    g_free(s->password);
    s->password = g_strdup(text);
    answer_challenge(s);
}

void vc_login(struct vc *s, const char *user, const char *password)
{
    if (s->asks == VC_ASKS_NOTHING) {
        vc_say(s, "Nobody asks for a name and a password.");
        return;
    }
    g_free(s->user);
    g_free(s->password);
    s->user = g_strdup(user);
    s->password = g_strdup(password);
    answer_challenge(s);
}

/* ---- What is heard ---- */

/* A reply that brings no address is of no use. */
static void nothing_given(struct vc *s)
{
    vc_log(s, VC_IKE, 3, 0xE3000023, "No private IP address was assigned by the peer");
    vc_log(s, VC_IKE, 2, 0xE300009B, "Failed to process ModeCfg Reply (NavigatorTM:175)");
    tear_down(s, WHY_NO_ADDRESS);
    vc_given_clear(&s->given);
    vc_say_reason(s, VC_LOCALLY, 401);
    finish(s);
}

static void secure(struct vc *s)
{
    if (!s->given.addr) {
        nothing_given(s);
        return;
    }
    s->state = VC_SECURING;
    vc_say(s, "Negotiating security policies.");
    vc_log(s, VC_CM, 4, 0x63100019, "Mode Config data received");
    vc_config_apply(s);
    vc_config_secure(s);
}

static void is_up(struct vc *s)
{
    g_autoptr(GString) facts = g_string_new(NULL);
    s->state = VC_UP;
    s->since = sim_now(s->d->sim);
    vc_say(s, "Securing communication channel.");
    if (s->given.banner && *s->given.banner)
        vc_say(s, "\n%s", s->given.banner);
    vc_say(s, "Your VPN connection is secure.");
    vc_tunnel_facts(s, facts);
    vc_say(s, "%s", facts->str);
    vc_log(s, VC_CM, 4, 0x6310001A, "One secure connection established");
    device_busy(s->d, false);
}

static bool has_working_sa(const struct vc *s)
{
    struct ike_sa_view v;
    for (size_t i = 0; i < ike_sa_count(s->d->ike); i++)
        if (ike_sa_at(s->d->ike, i, &v) && v.remote == s->hub && v.state == IKE_STATE_QM_IDLE)
            return true;
    return false;
}

static bool is_alive(const struct vc *s, ike_sa_id sa)
{
    struct ike_sa_view v;
    for (size_t i = 0; sa && i < ike_sa_count(s->d->ike); i++)
        if (ike_sa_at(s->d->ike, i, &v) && v.id == sa && v.state != IKE_STATE_DEAD)
            return true;
    return false;
}

/* Why it ended may be known better than the engine knows it: a peer that deletes its SA behind a
 * refused login has refused the login. */
static enum ike_why end_why(const struct vc *s)
{
    if (s->login_failed && s->state < VC_CONFIGURING)
        return WHY_LOGIN;
    return s->ended_why;
}

static void say_end(struct vc *s, enum ike_why why)
{
    const char *logged = vc_end_of(why)->logged;
    if (s->state < VC_LOGIN)
        vc_log(s, VC_CM, 4, 0x63100014,
               "Unable to establish Phase 1 SA with server \"%s\" because of \"%s\"", s->gateway,
               logged);
    else if (s->state < VC_UP)
        vc_log(s, VC_CM, 4, 0x63100012,
               "Phase 1 SA deleted before first Phase 2 SA is up cause by \"%s\".  0 Crypto Active "
               "IKE SA, 0 User Authenticated IKE SA in the system",
               logged);
    else
        vc_log(s, VC_CM, 4, 0x63100013,
               "Phase 1 SA deleted cause by %s.  0 Crypto Active IKE SA, 0 User Authenticated IKE "
               "SA in the system",
               logged);
}

static void lost(struct vc *s)
{
    enum ike_why why = end_why(s);
    const struct vc_end *end = vc_end_of(why);
    if (s->state == VC_UP ? has_working_sa(s) : is_alive(s, s->sa))
        return;
    say_end(s, why);
    bool next = s->state < VC_LOGIN && s->gateway_at + 1 < s->gateways->len;
    tear_down(s, why);
    if (next) {
        s->gateway_at++;
        contact(s);
        return;
    }
    if (end->number)
        vc_say_reason(s, end->by, end->number);
    finish(s);
}

static void judged(struct vc *s)
{
    s->renewing = s->renewing && !s->logged_in;
    if (s->logged_in && s->state == VC_LOGIN)
        s->state = VC_CONFIGURING;
}

static void pair_changed(struct vc *s)
{
    if (s->state == VC_SECURING && s->pairs > 0)
        is_up(s);
}

/* Not one of the networks could be secured. */
static void refused(struct vc *s)
{
    if (s->state != VC_SECURING || s->pairs > 0)
        return;
    s->ended_why = s->refused_why;
    const struct vc_end *end = vc_end_of(s->refused_why);
    say_end(s, s->refused_why);
    tear_down(s, s->refused_why);
    vc_say_reason(s, end->by, end->number ? end->number : 401);
    finish(s);
}

static void turn(void *self)
{
    static const struct {
        unsigned what;
        void (*fn)(struct vc *s);
    } row[] = {{VC_HEARD_JUDGED, judged},     {VC_HEARD_CHALLENGE, challenged},
               {VC_HEARD_CONFIGURED, secure}, {VC_HEARD_PAIR, pair_changed},
               {VC_HEARD_ENDED, lost},        {VC_HEARD_REFUSED, refused}};
    struct vc *s = self;
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        if (!(s->heard & row[i].what) || s->state == VC_IDLE)
            continue;
        s->heard &= ~row[i].what;
        row[i].fn(s);
    }
}

/* ---- What the engine calls ---- */

static void on_challenged(void *self, ike_sa_id sa, const struct ike_cfg *request)
{
    struct vc *s = self;
    s->challenge_sa = sa;
    heard(s, VC_HEARD_CHALLENGE);
}

static void on_judged(void *self, ike_sa_id sa, bool ok)
{
    struct vc *s = self;
    s->logged_in = ok;
    s->login_failed = !ok;
    heard(s, VC_HEARD_JUDGED);
}

static void on_configured(void *self, ike_sa_id sa, const struct ike_cfg *given)
{
    struct vc *s = self;
    if (s->state == VC_UP || s->state == VC_IDLE)
        return; /* phase 1 was renewed: what was given stands */
    vc_given_read(&s->given, given);
    heard(s, VC_HEARD_CONFIGURED);
}

static void on_ended(void *self, ike_sa_id sa, enum ike_why why)
{
    struct vc *s = self;
    if (why == WHY_REPLACED || why == WHY_COLLISION)
        return;
    s->ended_sa = sa;
    s->ended_why = why;
    heard(s, VC_HEARD_ENDED);
}

static void on_context(void *self, uint32_t context, bool alive)
{
    struct vc *s = self;
    s->pairs = alive ? s->pairs + 1 : s->pairs - (s->pairs > 0);
    heard(s, VC_HEARD_PAIR);
}

void vc_sas_refused(struct device *d, ip4 remote, enum ike_why why)
{
    struct vc *s = vc_of(d);
    s->refused_why = why;
    heard(s, VC_HEARD_REFUSED);
}

void vc_address_lost(struct vc *s)
{
    if (s->state == VC_IDLE)
        return;
    tear_down(s, WHY_ADMIN);
    vc_say_reason(s, VC_LOCALLY, 422);
    finish(s);
}

static void tcp_ended(void *self, ip4 remote)
{
    struct vc *s = self;
    if (!s->over_tcp || remote != s->hub)
        return;
    ike_clear(s->d->ike, 0, WHY_RETRANSMITS);
}

void vc_connect_init(struct vc *s)
{
    const struct ike_access access = {
        .self = s,
        .challenged = on_challenged,
        .judged = on_judged,
        .configured = on_configured,
        .ended = on_ended,
    };
    s->gateways = g_ptr_array_new_with_free_func(g_free);
    sim_timer_init(s->d->sim, &s->turn, turn, s);
    ike_on_access(s->d->ike, &access);
    ipsec_on_context(s->d->ipsec, on_context, s);
    ctcp_on_end(s->d, tcp_ended, s);
}

void vc_connect_clear(struct vc *s)
{
    sim_timer_clear(&s->turn);
    ike_on_access(s->d->ike, NULL);
    ipsec_on_context(s->d->ipsec, NULL, NULL);
    forget(s);
    g_ptr_array_unref(s->gateways);
    g_free(s->notice);
}
