/* What the debugs and the log say when something is wrong: each row is an event of the engine and
 * the lines of the catalogue that it becomes. */
#include "router.h"

enum { SA = 3 };
#define US   IP4(192, 0, 2, 15)
#define THEM IP4(198, 51, 100, 6)
#define ALL  (IOS_DEBUG_ISAKMP | IOS_DEBUG_IPSEC)

static void sa_up_to(struct trace_scope *scope, enum ike_role role, enum ike_state state)
{
    TRACE(scope, ike_sa_new, .sa = SA, .role = role, .local = US, .lport = 500, .remote = THEM,
          .rport = 500);
    TRACE(scope, ike_state, .sa = SA, .role = role, .old = IKE_STATE_READY, .new = state);
}

/* ---- Phase 1 ---- */

static void offer(struct trace_scope *scope, uint32_t priority, enum ike_why why, bool more)
{
    TRACE(scope, ike_offer, .sa = SA, .transform = 1, .priority = priority);
    TRACE(scope, ike_offer_attr, .sa = SA, .attr = IKE_ATTR_ENCRYPTION, .value = 5, .basic = true);
    TRACE(scope, ike_offer_attr, .sa = SA, .attr = IKE_ATTR_HASH, .value = 1, .basic = true);
    TRACE(scope, ike_offer_attr, .sa = SA, .attr = IKE_ATTR_GROUP, .value = 1, .basic = true);
    TRACE(scope, ike_offer_attr, .sa = SA, .attr = IKE_ATTR_AUTH, .value = 1, .basic = true);
    TRACE(scope, ike_offer_attr, .sa = SA, .attr = IKE_ATTR_LIFE_TYPE, .value = 1, .basic = true);
    TRACE(scope, ike_offer_attr, .sa = SA, .attr = IKE_ATTR_LIFE_DURATION, .value = 86400,
          .bytes = {(const uint8_t[]){0, 1, 0x51, 0x80}, 4});
    TRACE(scope, ike_offer_end, .sa = SA, .why = why, .more = more);
}

static void no_common_policy(struct trace_scope *scope)
{
    offer(scope, 1, WHY_HASH, false);
    offer(scope, 65535, WHY_ENCRYPTION, false);
    TRACE(scope, ike_no_offer, .sa = SA, .local = US, .remote = THEM);
    TRACE(scope, ike_fail, .sa = SA, .role = IKE_RESPONDER, .exchange = EXCHANGE_MAIN,
          .remote = THEM, .why = WHY_NO_POLICY);
}

#define TWO_OFFERS                                                                                 \
    "ISAKMP (0:1): Checking ISAKMP transform 1 against priority 1 policy\n"                        \
    "ISAKMP:      encryption 3DES-CBC\nISAKMP:      hash MD5\nISAKMP:      default group 1\n"      \
    "ISAKMP:      auth pre-share\nISAKMP:      life type in seconds\n"                             \
    "ISAKMP:      life duration (VPI) of 0x0 0x1 0x51 0x80\n"                                      \
    "ISAKMP (0:1): Hash algorithm offered does not match policy!\n"                                \
    "ISAKMP (0:1): atts are not acceptable. Next payload is 0\n"                                   \
    "ISAKMP (0:1): Checking ISAKMP transform 1 against priority 65535 policy\n"                    \
    "ISAKMP:      encryption 3DES-CBC\nISAKMP:      hash MD5\nISAKMP:      default group 1\n"      \
    "ISAKMP:      auth pre-share\nISAKMP:      life type in seconds\n"                             \
    "ISAKMP:      life duration (VPI) of 0x0 0x1 0x51 0x80\n"                                      \
    "ISAKMP (0:1): Encryption algorithm offered does not match policy!\n"                          \
    "ISAKMP (0:1): atts are not acceptable. Next payload is 0\n"                                   \
    "ISAKMP (0:1): no offers accepted!\n"
#define MODE_FAILURE                                                                               \
    "%CRYPTO-6-IKMP_MODE_FAILURE: Processing of Main Mode failed with peer at 198.51.100.6\n"

