// cppzmq: its classes for contexts, messages, sockets, typed options, multipart messages, pollers, monitors and proxies.

#include <cstdio>
#include <cstring>
#include <functional>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <zmq.hpp>
#include <zmq_addon.hpp>

#define CHECK(condition) \
    do { \
        if (!(condition)) \
            throw std::runtime_error("line " + std::to_string(__LINE__) + ": " #condition); \
    } while (0)

using namespace std::chrono_literals;

namespace {

template <typename Call> int error_of(Call call)
{
    try {
        call();
    } catch (const zmq::error_t &error) {
        return error.num();
    }
    return 0;
}

std::string bound(zmq::socket_t &socket, const char *endpoint = "tcp://127.0.0.1:*")
{
    socket.bind(endpoint);
    return socket.get(zmq::sockopt::last_endpoint);
}

void messages()
{
    zmq::message_t text("hello", 5), copy, moved(std::move(text));
    copy.copy(moved);
    CHECK(copy == moved && moved.to_string() == "hello" && copy.size() == 5);
    int freed = 0;
    std::vector<char> block(100000, 'x');
    {
        zmq::message_t lent(block.data(), block.size(), [](void *, void *count) { ++*static_cast<int *>(count); }, &freed);
        zmq::message_t again;
        again.copy(lent);
    }
    CHECK(freed == 1);
}

void request_and_reply()
{
    zmq::context_t context;
    zmq::socket_t server(context, zmq::socket_type::rep), client(context, zmq::socket_type::req);
    client.connect(bound(server));
    for (int i = 0; i < 100; i++) {
        client.send(zmq::str_buffer("question"), zmq::send_flags::none);
        zmq::message_t question, answer;
        CHECK(server.recv(question) == 8u && question.to_string() == "question");
        CHECK(std::string(question.gets("Socket-Type")) == "REQ");
        server.send(zmq::buffer(std::to_string(i)), zmq::send_flags::none);
        CHECK(client.recv(answer).has_value() && answer.to_string() == std::to_string(i));
    }
}

void multipart()
{
    zmq::context_t context;
    zmq::socket_t router(context, zmq::socket_type::router), dealer(context, zmq::socket_type::dealer);
    dealer.set(zmq::sockopt::routing_id, "dealer");
    dealer.connect(bound(router));
    zmq::multipart_t sent;
    sent.addstr("first");
    sent.addtyp<std::uint64_t>(1ull << 40);
    sent.addmem("", 0);
    CHECK(sent.send(dealer));
    std::vector<zmq::message_t> parts;
    CHECK(zmq::recv_multipart(router, std::back_inserter(parts)) == 4u);
    CHECK(parts[0].to_string() == "dealer" && parts[1].to_string() == "first" && parts[3].empty());
    CHECK(zmq::send_multipart(router, parts) == 4u);
    zmq::multipart_t back(dealer);
    CHECK(back.size() == 3 && back.popstr() == "first" && back.poptyp<std::uint64_t>() == 1ull << 40);
}

void options()
{
    zmq::context_t context;
    zmq::socket_t socket(context, zmq::socket_type::sub);
    socket.set(zmq::sockopt::sndhwm, 7);
    socket.set(zmq::sockopt::ipv6, true);
    socket.set(zmq::sockopt::maxmsgsize, std::int64_t(1) << 40);
    CHECK(socket.get(zmq::sockopt::sndhwm) == 7 && socket.get(zmq::sockopt::ipv6));
    CHECK(socket.get(zmq::sockopt::maxmsgsize) == std::int64_t(1) << 40);
    CHECK(socket.get(zmq::sockopt::type) == ZMQ_SUB && socket.get(zmq::sockopt::mechanism) == ZMQ_NULL);
    CHECK(error_of([&] { socket.set(zmq::sockopt::sndhwm, -1); }) == EINVAL);
    CHECK(error_of([&] { socket.set(zmq::sockopt::req_correlate, true); }) == EINVAL);
    CHECK(error_of([&] { socket.connect("nowhere"); }) == EINVAL);
    CHECK(error_of([&] { socket.disconnect("tcp://127.0.0.1:1"); }) == ENOENT);
}

void timeouts()
{
    zmq::context_t context;
    zmq::socket_t pull(context, zmq::socket_type::pull);
    zmq::message_t message;
    CHECK(!pull.recv(message, zmq::recv_flags::dontwait));
    pull.set(zmq::sockopt::rcvtimeo, 10);
    CHECK(!pull.recv(message));
    zmq::pollitem_t item = {pull.handle(), 0, ZMQ_POLLIN, 0};
    CHECK(zmq::poll(&item, 1, 10ms) == 0);
}

void terminating_wakes_a_blocked_thread()
{
    zmq::context_t context;
    zmq::socket_t pull(context, zmq::socket_type::pull);
    auto waiting = std::async(std::launch::async, [&] {
        zmq::message_t message;
        return error_of([&] { (void) pull.recv(message); });
    });
    context.shutdown();
    CHECK(waiting.get() == ETERM);
}

class watcher : public zmq::monitor_t
{
  public:
    std::string seen;
    void on_event_listening(const zmq_event_t &, const char *) override { seen += "listening "; }
    void on_event_accepted(const zmq_event_t &, const char *) override { seen += "accepted "; }
    void on_event_handshake_succeeded(const zmq_event_t &, const char *) override { seen += "handshake "; }
    void on_event_disconnected(const zmq_event_t &, const char *) override { seen += "disconnected "; }
};

void monitor()
{
    zmq::context_t context;
    zmq::socket_t server(context, zmq::socket_type::pull);
    watcher events;
    events.init(server, "inproc://events", ZMQ_EVENT_ALL);
    const std::string endpoint = bound(server);
    {
        zmq::socket_t client(context, zmq::socket_type::push);
        client.connect(endpoint);
        client.send(zmq::str_buffer("x"), zmq::send_flags::none);
        zmq::message_t message;
        CHECK(server.recv(message).has_value());
    }
    while (events.seen.find("disconnected") == std::string::npos)
        CHECK(events.check_event(10000));
    CHECK(events.seen == "listening accepted handshake disconnected ");
}

void steered_proxy()
{
    zmq::context_t context;
    zmq::socket_t front(context, zmq::socket_type::pull), back(context, zmq::socket_type::push);
    zmq::socket_t steer(context, zmq::socket_type::pair), wheel(context, zmq::socket_type::pair);
    const std::string in = bound(front), out = bound(back);
    wheel.bind("inproc://steer");
    steer.connect("inproc://steer");
    std::thread middle([&] { zmq::proxy_steerable(front, back, zmq::socket_ref(), steer); });
    zmq::socket_t push(context, zmq::socket_type::push), pull(context, zmq::socket_type::pull);
    push.connect(in);
    pull.connect(out);
    for (int i = 0; i < 1000; i++)
        push.send(zmq::buffer(std::to_string(i)), zmq::send_flags::none);
    bool ordered = true;
    for (int i = 0; i < 1000; i++) {
        zmq::message_t message;
        ordered = ordered && pull.recv(message).has_value() && message.to_string() == std::to_string(i);
    }
    wheel.send(zmq::str_buffer("TERMINATE"), zmq::send_flags::none);
    middle.join();
    CHECK(ordered);
}

void curve()
{
    char server_public[41], server_secret[41], client_public[41], client_secret[41];
    CHECK(zmq_curve_keypair(server_public, server_secret) == 0 && zmq_curve_keypair(client_public, client_secret) == 0);
    zmq::context_t context;
    zmq::socket_t server(context, zmq::socket_type::rep), client(context, zmq::socket_type::req);
    server.set(zmq::sockopt::curve_server, true);
    server.set(zmq::sockopt::curve_secretkey, server_secret);
    client.set(zmq::sockopt::curve_serverkey, server_public);
    client.set(zmq::sockopt::curve_publickey, client_public);
    client.set(zmq::sockopt::curve_secretkey, client_secret);
    client.connect(bound(server));
    client.send(zmq::str_buffer("secret"), zmq::send_flags::none);
    zmq::message_t message;
    CHECK(server.recv(message).has_value() && message.to_string() == "secret");
}

} // namespace

int main()
{
    const std::vector<std::pair<const char *, std::function<void()>>> tests = {
        {"messages", messages}, {"request_and_reply", request_and_reply}, {"multipart", multipart}, {"options", options},
        {"timeouts", timeouts}, {"terminating_wakes_a_blocked_thread", terminating_wakes_a_blocked_thread},
        {"monitor", monitor}, {"steered_proxy", steered_proxy}, {"curve", curve}};
    std::printf("1..%zu\n", tests.size());
    int number = 0;
    for (const auto &[name, test] : tests) {
        try {
            test();
            std::printf("ok %d - %s\n", ++number, name);
        } catch (const std::exception &error) {
            std::printf("not ok %d - %s\n# %s\n", ++number, name, error.what());
        }
        std::fflush(stdout);
    }
}
