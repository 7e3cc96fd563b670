/* A line against the rows of a mode: all rows are followed word by word, so an abbreviation is
 * judged among those that still match, as routers do. */
#include "cli_priv.h"

#include <stdio.h>
#include <string.h>

/* ---- Words of a line ---- */

static bool blank(char ch)
{
    return ch == ' ' || ch == '\t' || ch == '\r' || ch == '\n';
}

static void tokenise(struct cli_match *m)
{
    const char *s = m->line;
    for (;;) {
        while (blank(*s))
            s++;
        if (!*s)
            return;
        struct cli_token t = {.at = s, .offset = (size_t)(s - m->line)};
        while (*s && !blank(*s))
            s++;
        t.n = (size_t)(s - t.at);
        g_array_append_val(m->tokens, t);
    }
}

void cli_match_init(struct cli_match *m, struct cli *c, bool user_mode, const char *line,
                    void *self)
{
    *m = (struct cli_match){.cli = c, .self = self, .user_mode = user_mode};
    m->arena = arena_new();
    m->line = arena_strdup(m->arena, line);
    g_strchomp(m->line);
    m->tokens = g_array_new(FALSE, FALSE, sizeof(struct cli_token));
    m->threads = g_array_new(FALSE, FALSE, sizeof(struct cli_thread));
    m->done = g_array_new(FALSE, FALSE, sizeof(struct cli_thread));
    m->cut = g_array_new(FALSE, FALSE, sizeof(struct cli_thread));
    tokenise(m);
}

void cli_match_clear(struct cli_match *m)
{
    g_array_free(m->tokens, TRUE);
    g_array_free(m->threads, TRUE);
    g_array_free(m->done, TRUE);
    g_array_free(m->cut, TRUE);
    arena_free(m->arena);
}

/* ---- Argument types ---- */

static bool takes_number(const struct cli_inst *inst, const char *word)
{
    uint64_t v = 0;
    size_t n = 0;
    for (; word[n]; n++) {
        if (!g_ascii_isdigit(word[n]) || n > 9)
            return false;
        v = v * 10 + (uint64_t)(word[n] - '0');
    }
    return n > 0 && v >= inst->low && v <= inst->high;
}

static bool takes_time(const char *word)
{
    unsigned h, min, s;
    char end;
    return sscanf(word, "%2u:%2u:%2u%c", &h, &min, &s, &end) == 3 && h < 24 && min < 60 && s < 60;
}

static char *full_ifname(const struct cli_match *m, const char *typed)
{
    return m->cli->ifname ? m->cli->ifname(m->self, typed) : g_strdup(typed);
}

bool cli_type_takes(const struct cli_match *m, const struct cli_inst *inst, const char *word)
{
    ip4 a;
    struct ip4_net net;
    switch (inst->type) {
    case CLI_TYPE_WORD:
    case CLI_TYPE_LINE:
        return true;
    case CLI_TYPE_IP4:
    case CLI_TYPE_WILDCARD:
        return ip4_parse(word, &a);
    case CLI_TYPE_NET:
        return strchr(word, '/') && ip4_net_parse(word, &net);
    case CLI_TYPE_MASK:
        return ip4_parse(word, &a) && ip4_mask_len(a) >= 0;
    case CLI_TYPE_NUMBER:
        return takes_number(inst, word);
    case CLI_TYPE_TIME:
        return takes_time(word);
    case CLI_TYPE_IFNAME: {
        g_autofree char *full = full_ifname(m, word);
        return full != NULL;
    }
    }
    return false;
}

/* "fast" of "fast 0/0": letters that become a name when a number follows. */
static bool half_ifname(const struct cli_match *m, const char *word)
{
    for (const char *s = word; *s; s++)
        if (!g_ascii_isalpha(*s) && *s != '-')
            return false;
    g_autofree char *number = g_strconcat(word, "0", NULL);
    g_autofree char *port = g_strconcat(word, "0/0", NULL);
    g_autofree char *by_number = full_ifname(m, number);
    g_autofree char *by_port = full_ifname(m, port);
    return by_number || by_port;
}

/* ---- Threads ---- */

static bool have_thread(const GArray *threads, const struct cli_thread *t)
{
    for (guint i = threads->len; i-- > 0;) {
        const struct cli_thread *o = &g_array_index(threads, struct cli_thread, i);
        if (o->row != t->row)
            return false;
        if (o->pc == t->pc && o->half == t->half)
            return true;
    }
    return false;
}