static void another_transform_follows(struct trace_scope *scope)
{
    TRACE(scope, ike_offer_end, .sa = SA, .why = WHY_GROUP, .more = true);
    TRACE(scope, ike_offer_end, .sa = SA, .why = WHY_KEY_LENGTH, .more = true);
    TRACE(scope, ike_offer_end, .sa = SA, .accepted = true, .more = true);
}

static void aes_offer(struct trace_scope *scope)
{
    TRACE(scope, ike_offer_attr, .sa = SA, .attr = IKE_ATTR_ENCRYPTION, .value = 7, .basic = true);
    TRACE(scope, ike_offer_attr, .sa = SA, .attr = IKE_ATTR_KEY_LENGTH, .value = 128,
          .basic = true);
    TRACE(scope, ike_offer_attr, .sa = SA, .attr = IKE_ATTR_LIFE_DURATION, .value = 240,
          .basic = true);
}

static void noise_for_an_id(struct trace_scope *scope)
{
    TRACE(scope, ike_bad, .sa = SA, .remote = THEM, .why = WHY_RESERVED_NOT_ZERO,
          .payload = PAYLOAD_ID);
    TRACE(scope, ike_fail, .sa = SA, .exchange = EXCHANGE_MAIN, .remote = THEM,
          .why = WHY_RESERVED_NOT_ZERO);
}

static void impossible_length(struct trace_scope *scope)
{
    TRACE(scope, ike_bad, .sa = SA, .remote = THEM, .why = WHY_MALFORMED, .payload = PAYLOAD_ID);
}

static void no_keys(struct trace_scope *scope)
{
    TRACE(scope, ike_no_key, .remote = THEM);
    TRACE(scope, ike_fail, .sa = SA, .role = IKE_INITIATOR, .exchange = EXCHANGE_MAIN,
          .remote = THEM, .why = WHY_NO_KEY);
}

static void no_sa(struct trace_scope *scope)
{
    TRACE(scope, ike_no_sa, .remote = THEM, .exchange = EXCHANGE_QUICK);
}

static void retransmission(struct trace_scope *scope)
{
    sa_up_to(scope, IKE_INITIATOR, IKE_STATE_I_MM5);
    TRACE(scope, ike_retransmit, .sa = SA, .exchange = EXCHANGE_MAIN, .count = 1, .limit = 5);
    TRACE(scope, ike_tx, .sa = SA, .again = 1, .remote = THEM, .lport = 500, .rport = 500,
          .exchange = EXCHANGE_MAIN, .state = IKE_STATE_I_MM5);
}

static void duplicate(struct trace_scope *scope)
{
    TRACE(scope, ike_duplicate, .sa = SA, .remote = THEM, .answered = true);
}

static void given_up(struct trace_scope *scope)
{
    TRACE(scope, ike_gave_up, .sa = SA, .exchange = EXCHANGE_MAIN, .remote = THEM);
    TRACE(scope, ike_sa_dead, .sa = SA, .role = IKE_INITIATOR, .state = IKE_STATE_I_MM5,
          .why = WHY_RETRANSMITS, .local = US, .remote = THEM);
    TRACE(scope, ike_fail, .sa = SA, .exchange = EXCHANGE_MAIN, .remote = THEM,
          .why = WHY_RETRANSMITS);
}

static void notified(struct trace_scope *scope)
{
    TRACE(scope, ike_fail, .sa = SA, .role = IKE_INITIATOR, .exchange = EXCHANGE_MAIN,
          .remote = THEM, .why = WHY_PEER_NOTIFY);
}

/* ---- Phase 2 ---- */

static void hosts_asked_for(struct trace_scope *scope, enum ike_why why)
{
    TRACE(scope, ipsec_validate, .why = why, .part = 1, .local = US, .remote = THEM,
          .local_net = IP4(10, 0, 0, 76), .local_mask = 0xffffffff, .local_type = 1,
          .remote_net = IP4(198, 51, 100, 23), .remote_mask = 0xffffffff, .remote_type = 1,
          .cipher = CIPHER_3DES, .auth = HASH_MD5);
    TRACE(scope, qm_refused, .sa = SA, .msgid = 77, .local = US, .remote = THEM, .why = why);
}

