//! Prefixes by which a provider's keys are known.

/// One kind of key that a provider hands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Provider {
    /// The provider's name, as people say it.
    pub name: &'static str,
    /// How its keys begin.
    pub prefix: &'static str,
}

/// Known prefixes, the longer of two that share a beginning first.
pub const PROVIDERS: &[Provider] = &[
    Provider { name: "OpenAI", prefix: "sk-proj-" },
    Provider { name: "OpenAI", prefix: "sk-svcacct-" },
    Provider { name: "Anthropic", prefix: "sk-ant-" },
    Provider { name: "OpenRouter", prefix: "sk-or-" },
    Provider { name: "OpenAI", prefix: "sk-" },
    Provider { name: "Stripe", prefix: "sk_live_" },
    Provider { name: "Stripe", prefix: "sk_test_" },
    Provider { name: "Stripe", prefix: "rk_live_" },
    Provider { name: "Stripe", prefix: "rk_test_" },
    Provider { name: "Stripe", prefix: "pk_live_" },
    Provider { name: "Stripe", prefix: "pk_test_" },
    Provider { name: "Stripe", prefix: "whsec_" },
    Provider { name: "Amadeus", prefix: "amd_" },
    Provider { name: "Supabase", prefix: "sb_secret_" },
    Provider { name: "JSON Web Token", prefix: "eyJ" },
    Provider { name: "GitHub", prefix: "github_pat_" },
    Provider { name: "GitHub", prefix: "ghp_" },
    Provider { name: "GitHub", prefix: "gho_" },
    Provider { name: "GitHub", prefix: "ghs_" },
    Provider { name: "GitLab", prefix: "glpat-" },
    Provider { name: "Slack", prefix: "xoxb-" },
    Provider { name: "Slack", prefix: "xoxp-" },
    Provider { name: "AWS", prefix: "AKIA" },
    Provider { name: "Google", prefix: "AIza" },
    Provider { name: "SendGrid", prefix: "SG." },
    Provider { name: "Hugging Face", prefix: "hf_" },
    Provider { name: "npm", prefix: "npm_" },
    Provider { name: "Resend", prefix: "re_" },
    Provider { name: "Floom", prefix: "floom_" },
];

/// The provider whose prefix `value` begins with, if one is known.
pub fn of(value: &str) -> Option<&'static Provider> {
    PROVIDERS.iter().find(|provider| value.starts_with(provider.prefix))
}
