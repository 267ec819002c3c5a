//! Real sockets on the loopback interface and in temporary directories.

use crate::sys::RawFd;
use std::fs;
use std::io::IoSlice;
use std::os::fd::IntoRawFd;
use std::path::PathBuf;
use std::sync::mpsc;

use proptest::prelude::*;

use super::*;
use crate::msg::RecvBuffer;
use crate::options::{Options, SocketType};
use crate::sys::cancel::Cancel;
use crate::sys::{poll, tempdir};

fn options() -> Options {
    Options::new(SocketType::Dealer)
}

fn with_ipv6() -> Options {
    Options { ipv6: true, ..options() }
}

/// Some machines and containers have no IPv6.
fn ipv6_works() -> bool {
    listen("tcp://[::1]:*", &with_ipv6()).is_ok()
}

/// A directory that goes away with the test.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Directory {
        Directory(tempdir::make(&std::env::temp_dir(), "ozm").unwrap())
    }

    fn file(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

fn wait(fd: RawFd, events: i16) {
    let mut entries = [poll::entry(fd, events)];
    assert_eq!(
        poll::poll(&mut entries, 10_000, Cancel::Later),
        Ok(1),
        "nothing happened within ten seconds"
    );
}

/// Splits an endpoint and parses the rest for connecting.
fn target(endpoint: &str, o: &Options) -> Result<Target> {
    let (protocol, address) = split_endpoint(endpoint)?;
    Target::parse(protocol, address, o)
}

fn listen(endpoint: &str, o: &Options) -> Result<Listener> {
    let (protocol, address) = split_endpoint(endpoint)?;
    Listener::bind(protocol, address, o)
}

/// Dials the first address of an endpoint and waits for the outcome.
fn dial(endpoint: &str, o: &Options) -> Result<Stream> {
    let target = target(endpoint, o)?;
    let addresses = target.resolve_blocking()?;
    let dial = Dial::start(&addresses[0], &target, o)?;
    if !dial.is_connected() {
        wait(dial.fd(), libc::POLLOUT);
    }
    dial.finish(o)
}

fn accept(listener: &Listener, o: &Options) -> Stream {
    wait(listener.fd(), libc::POLLIN);
    listener.accept(o).unwrap().expect("a connection waits")
}

fn connected(endpoint: &str, o: &Options) -> (Listener, Stream, Stream) {
    let listener = listen(endpoint, o).unwrap();
    let client = dial(listener.endpoint(), o).unwrap();
    let server = accept(&listener, o);
    (listener, client, server)
}

/// Reads what is there.
fn read(stream: &Stream) -> Result<Vec<u8>> {
    let mut buffer = RecvBuffer::new();
    let n = stream.read(&mut buffer.spare(64)?)?;
    assert_eq!(buffer.len(), n);
    Ok(buffer.data().to_vec())
}

fn flags(fd: RawFd) -> (bool, bool) {
    let text = fs::read_to_string(format!("/proc/self/fdinfo/{fd}")).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("flags:")).unwrap();
    let flags = i32::from_str_radix(line.trim(), 8).unwrap();
    (flags & libc::O_NONBLOCK != 0, flags & libc::O_CLOEXEC != 0)
}

#[test]
fn endpoints_are_split_at_the_first_mark() {
    let table = [
        ("tcp://*:5555", Ok((Protocol::Tcp, "*:5555"))),
        ("inproc://a", Ok((Protocol::Inproc, "a"))),
        ("inproc://a://b", Ok((Protocol::Inproc, "a://b"))),
        ("ipc:///tmp/x", Ok((Protocol::Ipc, "/tmp/x"))),
        ("udp://x:1", Ok((Protocol::Udp, "x:1"))),
        ("norm://x", Ok((Protocol::Norm, "x"))),
        ("tcp://", Err(Errno::EINVAL)),
        ("://x", Err(Errno::EINVAL)),
        ("tcp:/x", Err(Errno::EINVAL)),
        ("", Err(Errno::EINVAL)),
        ("TCP://x", Err(Errno::EPROTONOSUPPORT)),
        ("foo://x", Err(Errno::EPROTONOSUPPORT)),
    ];
    for (text, expected) in table {
        assert_eq!(split_endpoint(text), expected, "{text}");
    }
}

