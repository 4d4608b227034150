//! Prefixes by which a provider's keys are known, and where a new key is made.

/// Who may see a key of this kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Only the app that uses it.
    Secret,
    /// Everybody: it is made for pages that visitors download.
    Public,
    /// That depends on how it was set up.
    Either,
}

/// One kind of key that a provider hands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Provider {
    /// The provider's name, as people say it.
    pub name: &'static str,
    /// How its keys begin.
    pub prefix: &'static str,
    /// Who may see them.
    pub audience: Audience,
    /// The page on which a new key is made and an old one revoked; none where there is no one provider.
    pub new_key: Option<&'static str>,
}

/// Known prefixes, a longer one before a shorter one with which it begins. The comment above one names
/// the page that describes it.
///
/// Others borrow Stripe's (Clerk and Paystack do): a prefix tells what a value looks like, not whose it is.
pub const PROVIDERS: &[Provider] = &[
    // https://platform.openai.com/docs/api-reference/project-api-keys
    secret("OpenAI", "sk-proj-", "https://platform.openai.com/api-keys"),
    // https://platform.openai.com/docs/api-reference/project-service-accounts
    secret("OpenAI", "sk-svcacct-", "https://platform.openai.com/api-keys"),
    // https://platform.openai.com/docs/api-reference/admin-api-keys
    secret("OpenAI", "sk-admin-", "https://platform.openai.com/settings/organization/admin-keys"),
    // https://docs.anthropic.com/en/api/overview
    secret("Anthropic", "sk-ant-", "https://console.anthropic.com/settings/keys"),
    // https://openrouter.ai/docs/api-reference/authentication
    secret("OpenRouter", "sk-or-", "https://openrouter.ai/settings/keys"),
    // https://langfuse.com/docs/api
    secret("Langfuse", "sk-lf-", "https://cloud.langfuse.com"),
    public("Langfuse", "pk-lf-", "https://cloud.langfuse.com"),
    // https://docs.github.com/en/code-security/secret-scanning/introduction/supported-secret-scanning-patterns (older keys)
    secret("OpenAI", "sk-", "https://platform.openai.com/api-keys"),
    // https://docs.stripe.com/keys
    secret("Stripe", "sk_live_", "https://dashboard.stripe.com/apikeys"),
    secret("Stripe", "sk_test_", "https://dashboard.stripe.com/test/apikeys"),
    secret("Stripe", "rk_live_", "https://dashboard.stripe.com/apikeys"),
    secret("Stripe", "rk_test_", "https://dashboard.stripe.com/test/apikeys"),
    public("Stripe", "pk_live_", "https://dashboard.stripe.com/apikeys"),
    public("Stripe", "pk_test_", "https://dashboard.stripe.com/test/apikeys"),
    // https://docs.stripe.com/webhooks/signature
    secret("Stripe", "whsec_", "https://dashboard.stripe.com/webhooks"),
    // Floom's sample app
    secret("Amadeus", "amd_", "https://developers.amadeus.com/my-apps"),
    // https://supabase.com/docs/guides/api/api-keys
    secret("Supabase", "sb_secret_", "https://supabase.com/dashboard/project/_/settings/api-keys"),
    public("Supabase", "sb_publishable_", "https://supabase.com/dashboard/project/_/settings/api-keys"),
    // https://supabase.com/docs/reference/api/introduction
    secret("Supabase", "sbp_", "https://supabase.com/dashboard/account/tokens"),
    // RFC 7519, section 3.1: base64url of `{"`
    either("JSON Web Token", "eyJ", ""),
    // https://github.blog/engineering/behind-githubs-new-authentication-token-formats/
    secret("GitHub", "github_pat_", "https://github.com/settings/personal-access-tokens"),
    secret("GitHub", "ghp_", "https://github.com/settings/tokens"),
    secret("GitHub", "gho_", "https://github.com/settings/applications"),
    secret("GitHub", "ghu_", "https://github.com/settings/apps"),
    secret("GitHub", "ghs_", "https://github.com/settings/apps"),
    secret("GitHub", "ghr_", "https://github.com/settings/apps"),
    // https://docs.gitlab.com/security/tokens/#token-prefixes
    secret("GitLab", "glpat-", "https://gitlab.com/-/user_settings/personal_access_tokens"),
    // https://docs.slack.dev/authentication/tokens
    secret("Slack", "xoxb-", "https://api.slack.com/apps"),
    secret("Slack", "xoxp-", "https://api.slack.com/apps"),
    secret("Slack", "xapp-", "https://api.slack.com/apps"),
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
    secret("AWS", "AKIA", "https://console.aws.amazon.com/iam/home#/security_credentials"),
    secret("AWS", "ASIA", "https://console.aws.amazon.com/iam/home#/security_credentials"),
    // https://docs.cloud.google.com/docs/authentication/api-keys
    either("Google", "AIza", "https://console.cloud.google.com/apis/credentials"),
    // https://docs.github.com/en/code-security/secret-scanning/introduction/supported-secret-scanning-patterns
    secret("Google", "GOCSPX-", "https://console.cloud.google.com/apis/credentials"),
    // https://www.twilio.com/docs/sendgrid/ui/account-and-settings/api-keys
    secret("SendGrid", "SG.", "https://app.sendgrid.com/settings/api_keys"),
    // https://developers.brevo.com/docs/getting-started
    secret("Brevo", "xkeysib-", "https://app.brevo.com/settings/keys/api"),
    // https://resend.com/docs/dashboard/api-keys/introduction
    secret("Resend", "re_", "https://resend.com/api-keys"),
    // https://huggingface.co/docs/hub/security-tokens
    secret("Hugging Face", "hf_", "https://huggingface.co/settings/tokens"),
    // https://replicate.com/docs/topics/security/api-tokens
    secret("Replicate", "r8_", "https://replicate.com/account/api-tokens"),
    // https://console.groq.com/docs/quickstart
    secret("Groq", "gsk_", "https://console.groq.com/keys"),
    // https://docs.x.ai/docs/tutorial
    secret("xAI", "xai-", "https://console.x.ai"),
    // https://docs.perplexity.ai/guides/getting-started
    secret("Perplexity", "pplx-", "https://www.perplexity.ai/settings/api"),
    // https://inference-docs.cerebras.ai/quickstart
    secret("Cerebras", "csk-", "https://cloud.cerebras.ai"),
    // https://docs.nvidia.com/nim/large-language-models/latest/getting-started.html
    secret("NVIDIA", "nvapi-", "https://build.nvidia.com/settings/api-keys"),
    // https://docs.fireworks.ai/getting-started/quickstart
    secret("Fireworks", "fw_", "https://app.fireworks.ai/settings/users/api-keys"),
    // https://docs.pinecone.io/guides/projects/manage-api-keys
    secret("Pinecone", "pcsk_", "https://app.pinecone.io"),
    // https://docs.tavily.com/documentation/quickstart
    secret("Tavily", "tvly-", "https://app.tavily.com/home"),
    // https://docs.smith.langchain.com/administration/how_to_guides/organization_management/create_account_api_key
    secret("LangSmith", "lsv2_", "https://smith.langchain.com/settings"),
    // https://jina.ai/embeddings
    secret("Jina AI", "jina_", "https://jina.ai/api-dashboard"),
    // https://e2b.dev/docs/quickstart
    secret("E2B", "e2b_", "https://e2b.dev/dashboard"),
    // https://docs.apify.com/platform/integrations/api
    secret("Apify", "apify_api_", "https://console.apify.com/settings/integrations"),
    // https://docs.firecrawl.dev/introduction
    secret("Firecrawl", "fc-", "https://www.firecrawl.dev/app/api-keys"),
    // https://developers.notion.com/page/changelog (September 2024)
    secret("Notion", "ntn_", "https://www.notion.so/profile/integrations"),
    // https://linear.app/developers/graphql
    secret("Linear", "lin_api_", "https://linear.app/settings/account/security"),
    // https://developers.figma.com/docs/rest-api/personal-access-tokens
    secret("Figma", "figd_", "https://www.figma.com/settings"),
    // https://shopify.dev/changelog/length-of-the-shopify-access-token-is-increasing
    secret("Shopify", "shpat_", "https://admin.shopify.com/settings/apps/development"),
    // https://shopify.dev/changelog/app-secret-key-length-has-increased
    secret("Shopify", "shpss_", "https://partners.shopify.com"),
    // https://developer.squareup.com/docs/build-basics/access-tokens
    secret("Square", "EAAA", "https://developer.squareup.com/apps"),
    // https://posthog.com/docs/api
    secret("PostHog", "phx_", "https://us.posthog.com/settings/user-api-keys"),
    public("PostHog", "phc_", "https://us.posthog.com/settings/project"),
    // https://docs.sentry.io/account/auth-tokens/
    secret("Sentry", "sntrys_", "https://sentry.io/settings/auth-tokens/"),
    secret("Sentry", "sntryu_", "https://sentry.io/settings/account/api/auth-tokens/"),
    // https://grafana.com/docs/grafana/latest/administration/service-accounts/
    secret("Grafana", "glsa_", "https://grafana.com/orgs"),
    // https://grafana.com/docs/grafana-cloud/security-and-account-management/authentication-and-permissions/access-policies/
    secret("Grafana", "glc_", "https://grafana.com/orgs"),
    // https://docs.newrelic.com/docs/apis/intro-apis/new-relic-api-keys/
    secret("New Relic", "NRAK-", "https://one.newrelic.com/api-keys"),
    // https://docs.digitalocean.com/reference/api/create-personal-access-token/
    secret("DigitalOcean", "dop_v1_", "https://cloud.digitalocean.com/account/api/tokens"),
    // https://developers.cloudflare.com/fundamentals/api/get-started/token-formats
    secret("Cloudflare", "cfut_", "https://dash.cloudflare.com/profile/api-tokens"),
    secret("Cloudflare", "cfat_", "https://dash.cloudflare.com/profile/api-tokens"),
    secret("Cloudflare", "cfk_", "https://dash.cloudflare.com/profile/api-tokens"),
    // https://docs.netlify.com/api/get-started/
    secret("Netlify", "nfp_", "https://app.netlify.com/user/applications#personal-access-tokens"),
    // https://fly.io/docs/security/tokens/
    secret("Fly.io", "FlyV1 ", "https://fly.io/dashboard/personal/tokens"),
    // https://render.com/docs/api
    secret("Render", "rnd_", "https://dashboard.render.com/u/settings#api-keys"),
    // https://neon.com/docs/manage/api-keys
    secret("Neon", "napi_", "https://console.neon.tech/app/settings/api-keys"),
    // https://planetscale.com/docs/api/reference/service-tokens
    secret("PlanetScale", "pscale_tkn_", "https://app.planetscale.com"),
    // https://planetscale.com/docs/vitess/connecting/connection-strings
    secret("PlanetScale", "pscale_pw_", "https://app.planetscale.com"),
    // https://docs.databricks.com/aws/en/dev-tools/auth/pat
    secret("Databricks", "dapi", "https://accounts.cloud.databricks.com"),
    // https://docs.doppler.com/reference/auth-token-formats
    secret("Doppler", "dp.st.", "https://dashboard.doppler.com"),
    secret("Doppler", "dp.pt.", "https://dashboard.doppler.com"),
    // https://developer.hashicorp.com/vault/docs/concepts/tokens#token-prefixes
    secret("HashiCorp Vault", "hvs.", "https://portal.cloud.hashicorp.com"),
    // https://www.pulumi.com/docs/administration/access-identity/access-tokens/
    secret("Pulumi", "pul-", "https://app.pulumi.com/account/tokens"),
    // https://learning.postman.com/docs/developer/postman-api/authentication/
    secret("Postman", "PMAK-", "https://go.postman.co/settings/me/api-keys"),
    // https://docs.docker.com/security/access-tokens/
    secret("Docker", "dckr_pat_", "https://app.docker.com/settings/personal-access-tokens"),
    // https://docs.github.com/en/code-security/secret-scanning/introduction/supported-secret-scanning-patterns
    secret("Atlassian", "ATATT3", "https://id.atlassian.com/manage-profile/security/api-tokens"),
    // https://github.blog/changelog/2021-09-23-npm-has-a-new-access-token-format/
    secret("npm", "npm_", "https://www.npmjs.com/settings/~/tokens"),
    // https://pypi.org/help/#apitoken
    secret("PyPI", "pypi-", "https://pypi.org/manage/account/token/"),
    // https://guides.rubygems.org/api-key-scopes/
    secret("RubyGems", "rubygems_", "https://rubygems.org/profile/api_keys"),
    // Floom's own keys and agent tokens
    secret("Floom", "floom_", "https://floom.dev/me/agent-keys"),
];

