/* YAML files as a tree of nodes that know where they were written, for messages with a line and a
 * caret. */
#ifndef SCENARIO_YAML_H
#define SCENARIO_YAML_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#define YML_MAX_DEPTH   64
#define YML_MAX_BYTES   (4u << 20)
#define YML_MAX_ALIASES 1000
#define YML_MAX_NODES   1000000u /* after every alias is followed */

/* What goes wrong with input, and what runs into a limit. */
#define SCENARIO_ERROR scenario_error_quark()
GQuark scenario_error_quark(void);
enum { SCENARIO_ERROR_INPUT, SCENARIO_ERROR_LIMIT, SCENARIO_ERROR_OUTPUT };

struct yml_file {
    char *path; /* as given */
    char *text;
    size_t len;
};
enum yml_kind { YML_TEXT, YML_LIST, YML_MAP };
struct yml_node {
    enum yml_kind kind;
    const struct yml_file *file; /* of the document */
    int line, column;            /* from 1 */
    bool quoted, block;          /* text: in quotes; as a block of lines ("|", ">") */
    char *text;                  /* YML_TEXT */
    GPtrArray *keys, *items;     /* YML_MAP: keys (text nodes) and values; YML_LIST: items only */
    size_t size;                 /* nodes in this tree, aliases followed */
    unsigned depth;              /* levels below and with this node */
};
/* Owns the files and the nodes read into it. Aliases make one node appear in several places. */
struct yml_doc;

struct yml_doc *yml_doc_new(void);
void yml_doc_free(struct yml_doc *doc);
/* The root node, owned by the document, or NULL with an error that names file, line and column. */
struct yml_node *yml_read(struct yml_doc *doc, const char *path, GError **error);
struct yml_node *yml_parse(struct yml_doc *doc, const char *name, const char *text, size_t len,
                           GError **error);

/* The value of a key; NULL when absent, when `map` is NULL or no map. */
struct yml_node *yml_get(const struct yml_node *map, const char *key);
/* The node of the key itself. */
struct yml_node *yml_key(const struct yml_node *map, const char *key);
size_t yml_count(const struct yml_node *n); /* items of a list or map; 0 for NULL and text */
struct yml_node *yml_at(const struct yml_node *n, size_t i);
/* Unquoted ~, null or nothing at all. */
bool yml_is_null(const struct yml_node *n);

/* `over` on top of `base`. Maps merge key by key. Of lists, entries that have a `name` merge with
 * the entry of that name, other maps are appended, and a list of plain values replaces the list
 * below it. `config-add` is appended to what is there. A null value removes the key. Neither
 * argument is changed. NULL when the result is too large. */
struct yml_node *yml_merge(struct yml_doc *doc, struct yml_node *base, struct yml_node *over);
/* "topology.links.wan.tc.loss=2%": the place (entries of lists by name or by number from 0), then a
 * value in YAML. Returns the changed root. */
struct yml_node *yml_set(struct yml_doc *doc, struct yml_node *root, const char *assignment,
                         GError **error);

/* "file:line:column: sentence", then the line quoted with a caret. Caller frees. */
char *yml_message(const struct yml_node *at, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* Sets an error made of yml_message. Returns false, for convenience. */
bool yml_fail(GError **error, const struct yml_node *at, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
/* The same at a line of any text file; column 0 quotes without a caret. */
char *yml_quote(const char *path, const char *text, int line, int column, const char *message);

/* A regular file of at most `limit` bytes, NUL-terminated. Refuses directories, devices, and larger
 * files. */
bool yml_slurp(const char *path, size_t limit, char **text, size_t *len, GError **error);
/* `path` relative to the folder of `file`, unless absolute. Caller frees. */
char *yml_beside(const struct yml_file *file, const char *path);

#endif
