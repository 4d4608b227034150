//! The branch that a watched file's repository is on. Another branch has other values, and they are not meant for Floom.
//!
//! Read are `HEAD` and whether `index.lock` is there, which git holds while it changes files
//! (<https://git-scm.com/docs/gitrepository-layout>).

use std::path::{Path, PathBuf};

/// `HEAD` holds a branch's name or a commit; more is something else.
const LONGEST: u64 = 4096;

/// What git says about the folder of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Branch {
    /// What `HEAD` holds: `ref: refs/heads/main`, or a commit where none is checked out.
    pub(crate) head: String,
    /// Whether git changes files right now.
    pub(crate) changing: bool,
}

/// The branch that the repository of `file` is on; none where it is in no repository.
pub(crate) fn of(file: &Path) -> Option<Branch> {
    let folder = file.ancestors().skip(1).find_map(git_folder)?;
    let head = short_text(&folder.join("HEAD"))?.trim().to_owned();
    Some(Branch { head, changing: folder.join("index.lock").exists() })
}

/// The name as people say it.
pub(crate) fn name(head: &str) -> &str {
    head.strip_prefix("ref: refs/heads/").unwrap_or_else(|| head.get(..7).unwrap_or(head))
}

/// `.git`, or where the `.git` of a linked work tree points.
fn git_folder(folder: &Path) -> Option<PathBuf> {
    let git = folder.join(".git");
    if git.is_dir() {
        return Some(git);
    }
    let text = short_text(&git)?;
    Some(folder.join(text.strip_prefix("gitdir: ")?.trim()))
}

fn short_text(path: &Path) -> Option<String> {
    let short = std::fs::metadata(path).is_ok_and(|file| file.is_file() && file.len() <= LONGEST);
    short.then(|| std::fs::read_to_string(path).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_above_the_file_tells_its_branch() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("app/.env");
        assert_eq!(of(&file), None, "there is no repository");
        std::fs::create_dir_all(folder.path().join(".git")).unwrap();
        std::fs::write(folder.path().join(".git/HEAD"), "ref: refs/heads/feature/a\n").unwrap();
        let branch = of(&file).unwrap();
        assert_eq!((name(&branch.head), branch.changing), ("feature/a", false), "the branch, at rest");
        std::fs::write(folder.path().join(".git/index.lock"), "").unwrap();
        assert!(of(&file).unwrap().changing, "git is at work");
        assert_eq!(name("1a2b3c4d5e6f"), "1a2b3c4", "a commit is called by its first digits");
    }

    #[test]
    fn a_linked_work_tree_tells_its_own_branch() {
        let folder = tempfile::tempdir().unwrap();
        let (tree, git) = (folder.path().join("tree"), folder.path().join("main/.git/worktrees/tree"));
        std::fs::create_dir_all(&tree).unwrap();
        std::fs::create_dir_all(&git).unwrap();
        std::fs::write(git.join("HEAD"), "ref: refs/heads/other\n").unwrap();
        std::fs::write(tree.join(".git"), format!("gitdir: {}\n", git.display())).unwrap();
        assert_eq!(name(&of(&tree.join(".env")).unwrap().head), "other", "where its `.git` points");
    }
}
