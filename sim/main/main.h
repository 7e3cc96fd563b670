/* What the commands share. */
#ifndef MAIN_MAIN_H
#define MAIN_MAIN_H

#include <glib.h>
#include <stdbool.h>
#include <stdio.h>

#include "scenario/scenario.h"

/* design.md 4 */
enum {
    EXIT_MET = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,
    EXIT_LIMIT = 4,
    EXIT_DIFFERED = 5,
    EXIT_INTERNAL = 70
};

struct command {
    const char *name, *arguments, *summary;
    int (*run)(int argc, char **argv);
};
int cmd_run(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_test(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_show(int argc, char **argv);
int cmd_events(int argc, char **argv);
int cmd_ladder(int argc, char **argv);
int cmd_counters(int argc, char **argv);
int cmd_plot(int argc, char **argv);
int cmd_wireshark(int argc, char **argv);
int cmd_schema(int argc, char **argv);
int cmd_attach(int argc, char **argv);

enum format { FORMAT_TEXT, FORMAT_JSONL, FORMAT_CSV };

/* Parses the options of a command; what is left stays in *argv. False: told on stderr, exit code 2.
 */
bool options_parse(const char *command, const char *arguments, const char *summary,
                   const char *description, const GOptionEntry *entries, int *argc, char ***argv);
bool format_parse(const char *text, enum format *out); /* NULL is text; tells on stderr */
/* "vpnsim run: sentence" on stderr; returns EXIT_USAGE. */
int complain(const char *command, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* The error's message on stderr, freed; returns the exit code for it. */
int complain_error(GError *error);
bool colored(FILE *to);
/* Wraps in colour when wanted: "red", "green", "dim". Lent until the end of the enclosing block of
 * the caller is of no matter: both are constant texts. */
const char *color_on(FILE *to, const char *color);
const char *color_off(FILE *to);
/* A field of a CSV row (RFC 4180), with a comma before it unless first. */
void csv_field(GString *out, const char *text, bool first);
/* The folder of a run, checked. NULL: told on stderr. */
const char *run_folder(const char *command, int argc, char **argv);
/* A file of a run as text, NULL (told) when it is not there. */
char *run_file(const char *command, const char *dir, const char *name);

/* progress.c: simulated time, times real time, events a second, SAs; once a second on a terminal,
 * every half minute elsewhere. */
struct progress {
    gint64 began_us, told_us;
    uint64_t told_events;
    bool quiet, terminal, drawn;
};
void progress_begin(struct progress *p, bool quiet);
bool progress_tell(void *self, const struct world_progress *now);
void progress_end(struct progress *p, const struct world_progress *last);

/* report.c: verdicts for people and programs. */
void report_verdicts(struct world *w, enum world_end end, enum format format, bool quiet,
                     const char *dir);

#endif
