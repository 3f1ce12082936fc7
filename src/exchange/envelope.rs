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
    /// Another element, of whatever namespace, stands in it.
    pub(super) holds_elements: bool,
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
    // The content that is open, until its end tag.
    let mut content: Option<Content> = None;
    loop {
        if let Some(open) = &mut content {
            reader.get_mut().content = true;
            open.stream(&mut reader.stream())?;
            reader.get_mut().content = false;
        }
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
                if content.is_some() {
                    return Err(inside_content());
                }
                if let Some(node) = state.start(&start)? {
                    content = Some(Content::new(node, &state)?);
                }
            }
            Event::Empty(start) => {
                if content.is_some() {
                    return Err(inside_content());
                }
                if let Some(node) = state.start(&start)? {
                    let content = Content::new(node, &state)?;
                    state.keep(content)?;
                }
                state.end();
            }
            Event::End(_) => {
                if let Some(content) = content.take() {
                    state.keep(content)?;
                }
                state.end();
            }
            Event::CData(text) => match &mut content {
                Some(content) => content.add(text.as_bytes())?,
                None => state.text(&text.xml10_content()),
            },
            Event::Text(text) => state.text(&text.xml10_content()),
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
        if let Some(Some(parent)) = self.open.last()
            && let Some(node) = self.nodes.get_mut(*parent)
        {
            node.holds_elements = true;
        }
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

    /// A content that is whole.
    fn keep(&mut self, content: Content) -> Result<(), Error> {
        if let Some(node) = self.nodes.get_mut(content.node) {
            node.content = Some(self.contents.len());
        }
        self.contents.push(content.finish()?);
        Ok(())
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

/// Readers differ in what they take for the text around another element: refused.
fn inside_content() -> Error {
    ExchangeFault::Field {
        element: CONTENT,
        problem: "holds another element where text belongs",
    }
    .into()
}

/// The content of an attachment while it is read: base64 that comes in pieces, between which
/// comments and processing instructions may stand.
struct Content {
    node: usize,
    number: usize,
    spool: Spooling,
    /// Base64 that is not decoded yet, without white space.
    text: Vec<u8>,
    octets: Vec<u8>,
}

impl Content {
    fn new(node: usize, state: &State<'_>) -> Result<Self, Error> {
        let limits = &state.options.limits;
        let number = state.contents.len().saturating_add(1);
        if number > limits.attachments {
            return Err(Error::limit(
                "exchange attachments",
                limits.attachments as u64,
            ));
        }
        Ok(Self {
            node,
            number,
            spool: Spooling::new(state.options.folder.as_deref(), limits.attachment)?,
            text: Vec::with_capacity(80 << 10),
            octets: vec![0; 60 << 10],
        })
    }

    /// Takes what comes before the next tag, which stays.
    fn stream(&mut self, stream: &mut impl BufRead) -> Result<(), Error> {
        loop {
            let buffer = stream.fill_buf().map_err(|error| io_error(&error))?;
            if buffer.is_empty() {
                return Err(ExchangeFault::Xml("it ends inside an attachment".to_owned()).into());
            }
            let end = memchr::memchr(b'<', buffer);
            let take = end.unwrap_or(buffer.len());
            self.add(buffer.get(..take).unwrap_or_default())?;
            stream.consume(take);
            if end.is_some() {
                return Ok(());
            }
        }
    }

    fn add(&mut self, part: &[u8]) -> Result<(), Error> {
        // Whole lines at once: attachments are large.
        for line in part.split(|octet| matches!(octet, b'\n' | b'\r' | b' ' | b'\t')) {
            self.text.extend_from_slice(line);
        }
        if self.text.len() >= 64 << 10 {
            self.flush(false)?;
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Spool, Error> {
        self.flush(true)?;
        self.spool.finish()
    }

    fn flush(&mut self, last: bool) -> Result<(), Error> {
        let wrong = || Error::new(ExchangeFault::Base64 { index: self.number });
        // The last group alone may be padded; it is kept until the end is known.
        let ready = if last {
            self.text.len()
        } else {
            self.text.len().saturating_sub(4) / 4 * 4
        };
        let mut pieces = self
            .text
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
                .decode_slice(piece, &mut self.octets)
                .map_err(|_| wrong())?;
            self.spool
                .write(self.octets.get(..count).unwrap_or_default())?;
        }
        self.text.drain(..ready);
        Ok(())
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
