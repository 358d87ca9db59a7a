//! What the tables know of an object that an action may act on, without the words of any table.

use super::facts::Facts;
use super::id::{GroupResource, Uid};
use super::words::{Sym, Words};

/// [`Facts`] with the words resolved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Known {
    /// Nothing.
    #[default]
    None,
    /// The label selector of its pods.
    Pods(Box<str>),
    /// The node it runs on.
    Node(Box<str>),
    /// Kind, name and uid of what the event is about.
    About(Box<str>, Box<str>, Uid),
    /// Group and plural of the kind it defines.
    Defines(GroupResource),
    /// The pods behind it.
    Members(Box<[Uid]>),
    /// What it leads to: the Services of an Ingress or an APIService, what an autoscaler scales, the claim of a volume.
    Leads(Named),
}

/// Objects that another one names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Their kind, by any of its names.
    pub kind: Box<str>,
    /// Their namespace; that of the object that names them where it is empty.
    pub namespace: Box<str>,
    /// Their names.
    pub names: Box<[Box<str>]>,
}

impl Known {
    /// Resolves the words of facts.
    pub fn of(facts: &Facts, words: &Words) -> Self {
        match facts {
            Facts::Pod(pod) if pod.node != Sym::EMPTY => Self::Node(words.get(pod.node).into()),
            Facts::Endpoints(endpoints) if !endpoints.pods.is_empty() => Self::Members(endpoints.pods.clone()),
            Facts::Event(event) => Self::About(words.get(event.kind).into(), event.name.get(words).into(), event.uid),
            _ => match (facts.selector(), facts.defines(words)) {
                (Some(selector), _) => Self::Pods(selector.get(words).into()),
                (None, Some(kind)) => Self::Defines(kind),
                (None, None) => Named::of(facts, words).map_or(Self::None, Self::Leads),
            },
        }
    }
}

impl Named {
    /// What an object leads to.
    fn of(facts: &Facts, words: &Words) -> Option<Self> {
        let (kind, namespace, names): (&str, Sym, &[Sym]) = match facts {
            Facts::Ingress(ingress) => ("services", Sym::EMPTY, &ingress.services),
            Facts::Autoscaler(scaler) => (words.get(scaler.target_kind), Sym::EMPTY, std::slice::from_ref(&scaler.target)),
            Facts::Volume(volume) => ("persistentvolumeclaims", volume.claim.0, std::slice::from_ref(&volume.claim.1)),
            Facts::ApiService(api) => ("services", api.service.0, std::slice::from_ref(&api.service.1)),
            _ => return None,
        };
        let names: Box<[Box<str>]> = names.iter().filter(|n| **n != Sym::EMPTY).map(|n| words.get(*n).into()).collect();
        (!names.is_empty()).then(|| Self { kind: kind.into(), namespace: words.get(namespace).into(), names })
    }
}
