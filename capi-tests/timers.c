/*  zmq_timers_*: one-shot sets of repeated timers, executed by the application. */

#include "harness.h"

static int fired[10];

static void fire (int id, void *argument)
{
    (void) id;
    ++*(int *) argument;
}

/*  Sleeps until the next timer is due, and executes. */
static void execute_next (void *timers)
{
    const long timeout = zmq_timers_timeout (timers);
    CHECK (timeout >= 0);
    CHECK_INT (0, zmq_poll (NULL, 0, timeout));
    CHECK_OK (zmq_timers_execute (timers));
}

TEST (no_timer_has_no_timeout)
{
    void *timers = zmq_timers_new ();
    CHECK (timers);
    CHECK_INT (-1, zmq_timers_timeout (timers));
    CHECK_OK (zmq_timers_execute (timers));
    CHECK_OK (zmq_timers_destroy (&timers));
    CHECK (timers == NULL);
}

TEST (timer_fires_again_and_again)
{
    void *timers = zmq_timers_new ();
    const int id = zmq_timers_add (timers, 100000, fire, &fired[0]);
    CHECK (id >= 0);
    const long timeout = zmq_timers_timeout (timers);
    CHECK (timeout > 0 && timeout <= 100000);
    CHECK_OK (zmq_timers_execute (timers));
    CHECK_INT (0, fired[0]);
    CHECK_OK (zmq_timers_set_interval (timers, id, 20));
    for (int i = 1; i <= 3; i++) {
        while (fired[0] < i)
            execute_next (timers);
        CHECK_INT (i, fired[0]);
    }
    CHECK_OK (zmq_timers_destroy (&timers));
}

TEST (identifiers_differ)
{
    void *timers = zmq_timers_new ();
    const int first = zmq_timers_add (timers, 1000, fire, NULL);
    const int second = zmq_timers_add (timers, 1000, fire, NULL);
    CHECK (first != second);
    CHECK_OK (zmq_timers_cancel (timers, first));
    CHECK_ERRNO (EINVAL, zmq_timers_cancel (timers, first));
    CHECK_OK (zmq_timers_cancel (timers, second));
    CHECK_INT (-1, zmq_timers_timeout (timers));
    CHECK_OK (zmq_timers_destroy (&timers));
}

TEST (next_timer_counts)
{
    void *timers = zmq_timers_new ();
    const int slow = zmq_timers_add (timers, 100000, fire, &fired[0]);
    const int fast = zmq_timers_add (timers, 20, fire, &fired[1]);
    CHECK (zmq_timers_timeout (timers) <= 20);
    while (fired[1] == 0)
        execute_next (timers);
    CHECK_INT (0, fired[0]);
    CHECK_OK (zmq_timers_cancel (timers, fast));
    CHECK (zmq_timers_timeout (timers) > 20);
    CHECK_OK (zmq_timers_set_interval (timers, slow, 10));
    CHECK (zmq_timers_timeout (timers) <= 10);
    while (fired[0] == 0)
        execute_next (timers);
    CHECK_OK (zmq_timers_destroy (&timers));
}

TEST (reset_starts_the_interval_anew)
{
    void *timers = zmq_timers_new ();
    const int id = zmq_timers_add (timers, 10000, fire, &fired[0]);
    CHECK_INT (0, zmq_poll (NULL, 0, 31));
    const long before = zmq_timers_timeout (timers);
    CHECK (before >= 0 && before <= 9970);
    CHECK_OK (zmq_timers_reset (timers, id));
    CHECK (zmq_timers_timeout (timers) > before);
    CHECK_OK (zmq_timers_destroy (&timers));
}

static int order[3], ordered;

static void note (int id, void *argument)
{
    (void) id;
    order[ordered++] = *(int *) argument;
}

TEST (due_timers_fire_in_order_of_time)
{
    static int names[] = {0, 1, 2};
    const size_t unit = (size_t) patience_ms () / 200; /* longer than adding them takes */
    void *timers = zmq_timers_new ();
    zmq_timers_add (timers, 3 * unit, note, &names[2]);
    zmq_timers_add (timers, unit, note, &names[0]);
    zmq_timers_add (timers, 2 * unit, note, &names[1]);
    CHECK_INT (0, zmq_poll (NULL, 0, (long) (3 * unit + 5)));
    CHECK_OK (zmq_timers_execute (timers));
    CHECK_INT (3, ordered);
    for (int i = 0; i < 3; i++)
        CHECK_INT (i, order[i]);
    CHECK_OK (zmq_timers_destroy (&timers));
}

static void *own_timers;

static void cancel_itself (int id, void *argument)
{
    CHECK_OK (zmq_timers_cancel (own_timers, id));
    ++*(int *) argument;
}

