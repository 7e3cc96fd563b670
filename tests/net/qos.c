/* Queues of interfaces: classes, shares, priority, shaping, limits, marks (RFC 2475, RFC 3290). */
#include "world.h"

#include "net/qos.h"

/* r1 with a policy towards a wire of one megabit; what is put on it is noted. */
struct sent {
    sim_time at;
    uint32_t bytes;
    uint8_t tos;
    uint16_t sport;
};
struct rig {
    struct world *w;
    struct net_node *a, *b;
    struct net_if *out, *in;
    struct net_link *link;
    GArray *sent; /* struct sent */
    uint64_t offered;
};
#define RATE    UINT64_C(1000000)
#define DSCP(n) ((uint8_t)((n) << 2))

static void note_sent(void *self, const struct trace_event *e)
{
    struct rig *r = self;
    const struct ev_link_tx *tx = e->data;
    struct sent s = {e->at, (uint32_t)tx->frame.n, tx->frame.p[1], be16_get(tx->frame.p + 20)};
    g_array_append_val(r->sent, s);
}

static struct rig *rig_new(uint64_t rate)
{
    struct rig *r = g_new0(struct rig, 1);
    struct trace_mask m = {0};
    r->w = world_new(1);
    r->a = host(r->w, "a");
    r->b = host(r->w, "b");
    r->out = port(r->a, "out", "10.0.0.1/24");
    r->in = port(r->b, "in", "10.0.0.2/24");
    r->link = wire(r->w, "wire", r->out, r->in);
    net_link_impair(r->link, 0, &(struct net_impair){.rate_bps = rate, .queue_bytes = 10000000});
    r->out->bandwidth_kbps = 1000;
    r->sent = g_array_new(FALSE, FALSE, sizeof(struct sent));
    trace_mask_add(&m, EV_link_tx);
    trace_subscribe(r->w->trace, net_node_scope(r->a), &m, note_sent, r);
    return r;
}

static void rig_free(struct rig *r)
{
    trace_unsubscribe(r->w->trace, note_sent, r);
    g_array_free(r->sent, TRUE);
    world_free(r->w);
    g_free(r);
}

static const struct sent *sent_at(const struct rig *r, guint i)
{
    return &g_array_index(r->sent, struct sent, i);
}

/* A datagram of so many bytes of IP. */
static void offer(struct rig *r, uint8_t tos, uint16_t sport, uint32_t bytes)
{
    static const uint8_t zeros[1500];
    net_send_udp(r->a, 0, sport, addr("10.0.0.2"), 9, tos,
                 span_of(zeros, bytes - IP4_HEAD - UDP_HEAD));
    r->offered += bytes;
}

static struct qos_match *match_dscp(struct qos_class_map *m, unsigned dscp)
{
    struct qos_match *x = qos_match_add(m, QOS_MATCH_DSCP);
    x->values = UINT64_C(1) << dscp;
    return x;
}

/* A class of one code point in policy "p". */
static struct qos_rule *class_of(struct rig *r, const char *name, unsigned dscp)
{
    match_dscp(qos_map_make(net_qos(r->a), name), dscp);
    return qos_rule_make(qos_policy_make(net_qos(r->a), "p"), name);
}

static const struct qos_class *class_named(struct rig *r, const char *name)
{
    const struct qos_class *c;
    for (size_t i = 0; (c = net_if_class(r->out, true, i, NULL)); i++)
        if (!strcmp(c->rule ? c->rule->class_name : QOS_DEFAULT_CLASS, name))
            return c;
    return NULL;
}

static uint32_t next_random(uint32_t *x)
{
    *x = *x * 1664525u + 1013904223u;
    return *x >> 8;
}

/* ---- Sharing ---- */

