use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

impl<V: Copy + Default + PartialEq> Radix<V> {
    /// Checks what must hold between operations.
    fn check(&self) {
        let (mut seen, mut lists, mut long_labels) = (0, 0, 0);
        let mut stack = vec![ROOT];
        while let Some(id) = stack.pop() {
            seen += 1;
            let node = self.node(id);
            let label = self.label(node);
            let children: Vec<_> = self.children(node).iter().collect();
            assert!(children.is_sorted_by(|a, b| a.0 < b.0));
            assert_eq!(node.label().is_ok(), label.len() <= ROOM);
            assert_eq!(node.children().is_ok(), children.len() <= node.room_for_children());
            if node.label().is_err() {
                long_labels += Arena::<u8>::steps(label.len());
            }
            if node.children().is_err() {
                lists += Arena::<u32>::steps(children::list(&children).len());
            }
            if id != ROOT {
                assert!((1..=LONGEST_LABEL).contains(&label.len()));
                assert!(node.value != V::default() || !children.is_empty(), "no useless leaves");
                if node.value == V::default()
                    && let [(_, child)] = children[..]
                {
                    let joined = label.len() + self.label(self.node(child)).len();
                    assert!(joined > LONGEST_LABEL, "no useless inner nodes");
                }
            }
            for (key, child) in children {
                assert_eq!(self.node(child).parent, id);
                assert_eq!(self.label(self.node(child))[0], key);
                stack.push(child);
            }
        }
        assert_eq!(seen, self.nodes.used(), "no lost nodes");
        assert_eq!((lists, long_labels), (self.lists.used(), self.long_labels.used()));
    }

    /// What the nodes and their lists take, without what is free.
    fn bytes(&self) -> usize {
        self.nodes.used() * size_of::<Node<V>>() + (self.lists.used() + self.long_labels.used()) * 8
    }
}

/// Lengths about the limits of what fits a node, and of a label.
const FILLERS: [usize; 16] = [0, 0, 0, 1, 5, 6, 9, 10, 13, 14, 17, 18, 254, 255, 256, 600];

/// Topics with many common prefixes, some of them longer than a label.
fn topic() -> impl Strategy<Value = Vec<u8>> {
    (prop::collection::vec(0u8..6, 0..5), prop::sample::select(&FILLERS)).prop_map(
        |(mut topic, filler)| {
            topic.splice(topic.len() / 2..topic.len() / 2, std::iter::repeat_n(9, filler));
            topic
        },
    )
}

proptest! {
    #[test]
    fn does_what_a_sorted_map_does(
        steps in prop::collection::vec((topic(), any::<bool>()), 0..80),
        messages in prop::collection::vec(topic(), 0..8),
    ) {
        let mut tree = Radix::default();
        let mut model = BTreeMap::new();
        for (i, (topic, add)) in steps.into_iter().enumerate() {
            if add {
                let node = tree.insert(&topic);
                *tree.value_mut(node) = i + 1;
                model.insert(topic, i + 1);
            } else if let Some(node) = tree.find(&topic) {
                *tree.value_mut(node) = 0;
                tree.prune(node);
                model.remove(&topic);
            } else {
                prop_assert!(!model.contains_key(&topic));
            }
            tree.check();
        }
        let mut all = Vec::new();
        tree.for_each(|topic, value| all.push((topic.to_vec(), value)));
        prop_assert_eq!(&all, &model.clone().into_iter().collect::<Vec<_>>());
        for (topic, value) in &model {
            let node = tree.find(topic).unwrap();
            prop_assert_eq!((tree.value(node), tree.topic(node)), (*value, topic.clone()));
        }
        for message in messages {
            let mut found = Vec::new();
            tree.matches(&message, |value| { found.push(value); true });
            let expected: Vec<_> =
                model.iter().filter(|(t, _)| message.starts_with(t)).map(|(_, &v)| v).collect();
            prop_assert_eq!(found, expected);
        }
    }
}

#[test]
fn matching_stops_when_told() {
    let mut tree = Radix::default();
    for topic in ["", "a", "ab"] {
        let node = tree.insert(topic.as_bytes());
        *tree.value_mut(node) = true;
    }
    let mut visits = 0;
    tree.matches(b"abc", |_| {
        visits += 1;
        visits < 2
    });
    assert_eq!(visits, 2);
}

