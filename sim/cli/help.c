/* What may come next: the answers to "?" and TAB, read from the same rows that parse. */
#include "cli_priv.h"

#include <string.h>

#include "base/text.h"

/* ---- Help texts ---- */

/* The path of words typed so far and the word to explain: "clear crypto sa" + "peer". The longest
 * tail that the table has wins, so a word can mean different things in different commands.
 * Arguments are written ":name". */
static const char *help_text(const struct cli *c, const GString *path)
{
    for (const char *tail = path->str;;) {
        for (const struct cli_word *w = c->words; w && w->word; w++)
            if (g_ascii_strcasecmp(w->word, tail) == 0)
                return w->help;
        const char *space = strchr(tail, ' ');
        if (!space)
            return NULL;
        tail = space + 1;
    }
}

static void put_path(GString *path, const struct cli_bind *b)
{
    if (!b)
        return;
    put_path(path, b->before);
    if (b->inst->op == CLI_OP_KEYWORD)
        g_string_append_printf(path, "%s ", b->inst->text);
}

static const char *explain(const struct cli *c, const struct cli_thread *t,
                           const struct cli_inst *inst)
{
    static const char *const type_text[] = {
        [CLI_TYPE_WORD] = "A word",       [CLI_TYPE_LINE] = "Text up to the end of the line",
        [CLI_TYPE_IP4] = "IP address",    [CLI_TYPE_NET] = "IP prefix",
        [CLI_TYPE_MASK] = "Network mask", [CLI_TYPE_WILDCARD] = "Wildcard bits",
        [CLI_TYPE_NUMBER] = "A number",   [CLI_TYPE_IFNAME] = "Interface name",
        [CLI_TYPE_TIME] = "Time of day",
    };
    if (inst->op == CLI_OP_KEYWORD && inst->last && t->row->command->help)
        return t->row->command->help;
    g_autoptr(GString) path = g_string_new(NULL);
    put_path(path, t->binds);
    if (inst->op == CLI_OP_KEYWORD)
        g_string_append(path, inst->text);
    else
        g_string_append_printf(path, ":%s", inst->name);
    const char *text = help_text(c, path);
    if (text)
        return text;
    return inst->op == CLI_OP_ARGUMENT ? type_text[inst->type] : "";
}

/* ---- What fits ---- */

struct choice {
    const char *shown, *help;
};

static gint by_text(gconstpointer a, gconstpointer b)
{
    const struct choice *x = a, *y = b;
    return g_ascii_strcasecmp(x->shown, y->shown);
}

static void add_choice(GArray *choices, const char *shown, const char *help)
{
    for (guint i = 0; i < choices->len; i++) {
        struct choice *c = &g_array_index(choices, struct choice, i);
        if (strcmp(c->shown, shown) != 0)
            continue;
        if (!c->help[0])
            c->help = help;
        return;
    }
    struct choice c = {shown, help};
    g_array_append_val(choices, c);
}

/* Keywords that begin with the partial word, and arguments when it is empty or no keyword fits. */
static GArray *choices_of(const struct cli_match *m, const char *partial)
{
    GArray *choices = g_array_new(FALSE, FALSE, sizeof(struct choice));
    size_t n = strlen(partial);
    for (int arguments = 0; arguments < 2; arguments++) {
        if (arguments && n > 0 && choices->len > 0)
            break;
        for (guint i = 0; i < m->threads->len; i++) {
            const struct cli_thread *t = &g_array_index(m->threads, struct cli_thread, i);
            const struct cli_inst *inst = &t->row->inst[t->pc];
            if ((t->row->command->flags & CLI_HIDDEN) ||
                (inst->op == CLI_OP_ARGUMENT) != arguments ||
                (!arguments && g_ascii_strncasecmp(inst->text, partial, n) != 0))
                continue;
            const char *shown = arguments && inst->type == CLI_TYPE_MASK ? "A.B.C.D" : inst->text;
            if (arguments && inst->type == CLI_TYPE_WILDCARD)
                shown = "A.B.C.D";
            add_choice(choices, shown, explain(m->cli, t, inst));
        }
    }
    g_array_sort(choices, by_text);
    return choices;
}

static bool ends_in_blank(const char *line)
{
    size_t n = strlen(line);
    return n == 0 || line[n - 1] == ' ' || line[n - 1] == '\t';
}

