//! A page → the characters that its content shows, each with its place; bounded, without recursion.
//!
//! Only text is read (Tj, TJ, ' and "), through forms (Do) too; what is painted, clipped or hidden
//! below other things is not looked at. Made for finding a word on a page, not for verdicts.

mod character_map;
mod encoding;
mod font;

use std::collections::HashMap;
use std::rc::Rc;

use super::lexer::{Lexer, Origin, Token};
use super::object::{Dictionary, Name, Object, ObjectId, PdfString, Span, Stream};
use super::page::Page;
use super::parser;
use super::view::View;
use crate::error::{Error, PdfFault};
use font::Font;

/// One character code as a page shows it, in user space of the page.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// What it stands for: usually one character, more for a ligature, U+FFFD where the font
    /// does not tell.
    pub text: String,
    /// Start of its base line.
    pub start: (f64, f64),
    /// End of its base line: start and advance.
    pub end: (f64, f64),
    /// From the start of the base line up by one font size.
    pub up: (f64, f64),
}

/// The text of one page.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PageText {
    /// Characters in the order of the content.
    pub shown: Vec<Shown>,
    /// Why some text is missing or stands as U+FFFD; `None` when all of it was read.
    pub unread: Option<&'static str>,
    /// Whether a picture or a shading is painted.
    pub picture: bool,
}

/// Reads the text of `form`, a form XObject such as the look of a field, in the space of the form.
///
/// # Errors
/// Content that cannot be decoded or breaks the grammar; limits.
///
/// Source: ISO 32000-2 §8.10.1.
pub fn form_text<'d>(view: &View<'d, '_>, form: &Stream<'d>) -> Result<PageText, Error> {
    let mut reader = Reader {
        view: *view,
        text: PageText::default(),
        fonts: HashMap::new(),
        operations: 0,
    };
    let frame = reader.enter(form, None)?;
    reader.run(frame)?;
    Ok(reader.text)
}

/// Reads the text of `page`.
///
/// # Errors
/// Content that cannot be decoded or breaks the grammar; limits.
///
/// Source: ISO 32000-2 §9.4.
pub fn page_text<'d>(view: &View<'d, '_>, page: &Page<'d>) -> Result<PageText, Error> {
    let resources = page.inherited(view, b"Resources")?.into_dictionary();
    let mut data = Vec::new();
    let contents = view.value(&page.dictionary, b"Contents")?;
    let parts: Vec<Object<'d>> = match contents {
        Object::Null => Vec::new(),
        Object::Array(array) => array.iter().cloned().collect(),
        other => vec![other],
    };
    for part in &parts {
        match view.resolve(part)? {
            Object::Stream(stream) => {
                data.extend(view.decode(&stream)?);
                // A token ends where its stream ends.
                data.push(b'\n');
            }
            Object::Null => {}
            _ => return Err(PdfFault::Malformed("/Contents of a page is not a stream").into()),
        }
    }
    let mut reader = Reader {
        view: *view,
        text: PageText::default(),
        fonts: HashMap::new(),
        operations: 0,
    };
    reader.run(Frame {
        data: data.into(),
        position: 0,
        resources,
        state: State::new(IDENTITY),
        saved: Vec::new(),
        line: IDENTITY,
        matrix: IDENTITY,
        lost: false,
        form: None,
    })?;
    Ok(reader.text)
}

/// a b c d e f.
type Matrix = [f64; 6];
const IDENTITY: Matrix = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];

/// First `a`, then `b`.
fn product(a: Matrix, b: Matrix) -> Matrix {
    let [aa, ab, ac, ad, ae, af] = a;
    let [ba, bb, bc, bd, be, bf] = b;
    [
        aa * ba + ab * bc,
        aa * bb + ab * bd,
        ac * ba + ad * bc,
        ac * bb + ad * bd,
        ae * ba + af * bc + be,
        ae * bb + af * bd + bf,
    ]
}

fn through([a, b, c, d, e, f]: Matrix, x: f64, y: f64) -> (f64, f64) {
    (a * x + c * y + e, b * x + d * y + f)
}

/// Graphics state, as far as text needs it.
#[derive(Clone)]
struct State {
    matrix: Matrix,
    font: Option<Rc<Font>>,
    size: f64,
    character_spacing: f64,
    word_spacing: f64,
    /// 1 is not scaled.
    scale: f64,
    leading: f64,
    rise: f64,
}

