/* show crypto isakmp sa (DBG-09), show crypto isakmp policy. */
#include "pix_log_priv.h"
#include "pix_show_priv.h"

#include <string.h>

/* What has been agreed: the ladder that the routers of the time show too. */
static const char *state_word(enum ike_state state)
{
    switch (state) {
    case IKE_STATE_I_MM2:
    case IKE_STATE_I_MM3:
    case IKE_STATE_R_MM2:
        return "MM_SA_SETUP";
    case IKE_STATE_I_MM4:
    case IKE_STATE_I_MM5:
    case IKE_STATE_R_MM3:
    case IKE_STATE_R_MM4:
    case IKE_STATE_R_MM5:
        return "MM_KEY_EXCH";
    case IKE_STATE_I_MM6:
        return "MM_KEY_AUTH";
    case IKE_STATE_R_AM1:
    case IKE_STATE_R_AM_AAA_AWAIT:
        return "AG_NO_STATE";
    case IKE_STATE_I_AM1:
    case IKE_STATE_R_AM2:
        return "AG_INIT_EXCH";
    case IKE_STATE_I_AM2:
        return "AG_AUTH";
    case IKE_STATE_XAUTH_AAA_START_LOGIN_AWAIT:
    case IKE_STATE_XAUTH_REQ_SENT:
    case IKE_STATE_XAUTH_AAA_CONT_LOGIN_AWAIT:
    case IKE_STATE_XAUTH_SET_SENT:
        return "OAK_CONF_XAUTH";
    case IKE_STATE_CONFIG_AUTHOR_AAA_AWAIT:
    case IKE_STATE_CONFIG_SET_SENT:
        return "OAK_CONF_ADDR";
    case IKE_STATE_QM_IDLE:
        return "QM_IDLE";
    default:
        return "MM_NO_STATE";
    }
}

/* The responder is the destination. Up to 5.3 the columns are those of routers. */
void pix_view_isakmp_sa(struct pix *s, char **args, struct view *v)
{
    bool six = pix_since(s, 6, 0);
    struct ike_sa_view sa;
    if (six)
        view_columns(v, "dst", "src", "state", "pending", "created", NULL);
    else
        view_columns(v, "dst", "src", "state", "conn-id", "slot", NULL);
    for (size_t i = 0; ike_sa_at(s->d->ike, i, &sa); i++) {
        const struct pix_ike *w = pix_ike_of(s, sa.id);
        bool ours = sa.role == IKE_INITIATOR;
        if (sa.state == IKE_STATE_DEAD)
            continue;
        view_row_begin(v);
        view_set(v, "dst", "%s", IP4S(ours ? sa.remote : sa.local));
        view_set(v, "src", "%s", IP4S(ours ? sa.local : sa.remote));
        view_set(v, "state", "%s", state_word(sa.state));
        if (six) {
            view_set(v, "pending", "%u", sa.state == IKE_STATE_QM_IDLE ? sa.pending : 0);
            view_set(v, "created", "%u", w ? w->created : 0);
        } else {
            view_set(v, "conn-id", "%u", w ? w->number : 0);
            view_set(v, "slot", "0");
        }
    }
}

static void text_five(const struct view *v, GString *out)
{
    g_string_append(out, "    dst            src         state        conn-id   slot\n");
    for (size_t i = 0; i < view_count(v); i++)
        g_string_append_printf(out, "%-15s%-15s %-12s %7s %6s\n", view_cell(v, i, "dst"),
                               view_cell(v, i, "src"), view_cell(v, i, "state"),
                               view_cell(v, i, "conn-id"), view_cell(v, i, "slot"));
}

/* Embryonic are those that phase 1 is not done for. */
static void text_six(const struct view *v, GString *out)
{
    size_t embryonic = 0;
    for (size_t i = 0; i < view_count(v); i++)
        embryonic += strcmp(view_cell(v, i, "state"), "QM_IDLE") != 0;
    g_string_append_printf(out, "Total     : %zu\nEmbryonic : %zu\n", view_count(v), embryonic);
    g_string_append(out, "        dst               src        state     pending     created\n");
    for (size_t i = 0; i < view_count(v); i++)
        g_string_append_printf(out, "%15s%18s    %-11s   %-12s%s\n", view_cell(v, i, "dst"),
                               view_cell(v, i, "src"), view_cell(v, i, "state"),
                               view_cell(v, i, "pending"), view_cell(v, i, "created"));
}

void pix_show_isakmp_sa(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    struct view v;
    view_init(&v);
    pix_view_isakmp_sa(s, NULL, &v);
    if (pix_since(s, 6, 0))
        text_six(&v, out);
    else
        text_five(&v, out);
    view_clear(&v);
}

/* ---- show crypto isakmp policy ---- */

static void policy_text(const struct ike_policy *p, GString *out)
{
    static const char *const cipher[CIPHER_COUNT] = {
        [CIPHER_NULL] = "none",
        [CIPHER_DES] = "DES - Data Encryption Standard (56 bit keys).",
        [CIPHER_3DES] = "Three key triple DES",
        [CIPHER_AES128] = "AES - Advanced Encryption Standard (128 bit keys).",
        [CIPHER_AES192] = "AES - Advanced Encryption Standard (192 bit keys).",
        [CIPHER_AES256] = "AES - Advanced Encryption Standard (256 bit keys).",
    };
    bool five = p->group == GROUP_MODP1536, one = p->group == GROUP_MODP768;
    g_string_append_printf(out, "\tencryption algorithm:\t%s\n", cipher[p->cipher]);
    g_string_append_printf(out, "\thash algorithm:\t\t%s\n",
                           p->hash == HASH_MD5 ? "Message Digest 5" : "Secure Hash Standard");
    g_string_append_printf(out, "\tauthentication method:\t%s\n",
                           p->auth == IKE_AUTH_PSK ? "Pre-Shared Key"
                                                   : "Rivest-Shamir-Adleman Signature");
    g_string_append_printf(out, "\tDiffie-Hellman group:\t#%s (%d bit)\n",
                           pix_group_number(p->group),
                           five  ? 1536
                           : one ? 768
                                 : 1024);
    g_string_append_printf(out, "\tlifetime:\t\t%u seconds, no volume limit\n", p->lifetime_s);
}

void pix_show_isakmp_policy(void *self, const struct cli_args *a, GString *out)
{
    const struct ike_conf *c = ((struct pix *)self)->d->ike_conf;
    for (guint i = 0; i < c->policies->len; i++) {
        const struct ike_policy *p = g_ptr_array_index(c->policies, i);
        g_string_append_printf(out, "Protection suite of priority %u\n", p->priority);
        policy_text(p, out);
    }
    g_string_append(out, "Default protection suite\n");
    policy_text(&c->fallback, out);
}
