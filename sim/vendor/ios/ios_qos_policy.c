/* Policy maps: what each class gets, and how that reads back. */
#include "ios_conf.h"

#include <string.h>

static struct qos_policy *policy_here(struct ios *s, GString *out)
{
    struct qos_policy *p = qos_policy_find(net_qos(s->d->node), s->conf->at_policy_map);
    if (!p) {
        ios_refuse(s, out, "%% The policy map %s was removed", s->conf->at_policy_map);
        ios_enter(s, &ios_mode_config);
    }
    return p;
}

static struct qos_rule *rule_here(struct ios *s, GString *out)
{
    struct qos_policy *p = policy_here(s, out);
    struct qos_rule *r = p ? qos_rule_find(p, s->conf->at_policy_class) : NULL;
    if (p && !r) {
        ios_refuse(s, out, "%% The class %s was removed", s->conf->at_policy_class);
        ios_enter(s, &ios_mode_pmap);
    }
    return r;
}

static void changed(struct ios *s)
{
    net_qos_changed(s->d->node);
}

/* ---- The map and its classes ---- */

static bool held_by_another(const struct qos_conf *c, const char *name)
{
    for (guint i = 0; i < c->policies->len; i++) {
        const struct qos_policy *p = g_ptr_array_index(c->policies, i);
        if (strcmp(p->name, name) != 0 && qos_policy_holds(c, p->name, name))
            return true;
    }
    return false;
}

static void policy_remove(struct ios *s, const char *name, GString *out)
{
    struct qos_conf *c = net_qos(s->d->node);
    if (!qos_policy_find(c, name)) {
        ios_refuse(s, out, "%% Policy map %s does not exist", name);
    } else if (held_by_another(c, name)) {
        ios_refuse(s, out, "%% Policy map %s is being used", name);
    } else {
        qos_policy_remove(c, name);
        changed(s);
    }
}

void ios_policy_map(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    const char *name = cli_arg(a, "name");
    if (cli_negated(a)) {
        policy_remove(s, name, out);
        return;
    }
    qos_policy_make(net_qos(s->d->node), name);
    g_free(s->conf->at_policy_map);
    s->conf->at_policy_map = g_strdup(name);
    ios_enter(s, &ios_mode_pmap);
}

static void policy_description(void *self, const struct cli_args *a, GString *out)
{
    struct qos_policy *p = policy_here(self, out);
    if (!p)
        return;
    g_free(p->description);
    p->description = cli_negated(a) ? NULL : g_strdup(cli_arg(a, "text"));
}

static void class_(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    struct qos_policy *p = policy_here(s, out);
    const char *name = cli_arg(a, "name");
    if (!p)
        return;
    if (cli_negated(a)) {
        if (!qos_rule_remove(p, name))
            ios_refuse(s, out, "%% Class %s is not in policy map %s", name, p->name);
        changed(s);
        return;
    }
    if (strcmp(name, QOS_DEFAULT_CLASS) != 0 && !qos_map_find(net_qos(s->d->node), name)) {
        ios_refuse(s, out, "%% class map %s not configured", name);
        return;
    }
    if (!qos_rule_find(p, name)) {
        qos_rule_make(p, name);
        changed(s);
    }
    g_free(s->conf->at_policy_class);
    s->conf->at_policy_class = g_strdup(name);
    ios_enter(s, &ios_mode_pclass);
}

/* ---- What a class gets ---- */

static bool units_agree(const struct qos_policy *p, const struct qos_rule *self, enum qos_unit unit)
{
    for (guint i = 0; i < p->rules->len; i++) {
        const struct qos_rule *r = g_ptr_array_index(p->rules, i);
        if (r != self && r->bandwidth && r->bandwidth != unit)
            return false;
    }
    return true;
}

static enum qos_unit unit_of(const struct cli_args *a, uint32_t *amount)
{
    if (cli_arg_u32(a, "kbps", amount))
        return QOS_KBPS;
    cli_arg_u32(a, "percent", amount);
    return cli_has(a, "remaining") ? QOS_REMAINING : QOS_PERCENT;
}

