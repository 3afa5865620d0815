//! The masking of client frames (RFC 6455, section 5.3).
//!
//! It must never copy: payloads are unmasked where they lie.

/// Removes `mask` from `bytes`, whose first byte is at `offset` of its frame's payload.
pub(super) fn unmask(bytes: &mut [u8], mask: [u8; 4], offset: usize) {
    let mut key = mask;
    key.rotate_left(offset % 4);
    let [a, b, c, d] = key;
    let word = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let (words, rest) = bytes.as_chunks_mut();
    for masked in words {
        *masked = (u64::from_ne_bytes(*masked) ^ word).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(word.to_ne_bytes()) {
        *byte ^= key;
    }
}

#[cfg(test)]
mod tests {
    use super::unmask;

    #[test]
    fn every_length_and_offset_agrees_with_the_rfc() {
        let mask = [0x37, 0xfa, 0x21, 0x3d];
        for length in 0..40 {
            for offset in 0..9 {
                let masked: Vec<u8> = (0..length).collect();
                let expected: Vec<u8> = masked
                    .iter()
                    .enumerate()
                    .map(|(index, byte)| byte ^ mask[(index + offset) % 4])
                    .collect();
                let mut bytes = masked;
                unmask(&mut bytes, mask, offset);
                assert_eq!(bytes, expected);
            }
        }
    }
}
