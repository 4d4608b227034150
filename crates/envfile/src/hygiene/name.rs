//! What the name of a variable says about its value.

use floom_secret::provider::{PROVIDERS, Provider};

/// Prefixes of names that front-end builds put into what every visitor downloads.
const PUBLIC: [&str; 5] = [
    "NEXT_PUBLIC_", // https://nextjs.org/docs/app/guides/environment-variables
    "VITE_",        // https://vite.dev/guide/env-and-mode
    "REACT_APP_",   // https://create-react-app.dev/docs/adding-custom-environment-variables/
    "PUBLIC_",      // https://svelte.dev/docs/kit/$env-static-public, and Astro
    "EXPO_PUBLIC_", // https://docs.expo.dev/guides/environment-variables/
];

/// Whether a build makes the variable public.
pub(super) fn is_public(key: &str) -> bool {
    PUBLIC.iter().any(|prefix| key.starts_with(prefix))
}

/// Whether the name says that the value is a secret.
pub(super) fn says_secret(key: &str) -> bool {
    let plain: String = key.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_uppercase();
    ["SECRET", "PASSWORD", "PRIVATE", "SERVICEKEY", "SERVICEROLE"].iter().any(|word| plain.contains(word))
}

/// The provider that the name of a variable speaks of.
pub(super) fn provider(key: &str) -> Option<&'static Provider> {
    PROVIDERS.iter().find(|provider| speaks_of(key, provider.name))
}

/// Whether the words of `key` speak of `provider`: `OPENAI_API_KEY` and `OPEN_AI_KEY` do of OpenAI, `MAXAI` not of xAI.
pub(super) fn speaks_of(key: &str, provider: &str) -> bool {
    /// A longer name may also be the beginning of a word: `HUGGINGFACEHUB_API_TOKEN`.
    const LONG: usize = 6;
    let wanted: String = provider.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_uppercase();
    let key = key.to_ascii_uppercase();
    let words: Vec<&str> = key.split(|letter: char| !letter.is_ascii_alphanumeric()).collect();
    (0..words.len()).any(|first| {
        let mut joined = String::new();
        words[first..].iter().any(|word| {
            joined.push_str(word);
            joined == wanted || (wanted.len() >= LONG && joined.starts_with(&wanted))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_speak_of_providers_in_whole_words() {
        for (key, name) in [
            ("OPENAI_API_KEY", "OpenAI"),
            ("MY_OPEN_AI_KEY", "OpenAI"),
            ("HUGGINGFACEHUB_API_TOKEN", "Hugging Face"),
            ("NEXT_PUBLIC_STRIPE_KEY", "Stripe"),
            ("xai-key", "xAI"),
        ] {
            assert_eq!(provider(key).map(|provider| provider.name), Some(name), "{key} says {name}");
        }
        for key in ["MAXAI_KEY", "PRIMARY_DATABASE_URL", "DRAWS", "SECRET", ""] {
            assert_eq!(provider(key), None, "{key} speaks of nobody");
        }
    }
}
