//! Forwarding ports: over channels, two for each port, as kube-rs asks for it, or over SPDY within a WebSocket, as kubectl does.

use super::channels::{Channels, Received, goodbye};
use super::spdy::Session;
use super::upgrade;
use super::visitor::Visitor;
use crate::demo::status::{Answer, Refusal};
use futures::{SinkExt, StreamExt};
use http::{Request, Response};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

/// SPDY in a WebSocket.
const TUNNEL: &str = "SPDY/3.1+portforward.k8s.io";
const PROTOCOLS: &[&str] = &[TUNNEL, "v4.channel.k8s.io", "v4.base64.channel.k8s.io", "portforward.k8s.io"];

/// Accepts a request to forward ports of a pod.
///
/// # Errors
/// 400 where the request is no WebSocket of a known protocol, or names ports that are none.
pub fn forward<B>(request: &mut Request<B>, pod: &str) -> Answer<Response<()>> {
    let query = request.uri().query().unwrap_or_default().to_owned();
    let (answer, upgrade) = upgrade(request, PROTOCOLS)?;
    let ports = if upgrade.protocol == TUNNEL { Vec::new() } else { ports(&query)? };
    let pod = pod.to_owned();
    tokio::spawn(async move {
        let protocol = upgrade.protocol;
        let socket = upgrade.socket().await?;
        if protocol == TUNNEL { tunnel(socket, &pod).await } else { channels(Channels::new(socket, protocol), &pod, &ports).await }
    });
    Ok(answer)
}

fn ports(query: &str) -> Answer<Vec<u16>> {
    let given: Vec<String> =
        form_urlencoded::parse(query.as_bytes()).filter(|(k, _)| k == "ports" || k == "port").map(|(_, v)| v.into_owned()).collect();
    if given.is_empty() {
        return Err(Refusal::bad_request(r#"query parameter "port" is required"#));
    }
    let port = |text: &str| match text.parse::<u16>() {
        Ok(0) => Err(Refusal::bad_request(format!("port {text:?} must be > 0"))),
        Ok(port) => Ok(port),
        Err(_) => {
            Err(Refusal::bad_request(format!("unable to parse {text:?} as a port: strconv.ParseUint: parsing {text:?}: invalid syntax")))
        }
    };
    given.iter().flat_map(|g| g.split(',')).map(port).collect()
}

async fn channels<S: AsyncRead + AsyncWrite + Unpin>(mut channels: Channels<S>, pod: &str, ports: &[u16]) -> Option<()> {
    let mut visitors: Vec<Visitor> = Vec::new();
    for (port, number) in ports.iter().zip((0u8..).step_by(2)) {
        // Each channel begins with the port that it is for, the data's and the errors'.
        channels.send(number, &port.to_le_bytes()).await?;
        channels.send(number + 1, &port.to_le_bytes()).await?;
        visitors.push(Visitor::new(pod, *port));
    }
    let mut open = visitors.len();
    while open > 0 {
        let Received::Data(number, bytes) = channels.receive().await? else { continue };
        let Some(visitor) = visitors.get_mut(usize::from(number / 2)).filter(|_| number % 2 == 0) else { continue };
        let (out, last) = visitor.hear(&bytes);
        if !out.is_empty() {
            channels.send(number, &out).await?;
        }
        open -= usize::from(last);
    }
    channels.close().await;
    Some(())
}

async fn tunnel<S: AsyncRead + AsyncWrite + Unpin>(mut socket: WebSocketStream<S>, pod: &str) -> Option<()> {
    let mut session = Session::new(pod);
    while let Some(Ok(message)) = socket.next().await {
        let Message::Binary(bytes) = message else { continue };
        let Some(out) = session.hear(&bytes) else { break };
        if !out.is_empty() {
            socket.send(Message::binary(out)).await.ok()?;
        }
    }
    socket.close(Some(goodbye())).await.ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test says what it expects and stops there")]
mod tests {
    use super::*;
    use tokio_tungstenite::tungstenite::protocol::Role;

    #[tokio::test]
    async fn each_port_has_two_channels() {
        let (near, far) = tokio::io::duplex(1 << 16);
        let server = WebSocketStream::from_raw_socket(far, Role::Server, None).await;
        tokio::spawn(async move { channels(Channels::new(server, "v4.channel.k8s.io"), "web-x", &[80, 8443]).await });
        let mut client = WebSocketStream::from_raw_socket(near, Role::Client, None).await;
        for begin in [&[0u8, 80, 0], &[1, 80, 0], &[2, 0xfb, 0x20], &[3, 0xfb, 0x20]] {
            assert_eq!(client.next().await.unwrap().unwrap().into_data(), begin.as_slice());
        }
        client.send(Message::binary(b"\x02GET / HTTP/1.1\r\nConnection: close\r\n\r\n".to_vec())).await.unwrap();
        let answer = client.next().await.unwrap().unwrap().into_data();
        assert!(answer.starts_with(b"\x02HTTP/1.1 200 OK") && answer.ends_with(b"pod web-x, port 8443, of the demo fleet.\nGET /\n"));
        client.send(Message::binary(b"\x00hello".to_vec())).await.unwrap();
        assert_eq!(client.next().await.unwrap().unwrap().into_data(), b"\x00hello".as_slice());
    }

    #[test]
    fn ports_are_numbers() {
        assert_eq!(ports("ports=80&ports=8443,9000").unwrap(), [80, 8443, 9000]);
        assert_eq!(ports("ports=0").unwrap_err().message, r#"port "0" must be > 0"#);
        assert!(ports("").is_err() && ports("ports=x").is_err());
    }
}
