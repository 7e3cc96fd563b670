/* Lines of access lists that name objects or groups of objects: each stands for the lines of its
 * networks, and follows them when they change. */
#include "asa_nat.h"

#include <string.h>

/* One line as it was written. Its lines in the list have the same text. */
struct asa_acl_use {
    char *list, *text;
    char *src, *dst; /* objects; NULL = as `like` has it */
    struct acl_line like;
};

void asa_acl_use_free(void *p)
{
    struct asa_acl_use *u = p;
    g_free(u->list);
    g_free(u->text);
    g_free(u->src);
    g_free(u->dst);
    g_free(u);
}

/* ---- Lines of a list that are one ---- */

static bool is_of(const struct acl *acl, guint i, const char *text)
{
    const struct acl_line *l = i < acl->lines->len ? g_ptr_array_index(acl->lines, i) : NULL;
    return l && g_strcmp0(l->text, text) == 0;
}

guint asa_acl_next(const struct acl *acl, guint i)
{
    const struct acl_line *l = g_ptr_array_index(acl->lines, i++);
    while (l->text && is_of(acl, i, l->text))
        i++;
    return i;
}

guint asa_acl_place(const struct acl *acl, uint32_t place)
{
    guint i = 0;
    for (uint32_t n = 1; n < place && i < acl->lines->len; n++)
        i = asa_acl_next(acl, i);
    return i;
}

static guint find(const struct acl *acl, const char *text)
{
    guint i = 0;
    while (i < acl->lines->len && !is_of(acl, i, text))
        i++;
    return i;
}

void asa_acl_renumber(struct acl *acl)
{
    for (guint i = 0; i < acl->lines->len; i++)
        ((struct acl_line *)g_ptr_array_index(acl->lines, i))->number = 10 * (i + 1);
}

/* ---- What they stand for ---- */

static GArray *nets_of(const struct asa *s, const char *object, struct ip4_net own)
{
    if (object)
        return asa_object_nets(s, object);
    GArray *one = g_array_new(FALSE, FALSE, sizeof(struct ip4_net));
    g_array_append_val(one, own);
    return one;
}

/* A group without members stands for an address that nobody has. */
static void nobody(GArray *nets)
{
    const struct ip4_net none = {0xffffffff, 0xffffffff};
    if (!nets->len)
        g_array_append_val(nets, none);
}

static GPtrArray *lines_of(const struct asa *s, const struct asa_acl_use *u)
{
    GPtrArray *lines = g_ptr_array_new_with_free_func((GDestroyNotify)acl_line_free);
    g_autoptr(GArray) src = nets_of(s, u->src, u->like.src), dst = nets_of(s, u->dst, u->like.dst);
    nobody(src);
    nobody(dst);
    for (guint i = 0; i < src->len; i++)
        for (guint k = 0; k < dst->len; k++) {
            struct acl_line *l = acl_line_new();
            *l = u->like;
            l->src = g_array_index(src, struct ip4_net, i);
            l->dst = g_array_index(dst, struct ip4_net, k);
            l->text = g_strdup(u->text);
            g_ptr_array_add(lines, l);
        }
    return lines;
}

static void put_at(struct acl *acl, guint at, GPtrArray *lines)
{
    for (guint i = 0; i < lines->len; i++)
        g_ptr_array_insert(acl->lines, (gint)(at + i), lines->pdata[i]);
    g_ptr_array_set_free_func(lines, NULL);
    asa_acl_renumber(acl);
}

/* ---- Written, taken away, changed ---- */

static struct asa_acl_use *use_of(const struct asa *s, const char *list, const char *text)
{
    for (guint i = 0; i < s->nat->acl_uses->len; i++) {
        struct asa_acl_use *u = g_ptr_array_index(s->nat->acl_uses, i);
        if (strcmp(u->list, list) == 0 && strcmp(u->text, text) == 0)
            return u;
    }
    return NULL;
}

static void take_away(struct asa *s, struct acl *acl, const char *text, GString *out)
{
    struct asa_acl_use *u = acl ? use_of(s, acl->name, text) : NULL;
    if (!u) {
        asa_refuse(s, out, "ERROR: Specified access-list does not exist");
        return;
    }
    guint at = find(acl, text);
    if (at < acl->lines->len)
        g_ptr_array_remove_range(acl->lines, at, asa_acl_next(acl, at) - at);
    g_ptr_array_remove(s->nat->acl_uses, u);
    asa_acl_renumber(acl);
    if (acl->lines->len == 0)
        net_acl_remove(s->d->node, acl->name);
}

static bool known(struct asa *s, const char *object, GString *out)
{
    if (!object || asa_object_find(s, object))
        return true;
    asa_refuse(s, out, "ERROR: specified object <%s> does not exist", object);
    return false;
}

void asa_acl_object_line(struct asa *s, const struct cli_args *a, const struct acl_line *like,
                         GString *out)
{
    const char *list = cli_arg(a, "list"), *src = cli_arg(a, "sobj"), *dst = cli_arg(a, "dobj");
    struct acl *acl = net_acl(s->d->node, list);
    g_autoptr(GString) text = g_string_new(NULL);
    uint32_t place = 0;
    if (!known(s, src, out) || !known(s, dst, out))
        return;
    asa_acl_text(s, true, like, src, dst, text);
    if (cli_negated(a)) {
        take_away(s, acl, text->str, out);
        return;
    }
    if (acl && use_of(s, list, text->str)) {
        g_string_append(out, "WARNING: <access-list> found duplicate element\n");
        return;
    }
    struct asa_acl_use *u = g_new0(struct asa_acl_use, 1);
    *u = (struct asa_acl_use){g_strdup(list), g_strdup(text->str), g_strdup(src), g_strdup(dst),
                              *like};
    g_ptr_array_add(s->nat->acl_uses, u);
    acl = acl ? acl : net_acl_make(s->d->node, list, true);
    g_autoptr(GPtrArray) lines = lines_of(s, u);
    put_at(acl, cli_arg_u32(a, "line", &place) ? asa_acl_place(acl, place) : acl->lines->len,
           lines);
}

bool asa_acl_names(const struct asa *s, const char *object)
{
    for (guint i = 0; i < s->nat->acl_uses->len; i++) {
        const struct asa_acl_use *u = g_ptr_array_index(s->nat->acl_uses, i);
        if (net_acl(s->d->node, u->list) &&
            (g_strcmp0(u->src, object) == 0 || g_strcmp0(u->dst, object) == 0))
            return true;
    }
    return false;
}

static bool still_so(const struct acl *acl, guint at, const GPtrArray *lines)
{
    if (asa_acl_next(acl, at) - at != lines->len)
        return false;
    for (guint i = 0; i < lines->len; i++)
        if (!acl_line_same(g_ptr_array_index(acl->lines, at + i), lines->pdata[i]))
            return false;
    return true;
}

/* A list that was cleared took its lines along. */
void asa_acl_objects_changed(struct asa *s)
{
    for (guint i = s->nat->acl_uses->len; i-- > 0;) {
        struct asa_acl_use *u = g_ptr_array_index(s->nat->acl_uses, i);
        struct acl *acl = net_acl(s->d->node, u->list);
        guint at = acl ? find(acl, u->text) : 0;
        if (!acl || at == acl->lines->len) {
            g_ptr_array_remove_index(s->nat->acl_uses, i);
            continue;
        }
        g_autoptr(GPtrArray) lines = lines_of(s, u);
        if (still_so(acl, at, lines))
            continue;
        g_ptr_array_remove_range(acl->lines, at, asa_acl_next(acl, at) - at);
        put_at(acl, at, lines);
    }
}
