/* Translation from 8.3 on: objects and groups of objects, the nat line of an object (the second
 * section, static before dynamic and narrow before wide), and nat lines for two objects (the first
 * section, in their order; the third, after-auto). */
#include "asa_nat.h"

#include <string.h>

#define GROUP_DEEP 8 /* groups within groups */

void asa_object_free(void *p)
{
    struct asa_object *o = p;
    g_free(o->name);
    g_array_unref(o->ranges);
    g_ptr_array_unref(o->members);
    g_free(o->form);
    g_free(o->description);
    g_free(o->in);
    g_free(o->out);
    g_free(o->mapped);
    g_free(o->nat_text);
    g_free(o);
}

void asa_twice_free(void *p)
{
    struct asa_twice *w = p;
    g_free(w->in);
    g_free(w->out);
    g_free(w->real);
    g_free(w->mapped);
    g_free(w->remote);
    g_free(w->text);
    g_free(w);
}

static struct asa_object *find(const struct asa *s, const char *name)
{
    for (guint i = 0; name && i < s->nat->objects->len; i++) {
        struct asa_object *o = g_ptr_array_index(s->nat->objects, i);
        if (strcmp(o->name, name) == 0)
            return o;
    }
    return NULL;
}

const struct asa_object *asa_object_find(const struct asa *s, const char *name)
{
    return find(s, name);
}

/* ---- Addresses of objects ---- */

static void put_ranges(const struct asa *s, const char *name, int deep, GArray *out)
{
    const struct asa_object *o = find(s, name);
    if (!o || deep > GROUP_DEEP)
        return;
    g_array_append_vals(out, o->ranges->data, o->ranges->len);
    for (guint i = 0; i < o->members->len; i++)
        put_ranges(s, g_ptr_array_index(o->members, i), deep + 1, out);
}

/* "any", an object or a group. Caller frees. */
static GArray *ranges_of(const struct asa *s, const char *name)
{
    GArray *all = g_array_new(FALSE, FALSE, sizeof(struct asa_range));
    const struct asa_range any = {0, 0xffffffff};
    if (strcmp(name, "any") == 0)
        g_array_append_val(all, any);
    else
        put_ranges(s, name, 0, all);
    return all;
}

/* The largest networks that a range is made of. */
GArray *asa_object_nets(const struct asa *s, const char *name)
{
    GArray *nets = g_array_new(FALSE, FALSE, sizeof(struct ip4_net));
    g_autoptr(GArray) ranges = ranges_of(s, name);
    for (guint i = 0; i < ranges->len; i++) {
        struct asa_range r = g_array_index(ranges, struct asa_range, i);
        for (uint64_t at = r.first; at <= r.last;) {
            uint64_t size = at ? at & -at : UINT64_C(1) << 32;
            while (at + size - 1 > r.last)
                size >>= 1;
            struct ip4_net net = {(ip4)at, (ip4) ~(size - 1)};
            g_array_append_val(nets, net);
            at += size;
        }
    }
    return nets;
}

bool asa_object_same(const struct asa *s, const char *a, const char *b)
{
    g_autoptr(GArray) x = ranges_of(s, a), y = ranges_of(s, b);
    return x->len == y->len && memcmp(x->data, y->data, x->len * sizeof(struct asa_range)) == 0;
}

/* ---- Rules ---- */

struct maker {
    struct asa *s;
    struct fw_nat *t;
    struct fw_rule r; /* of the line at hand */
    uint32_t k;
};

static struct maker maker_for(struct asa *s, struct fw_nat *t, uint32_t serial, char *in, char *out)
{
    const struct fw_nat_ops *o = &t->ops;
    bool any_in = strcmp(in, "any") == 0, any_out = strcmp(out, "any") == 0;
    struct maker m = {s, t, {.tag = serial << 8, .in = in, .out = out}, 0};
    m.r.net.inside = any_in ? NULL : o->net_if(o->self, in);
    m.r.net.outside = any_out ? NULL : o->net_if(o->self, out);
    m.r.nothing = (!any_in && !m.r.net.inside) || (!any_out && !m.r.net.outside);
    return m;
}

