/* Numbers and hashes of the RFCs and drafts that no code here made up: vendor IDs, NAT-D, DES weak
 * keys, attributes. */
#ifndef VECTORS_FACTS_H
#define VECTORS_FACTS_H

// clang-format off
/* text: what the ID is the MD5 of, where it is one. */
static const struct {
    const char *name, *hex, *text;
} vendor_id_vector[] = {
    { "RFC 3947 NAT-T", "4a131c81070358455c5728f20e95452f", "RFC 3947" },
    { "draft-ietf-ipsec-nat-t-ike-03", "7d9419a65310ca6f2c179d9215529d56", "draft-ietf-ipsec-nat-t-ike-03" },
    { "draft-ietf-ipsec-nat-t-ike-07", "439b59f8ba676c4c7737ae22eab8f582", "draft-ietf-ipsec-nat-t-ike-07" }, /* the MD5 of the draft's name, as all of them */
    { "draft-ietf-ipsec-nat-t-ike-02", "cd60464335df21f87cfdb2fc68b6a448", "draft-ietf-ipsec-nat-t-ike-02" },
    { "draft-ietf-ipsec-nat-t-ike-02\\n", "90cb80913ebb696e086381b5ec427b1f", "draft-ietf-ipsec-nat-t-ike-02\n" },
    { "draft-ietf-ipsec-nat-t-ike-00", "4485152d18b6bbcd0be8a8469579ddcc", "draft-ietf-ipsec-nat-t-ike-00" },
    { "draft-ietf-ipsec-nat-t-ike-01", "16f6ca16e4a4066d83821a0f0aeaa862", "draft-ietf-ipsec-nat-t-ike-01" },
    { "XAUTH", "09002689dfd6b712", NULL },
    { "DPD 1.0", "afcad71368a1f1c96b8696fc77570100", NULL },
    { "Cisco Unity 1.0", "12f5f28c457168a9702d9fe274cc0100", "CISCO-UNITY" },
    { "FRAGMENTATION", "4048b7d56ebce88525e7de7f00d6c2d3", "FRAGMENTATION" },
    { "Cisco VPN 3000 (x.y.z)", "1f07f70eaa6514d3b0fa96542a50", NULL },
    { "strongSwan", "882fe56d6fd20dbc2251613b2ebe5beb", "strongSwan" },
    { "Cisco IOS (per ike-scan \"maybe\")", "bdb41038a7ec5e5534dd004d0f91f927", NULL },
};

/* HASH(CKY-I | CKY-R | IP | Port), RFC 3947 3.2 */
static const struct {
    uint64_t cky_i, cky_r;
    uint32_t ip;
    uint16_t port;
    const char *sha1, *md5;
} nat_d_vector = {
    0x0102030405060708, 0x1112131415161718, 0xc0000201, 500,
    "d798d986143f878f70765e0e869c80bbc375f701",
    "cf5faa9384eb43f6272e122d4934e27f",
};

/* DES keys for which encrypting twice gives the plaintext back (FIPS 74). */
static const char *const des_weak_key[] = {
    "0101010101010101",
    "fefefefefefefefe",
    "1f1f1f1f0e0e0e0e",
    "e0e0e0e0f1f1f1f1",
};
/* The second key of a pair undoes the first. */
static const char *const des_semiweak_pair[][2] = {
    { "01fe01fe01fe01fe", "fe01fe01fe01fe01" },
    { "1fe01fe00ef10ef1", "e01fe01ff10ef10e" },
    { "01e001e001f101f1", "e001e001f101f101" },
    { "1ffe1ffe0efe0efe", "fe1ffe1ffe0efe0e" },
    { "011f011f010e010e", "1f011f010e010e01" },
    { "e0fee0fef1fef1fe", "fee0fee0fef1fef1" },
};

