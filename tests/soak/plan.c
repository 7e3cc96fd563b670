/* What is drawn from a seed: kinds, settings and lifetimes of a hub and its spokes, pings, and the
 * faults that befall them until the calm at the end. */
#include "soak.h"

#define MARGIN                                                                                     \
    SECONDS(900)      /* behind the longest timer: an exchange with all its copies, and pings */
#define WINDOW_S 1800 /* in which everything must work */
#define QUIET    SECONDS(90) /* at the end nothing is sent, so that nothing is on its way */

struct draw {
    uint64_t state;
};

/* SplitMix64 (Steele, Lea, Flood 2014): a counter, mixed. */
static uint64_t draw_u64(struct draw *d)
{
    uint64_t z = d->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* From least to most, both included. */
static unsigned draw(struct draw *d, unsigned least, unsigned most)
{
    return least + (unsigned)(draw_u64(d) % (most - least + 1));
}

static bool chance(struct draw *d, unsigned percent)
{
    return draw(d, 1, 100) <= percent;
}

#define PICK(d, array) ((array)[draw((d), 0, G_N_ELEMENTS(array) - 1)])

/* ---- Devices ---- */

enum liveness { NO_DPD, DPD_ON_DEMAND, DPD_PERIODIC };
struct box {
    unsigned number; /* 0 = the hub */
    bool asa;
    unsigned phase1_s, phase2_s;
    enum liveness dpd;
    bool recovery; /* IOS: answers an SPI that nobody has */
};

static void outside(GString *out, unsigned number)
{
    g_string_append_printf(out, "203.0.113.%u", number ? 10 + number : 1);
}

static void lan(GString *out, unsigned number)
{
    g_string_append_printf(out, "10.%u.0", number);
}

static const char *inside_if(const struct box *b)
{
    return b->asa ? "Ethernet0/1" : "FastEthernet0/1";
}

static const char *outside_if(const struct box *b)
{
    return b->asa ? "Ethernet0/0" : "FastEthernet0/0";
}

static char *name_of(const struct box *b)
{
    return b->number ? g_strdup_printf("s%u", b->number) : g_strdup("hub");
}

static void line(GString *out, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void line(GString *out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_string_append(out, "        ");
    g_string_append_vprintf(out, format, args);
    g_string_append_c(out, '\n');
    va_end(args);
}

static void ios_config(GString *out, const struct box *b, unsigned from, unsigned to)
{
    line(out, "crypto isakmp policy 10");
    line(out, " encr aes");
    line(out, " authentication pre-share");
    line(out, " group 1");
    line(out, " lifetime %u", b->phase1_s);
    if (b->dpd != NO_DPD)
        line(out, "crypto isakmp keepalive 20 3%s", b->dpd == DPD_PERIODIC ? " periodic" : "");
    if (b->recovery)
        line(out, "crypto isakmp invalid-spi-recovery");
    line(out, "crypto ipsec security-association lifetime seconds %u", b->phase2_s);
    line(out, "crypto ipsec transform-set strong esp-aes esp-sha-hmac");
    for (unsigned peer = from; peer <= to; peer++) {
        g_autoptr(GString) addr = g_string_new(NULL);
        outside(addr, peer);
        line(out, "crypto isakmp key soak%u address %s", peer + b->number, addr->str);
        line(out, "crypto map vpn %u ipsec-isakmp", 10 + peer);
        line(out, " set peer %s", addr->str);
        line(out, " set transform-set strong");
        line(out, " match address %u", 110 + peer);
        line(out, "access-list %u permit ip 10.%u.0.0 0.0.0.255 10.%u.0.0 0.0.0.255", 110 + peer,
             b->number, peer);
        line(out, "ip route 10.%u.0.0 255.255.255.0 %s", peer, addr->str);
    }
    g_autoptr(GString) own = g_string_new(NULL);
    outside(own, b->number);
    line(out, "interface FastEthernet0/0");
    line(out, " ip address %s 255.255.255.0", own->str);
    line(out, " crypto map vpn");
    line(out, "interface FastEthernet0/1");
    line(out, " ip address 10.%u.0.1 255.255.255.0", b->number);
}

static void asa_config(GString *out, const struct box *b, unsigned from, unsigned to)
{
    g_autoptr(GString) own = g_string_new(NULL);
    outside(own, b->number);
    line(out, "interface Ethernet0/0");
    line(out, " nameif outside");
    line(out, " security-level 0");
    line(out, " ip address %s 255.255.255.0", own->str);
    line(out, "interface Ethernet0/1");
    line(out, " nameif inside");
    line(out, " security-level 100");
    line(out, " ip address 10.%u.0.1 255.255.255.0", b->number);
    line(out, "crypto ipsec transform-set strong esp-aes esp-sha-hmac");
    line(out, "crypto ipsec security-association lifetime seconds %u", b->phase2_s);
    for (unsigned peer = from; peer <= to; peer++) {
        g_autoptr(GString) addr = g_string_new(NULL);
        outside(addr, peer);
        line(out,
             "access-list vpn%u extended permit ip 10.%u.0.0 255.255.255.0 10.%u.0.0 "
             "255.255.255.0",
             peer, b->number, peer);
        line(out,
             "access-list nonat extended permit ip 10.%u.0.0 255.255.255.0 10.%u.0.0 "
             "255.255.255.0",
             b->number, peer);
        line(out, "route outside 10.%u.0.0 255.255.255.0 %s 1", peer, addr->str);
        line(out, "crypto map vpn %u match address vpn%u", 10 + peer, peer);
        line(out, "crypto map vpn %u set peer %s", 10 + peer, addr->str);
        line(out, "crypto map vpn %u set transform-set strong", 10 + peer);
        line(out, "tunnel-group %s type ipsec-l2l", addr->str);
        line(out, "tunnel-group %s ipsec-attributes", addr->str);
        line(out, " pre-shared-key soak%u", peer + b->number);
        if (b->dpd == NO_DPD)
            line(out, " isakmp keepalive disable");
    }
    line(out, "nat (inside) 0 access-list nonat");
    line(out, "crypto map vpn interface outside");
    line(out, "crypto isakmp identity address");
    line(out, "crypto isakmp enable outside");
    line(out, "crypto isakmp policy 10");
    line(out, " authentication pre-share");
    line(out, " encryption aes");
    line(out, " hash sha");
    line(out, " group 1");
    line(out, " lifetime %u", b->phase1_s);
}

static const unsigned phase1_lives[] = {1200, 3600, 7200, 14400};

static void box_draw(struct draw *d, struct box *b, unsigned number, unsigned alike)
{
    static const unsigned phase2[] = {600, 1200, 3600, 7200};
    b->number = number;
    b->asa = chance(d, 50);
    b->phase1_s = alike ? alike : PICK(d, phase1_lives);
    b->phase2_s = PICK(d, phase2);
    b->dpd = (enum liveness)draw(d, NO_DPD, DPD_PERIODIC);
    b->recovery = chance(d, 30);
}

static void put_box(GString *out, const struct box *b, unsigned spokes)
{
    g_autofree char *name = name_of(b);
    g_string_append_printf(out, "    %s:\n      kind: %s\n      version: \"%s\"\n", name,
                           b->asa ? "asa" : "ios", b->asa ? "8.2(5)" : "12.4");
    /* The exponents are short: what is soaked is the life of SAs, not the arithmetic. */
    g_string_append(out, "      profile: {dh-secret-bits: 160}\n      startup-config: |\n");
    line(out, "hostname %s", name);
    (b->asa ? asa_config : ios_config)(out, b, b->number ? 0 : 1, b->number ? 0 : spokes);
    g_string_append_printf(out, "    h%u: {kind: host, address: ", b->number);
    lan(out, b->number);
    g_string_append(out, ".5/24, gateway: ");
    lan(out, b->number);
    g_string_append(out, ".1}\n");
}

static void put_topology(GString *out, const struct box *box, unsigned spokes)
{
    g_string_append(out, "topology:\n  nodes:\n");
    for (unsigned i = 0; i <= spokes; i++)
        put_box(out, &box[i], spokes);
    g_string_append(out, "  links:\n    - {name: wan, endpoints: [");
    for (unsigned i = 0; i <= spokes; i++) {
        g_autofree char *name = name_of(&box[i]);
        g_string_append_printf(out, "%s\"%s:%s\"", i ? ", " : "", name, outside_if(&box[i]));
    }
    g_string_append(out, "], tc: {delay: 15ms, jitter: 3ms}}\n");
    for (unsigned i = 0; i <= spokes; i++) {
        g_autofree char *name = name_of(&box[i]);
        g_string_append_printf(out, "    - {name: lan%u, endpoints: [\"h%u:eth0\", \"%s:%s\"]}\n",
                               i, i, name, inside_if(&box[i]));
    }
}

static void put_traffic(struct draw *d, GString *out, const struct plan *p)
{
    g_string_append(out, "traffic:\n");
    for (unsigned i = 1; i <= p->spokes; i++) {
        bool up = chance(d, 50);
        g_string_append_printf(
            out, "  - {name: p%u, from: h%u, to: h%u, start: %us, every: %us, stop: %us}\n", i,
            up ? i : 0, up ? 0 : i, draw(d, 1, 60), draw(d, 30, 70),
            (unsigned)((p->length - QUIET) / SECONDS(1)));
    }
}

/* ---- Faults ---- */

struct fault {
    struct draw *d;
    GString *out;
    unsigned at, last; /* seconds: when it begins, and the most it may last */
    const struct box *hub, *spoke;
    bool to_spoke; /* the direction, where there is one */
};

static void step(const struct fault *f, unsigned at, const char *format, ...) G_GNUC_PRINTF(3, 4);
static void step(const struct fault *f, unsigned at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_string_append_printf(f->out, "  - {at: %us, ", at);
    g_string_append_vprintf(f->out, format, args);
    g_string_append(f->out, "}\n");
    va_end(args);
}

/* The packets of one direction of one spoke, as keys of a match. */
static char *direction(const struct fault *f)
{
    g_autoptr(GString) addr = g_string_new(NULL);
    outside(addr, f->spoke->number);
    return g_strdup_printf("%s: %s", f->to_spoke ? "dst" : "src", addr->str);
}

static unsigned lasting(const struct fault *f, unsigned least, unsigned most)
{
    return MIN(draw(f->d, least, most), f->last);
}

static void impair(const struct fault *f, const char *worse, const char *well, unsigned most)
{
    g_autofree char *name = name_of(f->to_spoke ? f->hub : f->spoke);
    step(f, f->at, "link: wan, tc-from: {%s: {%s}}", name, worse);
    step(f, f->at + lasting(f, 5, most), "link: wan, tc-from: {%s: {%s}}", name, well);
}

static void loss_burst(const struct fault *f)
{
    g_autofree char *worse = g_strdup_printf("loss: %u%%", draw(f->d, 10, 95));
    impair(f, worse, "loss: 0%", 240);
}

static void reordering(const struct fault *f)
{
    g_autofree char *worse =
        g_strdup_printf("reorder: %u%%, reorder-by: %ums", draw(f->d, 5, 60), draw(f->d, 20, 900));
    impair(f, worse, "reorder: 0%", 400);
}

static void corruption(const struct fault *f)
{
    impair(f, "corrupt: 8%", "corrupt: 0%", 120);
}

static void hole(const struct fault *f, const char *what, unsigned most)
{
    g_autofree char *way = direction(f);
    step(f, f->at, "link: wan, drop: {match: {%s, %s}, for: %us}", way, what, lasting(f, 20, most));
}

static void no_ike(const struct fault *f)
{
    hole(f, "protocol: udp, dport: 500", 1500);
}

static void no_esp(const struct fault *f)
{
    hole(f, "protocol: esp", 900);
}

static void no_quick_mode(const struct fault *f)
{
    hole(f, "isakmp: {exchange: quick}", 300);
}

static void a_message_lost(const struct fault *f)
{
    static const char *const exchange[] = {"main", "quick", "informational"};
    g_autofree char *way = direction(f);
    step(f, f->at,
         "link: wan, drop: {match: {%s, isakmp: {exchange: %s}}, skip: %u, count: %u, "
         "for: 3600s}",
         way, PICK(f->d, exchange), draw(f->d, 0, 3), draw(f->d, 1, 3));
}

static void copies(const struct fault *f)
{
    g_autofree char *way = direction(f);
    step(f, f->at, "link: wan, duplicate: {match: {%s, protocol: udp, dport: 500}, for: %us}", way,
         lasting(f, 60, 1200));
}

static void late_copies(const struct fault *f)
{
    g_autofree char *way = direction(f);
    step(f, f->at, "link: wan, delay: {match: {%s, protocol: udp, dport: 500}, by: %ums, for: %us}",
         way, draw(f->d, 100, 12000), lasting(f, 20, 300));
}

static void reload(const struct fault *f)
{
    g_autofree char *name = name_of(chance(f->d, 12) ? f->hub : f->spoke);
    step(f, f->at, "node: %s, reload: %us", name, lasting(f, 1, 400));
}

static void flap(const struct fault *f)
{
    g_autofree char *name = name_of(f->spoke);
    step(f, f->at, "node: %s, interface: %s, state: down", name, outside_if(f->spoke));
    step(f, f->at + lasting(f, 1, 150), "node: %s, interface: %s, state: up", name,
         outside_if(f->spoke));
}

static void typed(const struct fault *f)
{
    const struct box *b = f->to_spoke ? f->hub : f->spoke;
    g_autofree char *name = name_of(b);
    g_autoptr(GString) peer = g_string_new(NULL);
    outside(peer, f->to_spoke ? f->spoke->number : 0);
    switch (draw(f->d, 0, 3)) {
    case 0:
        step(f, f->at, "node: %s, console: \"clear crypto %s\"", name,
             b->asa ? "isakmp sa" : "isakmp");
        break;
    case 1:
        step(f, f->at, "node: %s, console: \"clear crypto %s\"", name, b->asa ? "ipsec sa" : "sa");
        break;
    default:
        step(f, f->at, "node: %s, console: \"clear crypto %s peer %s\"", name,
             b->asa ? "ipsec sa" : "sa", peer->str);
        break;
    }
}

/* A clear whose deletes nobody hears. */
static void deletes_lost(const struct fault *f)
{
    struct fault quiet = *f, clear = *f;
    quiet.to_spoke = f->to_spoke;
    g_autofree char *way = direction(&quiet);
    step(f, f->at, "link: wan, drop: {match: {%s, isakmp: {exchange: informational}}, for: %us}",
         way, lasting(f, 5, 120));
    clear.at = f->at + 1;
    typed(&clear);
}

static const struct {
    unsigned weight;
    void (*befall)(const struct fault *f);
} faults[] = {
    {14, loss_burst},   {10, reordering},     {4, corruption},   {10, no_ike},     {8, no_esp},
    {6, no_quick_mode}, {10, a_message_lost}, {6, copies},       {6, late_copies}, {8, reload},
    {8, flap},          {10, typed},          {8, deletes_lost},
};

static void befall(struct draw *d, const struct fault *f)
{
    unsigned all = 0, at = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(faults); i++)
        all += faults[i].weight;
    unsigned pick = draw(d, 0, all - 1);
    for (; pick >= faults[at].weight; at++)
        pick -= faults[at].weight;
    faults[at].befall(f);
}

static void put_faults(struct draw *d, struct plan *p, const struct box *box)
{
    unsigned calm = (unsigned)(p->calm / SECONDS(1));
    g_string_append(p->text, "timeline:\n");
    for (unsigned at = draw(d, 30, 600); at + 10 < calm; at += draw(d, 30, 420)) {
        struct fault f = {
            d, p->text, at, calm - at - 5, &box[0], &box[draw(d, 1, p->spokes)], chance(d, 50)};
        befall(d, &f);
        p->faults++;
    }
    g_string_append_printf(p->text, "  - {at: %us, label: calm, link: wan, tc: {loss: 0%%}}\n",
                           calm);
}

/* ---- The whole ---- */

struct plan *plan_new(uint64_t seed, unsigned spokes, sim_time length)
{
    struct plan *p = g_new0(struct plan, 1);
    struct draw d = {seed * UINT64_C(0x100000001b3)};
    g_autofree struct box *box = g_new0(struct box, spokes + 1);
    /* An initiator never learns that the responder's phase 1 is shorter than its own offer. Where
     * they differ, the delete of the one that ended first takes the tunnel of an appliance with it,
     * and no phase 1 is left to tell the peer: its half lives until its own lifetime is over. So
     * there the tunnel is only asked to come back within the longest timer. */
    unsigned alike = chance(&d, 75) ? PICK(&d, phase1_lives) : 0, longest = 0;
    for (unsigned i = 0; i <= spokes; i++) {
        box_draw(&d, &box[i], i, alike);
        longest = MAX(longest, MAX(box[i].phase1_s, box[i].phase2_s));
    }
    p->spokes = spokes;
    p->length = length;
    p->silence = length - QUIET;
    p->works = p->silence - SECONDS(WINDOW_S);
    p->calm = p->works - SECONDS(longest) - MARGIN;
    p->text = g_string_new(NULL);
    g_string_append_printf(p->text,
                           "vpnsim: 1\nname: soak\ntitle: Seed %" G_GUINT64_FORMAT
                           " of the soak, with %u spokes\nseed: %" G_GUINT64_FORMAT
                           "\nduration: %us\n",
                           (guint64)seed, spokes, (guint64)seed, (unsigned)(length / SECONDS(1)));
    put_topology(p->text, box, spokes);
    put_traffic(&d, p->text, p);
    put_faults(&d, p, box);
    g_string_append(p->text, "expect:\n");
    for (unsigned i = 1; i <= spokes; i++)
        g_string_append_printf(p->text,
                               "  - {name: p%u works again, after: %us, traffic: p%u, %s}\n", i,
                               (unsigned)((alike ? p->works : p->calm + MARGIN) / SECONDS(1)), i,
                               alike ? "lost: 0" : "received: \">= 10\"");
    p->alike = alike != 0;
    return p;
}

void plan_free(struct plan *p)
{
    if (!p)
        return;
    g_string_free(p->text, TRUE);
    g_free(p);
}