Test(qos, backlogged_classes_are_never_more_than_a_packet_from_their_share)
{
    static const uint32_t kbps[] = {50, 100, 250, 399};
    enum { CLASSES = 4, PACKETS = 600, LARGEST = 1500 };
    struct rig *r = rig_new(RATE);
    uint32_t x = 7;
    for (unsigned c = 0; c < CLASSES; c++) {
        g_autofree char *name = g_strdup_printf("c%u", c);
        struct qos_rule *rule = class_of(r, name, 10 + c);
        rule->bandwidth = QOS_KBPS;
        rule->amount = kbps[c];
        rule->limit = PACKETS;
    }
    cr_assert(net_if_set_policy(r->out, true, "p"));
    for (unsigned i = 0; i < CLASSES * PACKETS; i++)
        offer(r, DSCP(10 + i % CLASSES), 1, 60 + next_random(&x) % (LARGEST - 60));
    world_run(r->w, SECONDS(5)); /* all still have packets then */
    for (unsigned c = 0; c < CLASSES; c++) {
        g_autofree char *name = g_strdup_printf("c%u", c);
        cr_assert_gt(class_named(r, name)->depth, 0, "class %u", c);
    }
    uint64_t bytes[CLASSES] = {0};
    for (guint i = 0; i < r->sent->len; i++) {
        bytes[(sent_at(r, i)->tos >> 2) - 10] += sent_at(r, i)->bytes;
        for (unsigned a = 0; a < CLASSES; a++)
            for (unsigned b = 0; b < CLASSES; b++) /* each may be a packet off, to its own side */
                cr_assert_leq(bytes[a] * kbps[b],
                              bytes[b] * kbps[a] + (uint64_t)LARGEST * (kbps[a] + kbps[b]),
                              "packet %u: %u against %u", i, a, b);
    }
    cr_assert_gt(r->sent->len, 700);
    rig_free(r);
}

Test(qos, the_default_class_has_what_nobody_is_promised)
{
    struct rig *r = rig_new(RATE);
    struct qos_rule *rule = class_of(r, "gold", 10);
    rule->bandwidth = QOS_PERCENT;
    rule->amount = 60;
    rule->limit = 1000;
    qos_rule_make(qos_policy_find(net_qos(r->a), "p"), QOS_DEFAULT_CLASS)->limit = 1000;
    net_if_set_policy(r->out, true, "p");
    for (unsigned i = 0; i < 600; i++)
        offer(r, i % 2 ? DSCP(10) : 0, 1, 1000);
    world_run(r->w, SECONDS(2));
    uint64_t gold = class_named(r, "gold")->sent.packets;
    uint64_t rest = class_named(r, QOS_DEFAULT_CLASS)->sent.packets;
    cr_expect_leq(ABS((int64_t)(gold * 40) - (int64_t)(rest * 60)), 100 + 60, "%u and %u",
                  (unsigned)gold, (unsigned)rest);
    cr_expect_eq(gold + rest, 250 + 1);
    rig_free(r);
}

Test(qos, a_class_that_comes_back_has_saved_nothing_up)
{
    struct rig *r = rig_new(RATE);
    for (unsigned c = 0; c < 2; c++) {
        struct qos_rule *rule = class_of(r, c ? "b" : "a", 10 + c);
        rule->bandwidth = QOS_KBPS;
        rule->amount = 300;
        rule->limit = 1000;
    }
    net_if_set_policy(r->out, true, "p");
    for (unsigned i = 0; i < 100; i++)
        offer(r, DSCP(10), 1, 1000);
    world_run(r->w, MILLISECONDS(400)); /* only a was here for 50 packets */
    guint from = r->sent->len;
    for (unsigned i = 0; i < 20; i++)
        offer(r, DSCP(11), 1, 1000);
    world_run(r->w, MILLISECONDS(560));
    unsigned b = 0;
    for (guint i = from; i < from + 10; i++)
        b += sent_at(r, i)->tos == DSCP(11);
    cr_expect(b == 5 || b == 6, "b had %u of 10", b);
    rig_free(r);
}

/* ---- Priority ---- */