#[test]
fn addresses_are_checked_when_connecting() {
    let long = format!("ipc://{}", "x".repeat(108));
    let fits = format!("ipc://{}", "x".repeat(107));
    let table = [
        ("tcp://localhost:5555", Ok(())),
        ("tcp://localhost:0", Ok(())),
        ("tcp://127.0.0.1:80a", Ok(())),
        ("tcp://eth0:0;127.0.0.1:5555", Ok(())),
        ("tcp://[fe80::1%eth0]:1", Ok(())),
        ("tcp://host_name-1.example:1", Ok(())),
        ("tcp://:1", Ok(())),
        ("tcp://*:5555", Err(Errno::EINVAL)),
        ("tcp://_a:5555", Err(Errno::EINVAL)),
        ("tcp://localhost:*", Err(Errno::EINVAL)),
        ("tcp://localhost:invalid", Err(Errno::EINVAL)),
        ("tcp://localhost:", Err(Errno::EINVAL)),
        ("tcp://localhost", Err(Errno::EINVAL)),
        ("tcp://in val id:1234", Err(Errno::EINVAL)),
        ("tcp://ex\u{e4}mple:1", Err(Errno::EINVAL)),
        ("tcp://a/b:1", Err(Errno::EINVAL)),
        ("ipc:///tmp/x", Ok(())),
        ("ipc://*", Ok(())),
        ("ipc://@x", Ok(())),
        ("ipc://@", Err(Errno::EINVAL)),
        (&fits, Ok(())),
        (&long, Err(Errno::ENAMETOOLONG)),
        ("udp://x:1", Err(Errno::EPROTONOSUPPORT)),
    ];
    for (text, expected) in table {
        let parsed = target(text, &options());
        assert_eq!(parsed.as_ref().map(|_| ()).map_err(|e| *e), expected, "{text}");
        if let Ok(target) = parsed {
            assert_eq!(target.endpoint(), text);
        }
    }
}

#[test]
fn binding_says_what_is_wrong() {
    let directory = Directory::new();
    let long = format!("ipc://{}", "x".repeat(108));
    let nowhere = format!("ipc://{}", directory.file("none/x"));
    let table = [
        ("tcp://*:!", Errno::EINVAL),
        ("tcp://*:http", Errno::EINVAL),
        ("tcp://*", Errno::EINVAL),
        ("tcp://no-such-thing.invalid:*", Errno::ENODEV),
        ("tcp://[::1]:*", Errno::ENODEV),
        ("tcp://192.0.2.77:*", Errno::EADDRNOTAVAIL),
        ("ipc://@", Errno::EINVAL),
        (&long, Errno::ENAMETOOLONG),
        (&nowhere, Errno::ENOENT),
        ("vmci://*", Errno::EINVAL),
        ("tipc://{5560}", Errno::EINVAL),
        ("tipc://<1.2.3:4>", Errno::EINVAL),
        ("pgm://eth0;239.0.0.1:5555", Errno::EPROTONOSUPPORT),
    ];
    for (text, errno) in table {
        assert_eq!(listen(text, &options()).map(drop), Err(errno), "{text}");
    }
}

#[test]
fn a_bound_tcp_port_is_in_use() {
    let first = listen("tcp://127.0.0.1:*", &options()).unwrap();
    let again = listen(first.endpoint(), &options());
    assert_eq!(again.map(drop), Err(Errno::EADDRINUSE));
    let endpoint = first.endpoint().to_owned();
    first.close().unwrap();
    assert_eq!(listen(&endpoint, &options()).unwrap().endpoint(), endpoint);
}

#[test]
fn wildcards_are_replaced_in_the_endpoint() {
    let table = [
        ("tcp://*:*", options(), "tcp://0.0.0.0:"),
        ("tcp://*:0", options(), "tcp://0.0.0.0:"),
        ("tcp://lo:*", options(), "tcp://127.0.0.1:"),
        ("tcp://localhost:*", options(), "tcp://127.0.0.1:"),
        ("tcp://*:*", with_ipv6(), "tcp://[::]:"),
        ("tcp://127.0.0.1:*", with_ipv6(), "tcp://[::ffff:127.0.0.1]:"),
        ("tcp://[::1]:*", with_ipv6(), "tcp://[::1]:"),
    ];
    let ipv6_works = ipv6_works();
    for (text, o, prefix) in table {
        if o.ipv6 && !ipv6_works {
            continue;
        }
        let listener = listen(text, &o).unwrap();
        let port = listener.endpoint().strip_prefix(prefix).unwrap_or_else(|| {
            panic!("{text} became {}", listener.endpoint());
        });
        assert_ne!(port.parse::<u16>().unwrap(), 0);
    }
}

