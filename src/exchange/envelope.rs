//! Octets → the elements of a message as a bounded tree, and the contents of attachments, decoded.

use std::io::{self, BufRead};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{NamespaceResolver, ResolveResult};

use super::bounded::{Bounded, Reached};
use super::spool::{Spool, Spooling};
use super::{EnvelopeSignature, LEGACY, NAMESPACE, Options, XML_SIGNATURE, io_fault};
use crate::error::{Error, ExchangeFault};

/// One element of the regulation's namespace.
#[derive(Debug, Default)]
pub(super) struct Node {
    pub(super) name: String,
    pub(super) parent: Option<usize>,
    pub(super) text: String,
    /// `xlink:href`, by whatever prefix.
    pub(super) href: Option<String>,
    /// Index in [`Envelope::contents`].
    pub(super) content: Option<usize>,
}

/// A message, not interpreted.
#[derive(Debug)]
pub(super) struct Envelope {
    /// The root first; each after its parent.
    pub(super) nodes: Vec<Node>,
    pub(super) contents: Vec<Spool>,
    pub(super) signature: EnvelopeSignature,
}

/// The element that holds an attachment.
const CONTENT: &str = "ContentTransferEncoded";

struct State<'o> {
    options: &'o Options,
    namespaces: NamespaceResolver,
    nodes: Vec<Node>,
    contents: Vec<Spool>,
    signature: EnvelopeSignature,
    /// The open elements; `None`: of another namespace.
    open: Vec<Option<usize>>,
    elements: usize,
}

pub(super) fn read(input: impl BufRead, options: &Options) -> Result<Envelope, Error> {
    let limits = &options.limits;
    let bounded = Bounded::new(input, limits.message, limits.envelope, limits.item);
    let mut reader = Reader::from_reader(bounded);
    reader.config_mut().check_comments = true;
    let mut state = State {
        options,
        namespaces: NamespaceResolver::default(),
        nodes: Vec::new(),
        contents: Vec::new(),
        signature: EnvelopeSignature::Absent,
        open: Vec::new(),
        elements: 0,
    };
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        reader.get_mut().next_item();
        let event = reader.read_event_into(&mut buffer).map_err(|e| fault(&e))?;
        match event {
            Event::Decl(declaration) => match declaration.encoding() {
                None => {}
                Some(Ok(name)) if name.eq_ignore_ascii_case("utf-8") => {}
                Some(_) => return Err(ExchangeFault::Encoding.into()),
            },
            Event::DocType(_) => return Err(ExchangeFault::DocumentType.into()),
            Event::Start(start) => {
                let content = state.start(&start)?;
                if let Some(node) = content {
                    drop(start);
                    let number = state.contents.len().saturating_add(1);
                    if number > limits.attachments {
                        return Err(Error::limit(
                            "exchange attachments",
                            limits.attachments as u64,
                        ));
                    }
                    reader.get_mut().content = true;
                    let spool = decode(&mut reader.stream(), number, options)?;
                    reader.get_mut().content = false;
                    if let Some(node) = state.nodes.get_mut(node) {
                        node.content = Some(state.contents.len());
                    }
                    state.contents.push(spool);
                }
            }
            Event::Empty(start) => {
                state.start(&start)?;
                state.end();
            }
            Event::End(_) => state.end(),
            Event::Text(text) => state.text(&text.xml10_content()),
            Event::CData(text) => state.text(&text.xml10_content()),
            Event::GeneralRef(reference) => {
                let name: &str = &reference.xml10_content();
                let character = match reference.resolve_char_ref() {
                    Ok(Some(character)) => character,
                    Ok(None) => match name {
                        "amp" => '&',
                        "lt" => '<',
                        "gt" => '>',
                        "quot" => '"',
                        "apos" => '\'',
                        _ => return Err(ExchangeFault::Entity.into()),
                    },
                    Err(error) => return Err(fault(&error)),
                };
                state.text(character.encode_utf8(&mut [0; 4]));
            }
            Event::Comment(_) | Event::PI(_) => {}
            Event::Eof => break,
        }
    }
    if !state.open.is_empty() {
        return Err(ExchangeFault::Xml("it ends inside an element".to_owned()).into());
    }
    if state.nodes.is_empty() {
        return Err(ExchangeFault::NotEdxml("no element of its namespace").into());
    }
    Ok(Envelope {
        nodes: state.nodes,
        contents: state.contents,
        signature: state.signature,
    })
}

