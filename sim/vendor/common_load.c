/* Reading a configuration text: what is no configuration at all, and what is said of a line that
 * was refused. */
#include "vendor/common.h"

#include <string.h>

#define CONFIG_MAX_BYTES (4u << 20)
#define PROBLEMS_MAX     200

bool vendor_text_readable(const char *text, const char *file, GError **error)
{
    size_t n = strlen(text);
    if (n > CONFIG_MAX_BYTES) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
                    "%s: a configuration of %zu bytes; the limit is %u", file, n, CONFIG_MAX_BYTES);
        return false;
    }
    for (size_t i = 0; i < n; i++)
        if (((unsigned char)text[i] < ' ' && !strchr("\t\r\n\f\x03", text[i])) ||
            text[i] == '\x7f') {
            g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
                        "%s: not a text file (byte 0x%02x at offset %zu)", file,
                        (unsigned char)text[i], i);
            return false;
        }
    return true;
}

static void refused(GPtrArray *problems, const char *file, int number, const char *line,
                    const struct vendor_refusal *r)
{
    g_autofree char *message = g_strstrip(g_strdup(r->said));
    if (r->invalid_at >= 0)
        device_problem_add(problems, file, number, r->invalid_at + 1, line, "value not valid here");
    else
        device_problem_add(problems, file, number, 0, line, "refused: %s", message);
}

void vendor_problem(GPtrArray *problems, const char *file, int number, const char *line,
                    const struct vendor_refusal *r)
{
    const struct cli_error *e = r->error;
    if (problems->len >= PROBLEMS_MAX)
        return;
    if (r->refused) {
        refused(problems, file, number, line, r);
        return;
    }
    size_t at = MIN(e->at, strlen(line));
    while (at > 0 && line[at - 1] != ' ' && line[at - 1] != '\t') /* where the word begins */
        at--;
    int column = e->what == CLI_INCOMPLETE ? (int)strlen(line) + 1 : (int)at + 1;
    switch (e->what) {
    case CLI_AMBIGUOUS:
        device_problem_add(problems, file, number, column, line,
                           "ambiguous: \"%s\" could be more than one word", e->word);
        break;
    case CLI_INCOMPLETE:
        device_problem_add(problems, file, number, column, line,
                           "incomplete: something is missing at the end");
        break;
    case CLI_BAD_ARGUMENT:
        device_problem_add(problems, file, number, column, line, "\"%s\" is not valid here",
                           e->word);
        break;
    default:
        if (r->nearest)
            device_problem_add(problems, file, number, column, line,
                               "unknown word \"%s\"; did you mean \"%s\"?", e->word, r->nearest);
        else
            device_problem_add(problems, file, number, column, line,
                               "unknown word \"%s\"; this kind of device does not model the line",
                               e->word);
    }
}