/* Follows splits and jumps to the words and ends that come next. */
static void follow(struct cli_match *m, struct cli_thread t)
{
    const struct cli_inst *inst = &t.row->inst[t.pc];
    if (m->negated && inst->stop && (t.row->command->flags & CLI_NO_ONLY_PREFIX) &&
        !have_thread(m->cut, &t))
        g_array_append_val(m->cut, t);
    switch (inst->op) {
    case CLI_OP_SPLIT: {
        struct cli_thread other = t;
        t.pc = inst->next;
        follow(m, t);
        other.pc = inst->other;
        if (other.pc != t.pc)
            follow(m, other);
        return;
    }
    case CLI_OP_JUMP:
        t.pc = inst->next;
        follow(m, t);
        return;
    case CLI_OP_END:
        if (!have_thread(m->done, &t))
            g_array_append_val(m->done, t);
        return;
    default:
        if (!have_thread(m->threads, &t))
            g_array_append_val(m->threads, t);
    }
}

static bool token_is(const struct cli_token *t, const char *word, size_t least)
{
    return t->n >= least && t->n <= strlen(word) && g_ascii_strncasecmp(t->at, word, t->n) == 0;
}

size_t cli_match_start(struct cli_match *m, const struct cli_mode *mode)
{
    size_t first = 0;
    m->negated = m->defaulted = false;
    if (m->tokens->len > 0) {
        const struct cli_token *t = &g_array_index(m->tokens, struct cli_token, 0);
        m->defaulted = token_is(t, "default", 3);
        m->negated = m->defaulted || token_is(t, "no", 2);
        first = m->negated ? 1 : 0;
    }
    unsigned need = m->defaulted ? CLI_DEFAULT : m->negated ? CLI_NO : 0;
    g_array_set_size(m->threads, 0);
    g_array_set_size(m->done, 0);
    g_array_set_size(m->cut, 0);
    for (const struct cli_command *const *table = mode->tables; *table; table++) {
        const struct cli_table *t = cli_table_of(*table);
        for (size_t i = 0; i < t->n; i++) {
            const struct cli_row *row = &t->rows[i];
            unsigned flags = row->command->flags;
            if ((need & ~flags) || (m->user_mode && (flags & CLI_PRIVILEGED)))
                continue;
            follow(m, (struct cli_thread){.row = row});
        }
    }
    return first;
}

/* ---- One word ---- */

static const struct cli_inst *inst_of(const struct cli_thread *t)
{
    return &t->row->inst[t->pc];
}

/* The one keyword this word stands for, NULL when none; `ambiguous` when several. */
static const char *keyword_for(const struct cli_match *m, const char *word, bool *ambiguous)
{
    const char *shown = NULL, *hidden = NULL;
    size_t n = strlen(word);
    *ambiguous = false;
    for (guint i = 0; i < m->threads->len; i++) {
        const struct cli_thread *t = &g_array_index(m->threads, struct cli_thread, i);
        const struct cli_inst *inst = inst_of(t);
        if (inst->op != CLI_OP_KEYWORD || g_ascii_strncasecmp(inst->text, word, n) != 0)
            continue;
        if (strlen(inst->text) == n) {
            *ambiguous = false;
            return inst->text;
        }
        bool is_hidden = t->row->command->flags & CLI_HIDDEN;
        const char **slot = is_hidden ? &hidden : &shown;
        if (*slot && strcmp(*slot, inst->text) != 0 && !is_hidden)
            *ambiguous = true;
        *slot = inst->text;
    }
    return shown ? shown : hidden;
}

/* How far the word agrees with the keyword that agrees longest: where routers put their mark. */
static size_t agreement(const struct cli_match *m, const char *word)
{
    size_t best = 0;
    for (guint i = 0; i < m->threads->len; i++) {
        const struct cli_inst *inst = inst_of(&g_array_index(m->threads, struct cli_thread, i));
        size_t n = 0;
        if (inst->op != CLI_OP_KEYWORD)
            return 0;
        while (word[n] && g_ascii_tolower(word[n]) == g_ascii_tolower(inst->text[n]))
            n++;
        best = MAX(best, n);
    }
    return best;
}

