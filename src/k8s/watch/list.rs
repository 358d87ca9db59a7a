//! Ordinary lists: read as they come, page by page on slow links.

use super::super::fault;
use super::super::framer::{Items, Part};
use super::super::link::{Complaint, Up};
use super::super::unpack::Unpack;
use super::{BATCH, BATCH_FOR, End, Position, Watch, cut, escape, garbled};
use crate::model::fault::{Fault, FaultKind};
use crate::model::msg::Sync;
use http::Response;
use http_body::Body as _;
use http_body_util::BodyExt;
use kube::client::Body;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// A list that sends nothing for so long has stopped. There is no limit on the whole: a large list on a slow link takes minutes.
const NO_PROGRESS: Duration = Duration::from_secs(30);
/// Objects on a page where the link is slow; on a fast one the server's cache answers in one piece.
const PAGE: usize = 1_000;

impl Watch {
    /// Lists, page by page on slow links.
    pub(super) async fn pages(&mut self, up: &Up) -> End {
        let slow = up.is_slow();
        let mut from = match &self.position {
            Position::Unknown if slow => format!("limit={PAGE}"),
            Position::Unknown if self.listed.is_none() => "resourceVersion=0".to_owned(),
            Position::Unknown => String::new(),
            Position::At(version) | Position::Relist(version) => {
                format!("resourceVersionMatch=NotOlderThan&resourceVersion={}", escape(version))
            }
        };
        let (mut first, mut resumed) = (None, false);
        loop {
            let page = match self.get(up, &from, if slow { "gzip" } else { "identity" }).await {
                Ok(answer) => self.page(up, answer).await,
                Err(Fault { resume: Some(token), .. }) if !resumed => {
                    resumed = true;
                    from = next_page(&token);
                    continue;
                }
                Err(why) if why.kind == FaultKind::Expired => return End::Expired(why),
                Err(why) => return End::Fault(why),
            };
            resumed = false;
            let Fields { resource_version, r#continue, .. } = match page {
                Ok(fields) => fields,
                Err(end) => return end,
            };
            // A list that was resumed with a newer version is followed from its first page on, or what changed there is lost.
            first = first.or(resource_version);
            let Some(token) = r#continue.filter(|token| !token.is_empty()) else { break };
            from = next_page(&token);
        }
        self.complete();
        self.position = Position::At(first.unwrap_or_default());
        if self.flush().await.is_some() { End::Normal } else { End::Over }
    }

    /// Reads one page, delivering as it comes.
    async fn page(&mut self, up: &Up, answer: Response<Body>) -> Result<Fields, End> {
        let mut unpack = Unpack::new(answer.headers()).map_err(End::Fault)?;
        let mut body = answer.into_body();
        let mut items = Items::new(self.intake.array());
        let mut delivered = Instant::now();
        let link = self.link.clone();
        let lost = link.lost(up.generation);
        tokio::pin!(lost);
        while !body.is_end_stream() {
            let frame = tokio::select! {
                biased;
                why = &mut lost => return Err(End::Fault(why)),
                frame = timeout(NO_PROGRESS, body.frame()) => frame,
            };
            let data = match frame {
                Err(_) => return Err(End::Fault(cut(&format!("the list stopped for {} s", NO_PROGRESS.as_secs())))),
                Ok(None) => break,
                Ok(Some(Err(error))) => {
                    self.link.complain(Complaint::Suspect);
                    return Err(End::Fault(fault::of_transport(&error)));
                }
                Ok(Some(Ok(frame))) => frame.into_data().unwrap_or_default(),
            };
            self.link.count(data.len());
            let left = unpack.feed(&data, |plain| self.part_of_list(&mut items, plain)).map_err(End::Fault)?;
            if self.listed.is_none() && left.is_some() {
                self.report(Sync::Syncing { left }).await.ok_or(End::Over)?;
            }
            if self.intake.waiting() >= BATCH || (self.intake.waiting() > 0 && delivered.elapsed() >= BATCH_FOR) {
                self.flush().await.ok_or(End::Over)?;
                delivered = Instant::now();
            }
        }
        unpack.end().and_then(|()| metadata(&items)).map_err(End::Fault)
    }

    /// Takes a piece of a list in, and returns what is left of the list where the piece tells.
    fn part_of_list(&mut self, items: &mut Items, plain: &[u8]) -> Result<Option<u64>, Fault> {
        let mut left = None;
        let taken = items.feed(plain, |part| {
            if let Part::Head(head) = part {
                left = serde_json::from_slice::<List>(head).ok().and_then(|l| l.metadata?.remaining_item_count);
            }
            self.intake.part(part);
        });
        taken.map_err(|_| garbled("an item of the list is longer than any object can be"))?;
        Ok(left)
    }
}

fn next_page(token: &str) -> String {
    format!("limit={PAGE}&continue={}", escape(token))
}

/// A list without its items.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct List {
    kind: Option<String>,
    metadata: Option<Fields>,
}

/// What a list says of itself.
#[derive(Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Fields {
    resource_version: Option<String>,
    r#continue: Option<String>,
    remaining_item_count: Option<u64>,
}

/// The metadata of a list that was read to its end. Something that is not a list must not pass for an empty one.
fn metadata(items: &Items) -> Result<Fields, Fault> {
    if !items.is_complete() {
        let list = items.rest().trim_ascii_start().starts_with(b"{");
        return Err(if list { cut("the server ended the list before it was complete") } else { garbled("the answer is no list") });
    }
    match serde_json::from_slice::<List>(items.rest()) {
        Ok(list) if list.kind.as_deref().is_some_and(|kind| kind.ends_with("List") || kind == "Table") => {
            Ok(list.metadata.unwrap_or_default())
        }
        Ok(List { kind, .. }) => Err(garbled(&format!("the answer is no list but a {}", kind.as_deref().unwrap_or("thing without kind")))),
        Err(error) => Err(garbled(&format!("the list cannot be read: {error}"))),
    }
}
