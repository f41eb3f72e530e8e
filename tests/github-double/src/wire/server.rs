//! Sockets and connections: takes requests in, plays faults, sends answers. Runs every request to its end
//! even when the client has gone, as GitHub does.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::answer::Answer;
use super::fault::{self, Effect, Failure};
use super::log::Entry;
use super::request::{Face, Request};
use crate::control;
use crate::router;
use crate::world::World;

/// The world behind its lock.
pub type Shared = Arc<Mutex<World>>;

/// Takes the lock; a test that panicked while holding it must not hide its own message.
pub fn lock(world: &Shared) -> MutexGuard<'_, World> {
    world.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Serves one face until told to stop.
pub async fn serve(listener: TcpListener, face: Face, world: Shared, mut stop: watch::Receiver<bool>) {
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted { Ok((stream, _)) => stream, Err(_) => continue },
            _ = stop.changed() => return,
        };
        let _ = stream.set_nodelay(true);
        let world = Arc::clone(&world);
        let mut stopped = stop.clone();
        tokio::spawn(async move {
            let cut = Arc::new(AtomicBool::new(false));
            let io = TokioIo::new(Wire { stream, cut: Arc::clone(&cut) });
            let service = service_fn(move |request| answer(Arc::clone(&world), face, request, Arc::clone(&cut)));
            let connection = http1::Builder::new().serve_connection(io, service);
            tokio::select! { _ = connection => {}, _ = stopped.changed() => {} }
        });
    }
}

/// What goes back to the client.
enum Outcome {
    Sent(Answer),
    Truncated(Answer),
    Reset,
    Closed,
}

async fn answer(
    world: Shared,
    face: Face,
    request: hyper::Request<Incoming>,
    cut: Arc<AtomicBool>,
) -> Result<Response<Sending>, std::io::Error> {
    let (parts, body) = request.into_parts();
    let Ok(body) = body.collect().await else { return Err(std::io::ErrorKind::ConnectionAborted.into()) };
    let request = Request::new(face, &parts, body.to_bytes());
    if let Some(answer) = control(&world, &request) {
        return Ok(plain(&answer));
    }
    // On its own task: a client that hangs up does not stop what it has asked for.
    let task = tokio::spawn(async move {
        let index = begin(&world, &request);
        let outcome = play(&world, &request, index).await;
        finish(&world, &request, index, outcome)
    });
    match task.await {
        Ok(Some(response)) => Ok(response),
        Ok(None) => {
            cut.store(true, Ordering::SeqCst);
            Err(std::io::ErrorKind::ConnectionReset.into())
        }
        Err(_) => Ok(plain(&Answer::error(500, "Server Error"))),
    }
}

/// Control requests are no part of the story: no faults, no log.
fn control(world: &Shared, request: &Request) -> Option<Answer> {
    let mut world = lock(world);
    (request.is_control() && world.switches.control).then(|| control::answer(&mut world, request))
}

fn begin(world: &Shared, request: &Request) -> usize {
    let mut world = lock(world);
    let operation = crate::graphql::operations(request).into_iter().next();
    let at = world.started.elapsed().as_millis();
    world.log.begin(Entry::new(request, operation, at))
}

async fn play(world: &Shared, request: &Request, index: usize) -> Outcome {
    let (effect, latency) = draw(world, request, index);
    pause(latency).await;
    match effect {
        None => Outcome::Sent(handle(world, request).await),
        Some(Effect::Slow(by)) => {
            pause(by).await;
            Outcome::Sent(handle(world, request).await)
        }
        Some(Effect::Before(Failure::Truncated)) | Some(Effect::After(Failure::Truncated)) => {
            Outcome::Truncated(handle(world, request).await)
        }
        Some(Effect::Before(failure)) => fail(&failure, request).await,
        Some(Effect::After(failure)) => {
            handle(world, request).await;
            fail(&failure, request).await
        }
    }
}

fn draw(world: &Shared, request: &Request, index: usize) -> (Option<Effect>, Duration) {
    let mut world = lock(world);
    let operations = crate::graphql::operations(request);
    let effect = fault::take(&mut world.faults, request, &operations)
        .or_else(|| world.chaos.as_mut().and_then(|chaos| chaos.draw(request)));
    if let Some(entry) = world.log.entry(index) {
        entry.fault = effect.as_ref().map(|effect| format!("{effect:?}"));
    }
    (effect, world.switches.latency)
}

async fn pause(by: Duration) {
    if !by.is_zero() {
        tokio::time::sleep(by).await;
    }
}

async fn fail(failure: &Failure, request: &Request) -> Outcome {
    match failure.answer(request.is_graphql()) {
        Some(answer) => Outcome::Sent(answer),
        None => {
            if let Failure::Hang(by) = failure {
                pause(*by).await;
                return Outcome::Closed;
            }
            Outcome::Reset
        }
    }
}

/// Contents writes read the head first and move it later, so that two of them can truly collide.
async fn handle(world: &Shared, request: &Request) -> Answer {
    let (planned, window) = {
        let mut world = lock(world);
        (router::plan(&mut world, request), world.switches.race_window)
    };
    if planned.is_some() {
        pause(window).await;
    }
    router::handle(&mut lock(world), request, planned)
}

fn finish(world: &Shared, request: &Request, index: usize, outcome: Outcome) -> Option<Response<Sending>> {
    let mut world = lock(world);
    let response = match outcome {
        Outcome::Reset | Outcome::Closed => None,
        Outcome::Sent(answer) => {
            let answer = router::complete(&mut world, request, answer);
            let size = answer.encode().0.len();
            if let Some(entry) = world.log.entry(index) {
                entry.answered(&answer, size);
            }
            Some(plain(&answer))
        }
        Outcome::Truncated(answer) => {
            let answer = router::complete(&mut world, request, answer);
            Some(sending(&answer, true))
        }
    };
    world.log.finish(index);
    response
}

fn plain(answer: &Answer) -> Response<Sending> {
    sending(answer, false)
}

fn sending(answer: &Answer, truncated: bool) -> Response<Sending> {
    let (bytes, content_type) = answer.encode();
    let mut response = Response::builder().status(answer.status);
    if let Some(content_type) = content_type {
        response = response.header("content-type", content_type);
    }
    for (name, value) in &answer.headers {
        response = response.header(name, value);
    }
    response.body(Sending::new(bytes, truncated)).expect("the double sends well-formed headers")
}

/// A body that is sent whole, or breaks off in the middle.
struct Sending {
    bytes: Option<Bytes>,
    total: u64,
    breaks: Option<Pin<Box<tokio::time::Sleep>>>,
}

impl Sending {
    fn new(bytes: Bytes, truncated: bool) -> Self {
        let total = bytes.len() as u64;
        let first = if truncated { bytes.slice(..bytes.len() / 2) } else { bytes };
        let breaks = truncated.then(|| Box::pin(tokio::time::sleep(Duration::from_millis(20))));
        Self { bytes: Some(first).filter(|first| !first.is_empty()), total, breaks }
    }
}

impl Body for Sending {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if let Some(bytes) = self.bytes.take() {
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        let Some(breaks) = &mut self.breaks else { return Poll::Ready(None) };
        breaks.as_mut().poll(cx).map(|()| Some(Err(std::io::ErrorKind::ConnectionReset.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none() && self.breaks.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.total)
    }
}

/// A socket that can be closed with a reset instead of an orderly end.
struct Wire {
    stream: TcpStream,
    cut: Arc<AtomicBool>,
}

impl Drop for Wire {
    fn drop(&mut self) {
        if self.cut.load(Ordering::SeqCst) {
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        if self.cut.load(Ordering::SeqCst) {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
