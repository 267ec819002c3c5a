/*  Atomic counters, stopwatch, sleep, threads, Z85, CURVE keys. */

#include "harness.h"

TEST (atomic_counter_counts)
{
    void *counter = zmq_atomic_counter_new ();
    CHECK (counter);
    CHECK_INT (0, zmq_atomic_counter_value (counter));
    CHECK_INT (0, zmq_atomic_counter_inc (counter)); /* the value before */
    CHECK_INT (1, zmq_atomic_counter_inc (counter));
    CHECK_INT (2, zmq_atomic_counter_inc (counter));
    CHECK_INT (3, zmq_atomic_counter_value (counter));
    CHECK_INT (1, zmq_atomic_counter_dec (counter)); /* whether anything is left */
    CHECK_INT (1, zmq_atomic_counter_dec (counter));
    CHECK_INT (0, zmq_atomic_counter_dec (counter));
    zmq_atomic_counter_set (counter, 2);
    CHECK_INT (2, zmq_atomic_counter_value (counter));
    CHECK_INT (1, zmq_atomic_counter_dec (counter));
    CHECK_INT (0, zmq_atomic_counter_dec (counter));
    zmq_atomic_counter_destroy (&counter);
    CHECK (counter == NULL);
}

static void *increment (void *counter)
{
    for (int i = 0; i < 100000; i++)
        zmq_atomic_counter_inc (counter);
    return NULL;
}

TEST (atomic_counter_is_atomic)
{
    void *counter = zmq_atomic_counter_new ();
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        threads[i] = start_thread (increment, counter);
    for (int i = 0; i < 4; i++)
        join_thread (threads[i]);
    CHECK_INT (400000, zmq_atomic_counter_value (counter));
    zmq_atomic_counter_destroy (&counter);
}

TEST (stopwatch_measures_microseconds)
{
    void *const watch = zmq_stopwatch_start ();
    CHECK (watch);
    const int64_t started = now_ms ();
    usleep (20000);
    const unsigned long first = zmq_stopwatch_intermediate (watch);
    CHECK (first >= 20000);
    usleep (1000);
    const unsigned long last = zmq_stopwatch_stop (watch);
    CHECK (last > first);
    CHECK (last / 1000 <= (unsigned long) (now_ms () - started + 1));
}

TEST (sleep_takes_seconds)
{
    const int64_t started = now_ms ();
    zmq_sleep (0);
    zmq_sleep (1);
    CHECK (now_ms () - started >= 999);
}

static void set_flag (void *flag)
{
    *(int *) flag = 1;
}

TEST (thread_runs_and_close_waits_for_it)
{
    int flags[10] = {0};
    void *threads[10];
    for (int i = 0; i < 10; i++)
        CHECK ((threads[i] = zmq_threadstart (set_flag, &flags[i])) != NULL);
    for (int i = 0; i < 10; i++) {
        zmq_threadclose (threads[i]);
        CHECK_INT (1, flags[i]);
    }
}

TEST (atomic_counter_wraps_around_and_goes_below_zero)
{
    void *counter = zmq_atomic_counter_new ();
    CHECK_INT (1, zmq_atomic_counter_dec (counter)); /* from 0: something is left, if less than nothing */
    CHECK_INT (-1, zmq_atomic_counter_value (counter));
    CHECK_INT (-1, zmq_atomic_counter_inc (counter));
    CHECK_INT (0, zmq_atomic_counter_value (counter));
    zmq_atomic_counter_set (counter, INT32_MAX);
    CHECK_INT (INT32_MAX, zmq_atomic_counter_inc (counter));
    CHECK_INT (INT32_MIN, zmq_atomic_counter_value (counter));
    CHECK_INT (1, zmq_atomic_counter_dec (counter));
    CHECK_INT (INT32_MAX, zmq_atomic_counter_value (counter));
    zmq_atomic_counter_set (counter, -5);
    CHECK_INT (-5, zmq_atomic_counter_value (counter));
    zmq_atomic_counter_destroy (&counter);
}

