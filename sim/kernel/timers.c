/* Timers: a table of slots, each with at most one event in the queue that stands for it.
 *
 * To disarm is to forget the deadline; the event stays and is thrown away when it comes up. To move
 * a deadline back is to change it; the event comes up early, sees that, and is put again at the
 * deadline with the number given when the timer was armed, so that the order among equal times is
 * what it would be had the timer been queued there at once. Only a deadline earlier than the event
 * in the queue needs a new one, and the old becomes stale. A timer that is re-armed for every
 * packet thus costs two stores a packet.
 *
 * An event names its slot and carries a number that no other event ever has: a slot used again for
 * another timer knows only its own, so events of a former life find nothing. */
#include "kernel_priv.h"

#include <string.h>

#define NO_SLOT UINT32_MAX

void timers_init(struct timers *t)
{
    *t = (struct timers){.free = NO_SLOT};
}

void timers_clear(struct timers *t)
{
    g_free(t->slot);
    timers_init(t);
}

static uint32_t slot_new(struct timers *t)
{
    uint32_t i = t->free;
    if (i != NO_SLOT) {
        t->free = t->slot[i].next_free;
        return i;
    }
    if (t->n == t->cap) {
        g_assert(t->cap <= UINT32_MAX / 4);
        t->cap = t->cap ? t->cap * 2 : 16;
        t->slot = g_renew(struct timer_slot, t->slot, t->cap);
    }
    return t->n++;
}

void sim_timer_init(struct sim *sim, struct sim_timer *t, sim_timer_fn fn, void *owner)
{
    g_assert(fn);
    uint32_t i = slot_new(&sim->timers);
    sim->timers.slot[i] =
        (struct timer_slot){.fn = fn, .owner = owner, .at = SIM_TIME_MAX, .next_free = NO_SLOT};
    *t = (struct sim_timer){sim, i};
}

void sim_timer_clear(struct sim_timer *t)
{
    if (!t->sim)
        return;
    struct timers *table = &t->sim->timers;
    table->slot[t->slot] = (struct timer_slot){.next_free = table->free};
    table->free = t->slot;
    *t = (struct sim_timer){0};
}

static struct timer_slot *slot_of(const struct sim_timer *t)
{
    return &t->sim->timers.slot[t->slot];
}

void sim_timer_arm(struct sim_timer *t, sim_time at)
{
    struct sim *sim = t->sim;
    g_assert(sim && at >= sim->now);
    struct timer_slot *s = slot_of(t);
    s->at = at;
    s->seq = ++sim->seq;
    if (s->pending_seq && s->pending_at <= at)
        return;
    s->pending_at = at;
    s->pending_seq = s->seq;
    queue_put(&sim->queue, (struct event){at, s->seq, NULL, t->slot}, sim->now);
}

void sim_timer_arm_in(struct sim_timer *t, sim_time delay)
{
    g_assert(t->sim && delay >= 0);
    sim_time now = t->sim->now;
    sim_timer_arm(t, delay > SIM_TIME_MAX - now ? SIM_TIME_MAX : now + delay);
}

void sim_timer_disarm(struct sim_timer *t)
{
    if (!t->sim)
        return;
    struct timer_slot *s = slot_of(t);
    s->at = SIM_TIME_MAX;
    s->seq = 0;
}

bool sim_timer_armed(const struct sim_timer *t)
{
    return t->sim && slot_of(t)->seq != 0;
}

sim_time sim_timer_at(const struct sim_timer *t)
{
    return t->sim ? slot_of(t)->at : SIM_TIME_MAX;
}

bool timers_ripe(struct sim *sim, const struct event *e)
{
    uint32_t i = (uint32_t)e->arg;
    struct timer_slot *s = &sim->timers.slot[i];
    bool known = s->pending_seq == e->seq;
    if (known && s->seq == e->seq)
        return true;

    queue_drop_first(&sim->queue);
    if (!known)
        return false;
    s->pending_seq = 0;
    if (s->seq) {
        s->pending_at = s->at;
        s->pending_seq = s->seq;
        queue_put_late(&sim->queue, &(struct event){s->at, s->seq, NULL, i}, sim->now);
    }
    return false;
}

void timers_fire(struct sim *sim, uint32_t slot)
{
    struct timer_slot *s = &sim->timers.slot[slot];
    s->at = SIM_TIME_MAX;
    s->seq = 0;
    s->pending_seq = 0;
    s->fn(s->owner); /* which may clear the timer, or make new ones and move the table */
}
