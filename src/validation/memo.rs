//! Exact bytes → what was made of them for an earlier document: certificates, and chains with their revocation.
//!
//! What is kept is a pure function of what it is kept by: the octets of certificates, and, through
//! the verifier that a memo belongs to, trust, policy, limits and evidence. Verdicts are not kept.

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::basic;
use super::chain::Chain;
use super::level::Lack;
use super::signature_verdict::CertificateSummary;
use crate::crypto::Trace;
use crate::error::Error;
use crate::limits::Limits;
use crate::pki::evidence::{Origin, Parts};
use crate::pki::{Certificate, Evidence};
use crate::signature::Form;
use crate::time::UtcTime;

/// Entries of one generation; two are kept.
const CERTIFICATES: usize = 1 << 13;
const CHAINS: usize = 1 << 12;
/// Octets of the pieces of evidence in one generation.
const PIECES: usize = 16 << 20;

/// What documents share under one verifier.
#[derive(Default)]
pub struct Memo {
    certificates: Mutex<Generations<[u8; ENDING], Certificate>>,
    summaries: Mutex<Generations<[u8; 32], Arc<CertificateSummary>>>,
    /// CRLs, OCSP responses and bundles that came with documents, by their last octets.
    pieces: Mutex<Generations<[u8; ENDING], Arc<Piece>>>,
    chains: Shelf<ChainKey, Chain>,
    lacks: Shelf<MaterialKey, Vec<Lack>>,
}

/// A memo as one document uses it.
pub struct Recall<'m> {
    memo: &'m Memo,
    /// The verifier's own evidence: on any other, chains are not kept.
    evidence: &'m Arc<Evidence>,
    chains: RefCell<New<ChainKey, Chain>>,
    lacks: RefCell<New<MaterialKey, Vec<Lack>>>,
}

/// What one document added. It is kept once every answer that it rests on is certain.
#[derive(Default)]
pub struct Fresh {
    chains: New<ChainKey, Chain>,
    lacks: New<MaterialKey, Vec<Lack>>,
}

type Shelf<K, T> = Mutex<Generations<K, Arc<Known<T>>>>;
type New<K, T> = Vec<(K, Arc<Known<T>>)>;

/// How many of the last octets of a certificate lead to it: they are of its signature, as good as
/// random. All octets are compared then.
const ENDING: usize = 16;

/// Octets, and what they hold.
struct Piece {
    octets: Box<[u8]>,
    parts: Parts,
}

/// Everything that a chain depends on besides what belongs to the verifier.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct ChainKey {
    leaf: [u8; 32],
    form: Form,
    at: UtcTime,
    /// The other certificates of the signature, in their order.
    embedded: Box<[[u8; 32]]>,
    added: Added,
}

/// What a document adds to evidence, in its order, with the origins.
type Added = Vec<([u8; 32], Vec<Origin>)>;

/// Everything on which it depends what a file lacks, besides what belongs to the verifier.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct MaterialKey {
    pub(super) at: UtcTime,
    pub(super) leaf: Option<[u8; 32]>,
    /// The certificates of those who made the time stamps.
    pub(super) stamps: Vec<Option<[u8; 32]>>,
    /// The file's own evidence.
    pub(super) evidence: Added,
}

/// A result, and the answers about signatures on which it rests.
pub(super) struct Known<T> {
    pub(super) value: T,
    trace: Trace,
}

impl Memo {
    /// Keeps what a document added.
    pub fn keep(&self, fresh: Fresh) {
        shelve(&self.chains, fresh.chains);
        shelve(&self.lacks, fresh.lacks);
    }
}

impl std::fmt::Debug for Memo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Memo")
    }
}

impl std::fmt::Debug for Recall<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Recall")
    }
}

