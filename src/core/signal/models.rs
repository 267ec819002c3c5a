use super::*;
use crate::sync::atomic::AtomicU32;
use loom::sync::Arc as Shared;

const FOR_EVER: Deadline = Deadline(None);

/// What a command that is sent quietly counts, among others that count one.
const QUIETLY: u32 = 16;

/// A socket: what was said, behind a lock, and how it is told.
#[derive(Default)]
struct Socket {
    signal: Signal,
    /// The mailbox: commands not yet carried out.
    mailbox: AtomicU32,
    /// The socket's lock, and the commands that were carried out.
    done: Lock<u32>,
}

impl Socket {
    fn tell(&self) {
        self.mailbox.fetch_add(1, Ordering::SeqCst);
        self.signal.raise();
    }

    fn tell_quietly(&self) {
        self.mailbox.fetch_add(QUIETLY, Ordering::SeqCst);
        self.signal.raise_quietly();
    }

    fn attend(&self, done: &mut u32) {
        if self.signal.needs_attention() {
            self.signal.acknowledge();
            *done += self.mailbox.swap(0, Ordering::SeqCst);
        }
    }

    /// Waits, as a blocked call does, until `count` commands are carried out.
    fn wait_for(&self, count: u32) {
        self.sleep_until(Wants::All, |done| done >= count);
    }

    /// As `wait_for`, sleeping for what it `wants`, until what was carried out is `enough`.
    fn sleep_until(&self, wants: Wants, enough: impl Fn(u32) -> bool) {
        loop {
            let mut done = self.done.lock();
            self.attend(&mut done);
            if enough(*done) {
                return;
            }
            let ticket = self.signal.ticket(wants);
            drop(done);
            assert_eq!(self.signal.wait(ticket, FOR_EVER, Cancel::Later), Ok(()));
        }
    }
}

/// Every order of steps with at most three preemptions; without a bound it takes minutes.
fn check(model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(model);
}

/// Who sleeps is woken by what comes, whenever it comes.
#[test]
fn loom_signal_wakes_the_sleeper() {
    check(|| {
        let socket = Shared::new(Socket::default());
        let other = socket.clone();
        let teller = loom::thread::spawn(move || {
            other.tell();
            other.tell();
        });
        socket.wait_for(2);
        assert!(teller.join().is_ok());
    });
}

/// Who sleeps for something to receive is woken by that, whatever is said quietly around it, and who
/// sleeps for anything by what is said quietly.
#[test]
fn loom_signal_wakes_each_by_what_it_wants() {
    for wants in [Wants::Input, Wants::All] {
        check(move || {
            let socket = Shared::new(Socket::default());
            let (quiet, loud) = (socket.clone(), socket.clone());
            let mut threads = vec![loom::thread::spawn(move || quiet.tell_quietly())];
            if wants == Wants::Input {
                threads.push(loom::thread::spawn(move || loud.tell()));
            }
            socket.sleep_until(wants, |done| match wants {
                Wants::Input => done % QUIETLY == 1,
                Wants::All => done == QUIETLY,
            });
            for thread in threads {
                assert!(thread.join().is_ok());
            }
        });
    }
}

/// What another thread takes out of the mailbox wakes the sleeper as well.
#[test]
fn loom_signal_wakes_the_sleeper_whose_news_another_took() {
    check(|| {
        let socket = Shared::new(Socket::default());
        let (teller, passer) = (socket.clone(), socket.clone());
        let threads = [
            loom::thread::spawn(move || teller.tell()),
            loom::thread::spawn(move || {
                let mut done = passer.done.lock();
                passer.attend(&mut done);
            }),
        ];
        socket.wait_for(1);
        for thread in threads {
            assert!(thread.join().is_ok());
        }
    });
}

/// A waiter on the signal's list is woken, and a wake-up before it lies down is not lost.
#[test]
fn loom_signal_wakes_listed_waiters() {
    loom::model(|| {
        let socket = Shared::new(Socket::default());
        let waiter = Waiter::new();
        socket.signal.add_waiter(&waiter);
        let other = socket.clone();
        let teller = loom::thread::spawn(move || other.tell());
        loop {
            let mut done = socket.done.lock();
            socket.attend(&mut done);
            if *done == 1 {
                break;
            }
            drop(done);
            assert_eq!(waiter.wait(FOR_EVER, Cancel::Later), Ok(()));
        }
        socket.signal.remove_waiter(&waiter);
        assert!(teller.join().is_ok());
    });
}

/// Once all is quiet the descriptor says what `PENDING` says.
#[test]
fn loom_signal_descriptor_follows_pending() {
    loom::model(|| {
        let signal = Shared::new(Signal::default());
        let fd = signal.descriptor().expect("eventfd");
        let raising = signal.clone();
        let raiser = loom::thread::spawn(move || {
            raising.raise();
            raising.raise();
        });
        signal.acknowledge();
        assert!(raiser.join().is_ok());
        let mut entries = [crate::sys::poll::entry(fd, crate::sys::libc::POLLIN)];
        let readable = crate::sys::poll::look(&mut entries) == Ok(1);
        assert_eq!(readable, signal.needs_attention());
    });
}