static void make(struct maker *m, enum fw_what what, enum net_nat_kind kind, ip4 mapped, ip4 last)
{
    struct fw_rule r = m->r;
    if (r.nothing || m->k > 255)
        return; /* an interface that has no such name any more */
    r.tag |= m->k++;
    r.what = what;
    r.net.kind = kind;
    r.net.mapped = mapped;
    r.net.mapped_last = last;
    fw_rule_add(m->t, &r);
}

/* The n-th network becomes the n-th; the same is an identity. */
static void make_static(struct maker *m, const GArray *real, const GArray *mapped)
{
    for (guint i = 0; i < real->len; i++) {
        struct ip4_net from = g_array_index(real, struct ip4_net, i);
        struct ip4_net to = mapped && i < mapped->len ? g_array_index(mapped, struct ip4_net, i)
                                                      : (struct ip4_net){0, 0xffffffff};
        bool same = mapped && from.addr == to.addr && from.mask == to.mask;
        m->r.net.real = from;
        if (same)
            make(m, FW_IDENTITY, NET_NAT_EXEMPT, 0, 0);
        else if (!mapped || from.mask == to.mask)
            make(m, FW_STATIC, NET_NAT_STATIC, to.addr, to.addr);
    }
}

/* Addresses of ranges first, ports of single ones after them, those of the interface last. */
static void make_dynamic(struct maker *m, const GArray *real, const GArray *pool, bool interface)
{
    for (guint i = 0; i < real->len; i++) {
        m->r.net.real = g_array_index(real, struct ip4_net, i);
        for (int ports = 0; pool && ports < 2; ports++)
            for (guint k = 0; k < pool->len; k++) {
                struct asa_range p = g_array_index(pool, struct asa_range, k);
                if ((p.first == p.last) == (ports == 1))
                    make(m, FW_DYNAMIC, ports ? NET_NAT_PORTS : NET_NAT_DYNAMIC, p.first, p.last);
            }
        if (interface)
            make(m, FW_DYNAMIC, NET_NAT_PORTS, 0, 0);
    }
}

static void build_twice(struct asa *s, struct fw_nat *t, const struct asa_twice *w)
{
    struct maker m = maker_for(s, t, w->serial, w->in, w->out);
    const char *remote = w->remote ? w->remote : "any";
    bool interface = strcmp(w->mapped, "interface") == 0;
    g_autoptr(GArray) real = asa_object_nets(s, w->real), to = asa_object_nets(s, remote),
                      mapped = interface ? NULL : asa_object_nets(s, w->mapped);
    g_autoptr(GArray) pool = interface ? NULL : ranges_of(s, w->mapped);
    m.r.twice = true;
    for (guint i = 0; !w->inactive && i < to->len; i++) {
        m.r.net.remote = g_array_index(to, struct ip4_net, i);
        if (w->dynamic)
            make_dynamic(&m, real, pool, interface);
        else
            make_static(&m, real, mapped);
    }
}

static void build_object(struct asa *s, struct fw_nat *t, const struct asa_object *o)
{
    struct maker m = maker_for(s, t, o->serial, o->in, o->out);
    ip4 address = 0;
    bool literal = o->mapped && ip4_parse(o->mapped, &address);
    g_autoptr(GArray) real = asa_object_nets(s, o->name);
    g_autoptr(GArray) mapped = o->mapped && !literal ? asa_object_nets(s, o->mapped) : NULL;
    g_autoptr(GArray) pool = o->mapped && !literal ? ranges_of(s, o->mapped) : NULL;
    if (literal) { /* as wide as what it is for; of a dynamic one a single address */
        struct ip4_net net = {address,
                              real->len ? g_array_index(real, struct ip4_net, 0).mask : 0xffffffff};
        struct asa_range one = {address, address};
        mapped = g_array_new(FALSE, FALSE, sizeof net);
        pool = g_array_new(FALSE, FALSE, sizeof one);
        g_array_append_val(mapped, net);
        g_array_append_val(pool, one);
    }
    m.r.net.protocol = o->protocol;
    m.r.net.real_port = o->real_port;
    m.r.net.mapped_port = o->mapped_port;
    if (o->dynamic)
        make_dynamic(&m, real, pool, o->interface);
    else
        make_static(&m, real, mapped);
}

