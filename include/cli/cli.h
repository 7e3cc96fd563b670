/* Command lines of network devices: a row a command, and from the same row parsing, abbreviation,
 * help and completion.
 *
 * A pattern is made of words:
 *   show crypto             keywords, abbreviated by the user as long as they stay unique among the
 * rows that still match (isakmp|ipsec|engine)   one of several keywords; cli_word tells which
 *   [detail]                optional part, may hold several words and arguments
 *   name:WORD               an argument: its name, then its type
 * Types: WORD (no blanks), LINE (the rest), A.B.C.D (address), A.B.C.D/nn, MASK (contiguous
 * netmask), WILDCARD (inverse mask), <1-65535> (number in a range), IFNAME (an interface name,
 * "FastEthernet0/0" or "fa 0/0", given back in full), HH:MM:SS. Help texts come from the words
 * table given to cli_new ("isakmp" -> "ISAKMP information"). A row of it may name the words before
 * ("clear crypto sa peer"), and an argument as ":name"; the longest that fits is shown. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <glib.h>
#include "base/ip4.h"

struct cli;
struct cli_args;

/* `self` is what cli_run was given; output lines (with their newlines) are appended to out. */
typedef void (*cli_fn)(void *self, const struct cli_args *args, GString *out);

enum {
    CLI_NO = 1,      /* "no <command>" is the same row, cli_negated true; complete, as without no */
    CLI_DEFAULT = 2, /* "default <command>" too: cli_negated and cli_defaulted are true */
    CLI_HIDDEN = 4,  /* not in help or completion */
    CLI_PRIVILEGED = 8,      /* not in user mode */
    CLI_NO_ONLY_PREFIX = 16, /* with no: the line may end where an argument, a choice or an option
                                would begin, or anywhere after one */
};
struct cli_command {
    const char *pattern; /* NULL closes the table */
    cli_fn fn;
    unsigned flags;
    const char *help; /* of the last keyword; may be NULL: the words table serves */
    int tag;          /* for functions that serve several rows */
};

/* What the arguments of the command that ran are. */
const char *cli_arg(const struct cli_args *a,
                    const char *name); /* text as typed (IFNAME in full), NULL when absent */
bool cli_has(const struct cli_args *a,
             const char *word_or_arg); /* this keyword or argument was typed */
bool cli_arg_u32(const struct cli_args *a, const char *name, uint32_t *v);
bool cli_arg_ip4(const struct cli_args *a, const char *name, ip4 *v);
bool cli_negated(const struct cli_args *a);
bool cli_defaulted(const struct cli_args *a);
int cli_tag(const struct cli_args *a);
/* The keyword that stands nearest before an argument ("eq" of "eq sport:WORD"), NULL when there is
 * none. */
const char *cli_keyword_before(const struct cli_args *a, const char *name);
size_t cli_arg_at(const struct cli_args *a,
                  const char *name); /* where it begins in the line: for a caret */
char *cli_canonical(const struct cli_args
                        *a); /* the command with its keywords in full, without "no"; caller frees */
const char *cli_line(const struct cli_args *a); /* the whole line as typed, trimmed, pipe removed */

/* A mode is a set of rows and a prompt. */
struct cli_mode {
    const char *name;                        /* "exec", "config", "config-if" */
    const struct cli_command *const *tables; /* NULL-closed list of tables */
    const struct cli_mode
        *parent; /* lines unknown here are tried there, and the mode is left (configuration) */
};
struct cli_word { /* help for a keyword; NULL closes */
    const char *word, *help;
};

enum cli_result { CLI_OK, CLI_EMPTY, CLI_UNKNOWN, CLI_AMBIGUOUS, CLI_INCOMPLETE, CLI_BAD_ARGUMENT };
struct cli_error {
    enum cli_result what;
    size_t at;     /* offset in the line where it went wrong: the caret */
    char word[64]; /* the word concerned */
};

/* Interface name rule: turns "fa0/0", "Fast 0/0" into the full name or returns NULL (caller frees).
 */
typedef char *(*cli_ifname_fn)(void *self, const char *typed);

struct cli *cli_new(const struct cli_word *words, cli_ifname_fn ifname);
void cli_free(struct cli *c);
/* Runs one line in a mode. On CLI_OK `ran_in` (may be NULL) is the mode whose row matched (the mode
 * or an ancestor). Allowed: only rows whose flags lack CLI_PRIVILEGED when `user_mode`. */
enum cli_result cli_run(struct cli *c, const struct cli_mode *mode, bool user_mode,
                        const char *line, void *self, GString *out, struct cli_error *error,
                        const struct cli_mode **ran_in);
/* What can follow: for "?" ("show crypto ?" or "show cr?"). Appends lines "  word   help" sorted;
 * false when nothing fits. */
bool cli_help(struct cli *c, const struct cli_mode *mode, bool user_mode, const char *line,
              void *self, GString *out, struct cli_error *error);
/* TAB: the whole line with its last word completed when that is unique; NULL otherwise. Caller
 * frees. */
char *cli_complete(struct cli *c, const struct cli_mode *mode, bool user_mode, const char *line,
                   void *self);
/* The keyword nearest to the first word that fits nowhere, when near enough to suggest. Caller
 * frees. */
char *cli_nearest(struct cli *c, const struct cli_mode *mode, const char *line, void *self);
/* Every row of a mode parses its own pattern (asserts otherwise): called when a table is first
 * used, and by tests. */
void cli_check(const struct cli_mode *mode);

/* "| include x", "| exclude x", "| begin x", "| section x": splits the line at an unquoted bar.
 * True when there is a filter; *head is the command without it. The filter is applied to whole
 * output afterwards. Regular expressions as routers take them. */
struct cli_filter;
struct cli_filter *
cli_filter_parse(const char *line, char **head,
                 struct cli_error *error); /* NULL: none or error (error->what != CLI_OK) */
void cli_filter_apply(const struct cli_filter *f, GString *text);
void cli_filter_free(struct cli_filter *f);

#endif
