/* The folder that a run leaves behind: which files, where, and written by whom (design.md 4). */
#ifndef SCENARIO_OUTPUTS_H
#define SCENARIO_OUTPUTS_H

#include "scenario/scenario.h"

enum {
    OUTPUT_VERDICT = 1,
    OUTPUT_EVENTS = 2,
    OUTPUT_COUNTERS = 4,
    OUTPUT_LADDER = 8,
    OUTPUT_CONSOLE = 16,
    OUTPUT_CAPTURE = 32,
    OUTPUT_KEYS = 64,      /* keys.json and wireshark/ */
    OUTPUT_MANIFEST = 128, /* always: it makes the folder a run folder */
    OUTPUT_FINGERPRINT = 256,
    OUTPUT_SAS = 512, /* the tables that pictures are drawn from */
    OUTPUT_TRAFFIC = 1024,
    OUTPUT_ESP = 2048,
    OUTPUT_TIMELINE = 4096,
    OUTPUT_TCP = 8192,
    OUTPUT_QUEUE = 16384,
    OUTPUT_ALL = 32767,
};
/* The names, for options and help: "events", "capture" ... closed by name NULL. */
struct output_name {
    const char *name;
    unsigned bit;
    const char *files, *doc;
};
extern const struct output_name output_names[];
/* "events,capture" as bits, the manifest added. */
bool outputs_parse(const char *list, unsigned *set, GError **error);

struct outputs;
/* Makes the folder ready (a folder that is no run folder and not empty is refused) and subscribes.
 * `dir` NULL: nothing goes to disk, but console and fingerprint can be asked for. */
struct outputs *outputs_new(struct world *w, unsigned set, const char *dir, GError **error);
/* After the run. */
bool outputs_write(struct outputs *o, enum world_end end, GError **error);
const char *outputs_fingerprint(struct outputs *o); /* 64 hex digits; needs OUTPUT_FINGERPRINT */
const char *outputs_console(struct outputs *o, const char *node); /* needs OUTPUT_CONSOLE */
/* Before the world is freed. */
void outputs_free(struct outputs *o);

/* Removes the files of a run, and the folder when it is empty then. Refuses other folders. */
bool outputs_remove(const char *dir, GError **error);
/* Is this a folder that a run left? */
bool outputs_is_run(const char *dir);
/* Compares two run folders byte by byte. False, with the first difference in words, when they
 * differ. */
bool outputs_same(const char *a, const char *b, char **difference, GError **error);

/* Verdicts as JSON ({"scenario": ..., "verdicts": [...]}), the text of verdict.json. */
void verdict_json(GString *out, struct world *w, enum world_end end);
const char *verdict_state_name(enum verdict_state s); /* "passed", "failed", "not-reached" */

#endif
