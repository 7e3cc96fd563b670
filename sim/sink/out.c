/* Files of a run: made, filled and closed with every error looked at. */
#include "sink_priv.h"

#include <errno.h>
#include <glib/gstdio.h>

bool sink_fail(GError **error, const char *path, int why)
{
    g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(why), "%s: cannot be written: %s",
                path, g_strerror(why));
    return false;
}

bool sink_make_dir(const char *dir, GError **error)
{
    return g_mkdir_with_parents(dir, 0777) == 0 || sink_fail(error, dir, errno);
}

bool sink_save(const char *dir, const char *name, const char *bytes, size_t n, GError **error)
{
    if (!sink_make_dir(dir, error))
        return false;
    g_autofree char *path = g_build_filename(dir, name, NULL);
    FILE *f = g_fopen(path, "wb");
    if (!f)
        return sink_fail(error, path, errno);
    int why = 0;
    if (n > 0 && fwrite(bytes, 1, n, f) != n)
        why = errno;
    if (fclose(f) != 0 && why == 0)
        why = errno;
    return why == 0 || sink_fail(error, path, why);
}

bool sink_out_open(struct sink_out *o, const char *dir, const char *name, GError **error)
{
    *o = (struct sink_out){0};
    if (!dir) {
        o->kept = g_string_new(NULL);
        return true;
    }
    if (!sink_make_dir(dir, error))
        return false;
    o->path = g_build_filename(dir, name, NULL);
    o->file = g_fopen(o->path, "wb");
    if (o->file)
        return true;
    sink_fail(error, o->path, errno);
    sink_out_clear(o);
    return false;
}

void sink_out_put(struct sink_out *o, const void *p, size_t n)
{
    if (o->kept)
        g_string_append_len(o->kept, p, (gssize)n);
    else if (o->file && !o->failed && fwrite(p, 1, n, o->file) != n)
        o->failed = errno;
}

bool sink_out_close(struct sink_out *o, const char *dir, const char *name, GError **error)
{
    if (o->kept)
        return sink_save(dir, name, o->kept->str, o->kept->len, error);
    if (o->file) {
        if (fclose(o->file) != 0 && !o->failed)
            o->failed = errno;
        o->file = NULL;
    }
    return !o->failed || sink_fail(error, o->path, o->failed);
}

void sink_out_clear(struct sink_out *o)
{
    if (o->kept)
        g_string_free(o->kept, TRUE);
    if (o->file)
        fclose(o->file);
    g_free(o->path);
    *o = (struct sink_out){0};
}
