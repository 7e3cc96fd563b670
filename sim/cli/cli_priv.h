/* What the files of the cli room share: patterns as small programs, and lines cut into words. */
#ifndef CLI_CLI_PRIV_H
#define CLI_CLI_PRIV_H

#include "base/arena.h"
#include "cli/cli.h"

/* A pattern is compiled to a program for a set of threads: a keyword or an argument takes a word of
 * the line, a split goes two ways, the end accepts. */
enum cli_op { CLI_OP_KEYWORD, CLI_OP_ARGUMENT, CLI_OP_SPLIT, CLI_OP_JUMP, CLI_OP_END };
enum cli_type {
    CLI_TYPE_WORD,
    CLI_TYPE_LINE,
    CLI_TYPE_IP4,
    CLI_TYPE_NET,
    CLI_TYPE_MASK,
    CLI_TYPE_WILDCARD,
    CLI_TYPE_NUMBER,
    CLI_TYPE_IFNAME,
    CLI_TYPE_TIME,
};
struct cli_inst {
    enum cli_op op;
    enum cli_type type;
    char *text;         /* the keyword, or the argument's type as the pattern writes it */
    char *name;         /* of an argument */
    uint32_t low, high; /* of a number */
    uint16_t next, other;
    bool stop; /* a negated line may end before this */
    bool last; /* the last keyword of its row */
};
struct cli_row {
    const struct cli_command *command;
    struct cli_inst *inst;
    size_t n;
};
struct cli_table {
    struct cli_row *rows;
    size_t n;
};
/* The program of a table, compiled when first asked for and kept for the life of the process: it
 * depends on nothing but the constant text of the table. */
const struct cli_table *cli_table_of(const struct cli_command *commands);

struct cli_token {
    const char *at;
    size_t n, offset;
};
struct cli_bind {
    const struct cli_bind *before;
    const struct cli_inst *inst;
    const char *value;
    size_t offset; /* of its word in the line */
};
/* One way a row may still match. */
struct cli_thread {
    const struct cli_row *row;
    uint16_t pc;
    bool half;        /* the first word of an interface name in two words was taken */
    const char *held; /* that word */
    const struct cli_bind *binds;
};
struct cli_match {
    struct cli *cli;
    void *self;
    bool user_mode, negated, defaulted;
    struct arena *arena;
    char *line;      /* trimmed at its end */
    GArray *tokens;  /* struct cli_token */
    GArray *threads; /* struct cli_thread, in the order of the rows */
    GArray *done;    /* threads that may end here, complete rows */
    GArray *cut;     /* threads of negated lines that may be cut short here */
};
void cli_match_init(struct cli_match *m, struct cli *c, bool user_mode, const char *line,
                    void *self);
void cli_match_clear(struct cli_match *m);
/* Puts every row of the mode at its start, "no" and "default" taken off. Returns the first token to
 * step. */
size_t cli_match_start(struct cli_match *m, const struct cli_mode *mode);
/* Takes one word. False: error tells why. */
bool cli_match_step(struct cli_match *m, size_t token, struct cli_error *error);
/* Does the argument take this word? An interface name takes one or two. */
bool cli_type_takes(const struct cli_match *m, const struct cli_inst *inst, const char *word);

struct cli {
    const struct cli_word *words;
    cli_ifname_fn ifname;
};
struct cli_args {
    const struct cli_row *row;
    const struct cli_bind *binds;
    const struct cli_match *match;
};

#endif
