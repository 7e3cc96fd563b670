/* Logins: methods in order, and RADIUS servers that say yes, say no, say nothing, or lie. */
#include <criterion/criterion.h>
#include <string.h>

#include "device/aaa.h"
#include "device/radius.h"

static const struct device_kind kind_box = {.name = "box"};

/* A server: what it knows and how it behaves. */
struct fake {
    struct net_node *node;
    const char *secret, *password;
    bool silent, challenges, mangles;
    uint32_t heard;
    uint8_t last_auth[RADIUS_AUTH], last_id;
    ip4 nas;
    char user[64];
};
struct rig {
    struct sim *sim;
    struct trace *trace;
    struct net *net;
    struct device *d;
    struct aaa *a;
    struct aaa_group *group;
    struct fake fake[2];
    GString *log; /* "verdict method server group framed session message" of each answer */
    GString *events;
};

static void answer(struct fake *f, ip4 to, uint16_t port, const struct radius_msg *m, bool right)
{
    uint8_t bytes[RADIUS_MAX];
    struct wr w = wr_over(bytes, sizeof bytes);
    enum radius_code code = f->challenges ? RADIUS_ACCESS_CHALLENGE
                            : right       ? RADIUS_ACCESS_ACCEPT
                                          : RADIUS_ACCESS_REJECT;
    radius_begin(&w, code, m->id, m->auth);
    if (right) {
        radius_put_u32(&w, RADIUS_FRAMED_IP_ADDRESS, IP4(10, 9, 9, 9));
        radius_put(&w, RADIUS_CLASS, span_of("OU=sales;", 9));
        radius_put_u32(&w, RADIUS_SESSION_TIMEOUT, 600);
    }
    radius_put(&w, RADIUS_REPLY_MESSAGE, span_of(right ? "hi" : "go away", right ? 2 : 7));
    radius_end(&w);
    struct span packet = wr_done(&w);
    radius_response_auth(f->secret, m->auth, packet, bytes + 4);
    if (f->mangles)
        bytes[packet.n - 1] ^= 1;
    net_send_udp(f->node, 0, RADIUS_PORT, to, port, 0, packet);
}

static void request_in(void *self, struct net_if *in, ip4 src, uint16_t sport, ip4 dst,
                       uint16_t dport, struct span payload)
{
    struct fake *f = self;
    struct radius_msg m;
    struct span user, hidden;
    char password[RADIUS_PASSWORD_MAX + 1];
    cr_assert_eq(radius_parse(payload, &m), WIRE_OK);
    cr_assert_eq(m.code, RADIUS_ACCESS_REQUEST);
    cr_assert(radius_find(&m, RADIUS_USER_NAME, &user));
    cr_assert(radius_find(&m, RADIUS_USER_PASSWORD, &hidden));
    cr_assert(radius_find_u32(&m, RADIUS_NAS_IP_ADDRESS, &f->nas));
    cr_assert(radius_reveal(f->secret, m.auth, hidden, password));
    if (f->heard && m.id == f->last_id)
        cr_expect_arr_eq(m.auth, f->last_auth, RADIUS_AUTH, "asked again, it is the same question");
    f->heard++;
    f->last_id = m.id;
    memcpy(f->last_auth, m.auth, RADIUS_AUTH);
    g_snprintf(f->user, sizeof f->user, "%.*s", (int)user.n, (const char *)user.p);
    if (!f->silent)
        answer(f, src, sport, &m, strcmp(password, f->password) == 0);
}

static void on_event(void *self, const struct trace_event *e)
{
    struct rig *r = self;
    const struct ev_aaa_server *s = e->data;
    g_string_append_printf(r->events, "%d %s %s\n", (int)(e->at / SECONDS(1)), IP4S(s->server),
                           s->what);
}

static struct rig *rig_new(void)
{
    struct rig *r = g_new0(struct rig, 1);
    r->sim = sim_new(1, 0);
    r->trace = trace_new(r->sim);
    r->net = net_new(r->sim, r->trace);
    r->log = g_string_new(NULL);
    r->events = g_string_new(NULL);
    r->d = device_new(r->net, "gw", &kind_box, "", NULL);
    r->a = aaa_new(r->d, NULL);
    r->group = aaa_group_make(r->a, "rad");
    struct net_link *lan = net_link_new(r->net, "lan");
    struct net_if *i = net_if_new(r->d->node, "in");
    net_if_set_address(i, IP4(10, 0, 0, 1), ip4_mask(24));
    net_link_attach(lan, i);
    for (uint32_t k = 0; k < 2; k++) {
        struct fake *f = &r->fake[k];
        f->node = net_node_new(r->net, k ? "s2" : "s1", false);
        f->secret = f->password = "s3cret";
        i = net_if_new(f->node, "eth0");
        net_if_set_address(i, IP4(10, 0, 0, 11) + k, ip4_mask(24));
        net_link_attach(lan, i);
        net_udp_bind(f->node, RADIUS_PORT, request_in, f);
        aaa_server_make(r->group, i->addr)->key = g_strdup("s3cret");
    }
    struct trace_mask m = {0};
    trace_mask_add(&m, EV_aaa_server);
    trace_subscribe(r->trace, NULL, &m, on_event, r);
    return r;
}

