//! The push saga against a Floom that fails at any step.

use std::sync::Mutex;

use floom_client::{FloomError, PolicyEntry};
use floom_engine::EngineError;
use floom_engine::push::{Change, Remote, push};
use floom_secret::{Policy, SecretValue};

/// One key on a Floom whose n-th call fails.
struct Floom {
    policy: Mutex<Policy>,
    value: Mutex<Option<String>>,
    calls: Mutex<Vec<&'static str>>,
    fails_at: Option<usize>,
}

impl Floom {
    fn new(policy: Policy, fails_at: Option<usize>) -> Self {
        Self { policy: Mutex::new(policy), value: Mutex::default(), calls: Mutex::default(), fails_at }
    }

    fn call(&self, name: &'static str) -> Result<(), FloomError> {
        let mut calls = self.calls.lock().expect("no panic held it");
        calls.push(name);
        if self.fails_at == Some(calls.len()) { Err(FloomError::Server { status: 500 }) } else { Ok(()) }
    }

    fn calls(&self) -> Vec<&'static str> {
        self.calls.lock().expect("no panic held it").clone()
    }

    fn policy(&self) -> Policy {
        *self.policy.lock().expect("no panic held it")
    }

    fn value(&self) -> Option<String> {
        self.value.lock().expect("no panic held it").clone()
    }
}

impl Remote for Floom {
    async fn policies(&self, _: &str) -> Result<Vec<PolicyEntry>, FloomError> {
        self.call("policies")?;
        let creator_has_value = self.value().is_some();
        Ok(vec![PolicyEntry { key: "A".to_owned(), policy: self.policy(), creator_has_value, updated_at: None }])
    }

    async fn set_policy(&self, _: &str, _: &str, policy: Policy) -> Result<(), FloomError> {
        self.call("set_policy")?;
        *self.policy.lock().expect("no panic held it") = policy;
        Ok(())
    }

    async fn set_value(&self, _: &str, key: &str, value: &SecretValue) -> Result<(), FloomError> {
        self.call("set_value")?;
        if self.policy() != Policy::Creator {
            return Err(FloomError::PolicyMismatch { key: key.to_owned() });
        }
        *self.value.lock().expect("no panic held it") = Some(value.expose().to_owned());
        Ok(())
    }

    async fn remove_value(&self, _: &str, _: &str) -> Result<bool, FloomError> {
        self.call("remove_value")?;
        Ok(self.value.lock().expect("no panic held it").take().is_some())
    }
}

fn value() -> Change {
    Change::Value(SecretValue::new("the new value".into()))
}

#[tokio::test]
async fn a_value_goes_policy_first_and_is_read_back() {
    let floom = Floom::new(Policy::User, None);
    let entry = push(&floom, "app", "A", &value(), None).await.expect("nothing fails");
    assert_eq!(floom.calls(), ["policies", "set_policy", "set_value", "policies"], "flip, value, read back");
    assert!(entry.creator_has_value && entry.policy == Policy::Creator, "what is read back is what was sent");
}

#[tokio::test]
async fn a_policy_that_fits_is_not_set_again() {
    let floom = Floom::new(Policy::Creator, None);
    push(&floom, "app", "A", &value(), None).await.expect("nothing fails");
    assert_eq!(floom.calls(), ["policies", "set_value", "policies"], "an unneeded policy call would move its time");
}

#[tokio::test]
async fn a_value_that_fails_after_a_flip_puts_the_policy_back() {
    let floom = Floom::new(Policy::User, Some(3));
    let failed = push(&floom, "app", "A", &value(), None).await.expect_err("the value call fails");
    assert!(matches!(failed, EngineError::Floom(FloomError::Server { status: 500 })), "the first failure is reported");
    assert_eq!(floom.policy(), Policy::User, "runs find the state that they had before");
}

#[tokio::test]
async fn wherever_it_is_cut_the_next_try_ends_right() {
    for cut in 1..=4 {
        let floom = Floom::new(Policy::User, Some(cut));
        push(&floom, "app", "A", &value(), Some(Policy::User)).await.expect_err("the call fails");
        let again = push(&floom, "app", "A", &value(), Some(Policy::User)).await.expect("the second try goes through");
        assert!(again.creator_has_value, "Floom has the value after a cut at call {cut}");
        assert_eq!(floom.policy(), Policy::Creator, "under the creator vault after a cut at call {cut}");
        assert_eq!(floom.value().as_deref(), Some("the new value"), "and it is the one that was sent");
    }
}

#[tokio::test]
async fn a_flip_left_by_a_killed_try_is_put_back_too() {
    // Killed between flip and value: the policy is creator vault, there is no value, and it was user vault before.
    let floom = Floom::new(Policy::Creator, Some(2));
    push(&floom, "app", "A", &value(), Some(Policy::User)).await.expect_err("the value call fails");
    assert_eq!(floom.policy(), Policy::User, "the policy is what it was before the killed try");
}

#[tokio::test]
async fn policy_and_removal_are_confirmed() {
    let floom = Floom::new(Policy::Creator, None);
    push(&floom, "app", "A", &value(), None).await.expect("stored");
    let flipped = push(&floom, "app", "A", &Change::Policy(Policy::User), None).await.expect("flipped");
    assert!(flipped.creator_has_value, "a flip keeps the stored value");
    let removed = push(&floom, "app", "A", &Change::Remove, None).await.expect("removed");
    assert!(!removed.creator_has_value, "the value is gone from Floom");
}

#[tokio::test]
async fn an_undeclared_key_is_refused_by_name() {
    let floom = Floom::new(Policy::Creator, None);
    let refused = push(&floom, "app", "B", &value(), None).await.expect_err("B is not declared");
    assert!(matches!(refused, EngineError::Refused(failure) if failure.code == "floom_key_unknown"), "with its code");
    assert_eq!(floom.calls(), ["policies"], "and nothing was sent");
}