Test(qos, priority_never_waits_longer_than_one_packet)
{
    struct rig *r = rig_new(RATE);
    struct qos_rule *voice = class_of(r, "voice", 46);
    voice->priority = QOS_KBPS;
    voice->amount = 200;
    voice->burst = 5000;
    net_if_set_policy(r->out, true, "p");
    uint32_t x = 3;
    sim_time wire = 1500 * 8 * MICROSECONDS(1);
    for (unsigned i = 0; i < 400; i++) {
        offer(r, 0, 1, 1500);
        offer(r, 0, 2, 1500);
        world_run(r->w, sim_now(r->w->sim) + MICROSECONDS(1) * (1 + next_random(&x) % 20000));
        guint before = r->sent->len;
        sim_time now = sim_now(r->w->sim);
        offer(r, DSCP(46), 3, 200);
        world_run(r->w, now + wire);
        bool found = false;
        for (guint k = before; k < r->sent->len; k++)
            found = found || sent_at(r, k)->sport == 3;
        cr_assert(found, "packet %u still waits %u us later", i, 12000);
    }
    cr_expect_eq(class_named(r, "voice")->dropped.packets, 0);
    rig_free(r);
}

Test(qos, priority_is_held_to_its_rate_only_while_others_wait)
{
    static const struct {
        bool bulk;
        uint64_t over_least, over_most;
    } row[] = {{false, 0, 0}, {true, 30, 75}};
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct rig *r = rig_new(RATE);
        struct qos_rule *voice = class_of(r, "voice", 46);
        voice->priority = QOS_KBPS;
        voice->amount = 100; /* 400 are sent */
        voice->burst = 2500;
        net_if_set_policy(r->out, true, "p");
        for (unsigned n = 0; n < 100; n++) {
            for (unsigned k = 0; row[i].bulk && k < 2; k++)
                offer(r, 0, 1, 1500);
            offer(r, DSCP(46), 3, 500);
            world_run(r->w, sim_now(r->w->sim) + MILLISECONDS(10));
        }
        uint64_t over = class_named(r, "voice")->over.packets;
        cr_expect(over >= row[i].over_least && over <= row[i].over_most, "bulk %d: %u over",
                  row[i].bulk, (unsigned)over);
        cr_expect_eq(counter(r->a, "drop.QOS_PRIORITY"), over);
        rig_free(r);
    }
}

/* ---- Shaping ---- */

/* In every interval from one packet to another no more than a bucket and the rate. */
static void expect_conforms(const struct rig *r, uint64_t bps, uint64_t bucket_bits)
{
    for (guint a = 0; a < r->sent->len; a++) {
        uint64_t bits = 0;
        for (guint b = a; b < r->sent->len; b++) {
            bits += (uint64_t)sent_at(r, b)->bytes * 8;
            uint64_t ns = (uint64_t)(sent_at(r, b)->at - sent_at(r, a)->at);
            cr_assert_leq(bits, bucket_bits + bps * ns / 1000000000 + 1, "packets %u to %u", a, b);
        }
    }
}

Test(qos, a_shaper_keeps_to_its_bucket_in_every_interval)
{
    static const struct {
        uint64_t bps;
        uint32_t bc, be;
        uint32_t most; /* size of packets */
    } row[] = {
        {64000, 8000, 0, 1000},     {64000, 8000, 8000, 500},  {256000, 12000, 24000, 1500},
        {500000, 4000, 0, 1500},    {1000000, 20000, 0, 1500}, {128000, 1600, 0, 200},
        {333333, 12345, 678, 1400}, {8000, 8000, 8000, 100},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct rig *r = rig_new(0);
        uint32_t x = (uint32_t)i;
        struct qos_rule *all =
            qos_rule_make(qos_policy_make(net_qos(r->a), "p"), QOS_DEFAULT_CLASS);
        all->shape = (struct qos_rate){.bps = row[i].bps, .bc = row[i].bc, .be = row[i].be};
        all->limit = 1000;
        net_if_set_policy(r->out, true, "p");
        for (unsigned n = 0; n < 300; n++) {
            offer(r, 0, 1, 60 + next_random(&x) % (row[i].most - 59));
            if (next_random(&x) % 4 == 0)
                world_run(r->w, sim_now(r->w->sim) + MICROSECONDS(next_random(&x) % 200000));
        }
        sim_time from = sim_now(r->w->sim);
        world_run(r->w, from + SECONDS(600));
        cr_assert_eq(r->sent->len, 300, "row %zu", i);
        expect_conforms(r, row[i].bps, MAX(row[i].bc + row[i].be, row[i].most * 8));
        /* and it is not slower than the rate while packets wait */
        sim_time last = sent_at(r, 299)->at;
        cr_expect_leq((uint64_t)last,
                      (uint64_t)from + r->offered * 8 * 1000000000 / row[i].bps + 1000, "row %zu",
                      i);
        cr_expect_gt(class_named(r, QOS_DEFAULT_CLASS)->delayed.packets, 0, "row %zu", i);
        rig_free(r);
    }
}

