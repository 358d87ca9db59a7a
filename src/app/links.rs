//! The links of the config: which ones an object has, and where they lead.

use super::state::State;
use crate::kinds;
use crate::model::catalog::Resource;
use crate::model::glob::Glob;
use crate::model::id::ObjectRef;
use crate::model::step::Hyperlink;
use crate::model::template::{Field, Template};
use crate::model::world::Found;
use crate::model::yaml::{Node, Report};
use std::borrow::Cow;

/// The keys of an entry of `links`.
pub(super) const LINK_KEYS: [&str; 4] = ["name", "match", "kind", "url"];

/// An entry of `links`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LinkEntry {
    name: String,
    /// The contexts that have it; all where it is `None`.
    fits: Option<Glob>,
    /// The kind that has it, by any of its names; all where it is `None`.
    kind: Option<String>,
    url: Template,
}

impl LinkEntry {
    /// Reads an entry; `None` where it would lead nowhere or from places that were not meant.
    pub(super) fn read(entry: &Node, report: &mut Report<'_>) -> Option<Self> {
        let (mut name, mut fits, mut kind, mut url) = (None, Some(None), Some(None), None);
        let mut missing = vec!["name", "url"];
        for (key, node) in report.keys(entry, "an entry of links") {
            missing.retain(|k| *k != key.text);
            let mut text = || report.text(node, &key.text);
            match key.text.as_str() {
                "name" => name = text(),
                "match" => fits = text().and_then(|t| Glob::parse(&t).map_err(|why| report.add(node.line, why)).ok()).map(Some),
                "kind" => kind = text().map(Some),
                "url" => url = text().and_then(|t| Template::parse(&t).map_err(|why| report.add(node.line, format!("url: {why}"))).ok()),
                other => report.unknown(key.line, "key", other, LINK_KEYS),
            }
        }
        for key in missing {
            report.add(entry.line, format!("an entry of links needs a {key}"));
        }
        Some(Self { name: name?, fits: fits?, kind: kind?, url: url? })
    }
}

impl State {
    /// The links of an object, in the order of the config. Of those with one name the first that fits holds, as with clusters.
    pub(super) fn links(&self, object: &ObjectRef) -> Vec<Hyperlink> {
        let Some(cluster) = self.world.cluster(object.cluster).filter(|_| !self.config.links.is_empty()) else { return Vec::new() };
        let resource = match self.world.resource(object.cluster, &object.kind) {
            Found::Kind(resource) => Some(Cow::Borrowed(resource)),
            Found::NotYet | Found::Missing => kinds::find(&object.kind).map(|k| Cow::Owned(k.resource())),
        };
        let is = |kind: &String| resource.as_ref().map_or(object.kind.to_string() == *kind, |r| r.answers_to(kind));
        let mut links: Vec<Hyperlink> = Vec::new();
        for entry in &self.config.links {
            let fits = entry.fits.as_ref().is_none_or(|f| f.matches(&cluster.context)) && entry.kind.as_ref().is_none_or(is);
            if fits && links.iter().all(|l| l.name != entry.name) {
                let url = entry.url.fill(|field| match field {
                    Field::Cluster => Some(cluster.name.clone()),
                    Field::Context => Some(cluster.context.clone()),
                    other => self.value(other, object, resource.as_deref()),
                });
                links.push(Hyperlink { name: entry.name.clone(), url });
            }
        }
        links
    }

    /// What an object says of itself.
    fn value(&self, field: &Field, object: &ObjectRef, resource: Option<&Resource>) -> Option<String> {
        Some(match field {
            Field::Cluster | Field::Context => return None,
            Field::Namespace => object.namespace.to_string(),
            Field::Name => object.name.to_string(),
            Field::Kind => resource.map_or(&object.kind.resource, |r| &r.kind).to_string(),
            Field::Uid => object.uid.to_string(),
            Field::Label(key) => {
                let tables = self.world.tables_of(object.cluster, &object.kind.group, &object.kind.resource);
                let mut rows = tables.filter_map(|t| Some((t.row(t.slot(object.uid)?)?, t.words())));
                rows.find_map(|(row, words)| row.label(key, words))?.to_owned()
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::config::Config;

    #[test]
    fn a_mistake_is_told_with_its_line_and_costs_its_link() {
        for (entry, want) in [
            ("{name: x}", "an entry of links needs a url"),
            ("{url: 'https://x/'}", "an entry of links needs a name"),
            ("{name: x, url: 'https://{name}/'}", "url: {name} cannot choose the host; only {cluster} and {context} may be in its name"),
            ("{name: x, url: 'https://x/{nmae}'}", "url: unknown placeholder {nmae}; did you mean name?"),
            ("{name: x, url: [y]}", "url should be a text, not a list"),
            ("{name: x, match: '[a', url: 'https://x/'}", "the [ in \"[a\" has no ] and no character to match"),
            ("{name: x, kind: [pods], url: 'https://x/'}", "kind should be a text, not a list"),
            ("{name: x, ulr: y, url: 'https://x/'}", "unknown key ulr; did you mean url?"),
        ] {
            let text = format!("links:\n- {{name: a, url: 'https://x/'}}\n- {entry}\n");
            let (config, problems) = Config::load("config.yaml", &text).unwrap();
            let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
            assert_eq!(problems, [format!("config.yaml:3: {want}")]);
            let kept = 1 + usize::from(entry.contains("ulr"));
            assert_eq!(config.links.len(), kept, "{entry}: the rest holds, and a link that was meant for less is none for all");
        }
    }
}
