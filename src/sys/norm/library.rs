//! The functions of NRL's NORM library, found by name when the first of them is wanted. Numbers and
//! types are those of its header, `normApi.h`.

use std::ffi::{CStr, c_char, c_int, c_uint, c_void};

use crate::sys::foreign::{self, Loaded};
use crate::sys::once::Once;

const SONAME: &CStr = c"libnorm.so.1";

/// `NormInstanceHandle`, `NormSessionHandle`, `NormObjectHandle`, `NormNodeHandle`.
pub type Handle = *const c_void;

/// `NormEvent`.
#[repr(C)]
pub struct RawEvent {
    pub kind: c_int,
    pub session: Handle,
    pub sender: Handle,
    pub object: Handle,
}

type StartSender = unsafe extern "C" fn(Handle, u16, u32, u16, u16, u16, u8) -> bool;
type ReuseReceivePort = unsafe extern "C" fn(Handle, bool, *const c_char, *const c_char, u16);

/// The functions, as the library's header declares them. C++'s default arguments are spelled out by
/// who calls.
pub struct Library {
    pub create_instance: unsafe extern "C" fn(bool) -> Handle,
    pub stop_instance: unsafe extern "C" fn(Handle),
    pub destroy_instance: unsafe extern "C" fn(Handle),
    pub get_descriptor: unsafe extern "C" fn(Handle) -> c_int,
    pub get_next_event: unsafe extern "C" fn(Handle, *mut RawEvent, bool) -> bool,
    pub create_session: unsafe extern "C" fn(Handle, *const c_char, u16, u32) -> Handle,
    pub destroy_session: unsafe extern "C" fn(Handle),
    pub is_unicast_address: unsafe extern "C" fn(*const c_char) -> bool,
    pub set_ttl: unsafe extern "C" fn(Handle, u8) -> bool,
    pub set_tos: unsafe extern "C" fn(Handle, u8) -> bool,
    pub set_loopback: unsafe extern "C" fn(Handle, bool) -> bool,
    pub set_rx_port_reuse: ReuseReceivePort,
    pub set_multicast_interface: unsafe extern "C" fn(Handle, *const c_char) -> bool,
    pub set_default_unicast_nack: unsafe extern "C" fn(Handle, bool),
    pub set_default_sync_policy: unsafe extern "C" fn(Handle, c_int),
    pub start_receiver: unsafe extern "C" fn(Handle, u32) -> bool,
    pub stop_receiver: unsafe extern "C" fn(Handle),
    pub start_sender: StartSender,
    pub stop_sender: unsafe extern "C" fn(Handle),
    pub get_random_session_id: unsafe extern "C" fn() -> u16,
    pub set_tx_rate: unsafe extern "C" fn(Handle, f64),
    pub set_congestion_control: unsafe extern "C" fn(Handle, bool, bool),
    pub set_ecn_support: unsafe extern "C" fn(Handle, bool, bool, bool),
    pub set_auto_parity: unsafe extern "C" fn(Handle, u8),
    pub stream_open: unsafe extern "C" fn(Handle, u32, *const c_char, c_uint) -> Handle,
    pub stream_set_push_enable: unsafe extern "C" fn(Handle, bool),
    pub stream_write: unsafe extern "C" fn(Handle, *const u8, c_uint) -> c_uint,
    pub stream_flush: unsafe extern "C" fn(Handle, bool, c_int),
    pub stream_read: unsafe extern "C" fn(Handle, *mut u8, *mut c_uint) -> bool,
    pub stream_seek_msg_start: unsafe extern "C" fn(Handle) -> bool,
    pub object_get_type: unsafe extern "C" fn(Handle) -> c_int,
    pub object_get_sender: unsafe extern "C" fn(Handle) -> Handle,
    pub object_retain: unsafe extern "C" fn(Handle),
    pub object_release: unsafe extern "C" fn(Handle),
    pub node_delete: unsafe extern "C" fn(Handle),
}

impl Library {
    /// The library for one call. `None`: there is none, or the caller is at the process' exit.
    pub fn enter() -> Option<Inside> {
        foreign::enter(Library::get()?)
    }

    /// The library, loaded if that can be done.
    pub fn get() -> Option<&'static Library> {
        static LIBRARY: Once<Option<&Library>> = Once::new();
        // It stays for as long as the process does.
        LIBRARY.get_or_make(|| Library::load().map(|it| &*Box::leak(Box::new(it))))
    }

    fn load() -> Option<Library> {
        // SAFETY: the library's initialisers set up constants of its own.
        let library = unsafe { Loaded::open(SONAME)? };
        // SAFETY: each type is that of the declaration in the library's header.
        unsafe {
            Some(Library {
                create_instance: library.symbol(c"NormCreateInstance")?,
                stop_instance: library.symbol(c"NormStopInstance")?,
                destroy_instance: library.symbol(c"NormDestroyInstance")?,
                get_descriptor: library.symbol(c"NormGetDescriptor")?,
                get_next_event: library.symbol(c"NormGetNextEvent")?,
                create_session: library.symbol(c"NormCreateSession")?,
                destroy_session: library.symbol(c"NormDestroySession")?,
                is_unicast_address: library.symbol(c"NormIsUnicastAddress")?,
                set_ttl: library.symbol(c"NormSetTTL")?,
                set_tos: library.symbol(c"NormSetTOS")?,
                set_loopback: library.symbol(c"NormSetLoopback")?,
                set_rx_port_reuse: library.symbol(c"NormSetRxPortReuse")?,
                set_multicast_interface: library.symbol(c"NormSetMulticastInterface")?,
                set_default_unicast_nack: library.symbol(c"NormSetDefaultUnicastNack")?,
                set_default_sync_policy: library.symbol(c"NormSetDefaultSyncPolicy")?,
                start_receiver: library.symbol(c"NormStartReceiver")?,
                stop_receiver: library.symbol(c"NormStopReceiver")?,
                start_sender: library.symbol(c"NormStartSender")?,
                stop_sender: library.symbol(c"NormStopSender")?,
                get_random_session_id: library.symbol(c"NormGetRandomSessionId")?,
                set_tx_rate: library.symbol(c"NormSetTxRate")?,
                set_congestion_control: library.symbol(c"NormSetCongestionControl")?,
                set_ecn_support: library.symbol(c"NormSetEcnSupport")?,
                set_auto_parity: library.symbol(c"NormSetAutoParity")?,
                stream_open: library.symbol(c"NormStreamOpen")?,
                stream_set_push_enable: library.symbol(c"NormStreamSetPushEnable")?,
                stream_write: library.symbol(c"NormStreamWrite")?,
                stream_flush: library.symbol(c"NormStreamFlush")?,
                stream_read: library.symbol(c"NormStreamRead")?,
                stream_seek_msg_start: library.symbol(c"NormStreamSeekMsgStart")?,
                object_get_type: library.symbol(c"NormObjectGetType")?,
                object_get_sender: library.symbol(c"NormObjectGetSender")?,
                object_retain: library.symbol(c"NormObjectRetain")?,
                object_release: library.symbol(c"NormObjectRelease")?,
                node_delete: library.symbol(c"NormNodeDelete")?,
            })
        }
    }
}

/// The library while a call is under way.
pub type Inside = foreign::Inside<Library>;
