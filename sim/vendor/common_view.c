/* Which listing the words of a show command ask for. */
#include "vendor/common.h"

#include <string.h>

char **vendor_show_words(const char *show)
{
    g_autofree char *plain = g_strstrip(g_strdup(show));
    g_auto(GStrv) all = g_strsplit_set(plain, " \t", -1);
    GPtrArray *words = g_ptr_array_new();
    for (char **w = all; *w; w++) {
        bool is_show = w == all && strlen(*w) >= 2 && g_str_has_prefix("show", *w);
        if (**w && !is_show)
            g_ptr_array_add(words, g_strdup(*w));
    }
    g_ptr_array_add(words, NULL);
    return (char **)g_ptr_array_free(words, FALSE);
}

guint vendor_words_match(const char *command, char **typed)
{
    g_auto(GStrv) words = g_strsplit(command, " ", -1);
    guint n = g_strv_length(words);
    if (g_strv_length(typed) < n)
        return 0;
    for (guint i = 0; i < n; i++)
        if (!g_str_has_prefix(words[i], typed[i]))
            return 0;
    return n;
}
