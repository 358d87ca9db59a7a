//! Numbers as people and Kubernetes write them: quantities (`500m`, `1Gi`) and spans of time (`90s`, `2h`, `3m10s`).

/// Reads a quantity of `k8s.io/apimachinery/pkg/api/resource`: a decimal number with an optional suffix or exponent.
pub fn quantity(text: &str) -> Option<f64> {
    let end = text.find(|c: char| !matches!(c, '0'..='9' | '.' | '+' | '-')).unwrap_or(text.len());
    let (number, suffix) = text.split_at(end);
    if !number.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    let number: f64 = number.parse().ok()?;
    let factor = match suffix {
        "n" => 1e-9,
        "u" => 1e-6,
        "m" => 1e-3,
        "" => 1.0,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "T" => 1e12,
        "P" => 1e15,
        "E" => 1e18,
        "Ki" => 1024f64,
        "Mi" => 1024f64.powi(2),
        "Gi" => 1024f64.powi(3),
        "Ti" => 1024f64.powi(4),
        "Pi" => 1024f64.powi(5),
        "Ei" => 1024f64.powi(6),
        _ => 10f64.powi(suffix.strip_prefix(['e', 'E'])?.parse().ok().filter(|e: &i32| e.abs() < 100)?),
    };
    Some(number * factor)
}

/// Reads a quantity in whole thousandths; the largest numbers there are stand for more than that.
pub fn thousandths(text: &str) -> Option<i64> {
    quantity(text).map(|n| (n * 1_000.0).round() as i64)
}

/// Writes bytes in the largest unit that leaves a number of three digits or so, as `256Mi`; what is cut off is less than a tenth.
pub fn bytes(n: u64) -> String {
    let units = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    let (mut n, mut unit) = (n as f64, 0);
    while n >= 1_024.0 && unit + 1 < units.len() {
        n /= 1_024.0;
        unit += 1;
    }
    let unit = units.get(unit).copied().unwrap_or_default();
    if n.fract() < 0.05 || n >= 10.0 { format!("{:.0}{unit}", n.floor()) } else { format!("{n:.1}{unit}") }
}

/// Reads a span of time as seconds: whole numbers, each with a unit of `s m h d w y`, as kubectl prints them and people type them.
pub fn span(text: &str) -> Option<i64> {
    let mut rest = text;
    let mut total = 0i64;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = rest.split_at(digits);
        let seconds = match unit.chars().next()? {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            'w' => 7 * 86_400,
            'y' => 365 * 86_400,
            _ => return None,
        };
        total = total.checked_add(number.parse::<i64>().ok()?.checked_mul(seconds)?)?;
        rest = unit.get(1..)?;
    }
    (!text.is_empty()).then_some(total)
}

/// Amounts of what pods run on. Zero means that nothing was said.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct Amounts {
    /// Thousandths of a core.
    pub cpu: u32,
    /// Bytes.
    pub memory: u64,
}

impl std::ops::Add for Amounts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { cpu: self.cpu.saturating_add(other.cpu), memory: self.memory.saturating_add(other.memory) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_written_short() {
        for (n, want) in [(0, "0"), (1_023, "1023"), (256 << 20, "256Mi"), (3 << 29, "1.5Gi"), (16 << 30, "16Gi"), (u64::MAX, "16Ei")] {
            assert_eq!(bytes(n), want);
        }
    }
    use crate::model::time::human;
    use proptest::prelude::*;

    #[test]
    fn quantities_are_those_of_kubernetes() {
        for (text, value) in [
            ("5", Some(5.0)),
            ("0.5", Some(0.5)),
            (".5", Some(0.5)),
            ("-1", Some(-1.0)),
            ("500m", Some(0.5)),
            ("250Mi", Some(262_144_000.0)),
            ("1Gi", Some(1_073_741_824.0)),
            ("1k", Some(1_000.0)),
            ("2E", Some(2e18)),
            ("1e3", Some(1_000.0)),
            ("12E2", Some(1_200.0)),
            ("", None),
            ("Gi", None),
            ("1gi", None),
            ("1e", None),
            ("1-2", None),
            ("..", None),
            ("2h", None),
        ] {
            assert_eq!(quantity(text), value, "{text}");
        }
    }

    #[test]
    fn spans_have_units() {
        for (text, seconds) in [
            ("30s", Some(30)),
            ("5m", Some(300)),
            ("2h", Some(7_200)),
            ("3d", Some(259_200)),
            ("1w", Some(604_800)),
            ("3m10s", Some(190)),
            ("5", None),
            ("", None),
            ("h", None),
            ("5x", None),
            ("99999999999999999999s", None),
            ("9999999999999999w", None),
        ] {
            assert_eq!(span(text), seconds, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_kubectl_prints_reads_back_to_what_it_shows(seconds in 0i64..400_000_000) {
            let print = |seconds| { let mut out = String::new(); human(seconds, &mut out); out };
            let shown = print(seconds);
            prop_assert_eq!(print(span(&shown).unwrap()), shown);
        }

        #[test]
        fn nothing_panics(text in "[0-9a-zA-Zé.+-]{0,8}") {
            let _ = (quantity(&text), span(&text));
        }
    }
}