static uint64_t width(const struct asa_object *o)
{
    uint64_t n = 0;
    for (guint i = 0; i < o->ranges->len; i++) {
        struct asa_range r = g_array_index(o->ranges, struct asa_range, i);
        n += (uint64_t)r.last - r.first + 1;
    }
    return n;
}

static gint auto_order(gconstpointer a, gconstpointer b)
{
    const struct asa_object *x = *(const struct asa_object *const *)a,
                            *y = *(const struct asa_object *const *)b;
    uint64_t wx = width(x), wy = width(y);
    if (x->dynamic != y->dynamic)
        return x->dynamic ? 1 : -1;
    if (wx != wy)
        return wx < wy ? -1 : 1;
    ip4 fx = x->ranges->len ? g_array_index(x->ranges, struct asa_range, 0).first : 0,
        fy = y->ranges->len ? g_array_index(y->ranges, struct asa_range, 0).first : 0;
    return fx != fy ? (fx < fy ? -1 : 1) : strcmp(x->name, y->name);
}

GPtrArray *asa_objects_auto(const struct asa *s)
{
    GPtrArray *all = g_ptr_array_new();
    for (guint i = 0; i < s->nat->objects->len; i++) {
        struct asa_object *o = g_ptr_array_index(s->nat->objects, i);
        if (o->in && o->ranges->len)
            g_ptr_array_add(all, o);
    }
    g_ptr_array_sort(all, auto_order);
    return all;
}

void asa_objects_build(struct asa *s, struct fw_nat *t)
{
    g_autoptr(GPtrArray) second = asa_objects_auto(s);
    for (int after = 0; after < 2; after++) {
        for (guint i = 0; i < s->nat->twice->len; i++) {
            const struct asa_twice *w = g_ptr_array_index(s->nat->twice, i);
            if (w->after_auto == (after == 1))
                build_twice(s, t, w);
        }
        for (guint i = 0; !after && i < second->len; i++)
            build_object(s, t, g_ptr_array_index(second, i));
    }
}

/* ---- object network, object-group network ---- */

static bool too_early(struct asa *s, const struct cli_args *a)
{
    if (asa_since(s, 8, 3))
        return false;
    asa_unknown_word(s, a, "object");
    return true;
}

static bool in_use(const struct asa *s, const char *name)
{
    for (guint i = 0; i < s->nat->twice->len; i++) {
        const struct asa_twice *w = g_ptr_array_index(s->nat->twice, i);
        if (strcmp(w->real, name) == 0 || strcmp(w->mapped, name) == 0 ||
            g_strcmp0(w->remote, name) == 0)
            return true;
    }
    for (guint i = 0; i < s->nat->objects->len; i++) {
        const struct asa_object *o = g_ptr_array_index(s->nat->objects, i);
        if (o->in && g_strcmp0(o->mapped, name) == 0)
            return true;
        for (guint k = 0; k < o->members->len; k++)
            if (strcmp(o->members->pdata[k], name) == 0)
                return true;
    }
    return false;
}

struct asa_object *asa_object_make(struct asa *s, const char *name, bool group)
{
    struct asa_object *o = g_new0(struct asa_object, 1);
    o->name = g_strdup(name);
    o->group = group;
    o->serial = s->nat->fw.next_serial++;
    o->ranges = g_array_new(FALSE, FALSE, sizeof(struct asa_range));
    o->members = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(s->nat->objects, o);
    return o;
}

