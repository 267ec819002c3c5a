//! Looking up names on threads of its own, so that a slow name service holds up nobody else.

use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::sync::OnceLock;

use crate::sync::Mutex;

use super::{SocketAddress, Target};
use crate::error::Result;
use crate::sys::fork;
use crate::sys::thread::{self, Scheduling};

/// What is called with the addresses, at least one, in the order to try them.
pub type Done = Box<dyn FnOnce(Result<Vec<SocketAddress>>) + Send>;

/// Look-ups at a time. More wait for their turn: a name service that does not answer takes many
/// seconds to give up.
const MAX_THREADS: usize = 8;

/// Finds the addresses of `target` and calls `done` with them: at once if no name service is
/// needed, or else later, on another thread. Errors, to `done`: as [`Target::resolve_blocking`],
/// and `EAGAIN` if there is no thread to be had.
pub fn resolve(target: &Target, done: Done) {
    match target.known_addresses() {
        Ok(None) => Pool::of_this_process().submit(Job { target: target.clone(), done }),
        Ok(Some(addresses)) => done(Ok(addresses)),
        Err(errno) => done(Err(errno)),
    }
}

struct Job {
    target: Target,
    done: Done,
}

/// The threads and what waits for them. Threads are started when there is work and end when there
/// is none, so that a program that uses no names has none.
struct Pool {
    /// Where forks have got to in this process: a child has its parent's pool but not its threads,
    /// nor a say in whether its lock is free, and makes a pool of its own.
    generation: u32,
    state: Mutex<State>,
    of_child: OnceLock<Box<Pool>>,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Job>,
    threads: usize,
}

impl Pool {
    fn new(generation: u32) -> Pool {
        Pool { generation, state: Mutex::default(), of_child: OnceLock::new() }
    }

    fn of_this_process() -> &'static Pool {
        static FIRST: OnceLock<Pool> = OnceLock::new();
        let generation = fork::generation();
        let mut pool = FIRST.get_or_init(|| Pool::new(generation));
        while pool.generation != generation {
            pool = pool.of_child.get_or_init(|| Box::new(Pool::new(generation)));
        }
        pool
    }

    fn submit(&'static self, job: Job) {
        let mut state = self.state.lock();
        state.waiting.push_back(job);
        if state.threads >= MAX_THREADS {
            return;
        }
        state.threads = state.threads.saturating_add(1);
        drop(state);
        let started = thread::spawn("ZMQbg/resolve", Scheduling::default(), || self.work());
        if let Err(errno) = started {
            for job in self.lose_thread() {
                run(job.done, Err(errno));
            }
        }
    }

    /// What each thread does.
    fn work(&self) {
        while let Some(job) = self.next_job() {
            run(job.done, job.target.resolve_blocking());
        }
    }

    /// The next job; `None` ends the calling thread.
    fn next_job(&self) -> Option<Job> {
        let mut state = self.state.lock();
        let job = state.waiting.pop_front();
        if job.is_none() {
            // Under the same lock, so that a job that comes now finds room for a thread.
            state.threads = state.threads.saturating_sub(1);
        }
        job
    }

    /// Takes back the place of a thread that could not be started. Returns the jobs that nobody is
    /// left to do.
    fn lose_thread(&self) -> VecDeque<Job> {
        let mut state = self.state.lock();
        state.threads = state.threads.saturating_sub(1);
        if state.threads == 0 { std::mem::take(&mut state.waiting) } else { VecDeque::new() }
    }
}

/// Delivers a result. A panic in the receiver is its own defect, not that of the other jobs.
fn run(done: Done, result: Result<Vec<SocketAddress>>) {
    let _ = std::panic::catch_unwind(AssertUnwindSafe(|| done(result)));
}
