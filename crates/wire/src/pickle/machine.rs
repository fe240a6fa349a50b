//! The stack machine, with every opcode of protocol 0 to 2.

use std::collections::HashMap;

use super::super::float;
use super::super::integer::Integer;
use super::super::limits::{MAX_NOTES, MAX_VALUES};
use super::super::reader::Reader;
use super::super::text;
use super::{
    Call, Fault, Id, Item, MAX_INTEGER_LEN, MAX_NAME_CHARS, Pickle, PickleError, Refused, Value,
    protocol0,
};

/// The opcode that ends a pickle.
const STOP: u8 = b'.';
/// Marks that wait for their container at the same time: values nest some dozens deep.
pub(super) const MAX_MARKS: usize = 1 << 16;
/// The highest protocol whose opcodes are known here.
const MAX_PROTOCOL: u8 = 2;

/// A place on the stack from which the next container takes its contents.
struct Mark {
    height: usize,
    /// Where its opcode stands.
    at: usize,
}

pub(super) struct Machine<'a> {
    input: Reader<'a>,
    items: Vec<Item>,
    stack: Vec<Id>,
    /// How often a value was put on it.
    pushed: usize,
    marks: Vec<Mark>,
    memo: HashMap<u32, Id>,
    calls: Vec<Call>,
    more_calls: usize,
    lone_surrogates: usize,
    /// Where the current opcode stands.
    at: usize,
}

type Step<T = ()> = Result<T, Fault>;

