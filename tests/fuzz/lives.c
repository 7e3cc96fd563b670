/* Two sites with a tunnel that somebody disturbs: what is configured in addition, what is typed
 * while it lives, and what a profile says may be any text. Timers of zero and of centuries, rekey
 * points beyond the lifetime, keys that change: nothing crashes, and the clock goes on.
 *
 * The first byte chooses the kind. Lines after the first "%%" are typed at 20 s and at 70 s; those
 * after the second are settings of the profile ("p1-rekey-percent: 200"). */
#include <stdlib.h>
#include <string.h>

#include "scenario/check.h"
#include "scenario/scenario.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ASA(me, peer, lan, far)                                                                    \
    "hostname fw" #me "\ninterface Ethernet0/0\n nameif outside\n security-level 0\n"              \
    " ip address 192.0.2." #me " 255.255.255.0\ninterface Ethernet0/1\n nameif inside\n"           \
    " security-level 100\n ip address 10." #lan ".0.1 255.255.255.0\n"                             \
    "access-list vpn extended permit ip 10." #lan ".0.0 255.255.255.0 10." #far                    \
    ".0.0 255.255.255.0\nlogging enable\nlogging console debugging\n"                              \
    "route outside 0.0.0.0 0.0.0.0 192.0.2." #peer " 1\n"                                          \
    "crypto ipsec transform-set s esp-aes esp-sha-hmac\ncrypto map m 10 match address vpn\n"       \
    "crypto map m 10 set peer 192.0.2." #peer "\ncrypto map m 10 set transform-set s\n"            \
    "crypto map m interface outside\ncrypto isakmp enable outside\ncrypto isakmp policy 10\n"      \
    " authentication pre-share\n encryption 3des\n hash sha\n group 1\n"                           \
    "tunnel-group 192.0.2." #peer " type ipsec-l2l\ntunnel-group 192.0.2." #peer                   \
    " ipsec-attributes\n pre-shared-key k\n"
#define PIX(me, peer, lan, far)                                                                    \
    "nameif ethernet0 outside security0\nnameif ethernet1 inside security100\nhostname p" #me      \
    "\naccess-list vpn permit ip 10." #lan ".0.0 255.255.255.0 10." #far                           \
    ".0.0 255.255.255.0\nlogging on\nlogging console debugging\n"                                  \
    "ip address outside 192.0.2." #me " 255.255.255.0\nip address inside 10." #lan                 \
    ".0.1 255.255.255.0\nroute outside 0.0.0.0 0.0.0.0 192.0.2." #peer " 1\n"                      \
    "sysopt connection permit-ipsec\ncrypto ipsec transform-set s esp-aes esp-sha-hmac\n"          \
    "crypto map m 10 ipsec-isakmp\ncrypto map m 10 match address vpn\n"                            \
    "crypto map m 10 set peer 192.0.2." #peer "\ncrypto map m 10 set transform-set s\n"            \
    "crypto map m interface outside\nisakmp enable outside\nisakmp key k address 192.0.2." #peer   \
    " netmask 255.255.255.255\nisakmp identity address\n"                                          \
    "isakmp policy 10 authentication pre-share\nisakmp policy 10 encryption 3des\n"                \
    "isakmp policy 10 hash sha\nisakmp policy 10 group 1\n"
#define IOS(me, peer, lan, far)                                                                    \
    "hostname r" #me "\ncrypto isakmp policy 10\n encr 3des\n authentication pre-share\n"          \
    " group 1\ncrypto isakmp key k address 192.0.2." #peer                                         \
    "\ncrypto ipsec transform-set s esp-aes esp-sha-hmac\ncrypto map m 10 ipsec-isakmp\n"          \
    " set peer 192.0.2." #peer "\n set transform-set s\n match address 110\n"                      \
    "interface Ethernet0/0\n ip address 192.0.2." #me " 255.255.255.0\n crypto map m\n"            \
    "interface Ethernet0/1\n ip address 10." #lan ".0.1 255.255.255.0\n"                           \
    "ip route 0.0.0.0 0.0.0.0 192.0.2." #peer "\naccess-list 110 permit ip 10." #lan               \
    ".0.0 0.0.0.255 10." #far ".0.0 0.0.0.255\n"

