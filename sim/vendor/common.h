/* What the kinds of this room share: how a configuration text is read line by line and what is
 * said of a refused one, calendar time, names of interfaces, protocols and ports. */
#ifndef VENDOR_COMMON_H
#define VENDOR_COMMON_H

#include "device/device.h"

/* ---- common_load.c ---- */
/* A configuration is text of a bearable size; false with error when it is not. */
bool vendor_text_readable(const char *text, const char *file, GError **error);
/* What came of a line that was not carried out. */
struct vendor_refusal {
    const struct cli_error *error;
    bool refused;        /* understood, but not done: `said` has the device's own words */
    int invalid_at;      /* then: the word at this offset is invalid; -1 = none */
    const char *said;    /* what the line printed */
    const char *nearest; /* a word near to the unknown one; NULL = none */
};
/* Adds it to the problems of a file, as long as there are not very many. */
void vendor_problem(GPtrArray *problems, const char *file, int number, const char *line,
                    const struct vendor_refusal *r);

/* ---- common_clock.c ---- */
struct vendor_clock {
    int year, month, day, hour, minute, second, ms, weekday; /* weekday 0 = Thursday */
};
/* The calendar at so many nanoseconds since 1970. */
struct vendor_clock vendor_clock_at(int64_t ns);
extern const char *const vendor_month[12], *const vendor_weekday[7]; /* "Jan", "Thu" */
/* The names of syslog severities, 0 to 7. */
extern const char *const vendor_severity[8];

/* ---- common_names.c ---- */
struct vendor_name {
    const char *name;
    int number;
};
struct vendor_icmp_name {
    const char *name;
    int type, code;
};
/* Closed by a NULL name. The first name of a number is the one shown. */
extern const struct vendor_name vendor_protocol[], vendor_tcp_port[], vendor_udp_port[];
extern const struct vendor_icmp_name vendor_icmp[];
const char *vendor_name_of(const struct vendor_name *row, int number); /* NULL: it has none */
/* -1: neither a number up to 65535 nor a name of the table. */
int vendor_port_of(const struct vendor_name *row, const char *text);
/* "fa0/0" is "FastEthernet0/0" when letters abbreviate one of the names (the last that fits) and a
 * port follows: "0", "0/0", "0/0/0". NULL otherwise. */
char *vendor_ifname(const struct vendor_name *kinds, const char *typed);

/* ---- common_view.c ---- */
/* The words of "show crypto isakmp sa" without the first. Caller frees. */
char **vendor_show_words(const char *show);
/* How many of the typed words the command's words take: each may be abbreviated. 0 = another
 * command. */
guint vendor_words_match(const char *command, char **typed);

/* ---- Speech: each family lists what it is silent about (asa_silent, ios_silent) ---- */
struct vendor_silent {
    enum trace_id id;
    const char *why;
};

#endif
