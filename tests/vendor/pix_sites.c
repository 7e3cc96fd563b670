/* The fixture of the tests of the kind pix. */
#include "pix_sites.h"

#include <string.h>

/* Site 1 is 203.0.113.1 with 10.1.0.0/24, site 2 is 203.0.113.2 with 10.2.0.0/24. */
static const char site[] =
    "interface ethernet0 auto\n"
    "interface ethernet1 auto\n"
    "hostname pix%1$d\n"
    "access-list vpn permit ip 10.%1$d.0.0 255.255.255.0 10.%2$d.0.0 255.255.255.0\n"
    "logging on\n"
    "logging buffered debugging\n"
    "ip address outside 203.0.113.%1$d 255.255.255.0\n"
    "ip address inside 10.%1$d.0.1 255.255.255.0\n"
    "nat (inside) 0 access-list vpn\n"
    "route outside 0 0 203.0.113.%2$d 1\n"
    "sysopt connection permit-ipsec\n"
    "crypto ipsec transform-set strong esp-3des esp-md5-hmac\n"
    "crypto map m 10 ipsec-isakmp\n"
    "crypto map m 10 match address vpn\n"
    "crypto map m 10 set peer 203.0.113.%2$d\n"
    "crypto map m 10 set transform-set strong\n"
    "crypto map m interface outside\n"
    "isakmp enable outside\n"
    "isakmp key cisco123 address 203.0.113.%2$d netmask 255.255.255.255\n"
    "isakmp policy 10 authentication pre-share\n"
    "isakmp policy 10 encryption 3des\n"
    "isakmp policy 10 group 2\n";

static void heard(void *self, const struct trace_event *e)
{
    const struct ev_console *c = e->data;
    g_string_append_printf(((struct pix_site *)self)->said, "%s\n", c->text);
}

static void join(struct pix_sites *q, int n, const char *version)
{
    struct pix_site *p = &q->s[n];
    struct trace_mask want = {0};
    g_autofree char *name = g_strdup_printf("pix%d", n + 1);
    g_autofree char *lan = g_strdup_printf("lan%d", n + 1);
    g_autofree char *host = g_strdup_printf("host%d", n + 1);
    g_autofree char *plain = g_strdup_printf(site, n + 1, 2 - n);
    bool managed = strcmp(version, "6.3") == 0; /* before, the inside answers the inside alone */
    g_autofree char *config = g_strconcat(plain, managed ? "management-access inside\n" : "", NULL);
    g_autoptr(GPtrArray) problems =
        g_ptr_array_new_with_free_func((GDestroyNotify)device_problem_free);
    struct net_link *l = net_link_new(q->w->net, lan);
    ip4 inside = IP4(10, (uint32_t)n + 1, 0, 1);
    p->said = g_string_new(NULL);
    p->d = device_new(q->w->net, name, vendor_kind("pix"), version, NULL);
    cr_assert_not_null(p->d);
    trace_mask_add(&want, EV_console);
    trace_subscribe(q->w->trace, p->d->scope, &want, heard, p);
    cr_assert(device_load(p->d, config, "site.cfg", problems, NULL));
    cr_assert_eq(problems->len, 0);
    net_link_attach(q->wan, net_if_by_name(p->d->node, "ethernet0"));
    net_link_attach(l, net_if_by_name(p->d->node, "ethernet1"));
    p->host = device_new(q->w->net, host, &device_kind_host, NULL, NULL);
    cr_assert(device_host_address(p->host, "eth0", (struct ip4_net){inside + 4, ip4_mask(24)},
                                  inside, NULL));
    net_link_attach(l, net_if_by_name(p->host->node, "eth0"));
}

struct pix_sites *pix_sites_new(const char *version)
{
    struct pix_sites *q = g_new0(struct pix_sites, 1);
    const struct net_impair delay = {.delay = MILLISECONDS(10)};
    q->w = world_new();
    q->wan = net_link_new(q->w->net, "wan");
    join(q, 0, version);
    join(q, 1, version);
    net_link_impair(q->wan, UINT32_MAX, &delay);
    return q;
}

void pix_sites_free(struct pix_sites *q)
{
    for (int n = 0; n < 2; n++) {
        trace_unsubscribe(q->w->trace, heard, &q->s[n]);
        device_free(q->s[n].d);
        device_free(q->s[n].host);
        g_string_free(q->s[n].said, TRUE);
    }
    world_free(q->w);
    g_free(q);
}

void pix_run(struct pix_sites *q, sim_time t)
{
    sim_run(q->w->sim, sim_now(q->w->sim) + t);
}

void pix_configure(struct pix_sites *q, int n, const char *lines)
{
    g_autofree char *all = g_strdup_printf("configure terminal\n%s\nend", lines);
    device_type(q->s[n].d, all);
    cr_assert_not(strstr(q->s[n].said->str, "ERROR"), "%s", q->s[n].said->str);
    g_string_truncate(q->s[n].said, 0);
}

void pix_type(struct pix_sites *q, int n, const char *lines)
{
    device_type(q->s[n].d, lines);
    g_string_truncate(q->s[n].said, 0);
}

void pix_ping_far_inside(struct pix_sites *q, int n)
{
    g_autofree char *line = g_strdup_printf("ping inside 10.%d.0.1", 2 - n);
    device_type(q->s[n].d, line);
    pix_run(q, SECONDS(8));
}

char *pix_show(struct pix_sites *q, int n, const char *what)
{
    GString *out = g_string_new(NULL);
    cr_expect(q->s[n].d->kind->show(q->s[n].d, what, out), "%s: %s", what, out->str);
    return g_string_free(out, FALSE);
}

void pix_expect_in(const char *text, const char *part)
{
    cr_expect(strstr(text, part), "\"%s\" expected in\n%s", part, text);
}

void pix_expect_logged(struct pix_sites *q, int n, const char *part)
{
    g_autofree char *text = pix_show(q, n, "logging");
    pix_expect_in(text, part);
}

unsigned pix_count_of(const char *text, const char *part)
{
    unsigned n = 0;
    for (const char *p = text; (p = strstr(p, part)); p += strlen(part))
        n++;
    return n;
}

unsigned pix_logged(struct pix_sites *q, int n, const char *part)
{
    g_autofree char *text = pix_show(q, n, "logging");
    return pix_count_of(text, part);
}