/* Steps the finished words. `partial` is the one still being typed, "" after a blank. */
static bool walk(struct cli_match *m, const struct cli_mode *mode, bool after_blank,
                 const char **partial, struct cli_error *error)
{
    size_t n = m->tokens->len, finished = after_blank || n == 0 ? n : n - 1;
    size_t first = cli_match_start(m, mode);
    *partial = "";
    if (finished < n) {
        const struct cli_token *t = &g_array_index(m->tokens, struct cli_token, n - 1);
        *partial = t->at; /* the line ends with it */
    }
    if (first > finished) /* "no" itself is being typed */
        first = finished, m->negated = m->defaulted = false;
    for (size_t i = first; i < finished; i++)
        if (!cli_match_step(m, i, error))
            return false;
    return true;
}

static bool offers_no(const struct cli_mode *mode, unsigned flag)
{
    for (const struct cli_command *const *table = mode->tables; *table; table++)
        for (const struct cli_command *c = *table; c->pattern; c++)
            if (c->flags & flag)
                return true;
    return false;
}

static void add_no(GArray *choices, const struct cli_mode *mode, const char *partial)
{
    static const struct {
        const char *word, *help;
        unsigned flag;
    } row[] = {
        {"no", "Negate a command or set its defaults", CLI_NO},
        {"default", "Set a command to its defaults", CLI_DEFAULT},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++)
        if (g_ascii_strncasecmp(row[i].word, partial, strlen(partial)) == 0 &&
            offers_no(mode, row[i].flag))
            add_choice(choices, row[i].word, row[i].help);
    g_array_sort(choices, by_text);
}

static void put_list(GString *out, const GArray *choices, bool may_end)
{
    size_t width = 0;
    for (guint i = 0; i < choices->len; i++)
        width = MAX(width, strlen(g_array_index(choices, struct choice, i).shown));
    for (guint i = 0; i < choices->len; i++) {
        const struct choice *c = &g_array_index(choices, struct choice, i);
        g_string_append_printf(out, "  %-*s  %s", (int)width, c->shown, c->help);
        while (out->str[out->len - 1] == ' ')
            g_string_truncate(out, out->len - 1);
        g_string_append_c(out, '\n');
    }
    if (may_end)
        g_string_append(out, "  <cr>\n");
}

static void put_words(GString *out, const GArray *choices)
{
    for (guint i = 0; i < choices->len; i++)
        g_string_append_printf(out, "%s%s", i ? "  " : "",
                               g_array_index(choices, struct choice, i).shown);
    g_string_append_c(out, '\n');
}

static bool help_in(struct cli_match *m, const struct cli_mode *mode, const char *line,
                    GString *out, struct cli_error *error)
{
    const char *partial;
    bool after_blank = ends_in_blank(line);
    if (!walk(m, mode, after_blank, &partial, error))
        return false;
    g_autoptr(GArray) choices = choices_of(m, partial);
    if (m->tokens->len <= (after_blank ? 0 : 1))
        add_no(choices, mode, partial);
    bool may_end = after_blank && m->tokens->len > 0 && m->done->len + m->cut->len > 0;
    if (choices->len == 0 && !may_end) {
        error->what = CLI_UNKNOWN;
        error->at = strlen(m->line);
        g_strlcpy(error->word, partial, sizeof error->word);
        return false;
    }
    if (after_blank)
        put_list(out, choices, may_end);
    else
        put_words(out, choices);
    return true;
}

bool cli_help(struct cli *c, const struct cli_mode *mode, bool user_mode, const char *line,
              void *self, GString *out, struct cli_error *error)
{
    struct cli_error ignored;
    struct cli_match m;
    bool fits = false;
    if (!error)
        error = &ignored;
    cli_match_init(&m, c, user_mode, line, self);
    for (; mode && !fits; mode = mode->parent)
        fits = help_in(&m, mode, line, out, error);
    cli_match_clear(&m);
    return fits;
}