static void rig_free(struct rig *r)
{
    aaa_free(r->a);
    device_free(r->d);
    net_free(r->net);
    trace_free(r->trace);
    sim_free(r->sim);
    g_string_free(r->log, TRUE);
    g_string_free(r->events, TRUE);
    g_free(r);
}

static void told(void *self, const struct aaa_reply *p)
{
    static const char *const verdict[] = {"pass", "fail", "error"};
    static const char *const method[] = {"local", "group", "none"};
    struct rig *r = self;
    g_string_append_printf(r->log, "%d %s %s %s %s %s %s %u %s\n",
                           (int)(sim_now(r->sim) / SECONDS(1)), p->user, verdict[p->verdict],
                           method[p->method], IP4S(p->server), p->group ? p->group : "-",
                           IP4S(p->framed), p->session_s, p->message ? p->message : "-");
}

static const char *asks(struct rig *r, const char *list, const char *password)
{
    g_string_truncate(r->log, 0);
    g_string_truncate(r->events, 0);
    sim_time began = sim_now(r->sim);
    aaa_login(r->a, list, "alice", password, told, r);
    cr_expect_str_eq(r->log->str, "", "never from within");
    sim_run(r->sim, began + SECONDS(100));
    return r->log->str;
}

static void list(struct rig *r, const char *name, const char *words)
{
    struct aaa_method m[AAA_MAX_METHODS] = {0};
    g_auto(GStrv) word = g_strsplit(words, " ", -1);
    guint n = g_strv_length(word);
    for (guint i = 0; i < n; i++) {
        m[i].kind = !strcmp(word[i], "local")  ? AAA_LOCAL
                    : !strcmp(word[i], "none") ? AAA_NONE
                                               : AAA_GROUP;
        g_strlcpy(m[i].group, word[i], sizeof m[i].group);
    }
    aaa_list_set(r->a, name, m, n);
}

Test(aaa, users_of_the_device_are_asked_by_name_and_password)
{
    struct rig *r = rig_new();
    list(r, "l", "local");
    struct aaa_user *u = aaa_user_make(r->a, "alice");
    u->password = g_strdup("pw");
    u->group = g_strdup("staff");
    cr_expect_str_eq(asks(r, "l", "pw"), "0 alice pass local 0.0.0.0 staff 0.0.0.0 0 -\n");
    cr_expect_str_eq(asks(r, "l", "PW"), "100 alice fail local 0.0.0.0 - 0.0.0.0 0 -\n");
    cr_expect(aaa_user_remove(r->a, "alice"));
    cr_expect_str_eq(asks(r, "l", "pw"), "200 alice fail local 0.0.0.0 - 0.0.0.0 0 -\n");
    cr_expect_str_eq(asks(r, "no such list", "pw"), "300 alice error none 0.0.0.0 - 0.0.0.0 0 -\n");
    rig_free(r);
}

Test(aaa, a_server_accepts_with_what_belongs_to_the_user_or_rejects)
{
    struct rig *r = rig_new();
    list(r, "l", "rad local");
    aaa_user_make(r->a, "alice")->password = g_strdup("mine");
    cr_expect_str_eq(asks(r, "l", "s3cret"),
                     "0 alice pass group 10.0.0.11 sales 10.9.9.9 600 hi\n");
    cr_expect_str_eq(r->fake[0].user, "alice");
    cr_expect_eq(r->fake[0].nas, IP4(10, 0, 0, 1));
    cr_expect_str_eq(asks(r, "l", "mine"), "100 alice fail group 10.0.0.11 - 0.0.0.0 0 go away\n",
                     "who says no has the last word");
    r->fake[0].challenges = true;
    cr_expect_str_eq(asks(r, "l", "wrong"), "200 alice fail group 10.0.0.11 - 0.0.0.0 0 go away\n");
    struct aaa_server_count c = aaa_server_count(r->a, "rad", IP4(10, 0, 0, 11));
    cr_expect_eq(c.requests, 3);
    cr_expect_eq(c.accepts, 1);
    cr_expect_eq(c.rejects, 2);
    rig_free(r);
}

