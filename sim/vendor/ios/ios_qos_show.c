/* show class-map, show policy-map, show policy-map interface: in the layout of 12.x, and in that of
 * 15.x, where each class is a queue of one framework. */
#include "vendor/ios/ios_conf.h"
#include "vendor/ios/ios_show_priv.h"

#include <string.h>

/* Numbers of queues on an interface: hashed ones first, then one for each class. */
#define FIRST_CONVERSATION 264

/* ---- show class-map ---- */

static void class_map_text(const struct qos_class_map *m, unsigned id, GString *out)
{
    g_string_append_printf(out, " Class Map match-%s %s (id %u)\n", m->any ? "any" : "all", m->name,
                           id);
    if (m->description)
        g_string_append_printf(out, "   Description: %s\n", m->description);
    for (guint k = 0; k < m->matches->len; k++) {
        g_string_append(out, "   Match ");
        ios_match_text(g_ptr_array_index(m->matches, k), true, out);
        g_string_append_c(out, '\n');
    }
    if (!m->matches->len)
        g_string_append(out, "   Match none\n");
    g_string_append_c(out, '\n');
}

void ios_show_class_map(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    const struct qos_conf *c = net_qos(s->d->node);
    const char *name = cli_arg(a, "name");
    if (!name)
        g_string_append(out, " Class Map match-any class-default (id 0)\n   Match any \n\n");
    for (guint i = 0; i < c->maps->len; i++) {
        const struct qos_class_map *m = g_ptr_array_index(c->maps, i);
        if (!name || !strcmp(name, m->name))
            class_map_text(m, i + 1, out);
    }
    if (name && !qos_map_find(c, name))
        g_string_append_printf(out, "%% class map %s not found\n", name);
}

/* ---- show policy-map ---- */

static const char *unit_text(enum qos_unit unit)
{
    return unit == QOS_PERCENT ? "(%)" : unit == QOS_REMAINING ? "remaining (%)" : "(kbps)";
}

static void rule_text(const struct ios *s, const struct qos_rule *r, GString *out)
{
    bool framework = s->major >= 15;
    uint32_t limit = r->limit ? r->limit : QOS_LIMIT_DEFAULT;
    g_string_append_printf(out, "    Class %s\n", r->class_name);
    if (r->priority && framework)
        g_string_append_printf(out, "      priority %u %s\n", r->amount, unit_text(r->priority));
    else if (r->priority)
        g_string_append_printf(out,
                               "      Strict Priority\n      Bandwidth %u %s Burst %u (Bytes)\n",
                               r->amount, unit_text(r->priority), r->burst);
    if (r->bandwidth && framework)
        g_string_append_printf(out, "      bandwidth %u %s\n", r->amount, unit_text(r->bandwidth));
    else if (r->bandwidth)
        g_string_append_printf(out, "      Bandwidth %u %s Max Threshold %u (packets)\n", r->amount,
                               unit_text(r->bandwidth), limit);
    if (r->shape.bps)
        g_string_append_printf(out,
                               "      Average Rate Traffic Shaping\n"
                               "      cir %u (bps)\n",
                               (unsigned)r->shape.bps);
    if (r->police.bps)
        g_string_append_printf(out, "     police cir %u bc %u\n", (unsigned)r->police.bps,
                               r->police.bc);
    if (r->flows)
        g_string_append_printf(out,
                               "      Flow based Fair Queueing\n      Bandwidth 0 (kbps) Max "
                               "Threshold %u (packets)\n",
                               limit);
    if (r->limit && framework)
        g_string_append_printf(out, "      queue-limit %u packets\n", r->limit);
    const char *dscp = r->dscp >= 0 ? ios_dscp_name((unsigned)r->dscp) : NULL;
    if (r->dscp >= 0)
        g_string_append_printf(out, "      set ip dscp %s", dscp ? dscp : "");
    if (r->dscp >= 0 && !dscp)
        g_string_append_printf(out, "%d", r->dscp);
    if (r->dscp >= 0)
        g_string_append_c(out, '\n');
    if (r->precedence >= 0)
        g_string_append_printf(out, "      set ip precedence %d\n", r->precedence);
    if (r->child)
        g_string_append_printf(out, "      service-policy %s\n", r->child);
}