/* Without a burst, 200 ms of its rate are meant. */
static void priority(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    struct qos_rule *r = rule_here(s, out);
    if (!r)
        return;
    if (cli_negated(a)) {
        r->priority = QOS_NOTHING;
        changed(s);
        return;
    }
    if (r->bandwidth || !strcmp(r->class_name, QOS_DEFAULT_CLASS)) {
        ios_refuse(s, out, "%s",
                   r->bandwidth ? "Priority and bandwidth cannot be in the same class"
                                : "Priority is not supported in class-default");
        return;
    }
    r->priority = unit_of(a, &r->amount);
    r->burst_given = cli_arg_u32(a, "burst", &r->burst);
    if (!r->burst_given)
        r->burst = r->priority == QOS_KBPS ? MAX(r->amount * 25, 32) : 8000;
    changed(s);
}

static void bandwidth(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    struct qos_rule *r = rule_here(s, out);
    uint32_t amount = 0;
    if (!r)
        return;
    enum qos_unit unit = cli_negated(a) ? QOS_NOTHING : unit_of(a, &amount);
    if (unit && r->priority) {
        ios_refuse(s, out, "Priority and bandwidth cannot be in the same class");
        return;
    }
    if (unit && !units_agree(policy_here(s, out), r, unit)) {
        ios_refuse(s, out, "All classes with bandwidth should have consistent units");
        return;
    }
    if (unit || !r->priority)
        r->amount = amount;
    r->bandwidth = unit;
    changed(s);
}

/* Without Bc and Be, an interval of 25 ms, but not fewer than 7936 bits; with queueing frameworks
 * of 15.x 4 ms, and both alike. */
static uint32_t default_bc(const struct ios *s, uint64_t bps)
{
    uint64_t bits = s->major >= 15 ? bps / 250 : MAX(bps / 40, 7936);
    return (uint32_t)MAX(bits, 8);
}

static void shape(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    struct qos_rule *r = rule_here(s, out);
    uint32_t bps = 0;
    if (!r)
        return;
    r->shape = (struct qos_rate){0};
    if (!cli_negated(a) && cli_arg_u32(a, "bps", &bps)) {
        r->shape.bps = bps;
        r->shape.bc_given = cli_arg_u32(a, "bc", &r->shape.bc);
        r->shape.be_given = cli_arg_u32(a, "be", &r->shape.be);
        if (!r->shape.bc_given)
            r->shape.bc = default_bc(s, bps);
        if (!r->shape.be_given)
            r->shape.be = r->shape.bc;
    }
    changed(s);
}

/* Conform and exceed may name the same action, so each is looked for behind its own word. */
static bool action_read(struct ios *s, const struct cli_args *a, const char *word,
                        const char *argument, struct qos_action *action)
{
    g_autofree char *line = cli_canonical(a);
    const char *at = strstr(line, word);
    if (!at)
        return true;
    at += strlen(word) + 1;
    action->act = g_str_has_prefix(at, "drop") ? QOS_DROP : QOS_TRANSMIT;
    if (!g_str_has_prefix(at, "set-dscp-transmit"))
        return true;
    int dscp = ios_dscp_of(cli_arg(a, argument));
    if (dscp < 0) {
        ios_invalid(s, a, argument);
        return false;
    }
    *action = (struct qos_action){QOS_MARK, (uint8_t)dscp};
    return true;
}

/* Without a burst, a quarter of a second's bytes, 1500 at least. */
static void police(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    struct qos_rule *r = rule_here(s, out);
    struct qos_action conform = {QOS_TRANSMIT, 0}, exceed = {QOS_DROP, 0};
    uint32_t bps = 0;
    if (!r || !action_read(s, a, "conform-action", "cdscp", &conform) ||
        !action_read(s, a, "exceed-action", "edscp", &exceed))
        return;
    r->police = (struct qos_rate){0};
    if (!cli_negated(a) && cli_arg_u32(a, "bps", &bps)) {
        r->police.bps = bps;
        r->police.bc_given = cli_arg_u32(a, "bc", &r->police.bc);
        if (!r->police.bc_given)
            r->police.bc = MAX(bps / 32, 1500);
        r->conform = conform;
        r->exceed = exceed;
    }
    changed(s);
}

static void queue_limit(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    struct qos_rule *r = rule_here(s, out);
    if (!r)
        return;
    bool has_queue = r->bandwidth || r->priority || r->shape.bps || r->flows ||
                     !strcmp(r->class_name, QOS_DEFAULT_CLASS);
    if (!cli_negated(a) && !has_queue) {
        ios_refuse(s, out, "queue-limit needs bandwidth, shape or fair-queue in the class");
        return;
    }
    r->limit = 0;
    if (!cli_negated(a))
        cli_arg_u32(a, "packets", &r->limit);
    changed(s);
}

