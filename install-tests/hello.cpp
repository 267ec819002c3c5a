// The same in C++, through cppzmq as Debian packages it; an exception crosses
// its frames, and ours are below on the stack of neither.

#include <fstream>
#include <iostream>
#include <string>
#include <zmq.hpp>

int main()
{
    zmq::context_t context;
    zmq::socket_t server(context, zmq::socket_type::pull), client(context, zmq::socket_type::push);
    server.set(zmq::sockopt::rcvtimeo, 10000);
    server.bind("tcp://127.0.0.1:*");
    client.connect(server.get(zmq::sockopt::last_endpoint));
    client.send(zmq::str_buffer("hello"), zmq::send_flags::none);
    zmq::message_t message;
    if (!server.recv(message) || message.to_string() != "hello")
        return 1;
    try {
        client.connect("nonsense");
        return 1;
    } catch (const zmq::error_t &error) {
        if (error.num() != EINVAL)
            return 1;
    }

    std::ifstream maps("/proc/self/maps");
    std::string line, file = "static";
    while (std::getline(maps, line))
        if (line.find("/libzmq.") != std::string::npos)
            file = line.substr(line.find('/'));
    std::cout << file << std::endl;
    return 0;
}