void ios_show_policy_map(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    const struct qos_conf *c = net_qos(s->d->node);
    const char *name = cli_arg(a, "name");
    for (guint i = 0; i < c->policies->len; i++) {
        const struct qos_policy *p = g_ptr_array_index(c->policies, i);
        if (name && strcmp(name, p->name) != 0)
            continue;
        g_string_append_printf(out, "  Policy Map %s\n", p->name);
        for (guint k = 0; k < p->rules->len; k++)
            rule_text(s, g_ptr_array_index(p->rules, k), out);
        g_string_append_c(out, '\n');
    }
    if (name && !qos_policy_find(c, name))
        g_string_append_printf(out, "%% policy map %s not found\n", name);
}

/* ---- show policy-map interface ---- */

#define COUNT "%" G_GUINT64_FORMAT
#define PAIR  COUNT "/" COUNT

/* One class of a listing: where it stands and how far in. */
struct place {
    const struct ios *s;
    const struct qos_class *c;
    const char *in; /* blanks */
    unsigned conversation;
    GString *out;
};

static void say(const struct place *p, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void say(const struct place *p, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_string_append(p->out, p->in);
    g_string_append_vprintf(p->out, format, args);
    va_end(args);
}

static void matches_text(const struct place *p)
{
    const struct qos_class *c = p->c;
    if (!c->map)
        say(p, "  Match: any \n");
    for (guint k = 0; c->map && k < c->map->matches->len; k++) {
        g_autoptr(GString) text = g_string_new(NULL);
        ios_match_text(g_ptr_array_index(c->map->matches, k), true, text);
        say(p, "  Match: %s\n", text->str);
        if (c->map->any)
            say(p, "    " COUNT " packets\n", c->hits[k]);
    }
}

static void old_queue_text(const struct place *p)
{
    const struct qos_class *c = p->c;
    const struct qos_rule *r = c->rule;
    if (r && r->priority) {
        say(p, "  Queueing\n");
        say(p, "    Strict Priority\n");
        say(p, "    Output Queue: Conversation %u \n", FIRST_CONVERSATION);
        if (r->priority == QOS_PERCENT)
            say(p, "    Bandwidth %u (%%)\n", r->amount);
        say(p, "    Bandwidth %u (kbps) Burst %u (Bytes)\n", (unsigned)c->kbps, r->burst);
        say(p, "    (pkts matched/bytes matched) " PAIR "\n", c->matched.packets, c->matched.bytes);
        say(p, "    (total drops/bytes drops) " PAIR "\n", c->dropped.packets, c->dropped.bytes);
    } else if (r && r->bandwidth) {
        say(p, "  Queueing\n");
        say(p, "    Output Queue: Conversation %u \n", p->conversation);
        if (r->bandwidth == QOS_KBPS)
            say(p, "    Bandwidth %u (kbps)Max Threshold %u (packets)\n", r->amount, c->limit);
        else
            say(p, "    Bandwidth %s%u (%%)Max Threshold %u (packets)\n",
                r->bandwidth == QOS_REMAINING ? "remaining " : "", r->amount, c->limit);
        say(p, "    (pkts matched/bytes matched) " PAIR "\n", c->matched.packets, c->matched.bytes);
        say(p, "    (depth/total drops/no-buffer drops) %u/" COUNT "/0\n", c->depth,
            c->dropped.packets);
    } else if (r && r->flows) {
        say(p, "  Queueing\n");
        say(p, "    Flow Based Fair Queueing\n");
        say(p, "    Maximum Number of Hashed Queues %u \n", r->flows);
        say(p, "    (total queued/total drops/no-buffer drops) %u/" COUNT "/0\n", c->depth,
            c->dropped.packets);
    } else if (!c->map || (r && r->limit)) {
        say(p, "  (depth/total drops/no-buffer drops) %u/" COUNT "/0\n", c->depth,
            c->dropped.packets);
    }
}

static void new_queue_text(const struct place *p)
{
    const struct qos_class *c = p->c;
    const struct qos_rule *r = c->rule;
    if (r && r->priority) {
        say(p, "  Priority: %u kbps, burst bytes %u, b/w exceed drops: " COUNT "\n",
            (unsigned)c->kbps, r->burst, c->over.packets);
        say(p, "  \n");
        return;
    }
    if (c->map && !(r && (r->bandwidth || r->shape.bps || r->flows || r->limit)))
        return;
    say(p, "  Queueing\n");
    say(p, "  queue limit %u packets\n", c->limit);
    say(p, "  (queue depth/total drops/no-buffer drops) %u/" COUNT "/0\n", c->depth,
        c->dropped.packets);
    say(p, "  (pkts output/bytes output) " PAIR "\n", c->sent.packets, c->sent.bytes);
    if (r && r->bandwidth == QOS_KBPS)
        say(p, "  bandwidth %u kbps\n", r->amount);
    else if (r && r->bandwidth)
        say(p, "  bandwidth %s%u%% (%u kbps)\n", r->bandwidth == QOS_REMAINING ? "remaining " : "",
            r->amount, (unsigned)c->kbps);
    if (r && r->flows)
        say(p, "  Fair-queue: per-flow queue limit %u\n", MAX(c->limit / 4, 1));
}

static void shaping_text(const struct place *p)
{
    const struct qos_class *c = p->c;
    const struct qos_rate *r = &c->rule->shape;
    if (p->s->major >= 15) {
        say(p, "  shape (average) cir %u, bc %u, be %u\n", (unsigned)r->bps, r->bc, r->be);
        say(p, "  target shape rate %u\n", (unsigned)r->bps);
        return;
    }
    say(p, "  Traffic Shaping\n");
    say(p, "       Target/Average   Byte   Sustain   Excess    Interval  Increment\n");
    say(p, "         Rate           Limit  bits/int  bits/int  (ms)      (bytes)  \n");
    g_autofree char *rates = g_strdup_printf("%u/%u", (unsigned)r->bps, (unsigned)r->bps);
    say(p, "    %12s%-10s %-6u %-9u %-9u %-9u %-9u\n\n", rates, "", (r->bc + r->be) / 8, r->bc,
        r->be, (unsigned)((uint64_t)r->bc * 1000 / r->bps), r->bc / 8);
    say(p, "    Adapt  Queue     Packets   Bytes     Packets   Bytes     Shaping\n");
    say(p, "    Active Depth                         Delayed   Delayed   Active\n");
    say(p,
        "    -      %-9u %-9" G_GUINT64_FORMAT " %-9" G_GUINT64_FORMAT " %-9" G_GUINT64_FORMAT
        " %-9" G_GUINT64_FORMAT " %s\n",
        c->depth, c->seen.packets, c->seen.bytes, c->delayed.packets, c->delayed.bytes,
        c->shaping ? "yes" : "no");
}

static void action_text(const struct place *p, const char *word, const struct qos_count *n,
                        const struct qos_action *a)
{
    static const char *const name[] = {"transmit", "drop", "set-dscp-transmit"};
    const char *dscp = a->act == QOS_MARK ? ios_dscp_name(a->dscp) : NULL;
    say(p, "    %s " COUNT " packets, " COUNT " bytes; actions:\n", word, n->packets, n->bytes);
    say(p, "      %s%s%s\n", name[a->act], dscp ? " " : "", dscp ? dscp : "");
}

static void class_text(const struct place *p, const char *name)
{
    const struct qos_class *c = p->c;
    const struct qos_rule *r = c->rule;
    say(p, "Class-map: %s (match-%s)%s\n", name, !c->map || c->map->any ? "any" : "all",
        p->s->major >= 15 ? "  " : "");
    say(p, "  " COUNT " packets, " COUNT " bytes\n", c->seen.packets, c->seen.bytes);
    say(p, "  5 minute offered rate " COUNT " bps, drop rate " COUNT " bps\n",
        c->offered_bps / 1000 * 1000, c->drop_bps / 1000 * 1000);
    matches_text(p);
    if (p->s->major >= 15)
        new_queue_text(p);
    else
        old_queue_text(p);
    if (r && r->shape.bps)
        shaping_text(p);
    if (r && r->police.bps) {
        say(p, "  police:\n");
        say(p, "      cir %u bps, bc %u bytes\n", (unsigned)r->police.bps, r->police.bc);
        action_text(p, "conformed", &c->conformed, &r->conform);
        action_text(p, "exceeded", &c->exceeded, &r->exceed);
    }
    if (r && (r->dscp >= 0 || r->precedence >= 0)) {
        const char *dscp = r->dscp >= 0 ? ios_dscp_name((unsigned)r->dscp) : NULL;
        say(p, "  QoS Set\n");
        if (dscp)
            say(p, "    dscp %s\n", dscp);
        else
            say(p, "    %s %d\n", r->dscp >= 0 ? "dscp" : "precedence",
                r->dscp >= 0 ? r->dscp : r->precedence);
        say(p, "      Packets marked " COUNT "\n", c->marked);
    }
    g_string_append_c(p->out, '\n');
}

static const char *class_name(const struct qos_class *c)
{
    return c->rule ? c->rule->class_name : QOS_DEFAULT_CLASS;
}

/* All priority classes of 15.x are one queue, told of first. */
static void priority_queue_text(const struct place *where, struct net_if *i, uint32_t level)
{
    struct place p = *where;
    struct qos_count sent = {0};
    uint64_t drops = 0;
    uint32_t at, depth = 0, any = 0;
    for (size_t k = 0; (p.c = net_if_class(i, true, k, &at)); k++) {
        if (at != level || !p.c->rule || !p.c->rule->priority)
            continue;
        any++;
        sent.packets += p.c->sent.packets;
        sent.bytes += p.c->sent.bytes;
        drops += p.c->dropped.packets;
        depth += p.c->depth;
    }
    if (!any)
        return;
    say(&p, "queue stats for all priority classes:\n");
    say(&p, "  Queueing\n");
    say(&p, "  queue limit %u packets\n", QOS_LIMIT_DEFAULT);
    say(&p, "  (queue depth/total drops/no-buffer drops) %u/" COUNT "/0\n", depth, drops);
    say(&p, "  (pkts output/bytes output) " PAIR "\n\n", sent.packets, sent.bytes);
}

static const char *const indent[] = {"    ", "        ", "            ", "                "};

static void policy_text(struct ios *s, struct net_if *i, bool output, GString *out)
{
    struct place p = {.s = s, .out = out, .conversation = FIRST_CONVERSATION};
    uint32_t level, before = 0;
    const struct qos_rule *parent = NULL;
    g_string_append_printf(out, " %s \n\n  Service-policy %s: %s\n\n", i->name,
                           output ? "output" : "input", net_if_policy(i, output));
    p.in = indent[0];
    if (output && s->major >= 15)
        priority_queue_text(&p, i, 0);
    for (size_t k = 0; (p.c = net_if_class(i, output, k, &level)); k++) {
        level = MIN(level, (uint32_t)G_N_ELEMENTS(indent) - 1);
        p.in = indent[level];
        if (level > before && parent && parent->child) {
            g_string_append_printf(out, "%s  Service-policy : %s\n\n", indent[before],
                                   parent->child);
            if (s->major >= 15)
                priority_queue_text(&p, i, level);
        }
        if (p.c->rule && p.c->rule->bandwidth)
            p.conversation++;
        class_text(&p, class_name(p.c));
        parent = p.c->rule;
        before = level;
    }
}

void ios_show_policy_map_if(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    const char *name = cli_arg(a, "if");
    const struct net_if *one = name ? net_if_by_name(s->d->node, name) : NULL;
    if (name && !one) {
        g_string_append_printf(out, "%% Invalid interface: %s does not exist\n", name);
        return;
    }
    for (size_t k = 0; k < net_if_count(s->d->node); k++) {
        struct net_if *i = net_if_at(s->d->node, k);
        for (int output = 0; output < 2; output++)
            if ((!one || one == i) && net_if_policy(i, output) &&
                !cli_has(a, output ? "input" : "output"))
                policy_text(s, i, output, out);
    }
}

void ios_view_policy_map_if(struct ios *s, char **args, struct view *v)
{
    view_columns(v, "interface", "direction", "level", "class", "packets", "bytes", "matched",
                 "depth", "most", "drops", "exceed-drops", "sent", "delayed", "marked", NULL);
    for (size_t k = 0; k < net_if_count(s->d->node); k++) {
        struct net_if *i = net_if_at(s->d->node, k);
        const struct qos_class *c;
        uint32_t level;
        for (int output = 0; output < 2; output++) {
            for (size_t n = 0; (c = net_if_class(i, output, n, &level)); n++) {
                view_row_begin(v);
                view_set(v, "interface", "%s", i->name);
                view_set(v, "direction", "%s", output ? "output" : "input");
                view_set(v, "level", "%u", level);
                view_set(v, "class", "%s", class_name(c));
                view_set(v, "packets", COUNT, c->seen.packets);
                view_set(v, "bytes", COUNT, c->seen.bytes);
                view_set(v, "matched", COUNT, c->matched.packets);
                view_set(v, "depth", "%u", c->depth);
                view_set(v, "most", "%u", c->depth_most);
                view_set(v, "drops", COUNT, c->dropped.packets);
                view_set(v, "exceed-drops", COUNT, c->over.packets);
                view_set(v, "sent", COUNT, c->sent.packets);
                view_set(v, "delayed", COUNT, c->delayed.packets);
                view_set(v, "marked", COUNT, c->marked);
            }
        }
    }
}
