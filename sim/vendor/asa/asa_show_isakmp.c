/* show crypto isakmp sa (CAT-06, CAT-12, CAT-17). */
#include "asa_log_priv.h"
#include "asa_ra.h"
#include "asa_show_priv.h"

/* ---- show crypto isakmp sa ---- */

const char *asa_sa_state(enum ike_role role, enum ike_state state)
{
    switch (state) {
    case IKE_STATE_I_MM1:
        return "MM_WAIT_MSG2";
    case IKE_STATE_I_MM2:
    case IKE_STATE_I_MM3:
        return "MM_WAIT_MSG4";
    case IKE_STATE_I_MM4:
    case IKE_STATE_I_MM5:
        return "MM_WAIT_MSG6";
    case IKE_STATE_R_MM1:
    case IKE_STATE_R_MM2:
        return "MM_WAIT_MSG3";
    case IKE_STATE_R_MM3:
    case IKE_STATE_R_MM4:
        return "MM_WAIT_MSG5";
    case IKE_STATE_QM_IDLE:
    case IKE_STATE_I_MM6:
    case IKE_STATE_R_MM5:
        return "MM_ACTIVE";
    case IKE_STATE_I_AM1:
    case IKE_STATE_I_AM2:
        return "AM_WAIT_MSG2";
    case IKE_STATE_R_AM1:
    case IKE_STATE_R_AM_AAA_AWAIT:
    case IKE_STATE_R_AM2:
        return "AM_WAIT_MSG3";
    case IKE_STATE_XAUTH_AAA_START_LOGIN_AWAIT:
    case IKE_STATE_XAUTH_REQ_SENT:
    case IKE_STATE_XAUTH_AAA_CONT_LOGIN_AWAIT:
    case IKE_STATE_XAUTH_SET_SENT:
        return "AM_TM_INIT_XAUTH_V6H";
    case IKE_STATE_CONFIG_AUTHOR_AAA_AWAIT:
    case IKE_STATE_CONFIG_SET_SENT:
        return "AM_TM_INIT_MODECFG_V6H";
    case IKE_STATE_DEAD:
        return "MM_FREE";
    default:
        return "MM_START";
    }
}

static const char *cipher_word(enum crypto_cipher c)
{
    static const char *const word[CIPHER_COUNT] = {
        [CIPHER_NULL] = "none",  [CIPHER_DES] = "des",        [CIPHER_3DES] = "3des",
        [CIPHER_AES128] = "aes", [CIPHER_AES192] = "aes-192", [CIPHER_AES256] = "aes-256",
    };
    return word[c];
}

static const char *hash_word(enum crypto_hash h)
{
    return h == HASH_MD5 ? "MD5" : h == HASH_SHA256 ? "SHA256" : "SHA";
}

static bool same_peer(const struct ike_sa_view *a, const struct ike_sa_view *b)
{
    return a->nat == b->nat && (a->nat || a->remote == b->remote);
}

/* Of two SAs with one peer the younger replaces the other: it is the rekey, until the old one is
 * gone (CAT-12). */
static bool has_elder(const struct asa *s, const struct ike_sa_view *sa)
{
    struct ike_sa_view o;
    for (size_t i = 0; ike_sa_at(s->d->ike, i, &o); i++)
        if (same_peer(&o, sa) && o.id < sa->id && o.state == IKE_STATE_QM_IDLE)
            return true;
    return false;
}

static bool has_working_younger(const struct asa *s, const struct ike_sa_view *sa)
{
    struct ike_sa_view o;
    for (size_t i = 0; ike_sa_at(s->d->ike, i, &o); i++)
        if (same_peer(&o, sa) && o.id > sa->id && o.state == IKE_STATE_QM_IDLE)
            return true;
    return false;
}

bool asa_sa_is_rekey(const struct asa *s, const struct ike_sa_view *sa)
{
    return has_elder(s, sa);
}

static const char *state_word(const struct asa *s, const struct ike_sa_view *sa)
{
    if (sa->state != IKE_STATE_QM_IDLE)
        return asa_sa_state(sa->role, sa->state);
    if (sa->aggressive && !sa->configured && asa_remote_of(s, sa->id))
        return "AM_TM_INIT_MODECFG_V6H";
    if (sa->aggressive)
        return has_elder(s, sa)             ? "AM_ACTIVE_REKEY"
               : has_working_younger(s, sa) ? "AM_REKEY_DONE_H2"
                                            : "AM_ACTIVE";
    return has_elder(s, sa)             ? "MM_ACTIVE_REKEY"
           : has_working_younger(s, sa) ? "MM_REKEY_DONE_H2"
                                        : "MM_ACTIVE";
}

