/* YAML read event by event into nodes with line and column (YAML 1.1 as libyaml takes it).
 *
 * Input comes from anybody: the depth, the size, the number of aliases and what the aliases would
 * expand to are all limited, and a key may not be given twice. */
#include "scenario/yaml.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <yaml.h>

#include "yaml_priv.h"

G_DEFINE_QUARK(scenario - error - quark, scenario_error)

struct builder {
    struct yml_doc *doc;
    const struct yml_file *file;
    yaml_parser_t parser;
    GHashTable *anchors; /* name -> node, when complete */
    unsigned aliases;
    GError **error;
};

/* ---- Documents ---- */

struct yml_doc *yml_doc_new(void)
{
    struct yml_doc *doc = g_new0(struct yml_doc, 1);
    doc->files = g_ptr_array_new();
    doc->nodes = g_ptr_array_new();
    return doc;
}

void yml_doc_free(struct yml_doc *doc)
{
    if (!doc)
        return;
    for (guint i = 0; i < doc->nodes->len; i++) {
        struct yml_node *n = doc->nodes->pdata[i];
        g_free(n->text);
        if (n->keys)
            g_ptr_array_unref(n->keys);
        if (n->items)
            g_ptr_array_unref(n->items);
        g_free(n);
    }
    for (guint i = 0; i < doc->files->len; i++) {
        struct yml_file *f = doc->files->pdata[i];
        g_free(f->path);
        g_free(f->text);
        g_free(f);
    }
    g_ptr_array_unref(doc->nodes);
    g_ptr_array_unref(doc->files);
    g_free(doc);
}

struct yml_node *yml_node_make(struct yml_doc *doc, enum yml_kind kind,
                               const struct yml_node *where)
{
    struct yml_node *n = g_new0(struct yml_node, 1);
    n->kind = kind;
    n->size = n->depth = 1;
    if (where) {
        n->file = where->file;
        n->line = where->line;
        n->column = where->column;
    }
    if (kind != YML_TEXT)
        n->items = g_ptr_array_new();
    if (kind == YML_MAP)
        n->keys = g_ptr_array_new();
    g_ptr_array_add(doc->nodes, n);
    return n;
}

bool yml_node_add(struct yml_node *parent, struct yml_node *key, struct yml_node *item)
{
    if (key)
        g_ptr_array_add(parent->keys, key);
    g_ptr_array_add(parent->items, item);
    parent->size += item->size + (key ? 1 : 0);
    parent->depth = MAX(parent->depth, item->depth + 1);
    return parent->size <= YML_MAX_NODES && parent->depth <= YML_MAX_DEPTH;
}

/* ---- Building from events ---- */

static struct yml_node *node_at(struct builder *b, enum yml_kind kind, yaml_mark_t mark)
{
    struct yml_node *n = yml_node_make(b->doc, kind, NULL);
    n->file = b->file;
    n->line = (int)mark.line + 1;
    n->column = (int)mark.column + 1;
    return n;
}

static bool next(struct builder *b, yaml_event_t *event)
{
    if (yaml_parser_parse(&b->parser, event))
        return true;
    yaml_parser_t *p = &b->parser;
    const char *problem = p->problem ? p->problem : "not readable as YAML";
    struct yml_node at = {.file = b->file};
    at.line = (int)p->problem_mark.line + 1;
    at.column = (int)p->problem_mark.column + 1;
    if (p->context && p->context_mark.line + 1 != (size_t)at.line)
        yml_fail(b->error, &at, "%s, %s from line %zu on", problem, p->context,
                 p->context_mark.line + 1);
    else
        yml_fail(b->error, &at, "%s%s%s", problem, p->context ? ", " : "",
                 p->context ? p->context : "");
    memset(event, 0, sizeof *event);
    return false;
}

static struct yml_node *build(struct builder *b, yaml_event_t *event, unsigned depth);

static struct yml_node *too_large(struct builder *b, const struct yml_node *at)
{
    yml_fail(b->error, at,
             "too much: with its aliases followed, this is more than %u values or more than %d "
             "levels deep",
             YML_MAX_NODES, YML_MAX_DEPTH);
    return NULL;
}

