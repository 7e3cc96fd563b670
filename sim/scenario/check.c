/* The review of a scenario's configurations: findings, each with its line and its remedy. */
#include "check_priv.h"

#include <string.h>

const char *severity_name(enum severity s)
{
    static const char *const names[] = {"error", "warning", "info"};
    return names[s];
}

void finding_free(struct finding *f)
{
    g_free(f->device);
    g_free(f->file);
    g_free(f->text);
    g_free(f->message);
    g_free(f->remedy);
    g_free(f);
}

/* ---- Lines ---- */

static bool begins(const char *line, const char *with)
{
    line += strspn(line, " ");
    size_t n = strlen(with);
    return strncmp(line, with, n) == 0 && (line[n] == '\0' || g_ascii_isspace(line[n]));
}

/* The number of the line meant, 0 when there is none. */
static int find_line(char **lines, struct check_place at)
{
    int found = 0, below = 0;
    bool inside = false, part = false; /* a line of its own has both head and the rest */
    for (int i = 0; lines[i]; i++) {
        if (!at.head) {
            if (strstr(lines[i], at.line))
                found = i + 1;
            continue;
        }
        if (begins(lines[i], at.head)) {
            bool flat = at.line && strstr(lines[i] + strcspn(lines[i], at.head), at.line);
            found = i + 1;
            inside = true;
            below = flat ? i + 1 : part ? below : 0;
            part |= flat;
        } else if (inside && lines[i][0] != ' ') {
            inside = lines[i][0] == '\0';
        } else if (inside && at.line && begins(lines[i], at.line)) {
            below = i + 1;
        }
    }
    if (!found && at.head && at.line)
        return find_line(lines, (struct check_place){NULL, at.line});
    return below ? below : found;
}

void check_add(struct check *c, enum severity severity, const char *id, struct device *d,
               struct check_place at, const char *remedy, const char *format, ...)
{
    struct finding *f = g_new0(struct finding, 1);
    va_list args;
    va_start(args, format);
    f->message = g_strdup_vprintf(format, args);
    va_end(args);
    f->severity = severity;
    f->id = id;
    f->device = g_strdup(d->name);
    f->remedy = g_strdup(remedy);
    g_ptr_array_add(c->findings, f);
    if (!d->startup_text || (!at.head && !at.line))
        return;
    g_auto(GStrv) lines = g_strsplit(d->startup_text, "\n", -1);
    int line = find_line(lines, at);
    if (line == 0)
        return;
    f->text = g_strstrip(g_strdup(lines[line - 1]));
    world_place(c->w, d, line, &f->file, &f->line);
}

/* ---- What the parts of the review share ---- */

static void address_text(GString *out, struct ip4_net net, bool netmask)
{
    if (net.mask == 0)
        g_string_append(out, " any");
    else if (net.mask == UINT32_MAX)
        g_string_append_printf(out, " host %s", IP4S(net.addr));
    else
        g_string_append_printf(out, " %s %s", IP4S(net.addr), IP4S(netmask ? net.mask : ~net.mask));
}

char *check_acl_text(const struct device *d, const struct acl_line *l)
{
    bool netmask = check_words_of(d)->netmask;
    static const struct {
        uint8_t number;
        const char *name;
    } names[] = {{0, "ip"}, {1, "icmp"}, {6, "tcp"}, {17, "udp"}, {50, "esp"}, {51, "ahp"}};
    const char *name = NULL;
    GString *out = g_string_new(l->permit ? "permit " : "deny ");
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (names[i].number == l->protocol)
            name = names[i].name;
    if (name)
        g_string_append(out, name);
    else
        g_string_append_printf(out, "%u", l->protocol);
    address_text(out, l->src, netmask);
    address_text(out, l->dst, netmask);
    return g_string_free(out, FALSE);
}

struct device *check_owner(struct world *w, ip4 addr)
{
    for (size_t i = 0; i < world_device_count(w); i++)
        if (net_if_by_addr(world_device_at(w, i)->node, addr))
            return world_device_at(w, i);
    return NULL;
}

struct net_if *check_bound(struct device *d, const struct ipsec_map *m)
{
    for (size_t i = 0; i < net_if_count(d->node); i++) {
        const char *map = ipsec_bound(d->ipsec, net_if_at(d->node, i));
        if (map && strcmp(map, m->name) == 0)
            return net_if_at(d->node, i);
    }
    return NULL;
}

GPtrArray *check_permits(struct device *d, const char *acl)
{
    GPtrArray *out = g_ptr_array_new();
    const struct acl *a = acl ? net_acl(d->node, acl) : NULL;
    for (guint i = 0; a && i < a->lines->len; i++) {
        const struct acl_line *l = a->lines->pdata[i];
        if (l->permit && !l->remark)
            g_ptr_array_add(out, (void *)l);
    }
    return out;
}

char *check_entry_head(const struct ipsec_map *m, const struct ipsec_map_entry *e)
{
    return g_strdup_printf("crypto map %s %u", m->name, e->seq);
}

/* ---- All ---- */

static void add_problems(struct check *c)
{
    const GPtrArray *problems = world_problems(c->w);
    for (guint i = 0; i < problems->len; i++) {
        const struct device_problem *p = problems->pdata[i];
        struct finding *f = g_new0(struct finding, 1);
        f->severity = SEVERITY_ERROR;
        f->id = "refused-line";
        f->file = g_strdup(p->file);
        f->line = p->line;
        f->text = g_strdup(p->text);
        f->message = g_strdup(p->message);
        f->remedy = g_strdup("correct the line, or remove it");
        f->device = g_strdup("");
        g_ptr_array_add(c->findings, f);
    }
}

/* Errors of a device before its warnings, otherwise as found: a merge that keeps order. */
static void by_severity(GPtrArray *findings, guint from)
{
    g_autoptr(GPtrArray) sorted = g_ptr_array_new();
    for (int s = SEVERITY_ERROR; s <= SEVERITY_INFO; s++)
        for (guint i = from; i < findings->len; i++)
            if ((int)((struct finding *)findings->pdata[i])->severity == s)
                g_ptr_array_add(sorted, findings->pdata[i]);
    for (guint i = 0; i < sorted->len; i++)
        findings->pdata[from + i] = sorted->pdata[i];
}

GPtrArray *check_world(struct world *w)
{
    struct check c = {w, g_ptr_array_new_with_free_func((GDestroyNotify)finding_free)};
    add_problems(&c);
    for (size_t i = 0; i < world_device_count(w); i++) {
        struct device *d = world_device_at(w, i);
        guint from = c.findings->len;
        if (!d->ipsec || !check_reads(d))
            continue;
        check_names(&c, d);
        check_peers(&c, d);
        check_routes(&c, d);
        check_nat(&c, d);
        check_lines(&c, d);
        check_access(&c, d);
        by_severity(c.findings, from);
    }
    return c.findings;
}
