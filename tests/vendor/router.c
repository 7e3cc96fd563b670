/* The fixture of the vendor tests. */
#include "router.h"

struct world *world_new(void)
{
    struct world *w = g_new0(struct world, 1);
    w->sim = sim_new(1, 0);
    w->trace = trace_new(w->sim);
    w->net = net_new(w->sim, w->trace);
    return w;
}

void world_free(struct world *w)
{
    net_free(w->net);
    trace_free(w->trace);
    sim_free(w->sim);
    g_free(w);
}

static void on_console(void *self, const struct trace_event *e)
{
    struct router *r = self;
    const struct ev_console *c = e->data;
    g_string_append_printf(r->said, "%s\n", c->text);
}

struct router *router_new(struct world *w, const char *name, const char *version,
                          const char *config)
{
    struct router *r = g_new0(struct router, 1);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) problems =
        g_ptr_array_new_with_free_func((GDestroyNotify)device_problem_free);
    r->w = w;
    r->said = g_string_new(NULL);
    r->d = device_new(w->net, name, vendor_kind("ios"), version, &error);
    cr_assert(r->d, "%s", error ? error->message : "no device");
    r->s = ios_of(r->d);
    r->s->stamp_debug = r->s->stamp_log = IOS_STAMP_NONE;
    cr_assert(device_load(r->d, config, "test.cfg", problems, &error), "%s",
              error ? error->message : "");
    for (guint i = 0; i < problems->len; i++) {
        const struct device_problem *p = g_ptr_array_index(problems, i);
        cr_assert_fail("line %d: %s: %s", p->line, p->text, p->message);
    }
    struct trace_mask want = {0};
    trace_mask_add(&want, EV_console);
    trace_subscribe(w->trace, r->d->scope, &want, on_console, r);
    return r;
}

void router_free(struct router *r)
{
    trace_unsubscribe(r->w->trace, on_console, r);
    device_free(r->d);
    g_string_free(r->said, TRUE);
    g_free(r);
}

char *router_said(struct router *r)
{
    char *text = g_strdup(r->said->str);
    g_string_truncate(r->said, 0);
    return text;
}

void router_debug(struct router *r, unsigned debugs)
{
    r->s->debug = debugs;
    ios_speech_debug_changed(r->s);
}

char *router_show(struct router *r, const char *command)
{
    GString *out = g_string_new(NULL);
    cr_expect(r->d->kind->show(r->d, command, out), "%s: %s", command, out->str);
    return g_string_free(out, FALSE);
}

void expect_lines(const char *got, const char *want, const char *what)
{
    g_autofree char *g = text_squeeze(got);
    g_autofree char *w = text_squeeze(want);
    g_auto(GStrv) have = g_strsplit(g, "\n", -1);
    g_auto(GStrv) need = g_strsplit(w, "\n", -1);
    for (guint i = 0; have[i] || need[i]; i++) {
        cr_assert(have[i], "%s: line %u is missing: \"%s\"", what, i + 1, need[i]);
        cr_assert(need[i], "%s: line %u is too much: \"%s\"", what, i + 1, have[i]);
        cr_assert_str_eq(have[i], need[i], "%s: line %u is\n  \"%s\", not\n  \"%s\"", what, i + 1,
                         have[i], need[i]);
    }
}

const char hub_config[] = "hostname hub\n"
                          "crypto isakmp policy 10\n"
                          " encr 3des\n"
                          " authentication pre-share\n"
                          " group 2\n"
                          "crypto isakmp key cisco123 address 10.100.2.102\n"
                          "crypto ipsec transform-set myset esp-3des esp-sha-hmac\n"
                          "crypto map mymap 10 ipsec-isakmp\n"
                          " set peer 10.100.2.102\n"
                          " set transform-set myset\n"
                          " match address 101\n"
                          "interface FastEthernet0/0\n"
                          " ip address 10.48.67.181 255.255.255.224\n"
                          " crypto map mymap\n"
                          " no shutdown\n"
                          "interface FastEthernet0/1\n"
                          " ip address 10.1.1.1 255.255.0.0\n"
                          " no shutdown\n"
                          "ip route 0.0.0.0 0.0.0.0 10.48.67.182\n"
                          "access-list 101 permit ip 10.1.0.0 0.0.255.255 10.2.0.0 0.0.255.255\n";

const char spoke_config[] = "hostname spoke\n"
                            "crypto isakmp policy 10\n"
                            " encr 3des\n"
                            " authentication pre-share\n"
                            " group 2\n"
                            "crypto isakmp key cisco123 address 10.48.67.181\n"
                            "crypto ipsec transform-set myset esp-3des esp-sha-hmac\n"
                            "crypto map mymap 10 ipsec-isakmp\n"
                            " set peer 10.48.67.181\n"
                            " set transform-set myset\n"
                            " match address 101\n"
                            "interface FastEthernet0/0\n"
                            " ip address 10.100.2.102 255.255.255.0\n"
                            " crypto map mymap\n"
                            " no shutdown\n"
                            "interface FastEthernet0/1\n"
                            " ip address 10.2.1.1 255.255.0.0\n"
                            " no shutdown\n"
                            "ip route 0.0.0.0 0.0.0.0 10.100.2.1\n"
                            "access-list 101 permit ip 10.2.0.0 0.0.255.255 10.1.0.0 0.0.255.255\n";