void asa_view_isakmp_sa(struct asa *s, char **args, struct view *v)
{
    struct ike_sa_view sa;
    view_columns(v, "peer", "type", "role", "rekey", "state", "encrypt", "hash", "auth", "lifetime",
                 "remaining", NULL);
    for (size_t i = 0; ike_sa_at(s->d->ike, i, &sa); i++) {
        if (sa.state == IKE_STATE_DEAD)
            continue;
        view_row_begin(v);
        view_set(v, "peer", "%s", IP4S(sa.remote));
        view_set(v, "type",
                 !asa_remote_of(s, sa.id) && (sa.have_policy || sa.role == IKE_INITIATOR) ? "L2L"
                                                                                          : "user");
        view_set(v, "role", sa.role == IKE_INITIATOR ? "initiator" : "responder");
        view_set(v, "rekey", asa_sa_is_rekey(s, &sa) ? "yes" : "no");
        view_set(v, "state", "%s", state_word(s, &sa));
        if (!sa.have_policy)
            continue;
        view_set(v, "encrypt", "%s", cipher_word(sa.policy.cipher));
        view_set(v, "hash", "%s", hash_word(sa.policy.hash));
        view_set(v, "auth", sa.policy.auth == IKE_AUTH_PSK ? "preshared" : "rsa");
        if (sa.policy.lifetime_s)
            view_set(v, "lifetime", "%u", sa.policy.lifetime_s);
        else
            view_set(v, "lifetime", "none");
        if (sa.expires != SIM_TIME_MAX)
            view_set(v, "remaining", "%" G_GINT64_FORMAT,
                     MAX(0, (sa.expires - sim_now(s->d->sim)) / SECONDS(1)));
    }
}

static void sa_text(const struct view *v, size_t row, bool detail, GString *out)
{
    const char *encrypt = view_cell(v, row, "encrypt"), *left = view_cell(v, row, "remaining");
    g_string_append_printf(out, "%zu   IKE Peer: %s\n", row + 1, view_cell(v, row, "peer"));
    g_string_append_printf(out, "    Type    : %-15s Role    : %s \n", view_cell(v, row, "type"),
                           view_cell(v, row, "role"));
    g_string_append_printf(out, "    Rekey   : %-15s State   : %s \n", view_cell(v, row, "rekey"),
                           view_cell(v, row, "state"));
    if (!detail || !encrypt)
        return;
    g_string_append_printf(out, "    Encrypt : %-15s Hash    : %s \n", encrypt,
                           view_cell(v, row, "hash"));
    g_string_append_printf(out, "    Auth    : %-15s Lifetime: %s\n", view_cell(v, row, "auth"),
                           view_cell(v, row, "lifetime"));
    if (left)
        g_string_append_printf(out, "    Lifetime Remaining: %s\n", left);
}

void asa_show_isakmp_sa(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    bool v1 = asa_since(s, 8, 4);
    struct view v;
    size_t rekey = 0;
    if (cli_has(a, "ikev1") && !v1) {
        asa_unknown_word(s, a, "ikev1");
        return;
    }
    view_init(&v);
    asa_view_isakmp_sa(s, NULL, &v);
    for (size_t i = 0; i < view_count(&v); i++)
        rekey += g_strcmp0(view_cell(&v, i, "rekey"), "yes") == 0;
    if (view_count(&v) == 0) {
        g_string_append(out, v1 ? "\nThere are no IKEv1 SAs\n" : "\nThere are no isakmp sas\n");
    } else {
        g_string_append_printf(out,
                               "%s\n   Active SA: %zu\n"
                               "    Rekey SA: %zu (A tunnel will report 1 Active and 1 Rekey SA "
                               "during rekey)\nTotal IKE SA: %zu\n\n",
                               v1 ? "\nIKEv1 SAs:\n" : "", view_count(&v) - rekey, rekey,
                               view_count(&v));
        for (size_t i = 0; i < view_count(&v); i++)
            sa_text(&v, i, cli_has(a, "detail"), out);
    }
    if (v1 && !cli_has(a, "ikev1"))
        g_string_append(out, "\nThere are no IKEv2 SAs\n");
    view_clear(&v);
}
