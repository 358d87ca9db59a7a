//! The wire format of protobuf: numbered fields, one after another. What they mean is not known here.

use thiserror::Error;

/// Why bytes are no message. The words are those of Go's decoder.
#[derive(Debug, Error, PartialEq, Eq)]
pub(super) enum Malformed {
    #[error("unexpected EOF")]
    Short,
    #[error("proto: integer overflow")]
    Overflow,
    #[error("proto: illegal wireType {0}")]
    Type(u64),
    #[error("proto: wrong wireType for field {0}")]
    Field(String),
    #[error("proto: exceeded maximum recursion depth")]
    Deep,
    #[error("invalid JSON in {0}")]
    Json(String),
}

/// The content of a field.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum Wire<'b> {
    /// A number of variable length; negative ones in two's complement.
    Varint(u64),
    /// Eight bytes.
    Fixed(u64),
    /// Text, bytes, a message or packed numbers.
    Bytes(&'b [u8]),
    /// Four bytes, which no field of Kubernetes has.
    Short(u32),
}

/// What is left of a message.
#[derive(Copy, Clone, Debug)]
pub(super) struct Reader<'b>(pub(super) &'b [u8]);

impl<'b> Reader<'b> {
    /// A number of variable length.
    pub(super) fn varint(&mut self) -> Result<u64, Malformed> {
        let mut number = 0_u64;
        for shift in (0..70).step_by(7) {
            let (&byte, rest) = self.0.split_first().ok_or(Malformed::Short)?;
            self.0 = rest;
            number |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or_default();
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(Malformed::Overflow)
    }

    /// Eight bytes as a number.
    pub(super) fn fixed(&mut self) -> Result<u64, Malformed> {
        let (bytes, rest) = self.0.split_first_chunk().ok_or(Malformed::Short)?;
        self.0 = rest;
        Ok(u64::from_le_bytes(*bytes))
    }

    fn short(&mut self) -> Result<u32, Malformed> {
        let (bytes, rest) = self.0.split_first_chunk().ok_or(Malformed::Short)?;
        self.0 = rest;
        Ok(u32::from_le_bytes(*bytes))
    }

    fn bytes(&mut self) -> Result<&'b [u8], Malformed> {
        let length = usize::try_from(self.varint()?).map_err(|_| Malformed::Short)?;
        let (bytes, rest) = self.0.split_at_checked(length).ok_or(Malformed::Short)?;
        self.0 = rest;
        Ok(bytes)
    }

    /// The next field, or `None` at the end.
    pub(super) fn field(&mut self) -> Result<Option<(u64, Wire<'b>)>, Malformed> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let tag = self.varint()?;
        let wire = match tag & 7 {
            0 => Wire::Varint(self.varint()?),
            1 => Wire::Fixed(self.fixed()?),
            2 => Wire::Bytes(self.bytes()?),
            5 => Wire::Short(self.short()?),
            other => return Err(Malformed::Type(other)),
        };
        Ok(Some((tag >> 3, wire)))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test says what it expects and stops there")]
mod tests {
    use super::*;

    #[test]
    fn fields_follow_each_other() {
        let mut reader = Reader(b"\x08\x96\x01\x12\x02hi\x19\x01\0\0\0\0\0\0\0\x25\x02\0\0\0");
        let expected = [(1, Wire::Varint(150)), (2, Wire::Bytes(b"hi")), (3, Wire::Fixed(1)), (4, Wire::Short(2))];
        for field in expected {
            assert_eq!(reader.field().unwrap(), Some(field));
        }
        assert_eq!(reader.field().unwrap(), None);
    }

    #[test]
    fn numbers_end() {
        let varint = |bytes| Reader(bytes).varint();
        assert_eq!(varint(b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), Ok(u64::MAX));
        assert_eq!(varint(&[0xff; 11]), Err(Malformed::Overflow));
        assert_eq!(varint(b"\xff"), Err(Malformed::Short));
        assert_eq!(Reader(b"\x0b").field(), Err(Malformed::Type(3)));
        assert_eq!(Reader(b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x7f").field(), Err(Malformed::Short));
    }
}
