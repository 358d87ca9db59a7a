//! How a script of kubectl is written and what its steps expect.

use regex::Regex;
use std::time::Duration;

/// A command and what it must do.
#[derive(Debug, Default)]
pub(super) struct Step {
    /// The line of the script, from 1.
    pub(super) line: usize,
    /// For the shell.
    pub(super) command: String,
    /// What the cluster must offer, or the step is left out.
    pub(super) needs: Vec<String>,
    /// It may fail until then.
    pub(super) within: Option<Duration>,
    exit: i32,
    is: Option<String>,
    out: Vec<String>,
    not: Vec<String>,
    err: Vec<String>,
}

/// Reads a script: steps with empty lines between them, and lines that begin with `#`. A step is a command line for the shell after `$ `,
/// which may go on over several lines, then what it must do:
///
/// - `exit: 1`: its exit code; 0 where nothing is said.
/// - `out: REGEX` and `err: REGEX`: found in what it prints; each line is a text of its own for `^` and `$`, and `NS` in braces is the namespace.
/// - `is: TEXT`: all that it prints. Several such lines are lines of it.
/// - `not: REGEX`: not found in what it prints.
/// - `needs: WORD`: the step is for clusters that offer this.
/// - `within: 5`: it is run again for so many seconds, until it does what it must.
///
/// What succeeds says nothing on stderr, unless the step says what.
pub(super) fn parse(text: &str) -> Result<Vec<Step>, String> {
    let mut steps = Vec::new();
    let mut step: Option<Step> = None;
    let mut expects = false;
    for (i, line) in text.lines().chain([""]).enumerate() {
        if line.is_empty() {
            steps.extend(step.take());
        } else if let Some(command) = line.strip_prefix("$ ") {
            steps.extend(step.replace(Step { line: i + 1, command: command.to_owned(), ..Step::default() }));
            expects = false;
        } else if let Some(step) = &mut step {
            expects |= step.expect(line).map_err(|wrong| format!("{}: {wrong}", i + 1))?;
            if !expects {
                step.command = format!("{}\n{line}", step.command);
            }
        } else if !line.starts_with('#') {
            return Err(format!("{}: neither a comment nor part of a step: {line}", i + 1));
        }
    }
    Ok(steps)
}

impl Step {
    /// Takes a line that says what is expected; false where it says nothing of the sort.
    fn expect(&mut self, line: &str) -> Result<bool, String> {
        let Some((key, value)) = line.split_once(": ") else { return Ok(false) };
        let number = || value.parse::<u16>().map_err(|_| format!("not a number: {value}"));
        match key {
            "exit" => self.exit = number()?.into(),
            "within" => self.within = Some(Duration::from_secs(number()?.into())),
            "needs" => self.needs.push(value.to_owned()),
            "is" => self.is = Some(self.is.take().map_or_else(String::new, |is| is + "\n") + value),
            "out" => self.out.push(value.to_owned()),
            "not" => self.not.push(value.to_owned()),
            "err" => self.err.push(value.to_owned()),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// What is not as expected.
    pub(super) fn wrong(&self, exit: Option<i32>, out: &str, err: &str, namespace: &str) -> Vec<String> {
        let mut wrong = Vec::new();
        if exit != Some(self.exit) {
            wrong.push(format!("exit {exit:?}, not {}", self.exit));
        }
        let filled = |text: &str| text.replace("{NS}", namespace);
        if let Some(is) = self.is.as_ref().map(|is| filled(is)).filter(|is| out.trim_end() != is.trim_end()) {
            wrong.push(format!("prints not just {is:?}"));
        }
        let found = |pattern: &str, text: &str| {
            let regex = Regex::new(&format!("(?m){}", filled(pattern))).unwrap_or_else(|e| panic!("line {}: {e}", self.line));
            regex.is_match(text)
        };
        wrong.extend(self.out.iter().filter(|p| !found(p, out)).map(|p| format!("stdout lacks {p}")));
        wrong.extend(self.err.iter().filter(|p| !found(p, err)).map(|p| format!("stderr lacks {p}")));
        wrong.extend(self.not.iter().filter(|p| found(p, out)).map(|p| format!("stdout has {p}")));
        if self.exit == 0 && self.err.is_empty() && !err.is_empty() {
            wrong.push("stderr is not empty".to_owned());
        }
        wrong
    }
}

#[test]
fn a_script_is_read_and_held_to() {
    let text = "# head\n$ kubectl apply -f - <<E\na: b\nE\nexit: 1\nout: ^one$\nnot: two\nerr: {NS} no\nwithin: 3\n\n# next\n$ b\nis: x\nis: y\nneeds: z\n";
    let steps = parse(text).unwrap();
    assert_eq!(steps.iter().map(|s| (s.line, s.command.as_str())).collect::<Vec<_>>(), [(2, "kubectl apply -f - <<E\na: b\nE"), (12, "b")]);
    assert_eq!((steps[0].within, steps[1].needs.as_slice()), (Some(Duration::from_secs(3)), ["z".to_owned()].as_slice()));
    let wrong = |step: usize, exit, out, err| steps[step].wrong(exit, out, err, "ns").len();
    assert_eq!((wrong(0, Some(1), "zero\none\n", "ns no"), wrong(1, Some(0), "x\ny\n", "")), (0, 0));
    assert_eq!((wrong(0, Some(0), "one two", ""), wrong(1, None, "x", "word")), (4, 3));
    assert!(parse("what").is_err() && parse("$ a\nexit: x").is_err());
}
