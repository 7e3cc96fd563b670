/* What the servers of the network (radius, dhcp, dns) share: a configuration of plain lines, read
 * from a file or typed while they run, answers that may come late, and a record of what was asked.
 */
#ifndef VENDOR_SERVERS_SERVER_H
#define VENDOR_SERVERS_SERVER_H

#include "device/device.h"

/* The first member of each kind's own memory. */
struct server {
    struct device *d;
    struct cli *cli;
    const struct cli_mode *mode;
    const char *what; /* "radius", in events */
    bool loading, refused;
    bool silent;       /* hears, and says nothing */
    sim_time delay;    /* of each answer */
    GPtrArray *late;   /* struct server_late, owned */
    GPtrArray *record; /* struct server_asked, owned; the last of them */
};
struct server_late {
    struct server *s;
    struct sim_timer timer;
    struct net_if *out; /* NULL: by route */
    ip4 dst;
    uint16_t sport, dport;
    struct span bytes; /* owned */
};
struct server_asked {
    sim_time at;
    ip4 client, addr;
    char *name, *result;
};

/* A kind's init and free call these; the rest stands in its struct device_kind as it is. */
void server_init(struct server *s, struct device *d, const char *what, const struct cli_mode *mode,
                 const struct cli_word *words);
void server_clear(struct server *s);
bool server_load(struct device *d, const char *text, const char *file, GPtrArray *problems,
                 GError **error);
void server_type(struct device *d, const char *line);
void server_prompt(struct device *d, GString *out);
void server_help(struct device *d, const char *line, GString *out);
char *server_complete(struct device *d, const char *line);
bool server_show(struct device *d, const char *what, GString *out);

/* The line was understood, and cannot be: says why, and what would do. */
void server_refuse(struct server *s, GString *out, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* "300ms", "3s", "10m", "1h", "2d"; a bare number counts seconds. */
bool server_duration(const char *text, sim_time *out);

/* Rows that every server has: interface, silent, delay, show log, clear log. */
extern const struct cli_command server_rows[];
/* Help for their words: each table of words begins with it. */
// clang-format off
#define SERVER_WORDS \
    { "show", "Show what there is" }, { "clear", "Forget what there is" }, \
    { "interface", "Address of an interface" }, { "gateway", "The router of its network" }, \
    { "silent", "Hear all and answer nothing" }, { "delay", "Answer late" }, \
    { "show log", "What was asked" }, { "clear log", "What was asked" }
// clang-format on

/* Sends when its delay is over: by route, or out of an interface to everybody. */
void server_answer(struct server *s, uint16_t sport, ip4 dst, uint16_t dport, struct span bytes);
void server_broadcast(struct server *s, struct net_if *out, uint16_t sport, uint16_t dport,
                      struct span bytes);
/* Is an answer to that port still to be sent? */
bool server_answer_waits(const struct server *s, ip4 dst, uint16_t dport);
/* Tells of a question and what became of it, and records it. */
void server_tell(struct server *s, ip4 client, const char *name, ip4 addr, const char *result);
/* The view "log"; false: `what` is another. */
bool server_view(struct server *s, const char *what, struct view *out);
/* A view as columns of text. */
void server_print(const struct view *v, GString *out);

#endif