static void fair_queue(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    struct qos_rule *r = rule_here(s, out);
    if (!r)
        return;
    if (!cli_negated(a) && r->priority) {
        ios_refuse(s, out, "fair-queue is not allowed in a priority class");
        return;
    }
    r->flows = cli_negated(a) ? 0 : 256;
    if (!cli_negated(a))
        cli_arg_u32(a, "queues", &r->flows);
    changed(s);
}

static void set_mark(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    struct qos_rule *r = rule_here(s, out);
    if (!r)
        return;
    bool dscp = cli_has(a, "dscp");
    int v = -1;
    if (!cli_negated(a)) {
        v = dscp ? ios_dscp_of(cli_arg(a, "value")) : ios_precedence_of(cli_arg(a, "value"));
        if (v < 0) {
            ios_invalid(s, a, "value");
            return;
        }
    }
    r->dscp = dscp ? v : -1;
    r->precedence = dscp ? -1 : v;
    changed(s);
}

/* Queues within a class need a rate to share. */
static void child(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    struct qos_rule *r = rule_here(s, out);
    struct qos_conf *c = net_qos(s->d->node);
    const char *name = cli_arg(a, "child");
    if (!r)
        return;
    if (cli_negated(a)) {
        g_clear_pointer(&r->child, g_free);
    } else if (!qos_policy_find(c, name)) {
        ios_refuse(s, out, "%% policy map %s not configured", name);
    } else if (qos_policy_holds(c, name, s->conf->at_policy_map)) {
        ios_refuse(s, out, "%% Policy map %s holds %s already", name, s->conf->at_policy_map);
    } else if (!r->shape.bps) {
        ios_refuse(s, out,
                   "CBWFQ : Hierarchy supported only if shaping is configured in this class");
    } else {
        g_free(r->child);
        r->child = g_strdup(name);
    }
    changed(s);
}

static void not_modelled(void *self, const struct cli_args *a, GString *out)
{
    g_autofree char *line = cli_canonical(a);
    ios_refuse(self, out, "%% %s is not modelled by this simulator", line);
}

#define ACTION(dscp) "(transmit|drop|set-dscp-transmit " dscp ":WORD)"

// clang-format off
const struct cli_command ios_config_pmap_rows[] = {
    { "class name:WORD",                                class_,             CLI_NO },
    { "description text:LINE",                          policy_description, CLI_NO | CLI_NO_ONLY_PREFIX },
    { 0 } };
const struct cli_command ios_config_pclass_rows[] = {
    { "priority kbps:<8-2000000> [burst:<32-2000000>]", priority,    CLI_NO | CLI_NO_ONLY_PREFIX },
    { "priority percent percent:<1-100> [burst:<32-2000000>]", priority, CLI_NO | CLI_NO_ONLY_PREFIX },
    { "bandwidth kbps:<8-2000000>",                     bandwidth,   CLI_NO | CLI_NO_ONLY_PREFIX },
    { "bandwidth percent percent:<1-100>",              bandwidth,   CLI_NO | CLI_NO_ONLY_PREFIX },
    { "bandwidth remaining percent percent:<1-100>",    bandwidth,   CLI_NO | CLI_NO_ONLY_PREFIX },
    { "shape average bps:<8000-154400000> [bc:<256-154400000> [be:<0-154400000>]]",
                                                        shape,       CLI_NO | CLI_NO_ONLY_PREFIX },
    { "shape peak rest:LINE",                           not_modelled, CLI_HIDDEN },
    { "police bps:<8000-200000000> [bc:<1000-51200000>] [conform-action " ACTION("cdscp") "]"
      " [exceed-action " ACTION("edscp") "]",           police,      CLI_NO | CLI_NO_ONLY_PREFIX },
    { "queue-limit packets:<1-32768>",                  queue_limit, CLI_NO | CLI_NO_ONLY_PREFIX },
    { "fair-queue [queues:<16-4096>]",                  fair_queue,  CLI_NO },
    { "set [ip] (dscp|precedence) value:WORD",          set_mark,    CLI_NO | CLI_NO_ONLY_PREFIX },
    { "service-policy child:WORD",                      child,       CLI_NO | CLI_NO_ONLY_PREFIX },
    { "random-detect [rest:LINE]",                      not_modelled, CLI_HIDDEN },
    { 0 } };
// clang-format on

/* ---- The running configuration ---- */

static void amount_text(const char *word, enum qos_unit unit, uint32_t amount, GString *out)
{
    g_string_append_printf(out, "  %s %s%u", word,
                           unit == QOS_PERCENT     ? "percent "
                           : unit == QOS_REMAINING ? "remaining percent "
                                                   : "",
                           amount);
}