Test(aaa, a_silent_server_is_asked_again_then_the_next_then_the_next_method)
{
    struct rig *r = rig_new();
    list(r, "l", "rad local");
    aaa_user_make(r->a, "alice")->password = g_strdup("mine");
    r->fake[0].silent = true;
    r->group->timeout_s = 4;
    r->group->retries = 2;
    cr_expect_str_eq(asks(r, "l", "s3cret"),
                     "12 alice pass group 10.0.0.12 sales 10.9.9.9 600 hi\n");
    cr_expect_str_eq(r->events->str, "0 10.0.0.11 asked\n4 10.0.0.11 again\n8 10.0.0.11 again\n"
                                     "12 10.0.0.11 silent\n12 10.0.0.12 asked\n"
                                     "12 10.0.0.12 accept\n");
    cr_expect_eq(r->fake[0].heard, 3);
    r->fake[1].silent = true;
    cr_expect_str_eq(asks(r, "l", "mine"), "124 alice pass local 0.0.0.0 - 0.0.0.0 0 -\n");
    list(r, "l", "rad");
    cr_expect_str_eq(asks(r, "l", "mine"), "224 alice error none 0.0.0.0 - 0.0.0.0 0 -\n");
    list(r, "l", "rad none");
    cr_expect_str_eq(asks(r, "l", "any"), "324 alice pass none 0.0.0.0 - 0.0.0.0 0 -\n");
    rig_free(r);
}

Test(aaa, an_answer_that_does_not_verify_is_as_none)
{
    static const struct {
        const char *secret;
        bool mangles;
    } row[] = {{"other", false}, {"s3cret", true}};
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct rig *r = rig_new();
        list(r, "l", "rad");
        r->fake[0].secret = row[i].secret;
        r->fake[0].mangles = row[i].mangles;
        aaa_server_remove(r->group, IP4(10, 0, 0, 12));
        r->group->retries = 1;
        cr_expect_str_eq(asks(r, "l", "s3cret"), "10 alice error none 0.0.0.0 - 0.0.0.0 0 -\n");
        cr_expect_str_eq(r->events->str, "0 10.0.0.11 asked\n0 10.0.0.11 bad\n"
                                         "5 10.0.0.11 again\n5 10.0.0.11 bad\n"
                                         "10 10.0.0.11 silent\n");
        rig_free(r);
    }
}

Test(aaa, a_dead_server_is_passed_over_until_it_comes_back)
{
    struct rig *r = rig_new();
    list(r, "l", "rad");
    r->fake[0].silent = true;
    r->group->timeout_s = 1;
    r->group->retries = 0;
    r->group->max_failed = 2;
    r->group->dead_s = 150;
    cr_expect_str_eq(asks(r, "l", "s3cret"),
                     "1 alice pass group 10.0.0.12 sales 10.9.9.9 600 hi\n");
    cr_expect_str_eq(asks(r, "l", "s3cret"),
                     "101 alice pass group 10.0.0.12 sales 10.9.9.9 600 hi\n");
    cr_expect(strstr(r->events->str, "101 10.0.0.11 dead\n"));
    cr_expect(aaa_server_count(r->a, "rad", IP4(10, 0, 0, 11)).dead);
    cr_expect_str_eq(asks(r, "l", "s3cret"),
                     "200 alice pass group 10.0.0.12 sales 10.9.9.9 600 hi\n", "at once");
    r->fake[0].silent = false;
    cr_expect_str_eq(r->events->str, "200 10.0.0.12 asked\n200 10.0.0.12 accept\n"
                                     "251 10.0.0.11 back\n");
    cr_expect_str_eq(asks(r, "l", "s3cret"),
                     "300 alice pass group 10.0.0.11 sales 10.9.9.9 600 hi\n");
    rig_free(r);
}

Test(aaa, of_a_group_that_waits_for_depletion_nobody_comes_back_before_all_are_dead)
{
    struct rig *r = rig_new();
    list(r, "l", "rad");
    r->fake[0].silent = true;
    r->group->timeout_s = 1;
    r->group->retries = 0;
    r->group->max_failed = 1;
    r->group->dead_s = 50;
    r->group->depletion = true;
    asks(r, "l", "s3cret");
    cr_expect_str_eq(r->events->str, "0 10.0.0.11 asked\n1 10.0.0.11 silent\n1 10.0.0.11 dead\n"
                                     "1 10.0.0.12 asked\n1 10.0.0.12 accept\n");
    r->fake[1].silent = true;
    asks(r, "l", "s3cret");
    cr_expect_str_eq(r->events->str, "100 10.0.0.12 asked\n101 10.0.0.12 silent\n"
                                     "101 10.0.0.12 dead\n151 10.0.0.11 back\n"
                                     "151 10.0.0.12 back\n");
    rig_free(r);
}

