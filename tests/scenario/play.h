/* Scenarios in a text, played. */
#ifndef TESTS_SCENARIO_PLAY_H
#define TESTS_SCENARIO_PLAY_H

#include <criterion/criterion.h>
#include <string.h>

#include "scenario/scenario.h"

/* Two hosts on one link of 10 ms. What follows is appended at the top level. */
#define TWO_HOSTS                                                                                  \
    "vpnsim: 1\nname: t\nduration: 10s\ntopology:\n  nodes:\n"                                     \
    "    a: {kind: host, address: 10.0.0.1/24}\n    b: {kind: host, address: 10.0.0.2/24}\n"       \
    "  links:\n    - {name: wire, endpoints: [\"a:eth0\", \"b:eth0\"], tc: {delay: 10ms}}\n"

#define PINGS "traffic:\n  - {name: ping, from: a, to: b, start: 1s, every: 1s, stop: 8500ms}\n"

/* Two sites, everything right; the places in which tests change it are alone in a line. */
#define SITE(me, peer, lan, far)                                                                   \
    "        hostname r" #me "\n        crypto isakmp policy 10\n         encr 3des\n"             \
    "         authentication pre-share\n         group 2\n"                                        \
    "        crypto isakmp key cisco123 address 192.0.2." #peer "\n"                               \
    "        crypto ipsec transform-set strong esp-3des esp-sha-hmac\n"                            \
    "        crypto map vpn 10 ipsec-isakmp\n         set peer 192.0.2." #peer "\n"                \
    "         set transform-set strong\n         match address 110\n"                              \
    "        interface FastEthernet0/0\n         ip address 192.0.2." #me " 255.255.255.0\n"       \
    "         crypto map vpn\n        interface FastEthernet0/1\n"                                 \
    "         ip address 10." #lan ".0.1 255.255.255.0\n"                                          \
    "        ip route 0.0.0.0 0.0.0.0 192.0.2." #peer                                              \
    "\n        access-list 110 permit ip 10." #lan ".0.0 0.0.0.255 10." #far ".0.0 0.0.0.255\n"
#define TWO_SITES(add_r1, add_r2)                                                                  \
    "vpnsim: 1\nname: sites\nduration: 60s\ntopology:\n  nodes:\n    r1:\n      kind: ios\n"       \
    "      version: \"12.4\"\n      startup-config: |\n" SITE(1, 2, 1, 2) add_r1                   \
        "    r2:\n      kind: ios\n      version: \"12.4\"\n      startup-config: |\n" SITE(2, 1,  \
                                                                                            2, 1)  \
            add_r2 "    pc1: {kind: host, address: 10.1.0.5/24, gateway: 10.1.0.1}\n"              \
                   "    pc2: {kind: host, address: 10.2.0.5/24, gateway: 10.2.0.1}\n  links:\n"    \
                   "    - {name: wan, endpoints: [\"r1:FastEthernet0/0\", "                        \
                   "\"r2:FastEthernet0/0\"], tc: {delay: 5ms}}\n"                                  \
                   "    - {name: lan1, endpoints: [\"pc1:eth0\", \"r1:FastEthernet0/1\"]}\n"       \
                   "    - {name: lan2, endpoints: [\"pc2:eth0\", \"r2:FastEthernet0/1\"]}\n"

/* Reads a scenario; the message of what is wrong with it is returned when it is refused. */
static inline char *refusal(const char *text)
{
    GError *error = NULL;
    struct scenario *s = scenario_from_text("t.yml", text, strlen(text), &error);
    struct world *w = s ? world_new(s, &(struct world_options){0}, &error) : NULL;
    char *message = w ? NULL : g_strdup(error->message);
    g_clear_error(&error);
    world_free(w);
    scenario_free(s);
    return message;
}

struct played {
    struct scenario *s;
    struct world *w;
    enum world_end end;
};
static inline struct played play_with(const char *text, const struct world_options *options)
{
    GError *error = NULL;
    g_autofree char *why = NULL;
    struct played p = {scenario_from_text("t.yml", text, strlen(text), &error)};
    p.w = p.s ? world_new(p.s, options, &error) : NULL;
    cr_assert_not_null(p.w, "%s", error ? error->message : "");
    p.end = world_run(p.w, &why);
    return p;
}
static inline struct played play(const char *text)
{
    return play_with(text, &(struct world_options){0});
}
static inline void played_free(struct played *p)
{
    world_free(p->w);
    scenario_free(p->s);
}
static inline const struct verdict *verdict_of(const struct played *p, const char *name)
{
    const GPtrArray *all = world_verdicts(p->w);
    for (guint i = 0; i < all->len; i++) {
        const struct verdict *v = all->pdata[i];
        if (strcmp(v->name, name) == 0)
            return v;
    }
    cr_assert_fail("no verdict \"%s\"", name);
    return NULL;
}

#endif
