//! Against NaCl's examples, and each implementation against the others.

use super::*;

/// The keys, the nonce and the first bytes of the box in NaCl's paper ("Cryptography in NaCl",
/// sections 2 to 8), which is also RFC 7748's example of a key exchange.
const ALICE: [u8; 32] = [
    0x77, 0x07, 0x6d, 0x0a, 0x73, 0x18, 0xa5, 0x7d, 0x3c, 0x16, 0xc1, 0x72, 0x51, 0xb2, 0x66, 0x45,
    0xdf, 0x4c, 0x2f, 0x87, 0xeb, 0xc0, 0x99, 0x2a, 0xb1, 0x77, 0xfb, 0xa5, 0x1d, 0xb9, 0x2c, 0x2a,
];
const ALICE_PUBLIC: [u8; 32] = [
    0x85, 0x20, 0xf0, 0x09, 0x89, 0x30, 0xa7, 0x54, 0x74, 0x8b, 0x7d, 0xdc, 0xb4, 0x3e, 0xf7, 0x5a,
    0x0d, 0xbf, 0x3a, 0x0d, 0x26, 0x38, 0x1a, 0xf4, 0xeb, 0xa4, 0xa9, 0x8e, 0xaa, 0x9b, 0x4e, 0x6a,
];
const BOB_PUBLIC: [u8; 32] = [
    0xde, 0x9e, 0xdb, 0x7d, 0x7b, 0x7d, 0xc1, 0xb4, 0xd3, 0x5b, 0x61, 0xc2, 0xec, 0xe4, 0x35, 0x37,
    0x3f, 0x83, 0x43, 0xc8, 0x5b, 0x78, 0x67, 0x4d, 0xad, 0xfc, 0x7e, 0x14, 0x6f, 0x88, 0x2b, 0x4f,
];
const SHARED: [u8; 32] = [
    0x1b, 0x27, 0x55, 0x64, 0x73, 0xe9, 0x85, 0xd4, 0x62, 0xcd, 0x51, 0x19, 0x7a, 0x9a, 0x46, 0xc7,
    0x60, 0x09, 0x54, 0x9e, 0xac, 0x64, 0x74, 0xf2, 0x06, 0xc4, 0xee, 0x08, 0x44, 0xf6, 0x83, 0x89,
];

#[test]
fn keys_are_those_of_nacl() {
    let alice = Secret::copy_of(&ALICE);
    assert_eq!(alice.public_key(), ALICE_PUBLIC);
    assert_eq!(alice.shared_with(&BOB_PUBLIC).unwrap().bytes(), &SHARED);
    assert!(alice.shared_with(&[0; 32]).is_none(), "a point of low order");
}

/// Bytes that look like anything.
fn plain(len: usize) -> Vec<u8> {
    (0..len).map(|i| ((i * 89) >> 2) as u8).collect()
}

#[test]
fn boxes_open_with_the_same_nonce_and_key_only() {
    let (nonce, key) = ([7; 24], Secret::copy_of(&SHARED));
    for len in [0, 1, 31, 32, 33, 64, 1000, 70_000] {
        let plain = plain(len);
        let (head, tail) = plain.split_at(len / 3);
        let mut sealed = b"before".to_vec();
        seal_into(&mut sealed, &[head, tail], &nonce, &key);
        let mut sealed = sealed.split_off(6);
        assert_eq!(sealed.len(), len + MAC);
        assert_eq!(open(&sealed, &nonce, &key).unwrap()[..], plain[..]);
        assert!(open(&sealed, &[8; 24], &key).is_none());
        assert!(open(&sealed, &nonce, &Secret::copy_of(&ALICE)).is_none());
        let last = sealed.len() - 1;
        sealed[last] ^= 1;
        assert!(open(&sealed, &nonce, &key).is_none());
    }
    assert!(open(&[0; MAC - 1], &nonce, &key).is_none());
}