char *cli_complete(struct cli *c, const struct cli_mode *mode, bool user_mode, const char *line,
                   void *self)
{
    struct cli_match m;
    struct cli_error error;
    char *whole = NULL;
    if (ends_in_blank(line))
        return NULL;
    cli_match_init(&m, c, user_mode, line, self);
    for (; mode && !whole && m.tokens->len > 0; mode = mode->parent) {
        const char *partial;
        if (!walk(&m, mode, false, &partial, &error))
            continue;
        g_autoptr(GArray) choices = choices_of(&m, partial);
        if (m.tokens->len == 1)
            add_no(choices, mode, partial);
        if (choices->len != 1)
            continue;
        const char *word = g_array_index(choices, struct choice, 0).shown;
        if (g_ascii_strncasecmp(word, partial, strlen(partial)) != 0)
            continue; /* an argument */
        whole = g_strdup_printf("%.*s%s ", (int)(partial - m.line), m.line, word);
    }
    cli_match_clear(&m);
    return whole;
}

/* ---- Did you mean ---- */

char *cli_nearest(struct cli *c, const struct cli_mode *mode, const char *line, void *self)
{
    struct cli_match m;
    struct cli_error error;
    char *found = NULL;
    cli_match_init(&m, c, false, line, self);
    for (; mode && !found; mode = mode->parent) {
        size_t i = cli_match_start(&m, mode);
        while (i < m.tokens->len && cli_match_step(&m, i, &error))
            i++;
        if (i == m.tokens->len)
            continue;
        g_autoptr(GPtrArray) names = g_ptr_array_new();
        for (guint j = 0; j < m.threads->len; j++) {
            const struct cli_thread *t = &g_array_index(m.threads, struct cli_thread, j);
            const struct cli_inst *inst = &t->row->inst[t->pc];
            if (inst->op == CLI_OP_KEYWORD && !(t->row->command->flags & CLI_HIDDEN))
                g_ptr_array_add(names, inst->text);
        }
        const struct cli_token *bad = &g_array_index(m.tokens, struct cli_token, i);
        g_autofree char *word = g_strndup(bad->at, bad->n);
        found = g_strdup(text_nearest(word, (const char *const *)names->pdata, names->len));
    }
    cli_match_clear(&m);
    return found;
}

/* ---- Self-check ---- */

static void put_sample(GString *line, const struct cli_inst *inst)
{
    static const char *const sample[] = {
        [CLI_TYPE_WORD] = "zz-9",          [CLI_TYPE_LINE] = "zz 9",
        [CLI_TYPE_IP4] = "192.0.2.1",      [CLI_TYPE_NET] = "192.0.2.0/24",
        [CLI_TYPE_MASK] = "255.255.255.0", [CLI_TYPE_WILDCARD] = "0.0.0.255",
        [CLI_TYPE_IFNAME] = "zz0/0",       [CLI_TYPE_TIME] = "12:34:56",
    };
    if (inst->op == CLI_OP_KEYWORD)
        g_string_append_printf(line, "%s ", inst->text);
    else if (inst->type == CLI_TYPE_NUMBER)
        g_string_append_printf(line, "%u ", inst->low);
    else
        g_string_append_printf(line, "%s ", sample[inst->type]);
}

/* The shortest way through a row by first alternatives, typed in full, must end in that row. */
static void check_row(const struct cli_mode *mode, const struct cli_row *row)
{
    struct cli plain = {NULL, NULL};
    struct cli_match m;
    struct cli_error error = {0};
    g_autoptr(GString) line = g_string_new(NULL);
    for (uint16_t pc = 0; row->inst[pc].op != CLI_OP_END; pc = row->inst[pc].next)
        if (row->inst[pc].op == CLI_OP_KEYWORD || row->inst[pc].op == CLI_OP_ARGUMENT)
            put_sample(line, &row->inst[pc]);
    cli_match_init(&m, &plain, false, line->str, NULL);
    bool found = false;
    size_t i = cli_match_start(&m, mode);
    for (; i < m.tokens->len && !found && cli_match_step(&m, i, &error); i++)
        for (guint j = 0; j < m.done->len; j++)
            found |= g_array_index(m.done, struct cli_thread, j).row == row &&
                     (i + 1 == m.tokens->len || strstr(row->command->pattern, ":LINE"));
    cli_match_clear(&m);
    if (!found)
        g_error("command pattern \"%s\" of mode %s does not parse \"%s\"", row->command->pattern,
                mode->name, line->str);
}

void cli_check(const struct cli_mode *mode)
{
    for (const struct cli_command *const *table = mode->tables; *table; table++) {
        const struct cli_table *t = cli_table_of(*table);
        for (size_t i = 0; i < t->n; i++)
            check_row(mode, &t->rows[i]);
    }
}
