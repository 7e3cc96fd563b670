/* Objects and the nat lines of 8.3 as they are shown: in the configuration, and by show nat. */
#include "asa_nat.h"
#include "asa_show_priv.h"

#include <string.h>

/* ---- The configuration ---- */

static void put_member(GString *out, struct asa_range r)
{
    ip4 mask = ~(r.last - r.first);
    if (r.first == r.last)
        g_string_append_printf(out, " network-object host %s\n", IP4S(r.first));
    else
        g_string_append_printf(out, " network-object %s %s\n", IP4S(r.first), IP4S(mask));
}

static void put_group(const struct asa *s, const struct asa_object *o, GString *out)
{
    for (guint i = 0; i < o->ranges->len; i++)
        put_member(out, g_array_index(o->ranges, struct asa_range, i));
    for (guint i = 0; i < o->members->len; i++) {
        const char *name = o->members->pdata[i];
        const struct asa_object *m = asa_object_find(s, name);
        g_string_append_printf(out, " %s %s\n",
                               m && m->group ? "group-object" : "network-object object", name);
    }
}

void asa_objects_text(const struct asa *s, GString *out)
{
    for (int group = 0; group < 2; group++)
        for (guint i = 0; i < s->nat->objects->len; i++) {
            const struct asa_object *o = g_ptr_array_index(s->nat->objects, i);
            if (o->group != (group == 1))
                continue;
            g_string_append_printf(out, "%s network %s\n", group ? "object-group" : "object",
                                   o->name);
            if (o->form)
                g_string_append_printf(out, " %s\n", o->form);
            if (group)
                put_group(s, o, out);
            if (o->description)
                g_string_append_printf(out, " description %s\n", o->description);
        }
}

static void put_twice(const struct asa *s, bool after, GString *out)
{
    for (guint i = 0; i < s->nat->twice->len; i++) {
        const struct asa_twice *w = g_ptr_array_index(s->nat->twice, i);
        if (w->after_auto == after)
            g_string_append_printf(out, "nat (%s,%s) %s%s\n", w->in, w->out,
                                   after ? "after-auto " : "", w->text);
    }
}

void asa_objects_nat_text(const struct asa *s, GString *out)
{
    bool any = false;
    put_twice(s, false, out);
    for (guint i = 0; i < s->nat->objects->len; i++) {
        const struct asa_object *o = g_ptr_array_index(s->nat->objects, i);
        if (!o->in)
            continue;
        g_string_append_printf(out, "%sobject network %s\n %s\n", any ? "" : "!\n", o->name,
                               o->nat_text);
        any = true;
    }
    if (any)
        g_string_append(out, "!\n");
    put_twice(s, true, out);
}

/* ---- show nat ---- */

struct sum {
    uint64_t hits, back_hits;
    const struct fw_rule *first;
};

static struct sum sum_of(const struct asa *s, uint32_t serial)
{
    const struct fw_nat *t = &s->nat->fw;
    struct sum sum = {0, 0, NULL};
    for (guint i = 0; i < t->n_live; i++) {
        const struct fw_rule *r = g_ptr_array_index(t->rules, i);
        if (r->tag >> 8 != serial)
            continue;
        sum.hits += r->hits;
        sum.back_hits += r->back_hits;
        sum.first = sum.first ? sum.first : r;
    }
    return sum;
}

static void put_net(GString *out, ip4 addr, ip4 mask)
{
    g_string_append_printf(out, "%s/%d", IP4S(addr), ip4_mask_len(mask));
}

static void put_detail(const struct sum *sum, GString *out)
{
    const struct fw_rule *r = sum->first;
    if (!r)
        return;
    ip4 own = r->net.outside ? r->net.outside->addr : 0,
        mask = r->what == FW_DYNAMIC ? 0xffffffff : r->net.real.mask;
    g_string_append(out, "    Source - Origin: ");
    put_net(out, r->net.real.addr, r->net.real.mask);
    g_string_append(out, ", Translated: ");
    if (r->net.kind == NET_NAT_DYNAMIC)
        g_string_append_printf(out, "%s-", IP4S(r->net.mapped));
    if (r->net.kind == NET_NAT_DYNAMIC)
        g_string_append(out, IP4S(r->net.mapped_last));
    else if (r->what == FW_IDENTITY)
        put_net(out, r->net.real.addr, mask);
    else
        put_net(out, r->net.mapped ? r->net.mapped : own, mask);
    g_string_append_c(out, '\n');
    if (!r->twice || !r->net.remote.mask)
        return;
    g_string_append(out, "    Destination - Origin: ");
    put_net(out, r->net.remote.addr, r->net.remote.mask);
    g_string_append(out, ", Translated: ");
    put_net(out, r->net.remote.addr, r->net.remote.mask);
    g_string_append_c(out, '\n');
}

static void put_entry(const struct asa *s, guint n, const char *in, const char *to,
                      const char *text, uint32_t serial, bool detail, GString *out)
{
    struct sum sum = sum_of(s, serial);
    g_string_append_printf(out, "%u (%s) to (%s) %s\n", n, in, to, text);
    g_string_append_printf(out, "    translate_hits = " U64 ", untranslate_hits = " U64 "\n",
                           sum.hits, sum.back_hits);
    if (detail)
        put_detail(&sum, out);
}

static void manual(const struct asa *s, bool after, bool detail, GString *out)
{
    guint n = 0;
    for (guint i = 0; i < s->nat->twice->len; i++) {
        const struct asa_twice *w = g_ptr_array_index(s->nat->twice, i);
        if (w->after_auto != after)
            continue;
        if (!n++)
            g_string_append_printf(out, "%sManual NAT Policies (Section %d)\n",
                                   out->len ? "\n" : "", after ? 3 : 1);
        put_entry(s, n, w->in, w->out, w->text, w->serial, detail, out);
    }
}

void asa_show_nat_sections(const struct asa *s, bool detail, GString *out)
{
    g_autoptr(GPtrArray) second = asa_objects_auto(s);
    manual(s, false, detail, out);
    for (guint i = 0; i < second->len; i++) {
        const struct asa_object *o = g_ptr_array_index(second, i);
        const char *how = o->nat_text + strcspn(o->nat_text, ")") + 1;
        g_autoptr(GString) text = g_string_new("source");
        g_string_append(text, how);
        if (i == 0)
            g_string_append_printf(out, "%sAuto NAT Policies (Section 2)\n", out->len ? "\n" : "");
        /* "source static obj-server 203.0.113.10": its name stands behind the kind */
        size_t at = strlen("source ") + strcspn(text->str + strlen("source "), " ");
        g_string_insert_c(text, (gssize)at, ' ');
        g_string_insert(text, (gssize)at + 1, o->name);
        put_entry(s, i + 1, o->in, o->out, text->str, o->serial, detail, out);
    }
    manual(s, true, detail, out);
}
