/* Interfaces: hardware names, and the names and security levels that every line speaks of. */
#include "pix.h"

#include <stdlib.h>
#include <string.h>

/* "e0", "ethernet0" and "gb-ethernet0" are what there is. */
char *pix_ifname(void *self, const char *typed)
{
    static const char *const kind[] = {"ethernet", "gb-ethernet"};
    size_t letters = strcspn(typed, "0123456789");
    size_t digits = strspn(typed + letters, "0123456789");
    if (letters == 0 || digits == 0 || digits > 2 || typed[letters + digits])
        return NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(kind); i++)
        if (letters <= strlen(kind[i]) && g_ascii_strncasecmp(typed, kind[i], letters) == 0)
            return g_strconcat(kind[i], typed + letters, NULL);
    return NULL;
}

void pix_if_free(void *p)
{
    struct pix_if *f = p;
    g_free(f->hardware);
    g_free(f->nameif);
    g_free(f->speed);
    g_free(f->group_in);
    g_free(f);
}

static struct pix_if *by_hardware(const struct pix *s, const char *hardware)
{
    for (guint i = 0; i < s->interfaces->len; i++) {
        struct pix_if *f = g_ptr_array_index(s->interfaces, i);
        if (strcmp(f->hardware, hardware) == 0)
            return f;
    }
    return NULL;
}

static gint by_number(gconstpointer a, gconstpointer b)
{
    const struct pix_if *x = *(const struct pix_if *const *)a,
                        *y = *(const struct pix_if *const *)b;
    bool gx = x->hardware[0] == 'g', gy = y->hardware[0] == 'g';
    return gx != gy ? gx - gy
                    : atoi(strpbrk(x->hardware, "0123456789")) -
                          atoi(strpbrk(y->hardware, "0123456789"));
}

/* The first is outside, the second inside, the others have numbers; all are shut down. */
static void name_by_default(struct pix *s, struct pix_if *f)
{
    guint n = s->interfaces->len;
    f->nameif = n == 0   ? g_strdup("outside")
                : n == 1 ? g_strdup("inside")
                         : g_strdup_printf("intf%u", n);
    for (guint k = n; pix_if_named(s, f->nameif); k++) {
        g_free(f->nameif);
        f->nameif = g_strdup_printf("intf%u", k);
    }
    f->security = n == 0 ? 0 : n == 1 ? 100 : MIN(2 * n, 98);
}

struct pix_if *pix_if_make(struct pix *s, const char *hardware)
{
    struct pix_if *f = by_hardware(s, hardware);
    if (f)
        return f;
    struct net_if *i = net_if_by_name(s->d->node, hardware);
    if (!i)
        i = net_if_new(s->d->node, hardware);
    i->bandwidth_kbps = hardware[0] == 'g' ? 1000000 : 100000;
    net_if_set_admin(i, false);
    f = g_new0(struct pix_if, 1);
    f->hardware = g_strdup(hardware);
    f->speed = g_strdup("auto");
    name_by_default(s, f);
    g_ptr_array_add(s->interfaces, f);
    g_ptr_array_sort(s->interfaces, by_number);
    return f;
}

struct pix_if *pix_if_of(const struct pix *s, const struct net_if *i)
{
    return i ? by_hardware(s, i->name) : NULL;
}

struct pix_if *pix_if_named(const struct pix *s, const char *nameif)
{
    for (guint i = 0; i < s->interfaces->len; i++) {
        struct pix_if *f = g_ptr_array_index(s->interfaces, i);
        if (f->nameif && g_ascii_strcasecmp(f->nameif, nameif) == 0)
            return f;
    }
    return NULL;
}

struct net_if *pix_net_if(const struct pix *s, const struct pix_if *f)
{
    return net_if_by_name(s->d->node, f->hardware);
}

const char *pix_if_word(const struct pix *s, const struct net_if *i)
{
    const struct pix_if *f = pix_if_of(s, i);
    return f ? f->nameif : i ? i->name : "";
}

struct pix_if *pix_if_arg(struct pix *s, const struct cli_args *a, const char *argument,
                          GString *out)
{
    const char *word = cli_arg(a, argument);
    struct pix_if *f = word ? pix_if_named(s, word) : NULL;
    if (!f)
        pix_refuse(s, out, "ERROR: interface name \"%s\" is not known", word ? word : "");
    return f;
}
