/* Patterns of command rows, compiled: words, arguments, (a|b) and [optional] parts become a program
 * whose threads are run side by side over the words of a line. */
#include "cli_priv.h"

#include <string.h>

/* Types as patterns write them; a range of numbers is <low-high>. */
static const struct {
    const char *text;
    enum cli_type type;
} type_row[] = {
    {"WORD", CLI_TYPE_WORD},      {"LINE", CLI_TYPE_LINE},     {"A.B.C.D", CLI_TYPE_IP4},
    {"A.B.C.D/nn", CLI_TYPE_NET}, {"MASK", CLI_TYPE_MASK},     {"WILDCARD", CLI_TYPE_WILDCARD},
    {"IFNAME", CLI_TYPE_IFNAME},  {"HH:MM:SS", CLI_TYPE_TIME},
};

struct compiler {
    const char *at;
    const char *pattern; /* for the message of an assertion */
    GArray *inst;
    bool variable; /* an argument or a choice has begun: what follows may be cut off after "no" */
};

static uint16_t emit(struct compiler *c, struct cli_inst inst)
{
    inst.stop = c->variable;
    g_array_append_val(c->inst, inst);
    g_assert(c->inst->len < UINT16_MAX);
    return (uint16_t)(c->inst->len - 1);
}

static struct cli_inst *inst_at(struct compiler *c, uint16_t i)
{
    return &g_array_index(c->inst, struct cli_inst, i);
}

static bool word_ends(char ch)
{
    return ch == '\0' || ch == ' ' || ch == '|' || ch == ')' || ch == ']' || ch == '(' || ch == '[';
}

static void set_type(struct compiler *c, struct cli_inst *inst, const char *text)
{
    if (text[0] == '<') {
        char *end;
        inst->type = CLI_TYPE_NUMBER;
        inst->low = (uint32_t)g_ascii_strtoull(text + 1, &end, 10);
        while (*end == ' ' || *end == '-')
            end++;
        inst->high = (uint32_t)g_ascii_strtoull(end, &end, 10);
        if (*end != '>' || inst->low > inst->high)
            g_error("command pattern \"%s\": bad range %s", c->pattern, text);
        return;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(type_row); i++)
        if (strcmp(text, type_row[i].text) == 0) {
            inst->type = type_row[i].type;
            return;
        }
    g_error("command pattern \"%s\": no type %s", c->pattern, text);
}

static void word(struct compiler *c)
{
    const char *begin = c->at;
    bool in_range = false;
    for (; *c->at && (in_range || !word_ends(*c->at)); c->at++) {
        if (*c->at == '<')
            in_range = true;
        else if (*c->at == '>')
            in_range = false;
    }
    if (begin == c->at)
        g_error("command pattern \"%s\": nothing at \"%s\"", c->pattern, begin);
    g_autofree char *text = g_strndup(begin, (gsize)(c->at - begin));
    char *colon = strchr(text, ':');
    struct cli_inst inst = {.op = CLI_OP_KEYWORD, .next = (uint16_t)(c->inst->len + 1)};
    if (colon) {
        inst.op = CLI_OP_ARGUMENT;
        inst.name = g_strndup(text, (gsize)(colon - text));
        inst.text = g_strdup(colon + 1);
        set_type(c, &inst, inst.text);
        c->variable = true;
    } else {
        inst.text = g_strdup(text);
    }
    emit(c, inst);
}

static void sequence(struct compiler *c);

/* Alternatives up to the closing bracket: splits that fall to the next one, jumps to the end from
 * each. */
static void alternatives(struct compiler *c, char close, bool optional)
{
    uint16_t jumps[64], last;
    size_t n = 0;
    c->variable = true;
    for (;;) {
        last = emit(c, (struct cli_inst){.op = CLI_OP_SPLIT});
        inst_at(c, last)->next = (uint16_t)(last + 1);
        sequence(c);
        g_assert(n < G_N_ELEMENTS(jumps));
        jumps[n++] = emit(c, (struct cli_inst){.op = CLI_OP_JUMP});
        inst_at(c, last)->other = (uint16_t)c->inst->len;
        if (*c->at != '|')
            break;
        c->at++;
    }
    if (*c->at != close)
        g_error("command pattern \"%s\": no %c", c->pattern, close);
    c->at++;
    if (!optional)
        inst_at(c, last)->other = inst_at(c, last)->next;
    for (size_t i = 0; i < n; i++)
        inst_at(c, jumps[i])->next = (uint16_t)c->inst->len;
}

static void sequence(struct compiler *c)
{
    for (;;) {
        while (*c->at == ' ')
            c->at++;
        switch (*c->at) {
        case '\0':
        case '|':
        case ')':
        case ']':
            return;
        case '(':
        case '[': {
            bool optional = *c->at++ == '[';
            alternatives(c, optional ? ']' : ')', optional);
            break;
        }
        default:
            word(c);
        }
    }
}

static void compile(const struct cli_command *command, struct cli_row *row)
{
    struct compiler c = {command->pattern, command->pattern, NULL, false};
    c.inst = g_array_new(FALSE, TRUE, sizeof(struct cli_inst));
    sequence(&c);
    if (*c.at)
        g_error("command pattern \"%s\": unexpected \"%s\"", c.pattern, c.at);
    emit(&c, (struct cli_inst){.op = CLI_OP_END});
    for (guint i = c.inst->len; i-- > 0;)
        if (inst_at(&c, (uint16_t)i)->op == CLI_OP_KEYWORD) {
            inst_at(&c, (uint16_t)i)->last = true;
            break;
        }
    row->command = command;
    row->n = c.inst->len;
    row->inst = (struct cli_inst *)(void *)g_array_free(c.inst, FALSE);
}

const struct cli_table *cli_table_of(const struct cli_command *commands)
{
    static GMutex lock;
    static GHashTable *compiled;
    g_mutex_lock(&lock);
    if (!compiled)
        compiled = g_hash_table_new(NULL, NULL);
    struct cli_table *t = g_hash_table_lookup(compiled, commands);
    if (!t) {
        t = g_new0(struct cli_table, 1);
        while (commands[t->n].pattern)
            t->n++;
        t->rows = g_new0(struct cli_row, t->n);
        for (size_t i = 0; i < t->n; i++)
            compile(&commands[i], &t->rows[i]);
        g_hash_table_insert(compiled, (gpointer)commands, t);
    }
    g_mutex_unlock(&lock);
    return t;
}
