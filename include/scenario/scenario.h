/* A scenario as read from its file, and a run of it. */
#ifndef SCENARIO_SCENARIO_H
#define SCENARIO_SCENARIO_H

#include "device/device.h"
#include "scenario/yaml.h"

/* ---- The file: checked, unchanging; many runs may be made from one, in several threads ---- */

struct scenario;
/* `path` is a scenario file, or a folder with scenario.yml. `sets` (NULL-closed, may be NULL) are
 * "path=value" changes. */
struct scenario *scenario_load(const char *path, const char *const *sets, GError **error);
/* The same from memory. Other files (base, configurations, recordings) are refused: for fuzzing and
 * tests. */
struct scenario *scenario_from_text(const char *name, const char *text, size_t len, GError **error);
void scenario_free(struct scenario *s);
const char *scenario_name(const struct scenario *s);
const char *scenario_title(const struct scenario *s); /* NULL when there is none */
const char *scenario_path(const struct scenario *s);  /* of the file */
const char *scenario_folder(const struct scenario *s);
uint64_t scenario_seed(const struct scenario *s);
sim_time scenario_duration(const struct scenario *s);
size_t scenario_source_count(const struct scenario *s);
const char *scenario_source(const struct scenario *s, size_t i);

/* ---- A run ---- */

struct world;
struct world_progress {
    sim_time now, until;
    uint64_t events;
    uint64_t sas; /* IPsec SAs that exist */
};
struct world_options {
    bool seed_given;
    uint64_t seed, run;
    sim_time until;      /* 0 = the scenario's duration */
    uint64_t max_events; /* 0 = the scenario's limit */
    bool lenient; /* refused configuration lines are kept in world_problems and are no error */
    /* Asked now and then (every few thousand events); true stops the run. */
    bool (*progress)(void *self, const struct world_progress *p);
    void *self;
};
enum verdict_state { VERDICT_PASSED, VERDICT_FAILED, VERDICT_NOT_REACHED };
struct verdict {
    unsigned order;    /* of the file; rules that hold in every run come behind */
    char *name, *file; /* where it is written; NULL for those rules */
    int line;
    enum verdict_state state;
    char *wanted; /* what was expected, in words */
    char *detail; /* what was seen */
    sim_time at;  /* when it was decided */
};
enum world_end { WORLD_DONE, WORLD_STOPPED, WORLD_LIMIT };

/* Builds the network, loads the configurations, arms the timeline. Nothing has happened yet. */
struct world *world_new(const struct scenario *s, const struct world_options *options,
                        GError **error);
void world_free(struct world *w);
/* Runs to the end. On WORLD_LIMIT `why` says which limit (caller frees). */
enum world_end world_run(struct world *w, char **why);

/* ---- A run that somebody else paces; its parts are what world_run does in one ---- */

/* Plays to the instant `to`, past world_until too, and looks at the expectations that are due on
 * the way. */
enum world_end world_advance(struct world *w, sim_time to, char **why);
/* The run is over now, whatever was planned: open windows close at this instant. What has happened
 * in them counts; what has not is not reached. */
void world_close(struct world *w, enum world_end end);
/* A verdict about the run that no expectation of the file asks for, after world_close. */
void world_judge(struct world *w, const char *name, bool passed, const char *wanted,
                 const char *detail);

const struct scenario *world_scenario(const struct world *w);
struct sim *world_sim(struct world *w);
struct trace *world_trace(struct world *w);
struct net *world_net(struct world *w);
uint64_t world_seed(const struct world *w);
sim_time world_until(const struct world *w);
size_t world_device_count(const struct world *w);
struct device *world_device_at(struct world *w, size_t i); /* in order of the scenario */
struct device *world_device(struct world *w, const char *name);
const GPtrArray *world_problems(const struct world *w); /* struct device_problem */
/* After world_run: the expectations in order, then violated rules. */
const GPtrArray *world_verdicts(const struct world *w); /* struct verdict */
bool world_passed(const struct world *w);
/* Outbound SAs whose partner is not at the peer at this instant: none when all is calm. */
size_t world_alone(const struct world *w);
/* Calls `fn` each `every` of simulated time, between events. */
void world_sample(struct world *w, sim_time every, void (*fn)(void *self, sim_time now),
                  void *self);

#endif
