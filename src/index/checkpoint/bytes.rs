//! Numbers of varying length, seven bits a byte, the lowest first.

use super::segment::Unloadable;

/// Appends a number.
pub(super) fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 1 << 7 {
        bytes.push(low_bits(number) | 1 << 7);
        number >>= 7;
    }
    bytes.push(low_bits(number));
}

/// Appends the difference of two numbers, small if they are near.
pub(super) fn put_difference(bytes: &mut Vec<u8>, before: u64, after: u64) {
    let difference = after.wrapping_sub(before).cast_signed();
    put(bytes, (difference << 1 ^ difference >> 63).cast_unsigned());
}

fn low_bits(number: u64) -> u8 {
    (number & 0x7f) as u8
}

/// Bytes that are read from their beginning.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'bytes>(&'bytes [u8]);

impl<'bytes> Reader<'bytes> {
    pub(super) fn new(bytes: &'bytes [u8]) -> Self {
        Self(bytes)
    }

    /// The next number.
    #[inline]
    pub(super) fn number(&mut self) -> Result<u64, Unloadable> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first().ok_or(Unloadable::ENDS_EARLY)?;
            self.0 = rest;
            number |= u64::from(byte & 0x7f) << shift;
            if byte >> 7 == 0 {
                return Ok(number);
            }
        }
        Err(Unloadable::CONTRADICTS_ITSELF)
    }

    /// The next number, which fits 32 bits.
    #[inline]
    pub(super) fn small(&mut self) -> Result<u32, Unloadable> {
        u32::try_from(self.number()?).map_err(|_| Unloadable::CONTRADICTS_ITSELF)
    }

    /// The next number, which is a place in memory.
    pub(super) fn place(&mut self) -> Result<usize, Unloadable> {
        usize::try_from(self.number()?).map_err(|_| Unloadable::CONTRADICTS_ITSELF)
    }

    /// The next number, which counts things that take a byte each at the least of what follows.
    pub(super) fn count(&mut self) -> Result<usize, Unloadable> {
        let count = self.place()?;
        if count <= self.0.len() { Ok(count) } else { Err(Unloadable::ENDS_EARLY) }
    }

    /// A number from its difference to one before.
    #[inline]
    pub(super) fn after(&mut self, before: u64) -> Result<u64, Unloadable> {
        let folded = self.number()?;
        let difference = (folded >> 1).cast_signed() ^ -(folded & 1).cast_signed();
        Ok(before.wrapping_add(difference.cast_unsigned()))
    }

    /// The next bytes.
    pub(super) fn take(&mut self, count: usize) -> Result<&'bytes [u8], Unloadable> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Unloadable::ENDS_EARLY)?;
        self.0 = rest;
        Ok(taken)
    }

    /// A column: its length and its bytes.
    pub(super) fn column(&mut self) -> Result<Reader<'bytes>, Unloadable> {
        let count = self.count()?;
        Ok(Reader(self.take(count)?))
    }

    /// Whether everything was read.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is left.
    pub(super) fn rest(self) -> &'bytes [u8] {
        self.0
    }
}

/// Appends a column: its length and its bytes.
pub(super) fn put_column(bytes: &mut Vec<u8>, column: &[u8]) {
    put(bytes, column.len() as u64);
    bytes.extend_from_slice(column);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_as_they_were() {
        let numbers = [0, 1, 127, 128, 300, 1 << 31, u64::from(u32::MAX), 1 << 63, u64::MAX];
        for before in numbers {
            for number in numbers {
                let mut bytes = Vec::new();
                put(&mut bytes, number);
                put_difference(&mut bytes, before, number);
                let mut reader = Reader::new(&bytes);
                assert_eq!(reader.number().unwrap(), number);
                assert_eq!(reader.after(before).unwrap(), number);
                assert!(reader.is_empty());
            }
        }
    }

    #[test]
    fn what_is_cut_short_or_too_long_is_refused() {
        assert!(Reader::new(&[]).number().is_err());
        assert!(Reader::new(&[0x80]).number().is_err());
        assert!(Reader::new(&[0xff; 11]).number().is_err());
        assert!(Reader::new(&[5, 1, 2]).count().is_err());
        assert!(Reader::new(&[5, 1, 2]).column().is_err());
    }
}