Test(qos, a_policy_within_a_shaper_shares_what_the_shaper_lets_through)
{
    struct rig *r = rig_new(0);
    struct qos_rule *voice = class_of(r, "voice", 46), *data = class_of(r, "data", 10);
    voice->priority = QOS_PERCENT;
    voice->amount = 20;
    voice->burst = 4000;
    data->bandwidth = QOS_PERCENT;
    data->amount = 60;
    data->limit = 500;
    qos_rule_make(qos_policy_find(net_qos(r->a), "p"), QOS_DEFAULT_CLASS)->limit = 500;
    struct qos_rule *all =
        qos_rule_make(qos_policy_make(net_qos(r->a), "parent"), QOS_DEFAULT_CLASS);
    all->shape = (struct qos_rate){.bps = 400000, .bc = 12000};
    all->child = g_strdup("p");
    net_if_set_policy(r->out, true, "parent");
    for (unsigned i = 0; i < 300; i++) {
        offer(r, DSCP(10), 1, 1000);
        offer(r, 0, 2, 1000);
    }
    for (unsigned i = 0; i < 100; i++) { /* 50 kbit/s of priority */
        sim_time now = sim_now(r->w->sim);
        guint before = r->sent->len;
        offer(r, DSCP(46), 3, 250);
        world_run(r->w, now + MILLISECONDS(40));
        bool found = false;
        for (guint k = before; k < r->sent->len; k++)
            found = found || sent_at(r, k)->sport == 3;
        cr_assert(found, "packet %u", i);
    }
    expect_conforms(r, 400000, 12000);
    uint64_t of[4] = {0};
    for (guint i = 0; i < r->sent->len; i++)
        of[sent_at(r, i)->sport] += sent_at(r, i)->bytes;
    cr_expect_eq(of[3], 100 * 250);
    /* 80 kbit/s of priority are reserved and 240 promised: the rest has 80 */
    cr_expect_leq(ABS((int64_t)(of[1] * 80) - (int64_t)(of[2] * 240)), 1000 * 320, "%u and %u",
                  (unsigned)of[1], (unsigned)of[2]);
    uint32_t level = 9;
    cr_expect_not_null(net_if_class(r->out, true, 1, &level));
    cr_expect_eq(level, 1);
    rig_free(r);
}

/* ---- Limits, marks, rates ---- */

Test(qos, a_full_queue_drops_what_comes_last)
{
    struct rig *r = rig_new(RATE);
    struct qos_rule *rule = class_of(r, "bulk", 8);
    rule->bandwidth = QOS_KBPS;
    rule->amount = 500;
    rule->limit = 10;
    net_if_set_policy(r->out, true, "p");
    for (unsigned i = 0; i < 100; i++)
        offer(r, DSCP(8), (uint16_t)i, 500);
    const struct qos_class *c = class_named(r, "bulk");
    cr_expect_eq(c->depth, 10);
    cr_expect_eq(c->depth_bytes, 5000);
    cr_expect_eq(c->limited.packets, 89); /* one is on the wire */
    cr_expect_eq(c->seen.packets, 100);
    cr_expect_eq(c->matched.packets, 99);
    world_run(r->w, SECONDS(1));
    cr_expect_eq(r->sent->len, 11);
    for (guint i = 0; i < r->sent->len; i++)
        cr_expect_eq(sent_at(r, i)->sport, i);
    cr_expect_eq(class_named(r, "bulk")->sent.packets, 11);
    cr_expect_eq(counter(r->a, "drop.QOS_LIMIT"), 89);
    cr_expect_eq(r->out->out_drops, 89);
    rig_free(r);
}