static void object(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    const char *name = cli_arg(a, "name");
    bool group = cli_has(a, "object-group");
    struct asa_object *o = find(s, name);
    if (!group && too_early(s, a))
        return;
    if (o && o->group != group) {
        asa_refuse(s, out, "ERROR: an object or group of this name exists already");
        return;
    }
    if (cli_negated(a)) {
        if (!o)
            asa_refuse(s, out, "ERROR: object (%s) does not exist.", name);
        else if (in_use(s, name) || asa_acl_names(s, name))
            asa_refuse(s, out, "ERROR: unable to delete object (%s). object is being used.", name);
        else
            g_ptr_array_remove(s->nat->objects, o);
        asa_changed(s, "no object network");
        return;
    }
    if (!o)
        asa_object_make(s, name, group);
    g_free(s->nat->at_object);
    s->nat->at_object = g_strdup(name);
    asa_enter(s, group ? &asa_mode_object_group : &asa_mode_object);
}

static bool get_range(const struct cli_args *a, struct asa_range *r)
{
    ip4 mask;
    if (cli_arg_ip4(a, "host", &r->first)) {
        r->last = r->first;
    } else if (cli_arg_ip4(a, "net", &r->first)) {
        cli_arg_ip4(a, "mask", &mask);
        r->last = r->first | ~mask;
        return !(r->first & ~mask);
    } else {
        cli_arg_ip4(a, "first", &r->first);
        cli_arg_ip4(a, "last", &r->last);
    }
    return r->first <= r->last;
}

static void addresses(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    struct asa_object *o = find(s, s->nat->at_object);
    struct asa_range r = {0, 0};
    g_autofree char *text = cli_canonical(a);
    if (!o)
        return;
    if (!get_range(a, &r)) {
        asa_refuse(s, out, "ERROR: IP address,mask <%s> doesn't pair",
                   cli_has(a, "net") ? cli_arg(a, "net") : cli_arg(a, "first"));
        return;
    }
    g_array_set_size(o->ranges, 0);
    g_clear_pointer(&o->form, g_free);
    if (!cli_negated(a)) {
        g_array_append_val(o->ranges, r);
        o->form = g_steal_pointer(&text);
    }
    asa_changed(s, "object network");
}

static void description(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    struct asa_object *o = find(s, s->nat->at_object);
    if (!o)
        return;
    g_free(o->description);
    o->description = cli_negated(a) ? NULL : g_strdup(cli_arg(a, "text"));
}

static void member(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    struct asa_object *o = find(s, s->nat->at_object);
    const char *name = cli_arg(a, "name");
    const struct asa_object *other = find(s, name);
    struct asa_range r = {0, 0};
    if (!o)
        return;
    if (name && (!other || other == o)) {
        asa_refuse(s, out, "ERROR: specified object <%s> does not exist", name);
        return;
    }
    if (!name && !get_range(a, &r)) {
        asa_refuse(s, out, "ERROR: IP address,mask <%s> doesn't pair", cli_arg(a, "net"));
        return;
    }
    for (guint i = 0; name && i < o->members->len; i++)
        if (strcmp(o->members->pdata[i], name) == 0)
            g_ptr_array_remove_index(o->members, i--);
    for (guint i = 0; !name && i < o->ranges->len; i++) {
        struct asa_range x = g_array_index(o->ranges, struct asa_range, i);
        if (x.first == r.first && x.last == r.last)
            g_array_remove_index(o->ranges, i--);
    }
    if (!cli_negated(a) && name)
        g_ptr_array_add(o->members, g_strdup(name));
    else if (!cli_negated(a))
        g_array_append_val(o->ranges, r);
    asa_changed(s, "object-group network");
}

/* ---- The nat line of an object ---- */

