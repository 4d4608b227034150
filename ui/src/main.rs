//! The front end of the window: it shows what the agent says and asks what the
//! creator wants. It decides nothing about secrets and keeps no value: one that
//! is typed stays in its input field until it is sent, and the field is emptied.

mod act;
mod app;
mod backend;
mod components;
mod desk;
mod kit;
#[cfg(test)]
mod rendered;
#[cfg(test)]
mod sample;
mod state;
mod time;
mod words;

use std::rc::Rc;

use app::{App, AppProps};
use backend::tauri::Tauri;

fn main() {
    let root =
        web_sys::window().and_then(|window| window.document()).and_then(|document| document.get_element_by_id("app"));
    if let Some(root) = root {
        yew::Renderer::<App>::with_root_and_props(root, AppProps { backend: Rc::new(Tauri) }).render();
    }
}