#[test]
fn a_tcp_connection_carries_bytes_both_ways() {
    let o = options();
    let (listener, client, server) = connected("tcp://127.0.0.1:*", &o);
    assert_eq!(read(&server), Err(Errno::EAGAIN));
    assert_eq!(client.write(b"hello"), Ok(5));
    wait(server.fd(), libc::POLLIN);
    assert_eq!(read(&server).unwrap(), b"hello");
    let slices = [IoSlice::new(b"good"), IoSlice::new(b""), IoSlice::new(b"bye")];
    assert_eq!(server.write_vectored(&slices), Ok(7));
    wait(client.fd(), libc::POLLIN);
    assert_eq!(read(&client).unwrap(), b"goodbye");

    assert_eq!(client.remote_endpoint(), listener.endpoint());
    assert_eq!(server.local_endpoint(), listener.endpoint());
    assert_eq!(client.local_endpoint(), server.remote_endpoint());
    assert_eq!(server.peer_address().as_deref(), Some("127.0.0.1"));
    for fd in [listener.fd(), client.fd(), server.fd()] {
        assert_eq!(flags(fd), (true, true));
    }
    assert!(listener.accept(&o).unwrap().is_none());

    drop(client);
    wait(server.fd(), libc::POLLIN);
    assert_eq!(read(&server).unwrap(), b"");
}

#[test]
fn more_slices_than_the_system_takes_are_sent_in_part() {
    let (_listener, client, _server) = connected("tcp://127.0.0.1:*", &options());
    let slices = vec![IoSlice::new(b"x"); 3000];
    assert_eq!(client.write_vectored(&slices), Ok(libc::UIO_MAXIOV as usize));
}

#[test]
fn writing_to_a_closed_connection_is_an_error_and_no_signal() {
    let (_listener, client, server) = connected("ipc://*", &options());
    drop(server);
    assert_eq!(client.write(b"x"), Err(Errno::EPIPE));
    assert_eq!(client.write_vectored(&[IoSlice::new(b"x")]), Err(Errno::EPIPE));
}

#[test]
fn a_dual_stack_listener_takes_ipv4_peers() {
    if !ipv6_works() {
        return;
    }
    let o = with_ipv6();
    let listener = listen("tcp://*:*", &o).unwrap();
    let port = listener.endpoint().rsplit_once(':').unwrap().1;
    let _client = dial(&format!("tcp://127.0.0.1:{port}"), &options()).unwrap();
    let server = accept(&listener, &o);
    assert_eq!(server.peer_address().as_deref(), Some("::ffff:127.0.0.1"));
    let _client = dial(&format!("tcp://[::1]:{port}"), &o).unwrap();
    assert_eq!(accept(&listener, &o).peer_address().as_deref(), Some("::1"));
}

#[test]
fn nobody_listening_is_a_refusal() {
    let listener = listen("tcp://127.0.0.1:*", &options()).unwrap();
    let endpoint = listener.endpoint().to_owned();
    listener.close().unwrap();
    assert_eq!(dial(&endpoint, &options()).map(drop), Err(Errno::ECONNREFUSED));
    let directory = Directory::new();
    let endpoint = format!("ipc://{}", directory.file("none"));
    assert_eq!(dial(&endpoint, &options()).map(drop), Err(Errno::ENOENT));
}

#[test]
fn a_source_address_is_bound_first() {
    let o = options();
    let listener = listen("tcp://127.0.0.1:*", &o).unwrap();
    let address = listener.endpoint().strip_prefix("tcp://").unwrap();
    let reserved = listen("tcp://127.0.0.1:*", &o).unwrap();
    let source = reserved.endpoint().strip_prefix("tcp://").unwrap().to_owned();
    reserved.close().unwrap();
    let _client = dial(&format!("tcp://{source};{address}"), &o).unwrap();
    assert_eq!(accept(&listener, &o).remote_endpoint(), format!("tcp://{source}"));
    let _client = dial(&format!("tcp://lo:0;{address}"), &o).unwrap();
    assert_eq!(accept(&listener, &o).peer_address().as_deref(), Some("127.0.0.1"));
    let nowhere = dial(&format!("tcp://no-such-thing:0;{address}"), &o);
    assert_eq!(nowhere.map(drop), Err(Errno::ENODEV));
}

