//! Quantities in the form that API servers give them: `1000m` is stored as `1`, `0.5Gi` as `512Mi`, the number 1 as `"1"`.

use serde_json::Value;

/// 10^-9, the smallest amount that a quantity tells apart.
const NANO: i128 = 1_000_000_000;

/// The canonical form of a quantity; what is none stays as it is.
pub(super) fn canonical(value: &mut Value) {
    let text = match &*value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return,
    };
    if let Some(form) = form(&text) {
        *value = Value::String(form);
    }
}

fn form(text: &str) -> Option<String> {
    let end = text.find(|c: char| !matches!(c, '0'..='9' | '.' | '+' | '-')).unwrap_or(text.len());
    let (number, suffix) = text.split_at(end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
    let scale = 10i128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let up = |factor: i128| digits.checked_mul(NANO)?.checked_mul(factor)?.checked_div(scale);
    if let Some(power) = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"].iter().position(|s| *s == suffix) {
        return Some(binary(up(1i128 << (10 * (power + 1)))?));
    }
    if let Some(exponent) = suffix.strip_prefix(['e', 'E']).filter(|e| !e.is_empty()) {
        let exponent: i32 = exponent.parse().ok()?;
        let factor = 10i128.checked_pow(exponent.unsigned_abs())?;
        let nano = if exponent < 0 { up(1)? / factor } else { up(factor)? };
        return Some(decimal(nano, |e| if e == 0 { String::new() } else { format!("e{e}") }));
    }
    let exponent = [("n", -9), ("u", -6), ("m", -3), ("", 0), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18)];
    let exponent: i32 = exponent.iter().find(|(s, _)| *s == suffix)?.1;
    let factor = 10i128.pow(exponent.unsigned_abs());
    let nano = if exponent < 0 { up(1)?.checked_div(factor)? } else { up(factor)? };
    Some(si(nano))
}

fn si(nano: i128) -> String {
    decimal(nano, |exponent| match exponent {
        -9 => "n".into(),
        -6 => "u".into(),
        -3 => "m".into(),
        3 => "k".into(),
        6 => "M".into(),
        9 => "G".into(),
        12 => "T".into(),
        15 => "P".into(),
        18 => "E".into(),
        _ => String::new(),
    })
}

/// With the greatest unit of which it is a whole number.
fn decimal(nano: i128, unit: impl Fn(i32) -> String) -> String {
    if nano == 0 {
        return "0".into();
    }
    let (mut amount, mut exponent) = (nano, -9);
    while amount % 1000 == 0 && exponent < 18 {
        amount /= 1000;
        exponent += 3;
    }
    format!("{amount}{}", unit(exponent))
}

fn binary(nano: i128) -> String {
    if nano.abs() < 1024 * NANO {
        return si(nano);
    }
    let (mut amount, mut power) = ((nano + NANO - 1) / NANO, 0);
    while amount % 1024 == 0 && power < 6 {
        amount /= 1024;
        power += 1;
    }
    let unit = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"].get(power).copied().unwrap_or_default();
    format!("{amount}{unit}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn quantities_take_the_form_that_go_gives_them() {
        for (given, becomes) in [
            (json!("1000m"), "1"),
            (json!(1), "1"),
            (json!(0.5), "500m"),
            (json!("0.5Gi"), "512Mi"),
            (json!("1024Mi"), "1Gi"),
            (json!("1000Mi"), "1000Mi"),
            (json!("1000"), "1k"),
            (json!("1500"), "1500"),
            (json!("1e3"), "1e3"),
            (json!("0.1Ki"), "102400m"),
            (json!("-1"), "-1"),
            (json!("0"), "0"),
            (json!("100k"), "100k"),
            (json!("abc"), "abc"),
        ] {
            let mut value = given.clone();
            canonical(&mut value);
            assert_eq!(value, becomes, "{given}");
        }
    }
}
