/* Every event is spoken of by a dialect, or the dialect says why not: a new event fails here until
 * somebody has decided. */
#include "router.h"
#include "vendor/asa/asa_log_priv.h"
#include "vendor/pix/pix_log_priv.h"

struct dialect {
    const char *name;
    bool (*hears)(enum trace_id id);
    const struct vendor_silent *silent;
    size_t n_silent;
};

static bool asa_hears(enum trace_id id)
{
    for (size_t i = 0; i < asa_n_hearings; i++)
        for (const struct asa_hearing *h = asa_hearings[i]; h->fn; h++)
            if (h->id == id)
                return true;
    return false;
}

static bool pix_hears(enum trace_id id)
{
    for (size_t i = 0; i < pix_n_hearings; i++)
        for (const struct pix_hearing *h = pix_hearings[i]; h->fn; h++)
            if (h->id == id)
                return true;
    return false;
}

static bool ios_hears(enum trace_id id)
{
    static const struct ios_hearing *const tables[] = {
        ios_hear_isakmp, ios_hear_info,   ios_hear_isakmp_qm, ios_hear_natt,
        ios_hear_ipsec,  ios_hear_engine, ios_hear_icmp,      ios_hear_nat,
        ios_hear_tcp,    ios_hear_log,    ios_hear_xauth,     ios_hear_aaa};
    for (size_t i = 0; i < G_N_ELEMENTS(tables); i++)
        for (const struct ios_hearing *h = tables[i]; h->fn; h++)
            if (h->id == id)
                return true;
    return false;
}

Test(dialects, speak_of_every_event_or_say_why_not)
{
    const struct dialect row[] = {
        {"asa", asa_hears, asa_silent, asa_n_silent},
        {"pix", pix_hears, pix_silent, pix_n_silent},
        {"ios", ios_hears, ios_silent, ios_n_silent},
    };
    for (size_t k = 0; k < G_N_ELEMENTS(row); k++)
        for (int id = 0; id < EV_COUNT; id++) {
            unsigned silent = 0;
            for (size_t i = 0; i < row[k].n_silent; i++)
                if (row[k].silent[i].id == (enum trace_id)id) {
                    silent++;
                    cr_expect(row[k].silent[i].why[0], "%s gives no reason", row[k].name);
                }
            bool heard = row[k].hears((enum trace_id)id);
            const char *name = trace_event_name((enum trace_id)id);
            cr_expect(heard || silent, "%s neither renders %s nor says why it is silent",
                      row[k].name, name);
            cr_expect_not(heard && silent, "%s renders %s and calls it silent", row[k].name, name);
            cr_expect_leq(silent, 1, "%s is silent twice about %s", row[k].name, name);
        }
}
