use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

impl<V: Copy + Default + PartialEq> Radix<V> {
    /// Checks what must hold between operations.
    fn check(&self) {
        let mut seen = 0;
        let mut stack = vec![ROOT];
        while let Some(id) = stack.pop() {
            seen += 1;
            let node = self.node(id);
            let children = self.children(node);
            let keys: Vec<u8> = children.keys().collect();
            assert_eq!(node.children == NONE, keys.is_empty(), "no empty lists");
            assert!(keys.is_sorted_by(|a, b| a < b));
            if id != ROOT {
                assert!((1..=LONGEST_LABEL).contains(&self.label(node).len()));
                assert!(node.value != V::default() || !keys.is_empty(), "no useless leaves");
                if node.value == V::default()
                    && let &[child] = children.nodes()
                {
                    let below = self.label(self.node(NodeId(child)));
                    let joined = self.label(node).len() + below.len();
                    assert!(joined > LONGEST_LABEL, "no useless inner nodes");
                }
            }
            for (key, &child) in keys.into_iter().zip(children.nodes()) {
                let child = NodeId(child);
                assert_eq!(self.node(child).parent, id);
                assert_eq!(self.label(self.node(child))[0], key);
                stack.push(child);
            }
        }
        assert_eq!(seen + self.free.len(), self.nodes.len(), "no lost nodes");
    }
}

/// Topics with many common prefixes, some of them longer than a label.
fn topic() -> impl Strategy<Value = Vec<u8>> {
    (prop::collection::vec(0u8..3, 0..6), prop::sample::select(vec![0, 0, 0, 254, 255, 256, 600]))
        .prop_map(|(mut topic, filler)| {
            topic.splice(topic.len() / 2..topic.len() / 2, std::iter::repeat_n(9, filler));
            topic
        })
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
    assert_eq!(tree.nodes.len(), 1);
}

#[test]
fn a_topic_takes_little_memory() {
    assert_eq!(size_of::<Node<u32>>(), 24);
    let mut tree = Radix::default();
    for i in 0..100_000 {
        let node = tree.insert(format!("topic.{i:06}").as_bytes());
        *tree.value_mut(node) = 1;
    }
    let nodes = tree.nodes.capacity() * size_of::<Node<u32>>();
    // With 16 bytes for each allocation, and for the place in the array.
    let parents = tree.nodes.iter().filter(|node| node.children != NONE);
    let children: usize = parents.map(|node| tree.children(node).0.len() * 4 + 32).sum();
    let each = (nodes + children) / 100_000;
    assert!(each < 45, "{each} bytes");
}