static void *count_down (void *counter)
{
    long zeros = 0;
    for (int i = 0; i < 100000; i++)
        zeros += zmq_atomic_counter_dec (counter) == 0;
    return (void *) zeros;
}

TEST (only_one_takes_the_last_of_an_atomic_counter)
{
    void *counter = zmq_atomic_counter_new ();
    pthread_t threads[4];
    long zeros = 0;
    zmq_atomic_counter_set (counter, 400000);
    for (int i = 0; i < 4; i++)
        threads[i] = start_thread (count_down, counter);
    for (int i = 0; i < 4; i++)
        zeros += (long) join_thread (threads[i]);
    CHECK_INT (1, zeros);
    CHECK_INT (0, zmq_atomic_counter_value (counter));
    zmq_atomic_counter_destroy (&counter);
}

OZMIUM_TEST (null_counters_and_stopwatches_do_no_harm, "libzmq reads through them")
{
    void *none = NULL;
    CHECK_INT (0, zmq_atomic_counter_inc (NULL));
    CHECK_INT (0, zmq_atomic_counter_dec (NULL));
    CHECK_INT (0, zmq_atomic_counter_value (NULL));
    zmq_atomic_counter_set (NULL, 5);
    zmq_atomic_counter_destroy (&none);
    zmq_atomic_counter_destroy (NULL);
    CHECK_INT (0, zmq_stopwatch_intermediate (NULL));
    CHECK_INT (0, zmq_stopwatch_stop (NULL));
    CHECK_NULL_ERRNO (EFAULT, zmq_threadstart (NULL, NULL));
    zmq_threadclose (NULL);
}

TEST (stopwatches_are_independent)
{
    void *const first = zmq_stopwatch_start ();
    usleep (20000);
    void *const second = zmq_stopwatch_start ();
    const unsigned long later = zmq_stopwatch_intermediate (second), earlier = zmq_stopwatch_intermediate (first);
    CHECK (earlier >= later + 19000);
    CHECK (zmq_stopwatch_intermediate (second) >= later); /* as often as one likes */
    CHECK (zmq_stopwatch_stop (first) >= zmq_stopwatch_stop (second) + 19000);
}

static volatile sig_atomic_t interrupted;

static void on_alarm (int signal)
{
    (void) signal;
    interrupted = 1;
}

TEST (sleep_is_cut_short_by_a_signal_handler)
{
    const struct sigaction action = {.sa_handler = on_alarm};
    CHECK_OK (sigaction (SIGALRM, &action, NULL));
    const int64_t started = now_ms ();
    alarm (1);
    zmq_sleep (10);
    CHECK_INT (1, interrupted);
    CHECK (now_ms () - started < 9000);
}

static void block_nothing (void *blocked)
{
    sigset_t mask;
    CHECK (pthread_sigmask (SIG_SETMASK, NULL, &mask) == 0);
    *(int *) blocked = sigismember (&mask, SIGUSR1) && sigismember (&mask, SIGINT);
}

TEST (threads_take_no_signals)
{
    int blocked = 0;
    zmq_threadclose (zmq_threadstart (block_nothing, &blocked));
    CHECK_INT (1, blocked);
    sigset_t mask;
    CHECK (pthread_sigmask (SIG_SETMASK, NULL, &mask) == 0);
    CHECK_INT (0, sigismember (&mask, SIGUSR1)); /* and who starts them still does */
}

/*  ---- Z85 (RFC 32) ------------------------------------------------------------------------------------------------------- */

TEST (z85_of_the_rfc_s_example)
{
    static const uint8_t data[8] = {0x86, 0x4f, 0xd2, 0x6f, 0xb5, 0x59, 0xf7, 0x5b};
    uint8_t decoded[8];
    char text[11];
    CHECK (zmq_z85_encode (text, data, sizeof data) == text);
    CHECK_STR ("HelloWorld", text);
    CHECK (zmq_z85_decode (decoded, text) == decoded);
    CHECK_BYTES (data, sizeof data, decoded, sizeof decoded);
}

