/*  zmq_msg_*: making, filling, copying, moving and closing messages, and the free function of external data. */

#include "harness.h"

#include <sys/mman.h>

#define MAX_SIZE 200

static void fill (zmq_msg_t *msg, size_t size)
{
    CHECK_OK (zmq_msg_init_size (msg, size));
    CHECK_INT (size, zmq_msg_size (msg));
    for (size_t i = 0; i < size; i++)
        ((uint8_t *) zmq_msg_data (msg))[i] = (uint8_t) (size + i);
}

static void check_filled (zmq_msg_t *msg, size_t size)
{
    CHECK_INT (size, zmq_msg_size (msg));
    for (size_t i = 0; i < size; i++)
        CHECK_INT ((uint8_t) (size + i), ((uint8_t *) zmq_msg_data (msg))[i]);
}

TEST (init_makes_an_empty_message)
{
    zmq_msg_t msg;
    memset (&msg, 0xa5, sizeof msg);
    CHECK_OK (zmq_msg_init (&msg));
    CHECK_INT (0, zmq_msg_size (&msg));
    CHECK (zmq_msg_data (&msg) != NULL);
    CHECK_INT (0, zmq_msg_more (&msg));
    CHECK_OK (zmq_msg_close (&msg));
}

TEST (every_size_around_the_inline_limits_keeps_its_bytes)
{
    for (size_t size = 0; size <= MAX_SIZE; size++) {
        zmq_msg_t msg;
        fill (&msg, size);
        check_filled (&msg, size);
        CHECK_OK (zmq_msg_close (&msg));
    }
}

TEST (absurd_sizes_give_enomem)
{
    zmq_msg_t msg;
    CHECK_ERRNO (ENOMEM, zmq_msg_init_size (&msg, SIZE_MAX));
    CHECK_ERRNO (ENOMEM, zmq_msg_init_size (&msg, SIZE_MAX - 1));
    CHECK_ERRNO (ENOMEM, zmq_msg_init_size (&msg, SIZE_MAX - 64));
    CHECK_ERRNO (ENOMEM, zmq_msg_init_size (&msg, SIZE_MAX / 2));
    CHECK_ERRNO (ENOMEM, zmq_msg_init_size (&msg, SIZE_MAX / 2 + 1));
}

TEST (close_twice_gives_efault)
{
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init (&msg));
    CHECK_OK (zmq_msg_close (&msg));
    CHECK_ERRNO (EFAULT, zmq_msg_close (&msg));
    fill (&msg, MAX_SIZE);
    CHECK_OK (zmq_msg_close (&msg));
    CHECK_ERRNO (EFAULT, zmq_msg_close (&msg));
}

TEST (closed_message_can_be_initialised_again)
{
    zmq_msg_t msg;
    for (size_t size = 0; size <= MAX_SIZE; size += 50) {
        fill (&msg, size);
        CHECK_OK (zmq_msg_close (&msg));
    }
}

TEST (move_takes_the_content_and_leaves_an_empty_message)
{
    for (size_t size = 0; size <= MAX_SIZE; size += 10) {
        zmq_msg_t from, to;
        fill (&from, size);
        fill (&to, MAX_SIZE - size);
        CHECK_OK (zmq_msg_move (&to, &from));
        check_filled (&to, size);
        CHECK_INT (0, zmq_msg_size (&from));
        CHECK_OK (zmq_msg_close (&from));
        CHECK_OK (zmq_msg_close (&to));
    }
}

TEST (copy_has_equal_content_and_outlives_the_original)
{
    for (size_t size = 0; size <= MAX_SIZE; size += 10) {
        zmq_msg_t original, copy, second;
        fill (&original, size);
        fill (&copy, 77);
        CHECK_OK (zmq_msg_init (&second));
        CHECK_OK (zmq_msg_copy (&copy, &original));
        CHECK_OK (zmq_msg_copy (&second, &copy));
        check_filled (&original, size);
        check_filled (&copy, size);
        CHECK_OK (zmq_msg_close (&original));
        check_filled (&copy, size);
        CHECK_OK (zmq_msg_close (&copy));
        check_filled (&second, size);
        CHECK_OK (zmq_msg_close (&second));
    }
}

TEST (copy_and_move_of_a_closed_message_give_efault)
{
    zmq_msg_t closed, other;
    CHECK_OK (zmq_msg_init (&closed));
    CHECK_OK (zmq_msg_close (&closed));
    fill (&other, 5);
    CHECK_ERRNO (EFAULT, zmq_msg_copy (&other, &closed));
    CHECK_ERRNO (EFAULT, zmq_msg_move (&other, &closed));
    check_filled (&other, 5);
    CHECK_OK (zmq_msg_close (&other));
}

