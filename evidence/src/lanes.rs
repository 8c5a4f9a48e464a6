//! The hashes of many leaves or nodes at once: each in a lane of one vector, where the processor has such
//! (AVX-512), else one after the other.

use crate::merkle::{leaf_hash, node_hash};
#[cfg(target_arch = "x86_64")]
use crate::sha::Midstate;
use crate::sha::Padded;
use tieout_controls::Digest;

/// Messages in a vector.
#[cfg(any(test, target_arch = "x86_64"))]
const LANES: usize = 16;

/// From how many messages on a vector is cheaper than one after the other, even if lanes stay empty.
#[cfg(target_arch = "x86_64")]
const ENOUGH: usize = 6;

/// Adds the hash of each of these leaves.
pub(crate) fn leaf_hashes(leaves: &[&[u8]], hashes: &mut Vec<Digest>) {
    each(leaves, hashes, |lane, leaf| lane.set(0, &[0], leaf), |leaf| leaf_hash(leaf));
}

/// Adds the hash of the node over each of these pairs.
pub(crate) fn node_hashes(pairs: &[[Digest; 2]], hashes: &mut Vec<Digest>) {
    each(
        pairs,
        hashes,
        |lane, pair| lane.set_pair(1, pair),
        |[left, right]| node_hash(left, right),
    );
}

#[cfg(not(target_arch = "x86_64"))]
fn each<'m, T>(
    messages: &'m [T],
    hashes: &mut Vec<Digest>,
    _: impl Fn(&mut Padded<'m>, &'m T),
    hash: impl Fn(&T) -> Digest,
) {
    hashes.extend(messages.iter().map(hash));
}

#[cfg(target_arch = "x86_64")]
fn each<'m, T>(
    messages: &'m [T],
    hashes: &mut Vec<Digest>,
    pad: impl Fn(&mut Padded<'m>, &'m T),
    hash: impl Fn(&T) -> Digest,
) {
    let vectors = fearless_simd::Level::new().as_avx512();
    let Some(vectors) = vectors.filter(|_| messages.len() >= ENOUGH) else {
        hashes.extend(messages.iter().map(hash));
        return;
    };
    let mut lanes = [Padded::NONE; LANES];
    for messages in messages.chunks(LANES) {
        if messages.len() < ENOUGH {
            hashes.extend(messages.iter().map(&hash));
            continue;
        }
        for (lane, message) in lanes.iter_mut().zip(messages) {
            pad(lane, message);
        }
        let lanes = lanes.get(..messages.len()).unwrap_or_default();
        // In step as far as all of them reach; what is longer goes on by itself.
        let shared = lanes.iter().map(Padded::blocks).min().unwrap_or(0);
        let halves = together(vectors, lanes, shared);
        for (at, lane) in lanes.iter().enumerate() {
            let mut digest = Digest([0; 32]);
            for (to, four) in digest.0.as_chunks_mut::<16>().0.iter_mut().zip(&halves) {
                let half = four.get(at % 4).and_then(|lanes| lanes.as_chunks().0.get(at / 4));
                *to = half.copied().unwrap_or_default();
            }
            let longer = lane.blocks() > shared;
            let digest = if longer { Midstate::of(digest).go_on(lane, shared) } else { digest };
            hashes.push(digest);
        }
    }
}