static void wrong_peer(struct trace_scope *scope)
{
    hosts_asked_for(scope, WHY_PEER);
}

#define HOSTS_ASKED_FOR                                                                            \
    "IPSEC(validate_proposal_request): proposal part #1,\n"                                        \
    "  (key eng. msg.) dest= 192.0.2.15, src= 198.51.100.6,\n"                                     \
    "    dest_proxy= 10.0.0.76/255.255.255.255/0/0 (type=1),\n"                                    \
    "    src_proxy= 198.51.100.23/255.255.255.255/0/0 (type=1),\n"                                 \
    "    protocol= ESP, transform= esp-3des esp-md5-hmac ,\n"                                      \
    "    lifedur= 0s and 0kb,\n"                                                                   \
    "    spi= 0x0(0), conn_id= 0, keysize= 0, flags= 0x4\n"

static void wrong_proxies(struct trace_scope *scope)
{
    hosts_asked_for(scope, WHY_PROXY);
}

static void transform_refused(struct trace_scope *scope)
{
    TRACE(scope, ipsec_transform_refused, .why = WHY_TRANSFORM, .protocol = 3, .transform = 2,
          .hmac = 2, .local = US);
    TRACE(scope, qm_transform_end, .sa = SA, .msgid = 77, .why = WHY_TRANSFORM);
    TRACE(scope, qm_refused, .sa = SA, .msgid = 77, .local = US, .remote = THEM,
          .why = WHY_TRANSFORM);
}

static void local_address_refused(struct trace_scope *scope)
{
    TRACE(scope, ipsec_transform_refused, .why = WHY_LOCAL_ADDRESS, .protocol = 3, .transform = 2,
          .hmac = 2, .local = IP4(10, 2, 0, 2));
    TRACE(scope, qm_transform_end, .sa = SA, .msgid = 77, .why = WHY_LOCAL_ADDRESS);
    TRACE(scope, qm_refused, .sa = SA, .msgid = 77, .local = US, .remote = THEM,
          .why = WHY_LOCAL_ADDRESS);
}

static void refused_at_installation(struct trace_scope *scope)
{
    TRACE(scope, ipsec_init_refused, .why = WHY_PROXY_AT_INSTALL);
    TRACE(scope, qm_refused, .sa = SA, .msgid = 77, .why = WHY_PROXY_AT_INSTALL);
}

static void refusal_told(struct trace_scope *scope)
{
    TRACE(scope, qm_new, .sa = SA, .msgid = 77, .ours = true);
    TRACE(scope, ike_rx, .sa = SA, .role = IKE_INITIATOR, .known = true, .remote = THEM,
          .lport = 500, .rport = 500, .exchange = EXCHANGE_INFORMATIONAL, .msgid = 0x80000000u,
          .state = IKE_STATE_QM_IDLE);
    TRACE(scope, ike_payload, .sa = SA, .msgid = 0x80000000u, .payload = PAYLOAD_HASH);
    TRACE(scope, ike_payload, .sa = SA, .msgid = 0x80000000u, .payload = PAYLOAD_NOTIFY);
    TRACE(scope, ike_notify_rx, .sa = SA, .msgid = 0x80000000u, .type = NOTIFY_NO_PROPOSAL_CHOSEN,
          .protocol = 3, .spi = 411038476, .protected = true, .remote = THEM);
    TRACE(scope, qm_done, .sa = SA, .msgid = 77, .error = true);
    TRACE(scope, qm_state, .sa = SA, .msgid = 77, .input = IKE_INPUT_FROM_PEER_INFO_NOTIFY,
          .old = QM_I_QM1, .new = QM_FAILED);
    TRACE(scope, ike_fail, .sa = SA, .role = IKE_INITIATOR, .why = WHY_PEER_NOTIFY,
          .exchange = EXCHANGE_QUICK, .remote = THEM);
}