Test(aaa, what_is_taken_back_is_not_answered)
{
    struct rig *r = rig_new();
    list(r, "l", "rad");
    uint32_t one = aaa_login(r->a, "l", "alice", "s3cret", told, r);
    uint32_t two = aaa_login(r->a, "l", "bob", "s3cret", told, r);
    cr_expect_neq(one, two);
    aaa_defer(r->a, told, r);
    aaa_cancel(r->a, one);
    aaa_cancel(r->a, 4711);
    sim_run(r->sim, SECONDS(1));
    cr_expect_str_eq(r->log->str, "0  pass none 0.0.0.0 - 0.0.0.0 0 -\n"
                                  "0 bob pass group 10.0.0.11 sales 10.9.9.9 600 hi\n");
    aaa_login(r->a, "l", "carol", "s3cret", told, r);
    aaa_forget(r->a);
    sim_run(r->sim, SECONDS(50));
    cr_expect(!strstr(r->log->str, "carol"));
    rig_free(r);
}

static void ends_all(void *self, const struct aaa_reply *p)
{
    struct rig *r = self;
    aaa_free(r->a);
    r->a = NULL;
}

Test(aaa, who_is_told_may_end_it)
{
    struct rig *r = rig_new();
    list(r, "l", "rad");
    aaa_login(r->a, "l", "alice", "s3cret", ends_all, r);
    aaa_login(r->a, "l", "bob", "s3cret", told, r);
    sim_run(r->sim, SECONDS(50));
    cr_expect_null(r->a);
    cr_expect_str_eq(r->log->str, "");
    rig_free(r);
}

Test(aaa, long_passwords_are_hidden_block_by_block)
{
    uint8_t auth[RADIUS_AUTH] = "0123456789abcde", hidden[RADIUS_PASSWORD_MAX];
    char long_one[RADIUS_PASSWORD_MAX + 2], back[RADIUS_PASSWORD_MAX + 1];
    for (size_t n = 0; n <= RADIUS_PASSWORD_MAX; n++) {
        memset(long_one, 'a' + (int)(n % 26), sizeof long_one);
        long_one[n] = '\0';
        size_t m = radius_hide("key", auth, long_one, hidden);
        cr_expect_eq(m, n ? (n + 15) / 16 * 16 : 16);
        cr_assert(radius_reveal("key", auth, span_of(hidden, m), back));
        cr_expect_str_eq(back, long_one);
    }
    memset(long_one, 'x', sizeof long_one - 1);
    long_one[sizeof long_one - 1] = '\0';
    cr_expect_eq(radius_hide("key", auth, long_one, hidden), 0);
    cr_expect_not(radius_reveal("key", auth, span_of(hidden, 15), back));
    cr_expect_not(radius_reveal("key", auth, span_of(hidden, 0), back));
}

/* The worked example of RFC 2865 7.1: nemo, password arctangent, secret xyzzy5461. */
Test(aaa, the_example_of_the_rfc_comes_out_to_the_byte)
{
    static const uint8_t auth[RADIUS_AUTH] = {0x0f, 0x40, 0x3f, 0x94, 0x73, 0x97, 0x80, 0x57,
                                              0xbd, 0x83, 0xd5, 0xcb, 0x98, 0xf4, 0x22, 0x7a};
    static const uint8_t want[] = {0x0d, 0xbe, 0x70, 0x8d, 0x93, 0xd4, 0x13, 0xce,
                                   0x31, 0x96, 0xe4, 0x3f, 0x78, 0x2a, 0x0a, 0xee};
    static const uint8_t accept[] = {0x02, 0x00, 0x00, 0x26, 0x86, 0xfe, 0x22, 0x0e, 0x76, 0x24,
                                     0xba, 0x2a, 0x10, 0x05, 0xf6, 0xbf, 0x9b, 0x55, 0xe0, 0xb2,
                                     0x06, 0x06, 0x00, 0x00, 0x00, 0x01, 0x0f, 0x06, 0x00, 0x00,
                                     0x00, 0x00, 0x0e, 0x06, 0xc0, 0xa8, 0x01, 0x03};
    uint8_t hidden[RADIUS_PASSWORD_MAX], response[RADIUS_AUTH];
    cr_assert_eq(radius_hide("xyzzy5461", auth, "arctangent", hidden), sizeof want);
    cr_expect_arr_eq(hidden, want, sizeof want);
    radius_response_auth("xyzzy5461", auth, span_of(accept, sizeof accept), response);
    cr_expect_arr_eq(response, accept + 4, RADIUS_AUTH);
}
