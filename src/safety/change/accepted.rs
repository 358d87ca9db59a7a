//! What of a change would be sent, as far as servers have said by now.

use super::Change;
use crate::safety::guard::Demand;
use crate::safety::item::Item;
use crate::safety::verb::Check;

impl Change {
    /// Everything that is planned has been tried, or cannot be: the preview says all that it will say.
    pub fn is_previewed(&self) -> bool {
        self.ruling.is_some() && self.is_tried()
    }

    /// Servers have said what they will say of what is planned.
    pub(super) fn is_tried(&self) -> bool {
        let refused = self.ruling.as_ref().is_some_and(|r| r.demand == Demand::Refused);
        let tried = |i: &Item| match (&i.plan, &i.right, self.verb_of(i).check) {
            (Some(Ok(_)), Some(Ok(())), Check::Server) => i.checked.is_some() || refused,
            (None, ..) => false,
            _ => true,
        };
        self.items.iter().all(tried)
    }

    /// The objects that the change will be sent for: those that may be changed, can be and were accepted.
    pub fn accepted(&self) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(|i| self.is_accepted(i))
    }

    /// True where the server has said that it would take it, or cannot say so beforehand.
    pub(super) fn is_accepted(&self, item: &Item) -> bool {
        let with = item.along.and_then(|(at, _)| self.items.get(at));
        let tried = match (&item.checked, self.verb_of(item).check) {
            (Some(Ok(_)), _) | (None, Check::None(_)) => true,
            (Some(Err(refusal)), _) => refusal.untried,
            (None, Check::Server) => false,
        };
        let needed = |at: &usize| self.items.get(*at).is_some_and(|other| other.is_unchanged() || self.is_accepted(other));
        tried
            && matches!((&item.plan, &item.right), (Some(Ok(_)), Some(Ok(()))))
            && !item.is_unchanged()
            && with.is_none_or(|with| self.is_accepted(with))
            && item.needs.iter().all(needed)
    }
}