#[test]
fn a_deep_tree_exhausts_no_stack() {
    let mut tree = Radix::default();
    let mut topic = Vec::new();
    let mut nodes = Vec::new();
    for _ in 0..20_000 {
        topic.push(b'x');
        let node = tree.insert(&topic);
        *tree.value_mut(node) = 1;
        nodes.push(node);
    }
    let mut count = 0;
    tree.matches(&topic, |_| {
        count += 1;
        true
    });
    assert_eq!(count, 20_000);
    assert_eq!(tree.topic(nodes[19_999]), topic);
    for node in nodes {
        *tree.value_mut(node) = 0;
        tree.prune(node);
    }
    assert_eq!(tree.nodes.used(), 1);
}

#[test]
fn labels_and_children_move_in_and_out_of_a_node() {
    for (len, value) in (1..=ROOM + 2).flat_map(|len| [(len, 0), (len, 100)]) {
        let mut tree = Radix::default();
        let topic = vec![b'x'; len];
        let node = tree.insert(&topic);
        *tree.value_mut(node) = 100;
        let mut children = Vec::new();
        for byte in 0..7 {
            let child = tree.insert(&[&topic[..], &[byte]].concat());
            *tree.value_mut(child) = byte + 1;
            children.push(child);
            tree.check();
        }
        *tree.value_mut(node) = value;
        tree.prune(node);
        assert_eq!((tree.find(&topic), tree.value(node)), (Some(node), value));
        // The label is divided, and whole again.
        for at in 1..len {
            let upper = tree.insert(&topic[..at]);
            *tree.value_mut(upper) = 50;
            tree.check();
            assert_eq!((tree.find(&topic), tree.find(&topic[..at])), (Some(node), Some(upper)));
            *tree.value_mut(upper) = 0;
            tree.prune(upper);
            tree.check();
            assert_eq!(tree.find(&topic), Some(node));
        }
        while let Some(child) = children.pop() {
            assert_eq!(tree.topic(child), [&topic[..], &[children.len() as u8]].concat());
            *tree.value_mut(child) = 0;
            tree.prune(child);
            tree.check();
            for (byte, &child) in children.iter().enumerate() {
                assert_eq!(tree.find(&[&topic[..], &[byte as u8]].concat()), Some(child));
                assert_eq!(tree.value(child), byte as u8 + 1);
            }
        }
        assert_eq!(tree.find(&topic), (value != 0).then_some(node));
    }
}

#[test]
fn a_tree_of_many_chunks_keeps_its_ids() {
    let mut tree = Radix::default();
    let nodes: Vec<_> = (0..20_000u32)
        .map(|i| {
            let node = tree.insert(&i.to_be_bytes());
            *tree.value_mut(node) = i + 1;
            node
        })
        .collect();
    tree.check();
    for (i, &node) in (0u32..).zip(&nodes) {
        assert_eq!((tree.value(node), tree.topic(node)), (i + 1, i.to_be_bytes().to_vec()));
    }
    for &node in &nodes {
        *tree.value_mut(node) = 0;
        tree.prune(node);
    }
    tree.check();
    assert!(nodes.iter().all(|&node| tree.value(node) == 0), "of a node that is no more, too");
}

#[test]
fn a_topic_takes_little_memory() {
    assert_eq!((size_of::<Node<u32>>(), align_of::<Node<u32>>()), (32, 32));
    let each = |topic: fn(u32) -> String| {
        let mut tree = Radix::default();
        for i in 0..100_000 {
            let node = tree.insert(topic(i).as_bytes());
            *tree.value_mut(node) = 1;
        }
        tree.bytes() as f64 / 100_000.0
    };
    let numbered = each(|i| format!("topic.{i:06}"));
    assert!(numbered < 43.0, "{numbered} bytes");
    let sparse = each(|i| format!("market.{:08x}.{i:08x}", i.wrapping_mul(2_654_435_761)));
    assert!(sparse < 51.0, "{sparse} bytes");
}