TEST (handler_may_cancel_its_timer)
{
    own_timers = zmq_timers_new ();
    CHECK (zmq_timers_add (own_timers, 10, cancel_itself, &fired[0]) >= 0);
    while (fired[0] == 0)
        execute_next (own_timers);
    CHECK_INT (-1, zmq_timers_timeout (own_timers));
    CHECK_OK (zmq_timers_destroy (&own_timers));
}

static void add_another (int id, void *argument)
{
    CHECK_OK (zmq_timers_cancel (own_timers, id));
    CHECK (zmq_timers_add (own_timers, 10, fire, argument) >= 0);
}

TEST (handler_may_add_a_timer)
{
    own_timers = zmq_timers_new ();
    CHECK (zmq_timers_add (own_timers, 10, add_another, &fired[0]) >= 0);
    while (fired[0] == 0)
        execute_next (own_timers);
    CHECK_OK (zmq_timers_destroy (&own_timers));
}

TEST (errors)
{
    void *timers = zmq_timers_new (), *none = NULL;
    CHECK_ERRNO (EFAULT, zmq_timers_add (NULL, 10, fire, NULL));
    CHECK_ERRNO (EFAULT, zmq_timers_add (timers, 10, NULL, NULL));
    CHECK_ERRNO (EFAULT, zmq_timers_cancel (NULL, 1));
    CHECK_ERRNO (EFAULT, zmq_timers_set_interval (NULL, 1, 10));
    CHECK_ERRNO (EFAULT, zmq_timers_reset (NULL, 1));
    CHECK_ERRNO (EFAULT, zmq_timers_timeout (NULL));
    CHECK_ERRNO (EFAULT, zmq_timers_execute (NULL));
    CHECK_ERRNO (EFAULT, zmq_timers_destroy (&none));
    CHECK_ERRNO (EINVAL, zmq_timers_cancel (timers, 77));
    CHECK_ERRNO (EINVAL, zmq_timers_set_interval (timers, 77, 10));
    CHECK_ERRNO (EINVAL, zmq_timers_reset (timers, 77));
    CHECK_OK (zmq_timers_destroy (&timers));
}

/*  Longer than a few calls take, in ms. */
static long unit (void)
{
    return patience_ms () / 100;
}

static void sleep_ms (long ms)
{
    CHECK_INT (0, zmq_poll (NULL, 0, ms));
}

TEST (late_execution_counts_the_interval_from_then)
{
    void *timers = zmq_timers_new ();
    CHECK (zmq_timers_add (timers, (size_t) unit (), fire, &fired[0]) >= 0);
    sleep_ms (3 * unit ());
    CHECK_INT (0, zmq_timers_timeout (timers)); /* overdue, and never less than 0 */
    CHECK_OK (zmq_timers_execute (timers));
    CHECK_INT (1, fired[0]); /* once, however late */
    const long timeout = zmq_timers_timeout (timers);
    CHECK (timeout > 0 && timeout <= unit ());
    CHECK_OK (zmq_timers_destroy (&timers));
}

TEST (identifiers_count_up_from_1_and_are_not_used_again)
{
    void *timers = zmq_timers_new (), *others = zmq_timers_new ();
    for (int id = 1; id <= 5; id++) {
        CHECK_INT (id, zmq_timers_add (timers, 1000, fire, NULL));
        CHECK_OK (zmq_timers_cancel (timers, id));
        CHECK_INT (-1, zmq_timers_timeout (timers));
    }
    CHECK_INT (1, zmq_timers_add (others, 1000, fire, NULL)); /* each set has its own */
    CHECK_ERRNO (EINVAL, zmq_timers_cancel (timers, 0));
    CHECK_ERRNO (EINVAL, zmq_timers_cancel (timers, -1));
    CHECK_ERRNO (EINVAL, zmq_timers_cancel (others, 2));
    CHECK_OK (zmq_timers_destroy (&timers));
    CHECK_OK (zmq_timers_destroy (&others));
}

TEST (a_cancelled_timer_is_known_until_somebody_comes_past_it)
{
    void *timers = zmq_timers_new ();
    const int first = zmq_timers_add (timers, 10000, fire, &fired[0]);
    const int second = zmq_timers_add (timers, 20000, fire, &fired[0]);
    CHECK_OK (zmq_timers_cancel (timers, second));
    CHECK_ERRNO (EINVAL, zmq_timers_cancel (timers, second));
    CHECK_OK (zmq_timers_reset (timers, second)); /* and stays cancelled */
    CHECK_OK (zmq_timers_set_interval (timers, second, 15000));
    CHECK (zmq_timers_timeout (timers) <= 10000);
    CHECK_OK (zmq_timers_reset (timers, second)); /* it comes after the next timer */
    CHECK_ERRNO (EINVAL, zmq_timers_cancel (timers, second));
    CHECK_OK (zmq_timers_cancel (timers, first));
    CHECK_OK (zmq_timers_execute (timers));
    CHECK_ERRNO (EINVAL, zmq_timers_reset (timers, first));
    CHECK_ERRNO (EINVAL, zmq_timers_set_interval (timers, second, 10));
    CHECK_INT (-1, zmq_timers_timeout (timers));
    CHECK_OK (zmq_timers_destroy (&timers));
}

