//! The recovery code: 160 random bits that a person can copy from paper, and a checksum.

use std::fmt;

use floom_secret::SecretValue;
use zeroize::Zeroizing;

use crate::{Entropy, VaultError, cipher};

/// Crockford's base 32 (<https://www.crockford.com/base32.html>): no I, L, O and U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The largest prime below 32^3.
///
/// Read as one number in base 32, a code is a multiple of it. One wrong character adds d * 32^i with 0 < |d| < 32,
/// which it does not divide. Two that changed places add d * (32^i - 32^j), which it does not divide either: the
/// powers of 32 are different modulo it far beyond the length of a code.
const PRIME: u32 = 32_749;

const SECRET: usize = 20;
const CHECK: usize = 3;
const DIGITS: usize = SECRET * 8 / 5 + CHECK;
const GROUP: usize = 5;

/// How many groups of 5 characters a code has.
pub const RECOVERY_GROUPS: usize = DIGITS / GROUP;

/// The code that opens a recovery kit; wiped when it is dropped, and silent in `Debug`.
pub struct RecoveryCode(Zeroizing<[u8; SECRET]>);

impl RecoveryCode {
    /// A new code.
    pub(crate) fn random(entropy: &dyn Entropy) -> Result<Self, VaultError> {
        let mut secret = Zeroizing::new([0; SECRET]);
        entropy.fill(secret.as_mut_slice())?;
        Ok(Self(secret))
    }

    /// Reads a code as a person types it: in either case, with spaces and dashes anywhere, O for 0, I or L for 1.
    ///
    /// # Errors
    /// [`VaultError::CodeMistyped`] where a character is wrong, missing or too many, or two changed places.
    pub fn parse(typed: &SecretValue) -> Result<Self, VaultError> {
        let digits = digits(typed.expose()).ok_or(VaultError::CodeMistyped)?;
        let digits: &[u8; DIGITS] = digits.as_slice().try_into().map_err(|_| VaultError::CodeMistyped)?;
        let mut secret = Zeroizing::new([0; SECRET]);
        for (bytes, digits) in secret.chunks_exact_mut(5).zip(digits.chunks_exact(8)) {
            let number = digits.iter().fold(0, |number: u64, digit| number << 5 | u64::from(*digit));
            bytes.copy_from_slice(&number.to_be_bytes()[3..]);
        }
        let code = Self(secret);
        match *code.digits() == *digits {
            true => Ok(code),
            false => Err(VaultError::CodeMistyped),
        }
    }

    /// The code in groups of 5 characters, to be shown once.
    pub fn groups(&self) -> [SecretValue; RECOVERY_GROUPS] {
        let digits = self.digits();
        std::array::from_fn(|group| {
            let digits = &digits[group * GROUP..][..GROUP];
            SecretValue::new(digits.iter().map(|digit| char::from(ALPHABET[usize::from(*digit)])).collect())
        })
    }

    /// Whether `typed` is the group of that number, from 1; read as forgivingly as a whole code.
    pub fn group_fits(&self, number: usize, typed: &SecretValue) -> bool {
        let all = self.digits();
        let group = number.checked_sub(1).and_then(|group| all.chunks_exact(GROUP).nth(group));
        group.zip(digits(typed.expose())).is_some_and(|(group, typed)| cipher::same(group, &typed))
    }

    pub(crate) fn secret(&self) -> &[u8; SECRET] {
        &self.0
    }

    /// The digits in base 32, those of the checksum at the end.
    fn digits(&self) -> Zeroizing<[u8; DIGITS]> {
        let mut digits = Zeroizing::new([0; DIGITS]);
        for (digits, bytes) in digits.chunks_exact_mut(8).zip(self.0.chunks_exact(5)) {
            let number = bytes.iter().fold(0, |number: u64, byte| number << 8 | u64::from(*byte));
            for (at, digit) in digits.iter_mut().enumerate() {
                *digit = (number >> (35 - 5 * at)) as u8 & 31;
            }
        }
        // With zeros for a checksum it is this much above a multiple.
        let above = digits.iter().fold(0, |above, digit| (above * 32 + u32::from(*digit)) % PRIME);
        let check = (PRIME - above) % PRIME;
        for (at, digit) in digits[DIGITS - CHECK..].iter_mut().enumerate() {
            *digit = (check >> (10 - 5 * at)) as u8 & 31;
        }
        digits
    }
}

/// The digits that `typed` stands for; `None` where a character is none.
fn digits(typed: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut digits = Zeroizing::new(Vec::with_capacity(typed.len()));
    for character in typed.chars().filter(|character| !character.is_whitespace() && !is_dash(*character)) {
        let character = match character.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            character => character,
        };
        let digit = ALPHABET.iter().position(|known| char::from(*known) == character)?;
        digits.push(u8::try_from(digit).ok()?);
    }
    Some(digits)
}

