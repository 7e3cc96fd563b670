/* nat lines for two objects, from 8.3 on (the first section in their order; the third, after-auto),
 * and what becomes of nat 0 when an older configuration is booted. */
#include "asa_nat.h"

#include <string.h>

/* ---- Lines for two objects ---- */

struct words {
    char **at;
};

static const char *next(struct words *w)
{
    while (*w->at && !**w->at)
        w->at++;
    return *w->at ? *w->at++ : NULL;
}

static bool known(const struct asa *s, const char *name, bool interface_too)
{
    return name && (strcmp(name, "any") == 0 || asa_object_find(s, name) ||
                    (interface_too && strcmp(name, "interface") == 0));
}

/* "static A A destination static B B …" behind "source". NULL: said why. */
static bool get_spec(struct asa *s, const struct cli_args *a, struct asa_twice *w, GString *out)
{
    g_auto(GStrv) word = g_strsplit(cli_arg(a, "spec"), " ", -1);
    struct words at = {word};
    const char *how = next(&at), *real = next(&at), *mapped = next(&at), *o;
    bool ok = how && (strcmp(how, "static") == 0 || strcmp(how, "dynamic") == 0);
    if (!ok || !known(s, real, false) || !known(s, mapped, true)) {
        if (ok && real && (!known(s, real, false) || mapped))
            asa_refuse(s, out, "ERROR: %s doesn't match an existing object or object-group",
                       known(s, real, false) ? mapped : real);
        else
            asa_refuse(s, out, "ERROR: %% Incomplete command");
        return false;
    }
    w->dynamic = strcmp(how, "dynamic") == 0;
    w->real = g_strdup(real);
    w->mapped = g_strdup(mapped);
    while ((o = next(&at)) != NULL) {
        bool later = strcmp(o, "no-proxy-arp") == 0 || strcmp(o, "route-lookup") == 0;
        if (strcmp(o, "destination") == 0 && !w->remote) {
            const char *kind = next(&at), *m = next(&at), *r = next(&at);
            if (!kind || strcmp(kind, "static") != 0 || !known(s, m, false) ||
                !known(s, r, false)) {
                asa_refuse(s, out, "ERROR: %s doesn't match an existing object or object-group",
                           r ? (known(s, m, false) ? r : m) : "destination");
                return false;
            }
            if (!asa_object_same(s, m, r)) {
                asa_refuse(s, out, "ERROR: translation of the destination is not modelled");
                return false;
            }
            w->remote = g_strdup(r);
        } else if (strcmp(o, "inactive") == 0) {
            w->inactive = true;
        } else if (strcmp(o, "description") == 0) {
            break;
        } else if (!later || !asa_since(s, 8, 4)) {
            asa_unknown_word(s, a, o);
            return false;
        }
    }
    g_autoptr(GArray) from = asa_object_nets(s, real), to = asa_object_nets(s, mapped);
    if (!w->dynamic && strcmp(mapped, "interface") != 0 && from->len != to->len) {
        asa_refuse(s, out, "ERROR: the real and the mapped object have not the same addresses");
        return false;
    }
    return true;
}

bool asa_twice_line(struct asa *s, const struct cli_args *a, GString *out)
{
    struct asa_twice *w = g_new0(struct asa_twice, 1);
    GPtrArray *all = s->nat->twice;
    uint32_t place = 0;
    guint first = 0, n = 0;
    w->after_auto = cli_has(a, "after-auto");
    w->text = g_strdup_printf("source %s", cli_arg(a, "spec"));
    if (!asa_nat_pair(s, a, &w->in, &w->out) || !get_spec(s, a, w, out)) {
        asa_twice_free(w);
        return false;
    }
    for (guint i = 0; i < all->len; i++) {
        const struct asa_twice *o = g_ptr_array_index(all, i);
        first += !o->after_auto && w->after_auto;
        n += o->after_auto == w->after_auto;
        if (strcmp(o->text, w->text) || strcmp(o->in, w->in) || strcmp(o->out, w->out) ||
            o->after_auto != w->after_auto)
            continue;
        asa_twice_free(w);
        if (!cli_negated(a)) {
            asa_refuse(s, out, "ERROR: Duplicate NAT entry");
            return false;
        }
        g_ptr_array_remove_index(all, i);
        return true;
    }
    if (cli_negated(a)) {
        asa_twice_free(w);
        asa_refuse(s, out, "ERROR: The specified NAT configuration does not exist.");
        return false;
    }
    w->serial = s->nat->fw.next_serial++;
    cli_arg_u32(a, "line", &place);
    g_ptr_array_insert(all, (int)(first + (place && place <= n ? place - 1 : n)), w);
    return true;
}

/* ---- An exemption of an older configuration ---- */

/* "obj-10.1.0.0" */
static char *object_for(struct asa *s, struct ip4_net net)
{
    if (net.mask == 0)
        return g_strdup("any");
    char *name = g_strdup_printf("obj-%s", IP4S(net.addr));
    struct asa_object *o = (struct asa_object *)asa_object_find(s, name);
    struct asa_range r = {net.addr, net.addr | ~net.mask};
    if (o && g_array_index(o->ranges, struct asa_range, 0).last == r.last)
        return name;
    if (o) {
        g_free(name);
        name = g_strdup_printf("obj-%s-%d", IP4S(net.addr), ip4_mask_len(net.mask));
    }
    o = asa_object_make(s, name, false);
    g_array_set_size(o->ranges, 0);
    g_array_append_val(o->ranges, r);
    g_free(o->form);
    o->form = net.mask == 0xffffffff ? g_strdup_printf("host %s", IP4S(net.addr))
                                     : g_strdup_printf("subnet %s ", IP4S(net.addr));
    if (net.mask != 0xffffffff) {
        g_autofree char *head = o->form;
        o->form = g_strconcat(head, IP4S(net.mask), NULL);
    }
    return name;
}

bool asa_nat_migrate(struct asa *s, const struct cli_args *a)
{
    const struct acl *acl = net_acl(s->d->node, cli_arg(a, "list") ? cli_arg(a, "list") : "");
    uint32_t id = 1;
    g_autofree char *in = NULL, *none = NULL;
    cli_arg_u32(a, "id", &id);
    if (!s->loading || id || !acl || !fw_pair_parse(cli_arg(a, "if"), &in, &none) || none)
        return false;
    for (guint i = 0; i < acl->lines->len; i++) {
        const struct acl_line *l = g_ptr_array_index(acl->lines, i);
        if (l->remark || !l->permit)
            continue;
        struct asa_twice *w = g_new0(struct asa_twice, 1);
        w->serial = s->nat->fw.next_serial++;
        w->in = g_strdup(in);
        w->out = g_strdup("any");
        w->real = object_for(s, l->src);
        w->mapped = g_strdup(w->real);
        w->remote = object_for(s, l->dst);
        w->text = g_strdup_printf("source static %s %s destination static %s %s", w->real, w->real,
                                  w->remote, w->remote);
        g_ptr_array_add(s->nat->twice, w);
    }
    return true;
}
