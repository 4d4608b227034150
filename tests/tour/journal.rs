//! What the tour leaves: a picture and a text for each step, and a table.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use floom_tests::{Browser, Trouble, Window};

/// The steps so far.
#[derive(Debug)]
pub(crate) struct Journal {
    folder: PathBuf,
    pictures: u32,
    steps: u32,
}

impl Journal {
    /// Starts anew in `folder`; pictures and texts of an earlier tour are removed from it, other files stay.
    pub(crate) fn new(folder: &Path) -> Result<Self, Trouble> {
        fs::create_dir_all(folder)?;
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let ours = path.extension().is_some_and(|kind| kind == "png" || kind == "txt")
                && path.file_name().is_some_and(|name| name.as_encoded_bytes().first().is_some_and(u8::is_ascii_digit));
            if ours {
                fs::remove_file(path)?;
            }
        }
        println!("\n  step  what happened{:>63}  picture", "ms");
        Ok(Self { folder: folder.to_path_buf(), pictures: 0, steps: 0 })
    }

    /// Notes a step that took `time`.
    pub(crate) fn note(&mut self, what: &str, time: Duration) {
        self.line(what, time, "");
    }

    /// Notes a step and keeps what the window shows now as `NN-name.png` and `NN-name.txt`.
    pub(crate) async fn picture(
        &mut self,
        window: &Window<'_>,
        name: &str,
        what: &str,
        time: Duration,
    ) -> Result<(), Trouble> {
        self.keep(name, &window.picture().await?, window.look().await?.text, (what, time))
    }

    /// The same of what a browser shows.
    pub(crate) async fn page(
        &mut self,
        browser: &Browser,
        name: &str,
        what: &str,
        time: Duration,
    ) -> Result<(), Trouble> {
        self.keep(name, &browser.picture().await?, browser.until_shown("").await?, (what, time))
    }

    fn keep(&mut self, name: &str, picture: &[u8], text: String, step: (&str, Duration)) -> Result<(), Trouble> {
        self.pictures += 1;
        let name = format!("{:02}-{name}", self.pictures);
        fs::write(self.folder.join(&name).with_extension("png"), picture)?;
        fs::write(self.folder.join(&name).with_extension("txt"), text + "\n")?;
        self.line(step.0, step.1, &format!("{name}.png"));
        Ok(())
    }

    /// Says where everything lies.
    pub(crate) fn close(&self) {
        println!(
            "\ntour: {} pictures, each with the text that it shows, are in {}",
            self.pictures,
            self.folder.display()
        );
    }

    fn line(&mut self, what: &str, time: Duration, picture: &str) {
        self.steps += 1;
        println!("  {:>4}  {what:<68}{:>8}  {picture}", self.steps, time.as_millis());
    }
}
