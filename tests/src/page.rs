//! What the page says about itself: the scripts that the harness runs in it.

use serde_json::{Value, json};

use crate::Trouble;

/// Answers when the text that is looked for differs from the last one seen, or the time is over. It is woken by the
/// page's own changes, so that waiting costs nothing and the answer is as early as the change.
pub(crate) const WHEN_CHANGED: &str = r"
const [selector, attribute, last, patience, done] = arguments;
const look = () => {
  const element = document.querySelector(selector);
  if (!element) return null;
  if (attribute) return element.getAttribute(attribute) ?? '';
  return 'value' in element && element.tagName !== 'BUTTON' ? element.value : element.innerText.trim();
};
const first = look();
if (first !== last) return done(first);
const observer = new MutationObserver(() => { const now = look(); if (now !== last) finish(now); });
const timer = setTimeout(() => finish(look()), patience);
const finish = (now) => { observer.disconnect(); clearTimeout(timer); done(now); };
observer.observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
";

/// Everything that could be read or copied from the page.
/// Ends when everything that moves has arrived; what moves for ever (a spinner) is not waited for.
pub(crate) const WHEN_STILL: &str = r"
const done = arguments[arguments.length - 1];
const finite = document.getAnimations().filter(a => Number.isFinite(a.effect.getComputedTiming().endTime));
Promise.allSettled(finite.map(a => a.finished)).then(() => requestAnimationFrame(() => requestAnimationFrame(done)));
";

pub(crate) const LOOK: &str = r"
const fields = [...document.querySelectorAll('input, textarea')].map((field) => field.value);
return [document.title, document.body.innerText, document.documentElement.outerHTML, fields.join('\n')];
";

/// The window at one moment.
#[derive(Debug, Clone)]
pub struct Look {
    /// Its title.
    pub title: String,
    /// The text that a person reads.
    pub text: String,
    /// All of the page, with what only programs read.
    pub html: String,
    /// What stands in its fields.
    pub fields: String,
}

impl Look {
    pub(crate) fn from_json(answer: &Value) -> Result<Self, Trouble> {
        let part = |index: usize| answer[index].as_str().map(str::to_owned);
        match (part(0), part(1), part(2), part(3)) {
            (Some(title), Some(text), Some(html), Some(fields)) => Ok(Self { title, text, html, fields }),
            _ => Err(Trouble::new("the page does not say what it shows")),
        }
    }
}

/// Where something is on the page: `row-OPENAI_API_KEY/sync` is the element marked `sync` inside the one marked
/// `row-OPENAI_API_KEY`; `bar@data-code` is an attribute.
pub(crate) struct Place<'p> {
    pub(crate) selector: String,
    pub(crate) attribute: Option<&'p str>,
}

impl<'p> Place<'p> {
    pub(crate) fn new(path: &'p str) -> Self {
        let (marks, attribute) = match path.split_once('@') {
            Some((marks, attribute)) => (marks, Some(attribute)),
            None => (path, None),
        };
        let selector: Vec<String> = marks.split('/').map(|mark| format!("[data-testid=\"{mark}\"]")).collect();
        Self { selector: selector.join(" "), attribute }
    }

    pub(crate) fn arguments(&self, last: Option<&str>, patience: u128) -> Vec<Value> {
        let patience = u64::try_from(patience).unwrap_or(u64::MAX);
        vec![json!(self.selector), json!(self.attribute), json!(last), json!(patience)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_becomes_a_selector() {
        let place = Place::new("row-KEY/policy-user@aria-checked");
        assert_eq!(place.selector, r#"[data-testid="row-KEY"] [data-testid="policy-user"]"#, "marks nest");
        assert_eq!(place.attribute, Some("aria-checked"), "an attribute stands after the last mark");
    }
}