/* Numbers of RFC 2407, 2408, 2409 and the mode-config and XAUTH drafts. */
static const struct { int number; const char *name; } ike_encryption_fact[] = {
    { 1, "DES-CBC" },
    { 5, "3DES-CBC" },
    { 7, "AES-CBC" },
};
static const struct { int number; const char *name; } ike_hash_fact[] = {
    { 1, "MD5" },
    { 2, "SHA1" },
    { 4, "SHA2-256" },
    { 5, "SHA2-384" },
    { 6, "SHA2-512" },
};
static const struct { int number; const char *name; } ike_auth_fact[] = {
    { 1, "PSK" },
    { 2, "DSS" },
    { 3, "RSA-SIG" },
    { 65001, "XAUTHInitPreShared" },
    { 65002, "XAUTHRespPreShared" },
    { 65005, "XAUTHInitRSA" },
};
static const struct { int number, bits; } ike_group_fact[] = {
    { 1, 768 },
    { 2, 1024 },
    { 5, 1536 },
    { 14, 2048 },
};
static const struct { const char *name; int attr, key_bytes, icv_bytes; } esp_auth_fact[] = {
    { "hmac_md5_96", 1, 16, 12 },
    { "hmac_sha1_96", 2, 20, 12 },
    { "hmac_sha2_256_128", 5, 32, 16 },
};
static const struct { int number; const char *name; } ipsec_attr_fact[] = {
    { 1, "SA life type" },
    { 2, "SA life duration" },
    { 3, "group description" },
    { 4, "encapsulation mode (1 tunnel 2 transport 3 udp-tunnel 4 udp-transport)" },
    { 5, "authentication algorithm" },
    { 6, "key length" },
};
static const struct { int number; const char *name; } id_type_fact[] = {
    { 1, "IPV4_ADDR" },
    { 2, "FQDN" },
    { 3, "USER_FQDN" },
    { 4, "IPV4_ADDR_SUBNET" },
    { 7, "IPV4_ADDR_RANGE" },
    { 11, "KEY_ID" },
};
static const struct { int number; const char *name; } notify_fact[] = {
    { 1, "INVALID-PAYLOAD-TYPE" },
    { 4, "INVALID-COOKIE" },
    { 9, "INVALID-MESSAGE-ID" },
    { 11, "INVALID-SPI" },
    { 14, "NO-PROPOSAL-CHOSEN" },
    { 16, "PAYLOAD-MALFORMED" },
    { 18, "INVALID-ID-INFORMATION" },
    { 23, "INVALID-HASH-INFORMATION" },
    { 24, "AUTHENTICATION-FAILED" },
    { 24576, "RESPONDER-LIFETIME" },
    { 24577, "REPLAY-STATUS" },
    { 24578, "INITIAL-CONTACT" },
};
static const struct { int number; const char *name; } mode_config_type_fact[] = {
    { 1, "REQUEST" },
    { 2, "REPLY" },
    { 3, "SET" },
    { 4, "ACK" },
};
static const struct { int number; const char *name; } mode_config_attr_fact[] = {
    { 1, "INTERNAL_IP4_ADDRESS" },
    { 2, "INTERNAL_IP4_NETMASK" },
    { 3, "INTERNAL_IP4_DNS" },
    { 4, "INTERNAL_IP4_NBNS" },
    { 5, "INTERNAL_ADDRESS_EXPIRY" },
    { 7, "APPLICATION_VERSION" },
    { 16520, "XAUTH-TYPE" },
    { 16521, "XAUTH-USER-NAME" },
    { 16522, "XAUTH-USER-PASSWORD" },
    { 16523, "XAUTH-PASSCODE" },
    { 16524, "XAUTH-MESSAGE" },
    { 16525, "XAUTH-CHALLENGE" },
    { 16526, "XAUTH-DOMAIN" },
    { 16527, "XAUTH-STATUS" },
    { 28672, "UNITY_BANNER" },
    { 28673, "UNITY_SAVE_PASSWD" },
    { 28674, "UNITY_DEF_DOMAIN" },
    { 28675, "UNITY_SPLITDNS_NAME" },
    { 28676, "UNITY_SPLIT_INCLUDE" },
    { 28677, "UNITY_NATT_PORT" },
    { 28678, "UNITY_LOCAL_LAN" },
    { 28679, "UNITY_PFS" },
    { 28680, "UNITY_FW_TYPE" },
    { 28681, "UNITY_BACKUP_SERVERS" },
    { 28682, "UNITY_DDNS_HOSTNAME" },
};
enum {
    DPD_R_U_THERE_FACT = 36136, DPD_R_U_THERE_ACK_FACT = 36137, /* RFC 3706 */
    NATT_NAT_D_FACT = 20, NATT_NAT_D_DRAFT_FACT = 130, NATT_NAT_OA_FACT = 21, NATT_NAT_OA_DRAFT_FACT = 131, /* RFC 3947 */
    NATT_UDP_TUNNEL_FACT = 3, NATT_UDP_TRANSPORT_FACT = 4, NATT_UDP_TUNNEL_DRAFT_FACT = 61443, NATT_UDP_TRANSPORT_DRAFT_FACT = 61444,
};
// clang-format on

#endif
