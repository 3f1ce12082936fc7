//! Requests as bytes → answers: a client that can also be wrong on purpose.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

/// One connection.
pub struct Client {
    stream: BufReader<TcpStream>,
}

/// One response.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{}", self.text()))
    }
}

impl Client {
    pub fn new(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        // Head and body are two writes; the second must not wait for the first one's receipt.
        stream.set_nodelay(true).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(60)))
            .unwrap();
        Self {
            stream: BufReader::new(stream),
        }
    }

    pub fn write(&mut self, octets: &[u8]) {
        self.stream.get_mut().write_all(octets).unwrap();
    }

    /// As [`Client::write`], of a client that does not care whether the other side still listens.
    pub fn try_write(&mut self, octets: &[u8]) -> bool {
        self.stream.get_mut().write_all(octets).is_ok()
    }

    /// The next response; `None` when the connection ends instead.
    pub fn answer(&mut self) -> Option<Answer> {
        self.answer_to("GET")
    }

    pub fn answer_to(&mut self, method: &str) -> Option<Answer> {
        let mut line = String::new();
        let mut headers = Vec::new();
        self.stream.read_line(&mut line).ok()?;
        let status = line.split(' ').nth(1)?.parse().ok()?;
        loop {
            line.clear();
            self.stream.read_line(&mut line).ok()?;
            let Some((name, value)) = line.trim_end().split_once(": ") else {
                break;
            };
            headers.push((name.to_owned(), value.to_owned()));
        }
        let mut answer = Answer {
            status,
            headers,
            body: Vec::new(),
        };
        let length = answer
            .header("content-length")
            .map(|text| text.parse().unwrap());
        if status != 100 && method != "HEAD" {
            answer.body = vec![0; length.unwrap_or(0)];
            self.stream.read_exact(&mut answer.body).ok()?;
        }
        Some(answer)
    }

    /// Whether the other side has ended the connection, or does so soon.
    pub fn ended(&mut self) -> bool {
        let mut rest = Vec::new();
        self.stream.read_to_end(&mut rest).is_ok() && rest.is_empty()
    }

    /// What still comes before the connection ends or breaks.
    pub fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        // A reset is an end too.
        let _ = self.stream.read_to_end(&mut rest);
        rest
    }

    pub fn get(&mut self, address: &str) -> Answer {
        self.write(format!("GET {address} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes());
        self.answer().unwrap()
    }

    pub fn post(&mut self, address: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut head = format!(
            "POST {address} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n",
            body.len()
        );
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        self.write(format!("{head}\r\n").as_bytes());
        self.write(body);
        self.answer().unwrap()
    }

    /// `document` as the one file of a form.
    pub fn send_form(&mut self, name: &str, document: &[u8]) -> Answer {
        let boundary = "----boundary-of-a-test-0123456789";
        let mut body = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
             Content-Type: application/pdf\r\n\r\n"
        )
        .into_bytes();
        body.extend_from_slice(document);
        body.extend(format!("\r\n--{boundary}--\r\n").bytes());
        let kind = format!("multipart/form-data; boundary={boundary}");
        self.post("/v1/verify", &[("content-type", &kind)], &body)
    }
}