Test(qos, the_ring_of_the_wire_is_not_overtaken)
{
    static const uint32_t ring[] = {1, 2, 5, 16};
    for (size_t i = 0; i < G_N_ELEMENTS(ring); i++) {
        struct rig *r = rig_new(RATE);
        struct qos_rule *voice = class_of(r, "voice", 46);
        voice->priority = QOS_KBPS;
        voice->amount = 100;
        voice->burst = 1000;
        net_if_set_tx_ring(r->out, ring[i]);
        net_if_set_policy(r->out, true, "p");
        for (unsigned n = 0; n < 30; n++)
            offer(r, 0, 1, 1000);
        offer(r, DSCP(46), 3, 100);
        world_run(r->w, SECONDS(1));
        cr_expect_eq(sent_at(r, ring[i])->sport, 3, "ring of %u", ring[i]);
        rig_free(r);
    }
}

Test(qos, marks_leave_the_congestion_bits_alone)
{
    struct rig *r = rig_new(0);
    class_of(r, "mark", 0)->dscp = 26;
    struct qos_rule *prec = class_of(r, "prec", 10);
    prec->precedence = 5;
    net_if_set_policy(r->out, true, "p");
    offer(r, 0, 1, 100);
    offer(r, 3, 1, 100);
    offer(r, DSCP(10) | 1, 1, 100);
    world_run(r->w, SECONDS(1));
    cr_expect_eq(sent_at(r, 0)->tos, DSCP(26));
    cr_expect_eq(sent_at(r, 1)->tos, DSCP(26) | 3);
    cr_expect_eq(sent_at(r, 2)->tos, (5 << 5) | 1);
    cr_expect_eq(counter(r->b, "drop.IP_CHECKSUM"), 0);
    cr_expect_eq(r->in->in_packets, 3);
    cr_expect_eq(class_named(r, "mark")->marked, 2);
    rig_free(r);
}

Test(qos, a_policer_drops_or_marks_what_is_over_its_rate)
{
    struct rig *r = rig_new(0);
    struct qos_rule *drop = class_of(r, "drop", 10), *mark = class_of(r, "mark", 12);
    drop->police = mark->police = (struct qos_rate){.bps = 80000, .bc = 2000};
    mark->exceed = (struct qos_action){QOS_MARK, 14};
    net_if_set_policy(r->out, true, "p");
    for (unsigned i = 0; i < 10; i++) {
        offer(r, DSCP(10), 1, 500);
        offer(r, DSCP(12), 2, 500);
    }
    world_run(r->w, SECONDS(1));
    cr_expect_eq(r->sent->len, 14, "%u", r->sent->len); /* 4 of the bucket, and all marked ones */
    cr_expect_eq(class_named(r, "drop")->exceeded.packets, 6);
    cr_expect_eq(class_named(r, "drop")->dropped.packets, 6);
    cr_expect_eq(counter(r->a, "drop.QOS_POLICE"), 6);
    unsigned marked = 0;
    for (guint i = 0; i < r->sent->len; i++)
        marked += sent_at(r, i)->tos == DSCP(14);
    cr_expect_eq(marked, 6);
    rig_free(r);
}

Test(qos, an_input_policy_marks_and_polices_what_comes_in)
{
    struct rig *r = rig_new(0);
    struct qos_rule *all = qos_rule_make(qos_policy_make(net_qos(r->b), "in"), QOS_DEFAULT_CLASS);
    all->police = (struct qos_rate){.bps = 8000, .bc = 1000};
    cr_assert(net_if_set_policy(r->in, false, "in"));
    for (unsigned i = 0; i < 5; i++)
        offer(r, 0, 1, 500);
    world_run(r->w, SECONDS(1));
    cr_expect_eq(counter(r->b, "drop.QOS_POLICE"), 3);
    cr_expect_eq(r->in->in_drops, 3);
    cr_expect_eq(net_if_class(r->in, false, 0, NULL)->conformed.packets, 2);
    rig_free(r);
}

/* ---- Flows within a class ---- */

