//! Threads for calls that may block for long, so that they hold up nobody else: name services,
//! key distribution centres.

use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

use super::fork;
use super::thread::{self, Scheduling};
use crate::error::Result;
use crate::sync::Mutex;

/// What is to be done. It gets the error if there is no thread for it: `EAGAIN` or `ENOMEM`.
pub type Job = Box<dyn FnOnce(Result<()>) + Send>;

/// Jobs at a time. More wait for their turn: a service that does not answer takes many seconds to
/// give up.
const MAX_THREADS: usize = 8;

/// Threads of one kind. They are started when there is work and end when there is none, so that a
/// program that does not need them has none.
pub struct Workers {
    name: &'static str,
    /// The latest; it stays for as long as the process does.
    pools: AtomicPtr<Pool>,
}

impl Workers {
    /// None yet; the threads will have this name.
    pub const fn new(name: &'static str) -> Workers {
        Workers { name, pools: AtomicPtr::new(ptr::null_mut()) }
    }

    /// Has a job done on one of the threads.
    pub fn submit(&'static self, job: Job) {
        self.pool().submit(job);
    }

    /// This process's pool. Found and made without a lock: a child might inherit it locked.
    fn pool(&self) -> &'static Pool {
        let generation = fork::generation();
        loop {
            let latest = self.pools.load(Ordering::Acquire);
            // SAFETY: null, or a pool that was leaked below.
            if let Some(pool) = unsafe { latest.as_ref() }.filter(|it| it.generation == generation)
            {
                return pool;
            }
            let made = Box::into_raw(Box::new(Pool::new(self.name, generation)));
            let put =
                self.pools.compare_exchange(latest, made, Ordering::AcqRel, Ordering::Relaxed);
            if put.is_err() {
                // SAFETY: another thread was first, and nobody has seen this one.
                drop(unsafe { Box::from_raw(made) });
            }
        }
    }
}

/// The threads of one process and what waits for them.
struct Pool {
    name: &'static str,
    /// Where forks have got to in this process: a child has its parent's pool but not its threads,
    /// nor a say in whether its lock is free, and makes a pool of its own in its place.
    generation: u32,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Job>,
    threads: usize,
}

impl Pool {
    fn new(name: &'static str, generation: u32) -> Pool {
        Pool { name, generation, state: Mutex::default() }
    }

    fn submit(&'static self, job: Job) {
        let mut state = self.state.lock();
        state.waiting.push_back(job);
        if state.threads >= MAX_THREADS {
            return;
        }
        state.threads = state.threads.saturating_add(1);
        drop(state);
        let started = thread::spawn(self.name, Scheduling::default(), || self.work());
        if let Err(errno) = started {
            for job in self.lose_thread() {
                run(job, Err(errno));
            }
        }
    }

    /// What each thread does.
    fn work(&self) {
        while let Some(job) = self.next_job() {
            run(job, Ok(()));
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

/// Does a job. A panic in it is its own defect, not that of the other jobs.
fn run(job: Job, thread: Result<()>) {
    let _ = std::panic::catch_unwind(AssertUnwindSafe(|| job(thread)));
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn more_jobs_than_threads_are_all_done() {
        static WORKERS: Workers = Workers::new("test/many");
        let (sender, receiver) = mpsc::channel();
        for number in 0..5 * MAX_THREADS {
            let sender = sender.clone();
            WORKERS.submit(Box::new(move |thread| sender.send((thread, number)).unwrap()));
        }
        let mut done: Vec<_> = (0..5 * MAX_THREADS).map(|_| receiver.recv().unwrap()).collect();
        done.sort_by_key(|(_, number)| *number);
        assert!(
            done.into_iter()
                .enumerate()
                .all(|(index, (thread, number))| { thread == Ok(()) && number == index })
        );
    }

    #[test]
    fn a_job_that_waits_or_panics_does_not_harm_the_others() {
        static WORKERS: Workers = Workers::new("test/harm");
        let (go, waiting) = mpsc::channel::<()>();
        let (sender, receiver) = mpsc::channel();
        WORKERS.submit(Box::new(move |_| waiting.recv().unwrap()));
        WORKERS.submit(Box::new(|_| panic!("as expected")));
        WORKERS.submit(Box::new(move |_| sender.send(()).unwrap()));
        receiver.recv().unwrap();
        go.send(()).unwrap();
    }
}
