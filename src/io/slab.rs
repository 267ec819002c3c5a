//! Numbered storage whose numbers are not mistaken for their successors.

/// Values by token. A token is never reused.
pub struct Slab<T> {
    entries: Vec<(u32, Option<T>)>,
    free: Vec<u32>,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Slab { entries: Vec::new(), free: Vec::new() }
    }
}

impl<T> Slab<T> {
    /// Stores `value`. The token's high half is the place's generation.
    pub fn insert(&mut self, value: T) -> u64 {
        if let Some(place) = self.free.pop()
            && let Some((generation, entry)) = self.entries.get_mut(place as usize)
        {
            *entry = Some(value);
            return u64::from(*generation) << 32 | u64::from(place);
        }
        self.entries.push((0, Some(value)));
        self.entries.len() as u64 - 1
    }

    /// The value of `token`, if it is still there.
    pub fn get(&self, token: u64) -> Option<&T> {
        let (generation, entry) = self.entries.get(token as u32 as usize)?;
        if u64::from(*generation) == token >> 32 { entry.as_ref() } else { None }
    }

    /// Takes the value of `token` out.
    pub fn remove(&mut self, token: u64) -> Option<T> {
        let (generation, entry) = self.entries.get_mut(token as u32 as usize)?;
        if u64::from(*generation) != token >> 32 {
            return None;
        }
        let value = entry.take()?;
        // The top value is left out, so that no token equals the loop's own.
        *generation = (*generation + 1) % u32::MAX;
        self.free.push(token as u32);
        Some(value)
    }
}