Test(qos, fair_queues_share_alike_whoever_sends_more)
{
    struct rig *r = rig_new(RATE);
    struct qos_rule *all = qos_rule_make(qos_policy_make(net_qos(r->a), "p"), QOS_DEFAULT_CLASS);
    all->flows = 256;
    all->limit = 1000;
    net_if_set_policy(r->out, true, "p");
    for (unsigned i = 0; i < 300; i++) {
        offer(r, 0, 1, 1500);
        if (i % 3 == 0)
            offer(r, 0, 2, 300);
        if (i % 3 == 1)
            offer(r, 0, 2, 300);
    }
    uint64_t bytes[3] = {0};
    world_run(r->w, MILLISECONDS(300));
    for (guint i = 1; i < r->sent->len; i++) { /* the first went before anybody else was there */
        bytes[sent_at(r, i)->sport] += sent_at(r, i)->bytes;
        cr_assert_leq(ABS((int64_t)bytes[1] - (int64_t)bytes[2]), 1800, "packet %u", i);
    }
    rig_free(r);
}

/* ---- Classes ---- */

Test(qos, a_packet_is_of_the_first_class_that_takes_it)
{
    // clang-format off
    static const struct { uint8_t tos; uint16_t sport; const char *class; } row[] = {
        { DSCP(46), 1, "ef" },       { DSCP(46) | 2, 1, "ef" },  { DSCP(10), 1, "af" },
        { DSCP(12), 1, "af" },       { DSCP(14), 1, "class-default" }, { 0xc0, 1, "net" },
        { 0, 7, "list" },            { 0xa0, 7, "both" },        { 0xa0, 8, "class-default" },
        { DSCP(46), 7, "ef" },       { 0, 8, "class-default" },
    };
    // clang-format on
    struct rig *r = rig_new(0);
    struct qos_conf *c = net_qos(r->a);
    struct qos_policy *p = qos_policy_make(c, "p");
    match_dscp(qos_map_make(c, "ef"), 46);
    qos_map_find(c, "ef")->any = true;
    match_dscp(qos_map_make(c, "af"), 10)->values |= UINT64_C(1) << 12;
    qos_match_add(qos_map_make(c, "net"), QOS_MATCH_PRECEDENCE)->values = 1 << 6;
    qos_match_add(qos_map_make(c, "both"), QOS_MATCH_PRECEDENCE)->values = 1 << 5;
    qos_match_add(qos_map_find(c, "both"), QOS_MATCH_ACL)->acl = g_strdup("101");
    qos_match_add(qos_map_make(c, "list"), QOS_MATCH_ACL)->acl = g_strdup("101");
    struct qos_match *no = qos_match_add(qos_map_find(c, "list"), QOS_MATCH_PRECEDENCE);
    no->values = 1 << 5;
    no->negated = true;
    qos_map_make(c, "empty");
    struct acl_line *l = acl_line_new();
    l->protocol = IPPROTO_NUM_UDP;
    l->sport = (struct acl_ports){7, 7};
    acl_add(net_acl_make(r->a, "101", true), l);
    static const char *const order[] = {"empty", "ef", "af", "net", "both", "list", "undefined"};
    qos_rule_make(p, QOS_DEFAULT_CLASS);
    for (size_t i = 0; i < G_N_ELEMENTS(order); i++)
        qos_rule_make(p, order[i]);
    qos_rule_remove(p, "undefined");
    net_if_set_policy(r->out, true, "p");
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        net_qos_clear_counters(r->out);
        offer(r, row[i].tos, row[i].sport, 100);
        cr_expect_eq(class_named(r, row[i].class)->seen.packets, 1, "row %zu", i);
    }
    rig_free(r);
}

