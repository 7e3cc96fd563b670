/* What the files that bring a scenario to life share. */
#ifndef SCENARIO_SCENARIO_PRIV_H
#define SCENARIO_SCENARIO_PRIV_H

#include "apps/traffic.h"
#include "scenario/scenario.h"
#include "scenario/schema.h"
#include "scenario/units.h"
#include "vendor/vendor.h"

#define EVENTS_LIMIT  2000000000u
#define INSTANT_LIMIT 5000000u

struct scenario {
    struct yml_doc *doc;
    struct yml_node *root;
    char *path, *folder, *name;
    bool files; /* other files may be read */
    uint64_t seed;
    sim_time duration;
};

/* An instant with a name. */
struct label {
    const char *name;
    sim_time at;
};

/* Where the configuration that a device was given comes from. */
struct config_origin {
    const struct device *device;
    const struct yml_node *inlined, *add; /* texts in the scenario; NULL: none */
    int startup_lines;                    /* lines before those of `add` */
};

struct world {
    const struct scenario *s;
    struct world_options options;
    uint64_t seed;
    sim_time until;
    uint64_t max_events, max_instant;
    struct sim *sim;
    struct trace *trace;
    struct net *net;
    GPtrArray *devices;  /* struct device, in order of the file */
    GPtrArray *flows;    /* struct traffic */
    GPtrArray *problems; /* struct device_problem */
    GArray *origins;     /* struct config_origin */
    GArray *labels;      /* struct label */
    GPtrArray *steps;    /* struct step, owned */
    struct record *record;
    struct lives *lives; /* what watches the invariants */
    struct expectations *expectations;
    GPtrArray *verdicts;                /* struct verdict */
    sim_time sample_every, sample_next; /* SIM_TIME_MAX: nobody samples */
    void (*sample)(void *self, sim_time now);
    void *sampler;
};

/* ---- values.c: values of checked nodes; the default when absent ---- */
const char *get_text(const struct yml_node *map, const char *key, const char *dflt);
sim_time get_time(const struct yml_node *map, const char *key, sim_time dflt);
uint64_t get_count(const struct yml_node *map, const char *key, uint64_t dflt);
bool get_bool(const struct yml_node *map, const char *key, bool dflt);
uint64_t get_size(const struct yml_node *map, const char *key, uint64_t dflt);
uint32_t get_chance(const struct yml_node *map, const char *key, uint32_t dflt);
bool get_ip4(const struct yml_node *map, const char *key, ip4 *out);
/* A moment ("40s", "fix", "fix+5s", "+5s" counted from `from`; from < 0: refused). */
bool get_moment(struct world *w, const struct yml_node *at, const char *text, sim_time from,
                sim_time *out, GError **error);
/* The node, interface or link that is named; fails with a suggestion. */
struct device *get_device(struct world *w, const struct yml_node *name, GError **error);
struct net_link *get_link(struct world *w, const struct yml_node *name, GError **error);
/* The end of a link that a node has. */
bool get_end(struct world *w, struct net_link *l, const struct yml_node *node, uint32_t *end,
             GError **error);

/* ---- load_nodes.c, load_links.c, load_traffic.c ---- */
bool load_nodes(struct world *w, GError **error);
/* The place where a line of a device's startup text was written. Caller frees the file. */
void world_place(struct world *w, const struct device *d, int at, char **file, int *line);
bool load_links(struct world *w, GError **error);
bool load_traffic(struct world *w, GError **error);
/* Lays the keys of a `tc` map over an impairment, and arms its recording. `end` UINT32_MAX is every
 * end. */
bool load_tc(struct world *w, struct net_link *l, uint32_t end, const struct yml_node *tc,
             GError **error);
/* `tc` and `tc-from` of a link or a step. */
bool load_impairments(struct world *w, struct net_link *l, const struct yml_node *owner,
                      GError **error);

/* ---- timeline.c ---- */
struct step {
    struct world *w;
    struct sim_port port;
    const struct yml_node *node; /* of the file */
    sim_time at;
    const char *label;
    char *action; /* in words */
    struct device *device;
    struct net_if *interface;
    struct net_link *link;
    struct injector *injector;
    struct net_match_rule rule; /* self NULL: none */
    sim_time rule_for;          /* 0 = to the end */
    uint32_t rule_id;
    struct sim_port rule_port;
};
bool load_timeline(struct world *w, GError **error);
void step_free(struct step *s);

/* ---- match.c ---- */
struct matcher;
struct matcher *matcher_new(struct world *w, const struct yml_node *match, struct net_link *l,
                            GError **error);
void matcher_free(void *self);
bool matcher_takes(void *self, uint32_t end, uint64_t number, struct span packet);

/* ---- inject.c ---- */
struct injector;
struct injector *injector_new(struct world *w, const struct yml_node *inject, GError **error);
void injector_free(struct injector *i);
void injector_start(struct injector *i);
const char *injector_text(const struct injector *i);

/* Checks the keys of a `tc` map without a link. */
bool check_tc(const struct yml_node *tc, GError **error);

/* ---- record.c: what was said and decided, for expectations and rules ---- */
struct said {
    sim_time at;
    uint64_t step;
    enum console_kind kind;
    char *text;
};
struct decided {
    sim_time at;
    uint64_t step, seq;
    enum trace_id id;
    uint32_t sa, msgid, attr, value, spi;
    guint after; /* lines said before it */
};
struct record;
struct record *record_new(struct world *w);
void record_free(struct record *r);
const GArray *record_lines(const struct record *r,
                           const struct trace_scope *scope); /* struct said */
const GArray *record_decided(const struct record *r,
                             const struct trace_scope *scope); /* struct decided */

/* ---- speech.c: text compared under the catalogue's rules N0 to N2 ---- */
/* One blank for many, IPSec in any case as IPSec, IKE_MESG_ as IKE_MSG_. Caller frees. */
char *speech_normal(const char *s);
struct speech;
/* A text to be found, or /a regular expression/. NULL with an error about the expression. */
struct speech *speech_new(const char *text, GError **error);
void speech_free(struct speech *s);
const char *speech_text(const struct speech *s);
bool speech_in(const struct speech *s, const char *line);
/* How many words of the wanted text a line has: to find the nearest. */
unsigned speech_likeness(const struct speech *s, const char *line);

/* ---- expect.c ---- */
bool load_expectations(struct world *w, GError **error);
void expectations_free(struct expectations *x);
/* When the next one is to be looked at; SIM_TIME_MAX when none is. */
sim_time expectations_next(const struct expectations *x);
void expectations_look(struct world *w, struct expectations *x);
/* The run ends now: windows that have begun close, and what has happened in them is decided. */
void expectations_close(struct world *w, struct expectations *x);
/* The run is over: whatever is open now is decided, or was not reached. */
void expectations_end(struct world *w, struct expectations *x);

/* ---- rules.c ---- */
void rules_check(struct world *w);

/* ---- run.c ---- */
void verdict_free(struct verdict *v);
void world_verdict(struct world *w, struct verdict *v); /* takes it over, and emits the event */

#endif
