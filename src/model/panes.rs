//! What happens to the panes of a screen, and what they tell each other.

use super::id::ClusterId;
use super::layout::Axis;
use super::step::Target;

/// Something that happens to panes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Panes {
    /// The next one has the keys.
    Next,
    /// The previous one has.
    Previous,
    /// The one with the keys takes all the room, or gives it back.
    Zoom,
    /// The one with the keys shows this instead: a kind, and perhaps a filter.
    Show(String),
    /// The one with the keys gives half of its room to another one that shows this.
    Split(Axis, String),
    /// The one with the keys closes.
    Close,
    /// What the cursor is on narrows the other panes, or does not any more.
    Link,
    /// The user is told which layouts there are.
    Layouts,
    /// The panes of the layout of this name.
    Layout(String),
    /// The panes as they are get this name.
    Save(String),
    /// The panes of the built-in layout.
    Reset,
}

/// What the cursor of a pane is on, for other panes to show what belongs to it.
#[derive(Clone, Debug, PartialEq)]
pub enum Pick {
    /// An object.
    Object(Box<Target>),
    /// A cluster.
    Cluster(ClusterId),
}