Test(qos, a_class_found_before_wrapping_holds_for_the_wrapped_packet)
{
    struct rig *r = rig_new(0);
    struct qos_conf *c = net_qos(r->a);
    qos_match_add(qos_map_make(c, "udp"), QOS_MATCH_PROTOCOL)->protocol = IPPROTO_NUM_UDP;
    qos_rule_make(qos_policy_make(c, "p"), "udp");
    net_if_set_policy(r->out, true, "p");
    for (int before = 0; before < 2; before++) {
        struct pkt *p = raw_ip("10.0.0.1", "10.0.0.2", IPPROTO_NUM_UDP, 1, 0, 64, "12345678", 8);
        if (before)
            net_qos_preclassify(r->out, p);
        pkt_data(p)[9] = IPPROTO_NUM_ESP; /* as a wrapped one looks */
        net_output_on(r->out, addr("10.0.0.2"), p);
        cr_expect_eq(class_named(r, "udp")->seen.packets, (uint64_t)before);
    }
    rig_free(r);
}

/* ---- Changes while packets wait ---- */

Test(qos, a_policy_that_goes_lets_go_what_waited)
{
    struct rig *r = rig_new(RATE);
    qos_policy_make(net_qos(r->a), "p");
    net_if_set_policy(r->out, true, "p");
    for (unsigned i = 0; i < 20; i++)
        offer(r, 0, (uint16_t)i, 500);
    net_if_set_policy(r->out, true, NULL);
    cr_expect_null(net_if_policy(r->out, true));
    world_run(r->w, SECONDS(1));
    cr_expect_eq(r->sent->len, 20);
    for (guint i = 0; i < r->sent->len; i++)
        cr_expect_eq(sent_at(r, i)->sport, i);
    rig_free(r);
}

Test(qos, a_policy_that_changes_keeps_what_waits_in_order)
{
    struct rig *r = rig_new(RATE);
    struct qos_rule *a = class_of(r, "a", 10);
    a->bandwidth = QOS_KBPS;
    a->amount = 100;
    net_if_set_policy(r->out, true, "p");
    for (unsigned i = 0; i < 20; i++)
        offer(r, DSCP(10), (uint16_t)i, 500);
    qos_rule_find(qos_policy_find(net_qos(r->a), "p"), "a")->amount = 300;
    net_qos_changed(r->a);
    cr_expect_eq(class_named(r, "a")->depth, 19);
    qos_policy_remove(net_qos(r->a), "p");
    net_qos_changed(r->a);
    world_run(r->w, SECONDS(1));
    cr_expect_eq(r->sent->len, 20);
    for (guint i = 0; i < r->sent->len; i++)
        cr_expect_eq(sent_at(r, i)->sport, i);
    rig_free(r);
}

Test(qos, packets_that_wait_at_the_end_are_not_leaked_and_policies_cannot_hold_themselves)
{
    struct rig *r = rig_new(1000);
    struct qos_conf *c = net_qos(r->a);
    struct qos_rule *x = qos_rule_make(qos_policy_make(c, "x"), QOS_DEFAULT_CLASS);
    struct qos_rule *y = qos_rule_make(qos_policy_make(c, "y"), QOS_DEFAULT_CLASS);
    x->child = g_strdup("y");
    cr_expect(qos_policy_holds(c, "x", "y"));
    cr_expect_not(qos_policy_holds(c, "y", "x"));
    y->child = g_strdup("x"); /* whoever lets that happen gets a bounded depth */
    cr_expect(net_if_set_policy(r->out, true, "x"));
    cr_expect_not(net_if_set_policy(r->out, true, "z"));
    for (unsigned i = 0; i < 20; i++)
        offer(r, 0, 1, 500);
    cr_expect_eq(class_named(r, QOS_DEFAULT_CLASS)->depth, 19);
    rig_free(r);
}

Test(qos, without_a_busy_wire_nothing_waits_and_no_event_is_made)
{
    struct rig *r = rig_new(RATE);
    world_log_event(r->w, EV_queue_in);
    qos_policy_make(net_qos(r->a), "p");
    net_if_set_policy(r->out, true, "p");
    for (unsigned i = 0; i < 20; i++) {
        sim_time now = sim_now(r->w->sim);
        offer(r, 0, 1, 500);
        cr_expect_eq(sent_at(r, i)->at, now);
        world_run(r->w, now + MILLISECONDS(4));
    }
    cr_expect_str_eq(world_log(r->w), "");
    cr_expect_eq(class_named(r, QOS_DEFAULT_CLASS)->matched.packets, 0);
    rig_free(r);
}
