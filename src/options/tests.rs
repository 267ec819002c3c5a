//! What holds for every row, and the rules that no row can say.

use super::rows::OPTIONS;
use super::table::{Empty, OptionSpec, Read, Write};
use super::*;
use crate::consts::*;

fn pair() -> Options {
    Options::new(SocketType::Pair)
}

fn set_int(o: &mut Options, option: i32, value: i32) -> Result<Effect> {
    o.set(option, Some(&value.to_ne_bytes()))
}

fn apply_int(o: &mut Options, spec: &OptionSpec, value: i32) -> Result<Effect> {
    o.apply(spec, Some(&value.to_ne_bytes()))
}

/// Sets an option that the library need not have yet.
fn apply(o: &mut Options, option: i32, value: &[u8]) -> Result<Effect> {
    o.apply(find(option).unwrap(), Some(value))
}

fn read(o: &Options, option: i32) -> Result<Value> {
    o.read(find(option).unwrap())
}

fn text(o: &Options, option: i32) -> Vec<u8> {
    let mut buffer = [0; 512];
    let length = o.get(option).and_then(|v| v.copy_to(&mut buffer)).unwrap();
    buffer[..length].to_vec()
}

/// A socket that can set the option.
fn a_socket_for(spec: &OptionSpec) -> Options {
    let t = SocketType::ALL.into_iter().find(|&t| spec.set_on.contains(t)).unwrap();
    Options::new(t)
}

#[test]
fn rows_are_in_order_and_found_by_number() {
    assert!(OPTIONS.windows(2).all(|w| w[0].number < w[1].number));
    for spec in OPTIONS {
        assert_eq!(find(spec.number).unwrap().name, spec.name);
        assert!(!spec.summary.is_empty() && !spec.summary.ends_with('.'), "{}", spec.name);
    }
    for number in [-1, 0, 3, 10, 70, 83, 125, 1 << 20, i32::MIN, i32::MAX] {
        assert!(find(number).is_none());
        assert_eq!(pair().set(number, Some(&[0; 4])), Err(Errno::EINVAL));
        assert_eq!(pair().get(number), Err(Errno::EINVAL));
    }
}

/// The numbers of the header, by the comment that their section begins with.
fn header_sections() -> BTreeMap<String, Vec<(String, String)>> {
    let mut sections = BTreeMap::<_, Vec<_>>::new();
    for text in [include_str!("../consts.rs"), include_str!("../consts/draft.rs")] {
        let mut section = String::new();
        for line in text.lines() {
            if let Some(comment) = line.strip_prefix("// ") {
                section = comment.to_owned();
            } else if let Some((name, value)) =
                line.strip_prefix("pub const ").and_then(|rest| rest.split_once(": i32 = "))
            {
                let constant = (name.to_owned(), value.trim_end_matches(';').to_owned());
                sections.entry(section.clone()).or_default().push(constant);
            }
        }
    }
    sections
}

#[test]
fn every_option_of_the_header_has_a_row() {
    let names: Vec<&str> = OPTIONS
        .iter()
        .flat_map(|spec| spec.aliases.iter().copied().chain([spec.name]))
        .chain(context::CONTEXT_OPTIONS.iter().map(|spec| spec.name))
        .chain(message::MESSAGE_OPTIONS.iter().map(|spec| spec.name))
        .collect();
    let no_options = ["ZMQ_NOBLOCK", "ZMQ_GROUP_MAX_LENGTH"];
    let sections = header_sections();
    for section in [
        "Socket options.",
        "Context options.",
        "Message properties.",
        "Deprecated options and aliases.",
    ] {
        for (name, _) in &sections[section] {
            let row = names.contains(&name.as_str());
            let none = name.ends_with("_DFLT") || no_options.contains(&name.as_str());
            assert!(row != none, "{name}");
        }
    }
}

#[test]
fn old_names_have_the_number_of_the_new() {
    let deprecated = &header_sections()["Deprecated options and aliases."];
    for spec in OPTIONS {
        for alias in spec.aliases {
            let (_, value) = deprecated.iter().find(|(name, _)| name == alias).unwrap();
            assert_eq!(value, spec.name, "{alias}");
        }
    }
}