TEST (copy_and_move_onto_a_closed_message_give_efault)
{
    zmq_msg_t closed, other;
    CHECK_OK (zmq_msg_init (&closed));
    CHECK_OK (zmq_msg_close (&closed));
    fill (&other, 5);
    CHECK_ERRNO (EFAULT, zmq_msg_copy (&closed, &other));
    CHECK_ERRNO (EFAULT, zmq_msg_move (&closed, &other));
    check_filled (&other, 5);
    CHECK_OK (zmq_msg_close (&other));
}

TEST (shared_is_told_of_copies_of_large_messages)
{
    zmq_msg_t original, copy;
    fill (&original, MAX_SIZE);
    CHECK_INT (0, zmq_msg_get (&original, ZMQ_SHARED));
    CHECK_OK (zmq_msg_init (&copy));
    CHECK_OK (zmq_msg_copy (&copy, &original));
    CHECK_INT (1, zmq_msg_get (&original, ZMQ_SHARED));
    CHECK_INT (1, zmq_msg_get (&copy, ZMQ_SHARED));
    CHECK_OK (zmq_msg_close (&copy));
    CHECK_OK (zmq_msg_close (&original));
}

TEST (shared_is_not_told_of_copies_of_small_messages)
{
    zmq_msg_t original, copy;
    fill (&original, 8);
    CHECK_OK (zmq_msg_init (&copy));
    CHECK_OK (zmq_msg_copy (&copy, &original));
    CHECK_INT (0, zmq_msg_get (&original, ZMQ_SHARED));
    CHECK_INT (0, zmq_msg_get (&copy, ZMQ_SHARED));
    CHECK_OK (zmq_msg_close (&copy));
    CHECK_OK (zmq_msg_close (&original));
}

TEST (constant_data_counts_as_shared)
{
    static char constant[] = "constant data that nobody frees";
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init_data (&msg, constant, sizeof constant, NULL, NULL));
    CHECK (zmq_msg_data (&msg) == constant);
    CHECK_INT (1, zmq_msg_get (&msg, ZMQ_SHARED));
    CHECK_OK (zmq_msg_close (&msg));
    CHECK_STR ("constant data that nobody frees", constant);
}

TEST (get_knows_more_shared_srcfd_and_nothing_else)
{
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init (&msg));
    CHECK_INT (0, zmq_msg_get (&msg, ZMQ_MORE));
    CHECK_INT (0, zmq_msg_get (&msg, ZMQ_SHARED));
    CHECK_INT (-1, zmq_msg_get (&msg, ZMQ_SRCFD));
    CHECK_ERRNO (EINVAL, zmq_msg_get (&msg, 0));
    CHECK_ERRNO (EINVAL, zmq_msg_get (&msg, 4));
    CHECK_ERRNO (EINVAL, zmq_msg_get (&msg, -1));
    CHECK_OK (zmq_msg_close (&msg));
}

TEST (set_knows_no_property)
{
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init (&msg));
    for (int property = -1; property <= 10; property++)
        CHECK_ERRNO (EINVAL, zmq_msg_set (&msg, property, 1));
    CHECK_OK (zmq_msg_close (&msg));
}

TEST (gets_of_a_message_that_was_not_received_gives_einval)
{
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init (&msg));
    CHECK_NULL_ERRNO (EINVAL, zmq_msg_gets (&msg, "Socket-Type"));
    CHECK_NULL_ERRNO (EINVAL, zmq_msg_gets (&msg, "Routing-Id"));
    CHECK_NULL_ERRNO (EINVAL, zmq_msg_gets (&msg, ""));
    CHECK_OK (zmq_msg_close (&msg));
}

/*  ---- External data -------------------------------------------------------------------------------------------------- */

static int freed;
static void *freed_data, *freed_hint;

static void count_free (void *data, void *hint)
{
    freed_data = data;
    freed_hint = hint;
    __sync_add_and_fetch (&freed, 1);
}

static int freed_count (void)
{
    return __sync_add_and_fetch (&freed, 0);
}

static char external[4096];

static void init_external (zmq_msg_t *msg, size_t size)
{
    CHECK_OK (zmq_msg_init_data (msg, external, size, count_free, &freed));
    CHECK_INT (size, zmq_msg_size (msg));
    CHECK (zmq_msg_data (msg) == external);
}

