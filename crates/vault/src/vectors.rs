//! Permanent test vectors: what was sealed once must open for ever.
//!
//! Version 2 added a passphrase and the recovery kit; what version 1 seals it seals alike.
//! The generator is ignored and only ever writes a file for a *new* version:
//! `cargo test -p floom-vault vectors::write -- --ignored`.

use floom_secret::SecretValue;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::blob::Blob;
use crate::cipher::{self, KEY, Key, NONCE};
use crate::context::{Context, Fields, Purpose};
use crate::keys::{Keys, unwrap, wrap};
use crate::passphrase::Passphrase;
use crate::recovery_key::{self, RecoveryKey};
use crate::{Entropy, Fingerprint, RandomnessFailed, RecoveryCode};

const V1: &str = include_str!("../tests/vectors/v1.json");
const V2: &str = include_str!("../tests/vectors/v2.json");

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Vectors {
    vault: Uuid,
    kek: String,
    kek_generation: u32,
    kek_check: String,
    data_key: String,
    data_key_wrapped: String,
    sealed: Vec<Sealed>,
    fingerprint_key: String,
    fingerprint_of: String,
    fingerprint: String,
    receipt_key: String,
    rows_key: String,
    chain_key: String,
    row_fields: String,
    row_mac: String,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Sealed {
    purpose: String,
    owner: Uuid,
    subject: Uuid,
    name: String,
    version: u32,
    generation: u32,
    plaintext: String,
    associated: String,
    blob: String,
}

/// What version 2 added.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Vectors2 {
    vault: Uuid,
    passphrase: String,
    passphrase_salt: String,
    passphrase_memory: u32,
    passphrase_passes: u32,
    passphrase_lanes: u32,
    passphrase_kek: String,
    code: String,
    code_secret: String,
    recovery_public_key: String,
    kek: String,
    kek_generation: u32,
    kek_sealed: String,
}

/// Counts up, so that the vectors are the same each time.
struct Counting(std::cell::Cell<u8>);

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomnessFailed> {
        for byte in bytes {
            *byte = self.0.get();
            self.0.set(self.0.get().wrapping_add(1));
        }
        Ok(())
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap()).collect()
}

fn key(first: u8) -> Key {
    let bytes: Vec<u8> = (0..u8::try_from(KEY).unwrap()).map(|at| first.wrapping_add(at)).collect();
    Key::from_slice(&bytes).unwrap()
}

fn own(owner: Uuid) -> Context<'static> {
    Context { owner, subject: owner, name: "", version: 0, purpose: Purpose::DataKey }
}

fn sealed(vault: Uuid, data: &Key, nonce: u8, context: &Context<'_>, plaintext: &str) -> Sealed {
    let generation = 3;
    let nonce = [nonce; NONCE];
    let associated = context.associated(vault, generation);
    let ciphertext = cipher::seal(data, &nonce, associated.as_bytes(), plaintext.as_bytes()).unwrap();
    Sealed {
        purpose: context.purpose.word().into(),
        owner: context.owner,
        subject: context.subject,
        name: context.name.into(),
        version: context.version,
        generation,
        plaintext: plaintext.into(),
        associated: hex(associated.as_bytes()),
        blob: hex(&Blob { generation, nonce: &nonce, sealed: &ciphertext }.to_bytes()),
    }
}

/// What this program makes of the vectors' inputs.
fn made() -> Vectors {
    let vault = Uuid::from_u128(0x1111_1111_1111_4111_8111_1111_1111_1111);
    let app = Uuid::from_u128(0x2222_2222_2222_4222_8222_2222_2222_2222);
    let secret = Uuid::from_u128(0x3333_3333_3333_4333_8333_3333_3333_3333);
    let (kek, data, fingerprints, receipts) = (key(0), key(32), key(64), key(96));
    let rows = receipts.derive("floom vault 1: rows");
    let fields = Fields::of("settings").text("theme").text("dark").optional(None, Fields::text).number(7);
    let bound = Fields::of("row").uuid(vault).bytes(fields.as_bytes());
    let text = "sk-proj-0123456789abcdefgh8b2a";
    let value = Context { owner: app, subject: secret, name: "OPENAI_API_KEY", version: 7, purpose: Purpose::Value };
    let details = Context { purpose: Purpose::Details, ..value };
    let token = Context { owner: app, subject: app, name: "", version: 0, purpose: Purpose::Token };
    Vectors {
        vault,
        kek: hex(kek.bytes()),
        kek_generation: 2,
        kek_check: hex(&Keys::check_value(&kek, vault)),
        data_key: hex(data.bytes()),
        data_key_wrapped: hex(&wrap(&kek, 2, vault, &own(app), 3, &data, &Counting(200.into())).unwrap()),
        sealed: vec![
            sealed(vault, &data, 1, &value, text),
            sealed(vault, &data, 2, &details, "details"),
            sealed(vault, &data, 3, &token, "floom_agent_token"),
            sealed(vault, &data, 4, &value, ""),
        ],
        fingerprint_key: hex(fingerprints.bytes()),
        fingerprint_of: text.into(),
        fingerprint: Fingerprint::of(&SecretValue::new(text.into()), &fingerprints).to_hex(),
        receipt_key: hex(receipts.bytes()),
        rows_key: hex(rows.bytes()),
        chain_key: hex(receipts.derive("floom vault 1: receipts").bytes()),
        row_fields: hex(fields.as_bytes()),
        row_mac: hex(&cipher::mac(&rows, bound.as_bytes())[..16]),
    }
}