impl State {
    fn new(matrix: Matrix) -> Self {
        Self {
            matrix,
            font: None,
            size: 0.0,
            character_spacing: 0.0,
            word_spacing: 0.0,
            scale: 1.0,
            leading: 0.0,
            rise: 0.0,
        }
    }
}

/// Content that is being read: of the page, or of a form that it shows.
struct Frame<'d> {
    data: Rc<[u8]>,
    position: usize,
    resources: Option<Dictionary<'d>>,
    state: State,
    saved: Vec<State>,
    line: Matrix,
    matrix: Matrix,
    /// Whether the width of something shown on this line is not known.
    lost: bool,
    form: Option<ObjectId>,
}

struct Reader<'d, 'a> {
    view: View<'d, 'a>,
    text: PageText,
    fonts: HashMap<ObjectId, Rc<Font>>,
    operations: usize,
}

impl<'d> Reader<'d, '_> {
    fn run(&mut self, page: Frame<'d>) -> Result<(), Error> {
        let limits = self.view.document().limits();
        let mut stack = vec![page];
        while let Some(frame) = stack.last_mut() {
            match self.read(frame)? {
                None => {
                    stack.pop();
                }
                Some(form) => {
                    let id = form.id();
                    if stack.iter().any(|frame| frame.form == Some(id)) {
                        return Err(PdfFault::Malformed("a form shows itself").into());
                    }
                    if stack.len() >= limits.nesting.min(28) {
                        return Err(Error::limit("nesting", limits.nesting as u64));
                    }
                    let frame = self.enter(&form, stack.last())?;
                    stack.push(frame);
                }
            }
        }
        Ok(())
    }

    /// A form, shown in the state of the content around it.
    ///
    /// Source: ISO 32000-2 §8.10.1.
    fn enter(&self, form: &Stream<'d>, around: Option<&Frame<'d>>) -> Result<Frame<'d>, Error> {
        let view = &self.view;
        let own = match numbers::<6>(view, &view.value(form.dictionary(), b"Matrix")?)? {
            Some(matrix) => matrix,
            None => IDENTITY,
        };
        let mut state = around.map_or_else(|| State::new(IDENTITY), |frame| frame.state.clone());
        state.matrix = product(own, state.matrix);
        let resources = view.value(form.dictionary(), b"Resources")?;
        Ok(Frame {
            data: view.decode(form)?.into(),
            position: 0,
            resources: resources
                .into_dictionary()
                .or_else(|| around.and_then(|frame| frame.resources.clone())),
            state,
            saved: Vec::new(),
            line: IDENTITY,
            matrix: IDENTITY,
            lost: false,
            form: Some(form.id()),
        })
    }

    /// Reads on up to the end, or up to a form to show.
    fn read(&mut self, frame: &mut Frame<'d>) -> Result<Option<Box<Stream<'d>>>, Error> {
        let limits = self.view.document().limits();
        let data = Rc::clone(&frame.data);
        let mut lexer = Lexer::new(&data, frame.position, Origin::Stream(0));
        let mut operands: Vec<Object<'_>> = Vec::new();
        loop {
            let before = lexer.position();
            let (token, start) = lexer.next()?;
            let operand = match token {
                Token::End => return Ok(None),
                Token::Integer(value) => Object::Integer(value),
                Token::Real(value) => Object::Real(value),
                Token::Name(raw) => Object::Name(Name::from_raw(raw)),
                Token::String(raw) => Object::String(PdfString::new(raw, Span::NONE)),
                Token::ArrayOpen | Token::DictionaryOpen => {
                    lexer.set_position(before);
                    parser::parse(&mut lexer, limits)?.0
                }
                Token::ArrayClose | Token::DictionaryClose => {
                    return Err(lexer.error("stray delimiter in content", start));
                }
                Token::Keyword(operator) => {
                    self.operations += 1;
                    if self.operations > limits.content_operations {
                        let max = limits.content_operations as u64;
                        return Err(Error::limit("content_operations", max));
                    }
                    if operator == b"ID" {
                        self.text.picture = true;
                        skip_image(&mut lexer);
                    }
                    let form = self.operate(frame, operator, &operands)?;
                    operands.clear();
                    if form.is_some() {
                        frame.position = lexer.position();
                        return Ok(form);
                    }
                    continue;
                }
            };
            operands.push(operand);
            // No operator has more; colours of many components come nearest.
            if operands.len() > 64 {
                return Err(lexer.error("too many operands in content", start));
            }
        }
    }

    fn operate(
        &mut self,
        frame: &mut Frame<'d>,
        operator: &[u8],
        operands: &[Object<'_>],
    ) -> Result<Option<Box<Stream<'d>>>, Error> {
        let limits = self.view.document().limits();
        let number = |index: usize| {
            operands
                .get(index)
                .and_then(Object::as_number)
                .unwrap_or(0.0)
        };
        let matrix = || std::array::from_fn(number);
        let name = || operands.first().and_then(Object::as_name);
        let string = |index: usize| {
            let string = operands.get(index).and_then(Object::as_string);
            string.map(|string| string.bytes())
        };
        match operator {
            b"q" => {
                if frame.saved.len() >= limits.container_items.min(10_000) {
                    return Err(Error::limit("nesting", limits.nesting as u64));
                }
                frame.saved.push(frame.state.clone());
            }
            b"Q" => {
                if let Some(state) = frame.saved.pop() {
                    frame.state = state;
                }
            }
            b"cm" => frame.state.matrix = product(matrix(), frame.state.matrix),
            b"BT" => frame.set_line(IDENTITY),
            b"Tf" => {
                frame.state.size = number(1);
                frame.state.font = match name() {
                    Some(name) => self.font(frame.resources.as_ref(), name)?,
                    None => None,
                };
            }
            b"Tc" => frame.state.character_spacing = number(0),
            b"Tw" => frame.state.word_spacing = number(0),
            b"Tz" => frame.state.scale = number(0) / 100.0,
            b"TL" => frame.state.leading = number(0),
            b"Ts" => frame.state.rise = number(0),
            b"Td" => frame.next_line(number(0), number(1)),
            b"TD" => {
                frame.state.leading = -number(1);
                frame.next_line(number(0), number(1));
            }
            b"Tm" => frame.set_line(matrix()),
            b"T*" => frame.next_line(0.0, -frame.state.leading),
            b"Tj" => {
                if let Some(text) = string(0) {
                    self.show(frame, &text)?;
                }
            }
            b"'" => {
                frame.next_line(0.0, -frame.state.leading);
                if let Some(text) = string(0) {
                    self.show(frame, &text)?;
                }
            }
            b"\"" => {
                frame.state.word_spacing = number(0);
                frame.state.character_spacing = number(1);
                frame.next_line(0.0, -frame.state.leading);
                if let Some(text) = string(2) {
                    self.show(frame, &text)?;
                }
            }
            b"TJ" => {
                let items = operands.first().and_then(Object::as_array);
                for item in items.iter().flat_map(|items| items.iter()) {
                    if let Some(text) = item.as_string() {
                        self.show(frame, &text.bytes())?;
                    } else if let Some(back) = item.as_number() {
                        let state = &frame.state;
                        frame.advance(-back / 1000.0 * state.size * state.scale);
                    }
                }
            }
            b"gs" => {
                // A font in a graphics state is rare; text after it would be read wrongly.
                let state = self.resource(frame.resources.as_ref(), b"ExtGState", name())?;
                let font = state.as_dictionary().is_some_and(|s| s.contains(b"Font"));
                if font {
                    self.text.unread = Some("a graphics state sets the font");
                    frame.state.font = None;
                }
            }
            b"sh" => self.text.picture = true,
            b"Do" => {
                let object = self.resource(frame.resources.as_ref(), b"XObject", name())?;
                if let Object::Stream(stream) = object {
                    if stream.dictionary().is_name(b"Subtype", b"Form") {
                        return Ok(Some(stream));
                    }
                    self.text.picture = true;
                }
            }
            _ => {}
        }
        Ok(None)
    }

    fn resource(
        &self,
        resources: Option<&Dictionary<'d>>,
        kind: &[u8],
        name: Option<&[u8]>,
    ) -> Result<Object<'d>, Error> {
        let (Some(resources), Some(name)) = (resources, name) else {
            return Ok(Object::Null);
        };
        match self.view.value(resources, kind)?.as_dictionary() {
            Some(named) => self.view.value(named, name),
            None => Ok(Object::Null),
        }
    }

    fn font(
        &mut self,
        resources: Option<&Dictionary<'d>>,
        name: &[u8],
    ) -> Result<Option<Rc<Font>>, Error> {
        let Some(resources) = resources else {
            return Ok(None);
        };
        let fonts = self.view.value(resources, b"Font")?;
        let Some(entry) = fonts.as_dictionary().and_then(|fonts| fonts.get(name)) else {
            return Ok(None);
        };
        if let Some(id) = entry.as_reference()
            && let Some(known) = self.fonts.get(&id)
        {
            return Ok(Some(Rc::clone(known)));
        }
        let Some(dictionary) = self.view.resolve(entry)?.into_dictionary() else {
            return Ok(None);
        };
        let font = Rc::new(Font::read(&self.view, &dictionary)?);
        if let Some(id) = entry.as_reference() {
            self.fonts.insert(id, Rc::clone(&font));
        }
        Ok(Some(font))
    }

    /// Source: ISO 32000-2 §9.4.4.
    fn show(&mut self, frame: &mut Frame<'d>, bytes: &[u8]) -> Result<(), Error> {
        let limits = self.view.document().limits();
        let Some(font) = frame.state.font.clone() else {
            if self.text.unread.is_none() {
                self.text.unread = Some("text without a font that is there");
            }
            frame.lost = true;
            return Ok(());
        };
        if let Some(why) = font.problem() {
            self.text.unread = Some(why);
        }
        for code in font.codes(bytes) {
            let Some(width) = font.width(code) else {
                frame.lost = true;
                return Ok(());
            };
            if frame.lost {
                return Ok(());
            }
            if self.text.shown.len() >= limits.content_operations {
                let max = limits.content_operations as u64;
                return Err(Error::limit("content_operations", max));
            }
            let State {
                size,
                scale,
                rise,
                character_spacing,
                word_spacing,
                ..
            } = frame.state;
            let whole = product(frame.matrix, frame.state.matrix);
            let text = font.text(code);
            if text.contains('\u{fffd}') && self.text.unread.is_none() {
                self.text.unread = Some("a font does not tell which characters it shows");
            }
            self.text.shown.push(Shown {
                text,
                start: through(whole, 0.0, rise),
                end: through(whole, width * size * scale, rise),
                up: through(whole, 0.0, rise + size),
            });
            let space = if font.is_space(code) {
                word_spacing
            } else {
                0.0
            };
            frame.advance((width * size + character_spacing + space) * scale);
        }
        Ok(())
    }
}

