//! What a person has to do to log in, for the credential plugins that are known. Data and guesses; nothing is run here.

use super::entry::{Exec, Interactive};
use super::kubeconfig::Context;

impl Context {
    /// True where asking for the credential may open a browser or wait for a person: that is done only on the login key.
    pub fn needs_person(&self) -> bool {
        let Some(exec) = self.user.exec.as_ref().filter(|_| self.user.token.is_none() && self.user.token_file.is_none()) else {
            return false;
        };
        match exec.interactive {
            Interactive::Always => true,
            Interactive::Never => false,
            Interactive::IfAvailable => match Plugin::of(exec) {
                Plugin::Oidc => exec.flag(&["--grant-type"]) != Some("client-credentials"),
                Plugin::Azure => matches!(exec.azure_login(), "interactive" | "devicecode"),
                Plugin::Teleport => true,
                _ => false,
            },
        }
    }
}

/// What logs a person in.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// The shell command to run. Never to be shown: the arguments and environment of a plugin may be secrets.
    pub command: String,
    /// The same for people, with … for what may be a secret.
    pub shown: String,
}

impl Login {
    fn plain(command: String) -> Self {
        Self { shown: command.clone(), command }
    }
}

/// How a person logs in: by the configured command, else by a guess from the plugin; what it prints may be a token, so the guess hides
/// it. None where the context has no plugin: then there is nothing to run.
pub fn login(context: &Context, configured: Option<&str>) -> Option<Login> {
    if let Some(configured) = configured.map(str::trim).filter(|command| !command.is_empty()) {
        return Some(Login::plain(configured.to_owned()));
    }
    context.user.exec.as_ref().map(guess)
}

/// The plugins that are known.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum Plugin {
    Aws,
    Google,
    /// kubelogin of Azure.
    Azure,
    AzureCli,
    /// kubectl oidc-login, also called kubelogin.
    Oidc,
    Teleport,
    DigitalOcean,
    Oracle,
    Ibm,
    Unknown,
}

impl Plugin {
    pub(super) fn of(exec: &Exec) -> Self {
        match exec.program() {
            "aws" | "aws-iam-authenticator" | "heptio-authenticator-aws" => Self::Aws,
            "gke-gcloud-auth-plugin" | "gcloud" => Self::Google,
            "kubelogin" if exec.args.iter().any(|arg| arg.starts_with("--oidc-")) => Self::Oidc,
            "kubelogin" => Self::Azure,
            "az" => Self::AzureCli,
            "kubectl-oidc_login" => Self::Oidc,
            "kubectl" if exec.args.iter().any(|arg| arg == "oidc-login") => Self::Oidc,
            "tsh" => Self::Teleport,
            "doctl" => Self::DigitalOcean,
            "oci" => Self::Oracle,
            "ibmcloud" => Self::Ibm,
            _ => Self::Unknown,
        }
    }
}

impl Exec {
    /// What the plugin is called, wherever it is.
    pub(super) fn program(&self) -> &str {
        let file = self.command.rsplit(['/', '\\']).next().unwrap_or_default();
        file.strip_suffix(".exe").unwrap_or(file)
    }

    /// The value of a flag, as `--profile P` or `--profile=P`.
    fn flag(&self, names: &[&str]) -> Option<&str> {
        let mut args = self.args.iter();
        while let Some(arg) = args.next() {
            for name in names {
                if arg == name {
                    return args.next().map(String::as_str);
                }
                if let Some(value) = arg.strip_prefix(name).and_then(|rest| rest.strip_prefix('=')) {
                    return Some(value);
                }
            }
        }
        None
    }

    fn variable(&self, name: &str) -> Option<&str> {
        self.env.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// How Azure's kubelogin logs in; devicecode is its default.
    fn azure_login(&self) -> &str {
        self.flag(&["--login", "-l"]).or(self.variable("AAD_LOGIN_METHOD")).unwrap_or("devicecode")
    }
}

fn guess(exec: &Exec) -> Login {
    let with = |command: &str, flag: &str, value: Option<&str>| match value {
        Some(value) => format!("{command} {flag} {}", quoted(value)),
        None => command.to_owned(),
    };
    let command = match Plugin::of(exec) {
        Plugin::Aws => with("aws sso login", "--profile", exec.flag(&["--profile"]).or(exec.variable("AWS_PROFILE"))),
        Plugin::Google => "gcloud auth login".to_owned(),
        Plugin::Azure if exec.azure_login() == "azurecli" => with("az login", "--tenant", exec.flag(&["--tenant-id", "-t"])),
        Plugin::Azure if exec.azure_login() == "azd" => "azd auth login".to_owned(),
        Plugin::AzureCli => "az login".to_owned(),
        Plugin::Teleport => with("tsh login", "--proxy", exec.flag(&["--proxy"])),
        Plugin::DigitalOcean => with("doctl auth init", "--context", exec.flag(&["--context"])),
        Plugin::Oracle => with("oci session authenticate", "--profile-name", exec.flag(&["--profile"])),
        Plugin::Ibm => "ibmcloud login --sso".to_owned(),
        Plugin::Azure | Plugin::Oidc | Plugin::Unknown => return itself(exec),
    };
    Login::plain(command)
}

/// The plugin with a terminal, without the token that it prints.
fn itself(exec: &Exec) -> Login {
    let env = exec.env.iter().map(|(name, value)| format!("{name}={}", quoted(value)));
    let words = std::iter::once(&exec.command).chain(&exec.args).map(|word| quoted(word));
    let command = env.chain(words).collect::<Vec<_>>().join(" ") + " >/dev/null";
    Login { command, shown: shown(exec) }
}

/// The plugin without what may be a secret: of the environment and of flags the names, of the rest the words before the first flag that
/// look like subcommands.
fn shown(exec: &Exec) -> String {
    let env = exec.env.iter().map(|(name, _)| format!("{name}=…"));
    let mut flagged = false;
    let args = exec.args.iter().map(|arg| {
        flagged |= arg.starts_with('-');
        match arg.split_once('=') {
            Some((flag, _)) if flag.starts_with("--") => format!("{flag}=…"),
            None if arg.starts_with("--") => arg.clone(),
            // The value of a short flag may stand right behind it.
            _ if arg.starts_with('-') && arg.len() > 2 => arg.chars().take(2).chain("…".chars()).collect(),
            None if arg.starts_with('-') || (!flagged && is_subcommand(arg)) => arg.clone(),
            _ => "…".to_owned(),
        }
    });
    env.chain([exec.program().to_owned()]).chain(args).collect::<Vec<_>>().join(" ")
}

fn is_subcommand(word: &str) -> bool {
    word.len() <= 20 && word.chars().all(|c| c.is_ascii_lowercase() || c == '-')
}

/// A word for a shell.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+%".contains(c);
    if !word.is_empty() && word.chars().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::k8s::entry::UserEntry;
    use std::sync::Arc;

