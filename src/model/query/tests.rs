//! What terms hold for, how mistakes are explained, and the laws of the language.

use super::*;
use crate::model::cell::{Cell, Health, Text, Value};
use crate::model::column::{Show, Source};
use crate::model::id::{ClusterId, GroupResource, Uid, Version, WatchId};
use crate::model::msg::Delta;
use crate::model::row::Facts;
use crate::model::want::Want;
use crate::model::words::Dictionary;
use crate::model::world::World;
use proptest::prelude::*;
use std::borrow::Cow;

fn columns() -> Vec<Column> {
    let mut cells = 0..;
    let mut column = |title: &'static str| {
        let source = match title {
            "CLUSTER" => Source::Cluster,
            "NAMESPACE" => Source::Namespace,
            "NAME" => Source::Name,
            "AGE" => Source::Age,
            _ => Source::Cell(cells.next().unwrap()),
        };
        Column { title: Cow::Borrowed(title), source, show: Show::Always }
    };
    ["CLUSTER", "NAMESPACE", "NAME", "READY", "STATUS", "RESTARTS", "CPU", "MEMORY", "LAST SEEN", "NODE", "%LIM", "AGE"]
        .map(&mut column)
        .into()
}

const NOW: Timestamp = Timestamp(1_000_000);

/// Tables of pods with a row for each name.
fn table(names: impl Iterator<Item = String>) -> Table {
    let mut words = Dictionary::default();
    let mut table = Table::new(WatchId(1), Want::all(ClusterId(0), GroupResource::new("", "pods")), Vec::new(), NOW);
    let text = |t: &str| Text::Own(t.into());
    let mut delta = Delta::default();
    for (i, name) in names.enumerate() {
        delta.upserts.push(Row {
            uid: Uid::parse(&format!("{i:032x}")),
            namespace: words.sym("shop"),
            health: Health::Bad,
            name: name.into(),
            version: Version::default(),
            created: Some(Timestamp(NOW.0 - 3_700)),
            going: None,
            labels: [("app", "Web"), ("node", "from-label"), ("example.org/team", "cart")]
                .map(|(k, v)| (words.sym(k), words.sym(v)))
                .into(),
            owner: None,
            cells: [
                Cell::Ratio(0, 2),
                Cell::Status(Text::Word(words.sym("CrashLoopBackOff")), Health::Bad),
                Cell::Restarts(12, Some(Timestamp(NOW.0 - 40))),
                Cell::Text(text("250m")),
                Cell::Text(text("251Mi")),
                Cell::Age(Timestamp(NOW.0 - 40)),
                Cell::None,
                Cell::Number(97.5),
            ]
            .into(),
            facts: Facts::None,
        });
    }
    delta.words = words.news();
    table.apply(delta);
    table
}

fn holds(query: &Query, table: &Table) -> bool {
    let row = table.rows().next().unwrap();
    query.matches(&RowView { world: &World::default(), table, row, cluster: "prod-eu", columns: &columns(), now: NOW })
}

/// Terms, and whether they hold for a row of [`table`].
const TERMS: &[(&str, bool)] = &[
    ("", true),
    ("  ", true),
    ("cart", true),
    ("CART k8S2P", true),
    ("cart nginx", false),
    ("GRÖSSE", false),
    ("gröss", false),
    ("GRÖß", true),
    ("prod-eu", true),
    ("shop", true),
    ("crashloop", true),
    ("0/2", true),
    ("12 (41s", false),
    ("\"12 (40s\"", true),
    ("61m", true),
    ("97.5", true),
    ("none", false),
    ("!cart", false),
    ("!nginx", true),
    ("!!cart", true),
    ("/^cart-[0-9a-f]+/", true),
    ("/BackOff$/", true),
    ("/loop back/", false),
    ("/12 .40s/ shop", true),
    ("/prod|x/", true),
    ("/a/b/", false),
    ("!/^cart/", false),
    ("~pecart", true),
    ("~eu/shop/k8", true),
    ("~grosse", false),
    ("~grö", true),
    ("~gro", true),
    ("~8k", false),
    ("\"cart-7f9c\"", true),
    ("\"/\"", true),
    ("app=Web", true),
    ("app==Web", true),
    ("app=web", false),
    ("app!=Web", false),
    ("app!=api", true),
    ("!app=Web", false),
    ("none=x", false),
    ("none!=x", true),
    ("none=", false),
    ("example.org/team=cart", true),
    ("\"app\"=Web", true),
    // A column of that title wins over a label.
    ("node=from-label", false),
    ("node=<none>", true),
    ("node=\"<none>\"", true),
    ("node:none", true),
    ("status=crashloopbackoff", true),
    ("status=crash", false),
    ("status:crash", true),
    ("status:shop", false),
    ("Namespace:shop", true),
    ("cluster:prod", true),
    ("ready=0/2", true),
    ("ready<1", true),
    ("ready>=1", false),
    ("restarts>5", true),
    ("restarts>12", false),
    ("restarts>=12", true),
    ("restarts<=12", true),
    ("restarts=12", true),
    ("restarts!=12", false),
    ("age<2h", true),
    ("age>1h", true),
    ("age<1h", false),
    ("age<1w", true),
    ("age>60", true),
    ("age>5000", false),
    ("last-seen<1m", true),
    ("\"last seen\"<1m", true),
    ("LAST-SEEN:40s", true),
    ("cpu>=250m", true),
    ("cpu>500m", false),
    ("cpu<1", true),
    ("memory>250Mi", true),
    ("memory>1Gi", false),
    ("%lim>90", true),
    ("%lim>98%", false),
    // Nothing compares with what is not there or not a number.
    ("node>0", false),
    ("status>0", false),
    ("!status>0", true),
    ("nosuch>0", false),
];

