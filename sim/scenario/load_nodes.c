/* Nodes made: kind, version, configuration, settings, clock. */
#include <stdio.h>
#include <string.h>

#include "scenario_priv.h"

#define NODES_MAX  100000
#define CONFIG_MAX (4u << 20)

/* ---- Configurations ---- */

/* The lines of a device, and how to find the place of each again. */
struct config {
    char *text;
    char *file;
    const struct yml_node *startup, *add;
    int startup_lines; /* lines that come from the startup configuration */
    bool inlined;      /* it stands in the scenario itself */
};

static int count_lines(const char *s)
{
    int n = 0;
    for (; (s = strchr(s, '\n')); s++)
        n++;
    return n;
}

/* A closing `end` says that nothing follows; what is added goes before it. */
static void drop_end(GString *text)
{
    while (text->len > 0 && g_ascii_isspace(text->str[text->len - 1]))
        g_string_truncate(text, text->len - 1);
    if (text->len >= 3 && strcmp(text->str + text->len - 3, "end") == 0 &&
        (text->len == 3 || text->str[text->len - 4] == '\n'))
        g_string_truncate(text, text->len - 3);
    if (text->len > 0 && text->str[text->len - 1] != '\n')
        g_string_append_c(text, '\n');
}

static bool read_startup(struct world *w, struct config *c, GString *text, GError **error)
{
    if (!c->startup)
        return true;
    if (strchr(c->startup->text, '\n')) {
        c->inlined = true;
        g_string_append(text, c->startup->text);
        return true;
    }
    if (!w->s->files)
        return yml_fail(error, c->startup, "other files are not read here");
    g_autofree char *path = yml_beside(c->startup->file, c->startup->text);
    g_autofree char *bytes = NULL;
    g_autoptr(GError) cause = NULL;
    size_t len;
    if (!yml_slurp(path, CONFIG_MAX, &bytes, &len, &cause))
        return yml_fail(error, c->startup, "startup-config: %s", cause->message);
    const char *bad;
    if (!g_utf8_validate(bytes, (gssize)len, &bad))
        return yml_fail(error, c->startup,
                        "startup-config: %s is no text (byte %zu is 0x%02x); is it a binary file?",
                        path, (size_t)(bad - bytes), (unsigned char)*bad);
    if (len == 0)
        return yml_fail(error, c->startup, "startup-config: %s is empty", path);
    g_string_append_len(text, bytes, (gssize)len);
    g_free(c->file);
    c->file = g_steal_pointer(&path);
    return true;
}

static bool config_read(struct world *w, struct config *c, const struct yml_node *node,
                        GError **error)
{
    c->startup = yml_get(node, "startup-config");
    c->add = yml_get(node, "config-add");
    c->file = g_strdup(node->file->path);
    GString *text = g_string_new(NULL);
    bool ok = read_startup(w, c, text, error);
    if (ok && c->add) {
        drop_end(text);
        c->startup_lines = count_lines(text->str);
        g_string_append_printf(text, "%s\nend\n", c->add->text);
    } else {
        c->startup_lines = G_MAXINT;
    }
    c->text = g_string_free(text, FALSE);
    return ok;
}

static void config_clear(struct config *c)
{
    g_free(c->text);
    g_free(c->file);
}

/* The place in the scenario of a line of an inlined text. */
static int line_in(const struct yml_node *n, int line)
{
    return n->block ? n->line + line : n->line;
}

/* Where a line of a loaded text was written: false when it is where the text says it is. */
static bool place(const struct config_origin *o, int at, char **file, int *line)
{
    const struct yml_node *n = at > o->startup_lines ? o->add : o->inlined;
    if (!n)
        return false;
    g_free(*file);
    *file = g_strdup(n->file->path);
    *line = line_in(n, at > o->startup_lines ? at - o->startup_lines : at);
    return true;
}

void world_place(struct world *w, const struct device *d, int at, char **file, int *line)
{
    *file = g_strdup(d->startup_file);
    *line = at;
    for (guint i = 0; i < w->origins->len; i++) {
        const struct config_origin *o = &g_array_index(w->origins, struct config_origin, i);
        if (o->device == d)
            place(o, at, file, line);
    }
}

static bool load_config(struct world *w, struct device *d, const struct yml_node *node,
                        GError **error)
{
    struct config c = {0};
    g_autoptr(GError) cause = NULL;
    bool ok = config_read(w, &c, node, error);
    guint first = w->problems->len;
    if (ok && (c.startup || c.add)) {
        ok = device_load(d, c.text, c.file, w->problems, &cause);
        if (!ok)
            yml_fail(error, c.startup ? c.startup : c.add, "%s", cause->message);
    }
    struct config_origin origin = {d, c.inlined ? c.startup : NULL, c.add, c.startup_lines};
    g_array_append_val(w->origins, origin);
    for (guint i = first; i < w->problems->len; i++) {
        struct device_problem *p = w->problems->pdata[i];
        if (place(&origin, p->line, &p->file, &p->line))
            p->column = 0;
    }
    config_clear(&c);
    return ok;
}

/* ---- Hosts ---- */

/* The interface a host is linked by, "eth0" when it is not. */
static char *host_interface(struct world *w, const char *node)
{
    const struct yml_node *links = yml_get(yml_get(w->s->root, "topology"), "links");
    for (size_t i = 0; i < yml_count(links); i++) {
        const struct yml_node *ends = yml_get(yml_at(links, i), "endpoints");
        for (size_t j = 0; j < yml_count(ends); j++) {
            const char *end = yml_at(ends, j)->text, *colon = strchr(end, ':');
            if (colon && strlen(node) == (size_t)(colon - end) &&
                strncmp(end, node, (size_t)(colon - end)) == 0)
                return g_strdup(colon + 1);
        }
    }
    return g_strdup("eth0");
}

