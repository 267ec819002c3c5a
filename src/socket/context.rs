//! Contexts: what sockets have in common, and how it ends.

use std::any::Any;

use super::handle::Arena;
use super::inproc::Registry;
use super::socket::{SOCKETS, Socket};
use crate::core::mailbox::Mailbox;
use crate::error::{Errno, Result};
use crate::io::IoPool;
use crate::log;
use crate::msg::wait_by;
use crate::options::{ContextOptions, SocketType};
use crate::sync::{Arc, Mutex};
use crate::sys::cancel::Cancel;
use crate::sys::futex;
use crate::sys::thread::Scheduling;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// What a live context's handle begins with.
const LIVE: u32 = 0xabad_cafe;
/// What a dead one's begins with.
const DEAD: u32 = 0xdead_beef;

/// All contexts.
pub static CONTEXTS: Arena<Arc<Context>> = Arena::new(LIVE, DEAD);

/// A context.
pub struct Context {
    options: Mutex<ContextOptions>,
    state: Mutex<State>,
    terminating: AtomicBool,
    /// Sockets that are open, or closed with something left to do.
    alive: AtomicU32,
    /// inproc endpoints.
    pub inproc: Mutex<Registry>,
}

#[derive(Default)]
struct State {
    /// Mailboxes of the open sockets.
    open: Vec<Arc<Mailbox>>,
    /// The options as they were when the first socket was made: later changes to what counts from
    /// then on are kept, but without effect.
    at_start: Option<ContextOptions>,
    pool: Option<Arc<IoPool>>,
}

/// Held by a socket's port: the socket is alive while it exists.
struct Life(Arc<Context>);

impl Drop for Life {
    fn drop(&mut self) {
        if self.0.alive.fetch_sub(1, Ordering::SeqCst) == 1 {
            futex::wake_all(&self.0.alive);
        }
    }
}

impl Context {
    /// A context with the default options. It starts no threads yet.
    pub fn new() -> Arc<Context> {
        // From before there is a lock to wait for.
        wait_by(|| SOCKETS.wait_for_users());
        log::open();
        Arc::new(Context {
            options: Mutex::default(),
            state: Mutex::default(),
            terminating: AtomicBool::new(false),
            alive: AtomicU32::new(0),
            inproc: Mutex::default(),
        })
    }

    /// The options.
    pub fn options(&self) -> crate::sync::MutexGuard<'_, ContextOptions> {
        self.options.lock()
    }

    /// Whether termination or shutdown has begun.
    pub fn is_terminating(&self) -> bool {
        self.terminating.load(Ordering::SeqCst)
    }

    /// A new socket. Errors: `ETERM`, `EMFILE` (more sockets than `ZMQ_MAX_SOCKETS`).
    pub fn socket(self: &Arc<Self>, socket_type: SocketType) -> Result<Box<Socket>> {
        let options = self.options.lock().clone();
        let mailbox = Arc::new(Mailbox::default());
        {
            let mut state = self.state.lock();
            if self.is_terminating() {
                return Err(Errno::ETERM);
            }
            let limit = state.at_start.get_or_insert_with(|| options.clone()).max_sockets;
            if state.open.len() >= usize::try_from(limit).unwrap_or(0) {
                return Err(Errno::EMFILE);
            }
            state.open.push(mailbox.clone());
            self.alive.fetch_add(1, Ordering::SeqCst);
        }
        let life: Box<dyn Any + Send + Sync> = Box::new(Life(self.clone()));
        Ok(Socket::new(self.clone(), mailbox, life, socket_type, &options))
    }

    /// A socket is closed: it no longer counts as open.
    pub fn forget(&self, mailbox: &Arc<Mailbox>) {
        let mut state = self.state.lock();
        if let Some(position) = state.open.iter().position(|open| Arc::ptr_eq(open, mailbox)) {
            state.open.swap_remove(position);
        }
    }

    /// The I/O threads, started now if they were not. Errors: `EMTHREAD` if there are none,
    /// `EMFILE`, `EAGAIN`, `ENOMEM`.
    pub fn pool(&self) -> Result<Arc<IoPool>> {
        let mut state = self.state.lock();
        if let Some(pool) = &state.pool {
            return Ok(pool.clone());
        }
        let options = state.at_start.clone().unwrap_or_else(|| self.options.lock().clone());
        let count = usize::try_from(options.io_threads).unwrap_or(0);
        if count == 0 {
            return Err(Errno::EMTHREAD);
        }
        let prefix = match String::from_utf8_lossy(&options.thread_name_prefix) {
            prefix if prefix.is_empty() => "ZMQbg/".to_owned(),
            prefix => format!("{prefix}/ZMQbg/"),
        };
        let chosen = |value: i32| (value != -1).then_some(value);
        let scheduling = Scheduling {
            policy: chosen(options.thread_sched_policy),
            priority: chosen(options.thread_priority),
            cpus: options
                .thread_affinity
                .iter()
                .filter_map(|&cpu| usize::try_from(cpu).ok())
                .collect(),
        };
        let pool = IoPool::start(count, &prefix, &scheduling)?;
        state.pool = Some(pool.clone());
        Ok(pool)
    }

    /// The I/O threads, if they were started.
    pub fn running_pool(&self) -> Option<Arc<IoPool>> {
        self.state.lock().pool.clone()
    }

    /// Makes every call on the context's sockets, blocked or later, answer `ETERM`.
    pub fn shutdown(&self) {
        let open = {
            let state = self.state.lock();
            self.terminating.store(true, Ordering::SeqCst);
            state.open.clone()
        };
        for mailbox in open {
            mailbox.signal.terminate();
        }
    }

    /// Shuts down, and ends the I/O threads if every socket is closed and has sent what it lingers
    /// for. Errors: `ASLEEP` if not; [`Context::wait_for_sockets`] then, and repeat the call.
    pub fn terminate(&self) -> Result<()> {
        self.shutdown();
        if self.alive.load(Ordering::SeqCst) != 0 {
            return Err(Errno::ASLEEP);
        }
        let pool = self.state.lock().pool.take();
        if let Some(pool) = pool {
            pool.stop();
        }
        Ok(())
    }

    /// Waits until no socket is alive, or for no reason less long. Errors: `EINTR`.
    pub fn wait_for_sockets(&self, cancel: Cancel) -> Result<()> {
        match self.alive.load(Ordering::SeqCst) {
            0 => Ok(()),
            alive => futex::wait(&self.alive, alive, None, cancel),
        }
    }
}
