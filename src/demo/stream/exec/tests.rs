//! Conversations with a command, from the side of a client.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test says what it expects and stops there")]

use super::super::shell::Machine;
use super::*;
use futures::{SinkExt, StreamExt};
use tokio::io::DuplexStream;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;

struct Client {
    socket: WebSocketStream<DuplexStream>,
}

impl Client {
    /// A client of a command with these parameters.
    async fn of(query: &str) -> Self {
        let (near, far) = tokio::io::duplex(1 << 16);
        let server = WebSocketStream::from_raw_socket(far, Role::Server, None).await;
        let machine = Machine { host: "web-x".to_owned(), root: true, ..Machine::default() };
        let channels = Channels::new(server, "v5.channel.k8s.io");
        let talk = Talk::new(channels, Asked::read(query), Shell::new(machine), Box::new(|| 0));
        tokio::spawn(talk.run());
        Self { socket: WebSocketStream::from_raw_socket(near, Role::Client, None).await }
    }

    async fn send(&mut self, message: &[u8]) {
        self.socket.send(Message::binary(message.to_vec())).await.unwrap();
    }

    /// Output until it ends so.
    async fn until(&mut self, end: &str) -> String {
        let mut text = String::new();
        while !text.ends_with(end) {
            let next = timeout(Duration::from_secs(20), self.socket.next()).await;
            let message = next.unwrap_or_else(|_| panic!("{end:?} never comes after {text:?}")).unwrap().unwrap().into_data();
            assert_eq!(message[0], STDOUT, "{text:?} and then {message:?}");
            text += std::str::from_utf8(&message[1..]).unwrap();
        }
        text
    }

    /// Output, errors and the status of the rest.
    async fn rest(mut self) -> (String, String, Value) {
        let mut all = [Vec::new(), Vec::new(), Vec::new(), Vec::new()];
        while let Some(Ok(Message::Binary(message))) = self.socket.next().await {
            all[usize::from(message[0])].extend_from_slice(&message[1..]);
        }
        let text = |i: usize| String::from_utf8(all[i].clone()).unwrap();
        (text(1), text(2), serde_json::from_slice(&all[3]).unwrap())
    }
}

fn code(status: &Value) -> &str {
    status.pointer("/details/causes/0/message").and_then(Value::as_str).unwrap_or("0")
}

#[tokio::test]
async fn a_command_has_output_errors_and_a_code() {
    let client = Client::of("command=sh&command=-c&command=hostname;cat+/none;exit+3&stdout=true&stderr=true").await;
    let (out, err, status) = client.rest().await;
    assert_eq!((&*out, &*err, code(&status)), ("web-x\n", "cat: can't open '/none': No such file or directory\n", "3"));
    assert_eq!(status["reason"], "NonZeroExitCode");
    assert_eq!(Client::of("command=true&stdout=true").await.rest().await.2, serde_json::json!({"metadata": {}, "status": "Success"}));
}

#[tokio::test]
async fn a_program_that_is_not_there_is_the_runtimes_matter() {
    let (.., status) = Client::of("command=nano&stdout=true").await.rest().await;
    let message = status["message"].as_str().unwrap();
    assert!(
        message.starts_with(
            "Internal error occurred: error executing command in container: failed to exec in container: failed to start exec"
        )
    );
    assert!(message.ends_with(r#"unable to start container process: exec: "nano": executable file not found in $PATH"#), "{message}");
}

#[tokio::test]
async fn input_is_echoed_until_it_ends() {
    let mut client = Client::of("command=cat&stdin=true&stdout=true").await;
    client.send(b"\x00one\n").await;
    assert_eq!(client.until("one\n").await, "one\n");
    client.send(b"\x00two").await;
    client.send(&[255, 0]).await;
    assert_eq!(client.rest().await.0, "two");
    let mut client = Client::of("command=sh&stdin=true&stdout=true").await;
    client.send(b"\x00echo a; ec").await;
    client.send(b"\x00ho b\nfalse").await;
    client.send(&[255, 0]).await;
    let (out, _, status) = client.rest().await;
    assert_eq!((&*out, code(&status)), ("a\nb\n", "1"));
    let mut client = Client::of("command=wc&command=-c&stdin=true&stdout=true").await;
    client.send(b"\x0012345").await;
    client.send(&[255, 0]).await;
    assert_eq!(client.rest().await.0, "5\n");
}

#[tokio::test]
async fn a_terminal_has_a_prompt_keys_and_a_size() {
    let mut client = Client::of("command=sh&stdin=true&stdout=true&stderr=true&tty=true").await;
    client.until("/ # ").await;
    client.send(b"\x00cd /tmp\r").await;
    assert_eq!(client.until("/tmp # ").await, "cd /tmp\r\n/tmp # ");
    client.send(b"\x04{\"Width\":132,\"Height\":43}").await;
    client.send(b"\x00stty size\r").await;
    assert!(client.until("/tmp # ").await.contains("43 132\r\n"));
    client.send(b"\x00sleep 1000\r").await;
    client.until("1000\r\n").await;
    client.send(b"\x00\x03").await;
    assert_eq!(client.until("# ").await, "^C\r\n/tmp # ");
    client.send(b"\x00cat\r").await;
    client.send(b"\x00hi\r\x04").await;
    assert!(client.until("/tmp # ").await.ends_with("hi\r\nhi\r\n/tmp # "));
    client.send(b"\x00false\r\x04").await;
    assert_eq!(code(&client.rest().await.2), "1");
}

#[tokio::test(start_paused = true)]
async fn a_pause_is_one() {
    let start = tokio::time::Instant::now();
    let (out, ..) = Client::of("command=sh&command=-c&command=sleep+90%26%26echo+x&stdout=true").await.rest().await;
    assert_eq!((&*out, start.elapsed().as_secs()), ("x\n", 90));
}

#[tokio::test]
async fn older_protocols_carry_the_same() {
    let (near, far) = tokio::io::duplex(1 << 16);
    let channels = Channels::new(WebSocketStream::from_raw_socket(far, Role::Server, None).await, "v4.base64.channel.k8s.io");
    tokio::spawn(Talk::new(channels, Asked::read("command=cat&stdin=1&stdout=1"), Shell::new(Machine::default()), Box::new(|| 0)).run());
    let mut socket = WebSocketStream::from_raw_socket(near, Role::Client, None).await;
    socket.send(Message::text("0Zm9vCg==")).await.unwrap();
    assert_eq!(socket.next().await.unwrap().unwrap().into_text().unwrap(), "1");
    assert_eq!(socket.next().await.unwrap().unwrap().into_text().unwrap(), "1Zm9vCg==");
}
