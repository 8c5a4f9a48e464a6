//! HTTP/1.1 (RFC 9112) as far as a witness needs it: small requests of a stated length, each answered at once.
//!
//! A connection has a thread; there are only so many. A request must be there within a time from its first
//! wait on, however slowly it comes, and within a size; else it is refused and its connection ends.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How many connections are open at once.
const MAX_CONNECTIONS: usize = 64;
/// How many requests a connection may bring.
const MAX_REQUESTS: usize = 100;
/// The longest head of a request, in bytes, and the most fields in it.
const MAX_HEAD: usize = 8 << 10;
const MAX_FIELDS: usize = 64;
/// The longest body: a note of 64 KiB, 63 hashes and the first line.
const MAX_BODY: usize = 72 << 10;
/// The time for a request to come, and for an answer to go.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often it is looked whether to stop.
const PAUSE: Duration = Duration::from_millis(50);
/// How much of a refused request is read to its end, so that its sender gets to read the answer.
const LINGER: usize = 1 << 20;

/// A request.
pub(super) struct Request {
    pub(super) method: String,
    /// The path, as it was sent.
    pub(super) path: String,
    pub(super) body: Vec<u8>,
}

/// An answer.
pub(super) struct Response {
    status: u16,
    kind: &'static str,
    body: String,
    /// What only the log of requests says.
    because: String,
}

impl Response {
    pub(super) fn new(status: u16, kind: &'static str, body: String) -> Self {
        Self { status, kind, body, because: String::new() }
    }

    pub(super) fn because(self, why: &str) -> Self {
        Self { because: format!(" {why}"), ..self }
    }

    fn refusal(status: u16) -> Self {
        Self::new(status, "text/plain", format!("{}\n", reason(status)))
    }
}

type Handler<'a> = &'a (dyn Fn(&Request) -> Response + Sync);
type Teller<'a> = &'a (dyn Fn(&str) + Sync);
type Stop<'a> = &'a (dyn Fn() -> bool + Sync);

/// Answers requests until it is to stop; those that are under way are answered then.
///
/// # Errors
/// The listener fails.
pub(super) fn serve(
    listener: &TcpListener,
    handler: Handler<'_>,
    tell: Teller<'_>,
    stop: Stop<'_>,
) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let open = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        while !stop() {
            let (stream, peer) = match listener.accept() {
                Ok(accepted) => accepted,
                // What only one connection is about is no reason to leave the others.
                Err(_) => {
                    std::thread::sleep(PAUSE);
                    continue;
                }
            };
            let connection = Connection { stream, peer, handler, tell, stop };
            if open.fetch_add(1, Ordering::SeqCst) >= MAX_CONNECTIONS {
                open.fetch_sub(1, Ordering::SeqCst);
                connection.turn_away();
                continue;
            }
            let open = &open;
            let spawned = std::thread::Builder::new().spawn_scoped(scope, move || {
                let _ = connection.answer_all();
                open.fetch_sub(1, Ordering::SeqCst);
            });
            if spawned.is_err() {
                open.fetch_sub(1, Ordering::SeqCst);
            }
        }
    });
    Ok(())
}

struct Connection<'a> {
    stream: TcpStream,
    peer: SocketAddr,
    handler: Handler<'a>,
    tell: Teller<'a>,
    stop: Stop<'a>,
}

/// What came of waiting for a request.
enum Came {
    /// A request, and whether the connection goes on after it.
    Whole(Request, bool),
    /// Something that is answered with this status.
    Refused(u16),
    /// The other side is gone, or nothing came.
    Nothing,
}