TEST (z85_round_trip_of_every_byte)
{
    uint8_t data[256], decoded[256];
    char text[321];
    for (int i = 0; i < 256; i++)
        data[i] = (uint8_t) i;
    for (size_t size = 0; size <= sizeof data; size += 4) {
        CHECK (zmq_z85_encode (text, data, size) == text);
        CHECK_INT (size / 4 * 5, strlen (text));
        if (size > 0) {
            CHECK (zmq_z85_decode (decoded, text) == decoded);
            CHECK_BYTES (data, size, decoded, size);
        }
    }
}

TEST (z85_encode_wants_a_multiple_of_4)
{
    uint8_t data[8] = {0};
    char text[16];
    for (size_t size = 1; size < 8; size++)
        if (size % 4)
            CHECK_NULL_ERRNO (EINVAL, zmq_z85_encode (text, data, size));
}

TEST (z85_decode_wants_a_multiple_of_5_of_its_characters)
{
    static const char *const bad[] = {"0", "01", "0123", "012345", "01234567",
                                      "0123\"", "0123 ", "0123~", "0123\\", "0123\x80",
                                      "%nSc1" /* a block above 2^32 */, "#####", "####z"};
    uint8_t data[64];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        errno = 0;
        if (zmq_z85_decode (data, bad[i]) != NULL || zmq_errno () != EINVAL)
            harness_fail (__FILE__, __LINE__, "\"%s\" was not refused with EINVAL", bad[i]);
    }
    CHECK (zmq_z85_decode (data, "%nSc0") == data); /* 2^32 - 1 */
    CHECK_BYTES ("\xff\xff\xff\xff", 4, data, 4);
}

/*  ---- CURVE keys ---------------------------------------------------------------------------------------------------------- */

TEST (curve_keypair_and_curve_public_agree)
{
    char public_key[41], secret_key[41], again[41], other[41], other_secret[41];
    if (!zmq_has ("curve")) {
        CHECK_ERRNO (ENOTSUP, zmq_curve_keypair (public_key, secret_key));
        CHECK_ERRNO (ENOTSUP, zmq_curve_public (public_key, "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"));
        skip_test ("no CURVE");
    }
    CHECK_OK (zmq_curve_keypair (public_key, secret_key));
    CHECK_INT (40, strlen (public_key));
    CHECK_INT (40, strlen (secret_key));
    CHECK_OK (zmq_curve_public (again, secret_key));
    CHECK_STR (public_key, again);
    CHECK_OK (zmq_curve_keypair (other, other_secret));
    CHECK (strcmp (public_key, other) != 0 && strcmp (secret_key, other_secret) != 0);
}

TEST (curve_public_of_known_keys)
{
    char public_key[41];
    if (!zmq_has ("curve"))
        skip_test ("no CURVE");
    /* The keys of zmq_curve_keypair's and zmq_setsockopt's man pages. */
    CHECK_OK (zmq_curve_public (public_key, "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs"));
    CHECK_STR ("Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID", public_key);
}

TEST (curve_public_refuses_what_is_no_z85)
{
    char public_key[41];
    if (!zmq_has ("curve"))
        skip_test ("no CURVE");
    CHECK_ERRNO (EINVAL, zmq_curve_public (public_key, "not a key"));
}

TEST (z85_decode_writes_no_block_that_has_a_mistake)
{
    uint8_t data[16];
    memset (data, 0x55, sizeof data);
    CHECK_NULL_ERRNO (EINVAL, zmq_z85_decode (data, "HelloWor~d"));
    CHECK_INT (0x55, data[4]);
}

TEST (z85_knows_its_85_characters_and_no_others)
{
    static const char alphabet[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
    for (int c = 1; c < 256; c++) {
        const char text[] = {'0', '0', '0', '0', (char) c, 0};
        uint8_t data[4];
        const char *const place = strchr (alphabet, c);
        if (place) {
            CHECK (zmq_z85_decode (data, text) == data);
            CHECK_INT (place - alphabet, data[3]);
        } else
            CHECK_NULL_ERRNO (EINVAL, zmq_z85_decode (data, text));
    }
}
