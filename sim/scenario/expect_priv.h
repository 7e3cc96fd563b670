/* What the files of the expectations share. */
#ifndef SCENARIO_EXPECT_PRIV_H
#define SCENARIO_EXPECT_PRIV_H

#include "match.h"
#include "scenario_priv.h"

enum mood { MOOD_ONCE, MOOD_NEVER, MOOD_ALWAYS };
enum subject {
    ABOUT_LOG,
    ABOUT_LINES,
    ABOUT_CONSOLE_LINES,
    ABOUT_CONSOLE,
    ABOUT_SHOW,
    ABOUT_EVENT,
    ABOUT_COUNTER,
    ABOUT_PACKET,
    ABOUT_TRAFFIC
};

/* A field of an event, or a column of a row, and what it should be. */
struct want {
    const char *name, *test;
    const struct trace_field *field;
};

struct expectation {
    const struct yml_node *node;    /* of the file */
    const struct yml_node *subject; /* itself, or what is below never or always */
    unsigned order;
    const char *name;
    enum mood mood;
    enum subject about;
    /* When: everything in [from, to] counts; looked at when `next` comes. */
    sim_time from, to, next, every;
    bool any; /* true at one of the looks is enough */
    bool done;
    struct device *device; /* NULL: any */
    const char *count;     /* test; NULL = ">= 1" */
    GPtrArray *speeches;   /* log, lines, console: struct speech */
    bool exact;
    const char *command; /* show */
    GArray *wants;       /* struct want */
    bool row;
    const char *rows;
    GPtrArray *contains, *lacks; /* struct speech */
    enum trace_id event;
    const char *counter, *is;
    struct matcher *matcher;
    struct net_link *link;
    const char *flow, *sent, *received, *lost, *bytes, *errors;
    /* Tallies of events, packets and traffic in the window. */
    uint64_t hits;
    sim_time first_hit;
    uint64_t n_sent, n_received, n_bytes, n_errors;
    GHashTable *answered; /* traffic: numbers of packets sent in the window, until they arrive */
    char *near;           /* an event of the type that did not fit */
};
struct expectations {
    struct world *w;
    GPtrArray *all; /* struct expectation */
    struct trace_mask mask;
};

/* expect_load.c */
struct expectation *expectation_new(struct world *w, const struct yml_node *node, GError **error);
void expectation_free(struct expectation *x);
/* expect_tally.c: what happens is counted where it concerns one. */
void expectation_hear(struct expectation *x, const struct trace_event *e);
void expectation_hear_packet(struct expectation *x, struct net *net, const struct trace_event *e);
/* expect_see.c: does it hold now? `detail` gets what was seen. */
bool expectation_holds(struct world *w, struct expectation *x, GString *detail);
/* The value of a field as text. */
void event_field_text(GString *out, const struct trace_field *f, const void *data);

#endif
