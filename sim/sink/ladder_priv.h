/* The ladder: what was collected, for those who draw it. */
#ifndef SINK_LADDER_PRIV_H
#define SINK_LADDER_PRIV_H

#include "sink_priv.h"

#define LADDER_NOBODY UINT32_MAX

/* One packet in words. */
struct ladder_words {
    bool isakmp;
    GString *label; /* the same for packets that may stand in one run */
    GString
        *detail; /* fields, for those who point at an arrow; empty when there is nothing to add */
    bool has_seq;
    uint64_t seq; /* what changes from packet to packet of a run */
};
/* Fills the words of an IPv4 packet; `label` and `detail` are emptied first. */
void ladder_describe(struct span frame, struct ladder_words *words);

enum ladder_kind { LADDER_MARK, LADDER_MESSAGE, LADDER_RUN };
struct ladder_item {
    enum ladder_kind kind;
    sim_time at, last;
    uint32_t from, to;      /* nodes; LADDER_NOBODY when not known */
    uint64_t sent, arrived; /* of a run; a message is a run of one */
    bool has_seq;
    uint64_t seq_first, seq_last;
    enum drop_reason why; /* NONE unless the link dropped it */
    bool again;
    char *label, *detail;
};
struct ladder_view {
    const char *const *node;
    uint32_t n_nodes;
    const struct ladder_item *item;
    size_t n_items;
    uint64_t left_out; /* items beyond the limit */
};
/* The words beside an arrow: label, sequence, count, fate. */
void ladder_caption(GString *out, const struct ladder_item *i);
void ladder_draw_text(GString *out, const struct ladder_view *v);
void ladder_draw_svg(GString *out, const struct ladder_view *v);

#endif
