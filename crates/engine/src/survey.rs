//! Everything that one Floom tells about an account, asked for in one go.

use std::collections::HashMap;

use floom_client::{AppDetail, Client, Dialect, FloomError, PolicyEntry, SecretEntry};

/// What one Floom tells about an account: every app with its declared keys and policies.
pub(crate) struct Survey {
    pub(crate) apps: Vec<(AppDetail, Vec<PolicyEntry>)>,
    pub(crate) dialect: Dialect,
    /// Only where it has the extension `secrets-v1`, by slug and key.
    pub(crate) told: HashMap<(String, String), SecretEntry>,
}

/// Asks for all of it.
///
/// # Errors
/// Floom's; a guest is refused.
pub(crate) async fn survey(client: &Client) -> Result<Survey, FloomError> {
    client.session().await?.signed_in_or_refused()?;
    let dialect = client.health().await?.dialect();
    let (mut apps, mut told) = (Vec::new(), HashMap::new());
    for app in client.my_apps().await? {
        let detail = client.app(&app.slug).await?;
        let policies = client.policies(&app.slug).await?;
        if dialect == Dialect::SecretsV1 {
            let secrets = client.secrets(&app.slug).await?.secrets;
            told.extend(secrets.into_iter().map(|secret| ((app.slug.clone(), secret.key.clone()), secret)));
        }
        apps.push((detail, policies));
    }
    Ok(Survey { apps, dialect, told })
}

/// A guest is not an account: what it cannot see is not gone.
trait SignedIn {
    fn signed_in_or_refused(self) -> Result<(), FloomError>;
}

impl SignedIn for floom_client::Session {
    fn signed_in_or_refused(self) -> Result<(), FloomError> {
        if self.signed_in { Ok(()) } else { Err(FloomError::TokenRefused { retry_after: None }) }
    }
}
