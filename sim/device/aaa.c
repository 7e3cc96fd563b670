/* Authentication by lists of methods: local users, groups of servers, none. What a server says is
 * in aaa_radius.c. */
#include "aaa_priv.h"

#include <string.h>

static void user_free(struct aaa *a, struct aaa_user *u)
{
    if (u->vendor && a->free_vendor)
        a->free_vendor(u->vendor);
    g_free(u->name);
    g_free(u->password);
    g_free(u->group);
    g_free(u);
}

static void server_free(struct aaa_server *s)
{
    g_free(s->key);
    g_free(s);
}

static void group_free(struct aaa_group *g)
{
    g_ptr_array_unref(g->servers);
    g_free(g->name);
    g_free(g->source_if);
    g_free(g);
}

static void list_free(struct aaa_list *l)
{
    g_free(l->name);
    g_free(l);
}

static void question_free(struct aaa_question *q)
{
    aaa_radius_end(q);
    sim_timer_clear(&q->timer);
    g_free(q->user);
    g_free(q->password);
    g_free(q);
}

struct aaa *aaa_new(struct device *d, GDestroyNotify free_user_vendor)
{
    struct aaa *a = g_new0(struct aaa, 1);
    a->d = d;
    a->free_vendor = free_user_vendor;
    a->users = g_ptr_array_new();
    a->groups = g_ptr_array_new_with_free_func((GDestroyNotify)group_free);
    a->lists = g_ptr_array_new_with_free_func((GDestroyNotify)list_free);
    a->health = g_ptr_array_new_with_free_func((GDestroyNotify)aaa_health_free);
    a->questions = g_ptr_array_new_with_free_func((GDestroyNotify)question_free);
    return a;
}

void aaa_forget(struct aaa *a)
{
    g_ptr_array_set_size(a->questions, 0);
    g_ptr_array_set_size(a->health, 0);
}

void aaa_free(struct aaa *a)
{
    if (!a)
        return;
    g_ptr_array_unref(a->questions);
    g_ptr_array_unref(a->health);
    for (guint i = 0; i < a->users->len; i++)
        user_free(a, g_ptr_array_index(a->users, i));
    g_ptr_array_unref(a->users);
    g_ptr_array_unref(a->groups);
    g_ptr_array_unref(a->lists);
    g_free(a);
}

/* ---- Users ---- */

static bool user_at(const struct aaa *a, const char *name, guint *at)
{
    for (*at = 0; *at < a->users->len; ++*at)
        if (strcmp(((struct aaa_user *)g_ptr_array_index(a->users, *at))->name, name) == 0)
            return true;
    return false;
}

struct aaa_user *aaa_user_find(const struct aaa *a, const char *name)
{
    guint at;
    return user_at(a, name, &at) ? g_ptr_array_index(a->users, at) : NULL;
}

struct aaa_user *aaa_user_make(struct aaa *a, const char *name)
{
    struct aaa_user *u = aaa_user_find(a, name);
    if (u)
        return u;
    u = g_new0(struct aaa_user, 1);
    u->name = g_strdup(name);
    g_ptr_array_add(a->users, u);
    return u;
}

bool aaa_user_remove(struct aaa *a, const char *name)
{
    guint at;
    if (!user_at(a, name, &at))
        return false;
    user_free(a, g_ptr_array_steal_index(a->users, at));
    return true;
}

guint aaa_users(const struct aaa *a)
{
    return a->users->len;
}

struct aaa_user *aaa_user_at(const struct aaa *a, guint i)
{
    return i < a->users->len ? g_ptr_array_index(a->users, i) : NULL;
}

/* ---- Groups of servers ---- */

struct aaa_group *aaa_group_find(const struct aaa *a, const char *name)
{
    for (guint i = 0; i < a->groups->len; i++) {
        struct aaa_group *g = g_ptr_array_index(a->groups, i);
        if (strcmp(g->name, name) == 0)
            return g;
    }
    return NULL;
}