#[test]
fn accept_filters_turn_peers_away() {
    let mut o = options();
    o.set(crate::consts::ZMQ_TCP_ACCEPT_FILTER, Some(b"10.0.0.0/8")).unwrap();
    let listener = listen("tcp://127.0.0.1:*", &o).unwrap();
    let client = dial(listener.endpoint(), &o).unwrap();
    wait(listener.fd(), libc::POLLIN);
    assert!(matches!(listener.accept_next(&o), Ok(Accepted::Rejected(Errno::EACCES, _))));
    assert!(matches!(listener.accept_next(&o), Ok(Accepted::Nothing)));
    wait(client.fd(), libc::POLLIN);
    assert_eq!(read(&client).unwrap(), b"");

    o.set(crate::consts::ZMQ_TCP_ACCEPT_FILTER, Some(b"127.0.0.0/8")).unwrap();
    let _client = dial(listener.endpoint(), &o).unwrap();
    accept(&listener, &o);
}

#[test]
fn ipc_filters_let_in_who_passes_one_of_them() {
    let me = fs::metadata("/proc/self").unwrap();
    let (uid, gid) = {
        use std::os::unix::fs::MetadataExt;
        (me.uid(), me.gid())
    };
    let stranger = u32::MAX - 7;
    let passes = |change: &dyn Fn(&mut Options) -> bool| {
        let mut o = options();
        change(&mut o);
        let listener = listen("ipc://*", &o).unwrap();
        let _client = dial(listener.endpoint(), &o).unwrap();
        wait(listener.fd(), libc::POLLIN);
        listener.accept(&o).unwrap().is_some()
    };
    assert!(passes(&|_| true));
    assert!(passes(&|o| o.ipc_filter_uid.insert(uid)));
    assert!(passes(&|o| o.ipc_filter_gid.insert(gid)));
    assert!(passes(&|o| o.ipc_filter_pid.insert(std::process::id() as i32)));
    assert!(passes(&|o| {
        o.ipc_filter_uid.insert(stranger);
        o.ipc_filter_gid.insert(gid)
    }));
    assert!(!passes(&|o| o.ipc_filter_uid.insert(stranger)));
    assert!(!passes(&|o| o.ipc_filter_gid.insert(stranger)));
    assert!(!passes(&|o| o.ipc_filter_pid.insert(1)));
}

#[test]
fn an_ipc_connection_knows_its_ends() {
    let directory = Directory::new();
    let endpoint = format!("ipc://{}", directory.file("socket"));
    let (listener, client, server) = connected(&endpoint, &options());
    assert_eq!(listener.endpoint(), endpoint);
    assert_eq!(client.remote_endpoint(), endpoint);
    assert_eq!(server.local_endpoint(), endpoint);
    assert_eq!(server.remote_endpoint(), "ipc://");
    let peer = server.peer_address().unwrap();
    assert!(peer.starts_with("localhost:"), "{peer}");
    assert!(peer.ends_with(&format!(":{}", std::process::id())), "{peer}");
    assert_eq!(client.write(b"x"), Ok(1));
    assert_eq!(read(&server).unwrap(), b"x");
}

#[test]
fn an_ipc_file_is_replaced_and_stays() {
    let directory = Directory::new();
    let path = directory.file("socket");
    let endpoint = format!("ipc://{path}");
    fs::write(&path, "reserved by the application").unwrap();
    let first = listen(&endpoint, &options()).unwrap();
    let second = listen(&endpoint, &options()).unwrap();
    let _client = dial(&endpoint, &options()).unwrap();
    accept(&second, &options());
    assert!(first.accept(&options()).unwrap().is_none());
    first.close().unwrap();
    second.close().unwrap();
    assert!(fs::exists(&path).unwrap());
}