TEST (close_calls_the_free_function_once_with_data_and_hint)
{
    zmq_msg_t msg;
    init_external (&msg, 10);
    CHECK_INT (0, freed_count ());
    CHECK_OK (zmq_msg_close (&msg));
    CHECK_INT (1, freed_count ());
    CHECK (freed_data == external);
    CHECK (freed_hint == &freed);
    CHECK_ERRNO (EFAULT, zmq_msg_close (&msg));
    CHECK_INT (1, freed_count ());
}

TEST (free_function_of_empty_external_data_is_called)
{
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init_data (&msg, NULL, 0, count_free, NULL));
    CHECK_INT (0, zmq_msg_size (&msg));
    CHECK_OK (zmq_msg_close (&msg));
    CHECK_INT (1, freed_count ());
}

TEST (last_copy_s_close_calls_the_free_function)
{
    zmq_msg_t msg, copies[5];
    init_external (&msg, sizeof external);
    CHECK_INT (0, zmq_msg_get (&msg, ZMQ_SHARED));
    for (int i = 0; i < 5; i++) {
        CHECK_OK (zmq_msg_init (&copies[i]));
        CHECK_OK (zmq_msg_copy (&copies[i], &msg));
        CHECK_INT (1, zmq_msg_get (&copies[i], ZMQ_SHARED));
    }
    CHECK_OK (zmq_msg_close (&msg));
    for (int i = 0; i < 5; i++) {
        CHECK_INT (0, freed_count ());
        CHECK (zmq_msg_data (&copies[i]) == external);
        CHECK_OK (zmq_msg_close (&copies[i]));
    }
    CHECK_INT (1, freed_count ());
}

TEST (move_and_copy_onto_external_data_free_it)
{
    zmq_msg_t msg, other;
    fill (&other, 5);
    init_external (&msg, 10);
    CHECK_OK (zmq_msg_copy (&msg, &other));
    CHECK_INT (1, freed_count ());
    CHECK_OK (zmq_msg_close (&msg));
    init_external (&msg, 10);
    CHECK_OK (zmq_msg_move (&msg, &other));
    CHECK_INT (2, freed_count ());
    CHECK_OK (zmq_msg_close (&msg));
    CHECK_OK (zmq_msg_close (&other));
    CHECK_INT (2, freed_count ());
}

TEST (receiving_into_external_data_frees_it)
{
    void *const ctx = new_ctx ();
    void *a, *b;
    zmq_msg_t msg;
    connected_pair (ctx, INPROC, ZMQ_PAIR, &a, ZMQ_PAIR, &b, NULL);
    SEND (a, "new");
    init_external (&msg, 10);
    CHECK_INT (3, zmq_msg_recv (&msg, b, 0));
    CHECK_INT (1, freed_count ());
    CHECK_BYTES ("new", 3, zmq_msg_data (&msg), zmq_msg_size (&msg));
    CHECK_OK (zmq_msg_close (&msg));
    close_socket (a);
    close_socket (b);
    term_ctx (ctx);
}

TEST (failed_receive_empties_the_message)
{
    static const int types[] = {ZMQ_PULL, ZMQ_PAIR, ZMQ_DEALER, ZMQ_SUB};
    void *const ctx = new_ctx ();
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        void *const socket = new_socket (ctx, types[i]);
        zmq_msg_t msg;
        init_external (&msg, 10);
        CHECK_ERRNO (EAGAIN, zmq_msg_recv (&msg, socket, ZMQ_DONTWAIT));
        CHECK_INT (0, zmq_msg_size (&msg));
        CHECK_INT (i + 1, freed_count ());
        CHECK_OK (zmq_msg_close (&msg));
        close_socket (socket);
    }
    term_ctx (ctx);
}

TEST (sent_external_data_is_freed_after_it_was_delivered)
{
    FOR_EACH_TRANSPORT (transport) {
        void *const ctx = new_ctx ();
        void *a, *b;
        zmq_msg_t msg;
        connected_pair (ctx, transport, ZMQ_PAIR, &a, ZMQ_PAIR, &b, NULL);
        freed = 0;
        memset (external, 'e', sizeof external);
        init_external (&msg, sizeof external);
        CHECK_INT (sizeof external, zmq_msg_send (&msg, a, 0));
        CHECK_INT (0, zmq_msg_size (&msg));
        CHECK_OK (zmq_msg_close (&msg));

        CHECK_OK (zmq_msg_init (&msg));
        CHECK_INT (sizeof external, zmq_msg_recv (&msg, b, 0));
        CHECK_BYTES (external, sizeof external, zmq_msg_data (&msg), zmq_msg_size (&msg));
        if (transport == INPROC) {
            CHECK (zmq_msg_data (&msg) == external);
            CHECK_INT (0, freed_count ());
        }
        CHECK_OK (zmq_msg_close (&msg));
        WAIT_UNTIL (freed_count () == 1);
        close_socket (a);
        close_socket (b);
        term_ctx (ctx);
        CHECK_INT (1, freed_count ());
    }
}

