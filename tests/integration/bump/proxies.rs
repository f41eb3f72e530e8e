//! The way to GitHub through a proxy, as curl would go it: a tunnel for https, asked in full for plain http.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};

use rcgen::{CertifiedKey, generate_simple_self_signed};

use crate::support::action::Action;
use crate::support::forge::{Forge, KUSTOMIZATION};

/// Copies both ways until either side ends.
fn join(client: TcpStream, server: TcpStream) {
    let (mut from_client, mut to_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut from_client, &mut to_server);
        let _ = to_server.shutdown(std::net::Shutdown::Both);
    });
    let (mut from_server, mut to_client) = (server, client);
    let _ = std::io::copy(&mut from_server, &mut to_client);
    let _ = to_client.shutdown(std::net::Shutdown::Both);
}

fn head(stream: &mut impl std::io::Read) -> String {
    let mut head = Vec::new();
    let mut byte = [0_u8; 1];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
        head.push(byte[0]);
    }
    String::from_utf8_lossy(&head).into_owned()
}

/// A proxy on loopback that sends everything to `behind`, whatever name it is asked for, and the heads it was asked with.
fn proxy(behind: SocketAddr, wanted: Option<&'static str>) -> (SocketAddr, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (send, receive) = channel();
    std::thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            let send = send.clone();
            std::thread::spawn(move || {
                let head = head(&mut client);
                let _ = send.send(head.clone());
                if wanted.is_some_and(|wanted| {
                    !head.contains(&format!("roxy-authorization: {wanted}").to_lowercase())
                        && !head.contains(&format!("Proxy-Authorization: {wanted}"))
                }) {
                    let _ =
                        client.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n");
                    return;
                }
                let mut server = TcpStream::connect(behind).unwrap();
                if head.starts_with("CONNECT ") {
                    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").unwrap();
                } else {
                    // One request a connection will do: the path alone, as a server wants it.
                    let (line, rest) = head.split_once("\r\n").unwrap();
                    let mut words = line.split(' ');
                    let (method, url) = (words.next().unwrap(), words.next().unwrap());
                    let path = &url["http://".len()..];
                    let path = &path[path.find('/').unwrap()..];
                    server
                        .write_all(format!("{method} {path} HTTP/1.1\r\nconnection: close\r\n{rest}").as_bytes())
                        .unwrap();
                }
                join(client, server);
            });
        }
    });
    (address, receive)
}

/// TLS for the double, for the name `github.test`; returns its address and its certificate in PEM.
fn with_tls(behind: SocketAddr) -> (SocketAddr, String) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(vec!["github.test".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let config = config.clone();
            std::thread::spawn(move || {
                let session = rustls::ServerConnection::new(config).unwrap();
                exchange(rustls::StreamOwned::new(session, client), behind);
            });
        }
    });
    (address, cert.pem())
}

/// One request and its answer, over TLS in front and plain behind.
fn exchange(mut client: rustls::StreamOwned<rustls::ServerConnection, TcpStream>, behind: SocketAddr) {
    let head = head(&mut client);
    let Some((line, rest)) = head.split_once("\r\n") else { return };
    let length = rest.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ").map(str::to_owned));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    client.read_exact(&mut body).unwrap();
    let mut server = TcpStream::connect(behind).unwrap();
    server.write_all(format!("{line}\r\nconnection: close\r\n{rest}").as_bytes()).unwrap();
    server.write_all(&body).unwrap();
    let mut answer = Vec::new();
    let _ = server.read_to_end(&mut answer);
    if client.write_all(&answer).is_ok() {
        client.conn.send_close_notify();
        let _ = client.flush();
    }
}

fn address(forge: &Forge) -> SocketAddr {
    forge.double.api_url().trim_start_matches("http://").parse().unwrap()
}

fn bump(forge: &Forge, api: &str) -> Action {
    let action = forge.at(api, &format!("{api}/graphql")).input("mode", "bump").input("path", "prod");
    action.input("image", "app").input("tag", "v2").input("timeout", "10s")
}

