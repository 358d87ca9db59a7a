//! Which objects a list or watch is about.

use super::request::{Query, Target};
use crate::demo::resource::Resource;
use crate::demo::status::{Answer, Refusal};
use crate::demo::store::Object;
use crate::model::selector::Selector;

/// Namespace, labels and fields.
#[derive(Debug, Clone)]
pub(super) struct Selection {
    /// The namespace; empty for all.
    pub namespace: String,
    labels: Option<Selector>,
    fields: Vec<Field>,
}

#[derive(Debug, Clone)]
struct Field {
    of: Of,
    value: String,
    is: bool,
}

#[derive(Debug, Clone, Copy)]
enum Of {
    Name,
    Namespace,
    Kind(usize),
}

impl Selection {
    /// What a request asks for.
    ///
    /// # Errors
    /// 400 for a selector that cannot be read, or for a field that cannot be selected by.
    pub(super) fn of(target: &Target, query: &Query) -> Answer<Self> {
        let labels = query.get("labelSelector").map(Selector::parse).transpose();
        let labels = labels.map_err(|why| Refusal::bad_request(format!("unable to parse requirement: {why}")))?;
        let mut fields = fields(&target.resource, query.get("fieldSelector").unwrap_or_default())?;
        if !target.name.is_empty() {
            fields.push(Field { of: Of::Name, value: target.name.clone(), is: true });
        }
        Ok(Self { namespace: target.namespace.clone(), labels, fields })
    }

    /// True where it is about this object.
    pub(super) fn has(&self, object: &Object) -> bool {
        let place = self.namespace.is_empty() || *self.namespace == *object.key.namespace;
        place
            && self.labels.as_ref().is_none_or(|selector| selector.matches(|key| object.label(key)))
            && self.fields.iter().all(|f| (f.value == f.of.get(object)) == f.is)
    }

    /// True where everything in the namespace is meant.
    pub(super) fn is_all(&self) -> bool {
        self.labels.is_none() && self.fields.is_empty()
    }
}

impl Of {
    fn get(self, object: &Object) -> &str {
        match self {
            Self::Name => &object.key.name,
            Self::Namespace => &object.key.namespace,
            Self::Kind(i) => object.fields.get(i).map(|f| &**f).unwrap_or_default(),
        }
    }
}

fn fields(resource: &Resource, text: &str) -> Answer<Vec<Field>> {
    let parts = text.split(',').filter(|p| !p.is_empty());
    parts
        .map(|part| {
            let split = part.split_once("!=").map(|(k, v)| (k, v, false));
            let split = split.or_else(|| part.split_once("==").or_else(|| part.split_once('=')).map(|(k, v)| (k, v, true)));
            let Some((key, value, is)) = split else {
                return Err(Refusal::bad_request(format!("invalid selector: '{text}'; can't understand '{part}'")));
            };
            let of = match key {
                "metadata.name" => Of::Name,
                "metadata.namespace" => Of::Namespace,
                _ => match resource.fields.iter().position(|f| f == key) {
                    Some(i) => Of::Kind(i),
                    None => return Err(Refusal::bad_request(format!("field label not supported: {key}"))),
                },
            };
            Ok(Field { of, value: value.to_owned(), is })
        })
        .collect()
}
