/* Rules that tie a trace to what the engines decided (debug-and-errors.md, chapter 9, 7 to 10). */
#include <string.h>

#include "rules_priv.h"

struct tracer {
    const struct rule_lines *l;
    const GArray *decided;
    rule_fn breach;
    void *self;
};

static void broken(struct tracer *x, int rule, const struct said *line, const char *format, ...)
    G_GNUC_PRINTF(4, 5);
static void broken(struct tracer *x, int rule, const struct said *line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *what = g_strdup_vprintf(format, args);
    va_end(args);
    g_autofree char *detail = line ? g_strdup_printf("%s: %s", what, line->text) : g_strdup(what);
    x->breach(x->self, rule, x->l->node, detail);
}

static const struct decided *decided_at(const struct tracer *x, guint i)
{
    return &g_array_index(x->decided, struct decided, i);
}

static const struct said *said_at(const struct tracer *x, guint i)
{
    return &g_array_index(x->l->said, struct said, i);
}

static bool debug_says(const struct said *s, const char *text)
{
    return s->kind == CONSOLE_DEBUG && strstr(s->text, text);
}

/* How many decisions of that kind fell in the step of decision i. Steps never go down, so they
 * stand side by side. */
static unsigned decided_with(const struct tracer *x, guint i, enum trace_id id)
{
    uint64_t step = decided_at(x, i)->step;
    unsigned n = 0;
    while (i > 0 && decided_at(x, i - 1)->step == step)
        i--;
    for (; i < x->decided->len && decided_at(x, i)->step == step; i++)
        n += decided_at(x, i)->id == id;
    return n;
}

/* ---- 7: two SAs are created for each ESP negotiation, none after a refusal ---- */

static void check_created(struct tracer *x)
{
    for (guint i = 0; i < x->decided->len; i++) {
        const struct decided *d = decided_at(x, i);
        if (d->id != EV_qm_install && d->id != EV_qm_refused)
            continue;
        unsigned installs = decided_with(x, i, EV_qm_install);
        unsigned refused = decided_with(x, i, EV_ipsec_init_refused);
        unsigned made = decided_with(x, i, EV_ipsec_sa_new);
        if (d->id == EV_qm_refused && installs == 0 && made > 0)
            broken(x, 7, NULL, "%u SAs created although phase 2 was refused (message ID %u)", made,
                   d->msgid);
        if (d->id == EV_qm_install && refused == 0 && made != 2 * installs)
            broken(x, 7, NULL, "%u SAs created by %u negotiations (message ID %u)", made, installs,
                   d->msgid);
    }
    for (guint i = 0; i < x->l->said->len;) {
        const struct said *first = said_at(x, i);
        unsigned lines = 0;
        for (; i < x->l->said->len && said_at(x, i)->step == first->step; i++)
            lines += debug_says(said_at(x, i), "sa created") ? 1 : 0;
        if (lines % 2 != 0)
            broken(x, 7, first, "%u lines \"sa created\" for one negotiation, after", lines);
    }
}

/* ---- 8: after a refusal of phase 1 there is no phase 2; a refusal of phase 2 leaves phase 1,
 * unless the profile ends it for that ---- */

static bool has_message_id(const char *line)
{
    const char *p = strstr(line, "message ID = ");
    return p && strtol(p + strlen("message ID = "), NULL, 10) != 0;
}

static void check_refusals(struct tracer *x)
{
    for (guint i = 0; i < x->decided->len; i++) {
        const struct decided *d = decided_at(x, i);
        for (guint k = i + 1; d->id == EV_ike_no_offer && k < x->decided->len; k++)
            if (decided_at(x, k)->id == EV_qm_new && decided_at(x, k)->sa == d->sa)
                broken(x, 8, NULL, "quick mode under SA %u, whose phase 1 was refused", d->sa);
        for (guint k = i + 1; d->id == EV_qm_refused && k < x->decided->len; k++) {
            const struct decided *o = decided_at(x, k);
            if (o->step == d->step && o->id == EV_ike_sa_dead && o->sa == d->sa &&
                o->value != WHY_CHILD_REFUSED)
                broken(x, 8, NULL, "SA %u ended because a phase 2 was refused", d->sa);
        }
    }
    for (guint i = 0; i < x->l->said->len; i++) {
        const struct said *s = said_at(x, i);
        if (!debug_says(s, "no offers accepted!"))
            continue;
        for (guint k = i + 1; k < x->l->said->len && said_at(x, k)->step == s->step; k++)
            if (said_at(x, k)->kind == CONSOLE_DEBUG && has_message_id(said_at(x, k)->text))
                broken(x, 8, said_at(x, k), "a message ID other than 0 after phase 1 was refused");
    }
}

/* ---- 9: what follows a refused transform ---- */

static void check_next_payload(struct tracer *x)
{
    for (guint i = 0; i < x->l->said->len; i++) {
        const struct said *s = said_at(x, i), *next = NULL;
        bool more = debug_says(s, "atts are not acceptable. Next payload is 3");
        if (!more && !debug_says(s, "atts are not acceptable. Next payload is 0"))
            continue;
        for (guint k = i + 1; !next && k < x->l->said->len; k++) {
            const struct said *t = said_at(x, k);
            if (t->step != s->step)
                break;
            if (debug_says(t, "Checking ISAKMP transform") || debug_says(t, "no offers accepted!"))
                next = t;
        }
        if (!next)
            broken(x, 9, s, "neither another policy nor \"no offers accepted!\" follows");
        else if (more && !strstr(next->text, "Checking ISAKMP transform"))
            broken(x, 9, next, "another transform was announced, but then");
    }
}

/* ---- 10: printed lifetimes are those of the wire ---- */

static bool lifetime_of(const char *line, guint64 *value)
{
    const char *p = strstr(line, "life duration (");
    if (!p)
        return false;
    p += strlen("life duration (");
    const char *of = strstr(p, ") of ");
    if (!of)
        return false;
    bool vpi = strncmp(p, "VPI", 3) == 0;
    *value = 0;
    of += strlen(") of ");
    if (!vpi) {
        *value = g_ascii_strtoull(of, NULL, 10);
        return true;
    }
    for (char *end; (of = strstr(of, "0x")) != NULL; of = end)
        *value = *value << 8 | (g_ascii_strtoull(of + 2, &end, 16) & 0xff);
    return true;
}

static void check_lifetimes(struct tracer *x)
{
    for (guint i = 0; i < x->l->said->len; i++) {
        const struct said *s = said_at(x, i);
        guint64 value;
        bool heard = false, found = false;
        if (s->kind != CONSOLE_DEBUG || !lifetime_of(s->text, &value))
            continue;
        for (guint k = 0; k < x->decided->len; k++) {
            const struct decided *d = decided_at(x, k);
            if (d->step != s->step || (d->id != EV_ike_offer_attr && d->id != EV_qm_attr))
                continue;
            heard = true;
            found = found || d->value == value;
        }
        if (heard && !found)
            broken(x, 10, s, "no lifetime of the message is %" G_GUINT64_FORMAT, value);
    }
}

void rules_trace(const struct rule_lines *l, const GArray *decided, rule_fn breach, void *self)
{
    struct tracer x = {l, decided, breach, self};
    check_created(&x);
    check_refusals(&x);
    check_next_payload(&x);
    check_lifetimes(&x);
}
