//! Answers in the one valid encoding, read in one pass.
//!
//! Nearly all answers of a crawl are such, and building a tree of each took most of its time. What
//! is not (keys in another order, a field of another type, bytes behind the end, anything nested
//! that no document defines) is left to the general reader, which knows how to say what is wrong. A
//! test and a fuzz target hold that what is read here is read there, and as the same.

use super::compact::{self, Contacts, V4_LEN, V6_LEN};
use super::filter::ScrapeFilter;
use super::message::{Body, Message, RemoteError, Transaction, Version};
use super::node_id::NodeId;
use super::response::{Response, Samples};

/// The most digits that surely fit into 64 bits.
const SAFE_DIGITS: usize = 18;

/// The answer in `datagram`; none where it is not one, or not in its one valid encoding.
pub(super) fn answer(datagram: &[u8]) -> Option<Message> {
    let mut input = Input(datagram);
    let (mut transaction, mut kind, mut response, mut error) = (None, None, None, None);
    let (mut version, mut ip, mut read_only) = (None, None, false);
    input.dict(|key, input| {
        match key {
            b"e" => error = Some(input.error()?),
            b"ip" => ip = compact::address(input.string()?),
            b"r" => response = Some(input.response()?),
            b"ro" => read_only = input.int()? == 1,
            b"t" => transaction = Some(Transaction::new(input.string()?)?),
            b"v" => version = Version::new(input.string()?),
            b"y" => kind = Some(input.string()?),
            b"a" | b"q" => return None,
            _ => input.skip()?,
        }
        Some(())
    })?;
    let body = match kind? {
        b"r" => Body::Response(response?),
        b"e" => Body::Error(error?),
        _ => return None,
    };
    let whole = input.0.is_empty();
    let deviations = Vec::new();
    let transaction = transaction?;
    whole.then_some(Message { transaction, body, version, ip, read_only, deviations })
}

/// What is left to read. Everything gives none where the bytes are not what is asked for.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn byte(&mut self, expected: u8) -> Option<()> {
        let (first, rest) = self.0.split_first()?;
        (*first == expected).then(|| self.0 = rest)
    }

    /// Digits without zeros before them.
    fn digits(&mut self) -> Option<u64> {
        let len = self.0.iter().take(SAFE_DIGITS + 1).take_while(|b| b.is_ascii_digit()).count();
        let (digits, rest) = self.0.split_at(len);
        let canonical = digits.first().is_some_and(|first| *first != b'0' || len == 1);
        (canonical && len <= SAFE_DIGITS).then(|| {
            self.0 = rest;
            digits.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0'))
        })
    }

    fn string(&mut self) -> Option<&'a [u8]> {
        let len = usize::try_from(self.digits()?).ok()?;
        self.byte(b':')?;
        let (string, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(string)
    }

    fn int(&mut self) -> Option<i64> {
        self.byte(b'i')?;
        let is_negative = self.byte(b'-').is_some();
        let number = i64::try_from(self.digits()?).ok()?;
        self.byte(b'e')?;
        match (is_negative, number) {
            (true, 0) => None,
            (true, number) => Some(-number),
            (false, number) => Some(number),
        }
    }

    /// A string or a number that nobody asked for.
    fn skip(&mut self) -> Option<()> {
        if self.0.first() == Some(&b'i') { self.int().map(drop) } else { self.string().map(drop) }
    }

    /// Each key, in order and once; `read` takes the value.
    fn dict(&mut self, mut read: impl FnMut(&'a [u8], &mut Self) -> Option<()>) -> Option<()> {
        self.byte(b'd')?;
        let mut last = None;
        while self.byte(b'e').is_none() {
            let key = self.string()?;
            if last.is_some_and(|last| last >= key) {
                return None;
            }
            last = Some(key);
            read(key, self)?;
        }
        Some(())
    }

    fn list(&mut self, mut read: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.byte(b'l')?;
        while self.byte(b'e').is_none() {
            read(self)?;
        }
        Some(())
    }

    fn error(&mut self) -> Option<RemoteError> {
        self.byte(b'l')?;
        let (code, message) = (self.int()?, self.string()?.to_vec());
        self.byte(b'e')?;
        Some(RemoteError { code, message })
    }

    fn response(&mut self) -> Option<Response> {
        let mut response = Response::new(NodeId([0; NodeId::LEN]));
        let mut has_id = false;
        self.dict(|key, input| {
            match key {
                b"BFpe" => response.peers = Some(input.filter()?),
                b"BFsd" => response.seeds = Some(input.filter()?),
                b"id" => {
                    response.id = NodeId(input.string()?.try_into().ok()?);
                    has_id = true;
                }
                b"interval" => response.interval = Some(input.int()?),
                b"nodes" => response.nodes = Some(Contacts::read(input.string()?, V4_LEN)),
                b"nodes6" => response.nodes6 = Some(Contacts::read(input.string()?, V6_LEN)),
                b"num" => response.num = Some(input.int()?),
                b"p" => response.port = u16::try_from(input.int()?).ok(),
                b"samples" => response.samples = Some(Samples::count(input.string()?)),
                b"token" => response.token = Some(input.string()?.to_vec()),
                b"values" => input.values(&mut response)?,
                _ => input.skip()?,
            }
            Some(())
        })?;
        has_id.then_some(response)
    }

    fn filter(&mut self) -> Option<Box<ScrapeFilter>> {
        Some(Box::new(ScrapeFilter(self.string()?.try_into().ok()?)))
    }

    fn values(&mut self, response: &mut Response) -> Option<()> {
        let (mut values, mut misshapen) = (Vec::new(), 0);
        self.list(|input| {
            match compact::address(input.string()?) {
                Some(address) => values.push(address),
                None => misshapen += 1,
            }
            Some(())
        })?;
        (response.values, response.misshapen_values) = (Some(values), misshapen);
        Some(())
    }
}
