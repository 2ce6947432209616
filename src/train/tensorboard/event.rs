//! Encodes scalar events of TensorBoard as protocol buffers (`event.proto`, `summary.proto`).

/// The form of the files, their first event.
const VERSION: &str = "brain.Event:2";

/// Wire types.
const VARINT: u8 = 0;
const FIXED64: u8 = 1;
const BYTES: u8 = 2;
const FIXED32: u8 = 5;

/// Something at a step.
#[derive(Debug, PartialEq)]
pub struct Event {
    /// Seconds since 1970.
    pub wall_time: f64,
    pub step: i64,
    pub what: What,
}

#[derive(Debug, PartialEq)]
pub enum What {
    Version(String),
    /// By tag.
    Scalars(Vec<(String, f32)>),
}

impl What {
    /// The first event of a file.
    pub fn version() -> Self {
        Self::Version(VERSION.to_owned())
    }
}

impl Event {
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        key(&mut out, 1, FIXED64);
        out.extend(self.wall_time.to_le_bytes());
        if self.step != 0 {
            key(&mut out, 2, VARINT);
            varint(&mut out, self.step as u64);
        }
        match &self.what {
            What::Version(version) => bytes(&mut out, 3, version.as_bytes()),
            What::Scalars(scalars) => {
                let mut summary = Vec::new();
                for (tag, value) in scalars {
                    let mut scalar = Vec::new();
                    bytes(&mut scalar, 1, tag.as_bytes());
                    key(&mut scalar, 2, FIXED32);
                    scalar.extend(value.to_le_bytes());
                    bytes(&mut summary, 1, &scalar);
                }
                bytes(&mut out, 5, &summary);
            }
        }
        out
    }

    /// What [`Self::encode`] gave; `None` for anything else.
    pub fn decode(message: &[u8]) -> Option<Self> {
        let mut event = Self {
            wall_time: 0.0,
            step: 0,
            what: What::Scalars(Vec::new()),
        };
        for field in fields(message)? {
            match field {
                (1, Field::Fixed64(bits)) => event.wall_time = f64::from_bits(bits),
                (2, Field::Varint(step)) => event.step = step as i64,
                (3, Field::Bytes(version)) => {
                    event.what = What::Version(String::from_utf8(version.to_vec()).ok()?);
                }
                (5, Field::Bytes(summary)) => event.what = What::Scalars(scalars(summary)?),
                _ => {}
            }
        }
        Some(event)
    }
}

fn scalars(summary: &[u8]) -> Option<Vec<(String, f32)>> {
    let mut all = Vec::new();
    for field in fields(summary)? {
        let (1, Field::Bytes(scalar)) = field else {
            continue;
        };
        let (mut tag, mut value) = (String::new(), None);
        for field in fields(scalar)? {
            match field {
                (1, Field::Bytes(name)) => tag = String::from_utf8(name.to_vec()).ok()?,
                (2, Field::Fixed32(bits)) => value = Some(f32::from_bits(bits)),
                _ => {}
            }
        }
        all.push((tag, value?));
    }
    Some(all)
}

fn key(out: &mut Vec<u8>, field: u8, wire: u8) {
    out.push(field << 3 | wire);
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn bytes(out: &mut Vec<u8>, field: u8, bytes: &[u8]) {
    key(out, field, BYTES);
    varint(out, bytes.len() as u64);
    out.extend(bytes);
}

enum Field<'a> {
    Varint(u64),
    Fixed64(u64),
    Bytes(&'a [u8]),
    Fixed32(u32),
}

/// The fields of a message by number; `None` where it ends in the middle of one.
fn fields(mut message: &[u8]) -> Option<Vec<(u64, Field<'_>)>> {
    let mut all = Vec::new();
    while !message.is_empty() {
        let key = take_varint(&mut message)?;
        let field = match (key & 7) as u8 {
            VARINT => Field::Varint(take_varint(&mut message)?),
            FIXED64 => Field::Fixed64(u64::from_le_bytes(*take(&mut message)?)),
            BYTES => {
                let size = usize::try_from(take_varint(&mut message)?).ok()?;
                let (bytes, rest) = message.split_at_checked(size)?;
                message = rest;
                Field::Bytes(bytes)
            }
            FIXED32 => Field::Fixed32(u32::from_le_bytes(*take(&mut message)?)),
            _ => return None,
        };
        all.push((key >> 3, field));
    }
    Some(all)
}

fn take<'a, const N: usize>(message: &mut &'a [u8]) -> Option<&'a [u8; N]> {
    let (taken, rest) = message.split_first_chunk::<N>()?;
    *message = rest;
    Some(taken)
}

fn take_varint(message: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let [byte] = take::<1>(message)?;
        value |= u64::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_back() {
        let event = Event {
            wall_time: 1.5e9,
            step: 300,
            what: What::Scalars(vec![
                ("loss/total".to_owned(), 0.25),
                ("b".to_owned(), -1.0),
            ]),
        };
        let encoded = event.encode();
        assert_eq!(Event::decode(&encoded), Some(event));
        assert_eq!(Event::decode(&encoded[..encoded.len() - 1]), None);
    }

    /// What TensorBoard's own writer (2.20) makes of these.
    #[test]
    fn bytes_are_those_of_tensorboard() {
        let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
        let wall_time = 1.5e9;
        let scalars = Event {
            wall_time,
            step: 300,
            what: What::Scalars(vec![("loss/total".to_owned(), 0.25)]),
        };
        assert_eq!(
            hex(&super::super::record::framed(&scalars.encode())),
            "2100000000000000017becf6\
             09000000c00b5ad64110ac022a130a110a0a6c6f73732f746f74616c150000803e33c763ba"
        );
        let version = Event {
            wall_time,
            step: 0,
            what: What::version(),
        };
        assert_eq!(
            hex(&version.encode()),
            "09000000c00b5ad6411a0d627261696e2e4576656e743a32"
        );
    }
}