/// The plaintext and the first bytes of the box in NaCl's paper, section 9.
#[test]
fn a_box_is_that_of_nacl() {
    let nonce = [
        0x69, 0x69, 0x6e, 0xe9, 0x55, 0xb6, 0x2b, 0x73, 0xcd, 0x62, 0xbd, 0xa8, 0x75, 0xfc, 0x73,
        0xd6, 0x82, 0x19, 0xe0, 0x03, 0x6b, 0x7a, 0x0b, 0x37,
    ];
    let mut sealed = Vec::new();
    let message = [
        0xbe, 0x07, 0x5f, 0xc5, 0x3c, 0x81, 0xf2, 0xd5, 0xcf, 0x14, 0x13, 0x16, 0xeb, 0xeb, 0x0c,
        0x7b, 0x52, 0x28, 0xc5, 0x2a, 0x4c, 0x62, 0xcb, 0xd4, 0x4b, 0x66, 0x84, 0x9b, 0x64, 0x24,
        0x4f, 0xfc, 0xe5, 0xec, 0xba, 0xaf, 0x33, 0xbd, 0x75, 0x1a, 0x1a, 0xc7, 0x28, 0xd4, 0x5e,
        0x6c, 0x61, 0x29, 0x6c, 0xdc, 0x3c, 0x01, 0x23, 0x35, 0x61, 0xf4, 0x1d, 0xb6, 0x6c, 0xce,
        0x31, 0x4a, 0xdb, 0x31, 0x0e, 0x3b, 0xe8, 0x25, 0x0c, 0x46, 0xf0, 0x6d, 0xce, 0xea, 0x3a,
        0x7f, 0xa1, 0x34, 0x80, 0x57, 0xe2, 0xf6, 0x55, 0x6a, 0xd6, 0xb1, 0x31, 0x8a, 0x02, 0x4a,
        0x83, 0x8f, 0x21, 0xaf, 0x1f, 0xde, 0x04, 0x89, 0x77, 0xeb, 0x48, 0xf5, 0x9f, 0xfd, 0x49,
        0x24, 0xca, 0x1c, 0x60, 0x90, 0x2e, 0x52, 0xf0, 0xa0, 0x89, 0xbc, 0x76, 0x89, 0x70, 0x40,
        0xe0, 0x82, 0xf9, 0x37, 0x76, 0x38, 0x48, 0x64, 0x5e, 0x07, 0x05,
    ];
    seal_into(&mut sealed, &[&message], &nonce, &Secret::copy_of(&SHARED));
    assert_eq!(
        sealed[..24],
        [
            0xf3, 0xff, 0xc7, 0x70, 0x3f, 0x94, 0x00, 0xe5, 0x2a, 0x7d, 0xfb, 0x4b, 0x3d, 0x33,
            0x05, 0xd9, 0x8e, 0x99, 0x3b, 0x9f, 0x48, 0x68, 0x12, 0x73,
        ]
    );
}

const PREFIX: &[u8; 16] = b"sixteen letters.";

/// What box number `number` is without anything made in advance.
fn alone(plain: &[u8], number: u64) -> Vec<u8> {
    let mut nonce = [0; 24];
    nonce[..16].copy_from_slice(PREFIX);
    nonce[16..].copy_from_slice(&number.to_be_bytes());
    let mut sealed = Vec::new();
    seal_into(&mut sealed, &[plain], &nonce, &Secret::copy_of(&SHARED));
    sealed
}

fn direction() -> Direction {
    Direction::new(Secret::copy_of(&SHARED), PREFIX)
}

/// Seals and opens these (number, length, pause before it), and compares with each box alone.
fn check(boxes: impl IntoIterator<Item = (u64, usize, bool)>) {
    let (mut sealing, mut opening) = (direction(), direction());
    for (number, len, pause) in boxes {
        if pause {
            sealing.release_memory();
            opening.release_memory();
        }
        let plain = plain(len);
        let (head, tail) = plain.split_at(len / 2);
        let mut sealed = Vec::new();
        sealing.seal_into(&mut sealed, &[head, tail], number);
        assert!(sealed == alone(&plain, number), "box {number} of {len} bytes");
        let mut spoilt = sealed.clone();
        spoilt[len / 2] ^= 1;
        assert!(!direction().open_in_place(&mut spoilt, number));
        assert!(opening.open_in_place(&mut sealed, number), "box {number} of {len} bytes");
        assert_eq!(sealed[MAC..], plain);
    }
}

