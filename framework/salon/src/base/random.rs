//! The only place where chance comes from: the operating system, or the harness's seed.
//!
//! It must never be predictable outside of the harness: session ids are secrets. A process that forks
//! once it serves would give the same ids in both: nothing of tokio's survives that either.

use std::cell::RefCell;

use super::simulation;

/// How much is fetched at a time: a handful of ids, since each fetch is a call of the kernel.
const STOCK: usize = 256;

/// What was fetched, and is given out once.
struct Stock {
    bytes: [u8; STOCK],
    left: usize,
}

thread_local! {
    static CURRENT: RefCell<Stock> = const { RefCell::new(Stock { bytes: [0; STOCK], left: 0 }) };
}

/// Fills `bytes` from the operating system's generator.
///
/// # Errors
/// When the operating system has none.
pub(crate) fn fill(bytes: &mut [u8]) -> Result<(), getrandom::Error> {
    if simulation::fill_random(bytes) {
        return Ok(());
    }
    CURRENT.with_borrow_mut(|stock| stock.give(bytes))
}

/// A number up to `most`, each as likely as any other; nothing when the operating system gives no chance.
pub(crate) fn up_to(most: u64) -> Option<u64> {
    let mut bytes = [0; 8];
    fill(&mut bytes).ok()?;
    let drawn = u64::from_be_bytes(bytes);
    Some(most.checked_add(1).map_or(drawn, |count| drawn % count))
}

impl Stock {
    fn give(&mut self, wanted: &mut [u8]) -> Result<(), getrandom::Error> {
        if wanted.len() > STOCK {
            return getrandom::fill(wanted);
        }
        if self.left < wanted.len() {
            getrandom::fill(&mut self.bytes)?;
            self.left = STOCK;
        }
        let given = &mut self.bytes[self.left - wanted.len()..self.left];
        wanted.copy_from_slice(given);
        // What is somebody's secret now is not kept beside it.
        given.fill(0);
        self.left -= wanted.len();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn nothing_is_given_out_twice_nor_kept() {
        let mut stock = Stock { bytes: [0; STOCK], left: 0 };
        let mut given = HashSet::new();
        for count in 0..1_000 {
            let mut bytes = [0; 15];
            stock.give(&mut bytes).unwrap();
            assert!(given.insert(bytes), "{count}");
            assert!(stock.bytes[stock.left..].iter().all(|byte| *byte == 0), "{count}");
        }
    }

    #[test]
    fn a_number_is_drawn_from_nothing_up_to_the_most() {
        let drawn: HashSet<_> = (0..1_000).filter_map(|_| up_to(2)).collect();
        assert_eq!(drawn, HashSet::from([0, 1, 2]));
        assert_eq!(up_to(0), Some(0));
        assert!(up_to(u64::MAX).is_some());
    }

    #[test]
    fn more_than_there_is_in_stock_is_given_as_well() {
        let mut bytes = [0; 4 * STOCK];
        Stock { bytes: [0; STOCK], left: 0 }.give(&mut bytes).unwrap();
        assert!(bytes[STOCK..].iter().any(|byte| *byte != 0));
    }
}
