//! The security stores of two revisions → whether only evidence was added.

use std::collections::BTreeSet;

use super::{Change, ChangeLevel, Comparison, same};
use crate::error::Error;
use crate::pdf::{Dictionary, Object, ObjectId, View};
use crate::signature::scan;

impl<'d, 'a> Comparison<'d, 'a> {
    /// The security store: lists of streams, each a DER value; entries of a signature stay as they were.
    pub(super) fn security_store(
        &mut self,
        old: Option<&Object<'d>>,
        new: Option<&Object<'d>>,
    ) -> Result<(), Error> {
        const PATH: &str = "catalog /DSS";
        let Some(new) = new else {
            if old.is_some() {
                self.other(0, "catalog /DSS removed");
            }
            return Ok(());
        };
        if old == Some(new)
            && new
                .as_reference()
                .is_none_or(|id| !self.open.contains_key(&id))
            && self.open.is_empty()
        {
            return Ok(());
        }
        let old_dictionary = match old {
            Some(old) => self.old.resolve(old)?.into_dictionary(),
            None => None,
        };
        let Object::Dictionary(dss) = self.new.resolve(new)? else {
            self.other(0, PATH);
            return Ok(());
        };
        let known = |key: &[u8]| matches!(key, b"Type" | b"VRI" | b"Certs" | b"CRLs" | b"OCSPs");
        if !dss.iter().all(|entry| known(entry.key.as_bytes())) || !dss.duplicates().is_empty() {
            self.other(0, "catalog /DSS with a key that does not belong there");
            return Ok(());
        }
        let root = self.root();
        self.own_role(new, old, root, PATH)?;
        // Who holds the lists in the older view: the store, or the catalog when the store is direct.
        let holder = old
            .and_then(Object::as_reference)
            .map(|id| id.number)
            .or(root);
        for key in [b"Certs".as_slice(), b"CRLs", b"OCSPs"] {
            let before = old_dictionary.as_ref().and_then(|d| d.get(key)).cloned();
            self.stream_list(dss.get(key), before.as_ref(), holder, PATH)?;
        }
        let before = old_dictionary.as_ref().and_then(|d| d.get(b"VRI")).cloned();
        let Some(vri) = dss.get(b"VRI") else {
            if before.is_some() {
                self.other(0, "catalog /DSS /VRI removed");
            }
            return Ok(());
        };
        self.own_role(vri, before.as_ref(), holder, PATH)?;
        let vri_holder = before
            .as_ref()
            .and_then(Object::as_reference)
            .map(|id| id.number)
            .or(holder);
        let old_vri = match &before {
            Some(before) => self.old.resolve(before)?.into_dictionary(),
            None => None,
        };
        let Object::Dictionary(vri) = self.new.resolve(vri)? else {
            self.other(0, "catalog /DSS /VRI");
            return Ok(());
        };
        if !vri.duplicates().is_empty() {
            self.other(0, "catalog /DSS /VRI");
        }
        if let Some(old_vri) = &old_vri {
            self.kept_entries(old_vri, &vri, &dss)?;
        }
        for entry in vri.iter() {
            let name = entry.key.as_bytes();
            let fits =
                (name.len() == 40 && name.iter().all(u8::is_ascii_hexdigit)) || name == b"Type";
            if !fits {
                self.other(0, "catalog /DSS /VRI with a key that does not belong there");
                return Ok(());
            }
            let before = old_vri.as_ref().and_then(|d| d.get(name)).cloned();
            if name == b"Type" {
                continue;
            }
            self.own_role(&entry.value, before.as_ref(), vri_holder, PATH)?;
            let Object::Dictionary(one) = self.new.resolve(&entry.value)? else {
                self.other(0, "catalog /DSS /VRI");
                return Ok(());
            };
            if !one.duplicates().is_empty() {
                self.other(0, "catalog /DSS /VRI");
            }
            for inner in one.iter() {
                match inner.key.as_bytes() {
                    b"Cert" | b"CRL" | b"OCSP" => {
                        self.stream_list(Some(&inner.value), None, None, PATH)?
                    }
                    b"TS" => self.store_stream(&inner.value, PATH)?,
                    b"Type" | b"TU" => {}
                    _ => self.other(0, "catalog /DSS /VRI with a key that does not belong there"),
                }
            }
        }
        Ok(())
    }