static struct yml_node *build_list(struct builder *b, struct yml_node *list, unsigned depth)
{
    for (;;) {
        yaml_event_t event;
        if (!next(b, &event))
            return NULL;
        if (event.type == YAML_SEQUENCE_END_EVENT) {
            yaml_event_delete(&event);
            return list;
        }
        struct yml_node *item = build(b, &event, depth + 1);
        if (!item)
            return NULL;
        if (!yml_node_add(list, NULL, item))
            return too_large(b, item);
    }
}

static struct yml_node *build_map(struct builder *b, struct yml_node *map, unsigned depth)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    for (;;) {
        yaml_event_t event;
        if (!next(b, &event))
            return NULL;
        if (event.type == YAML_MAPPING_END_EVENT) {
            yaml_event_delete(&event);
            return map;
        }
        struct yml_node *key = build(b, &event, depth + 1);
        if (!key)
            return NULL;
        if (key->kind != YML_TEXT) {
            yml_fail(b->error, key, "a key must be a plain word, not a list or a map");
            return NULL;
        }
        struct yml_node *first = g_hash_table_lookup(seen, key->text);
        if (first) {
            yml_fail(b->error, key, "the key \"%s\" is given twice; the first is in line %d",
                     key->text, first->line);
            return NULL;
        }
        g_hash_table_insert(seen, key->text, key);
        if (!next(b, &event))
            return NULL;
        struct yml_node *value = build(b, &event, depth + 1);
        if (!value)
            return NULL;
        if (!yml_node_add(map, key, value))
            return too_large(b, value);
    }
}

static void remember(struct builder *b, const char *anchor, struct yml_node *n)
{
    if (anchor)
        g_hash_table_insert(b->anchors, g_strdup(anchor), n);
}

static struct yml_node *follow(struct builder *b, yaml_event_t *event)
{
    const char *name = (const char *)event->data.alias.anchor;
    struct yml_node at = {.file = b->file};
    at.line = (int)event->start_mark.line + 1;
    at.column = (int)event->start_mark.column + 1;
    if (++b->aliases > YML_MAX_ALIASES) {
        yml_fail(b->error, &at, "more than %d aliases", YML_MAX_ALIASES);
        return NULL;
    }
    struct yml_node *n = g_hash_table_lookup(b->anchors, name);
    if (!n)
        yml_fail(b->error, &at, "the alias *%s stands for nothing written before it", name);
    return n;
}

/* One value from its first event, which is deleted here. */
static struct yml_node *build(struct builder *b, yaml_event_t *event, unsigned depth)
{
    struct yml_node *n = NULL, *done = NULL;
    g_autofree char *anchor = NULL;
    if (depth > YML_MAX_DEPTH) {
        n = node_at(b, YML_TEXT, event->start_mark);
        yml_fail(b->error, n, "nested more than %d levels deep", YML_MAX_DEPTH);
        yaml_event_delete(event);
        return NULL;
    }
    switch (event->type) {
    case YAML_ALIAS_EVENT:
        done = follow(b, event);
        yaml_event_delete(event);
        return done;
    case YAML_SCALAR_EVENT:
        n = node_at(b, YML_TEXT, event->start_mark);
        n->text = g_strndup((const char *)event->data.scalar.value, event->data.scalar.length);
        n->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
        n->block = event->data.scalar.style == YAML_LITERAL_SCALAR_STYLE ||
                   event->data.scalar.style == YAML_FOLDED_SCALAR_STYLE;
        if (strlen(n->text) != event->data.scalar.length)
            yml_fail(b->error, n, "a text must not contain the character NUL");
        else
            done = n;
        remember(b, (const char *)event->data.scalar.anchor, n);
        yaml_event_delete(event);
        return done;
    case YAML_SEQUENCE_START_EVENT:
        n = node_at(b, YML_LIST, event->start_mark);
        anchor = g_strdup((const char *)event->data.sequence_start.anchor);
        yaml_event_delete(event);
        done = build_list(b, n, depth);
        break;
    case YAML_MAPPING_START_EVENT:
        n = node_at(b, YML_MAP, event->start_mark);
        anchor = g_strdup((const char *)event->data.mapping_start.anchor);
        yaml_event_delete(event);
        done = build_map(b, n, depth);
        break;
    default:
        n = node_at(b, YML_TEXT, event->start_mark);
        yml_fail(b->error, n, "a value is missing here");
        yaml_event_delete(event);
    }
    if (done)
        remember(b, anchor, done);
    return done;
}

