//! The WebSocket to the server this page came from.

use client::SocketEvent;
use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{BinaryType, CloseEvent, MessageEvent, WebSocket, WorkerGlobalScope};

use crate::inputs::Inputs;

/// At most one socket. What an earlier one still has to say carries its number and is not listened to.
#[derive(Default)]
pub struct Transport {
    number: u32,
    socket: Option<Socket>,
}

struct Socket {
    web: WebSocket,
    _message: Closure<dyn FnMut(MessageEvent)>,
    _close: Closure<dyn FnMut(CloseEvent)>,
}

impl Transport {
    /// The number of the socket that counts.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// A new socket in place of the one there may be. What comes of it arrives in `inputs`.
    pub fn open(&mut self, inputs: &Inputs) {
        self.close();
        self.number += 1;
        if let Some(socket) = Socket::open(self.number, inputs) {
            self.socket = Some(socket);
        } else {
            inputs.socket(self.number, SocketEvent::Closed { code: None });
        }
    }

    /// Hand a frame to the socket. If it is not open the frame is lost, as it would be on the way: the client hears of the
    /// end of the socket and repeats what matters.
    pub fn send(&self, frame: &[u8]) {
        let web = self.socket.as_ref().map(|socket| &socket.web);
        if let Some(web) = web.filter(|web| web.ready_state() == WebSocket::OPEN) {
            let _ = web.send_with_u8_array(frame);
        }
    }

    /// Close the socket; nothing of it is heard any more.
    pub fn close(&mut self) {
        self.socket = None;
        self.number += 1;
    }
}

impl Socket {
    fn open(number: u32, inputs: &Inputs) -> Option<Self> {
        let web = WebSocket::new(&url()?).ok()?;
        web.set_binary_type(BinaryType::Arraybuffer);
        let message = {
            let inputs = inputs.clone();
            Closure::new(move |event: MessageEvent| {
                // Text is no frame; empty bytes are not one either, and the client says so.
                let frame = match event.data().dyn_into::<ArrayBuffer>() {
                    Ok(buffer) => Uint8Array::new(&buffer).to_vec(),
                    Err(_) => Vec::new(),
                };
                inputs.socket(number, SocketEvent::Frame(frame));
            })
        };
        let close = {
            let inputs = inputs.clone();
            Closure::new(move |event: CloseEvent| {
                // 1005 and 1006 are the browser's own words for "no code" (RFC 6455, 7.4.1).
                let code = Some(event.code()).filter(|code| !matches!(code, 1005 | 1006));
                inputs.socket(number, SocketEvent::Closed { code });
            })
        };
        web.set_onmessage(Some(message.as_ref().unchecked_ref()));
        web.set_onclose(Some(close.as_ref().unchecked_ref()));
        Some(Self {
            web,
            _message: message,
            _close: close,
        })
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.web.set_onmessage(None);
        self.web.set_onclose(None);
        let _ = self.web.close();
    }
}

/// The server's socket, from the place the worker's script was loaded from.
fn url() -> Option<String> {
    let scope: WorkerGlobalScope = js_sys::global().dyn_into().ok()?;
    let origin = scope.location().origin();
    let rest = origin.strip_prefix("http")?;
    Some(format!("ws{rest}{}", protocol::socket_path()))
}
