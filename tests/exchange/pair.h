/* Two IKE engines joined by a path that loses, repeats, swaps and damages datagrams as told. IPsec
 * is played by a list of what was installed. */
#ifndef EXCHANGE_PAIR_H
#define EXCHANGE_PAIR_H

#include <criterion/criterion.h>

#include "ike/ike.h"
#include "kernel/rng.h"
#include "wire/isakmp.h"

#define PAIR_I      IKE_INITIATOR
#define PAIR_R      IKE_RESPONDER
#define PAIR_ADDR_I IP4(192, 0, 2, 1)
#define PAIR_ADDR_R IP4(192, 0, 2, 2)

struct pair_end;
struct pair_child {
    struct ike_child c; /* its spans point into the arrays below */
    uint8_t keymat_in[64], keymat_out[64];
    struct pair_end *end;
    struct sim_timer soft, hard; /* armed where IPsec has lifetimes */
    sim_time born;
    bool replaced;
};
struct ike_pair;
struct pair_end {
    struct ike_pair *pair;
    enum ike_role side;
    ip4 addr, peer;
    struct ike_conf *conf;
    struct ike_profile profile;
    struct ike_engine *engine;
    struct trace_scope *scope;
    GPtrArray *children; /* struct pair_child, owned: what is installed now */
    uint32_t installed;  /* ever */
    uint32_t failed_requests;
    enum ike_why failed_why;
    uint32_t gone; /* peer_gone was called */
    uint32_t unknown_deletes;
    bool unwanted; /* what waits for phase 1 is configured no more */
    uint64_t heard;
    uint32_t next_spi;
    struct ike_traffic traffic; /* of protected packets, as this end tells it */
    bool watched;
    /* how IPsec judges */
    enum ike_why (*judge_suite)(void *self, ip4 local, ip4 remote,
                                const struct esp_suite *s); /* NULL: suite_why */
    enum ike_why suite_why, request_why, install_why;
    enum crypto_group pfs; /* wanted; GROUP_NONE takes anything */
    uint32_t life_s, life_kb;
    enum crypto_group asked_group;
};
/* What befalls the next datagrams of an end; bit 0 is the next after number `from`. */
struct pair_fault {
    uint32_t from;
    uint64_t lose, repeat, swap;
};
struct ike_pair {
    struct sim *sim;
    struct trace *trace;
    struct pair_end end[2]; /* by enum ike_role */
    sim_time delay;
    GPtrArray *sent; /* struct pair_datagram, owned, in order */
    uint32_t sent_by[2];
    uint64_t lose;       /* bit n: datagram n of both directions */
    uint64_t lose_by[2]; /* bit n: datagram n of that end */
    struct pair_fault ahead[2];
    bool lives;      /* IPsec rekeys its pairs before their lifetime ends, and ends them then */
    uint64_t repeat; /* bit n: arrives twice */
    sim_time repeat_after;
    bool deaf;               /* what is sent to addresses other than the two goes nowhere */
    int swap;                /* this datagram waits for the next of its direction; -1 = none */
    int damage, damage_byte; /* this datagram has a bit of that byte turned; -1 = none */
    uint8_t damage_bits;
    struct sim_port port;
    GString *ladder, *events;
    GHashTable *keys, *ivs; /* for reading what is encrypted */
    bool want_ladder;
};

struct ike_pair *pair_new(void);
/* Every test ends here: the path heals, what is under way has its time, and then both ends are
 * looked over (pair_fault_of). */
void pair_free(struct ike_pair *p);
/* The plain setting has one policy, 3DES SHA group 2; a test that changes it names the whole. */
struct ike_policy *pair_policy(struct ike_pair *p, enum ike_role side, uint32_t priority,
                               enum crypto_cipher c, enum crypto_hash h, enum crypto_group g);
struct ike_request pair_request_of(const struct ike_pair *p, enum ike_role side);
void pair_ask(struct ike_pair *p, enum ike_role side);
void pair_run(struct ike_pair *p, sim_time until);
/* The n-th datagram (from 0) of that end is lost. */
void pair_lose(struct ike_pair *p, enum ike_role side, unsigned n);
const uint8_t *pair_datagram(const struct ike_pair *p, unsigned n);
size_t pair_datagram_bytes(const struct ike_pair *p, unsigned n);
/* Hands the first `bytes` bytes of datagram n to where it went, once more and now. */
void pair_replay(struct ike_pair *p, unsigned n, size_t bytes);
/* "-->" is from end I. Times are those of sending. */
const char *pair_ladder(struct ike_pair *p);
/* Records events of that end, one line each, from now on. */
void pair_record(struct ike_pair *p, enum ike_role side);
bool pair_recorded(const struct ike_pair *p, const char *line);
/* NULL when both ends have the same pairs, mirrored, and nothing is half done; else what is wrong.
 */
const char *pair_disagreement(struct ike_pair *p);
/* As long as anything that a fault left behind may stay: the longest of the profiles' timers. */
sim_time pair_patience(const struct ike_pair *p);
/* Nothing is being negotiated, asked or waited for. */
bool pair_quiet(const struct ike_pair *p);
/* What must hold whenever it is quiet, whatever happened before; NULL, or what is wrong. No two
 * live inbound SAs with one SPI, an end to every SA, one that serves at each end, tables and
 * counters that balance. */
const char *pair_fault_of(const struct ike_pair *p);
/* And what must hold after faults have healed and there was traffic: both ends have the same pairs,
 * and the same IKE SA serves at both, or none. */
const char *pair_discord(struct ike_pair *p);
/* Packets of both ends every second. Who has no pair asks for one; one without a partner carries
 * nothing. */
void pair_traffic(struct ike_pair *p, sim_time until);
/* Lets time pass until it is quiet; false if it never is within the patience. */
bool pair_settle(struct ike_pair *p);
/* A protected packet goes from that end; it comes to the other unless `lost`. */
void pair_packet(struct ike_pair *p, enum ike_role side, bool lost);
/* Both ends announce dead peer detection. */
void pair_announce_dpd(struct ike_pair *p);
/* Datagrams are counted from here: `mask` loses, repeats or swaps what comes next. */
uint64_t pair_from_now(const struct ike_pair *p, uint64_t mask);
/* The small groups, where only the messages matter. */
void pair_small(struct ike_pair *p);
/* What becomes of a pair under every loss of the next eight datagrams, a copy of each of them, and
 * a swap of each: `begin` makes the pair, `go` starts what is tried, `end` lets the time pass and
 * judges. */
struct pair_trial {
    struct ike_pair *(*begin)(void);
    void (*go)(struct ike_pair *p);
    void (*end)(struct ike_pair *p, const char *what, unsigned number);
};
void pair_try_all(const struct pair_trial *t);
/* The same in each direction by itself. */
void pair_try_each_way(const struct pair_trial *t);
uint64_t pair_count(const struct ike_pair *p, enum ike_role side, const char *counter);
/* The state of that end's i-th SA. */
struct ike_sa_view pair_sa(const struct ike_pair *p, enum ike_role side, size_t i);
bool pair_has(const struct ike_pair *p, enum ike_role side, enum ike_state state);

#endif
