//! Where components hand in what the creator asked for.

use std::cell::RefCell;
use std::rc::Rc;

use yew::html::ImplicitClone;
use yew::prelude::*;

use crate::act::{Act, Task, perform};
use crate::backend::Backend;
use crate::state::{Msg, State};

/// Takes acts and messages; the same one for the whole page.
#[derive(Clone)]
pub(crate) struct Desk {
    backend: Rc<dyn Backend>,
    dispatcher: UseReducerDispatcher<State>,
    under_way: Rc<RefCell<Vec<Task>>>,
}

impl ImplicitClone for Desk {}

impl PartialEq for Desk {
    fn eq(&self, other: &Self) -> bool {
        self.dispatcher == other.dispatcher
    }
}

impl Desk {
    /// A desk that changes the state behind `dispatcher`.
    pub(crate) fn new(backend: Rc<dyn Backend>, dispatcher: UseReducerDispatcher<State>) -> Self {
        Self { backend, dispatcher, under_way: Rc::default() }
    }

    /// Changes what is shown.
    pub(crate) fn tell(&self, msg: Msg) {
        self.dispatcher.dispatch(msg);
    }

    /// Has `act` carried out, unless the same task is under way.
    pub(crate) fn act(&self, act: Act) {
        let task = act.task();
        if self.under_way.borrow().contains(&task) {
            return;
        }
        self.under_way.borrow_mut().push(task.clone());
        self.tell(Msg::Started(task.clone()));
        let desk = self.clone();
        wasm_bindgen_futures::spawn_local(async move {
            let result = perform(&*desk.backend, act).await;
            desk.under_way.borrow_mut().retain(|other| *other != task);
            desk.tell(Msg::Ended(task, result.map(Rc::new)));
        });
    }
}

/// Callbacks for controls: each makes its act or message anew when it is pressed.
impl Desk {
    /// Has the act carried out.
    pub(crate) fn on_act<E: 'static>(&self, act: impl Fn() -> Act + 'static) -> Callback<E> {
        let desk = self.clone();
        Callback::from(move |_| desk.act(act()))
    }

    /// Changes what is shown.
    pub(crate) fn on_tell<E: 'static>(&self, msg: impl Fn() -> Msg + 'static) -> Callback<E> {
        let desk = self.clone();
        Callback::from(move |_| desk.tell(msg()))
    }
}