#[test]
fn an_abstract_name_needs_no_file_and_removes_none() {
    let name = format!("@ozmium-{}-{:p}", std::process::id(), &());
    let endpoint = format!("ipc://{name}");
    let listener = listen(&endpoint, &options()).unwrap();
    assert_eq!(listener.endpoint(), endpoint);
    assert_eq!(listen(&endpoint, &options()).map(drop), Err(Errno::EADDRINUSE));
    dial(&endpoint, &options()).unwrap();
    assert!(!fs::exists(&name).unwrap());
}

#[test]
fn a_wildcard_directory_goes_with_its_listener() {
    let listener = listen("ipc://*", &options()).unwrap();
    let path = PathBuf::from(listener.endpoint().strip_prefix("ipc://").unwrap());
    let directory = path.parent().unwrap().to_owned();
    assert!(path.exists());
    listener.close().unwrap();
    assert!(!directory.exists());

    let listener = listen("ipc://*", &options()).unwrap();
    let path = PathBuf::from(listener.endpoint().strip_prefix("ipc://").unwrap());
    fs::remove_file(&path).unwrap();
    assert_eq!(listener.close(), Err(Errno::ENOENT));
    assert!(!path.parent().unwrap().exists());
}

#[test]
fn the_applications_descriptor_is_taken_over() {
    let theirs = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("tcp://{}", theirs.local_addr().unwrap());
    let mut o = options();
    o.use_fd = theirs.into_raw_fd();
    let listener = listen("tcp://anything at all", &o).unwrap();
    assert_eq!((listener.fd(), listener.endpoint()), (o.use_fd, endpoint.as_str()));
    assert!(listener.accept(&o).unwrap().is_none());
    let _client = dial(&endpoint, &options()).unwrap();
    accept(&listener, &o);

    let directory = Directory::new();
    let path = directory.file("socket");
    let theirs = std::os::unix::net::UnixListener::bind(&path).unwrap();
    o.use_fd = theirs.into_raw_fd();
    let listener = listen(&format!("ipc://{path}"), &o).unwrap();
    dial(listener.endpoint(), &options()).unwrap();
    listener.close().unwrap();
    assert!(fs::exists(&path).unwrap());

    o.use_fd = 1 << 20;
    assert_eq!(listen("tcp://*:*", &o).map(drop), Err(Errno(libc::EBADF)));
}

#[test]
fn tcp_options_reach_the_system() {
    let mut o = options();
    o.sndbuf = 65536;
    o.rcvbuf = 32768;
    o.tos = 0x28;
    o.priority = 3;
    o.tcp_keepalive = 1;
    o.tcp_keepalive_cnt = 4;
    o.tcp_keepalive_idle = 55;
    o.tcp_keepalive_intvl = 6;
    o.tcp_maxrt = 12_345;
    let (_listener, client, server) = connected("tcp://127.0.0.1:*", &o);
    for stream in [client, server] {
        for (level, name, expected) in [
            // The system doubles sizes, for its own bookkeeping.
            (libc::SOL_SOCKET, libc::SO_SNDBUF, 2 * 65536),
            (libc::SOL_SOCKET, libc::SO_RCVBUF, 2 * 32768),
            (libc::IPPROTO_IP, libc::IP_TOS, 0x28),
            (libc::SOL_SOCKET, libc::SO_PRIORITY, 3),
            (libc::SOL_SOCKET, libc::SO_KEEPALIVE, 1),
            (libc::IPPROTO_TCP, libc::TCP_KEEPCNT, 4),
            (libc::IPPROTO_TCP, libc::TCP_KEEPIDLE, 55),
            (libc::IPPROTO_TCP, libc::TCP_KEEPINTVL, 6),
            (libc::IPPROTO_TCP, libc::TCP_USER_TIMEOUT, 12_345),
            (libc::IPPROTO_TCP, libc::TCP_NODELAY, 1),
        ] {
            assert_eq!(stream.socket.option(level, name), Ok(expected), "option {level}/{name}");
        }
    }
}

#[test]
fn a_keepalive_the_system_refuses_ends_the_connection() {
    let mut o = options();
    let listener = listen("tcp://127.0.0.1:*", &o).unwrap();
    let _client = dial(listener.endpoint(), &o).unwrap();
    o.tcp_keepalive = 1;
    o.tcp_keepalive_idle = 1 << 20;
    assert_eq!(dial(listener.endpoint(), &o).map(drop), Err(Errno::EINVAL));
    wait(listener.fd(), libc::POLLIN);
    assert!(matches!(listener.accept_next(&o), Ok(Accepted::Rejected(Errno::EINVAL, _))));
}