impl State<'_> {
    /// The node when the content of an attachment begins.
    fn start(&mut self, start: &BytesStart<'_>) -> Result<Option<usize>, Error> {
        let limits = &self.options.limits;
        self.elements = self.elements.saturating_add(1);
        if self.elements > limits.elements {
            return Err(Error::limit("exchange elements", limits.elements as u64));
        }
        if self.open.len() >= limits.depth {
            return Err(Error::limit("exchange depth", limits.depth as u64));
        }
        if self.open.is_empty() && self.elements > 1 {
            return Err(ExchangeFault::Xml("two root elements".to_owned()).into());
        }
        let xml = |what: &dyn std::fmt::Display| ExchangeFault::Xml(what.to_string());
        self.namespaces.push(start).map_err(|error| xml(&error))?;
        let (namespace, name) = self.namespaces.resolve_element(start.name());
        let name = name.into_inner();
        let namespace = match namespace {
            ResolveResult::Bound(namespace) => namespace.into_inner(),
            ResolveResult::Unbound => "",
            ResolveResult::Unknown(_) => return Err(xml(&"a prefix is not declared").into()),
        };
        let own = namespace == NAMESPACE
            || self.options.allow_legacy_namespaces && LEGACY.contains(&namespace);
        if name == "Signature" && namespace == XML_SIGNATURE {
            self.signature = EnvelopeSignature::NotChecked;
        } else if own
            && matches!(name, "Signature" | "DigitalSignature")
            && self.signature == EnvelopeSignature::Absent
        {
            self.signature = EnvelopeSignature::Placeholder;
        }
        let mut href = None;
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|error| xml(&error))?;
            let value = attribute
                .normalized_value(quick_xml::XmlVersion::Implicit1_0)
                .map_err(|error| fault(&error))?;
            let (namespace, name) = self.namespaces.resolve_attribute(attribute.key);
            let linked = matches!(
                namespace,
                ResolveResult::Bound(namespace) if namespace.into_inner() == "http://www.w3.org/1999/xlink"
            );
            if linked && name.into_inner() == "href" {
                href = Some(value.into_owned());
            }
        }
        if !own {
            self.open.push(None);
            return Ok(None);
        }
        let index = self.nodes.len();
        let content = name == CONTENT;
        self.nodes.push(Node {
            name: name.to_owned(),
            parent: self.open.iter().rev().find_map(|open| *open),
            href,
            ..Node::default()
        });
        self.open.push(Some(index));
        Ok(content.then_some(index))
    }

    fn end(&mut self) {
        self.namespaces.pop();
        self.open.pop();
    }

    fn text(&mut self, text: &str) {
        if let Some(Some(open)) = self.open.last()
            && let Some(node) = self.nodes.get_mut(*open)
        {
            node.text.push_str(text);
        }
    }
}

/// Base64 up to the next tag, which stays.
fn decode(stream: &mut impl BufRead, number: usize, options: &Options) -> Result<Spool, Error> {
    let wrong = || Error::new(ExchangeFault::Base64 { index: number });
    let mut spool = Spooling::new(options.folder.as_deref(), options.limits.attachment)?;
    let mut text: Vec<u8> = Vec::with_capacity(80 << 10);
    let mut octets = vec![0; 60 << 10];
    let mut flush = |text: &mut Vec<u8>, last: bool| -> Result<(), Error> {
        // The last group alone may be padded; it is kept until the end is known.
        let ready = if last {
            text.len()
        } else {
            text.len().saturating_sub(4) / 4 * 4
        };
        let mut pieces = text
            .get(..ready)
            .unwrap_or_default()
            .chunks(64 << 10)
            .peekable();
        while let Some(piece) = pieces.next() {
            let ends = last && pieces.peek().is_none();
            if !ends && piece.contains(&b'=') {
                return Err(wrong());
            }
            let count = STANDARD
                .decode_slice(piece, &mut octets)
                .map_err(|_| wrong())?;
            spool.write(octets.get(..count).unwrap_or_default())?;
        }
        text.drain(..ready);
        Ok(())
    };
    loop {
        let buffer = stream.fill_buf().map_err(|error| io_error(&error))?;
        if buffer.is_empty() {
            return Err(ExchangeFault::Xml("it ends inside an attachment".to_owned()).into());
        }
        let end = memchr::memchr(b'<', buffer);
        let take = end.unwrap_or(buffer.len());
        let part = buffer.get(..take).unwrap_or_default();
        // Whole lines at once: attachments are large.
        for line in part.split(|octet| matches!(octet, b'\n' | b'\r' | b' ' | b'\t')) {
            text.extend_from_slice(line);
        }
        stream.consume(take);
        if end.is_some() {
            flush(&mut text, true)?;
            return spool.finish();
        }
        if text.len() >= 64 << 10 {
            flush(&mut text, false)?;
        }
    }
}

fn io_error(error: &io::Error) -> Error {
    let reached = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<Reached>());
    match reached {
        Some(reached) => Error::limit(reached.name, reached.max),
        None if error.kind() == io::ErrorKind::InvalidData => ExchangeFault::Encoding.into(),
        None => io_fault(error),
    }
}

fn fault(error: &quick_xml::Error) -> Error {
    use quick_xml::Error as E;
    use quick_xml::escape::EscapeError;
    match error {
        E::Io(error) => io_error(error),
        E::Encoding(_) => ExchangeFault::Encoding.into(),
        E::Escape(EscapeError::UnrecognizedEntity(..)) => ExchangeFault::Entity.into(),
        other => ExchangeFault::Xml(other.to_string()).into(),
    }
}
