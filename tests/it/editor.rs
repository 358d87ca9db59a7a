//! FW8: a person's own editor, whatever it does to the text: nothing is changed that was not meant, and the person is told where the text is.

use crate::rig::SOON;
use crate::rig::demo::Demo;
use crate::rig::home::Home;
use crate::rig::pty::Pty;
use std::time::Duration;

const WIDE: (u16, u16) = (150, 40);
const CONFIG: &str = "clusters:\n- {match: '*', tier: dev}\n";

/// What an editor does with the file `$1`, and what the screen says then.
const CASES: &[(&str, &[&str])] = &[
    ("exit 1", &["nothing was changed: the editor: it ended with exit status: 1; the text is in"]),
    ("no-such-editor \"$1\"", &["nothing was changed: the editor: it ended with exit status: 127"]),
    ("kill -9 $$", &["nothing was changed: the editor: it ended with"]),
    (": > \"$1\"", &["nothing was changed", "is empty"]),
    ("rm \"$1\"", &["nothing was changed", "No such file"]),
    ("true", &["nothing is changed yet"]),
    ("printf 'data:\\n\\ta: b\\n' > \"$1\"", &["a tab indents a line"]),
    ("printf 'kind: A\\nkind: B\\n' > \"$1\"", &["kind stands in line 1 already"]),
    ("printf '{' > \"$1\"", &["no valid YAML"]),
    ("sed -i 's/^  name: .*/  name: other/' \"$1\"", &["its name cannot be changed"]),
    ("printf '\\377\\376' > \"$1\"", &["nothing was changed", "UTF-8"]),
    // A byte order mark and the ends of lines of other systems are taken away; the change is the one that was meant, and no other.
    ("sed -i 's/^  LOG_LEVEL: .*/  LOG_LEVEL: loud/; s/$/\\r/; 1s/^/\\xef\\xbb\\xbf/' \"$1\"", &["data.LOG_LEVEL", "→ loud"]),
];

#[test]
fn fw8_whatever_an_editor_does_nothing_is_changed_unasked() {
    let demo = Demo::start(&["--clusters", "1"]);
    let home = Home::new().with_programs().with("KUBECONFIG", demo.kubeconfig().to_str().expect("our paths are UTF-8"));
    home.write(".config/kconsole/config.yaml", CONFIG);
    let script = home.path().join("editor.sh");
    let home = home.with("KUBE_EDITOR", &format!("sh {}", script.display()));
    let mut pty = Pty::start(env!("CARGO_BIN_EXE_kconsole"), &["configmaps", "-n", "payments"], WIDE, home);
    let sees = |pty: &Pty, parts: &[&str]| {
        pty.wait_for(&format!("{parts:?}"), SOON, |s| {
            let text: String = s.rows(0, WIDE.0).map(|line| line.trim().trim_matches('│').trim().to_owned() + " ").collect();
            parts.iter().all(|part| text.contains(part))
        })
    };
    sees(&pty, &["payments-config"]);
    for (does, told) in CASES {
        pty.send("/\x15name:payments-config");
        pty.wait_for("one row", SOON, |s| s.contents().contains("payments-config") && !s.contents().contains("kube-root-ca"));
        pty.wait_quiet(Duration::from_millis(100), Duration::from_secs(1));
        pty.send("\r");
        pty.wait_quiet(Duration::from_millis(100), Duration::from_secs(1));
        std::fs::write(&script, format!("{does}\n")).expect("the home can be written");
        pty.send("\x05");
        sees(&pty, told);
        for _ in 0..6 {
            match pty.screen() {
                asked if asked.contains("Throw away") => pty.send("y"),
                open if open.contains("Edit ─") => pty.send("\x1b"),
                _ => break,
            }
            pty.wait_quiet(Duration::from_millis(200), Duration::from_secs(1));
        }
        pty.wait_for("the table", SOON, |s| s.contents().contains("Configmaps") && !s.contents().contains("Edit ─"));
    }
}
