/* The clock and the loop: run, step, stop, next. */
#include <criterion/criterion.h>
#include <glib.h>
#include "kernel/sim.h"

struct heard {
    struct sim *sim;
    GString *text; /* "<time>:<arg> " for each event */
    uint64_t stop_at;
    unsigned steps;
};

static void hear(void *owner, uint64_t arg)
{
    struct heard *h = owner;
    g_string_append_printf(h->text, "%ld:%lu ", (long)sim_now(h->sim), (unsigned long)arg);
    if (arg == h->stop_at)
        sim_stop(h->sim);
}

static void heard_step(void *self)
{
    struct heard *h = self;
    h->steps++;
    g_string_append_c(h->text, '[');
}

static struct heard heard_new(void)
{
    return (struct heard){sim_new(1, 0), g_string_new(NULL), UINT64_MAX, 0};
}

static void heard_free(struct heard *h)
{
    sim_free(h->sim);
    g_string_free(h->text, TRUE);
}

Test(sim_run, runs_what_is_due_and_sets_the_clock)
{
    struct heard h = heard_new();
    struct sim_port port = {hear, &h};
    sim_post(h.sim, 30, &port, 3);
    sim_post(h.sim, 10, &port, 1);
    sim_post(h.sim, 20, &port, 2);
    cr_expect_eq(sim_next(h.sim), 10);
    cr_expect_eq(sim_pending(h.sim), 3);
    cr_expect_eq(sim_run(h.sim, 20), 2, "an event at the limit is run");
    cr_expect_str_eq(h.text->str, "10:1 20:2 ");
    cr_expect_eq(sim_now(h.sim), 20);
    cr_expect_eq(sim_run(h.sim, 25), 0);
    cr_expect_eq(sim_now(h.sim), 25);
    cr_expect_eq(sim_run(h.sim, 10), 0);
    cr_expect_eq(sim_now(h.sim), 25, "the clock never goes back");
    sim_post(h.sim, 25, &port, 4);
    cr_expect_eq(sim_run(h.sim, 100), 2);
    cr_expect_str_eq(h.text->str, "10:1 20:2 25:4 30:3 ");
    cr_expect_eq(sim_events(h.sim), 4);
    cr_expect_eq(sim_scheduled(h.sim), 4);
    cr_expect_eq(sim_next(h.sim), SIM_TIME_MAX);
    heard_free(&h);
}

Test(sim_run, stops_when_a_handler_says_so_and_goes_on_later)
{
    struct heard h = heard_new();
    struct sim_port port = {hear, &h};
    h.stop_at = 2;
    for (uint64_t i = 1; i <= 4; i++)
        sim_post(h.sim, (sim_time)i * 10, &port, i);
    cr_expect_eq(sim_run(h.sim, 100), 2);
    cr_expect(sim_stopped(h.sim));
    cr_expect_eq(sim_now(h.sim), 20, "the clock stays at the event");
    cr_expect_eq(sim_run(h.sim, 100), 2);
    cr_expect(!sim_stopped(h.sim));
    cr_expect_eq(sim_now(h.sim), 100);
    heard_free(&h);
}

Test(sim_run, steps_one_event_at_a_time)
{
    struct heard h = heard_new();
    struct sim_port port = {hear, &h};
    sim_post(h.sim, 5, &port, 1);
    sim_post(h.sim, 5, &port, 2);
    sim_post(h.sim, 9, &port, 3);
    cr_expect(!sim_step(h.sim, 4));
    cr_expect_eq(sim_now(h.sim), 0, "a step that has nothing to do leaves the clock alone");
    cr_expect(sim_step(h.sim, 5));
    cr_expect_str_eq(h.text->str, "5:1 ");
    cr_expect(sim_step(h.sim, 5));
    cr_expect(!sim_step(h.sim, 8));
    cr_expect(sim_step(h.sim, 9));
    cr_expect(!sim_step(h.sim, SIM_TIME_MAX));
    cr_expect_str_eq(h.text->str, "5:1 5:2 9:3 ");
    heard_free(&h);
}

Test(sim_run, brackets_each_event_with_the_step_function)
{
    struct heard h = heard_new();
    struct sim_port port = {hear, &h};
    sim_set_step_fn(h.sim, heard_step, &h);
    sim_post(h.sim, 1, &port, 1);
    sim_post(h.sim, 2, &port, 2);
    sim_run(h.sim, 10);
    cr_expect_str_eq(h.text->str, "[1:1 [2:2 ");
    sim_set_step_fn(h.sim, NULL, NULL);
    sim_post(h.sim, 11, &port, 3);
    sim_run(h.sim, 20);
    cr_expect_eq(h.steps, 2);
    heard_free(&h);
}

Test(sim_run, keeps_two_simulations_apart)
{
    struct heard a = heard_new(), b = heard_new();
    struct sim_port pa = {hear, &a}, pb = {hear, &b};
    for (uint64_t i = 0; i < 3; i++) {
        sim_post(a.sim, (sim_time)i, &pa, i);
        sim_post(b.sim, (sim_time)(10 * i), &pb, i);
    }
    sim_run(a.sim, 1);
    sim_run(b.sim, 10);
    sim_run(a.sim, 100);
    cr_expect_str_eq(a.text->str, "0:0 1:1 2:2 ");
    cr_expect_str_eq(b.text->str, "0:0 10:1 ");
    cr_expect_eq(sim_now(b.sim), 10);
    heard_free(&a);
    heard_free(&b);
}

Test(sim_run, knows_its_seed_and_run)
{
    struct sim *sim = sim_new(42, 7);
    cr_expect_eq(sim_seed(sim), 42);
    cr_expect_eq(sim_run_number(sim), 7);
    sim_free(sim);
    sim_free(NULL);
}