#[test]
fn format_1_is_what_it_was() {
    let kept: Vectors = serde_json::from_str(V1).expect("the vectors are JSON");
    assert_eq!(made(), kept, "the same inputs give the same bytes for ever");
}

#[test]
fn what_was_sealed_once_opens() {
    let kept: Vectors = serde_json::from_str(V1).expect("the vectors are JSON");
    let kek = Key::from_slice(&bytes(&kept.kek)).unwrap();
    let owner = kept.sealed[0].owner;
    let unwrapped = unwrap(&kek, kept.vault, &own(owner), 3, &bytes(&kept.data_key_wrapped)).ok();
    let data = unwrapped.expect("the wrapped key opens");
    assert_eq!(hex(data.bytes()), kept.data_key, "to the key that was wrapped");
    for sealed in &kept.sealed {
        let blob = bytes(&sealed.blob);
        let blob = Blob::parse(&blob).expect("it is a blob");
        assert_eq!(blob.generation, sealed.generation, "the generation stands in the blob");
        let opened = cipher::open(&data, blob.nonce, &bytes(&sealed.associated), blob.sealed);
        assert_eq!(opened.unwrap().as_slice(), sealed.plaintext.as_bytes(), "{} opens", sealed.purpose);
    }
}

/// What this program makes of the inputs of version 2.
fn made_2() -> Vectors2 {
    let vault = Uuid::from_u128(0x1111_1111_1111_4111_8111_1111_1111_1111);
    let passphrase = "correct horse battery staple";
    let (way, passphrase_kek) = Passphrase::choose(&SecretValue::new(passphrase.into()), &Counting(0.into())).unwrap();
    let (salt, memory, passes, lanes) = way.parts();
    let code = RecoveryCode::random(&Counting(100.into())).unwrap();
    let kek = key(0);
    let public = *RecoveryKey::of(&code).unwrap().public();
    Vectors2 {
        vault,
        passphrase: passphrase.into(),
        passphrase_salt: hex(&salt),
        passphrase_memory: memory,
        passphrase_passes: passes,
        passphrase_lanes: lanes,
        passphrase_kek: hex(passphrase_kek.bytes()),
        code: code.groups().map(|group| group.expose().to_owned()).join(" "),
        code_secret: hex(code.secret()),
        recovery_public_key: hex(&public),
        kek: hex(kek.bytes()),
        kek_generation: 2,
        kek_sealed: hex(&recovery_key::seal(&public, vault, 2, &kek, &Counting(200.into())).unwrap()),
    }
}

#[test]
fn version_2_is_what_it_was() {
    let kept: Vectors2 = serde_json::from_str(V2).expect("the vectors are JSON");
    assert_eq!(made_2(), kept, "the same inputs give the same bytes for ever");
}

#[test]
fn what_was_sealed_to_a_code_opens() {
    let kept: Vectors2 = serde_json::from_str(V2).expect("the vectors are JSON");
    let code = RecoveryCode::parse(&SecretValue::new(kept.code)).expect("the code is read");
    let opened = RecoveryKey::of(&code).unwrap().open(kept.vault, kept.kek_generation, &bytes(&kept.kek_sealed)).ok();
    assert_eq!(opened.map(|kek| hex(kek.bytes())), Some(kept.kek), "to the key that was sealed");
}

#[test]
#[ignore = "writes the vectors of a new version"]
fn write() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/v2.json");
    std::fs::write(path, serde_json::to_string_pretty(&made_2()).unwrap() + "\n").unwrap();
}
