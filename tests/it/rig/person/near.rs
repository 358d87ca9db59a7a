//! What a person opens in containers and to their ports: shells, copies and forwards.

use super::Person;
use futures::FutureExt;
use kconsole::k8s::stream::Ends;
use kconsole::model::call::Method;
use kconsole::model::msg::Msg;
use kconsole::model::transfer::Progress;
use std::fs;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How far a copy is told to be while it runs.
const HALF: Progress = Progress { bytes: 1 << 20, whole: 2 << 20, files: 3, rate: Some(4 << 10) };

impl Person {
    /// Leaves each shell as soon as it is there, and looks once through each forward.
    pub(super) async fn visit(&mut self) {
        for (id, call) in std::mem::take(&mut self.streams) {
            let input = Box::new(std::io::Cursor::new(b"exit 3\r"));
            let ends = Ends { input, out: Box::new(tokio::io::sink()), err: Box::new(tokio::io::sink()), size: None };
            // What a container runs by itself is looked at once.
            let leave = if call.path.ends_with("/attach") { std::future::ready(()).boxed() } else { std::future::pending().boxed() };
            let answer = match call.method {
                Method::Copy => {
                    self.engine.0.state.message(Msg::Copying(id, HALF));
                    self.draw();
                    assert!(self.screen().contains("1.0 MiB of 2.0 MiB, 3 files, 4.0 KiB/s"), "{}", self.screen());
                    assert!(self.screen().contains("◐ 1 change 50%"), "{}", self.screen());
                    self.engine.0.copy(call, Arc::default()).await
                }
                _ => self.engine.0.exec(call, ends, leave).await,
            };
            self.engine.0.state.message(Msg::Answer(id, answer));
            self.perform();
        }
        let open = self.engine.0.state.world.forwards.iter().map(|forward| (forward.id, forward.now.local));
        for (id, port) in open.filter(|(_, port)| *port != 0).collect::<Vec<_>>() {
            if !self.visited.contains(&id) {
                self.visited.push(id);
                let mut near = TcpStream::connect(("127.0.0.1", port)).await.expect("it listens");
                near.write_all(b"GET / HTTP/1.0\r\n\r\n").await.expect("it takes a request");
                let mut page = String::new();
                near.read_to_string(&mut page).await.expect("it answers");
                assert!(page.contains("This is pod "), "{page}");
            }
        }
    }

    /// The ports of this machine that lead somewhere.
    pub fn ports(&self) -> Vec<u16> {
        self.engine.0.state.world.forwards.iter().map(|forward| forward.now.local).collect()
    }

    /// Ends the forwards that are open.
    pub async fn hangs_up(&mut self) {
        while !self.engine.0.state.world.forwards.is_empty() {
            self.act("forwards").press("s").settles().await.press("esc");
        }
    }

    /// The forwards that are kept for later runs, as they stand in their file.
    pub fn kept_forwards(&self) -> String {
        fs::read_to_string(&self.engine.0.paths.forwards).unwrap_or_default()
    }
}