impl Connection<'_> {
    fn answer_all(&self) -> io::Result<()> {
        self.stream.set_nonblocking(false)?;
        self.stream.set_nodelay(true)?;
        self.stream.set_write_timeout(Some(PATIENCE))?;
        let mut buffer = Vec::new();
        for number in 1..=MAX_REQUESTS {
            match self.request(&mut buffer)? {
                Came::Nothing => return Ok(()),
                Came::Refused(status) => {
                    self.answer(&Response::refusal(status), "-", false)?;
                    return self.linger();
                }
                Came::Whole(request, more) => {
                    let more = more && number < MAX_REQUESTS && !(self.stop)();
                    let what = format!("{} {}", request.method, request.path);
                    self.answer(&(self.handler)(&request), &what, more)?;
                    if !more {
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }

    /// Waits for a request; what came of the next one stays in the buffer.
    fn request(&self, buffer: &mut Vec<u8>) -> io::Result<Came> {
        let until = Instant::now() + PATIENCE;
        let mut told_to_go_on = false;
        loop {
            match head(buffer) {
                Head::Partial if buffer.len() > MAX_HEAD => return Ok(Came::Refused(431)),
                Head::Partial => {}
                Head::Refused(status) => return Ok(Came::Refused(status)),
                Head::Whole { request, len, body, more, expects } => {
                    let end = len.saturating_add(body);
                    if let Some(bytes) = buffer.get(len..end) {
                        let request = Request { body: bytes.to_vec(), ..request };
                        buffer.drain(..end);
                        return Ok(Came::Whole(request, more));
                    }
                    if expects && !told_to_go_on {
                        (&self.stream).write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
                        told_to_go_on = true;
                    }
                }
            }
            match self.read(until)? {
                Some(bytes) if !bytes.is_empty() => buffer.extend(bytes),
                Some(_) => return Ok(Came::Nothing),
                None if buffer.is_empty() => return Ok(Came::Nothing),
                None => return Ok(Came::Refused(408)),
            }
        }
    }

    /// What has come; nothing at the end of the stream, `None` when the time is over or it is to stop.
    fn read(&self, until: Instant) -> io::Result<Option<Vec<u8>>> {
        let mut bytes = vec![0; 8 << 10];
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || (self.stop)() {
                return Ok(None);
            }
            self.stream.set_read_timeout(Some(left.min(PAUSE)))?;
            match (&self.stream).read(&mut bytes) {
                Ok(read) => {
                    bytes.truncate(read);
                    return Ok(Some(bytes));
                }
                Err(e) => match e.kind() {
                    ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted => {}
                    _ => return Err(e),
                },
            }
        }
    }

    fn answer(&self, response: &Response, what: &str, more: bool) -> io::Result<()> {
        let Response { status, kind, body, because } = response;
        (self.tell)(&format!("{} {what} {status}{because}", self.peer));
        let head = [
            format!("HTTP/1.1 {status} {}", reason(*status)),
            format!("Content-Type: {kind}"),
            format!("Content-Length: {}", body.len()),
            if more { "Connection: keep-alive" } else { "Connection: close" }.to_owned(),
            if *status == 405 {
                "Allow: POST".to_owned()
            } else {
                "Cache-Control: no-store".to_owned()
            },
        ];
        (&self.stream).write_all(format!("{}\r\n\r\n{body}", head.join("\r\n")).as_bytes())
    }

    /// Reads what a refused sender still sends, within bounds: closing at once would take the answer away.
    fn linger(&self) -> io::Result<()> {
        self.stream.shutdown(Shutdown::Write)?;
        let until = Instant::now() + Duration::from_secs(1);
        let mut read = 0;
        while let Some(bytes) = self.read(until)?.filter(|bytes| !bytes.is_empty()) {
            read += bytes.len();
            if read > LINGER {
                break;
            }
        }
        Ok(())
    }

    /// There are too many connections.
    fn turn_away(&self) {
        let _ = self
            .stream
            .set_nonblocking(false)
            .and_then(|()| self.stream.set_write_timeout(Some(PAUSE)))
            .and_then(|()| self.answer(&Response::refusal(503), "-", false));
    }
}

/// The head of a request, as far as it is there.
enum Head {
    Partial,
    Refused(u16),
    Whole {
        /// Without its body.
        request: Request,
        /// The length of the head and of the body.
        len: usize,
        body: usize,
        /// Whether the connection goes on.
        more: bool,
        /// Whether the sender waits to be told to go on.
        expects: bool,
    },
}

fn head(buffer: &[u8]) -> Head {
    let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut parsed = httparse::Request::new(&mut fields);
    let len = match parsed.parse(buffer) {
        Ok(httparse::Status::Complete(len)) => len,
        Ok(httparse::Status::Partial) => return Head::Partial,
        Err(httparse::Error::TooManyHeaders) => return Head::Refused(431),
        Err(httparse::Error::Version) => return Head::Refused(505),
        Err(_) => return Head::Refused(400),
    };
    if len > MAX_HEAD {
        return Head::Refused(431);
    }
    let (Some(method), Some(path)) = (parsed.method, parsed.path) else {
        return Head::Refused(400);
    };
    let values = |name: &str| {
        let named = parsed.headers.iter().filter(|field| field.name.eq_ignore_ascii_case(name));
        named
            .map(|field| String::from_utf8_lossy(field.value).trim().to_owned())
            .collect::<Vec<_>>()
    };
    // A body whose length is not stated once, in one way, could end in two places.
    if !values("Transfer-Encoding").is_empty() {
        return Head::Refused(411);
    }
    let body = match values("Content-Length").as_slice() {
        [] if method == "POST" => return Head::Refused(411),
        [] => 0,
        [length] if length.bytes().all(|byte| byte.is_ascii_digit()) => match length.parse() {
            Ok(length) if length <= MAX_BODY => length,
            _ => return Head::Refused(413),
        },
        _ => return Head::Refused(400),
    };
    let closes =
        |value: &String| value.split(',').any(|word| word.trim().eq_ignore_ascii_case("close"));
    let more = parsed.version == Some(1) && !values("Connection").iter().any(closes);
    let expects = values("Expect").iter().any(|value| value.eq_ignore_ascii_case("100-continue"));
    let request = Request { method: method.to_owned(), path: path.to_owned(), body: Vec::new() };
    Head::Whole { request, len, body, more, expects }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        409 => "Conflict",
        411 => "Length Required",
        413 => "Content Too Large",
        422 => "Unprocessable Content",
        431 => "Request Header Fields Too Large",
        503 => "Service Unavailable",
        505 => "HTTP Version Not Supported",
        _ => "Internal Server Error",
    }
}
