//! Objects → handles, and back: a table of numbers, so that no handle is ever followed as an address.
//!
//! A number is given out once. A handle that was freed, is of another kind, or was made up is
//! therefore always recognised, also when another thread frees it in the midst of a call: that
//! call keeps the object until it returns.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use super::code::Code;
use super::memory::Refused;

struct Table {
    last: usize,
    objects: BTreeMap<usize, Arc<dyn Any + Send + Sync>>,
}

static TABLE: RwLock<Table> = RwLock::new(Table {
    last: 0,
    objects: BTreeMap::new(),
});

/// A handle for `object`.
pub(super) fn give<T: Any + Send + Sync>(object: T) -> Result<*mut T, Refused> {
    let mut table = TABLE.write().unwrap_or_else(PoisonError::into_inner);
    // They are never used again. Where an address has 32 bits, a process can use up all of its
    // 4,294,967,295 handles: then nothing gives one any more, and the process must be started again.
    let number = table
        .last
        .checked_add(1)
        .ok_or_else(|| Refused::new(Code::Limit, "no handle is left in this process".to_owned()))?;
    table.last = number;
    table.objects.insert(number, Arc::new(object));
    Ok(std::ptr::without_provenance_mut(number))
}

/// The object of a handle.
pub(super) fn get<T: Any + Send + Sync>(handle: *const T) -> Result<Arc<T>, Refused> {
    if handle.is_null() {
        return Err(Refused::null("the handle"));
    }
    let table = TABLE.read().unwrap_or_else(PoisonError::into_inner);
    table
        .objects
        .get(&handle.addr())
        .cloned()
        .and_then(|object| object.downcast().ok())
        .ok_or_else(bad)
}

/// Frees a handle; null is nothing to free.
pub(super) fn free<T: Any + Send + Sync>(handle: *mut T) -> Result<(), Refused> {
    if handle.is_null() {
        return Ok(());
    }
    let mut table = TABLE.write().unwrap_or_else(PoisonError::into_inner);
    let object = match table.objects.get(&handle.addr()) {
        Some(object) if object.is::<T>() => table.objects.remove(&handle.addr()),
        _ => return Err(bad()),
    };
    drop(table);
    // Outside the lock: dropping may take a while.
    drop(object);
    Ok(())
}

fn bad() -> Refused {
    Refused::new(
        Code::BadHandle,
        "the handle was freed, is of another kind, or never was one".to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn err_a_handle_is_recognised_when_freed_or_of_another_kind() {
        let handle = give(7_u32).unwrap();
        assert_eq!(*get(handle).unwrap(), 7);
        assert_eq!(get(handle.cast::<u64>()).unwrap_err().code, Code::BadHandle);
        let other = handle.cast::<u64>();
        assert_eq!(free(other).unwrap_err().code, Code::BadHandle);
        free(handle).unwrap();
        assert_eq!(free(handle).unwrap_err().code, Code::BadHandle);
        assert_eq!(get(handle).unwrap_err().code, Code::BadHandle);
        let null: *mut u32 = std::ptr::null_mut();
        assert_eq!(get(null).unwrap_err().code, Code::NullPointer);
        free(null).unwrap();
    }
}
