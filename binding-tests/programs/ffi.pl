# ZMQ::FFI: Perl's binding, which looks every function up when it loads.

use v5.36;
use ZMQ::FFI;
use ZMQ::FFI::Constants qw(:all);
use Test::More;

# By soname, or it takes the first that it finds in the system's directories.
my $context = ZMQ::FFI->new(soname => 'libzmq.so.5');
my ($major) = $context->version;
is $major, 4, 'version';

sub bound($type, $endpoint = 'tcp://127.0.0.1:*') {
    my $socket = $context->socket($type);
    $socket->bind($endpoint);
    return $socket, $socket->get(ZMQ_LAST_ENDPOINT, 'string') =~ s/\0//r;
}

subtest 'request and reply' => sub {
    my ($server, $endpoint) = bound(ZMQ_REP);
    my $client = $context->socket(ZMQ_REQ);
    $client->connect($endpoint);
    for my $i (1 .. 100) {
        $client->send("request $i");
        is $server->recv, "request $i";
        $server->send_multipart(['reply', $i]);
        is_deeply [$client->recv_multipart], ['reply', $i];
    }
    $_->close for $client, $server;
};

subtest 'publish and subscribe' => sub {
    my ($publisher, $endpoint) = bound(ZMQ_XPUB);
    my $subscriber = $context->socket(ZMQ_SUB);
    $subscriber->connect($endpoint);
    $subscriber->subscribe('weather');
    is $publisher->recv, "\x01weather";
    $publisher->send('sports: lost');
    $publisher->send('weather: fine');
    is $subscriber->recv, 'weather: fine';
    $subscriber->unsubscribe('weather');
    is $publisher->recv, "\x00weather";
    $_->close for $subscriber, $publisher;
};

subtest 'routing ids' => sub {
    my ($router, $endpoint) = bound(ZMQ_ROUTER);
    my $dealer = $context->socket(ZMQ_DEALER);
    $dealer->set_identity('dealer');
    is $dealer->get_identity, 'dealer';
    $dealer->connect($endpoint);
    $dealer->send('hello');
    is_deeply [$router->recv_multipart], ['dealer', 'hello'];
    $router->send_multipart(['dealer', 'you', '', 'there']);
    is_deeply [$dealer->recv_multipart], ['you', '', 'there'];
    $_->close for $dealer, $router;
};

subtest 'waiting by the descriptor' => sub {
    my ($pull, $endpoint) = bound(ZMQ_PULL);
    my $push = $context->socket(ZMQ_PUSH);
    $push->connect($endpoint);
    my $descriptor = $pull->get_fd;
    for my $i (1 .. 100) {
        $push->send($i);
        until ($pull->has_pollin) {
            my $wanted = '';
            vec($wanted, $descriptor, 1) = 1;
            select $wanted, undef, undef, 20 or last;
        }
        is $pull->recv(ZMQ_DONTWAIT), $i;
    }
    ok !$pull->has_pollin;
    $_->close for $push, $pull;
};

subtest 'options and errors' => sub {
    my ($pull, $endpoint) = bound(ZMQ_PULL);
    $pull->set_linger(7);
    is $pull->get_linger, 7;
    $pull->set(ZMQ_RCVHWM, 'int', 5);
    is $pull->get(ZMQ_RCVHWM, 'int'), 5;
    $pull->die_on_error(0);
    $pull->recv(ZMQ_DONTWAIT);
    ok $pull->has_error && $pull->last_strerror =~ /temporarily unavailable/, 'nothing there';
    my $other = $context->socket(ZMQ_PULL);
    ok !eval { $other->bind($endpoint); 1 };
    like $@, qr/in use/, 'in use';
    ok !eval { $other->connect('foo://bar'); 1 };
    like $@, qr/not supported/, 'no such transport';
    $_->close for $other, $pull;
};

subtest 'large message' => sub {
    my ($pull, $endpoint) = bound(ZMQ_PULL);
    my $push = $context->socket(ZMQ_PUSH);
    $push->connect($endpoint);
    my $block = join '', map { chr $_ % 256 } 1 .. 1_000_000;
    $push->send($block);
    ok $pull->recv eq $block;
    $_->close for $push, $pull;
};

$context->destroy;
done_testing;