struct aaa_group *aaa_group_make(struct aaa *a, const char *name)
{
    struct aaa_group *g = aaa_group_find(a, name);
    if (g)
        return g;
    g = g_new0(struct aaa_group, 1);
    g->name = g_strdup(name);
    g->servers = g_ptr_array_new_with_free_func((GDestroyNotify)server_free);
    g->timeout_s = 5;
    g->retries = 3;
    g_ptr_array_add(a->groups, g);
    return g;
}

bool aaa_group_remove(struct aaa *a, const char *name)
{
    struct aaa_group *g = aaa_group_find(a, name);
    return g && g_ptr_array_remove(a->groups, g);
}

guint aaa_groups(const struct aaa *a)
{
    return a->groups->len;
}

struct aaa_group *aaa_group_at(const struct aaa *a, guint i)
{
    return i < a->groups->len ? g_ptr_array_index(a->groups, i) : NULL;
}

static struct aaa_server *server_find(const struct aaa_group *g, ip4 addr)
{
    for (guint i = 0; i < g->servers->len; i++) {
        struct aaa_server *s = g_ptr_array_index(g->servers, i);
        if (s->addr == addr)
            return s;
    }
    return NULL;
}

struct aaa_server *aaa_server_make(struct aaa_group *g, ip4 addr)
{
    struct aaa_server *s = server_find(g, addr);
    if (s)
        return s;
    s = g_new0(struct aaa_server, 1);
    s->addr = addr;
    s->retries = AAA_RETRIES_OF_GROUP;
    g_ptr_array_add(g->servers, s);
    return s;
}

bool aaa_server_remove(struct aaa_group *g, ip4 addr)
{
    struct aaa_server *s = server_find(g, addr);
    return s && g_ptr_array_remove(g->servers, s);
}

/* ---- Lists of methods ---- */

static struct aaa_list *list_find(const struct aaa *a, const char *name)
{
    for (guint i = 0; name && i < a->lists->len; i++) {
        struct aaa_list *l = g_ptr_array_index(a->lists, i);
        if (strcmp(l->name, name) == 0)
            return l;
    }
    return NULL;
}

void aaa_list_set(struct aaa *a, const char *name, const struct aaa_method *m, size_t n)
{
    struct aaa_list *l = list_find(a, name);
    g_assert(n <= AAA_MAX_METHODS);
    if (n == 0) {
        if (l)
            g_ptr_array_remove(a->lists, l);
        return;
    }
    if (!l) {
        l = g_new0(struct aaa_list, 1);
        l->name = g_strdup(name);
        g_ptr_array_add(a->lists, l);
    }
    l->n = n;
    memcpy(l->method, m, n * sizeof *m);
}

const struct aaa_method *aaa_list_find(const struct aaa *a, const char *name, size_t *n)
{
    const struct aaa_list *l = list_find(a, name);
    *n = l ? l->n : 0;
    return l ? l->method : NULL;
}

/* ---- Questions ---- */

static const char *method_name(const struct aaa_method *m)
{
    return m->kind == AAA_LOCAL ? "local" : m->kind == AAA_NONE ? "none" : m->group;
}

void aaa_decided(struct aaa_question *q, struct aaa_reply *reply)
{
    static const char *const verdict[] = {"pass", "fail", "error"};
    struct aaa *a = q->a;
    guint at;
    /* An error is nobody's: the list came to its end. */
    const struct aaa_method *m = q->at < q->n ? &q->method[q->at] : NULL;
    reply->user = q->user;
    reply->method = m ? m->kind : AAA_NONE;
    if (!q->plain)
        TRACE(a->d->scope, aaa_verdict, .question = q->number, .user = q->user,
              .method = m ? method_name(m) : NULL, .server = reply->server,
              .verdict = verdict[reply->verdict]);
    if (!g_ptr_array_find(a->questions, q, &at))
        g_assert_not_reached();
    g_ptr_array_steal_index(a->questions, at);
    aaa_radius_end(q);
    q->fn(q->self, reply);
    question_free(q); /* who was told may have freed AAA: nothing of it is looked at */
}

