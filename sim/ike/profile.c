/* Settings of a device's behaviour: the rows of tbl/profile.def by name. */
#include "ike/profile.h"

#include <string.h>

#include "base/text.h"

struct setting {
    const char *name;
    bool is_bool;
    size_t offset;
    uint32_t dflt, min, max;
    const char *doc;
    const char *words; /* "one|other": the value is one of these; NULL = it is a number */
};
// clang-format off
static const struct setting settings[] = {
#define SETTING_U32(member, text, dflt, min, max, doc) \
    { text, false, offsetof(struct ike_profile, member), dflt, min, max, doc, NULL },
#define SETTING_BOOL(member, text, dflt, doc) \
    { text, true, offsetof(struct ike_profile, member), dflt, 0, 1, doc, NULL },
#define SETTING_WORD(member, text, words, doc) \
    { text, false, offsetof(struct ike_profile, member), 0, 0, 0, doc, words },
#include "tbl/profile.def"
#undef SETTING_U32
#undef SETTING_BOOL
#undef SETTING_WORD
};
static const struct { const char *word; bool value; } bool_words[] = {
    { "true", true }, { "yes", true }, { "on", true }, { "1", true },
    { "false", false }, { "no", false }, { "off", false }, { "0", false },
};
// clang-format on

static GQuark profile_error(void)
{
    return g_quark_from_static_string("ike-profile");
}

static void put(struct ike_profile *p, const struct setting *s, uint32_t value)
{
    void *at = (char *)p + s->offset;
    if (s->is_bool)
        *(bool *)at = value;
    else
        *(uint32_t *)at = value;
}

void ike_profile_init(struct ike_profile *p)
{
    *p = (struct ike_profile){0};
    for (size_t i = 0; i < G_N_ELEMENTS(settings); i++)
        put(p, &settings[i], settings[i].dflt);
}

static const struct setting *find(const char *name, GError **error)
{
    const char *names[G_N_ELEMENTS(settings)];
    for (size_t i = 0; i < G_N_ELEMENTS(settings); i++) {
        if (strcmp(settings[i].name, name) == 0)
            return &settings[i];
        names[i] = settings[i].name;
    }
    const char *near = text_nearest(name, names, G_N_ELEMENTS(names));
    if (near)
        g_set_error(error, profile_error(), 0, "no setting \"%s\"; did you mean \"%s\"?", name,
                    near);
    else
        g_set_error(error, profile_error(), 0, "no setting \"%s\"", name);
    return NULL;
}

static bool bool_of(const char *value, uint32_t *out)
{
    for (size_t i = 0; i < G_N_ELEMENTS(bool_words); i++) {
        if (g_ascii_strcasecmp(value, bool_words[i].word) == 0) {
            *out = bool_words[i].value;
            return true;
        }
    }
    return false;
}

static bool word_of(const char *words, const char *value, uint32_t *out)
{
    g_auto(GStrv) all = g_strsplit(words, "|", -1);
    for (*out = 0; all[*out]; ++*out)
        if (strcmp(all[*out], value) == 0)
            return true;
    return false;
}

bool ike_profile_set(struct ike_profile *p, const char *name, const char *value, GError **error)
{
    const struct setting *s = find(name, error);
    if (!s)
        return false;
    uint32_t number;
    if (s->is_bool) {
        if (!bool_of(value, &number)) {
            g_set_error(error, profile_error(), 0, "%s is true or false, not \"%s\"", name, value);
            return false;
        }
        put(p, s, number);
        return true;
    }
    if (s->words) {
        if (!word_of(s->words, value, &number)) {
            g_set_error(error, profile_error(), 0, "%s is one of %s, not \"%s\"", name, s->words,
                        value);
            return false;
        }
        put(p, s, number);
        return true;
    }
    uint64_t wide;
    if (!text_u64(value, 10, &wide) || wide < s->min || wide > s->max) {
        g_set_error(error, profile_error(), 0, "%s is a number from %u to %u, not \"%s\"", name,
                    s->min, s->max, value);
        return false;
    }
    put(p, s, (uint32_t)wide);
    return true;
}

void ike_profile_each(void (*fn)(void *self, const char *name, const char *type, uint32_t dflt,
                                 uint32_t min, uint32_t max, const char *doc),
                      void *self)
{
    for (size_t i = 0; i < G_N_ELEMENTS(settings); i++) {
        const struct setting *s = &settings[i];
        fn(self, s->name,
           s->is_bool ? "bool"
           : s->words ? s->words
                      : "number",
           s->dflt, s->min, s->max, s->doc);
    }
}