impl<'a> Machine<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self {
            input: Reader::new(bytes),
            items: Vec::new(),
            stack: Vec::new(),
            pushed: 0,
            marks: Vec::new(),
            memo: HashMap::new(),
            calls: Vec::new(),
            more_calls: 0,
            lone_surrogates: 0,
            at: 0,
        }
    }

    pub(super) fn run(mut self) -> Result<Pickle, PickleError> {
        let root = loop {
            self.at = self.input.position();
            match self.byte().and_then(|opcode| self.step(opcode)) {
                Ok(None) => {}
                Ok(Some(root)) => break root,
                Err(what) => return Err(PickleError { at: self.at, what }),
            }
        };
        let trailing = self.input.rest().len();
        let Self { items, calls, more_calls, lone_surrogates, .. } = self;
        Ok(Pickle { items, root, calls, more_calls, lone_surrogates, trailing })
    }

    /// Runs one opcode; gives the result where it is the last.
    fn step(&mut self, opcode: u8) -> Step<Option<Id>> {
        match opcode {
            STOP => return self.pop().map(Some),
            0x80 => self.protocol()?,
            // Scalars.
            b'N' => self.push(Value::None)?,
            0x88 => self.push(Value::Bool(true))?,
            0x89 => self.push(Value::Bool(false))?,
            b'I' => self.push_int_line()?,
            b'L' => self.push_long_line()?,
            b'J' => self.push_number(|machine| Ok(i32::from_le_bytes(machine.array()?).into()))?,
            b'K' => self.push_number(|machine| Ok(machine.byte()?.into()))?,
            b'M' => self.push_number(|machine| Ok(u16::from_le_bytes(machine.array()?).into()))?,
            0x8a => self.push_long(|machine| Ok(machine.byte()?.into()))?,
            0x8b => self.push_long(Self::length)?,
            b'F' => self.push_float_line()?,
            b'G' => self.push_float()?,
            // Strings.
            b'S' => self.push_line(|line| protocol0::string(line).map(Value::Bytes))?,
            b'V' => self.push_unicode_line()?,
            b'T' => self.push_bytes(Self::length, Value::Bytes)?,
            b'U' => self.push_bytes(|machine| Ok(machine.byte()?.into()), Value::Bytes)?,
            b'X' => self.push_bytes(Self::length, utf8)?,
            // Containers.
            b']' => self.push(Value::List(Vec::new()))?,
            b')' => self.push(Value::Tuple(Vec::new()))?,
            b'}' => self.push(Value::Dict(Vec::new()))?,
            b'l' => self.collect(|items| Ok(Value::List(items)))?,
            b't' => self.collect(|items| Ok(Value::Tuple(items)))?,
            b'd' => self.collect(|items| pairs(&items).map(Value::Dict))?,
            0x85..=0x87 => self.tuple(usize::from(opcode - 0x84))?,
            b'a' => self.append_one()?,
            b'e' => self.append_marked()?,
            b's' => self.set_one()?,
            b'u' => self.set_marked()?,
            // The stack and the memo.
            b'(' => self.mark()?,
            b'0' => self.pop_any()?,
            b'1' => drop(self.since_mark()?),
            b'2' => self.duplicate()?,
            b'p' => self.put(Self::memo_line)?,
            b'q' => self.put(|machine| Ok(machine.byte()?.into()))?,
            b'r' => self.put(|machine| Ok(u32::from_le_bytes(machine.array()?)))?,
            b'g' => self.get(Self::memo_line)?,
            b'h' => self.get(|machine| Ok(machine.byte()?.into()))?,
            b'j' => self.get(|machine| Ok(u32::from_le_bytes(machine.array()?)))?,
            _ => self.refused_step(opcode)?,
        }
        Ok(None)
    }

    /// The opcodes that would call or import something.
    fn refused_step(&mut self, opcode: u8) -> Step {
        match opcode {
            b'c' => {
                let name = self.dotted_name()?;
                self.refuse("GLOBAL", name, Vec::new())
            }
            b'i' => {
                let name = self.dotted_name()?;
                let (operands, _) = self.since_mark()?;
                self.refuse("INST", name, operands)
            }
            b'o' => {
                let (operands, _) = self.since_mark()?;
                self.refuse("OBJ", String::new(), operands)
            }
            b'R' => self.refuse_two("REDUCE"),
            b'b' => self.refuse_two("BUILD"),
            0x81 => self.refuse_two("NEWOBJ"),
            b'P' => {
                let name = text::clip(self.line()?, MAX_NAME_CHARS);
                self.refuse("PERSID", name, Vec::new())
            }
            b'Q' => {
                let operand = self.pop()?;
                self.refuse("BINPERSID", String::new(), vec![operand])
            }
            0x82 => self.extension("EXT1", |machine| Ok(machine.byte()?.into())),
            0x83 => {
                self.extension("EXT2", |machine| Ok(u16::from_le_bytes(machine.array()?).into()))
            }
            0x84 => self.extension("EXT4", |machine| Ok(u32::from_le_bytes(machine.array()?))),
            other => Err(Fault::Opcode(other)),
        }
    }

    fn refuse(&mut self, opcode: &'static str, name: String, operands: Vec<Id>) -> Step {
        self.note(opcode, &name);
        self.push(Value::Refused(Box::new(Refused { opcode, name, operands })))
    }

    /// An opcode that applies the first of two values to the second.
    fn refuse_two(&mut self, opcode: &'static str) -> Step {
        let second = self.pop()?;
        let first = self.pop()?;
        self.refuse(opcode, String::new(), vec![first, second])
    }

    fn extension(&mut self, opcode: &'static str, code: impl Fn(&mut Self) -> Step<u32>) -> Step {
        let name = format!("extension {}", code(self)?);
        self.refuse(opcode, name, Vec::new())
    }

    fn note(&mut self, opcode: &'static str, name: &str) {
        if self.calls.len() < MAX_NOTES {
            self.calls.push(Call { at: self.at, opcode, name: name.to_owned() });
        } else {
            self.more_calls += 1;
        }
    }

    /// Two lines: a module and a name in it.
    fn dotted_name(&mut self) -> Step<String> {
        let (module, name) = (self.line()?, self.line()?);
        Ok(text::clip(&[module, b".", name].concat(), MAX_NAME_CHARS))
    }

    fn protocol(&mut self) -> Step {
        match self.byte()? {
            0..=MAX_PROTOCOL => Ok(()),
            newer => Err(Fault::Protocol(newer)),
        }
    }

    fn push_number(&mut self, read: impl Fn(&mut Self) -> Step<i64>) -> Step {
        let number = read(self)?;
        self.push(Value::Int(number.into()))
    }

    fn push_int_line(&mut self) -> Step {
        match self.line()? {
            b"00" => self.push(Value::Bool(false)),
            b"01" => self.push(Value::Bool(true)),
            digits => self.push_digits(digits),
        }
    }

    fn push_long_line(&mut self) -> Step {
        let line = self.line()?;
        self.push_digits(line.strip_suffix(b"L").unwrap_or(line))
    }

    fn push_digits(&mut self, digits: &[u8]) -> Step {
        self.push(Value::Int(Integer::parse(digits).ok_or(Fault::Number)?))
    }

    fn push_long(&mut self, length: impl Fn(&mut Self) -> Step<usize>) -> Step {
        let length = length(self)?;
        if length > MAX_INTEGER_LEN {
            return Err(Fault::IntegerLength(length));
        }
        let number = Integer::from_le_bytes(self.take(length)?);
        self.push(Value::Int(number))
    }

    fn push_float_line(&mut self) -> Step {
        let text = str::from_utf8(self.line()?).ok();
        let number = text.and_then(float::read).ok_or(Fault::Number)?;
        self.push(Value::Float(number))
    }

    fn push_float(&mut self) -> Step {
        let number = f64::from_be_bytes(self.array()?);
        self.push(Value::Float(number))
    }

    fn push_line(&mut self, read: impl Fn(&[u8]) -> Option<Value>) -> Step {
        let value = read(self.line()?).ok_or(Fault::Text)?;
        self.push(value)
    }

    fn push_unicode_line(&mut self) -> Step {
        let (text, lone) = protocol0::unicode(self.line()?).ok_or(Fault::Text)?;
        self.lone_surrogates += lone;
        self.push(Value::Text(text))
    }

    fn push_bytes(
        &mut self,
        length: impl Fn(&mut Self) -> Step<usize>,
        make: impl Fn(Vec<u8>) -> Value,
    ) -> Step {
        let length = length(self)?;
        let value = make(self.take(length)?.to_vec());
        self.push(value)
    }

    fn collect(&mut self, make: impl Fn(Vec<Id>) -> Step<Value>) -> Step {
        let (items, at) = self.since_mark()?;
        let value = make(items)?;
        self.push_from(at, value)
    }

    fn tuple(&mut self, len: usize) -> Step {
        let first = self
            .stack
            .len()
            .checked_sub(len)
            .filter(|first| *first >= self.floor())
            .ok_or(Fault::Stack)?;
        let items = self.stack.split_off(first);
        let start = items.first().map_or(self.at, |id| self.items[id.0 as usize].span.start);
        self.push_from(start.min(self.at), Value::Tuple(items))
    }

    fn append_one(&mut self) -> Step {
        let item = self.pop()?;
        self.append("APPEND", vec![item])
    }

    fn append_marked(&mut self) -> Step {
        let (items, _) = self.since_mark()?;
        self.append("APPENDS", items)
    }

    fn set_one(&mut self) -> Step {
        let value = self.pop()?;
        let key = self.pop()?;
        self.set("SETITEM", &[key, value])
    }

    fn set_marked(&mut self) -> Step {
        let (items, _) = self.since_mark()?;
        self.set("SETITEMS", &items)
    }

    fn append(&mut self, opcode: &'static str, items: Vec<Id>) -> Step {
        match &mut self.top_item()?.value {
            Value::List(list) => list.extend(items),
            Value::Refused(refused) => {
                refused.operands.extend(items);
                self.note(opcode, "");
            }
            _ => return Err(Fault::Container),
        }
        Ok(())
    }

    fn set(&mut self, opcode: &'static str, items: &[Id]) -> Step {
        let new = pairs(items)?;
        match &mut self.top_item()?.value {
            Value::Dict(dict) => dict.extend(new),
            Value::Refused(refused) => {
                refused.operands.extend(items);
                self.note(opcode, "");
            }
            _ => return Err(Fault::Container),
        }
        Ok(())
    }

    fn mark(&mut self) -> Step {
        if self.marks.len() >= MAX_MARKS {
            return Err(Fault::Marks);
        }
        self.marks.push(Mark { height: self.stack.len(), at: self.at });
        Ok(())
    }

    /// What was pushed since the last mark, and where the mark stands.
    fn since_mark(&mut self) -> Step<(Vec<Id>, usize)> {
        let mark = self.marks.pop().ok_or(Fault::Mark)?;
        Ok((self.stack.split_off(mark.height), mark.at))
    }

    fn pop_any(&mut self) -> Step {
        if self.marks.last().is_some_and(|mark| mark.height == self.stack.len()) {
            self.marks.pop();
            return Ok(());
        }
        self.pop().map(drop)
    }

    fn duplicate(&mut self) -> Step {
        let top = self.top()?;
        self.push_id(top)
    }

    fn put(&mut self, number: impl Fn(&mut Self) -> Step<u32>) -> Step {
        let number = number(self)?;
        let top = self.top()?;
        self.memo.insert(number, top);
        if self.memo.len() > MAX_VALUES {
            return Err(Fault::Values);
        }
        Ok(())
    }

    fn get(&mut self, number: impl Fn(&mut Self) -> Step<u32>) -> Step {
        let number = number(self)?;
        let id = *self.memo.get(&number).ok_or(Fault::Memo)?;
        self.push_id(id)
    }

    fn memo_line(&mut self) -> Step<u32> {
        let text = str::from_utf8(self.line()?).ok();
        text.and_then(|text| text.parse().ok()).ok_or(Fault::Number)
    }

    /// The lowest height of the stack that may be popped to: a mark protects what is below it.
    fn floor(&self) -> usize {
        self.marks.last().map_or(0, |mark| mark.height)
    }

    fn top(&self) -> Step<Id> {
        self.stack[self.floor()..].last().copied().ok_or(Fault::Stack)
    }

    /// The item on the top of the stack, which grows by the current opcode.
    fn top_item(&mut self) -> Step<&mut Item> {
        let id = self.top()?;
        let end = self.input.position();
        let item = &mut self.items[id.0 as usize];
        item.span.end = end;
        Ok(item)
    }

    fn pop(&mut self) -> Step<Id> {
        let top = self.top()?;
        self.stack.pop();
        Ok(top)
    }

    fn push(&mut self, value: Value) -> Step {
        self.push_from(self.at, value)
    }

    fn push_from(&mut self, start: usize, value: Value) -> Step {
        let id = u32::try_from(self.items.len())
            .ok()
            .filter(|_| self.items.len() < MAX_VALUES)
            .ok_or(Fault::Values)?;
        self.items.push(Item { value, span: start..self.input.position() });
        self.push_id(Id(id))
    }

    fn push_id(&mut self, id: Id) -> Step {
        // what containers hold was on the stack before: shared values count wherever they are put
        if self.pushed >= MAX_VALUES {
            return Err(Fault::Values);
        }
        self.pushed += 1;
        self.stack.push(id);
        Ok(())
    }

    fn byte(&mut self) -> Step<u8> {
        self.input.byte("opcode").map_err(|_| Fault::Ends)
    }

    fn array<const N: usize>(&mut self) -> Step<[u8; N]> {
        self.input.array("operand").map_err(|_| Fault::Ends)
    }

    /// A length of four bytes; one with the highest bit set is negative in Python and beyond any
    /// input here.
    fn length(&mut self) -> Step<usize> {
        Ok(u32::from_le_bytes(self.array()?) as usize)
    }

    fn take(&mut self, length: usize) -> Step<&'a [u8]> {
        self.input.take(length, "operand").map_err(|_| Fault::Ends)
    }

    fn line(&mut self) -> Step<&'a [u8]> {
        self.input.until(b'\n', "operand").map_err(|_| Fault::Ends)
    }
}

/// Text where it is UTF-8; Python writes lone surrogates too, which stay bytes.
fn utf8(bytes: Vec<u8>) -> Value {
    String::from_utf8(bytes).map_or_else(|error| Value::Bytes(error.into_bytes()), Value::Text)
}

fn pairs(items: &[Id]) -> Step<Vec<(Id, Id)>> {
    let (pairs, []) = items.as_chunks() else { return Err(Fault::Pairs) };
    Ok(pairs.iter().map(|[key, value]| (*key, *value)).collect())
}
