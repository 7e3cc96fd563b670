/* What an appliance says of one event, by version: the texts of the catalogue
 * (l2l-and-remote-access.md, appendix b), each made from the event that the engine emits. */
#include "router.h"
#include "vendor/asa/asa_log_priv.h"

#include <string.h>

#define LOCAL    IP4(203, 0, 113, 1)
#define PEER     IP4(203, 0, 113, 2)
#define FIRST_SA 901u

static const char config[] = "hostname fwA\n"
                             "interface Ethernet0/0\n"
                             " nameif inside\n"
                             " ip address 10.1.0.1 255.255.255.0\n"
                             "interface Ethernet0/1\n"
                             " nameif outside\n"
                             " ip address 203.0.113.1 255.255.255.0\n"
                             "logging enable\n"
                             "logging console debugging\n"
                             "tunnel-group 203.0.113.2 type ipsec-l2l\n"
                             "tunnel-group 203.0.113.2 ipsec-attributes\n"
                             " pre-shared-key cisco123\n";

struct box {
    struct world *w;
    struct device *d;
    GString *said;
};

static void heard(void *self, const struct trace_event *e)
{
    const struct ev_console *c = e->data;
    g_string_append_printf(((struct box *)self)->said, "%s\n", c->text);
}

static struct box *box_new(const char *version)
{
    struct box *b = g_new0(struct box, 1);
    struct trace_mask want = {0};
    g_autoptr(GPtrArray) problems =
        g_ptr_array_new_with_free_func((GDestroyNotify)device_problem_free);
    b->w = world_new();
    b->said = g_string_new(NULL);
    b->d = device_new(b->w->net, "fwA", vendor_kind("asa"), version, NULL);
    cr_assert_not_null(b->d);
    trace_mask_add(&want, EV_console);
    trace_subscribe(b->w->trace, b->d->scope, &want, heard, b);
    cr_assert(device_load(b->d, config, "box.cfg", problems, NULL));
    cr_assert_eq(problems->len, 0);
    g_string_truncate(b->said, 0);
    return b;
}

static void box_free(struct box *b)
{
    trace_unsubscribe(b->w->trace, heard, b);
    device_free(b->d);
    g_string_free(b->said, TRUE);
    world_free(b->w);
    g_free(b);
}

static void sa_begins(struct box *b, uint32_t sa, enum ike_role role)
{
    TRACE(b->d->scope, ike_sa_new, .sa = sa, .role = role, .local = LOCAL, .lport = 500,
          .remote = PEER, .rport = 500);
    TRACE(b->d->scope, ike_state, .sa = sa, .role = role, .input = IKE_INPUT_FROM_PEER_MM_EXCH,
          .old = IKE_STATE_READY, .new = IKE_STATE_R_MM5);
}

static void sa_works(struct box *b, uint32_t sa)
{
    sa_begins(b, sa, IKE_RESPONDER);
    TRACE(b->d->scope, ike_state, .sa = sa, .input = IKE_INPUT_INTERNAL_PHASE1_COMPLETE,
          .old = IKE_STATE_R_MM5, .new = IKE_STATE_QM_IDLE);
}

static void expect_said(struct box *b, const char *want, const char *what)
{
    expect_lines(b->said->str, want, what);
    g_string_truncate(b->said, 0);
}

/* ---- Each event, and its lines ---- */

static void dpd_asked(struct box *b)
{
    TRACE(b->d->scope, ike_dpd_tx, .sa = FIRST_SA, .remote = PEER, .number = 0x1abc7c79);
}

static void dpd_question(struct box *b)
{
    TRACE(b->d->scope, ike_dpd_rx, .sa = FIRST_SA, .remote = PEER, .number = 0x42,
          .accepted = true);
}

static void dpd_stale_question(struct box *b)
{
    TRACE(b->d->scope, ike_dpd_rx, .sa = FIRST_SA, .remote = PEER, .number = 0x41);
}

