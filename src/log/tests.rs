//! Tests of the lines and of the limit; that events lead to lines is shown by `capi-tests/log.c`.

use super::*;

fn line(subject: &Subject<'_>, reason: fmt::Arguments<'_>, left_out: u64) -> String {
    let mut line = Line::new();
    line.put(Kind::HandshakeFailed, subject, reason, 1_793_793_600_123);
    let text = String::from_utf8(line.end(true, left_out).to_vec()).unwrap();
    text.replace(&format!("[{}]", std::process::id()), "[PID]")
}

#[test]
fn a_line_has_time_process_event_subject_and_reason() {
    let subject =
        Subject { socket: "ROUTER", local: "tcp://*:5", said: b"no", ..Subject::default() };
    assert_eq!(
        line(&subject, format_args!("because {}", 1), 0),
        "2026-11-04T12:00:00.123Z zmq[PID] handshake-failed socket=ROUTER local=tcp://*:5 \
         said=\"no\" reason=\"because 1\"\n"
    );
    assert!(line(&subject, format_args!("x"), 7).ends_with(" reason=\"x\" left-out=7\n"));
}

#[test]
fn nothing_that_is_said_breaks_a_line_or_a_quotation() {
    let said = b"a\"b\\c\nd\x1b[2J\xFF\0";
    let subject = Subject { remote: "ipc:///a b\n", said, ..Subject::default() };
    let text = line(&subject, format_args!("{}", "é\r\""), 0);
    let expected = r#"remote=ipc:///a\x20b\x0a said="a\x22b\x5cc\x0ad\x1b[2J\xff\x00" reason="\xc3\xa9\x0d\x22""#;
    assert_eq!(
        text.split_once(' ').unwrap().1.trim_start_matches("zmq[PID] handshake-failed "),
        format!("{expected}\n")
    );
}

#[test]
fn what_is_too_long_is_cut_and_still_ends() {
    let long = "\n".repeat(5000);
    let text = line(&Subject::default(), format_args!("{long}"), u64::MAX);
    assert!(text.len() <= ROOM, "{}", text.len());
    assert!(text.ends_with("\\x0a...\" left-out=18446744073709551615\n"), "{text}");
    let subject = Subject { remote: &long, said: long.as_bytes(), ..Subject::default() };
    assert!(line(&subject, format_args!("x"), 0).ends_with("...\"\n"));
}

#[test]
fn a_flood_is_cut_and_counted() {
    let flood = Flood::new();
    let admitted = (0..100).filter_map(|_| flood.admit(5)).collect::<Vec<_>>();
    assert_eq!(admitted, vec![0; AT_ONCE as usize]);
    assert_eq!(flood.admit(6), Some(100 - AT_ONCE));
    assert_eq!(flood.admit(6), Some(0));
    assert_eq!(flood.admit(9), Some(0));
}

#[test]
fn errnos_have_texts() {
    assert_eq!(Text(Errno::ECONNREFUSED).to_string(), "Connection refused (ECONNREFUSED)");
    assert_eq!(Text(Errno::ETERM).to_string(), "ETERM");
    assert!(
        Text(Errno(libc::EUCLEAN)).to_string().ends_with(&format!("(errno {})", libc::EUCLEAN))
    );
}

#[test]
fn times_are_those_of_the_calendar() {
    let cases = [
        (0, "1970-01-01T00:00:00.000Z"),
        (951_782_399_999, "2000-02-28T23:59:59.999Z"),
        (951_782_400_000, "2000-02-29T00:00:00.000Z"),
        (951_868_800_000, "2000-03-01T00:00:00.000Z"),
        (1_735_689_599_001, "2024-12-31T23:59:59.001Z"),
        (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
    ];
    for (ms, text) in cases {
        assert_eq!(Time(ms).to_string(), text);
    }
}