TEST (external_data_is_freed_when_the_message_is_dropped)
{
    void *const ctx = new_ctx ();
    void *const publisher = new_socket (ctx, ZMQ_PUB);
    zmq_msg_t msg;
    init_external (&msg, 10);
    CHECK_INT (10, zmq_msg_send (&msg, publisher, 0));
    CHECK_INT (1, freed_count ());
    CHECK_OK (zmq_msg_close (&msg));
    close_socket (publisher);
    term_ctx (ctx);
}

TEST (external_data_is_freed_when_the_socket_closes_with_it_queued)
{
    void *const ctx = new_ctx ();
    void *const socket = new_socket (ctx, ZMQ_PUSH);
    char endpoint[ENDPOINT_MAX];
    zmq_msg_t msg;
    unused_tcp (endpoint);
    CHECK_OK (zmq_connect (socket, endpoint));
    for (int i = 0; i < 10; i++) {
        init_external (&msg, 100);
        CHECK_INT (100, zmq_msg_send (&msg, socket, 0));
    }
    CHECK_INT (0, freed_count ());
    close_socket (socket);
    term_ctx (ctx);
    CHECK_INT (10, freed_count ());
}

TEST (publishing_external_data_to_many_frees_it_once)
{
    void *const ctx = new_ctx ();
    void *const publisher = new_socket (ctx, ZMQ_XPUB);
    char endpoint[ENDPOINT_MAX];
    void *subscribers[5];
    zmq_msg_t msg;
    bind_fresh (publisher, INPROC, endpoint);
    for (int i = 0; i < 5; i++) {
        subscribers[i] = new_socket (ctx, ZMQ_SUB);
        CHECK_OK (zmq_connect (subscribers[i], endpoint));
        subscribe (subscribers[i], "");
    }
    RECV (publisher, "\1"); /* the first subscriber's; the others' are equal and not passed on */
    WAIT_UNTIL (zmq_recv (publisher, NULL, 0, ZMQ_DONTWAIT) == -1);
    init_external (&msg, sizeof external);
    CHECK_INT (sizeof external, zmq_msg_send (&msg, publisher, 0));
    for (int i = 0; i < 5; i++) {
        CHECK_INT (0, freed_count ());
        CHECK_OK (zmq_msg_init (&msg));
        CHECK_INT (sizeof external, zmq_msg_recv (&msg, subscribers[i], 0));
        CHECK (zmq_msg_data (&msg) == external);
        CHECK_OK (zmq_msg_close (&msg));
    }
    CHECK_INT (1, freed_count ());
    for (int i = 0; i < 5; i++)
        close_socket (subscribers[i]);
    close_socket (publisher);
    term_ctx (ctx);
}

/*  As pyzmq does: its free function tells a garbage collector's socket, under a lock of its own. */
static pthread_mutex_t collector_lock = PTHREAD_MUTEX_INITIALIZER;
static void *collector_in;

static void tell_collector (void *data, void *hint)
{
    (void) data;
    pthread_mutex_lock (&collector_lock);
    CHECK_INT (4, zmq_send (collector_in, hint, 4, 0));
    pthread_mutex_unlock (&collector_lock);
}

TEST (free_function_may_send_on_another_socket)
{
    FOR_EACH_TRANSPORT (transport) {
        void *const ctx = new_ctx ();
        void *collector, *a, *b;
        zmq_msg_t msg;
        connected_pair (ctx, INPROC, ZMQ_PULL, &collector, ZMQ_PUSH, &collector_in, NULL);
        connected_pair (ctx, transport, ZMQ_PULL, &a, ZMQ_PUSH, &b, NULL);
        for (int i = 0; i < 100; i++) {
            CHECK_OK (zmq_msg_init_data (&msg, external, sizeof external, tell_collector, "done"));
            CHECK_INT (sizeof external, zmq_msg_send (&msg, b, 0));
        }
        for (int i = 0; i < 100; i++) {
            CHECK_OK (zmq_msg_init (&msg));
            CHECK_INT (sizeof external, zmq_msg_recv (&msg, a, 0));
            CHECK_OK (zmq_msg_close (&msg));
        }
        for (int i = 0; i < 100; i++)
            RECV (collector, "done");
        CHECK_OK (zmq_msg_init_data (&msg, external, 1, tell_collector, "done"));
        CHECK_OK (zmq_msg_close (&msg));
        RECV (collector, "done");
        close_socket (a);
        close_socket (b);
        close_socket (collector);
        close_socket (collector_in);
        term_ctx (ctx);
    }
}