#[test]
fn ints_keep_to_their_range_and_read_back() {
    for spec in OPTIONS {
        let Write::Int { range, .. } = &spec.write else { continue };
        let mut o = a_socket_for(spec);
        for value in [*range.start(), *range.end()] {
            assert_eq!(apply_int(&mut o, spec, value), Ok(Effect::Stored), "{}", spec.name);
            let readable = matches!(spec.read, Read::Int(_));
            let as_set = o.read(spec) == Ok(Value::I32(value));
            let is_flag = o.read(spec) == Ok(Value::I32((value != 0).into()));
            let rounded = spec.number == ZMQ_HEARTBEAT_TTL;
            let implied = spec.number == ZMQ_GSSAPI_SERVER;
            assert!(!readable || as_set || is_flag || rounded || implied, "{}", spec.name);
        }
        let before = format!("{o:?}");
        let outside = [range.start().checked_sub(1), range.end().checked_add(1)];
        for value in outside.into_iter().flatten() {
            assert_eq!(apply_int(&mut o, spec, value), Err(Errno::EINVAL), "{}", spec.name);
        }
        for size in [0, 1, 3, 5, 8] {
            assert_eq!(o.apply(spec, Some(&vec![0; size])), Err(Errno::EINVAL));
        }
        assert_eq!(o.apply(spec, None), Err(Errno::EINVAL));
        assert_eq!(format!("{o:?}"), before, "{} changed something", spec.name);
    }
}

#[test]
fn what_the_library_lacks_has_no_options() {
    for spec in OPTIONS {
        let lacks = spec.needs.is_some_and(|capability| !capability.is_there());
        let mut o = a_socket_for(spec);
        let refused = (0..2).all(|value| set_int(&mut o, spec.number, value).is_err());
        assert!(!lacks || refused && o.get(spec.number).is_err(), "{}", spec.name);
    }
    assert_eq!(pair().mechanism, Mechanism::Null);
}

#[test]
fn lengths_are_kept_to() {
    for spec in OPTIONS {
        let Write::Bytes { lengths, empty, .. } = &spec.write else { continue };
        let mut o = a_socket_for(spec);
        if *lengths.end() < usize::MAX {
            let long = vec![b'1'; lengths.end() + 1];
            assert_eq!(o.apply(spec, Some(&long)), Err(Errno::EINVAL), "{}", spec.name);
        }
        let of_null = o.apply(spec, None).is_ok();
        let of_empty = o.apply(spec, Some(b"")).is_ok();
        assert_eq!(of_null, *empty != Empty::Refused, "{}", spec.name);
        let resets = [Empty::Resets, Empty::NullOfAnyLengthResets].contains(empty);
        assert_eq!(of_empty, resets, "{}", spec.name);
    }
}

#[test]
fn an_int_that_may_be_longer_may_not_be_shorter() {
    for spec in OPTIONS.iter().filter(|spec| matches!(spec.write, Write::IntPrefix(_))) {
        let mut o = a_socket_for(spec);
        for size in 0..4 {
            assert_eq!(o.apply(spec, Some(&vec![1; size])), Err(Errno::EINVAL));
        }
        assert!(o.apply(spec, Some(&[1; 4])).is_ok() && o.apply(spec, Some(&[1; 5])).is_ok());
    }
}

#[test]
fn other_socket_types_refuse() {
    for spec in OPTIONS {
        for t in SocketType::ALL.into_iter().filter(|&t| !spec.set_on.contains(t)) {
            assert_eq!(set_int(&mut Options::new(t), spec.number, 1), Err(Errno::EINVAL));
        }
        for t in SocketType::ALL.into_iter().filter(|&t| !spec.get_on.contains(t)) {
            assert_eq!(Options::new(t).get(spec.number), Err(Errno::EINVAL));
        }
    }
}

#[test]
fn numbers_need_their_exact_size_and_text_fits_into_more() {
    let o = pair();
    for (option, size) in [(ZMQ_LINGER, 4), (ZMQ_AFFINITY, 8), (ZMQ_MAXMSGSIZE, 8)] {
        for wrong in [0, size - 1, size + 1, 64] {
            assert_eq!(o.get(option).unwrap().copy_to(&mut vec![0; wrong]), Err(Errno::EINVAL));
        }
        assert_eq!(o.get(option).unwrap().copy_to(&mut vec![0; size]), Ok(size));
    }
    let mut buffer = [0xee; 6];
    assert_eq!(Value::Text(b"abc".to_vec()).copy_to(&mut buffer), Ok(4));
    assert_eq!(&buffer, b"abc\0\0\0");
    assert_eq!(Value::Text(b"abc".to_vec()).copy_to(&mut [0; 3]), Err(Errno::EINVAL));
    assert_eq!(Value::Bytes(b"abc".to_vec()).copy_to(&mut [0; 3]), Ok(3));
    assert_eq!(Value::Padded(1).copy_to(&mut [0; 8]), Ok(4));
    assert_eq!(Value::Dynamic.copy_to(&mut [0; 8]), Err(Errno::EINVAL));
}

