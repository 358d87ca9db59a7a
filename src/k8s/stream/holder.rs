//! Who listens on a port of this machine, as far as the system tells.

use std::fs;
use std::path::{Path, PathBuf};

/// The program that listens on a port, as `nginx (1234)`; nothing where that is not told, as of the programs of others.
pub(super) fn of(port: u16) -> Option<String> {
    let inodes: Vec<String> = ["/proc/net/tcp", "/proc/net/tcp6"]
        .iter()
        .filter_map(|path| fs::read_to_string(path).ok())
        .flat_map(|text| listening(&text, port))
        .collect();
    let links: Vec<String> = inodes.iter().map(|inode| format!("socket:[{inode}]")).collect();
    let holds = |process: &Path| {
        let files = fs::read_dir(process.join("fd")).ok()?;
        let holds = |link: &Path| fs::read_link(link).is_ok_and(|to| links.iter().any(|l| to.as_os_str() == l.as_str()));
        files.flatten().any(|file| holds(&file.path())).then_some(())
    };
    // Processes are called by their numbers.
    let is_process = |path: &PathBuf| path.file_name().is_some_and(|name| name.as_encoded_bytes().iter().all(u8::is_ascii_digit));
    let process =
        fs::read_dir("/proc").ok()?.flatten().map(|entry| entry.path()).filter(is_process).find(|process| holds(process).is_some())?;
    let name = fs::read_to_string(process.join("comm")).ok()?;
    Some(format!("{} ({})", name.trim(), process.file_name()?.to_string_lossy()))
}

/// The inodes of sockets that listen on a port, of a table as Linux prints it.
fn listening(table: &str, port: u16) -> Vec<String> {
    let inode = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [_, local, _, LISTENS, _, _, _, _, _, inode, ..] = words.as_slice() else { return None };
        let (_, hex) = local.rsplit_once(':')?;
        (u16::from_str_radix(hex, 16) == Ok(port)).then(|| (*inode).to_owned())
    };
    table.lines().filter_map(inode).collect()
}

/// The state of a socket that listens.
const LISTENS: &str = "0A";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_tells_who_listens() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   \
            0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4711 1 0000 100 0 0 10 0\n   \
            1: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000  1000        0 4712 1 0000 100 0 0 10 0\n";
        assert_eq!((listening(table, 8080), listening(table, 80)), (vec!["4711".to_owned()], Vec::new()));
    }

    #[test]
    fn what_listens_here_is_this_program() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let who = of(listener.local_addr().unwrap().port());
        assert!(who.is_some_and(|who| who.ends_with(&format!("({})", std::process::id()))) || !Path::new("/proc/net/tcp").exists());
    }
}