TEST (message_over_2_gib_goes_over_inproc)
{
    const size_t size = ((size_t) 1 << 31) + 1;
    char *const memory =
      mmap (NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        skip_test ("no 2 GiB of address space");
    void *const ctx = new_ctx ();
    void *a, *b;
    zmq_msg_t msg;
    connected_pair (ctx, INPROC, ZMQ_PAIR, &a, ZMQ_PAIR, &b, NULL);
    memory[size - 1] = 'z';
    CHECK_OK (zmq_msg_init_data (&msg, memory, size, count_free, NULL));
    CHECK_INT (INT32_MAX, zmq_msg_send (&msg, a, 0));
    CHECK_OK (zmq_msg_init (&msg));
    CHECK_INT (INT32_MAX, zmq_msg_recv (&msg, b, 0));
    CHECK_INT (size, zmq_msg_size (&msg));
    CHECK_INT ('z', ((char *) zmq_msg_data (&msg))[size - 1]);
    CHECK_OK (zmq_msg_close (&msg));
    CHECK_INT (1, freed_count ());
    munmap (memory, size);
    close_socket (a);
    close_socket (b);
    term_ctx (ctx);
}

/*  ---- Draft functions ------------------------------------------------------------------------------------------------ */

DRAFT_TEST (init_buffer_copies_the_bytes)
{
    char text[MAX_SIZE];
    memset (text, 'b', sizeof text);
    for (size_t size = 0; size <= MAX_SIZE; size += 20) {
        zmq_msg_t msg;
        CHECK_OK (zmq_msg_init_buffer (&msg, text, size));
        CHECK_BYTES (text, size, zmq_msg_data (&msg), zmq_msg_size (&msg));
        CHECK (zmq_msg_data (&msg) != text);
        CHECK_OK (zmq_msg_close (&msg));
    }
    zmq_msg_t msg;
    CHECK_ERRNO (ENOMEM, zmq_msg_init_buffer (&msg, text, SIZE_MAX));
}

DRAFT_TEST (routing_id_is_kept_and_must_not_be_zero)
{
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init (&msg));
    CHECK_INT (0, zmq_msg_routing_id (&msg));
    CHECK_OK (zmq_msg_set_routing_id (&msg, 1));
    CHECK_INT (1, zmq_msg_routing_id (&msg));
    CHECK_OK (zmq_msg_set_routing_id (&msg, UINT32_MAX));
    CHECK_INT (UINT32_MAX, zmq_msg_routing_id (&msg));
    CHECK_ERRNO (EINVAL, zmq_msg_set_routing_id (&msg, 0));
    CHECK_INT (UINT32_MAX, zmq_msg_routing_id (&msg));
    CHECK_OK (zmq_msg_close (&msg));
}

DRAFT_TEST (group_is_kept_and_cut_at_255_characters)
{
    char name[ZMQ_GROUP_MAX_LENGTH + 2];
    zmq_msg_t msg, copy;
    CHECK_OK (zmq_msg_init (&msg));
    CHECK_STR ("", zmq_msg_group (&msg));
    for (size_t length = 0; length <= ZMQ_GROUP_MAX_LENGTH; length++) {
        memset (name, 'g', length);
        name[length] = 0;
        CHECK_OK (zmq_msg_set_group (&msg, name));
        CHECK_STR (name, zmq_msg_group (&msg));
    }
    CHECK_OK (zmq_msg_init (&copy));
    CHECK_OK (zmq_msg_copy (&copy, &msg));
    CHECK_STR (name, zmq_msg_group (&copy));
    CHECK_OK (zmq_msg_close (&msg));
    CHECK_STR (name, zmq_msg_group (&copy));
    memset (name, 'g', ZMQ_GROUP_MAX_LENGTH + 1);
    name[ZMQ_GROUP_MAX_LENGTH + 1] = 0;
    CHECK_OK (zmq_msg_set_group (&copy, name));
    CHECK_INT (ZMQ_GROUP_MAX_LENGTH, strlen (zmq_msg_group (&copy)));
    CHECK_OK (zmq_msg_close (&copy));
}
