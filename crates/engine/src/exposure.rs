//! Whether a value stands in a git repository: in a file that it tracks, or in its recent history.
//!
//! By value, and on this computer only. What is told names a file and a commit, never a piece of a value.

use std::collections::HashSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use floom_secret::SecretValue;
use floom_vault::SecretId;
use gix::ObjectId;
use gix::bstr::{BString, ByteSlice};
use gix::revision::walk::Sorting;
use memchr::memmem;

/// How far back the history is searched.
const COMMITS: usize = 1000;

/// A larger file is no place for a key, and searching it takes long.
const LARGEST: u64 = 1024 * 1024;

/// After so many bytes a search ends with what it found: a repository of that size has other finders.
const BYTES: u64 = 512 * 1024 * 1024;

/// Shorter values are words, and words are everywhere.
const SHORTEST: usize = 12;

/// Where a value was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) secret: SecretId,
    /// The file, as the repository names it.
    pub(crate) file: String,
    /// The commit, by its first seven digits; none for the file as it is now.
    pub(crate) commit: Option<String>,
}

/// Searches the repository that `folder` is in, if it is in one. Each value is found once: as it stands now before any
/// commit, and the newest commit before an older one. Once `stop` is set the values are let go. What cannot be read is
/// passed over.
pub(crate) fn search(folder: &Path, values: Vec<(SecretId, SecretValue)>, stop: &AtomicBool) -> Vec<Found> {
    let values = values.into_iter().filter(|(_, value)| value.len() >= SHORTEST).collect();
    let mut search = Search { values, found: Vec::new(), left: BYTES, stop };
    if !search.is_over() {
        // A repository that is damaged or of a newer format is passed over like one that is not there.
        let _ = repository(folder, &mut search);
    }
    search.found
}

struct Search<'a> {
    /// What was not found so far.
    values: Vec<(SecretId, SecretValue)>,
    found: Vec<Found>,
    left: u64,
    stop: &'a AtomicBool,
}

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn repository(folder: &Path, search: &mut Search<'_>) -> Outcome {
    // Nothing outside the repository is read for it, and nothing in it is executed.
    let isolated = gix::open::Options::isolated;
    let trust = gix::sec::trust::Mapping { full: isolated(), reduced: isolated() };
    let repository =
        gix::ThreadSafeRepository::discover_opts(folder, gix::discover::upwards::Options::default(), trust)?;
    let repository = repository.to_thread_local();
    tracked(&repository, search)?;
    history(&repository, search)
}

/// The files that are tracked, as they are now.
fn tracked(repository: &gix::Repository, search: &mut Search<'_>) -> Outcome {
    let Some(top) = repository.workdir() else { return Ok(()) };
    let index = repository.index_or_empty()?;
    for entry in index.entries() {
        let name = entry.path(&index);
        let Ok(path) = name.to_path() else { continue };
        let path = top.join(path);
        let small = std::fs::symlink_metadata(&path).is_ok_and(|file| file.is_file() && file.len() <= LARGEST);
        if let Some(text) = small.then(|| std::fs::read(&path).ok()).flatten() {
            search.look(&zeroize::Zeroizing::new(text), name, None);
        }
        if search.is_over() {
            break;
        }
    }
    Ok(())
}

/// The last commits of the branch that is checked out and of every other local one.
fn history(repository: &gix::Repository, search: &mut Search<'_>) -> Outcome {
    let mut tips: Vec<ObjectId> = repository.head_id().map(|id| id.detach()).into_iter().collect();
    for mut branch in repository.references()?.local_branches()?.flatten() {
        tips.extend(branch.peel_to_id().map(|id| id.detach()));
    }
    let mut seen = HashSet::new();
    let walk = repository.rev_walk(tips).sorting(Sorting::ByCommitTime(Default::default())).all()?;
    for commit in walk.take(COMMITS).flatten() {
        let short = commit.id.to_hex_with_len(7).to_string();
        let mut trees = vec![(repository.find_commit(commit.id)?.tree_id()?.detach(), BString::default())];
        while let Some((tree, above)) = trees.pop() {
            if !seen.insert(tree) {
                continue;
            }
            for entry in repository.find_tree(tree)?.iter() {
                let entry = entry?;
                let id = entry.object_id();
                let mut name = above.clone();
                if !name.is_empty() {
                    name.push(b'/');
                }
                name.extend_from_slice(entry.filename());
                if entry.mode().is_tree() {
                    trees.push((id, name));
                } else if entry.mode().is_blob() && seen.insert(id) && repository.find_header(id)?.size() <= LARGEST {
                    search.look(&repository.find_object(id)?.data, name.as_bstr(), Some(&short));
                }
                if search.is_over() {
                    return Ok(());
                }
            }
        }
    }
    Ok(())
}

