//! A recovery code while it is on the screen, and what was typed from a copy of it.

use std::rc::Rc;

use floom_protocol::view::RecoveryCodeView;
use floom_secret::SecretValue;

/// How many groups a code has.
pub(crate) const GROUPS: usize = 7;

/// A code that was made a moment ago. It is wiped when the last sheet that knows it is closed.
#[derive(Debug, Clone)]
pub(crate) struct Code(Rc<RecoveryCodeView>);

impl PartialEq for Code {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Code {
    /// The code that the agent answered with.
    pub(crate) fn new(made: RecoveryCodeView) -> Self {
        Self(Rc::new(made))
    }

    /// The kit's file.
    pub(crate) fn file(&self) -> &str {
        &self.0.file
    }

    /// The groups as they are shown, in order.
    pub(crate) fn groups(&self) -> impl Iterator<Item = &str> {
        self.0.groups.iter().map(|group| group.0.expose())
    }

    /// The whole code.
    pub(crate) fn whole(&self) -> SecretValue {
        // Room for all of it: a text that grows leaves copies behind.
        let mut whole = String::with_capacity(self.groups().map(str::len).sum());
        self.groups().for_each(|group| whole.push_str(group));
        SecretValue::new(whole)
    }

    /// Whether `typed` is the group with this number, counted from 0.
    pub(crate) fn fits(&self, number: usize, typed: &SecretValue) -> bool {
        self.groups().nth(number).is_some_and(|group| digits(group).eq(digits(typed.expose())))
    }
}

/// The digits of Crockford's base 32 as a person types them: in either case, with spaces and dashes anywhere.
fn digits(typed: &str) -> impl Iterator<Item = char> {
    typed.chars().filter(|letter| !letter.is_whitespace() && *letter != '-').map(|letter| {
        match letter.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            letter => letter,
        }
    })
}

/// Two different groups, in order, for two numbers from 0 up to 1.
pub(crate) fn two_groups(one: f64, other: f64) -> [usize; 2] {
    let below = |number: f64, end: usize| ((number * end as f64) as usize).min(end - 1);
    let first = below(one, GROUPS);
    let second = (first + 1 + below(other, GROUPS - 1)) % GROUPS;
    [first.min(second), first.max(second)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn a_group_fits_as_a_person_types_it() {
        let code = sample::code();
        let fits = |typed: &str| code.fits(1, &SecretValue::new(typed.to_owned()));
        assert!(fits("T4VK0"), "as it is shown");
        assert!(fits(" t4-vkO "), "in small letters, with a dash, O for 0");
        assert!(!fits("T4VK1") && !fits("T4VK") && !fits(""), "another, a shorter one and none do not");
    }

    #[test]
    fn a_code_is_told_to_nobody_who_prints_it() {
        let printed = format!("{:?}", sample::code());
        assert!(sample::code().groups().all(|group| !printed.contains(group)), "no group in {printed}");
    }

    #[test]
    fn the_whole_code_is_its_groups() {
        let code = sample::code();
        assert_eq!(code.whole().expose(), code.groups().collect::<String>(), "one after the other");
    }

    #[test]
    fn two_different_groups_are_asked_for() {
        for (one, other) in [(0.0, 0.0), (0.5, 0.99), (0.999_999, 0.999_999), (1.0, 1.0)] {
            let [first, second] = two_groups(one, other);
            assert!(first < second && second < GROUPS, "{one} and {other} ask for {first} and {second}");
        }
    }
}
