use super::*;
use crate::consts::{ZMQ_POLLIN, ZMQ_POLLOUT};
use crate::msg::Msg;
use crate::options::SocketType;
use crate::socket::{Context, close, find, open, receive, send};
use crate::sys::event::EventFd;

const INPUT: i16 = ZMQ_POLLIN as i16;
const OUTPUT: i16 = ZMQ_POLLOUT as i16;

type SocketHandle = &'static Handle<Socket>;

fn socket(context: &Arc<Context>, socket_type: SocketType) -> SocketHandle {
    find(open(context, socket_type).expect("socket")).expect("handle")
}

fn pair(context: &Arc<Context>) -> (SocketHandle, SocketHandle) {
    let (a, b) = (socket(context, SocketType::Pair), socket(context, SocketType::Pair));
    let endpoint = format!("inproc://{:p}", a.pointer());
    with(a, |socket| socket.bind(&endpoint)).expect("bind");
    with(b, |socket| socket.connect(&endpoint)).expect("connect");
    (a, b)
}

fn close_all<const N: usize>(sockets: [SocketHandle; N]) {
    sockets.into_iter().for_each(|socket| close(socket).expect("close"));
}

fn say(socket: SocketHandle, text: &str) {
    send(socket, &mut Msg::from_slice(text.as_bytes()).expect("message"), false, true)
        .expect("send");
}

fn hear(socket: SocketHandle) -> String {
    let mut msg = Msg::new();
    receive(socket, &mut msg, true).expect("receive");
    String::from_utf8_lossy(msg.data()).into_owned()
}

fn wait(poller: &Arc<Poller<u8>>, room: usize, timeout_ms: i64) -> Result<Vec<(u8, i16)>> {
    let mut found = Vec::new();
    let mut watch = poller.clone().watch(room, timeout_ms)?;
    let count = loop {
        match watch.attempt(|event| found.push((event.data, event.events))) {
            Err(Errno::ASLEEP) => watch.sleep(Cancel::Later),
            done => break done?,
        }
    };
    assert_eq!(count, found.len());
    Ok(found)
}

fn readable(fd: RawFd) -> bool {
    look(&mut [entry(fd, libc::POLLIN)]).expect("poll") == 1
}

#[test]
fn events_are_reported_in_the_order_of_adding() {
    let context = Context::new();
    let ((a, b), (c, d)) = (pair(&context), pair(&context));
    let poller = Arc::new(Poller::new());
    poller.add(b, 1, INPUT).expect("add");
    poller.add(d, 2, INPUT | OUTPUT).expect("add");
    assert_eq!(wait(&poller, 2, 0), Ok(vec![(2, OUTPUT)]));
    say(c, "c");
    say(a, "a");
    assert_eq!(wait(&poller, 2, -1), Ok(vec![(1, INPUT), (2, INPUT | OUTPUT)]));
    assert_eq!(wait(&poller, 1, -1), Ok(vec![(1, INPUT)]));
    assert_eq!(hear(b), "a");
    poller.modify(d, INPUT).expect("modify");
    assert_eq!(wait(&poller, 2, -1), Ok(vec![(2, INPUT)]));
    close_all([a, b, c, d]);
}

#[test]
fn nothing_to_wait_for_without_limit_is_an_error() {
    let context = Context::new();
    let poller = Arc::new(Poller::new());
    assert_eq!(wait(&poller, 1, -1), Err(Errno::EFAULT));
    assert_eq!(wait(&poller, 1, 1), Err(Errno::EAGAIN));
    let pull = socket(&context, SocketType::Pull);
    poller.add(pull, 1, 0).expect("add");
    assert_eq!(wait(&poller, 1, -1), Err(Errno::EFAULT));
    assert_eq!(wait(&poller, 1, 1), Err(Errno::EAGAIN));
    close(pull).expect("close");
}

#[test]
fn a_closed_socket_is_told_of_until_it_is_taken_out() {
    let context = Context::new();
    let (a, b) = pair(&context);
    let poller = Arc::new(Poller::new());
    poller.add(a, 1, INPUT).expect("add");
    poller.add(b, 2, OUTPUT).expect("add");
    close(a).expect("close");
    assert_eq!(wait(&poller, 2, 0), Err(Errno::ENOTSOCK));
    assert_eq!(poller.remove(a), Err(Errno::EINVAL));
    poller.remove_closed().expect("ours");
    assert_eq!(poller.size(), Ok(1));
    close(b).expect("close");
}

#[test]
fn sockets_and_descriptors_end_the_same_wait() {
    let context = Context::new();
    let (a, b) = pair(&context);
    let event = EventFd::new().expect("eventfd");
    let poller = Arc::new(Poller::new());
    poller.add(b, 1, INPUT).expect("add");
    poller.add_fd(event.fd(), 2, INPUT).expect("add");
    assert_eq!(poller.add_fd(event.fd(), 3, INPUT), Err(Errno::EINVAL));
    assert_eq!(wait(&poller, 2, 1), Err(Errno::EAGAIN));
    std::thread::scope(|scope| {
        scope.spawn(|| say(a, "a"));
        assert_eq!(wait(&poller, 2, -1), Ok(vec![(1, INPUT)]));
        assert_eq!(hear(b), "a");
        scope.spawn(|| event.set());
        assert_eq!(wait(&poller, 2, -1), Ok(vec![(2, INPUT)]));
    });
    poller.remove_fd(event.fd()).expect("remove");
    assert_eq!(poller.remove_fd(event.fd()), Err(Errno::EINVAL));
    close_all([a, b]);
}

#[test]
fn a_change_by_another_thread_reaches_a_wait() {
    let context = Context::new();
    let ((a, b), (c, d)) = (pair(&context), pair(&context));
    let poller = Arc::new(Poller::new());
    poller.add(b, 1, INPUT).expect("add");
    let event = EventFd::new().expect("eventfd");
    event.set();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| wait(&poller, 1, -1));
        poller.add(d, 2, OUTPUT).expect("add");
        assert_eq!(waiting.join().expect("join"), Ok(vec![(2, OUTPUT)]));
        poller.modify(d, 0).expect("modify");
        let waiting = scope.spawn(|| wait(&poller, 1, -1));
        poller.add_fd(event.fd(), 3, INPUT).expect("add");
        assert_eq!(waiting.join().expect("join"), Ok(vec![(3, INPUT)]));
    });
    close_all([a, b, c, d]);
}

#[test]
fn the_descriptor_shows_what_came_between_waits() {
    let context = Context::new();
    let (a, b) = pair(&context);
    let poller = Arc::new(Poller::new());
    poller.add(b, 1, INPUT).expect("add");
    assert_eq!(poller.descriptor(), Err(Errno::EINVAL));
    let client = socket(&context, SocketType::Client);
    poller.add(client, 2, INPUT).expect("add");
    let fd = poller.descriptor().expect("descriptor");
    while wait(&poller, 1, 0).is_ok() {}
    assert!(!readable(fd));
    for _ in 0..3 {
        say(a, "a");
        assert!(readable(fd));
        assert_eq!(wait(&poller, 1, -1), Ok(vec![(1, INPUT)]));
        assert!(!readable(fd));
        assert_eq!(hear(b), "a");
        assert_eq!(wait(&poller, 1, 0), Err(Errno::EAGAIN));
    }
    close_all([a, b, client]);
}