static struct yml_node *build_stream(struct builder *b)
{
    struct yml_node *root = NULL;
    for (;;) {
        yaml_event_t event;
        if (!next(b, &event))
            return NULL;
        yaml_event_type_t type = event.type;
        if (type == YAML_STREAM_END_EVENT) {
            yaml_event_delete(&event);
            break;
        }
        if (type == YAML_STREAM_START_EVENT || type == YAML_DOCUMENT_START_EVENT ||
            type == YAML_DOCUMENT_END_EVENT) {
            struct yml_node at = {.file = b->file};
            at.line = (int)event.start_mark.line + 1;
            at.column = (int)event.start_mark.column + 1;
            yaml_event_delete(&event);
            if (type == YAML_DOCUMENT_START_EVENT && root) {
                yml_fail(b->error, &at, "a second document begins here; one is enough");
                return NULL;
            }
            continue;
        }
        root = build(b, &event, 1);
        if (!root)
            return NULL;
    }
    if (!root)
        g_set_error(b->error, SCENARIO_ERROR, SCENARIO_ERROR_INPUT, "%s: the file is empty",
                    b->file->path);
    return root;
}

/* UTF-8 without NUL is text; anything else is told by the place of its first bad byte. */
static bool check_text(const struct yml_file *f, GError **error)
{
    const char *end;
    if (f->len > YML_MAX_BYTES) {
        g_set_error(error, SCENARIO_ERROR, SCENARIO_ERROR_INPUT,
                    "%s: larger than %u bytes, the most that is read", f->path, YML_MAX_BYTES);
        return false;
    }
    if (g_utf8_validate(f->text, (gssize)f->len, &end))
        return true;
    int line = 1;
    const char *begin = f->text;
    for (const char *p = f->text; p < end; p++)
        if (*p == '\n') {
            line++;
            begin = p + 1;
        }
    g_set_error(error, SCENARIO_ERROR, SCENARIO_ERROR_INPUT,
                "%s:%d:%d: not text in UTF-8 (byte 0x%02x); is it a binary file?", f->path, line,
                (int)g_utf8_strlen(begin, end - begin) + 1, (unsigned char)*end);
    return false;
}

struct yml_node *yml_parse(struct yml_doc *doc, const char *name, const char *text, size_t len,
                           GError **error)
{
    struct yml_file *f = g_new0(struct yml_file, 1);
    f->path = g_strdup(name);
    f->text = g_malloc(len + 1);
    if (len > 0)
        memcpy(f->text, text, len);
    f->text[len] = '\0';
    f->len = len;
    g_ptr_array_add(doc->files, f);
    if (!check_text(f, error))
        return NULL;
    struct builder b = {.doc = doc, .file = f, .error = error};
    if (!yaml_parser_initialize(&b.parser)) {
        g_set_error(error, SCENARIO_ERROR, SCENARIO_ERROR_INPUT, "%s: no memory to read it", name);
        return NULL;
    }
    yaml_parser_set_encoding(&b.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&b.parser, (const unsigned char *)f->text, len);
    b.anchors = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    struct yml_node *root = build_stream(&b);
    g_hash_table_unref(b.anchors);
    yaml_parser_delete(&b.parser);
    return root;
}

struct yml_node *yml_read(struct yml_doc *doc, const char *path, GError **error)
{
    g_autofree char *text = NULL;
    size_t len;
    if (!yml_slurp(path, YML_MAX_BYTES, &text, &len, error))
        return NULL;
    return yml_parse(doc, path, text, len, error);
}

/* ---- Files ---- */

bool yml_slurp(const char *path, size_t limit, char **text, size_t *len, GError **error)
{
    struct stat st;
    const char *why = NULL;
    if (stat(path, &st) < 0)
        why = g_strerror(errno);
    else if (S_ISDIR(st.st_mode))
        why = "it is a folder";
    else if (!S_ISREG(st.st_mode))
        why = "it is no regular file";
    else if ((guint64)st.st_size > limit)
        why = "it is larger than what is read";
    if (why) {
        g_set_error(error, SCENARIO_ERROR, SCENARIO_ERROR_INPUT, "%s: cannot be read: %s", path,
                    why);
        return false;
    }
    gsize n;
    GError *cause = NULL;
    if (!g_file_get_contents(path, text, &n, &cause)) {
        g_set_error(error, SCENARIO_ERROR, SCENARIO_ERROR_INPUT, "%s: cannot be read: %s", path,
                    cause->message);
        g_error_free(cause);
        return false;
    }
    *len = n;
    return true;
}

