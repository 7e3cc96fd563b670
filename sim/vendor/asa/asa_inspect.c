/* Inspections: class-map, policy-map, service-policy. What is configured is kept as its lines;
 * inspect icmp decides whether an echo reply belongs to its request, and everything else is
 * understood and changes nothing. Before anything is typed there is the policy of the factory,
 * global_policy with the class inspection_default, on every interface and without inspect icmp. */
#include "asa_path.h"

#include <string.h>

#define FACTORY_POLICY "global_policy"

/* One map: its head, and its lines with the blanks that they are shown with. */
struct asa_map {
    char *head; /* "policy-map global_policy" */
    GPtrArray *lines;
};
struct asa_inspect {
    GPtrArray *maps;     /* struct asa_map, owned */
    GPtrArray *services; /* char *, "service-policy global_policy global", owned */
    struct asa_map *at;  /* the mode is about it */
    char *at_class;      /* " class inspection_default" */
};

static void map_free(void *p)
{
    struct asa_map *m = p;
    g_free(m->head);
    g_ptr_array_unref(m->lines);
    g_free(m);
}

static struct asa_inspect *state(struct asa *s)
{
    struct asa_inspect *x = s->conns->inspect;
    if (!x) {
        x = s->conns->inspect = g_new0(struct asa_inspect, 1);
        x->maps = g_ptr_array_new_with_free_func(map_free);
        x->services = g_ptr_array_new_with_free_func(g_free);
    }
    return x;
}

void asa_inspect_free(struct asa *s)
{
    struct asa_inspect *x = s->conns->inspect;
    if (!x)
        return;
    g_ptr_array_unref(x->maps);
    g_ptr_array_unref(x->services);
    g_free(x->at_class);
    g_clear_pointer(&s->conns->inspect, g_free);
}

/* ---- Lines of a map ---- */

static struct asa_map *map_find(const struct asa_inspect *x, const char *head)
{
    for (guint i = 0; i < x->maps->len; i++)
        if (strcmp(((struct asa_map *)x->maps->pdata[i])->head, head) == 0)
            return x->maps->pdata[i];
    return NULL;
}

static struct asa_map *map_make(struct asa_inspect *x, const char *head)
{
    struct asa_map *m = map_find(x, head);
    if (m)
        return m;
    m = g_new0(struct asa_map, 1);
    m->head = g_strdup(head);
    m->lines = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(x->maps, m);
    return m;
}

static guint line_at(const struct asa_map *m, guint from, const char *line)
{
    while (from < m->lines->len && strcmp(m->lines->pdata[from], line) != 0)
        from++;
    return from;
}

/* The index behind a section: lines that have more blanks before them than its first. */
static guint section_end(const struct asa_map *m, guint at)
{
    size_t depth = at < m->lines->len ? strspn(m->lines->pdata[at], " ") : 0;
    for (at++; at < m->lines->len && strspn(m->lines->pdata[at], " ") > depth;)
        at++;
    return MIN(at, m->lines->len);
}

static bool class_inspects_icmp(const struct asa_map *m)
{
    for (guint i = 0; i < m->lines->len; i++)
        if (strcmp(m->lines->pdata[i], "  inspect icmp ") == 0)
            return true;
    return false;
}

/* The factory's policy is on every interface as long as it is not taken away. */
static void apply(struct asa *s)
{
    const struct asa_inspect *x = state(s);
    bool icmp = false;
    for (guint i = 0; i < x->maps->len; i++) {
        const struct asa_map *m = x->maps->pdata[i];
        const char *name = g_str_has_prefix(m->head, "policy-map ") ? m->head + 11 : NULL;
        g_autofree char *everywhere =
            name ? g_strdup_printf("service-policy %s global", name) : NULL;
        bool on = name && strcmp(name, FACTORY_POLICY) == 0 && !x->services->len;
        for (guint k = 0; name && k < x->services->len; k++)
            on |= strcmp(x->services->pdata[k], everywhere) == 0;
        icmp |= on && class_inspects_icmp(m);
    }
    s->conns->rules.icmp_replies = icmp;
    net_conns_changed(s->d->node);
}

/* ---- Commands ---- */

static void in_map(void *self, const struct cli_args *a, GString *out);
static void in_class(void *self, const struct cli_args *a, GString *out);
static void class_mode(void *self, const struct cli_args *a, GString *out);
static void not_modelled(void *self, const struct cli_args *a, GString *out);

// clang-format off
static const struct cli_command class_map_rows[] = {
    { "match rest:LINE",                            in_map,     CLI_NO },
    { "description rest:LINE",                      in_map,     CLI_NO },
    { 0 } };
