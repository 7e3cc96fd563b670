/* show xlate, show nat, and clear xlate. */
#include "asa_nat.h"
#include "asa_show_priv.h"

#include <string.h>

static void show_xlate(void *self, const struct cli_args *a, GString *out)
{
    const struct asa *s = self;
    fw_xlate_text(&s->nat->fw,
                  cli_has(a, "count")    ? FW_XLATE_COUNT
                  : asa_since(s, 8, 3)   ? FW_XLATE_NEW
                  : cli_has(a, "detail") ? FW_XLATE_DETAIL
                                         : FW_XLATE_PLAIN,
                  out);
}

static void clear_xlate(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    ip4 global, local;
    bool g = cli_arg_ip4(a, "global", &global), l = cli_arg_ip4(a, "local", &local);
    g_autofree char *what = cli_canonical(a);
    TRACE(s->d->scope, clear_command, .what = what);
    size_t before = s->nat->fw.all.length;
    fw_xlate_clear(&s->nat->fw, g ? &global : NULL, l ? &local : NULL);
    if (asa_since(s, 8, 3))
        g_string_append_printf(out, "INFO: %zu xlate%s deleted\n", before - s->nat->fw.all.length,
                               before - s->nat->fw.all.length == 1 ? "" : "s");
}

void asa_view_xlate(struct asa *s, char **args, struct view *v)
{
    fw_xlate_view(&s->nat->fw, v);
}

/* ---- show nat ---- */

static void put_net(GString *out, struct ip4_net net)
{
    if (net.mask == 0)
        g_string_append(out, "any");
    else if (net.mask == 0xffffffff)
        g_string_append_printf(out, "host %s", IP4S(net.addr));
    else
        g_string_append_printf(out, "%s %s", IP4S(net.addr), IP4S(net.mask));
}

static void put_match(const struct asa *s, const struct fw_rule *r, const struct acl_line *l,
                      GString *out)
{
    const struct ip4_net any = {0, 0};
    const char *name = r->net.protocol ? vendor_name_of(vendor_protocol, r->net.protocol)
                       : l             ? vendor_name_of(vendor_protocol, l->protocol)
                                       : "ip";
    g_string_append_printf(out, "  match %s %s ", name ? name : "ip", r->in);
    put_net(out, l ? l->src : r->net.real);
    if (r->net.protocol)
        g_string_append_printf(out, " eq %u", r->net.real_port);
    g_string_append_printf(out, " %s ", r->out ? r->out : "any");
    put_net(out, l ? l->dst : any);
    g_string_append_c(out, '\n');
}

static void put_action(const struct fw_rule *r, GString *out)
{
    ip4 own = r->net.outside ? r->net.outside->addr : 0;
    if (r->what == FW_EXEMPT)
        g_string_append(out, "    NAT exempt\n");
    else if (r->what == FW_IDENTITY && !r->out)
        g_string_append(out, "    identity NAT translation, pool 0\n");
    else if (r->what != FW_DYNAMIC)
        g_string_append_printf(out, "    static translation to %s%s\n",
                               IP4S(r->net.mapped ? r->net.mapped : own),
                               r->net.protocol ? " (PAT)" : "");
    else if (r->nothing)
        g_string_append_printf(out, "    dynamic translation to pool %u (No matching global)\n",
                               r->id);
    else if (!r->net.mapped)
        g_string_append_printf(out, "    dynamic translation to pool %u (%s [Interface PAT])\n",
                               r->id, IP4S(own));
    else if (r->net.kind == NET_NAT_PORTS)
        g_string_append_printf(out, "    dynamic translation to pool %u (%s)\n", r->id,
                               IP4S(r->net.mapped));
    else {
        g_string_append_printf(out, "    dynamic translation to pool %u (%s - ", r->id,
                               IP4S(r->net.mapped));
        g_string_append_printf(out, "%s)\n", IP4S(r->net.mapped_last));
    }
}

static void put_hits(const struct fw_rule *r, GString *out)
{
    g_string_append_printf(out, "    translate_hits = " U64 ", untranslate_hits = " U64 "\n",
                           r->hits, r->back_hits);
}

static void put_rule(const struct asa *s, const struct fw_rule *r, GString *out)
{
    const struct acl *acl = r->list ? net_acl(s->d->node, r->list) : NULL;
    bool any = false;
    for (guint i = 0; acl && i < acl->lines->len; i++) {
        const struct acl_line *l = g_ptr_array_index(acl->lines, i);
        if (l->remark || !l->permit)
            continue;
        put_match(s, r, l, out);
        any = true;
    }
    if (!any)
        put_match(s, r, NULL, out);
    put_action(r, out);
    put_hits(r, out);
}

static void policies(const struct asa *s, const char *interface, GString *out)
{
    const struct fw_nat *t = &s->nat->fw;
    for (guint k = 0; k < s->interfaces->len; k++) {
        const struct asa_if *f = g_ptr_array_index(s->interfaces, k);
        bool head = false;
        for (guint i = 0; i < t->n_live; i++) {
            const struct fw_rule *r = g_ptr_array_index(t->rules, i);
            if (!f->nameif || g_strcmp0(r->in, f->nameif) != 0 ||
                (interface && g_ascii_strcasecmp(interface, f->nameif) != 0))
                continue;
            if (!head)
                g_string_append_printf(out, "NAT policies on Interface %s:\n", f->nameif);
            head = true;
            put_rule(s, r, out);
        }
    }
}

static void show_nat(void *self, const struct cli_args *a, GString *out)
{
    const struct asa *s = self;
    if (asa_since(s, 8, 3))
        asa_show_nat_sections(s, cli_has(a, "detail"), out);
    else
        policies(s, cli_arg(a, "if"), out);
}

void asa_view_nat(struct asa *s, char **args, struct view *v)
{
    static const char *const what[] = {"exempt", "static", "dynamic", "identity"};
    const struct fw_nat *t = &s->nat->fw;
    view_columns(v, "what", "in", "out", "real", "translate_hits", "untranslate_hits", NULL);
    for (guint i = 0; i < t->n_live; i++) {
        const struct fw_rule *r = g_ptr_array_index(t->rules, i);
        view_row_begin(v);
        view_set(v, "what", "%s", what[r->what]);
        view_set(v, "in", "%s", r->in ? r->in : "any");
        view_set(v, "out", "%s", r->out ? r->out : "any");
        view_set(v, "real", "%s", IP4S(r->net.real.addr));
        view_set(v, "translate_hits", U64, r->hits);
        view_set(v, "untranslate_hits", U64, r->back_hits);
    }
}

// clang-format off
const struct cli_command asa_exec_nat[] = {
    { "show xlate [count|detail]",               show_xlate,  0 },
    { "show nat",                                show_nat,    CLI_PRIVILEGED },
    { "show nat detail",                         show_nat,    CLI_PRIVILEGED },
    { "show nat if:WORD",                        show_nat,    CLI_PRIVILEGED },
    { "clear xlate",                             clear_xlate, CLI_PRIVILEGED },
    { "clear xlate global global:A.B.C.D",       clear_xlate, CLI_PRIVILEGED },
    { "clear xlate local local:A.B.C.D",         clear_xlate, CLI_PRIVILEGED },
    { 0 } };
// clang-format on