impl Frame<'_> {
    fn set_line(&mut self, matrix: Matrix) {
        self.line = matrix;
        self.matrix = matrix;
        self.lost = false;
    }

    fn next_line(&mut self, x: f64, y: f64) {
        self.set_line(product([1.0, 0.0, 0.0, 1.0, x, y], self.line));
    }

    fn advance(&mut self, x: f64) {
        self.matrix = product([1.0, 0.0, 0.0, 1.0, x, 0.0], self.matrix);
    }
}

/// Passes over the data of an inline image, up to its `EI`.
fn skip_image(lexer: &mut Lexer<'_>) {
    let rest = lexer.rest();
    let blank = |at: Option<&u8>| at.is_none_or(|byte| super::lexer::is_white_space(*byte));
    let end = memchr::memmem::find_iter(rest, b"EI")
        .find(|at| {
            let before = at.checked_sub(1).and_then(|at| rest.get(at));
            blank(before) && blank(rest.get(at + 2))
        })
        .map_or(rest.len(), |at| at + 2);
    lexer.set_position(lexer.position() + end);
}

/// An array of exactly `N` numbers.
fn numbers<'d, const N: usize>(
    view: &View<'d, '_>,
    object: &Object<'d>,
) -> Result<Option<[f64; N]>, Error> {
    let Some(array) = object.as_array() else {
        return Ok(None);
    };
    let mut found = Vec::new();
    for item in array.iter().take(N + 1) {
        match view.resolve(item)?.as_number() {
            Some(number) => found.push(number),
            None => return Ok(None),
        }
    }
    Ok(found.try_into().ok())
}

#[cfg(test)]
mod tests;
