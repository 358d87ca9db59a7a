//! What logs cost: cutting and holding what one pod writes as fast as it can, merging what many write, and finding in what is held.

use crate::live::{line, print};
use kconsole::model::log::{Cutter, Origin, Ring, Sieve, Spot};
use kconsole::model::time::Timestamp;
use kconsole::ui::widgets::find::Needle;
use std::time::{Duration, Instant};

/// What a container writes, a hundred bytes and more each.
const LINE: &str = r#"{"level":"info","msg":"order placed","service":"checkout","trace":"86630e8e2958c","took":"7ms","n":"#;
/// Bytes of a piece, as a connection brings them.
const PIECE: usize = 32 << 10;
/// Lines that are held where something is to be found.
const HELD: usize = 1_000_000;
const PODS: usize = 500;
/// Lines that are made at a time.
const BLOCK: usize = 100_000;

fn lines(from: usize, count: usize) -> String {
    let at = |n: usize| jiff::Timestamp::from_microsecond(1_795_442_520_000_000 + n as i64 * 5).expect("a time");
    (from..from + count).map(|n| format!("{:.9} {LINE}{n}}}\n", at(n))).collect()
}

/// Takes so many megabytes in.
pub fn run(megabytes: usize) {
    let (mut cutter, mut ring, mut took, mut time, mut all) = (Cutter::default(), Ring::new(64 << 20), 0, Duration::ZERO, 0);
    while took < megabytes * 1_000_000 {
        let block = lines(all, BLOCK);
        let begin = Instant::now();
        for piece in block.as_bytes().chunks(PIECE) {
            cutter.feed(piece);
            if let Some(chunk) = cutter.take() {
                ring.insert(0, chunk);
            }
        }
        time += begin.elapsed();
        took += block.len();
        all += BLOCK;
    }
    let one = took as f64 / 1e6 / time.as_secs_f64();
    assert_eq!(ring.len() as u64 + ring.gone(), all as u64, "every line is held or counted");
    let many = merged();
    let (mut cutter, mut ring) = (Cutter::default(), Ring::new(usize::MAX));
    for from in (0..HELD).step_by(10_000) {
        cutter.feed(lines(from, 10_000).as_bytes());
        ring.insert(0, cutter.take().expect("lines"));
    }
    let found = |is_one: &dyn Fn(Spot) -> bool| {
        let begin = Instant::now();
        let count = (0..ring.len()).filter_map(|place| ring.spot(place)).filter(|spot| is_one(*spot)).count();
        assert_eq!(count, 1);
        Some(begin.elapsed().as_secs_f64() * 1e3)
    };
    let (needle, sieve) = (Needle::new("n\":999999"), Sieve::parse("/\"n\":99999[9]/", Timestamp(0)).expect("a filter"));
    let by_text = found(&|spot| ring.line(spot).is_some_and(|line| needle.is_in(line.bytes)));
    let by_term = found(&|spot| ring.line(spot).is_some_and(|line| sieve.holds(&line, &Origin::default())));
    print(
        &format!("logs, {megabytes} MB"),
        &[
            line("one pod, cut and held", Some(one), "MB/s", Some(200.0)),
            line("500 pods, merged", Some(many), "lines/s", Some(100_000.0)),
            line("find in 1,000,000 lines", by_text, "ms", Some(100.0)),
            line("filter 1,000,000 lines", by_term, "ms", None),
        ],
    );
}

/// Lines a second that are put in order when many write at once, some lines in each part.
fn merged() -> f64 {
    let mut cutters: Vec<Cutter> = (0..PODS).map(|_| Cutter::default()).collect();
    let mut ring = Ring::new(64 << 20);
    let (mut all, begin) = (0, Instant::now());
    for round in 0..100 {
        for (pod, cutter) in cutters.iter_mut().enumerate() {
            // Each is a little behind the one before.
            cutter.feed(lines(round * 4_000 + (PODS - pod), 4).as_bytes());
            all += ring.insert(pod as u32, cutter.take().expect("lines")).len();
        }
    }
    f64::from(all as u32) / begin.elapsed().as_secs_f64()
}
