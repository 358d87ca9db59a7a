//! What an unquoted word of YAML is to the API server.
//!
//! It reads YAML with sigs.k8s.io/yaml, which is go-yaml 2 and so YAML 1.1: `yes` is true, `0644` is 420, `1_000` is a thousand. What this
//! module says of a word is what `goyaml.v2/resolve.go` says of it. Dates stay text there too.

use serde_json::{Number, Value};

/// File modes that people write as they know them. The decimal number of the same digits is another mode, or none.
const MODES: [&str; 17] =
    ["400", "440", "444", "500", "550", "555", "600", "640", "644", "660", "664", "666", "700", "750", "755", "775", "777"];

/// 2^53: from here on a float does not tell every whole number from the next.
const WHOLE: f64 = 9_007_199_254_740_992.0;

/// The value of a word. An error is the reason why JSON has none for it.
pub(super) fn resolve(word: &str) -> Result<Value, String> {
    match word {
        "" | "~" | "null" | "Null" | "NULL" => return Ok(Value::Null),
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => return Ok(Value::Bool(true)),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => return Ok(Value::Bool(false)),
        _ => {}
    }
    let unsigned = word.strip_prefix(['-', '+']).unwrap_or(word);
    if [".inf", ".Inf", ".INF"].contains(&unsigned) || [".nan", ".NaN", ".NAN"].contains(&word) {
        return Err(format!("{word} is no number that JSON has; put it in quotes if it is a text"));
    }
    Ok(number(word).map_or_else(|| Value::String(word.to_owned()), Value::Number))
}

fn number(word: &str) -> Option<Number> {
    let plain = match word.chars().next()? {
        '.' => word.to_owned(),
        '+' | '-' | '0'..='9' => word.replace('_', ""),
        _ => return None,
    };
    if let Some(whole) = whole(&plain) {
        return Some(whole);
    }
    if !is_decimal(&plain) {
        return None;
    }
    // What is whole is written as such when go-yaml's value becomes JSON, as 08, 1e3 and 1.0: Go takes no other number for an integer.
    let value: f64 = plain.parse().ok()?;
    let is_whole = value.fract() == 0.0 && value.abs() < WHOLE;
    if is_whole { Some((value as i64).into()) } else { Number::from_f64(value) }
}

/// Go's `ParseInt(text, 0, 64)` and then `ParseUint`: the base is in the prefix.
fn whole(text: &str) -> Option<Number> {
    let (minus, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (base, digits) = base(unsigned);
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(base)) {
        return None;
    }
    let signed = i64::from_str_radix(&format!("{}{digits}", if minus { "-" } else { "" }), base);
    // ParseUint takes no sign.
    let unsigned = || u64::from_str_radix(digits, base).ok().filter(|_| unsigned == text);
    signed.map(Number::from).ok().or_else(|| unsigned().map(Number::from))
}

fn base(text: &str) -> (u32, &str) {
    let Some(rest) = text.strip_prefix('0').filter(|rest| !rest.is_empty()) else { return (10, text) };
    let prefixes = [(['x', 'X'], 16), (['o', 'O'], 8), (['b', 'B'], 2)];
    prefixes.into_iter().find_map(|(prefix, base)| Some((base, rest.strip_prefix(prefix)?))).unwrap_or((8, rest))
}

/// As go-yaml has it: `^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`.
fn is_decimal(text: &str) -> bool {
    let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).map_or((unsigned, None), |(m, e)| (m, Some(e)));
    let exponent = exponent.is_none_or(|e| digits(e.strip_prefix(['-', '+']).unwrap_or(e)));
    let mantissa = match mantissa.split_once('.') {
        None => digits(mantissa),
        Some(("", fraction)) => digits(fraction),
        Some((whole, fraction)) => digits(whole) && (fraction.is_empty() || digits(fraction)),
    };
    mantissa && exponent
}

