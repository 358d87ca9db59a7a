//! The program itself.

use super::Action;
use crate::model::step::{Effect, Step};

pub(super) const ALL: &[Action] = &[
    Action { name: "back", help: "Close this screen, or what is open over it", run: |_, _| Ok(vec![Step::Back]) },
    Action { name: "quit", help: "Close this screen; at the first one, leave kconsole", run: |_, _| Ok(vec![Step::Leave]) },
    Action { name: "close", help: "Close what is open, also where letters are typed", run: |_, _| Ok(vec![Step::Leave]) },
    Action { name: "quit-now", help: "Leave kconsole at once", run: |_, _| Ok(vec![Step::Quit]) },
    Action { name: "suspend", help: "Go back to the shell; fg brings kconsole back", run: |_, _| Ok(vec![Step::Do(Effect::Suspend)]) },
];
