//! Cuts a stream of bytes into the pieces that are decoded one by one: the lines of a watch, the items of a list.
//!
//! Nothing is ever held whole but the piece in hand, so a list of 400 MB costs no more memory than one of its objects.

use memchr::{memchr, memchr2};
use std::ops::ControlFlow;

/// The longest piece that is taken: objects have at most 1.5 MB in etcd, and Table rows and managed fields do not reach five times that.
const LONGEST: usize = 8 << 20;

/// A piece was longer than any that Kubernetes sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

/// Collects the pieces that a chunk leaves unfinished.
fn keep(held: &mut Vec<u8>, part: &[u8]) -> Result<(), TooLong> {
    if held.len() + part.len() > LONGEST {
        return Err(TooLong);
    }
    held.extend_from_slice(part);
    Ok(())
}

/// Cuts at line ends.
#[derive(Debug, Default)]
pub struct Lines {
    held: Vec<u8>,
}

impl Lines {
    /// Takes the next chunk and hands on every line that is now complete, until `each` breaks.
    pub fn feed<B>(&mut self, mut chunk: &[u8], mut each: impl FnMut(&[u8]) -> ControlFlow<B>) -> Result<Option<B>, TooLong> {
        while let Some(end) = memchr(b'\n', chunk) {
            let (line, rest) = chunk.split_at(end);
            chunk = rest.get(1..).unwrap_or_default();
            let flow = if self.held.is_empty() {
                each(line)
            } else {
                keep(&mut self.held, line)?;
                let flow = each(&self.held);
                self.held.clear();
                flow
            };
            if let ControlFlow::Break(b) = flow {
                return Ok(Some(b));
            }
        }
        keep(&mut self.held, chunk)?;
        Ok(None)
    }

    /// True where the stream ended in the middle of a line.
    pub fn is_cut(&self) -> bool {
        !self.held.is_empty()
    }
}

/// A part of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// Everything before the items, made a complete object: it has what servers send first, such as column definitions.
    Head(&'a [u8]),
    /// One item.
    Item(&'a [u8]),
}

/// Cuts a list into its items: finds the array of the given name in the outermost object, and in it one object after the other.
#[derive(Debug)]
pub struct Items {
    array: &'static str,
    /// The outermost object without the array's contents.
    rest: Vec<u8>,
    item: Vec<u8>,
    inside: bool,
    depth: u32,
    string: InString,
    /// Where in `rest` the last string at depth 1 begins: a key, if a colon follows.
    key: usize,
    /// The key has the array's name, and its colon was seen.
    armed: bool,
}

/// Whether a byte is text or structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum InString {
    No,
    Yes,
    Escaped,
}

impl Items {
    /// Cuts the array of this name: `items`, or `rows` of a Table.
    pub fn new(array: &'static str) -> Self {
        Self { array, rest: Vec::new(), item: Vec::new(), inside: false, depth: 0, string: InString::No, key: 0, armed: false }
    }

    /// The outermost object without its items, once [`Self::is_complete`].
    pub fn rest(&self) -> &[u8] {
        &self.rest
    }

    /// True once the outermost object has ended; servers end the line after it too.
    pub fn is_complete(&self) -> bool {
        self.depth == 0 && self.rest.trim_ascii_end().last() == Some(&b'}')
    }