impl<'m> Recall<'m> {
    /// For one document; `evidence` is that of the verifier whose memo it is.
    pub fn new(memo: &'m Memo, evidence: &'m Arc<Evidence>) -> Self {
        Self {
            memo,
            evidence,
            chains: RefCell::default(),
            lacks: RefCell::default(),
        }
    }

    /// What the document added.
    pub fn into_fresh(self) -> Fresh {
        Fresh {
            chains: self.chains.into_inner(),
            lacks: self.lacks.into_inner(),
        }
    }

    /// As [`Certificate::from_der_within`].
    pub(super) fn certificate(&self, der: &[u8], limits: &Limits) -> Result<Certificate, Error> {
        if der.len() > limits.certificate {
            return Err(Error::limit("certificate", limits.certificate as u64));
        }
        let ending = der.last_chunk::<ENDING>();
        if let Some(ending) = ending
            && let Some(known) = lock(&self.memo.certificates).get(ending, CERTIFICATES)
            && known.der() == der
        {
            return Ok(known.clone());
        }
        let read = Certificate::from_der_within(der, limits)?;
        if let Some(ending) = ending {
            lock(&self.memo.certificates).insert(*ending, read.clone(), CERTIFICATES);
        }
        Ok(read)
    }

    /// Adds what `bytes` hold to `evidence`, as [`Evidence::add_bytes`] does.
    ///
    /// # Errors
    /// As there.
    pub(super) fn add_to(
        &self,
        evidence: &mut Evidence,
        bytes: &[u8],
        origin: Origin,
        limits: &Limits,
    ) -> Result<(), Error> {
        let ending = bytes.last_chunk::<ENDING>();
        let known = ending.and_then(|ending| lock(&self.memo.pieces).get(ending, PIECES).cloned());
        if let Some(known) = known
            && *known.octets == *bytes
        {
            evidence.add_parts(&known.parts, origin);
            return Ok(());
        }
        let piece = Arc::new(Piece {
            parts: Parts::read(bytes, limits)?,
            octets: bytes.into(),
        });
        evidence.add_parts(&piece.parts, origin);
        if let Some(ending) = ending {
            lock(&self.memo.pieces).insert_heavy(*ending, piece, bytes.len(), PIECES);
        }
        Ok(())
    }

    /// What a report shows of `certificate`.
    pub(super) fn summary(&self, certificate: &Certificate) -> Arc<CertificateSummary> {
        let digest = certificate.sha256();
        if let Some(known) = lock(&self.memo.summaries).get(digest, CERTIFICATES) {
            return Arc::clone(known);
        }
        let made = Arc::new(basic::summary(certificate));
        lock(&self.memo.summaries).insert(*digest, Arc::clone(&made), CERTIFICATES);
        made
    }

    /// The chain that `find` makes, from an earlier document where one has the same.
    pub(super) fn chain(
        &self,
        leaf: &Certificate,
        form: Form,
        embedded: &[Certificate],
        context: &super::Context<'_>,
        find: impl FnOnce() -> Chain,
    ) -> Arc<Known<Chain>> {
        let Some(added) = context.evidence.added_to(self.evidence) else {
            return Known::apart(find());
        };
        let key = ChainKey {
            leaf: *leaf.sha256(),
            form,
            at: context.at,
            embedded: embedded.iter().map(|c| *c.sha256()).collect(),
            added,
        };
        recalled(&self.memo.chains, &self.chains, key, context, find)
    }

    /// What a file lacks, as `find` finds it, from an earlier document where one has the same.
    pub(super) fn lacks(
        &self,
        key: MaterialKey,
        context: &super::Context<'_>,
        find: impl FnOnce() -> Vec<Lack>,
    ) -> Arc<Known<Vec<Lack>>> {
        recalled(&self.memo.lacks, &self.lacks, key, context, find)
    }
}

impl<T> Known<T> {
    /// A result that is not kept.
    fn apart(value: T) -> Arc<Self> {
        let trace = Trace::default();
        Arc::new(Self { value, trace })
    }
}