static bool fail(struct cli_error *error, enum cli_result what, size_t at, const char *word)
{
    if (error) {
        error->what = what;
        error->at = at;
        g_strlcpy(error->word, word, sizeof error->word);
    }
    return false;
}

static void advance(struct cli_match *m, const struct cli_thread *from, const char *value,
                    size_t offset)
{
    struct cli_bind *b = arena_alloc(m->arena, sizeof *b);
    struct cli_thread t = *from;
    *b = (struct cli_bind){from->binds, inst_of(from), value, offset};
    t.binds = b;
    t.half = false;
    t.held = NULL;
    t.pc = inst_of(from)->next;
    follow(m, t);
}

static void advance_ifname(struct cli_match *m, const struct cli_thread *t, const char *word,
                           size_t offset)
{
    g_autofree char *joined = t->half ? g_strconcat(t->held, word, NULL) : g_strdup(word);
    g_autofree char *full = full_ifname(m, joined);
    if (full) {
        advance(m, t, arena_strdup(m->arena, full), offset);
    } else if (!t->half && half_ifname(m, word)) {
        struct cli_thread half = *t;
        half.half = true;
        half.held = word;
        follow(m, half);
    }
}

static void advance_argument(struct cli_match *m, const struct cli_thread *t,
                             const struct cli_token *token, const char *word)
{
    const struct cli_inst *inst = inst_of(t);
    if (inst->type == CLI_TYPE_IFNAME)
        advance_ifname(m, t, word, token->offset);
    else if (inst->type == CLI_TYPE_LINE)
        advance(m, t, arena_strdup(m->arena, token->at), token->offset);
    else if (cli_type_takes(m, inst, word))
        advance(m, t, word, token->offset);
}

bool cli_match_step(struct cli_match *m, size_t token, struct cli_error *error)
{
    const struct cli_token *t = &g_array_index(m->tokens, struct cli_token, token);
    const char *word = memcpy(arena_alloc(m->arena, t->n + 1), t->at, t->n);
    bool ambiguous, arguments = false;
    const char *keyword = keyword_for(m, word, &ambiguous);
    if (ambiguous)
        return fail(error, CLI_AMBIGUOUS, t->offset, word);

    g_autoptr(GArray) old = m->threads;
    m->threads = g_array_new(FALSE, FALSE, sizeof(struct cli_thread));
    g_array_set_size(m->done, 0);
    g_array_set_size(m->cut, 0);
    for (guint i = 0; i < old->len; i++) {
        const struct cli_thread *th = &g_array_index(old, struct cli_thread, i);
        const struct cli_inst *inst = inst_of(th);
        if (inst->op == CLI_OP_KEYWORD && keyword && g_ascii_strcasecmp(inst->text, keyword) == 0)
            advance(m, th, inst->text, t->offset);
        else if (inst->op == CLI_OP_ARGUMENT && !keyword)
            advance_argument(m, th, t, word);
        arguments |= inst->op == CLI_OP_ARGUMENT;
    }
    if (m->threads->len + m->done->len + m->cut->len > 0)
        return true;
    GArray *empty = m->threads;
    m->threads = g_steal_pointer(&old);
    g_array_free(empty, TRUE);
    return fail(error, arguments ? CLI_BAD_ARGUMENT : CLI_UNKNOWN, t->offset + agreement(m, word),
                word);
}

/* ---- Running ---- */

static bool ends_with_line(const struct cli_thread *t)
{
    return t->binds && t->binds->inst->op == CLI_OP_ARGUMENT &&
           t->binds->inst->type == CLI_TYPE_LINE;
}

/* Steps every word. A LINE argument has taken the rest: its thread is then in `done` and no word is
 * left over. */
static bool step_all(struct cli_match *m, size_t first, struct cli_error *error)
{
    for (size_t i = first; i < m->tokens->len; i++) {
        if (!cli_match_step(m, i, error))
            return false;
        if (m->done->len > 0 && ends_with_line(&g_array_index(m->done, struct cli_thread, 0)))
            break;
    }
    return true;
}

static bool run_in(struct cli_match *m, const struct cli_mode *mode, struct cli_thread *found,
                   struct cli_error *error)
{
    size_t first = cli_match_start(m, mode);
    if (!step_all(m, first, error))
        return false;
    const GArray *ends = m->done->len > 0 ? m->done : m->cut;
    if (ends->len == 0 || (m->negated && m->tokens->len == 1))
        return fail(error, CLI_INCOMPLETE, strlen(m->line), "");
    *found = g_array_index(ends, struct cli_thread, 0);
    return true;
}