static void dpd_answer(struct box *b)
{
    TRACE(b->d->scope, ike_dpd_rx, .sa = FIRST_SA, .remote = PEER, .number = 0x1abc7c79,
          .ack = true, .accepted = true);
}

static void dpd_dead(struct box *b)
{
    TRACE(b->d->scope, ike_dpd_dead, .sa = FIRST_SA, .local = LOCAL, .remote = PEER,
          .questions = 4);
}

static void phase1_rekeyed(struct box *b)
{
    TRACE(b->d->scope, ike_rekey, .sa = FIRST_SA, .what = "phase 1");
}

static void first_attempts_meet(struct box *b)
{
    TRACE(b->d->scope, ike_collision, .sa = FIRST_SA, .local = LOCAL, .remote = PEER,
          .what = "phase 1");
}

static void rekeys_meet(struct box *b)
{
    phase1_rekeyed(b);
    g_string_truncate(b->said, 0);
    first_attempts_meet(b);
}

static void quick_modes_meet(struct box *b)
{
    phase1_rekeyed(b);
    g_string_truncate(b->said, 0);
    TRACE(b->d->scope, ike_collision, .sa = FIRST_SA, .msgid = 7, .local = LOCAL, .remote = PEER,
          .what = "phase 2");
}

static void no_peer(struct box *b, bool dynamic)
{
    TRACE(b->d->scope, ipsec_no_peer, .src = IP4(10, 1, 0, 5), .dst = IP4(10, 2, 0, 5),
          .protocol = 1, .interface = "Ethernet0/1", .map = "mymap", .seq = 20, .acl = "vpn",
          .dynamic = dynamic);
}

static void static_entry(struct box *b)
{
    no_peer(b, false);
}

static void dynamic_entry(struct box *b)
{
    no_peer(b, true);
}

static void policy_gone(struct box *b)
{
    TRACE(b->d->scope, ike_no_policy, .local = LOCAL, .remote = PEER, .local_net = IP4(10, 1, 0, 0),
          .remote_net = IP4(10, 2, 0, 0), .map = "mymap", .seq = 10);
}

static void clear_refusal(struct box *b)
{
    TRACE(b->d->scope, ike_notify_rx, .type = NOTIFY_NO_PROPOSAL_CHOSEN, .remote = PEER);
}

static void protected_refusal(struct box *b)
{
    TRACE(b->d->scope, ike_notify_rx, .sa = FIRST_SA, .type = NOTIFY_NO_PROPOSAL_CHOSEN,
          .protected = true, .remote = PEER);
}

static void offer_refused(struct box *b)
{
    TRACE(b->d->scope, ike_fail, .sa = 0, .role = IKE_RESPONDER, .exchange = EXCHANGE_MAIN,
          .remote = PEER, .why = WHY_NO_POLICY);
}

static void quick_mode_failed(struct box *b)
{
    TRACE(b->d->scope, ike_fail, .sa = FIRST_SA, .role = IKE_RESPONDER, .exchange = EXCHANGE_QUICK,
          .msgid = 0xcd60011, .remote = PEER, .why = WHY_PROXY);
}

static void identity_named(struct box *b)
{
    TRACE(b->d->scope, ike_id, .sa = FIRST_SA, .type = ID_FQDN, .text = "fwB");
}

static void identity_refused(struct box *b)
{
    TRACE(b->d->scope, ike_fail, .sa = FIRST_SA, .role = IKE_RESPONDER, .exchange = EXCHANGE_MAIN,
          .remote = PEER, .why = WHY_IDENTITY);
}

static void released(struct box *b, uint32_t count)
{
    TRACE(b->d->scope, ike_released, .sa = FIRST_SA, .local = LOCAL, .remote = PEER,
          .count = count);
}

static void one_released(struct box *b)
{
    released(b, 1);
}

static void two_released(struct box *b)
{
    released(b, 2);
}

