//! What `floom-secrets` takes on its command line, and what it refuses.

use std::ffi::OsString;
use std::path::Path;

use clap::error::ErrorKind;
use floom_secrets::file_to_open;

fn asked(arguments: &[&str]) -> Result<Option<String>, clap::Error> {
    let all = ["floom-secrets"].iter().chain(arguments).map(OsString::from);
    file_to_open(all, &std::env::temp_dir())
}

fn refusal(arguments: &[&str]) -> (ErrorKind, i32) {
    let error = asked(arguments).expect_err("these arguments are not a file to open");
    (error.kind(), error.exit_code())
}

#[test]
fn without_arguments_no_file_is_opened() {
    assert_eq!(asked(&[]).expect("no argument is right usage"), None, "nothing is opened");
}

#[test]
fn a_relative_file_is_meant_from_the_folder_of_the_start() {
    let here = std::env::temp_dir();
    let expected = here.join(".env").to_str().map(str::to_owned);
    assert_eq!(asked(&[".env"]).expect("a file is right usage"), expected, "it becomes absolute");
    assert_eq!(asked(&["./.env"]).expect("a file is right usage"), expected, "a dot changes nothing");
    assert_eq!(asked(&["--", ".env"]).expect("a file is right usage"), expected, "after two dashes it is a file");
    let elsewhere = std::path::absolute("/somewhere/.env").expect("it is a path");
    assert_eq!(
        asked(&[elsewhere.to_str().expect("it is text")]).expect("a file is right usage").as_deref(),
        elsewhere.to_str(),
        "an absolute file stays where it is"
    );
}

#[test]
fn wrong_usage_ends_with_two() {
    assert_eq!(refusal(&["a", "b"]), (ErrorKind::UnknownArgument, 2), "a second file is refused");
    assert_eq!(refusal(&["--auto"]), (ErrorKind::UnknownArgument, 2), "an unknown option is refused");
    assert_eq!(refusal(&["-x"]), (ErrorKind::UnknownArgument, 2), "an unknown letter is refused");
    assert_eq!(refusal(&[""]).1, 2, "an empty name is refused");
}

#[cfg(unix)]
#[test]
fn a_path_that_is_not_unicode_is_refused() {
    use std::os::unix::ffi::OsStringExt;
    let arguments = [OsString::from("floom-secrets"), OsString::from_vec(b"/a\xff/.env".to_vec())];
    let error = file_to_open(arguments, Path::new("/")).expect_err("the page could not name it");
    assert_eq!((error.kind(), error.exit_code()), (ErrorKind::InvalidUtf8, 2), "it is refused before a window opens");
}

#[test]
fn help_and_version_end_with_zero() {
    assert_eq!(refusal(&["--help"]), (ErrorKind::DisplayHelp, 0), "help is no failure");
    assert_eq!(refusal(&["--version"]), (ErrorKind::DisplayVersion, 0), "version is no failure");
}
