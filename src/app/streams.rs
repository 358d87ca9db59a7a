//! What a program has under way in containers: commands, copies and forwards.

use super::entry::eprint;
use super::near::{self, Leave};
use super::program::Program;
use super::signals::Signals;
use crate::k8s::copy::{self, Container, Course, Meter, Outcome};
use crate::k8s::lanes::Lanes;
use crate::k8s::link::Link;
use crate::k8s::stream::{self, Ends, Target};
use crate::model::call::{Call, CallId, Failure, Reply};
use crate::model::fault::{Fault, FaultKind};
use crate::model::forward::Port;
use crate::model::id::ClusterId;
use crate::model::msg::Msg;
use crate::model::transfer::{Progress, Transfer};
use crate::safety::verb::PORTS;
use serde_json::Value;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::interval;

/// How often it is told how far a copy is.
pub(super) const TELL: Duration = Duration::from_millis(200);

/// Says what a copy that was ended could not remove, or nobody waited for.
pub(super) fn tell_left(course: &Course) {
    if let Some(left) = course.left() {
        eprint(&format!("kconsole: {left} may still be there, and is to be removed"));
    }
}

/// Tells how far a copy is, whenever that is another.
async fn tell(id: CallId, course: &Course, out: &mpsc::Sender<Msg>) -> Infallible {
    let (mut ticks, mut meter, mut before) = (interval(TELL), Meter::start(), Progress::default());
    loop {
        ticks.tick().await;
        let now = meter.read(course);
        if std::mem::replace(&mut before, now) != now {
            // Nobody listens any more once the program ends.
            let _ = out.send(Msg::Copying(id, now)).await;
        }
    }
}

impl Program {
    /// What a stream to a cluster is opened by.
    fn way_to(&self, cluster: ClusterId) -> Result<(Link, Arc<Lanes>), Fault> {
        let closed = || Fault::new(FaultKind::Unreachable, "the cluster is not open");
        self.sessions.streams(cluster).ok_or_else(closed)
    }

    /// Has a command run in a container, or talks with what runs there until a person leaves it; what comes of it is an answer like any other.
    pub fn exec(&self, call: Call, ends: Ends, leave: Leave) -> impl Future<Output = Result<Reply, Failure>> + use<> {
        let open = self.way_to(call.cluster);
        async move {
            let (link, lanes) = open.map_err(Failure::unsent)?;
            let ended = if near::is_attach(&call) {
                stream::attach(&link, &lanes, &call, ends, leave).await
            } else {
                stream::exec(&link, &lanes, &call, ends, leave).await
            };
            ended.map(|ended| Reply { ended: Some(ended), ..Reply::default() }).map_err(Failure::unsent)
        }
    }

    /// Copies files into a container or out of it, on this course.
    pub fn copy(&self, call: Call, course: Arc<Course>) -> impl Future<Output = Result<Reply, Failure>> + Send + use<> {
        let open = self.way_to(call.cluster);
        let cluster = self.context(call.cluster).map(|context| context.name.clone()).unwrap_or_default();
        async move {
            let (link, lanes) = open.map_err(Failure::unsent)?;
            let asked = serde_json::from_str(&call.body).ok().and_then(|options| Transfer::of(&options));
            let transfer = asked.ok_or_else(|| Failure::unsent(Fault::new(FaultKind::Invalid, "it is not known what to copy")))?;
            let container = Container { cluster, link, lanes, call, name: transfer.container.clone() };
            let Outcome { ended, wrong } = copy::copy(&container, &transfer, &course).await;
            Ok(Reply { ended: Some(ended), warnings: wrong, ..Reply::default() })
        }
    }

    /// The same beside the loop; what comes of it is a message.
    pub(super) fn copy_beside(&mut self, id: CallId, call: Call) {
        let course = Arc::<Course>::default();
        let (copying, out) = (self.copy(call, Arc::clone(&course)), self.out.clone());
        self.forget_copies();
        self.courses.insert(id, Arc::clone(&course));
        tokio::spawn(async move {
            let telling = tell(id, &course, &out);
            let answer = tokio::select! {
                answer = copying => answer,
                never = telling => match never {},
            };
            // Nobody listens any more once the program ends.
            let _ = out.send(Msg::Answer(id, answer)).await;
        });
    }

    /// Those that have said how they ended are nobody's any more.
    fn forget_copies(&mut self) {
        self.courses.retain(|id, _| self.state.asked_by(*id).is_some());
    }

    /// Ends all copies, and waits until what they left is removed and they have said how they ended; or until a person does not want to wait.
    /// What is left then is told, as there is no screen any more to do so.
    pub(super) async fn stop_copies(&mut self, signals: &mut Signals) {
        self.forget_copies();
        self.courses.values().for_each(|course| course.stop());
        let over = async {
            while self.courses.keys().any(|id| self.state.asked_by(*id).is_some()) {
                self.listen().await;
                // Nothing needs the terminal any more.
                drop(self.perform());
            }
        };
        let _ = signals.clean(over).await;
        self.courses.values().for_each(|course| tell_left(course));
    }

    /// Opens a forward.
    pub(super) fn forward(&mut self, id: CallId, call: &Call) {
        let (path, options) =
            (call.path.strip_suffix(PORTS).unwrap_or(&call.path).trim_end_matches('/'), serde_json::from_str::<Value>(&call.body));
        let text =
            |options: &Value| Some((Port::parse(options.get("port")?.as_str()?)?, u16::try_from(options.get("local")?.as_u64()?).ok()?));
        let Some((port, local)) = options.ok().as_ref().and_then(text) else { return };
        if let Some(object) = self.state.open_forward(id, port.clone())
            && let Err(why) = self.sessions.forward(id, object.cluster, Target::new(object.kind, object.namespace, path, port), local)
        {
            self.state.message(Msg::Answer(id, Err(Failure::unsent(why))));
        }
    }

    /// Ends a copy, which answers by itself; or a forward or a shell, and tells what became of it.
    pub(super) fn hang_up(&mut self, id: CallId) {
        if let Some(course) = self.courses.get(&id) {
            course.stop();
        }
        if let Some(ended) = self.sessions.hang_up(id).or_else(|| self.close_shell(id)) {
            self.state.message(Msg::Answer(id, Ok(Reply { ended: Some(ended), ..Reply::default() })));
        }
    }
}