    /// Takes the next chunk and hands on every part that is now complete.
    pub fn feed(&mut self, mut chunk: &[u8], mut each: impl FnMut(Part<'_>)) -> Result<(), TooLong> {
        while let Some(&byte) = chunk.first() {
            // Most bytes are inside of strings, where only two of them mean anything.
            let run = if self.string == InString::Yes { memchr2(b'"', b'\\', chunk).unwrap_or(chunk.len()) } else { 0 };
            let taken = run.max(1);
            let (part, rest) = chunk.split_at(taken);
            chunk = rest;
            keep(if self.inside && self.depth > 2 { &mut self.item } else { &mut self.rest }, part)?;
            if run == 0 {
                self.byte(byte, &mut each)?;
            }
        }
        Ok(())
    }

    /// Looks at one byte that may be structure. It has been kept in the item or the rest already.
    fn byte(&mut self, byte: u8, each: &mut impl FnMut(Part<'_>)) -> Result<(), TooLong> {
        match (self.string, byte) {
            (InString::Escaped, _) => self.string = InString::Yes,
            (InString::Yes, b'\\') => self.string = InString::Escaped,
            (InString::Yes, b'"') => self.string = InString::No,
            (InString::Yes, _) => {}
            (InString::No, b'"') => {
                self.string = InString::Yes;
                if self.depth == 1 {
                    self.key = self.rest.len();
                }
            }
            (InString::No, b':') if self.depth == 1 => self.armed = self.key_is_the_array(),
            (InString::No, b'{' | b'[') => self.open(byte, each)?,
            (InString::No, b'}' | b']') => self.close(each),
            (InString::No, b',') if self.inside && self.depth == 2 => drop(self.rest.pop()),
            (InString::No, _) => {}
        }
        Ok(())
    }

    fn key_is_the_array(&self) -> bool {
        let key = self.rest.get(self.key..).unwrap_or_default();
        key.strip_prefix(self.array.as_bytes()).is_some_and(|after| after.first() == Some(&b'"'))
    }

    fn open(&mut self, byte: u8, each: &mut impl FnMut(Part<'_>)) -> Result<(), TooLong> {
        self.depth += 1;
        if self.depth == 2 && byte == b'[' && self.armed {
            self.inside = true;
            let mut head = self.rest.clone();
            head.extend_from_slice(b"]}");
            each(Part::Head(&head));
        } else if self.depth == 3 && self.inside {
            self.rest.pop();
            keep(&mut self.item, &[byte])?;
        }
        Ok(())
    }

    fn close(&mut self, each: &mut impl FnMut(Part<'_>)) {
        self.depth = self.depth.saturating_sub(1);
        if self.inside && self.depth == 2 {
            each(Part::Item(&self.item));
            self.item.clear();
        } else if self.depth == 1 {
            self.inside = false;
            self.armed = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn items(text: &[u8], cuts: &[usize]) -> (Vec<Value>, Value) {
        let (mut cutter, mut found) = (Items::new("items"), Vec::new());
        let mut from = 0;
        for &cut in cuts.iter().chain([&text.len()]) {
            let cut = cut.clamp(from, text.len());
            let part = |p: Part<'_>| {
                if let Part::Item(i) = p {
                    found.push(serde_json::from_slice(i).unwrap())
                }
            };
            cutter.feed(&text[from..cut], part).unwrap();
            from = cut;
        }
        assert!(cutter.is_complete());
        (found, serde_json::from_slice(cutter.rest()).unwrap())
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![Just(Value::Null), any::<i32>().prop_map(Value::from), r#"[a"\\\[\]{},:é]{0,6}"#.prop_map(Value::from)];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(r#"[a"{\[]{0,3}|items"#, inner, 0..4).prop_map(|m| m.into_iter().collect()),
            ]
        })
    }

    proptest! {
        /// The scanner against serde_json, cut anywhere.
        #[test]
        fn items_are_found_wherever_the_stream_is_cut(
            objects in prop::collection::vec(prop::collection::btree_map("[a-c]|items", any_json(), 0..4), 0..5),
            before in any_json(), after in any_json(), pretty: bool, mut cuts in prop::collection::vec(0usize..600, 0..9),
        ) {
            let list = json!({"metadata": before, "items": objects, "after": after});
            let text = if pretty { serde_json::to_vec_pretty(&list) } else { serde_json::to_vec(&list) }.unwrap();
            cuts.sort_unstable();
            let (found, rest) = items(&text, &cuts);
            prop_assert_eq!(&Value::from(found), &list["items"]);
            prop_assert_eq!(&rest["metadata"], &list["metadata"]);
            prop_assert_eq!(&rest["after"], &list["after"]);
        }

        #[test]
        fn lines_are_found_wherever_the_stream_is_cut(lines in prop::collection::vec("[a-z]{0,9}", 0..9), cut in 0usize..60) {
            let text: String = lines.iter().map(|l| format!("{l}\n")).collect();
            let (a, b) = text.as_bytes().split_at(cut.min(text.len()));
            let (mut cutter, mut found) = (Lines::default(), Vec::new());
            for chunk in [a, b] {
                cutter.feed(chunk, |l| { found.push(String::from_utf8(l.to_vec()).unwrap()); ControlFlow::<()>::Continue(()) }).unwrap();
            }
            prop_assert_eq!(found, lines);
            prop_assert!(!cutter.is_cut());
        }
    }

    /// FD1: lists that are null or not there.
    #[test]
    fn fd1_a_list_without_items_is_empty() {
        for text in [
            "{\"items\":[]}\n",
            r#"{"items":null,"metadata":{}}"#,
            r#"{"metadata":{"items":[{}]}}"#,
            r#"{"items":[]}"#,
            r#"{"items": {"items":[{}]}}"#,
        ] {
            assert_eq!(items(text.as_bytes(), &[]).0, Vec::<Value>::new(), "{text}");
        }
    }

    #[test]
    fn the_head_is_known_before_the_first_item() {
        let mut parts = Vec::new();
        let text = br#"{"columnDefinitions":[{"name":"Name"}],"rows":[{"cells":[1]}]}"#;
        Items::new("rows")
            .feed(text, |p| {
                parts.push(match p {
                    Part::Head(h) => (true, h.to_vec()),
                    Part::Item(i) => (false, i.to_vec()),
                })
            })
            .unwrap();
        assert!(parts[0].0 && serde_json::from_slice::<Value>(&parts[0].1).unwrap()["columnDefinitions"][0]["name"] == "Name");
        assert_eq!(parts[1], (false, br#"{"cells":[1]}"#.to_vec()));
    }

    #[test]
    fn a_piece_without_end_is_refused() {
        let chunk = vec![b'a'; 1 << 20];
        let mut lines = Lines::default();
        assert!((0..9).any(|_| lines.feed(&chunk, |_| ControlFlow::<()>::Continue(())) == Err(TooLong)));
    }
}