static void refusal_told_in_clear(struct trace_scope *scope)
{
    sa_up_to(scope, IKE_INITIATOR, IKE_STATE_I_MM1);
    for (int again = 0; again < 2; again++) {
        TRACE(scope, ike_notify_rx, .sa = SA, .type = NOTIFY_NO_PROPOSAL_CHOSEN, .protocol = 1,
              .remote = THEM);
        TRACE(scope, ike_state, .sa = SA, .old = IKE_STATE_I_MM1, .new = IKE_STATE_I_MM3);
    }
}

static void deleted_by_peer(struct trace_scope *scope)
{
    TRACE(scope, ike_delete_rx, .sa = SA, .msgid = 5, .protocol = 3, .spi = 0xB9D0109,
          .remote = THEM);
    TRACE(scope, ipsec_sa_new, .sa = 8, .dst = THEM, .src = US, .protocol = 50, .spi = 0xB9D0109,
          .cipher = CIPHER_DES, .auth = HASH_SHA1);
    TRACE(scope, ipsec_sa_dead, .sa = 8, .dst = THEM, .src = US, .protocol = 50, .spi = 0xB9D0109,
          .cipher = CIPHER_DES, .auth = HASH_SHA1);
}

static void packet_without_sas(struct trace_scope *scope)
{
    TRACE(scope, ipsec_request, .local = US, .remote = THEM, .local_net = IP4(10, 1, 0, 0),
          .local_mask = 0xffffff00, .remote_net = IP4(10, 2, 0, 8), .remote_mask = 0xffffffff,
          .cipher = CIPHER_AES128, .auth = HASH_SHA1, .life_s = 3600, .life_kb = 4608000);
    TRACE(scope, ike_sa_new, .sa = SA, .role = IKE_INITIATOR, .local = US, .lport = 500,
          .remote = THEM, .rport = 500);
    TRACE(scope, ike_request, .sa = SA, .local = US, .remote = THEM, .new_sa = true);
}

