# ffi-rzmq: Ruby's binding. It attaches to every function of libzmq, the deprecated ones too, when it loads.

require 'ffi-rzmq'

CONTEXT = ZMQ::Context.new
def check(condition)
  raise "not so (errno #{ZMQ::Util.errno}, #{ZMQ::Util.error_string}), line #{caller_locations(1, 1).first.lineno}" unless condition
end

def ok(result)
  check(ZMQ::Util.resultcode_ok?(result))
end

def with(*types)
  sockets = types.map { |type| CONTEXT.socket(type) }
  sockets.each { |socket| ok socket.setsockopt(ZMQ::RCVTIMEO, 20_000) }
  yield(*sockets)
ensure
  sockets.each(&:close)
end

def join(bound, connected)
  ok bound.bind('tcp://127.0.0.1:*')
  endpoint = []
  ok bound.getsockopt(ZMQ::LAST_ENDPOINT, endpoint)
  ok connected.connect(endpoint.first.delete("\0"))
end

def receive(socket)
  ok socket.recv_strings(parts = [])
  parts
end

TESTS = {
  'version' => -> { check LibZMQ.version[:major] == 4 },

  'request and reply' => lambda {
    with(ZMQ::REP, ZMQ::REQ) do |server, client|
      join server, client
      100.times do |i|
        ok client.send_strings(['request', i.to_s])
        check receive(server) == ['request', i.to_s]
        ok server.send_string("reply #{i}")
        check receive(client) == ["reply #{i}"]
      end
    end
  },

  'publish and subscribe' => lambda {
    with(ZMQ::XPUB, ZMQ::SUB) do |publisher, subscriber|
      ok subscriber.setsockopt(ZMQ::SUBSCRIBE, 'weather')
      join publisher, subscriber
      check receive(publisher) == ["\x01weather"]
      ok publisher.send_string('sports: lost')
      ok publisher.send_string('weather: fine')
      check receive(subscriber) == ['weather: fine']
    end
  },

  'routing ids' => lambda {
    with(ZMQ::ROUTER, ZMQ::DEALER) do |router, dealer|
      dealer.identity = 'dealer'
      join router, dealer
      ok dealer.send_string('hello')
      check receive(router) == %w[dealer hello]
      ok router.send_strings(['dealer', 'you', '', 'there'])
      check receive(dealer) == ['you', '', 'there']
    end
  },

  'messages' => lambda {
    with(ZMQ::PULL, ZMQ::PUSH) do |pull, push|
      join pull, push
      block = Random.new(1).bytes(100_000)
      message = ZMQ::Message.new(block)
      copy = ZMQ::Message.new
      copy.copy(message.address)
      ok push.sendmsg(message, ZMQ::SNDMORE)
      ok push.sendmsg(copy)
      received = ZMQ::Message.new
      ok pull.recvmsg(received)
      check received.copy_out_string == block && received.more?
      received.close
      check receive(pull) == [block]
    end
  },

  'poller' => lambda {
    with(ZMQ::PULL, ZMQ::PUSH, ZMQ::PULL) do |pull, push, other|
      join pull, push
      poller = ZMQ::Poller.new
      poller.register_readable pull
      poller.register_readable other
      check poller.poll(10).zero?
      ok push.send_string('x')
      check poller.poll(20_000) == 1 && poller.readables == [pull]
    end
  },

  'options and errors' => lambda {
    with(ZMQ::PULL, ZMQ::PULL) do |pull, other|
      ok pull.setsockopt(ZMQ::RCVHWM, 7)
      ok pull.getsockopt(ZMQ::RCVHWM, value = [])
      check value == [7]
      ok pull.bind('tcp://127.0.0.1:*')
      ok pull.getsockopt(ZMQ::LAST_ENDPOINT, endpoint = [])
      check other.bind(endpoint.first.delete("\0")) == -1 && ZMQ::Util.errno == Errno::EADDRINUSE::Errno
      check other.recv_string(+'', ZMQ::DONTWAIT) == -1 && ZMQ::Util.errno == Errno::EAGAIN::Errno
      check other.connect('nowhere') == -1 && ZMQ::Util.errno == Errno::EINVAL::Errno
    end
  },

  'threads' => lambda {
    with(ZMQ::PULL) do |pull|
      ok pull.bind('inproc://threads')
      threads = Array.new(4) do
        Thread.new do
          push = CONTEXT.socket(ZMQ::PUSH)
          ok push.connect('inproc://threads')
          100.times { ok push.send_string('work') }
          push.close
        end
      end
      400.times { check receive(pull) == ['work'] }
      threads.each(&:join)
    end
  }
}.freeze

puts "1..#{TESTS.size}"
TESTS.each_with_index do |(name, test), index|
  test.call
  puts "ok #{index + 1} - #{name}"
rescue StandardError => e
  puts "not ok #{index + 1} - #{name}", "# #{e.message}"
end
CONTEXT.terminate
