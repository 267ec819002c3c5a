/* A program as users write it: checks that header and library belong together,
   has a conversation over inproc and tcp, and prints the file the library came
   from ("static" if it is in the program itself). */

#include <stdio.h>
#include <string.h>
#include <zmq.h>

static int fail(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, zmq_strerror(zmq_errno()));
    return 1;
}

static int converse(void *context, const char *endpoint)
{
    char text[256];
    size_t size = sizeof text;
    int timeout = 10000, result = 0;
    void *server = zmq_socket(context, ZMQ_REP);
    void *client = zmq_socket(context, ZMQ_REQ);
    if (server == NULL || client == NULL)
        return fail("zmq_socket");
    zmq_setsockopt(server, ZMQ_RCVTIMEO, &timeout, sizeof timeout);
    zmq_setsockopt(client, ZMQ_RCVTIMEO, &timeout, sizeof timeout);
    if (zmq_bind(server, endpoint) != 0)
        result = fail(endpoint);
    else if (zmq_getsockopt(server, ZMQ_LAST_ENDPOINT, text, &size) != 0 || zmq_connect(client, text) != 0)
        result = fail("zmq_connect");
    else if (zmq_send(client, "hello", 5, 0) != 5 || zmq_recv(server, text, sizeof text, 0) != 5
             || memcmp(text, "hello", 5) != 0)
        result = fail("request");
    else if (zmq_send(server, "world!", 6, 0) != 6 || zmq_recv(client, text, sizeof text, 0) != 6)
        result = fail("reply");
    zmq_close(client);
    zmq_close(server);
    return result;
}

static void print_library_file(void)
{
    char line[4096], file[4096] = "static";
    FILE *maps = fopen("/proc/self/maps", "r");
    while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
        char *path = strchr(line, '/');
        if (path != NULL && strstr(path, "/libzmq.") != NULL) {
            path[strcspn(path, "\n")] = '\0';
            strcpy(file, path);
        }
    }
    if (maps != NULL)
        fclose(maps);
    puts(file);
}

int main(void)
{
    int major, minor, patch, result;
    void *context;
    zmq_version(&major, &minor, &patch);
    if (ZMQ_MAKE_VERSION(major, minor, patch) != ZMQ_VERSION) {
        fprintf(stderr, "the header is for another version than %d.%d.%d\n", major, minor, patch);
        return 1;
    }
    context = zmq_ctx_new();
    result = converse(context, "inproc://hello") || converse(context, "tcp://127.0.0.1:*");
    zmq_ctx_term(context);
    if (result == 0)
        print_library_file();
    return result;
}
