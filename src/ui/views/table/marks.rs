//! Marked rows: they hold objects, and those that the filter or the focus hides are counted and never acted on.

use super::TableView;
use crate::model::id::ObjectRef;
use crate::model::world::World;

impl TableView {
    /// Marks the row under the cursor, or takes its mark away, and goes to the next.
    pub(super) fn mark(&mut self, world: &World) {
        if let Some(entry) = self.cursor.entry()
            && let Some(key) = self.key(world, entry)
        {
            if !self.marks.remove(&key) {
                self.marks.insert(key);
            }
            self.anchor = Some(key);
        }
        self.step(world, 1);
    }

    /// Marks everything from the last mark to the cursor.
    pub(super) fn mark_range(&mut self, world: &World) {
        let here = self.place(world);
        let there = self.anchor.and_then(|(cluster, uid)| self.find(world, cluster, uid));
        let (Some(here), Some(there)) = (here, there) else { return self.mark(world) };
        for place in here.min(there)..=here.max(there) {
            let key = self.order.get(place).and_then(|e| self.key(world, e));
            self.marks.extend(key);
        }
    }

    /// Marked objects in sight, in the order of the rows, and how many are not in sight.
    pub(super) fn marked(&self, world: &World) -> (Vec<ObjectRef>, usize) {
        if self.marks.is_empty() {
            return (Vec::new(), 0);
        }
        let mut places: Vec<usize> = self.marks.iter().filter_map(|(cluster, uid)| self.find(world, *cluster, *uid)).collect();
        places.sort_unstable();
        let object = |place: usize| self.row(world, self.order.get(place)?).map(|(table, row)| table.object(row));
        let objects: Vec<ObjectRef> = places.into_iter().filter_map(object).collect();
        let hidden = self.marks.len() - objects.len();
        (objects, hidden)
    }
}