#[test]
fn a_stream_of_boxes_of_any_size_is_what_each_is_alone() {
    for len in 0..300 {
        check((1..40).map(|number| (number, len, false)));
    }
}

#[test]
fn sizes_numbers_and_pauses_may_change_at_any_time() {
    let mut random = 1_u32;
    let mut number = u64::from(u32::MAX) - 500;
    let boxes: Vec<_> = (0..5000)
        .map(|_| {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let bits = random >> 8;
            number += if bits & 31 == 0 { u64::from((bits >> 5) & 63) } else { 1 };
            let len = if bits & 7 == 1 { (bits >> 10) & 1023 } else { (bits >> 10) & 127 };
            (number, len as usize, bits >> 20 == 0 || (bits >> 18) & 15 == 0)
        })
        .collect();
    check(boxes);
}

#[test]
fn the_last_numbers_work() {
    check((u64::MAX - 20..=u64::MAX).map(|number| (number, 100, false)));
}

#[test]
fn a_spoilt_box_in_a_stream_does_not_open() {
    let (mut sealing, mut opening) = (direction(), direction());
    for number in 1..100 {
        let mut sealed = Vec::new();
        sealing.seal_into(&mut sealed, &[&plain(50)], number);
        assert!(opening.open_in_place(&mut sealed.clone(), number));
        for at in [0, 15, 16, 65] {
            let mut spoilt = sealed.clone();
            spoilt[at] ^= 0x10;
            let before = spoilt.clone();
            assert!(!opening.open_in_place(&mut spoilt, number));
            assert_eq!(spoilt, before, "what does not open is left as it is");
        }
    }
    assert!(!opening.open_in_place(&mut [0; MAC - 1], 100));
}

/// The trait's functions, of two implementations.
#[cfg(feature = "libsodium")]
#[test]
fn dryoc_and_libsodium_agree() {
    use super::with_dryoc::Dryoc;
    use super::with_libsodium::Libsodium;

    for round in 0..2000 {
        let (ours, theirs) = (Secret::random().unwrap(), Secret::random().unwrap());
        let public = Dryoc::public_key(&theirs);
        assert_eq!(public, Libsodium::public_key(&theirs));
        let key = Dryoc::shared_key(&public, &ours).unwrap();
        assert_eq!(key.bytes(), Libsodium::shared_key(&public, &ours).unwrap().bytes());
        let prefix = random::<16>().unwrap();
        let subkey = Dryoc::subkey(&key, &prefix);
        assert_eq!(subkey.bytes(), Libsodium::subkey(&key, &prefix).bytes());
        let nonce = random::<24>().unwrap();
        let (mut one, mut other) = (plain(round), plain(round));
        let mac = Dryoc::seal(&mut one, &nonce, &key);
        assert_eq!(mac, Libsodium::seal(&mut other, &nonce, &key));
        assert_eq!(one, other);
        assert!(Dryoc::open(&mut one, &mac, &nonce, &key));
        assert!(Libsodium::open(&mut other, &mac, &nonce, &key));
        assert_eq!(one, other);
        let mac = Dryoc::authenticate(&one, subkey.bytes());
        assert_eq!(mac, Libsodium::authenticate(&one, subkey.bytes()));
        assert!(Dryoc::verify(&one, &mac, subkey.bytes()));
        assert!(Libsodium::verify(&one, &mac, subkey.bytes()));
        one.push(0);
        assert!(!Dryoc::verify(&one, &mac, subkey.bytes()));
        assert!(!Libsodium::verify(&one, &mac, subkey.bytes()));
    }
    for key in [[0; 32], [1; 32]] {
        let secret = Secret::copy_of(&ALICE);
        let (one, other) = (Dryoc::shared_key(&key, &secret), Libsodium::shared_key(&key, &secret));
        assert_eq!(one.map(|key| *key.bytes()), other.map(|key| *key.bytes()));
    }
}

#[test]
fn secrets_are_not_printed() {
    assert_eq!(format!("{:?}", Secret::copy_of(&[0x55; 32])), "Secret");
}