/// What a person may not expect of a word under a key; nothing for what everybody reads in one way.
pub(super) fn surprise(key: &str, word: &str, value: &Value) -> Option<String> {
    match value {
        Value::Bool(b) if !word.eq_ignore_ascii_case(&b.to_string()) => {
            Some(format!("{word} is read as {b}; write \"{word}\" if the text is meant"))
        }
        Value::Number(n) if ["mode", "defaultMode"].contains(&key) && MODES.contains(&word) => {
            Some(format!("{word} is read as a decimal number, which is the mode {}; write 0{word}", octal(n)))
        }
        Value::Number(n) if n.is_i64() || n.is_u64() => {
            let plain = n.to_string();
            let same = word == plain || word.strip_prefix('+') == Some(&plain) || word == "-0";
            (!same).then(|| format!("{word} is read as {plain}; write \"{word}\" if the text is meant"))
        }
        Value::Number(n) if word.contains('_') => Some(format!("{word} is read as {n}; write \"{word}\" if the text is meant")),
        _ => None,
    }
}

fn octal(number: &Number) -> String {
    number.as_i64().map_or_else(|| number.to_string(), |n| format!("0{n:o}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// What `sigs.k8s.io/yaml` makes of each.
    #[test]
    fn words_are_what_go_reads() {
        #[rustfmt::skip]
        let table = [
            ("", json!(null)), ("~", json!(null)), ("NULL", json!(null)), ("nULL", json!("nULL")),
            ("yes", json!(true)), ("On", json!(true)), ("y", json!(true)), ("oFF", json!("oFF")), ("OFF", json!(false)), ("N", json!(false)),
            ("true", json!(true)), ("tRue", json!("tRue")),
            ("0644", json!(420)), ("0o644", json!(420)), ("-017", json!(-15)), ("08", json!(8)), ("089", json!(89)), ("0", json!(0)),
            ("00", json!(0)), ("0x1F", json!(31)), ("0X1f", json!(31)), ("0b101", json!(5)), ("0b2", json!("0b2")), ("0x", json!("0x")),
            ("1_000", json!(1000)), ("_1", json!("_1")), ("+1", json!(1)), ("-0", json!(0)), ("-", json!("-")), ("+", json!("+")),
            ("1.10", json!(1.1)), (".5", json!(0.5)), ("5.", json!(5)), ("1e3", json!(1000)), ("1.0", json!(1)), ("-1.50", json!(-1.5)), ("1e300", json!(1e300)), ("1E-3", json!(0.001)), (".", json!(".")),
            ("1e400", json!("1e400")), ("e3", json!("e3")), (".e3", json!(".e3")), ("1.2.3", json!("1.2.3")), ("1e", json!("1e")),
            ("9223372036854775807", json!(9_223_372_036_854_775_807_i64)), ("18446744073709551615", json!(u64::MAX)),
            ("12:30:45", json!("12:30:45")), ("2026-11-23", json!("2026-11-23")), ("100Mi", json!("100Mi")), ("inf", json!("inf")),
        ];
        for (word, value) in table {
            assert_eq!(resolve(word), Ok(value), "{word}");
        }
        for none in [".inf", "-.Inf", "+.INF", ".nan", ".NaN"] {
            assert!(resolve(none).is_err(), "{none}");
        }
    }

    #[test]
    fn what_is_read_otherwise_than_it_looks_is_told() {
        #[rustfmt::skip]
        let table = [
            ("a", "yes", "yes is read as true"), ("a", "off", "off is read as false"), ("a", "0644", "0644 is read as 420"),
            ("defaultMode", "0644", "0644 is read as 420"), ("mode", "644", "the mode 01204; write 0644"), ("replicas", "644", ""),
            ("mode", "420", ""), ("a", "0x1F", "read as 31"), ("a", "1_000", "read as 1000"), ("a", "08", "read as 8"),
            ("a", "true", ""), ("a", "True", ""), ("a", "5", ""), ("a", "-5", ""), ("a", "1.10", ""), ("a", "1.0", "1.0 is read as 1;"), ("a", "1e3", "1e3 is read as 1000;"), ("a", "0", ""), ("a", "text", ""), ("a", "~", ""),
        ];
        for (key, word, told) in table {
            let said = surprise(key, word, &resolve(word).unwrap());
            assert!(
                if told.is_empty() { said.is_none() } else { said.as_ref().is_some_and(|s| s.contains(told)) },
                "{key}: {word}: {said:?}"
            );
        }
    }
}
