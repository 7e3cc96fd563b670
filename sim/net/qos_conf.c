/* Class maps and policies as configured. Names are resolved when a policy is put in force. */
#include "net/qos.h"
#include "net_priv.h"
#include "qos_priv.h"

/* ---- Class maps ---- */

void qos_match_free(struct qos_match *m)
{
    g_free(m->acl);
    g_free(m);
}

static void map_free(struct qos_class_map *m)
{
    g_free(m->name);
    g_free(m->description);
    g_ptr_array_unref(m->matches);
    g_free(m);
}

static void rule_free(struct qos_rule *r)
{
    g_free(r->class_name);
    g_free(r->child);
    g_free(r);
}

static void policy_free(struct qos_policy *p)
{
    g_free(p->name);
    g_free(p->description);
    g_ptr_array_unref(p->rules);
    g_free(p);
}

struct qos_conf *net_qos(struct net_node *n)
{
    if (!n->qos) {
        n->qos = g_new0(struct qos_conf, 1);
        n->qos->maps = g_ptr_array_new_with_free_func((GDestroyNotify)map_free);
        n->qos->policies = g_ptr_array_new_with_free_func((GDestroyNotify)policy_free);
    }
    return n->qos;
}

void qos_conf_free(struct qos_conf *c)
{
    if (!c)
        return;
    g_ptr_array_unref(c->maps);
    g_ptr_array_unref(c->policies);
    g_free(c);
}

struct qos_class_map *qos_map_find(const struct qos_conf *c, const char *name)
{
    for (guint i = 0; name && i < c->maps->len; i++) {
        struct qos_class_map *m = g_ptr_array_index(c->maps, i);
        if (!strcmp(m->name, name))
            return m;
    }
    return NULL;
}

struct qos_class_map *qos_map_make(struct qos_conf *c, const char *name)
{
    struct qos_class_map *m = qos_map_find(c, name);
    if (m)
        return m;
    m = g_new0(struct qos_class_map, 1);
    m->name = g_strdup(name);
    m->matches = g_ptr_array_new_with_free_func((GDestroyNotify)qos_match_free);
    g_ptr_array_add(c->maps, m);
    return m;
}

void qos_map_remove(struct qos_conf *c, const char *name)
{
    struct qos_class_map *m = qos_map_find(c, name);
    if (m)
        g_ptr_array_remove(c->maps, m);
}

struct qos_match *qos_match_add(struct qos_class_map *m, enum qos_match_kind kind)
{
    struct qos_match *made = g_new0(struct qos_match, 1);
    made->kind = kind;
    g_ptr_array_add(m->matches, made);
    return made;
}

bool qos_match_same(const struct qos_match *a, const struct qos_match *b)
{
    return a->kind == b->kind && a->negated == b->negated && a->values == b->values &&
           a->protocol == b->protocol && !g_strcmp0(a->acl, b->acl);
}

/* ---- Policies ---- */

struct qos_policy *qos_policy_find(const struct qos_conf *c, const char *name)
{
    for (guint i = 0; name && i < c->policies->len; i++) {
        struct qos_policy *p = g_ptr_array_index(c->policies, i);
        if (!strcmp(p->name, name))
            return p;
    }
    return NULL;
}

struct qos_policy *qos_policy_make(struct qos_conf *c, const char *name)
{
    struct qos_policy *p = qos_policy_find(c, name);
    if (p)
        return p;
    p = g_new0(struct qos_policy, 1);
    p->name = g_strdup(name);
    p->rules = g_ptr_array_new_with_free_func((GDestroyNotify)rule_free);
    g_ptr_array_add(c->policies, p);
    return p;
}

void qos_policy_remove(struct qos_conf *c, const char *name)
{
    struct qos_policy *p = qos_policy_find(c, name);
    if (p)
        g_ptr_array_remove(c->policies, p);
}

struct qos_rule *qos_rule_find(const struct qos_policy *p, const char *class_name)
{
    for (guint i = 0; i < p->rules->len; i++) {
        struct qos_rule *r = g_ptr_array_index(p->rules, i);
        if (!strcmp(r->class_name, class_name))
            return r;
    }
    return NULL;
}

/* The default class takes what the others leave, so it stands last whenever it was entered. */
struct qos_rule *qos_rule_make(struct qos_policy *p, const char *class_name)
{
    struct qos_rule *r = qos_rule_find(p, class_name);
    if (r)
        return r;
    r = g_new0(struct qos_rule, 1);
    r->class_name = g_strdup(class_name);
    r->dscp = r->precedence = -1;
    r->exceed.act = QOS_DROP;
    bool behind = !strcmp(class_name, QOS_DEFAULT_CLASS) || !qos_rule_find(p, QOS_DEFAULT_CLASS);
    g_ptr_array_insert(p->rules, behind ? -1 : (gint)p->rules->len - 1, r);
    return r;
}

bool qos_rule_remove(struct qos_policy *p, const char *class_name)
{
    struct qos_rule *r = qos_rule_find(p, class_name);
    return r && g_ptr_array_remove(p->rules, r);
}

static bool holds(const struct qos_conf *c, const char *policy, const char *name, unsigned depth)
{
    if (!strcmp(policy, name))
        return true;
    const struct qos_policy *p = qos_policy_find(c, policy);
    for (guint i = 0; p && depth < QOS_LEVELS && i < p->rules->len; i++) {
        const struct qos_rule *r = g_ptr_array_index(p->rules, i);
        if (r->child && holds(c, r->child, name, depth + 1))
            return true;
    }
    return false;
}

bool qos_policy_holds(const struct qos_conf *c, const char *policy, const char *name)
{
    return holds(c, policy, name, 0);
}

uint64_t qos_amount_kbps(enum qos_unit unit, uint32_t amount, uint64_t kbps)
{
    return unit == QOS_KBPS ? amount : unit == QOS_PERCENT ? kbps * amount / 100 : 0;
}

uint64_t qos_policy_taken(const struct qos_policy *p, uint64_t kbps)
{
    uint64_t sum = 0;
    for (guint i = 0; i < p->rules->len; i++) {
        const struct qos_rule *r = g_ptr_array_index(p->rules, i);
        sum += qos_amount_kbps(r->priority ? r->priority : r->bandwidth, r->amount, kbps);
    }
    return sum;
}
