//! A sealed value opens in its own place with its own key, and nowhere else.

use floom_seal::{Bytes, KeyPair, Pin, SUITE, SealError, Sealed, SealingKey};
use floom_secret::SecretValue;
use proptest::prelude::*;

const APP: &str = "app_0123456789ab";
const NAME: &str = "OPENAI_API_KEY";

fn pair(byte: u8) -> (KeyPair, SealingKey) {
    let pair = KeyPair::derive(&[byte; 32]);
    let key = SealingKey { app_id: APP.into(), key_id: "k1".into(), suite: SUITE.into(), public_key: pair.public() };
    (pair, key)
}

fn value(text: &str) -> SecretValue {
    SecretValue::new(text.to_owned())
}

#[test]
fn a_sealed_value_opens_with_its_key_in_its_place_alone() {
    let (pair, key) = self::pair(1);
    let sealed = key.seal(NAME, &value("sk-proj-sample")).expect("it is sealed");
    assert_eq!(pair.open(APP, NAME, &sealed), Ok(value("sk-proj-sample")), "it opens at home");
    let refused = Err(SealError::DoesNotOpen);
    assert_eq!(pair.open(APP, "STRIPE_SECRET_KEY", &sealed), refused, "not under another name");
    assert_eq!(pair.open("app_other", NAME, &sealed), refused, "not in another app");
    assert_eq!(pair.open("app_0123456789a", "b\0OPENAI_API_KEY", &sealed), refused, "nor where the two run together");
    assert_eq!(self::pair(2).0.open(APP, NAME, &sealed), refused, "not with another key");
    let again = key.seal(NAME, &value("sk-proj-sample")).expect("it is sealed");
    assert_ne!(again, sealed, "the same value is never sealed alike twice");
}

#[test]
fn every_changed_byte_is_noticed() {
    let (pair, key) = self::pair(1);
    let sealed = key.seal(NAME, &value("sk")).expect("it is sealed");
    for at in 0..sealed.ciphertext.0.len() {
        let mut changed = sealed.clone();
        changed.ciphertext.0[at] ^= 1;
        assert_eq!(pair.open(APP, NAME, &changed), Err(SealError::DoesNotOpen), "byte {at} of the ciphertext");
    }
    for at in 0..sealed.enc.0.len() {
        let mut changed = sealed.clone();
        changed.enc.0[at] ^= 1;
        assert_eq!(pair.open(APP, NAME, &changed), Err(SealError::DoesNotOpen), "byte {at} of the encapsulated key");
    }
    for length in [0, 1, 15, sealed.ciphertext.0.len() - 1] {
        let mut cut = sealed.clone();
        cut.ciphertext.0.truncate(length);
        assert_eq!(pair.open(APP, NAME, &cut), Err(SealError::DoesNotOpen), "cut to {length} bytes");
    }
}

#[test]
fn what_is_no_key_is_refused_before_anything_is_sealed() {
    let (_, key) = pair(1);
    let with = |public: Vec<u8>| SealingKey { public_key: Bytes(public), ..key.clone() };
    for public in [vec![], vec![7; 31], vec![7; 33], vec![0; 32]] {
        let length = public.len();
        let refused = with(public).seal(NAME, &value("sk"));
        assert_eq!(refused, Err(SealError::KeyInvalid), "{length} bytes that are no public key");
    }
    let other = SealingKey { suite: "hpke-base-p256".into(), ..key };
    assert_eq!(other.seal(NAME, &value("sk")), Err(SealError::SuiteUnknown), "another suite is not guessed at");
}

#[test]
fn on_the_wire_it_is_base64url_without_padding() {
    let sealed =
        Sealed { key_id: "k1".into(), enc: Bytes(vec![0xfb, 0xff]), ciphertext: Bytes(vec![0xff, 0xff, 0xff, 0xfe]) };
    let text = serde_json::to_string(&sealed).expect("JSON");
    assert_eq!(text, r#"{"key_id":"k1","enc":"-_8","ciphertext":"_____g"}"#, "RFC 4648, section 5");
    assert_eq!(serde_json::from_str::<Sealed>(&text).expect("it is read"), sealed, "and read again");
    for wrong in ["-_8=", "+/8", "-_", "é"] {
        let text = format!(r#"{{"key_id":"k1","enc":"{wrong}","ciphertext":""}}"#);
        let read = serde_json::from_str::<Sealed>(&text).map(|sealed| sealed.enc.0);
        // Two characters that leave bits over are none of ours either.
        assert!(read.is_err(), "{wrong} is refused: {read:?}");
    }
}

#[test]
fn another_key_or_another_app_behind_the_name_is_noticed() {
    let (_, key) = pair(1);
    let pin = Pin::of(&key);
    assert!(pin.fits(&key), "the key that was pinned");
    assert!(pin.fits(&SealingKey { key_id: "k2".into(), ..key.clone() }), "its name may change");
    assert!(!pin.fits(&pair(2).1), "another key");
    assert!(!pin.fits(&SealingKey { app_id: "app_other".into(), ..key }), "another app");
}

proptest! {
    #[test]
    fn any_text_comes_back(text in any::<String>(), name in "[A-Z_]{1,40}") {
        let (pair, key) = self::pair(3);
        let sealed = key.seal(&name, &SecretValue::new(text.clone())).expect("it is sealed");
        prop_assert_eq!(sealed.ciphertext.0.len(), text.len() + 16, "the tag is all that is added");
        prop_assert!(pair.open(APP, &name, &sealed) == Ok(SecretValue::new(text)), "byte for byte");
    }
}

/// The vector of RFC 9180 for this suite in base mode (appendix A's file, as published with the RFC's test vectors).
#[test]
fn the_suite_is_that_of_rfc_9180() {
    use hpke::aead::AesGcm256;
    use hpke::kdf::HkdfSha256;
    use hpke::kem::X25519HkdfSha256;
    use hpke::{Deserializable, Kem, OpModeR};

    let vector: serde_json::Value = serde_json::from_str(include_str!("vectors/rfc9180.json")).expect("JSON");
    let bytes = |text: &serde_json::Value| -> Vec<u8> {
        let text = text.as_str().expect("hex");
        (0..text.len() / 2).map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).expect("hex")).collect()
    };
    let material: [u8; 32] = bytes(&vector["ikmR"]).try_into().expect("32 bytes");
    assert_eq!(KeyPair::derive(&material).public().0, bytes(&vector["pkRm"]), "DeriveKeyPair gives the RFC's key");
    let (private, _) = X25519HkdfSha256::derive_keypair(&material);
    let message = &vector["encryptions"][0];
    let opened = hpke::single_shot_open::<AesGcm256, HkdfSha256, X25519HkdfSha256>(
        &OpModeR::Base,
        &private,
        &Deserializable::from_bytes(&bytes(&vector["enc"])).expect("an encapsulated key"),
        &bytes(&vector["info"]),
        &bytes(&message["ct"]),
        &bytes(&message["aad"]),
    );
    assert_eq!(opened.expect("it opens"), bytes(&message["pt"]), "the RFC's own answer");
}
