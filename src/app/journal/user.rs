//! Who runs the program, by the name of the operating system.

use std::fs;
use std::os::unix::fs::MetadataExt;

/// The name of the process's own user where the system tells it, else what the environment says.
pub(super) fn name() -> String {
    // The owner of a process is that of its entry; systems without /proc have no such way without unsafe code.
    let uid = fs::metadata("/proc/self").ok().map(|m| m.uid());
    let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let env = || ["USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok().filter(|user| !user.is_empty()));
    let known = uid.and_then(|uid| named(&passwd, uid));
    known.or_else(env).or_else(|| uid.map(|uid| format!("uid {uid}"))).unwrap_or_else(|| "unknown".to_owned())
}

/// The name of a number in the text of passwd(5).
fn named(passwd: &str, uid: u32) -> Option<String> {
    let mut lines = passwd.lines().map(|line| line.split(':'));
    lines.find_map(|mut fields| {
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_a_name() {
        let passwd = "root:x:0:0:root:/:/bin/sh\nbad\nada:x:1000:100:,,,:/tmp:/bin/sh\n";
        for (uid, name) in [(0, Some("root")), (1000, Some("ada")), (100, None)] {
            assert_eq!(named(passwd, uid).as_deref(), name);
        }
        assert!(!name().is_empty());
    }
}
