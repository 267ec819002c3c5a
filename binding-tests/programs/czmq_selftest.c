/*  Runs one of the self-tests that CZMQ's library exports, such as zsock_test. */

#include <czmq.h>
#include <dlfcn.h>

int main (int argc, char **argv)
{
    void (*test) (bool verbose) = argc == 2 ? (void (*) (bool)) dlsym (RTLD_DEFAULT, argv[1]) : NULL;
    if (!test) {
        fprintf (stderr, "usage: czmq_selftest NAME_test\n");
        return 2;
    }
    zsys_init ();
    test (false);
    return 0;
}
