//! A file that is dragged onto the window with the mouse.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

use crate::process::{Process, bound};
use crate::{Desk, Trouble, until};

/// A small window of another program, in the display's lower right corner, from which its file can be dragged.
const SOURCE: &str = r#"
import pathlib, sys
import gi
gi.require_version("Gdk", "3.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, Gtk

window = Gtk.Window(type=Gtk.WindowType.POPUP)
window.set_default_size(80, 40)
window.move(1500, 940)
box = Gtk.EventBox()
box.add(Gtk.Label(label="drag"))
box.drag_source_set(Gdk.ModifierType.BUTTON1_MASK, [], Gdk.DragAction.COPY)
box.drag_source_add_uri_targets()
box.connect("drag-data-get", lambda _box, _drag, data, _info, _time: data.set_uris([pathlib.Path(sys.argv[1]).as_uri()]))
window.connect("map-event", lambda *_: print("shown", flush=True))
window.add(box)
window.show_all()
Gtk.main()
"#;

/// The middle of the source, and two places that lie in the window.
const FROM: (i32, i32) = (1540, 960);
const OVER: (i32, i32) = (700, 450);
const BESIDE: (i32, i32) = (680, 440);

/// In how many moves the mouse goes: a drag begins with small ones.
const MOVES: i32 = 30;

/// A drag that has begun: the button is down and the file is held over the window.
#[derive(Debug)]
pub struct Drag<'d> {
    desk: &'d Desk,
    _source: Process,
    _manager: Process,
}

impl<'d> Drag<'d> {
    /// Takes `file` with the mouse and holds it over the window that is open on `desk`.
    ///
    /// # Errors
    /// [`Trouble`] when the window manager, the source or the mouse do not work.
    pub fn hold(desk: &'d Desk, file: &Path) -> Result<Self, Trouble> {
        desk.display()?;
        let start = |program: &str, arguments: &[&str], file: Option<&Path>| {
            let surroundings = desk.command(program);
            let mut command = bound(program);
            command
                .args(arguments)
                .args(file)
                .env_clear()
                .envs(surroundings.get_envs().filter_map(|(name, value)| Some((name, value?))))
                .current_dir(desk.home())
                .stdin(Stdio::null())
                .stdout(Stdio::piped());
            Process::start(command, &desk.log("drag"))
        };
        // Without a window manager, a drag finds no window to go to.
        let manager = start("openbox", &["--sm-disable"], None)?;
        let mut source = start("python3", &["-c", SOURCE], Some(file))?;
        let output = source.child().stdout.take().ok_or_else(|| Trouble::new("the drag source has no output"))?;
        let mut shown = String::new();
        BufReader::new(output).read_line(&mut shown)?;
        if shown.is_empty() {
            return Err(Trouble::new(format!("the drag source ended at once; see {}", desk.log("drag").display())));
        }
        let drag = Self { desk, _source: source, _manager: manager };
        until("the window manager's start", || drag.mouse(&["get_num_desktops"]).ok())?;
        let place = ["search", "--onlyvisible", "--name", "^Floom Secrets$", "windowmove", "0", "0"];
        until("the window's way to its place", || drag.mouse(&place).ok())?;
        drag.go(FROM, FROM)?;
        drag.mouse(&["mousedown", "1"])?;
        drag.go(FROM, OVER)?;
        Ok(drag)
    }

    /// Lets go.
    ///
    /// # Errors
    /// [`Trouble`] when the mouse does not work.
    pub fn release(self) -> Result<(), Trouble> {
        // The window says at each move whether it takes the file.
        self.go(OVER, BESIDE)?;
        self.mouse(&["mouseup", "1"])
    }

    fn go(&self, from: (i32, i32), to: (i32, i32)) -> Result<(), Trouble> {
        let on_the_way = |from: i32, to: i32, step: i32| (from + (to - from) * step / MOVES).to_string();
        (1..=MOVES).try_for_each(|step| {
            self.mouse(&["mousemove", &on_the_way(from.0, to.0, step), &on_the_way(from.1, to.1, step)])
        })
    }

    fn mouse(&self, arguments: &[&str]) -> Result<(), Trouble> {
        let output = self.desk.command("xdotool").args(arguments).stdin(Stdio::null()).output()?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        Err(Trouble::new(format!("xdotool {} ended with {}: {said}", arguments.join(" "), output.status)))
    }
}