#[test]
fn the_mechanism_follows_what_was_set_last() {
    let mut o = pair();
    let key = b"rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7";
    o.set(ZMQ_PLAIN_USERNAME, Some(b"admin")).unwrap();
    assert_eq!(o.get(ZMQ_MECHANISM), Ok(Value::I32(ZMQ_PLAIN)));
    o.set(ZMQ_PLAIN_USERNAME, None).unwrap();
    assert_eq!(o.get(ZMQ_MECHANISM), Ok(Value::I32(ZMQ_NULL)));
    assert_eq!(text(&o, ZMQ_PLAIN_USERNAME), b"admin\0");
    apply(&mut o, ZMQ_CURVE_SERVER, &1i32.to_ne_bytes()).unwrap();
    assert_eq!(read(&o, ZMQ_CURVE_SERVER), Ok(Value::I32(1)));
    assert_eq!(o.get(ZMQ_PLAIN_SERVER), Ok(Value::I32(0)));
    apply(&mut o, ZMQ_CURVE_SERVERKEY, key).unwrap();
    assert_eq!(read(&o, ZMQ_CURVE_SERVER), Ok(Value::I32(0)));
    assert_eq!(o.get(ZMQ_MECHANISM), Ok(Value::I32(ZMQ_CURVE)));
    apply(&mut o, ZMQ_GSSAPI_SERVER, &0i32.to_ne_bytes()).unwrap();
    assert_eq!(o.get(ZMQ_MECHANISM), Ok(Value::I32(ZMQ_GSSAPI)));
}

#[test]
fn keys_are_binary_or_z85() {
    let key = b"rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7";
    for option in [ZMQ_CURVE_PUBLICKEY, ZMQ_CURVE_SECRETKEY, ZMQ_CURVE_SERVERKEY] {
        let mut o = pair();
        let with_nul = [&key[..], b"\0"].concat();
        apply(&mut o, option, &with_nul).unwrap();
        let mut binary = [0; 32];
        read(&o, option).unwrap().copy_to(&mut binary).unwrap();
        let mut o = pair();
        apply(&mut o, option, &binary).unwrap();
        let mut printed = [0; 41];
        assert_eq!(read(&o, option).unwrap().copy_to(&mut printed), Ok(41));
        assert_eq!(printed[..], with_nul);
        assert_eq!(read(&o, option).unwrap().copy_to(&mut [0; 40]), Err(Errno::EINVAL));
        let cut_short = [&key[..20], b"\0", &key[21..]].concat();
        for wrong in [&key[..39], &[b'0'; 41], &[b'~'; 40], &[0; 33], &cut_short] {
            assert_eq!(apply(&mut o, option, wrong), Err(Errno::EINVAL));
            assert_eq!(read(&o, option).unwrap().copy_to(&mut printed), Ok(41));
            assert_eq!(printed[..], with_nul, "a refused key changes nothing");
        }
    }
}

#[test]
fn a_publisher_subscribes_only_when_it_is_manual() {
    let mut o = Options::new(SocketType::Xpub);
    assert_eq!(o.set(ZMQ_SUBSCRIBE, Some(b"a")), Err(Errno::EINVAL));
    set_int(&mut o, ZMQ_XPUB_MANUAL, 1).unwrap();
    assert_eq!(o.set(ZMQ_SUBSCRIBE, Some(b"a")), Ok(Effect::Action));
    assert_eq!(Options::new(SocketType::Sub).set(ZMQ_SUBSCRIBE, None), Ok(Effect::Action));
    assert_eq!(Options::new(SocketType::Xsub).set(ZMQ_SUBSCRIBE, None), Err(Errno::EINVAL));
}

#[test]
fn verbosity_is_one_setting_with_two_options() {
    let mut o = Options::new(SocketType::Pub);
    set_int(&mut o, ZMQ_XPUB_VERBOSER, 1).unwrap();
    assert!(o.xpub_verbose && o.xpub_verboser);
    set_int(&mut o, ZMQ_XPUB_VERBOSE, 1).unwrap();
    assert!(o.xpub_verbose && !o.xpub_verboser);
}

