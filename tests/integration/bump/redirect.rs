//! A redirect to another host: the token must not go there.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};

use crate::support::action::Action;

/// A server that answers every request with `answer`, and the heads of the requests that it got.
fn server(address: &str, answer: impl Fn() -> String + Send + 'static) -> (String, Receiver<String>) {
    let listener = TcpListener::bind((address, 0)).unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let (send, receive) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let _ = send.send(head(&stream));
            let _ = (&stream).write_all(answer().as_bytes());
        }
    });
    (base, receive)
}

fn head(mut stream: &TcpStream) -> String {
    let mut head = Vec::new();
    let mut byte = [0_u8; 1];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
        head.push(byte[0]);
    }
    String::from_utf8_lossy(&head).to_ascii_lowercase()
}

#[test]
fn the_token_stays_with_the_host_of_the_api() {
    for status in ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let elsewhere_answer = "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        let (elsewhere, got_elsewhere) = server("127.0.0.2", || elsewhere_answer.to_owned());
        let answer = format!(
            "HTTP/1.1 {status}\r\nlocation: {elsewhere}/taken\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        );
        let (api, got) = server("127.0.0.1", move || answer.clone());
        for graphql in ["rest", "graphql"] {
            Action::bare()
                .env("GITHUB_API_URL", &api)
                .env("GITHUB_GRAPHQL_URL", format!("{api}/graphql"))
                .args(&["bump", "--config-repo", "o/r", "--path", "p", "--image", "app", "--tag", "2"])
                .args(&["--timeout", "2s", "--github-api", graphql])
                .env("INPUT_TOKEN", "ghs_secret")
                .run();
        }
        assert!(got.try_iter().any(|head| head.contains("authorization: bearer ghs_secret")), "the API gets it");
        for head in got_elsewhere.try_iter() {
            assert!(!head.contains("ghs_secret"), "{status}: {head}");
        }
    }
}
