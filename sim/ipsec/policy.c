/* Transform sets and crypto maps as they were typed. Nothing here is checked against anything else:
 * names meet their things when the data path or IKE looks them up. */
#include <string.h>

#include "ipsec/esp.h"
#include "ipsec/policy.h"

#define REPLAY_WINDOW_DEFAULT 64

static void set_free(gpointer p)
{
    struct ipsec_transform_set *s = p;
    g_free(s->name);
    g_free(s);
}

static void entry_free(gpointer p)
{
    struct ipsec_map_entry *e = p;
    g_free(e->description);
    g_free(e->acl);
    g_array_free(e->peers, TRUE);
    g_ptr_array_free(e->transform_sets, TRUE);
    g_free(e->dynamic);
    g_free(e);
}

static void map_free(gpointer p)
{
    struct ipsec_map *m = p;
    g_free(m->name);
    g_free(m->local_if);
    g_ptr_array_free(m->entries, TRUE);
    g_free(m);
}

struct ipsec_conf *ipsec_conf_new(void)
{
    struct ipsec_conf *c = g_new0(struct ipsec_conf, 1);
    c->sets = g_ptr_array_new_with_free_func(set_free);
    c->maps = g_ptr_array_new_with_free_func(map_free);
    c->dynamics = g_ptr_array_new_with_free_func(map_free);
    c->life_s = IPSEC_LIFE_S_DEFAULT;
    c->life_kb = IPSEC_LIFE_KB_DEFAULT;
    c->replay_window = REPLAY_WINDOW_DEFAULT;
    c->df = ESP_DF_COPY;
    c->sizes = g_array_new(FALSE, FALSE, sizeof(struct ipsec_size));
    return c;
}

void ipsec_conf_free(struct ipsec_conf *c)
{
    if (!c)
        return;
    g_ptr_array_free(c->sets, TRUE);
    g_ptr_array_free(c->maps, TRUE);
    g_ptr_array_free(c->dynamics, TRUE);
    g_array_free(c->sizes, TRUE);
    g_free(c);
}

/* ---- Transform sets ---- */

struct ipsec_transform_set *ipsec_set_find(const struct ipsec_conf *c, const char *name)
{
    for (guint i = 0; name && i < c->sets->len; i++) {
        struct ipsec_transform_set *s = c->sets->pdata[i];
        if (!strcmp(s->name, name))
            return s;
    }
    return NULL;
}

struct ipsec_transform_set *ipsec_set_make(struct ipsec_conf *c, const char *name)
{
    struct ipsec_transform_set *s = ipsec_set_find(c, name);
    if (!s) {
        s = g_new0(struct ipsec_transform_set, 1);
        s->name = g_strdup(name);
        g_ptr_array_add(c->sets, s);
    }
    return s;
}

bool ipsec_set_remove(struct ipsec_conf *c, const char *name)
{
    struct ipsec_transform_set *s = ipsec_set_find(c, name);
    return s && g_ptr_array_remove(c->sets, s);
}

/* ---- Maps ---- */

static struct ipsec_map *find_in(const GPtrArray *maps, const char *name)
{
    for (guint i = 0; name && i < maps->len; i++) {
        struct ipsec_map *m = maps->pdata[i];
        if (!strcmp(m->name, name))
            return m;
    }
    return NULL;
}

static struct ipsec_map *make_in(GPtrArray *maps, const char *name)
{
    struct ipsec_map *m = find_in(maps, name);
    if (!m) {
        m = g_new0(struct ipsec_map, 1);
        m->name = g_strdup(name);
        m->entries = g_ptr_array_new_with_free_func(entry_free);
        g_ptr_array_add(maps, m);
    }
    return m;
}

static bool remove_from(GPtrArray *maps, const char *name)
{
    struct ipsec_map *m = find_in(maps, name);
    return m && g_ptr_array_remove(maps, m);
}

struct ipsec_map *ipsec_map_find(const struct ipsec_conf *c, const char *name)
{
    return find_in(c->maps, name);
}

struct ipsec_map *ipsec_map_make(struct ipsec_conf *c, const char *name)
{
    return make_in(c->maps, name);
}

bool ipsec_map_remove(struct ipsec_conf *c, const char *name)
{
    return remove_from(c->maps, name);
}

struct ipsec_map *ipsec_dynamic_find(const struct ipsec_conf *c, const char *name)
{
    return find_in(c->dynamics, name);
}

struct ipsec_map *ipsec_dynamic_make(struct ipsec_conf *c, const char *name)
{
    return make_in(c->dynamics, name);
}

bool ipsec_dynamic_remove(struct ipsec_conf *c, const char *name)
{
    return remove_from(c->dynamics, name);
}

/* ---- Entries ---- */

/* Index of the first entry whose number is not below `seq`. */
static guint place_of(const struct ipsec_map *m, uint32_t seq)
{
    guint low = 0, high = m->entries->len;
    while (low < high) {
        guint mid = low + (high - low) / 2;
        const struct ipsec_map_entry *e = m->entries->pdata[mid];
        if (e->seq < seq)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

struct ipsec_map_entry *ipsec_entry_find(const struct ipsec_map *m, uint32_t seq)
{
    guint at = place_of(m, seq);
    struct ipsec_map_entry *e = at < m->entries->len ? m->entries->pdata[at] : NULL;
    return e && e->seq == seq ? e : NULL;
}

struct ipsec_map_entry *ipsec_entry_make(struct ipsec_map *m, uint32_t seq)
{
    struct ipsec_map_entry *e = ipsec_entry_find(m, seq);
    if (e)
        return e;
    e = g_new0(struct ipsec_map_entry, 1);
    e->seq = seq;
    e->peers = g_array_new(FALSE, FALSE, sizeof(ip4));
    e->transform_sets = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_insert(m->entries, (gint)place_of(m, seq), e);
    return e;
}

bool ipsec_entry_remove(struct ipsec_map *m, uint32_t seq)
{
    if (!ipsec_entry_find(m, seq))
        return false;
    g_ptr_array_remove_index(m->entries, place_of(m, seq));
    return true;
}

bool ipsec_entry_complete(const struct ipsec_map_entry *e)
{
    return e->dynamic || (e->acl && e->peers->len && e->transform_sets->len);
}

bool ipsec_template_complete(const struct ipsec_map_entry *e)
{
    return e->transform_sets->len;
}
