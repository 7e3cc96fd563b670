/* Remote access at a router: who is asked for a user, and what clients are told to protect. */
#include "check_priv.h"

#include <string.h>

static const struct ike_key *asked_too(const struct device *d)
{
    for (guint i = 0; i < d->ike_conf->keys->len; i++) {
        const struct ike_key *k = d->ike_conf->keys->pdata[i];
        if (!k->no_xauth)
            return k;
    }
    return NULL;
}

/* CAT-43: the login list of a map is for every peer whose key does not say otherwise. */
static void check_login(struct check *c, struct device *d, const char *map)
{
    const struct ike_key *k = asked_too(d);
    if (!k)
        return;
    g_autofree char *remedy = g_strdup_printf("crypto isakmp key SECRET address %s%s%s no-xauth",
                                              IP4S(k->addr), k->mask == UINT32_MAX ? "" : " ",
                                              k->mask == UINT32_MAX ? "" : IP4S(k->mask));
    check_add(
        c, SEVERITY_WARNING, "login-of-peers", d,
        (struct check_place){NULL, "client authentication list"}, remedy,
        "map \"%s\" asks every peer for a user: the router whose key is for %s will not answer",
        map, IP4S(k->addr));
}

/* CAT-29: the source of a line is what the clients' packets go to. */
static void check_split(struct check *c, struct device *d, const char *group, const char *acl)
{
    g_autoptr(GPtrArray) lines = check_permits(d, acl);
    for (guint i = 0; i < lines->len; i++) {
        const struct acl_line *l = lines->pdata[i];
        if (l->src.mask != 0)
            continue;
        g_autofree char *text = check_acl_text(d, l);
        g_autofree char *list = g_strdup_printf("access-list %s", acl);
        check_add(c, SEVERITY_WARNING, "split-list-of-everything", d,
                  (struct check_place){list, text}, "name the networks that clients are to reach",
                  "\"%s\" in the list of group %s makes clients send everything into the tunnel",
                  text, group);
    }
}

void check_access(struct check *c, struct device *d)
{
    static const char of_map[] = " client authentication list ";
    static const char of_group[] = "crypto isakmp client configuration group ";
    g_autoptr(GString) text = g_string_new(NULL);
    d->kind->show(d, "running-config", text);
    g_auto(GStrv) lines = g_strsplit(text->str, "\n", -1);
    const char *group = NULL;
    for (char **l = lines; *l; l++) {
        if (**l != ' ')
            group = g_str_has_prefix(*l, of_group) ? *l + strlen(of_group) : NULL;
        if (group && g_str_has_prefix(*l, " acl "))
            check_split(c, d, group, *l + strlen(" acl "));
        const char *login = g_str_has_prefix(*l, "crypto map ") ? strstr(*l, of_map) : NULL;
        if (!login)
            continue;
        const char *name = *l + strlen("crypto map ");
        g_autofree char *map = g_strndup(name, (gsize)(login - name));
        check_login(c, d, map);
    }
}