// clang-format off
static const struct {
    const char *entry, *version;
    unsigned debugs;
    void (*happens)(struct trace_scope *scope);
    const char *lines;
} faults[] = {
    { "DBG-30, DBG-31 of 12.2", "12.2", ALL, no_common_policy, TWO_OFFERS "ISAKMP (0:1): phase 1 SA not acceptable!\n" MODE_FAILURE },
    { "DBG-20 of 12.1", "12.1", ALL, no_common_policy, TWO_OFFERS "ISAKMP (0:1): SA not acceptable!\n" MODE_FAILURE },
    { "DBG-31 of later images", "12.4", ALL, no_common_policy,
      TWO_OFFERS "ISAKMP (0:1): phase 1 SA policy not acceptable! (local 192.0.2.15 remote 198.51.100.6)\n" MODE_FAILURE },
    { "rule 9", "12.2", ALL, another_transform_follows,
      "ISAKMP (0:1): Diffie-Hellman group offered does not match policy!\n"
      "ISAKMP (0:1): atts are not acceptable. Next payload is 3\n"
      "ISAKMP (0:1): Proposed key length does not match policy\n"
      "ISAKMP (0:1): atts are not acceptable. Next payload is 3\n"
      "ISAKMP (0:1): atts are acceptable. Next payload is 3\n" },
    { "DBG-05, AES and a basic lifetime", "12.4", ALL, aes_offer,
      "ISAKMP:      encryption AES-CBC\nISAKMP:      keylength of 128\nISAKMP:      life duration (basic) of 240\n" },
    { "DBG-29, DBG-19", "12.3", ALL, noise_for_an_id,
      "ISAKMP: reserved not zero on payload 5!\nISAKMP: malformed payload\n"
      "%CRYPTO-4-IKMP_BAD_MESSAGE: IKE message from 198.51.100.6 failed its sanity check or is malformed\n" },
    { "DBG-29, the one in 256", "12.3", ALL, impossible_length,
      "ISAKMP: malformed payload\n"
      "%CRYPTO-4-IKMP_BAD_MESSAGE: IKE message from 198.51.100.6 failed its sanity check or is malformed\n" },
    { "DBG-19 without debug", "12.3", 0, noise_for_an_id,
      "%CRYPTO-4-IKMP_BAD_MESSAGE: IKE message from 198.51.100.6 failed its sanity check or is malformed\n" },
    { "DBG-23", "12.2", ALL, no_keys,
      "ISAKMP: No cert, and no keys (public or pre-shared) with remote peer 198.51.100.6\n" },
    { "CAT-10", "12.4", 0, no_sa,
      "%CRYPTO-4-IKMP_NO_SA: IKE message from 198.51.100.6 has no SA and is not an initialization offer\n" },
    { "a message is sent again", "12.2", ALL, retransmission,
      "ISAKMP: received ke message (1/1)\nISAKMP: local port 500, remote port 500\n"
      "ISAKMP (0:2): retransmitting phase 1 MM_KEY_EXCH...\n"
      "ISAKMP (0:2): incrementing error counter on sa: retransmit phase 1\n"
      "ISAKMP (0:2): retransmitting phase 1 MM_KEY_EXCH\n"
      "ISAKMP (0:2): sending packet to 198.51.100.6 (I) MM_KEY_EXCH\n" },
    { "a message comes again", "12.3", ALL, duplicate,
      "ISAKMP (0:1): phase 1 packet is a duplicate of a previous packet.\n"
      "ISAKMP (0:1): retransmitting due to retransmit phase 1\n" },
    { "nobody answers, which is no failure of processing", "12.3", ALL, given_up,
      "ISAKMP (0:1): peer does not do paranoid keepalives.\n"
      "ISAKMP (0:1): deleting SA reason \"death by retransmission P1\" state (I) MM_KEY_EXCH (peer 198.51.100.6) input queue 0\n" },
    { "the peer refuses", "12.3", 0, notified,
      "%CRYPTO-6-IKMP_MODE_FAILURE: Processing of Informational Mode failed with peer at 198.51.100.6\n" },
    { "DBG-24", "12.2", ALL, wrong_peer,
      HOSTS_ASKED_FOR "IPSEC(validate_transform_proposal): peer address 198.51.100.6 not found\n"
      "ISAKMP: IPSec policy invalidated proposal\nISAKMP (0:1): SA not acceptable!\n" },
    { "DBG-21", "12.2", ALL, wrong_proxies,
      HOSTS_ASKED_FOR "IPSEC(validate_transform_proposal): proxy identities not supported\n"
      "ISAKMP: IPSec policy invalidated proposal\nISAKMP (0:1): SA not acceptable!\n" },
    { "DBG-21, isakmp alone", "12.4", IOS_DEBUG_ISAKMP, wrong_proxies,
      "ISAKMP: IPSec policy invalidated proposal\nISAKMP (0:1): SA not acceptable!\n" },
    { "DBG-22", "12.2", ALL, transform_refused,
      "IPSEC(validate_proposal): transform proposal (prot 3, trans 2, hmac_alg 2) not supported\n"
      "ISAKMP (0:1): atts not acceptable. Next payload is 0\nISAKMP (0:1): SA not acceptable!\n" },
    { "DBG-22 with the engine", "12.4", ALL | IOS_DEBUG_ENGINE, transform_refused,
      "CryptoEngine0: validate proposal\n"
      "IPSEC(validate_proposal): transform proposal (prot 3, trans 2, hmac_alg 2) not supported\n"
      "ISAKMP (0:1): atts not acceptable. Next payload is 0\nISAKMP (0:1): SA not acceptable!\n" },
    { "DBG-17", "12.2", ALL, local_address_refused,
      "IPSEC(validate_proposal): invalid local address 10.2.0.2\n"
      "ISAKMP (0:1): atts not acceptable. Next payload is 0\nISAKMP (0:1): SA not acceptable!\n" },
    { "DBG-28", "12.2", ALL, refused_at_installation,
      "IPSEC(key_engine): got a queue event...\nIPSEC(initialize_sas): invalid proxy IDs\n" },
    { "a refusal arrives", "12.3", IOS_DEBUG_ISAKMP, refusal_told,
      "ISAKMP (0:1): received packet from 198.51.100.6 dport 500 sport 500 Global (I) QM_IDLE\n"
      "ISAKMP: set new node -2147483648 to QM_IDLE\n"
      "ISAKMP (0:1): processing HASH payload. message ID = -2147483648\n"
      "ISAKMP (0:1): processing NOTIFY PROPOSAL_NOT_CHOSEN protocol 3\n"
      "        spi 411038476, message ID = -2147483648, sa = <handle>\n"
      "ISAKMP (0:1): deleting spi 411038476 message ID = 77\n"
      "ISAKMP (0:1): deleting node 77 error TRUE reason \"delete_larval\"\n"
      "ISAKMP (0:1): deleting node -2147483648 error FALSE reason \"informational (in) state 1\"\n"
      "ISAKMP (0:1): Input = IKE_MESG_FROM_PEER, IKE_INFO_NOTIFY\n"
      "ISAKMP (0:1): Old State = IKE_P1_COMPLETE  New State = IKE_P1_COMPLETE\n" },
    { "a refusal that came protected was itself processed well", "12.3", 0, refusal_told, "" },
    { "a refusal arrives that anybody could have written", "12.2", IOS_DEBUG_ISAKMP, refusal_told_in_clear,
      "ISAKMP: received ke message (1/1)\nISAKMP: local port 500, remote port 500\n"
      "ISAKMP (0:2): Notify has no hash. Rejected.\n"
      "%CRYPTO-6-IKMP_MODE_FAILURE: Processing of Informational Mode failed with peer at 198.51.100.6\n"
      "ISAKMP (0:2): Notify has no hash. Rejected.\n"
      "%CRYPTO-6-IKMP_MODE_FAILURE: Processing of Informational Mode failed with peer at 198.51.100.6\n" },
    { "a delete arrives", "12.2", IOS_DEBUG_IPSEC, deleted_by_peer,
      "IPSEC(key_engine): got a queue event...\n"
      "IPSEC(key_engine_delete_sas): rec'd delete notify from ISAKMP\n"
      "IPSEC(key_engine_delete_sas): delete SA with spi 194838793/50 for 198.51.100.6\n"
      "IPSEC(create_sa): sa created,\n  (sa) sa_dest= 198.51.100.6, sa_prot= 50,\n"
      "    sa_spi= 0xB9D0109(194838793),\n    sa_trans= esp-des esp-sha-hmac , sa_conn_id= 2000\n"
      "IPSEC(delete_sa): deleting SA,\n  (sa) sa_dest= 198.51.100.6, sa_prot= 50,\n"
      "    sa_spi= 0xB9D0109(194838793),\n    sa_trans= esp-des esp-sha-hmac , sa_conn_id= 2000\n" },
    { "step S00", "12.3", ALL, packet_without_sas,
      "IPSEC(sa_request): ,\n"
      "  (key eng. msg.) OUTBOUND local= 192.0.2.15, remote= 198.51.100.6,\n"
      "    local_proxy= 10.1.0.0/255.255.255.0/0/0 (type=4),\n"
      "    remote_proxy= 10.2.0.8/255.255.255.255/0/0 (type=1),\n"
      "    protocol= ESP, transform= esp-aes esp-sha-hmac (Tunnel),\n"
      "    lifedur= 3600s and 4608000kb,\n"
      "    spi= 0x0(0), conn_id= 0, keysize= 128, flags= 0x400A\n"
      "ISAKMP: received ke message (1/1)\nISAKMP (0:0): SA request profile is (NULL)\n"
      "ISAKMP: local port 500, remote port 500\n"
      "ISAKMP: insert sa successfully sa = <handle>\n"
      "ISAKMP (0:2): Can not start Aggressive mode, trying Main mode.\n" },
};
// clang-format on