    fn context(line: &str, interactive: Interactive) -> Context {
        let mut words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let env = words
            .iter()
            .take_while(|w| w.contains('=') && !w.starts_with('-'))
            .filter_map(|w| w.split_once('='))
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .collect::<Vec<_>>();
        words.drain(..env.len());
        let exec = Exec {
            api_version: "client.authentication.k8s.io/v1".into(),
            command: words.remove(0),
            args: words,
            env,
            install_hint: None,
            provide_cluster_info: false,
            interactive,
        };
        Context {
            name: "c".into(),
            file: "f".into(),
            cluster: Arc::default(),
            user: Arc::new(UserEntry { exec: Some(exec), ..UserEntry::default() }),
            namespace: None,
            broken: None,
        }
    }

    #[test]
    fn logins_are_guessed_by_plugin_and_browsers_open_only_on_the_key() {
        let oidc = "kubectl oidc-login get-token --oidc-issuer-url=https://i --oidc-client-id=k";
        for (line, command, person) in [
            ("aws --region eu eks get-token --cluster-name c --profile prod", "aws sso login --profile prod", false),
            ("aws eks get-token --profile=my'prod", r"aws sso login --profile 'my'\''prod'", false),
            ("AWS_PROFILE=dev aws eks get-token", "aws sso login --profile dev", false),
            ("AWS_PROFILE=dev /opt/bin/aws-iam-authenticator token -i c", "aws sso login --profile dev", false),
            ("aws eks get-token", "aws sso login", false),
            ("gke-gcloud-auth-plugin", "gcloud auth login", false),
            ("kubelogin get-token --login azurecli --server-id s --tenant-id t", "az login --tenant t", false),
            ("kubelogin get-token --login spn", "kubelogin get-token --login spn >/dev/null", false),
            ("kubelogin get-token --login devicecode", "kubelogin get-token --login devicecode >/dev/null", true),
            ("kubelogin get-token -l interactive", "kubelogin get-token -l interactive >/dev/null", true),
            ("AAD_LOGIN_METHOD=msi kubelogin get-token", "AAD_LOGIN_METHOD=msi kubelogin get-token >/dev/null", false),
            ("kubelogin get-token", "kubelogin get-token >/dev/null", true),
            ("kubelogin get-token --oidc-issuer-url=i", "kubelogin get-token --oidc-issuer-url=i >/dev/null", true),
            (
                "kubelogin get-token --oidc-issuer-url=i --grant-type client-credentials",
                "kubelogin get-token --oidc-issuer-url=i --grant-type client-credentials >/dev/null",
                false,
            ),
            (oidc, &format!("{oidc} >/dev/null"), true),
            ("kubectl-oidc_login get-token", "kubectl-oidc_login get-token >/dev/null", true),
            ("tsh kube credentials --kube-cluster=k --proxy=p:443", "tsh login --proxy p:443", true),
            ("doctl kubernetes cluster kubeconfig exec-credential --context=team id", "doctl auth init --context team", false),
            ("oci ce cluster generate-token", "oci session authenticate", false),
            ("X=1 /bin/my-plugin a$b", "X=1 /bin/my-plugin 'a$b' >/dev/null", false),
        ] {
            let context = context(line, Interactive::IfAvailable);
            assert_eq!(login(&context, None).unwrap().command, command, "{line}");
            assert_eq!(context.needs_person(), person, "{line}");
            assert_eq!(login(&context, Some("mine")).unwrap().command, "mine");
        }
        assert!(context("aws", Interactive::Always).needs_person());
        assert!(!context(oidc, Interactive::Never).needs_person());
    }

    #[test]
    fn what_is_shown_of_a_plugin_holds_no_values() {
        for (line, shown) in [
            ("TOKEN=hunter2 /bin/my-plugin get-token", "TOKEN=… my-plugin get-token"),
            ("p get-token --secret=hunter2 --id me --verbose", "p get-token --secret=… --id … --verbose"),
            ("p hunter2 login -phunter2 -s hunter2 hunter", "p … login -p… -s … …"),
            ("p -x=hunter2 KEY=hunter2 --", "p -x… … --"),
            ("aws eks get-token --profile prod", "aws sso login --profile prod"),
        ] {
            assert_eq!(login(&context(line, Interactive::IfAvailable), None).unwrap().shown, shown, "{line}");
        }
    }
}
