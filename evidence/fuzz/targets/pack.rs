#![no_main]

use std::sync::LazyLock;
use tieout_evidence_fuzz::Pack;

static PACK: LazyLock<Pack> = LazyLock::new(Pack::seal);

libfuzzer_sys::fuzz_target!(|data: &[u8]| PACK.with(data));