Test(faults, are_said_in_the_words_of_the_catalogue)
{
    g_autoptr(GRegex) handle = g_regex_new("sa = [0-9A-F]{8}", 0, 0, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(faults); i++) {
        struct world *w = world_new();
        struct router *r = router_new(w, "r1", faults[i].version, "hostname r1\n");
        sa_up_to(r->d->scope, IKE_RESPONDER, IKE_STATE_R_MM1);
        router_debug(r, faults[i].debugs);
        g_free(router_said(r));
        faults[i].happens(r->d->scope);
        g_autofree char *said = router_said(r);
        g_autofree char *masked =
            g_regex_replace_literal(handle, said, -1, 0, "sa = <handle>", 0, NULL);
        expect_lines(masked, faults[i].lines, faults[i].entry);
        router_free(r);
        world_free(w);
    }
}

/* ---- Vendor IDs: the byte at offset 14, read past the end of short ones ---- */

Test(faults, vendor_ids_give_the_majors_of_the_recorded_client)
{
    static const uint8_t xauth[] = {0x09, 0x00, 0x26, 0x89, 0xdf, 0xd6, 0xb7, 0x12};
    static const uint8_t dpd_payload[] = {0x0d, 0x00, 0x00, 0x14, 0xaf, 0xca, 0xd7, 0x13,
                                          0x68, 0xa1, 0xf1, 0xc9, 0x6b, 0x86, 0x96, 0xfc};
    static const uint8_t nat_t_02[] = {0x90, 0xcb, 0x80, 0x91, 0x3e, 0xbb, 0x69, 0x6e,
                                       0x08, 0x63, 0x81, 0xb5, 0xec, 0x42, 0x7b, 0x1f};
    static const uint8_t fragmentation[] = {0x40, 0x48, 0xb7, 0xd5, 0x6e, 0xbc, 0xe8, 0x85,
                                            0x25, 0xe7, 0xde, 0x7f, 0x00, 0xd6, 0xc2, 0xd3};
    static const struct {
        enum ike_vid vid;
        struct span body, past;
        const char *lines;
    } row[] = {
        {IKE_VID_XAUTH,
         {xauth, 8},
         {dpd_payload, 16},
         "ISAKMP (0:1): vendor ID seems Unity/DPD but major 215 mismatch\n"
         "ISAKMP (0:1): vendor ID is XAUTH\n"},
        {IKE_VID_XAUTH,
         {xauth, 8},
         {NULL, 0},
         "ISAKMP (0:1): vendor ID seems Unity/DPD but major 0 mismatch\n"
         "ISAKMP (0:1): vendor ID is XAUTH\n"},
        {IKE_VID_DPD, {dpd_payload + 4, 12}, {NULL, 0}, "ISAKMP (0:1): vendor ID is DPD\n"},
        {IKE_VID_NAT_T_02N,
         {nat_t_02, 16},
         {NULL, 0},
         "ISAKMP (0:1): vendor ID seems Unity/DPD but major 123 mismatch\n"
         "ISAKMP (0:1): vendor ID is NAT-T v2\n"},
        {IKE_VID_FRAGMENTATION,
         {fragmentation, 16},
         {NULL, 0},
         "ISAKMP (0:1): vendor ID seems Unity/DPD but major 194 mismatch\n"},
        {IKE_VID_UNITY, {NULL, 0}, {NULL, 0}, "ISAKMP (0:1): vendor ID is Unity\n"},
    };
    struct world *w = world_new();
    struct router *r = router_new(w, "r1", "12.3", "hostname r1\n");
    sa_up_to(r->d->scope, IKE_RESPONDER, IKE_STATE_R_MM1);
    router_debug(r, IOS_DEBUG_ISAKMP);
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        g_free(router_said(r));
        TRACE(r->d->scope, ike_vendor_id, .sa = SA, .vid = row[i].vid, .bytes = row[i].body,
              .read_past = row[i].past);
        g_autofree char *said = router_said(r);
        g_autofree char *want =
            g_strconcat("ISAKMP (0:1): processing vendor id payload\n", row[i].lines, NULL);
        expect_lines(said, want, ike_vid_name((int)row[i].vid));
    }
    router_free(r);
    world_free(w);
}
