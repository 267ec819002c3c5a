use super::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn topic() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(0u8..3, 0..5)
}

fn matching(subscriptions: &Subscriptions, message: &[u8]) -> BTreeSet<PipeId> {
    let mut found = BTreeSet::new();
    subscriptions.matches(message, |pipe| {
        found.insert(pipe);
    });
    found
}

#[derive(Clone, Debug)]
enum Step {
    Add(Vec<u8>, u32),
    Remove(Vec<u8>, u32),
    RemovePipe(u32),
    ForgetPipe(u32),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (topic(), 0u32..5).prop_map(|(topic, pipe)| Step::Add(topic, pipe)),
        6 => (topic(), 0u32..5).prop_map(|(topic, pipe)| Step::Remove(topic, pipe)),
        1 => (0u32..5).prop_map(Step::RemovePipe),
        1 => (0u32..5).prop_map(Step::ForgetPipe),
    ]
}

/// The model: the subscribers of each topic.
type Model = BTreeMap<Vec<u8>, BTreeSet<PipeId>>;

fn remove_from_model(model: &mut Model, pipe: PipeId) -> Vec<(Vec<u8>, bool)> {
    let mut removed = Vec::new();
    model.retain(|topic, pipes| {
        if pipes.remove(&pipe) {
            removed.push((topic.clone(), pipes.is_empty()));
        }
        !pipes.is_empty()
    });
    removed
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn does_what_a_map_of_sets_does(
        steps in prop::collection::vec(step(), 0..150),
        messages in prop::collection::vec(topic(), 0..8),
    ) {
        let mut index = Subscriptions::default();
        let mut model = Model::new();
        for step in steps {
            match step {
                Step::Add(topic, pipe) => {
                    let pipe = PipeId(pipe);
                    let first = !model.contains_key(&topic);
                    prop_assert_eq!(index.add(&topic, pipe), first);
                    model.entry(topic).or_default().insert(pipe);
                }
                Step::Remove(topic, pipe) => {
                    let pipe = PipeId(pipe);
                    let mut expected = Removed::NotFound;
                    if let Some(pipes) = model.get_mut(&topic)
                        && pipes.remove(&pipe)
                    {
                        expected = Removed::OthersRemain;
                        if pipes.is_empty() {
                            expected = Removed::Last;
                            model.remove(&topic);
                        }
                    }
                    prop_assert_eq!(index.remove(&topic, pipe), expected);
                }
                Step::RemovePipe(pipe) => {
                    let mut removed = Vec::new();
                    index.remove_pipe(PipeId(pipe), |topic, last| {
                        removed.push((topic.to_vec(), last));
                    });
                    prop_assert_eq!(removed, remove_from_model(&mut model, PipeId(pipe)));
                }
                Step::ForgetPipe(pipe) => {
                    index.forget_pipe(PipeId(pipe));
                    remove_from_model(&mut model, PipeId(pipe));
                }
            }
            prop_assert_eq!(index.len(), model.len());
        }
        for message in messages {
            let expected = model
                .iter()
                .filter(|(topic, _)| message.starts_with(topic))
                .flat_map(|(_, pipes)| pipes.iter().copied())
                .collect();
            prop_assert_eq!(matching(&index, &message), expected);
        }
    }

    #[test]
    fn a_filter_counts(
        steps in prop::collection::vec((topic(), any::<bool>()), 0..80),
        messages in prop::collection::vec(topic(), 0..8),
    ) {
        let mut filter = Filter::default();
        let mut model: BTreeMap<Vec<u8>, u32> = BTreeMap::new();
        for (topic, add) in steps {
            let count = model.entry(topic.clone()).or_default();
            if add {
                *count += 1;
                prop_assert_eq!(filter.add(&topic), *count == 1);
            } else {
                prop_assert_eq!(filter.remove(&topic), *count == 1);
                *count = count.saturating_sub(1);
            }
            model.retain(|_, count| *count > 0);
            prop_assert_eq!(filter.len(), model.len());
        }
        for message in messages {
            let expected = model.keys().any(|topic| message.starts_with(topic));
            prop_assert_eq!(filter.matches(&message), expected);
        }
        let mut topics = Vec::new();
        filter.for_each(|topic| topics.push(topic.to_vec()));
        prop_assert_eq!(topics, model.into_keys().collect::<Vec<_>>());
    }
}

#[test]
fn the_list_of_a_pipe_that_comes_back_to_its_topics_stays_short() {
    let mut index = Subscriptions::default();
    let pipe = PipeId(0);
    for _ in 0..10_000 {
        index.add(b"topic", pipe);
        index.remove(b"topic", pipe);
    }
    assert!(index.topics[0].nodes.len() < 100);
}

#[test]
fn many_pipes_of_one_topic() {
    let mut index = Subscriptions::default();
    for pipe in 0..1000 {
        assert_eq!(index.add(b"", PipeId(pipe)), pipe == 0);
    }
    assert_eq!(matching(&index, b"anything").len(), 1000);
    for pipe in 0..1000 {
        let mut calls = 0;
        index.remove_pipe(PipeId(pipe), |topic, last| {
            calls += 1;
            assert_eq!((topic, last), (&b""[..], pipe == 999));
        });
        assert_eq!(calls, 1);
    }
    assert_eq!((index.len(), index.free_sets.len()), (0, index.sets.len()));
}