static void ask_local(struct aaa_question *q)
{
    const struct aaa_user *u = aaa_user_find(q->a, q->user);
    bool right = u && u->password && strcmp(u->password, q->password) == 0;
    g_autofree char *group = right ? g_strdup(u->group) : NULL;
    aaa_decided(q, &(struct aaa_reply){.verdict = right ? AAA_PASS : AAA_FAIL, .group = group});
}

/* Tries the method at hand, and those behind it while there is nobody to ask. */
static void ask(struct aaa_question *q)
{
    if (q->at >= q->n) {
        aaa_decided(q, &(struct aaa_reply){.verdict = AAA_ERROR});
        return;
    }
    const struct aaa_method *m = &q->method[q->at];
    const struct aaa_group *g;
    switch (m->kind) {
    case AAA_LOCAL:
        ask_local(q);
        break;
    case AAA_NONE:
        aaa_decided(q, &(struct aaa_reply){.verdict = AAA_PASS});
        break;
    case AAA_GROUP:
        g = aaa_group_find(q->a, m->group);
        if (g)
            aaa_radius_begin(q, g);
        else
            aaa_next_method(q);
        break;
    }
}

void aaa_next_method(struct aaa_question *q)
{
    aaa_radius_end(q);
    q->at++;
    ask(q);
}

static void on_timer(void *self)
{
    struct aaa_question *q = self;
    if (q->plain)
        aaa_decided(q, &(struct aaa_reply){.verdict = AAA_PASS});
    else if (q->server)
        aaa_radius_timeout(q);
    else
        ask(q);
}

static struct aaa_question *question_new(struct aaa *a, const char *user, const char *password,
                                         aaa_fn fn, void *self)
{
    struct aaa_question *q = g_new0(struct aaa_question, 1);
    q->a = a;
    q->number = ++a->last;
    q->user = g_strdup(user ? user : "");
    q->password = g_strdup(password ? password : "");
    q->fn = fn;
    q->self = self;
    sim_timer_init(a->d->sim, &q->timer, on_timer, q);
    sim_timer_arm(&q->timer, sim_now(a->d->sim));
    g_ptr_array_add(a->questions, q);
    return q;
}

static uint32_t login(struct aaa *a, const char *list, const struct aaa_method *m, size_t n,
                      struct aaa_question *q)
{
    q->n = MIN(n, AAA_MAX_METHODS);
    if (q->n)
        memcpy(q->method, m, q->n * sizeof *m);
    TRACE(a->d->scope, aaa_ask, .question = q->number, .user = q->user, .list = list);
    return q->number;
}

uint32_t aaa_login(struct aaa *a, const char *list, const char *user, const char *password,
                   aaa_fn fn, void *self)
{
    size_t n;
    const struct aaa_method *m = aaa_list_find(a, list, &n);
    return login(a, list, m, n, question_new(a, user, password, fn, self));
}

uint32_t aaa_login_by(struct aaa *a, const struct aaa_method *m, size_t n, const char *user,
                      const char *password, aaa_fn fn, void *self)
{
    return login(a, NULL, m, n, question_new(a, user, password, fn, self));
}

uint32_t aaa_defer(struct aaa *a, aaa_fn fn, void *self)
{
    struct aaa_question *q = question_new(a, NULL, NULL, fn, self);
    q->plain = true;
    return q->number;
}

void aaa_cancel(struct aaa *a, uint32_t question)
{
    for (guint i = 0; i < a->questions->len; i++) {
        struct aaa_question *q = g_ptr_array_index(a->questions, i);
        if (q->number == question) {
            g_ptr_array_remove_index(a->questions, i);
            return;
        }
    }
}