/* "a/b/../c" is "a/c"; ".." at the beginning stays. */
static char *collapsed(const char *path)
{
    g_auto(GStrv) words = g_strsplit(path, "/", -1);
    g_autoptr(GPtrArray) out = g_ptr_array_new();
    for (char **w = words; *w; w++) {
        const char *last = out->len ? out->pdata[out->len - 1] : "..";
        if (strcmp(*w, "..") == 0 && *last && strcmp(last, "..") != 0)
            g_ptr_array_remove_index(out, out->len - 1);
        else if (strcmp(*w, ".") != 0)
            g_ptr_array_add(out, *w);
    }
    g_ptr_array_add(out, NULL);
    return g_strjoinv("/", (char **)out->pdata);
}

char *yml_beside(const struct yml_file *file, const char *path)
{
    if (g_path_is_absolute(path))
        return g_strdup(path);
    g_autofree char *folder = g_path_get_dirname(file->path);
    if (strcmp(folder, ".") == 0 && strncmp(file->path, "./", 2) != 0)
        return g_strdup(path);
    g_autofree char *joined = g_build_filename(folder, path, NULL);
    return collapsed(joined);
}

/* ---- Looking ---- */

static bool find(const struct yml_node *map, const char *key, guint *at)
{
    if (!map || map->kind != YML_MAP)
        return false;
    for (guint i = 0; i < map->keys->len; i++)
        if (strcmp(((struct yml_node *)map->keys->pdata[i])->text, key) == 0) {
            *at = i;
            return true;
        }
    return false;
}

struct yml_node *yml_get(const struct yml_node *map, const char *key)
{
    guint i;
    return find(map, key, &i) ? map->items->pdata[i] : NULL;
}

struct yml_node *yml_key(const struct yml_node *map, const char *key)
{
    guint i;
    return find(map, key, &i) ? map->keys->pdata[i] : NULL;
}

size_t yml_count(const struct yml_node *n)
{
    return n && n->items ? n->items->len : 0;
}

struct yml_node *yml_at(const struct yml_node *n, size_t i)
{
    return n->items->pdata[i];
}

bool yml_is_null(const struct yml_node *n)
{
    return n->kind == YML_TEXT && !n->quoted &&
           (!*n->text || strcmp(n->text, "~") == 0 || strcmp(n->text, "null") == 0);
}

/* ---- Telling ---- */

char *yml_quote(const char *path, const char *text, int line, int column, const char *message)
{
    GString *out = g_string_new(NULL);
    g_string_append_printf(out, "%s:%d", path, line);
    if (column > 0)
        g_string_append_printf(out, ":%d", column);
    g_string_append_printf(out, ": %s", message);
    const char *p = text;
    for (int i = 1; p && i < line; i++) {
        p = strchr(p, '\n');
        p = p ? p + 1 : NULL;
    }
    if (!p || !*p || *p == '\n')
        return g_string_free(out, FALSE);
    size_t n = strcspn(p, "\r\n");
    bool cut = n > 160;
    g_string_append_printf(out, "\n%5d | ", line);
    const char *stop = cut ? g_utf8_find_prev_char(p, p + 161) : p + n;
    g_string_append_len(out, p, stop - p);
    if (cut)
        g_string_append(out, " ...");
    if (column <= 0 || (cut && column > 160))
        return g_string_free(out, FALSE);
    g_string_append(out, "\n      | ");
    for (int i = 1; i < column; i++) {
        g_string_append_c(out, p < stop && *p == '\t' ? '\t' : ' ');
        if (p < stop)
            p = g_utf8_next_char(p);
    }
    g_string_append_c(out, '^');
    return g_string_free(out, FALSE);
}

static char *message_v(const struct yml_node *at, const char *format, va_list args)
{
    g_autofree char *sentence = g_strdup_vprintf(format, args);
    if (!at || !at->file)
        return g_steal_pointer(&sentence);
    return yml_quote(at->file->path, at->file->text, at->line, at->column, sentence);
}

char *yml_message(const struct yml_node *at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *s = message_v(at, format, args);
    va_end(args);
    return s;
}

bool yml_fail(GError **error, const struct yml_node *at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *s = message_v(at, format, args);
    va_end(args);
    g_set_error_literal(error, SCENARIO_ERROR, SCENARIO_ERROR_INPUT, s);
    return false;
}