/// The provider whose name is the first part of a variable's name: OpenAI of `OPENAI_API_KEY`; with what its keys are
/// made on. `None` where nothing known fits.
pub fn of_name(key: &str) -> Option<&'static Provider> {
    let begins = |provider: &&Provider| {
        let name: String = provider.name.chars().filter(char::is_ascii_alphanumeric).collect();
        let rest = key.get(..name.len()).filter(|start| start.eq_ignore_ascii_case(&name)).map(|_| &key[name.len()..]);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
    };
    PROVIDERS.iter().filter(|provider| provider.new_key.is_some()).find(begins)
}

const fn secret(name: &'static str, prefix: &'static str, new_key: &'static str) -> Provider {
    Provider { name, prefix, audience: Audience::Secret, new_key: Some(new_key) }
}

const fn public(name: &'static str, prefix: &'static str, new_key: &'static str) -> Provider {
    Provider { name, prefix, audience: Audience::Public, new_key: Some(new_key) }
}

const fn either(name: &'static str, prefix: &'static str, new_key: &'static str) -> Provider {
    let new_key = if new_key.is_empty() { None } else { Some(new_key) };
    Provider { name, prefix, audience: Audience::Either, new_key }
}

/// The provider whose prefix `value` begins with, if one is known.
pub fn of(value: &str) -> Option<&'static Provider> {
    PROVIDERS.iter().find(|provider| value.starts_with(provider.prefix))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_first_prefix_that_fits_is_the_longest() {
        for (index, long) in PROVIDERS.iter().enumerate() {
            let hides = PROVIDERS[..index].iter().find(|short| long.prefix.starts_with(short.prefix));
            assert_eq!(hides, None, "{} can be found", long.prefix);
        }
        let found = |value| of(value).map(|provider| (provider.name, provider.audience));
        assert_eq!(found("sk-ant-api03-x"), Some(("Anthropic", Audience::Secret)), "not OpenAI's shorter one");
        assert_eq!(found("sk-x"), Some(("OpenAI", Audience::Secret)), "which is still there");
        assert_eq!(found("pk_live_x"), Some(("Stripe", Audience::Public)), "some keys are no secret");
        assert_eq!(found("hello"), None, "most text is no key");
    }

    #[test]
    fn a_name_tells_its_provider_only_as_a_whole_word() {
        let found = |name| of_name(name).map(|provider| provider.name);
        assert_eq!(found("OPENAI_API_KEY"), Some("OpenAI"), "the first part of the name");
        assert_eq!(found("HUGGINGFACE_TOKEN"), Some("Hugging Face"), "spaces of a name are left out");
        assert_eq!(found("stripe"), Some("Stripe"), "in any case, also alone");
        assert_eq!(found("STRIPED_KEY"), None, "a longer word is another");
        assert_eq!(found("KEY_ÄÖ"), None, "letters beyond ASCII are no fault");
    }

    #[test]
    fn each_kind_of_key_says_where_a_new_one_is_made() {
        let names: HashSet<&str> = PROVIDERS.iter().map(|provider| provider.name).collect();
        assert!(names.len() >= 30, "many providers are known: {}", names.len());
        for provider in PROVIDERS {
            let page = provider.new_key.unwrap_or("https://");
            assert!(page.starts_with("https://"), "{} leads to a page: {page}", provider.name);
            assert_eq!(provider.new_key.is_none(), provider.name == "JSON Web Token", "{} has one", provider.name);
        }
    }
}
