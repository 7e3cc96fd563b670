/* The SAD of RFC 2401 4.4.3: a hash of inbound SPIs to find by, and the SAs in order of id to walk.
 */
#include <glib.h>

#include "ipsec/sad.h"

struct sad {
    struct sim *sim;
    GHashTable *by_spi; /* inbound; keys are SPIs, values are lent from `by_id` */
    GPtrArray *by_id;   /* ascending */
    esp_sa_id last_id;
};

static void free_sa(gpointer sa)
{
    esp_sa_free(sa);
}

struct sad *sad_new(struct sim *sim)
{
    struct sad *sad = g_new0(struct sad, 1);
    sad->sim = sim;
    sad->by_spi = g_hash_table_new(NULL, NULL);
    sad->by_id = g_ptr_array_new_with_free_func(free_sa);
    return sad;
}

void sad_free(struct sad *sad)
{
    if (!sad)
        return;
    g_hash_table_destroy(sad->by_spi);
    g_ptr_array_free(sad->by_id, TRUE);
    g_free(sad);
}

esp_sa_id sad_add(struct sad *sad, struct esp_sa *sa)
{
    sa->id = ++sad->last_id;
    sa->born = sim_now(sad->sim);
    g_ptr_array_add(sad->by_id, sa);
    if (sa->inbound) {
        g_assert(!sad_by_spi(sad, sa->spi));
        g_hash_table_insert(sad->by_spi, GUINT_TO_POINTER(sa->spi), sa);
    }
    return sa->id;
}

/* Index of the first SA whose id is not below `id`. */
static guint place_of(const struct sad *sad, esp_sa_id id)
{
    guint low = 0, high = sad->by_id->len;
    while (low < high) {
        guint mid = low + (high - low) / 2;
        const struct esp_sa *sa = sad->by_id->pdata[mid];
        if (sa->id < id)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

void sad_remove(struct sad *sad, esp_sa_id id)
{
    struct esp_sa *sa = sad_by_id(sad, id);
    if (!sa)
        return;
    if (sa->inbound)
        g_hash_table_remove(sad->by_spi, GUINT_TO_POINTER(sa->spi));
    g_ptr_array_remove_index(sad->by_id, place_of(sad, id));
}

struct esp_sa *sad_by_spi(const struct sad *sad, uint32_t spi)
{
    return g_hash_table_lookup(sad->by_spi, GUINT_TO_POINTER(spi));
}

struct esp_sa *sad_by_id(const struct sad *sad, esp_sa_id id)
{
    guint at = place_of(sad, id);
    if (at >= sad->by_id->len)
        return NULL;
    struct esp_sa *sa = sad->by_id->pdata[at];
    return sa->id == id ? sa : NULL;
}

size_t sad_count(const struct sad *sad)
{
    return sad->by_id->len;
}

struct esp_sa *sad_at(const struct sad *sad, size_t i)
{
    return i < sad->by_id->len ? sad->by_id->pdata[i] : NULL;
}