static void action_text(const char *word, const struct qos_action *a, GString *out)
{
    if (a->act == QOS_MARK) {
        const char *name = ios_dscp_name(a->dscp);
        g_string_append_printf(out, " %s set-dscp-transmit ", word);
        if (name)
            g_string_append(out, name);
        else
            g_string_append_printf(out, "%u", a->dscp);
    } else {
        g_string_append_printf(out, " %s %s", word, a->act == QOS_DROP ? "drop" : "transmit");
    }
}

static void rates_text(const struct qos_rule *r, GString *out)
{
    if (r->shape.bps) {
        g_string_append_printf(out, "  shape average %u", (unsigned)r->shape.bps);
        if (r->shape.bc_given)
            g_string_append_printf(out, " %u", r->shape.bc);
        if (r->shape.be_given)
            g_string_append_printf(out, " %u", r->shape.be);
        g_string_append_c(out, '\n');
    }
    if (r->police.bps) {
        g_string_append_printf(out, "  police %u", (unsigned)r->police.bps);
        if (r->police.bc_given)
            g_string_append_printf(out, " %u", r->police.bc);
        action_text("conform-action", &r->conform, out);
        action_text("exceed-action", &r->exceed, out);
        g_string_append_c(out, '\n');
    }
}

static void rule_text(const struct qos_rule *r, GString *out)
{
    g_string_append_printf(out, " class %s\n", r->class_name);
    if (r->priority) {
        amount_text("priority", r->priority, r->amount, out);
        if (r->burst_given)
            g_string_append_printf(out, " %u", r->burst);
        g_string_append_c(out, '\n');
    }
    if (r->bandwidth) {
        amount_text("bandwidth", r->bandwidth, r->amount, out);
        g_string_append_c(out, '\n');
    }
    rates_text(r, out);
    if (r->flows == 256)
        g_string_append(out, "  fair-queue\n");
    else if (r->flows)
        g_string_append_printf(out, "  fair-queue %u\n", r->flows);
    if (r->limit)
        g_string_append_printf(out, "  queue-limit %u\n", r->limit);
    const char *name = r->dscp >= 0 ? ios_dscp_name((unsigned)r->dscp) : NULL;
    if (name)
        g_string_append_printf(out, "  set ip dscp %s\n", name);
    else if (r->dscp >= 0)
        g_string_append_printf(out, "  set ip dscp %d\n", r->dscp);
    if (r->precedence >= 0)
        g_string_append_printf(out, "  set ip precedence %d\n", r->precedence);
    if (r->child)
        g_string_append_printf(out, "  service-policy %s\n", r->child);
}

/* A policy comes behind those it holds, or it could not be read back. */
static void policy_text(const struct qos_conf *c, const struct qos_policy *p, GPtrArray *done,
                        GString *out)
{
    if (!p || g_ptr_array_find(done, p, NULL))
        return;
    g_ptr_array_add(done, (gpointer)p);
    for (guint k = 0; k < p->rules->len; k++)
        policy_text(c, qos_policy_find(c, ((struct qos_rule *)p->rules->pdata[k])->child), done,
                    out);
    g_string_append_printf(out, "policy-map %s\n", p->name);
    if (p->description)
        g_string_append_printf(out, " description %s\n", p->description);
    for (guint k = 0; k < p->rules->len; k++)
        rule_text(g_ptr_array_index(p->rules, k), out);
}

void ios_qos_running(struct ios *s, GString *out)
{
    const struct qos_conf *c = net_qos(s->d->node);
    g_autoptr(GPtrArray) done = g_ptr_array_new();
    for (guint i = 0; i < c->maps->len; i++) {
        const struct qos_class_map *m = g_ptr_array_index(c->maps, i);
        g_string_append_printf(out, "class-map match-%s %s\n", m->any ? "any" : "all", m->name);
        if (m->description)
            g_string_append_printf(out, " description %s\n", m->description);
        for (guint k = 0; k < m->matches->len; k++) {
            g_string_append(out, " match ");
            ios_match_text(g_ptr_array_index(m->matches, k), false, out);
            g_string_append_c(out, '\n');
        }
    }
    if (c->maps->len)
        g_string_append(out, "!\n");
    for (guint i = 0; i < c->policies->len; i++)
        policy_text(c, g_ptr_array_index(c->policies, i), done, out);
    if (c->policies->len)
        g_string_append(out, "!\n");
}
