//! Credentials, once for all contexts that share one: from the kubeconfig, from files that change, from plugins. One plugin runs at
//! a time per credential, whoever waits for it; it is asked again before the credential expires and once after a 401.

use super::entry::Pem;
use super::kubeconfig::{Context, Fingerprint};
use super::login::login;
use super::plugin::{Grant, Runner};
use super::slot::{Look, Slot, now};
use crate::model::fault::{Fault, FaultKind};
use crate::model::time::Timestamp;
use base64::Engine;
use http::HeaderValue;
use std::collections::HashMap;
use std::ffi::OsString;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A plugin that takes longer is killed.
const DEADLINE: Duration = Duration::from_secs(30);
/// A credential that a server refuses so soon after a 401 had it renewed is not worth another run.
const SECOND: Duration = Duration::from_secs(60);

/// What proves to a server who we are.
#[derive(Clone)]
pub struct Credential {
    /// The header, marked as sensitive.
    pub authorization: Option<HeaderValue>,
    /// The client certificate.
    pub client_identity: Option<Arc<Identity>>,
    /// When it ends, if it says.
    pub expires: Option<Timestamp>,
    /// Grows whenever the credential changes: a client made with another generation is out of date.
    pub generation: u64,
}

/// A client certificate and its key, in PEM.
#[derive(PartialEq, Eq)]
pub struct Identity {
    /// The certificate and those that it is signed with.
    pub certificate: Vec<u8>,
    /// The key.
    pub key: Vec<u8>,
}

/// All credentials of this run. Cheap to clone; clones share.
#[derive(Clone)]
pub struct Credentials(Arc<Shared>);

struct Shared {
    slots: Mutex<HashMap<Fingerprint, Arc<Slot>>>,
    runner: Runner,
}

impl Credentials {
    /// None yet; nothing is run before it is asked for. PATH is where plugins are found.
    pub fn new(path: Option<OsString>) -> Self {
        Self::with_deadline(path, DEADLINE)
    }

    /// The same with another deadline for plugins.
    pub fn with_deadline(path: Option<OsString>, deadline: Duration) -> Self {
        Self(Arc::new(Shared { slots: Mutex::default(), runner: Runner { deadline, path } }))
    }

    /// The context's credential. Quick where it is known and not about to expire.
    ///
    /// # Errors
    /// Login where a person has to do something, Config where the plugin or a file does not work, Unreachable where the plugin has no
    /// network. A failed plugin is not run again for 1 to 60 s: until then the answer is the same fault.
    pub async fn get(&self, context: &Context) -> Result<Credential, Fault> {
        if let Some(fault) = &context.broken {
            return Err(fault.clone());
        }
        let slot = self.slot(context);
        match slot.look() {
            Look::Good(credential) => Ok(credential),
            Look::Failed(fault) => Err(fault),
            Look::Due(credential) => Ok(self.refresh(context, slot, credential).await),
            Look::Nothing => {
                let _flight = slot.flight.lock().await;
                match slot.look() {
                    Look::Good(credential) | Look::Due(credential) => Ok(credential),
                    Look::Failed(fault) => Err(fault),
                    Look::Nothing => self.fetch(context, &slot, false).await,
                }
            }
        }
    }

    /// One fetches the next credential; for all others, and if that fails, the one there is still good. Nobody waits for a plugin.
    async fn refresh(&self, context: &Context, slot: Arc<Slot>, good: Credential) -> Credential {
        let (all, context, old) = (self.clone(), context.clone(), good.clone());
        let is_quick = context.user.exec.is_none();
        let fetching = async move {
            let Ok(_flight) = slot.flight.try_lock() else { return old };
            all.fetch(&context, &slot, false).await.unwrap_or(old)
        };
        if is_quick {
            return fetching.await;
        }
        tokio::spawn(fetching);
        good
    }

    /// Another credential after a server answered 401 to `stale`; where somebody has renewed it since, that one.
    ///
    /// # Errors
    /// Unauthorised where asking again does not help or has just been done; else as [`Self::get`].
    pub async fn renew(&self, context: &Context, stale: &Credential) -> Result<Credential, Fault> {
        let slot = self.slot(context);
        let _flight = slot.flight.lock().await;
        {
            let state = slot.state();
            match &state.held {
                Some(held) if held.credential.generation != stale.generation => return Ok(held.credential.clone()),
                Some(held) if held.renewed && held.fetched.elapsed() < SECOND => return Err(refused(context)),
                _ => {}
            }
            if let Some(failure) = state.failure.as_ref().filter(|failure| Instant::now() < failure.until) {
                return Err(failure.fault.clone());
            }
        }
        let fresh = self.fetch(context, &slot, true).await?;
        if fresh.same(stale) { Err(refused(context)) } else { Ok(fresh) }
    }

    /// Forgets what is known of the context's credential, because a person has logged in: the next [`Self::get`] asks again, also a
    /// plugin that needs a person.
    pub async fn logged_in(&self, context: &Context) {
        let slot = self.slot(context);
        let _flight = slot.flight.lock().await;
        let mut state = slot.state();
        state.held = None;
        state.failure = None;
        state.logged_in = true;
    }

