/*  Resident memory: after a burst, and at the high-water mark. Both sides are in this process, in contexts of their own. */

#include "bench.h"

struct line
{
    void *near, *far, *push, *pull;
};

/*  Connected, with one message through. */
static struct line line_new (int hwm)
{
    struct bench bench = {.transport = TCP};
    char endpoint[ENDPOINT_MAX];
    struct line line = {.near = context_new (), .far = context_new ()};
    line.pull = socket_new (line.far, ZMQ_PULL);
    line.push = socket_new (line.near, ZMQ_PUSH);
    set_int (line.pull, ZMQ_RCVHWM, hwm);
    set_int (line.push, ZMQ_SNDHWM, hwm);
    set_int (line.push, ZMQ_LINGER, 0);
    bind_fresh (&bench, line.pull, "memory", endpoint);
    MUST (zmq_connect (line.push, endpoint) == 0);
    send_message (line.push, 1);
    receive_message (line.pull, 1);
    return line;
}

static void line_end (struct line *line)
{
    MUST (zmq_close (line->push) == 0);
    MUST (zmq_close (line->pull) == 0);
    MUST (zmq_ctx_term (line->near) == 0);
    MUST (zmq_ctx_term (line->far) == 0);
}

static const double mb = 1e6;

/*  COUNT messages wait, then are received: what is resident at the height of it, and what stays. */
void bench_burst (char **arguments)
{
    const long size = number (arguments[0]), count = number (arguments[1]);
    struct line line = line_new (0);
    const long before = resident_bytes ();
    const double cpu = own_cpu_s (), from = now_s ();
    for (long i = 0; i < count; i++)
        send_message (line.push, size);
    const long full = resident_bytes ();
    for (long i = 0; i < count; i++)
        receive_message (line.pull, size);
    const double wall = now_s () - from, used = own_cpu_s () - cpu;
    const long after = settled_bytes ();
    line_end (&line);
    result ((double) count / wall, "msg/s", used, count);
    more ("peak_mb", (double) (full - before) / mb);
    more ("kept_mb", (double) (after > before ? after - before : 0) / mb);
    done ();
}

/*  How many messages are taken while nobody receives, and what they need, payload included. */
void bench_bounded (char **arguments)
{
    const long size = number (arguments[0]), hwm = number (arguments[1]);
    struct line line = line_new ((int) hwm);
    const int patience = 300;
    set_int (line.push, ZMQ_SNDTIMEO, patience);
    const long before = resident_bytes ();
    const double cpu = own_cpu_s (), from = now_s ();
    long taken = 0;
    for (;; taken++) {
        zmq_msg_t message;
        MUST (zmq_msg_init_size (&message, (size_t) size) == 0);
        memset (zmq_msg_data (&message), 0, (size_t) size);
        if (zmq_msg_send (&message, line.push, 0) == size)
            continue;
        MUST (zmq_errno () == EAGAIN);
        MUST (zmq_msg_close (&message) == 0);
        break;
    }
    const double wall = now_s () - from - patience / 1e3, used = own_cpu_s () - cpu;
    const long grown = settled_bytes () - before;
    line_end (&line);
    MUST (taken > 0);
    result ((double) taken / wall, "msg/s", used, taken);
    more ("taken", (double) taken);
    more ("resident_mb", (double) grown / mb);
    more ("bytes_each", (double) grown / (double) taken);
    done ();
}