static const struct disturbed {
    const char *kind, *version, *outside, *inside, *config;
} disturbed[] = {
    {"asa", "8.2(5)", "Ethernet0/0", "Ethernet0/1", ASA(1, 2, 1, 2)},
    {"pix", "6.3(5)", "ethernet0", "ethernet1", PIX(1, 2, 1, 2)},
    {"ios", "12.4", "Ethernet0/0", "Ethernet0/1", IOS(1, 2, 1, 2)},
};
static const char other[] = ASA(2, 1, 2, 1);

/* `text` as a block scalar of YAML, indented; what no such scalar can hold is left out. */
static void block(GString *out, const char *text)
{
    g_string_append_c(out, '\n');
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++) {
        g_string_append(out, "        ");
        for (const char *c = *line; *c; c++)
            if (g_ascii_isprint(*c))
                g_string_append_c(out, *c);
        g_string_append_c(out, '\n');
    }
}

static char *scenario_of(const struct disturbed *k, const char *add, const char *typed,
                         const char *profile)
{
    GString *y = g_string_new("vpnsim: 1\nname: fuzz\nduration: 200s\ntopology:\n  nodes:\n");
    g_string_append_printf(y, "    a:\n      kind: %s\n      version: \"%s\"\n", k->kind,
                           k->version);
    if (profile && *profile) {
        g_string_append(y, "      profile:");
        block(y, profile);
    }
    g_string_append(y, "      startup-config: |2");
    block(y, k->config);
    block(y, add);
    g_string_append(y, "    b:\n      kind: asa\n      version: \"8.2(5)\"\n"
                       "      startup-config: |2");
    block(y, other);
    g_string_append_printf(
        y,
        "    h: {kind: host, address: 10.1.0.5/24, gateway: 10.1.0.1}\n"
        "    i: {kind: host, address: 10.2.0.5/24, gateway: 10.2.0.1}\n  links:\n"
        "    - {name: wan, endpoints: [\"a:%s\", \"b:Ethernet0/0\"], tc: {delay: 5ms}}\n"
        "    - {endpoints: [\"h:eth0\", \"a:%s\"]}\n"
        "    - {endpoints: [\"i:eth0\", \"b:Ethernet0/1\"]}\n"
        "traffic:\n  - {name: there, from: h, to: i, kind: icmp, start: 1s, every: 5s}\n"
        "  - {name: back, from: i, to: h, kind: icmp, start: 40s, every: 7s}\n",
        k->outside, k->inside);
    if (typed && *typed) {
        g_string_append(y, "timeline:\n  - at: 20s\n    node: a\n    console: |2");
        block(y, typed);
        g_string_append(y, "  - at: 70s\n    node: a\n    console: |2");
        block(y, typed);
    }
    return g_string_free(y, FALSE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > 4000)
        return 0;
    const struct disturbed *k = &disturbed[data[0] % G_N_ELEMENTS(disturbed)];
    g_autofree char *text = g_strndup((const char *)data + 1, size - 1);
    g_auto(GStrv) part = g_strsplit(text, "%%\n", 3);
    guint parts = g_strv_length(part);
    g_autofree char *yaml = scenario_of(k, parts > 0 ? part[0] : "", parts > 1 ? part[1] : NULL,
                                        parts > 2 ? part[2] : NULL);
    g_autoptr(GError) error = NULL;
    g_autofree char *why = NULL;
    struct scenario *s = scenario_from_text("fuzz.yml", yaml, strlen(yaml), &error);
    const struct world_options options = {.max_events = 100000, .lenient = true};
    struct world *w = s ? world_new(s, &options, &error) : NULL;
    if (!w && (!error || !*error->message))
        abort(); /* refused without a word */
    if (w) {
        g_ptr_array_unref(check_world(w));
        world_run(w, &why);
    }
    world_free(w);
    scenario_free(s);
    return 0;
}