static void cancel_the_next (int id, void *argument)
{
    (void) argument;
    fired[id]++;
    CHECK_OK (zmq_timers_cancel (own_timers, id + 1));
}

TEST (handler_may_cancel_one_that_is_due_too)
{
    own_timers = zmq_timers_new ();
    const size_t step = (size_t) unit ();
    const int first = zmq_timers_add (own_timers, step, cancel_the_next, NULL);
    CHECK_INT (first + 1, zmq_timers_add (own_timers, 2 * step, cancel_the_next, NULL));
    CHECK_INT (first + 2, zmq_timers_add (own_timers, 3 * step, cancel_itself, &fired[first + 2]));
    sleep_ms (3 * unit () + 5);
    CHECK_OK (zmq_timers_execute (own_timers));
    CHECK_INT (1, fired[first]);
    CHECK_INT (0, fired[first + 1]);
    CHECK_INT (1, fired[first + 2]);
    CHECK_OK (zmq_timers_destroy (&own_timers));
}

static void set_the_next_later (int id, void *argument)
{
    (void) argument;
    fired[id]++;
    CHECK_OK (zmq_timers_set_interval (own_timers, id + 1, 10000));
}

OZMIUM_TEST (handler_may_restart_any_timer, "libzmq goes on from where the timer was, in freed memory")
{
    own_timers = zmq_timers_new ();
    const int first = zmq_timers_add (own_timers, (size_t) unit (), set_the_next_later, NULL);
    zmq_timers_add (own_timers, (size_t) unit () + 1, fire, &fired[9]);
    sleep_ms (2 * unit ());
    CHECK_OK (zmq_timers_execute (own_timers));
    CHECK_INT (1, fired[first]);
    CHECK_INT (0, fired[9]);
    CHECK_OK (zmq_timers_set_interval (own_timers, first, 20000));
    CHECK (zmq_timers_timeout (own_timers) > 9000);
    CHECK_OK (zmq_timers_destroy (&own_timers));
}

static void execute_again (int id, void *argument)
{
    (void) id;
    ++*(int *) argument;
    CHECK_OK (zmq_timers_execute (own_timers));
}

OZMIUM_TEST (handler_may_execute_the_set, "libzmq calls the handler again and again")
{
    own_timers = zmq_timers_new ();
    zmq_timers_add (own_timers, (size_t) unit (), execute_again, &fired[0]);
    zmq_timers_add (own_timers, (size_t) unit (), execute_again, &fired[1]);
    sleep_ms (2 * unit ());
    CHECK_OK (zmq_timers_execute (own_timers));
    CHECK_INT (1, fired[0]);
    CHECK_INT (1, fired[1]);
    CHECK_OK (zmq_timers_destroy (&own_timers));
}

static void destroy_the_set (int id, void *argument)
{
    (void) id;
    ++*(int *) argument;
    CHECK_OK (zmq_timers_destroy (&own_timers));
}

OZMIUM_TEST (handler_may_destroy_the_set, "libzmq goes on in freed memory")
{
    void *const timers = own_timers = zmq_timers_new ();
    zmq_timers_add (own_timers, (size_t) unit (), destroy_the_set, &fired[0]);
    zmq_timers_add (own_timers, (size_t) unit () + 1, fire, &fired[1]);
    sleep_ms (2 * unit ());
    CHECK_OK (zmq_timers_execute (own_timers));
    CHECK_INT (1, fired[0]);
    CHECK_INT (0, fired[1]);
    CHECK (own_timers == NULL);
    CHECK_ERRNO (EFAULT, zmq_timers_execute (timers));
}

OZMIUM_TEST (an_interval_of_0_fires_once_per_execution, "libzmq's execution never ends")
{
    void *timers = zmq_timers_new ();
    zmq_timers_add (timers, 0, fire, &fired[0]);
    for (int i = 1; i <= 3; i++) {
        CHECK_INT (0, zmq_timers_timeout (timers));
        CHECK_OK (zmq_timers_execute (timers));
        CHECK_INT (i, fired[0]);
    }
    CHECK_OK (zmq_timers_destroy (&timers));
}

TEST (many_timers)
{
    enum { COUNT = 2000 };
    void *timers = zmq_timers_new ();
    for (int i = 0; i < COUNT; i++)
        CHECK_INT (i + 1, zmq_timers_add (timers, (size_t) (unit () + i * 7 % 13), fire, &fired[0]));
    for (int i = 0; i < COUNT; i += 2)
        CHECK_OK (zmq_timers_cancel (timers, i + 1));
    sleep_ms (2 * unit () + 13);
    CHECK_OK (zmq_timers_execute (timers));
    CHECK_INT (COUNT / 2, fired[0]);
    CHECK_OK (zmq_timers_destroy (&timers));
}