fn shelve<K: Eq + Hash, T>(shelf: &Shelf<K, T>, new: New<K, T>) {
    if new.is_empty() {
        return;
    }
    let mut shelf = lock(shelf);
    for (key, known) in new {
        shelf.insert(key, known, CHAINS);
    }
}

/// What `find` makes; from the shelf, or of the same document, where the budget has the same
/// answers about signatures.
fn recalled<K: Eq + Hash, T>(
    shelf: &Shelf<K, T>,
    new: &RefCell<New<K, T>>,
    key: K,
    context: &super::Context<'_>,
    find: impl FnOnce() -> T,
) -> Arc<Known<T>> {
    let known = lock(shelf).get(&key, CHAINS).cloned();
    let own = || {
        let new = new.borrow();
        let (_, known) = new.iter().find(|(seen, _)| *seen == key)?;
        Some(Arc::clone(known))
    };
    if let Some(known) = known.or_else(own)
        && context.budget.replay(&known.trace)
    {
        return known;
    }
    let (value, trace) = context.budget.traced(find);
    // With more checks, the limit of a search could have a part in it.
    let Some(trace) = trace.filter(|t| t.len() <= context.limits.path_signature_checks) else {
        return Known::apart(value);
    };
    let known = Arc::new(Known { value, trace });
    new.borrow_mut().push((key, Arc::clone(&known)));
    known
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A map is whole between calls.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A map that forgets what was not asked for while as many others were added as it holds.
struct Generations<K, V> {
    young: HashMap<K, (V, usize)>,
    old: HashMap<K, (V, usize)>,
    /// Of the young ones.
    weight: usize,
}

impl<K, V> Default for Generations<K, V> {
    fn default() -> Self {
        Self {
            young: HashMap::new(),
            old: HashMap::new(),
            weight: 0,
        }
    }
}

impl<K: Eq + Hash, V> Generations<K, V> {
    fn get(&mut self, key: &K, size: usize) -> Option<&V> {
        if !self.young.contains_key(key)
            && let Some((key, (value, weight))) = self.old.remove_entry(key)
        {
            self.insert_heavy(key, value, weight, size);
        }
        self.young.get(key).map(|(value, _)| value)
    }

    fn insert(&mut self, key: K, value: V, size: usize) {
        self.insert_heavy(key, value, 1, size);
    }

    /// A generation ends when it weighs `size`.
    fn insert_heavy(&mut self, key: K, value: V, weight: usize, size: usize) {
        if self.weight >= size {
            self.old = std::mem::take(&mut self.young);
            self.weight = 0;
        }
        if let Some((_, before)) = self.young.insert(key, (value, weight)) {
            self.weight = self.weight.saturating_sub(before);
        }
        self.weight = self.weight.saturating_add(weight);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// V071: however many are added, two generations are held; what is asked for stays.
    #[test]
    fn ok_what_is_asked_for_stays_and_the_rest_is_forgotten() {
        let mut map = Generations::default();
        map.insert(0, "zero", 4);
        for number in 1..100 {
            map.insert(number, "other", 4);
            assert_eq!(map.get(&0, 4), Some(&"zero"));
            assert!(map.young.len() + map.old.len() <= 8);
        }
        assert_eq!(map.get(&1, 4), None);
    }

    /// V071: heavy ones make a generation end sooner, and what is put again counts once.
    #[test]
    fn ok_what_weighs_more_is_kept_in_smaller_number() {
        let mut map = Generations::default();
        for number in 0..100 {
            map.insert_heavy(number, "heavy", 30, 100);
            map.insert_heavy(number, "heavy", 30, 100);
            assert_eq!(map.weight, 30 * map.young.len());
            assert!(map.young.len() <= 4 && map.old.len() <= 4);
        }
        assert_eq!(map.get(&99, 100), Some(&"heavy"));
        assert_eq!(map.get(&0, 100), None);
    }
}
