/* The corpus: scenarios found in folders, each run and compared with what stands beside it. */
#ifndef SCENARIO_CORPUS_H
#define SCENARIO_CORPUS_H

#include "scenario/scenario.h"

/* Scenario files below the paths (a file, a scenario's folder, or a folder of folders), sorted,
 * each once. Owned by the caller. */
GPtrArray *corpus_find(const char *const *paths, GError **error);

struct corpus_result {
    char *path, *name;
    bool passed;
    char *message;     /* what went wrong, lines; NULL when nothing did */
    char *fingerprint; /* NULL when it did not run */
    uint64_t events;
    sim_time simulated;
};
/* Runs one scenario in memory: its expectations, golden/<node>.txt beside it for every console that
 * said something, and its fingerprint in tests/fingerprints.csv, looked for upward from the
 * scenario. With `bless` the goldens are written instead. Safe to call from several threads. */
struct corpus_result *corpus_run(const char *path, bool bless);
void corpus_result_free(struct corpus_result *r);
/* Writes the fingerprints of scenarios that passed into the files they belong to; rows of others
 * stay. */
bool corpus_bless(const GPtrArray *results, GError **error);

#endif
