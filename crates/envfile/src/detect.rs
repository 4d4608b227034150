//! Which reader an app uses, from what lies beside its `.env` file.

use crate::Reader;

/// A reader that is proposed, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detection {
    /// The reader.
    pub reader: Reader,
    /// What told it: “`dotenv` in package.json”.
    pub evidence: String,
}

/// The reader that `beside`, file names with their texts, speaks for; `None` without a hint.
///
/// A dependency tells more than a file's mere presence; among dependencies, the one that is most
/// particular wins.
pub fn detect(beside: &[(&str, &str)]) -> Option<Detection> {
    let text = |name: &str| beside.iter().find(|(known, _)| *known == name).map(|(_, text)| *text);
    let found = |reader, what: &str, name: &str| Some(Detection { reader, evidence: format!("{what} in {name}") });
    if let Some(package) = text("package.json") {
        let depends = |on: &str| package.contains(&format!("\"{on}\""));
        if depends("@dotenvx/dotenvx") || package.contains("dotenvx run") {
            return found(Reader::Dotenvx, "`@dotenvx/dotenvx`", "package.json");
        }
        if depends("dotenv-expand") {
            let version = json_string_after(package, "\"dotenv-expand\"").unwrap_or_default();
            let is_1000 = version.trim_start_matches(['^', '~', '>', '=', 'v', ' ']).starts_with("1000");
            let reader = if is_1000 { Reader::DotenvExpand1000 } else { Reader::DotenvExpand };
            return found(reader, "`dotenv-expand`", "package.json");
        }
        if package.contains("--env-file") {
            return found(Reader::Node, "`--env-file`", "package.json");
        }
        if depends("dotenv") {
            return found(Reader::Dotenv, "`dotenv`", "package.json");
        }
    }
    let python = ["pyproject.toml", "requirements.txt", "Pipfile", "setup.cfg", "requirements.in"];
    for name in python {
        if let Some(text) = text(name)
            && (mentions(text, "python-dotenv") || mentions(text, "pydantic-settings"))
        {
            let what = if mentions(text, "python-dotenv") { "`python-dotenv`" } else { "`pydantic-settings`" };
            return found(Reader::Python, what, name);
        }
    }
    if let Some(cargo) = text("Cargo.toml") {
        if mentions(cargo, "dotenv-ng") {
            return found(Reader::DotenvNg, "`dotenv-ng`", "Cargo.toml");
        }
        if mentions(cargo, "dotenvy") {
            return found(Reader::Dotenvy, "`dotenvy`", "Cargo.toml");
        }
    }
    if text("go.mod").is_some_and(|text| mentions(text, "github.com/joho/godotenv")) {
        return found(Reader::Godotenv, "`github.com/joho/godotenv`", "go.mod");
    }
    ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"]
        .into_iter()
        .find(|name| text(name).is_some())
        .map(|name| Detection { reader: Reader::Compose, evidence: format!("{name} beside the file") })
}

/// Whether `text` names `word` outside comments, not as a part of a longer name.
fn mentions(text: &str, word: &str) -> bool {
    let in_name = |character: char| character.is_ascii_alphanumeric() || character == '-' || character == '_';
    let code = |line: &&str| !line.trim_start().starts_with('#') && !line.trim_start().starts_with("//");
    text.lines().filter(code).any(|line| {
        line.match_indices(word)
            .any(|(at, _)| !line[..at].ends_with(in_name) && !line[at + word.len()..].starts_with(in_name))
    })
}

/// The JSON string that is the value of `key`.
fn json_string_after<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let after = &text[text.find(key)? + key.len()..];
    after.split('"').nth(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(beside: &[(&str, &str)]) -> Option<Reader> {
        detect(beside).map(|detection| detection.reader)
    }

    #[test]
    fn dependencies_tell_the_reader() {
        let package = r#"{"dependencies": {"dotenv": "^18.0.0"}}"#;
        let found = detect(&[("compose.yaml", ""), ("package.json", package)]);
        let dotenv = Detection { reader: Reader::Dotenv, evidence: "`dotenv` in package.json".into() };
        assert_eq!(found, Some(dotenv), "a dependency tells more than a file, and is named as evidence");
        let expand = |version: &str| format!(r#"{{"dependencies": {{"dotenv": "18", "dotenv-expand": "{version}"}}}}"#);
        assert_eq!(reader(&[("package.json", &expand("^12.0.3"))]), Some(Reader::DotenvExpand), "12 is told from 1000");
        assert_eq!(reader(&[("package.json", &expand("~1000.0.0"))]), Some(Reader::DotenvExpand1000), "1000 from 12");
        let node = r#"{"scripts": {"start": "node --env-file=.env index.js"}}"#;
        assert_eq!(reader(&[("package.json", node)]), Some(Reader::Node), "a script can tell it too");
        assert_eq!(reader(&[("requirements.txt", "flask\npython-dotenv==1.2\n")]), Some(Reader::Python), "PyPI name");
        assert_eq!(reader(&[("requirements.txt", "# python-dotenv\n")]), None, "a comment tells nothing");
        assert_eq!(reader(&[("Cargo.toml", "dotenvy = \"0.15\"")]), Some(Reader::Dotenvy), "a crate");
        assert_eq!(reader(&[("Cargo.toml", "dotenvy-fork = \"0.15\"")]), None, "not a part of another name");
        assert_eq!(
            reader(&[("go.mod", "require github.com/joho/godotenv v1.5.1")]),
            Some(Reader::Godotenv),
            "a module"
        );
        assert_eq!(reader(&[("compose.yml", "")]), Some(Reader::Compose), "a file alone is a weak hint");
        assert_eq!(reader(&[]), None, "without a hint nothing is proposed");
    }
}
