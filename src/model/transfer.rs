//! Files that are copied into a container or out of it: what from where to where.

use serde_json::{Value, json};

/// A copy that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// The container; the pod's own choice where none is named.
    pub container: Option<String>,
    /// Which way.
    pub way: Way,
    /// The path in the container.
    pub there: String,
    /// The path on this machine.
    pub here: String,
}

/// How far a copy is.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Bytes of files that were copied.
    pub bytes: u64,
    /// Bytes that there are altogether; 0 where that is not known.
    pub whole: u64,
    /// Files that are whole.
    pub files: u64,
    /// Bytes a second, once that is known.
    pub rate: Option<u64>,
}

/// Which way something is copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Out of a container.
    From,
    /// Into a container.
    To,
}

impl Way {
    fn word(self) -> &'static str {
        match self {
            Self::From => "from",
            Self::To => "to",
        }
    }
}

impl Transfer {
    /// What is copied, and the object that the container is of, as two words of a command line say it: `POD:PATH` is the one, a path of this machine the
    /// other.
    ///
    /// # Errors
    /// Where it is not just one of them.
    pub fn parse(from: &str, to: &str, container: Option<String>) -> Result<(String, Self), String> {
        let (object, there, way, here) = match (far(from), far(to)) {
            (Some((object, path)), None) => (object, path, Way::From, to),
            (None, Some((object, path))) => (object, path, Way::To, from),
            (Some(_), Some(_)) => return Err("one of both has to be here: a colon in a name of this machine is written ./a:b".to_owned()),
            (None, None) => return Err("one of both has to be in a container: POD:PATH".to_owned()),
        };
        if there.is_empty() || here.is_empty() {
            return Err("a path is missing: POD:PATH and a path of this machine".to_owned());
        }
        Ok((object.to_owned(), Self { container, way, there: there.to_owned(), here: here.to_owned() }))
    }

    /// As it stands in a request.
    pub fn options(&self) -> Value {
        json!({"container": self.container, "way": self.way.word(), "there": self.there, "here": self.here})
    }

    /// From a request.
    pub fn of(options: &Value) -> Option<Self> {
        let text = |name: &str| options.get(name).and_then(Value::as_str).map(str::to_owned);
        let way = [Way::From, Way::To].into_iter().find(|way| options.get("way").and_then(Value::as_str) == Some(way.word()))?;
        Some(Self { container: text("container"), way, there: text("there")?, here: text("here")? })
    }
}

/// The object and the path in it, where a word names both. A path of this machine begins with a slash or a dot where it has a colon.
fn far(word: &str) -> Option<(&str, &str)> {
    let (object, path) = word.split_once(':')?;
    (!object.is_empty() && !object.starts_with(['.', '/'])).then_some((object, path))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test says what it expects and stops there")]
mod tests {
    use super::*;

    #[test]
    fn one_of_two_words_is_in_a_container() {
        for (from, to, wanted) in [
            ("web-1:/var/log", "logs", Ok(("web-1", Way::From, "/var/log", "logs"))),
            ("conf", "web-1:etc", Ok(("web-1", Way::To, "etc", "conf"))),
            ("deploy/web:/a:b", ".", Ok(("deploy/web", Way::From, "/a:b", "."))),
            ("./a:b", "web-1:/x", Ok(("web-1", Way::To, "/x", "./a:b"))),
            ("a", "b", Err("one of both has to be in a container")),
            ("a:b", "c:d", Err("one of both has to be here")),
            ("web-1:", "x", Err("a path is missing")),
        ] {
            let parsed = Transfer::parse(from, to, None);
            match (parsed, wanted) {
                (Ok((object, t)), Ok(wanted)) => {
                    assert_eq!((object.as_str(), t.way, t.there.as_str(), t.here.as_str()), wanted);
                    assert_eq!(Transfer::of(&t.options()), Some(t));
                }
                (Err(why), Err(wanted)) => assert!(why.starts_with(wanted), "{from} {to}: {why}"),
                (got, wanted) => assert!(got.is_ok() == wanted.is_ok(), "{from} {to}: {got:?}"),
            }
        }
    }
}