#[test]
fn https_goes_through_a_tunnel_that_sees_nothing_of_the_token() {
    for api in ["graphql", "rest"] {
        let forge = Forge::with_prod();
        let (server, certificate) = with_tls(address(&forge));
        let (proxy, asked) = proxy(server, Some("Basic dXNlcjpwQHNz"));
        let action = bump(&forge, "https://github.test").file("ca.pem", &certificate).input("github-api", api);
        let ca = action.workspace().join("ca.pem");
        let ran =
            action.env("SSL_CERT_FILE", ca).env("HTTPS_PROXY", format!("http://user:p%40ss@{proxy}")).run().exits(0);
        assert_eq!(ran.output("result"), "committed");
        assert_eq!(forge.read("prod/kustomization.yaml"), KUSTOMIZATION.replace("v1", "v2"));
        let heads: Vec<String> = asked.try_iter().collect();
        assert!(!heads.is_empty());
        for head in heads {
            assert!(head.starts_with("CONNECT github.test:443 HTTP/1.1\r\n"), "{head}");
            assert!(!head.contains("ghs_writer"), "{head}");
        }
        assert!(!ran.everything.contains("p@ss") && !ran.everything.contains("p%40ss"), "{}", ran.everything);
    }
}

#[test]
fn plain_http_is_asked_of_the_proxy_in_full() {
    let forge = Forge::with_prod();
    let (proxy, asked) = proxy(address(&forge), None);
    let ran = bump(&forge, "http://github.test").env("http_proxy", proxy.to_string()).run().exits(0);
    assert_eq!(ran.output("result"), "committed");
    assert!(asked.try_iter().any(|head| head.starts_with("POST http://github.test/graphql HTTP/1.1\r\n")));
}

#[test]
fn hosts_of_no_proxy_are_reached_directly() {
    let forge = Forge::with_prod();
    let (proxy, asked) = proxy(address(&forge), None);
    let api = forge.double.api_url().to_owned();
    let action = bump(&forge, &api).env("http_proxy", proxy.to_string()).env("NO_PROXY", "example.com,127.0.0.0/8");
    action.run().exits(0);
    assert_eq!(asked.try_iter().count(), 0);
}

#[test]
fn a_proxy_that_refuses_is_named_and_its_password_is_not() {
    let forge = Forge::with_prod();
    let (proxy, _asked) = proxy(address(&forge), Some("Basic other"));
    let action = bump(&forge, "https://github.test").env("HTTPS_PROXY", format!("http://user:sesame@{proxy}"));
    let ran = action.input("timeout", "2s").run().exits(7);
    assert!(ran.log().contains(&format!("github.test through the proxy {proxy}")), "{}", ran.log());
    assert!(ran.log().contains("proxy authorization required"), "{}", ran.log());
    assert!(!ran.everything.contains("sesame"));
    let ran = bump(&forge, "https://github.test").env("HTTPS_PROXY", "socks5://user:sesame@127.0.0.1:1").run().exits(2);
    assert!(ran.log().contains("HTTPS_PROXY") && !ran.everything.contains("sesame"), "{}", ran.log());
}

#[test]
fn a_redirect_on_the_same_host_is_followed_with_the_token() {
    let forge = Forge::with_prod();
    let behind = address(&forge);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let front = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let head = head(&mut client);
                let (line, rest) = head.split_once("\r\n").unwrap();
                if let Some((method, path)) = line.split_once(" /repos/acme/old/") {
                    // What was sent with it is still to be read; a renamed repository is known by its number.
                    let path = path.trim_end_matches(" HTTP/1.1");
                    let length = rest
                        .lines()
                        .find_map(|line| line.to_lowercase().strip_prefix("content-length: ").map(str::to_owned));
                    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
                    client.read_exact(&mut body).unwrap();
                    let status = if method == "GET" { "301 Moved Permanently" } else { "307 Temporary Redirect" };
                    let to = format!("http://{front}/repos/acme/config/{path}");
                    let answer = format!(
                        "HTTP/1.1 {status}\r\nlocation: {to}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                    );
                    client.write_all(answer.as_bytes()).unwrap();
                    return;
                }
                let mut server = TcpStream::connect(behind).unwrap();
                let line = line.replace("/repos/acme/old ", "/repos/acme/config ");
                server.write_all(format!("{line}\r\nconnection: close\r\n{rest}").as_bytes()).unwrap();
                join(client, server);
            });
        }
    });
    let api = format!("http://{front}");
    let ran = bump(&forge, &api).input("github-api", "rest").input("config-repo", "acme/old").run().exits(0);
    assert_eq!(ran.output("result"), "committed");
    assert_eq!(forge.read("prod/kustomization.yaml"), KUSTOMIZATION.replace("v1", "v2"));
}