#define FROM "Group = 203.0.113.2, IP = 203.0.113.2, "
#define NOT_DISPATCHED                                                                             \
    "%ASA-3-752006: Tunnel Manager failed to dispatch a KEY_ACQUIRE message.  Probable "           \
    "mis-configuration of the crypto map or tunnel-group.  Map Tag = mymap.  Map Sequence "        \
    "Number = "

Test(asa_lines, are_those_of_the_catalogue)
{
    static const struct {
        const char *what, *version;
        void (*happens)(struct box *b);
        const char *lines;
    } row[] = {
        {"a question", "8.2", dpd_asked,
         "%ASA-7-715036: " FROM
         "Sending keep-alive of type DPD R-U-THERE (seq number 0x1abc7c79)\n"},
        {"a question is answered", "8.2", dpd_question,
         "%ASA-7-715075: " FROM "Received keep-alive of type DPD R-U-THERE (seq number 0x42)\n"
         "%ASA-7-715036: " FROM "Sending keep-alive of type DPD R-U-THERE-ACK (seq number 0x42)\n"},
        {"an old one is not", "8.2", dpd_stale_question,
         "%ASA-7-715075: " FROM "Received keep-alive of type DPD R-U-THERE (seq number 0x41)\n"},
        {"an answer", "7.0", dpd_answer,
         "%ASA-7-715075: " FROM
         "Received keep-alive of type DPD R-U-THERE-ACK (seq number 0x1abc7c79)\n"},
        {"no answer", "8.2", dpd_dead,
         "%ASA-3-713123: " FROM
         "IKE lost contact with remote peer, deleting connection (keepalive type: DPD)\n"},
        {"phase 1 is replaced", "8.2", phase1_rekeyed,
         "%ASA-5-713041: IP = 203.0.113.2, IKE Initiator: Rekeying Phase 1, Intf outside, IKE Peer "
         "203.0.113.2  local Proxy Address N/A, remote Proxy Address N/A,  Crypto map (N/A)\n"},
        {"CAT-12", "8.2", rekeys_meet,
         "%ASA-5-713092: " FROM "Failure during phase 1 rekeying attempt due to collision\n"},
        {"two first attempts have no message", "8.2", first_attempts_meet, ""},
        {"nor have two quick modes", "8.2", quick_modes_meet, ""},
        {"CAT-85", "8.2", static_entry,
         "%ASA-3-713063: IKE Peer address not configured for destination 0.0.0.0\n"},
        {"CAT-39", "8.2", dynamic_entry,
         "%ASA-3-713042: IKE Initiator unable to find policy: Intf outside, Src: 10.1.0.5, Dst: "
         "10.2.0.5\n"},
        {"CAT-39, an interface by number", "7.0", dynamic_entry,
         "%ASA-3-713042: IKE Initiator unable to find policy: Intf 2, Src: 10.1.0.5, Dst: "
         "10.2.0.5\n"},
        {"CAT-86, an entry without a peer", "8.4", static_entry,
         NOT_DISPATCHED "20, SRC Addr: 10.1.0.5 port: 0 Dst Addr: 10.2.0.5 port: 0.\n"},
        {"CAT-86, a dynamic entry", "8.4", dynamic_entry,
         NOT_DISPATCHED "20, SRC Addr: 10.1.0.5 port: 0 Dst Addr: 10.2.0.5 port: 0.\n"},
        {"CAT-39, deleted meanwhile", "8.3", policy_gone,
         "%ASA-3-713042: IKE Initiator unable to find policy: Intf outside, Src: 10.1.0.0, Dst: "
         "10.2.0.0\n"},
        {"CAT-86, deleted meanwhile", "8.4", policy_gone,
         NOT_DISPATCHED "10, SRC Addr: 10.1.0.0 port: 0 Dst Addr: 10.2.0.0 port: 0.\n"},
        {"CAT-31, who asked", "8.2", clear_refusal,
         "%ASA-5-713904: IP = 203.0.113.2, Received an un-encrypted NO_PROPOSAL_CHOSEN notify "
         "message, drop\n"
         "%ASA-4-713903: IP = 203.0.113.2, Information Exchange processing failed\n"},
        {"CAT-31, who was asked", "8.2", offer_refused,
         "%ASA-3-713048: IP = 203.0.113.2, Error processing payload: Payload ID: 1\n"
         "%ASA-3-713902: IP = 203.0.113.2, Removing peer from peer table failed, no match!\n"
         "%ASA-4-713903: IP = 203.0.113.2, Error: Unable to remove PeerTblEntry\n"},
        {"CAT-83", "8.2", protected_refusal,
         "%ASA-5-713068: " FROM "Received non-routine Notify message: No proposal chosen (14)\n"},
        {"the identity of message 5", "8.2", identity_named,
         "%ASA-7-714011: " FROM "ID_FQDN ID received, len 3\n"},
        {"CAT-20", "8.2", identity_refused,
         "%ASA-3-713902: " FROM "Removing peer from peer table failed, no match!\n"
         "%ASA-4-713903: " FROM "Error: Unable to remove PeerTblEntry\n"},
        {"nothing was queued", "8.2", one_released, ""},
        {"CAT-32", "8.2", two_released,
         "%ASA-6-713220: " FROM "De-queuing KEY-ACQUIRE messages that were left pending.\n"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct box *b = box_new(row[i].version);
        sa_begins(b, FIRST_SA, IKE_INITIATOR);
        row[i].happens(b);
        expect_said(b, row[i].lines, row[i].what);
        box_free(b);
    }
}

Test(asa_lines, of_a_failed_quick_mode_name_its_structure_and_message_id)
{
    struct box *b = box_new("8.2");
    sa_begins(b, FIRST_SA, IKE_RESPONDER);
    quick_mode_failed(b);
    cr_expect(strstr(b->said->str, "%ASA-3-713902: " FROM "QM FSM error (P2 struct &0x") &&
                  strstr(b->said->str, ", mess id 0xcd60011)!\n%ASA-3-713902: " FROM
                                       "Removing peer from correlator table failed, no match!\n"),
              "%s", b->said->str);
    box_free(b);
}

/* ---- CAT-21 ---- */

Test(asa_lines, of_a_refused_identity_are_others_where_the_peer_was_known)
{
    struct box *b = box_new("8.2");
    sa_works(b, FIRST_SA);
    TRACE(b->d->scope, ike_sa_gone, .sa = FIRST_SA);
    sa_begins(b, FIRST_SA, IKE_RESPONDER);
    g_string_truncate(b->said, 0);
    identity_refused(b);
    expect_said(b,
                "%ASA-4-713903: " FROM "Stale PeerTblEntry found, removing!\n"
                "%ASA-3-713902: " FROM "Removing peer from correlator table failed, no match!\n"
                "%ASA-3-713902: " FROM "construct_ipsec_delete(): No SPI to identify Phase 2 SA!\n"
                "%ASA-3-713902: " FROM "Removing peer from correlator table failed, no match!\n",
                "CAT-21");
    box_free(b);
}

/* ---- How sessions end ---- */

Test(asa_lines, of_a_session_that_ends_give_the_reason_and_the_duration)
{
    static const struct {
        enum ike_why why, refused; /* what phase 2 was refused for */
        const char *version, *type, *reason;
    } row[] = {
        {WHY_IDLE, WHY_NONE, "8.2", "IPsec", "Idle Timeout"},
        {WHY_SESSION_TIME, WHY_NONE, "8.2", "IPsec", "Max Time Exceeded"},
        {WHY_EXPIRED, WHY_NONE, "8.4", "LAN-to-LAN", "Max Time Exceeded"},
        {WHY_DPD, WHY_NONE, "8.2", "IPsec", "Lost Service"},
        {WHY_RETRANSMITS, WHY_NONE, "7.2", "IPSecLAN2LAN", "Lost Service"},
        {WHY_PEER_DELETE, WHY_NONE, "8.2", "IPsec", "User Requested"},
        {WHY_ADMIN, WHY_NONE, "8.2", "IPsec", "Administrator Reset"},
        {WHY_INITIAL_CONTACT, WHY_NONE, "8.2", "IPsec", "Peer Reconnected"},
        {WHY_CHILD_REFUSED, WHY_TRANSFORM, "8.2", "IPsec", "Phase 2 Mismatch"},
        {WHY_CHILD_REFUSED, WHY_PFS, "8.2", "IPsec", "Phase 2 Mismatch"},
        {WHY_CHILD_REFUSED, WHY_PROXY, "8.2", "IPsec", "crypto map policy not found"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct box *b = box_new(row[i].version);
        sa_works(b, FIRST_SA);
        sim_run(b->w->sim, SECONDS(3723));
        if (row[i].refused)
            TRACE(b->d->scope, qm_refused, .sa = FIRST_SA, .msgid = 7, .local = LOCAL,
                  .remote = PEER, .why = row[i].refused);
        g_string_truncate(b->said, 0);
        TRACE(b->d->scope, ike_sa_dead, .sa = FIRST_SA, .role = IKE_RESPONDER,
              .state = IKE_STATE_QM_IDLE, .why = row[i].why, .local = LOCAL, .remote = PEER);
        g_autofree char *want = g_strdup_printf(
            "%%ASA-5-713259: " FROM "Session is being torn down. Reason: %s\n"
            "%%ASA-4-113019: Group = 203.0.113.2, Username = 203.0.113.2, IP = 203.0.113.2, "
            "Session disconnected. Session Type: %s, Duration: 1h:02m:03s, Bytes xmt: 0, Bytes "
            "rcv: 0, Reason: %s\n",
            row[i].reason, row[i].type, row[i].reason);
        expect_said(b, want, row[i].reason);
        box_free(b);
    }
}

Test(asa_lines, of_a_tunnel_that_ends_give_the_reason)
{
    static const struct {
        enum ike_why why;
        const char *reason; /* NULL: nothing is said of a pair that was replaced */
    } row[] = {
        {WHY_IDLE, "IPsec SA Idle Timeout"},
        {WHY_EXPIRED, "IPsec SA Max Time Exceeded"},
        {WHY_SESSION_TIME, "IPsec SA Max Time Exceeded"},
        {WHY_ADMIN, "Administrator Reset"},
        {WHY_PEER_DELETE, "Peer Terminate"},
        {WHY_DPD, "Session Error Terminated"},
        {WHY_REPLACED, NULL},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct box *b = box_new("8.2");
        TRACE(b->d->scope, qm_install, .sa = FIRST_SA, .msgid = 7, .local = LOCAL, .remote = PEER,
              .local_net = IP4(10, 1, 0, 0), .remote_net = IP4(10, 2, 0, 0), .spi_in = 0x1000,
              .spi_out = 0x2000);
        TRACE(b->d->scope, ipsec_sa_new, .sa = 5, .inbound = true, .dst = LOCAL, .src = PEER,
              .protocol = 50, .spi = 0x1000, .map = "mymap");
        g_string_truncate(b->said, 0);
        TRACE(b->d->scope, ipsec_sa_dead, .sa = 5, .inbound = true, .dst = LOCAL, .src = PEER,
              .protocol = 50, .spi = 0x1000, .why = row[i].why);
        g_autofree char *told =
            row[i].reason ? g_strdup_printf("%%ASA-5-713050: " FROM
                                            "Connection terminated for peer 203.0.113.2.  Reason: "
                                            "%s  Remote Proxy 10.2.0.0, Local Proxy 10.1.0.0\n",
                                            row[i].reason)
                          : g_strdup("");
        g_autofree char *want =
            g_strconcat(told,
                        "%ASA-6-602304: IPSEC: An inbound LAN-to-LAN SA (SPI= 0x00001000) between "
                        "203.0.113.1 and 203.0.113.2 (user= 203.0.113.2) has been deleted.\n",
                        NULL);
        expect_said(b, want, told);
        box_free(b);
    }
}