bool asa_nat_pair(struct asa *s, const struct cli_args *a, char **in, char **out_name)
{
    bool ok = fw_pair_parse(cli_arg(a, "if"), in, out_name) && *out_name;
    const char *const name[] = {ok ? *in : NULL, ok ? *out_name : NULL};
    for (size_t i = 0; ok && i < G_N_ELEMENTS(name); i++)
        ok = strcmp(name[i], "any") == 0 || asa_if_named(s, name[i]);
    if (!ok)
        asa_invalid(s, a, "if");
    return ok;
}

static bool get_service(const struct cli_args *a, struct asa_object *o)
{
    bool tcp = cli_has(a, "tcp");
    const struct vendor_name *names = tcp ? vendor_tcp_port : vendor_udp_port;
    o->protocol = 0;
    if (!cli_has(a, "service"))
        return true;
    int r = vendor_port_of(names, cli_arg(a, "rport")),
        m = vendor_port_of(names, cli_arg(a, "mport"));
    o->protocol = tcp ? IPPROTO_NUM_TCP : IPPROTO_NUM_UDP;
    o->real_port = (uint16_t)MAX(r, 0);
    o->mapped_port = (uint16_t)MAX(m, 0);
    return r > 0 && m > 0;
}

static void object_nat(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    struct asa_object *o = find(s, s->nat->at_object);
    const char *mapped = cli_arg(a, "mapped");
    g_autofree char *in = NULL, *to = NULL, *text = cli_canonical(a);
    ip4 address;
    if (!o || !asa_nat_pair(s, a, &in, &to))
        return;
    if (cli_negated(a)) {
        g_clear_pointer(&o->in, g_free);
        asa_changed(s, "no nat");
        return;
    }
    if (mapped && !ip4_parse(mapped, &address) && !find(s, mapped)) {
        asa_refuse(s, out, "ERROR: %s does not match any object or address", mapped);
        return;
    }
    if (!o->ranges->len) {
        asa_refuse(s, out, "ERROR: Object %s is undefined", o->name);
        return;
    }
    if (!get_service(a, o)) {
        asa_refuse(s, out, "ERROR: invalid port");
        return;
    }
    g_free(o->in);
    g_free(o->out);
    g_free(o->mapped);
    g_free(o->nat_text);
    o->in = g_steal_pointer(&in);
    o->out = g_steal_pointer(&to);
    o->mapped = g_strdup(mapped);
    o->dynamic = cli_has(a, "dynamic");
    o->interface = cli_has(a, "interface");
    o->nat_text = g_steal_pointer(&text);
    asa_changed(s, "nat");
}

// clang-format off
const struct cli_command asa_config_object[] = {
    { "(object|object-group) network name:WORD", object, CLI_NO },
    { 0 } };
const struct cli_command asa_config_object_rows[] = {
    { "host host:A.B.C.D",                   addresses,   CLI_NO },
    { "subnet net:A.B.C.D mask:MASK",        addresses,   CLI_NO },
    { "range first:A.B.C.D last:A.B.C.D",    addresses,   CLI_NO },
    { "description text:LINE",               description, CLI_NO | CLI_NO_ONLY_PREFIX },
    { "nat if:WORD dynamic (interface|mapped:WORD [interface])", object_nat, CLI_NO },
    { "nat if:WORD static (interface|mapped:WORD) [service (tcp|udp) rport:WORD mport:WORD]", object_nat, CLI_NO },
    { 0 } };
const struct cli_command asa_config_object_group_rows[] = {
    { "network-object host host:A.B.C.D",    member,      CLI_NO },
    { "network-object object name:WORD",     member,      CLI_NO },
    { "network-object net:A.B.C.D mask:MASK", member,     CLI_NO },
    { "group-object name:WORD",              member,      CLI_NO },
    { "description text:LINE",               description, CLI_NO | CLI_NO_ONLY_PREFIX },
    { 0 } };
// clang-format on
