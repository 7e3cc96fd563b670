/* Translations as the appliances list them, a line for each address or port and not for each flow,
 * and what they say of them: 305005 no group, 305006 failed, 305009 to 305012 built and torn down,
 * 305013 asymmetric. */
#include "fw_nat.h"

#include <string.h>

static void say(struct fw_nat *t, int severity, uint32_t id, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
static void say(struct fw_nat *t, int severity, uint32_t id, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    t->ops.log(t->ops.self, severity, id, text);
}

static const char *name_of(uint32_t protocol)
{
    return protocol == IPPROTO_NUM_TCP ? "TCP" : protocol == IPPROTO_NUM_UDP ? "UDP" : "ICMP";
}

static const char *word(const char *name)
{
    return name ? name : "any";
}

/* ---- Built and torn down ---- */

static struct fw_xlate key_for(const struct fw_rule *r, uint32_t protocol, ip4 real,
                               uint32_t real_port, ip4 mapped, uint32_t mapped_port)
{
    bool ports = r->net.kind == NET_NAT_PORTS;
    return (struct fw_xlate){.key = {ports ? protocol : 0, ports ? real_port : 0,
                                     ports ? mapped_port : 0, real, mapped}};
}

/* "inside:10.1.0.5/500 to outside:203.0.113.1/500" */
static void put_ends(const struct fw_xlate *x, GString *out)
{
    const struct fw_rule *r = x->rule;
    g_string_append_printf(out, "%s:%s", word(r->in), IP4S(x->key.real));
    if (x->key.protocol)
        g_string_append_printf(out, "/%u", x->key.real_port);
    g_string_append_printf(out, " to %s:%s", word(r->out), IP4S(x->key.mapped));
    if (x->key.protocol)
        g_string_append_printf(out, "/%u", x->key.mapped_port);
}

static void built(struct fw_nat *t, const struct fw_xlate *x)
{
    g_autoptr(GString) ends = g_string_new(NULL);
    put_ends(x, ends);
    if (x->key.protocol)
        say(t, 6, 305011, "Built dynamic %s translation from %s", name_of(x->key.protocol),
            ends->str);
    else
        say(t, 6, 305009, "Built dynamic translation from %s", ends->str);
}

static void torn_down(struct fw_nat *t, const struct fw_xlate *x)
{
    g_autoptr(GString) ends = g_string_new(NULL);
    int age = (int)((sim_now(t->d->sim) - x->born) / SECONDS(1));
    put_ends(x, ends);
    g_string_append_printf(ends, " duration %d:%02d:%02d", age / 3600, age / 60 % 60, age % 60);
    if (x->key.protocol)
        say(t, 6, 305012, "Teardown dynamic %s translation from %s", name_of(x->key.protocol),
            ends->str);
    else
        say(t, 6, 305010, "Teardown dynamic translation from %s", ends->str);
}

static void end(struct fw_nat *t, struct fw_xlate *x)
{
    torn_down(t, x);
    if (x->waits)
        g_queue_unlink(&t->idle, &x->idle);
    g_queue_unlink(&t->all, &x->all);
    g_hash_table_remove(t->by_key, x);
    g_free(x);
}

void fw_on_nat_new(struct fw_nat *t, const struct ev_nat_new *e)
{
    const struct fw_rule *r = fw_rule_tagged(t, e->rule);
    if (!r || r->what != FW_DYNAMIC)
        return;
    struct fw_xlate k = key_for(r, e->protocol, e->real, e->real_port, e->mapped, e->mapped_port);
    struct fw_xlate *x = g_hash_table_lookup(t->by_key, &k);
    if (!x) {
        x = g_new0(struct fw_xlate, 1);
        x->key = k.key;
        x->rule = r;
        x->born = sim_now(t->d->sim);
        x->all.data = x->idle.data = x;
        g_hash_table_add(t->by_key, x);
        g_queue_push_tail_link(&t->all, &x->all);
        built(t, x);
    }
    if (x->waits)
        g_queue_unlink(&t->idle, &x->idle);
    x->waits = false;
    x->flows++;
    x->last = sim_now(t->d->sim);
    t->most = MAX(t->most, (guint)fw_xlates(t));
}

/* A port ends with its last flow; an address stays a while with who had it. */
void fw_on_nat_end(struct fw_nat *t, const struct ev_nat_end *e)
{
    struct fw_xlate k = {.key = {e->protocol, e->real_port, e->mapped_port, e->real, e->mapped}};
    struct fw_xlate *x = g_hash_table_lookup(t->by_key, &k);
    if (!x) {
        k.key.protocol = k.key.real_port = k.key.mapped_port = 0;
        x = g_hash_table_lookup(t->by_key, &k);
    }
    if (!x || --x->flows)
        return;
    if (x->key.protocol) {
        end(t, x);
        return;
    }
    x->last = sim_now(t->d->sim);
    x->waits = true;
    g_queue_push_tail_link(&t->idle, &x->idle);
    fw_nat_arm(t);
}

void fw_xlate_idle_over(struct fw_nat *t, struct fw_xlate *x)
{
    net_nat_address_release(t->d->node, x->key.mapped);
    end(t, x);
}

/* ---- Refused ---- */

static void put_packet(struct fw_nat *t, const struct ev_conn_refused *e, GString *out)
{
    struct net_node *n = t->d->node;
    bool ports = e->protocol == IPPROTO_NUM_TCP || e->protocol == IPPROTO_NUM_UDP;
    const char *name = vendor_name_of(vendor_protocol, (int)e->protocol);
    if (ports || e->protocol == IPPROTO_NUM_ICMP)
        g_string_append(out, name);
    else
        g_string_append_printf(out, "protocol %u", e->protocol);
    g_string_append_printf(out, " src %s:%s", t->ops.word(t->ops.self, net_if_by_name(n, e->in)),
                           IP4S(e->src));
    if (ports)
        g_string_append_printf(out, "/%u", e->sport);
    g_string_append_printf(out, " dst %s:%s", t->ops.word(t->ops.self, net_if_by_name(n, e->out)),
                           IP4S(e->dst));
    if (ports)
        g_string_append_printf(out, "/%u", e->dport);
    if (e->protocol == IPPROTO_NUM_ICMP)
        g_string_append_printf(out, " (type %u, code %u)", e->type, e->code);
}

void fw_on_refused(struct fw_nat *t, const struct ev_conn_refused *e)
{
    g_autoptr(GString) packet = g_string_new(NULL);
    bool port = t->asked && t->asked->net.kind == NET_NAT_PORTS && e->why == DROP_NAT_EXHAUSTED;
    put_packet(t, e, packet);
    if (e->why == DROP_NAT_NO_RULE)
        say(t, 3, 305005, "No translation group found for %s", packet->str);
    else if (e->why == DROP_NAT_EXHAUSTED || e->why == DROP_NAT_ESP)
        say(t, 3, 305006, "%s translation creation failed for %s", port ? "portmap" : "regular",
            packet->str);
    else if (e->why == DROP_NAT_REVERSE)
        say(t, 5, 305013,
            "Asymmetric NAT rules matched for forward and reverse flows; Connection for %s denied "
            "due to NAT reverse path failure",
            packet->str);
}

/* ---- Listed ---- */

/* Rules that are a translation by themselves. */
static bool stands(const struct fw_rule *r)
{
    return r->live && (r->what == FW_STATIC || (r->what == FW_IDENTITY && (r->twice || r->out)));
}

static size_t standing(const struct fw_nat *t)
{
    size_t n = 0;
    for (guint i = 0; i < t->n_live; i++) {
        const struct fw_rule *r = g_ptr_array_index(t->rules, i);
        n += stands(r) ? 1 + (r->twice && r->net.remote.mask != 0) : 0;
    }
    return n;
}

size_t fw_xlates(const struct fw_nat *t)
{
    return t->all.length + standing(t);
}

static ip4 mapped_of(const struct fw_rule *r)
{
    if (r->what == FW_IDENTITY)
        return r->net.real.addr;
    return r->net.mapped ? r->net.mapped : r->net.outside ? r->net.outside->addr : 0;
}

static void put_net(GString *out, ip4 a, ip4 mask)
{
    g_string_append(out, IP4S(a));
    if (mask != 0xffffffff)
        g_string_append_printf(out, "/%d", ip4_mask_len(mask));
}

static void put_time(GString *out, const char *what, sim_time span)
{
    int s = (int)(span / SECONDS(1));
    g_string_append_printf(out, " %s %d:%02d:%02d", what, s / 3600, s / 60 % 60, s % 60);
}

static void standing_long(const struct fw_nat *t, const struct fw_rule *r, bool new, GString *out)
{
    const char *flags = r->what == FW_IDENTITY ? "sI" : r->net.protocol ? "sr" : "s";
    if (r->net.protocol)
        g_string_append_printf(out, "%s PAT from ", name_of(r->net.protocol));
    else
        g_string_append(out, "NAT from ");
    g_string_append_printf(out, "%s:", word(r->in));
    put_net(out, r->net.real.addr, r->net.real.mask);
    if (r->net.protocol)
        g_string_append_printf(out, "%s%u", new ? " " : "/", r->net.real_port);
    g_string_append_printf(out, " to %s:", word(r->out));
    put_net(out, mapped_of(r), r->net.real.mask);
    if (r->net.protocol)
        g_string_append_printf(out, "%s%u", new ? " " : "/", r->net.mapped_port);
    g_string_append_printf(out, "%sflags %s%s", new ? "\n    " : " ", flags, r->twice ? "T" : "");
    if (new) {
        put_time(out, "idle", r->last ? sim_now(t->d->sim) - r->last : 0);
        put_time(out, "timeout", 0);
    }
    g_string_append_c(out, '\n');
    if (!r->twice || r->net.remote.mask == 0)
        return;
    g_string_append_printf(out, "NAT from %s:", word(r->out));
    put_net(out, r->net.remote.addr, r->net.remote.mask);
    g_string_append_printf(out, " to %s:", word(r->in));
    put_net(out, r->net.remote.addr, r->net.remote.mask);
    g_string_append(out, "\n    flags sIT");
    put_time(out, "idle", r->last ? sim_now(t->d->sim) - r->last : 0);
    put_time(out, "timeout", 0);
    g_string_append_c(out, '\n');
}

static void standing_plain(const struct fw_rule *r, GString *out)
{
    if (r->net.protocol)
        g_string_append_printf(out, "PAT Global %s(%u) Local %s(%u)\n", IP4S(mapped_of(r)),
                               r->net.mapped_port, IP4S(r->net.real.addr), r->net.real_port);
    else
        g_string_append_printf(out, "Global %s Local %s\n", IP4S(mapped_of(r)),
                               IP4S(r->net.real.addr));
}

static void dynamic_plain(const struct fw_xlate *x, GString *out)
{
    if (x->key.protocol == 0)
        g_string_append_printf(out, "Global %s Local %s\n", IP4S(x->key.mapped), IP4S(x->key.real));
    else if (x->key.protocol == IPPROTO_NUM_ICMP)
        g_string_append_printf(out, "PAT Global %s(%u) Local %s ICMP id %u\n", IP4S(x->key.mapped),
                               x->key.mapped_port, IP4S(x->key.real), x->key.real_port);
    else
        g_string_append_printf(out, "PAT Global %s(%u) Local %s(%u)\n", IP4S(x->key.mapped),
                               x->key.mapped_port, IP4S(x->key.real), x->key.real_port);
}

/* When the last of its flows had a packet. */
static sim_time last_used(const struct fw_nat *t, const struct fw_xlate *x)
{
    sim_time last = x->last;
    for (const struct net_nat_flow *f = net_nat_first(t->d->node); f; f = net_nat_next(f))
        if (f->real == x->key.real && f->mapped == x->key.mapped &&
            (!x->key.protocol ||
             (f->protocol == x->key.protocol && f->real_port == x->key.real_port)))
            last = MAX(last, f->last);
    return last;
}

static void dynamic_long(const struct fw_nat *t, const struct fw_xlate *x, bool new, GString *out)
{
    if (x->key.protocol)
        g_string_append_printf(out, "%s PAT from ", name_of(x->key.protocol));
    else
        g_string_append(out, "NAT from ");
    put_ends(x, out);
    g_string_append_printf(out, " flags %s%s", x->key.protocol ? "r" : "", "i");
    if (new) {
        put_time(out, "idle", sim_now(t->d->sim) - last_used(t, x));
        put_time(out, "timeout", x->key.protocol ? t->pat : t->xlate);
    }
    g_string_append_c(out, '\n');
}

void fw_xlate_text(const struct fw_nat *t, enum fw_xlate_style style, GString *out)
{
    size_t n = fw_xlates(t);
    bool plain = style == FW_XLATE_PLAIN, new = style == FW_XLATE_NEW;
    g_string_append_printf(out, "%zu in use, %zu most used\n", n, MAX(n, (size_t)t->most));
    if (style == FW_XLATE_COUNT)
        return;
    if (style == FW_XLATE_DETAIL)
        g_string_append(out, t->asymmetry
                                 ? "Flags: D - DNS, d - dump, I - identity, i - dynamic, n - no "
                                   "random,\n       r - portmap, s - static\n"
                                 : "Flags: D - DNS, d - dump, I - identity, i - inside, n - no "
                                   "random,\n       o - outside, r - portmap, s - static\n");
    else if (new)
        g_string_append(out, "Flags: D - DNS, I - identity, i - dynamic, r - portmap, s - static, "
                             "T - twice\n");
    for (guint i = 0; i < t->n_live; i++) {
        const struct fw_rule *r = g_ptr_array_index(t->rules, i);
        if (stands(r) && plain)
            standing_plain(r, out);
        else if (stands(r))
            standing_long(t, r, new, out);
    }
    for (GList *l = t->all.head; l; l = l->next)
        if (plain)
            dynamic_plain(l->data, out);
        else
            dynamic_long(t, l->data, new, out);
}

void fw_xlate_view(const struct fw_nat *t, struct view *v)
{
    view_columns(v, "protocol", "in", "real", "out", "mapped", "flags", NULL);
    for (guint i = 0; i < t->n_live; i++) {
        const struct fw_rule *r = g_ptr_array_index(t->rules, i);
        if (!stands(r))
            continue;
        view_row_begin(v);
        view_set(v, "protocol", "%s", r->net.protocol ? name_of(r->net.protocol) : "NAT");
        view_set(v, "in", "%s", word(r->in));
        view_set(v, "real", "%s", IP4S(r->net.real.addr));
        view_set(v, "out", "%s", word(r->out));
        view_set(v, "mapped", "%s", IP4S(mapped_of(r)));
        view_set(v, "flags", "%s", r->what == FW_IDENTITY ? "sI" : r->net.protocol ? "sr" : "s");
    }
    for (GList *l = t->all.head; l; l = l->next) {
        const struct fw_xlate *x = l->data;
        view_row_begin(v);
        view_set(v, "protocol", "%s", x->key.protocol ? name_of(x->key.protocol) : "NAT");
        view_set(v, "in", "%s", word(x->rule->in));
        view_set(v, "out", "%s", word(x->rule->out));
        if (x->key.protocol) {
            view_set(v, "real", "%s:%u", IP4S(x->key.real), x->key.real_port);
            view_set(v, "mapped", "%s:%u", IP4S(x->key.mapped), x->key.mapped_port);
        } else {
            view_set(v, "real", "%s", IP4S(x->key.real));
            view_set(v, "mapped", "%s", IP4S(x->key.mapped));
        }
        view_set(v, "flags", "%s", x->key.protocol ? "ri" : "i");
    }
}

/* ---- Cleared ---- */

struct choice {
    struct fw_nat *t;
    const ip4 *global, *local;
};

static bool chosen(const struct choice *c, const struct net_nat_flow *f)
{
    return (!c->global || f->mapped == *c->global) && (!c->local || f->real == *c->local);
}

static bool pick_conn(void *self, const struct net_conn *c)
{
    const struct choice *x = self;
    const struct net_nat_flow *f = fw_nat_flow_of(x->t, c);
    return f && chosen(x, f);
}

static bool pick_flow(void *self, const struct net_nat_flow *f)
{
    return chosen(self, f);
}

void fw_xlate_clear(struct fw_nat *t, const ip4 *global, const ip4 *local)
{
    struct choice c = {t, global, local};
    net_conns_clear(t->d->node, pick_conn, &c);
    net_nat_clear(t->d->node, pick_flow, &c);
    for (GList *l = t->idle.head, *next; l; l = next) {
        struct fw_xlate *x = l->data;
        next = l->next;
        if ((!global || x->key.mapped == *global) && (!local || x->key.real == *local))
            fw_xlate_idle_over(t, x);
    }
}