enum cli_result cli_run(struct cli *c, const struct cli_mode *mode, bool user_mode,
                        const char *line, void *self, GString *out, struct cli_error *error,
                        const struct cli_mode **ran_in)
{
    struct cli_error first = {0}, here;
    struct cli_match m;
    struct cli_thread found;
    cli_match_init(&m, c, user_mode, line, self);
    enum cli_result result = m.tokens->len == 0 ? CLI_EMPTY : CLI_UNKNOWN;
    for (const struct cli_mode *tried = mode; tried && result != CLI_EMPTY; tried = tried->parent) {
        if (run_in(&m, tried, &found, &here)) {
            const struct cli_args args = {found.row, found.binds, &m};
            if (ran_in)
                *ran_in = tried;
            result = CLI_OK;
            first = (struct cli_error){0};
            found.row->command->fn(self, &args, out);
            break;
        }
        /* The mode that understood most of the line knows best what is wrong with it. */
        if (tried == mode || here.at > first.at)
            first = here;
        result = first.what;
    }
    if (error) {
        *error = first;
        error->what = result;
    }
    cli_match_clear(&m);
    return result;
}

/* ---- Arguments of the command that runs ---- */

const char *cli_arg(const struct cli_args *a, const char *name)
{
    for (const struct cli_bind *b = a->binds; b; b = b->before)
        if (b->inst->op == CLI_OP_ARGUMENT && strcmp(b->inst->name, name) == 0)
            return b->value;
    return NULL;
}

bool cli_has(const struct cli_args *a, const char *word_or_arg)
{
    for (const struct cli_bind *b = a->binds; b; b = b->before)
        if (strcmp(b->inst->op == CLI_OP_ARGUMENT ? b->inst->name : b->inst->text, word_or_arg) ==
            0)
            return true;
    return false;
}

bool cli_arg_u32(const struct cli_args *a, const char *name, uint32_t *v)
{
    const char *text = cli_arg(a, name);
    char *end;
    if (!text || !g_ascii_isdigit(text[0]))
        return false;
    guint64 n = g_ascii_strtoull(text, &end, 10);
    if (*end || n > UINT32_MAX)
        return false;
    *v = (uint32_t)n;
    return true;
}

bool cli_arg_ip4(const struct cli_args *a, const char *name, ip4 *v)
{
    const char *text = cli_arg(a, name);
    return text && ip4_parse(text, v);
}

const char *cli_keyword_before(const struct cli_args *a, const char *name)
{
    for (const struct cli_bind *b = a->binds; b; b = b->before)
        if (b->inst->op == CLI_OP_ARGUMENT && strcmp(b->inst->name, name) == 0) {
            while (b && b->inst->op == CLI_OP_ARGUMENT)
                b = b->before;
            return b ? b->inst->text : NULL;
        }
    return NULL;
}

size_t cli_arg_at(const struct cli_args *a, const char *name)
{
    for (const struct cli_bind *b = a->binds; b; b = b->before)
        if (b->inst->op == CLI_OP_ARGUMENT && strcmp(b->inst->name, name) == 0)
            return b->offset;
    return 0;
}

static void put_canonical(GString *out, const struct cli_bind *b)
{
    if (!b)
        return;
    put_canonical(out, b->before);
    g_string_append_printf(out, "%s%s", out->len ? " " : "", b->value);
}

char *cli_canonical(const struct cli_args *a)
{
    GString *out = g_string_new(NULL);
    put_canonical(out, a->binds);
    return g_string_free(out, FALSE);
}

bool cli_negated(const struct cli_args *a)
{
    return a->match->negated;
}

bool cli_defaulted(const struct cli_args *a)
{
    return a->match->defaulted;
}

int cli_tag(const struct cli_args *a)
{
    return a->row->command->tag;
}

const char *cli_line(const struct cli_args *a)
{
    const char *line = a->match->line;
    while (blank(*line))
        line++;
    return line;
}

struct cli *cli_new(const struct cli_word *words, cli_ifname_fn ifname)
{
    struct cli *c = g_new0(struct cli, 1);
    c->words = words;
    c->ifname = ifname;
    return c;
}

void cli_free(struct cli *c)
{
    g_free(c);
}