impl Search<'_> {
    fn look(&mut self, text: &[u8], name: &gix::bstr::BStr, commit: Option<&str>) {
        self.left = self.left.saturating_sub(text.len() as u64);
        let is_there = |value: &SecretValue| memmem::find(text, value.expose().as_bytes()).is_some();
        for (secret, _) in self.values.extract_if(.., |(_, value)| is_there(value)) {
            self.found.push(Found { secret, file: name.to_string(), commit: commit.map(str::to_owned) });
        }
    }

    fn is_over(&self) -> bool {
        self.values.is_empty() || self.left == 0 || self.stop.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    const VALUE: &str = "sk-exposed-0123456789";

    fn git(folder: &Path, arguments: &[&str]) {
        let who = ["-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "core.hooksPath=/dev/null"];
        let mut command = Command::new("git");
        command.args(who).args(arguments).current_dir(folder).stdout(Stdio::null()).stderr(Stdio::null());
        command.env("HOME", folder).env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
        assert!(command.status().unwrap().success(), "git {arguments:?}");
    }

    fn repository() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        git(folder.path(), &["init", "-q", "-b", "main"]);
        folder
    }

    fn find(folder: &Path, values: &[&str]) -> Vec<(String, bool)> {
        let values = values.iter().map(|text| (SecretId::new(), SecretValue::new((*text).to_owned()))).collect();
        search(folder, values, &AtomicBool::new(false))
            .into_iter()
            .map(|found| (found.file, found.commit.is_some()))
            .collect()
    }

    #[test]
    fn a_tracked_file_that_has_the_value_is_named() {
        let folder = repository();
        let below = folder.path().join("src");
        std::fs::create_dir(&below).unwrap();
        std::fs::write(below.join("client.py"), format!("KEY = '{VALUE}'\n")).unwrap();
        std::fs::write(folder.path().join("untracked"), "sk-another-0123456789").unwrap();
        git(folder.path(), &["add", "src"]);
        let found = find(&below, &[VALUE, "sk-another-0123456789", "sk-nowhere-0123456789"]);
        assert_eq!(found, [("src/client.py".to_owned(), false)], "and a file that git does not know is not");
        let values = vec![(SecretId::new(), SecretValue::new(VALUE.to_owned()))];
        assert_eq!(search(&below, values, &AtomicBool::new(true)), [], "a search that was stopped looks at nothing");
    }

    #[test]
    fn a_value_that_was_committed_and_taken_out_is_still_there() {
        let folder = repository();
        let file = folder.path().join(".env");
        std::fs::write(&file, format!("OPENAI_API_KEY={VALUE}\n")).unwrap();
        git(folder.path(), &["add", ".env"]);
        git(folder.path(), &["commit", "-q", "-m", "one"]);
        git(folder.path(), &["rm", "-q", ".env"]);
        git(folder.path(), &["commit", "-q", "-m", "two"]);
        assert_eq!(find(folder.path(), &[VALUE]), [(".env".to_owned(), true)], "the history has it");
        git(folder.path(), &["checkout", "-q", "--orphan", "other"]);
        assert_eq!(find(folder.path(), &[VALUE]), [(".env".to_owned(), true)], "also on another branch");
    }

    #[test]
    fn nothing_is_found_where_nothing_is_and_a_short_value_is_not_looked_for() {
        let folder = repository();
        assert_eq!(find(folder.path(), &[VALUE]), [], "an empty repository has nothing");
        std::fs::write(folder.path().join("words"), "production").unwrap();
        git(folder.path(), &["add", "words"]);
        assert_eq!(find(folder.path(), &["production"]), [], "a word is no find");
        let plain = tempfile::tempdir().unwrap();
        std::fs::write(plain.path().join(".env"), VALUE).unwrap();
        assert_eq!(find(plain.path(), &[VALUE]), [], "and a folder without a repository has no history");
    }

    #[test]
    fn a_damaged_repository_is_passed_over() {
        let folder = repository();
        std::fs::write(folder.path().join(".git/HEAD"), "no reference").unwrap();
        std::fs::write(folder.path().join(".git/index"), "no index").unwrap();
        assert_eq!(find(folder.path(), &[VALUE]), [], "and stops nothing");
    }
}