#[cfg(target_arch = "x86_64")]
fearless_simd::kernel!(
    /// The state after so many blocks in every lane (FIPS 180-4, section 6.2.2), as the digest is written:
    /// for each of its halves that of lanes 0, 4, 8 and 12, then of 1, 5, 9 and 13, and so on.
    fn together(vectors: Avx512, lanes: &[Padded<'_>], blocks: usize) -> [[[u8; 64]; 4]; 2] {
        use fearless_simd::{SimdInto, u8x64};
        use std::arch::x86_64::*;

        macro_rules! xor {
            ($a:expr, $b:expr, $c:expr) => {
                _mm512_ternarylogic_epi32::<0x96>($a, $b, $c)
            };
        }
        macro_rules! round {
            ($a:ident $b:ident $c:ident $d:ident $e:ident $f:ident $g:ident $h:ident $k:ident $w:ident) => {
                let (six, eleven) = (_mm512_ror_epi32::<6>($e), _mm512_ror_epi32::<11>($e));
                let sigma = xor!(six, eleven, _mm512_ror_epi32::<25>($e));
                let choice = _mm512_ternarylogic_epi32::<0xca>($e, $f, $g);
                let known = _mm512_add_epi32($w, _mm512_set1_epi32($k.cast_signed()));
                let known = _mm512_add_epi32($h, known);
                let first = _mm512_add_epi32(known, _mm512_add_epi32(sigma, choice));
                let (two, thirteen) = (_mm512_ror_epi32::<2>($a), _mm512_ror_epi32::<13>($a));
                let sigma = xor!(two, thirteen, _mm512_ror_epi32::<22>($a));
                let majority = _mm512_ternarylogic_epi32::<0xe8>($a, $b, $c);
                $d = _mm512_add_epi32($d, first);
                $h = _mm512_add_epi32(first, _mm512_add_epi32(sigma, majority));
            };
        }
        // The word that comes 16 after the first, from those that come 1, 9 and 14 after it.
        macro_rules! schedule {
            ($($w:ident $one:ident $nine:ident $fourteen:ident,)*) => {
                $(
                    let (a, b) = (_mm512_ror_epi32::<7>($one), _mm512_ror_epi32::<18>($one));
                    let small = xor!(a, b, _mm512_srli_epi32::<3>($one));
                    let (a, b) = (_mm512_ror_epi32::<17>($fourteen), _mm512_ror_epi32::<19>($fourteen));
                    let large = xor!(a, b, _mm512_srli_epi32::<10>($fourteen));
                    let sum = _mm512_add_epi32($w, small);
                    $w = _mm512_add_epi32(sum, _mm512_add_epi32($nine, large));
                )*
            };
        }
        // The block of each lane becomes the words of all lanes: first 4 by 4 words, ...
        macro_rules! four {
            ($a:ident $b:ident $c:ident $d:ident) => {{
                let (ab, cd) = (_mm512_unpacklo_epi32($a, $b), _mm512_unpacklo_epi32($c, $d));
                let (first, second) =
                    (_mm512_unpacklo_epi64(ab, cd), _mm512_unpackhi_epi64(ab, cd));
                let (ab, cd) = (_mm512_unpackhi_epi32($a, $b), _mm512_unpackhi_epi32($c, $d));
                [first, second, _mm512_unpacklo_epi64(ab, cd), _mm512_unpackhi_epi64(ab, cd)]
            }};
        }
        // ... then 4 by 4 of these.
        macro_rules! wide {
            ($a:ident $b:ident $c:ident $d:ident) => {{
                let (ab, cd) =
                    (_mm512_shuffle_i32x4::<0x88>($a, $b), _mm512_shuffle_i32x4::<0x88>($c, $d));
                let (first, third) =
                    (_mm512_shuffle_i32x4::<0x88>(ab, cd), _mm512_shuffle_i32x4::<0xdd>(ab, cd));
                let (ab, cd) =
                    (_mm512_shuffle_i32x4::<0xdd>($a, $b), _mm512_shuffle_i32x4::<0xdd>($c, $d));
                let (second, fourth) =
                    (_mm512_shuffle_i32x4::<0x88>(ab, cd), _mm512_shuffle_i32x4::<0xdd>(ab, cd));
                [first, second, third, fourth]
            }};
        }

        // The bytes of each word are turned round: in the message it is big-endian.
        let order = _mm512_set4_epi32(0x0c0d_0e0f, 0x0809_0a0b, 0x0405_0607, 0x0001_0203);
        let zero = _mm512_setzero_si512();
        let mut start = [zero; 8];
        for (to, word) in start.iter_mut().zip(Midstate::NEW.words()) {
            *to = _mm512_set1_epi32(word.cast_signed());
        }
        let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = start;
        for number in 0..blocks {
            let mut rows = [zero; LANES];
            for (row, lane) in rows.iter_mut().zip(lanes) {
                let Some(block) = lane.block(number) else { continue };
                let block: u8x64<_> = (*block).simd_into(vectors);
                *row = _mm512_shuffle_epi8(block.into(), order);
            }
            let [r0, r1, r2, r3, r4, r5, r6, r7, r8, r9, r10, r11, r12, r13, r14, r15] = rows;
            let [a0, a1, a2, a3] = four!(r0 r1 r2 r3);
            let [b0, b1, b2, b3] = four!(r4 r5 r6 r7);
            let [c0, c1, c2, c3] = four!(r8 r9 r10 r11);
            let [d0, d1, d2, d3] = four!(r12 r13 r14 r15);
            let [mut w0, mut w4, mut w8, mut w12] = wide!(a0 b0 c0 d0);
            let [mut w1, mut w5, mut w9, mut w13] = wide!(a1 b1 c1 d1);
            let [mut w2, mut w6, mut w10, mut w14] = wide!(a2 b2 c2 d2);
            let [mut w3, mut w7, mut w11, mut w15] = wide!(a3 b3 c3 d3);
            let before = [a, b, c, d, e, f, g, h];
            for (number, constants) in K.iter().enumerate() {
                if number > 0 {
                    schedule!(
                        w0 w1 w9 w14, w1 w2 w10 w15, w2 w3 w11 w0, w3 w4 w12 w1,
                        w4 w5 w13 w2, w5 w6 w14 w3, w6 w7 w15 w4, w7 w8 w0 w5,
                        w8 w9 w1 w6, w9 w10 w2 w7, w10 w11 w3 w8, w11 w12 w4 w9,
                        w12 w13 w5 w10, w13 w14 w6 w11, w14 w15 w7 w12, w15 w0 w8 w13,
                    );
                }
                let [k0, k1, k2, k3, k4, k5, k6, k7, k8, k9, k10, k11, k12, k13, k14, k15] =
                    *constants;
                round!(a b c d e f g h k0 w0);
                round!(h a b c d e f g k1 w1);
                round!(g h a b c d e f k2 w2);
                round!(f g h a b c d e k3 w3);
                round!(e f g h a b c d k4 w4);
                round!(d e f g h a b c k5 w5);
                round!(c d e f g h a b k6 w6);
                round!(b c d e f g h a k7 w7);
                round!(a b c d e f g h k8 w8);
                round!(h a b c d e f g k9 w9);
                round!(g h a b c d e f k10 w10);
                round!(f g h a b c d e k11 w11);
                round!(e f g h a b c d k12 w12);
                round!(d e f g h a b c k13 w13);
                round!(c d e f g h a b k14 w14);
                round!(b c d e f g h a k15 w15);
            }
            let [a0, b0, c0, d0, e0, f0, g0, h0] = before;
            (a, b) = (_mm512_add_epi32(a, a0), _mm512_add_epi32(b, b0));
            (c, d) = (_mm512_add_epi32(c, c0), _mm512_add_epi32(d, d0));
            (e, f) = (_mm512_add_epi32(e, e0), _mm512_add_epi32(f, f0));
            (g, h) = (_mm512_add_epi32(g, g0), _mm512_add_epi32(h, h0));
        }
        [four!(a b c d), four!(e f g h)].map(|half| {
            half.map(|four| {
                let bytes: u8x64<_> = _mm512_shuffle_epi8(four, order).simd_into(vectors);
                bytes.into()
            })
        })
    }
);

/// The constants of the 64 rounds (FIPS 180-4, section 4.2.2).
#[cfg(target_arch = "x86_64")]
#[rustfmt::skip]
const K: [[u32; 16]; 4] = [
    [
        0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
        0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
    ],
    [
        0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
        0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
    ],
    [
        0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
        0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
    ],
    [
        0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
        0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
    ],
];

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest as _, Sha256};

    fn bytes(length: usize, seed: usize) -> Vec<u8> {
        (0..length).map(|n| u8::try_from((n * 7 + seed * 31 + n / 256) % 251).unwrap()).collect()
    }

    fn held(leaves: &[Vec<u8>]) {
        let mut found = vec![Digest([9; 32])];
        let leaves: Vec<&[u8]> = leaves.iter().map(Vec::as_slice).collect();
        leaf_hashes(&leaves, &mut found);
        assert_eq!(found.len(), leaves.len() + 1);
        assert_eq!(found[0], Digest([9; 32]));
        for (leaf, found) in leaves.iter().zip(&found[1..]) {
            let expected: [u8; 32] =
                Sha256::new_with_prefix([0]).chain_update(leaf).finalize().into();
            assert_eq!(found.0, expected, "{} bytes", leaf.len());
        }
    }

    #[test]
    fn leaves_of_one_length_as_the_hasher_does_at_every_length() {
        for length in 0..400 {
            held(&(0..LANES).map(|seed| bytes(length, seed)).collect::<Vec<_>>());
        }
    }

    #[test]
    fn leaves_of_mixed_lengths_and_of_any_number() {
        for number in 0..3 * LANES + 2 {
            for step in [0, 1, 5, 17, 64, 111] {
                let length = |seed: usize| (seed * seed * step + number) % 700;
                held(&(0..number).map(|seed| bytes(length(seed), seed)).collect::<Vec<_>>());
            }
        }
        // One that is much longer, or shorter, in each lane.
        for lane in 0..LANES {
            for (other, length) in [(5000, 60), (0, 300)] {
                let length = |seed| if seed == lane { other } else { length };
                held(&(0..LANES).map(|seed| bytes(length(seed), seed)).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn nodes_as_the_hasher_does() {
        for number in 0..2 * LANES + 3 {
            let digest = |n: usize| Digest(bytes(32, n).try_into().unwrap());
            let pairs: Vec<_> = (0..number).map(|n| [digest(2 * n), digest(2 * n + 1)]).collect();
            let mut found = Vec::new();
            node_hashes(&pairs, &mut found);
            let expected = pairs.iter().map(|[left, right]| {
                let hasher = Sha256::new_with_prefix([1]).chain_update(left.0);
                Digest(hasher.chain_update(right.0).finalize().into())
            });
            assert!(expected.eq(found.iter().copied()), "{number}");
        }
    }
}
