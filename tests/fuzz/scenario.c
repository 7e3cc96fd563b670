/* libFuzzer: anything at all as a scenario file. It is refused with a sentence, or it plays for a
 * moment. */
#include <stdint.h>
#include <string.h>

#include "scenario/check.h"
#include "scenario/scenario.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    GError *error = NULL;
    char *why = NULL;
    struct scenario *s = scenario_from_text("fuzz.yml", (const char *)data, size, &error);
    const struct world_options options = {
        .until = MILLISECONDS(2500), .max_events = 20000, .lenient = size & 1};
    struct world *w = s ? world_new(s, &options, &error) : NULL;
    if (!w && (!error || !*error->message))
        __builtin_trap(); /* refused without a word */
    if (w) {
        g_ptr_array_unref(check_world(w));
        world_run(w, &why);
    }
    g_free(why);
    g_clear_error(&error);
    world_free(w);
    scenario_free(s);
    return 0;
}