#[test]
fn a_device_that_does_not_exist_cannot_be_bound_to() {
    let mut o = options();
    o.bindtodevice = b"no-such-thing".to_vec();
    let errno = listen("tcp://127.0.0.1:*", &o).map(drop).unwrap_err();
    assert!(matches!(errno, Errno::ENODEV | Errno::EPERM), "{errno:?}");
}

#[test]
fn numbers_are_resolved_at_once_and_names_on_another_thread() {
    let here = std::thread::current().id();
    for (endpoint, named, expected) in [
        ("tcp://127.0.0.1:5", false, Ok("tcp://127.0.0.1:5")),
        ("ipc:///tmp/x", false, Ok("ipc:///tmp/x")),
        ("tcp://localhost:5", true, Ok("tcp://127.0.0.1:5")),
        ("tcp://no-such-thing.invalid:5", true, Err(Errno::EINVAL)),
        ("tcp://localhost:00", false, Err(Errno::EINVAL)),
        ("tcp://[::1]:5", false, Err(Errno::EINVAL)),
    ] {
        let target = target(endpoint, &options()).unwrap();
        assert_eq!(target.needs_resolution(), named, "{endpoint}");
        let (tell, hear) = mpsc::channel();
        resolve(
            &target,
            Box::new(move |result| tell.send((result, std::thread::current().id())).unwrap()),
        );
        let (result, thread) = hear.recv().unwrap();
        assert_eq!(thread != here, named, "{endpoint}");
        let first = result.map(|addresses| address::endpoint_of(&addresses[0]));
        assert_eq!(first, expected.map(str::to_owned), "{endpoint}");
    }
}

#[test]
fn many_names_are_resolved_by_a_few_threads_even_if_some_receivers_panic() {
    let target = target("tcp://localhost:5", &options()).unwrap();
    let (tell, hear) = mpsc::channel();
    for i in 0..100 {
        let tell = tell.clone();
        resolve(
            &target,
            Box::new(move |result| {
                tell.send(result.is_ok()).unwrap();
                assert!(i % 10 != 0, "a receiver's defect");
            }),
        );
    }
    drop(tell);
    assert_eq!(hear.iter().filter(|&found| found).count(), 100);
}

proptest! {
    #[test]
    fn no_address_makes_connecting_panic(text in "\\PC{0,40}") {
        for protocol in [Protocol::Tcp, Protocol::Ipc] {
            if let Ok(target) = Target::parse(protocol, &text, &options()) {
                let _ = target.needs_resolution();
                let _ = target.endpoint();
            }
        }
    }
}

#[test]
fn a_proxy_is_dialled_in_the_place_of_the_peer() {
    let proxied = |proxy: &str| Options { socks_proxy: proxy.into(), ..options() };
    let o = proxied("127.0.0.1:1080");
    let far = target("tcp://192.0.2.1:5555", &o).unwrap();
    assert_eq!(far.endpoint(), "tcp://192.0.2.1:5555");
    assert_eq!(far.proxy().as_deref(), Some("tcp://127.0.0.1:1080"));
    assert_eq!(
        far.resolve_blocking(),
        target("tcp://127.0.0.1:1080", &options()).unwrap().resolve_blocking()
    );
    assert!(far.negotiation(&o).unwrap().is_some());
    // The peer's name is the proxy's business.
    assert!(!target("tcp://nowhere.example:1", &o).unwrap().needs_resolution());
    assert!(
        target("tcp://192.0.2.1:1", &proxied("nowhere.example:1080")).unwrap().needs_resolution()
    );
    // Nonsense is found out when it is dialled, as a peer's is.
    assert_eq!(
        target("tcp://a:1", &proxied("nonsense")).unwrap().resolve_blocking(),
        Err(Errno::EINVAL)
    );
    assert_eq!(target("tcp://a:0", &o).unwrap().negotiation(&o).err(), Some(Errno::EINVAL));
    // What is not tcp goes its own way.
    let near = target("ipc:///tmp/x", &o).unwrap();
    assert!(near.proxy().is_none() && near.negotiation(&o).unwrap().is_none());
}