#[test]
fn metadata_needs_a_prefix_a_name_and_a_value() {
    let mut o = pair();
    for wrong in ["", "X-a", "X-a:", ":v", "Y-a:v", "X-:v", "x-a:v"] {
        assert_eq!(o.set(ZMQ_METADATA, Some(wrong.as_bytes())), Err(Errno::EINVAL), "{wrong}");
    }
    o.set(ZMQ_METADATA, Some(b"X-key:value:more")).unwrap();
    o.set(ZMQ_METADATA, Some(b"X-key:second")).unwrap();
    assert_eq!(o.metadata[&b"X-key"[..]], b"value:more");
}

#[test]
fn filters_collect_until_reset() {
    let mut o = pair();
    o.set(ZMQ_TCP_ACCEPT_FILTER, Some(b"127.0.0.0/8")).unwrap();
    o.set(ZMQ_TCP_ACCEPT_FILTER, Some(b"10.0.0.1")).unwrap();
    assert_eq!(o.tcp_accept_filters.len(), 2);
    o.set(ZMQ_TCP_ACCEPT_FILTER, None).unwrap();
    assert!(o.tcp_accept_filters.is_empty());
    o.set(ZMQ_IPC_FILTER_UID, Some(&1000u32.to_ne_bytes())).unwrap();
    assert!(o.ipc_filter_uid.contains(&1000));
    assert_eq!(o.get(ZMQ_IPC_FILTER_UID), Err(Errno::EINVAL));
}

#[test]
fn a_raw_router_stays_raw() {
    let mut o = Options::new(SocketType::Router);
    assert!(o.recv_routing_id && !o.raw_socket);
    set_int(&mut o, ZMQ_ROUTER_RAW, 1).unwrap();
    set_int(&mut o, ZMQ_ROUTER_RAW, 0).unwrap();
    assert!(!o.recv_routing_id && o.raw_socket && !o.router_raw);
}

#[test]
fn the_context_gives_defaults() {
    let mut context = ContextOptions::default();
    context.set(ZMQ_IPV6, &1i32.to_ne_bytes()).unwrap();
    context.set(ZMQ_BLOCKY, &0i32.to_ne_bytes()).unwrap();
    let o = Options::in_context(SocketType::Push, &context);
    assert!(o.ipv6);
    assert_eq!(o.linger, 0);
    let o = Options::in_context(SocketType::Push, &ContextOptions::default());
    assert_eq!(o.linger, -1);
}

#[test]
fn types_have_their_number_and_name() {
    for (number, t) in SocketType::ALL.into_iter().enumerate() {
        assert_eq!(t as usize, number);
        assert_eq!(SocketType::from_i32(number as i32), Ok(t));
        assert_eq!(SocketType::from_name(t.name().as_bytes()), Some(t));
        for peer in SocketType::ALL {
            assert_eq!(t.is_compatible(peer), peer.is_compatible(t));
        }
    }
    assert_eq!(SocketType::from_i32(21), Err(Errno::EINVAL));
    assert_eq!(SocketType::from_i32(-1), Err(Errno::EINVAL));
    assert!(!SocketType::Push.allows_scheme("udp") && SocketType::Dish.allows_scheme("udp"));
}

/// `OZMIUM_BLESS=1` rewrites the file instead.
fn compare(name: &str, wanted: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    if std::env::var_os("OZMIUM_BLESS").is_some() {
        std::fs::write(&path, wanted).unwrap();
    }
    let current = std::fs::read_to_string(path).unwrap_or_default();
    assert!(current == wanted, "{name} is not current: run OZMIUM_BLESS=1 cargo test options");
}

#[test]
fn the_options_page_is_current() {
    compare("docs/options.md", &docs::page());
}

#[test]
fn the_c_rows_are_current() {
    compare("capi-tests/options/rows.h", &c_rows::file());
}

proptest::proptest! {
    #[test]
    fn no_value_panics(
        t in 0..21i32,
        option in -2..130i32,
        bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..64),
    ) {
        let mut o = Options::new(SocketType::from_i32(t).unwrap());
        let _ = o.set(option, Some(&bytes));
        if let Some(spec) = find(option) {
            let _ = o.apply(spec, Some(&bytes));
        }
        let mut buffer = bytes.clone();
        let _ = o.get(option).and_then(|value| value.copy_to(&mut buffer));
    }

    #[test]
    fn no_address_range_panics(text in "[0-9a-fx:./%\\[\\] ]{0,24}", ipv6: bool) {
        let _ = AcceptFilter::parse(text.as_bytes(), ipv6);
    }
}