    fn slot(&self, context: &Context) -> Arc<Slot> {
        let mut slots = self.0.slots.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(slots.entry(context.credential_fingerprint()).or_default())
    }

    /// Fetches and keeps; the caller holds `flight`.
    async fn fetch(&self, context: &Context, slot: &Slot, renewed: bool) -> Result<Credential, Fault> {
        let fetched = self.ask(context, slot).await;
        let mut state = slot.state();
        match fetched {
            Ok((credential, of_file)) => Ok(state.keep(credential, of_file, renewed)),
            Err(fault) => {
                // What only a person can change is not worth waiting for.
                if !context.needs_person() || state.logged_in {
                    state.fail(&fault);
                }
                state.logged_in &= !matches!(fault.kind, FaultKind::Login(_));
                Err(fault)
            }
        }
    }

    /// The credential as it is now, and whether it comes from files.
    async fn ask(&self, context: &Context, slot: &Slot) -> Result<(Credential, bool), Fault> {
        let user = &context.user;
        let identity = user.client_certificate.as_ref().zip(user.client_key.as_ref());
        let identity = identity.map(|(certificate, key)| Identity { certificate: certificate.current(), key: key.current() });
        let mut of_file = [&user.client_certificate, &user.client_key].into_iter().flatten().any(|pem: &Pem| pem.file().is_some());
        let mut credential = Credential { authorization: None, client_identity: identity.map(Arc::new), expires: None, generation: 0 };
        let token = match &user.token_file {
            None => user.token.clone(),
            Some(path) => {
                of_file = true;
                let read = tokio::task::spawn_blocking({
                    let path = path.clone();
                    move || std::fs::read_to_string(path)
                });
                let unread = |error| Fault::new(FaultKind::Config, format!("the token file {} cannot be read: {error}", path.display()));
                match (read.await.map_err(std::io::Error::other).and_then(|read| read), &user.token) {
                    (Ok(text), _) if !text.trim().is_empty() => Some(text.trim().to_owned()),
                    (_, Some(token)) => Some(token.clone()),
                    (Ok(_), None) => return Err(Fault::new(FaultKind::Config, format!("the token file {} is empty", path.display()))),
                    (Err(error), None) => return Err(unread(error)),
                }
            }
        };
        if let Some(token) = token {
            credential.authorization = Some(bearer(&token)?);
        } else if let Some(name) = &user.username {
            credential.authorization = basic(name, user.password.as_deref().unwrap_or_default());
        } else if let Some(exec) = &user.exec {
            if context.needs_person() && !slot.state().logged_in {
                return Err(person(context, &exec.command));
            }
            let Grant { token, certificate, expires } = self.0.runner.run(context, exec, now()).await?;
            credential.authorization = token.as_deref().map(bearer).transpose()?;
            if let (None, Some((certificate, key))) = (&credential.client_identity, certificate) {
                credential.client_identity = Some(Arc::new(Identity { certificate: certificate.into_bytes(), key: key.into_bytes() }));
            }
            credential.expires = expires;
        }
        Ok((credential, of_file))
    }
}

fn person(context: &Context, command: &str) -> Fault {
    let kind = login(context, None).map_or(FaultKind::Unauthorised, |login| FaultKind::Login(login.shown));
    Fault::new(kind, format!("{command} may need you"))
}

/// The server does not take what we have, and asking again has not helped.
fn refused(context: &Context) -> Fault {
    let fault = Fault::new(FaultKind::Unauthorised, "the server refuses the credential, also after asking for it again");
    match login(context, None) {
        Some(login) => fault.hint(format!("log in: {}", login.shown)),
        None => fault.hint(format!("renew the user of the context {:?} in {}", context.name, context.file.display())),
    }
}

fn bearer(token: &str) -> Result<HeaderValue, Fault> {
    let bad = |_| Fault::new(FaultKind::Config, "the token holds characters that a header cannot hold");
    let mut value = HeaderValue::from_str(&format!("Bearer {token}")).map_err(bad)?;
    value.set_sensitive(true);
    Ok(value)
}

/// The header of basic authentication, marked as sensitive.
pub(super) fn basic(name: &str, password: &str) -> Option<HeaderValue> {
    let text = base64::engine::general_purpose::STANDARD.encode(format!("{name}:{password}"));
    let mut value = HeaderValue::from_str(&format!("Basic {text}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}

impl Credential {
    /// True where a server could not tell them apart.
    pub(super) fn same(&self, other: &Self) -> bool {
        self.authorization == other.authorization && self.client_identity == other.client_identity
    }
}

/// Without secrets.
impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential")
            .field("authorization", &self.authorization.is_some())
            .field("client_identity", &self.client_identity.is_some())
            .field("expires", &self.expires)
            .field("generation", &self.generation)
            .finish()
    }
}

#[cfg(test)]
mod tests;
