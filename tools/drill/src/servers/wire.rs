//! A stream that breaks after a given number of bytes, in the middle of whatever is under way.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

/// How many bytes still go through; nothing means all.
pub type Left = Option<usize>;

/// A connection that can be cut.
#[derive(Debug)]
pub struct Wire {
    stream: TcpStream,
    /// How much is still read before it breaks.
    pub reading: Left,
    /// How much is still written before it breaks: the other side gets a part of a frame.
    pub writing: Left,
}

impl Wire {
    /// A whole one.
    pub fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            reading: None,
            writing: None,
        }
    }
}

fn broken() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionReset, "cut on purpose")
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Some(left) = self.reading else {
            return Pin::new(&mut self.stream).poll_read(context, buffer);
        };
        if left == 0 {
            return Poll::Ready(Err(broken()));
        }
        let mut part = buffer.take(left);
        let polled = Pin::new(&mut self.stream).poll_read(context, &mut part);
        let read = part.filled().len();
        // `part` shares the memory of `buffer`, which does not know yet what was put there.
        let bytes = part.filled().to_vec();
        if read > 0 {
            buffer.put_slice(&bytes);
            self.reading = Some(left - read);
        }
        polled
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let Some(left) = self.writing else {
            return Pin::new(&mut self.stream).poll_write(context, bytes);
        };
        if left == 0 {
            return Poll::Ready(Err(broken()));
        }
        let part = &bytes[..bytes.len().min(left)];
        let polled = Pin::new(&mut self.stream).poll_write(context, part);
        if let Poll::Ready(Ok(written)) = &polled {
            self.writing = Some(left - written);
        }
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
