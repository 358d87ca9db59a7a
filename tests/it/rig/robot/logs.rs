//! What is told of the pods whose logs are followed.

use super::{NOW, Robot};
use kconsole::model::log::{Chunk, Cutter, TailId};
use kconsole::model::msg::Msg;

impl Robot {
    /// A container of a pod that is followed writes lines, so many milliseconds after the beginning.
    pub fn log(&mut self, pod: &str, container: &str, millis: i64, lines: &[&str]) -> &mut Self {
        let mut cutter = Cutter::default();
        for line in lines {
            let at = jiff::Timestamp::from_millisecond(NOW * 1_000 + millis).unwrap();
            cutter.feed(format!("{at:.9} {line}\n").as_bytes());
        }
        self.tell(pod, container, cutter.take().unwrap())
    }

    /// A pod that is followed is gone, and all of it was read.
    pub fn read_out(&mut self, pod: &str) -> &mut Self {
        let id = self.tail(pod);
        self.state.message(Msg::LogOver(id));
        self.settle()
    }

    fn tail(&self, pod: &str) -> TailId {
        let id = self.tails.iter().find(|(_, tail)| &*tail.pod == pod).map(|(id, _)| *id);
        id.unwrap_or_else(|| panic!("{pod} is not followed; the screen:\n{}", self.screen()))
    }

    /// Something is told of a container.
    pub fn tell(&mut self, pod: &str, container: &str, chunk: Chunk) -> &mut Self {
        let id = self.tail(pod);
        self.state.message(Msg::Log(id, kconsole::model::log::News { container: container.into(), chunk }));
        self.settle()
    }
}
