/* Two sites behind appliances, everything right, as a text to play or to review. */
#ifndef TESTS_SCENARIO_APPLIANCES_H
#define TESTS_SCENARIO_APPLIANCES_H

#include <glib.h>
#include <stdbool.h>

#define APPLIANCE(me, peer, lan, far)                                                              \
    "        hostname fw" #me "\n        interface Ethernet0/0\n         nameif outside\n"         \
    "         security-level 0\n         ip address 192.0.2." #me " 255.255.255.0\n"               \
    "        interface Ethernet0/1\n         nameif inside\n         security-level 100\n"         \
    "         ip address 10." #lan ".0.1 255.255.255.0\n"                                          \
    "        access-list vpn extended permit ip 10." #lan ".0.0 255.255.255.0 10." #far            \
    ".0.0 255.255.255.0\n        route outside 0.0.0.0 0.0.0.0 192.0.2." #peer " 1\n"              \
    "        crypto ipsec transform-set s esp-3des esp-sha-hmac\n"                                 \
    "        crypto ipsec security-association lifetime seconds 28800\n"                           \
    "        crypto map m 10 match address vpn\n        crypto map m 10 set peer 192.0.2." #peer   \
    "\n        crypto map m 10 set transform-set s\n        crypto map m interface outside\n"      \
    "        crypto isakmp identity address\n        crypto isakmp enable outside\n"               \
    "        crypto isakmp policy 10\n         authentication pre-share\n         encryption "     \
    "3des\n         hash sha\n         group 2\n         lifetime 86400\n"                         \
    "        tunnel-group 192.0.2." #peer " type ipsec-l2l\n        tunnel-group 192.0.2." #peer   \
    " ipsec-attributes\n         pre-shared-key k\n"
#define FIREWALL                                                                                   \
    "        interface ethernet0 auto\n        interface ethernet1 auto\n"                         \
    "        nameif ethernet0 outside security0\n        nameif ethernet1 inside security100\n"    \
    "        hostname fw1\n        access-list vpn permit ip 10.1.0.0 255.255.255.0 10.2.0.0 "     \
    "255.255.255.0\n        ip address outside 192.0.2.1 255.255.255.0\n"                          \
    "        ip address inside 10.1.0.1 255.255.255.0\n"                                           \
    "        access-list nonat permit ip 10.1.0.0 255.255.255.0 10.2.0.0 255.255.255.0\n"          \
    "        nat (inside) 0 access-list nonat\n"                                                   \
    "        route outside 0.0.0.0 0.0.0.0 192.0.2.2 1\n"                                          \
    "        sysopt connection permit-ipsec\n"                                                     \
    "        crypto ipsec transform-set s esp-3des esp-sha-hmac\n"                                 \
    "        crypto map m 10 ipsec-isakmp\n        crypto map m 10 match address vpn\n"            \
    "        crypto map m 10 set peer 192.0.2.2\n        crypto map m 10 set transform-set s\n"    \
    "        crypto map m interface outside\n        isakmp enable outside\n"                      \
    "        isakmp key k address 192.0.2.2 netmask 255.255.255.255\n"                             \
    "        isakmp identity address\n        isakmp keepalive 10\n"                               \
    "        isakmp policy 10 authentication pre-share\n"                                          \
    "        isakmp policy 10 encryption 3des\n        isakmp policy 10 hash sha\n"                \
    "        isakmp policy 10 group 2\n"

/* The first of the kind given and with `add`, the second an appliance with everything right; `more`
 * follows at the top level. Caller frees. */
static inline char *appliances_with(bool older, const char *add, const char *more)
{
    return g_strconcat(
        "vpnsim: 1\nname: sites\nduration: 60s\ntopology:\n  nodes:\n    fw1:\n",
        older ? "      kind: pix\n      version: \"6.3(5)\"\n"
              : "      kind: asa\n      version: \"8.2(5)\"\n",
        "      startup-config: |\n", older ? FIREWALL : APPLIANCE(1, 2, 1, 2), add,
        "    fw2:\n      kind: asa\n      version: \"8.2(5)\"\n"
        "      startup-config: |\n" APPLIANCE(2, 1, 2, 1),
        "    pc1: {kind: host, address: 10.1.0.5/24, gateway: 10.1.0.1}\n"
        "    pc2: {kind: host, address: 10.2.0.5/24, gateway: 10.2.0.1}\n  links:\n"
        "    - {name: wan, endpoints: [\"fw1:",
        older ? "ethernet0" : "Ethernet0/0", "\", \"fw2:Ethernet0/0\"], tc: {delay: 5ms}}\n",
        "    - {name: lan1, endpoints: [\"pc1:eth0\", \"fw1:", older ? "ethernet1" : "Ethernet0/1",
        "\"]}\n    - {name: lan2, endpoints: [\"pc2:eth0\", \"fw2:Ethernet0/1\"]}\n", more, NULL);
}
static inline char *appliances(bool older, const char *add)
{
    return appliances_with(older, add, "");
}

#endif
