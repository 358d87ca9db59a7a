//! What one stream brings: how much at a time, whose it is, and when it has nothing more.

use super::super::Over;
use super::{Of, Reader};
use crate::k8s::fault;
use crate::k8s::link::Up;
use crate::model::fault::Fault;
use futures::FutureExt;
use futures::future::{BoxFuture, pending};
use http_body_util::BodyExt;
use kube::client::Body;
use std::time::Duration;
use tokio::time::{Instant, timeout, timeout_at};

/// What came of it.
pub(super) enum Taken {
    Whole,
    Broken(Fault),
    /// The same, before it was known whose log it is.
    Doubtful(Fault),
    Other,
    Still,
}

/// How long lines are gathered before they are delivered.
const BATCH_FOR: Duration = Duration::from_millis(20);
/// And how many bytes of them at most.
const BATCH: usize = 64 << 10;

/// So far a pod may be behind what its kubelet knows, which hands out the log of a new container before its pod tells of that. What does not go on
/// where reading was is held back for so long ...
const BEHIND: Duration = Duration::from_secs(2);
/// ... and no more is read meanwhile than so many bytes.
const HELD: usize = 512 << 10;
/// How long the pod may take to answer when that is over.
const ANSWER: Duration = Duration::from_secs(1);

/// A kubelet looks out for a new file only from when it has read the one before to its end. If that is rotated earlier, because the container writes
/// faster than the kubelet reads, it stays at the end of the old file until the next one comes. So a stream is opened again when it says nothing for so long ...
pub(super) const STILL: Duration = Duration::from_secs(2);
/// ... twice as long each time that it had nothing to say, up to this: a kubelet looks every ten seconds whether a file is too large ...
const STILLEST: Duration = Duration::from_secs(8);
/// ... after so many new bytes: more than what one begins with that is read from its last lines, and a fraction of a second for one that is behind.
const MUCH: usize = 256 << 10;

impl Reader {
    /// Delivers what comes as it comes, in larger parts where much does.
    pub(super) async fn take_in(&mut self, up: &Up, mut body: Body, id: &str, of: Of) -> Result<Taken, Over> {
        let link = self.logs.link.clone();
        let lost = link.lost(up.generation);
        tokio::pin!(lost);
        let seen = self.cutter.seen();
        // What has brought nothing new yet may be of a container that says nothing after one that has ended.
        let mut replaced = self.logs.clone().replaced(self.container.clone(), id.to_owned()).boxed();
        let (mut fresh, mut due, mut doubt) = (0, None, None);
        loop {
            let may_stand_still = self.follows(of) && fresh >= MUCH;
            let later = Instant::now() + if may_stand_still { self.still } else { Duration::from_secs(3600) };
            let frame = tokio::select! {
                biased;
                frame = timeout_at(doubt.or(due).unwrap_or(later), body.frame()) => frame.map(|f| f.map(|f| f.map_err(|e| fault::of_transport(&e)))),
                why = &mut lost => Ok(Some(Err(why))),
                replaced = &mut replaced => return replaced.map(|()| Taken::Other),
            };
            let is_over = match frame {
                Err(_) if doubt.or(due).is_none() && may_stand_still => {
                    self.still = (self.still * 2).min(STILLEST);
                    return Ok(Taken::Still);
                }
                Err(_) => false,
                Ok(None) => true,
                Ok(Some(Err(why))) if doubt.is_some() => return Ok(Taken::Doubtful(why)),
                Ok(Some(Err(why))) => return Ok(Taken::Broken(why)),
                Ok(Some(Ok(frame))) => {
                    let bytes = frame.data_ref().map(|b| &**b).unwrap_or_default();
                    self.logs.link.count(bytes.len());
                    self.cutter.feed(bytes);
                    due = due.or(Some(Instant::now() + BATCH_FOR));
                    if self.cutter.seen() > seen {
                        fresh += bytes.len();
                    }
                    if self.cutter.jumped() {
                        self.still = STILL;
                        doubt = Some(Instant::now() + BEHIND);
                        replaced = self.logs.clone().asked_at_once().replaced(self.container.clone(), id.to_owned()).boxed();
                    } else if doubt.is_none() && fresh > 0 {
                        replaced = pending().boxed();
                    }
                    if self.cutter.waiting() < if doubt.is_some() { HELD } else { BATCH } {
                        continue;
                    }
                    false
                }
            };
            if let Some(until) = doubt.take() {
                if self.is_another(&mut replaced, until, id).await? {
                    return Ok(Taken::Other);
                }
                replaced = pending().boxed();
            }
            if is_over {
                return Ok(Taken::Whole);
            }
            self.deliver().await?;
            due = None;
        }
    }

    /// True where the pod says until then that another container has taken the place of this one, or when it is asked once more.
    async fn is_another(&mut self, replaced: &mut BoxFuture<'static, Result<(), Over>>, until: Instant, id: &str) -> Result<bool, Over> {
        if let Ok(replaced) = timeout_at(until, replaced).await {
            return replaced.map(|()| true);
        }
        let asked = self.logs.is_replaced(&mut self.backoff, &self.container, id);
        timeout(ANSWER, asked).await.unwrap_or(Ok(false))
    }
}
