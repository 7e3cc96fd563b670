/* logging: where messages go, from which severity on, and which are never said. */
#include "pix.h"

#include <string.h>

enum { LOG_ON, LOG_STAMP, LOG_LEVEL, LOG_MESSAGE };
static const char *const destination[PIX_LOGS] = {"console", "monitor", "buffered", "trap",
                                                  "history"};
#define LEVEL                                                                                      \
    "(level:<0-7>|emergencies|alerts|critical|errors|warnings|notifications|informational|"        \
    "debugging)"

static int level_of(const struct cli_args *a)
{
    uint32_t n;
    if (cli_arg_u32(a, "level", &n))
        return (int)n;
    for (int i = 0; i < 8; i++)
        if (cli_has(a, vendor_severity[i]))
            return i;
    return 7;
}

static void silence(struct pix *s, uint32_t id, bool on)
{
    for (guint i = s->silenced->len; i-- > 0;)
        if (g_array_index(s->silenced, uint32_t, i) == id)
            g_array_remove_index(s->silenced, i);
    if (on)
        g_array_append_val(s->silenced, id);
}

static void logging(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    uint32_t id;
    bool on = !cli_negated(a);
    switch (cli_tag(a)) {
    case LOG_ON:
        s->logging = on;
        break;
    case LOG_STAMP:
        s->stamp = on;
        break;
    case LOG_LEVEL:
        for (size_t i = 0; i < PIX_LOGS; i++)
            if (cli_has(a, destination[i]))
                s->level[i] = on ? level_of(a) : -1;
        break;
    case LOG_MESSAGE:
        if (cli_arg_u32(a, "id", &id))
            silence(s, id, !on);
        break;
    }
}

static void clear_buffer(void *self, const struct cli_args *a, GString *out)
{
    pix_clear_buffer(self);
}

// clang-format off
const struct cli_command pix_config_logging[] = {
    { "logging on",                        logging, CLI_NO, .tag = LOG_ON },
    { "logging timestamp",                 logging, CLI_NO, .tag = LOG_STAMP },
    { "logging (console|monitor|buffered|trap|history) " LEVEL, logging, CLI_NO | CLI_NO_ONLY_PREFIX, .tag = LOG_LEVEL },
    { "logging message id:<100000-999999>", logging, CLI_NO, .tag = LOG_MESSAGE },
    { "clear logging",                     clear_buffer, 0 },
    { 0 } };
// clang-format on
