//! Connections to the contexts of a kubeconfig: credential, then client; once more with a renewed credential when the server refuses it
//! or when the old one is about to end.

use super::connect::{Settings, connect};
use super::credential::{Credential, Credentials};
use super::kubeconfig::Context;
use super::lanes;
use super::supervisor::Connector;
use crate::model::fault::Fault;
use futures::FutureExt;
use futures::future::BoxFuture;
use kube::Client;
use std::sync::Arc;
use tokio::sync::Mutex;

/// Connects to one context.
pub struct ContextConnector {
    context: Arc<Context>,
    credentials: Credentials,
    settings: Arc<Settings>,
    /// The credential of the last connection, to be renewed if the server refuses it.
    last: Mutex<Option<Credential>>,
}

impl ContextConnector {
    /// A connector for a context. Nothing is run and nothing connected before it is asked to.
    pub fn new(context: Arc<Context>, credentials: Credentials, settings: Arc<Settings>) -> Self {
        Self { context, credentials, settings, last: Mutex::new(None) }
    }

    async fn make(&self, renew: bool) -> Result<Client, Fault> {
        let mut last = self.last.lock().await;
        let credential = match last.as_ref().filter(|_| renew) {
            Some(stale) => self.credentials.renew(&self.context, stale).await?,
            None => self.credentials.get(&self.context).await?,
        };
        let client = connect(&self.context, &credential, &self.settings).await?;
        *last = Some(credential);
        Ok(client)
    }

    /// Another connection with the credential of the last one: the supervisor alone renews it.
    async fn make_beside(&self, settings: Settings) -> Result<Client, Fault> {
        let last = self.last.lock().await.clone();
        let credential = match last {
            Some(credential) => credential,
            None => self.credentials.get(&self.context).await?,
        };
        connect(&self.context, &credential, &settings).await
    }

    /// What goes wrong here is no reason to give up a credential that still works: if it does not, a 401 will tell.
    async fn remake(&self) -> Option<Client> {
        let mut last = self.last.lock().await;
        let held = last.as_ref()?.generation;
        let credential = self.credentials.get(&self.context).await.ok().filter(|credential| credential.generation != held)?;
        let client = connect(&self.context, &credential, &self.settings).await.ok()?;
        *last = Some(credential);
        Some(client)
    }
}

impl Connector for ContextConnector {
    fn connect(&self, renew: bool) -> BoxFuture<'_, Result<Client, Fault>> {
        self.make(renew).boxed()
    }

    fn refresh(&self) -> BoxFuture<'_, Option<Client>> {
        self.remake().boxed()
    }

    fn beside(&self) -> BoxFuture<'_, Result<Client, Fault>> {
        self.make_beside(Settings { windows: (lanes::WINDOW, lanes::WINDOWS), ..(*self.settings).clone() }).boxed()
    }

    fn upright(&self) -> BoxFuture<'_, Result<Client, Fault>> {
        self.make_beside(Settings { http2: false, ..(*self.settings).clone() }).boxed()
    }
}