fn is_dash(character: char) -> bool {
    matches!(character, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode([hidden])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OsEntropy;
    use proptest::prelude::*;

    fn text(code: &RecoveryCode) -> String {
        code.groups().iter().map(SecretValue::expose).collect()
    }

    fn parse(text: &str) -> Result<RecoveryCode, VaultError> {
        RecoveryCode::parse(&SecretValue::new(text.to_owned()))
    }

    /// Every single-character error and every transposition of two different characters of one code is refused.
    fn every_error_is_found(secret: [u8; SECRET]) {
        let written = text(&RecoveryCode(Zeroizing::new(secret)));
        let characters = written.as_bytes();
        assert_eq!(characters.len(), 35, "seven groups of five");
        for at in 0..characters.len() {
            for wrong in ALPHABET.iter().filter(|wrong| **wrong != characters[at]) {
                let mut typed = characters.to_vec();
                typed[at] = *wrong;
                assert!(parse(std::str::from_utf8(&typed).unwrap()).is_err(), "a wrong character {at} is found");
            }
            for other in at + 1..characters.len() {
                let mut typed = characters.to_vec();
                typed.swap(at, other);
                let found = parse(std::str::from_utf8(&typed).unwrap()).is_err();
                assert_eq!(found, typed != characters, "characters {at} and {other} that changed places are found");
            }
        }
        for cut in 0..characters.len() {
            assert!(parse(&written[..cut]).is_err(), "{cut} characters are too few");
        }
        assert!(parse(&format!("{written}0")).is_err(), "one more is too many");
    }

    #[test]
    fn the_powers_of_32_differ_modulo_the_prime() {
        let is_prime =
            (2..).take_while(|divisor| divisor * divisor <= PRIME).all(|divisor| !PRIME.is_multiple_of(divisor));
        assert!(is_prime && PRIME < 32 * 32 * 32, "it is a prime that three digits hold");
        let powers: std::collections::BTreeSet<u32> =
            (0..DIGITS).scan(1, |power, _| Some(std::mem::replace(power, *power * 32 % PRIME))).collect();
        assert_eq!(powers.len(), DIGITS, "so that no two places weigh the same");
    }

    #[test]
    fn every_error_is_found_in_codes_at_the_edge() {
        for secret in [[0; SECRET], [0xff; SECRET], [0x55; SECRET], std::array::from_fn(|at| at as u8 * 13)] {
            every_error_is_found(secret);
        }
        // Checksums that are near 0 and near the prime.
        for low in 0..=u8::MAX {
            let mut secret = [0; SECRET];
            secret[SECRET - 1] = low;
            let code = RecoveryCode(Zeroizing::new(secret));
            assert_eq!(parse(&text(&code)).unwrap().secret(), &secret, "what is written is read");
        }
    }

    #[test]
    fn a_code_is_read_as_people_write_it() {
        let code = RecoveryCode(Zeroizing::new([0x08; SECRET]));
        let written = text(&code);
        assert!(written.contains('0') && written.contains('1'), "the example has both digits that are mistaken");
        let spaced = code.groups().map(|group| group.expose().to_owned()).join(" - ");
        let likeness = |zero: &str, one: &str| written.to_lowercase().replace('0', zero).replace('1', one);
        for typed in [
            spaced,
            written.to_lowercase(),
            likeness("O", "I"),
            likeness("o", "l"),
            likeness("0", "L"),
            format!("\t{written}\n"),
            written.replace('G', "\u{2011}G"),
        ] {
            assert_eq!(parse(&typed).expect("it is read").secret(), code.secret(), "{typed:?} is the same code");
        }
        for typed in ["", "U", "ü", "K7QMX T4VKD", &written.replacen('0', "U", 1), &written.replacen('0', "!", 1)] {
            assert_eq!(parse(typed).map(drop).unwrap_err().code(), "recovery_code_mistyped", "{typed:?} is none");
        }
    }

    #[test]
    fn a_group_is_compared_by_its_number() {
        let code = RecoveryCode::random(&OsEntropy).unwrap();
        let groups = code.groups();
        for (at, group) in groups.iter().enumerate() {
            assert!(code.group_fits(at + 1, group), "group {} is itself", at + 1);
            let lower = SecretValue::new(group.expose().to_lowercase() + " ");
            assert!(code.group_fits(at + 1, &lower), "however it is typed");
            let next = (at + 1) % groups.len();
            assert_eq!(code.group_fits(next + 1, group), groups[next] == *group, "and is not its neighbour");
        }
        for number in [0, 8] {
            assert!(!code.group_fits(number, &groups[0]), "there is no group {number}");
        }
    }

    #[test]
    fn debug_says_nothing_of_a_code() {
        let code = RecoveryCode::random(&OsEntropy).unwrap();
        assert_eq!(format!("{code:?}"), "RecoveryCode([hidden])", "it is the same for every code");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(
            if std::env::var_os("FLOOM_SOAK").is_some_and(|soak| soak == "1") { 3200 } else { 64 }
        ))]

        #[test]
        fn every_error_is_found_in_any_code(secret in any::<[u8; SECRET]>()) {
            let code = RecoveryCode(Zeroizing::new(secret));
            let read = parse(&text(&code)).unwrap();
            prop_assert_eq!(read.secret(), &secret, "what is written is read");
            every_error_is_found(secret);
        }
    }
}
