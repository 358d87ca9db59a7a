//! The program itself.

use super::Action;
use crate::model::step::{Effect, Step};

pub(super) const ALL: &[Action] = &[
    Action { name: "back", help: "Close this screen, or what is open over it", run: |_, _| Ok(vec![Step::Back]) },
    Action { name: "quit", help: "Leave kconsole", run: |_, _| Ok(vec![Step::Quit]) },
    Action { name: "suspend", help: "Go back to the shell; fg brings kconsole back", run: |_, _| Ok(vec![Step::Do(Effect::Suspend)]) },
];
