//! Stale reads: after a write, a replica may answer the next reads with what stood there before.

use std::collections::BTreeMap;

use crate::git::Oid;

/// How far reads lag behind writes in one repository.
#[derive(Clone, Default)]
pub struct Lag {
    /// How many reads of a ref after each write of it are stale.
    pub reads_after_write: u32,
    pending: BTreeMap<String, (Option<Oid>, u32)>,
}

impl Lag {
    /// A ref was written; `old` is what stale reads will answer.
    pub fn wrote(&mut self, name: &str, old: Option<Oid>) {
        if self.reads_after_write > 0 {
            self.pending.insert(name.to_owned(), (old, self.reads_after_write));
        }
    }

    /// What a read answers, given what really stands there.
    pub fn read(&mut self, name: &str, actual: Option<Oid>) -> Option<Oid> {
        match self.pending.get_mut(name) {
            Some((old, left)) => {
                *left -= 1;
                let old = *old;
                if *left == 0 {
                    self.pending.remove(name);
                }
                old
            }
            None => actual,
        }
    }

    /// Makes the next `reads` of a ref answer `old`.
    pub fn hold(&mut self, name: &str, old: Option<Oid>, reads: u32) {
        if reads > 0 {
            self.pending.insert(name.to_owned(), (old, reads));
        }
    }
}