#[test]
fn terms_hold_as_documented() {
    let table = table(["cart-7f9c-K8s2p Größe".to_owned()].into_iter());
    for (text, want) in TERMS {
        let query = Query::parse(text).unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(holds(&query, &table), *want, "{text}");
    }
}

#[test]
fn what_cannot_be_read_is_explained_in_its_place() {
    for (text, at, why) in [
        ("!", 0..1, "belongs after the !"),
        ("a ! b", 2..3, "without a space"),
        ("~", 0..1, "after the ~"),
        ("/ab", 0..3, "not closed"),
        ("/ab c", 0..5, "not closed"),
        ("//", 0..2, "nothing between the slashes"),
        ("x /a(b/", 2..7, "unclosed group"),
        ("\"ab", 0..3, "quote is not closed"),
        ("name:\"ab", 5..8, "quote is not closed"),
        ("\"\"", 0..2, "nothing between the quotes"),
        ("restarts>", 0..9, "a value belongs after restarts>"),
        ("status:", 0..7, "a value belongs after status:"),
        ("restarts>x", 9..10, "neither a number"),
        ("age<2hh", 4..7, "x"),
        (">5", 0..2, "a column belongs before the >"),
        ("<none>", 0..6, "quote the term"),
        ("=x", 0..2, "a column belongs before the ="),
    ] {
        let bad = Query::parse(text).unwrap_err();
        assert_eq!(bad.at, at, "{text}: {bad}");
        assert!(bad.why.contains(why) || why == "x", "{text}: {bad}");
    }
    let bad = Query::parse("cart statsu:run").unwrap().check(&columns()).unwrap_err();
    assert_eq!((bad.at, bad.why.as_str()), (5..15, "there is no column statsu; did you mean status?"));
    let bad = Query::parse("nginx:1.25").unwrap().check(&columns()).unwrap_err();
    assert!(bad.why.contains("quote the term"), "{bad}");
    for good in ["", "cart", "last-seen<1m", "%lim>1", "anything=x", "!cpu>1"] {
        assert_eq!(Query::parse(good).unwrap().check(&columns()), Ok(()), "{good}");
    }
}

#[test]
fn time_and_highlights_are_known() {
    for (text, time) in [
        ("", false),
        ("cart", false),
        ("5m", true),
        ("restarts>5", false),
        ("age<2h", true),
        ("age>60", true),
        ("cpu>=500m", true),
        ("memory>1Gi", false),
        ("status:run", false),
        ("/x/", true),
        ("~ago", false),
        ("app=web", false),
    ] {
        assert_eq!(Query::parse(text).unwrap().depends_on_time(), time, "{text}");
    }
    let query = Query::parse("cart !web status:run /x/ ~y a=b \"two words\"").unwrap();
    assert_eq!(query.highlights("STATUS").collect::<Vec<_>>(), ["cart", "run", "two words"]);
    assert_eq!(query.highlights("NAME").collect::<Vec<_>>(), ["cart", "two words"]);
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof!["[a-c]{1,3}", "[a-c0-9 \"\\\\/!~=<>:é.-]{1,6}"]
}

