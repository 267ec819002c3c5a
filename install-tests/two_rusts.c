/* Links our static library and another one that was made by rustc. */

#include <zmq.h>

int neighbour(int number);

int main(void)
{
    void *context = zmq_ctx_new();
    int good = context != NULL && neighbour(1) == 2 && neighbour(-5) == -1;
    return zmq_ctx_term(context) == 0 && good ? 0 : 1;
}
