//! What answers behind a forwarded port: a page for HTTP/1.1, an echo for anything else. Bytes in, bytes out.

/// Bytes of a request's head after which it is no HTTP.
const HEAD: usize = 16 << 10;

/// Beginnings of requests.
const METHODS: [&[u8]; 7] = [b"GET ", b"HEAD ", b"POST ", b"PUT ", b"PATCH ", b"DELETE ", b"OPTIONS "];

/// One connection to a port of a pod.
#[derive(Debug, Default)]
pub(super) struct Visitor {
    pod: String,
    port: u16,
    heard: Vec<u8>,
    echoes: bool,
    /// Bytes of a request's body that are still to come.
    body: usize,
}

impl Visitor {
    pub(super) fn new(pod: &str, port: u16) -> Self {
        Self { pod: pod.to_owned(), port, ..Self::default() }
    }

    /// Answers what has come, and says whether it hangs up then.
    pub(super) fn hear(&mut self, bytes: &[u8]) -> (Vec<u8>, bool) {
        if self.echoes {
            return (bytes.to_vec(), false);
        }
        self.heard.extend_from_slice(bytes);
        let mut out = Vec::new();
        loop {
            let skipped = self.body.min(self.heard.len());
            self.heard.drain(..skipped);
            self.body -= skipped;
            let http = METHODS.iter().any(|m| self.heard.starts_with(m) || m.starts_with(&self.heard));
            if !http || self.heard.len() > HEAD {
                self.echoes = true;
                out.append(&mut self.heard);
                return (out, false);
            }
            let Some(end) = self.heard.windows(4).position(|w| w == b"\r\n\r\n") else { return (out, false) };
            let head: Vec<u8> = self.heard.drain(..end + 4).collect();
            let last = self.answer(&String::from_utf8_lossy(&head), &mut out);
            if last {
                return (out, true);
            }
        }
    }

    /// Answers a request; true where it is the last of the connection.
    fn answer(&mut self, head: &str, out: &mut Vec<u8>) -> bool {
        let mut lines = head.lines();
        let first = lines.next().unwrap_or_default();
        let mut words = first.split(' ');
        let (method, path, version) = (words.next().unwrap_or_default(), words.next().unwrap_or("/"), words.next().unwrap_or_default());
        let field = |name: &str| {
            head.lines()
                .filter_map(|l| l.split_once(':'))
                .find(|(n, _)| n.eq_ignore_ascii_case(name))
                .map(|(_, v)| v.trim().to_ascii_lowercase())
        };
        self.body = field("content-length").and_then(|n| n.parse().ok()).unwrap_or_default();
        let connection = field("connection").unwrap_or_default();
        let last = connection == "close" || version != "HTTP/1.1" && connection != "keep-alive";
        let page = format!("This is pod {}, port {}, of the demo fleet.\n{method} {path}\n", self.pod, self.port);
        let ends = if last { "close" } else { "keep-alive" };
        let answer = format!(
            "HTTP/1.1 200 OK\r\nServer: demo\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\nConnection: {ends}\r\n\r\n",
            page.len()
        );
        out.extend_from_slice(answer.as_bytes());
        if method != "HEAD" {
            out.extend_from_slice(page.as_bytes());
        }
        last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_get_a_page_and_anything_else_an_echo() {
        let mut visitor = Visitor::new("web-x", 8080);
        assert_eq!(visitor.hear(b"GET /a HT"), (vec![], false));
        let (out, last) = visitor.hear(b"TP/1.1\r\nHost: x\r\n\r\nPOST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n12");
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains("This is pod web-x, port 8080") && text.ends_with("POST /\n") && !last, "{text}");
        assert_eq!(visitor.hear(b"345").0, b"");
        let (out, last) = visitor.hear(b"HEAD / HTTP/1.0\r\n\r\n");
        assert!(last && out.ends_with(b"\r\n\r\n"));
        let mut visitor = Visitor::new("web-x", 5432);
        assert_eq!(visitor.hear(b"\x00\x01GET"), (b"\x00\x01GET".to_vec(), false));
        assert_eq!(visitor.hear(b"GET / HTTP/1.1\r\n\r\n").0, b"GET / HTTP/1.1\r\n\r\n");
    }
}