/// A term as a person could type it.
fn term() -> impl Strategy<Value = String> {
    let quote = |w: String| format!("\"{}\"", w.replace('\\', "\\\\").replace('"', "\\\""));
    let number = prop_oneof![Just("5"), Just("2h"), Just("500m"), Just("1Gi"), Just("5m"), Just("90%")];
    let title = prop::sample::select(vec!["age", "restarts", "last-seen", "cpu", "STATUS", "node", "nosuch"]);
    let operator = prop::sample::select(vec![">", "<", ">=", "<="]);
    let equals = prop::sample::select(vec!["=", "==", "!=", ":"]);
    prop_oneof![
        "[a-z0-9./-]{0,2}[a-z]".prop_filter("an expression", |w| !w.starts_with('/')),
        word().prop_map(quote),
        "[a-c.|0-9]{1,4}( [a-c]+)?".prop_map(|r| format!("/{r}/")),
        word().prop_map(move |w| format!("~{}", quote(w))),
        (title.clone(), operator, number).prop_map(|(t, o, n)| format!("{t}{o}{n}")),
        (title, equals, word()).prop_map(move |(t, o, w)| format!("{t}{o}{}", quote(w))),
    ]
}

proptest! {
    #[test]
    fn print_and_parse_are_inverse(terms in prop::collection::vec((any::<bool>(), term()), 0..4)) {
        let text = terms.iter().map(|(not, t)| format!("{}{t}", if *not { "!" } else { "" })).collect::<Vec<_>>().join("  ");
        let query = Query::parse(&text).unwrap_or_else(|e| panic!("{text}: {e}"));
        let printed = query.to_string();
        let again = Query::parse(&printed).unwrap_or_else(|e| panic!("{printed}: {e}"));
        // Places differ, meanings do not.
        let meaning = |q: &Query| q.terms.iter().map(|t| format!("{} {:?}", t.not, t.term)).collect::<Vec<_>>();
        prop_assert_eq!(meaning(&again), meaning(&query), "{} printed as {}", text, printed);
        prop_assert_eq!(again.to_string(), printed);
    }

    #[test]
    fn not_is_the_complement(term in term(), name in "[a-c./ 0-9]{1,6}") {
        let table = table([name].into_iter());
        let (yes, no) = (Query::parse(&term).unwrap(), Query::parse(&format!("!{term}")).unwrap());
        prop_assert_ne!(holds(&yes, &table), holds(&no, &table));
    }

    #[test]
    fn any_text_is_read_or_explained(text in "[ab \"\\\\/!~=<>:5mé(]{0,12}") {
        match Query::parse(&text) {
            Ok(query) => prop_assert_eq!(query.text(), &text),
            Err(bad) => {
                prop_assert!(!bad.why.is_empty());
                prop_assert!(bad.at.start < bad.at.end && text.get(bad.at.clone()).is_some(), "{:?} of {:?}", bad, text);
            }
        }
    }

    #[test]
    fn a_text_is_found_as_by_lower_case_search(text in "[aAbBéÉ]{1,2}", name in "[aAbBéÉ]{0,6}") {
        let table = table([name.clone()].into_iter());
        let query = Query::parse(&format!("name:{text}")).unwrap();
        prop_assume!(!name.is_empty());
        prop_assert_eq!(holds(&query, &table), name.to_lowercase().contains(&text.to_lowercase()));
    }

    #[test]
    fn fuzzy_finds_what_nucleo_finds(letters in "[aAbé/]{1,3}", name in "[aAbBéE-]{0,6}") {
        use nucleo_matcher::pattern::{Atom, AtomKind, CaseMatching, Normalization};
        use nucleo_matcher::{Config, Matcher, Utf32Str};
        let table = table([name.clone()].into_iter());
        let atom = Atom::new(&letters, CaseMatching::Ignore, Normalization::Smart, AtomKind::Fuzzy, false);
        let (mut buffer, text) = (Vec::new(), format!("prod-eu/shop/{name}"));
        let nucleos = atom.score(Utf32Str::new(&text, &mut buffer), &mut Matcher::new(Config::DEFAULT)).is_some();
        prop_assert_eq!(holds(&Query::parse(&format!("~{letters}")).unwrap(), &table), nucleos, "{} in {}", letters, text);
    }
}

#[test]
fn values_that_are_not_texts_are_written_with_the_letters_that_needles_know() {
    let at = Timestamp(0);
    for seconds in [0, 70, 190, 6_000, 20_000, 100_000, 200_000, 40_000_000, 70_000_000, 300_000_000] {
        let now = Timestamp(seconds);
        for value in [
            Value::Count(-5),
            Value::Number(f64::NAN),
            Value::Number(f64::INFINITY),
            Value::Number(-1.5e300),
            Value::Ratio(1, 2),
            Value::Age(at),
            Value::Span(seconds),
            Value::Percent(97),
            Value::Restarts(3, Some(at)),
        ] {
            let shown = value.shown(now);
            assert!(operand::Needle::new(&shown).in_numbers, "{shown}");
        }
    }
}
