//! ServiceAccounts.

use super::object::{Meta, Reference, each, listed, text};
use super::{HasMeta, Names, Own, Project, age, name, ours, wide};
use crate::model::cell::Value;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::borrow::Cow;

/// ServiceAccounts, the core kind.
pub struct ServiceAccounts;

/// What is read of a service account.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ServiceAccount<'a> {
    #[serde(borrow)]
    metadata: Meta<'a>,
    /// Only counted.
    secrets: Option<Vec<IgnoredAny>>,
    #[serde(borrow)]
    image_pull_secrets: Option<Vec<Reference<'a>>>,
    automount_service_account_token: Option<bool>,
}

impl<'a> HasMeta<'a> for ServiceAccount<'a> {
    fn meta(&self) -> &Meta<'a> {
        &self.metadata
    }
}

impl Project for ServiceAccounts {
    type Object<'a> = ServiceAccount<'a>;

    const NAMES: Names = Names {
        group: "",
        version: "v1",
        resource: "serviceaccounts",
        kind: "ServiceAccount",
        singular: "serviceaccount",
        short_names: &["sa"],
        namespaced: true,
    };

    const COLUMNS: &'static [Own<Self>] = &[
        name(),
        age(),
        ours(wide("SECRETS", |a| Value::Count(each(&a.secrets).count() as i64))),
        ours(wide("PULL SECRETS", |a| listed(each(&a.image_pull_secrets).filter_map(|s| text(&s.name))))),
        ours(wide("TOKEN", |a| Value::Text(Cow::Borrowed(if a.automount_service_account_token == Some(false) { "off" } else { "mounted" })))),
    ];
}
