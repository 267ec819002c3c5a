//! Random sequences of copies, moves and drops against a model of plain vectors.

use super::*;

/// Messages at once.
const PLACES: usize = 4;

#[derive(Clone, Debug)]
enum Step {
    Make { place: usize, kind: Kind, size: usize },
    Copy { to: usize, from: usize },
    Move { to: usize, from: usize },
    Write { place: usize, byte: u8 },
    Truncate { place: usize, size: usize },
    Group { place: usize, size: usize },
    Metadata { place: usize, value: Option<String> },
    More { place: usize, more: bool },
    Drop { place: usize },
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Slice,
    External,
    Constant,
    Built,
    Received,
}

/// What a message is expected to be.
#[derive(Clone, Debug, Default, PartialEq)]
struct Model {
    data: Vec<u8>,
    group: Vec<u8>,
    metadata: Option<String>,
    more: bool,
}

fn step() -> impl Strategy<Value = Step> {
    let place = 0..PLACES;
    let kind = prop_oneof![
        Just(Kind::Slice),
        Just(Kind::External),
        Just(Kind::Constant),
        Just(Kind::Built),
        Just(Kind::Received)
    ];
    prop_oneof![
        4 => (place.clone(), kind, 0..100usize)
            .prop_map(|(place, kind, size)| Step::Make { place, kind, size }),
        4 => (place.clone(), place.clone()).prop_map(|(to, from)| Step::Copy { to, from }),
        2 => (place.clone(), place.clone()).prop_map(|(to, from)| Step::Move { to, from }),
        2 => (place.clone(), any::<u8>()).prop_map(|(place, byte)| Step::Write { place, byte }),
        1 => (place.clone(), 0..100usize).prop_map(|(place, size)| Step::Truncate { place, size }),
        1 => (place.clone(), 0..=255usize).prop_map(|(place, size)| Step::Group { place, size }),
        1 => (place.clone(), proptest::option::of("[a-z]{0,5}"))
            .prop_map(|(place, value)| Step::Metadata { place, value }),
        1 => (place.clone(), any::<bool>()).prop_map(|(place, more)| Step::More { place, more }),
        1 => place.prop_map(|place| Step::Drop { place }),
    ]
}

static CONSTANT: [u8; 100] = [0x5c; 100];

fn make(kind: Kind, size: usize, externals: &mut Vec<Arc<Tracked>>) -> (Msg, Vec<u8>) {
    let bytes = pattern(size);
    let msg = match kind {
        Kind::Slice => Msg::from_slice(&bytes).unwrap(),
        Kind::External => {
            let tracked = Tracked::new(&bytes);
            externals.push(Arc::clone(&tracked));
            tracked.message()
        }
        Kind::Constant => {
            // SAFETY: static memory, and `size` is within it.
            let msg = unsafe { Msg::from_const(CONSTANT.as_ptr().cast(), size) };
            return (msg, CONSTANT[..size].to_vec());
        }
        Kind::Built => {
            let mut builder = MsgBuilder::new(size);
            assert_eq!(builder.push(&bytes), Ok(size));
            builder.finish()
        }
        Kind::Received => {
            let mut buffer = RecvBuffer::new();
            assert_eq!(buffer.spare(size).unwrap().append(&bytes), size);
            buffer.message(size).unwrap()
        }
    };
    (msg, bytes)
}

fn apply(
    step: Step,
    messages: &mut [Msg; PLACES],
    models: &mut [Model; PLACES],
    externals: &mut Vec<Arc<Tracked>>,
) {
    match step {
        Step::Make { place, kind, size } => {
            let (msg, data) = make(kind, size, externals);
            messages[place] = msg;
            models[place] = Model { data, ..Model::default() };
        }
        Step::Copy { to, from } => {
            messages[to] = messages[from].duplicate().unwrap();
            models[to] = models[from].clone();
        }
        Step::Move { to, from } => {
            messages[to] = messages[from].take();
            models[to] = std::mem::take(&mut models[from]);
        }
        Step::Write { place, byte } => {
            messages[place].data_mut().unwrap().fill(byte);
            models[place].data.fill(byte);
        }
        Step::Truncate { place, size } => {
            messages[place].truncate(size);
            models[place].data.truncate(size);
        }
        Step::Group { place, size } => {
            models[place].group = vec![b'g'; size];
            messages[place].set_group(&models[place].group).unwrap();
        }
        Step::Metadata { place, value } => {
            let metadata = value.as_ref().map(|it| MetadataRef::from_pairs([("key", it)]));
            messages[place].set_metadata(metadata);
            models[place].metadata = value;
        }
        Step::More { place, more } => {
            messages[place].set_more(more);
            models[place].more = more;
        }
        Step::Drop { place } => {
            messages[place] = Msg::new();
            models[place] = Model::default();
        }
    }
}

fn seen(msg: &Msg) -> Model {
    let metadata = msg.metadata().and_then(|it| it.get("key"));
    Model {
        data: msg.data().to_vec(),
        group: msg.group().to_bytes().to_vec(),
        metadata: metadata.map(|it| it.to_str().unwrap().to_owned()),
        more: msg.more(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: if cfg!(miri) { 8 } else { 512 },
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn messages_behave_like_values(steps in proptest::collection::vec(step(), 1..60)) {
        let mut messages = <[Msg; PLACES]>::default();
        let mut models = <[Model; PLACES]>::default();
        let mut externals = Vec::new();
        for step in steps {
            apply(step, &mut messages, &mut models, &mut externals);
            for (msg, model) in messages.iter().zip(&models) {
                prop_assert_eq!(&seen(msg), model);
            }
            for external in &externals {
                prop_assert!(external.freed() <= 1);
            }
        }
        drop(messages);
        for external in externals {
            prop_assert_eq!(external.freed(), 1);
            prop_assert_eq!(Arc::strong_count(&external), 1);
        }
    }
}
