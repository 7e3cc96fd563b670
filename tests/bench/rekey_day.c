/* CAT-92 as a load: 40 simulated hours of one tunnel with lifetimes of a day and a ping a second,
 * who initiates and who rekeys told apart. Played as `vpnsim run --outputs none` plays it, with the
 * checks of every run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "scenario/scenario.h"

#define HOURS 40

static const char asa_side[] =
    "        interface Ethernet0/0\n         nameif outside\n         security-level 0\n"
    "         ip address 192.0.2.%d 255.255.255.0\n"
    "        interface Ethernet0/1\n         nameif inside\n         security-level 100\n"
    "         ip address 10.%d.0.1 255.255.255.0\n"
    "        access-list vpn extended permit ip 10.%d.0.0 255.255.255.0 10.%d.0.0 255.255.255.0\n"
    "        nat (inside) 0 access-list vpn\n"
    "        route outside 0.0.0.0 0.0.0.0 192.0.2.%d 1\n"
    "        crypto ipsec transform-set s %s esp-sha-hmac\n"
    "        crypto ipsec security-association lifetime seconds 86400\n"
    "        crypto map m 10 match address vpn\n        crypto map m 10 set peer 192.0.2.%d\n"
    "        crypto map m 10 set transform-set s\n        crypto map m interface outside\n"
    "        crypto isakmp identity address\n        crypto isakmp enable outside\n"
    "        crypto isakmp policy 10\n         authentication pre-share\n         encryption 3des\n"
    "         hash sha\n         group 2\n         lifetime 86400\n"
    "        tunnel-group 192.0.2.%d type ipsec-l2l\n"
    "        tunnel-group 192.0.2.%d ipsec-attributes\n         pre-shared-key bench\n";
static const char ios_side[] =
    "        crypto isakmp policy 10\n         encr 3des\n         authentication pre-share\n"
    "         group 2\n         lifetime 86400\n"
    "        crypto isakmp key bench address 192.0.2.%d\n"
    "        crypto ipsec transform-set s %s esp-sha-hmac\n"
    "        crypto ipsec security-association lifetime seconds 86400\n"
    "        crypto map m 10 ipsec-isakmp\n         set peer 192.0.2.%d\n"
    "         set transform-set s\n         match address 110\n"
    "        interface FastEthernet0/0\n         ip address 192.0.2.%d 255.255.255.0\n"
    "         crypto map m\n        interface FastEthernet0/1\n"
    "         ip address 10.%d.0.1 255.255.255.0\n"
    "        ip route 0.0.0.0 0.0.0.0 192.0.2.%d\n"
    "        access-list 110 permit ip 10.%d.0.0 0.0.0.255 10.%d.0.0 0.0.0.255\n";

static double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void put_side(GString *out, bool asa, int me, const char *cipher)
{
    int peer = 3 - me;
    g_string_append_printf(out, "    d%d:\n      kind: %s\n      startup-config: |\n", me,
                           asa ? "asa" : "ios");
    if (asa)
        g_string_append_printf(out, asa_side, me, me, me, peer, peer, cipher, peer, peer, peer);
    else
        g_string_append_printf(out, ios_side, peer, cipher, peer, me, me, peer, me, peer);
    g_string_append_printf(
        out, "    h%d: {kind: host, address: 10.%d.0.5/24, gateway: 10.%d.0.1}\n", me, me, me);
}

/* Device 1 initiates: the pings come from its side. */
static GString *scenario_of(bool asa1, bool asa2, const char *cipher)
{
    GString *out = g_string_new("vpnsim: 1\nname: rekey-day\ntopology:\n  nodes:\n");
    const char *wan[] = {"FastEthernet0/0", "Ethernet0/0"},
               *lan[] = {"FastEthernet0/1", "Ethernet0/1"};
    put_side(out, asa1, 1, cipher);
    put_side(out, asa2, 2, cipher);
    g_string_append_printf(
        out,
        "  links:\n    - {name: wan, endpoints: [\"d1:%s\", \"d2:%s\"], tc: "
        "{delay: 20ms}}\n    - {name: lan1, endpoints: [\"h1:eth0\", \"d1:%s\"]}\n"
        "    - {name: lan2, endpoints: [\"h2:eth0\", \"d2:%s\"]}\n",
        wan[asa1], wan[asa2], lan[asa1], lan[asa2]);
    g_string_append_printf(out,
                           "duration: %dh\ntraffic:\n"
                           "  - {name: first, from: h1, to: h2, start: 1s, count: 2}\n"
                           "  - {name: ping, from: h1, to: h2, start: 10s, every: 1s, stop: %ds}\n"
                           "expect:\n  - {name: not one is lost, traffic: ping, lost: 0}\n",
                           HOURS, HOURS * 3600 - 5);
    return out;
}

static uint64_t counter(struct world *w, const char *name)
{
    uint64_t v = 0;
    trace_counter_get(world_device(w, "d1")->scope, name, &v);
    return v;
}

static bool play(const char *what, bool asa1, bool asa2, const char *cipher)
{
    GError *error = NULL;
    char *why = NULL;
    GString *text = scenario_of(asa1, asa2, cipher);
    struct scenario *s = scenario_from_text("rekey-day.yml", text->str, text->len, &error);
    struct world *w = s ? world_new(s, &(struct world_options){0}, &error) : NULL;
    if (!w) {
        fprintf(stderr, "bench: %s\n", error->message);
        exit(2);
    }
    double begin = seconds_now();
    world_run(w, &why);
    double took = seconds_now() - begin;
    double events = (double)sim_events(world_sim(w));
    printf("  %-28s %8.2f %12.0f %12.2f %8lu %8lu   %s\n", what, took, HOURS / took,
           events / took / 1e6, (unsigned long)counter(w, "ike.phase1.completed"),
           (unsigned long)counter(w, "ipsec.sa.created"), world_passed(w) ? "none" : "SOME");
    bool ok = world_passed(w);
    world_free(w);
    scenario_free(s);
    g_string_free(text, TRUE);
    g_free(why);
    return ok;
}

int main(void)
{
    printf("%d simulated hours of a tunnel, lifetimes of 86400 s, a ping a second\n", HOURS);
    printf("  %-28s %8s %12s %12s %8s %8s   %s\n", "who initiates -> who answers", "CPU s",
           "hours/s", "Mevents/s", "phase 1", "ESP SAs", "pings lost");
    bool ok = play("ASA -> IOS, AES", true, false, "esp-aes");
    ok &= play("IOS -> ASA, AES", false, true, "esp-aes");
    ok &= play("ASA -> ASA, AES", true, true, "esp-aes");
    ok &= play("ASA -> IOS, 3DES", true, false, "esp-3des");
    return !ok;
}