    /// What the store said of a signature stays: no entry goes, and a changed one takes nothing out
    /// of the store and lists nothing from outside it.
    ///
    /// NOTE: an entry may list less than before, or other answers, as long as the store's own lists
    /// have both: a widespread writer (pyHanko) renews material by writing the entry anew with
    /// what it fetched last. Time stamp and date of an entry stay as they were.
    fn kept_entries(
        &mut self,
        old: &Dictionary<'d>,
        new: &Dictionary<'d>,
        store: &Dictionary<'d>,
    ) -> Result<(), Error> {
        const LISTS: [(&[u8], &[u8]); 3] =
            [(b"Cert", b"Certs"), (b"CRL", b"CRLs"), (b"OCSP", b"OCSPs")];
        for entry in old.iter().filter(|entry| entry.key.as_bytes() != b"Type") {
            let before = self.old.resolve(&entry.value)?;
            let after = match new.get(entry.key.as_bytes()) {
                Some(after) => self.new.resolve(after)?,
                None => Object::Null,
            };
            if scan::same(&before, &after) {
                continue;
            }
            let (Object::Dictionary(before), Object::Dictionary(after)) = (before, after) else {
                self.other(0, "catalog /DSS /VRI: an entry was removed");
                continue;
            };
            let mut kept = after.duplicates().is_empty()
                && [b"TS".as_slice(), b"TU"]
                    .iter()
                    .all(|key| before.get(key).is_none() || same(before.get(key), after.get(key)));
            for (name, all) in LISTS {
                let all = members(&self.new, store.get(all))?;
                let listed = members(&self.new, after.get(name))?;
                let mut was = members(&self.old, before.get(name))?.into_iter();
                kept &= listed.is_subset(&all)
                    && was.all(|id| all.contains(&id) || listed.contains(&id));
            }
            if !kept {
                self.other(
                    0,
                    "catalog /DSS /VRI: an entry lost or misplaced what it listed",
                );
            }
        }
        Ok(())
    }

    /// Explains a container that is reached by reference: new, or replaced in the role it had.
    fn own_role(
        &mut self,
        new: &Object<'d>,
        old: Option<&Object<'d>>,
        holder: Option<u32>,
        path: &str,
    ) -> Result<(), Error> {
        let Some(id) = new.as_reference() else {
            return Ok(());
        };
        match self.open.get(&id).copied() {
            Some(Change::Added) if !self.is_dangling(id.number)? => {
                self.explain(id, ChangeLevel::LtaUpdates, path)
            }
            Some(Change::Replaced)
                if old.and_then(Object::as_reference) == Some(id)
                    && self.is_used_only_by(id, holder)? =>
            {
                self.explain(id, ChangeLevel::LtaUpdates, path);
            }
            _ => {}
        }
        Ok(())
    }

    fn stream_list(
        &mut self,
        new: Option<&Object<'d>>,
        old: Option<&Object<'d>>,
        holder: Option<u32>,
        path: &str,
    ) -> Result<(), Error> {
        let Some(new) = new else { return Ok(()) };
        self.own_role(new, old, holder, path)?;
        let list = self.new.resolve(new)?;
        let Some(list) = list.as_array() else {
            self.other(0, "catalog /DSS: a list is none");
            return Ok(());
        };
        for item in list.iter() {
            self.store_stream(item, path)?;
        }
        Ok(())
    }

    /// A stream of the store; a new one must hold one DER value and nothing a page could use.
    fn store_stream(&mut self, item: &Object<'d>, path: &str) -> Result<(), Error> {
        let Some(id) = item.as_reference() else {
            self.other(0, "catalog /DSS: a member is no stream");
            return Ok(());
        };
        if self.open.get(&id) != Some(&Change::Added) || self.is_dangling(id.number)? {
            return Ok(());
        }
        let Object::Stream(stream) = self.now(id)? else {
            self.other(id.number, "catalog /DSS: a member is no stream");
            return Ok(());
        };
        let plain = stream.dictionary().iter().all(|entry| {
            matches!(
                entry.key.as_bytes(),
                b"Length" | b"Filter" | b"DecodeParms" | b"Type" | b"Size" | b"DL"
            )
        });
        if plain {
            self.explain(id, ChangeLevel::LtaUpdates, path);
            for entry in stream.dictionary().iter() {
                self.explain_new(&entry.value, ChangeLevel::LtaUpdates, path)?;
            }
        }
        Ok(())
    }
}

/// The objects to which a list of the security store refers; none when it is not there.
fn members(view: &View<'_, '_>, list: Option<&Object<'_>>) -> Result<BTreeSet<ObjectId>, Error> {
    let Some(list) = list else {
        return Ok(BTreeSet::new());
    };
    let list = view.resolve(list)?;
    let items = list.as_array().into_iter().flat_map(|list| list.iter());
    Ok(items.filter_map(Object::as_reference).collect())
}