static const struct cli_command policy_map_rows[] = {
    { "class class:WORD",                           class_mode, CLI_NO },
    { "description rest:LINE",                      in_map,     CLI_NO },
    { "parameters",                                 class_mode, CLI_NO },
    { 0 } };
static const struct cli_command policy_class_rows[] = {
    { "inspect (icmp|dns|ftp|h323|http|netbios|pptp|rsh|rtsp|sip|skinny|esmtp|sqlnet|sunrpc|tftp|xdmcp|ipsec-pass-thru|ip-options|snmp|mgcp|ctiqbe|dcerpc|ils|mmp|im|gtp|waas) [rest:LINE]",
                                                    in_class,   CLI_NO },
    { "message-length rest:LINE",                   in_class,   CLI_NO },
    { "set connection rest:LINE",                   in_class,   CLI_NO },
    { "(police|priority|shape|service-policy) [rest:LINE]", not_modelled, CLI_HIDDEN },
    { 0 } };
// clang-format on
static const struct cli_command *const class_map_tables[] = {asa_config_nav, class_map_rows, NULL};
static const struct cli_command *const policy_map_tables[] = {asa_config_nav, policy_map_rows,
                                                              NULL};
static const struct cli_command *const policy_class_tables[] = {asa_config_nav, policy_class_rows,
                                                                NULL};
static const struct cli_mode mode_class_map = {"config-cmap", class_map_tables, &asa_mode_config};
static const struct cli_mode mode_policy_map = {"config-pmap", policy_map_tables, &asa_mode_config};
static const struct cli_mode mode_policy_class = {"config-pmap-c", policy_class_tables,
                                                  &mode_policy_map};

static void put(struct asa *s, const struct cli_args *a, const char *blanks, guint at, guint until)
{
    struct asa_map *m = state(s)->at;
    g_autofree char *line = cli_canonical(a), *text = g_strconcat(blanks, line, " ", NULL);
    guint there = line_at(m, at, text);
    if (cli_negated(a) && there < until)
        g_ptr_array_remove_range(m->lines, there, section_end(m, there) - there);
    else if (!cli_negated(a) && there >= until)
        g_ptr_array_insert(m->lines, (gint)until, g_steal_pointer(&text));
    apply(s);
}

static void in_map(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    put(s, a, " ", 0, state(s)->at->lines->len);
}

static void in_class(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    struct asa_inspect *x = state(s);
    guint at = line_at(x->at, 0, x->at_class);
    put(s, a, "  ", at, section_end(x->at, at));
}

static void class_mode(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    struct asa_inspect *x = state(s);
    put(s, a, " ", 0, x->at->lines->len);
    g_autofree char *line = cli_canonical(a);
    g_free(x->at_class);
    x->at_class = g_strdup_printf(" %s ", line);
    if (!cli_negated(a))
        asa_enter(s, &mode_policy_class);
}

static void not_modelled(void *self, const struct cli_args *a, GString *out)
{
    asa_refuse(self, out, "ERROR: only inspections of a policy-map are modelled for this device");
}

void asa_inspect_map(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    struct asa_inspect *x = state(s);
    g_autofree char *head = cli_canonical(a);
    if (cli_negated(a)) {
        x->at = NULL;
        g_ptr_array_remove(x->maps, map_find(x, head));
        apply(s);
        return;
    }
    x->at = map_make(x, head);
    asa_enter(s, cli_has(a, "class-map") ? &mode_class_map : &mode_policy_map);
}

void asa_inspect_service(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    struct asa_inspect *x = state(s);
    g_autofree char *line = cli_canonical(a);
    guint at;
    if (cli_arg(a, "if") && !asa_if_arg(s, a, "if"))
        return;
    bool there = g_ptr_array_find_with_equal_func(x->services, line, g_str_equal, &at);
    if (!cli_negated(a) && !there)
        g_ptr_array_add(x->services, g_steal_pointer(&line));
    else if (cli_negated(a) && there)
        g_ptr_array_remove_index(x->services, at);
    apply(s);
}

void asa_inspect_text(const struct asa *s, GString *out)
{
    const struct asa_inspect *x = s->conns->inspect;
    for (guint i = 0; x && i < x->maps->len; i++) {
        const struct asa_map *m = x->maps->pdata[i];
        g_string_append_printf(out, "%s\n", m->head);
        for (guint k = 0; k < m->lines->len; k++)
            g_string_append_printf(out, "%s\n", (const char *)m->lines->pdata[k]);
        g_string_append(out, "!\n");
    }
    for (guint i = 0; x && i < x->services->len; i++)
        g_string_append_printf(out, "%s\n", (const char *)x->services->pdata[i]);
}
