//! The screen of the journal.

use super::*;
use crate::model::record::{Object, Place, Stage, Touched, Versions};

fn record(id: &str, verb: &str, outcome: Option<&str>) -> Record {
    Record {
        time: "2026-11-27T12:00:00Z".to_owned(),
        id: id.to_owned(),
        record: Stage::Outcome,
        os_user: "ada".to_owned(),
        cluster: Place { name: "prod-eu".to_owned(), ..Place::default() },
        verb: verb.to_owned(),
        object: Object {
            kind: "deployments.apps".to_owned(),
            namespace: "shop".to_owned(),
            name: "web\u{1b}[31m".to_owned(),
            uid: String::new(),
        },
        resource_version: Versions::default(),
        subresource: String::new(),
        changes: vec![Touched { field: "spec.replicas".to_owned(), path: Vec::new(), before: Some(5.into()), after: Some(100.into()) }],
        rule: "tier prod".to_owned(),
        reason: Some("more load".to_owned()),
        outcome: outcome.map(str::to_owned),
        why: None,
    }
}

fn world(records: Vec<Record>) -> World {
    World { now: Timestamp::parse("2026-11-27T12:05:00Z").unwrap(), journal: Some(Ok(records)), ..World::default() }
}

fn drawn(view: &mut dyn View, world: &World) -> String {
    let area = Rect { x: 0, y: 0, width: 120, height: 24 };
    let mut buf = Buffer::empty(area);
    view.arrange(world, area);
    view.draw(world, &Theme::default(), area, &mut buf);
    let cells: Vec<&str> = buf.content().iter().map(|cell| cell.symbol()).collect();
    cells.chunks(120).map(|line| line.concat().trim_end().to_owned() + "\n").collect()
}

fn under(view: &JournalView, world: &World) -> Option<String> {
    view.scene(world).record.map(|r| r.id)
}

#[test]
fn the_newest_is_first_and_the_cursor_stays_where_it_was_put() {
    let mut world = world(vec![record("a", "scale", Some("done")), record("b", "restart", Some("refused"))]);
    let mut view = JournalView::default();
    let shown = drawn(&mut view, &world);
    let (restart, scale) = (shown.find("restart").unwrap(), shown.find("scale").unwrap());
    assert!(restart < scale, "{shown}");
    assert!(
        shown.contains("5m") && shown.contains("prod-eu") && shown.contains("spec.replicas: 5 → 100") && shown.contains("web␛[31m"),
        "{shown}"
    );
    assert_eq!(under(&view, &world).as_deref(), Some("b"));
    view.act(&world, Motion::Down);
    assert_eq!(under(&view, &world).as_deref(), Some("a"));
    if let Some(Ok(records)) = &mut world.journal {
        records.push(record("c", "delete", None));
    }
    view.refresh(&world);
    assert_eq!(under(&view, &world).as_deref(), Some("a"));
    assert!(drawn(&mut view, &world).contains("not known"));
}

#[test]
fn what_is_typed_narrows_it() {
    let world = world(vec![record("a", "scale", Some("done")), record("b", "restart", Some("refused"))]);
    let mut view = JournalView::default();
    for (filter, shown) in [("", 2), ("scale", 1), ("PROD web", 2), ("refused restart", 1), ("refused scale", 0), ("more load", 2)] {
        view.set_filter(&world, filter).unwrap();
        assert_eq!(view.shown.len(), shown, "{filter}");
    }
    view.set_filter(&world, "nothing").unwrap();
    assert!(drawn(&mut view, &world).contains("no change matches"));
    assert_eq!(under(&view, &world), None);
}

#[test]
fn a_journal_that_cannot_be_read_says_why() {
    for (journal, told) in [
        (None, "reading the journal"),
        (Some(Ok(Vec::new())), "nothing was changed yet"),
        (Some(Err("journal.jsonl: Permission denied".to_owned())), "Permission denied"),
    ] {
        let world = World { journal, ..World::default() };
        assert!(drawn(&mut JournalView::default(), &world).contains(told), "{told}");
    }
}

#[test]
fn a_record_is_shown_with_its_differences() {
    let world = world(Vec::new());
    let shown = drawn(&mut RecordView::new(record("a", "scale", Some("done"))), &world);
    for part in
        ["scale deployments.apps shop/web␛[31m: done", "5m ago", "- 5", "+ 100", "more load", "tier prod", "WHAT IS DIFFERENT  one field"]
    {
        assert!(shown.contains(part), "{part}: {shown}");
    }
}
