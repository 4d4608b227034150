//! Which of an app's files counts for a key that several of them have.
//!
//! As the loaders do it that read several files (`dotenv-flow`, Vite, Next.js): the more local one. In this order, the
//! first that has the key counts: `.env.<mode>.local`, `.env.local`, `.env.<mode>`, any other file; of two files of one
//! kind the one that was watched first.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use floom_vault::{Link, Secret, Source};

use crate::file;

/// How local a file is, by its name; more is more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Locality {
    Plain,
    Mode,
    Local,
    ModeLocal,
}

impl Locality {
    fn of(path: &Path) -> Self {
        let name = file::name(path);
        match name.strip_prefix(".env.") {
            Some("local") => Self::Local,
            Some(rest) if rest.ends_with(".local") => Self::ModeLocal,
            Some(_) => Self::Mode,
            None => Self::Plain,
        }
    }
}

/// What the app's other files have to say about the keys of one file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Others {
    /// Keys for which another file counts, with its name.
    pub overruled: BTreeMap<String, String>,
    /// Keys whose stored value came from a file that counts more and does not have them any more: the creator is asked.
    pub uncovered: BTreeSet<String>,
}

/// What `links` say about the keys of the file at `path`. All are of one app, as are `secrets`. A file that is not
/// watched is taken by the creator's own act, and nothing is said about it.
pub fn others(path: &Path, links: &[Link], secrets: &[Secret]) -> Others {
    let mut others = Others::default();
    let Some(own) = links.iter().find(|link| link.path == path) else { return others };
    for link in links.iter().filter(|link| place(link) > place(own)) {
        let counts = link.seen.iter().filter(|(key, seen)| link.set_aside.get(*key) != Some(&seen.fingerprint));
        others.overruled.extend(counts.map(|(key, _)| (key.clone(), file::name(&link.path))));
    }
    for secret in secrets.iter().filter(|secret| secret.removed_at.is_none()) {
        let Some(Source::File { path: from, .. }) = secret.current.as_ref().map(|current| &current.source) else {
            continue;
        };
        let from = Path::new(from);
        if from != path && counts_more(from, own, links) && !others.overruled.contains_key(&secret.name) {
            others.uncovered.insert(secret.name.clone());
        }
    }
    others
}

/// Whether the file at `path` counts more than `link` where both have a key. `links` are those of the app.
pub fn counts_more(path: &Path, link: &Link, links: &[Link]) -> bool {
    match links.iter().find(|known| known.path == path) {
        Some(known) => place(known) > place(link),
        None => Locality::of(path) > Locality::of(&link.path),
    }
}

/// Where a link stands in the order; more comes first.
fn place(link: &Link) -> (Locality, Reverse<jiff::Timestamp>, Reverse<&Path>) {
    (Locality::of(&link.path), Reverse(link.created_at), Reverse(&link.path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_more_local_a_name_the_more_it_counts() {
        let order = [".env.production.local", ".env.local", ".env.production", ".env"].map(Path::new);
        for pair in order.windows(2) {
            assert!(Locality::of(pair[0]) > Locality::of(pair[1]), "{:?} counts more than {:?}", pair[0], pair[1]);
        }
        assert_eq!(Locality::of(Path::new("secrets.env")), Locality::Plain, "any other name is a plain file");
    }
}
