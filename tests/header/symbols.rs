//! Every function of the C interface, in the order of the header, with its standing.

use Standing::*;

/// A function's standing in the interface.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Part of the stable interface.
    Stable,
    /// Part of it, but better not used.
    Deprecated,
    /// May change; declared if `ZMQ_BUILD_DRAFT_API` is defined.
    Draft,
}

/// Functions that belong together.
pub struct Family {
    /// What they are about.
    pub title: &'static str,
    /// Their names, by standing.
    pub functions: &'static [(Standing, &'static [&'static str])],
}

impl Family {
    /// The functions with this standing.
    pub fn with(&self, standing: Standing) -> impl Iterator<Item = &'static str> {
        let lists = self.functions.iter().filter(move |(s, _)| *s == standing);
        lists.flat_map(|(_, names)| names.iter().copied())
    }
}

/// All functions.
pub const FAMILIES: &[Family] = &[
    Family {
        title: "Errors and version",
        functions: &[(Stable, &["zmq_errno", "zmq_strerror", "zmq_version", "zmq_has"])],
    },
    Family {
        title: "Contexts",
        functions: &[
            (
                Stable,
                &["zmq_ctx_new", "zmq_ctx_term", "zmq_ctx_shutdown", "zmq_ctx_set", "zmq_ctx_get"],
            ),
            (Deprecated, &["zmq_init", "zmq_term", "zmq_ctx_destroy"]),
            (Draft, &["zmq_ctx_set_ext", "zmq_ctx_get_ext"]),
        ],
    },
    Family {
        title: "Messages",
        functions: &[
            (
                Stable,
                &[
                    "zmq_msg_init",
                    "zmq_msg_init_size",
                    "zmq_msg_init_data",
                    "zmq_msg_send",
                    "zmq_msg_recv",
                    "zmq_msg_close",
                    "zmq_msg_move",
                    "zmq_msg_copy",
                    "zmq_msg_data",
                    "zmq_msg_size",
                    "zmq_msg_more",
                    "zmq_msg_get",
                    "zmq_msg_set",
                    "zmq_msg_gets",
                ],
            ),
            (
                Draft,
                &[
                    "zmq_msg_init_buffer",
                    "zmq_msg_set_routing_id",
                    "zmq_msg_routing_id",
                    "zmq_msg_set_group",
                    "zmq_msg_group",
                ],
            ),
        ],
    },
    Family {
        title: "Sockets",
        functions: &[
            (
                Stable,
                &[
                    "zmq_socket",
                    "zmq_close",
                    "zmq_setsockopt",
                    "zmq_getsockopt",
                    "zmq_bind",
                    "zmq_connect",
                    "zmq_unbind",
                    "zmq_disconnect",
                    "zmq_send",
                    "zmq_send_const",
                    "zmq_recv",
                    "zmq_socket_monitor",
                ],
            ),
            (Deprecated, &["zmq_sendmsg", "zmq_recvmsg", "zmq_sendiov", "zmq_recviov"]),
            (
                Draft,
                &[
                    "zmq_join",
                    "zmq_leave",
                    "zmq_connect_peer",
                    "zmq_disconnect_peer",
                    "zmq_socket_get_peer_state",
                    "zmq_socket_monitor_versioned",
                    "zmq_socket_monitor_pipes_stats",
                ],
            ),
        ],
    },
    Family {
        title: "Polling",
        functions: &[
            (Stable, &["zmq_poll"]),
            (
                Draft,
                &[
                    "zmq_poller_new",
                    "zmq_poller_destroy",
                    "zmq_poller_size",
                    "zmq_poller_add",
                    "zmq_poller_modify",
                    "zmq_poller_remove",
                    "zmq_poller_wait",
                    "zmq_poller_wait_all",
                    "zmq_poller_fd",
                    "zmq_poller_add_fd",
                    "zmq_poller_modify_fd",
                    "zmq_poller_remove_fd",
                    "zmq_ppoll",
                ],
            ),
        ],
    },
    Family {
        title: "Proxies",
        functions: &[
            (Stable, &["zmq_proxy", "zmq_proxy_steerable"]),
            (Deprecated, &["zmq_device"]),
        ],
    },
    Family {
        title: "Keys",
        functions: &[(
            Stable,
            &["zmq_z85_encode", "zmq_z85_decode", "zmq_curve_keypair", "zmq_curve_public"],
        )],
    },
    Family {
        title: "Atomic counters",
        functions: &[(
            Stable,
            &[
                "zmq_atomic_counter_new",
                "zmq_atomic_counter_set",
                "zmq_atomic_counter_inc",
                "zmq_atomic_counter_dec",
                "zmq_atomic_counter_value",
                "zmq_atomic_counter_destroy",
            ],
        )],
    },
    Family {
        title: "Timers",
        functions: &[(
            Stable,
            &[
                "zmq_timers_new",
                "zmq_timers_destroy",
                "zmq_timers_add",
                "zmq_timers_cancel",
                "zmq_timers_set_interval",
                "zmq_timers_reset",
                "zmq_timers_timeout",
                "zmq_timers_execute",
            ],
        )],
    },
    Family {
        title: "Stopwatches and threads",
        functions: &[(
            Stable,
            &[
                "zmq_stopwatch_start",
                "zmq_stopwatch_intermediate",
                "zmq_stopwatch_stop",
                "zmq_sleep",
                "zmq_threadstart",
                "zmq_threadclose",
            ],
        )],
    },
];