static bool load_host(struct world *w, struct device *d, const struct yml_node *node,
                      GError **error)
{
    const struct yml_node *address = yml_get(node, "address");
    struct ip4_net net;
    ip4 gateway = 0;
    if (!address)
        return yml_fail(error, node, "a host needs an address, for example address: 10.1.0.5/24");
    if (!ip4_net_parse(address->text, &net) || net.addr == 0)
        return yml_fail(error, address, "\"%s\" is no address", address->text);
    get_ip4(node, "gateway", &gateway);
    g_autofree char *interface = host_interface(w, d->name);
    g_autoptr(GError) cause = NULL;
    if (device_host_address(d, interface, net, gateway, &cause))
        return true;
    return yml_fail(error, yml_get(node, "gateway"), "%s", cause->message);
}

/* ---- Settings and clock ---- */

static bool load_profile(struct device *d, const struct yml_node *profile, GError **error)
{
    for (size_t i = 0; i < yml_count(profile); i++) {
        const struct yml_node *key = profile->keys->pdata[i], *value = yml_at(profile, i);
        g_autoptr(GError) cause = NULL;
        bool flag;
        /* A switch may be written as YAML has it; the settings know true and false. */
        const char *text = !value->quoted && units_bool(value->text, &flag)
                               ? (flag ? "true" : "false")
                               : value->text;
        if (!ike_profile_set(&d->profile, key->text, text, &cause))
            return yml_fail(error, key, "%s", cause->message);
    }
    return true;
}

static bool load_clock(struct device *d, const struct yml_node *clock, GError **error)
{
    d->clock_offset = get_time(clock, "offset", 0);
    const struct yml_node *date = yml_get(clock, "date");
    if (!date)
        return true;
    int y, mo, da, h = 0, mi = 0, se = 0, used = 0;
    int n =
        sscanf(date->text, "%4d-%2d-%2d%n %2d:%2d:%2d%n", &y, &mo, &da, &used, &h, &mi, &se, &used);
    bool whole = (n == 3 || n == 6) && date->text[used] == '\0';
    g_autoptr(GDateTime) t = whole ? g_date_time_new_utc(y, mo, da, h, mi, se) : NULL;
    if (!t)
        return yml_fail(error, date, "date: write it as 2005-09-22 11:02:39");
    d->clock_epoch_s = g_date_time_to_unix(t);
    d->clock_set = true;
    return true;
}

/* ---- Nodes ---- */

static const struct device_kind *kind_of(const struct yml_node *kind, GError **error)
{
    const struct device_kind *k = vendor_kind(kind->text);
    if (k)
        return k;
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (const struct device_kind *const *all = vendor_kinds(); *all; all++)
        g_ptr_array_add(names, (void *)(*all)->name);
    schema_unknown(error, kind, "kind of device", kind->text, names);
    return NULL;
}

static bool refuse(const struct yml_node *node, const char *key, const char *why, GError **error)
{
    const struct yml_node *at = yml_key(node, key);
    return !at || yml_fail(error, at, "%s: %s", key, why);
}

static bool load_node(struct world *w, const struct yml_node *name, const struct yml_node *node,
                      GError **error)
{
    const struct device_kind *kind = kind_of(yml_get(node, "kind"), error);
    if (!kind)
        return false;
    if (!*name->text || strpbrk(name->text, ":/ \t\n") || *name->text == '.')
        return yml_fail(error, name,
                        "a node's name must not be empty, begin with a dot, or contain blanks, "
                        "colons or slashes");
    g_autoptr(GError) cause = NULL;
    const struct yml_node *version = yml_get(node, "version");
    struct device *d = device_new(w->net, name->text, kind, version ? version->text : NULL, &cause);
    if (!d)
        return yml_fail(error, version ? version : name, "%s", cause->message);
    g_ptr_array_add(w->devices, d);
    if (!load_clock(d, yml_get(node, "clock"), error))
        return false;
    if (!kind->load)
        return refuse(node, "startup-config", "a host has no configuration", error) &&
               refuse(node, "config-add", "a host has no configuration", error) &&
               refuse(node, "profile", "a host has no IKE", error) && load_host(w, d, node, error);
    if (!refuse(node, "address", "its configuration gives it its addresses", error) ||
        !refuse(node, "gateway", "its configuration gives it its routes", error))
        return false;
    if (!kind->has_crypto && !refuse(node, "profile", "this kind has no IKE", error))
        return false;
    if (!load_profile(d, yml_get(node, "profile"), error) || !load_config(w, d, node, error))
        return false;
    if (kind->has_crypto)
        device_config_changed(d, "startup");
    return true;
}

bool load_nodes(struct world *w, GError **error)
{
    const struct yml_node *nodes = yml_get(yml_get(w->s->root, "topology"), "nodes");
    if (yml_count(nodes) == 0)
        return yml_fail(error, nodes, "a topology needs a node");
    if (yml_count(nodes) > NODES_MAX)
        return yml_fail(error, nodes, "more than %d nodes", NODES_MAX);
    for (size_t i = 0; i < yml_count(nodes); i++)
        if (!load_node(w, nodes->keys->pdata[i], yml_at(nodes, i), error))
            return false;
    return true;
}
