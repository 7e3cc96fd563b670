/* Names of protocols, ports, ICMP messages and interfaces in configuration lines. */
#include "vendor/common.h"

#include <string.h>

const struct vendor_name vendor_protocol[] = {
    {"ip", 0},    {"icmp", 1}, {"igmp", 2},  {"ipinip", 4}, {"tcp", 6},
    {"udp", 17},  {"gre", 47}, {"esp", 50},  {"ahp", 51},   {"eigrp", 88},
    {"ospf", 89}, {"nos", 94}, {"pim", 103}, {"pcp", 108},  {0},
};
/* The first name of a number is the one shown. */
const struct vendor_name vendor_tcp_port[] = {
    {"echo", 7},    {"discard", 9},  {"daytime", 13},   {"ftp-data", 20},
    {"ftp", 21},    {"telnet", 23},  {"smtp", 25},      {"time", 37},
    {"whois", 43},  {"tacacs", 49},  {"domain", 53},    {"gopher", 70},
    {"finger", 79}, {"www", 80},     {"hostname", 101}, {"pop2", 109},
    {"pop3", 110},  {"sunrpc", 111}, {"ident", 113},    {"nntp", 119},
    {"bgp", 179},   {"irc", 194},    {"exec", 512},     {"login", 513},
    {"cmd", 514},   {"lpd", 515},    {"uucp", 540},     {0},
};
const struct vendor_name vendor_udp_port[] = {
    {"echo", 7},
    {"discard", 9},
    {"time", 37},
    {"tacacs", 49},
    {"domain", 53},
    {"bootps", 67},
    {"bootpc", 68},
    {"tftp", 69},
    {"sunrpc", 111},
    {"ntp", 123},
    {"netbios-ns", 137},
    {"netbios-dgm", 138},
    {"netbios-ss", 139},
    {"snmp", 161},
    {"snmptrap", 162},
    {"xdmcp", 177},
    {"isakmp", 500},
    {"biff", 512},
    {"who", 513},
    {"syslog", 514},
    {"talk", 517},
    {"rip", 520},
    {"non500-isakmp", 4500},
    {0},
};
const struct vendor_icmp_name vendor_icmp[] = {
    {"echo", 8, -1},
    {"echo-reply", 0, -1},
    {"unreachable", 3, -1},
    {"net-unreachable", 3, 0},
    {"host-unreachable", 3, 1},
    {"port-unreachable", 3, 3},
    {"packet-too-big", 3, 4},
    {"administratively-prohibited", 3, 13},
    {"source-quench", 4, -1},
    {"redirect", 5, -1},
    {"time-exceeded", 11, -1},
    {"ttl-exceeded", 11, 0},
    {"parameter-problem", 12, -1},
    {"timestamp-request", 13, -1},
    {"timestamp-reply", 14, -1},
    {"traceroute", 30, -1},
    {0},
};

const char *vendor_name_of(const struct vendor_name *row, int number)
{
    for (; row->name; row++)
        if (row->number == number)
            return row->name;
    return NULL;
}

int vendor_port_of(const struct vendor_name *row, const char *text)
{
    char *end;
    guint64 v = g_ascii_strtoull(text, &end, 10);
    if (g_ascii_isdigit(text[0]) && *end == '\0')
        return v <= 65535 ? (int)v : -1;
    for (; row->name; row++)
        if (g_ascii_strcasecmp(row->name, text) == 0)
            return row->number;
    return -1;
}

/* "0", "0/0", "0/0/0": what may follow the letters. */
static bool port_number(const char *s)
{
    int parts = 0;
    for (;;) {
        size_t digits = strspn(s, "0123456789");
        if (digits == 0 || digits > 5 || ++parts > 3)
            return false;
        s += digits;
        if (!*s)
            return true;
        if (*s++ != '/')
            return false;
    }
}

char *vendor_ifname(const struct vendor_name *kinds, const char *typed)
{
    size_t letters = 0;
    const char *found = NULL;
    while (g_ascii_isalpha(typed[letters]))
        letters++;
    if (letters == 0 || !port_number(typed + letters))
        return NULL;
    for (; kinds->name; kinds++)
        if (letters <= strlen(kinds->name) && g_ascii_strncasecmp(typed, kinds->name, letters) == 0)
            found = kinds->name;
    return found ? g_strconcat(found, typed + letters, NULL) : NULL;
}
