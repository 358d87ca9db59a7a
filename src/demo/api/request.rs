//! What a request asks for: who, which verb, which objects. Nothing is answered here.

use super::{identity, older};
use crate::demo::cluster::{Cluster, User};
use crate::demo::rbac::Attributes;
use crate::demo::resource::Resource;
use crate::demo::status::{Answer, Refusal};
use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, Method, Request};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use std::sync::Arc;

/// A request, understood.
pub(super) struct Asked {
    /// Who asks.
    pub(super) user: User,
    /// The verb of the API, as RBAC names it: `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`.
    pub(super) verb: &'static str,
    /// What about.
    pub(super) path: Path,
    /// The parameters.
    pub(super) query: Query,
    /// The `Accept` header.
    pub(super) accept: String,
    /// Whether answers may be packed by gzip.
    pub(super) gzip: bool,
    /// The `Content-Type` header, without its parameters.
    pub(super) content: String,
    /// The first word of the `User-Agent`: the field manager where none is named.
    pub(super) agent: String,
}

/// Where a request goes.
pub(super) enum Path {
    /// Objects of a kind.
    Objects(Target),
    /// A review, which is answered and not stored.
    Review(Review),
    /// Anything else.
    Other(String),
}

/// What is asked by a review.
pub(super) struct Review {
    /// The API group.
    pub(super) group: String,
    /// The kind, as its plural.
    pub(super) plural: String,
    /// The namespace; empty where it is about all.
    pub(super) namespace: String,
}

/// Objects of a kind, or one of them, or a part of one.
pub(super) struct Target {
    /// The kind.
    pub(super) resource: Arc<Resource>,
    /// The namespace; empty for all, and for kinds that have none.
    pub(super) namespace: String,
    /// The name; empty for many.
    pub(super) name: String,
    /// As `status`; empty for the object itself.
    pub(super) subresource: String,
    /// In the version of [`super::older`].
    pub(super) is_older: bool,
}

/// The parameters of a request.
#[derive(Default)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads what stands behind the question mark.
    pub(super) fn parse(text: &str) -> Self {
        Self(form_urlencoded::parse(text.as_bytes()).into_owned().collect())
    }

    /// The value of a parameter; `None` where it is missing or empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(k, _)| k == name).map(|(_, v)| v.as_str()).filter(|v| !v.is_empty())
    }

    /// All values of a parameter.
    pub(super) fn all<'q>(&'q self, name: &'q str) -> impl Iterator<Item = &'q str> {
        self.0.iter().filter(move |(k, _)| k == name).map(|(_, v)| v.as_str())
    }

    /// True for `true`, `1` and the like, as Go reads them.
    pub(super) fn is(&self, name: &str) -> bool {
        self.get(name).is_some_and(|v| matches!(v, "1" | "t" | "T" | "true" | "TRUE" | "True"))
    }

    /// `DeleteOptions`, as a query has them.
    pub(super) fn options(&self) -> Value {
        let grace: Option<i64> = self.number("gracePeriodSeconds");
        json!({
            "gracePeriodSeconds": grace, "propagationPolicy": self.get("propagationPolicy"), "dryRun": self.all("dryRun").collect::<Vec<_>>(),
        })
    }

    /// A whole number.
    pub(super) fn number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.get(name)?.parse().ok()
    }
}

impl Asked {
    /// What RBAC decides on.
    pub(super) fn attributes<'a>(&'a self, target: &'a Target) -> Attributes<'a> {
        Attributes {
            verb: self.verb,
            group: &target.resource.group,
            resource: &target.resource.plural,
            subresource: &target.subresource,
            namespace: &target.namespace,
            name: &target.name,
            path: "",
        }
    }

    /// The field manager of a write.
    pub(super) fn manager(&self) -> &str {
        self.query.get("fieldManager").unwrap_or(&self.agent)
    }

    /// True where nothing is to be stored.
    pub(super) fn dry_run(&self) -> bool {
        self.query.all("dryRun").any(|v| v == "All")
    }
}

/// The path, and what the request asks for.
pub(super) fn parse<B>(cluster: &Cluster, request: &Request<B>) -> (String, Answer<Asked>) {
    let path = request.uri().path().trim_end_matches('/').to_owned();
    let asked = understand(cluster, request, &path);
    (path, asked)
}

fn understand<B>(cluster: &Cluster, request: &Request<B>, path: &str) -> Answer<Asked> {
    let headers = request.headers();
    let user = identity::user(cluster, headers)?;
    let query = Query::parse(request.uri().query().unwrap_or_default());
    let path = find(cluster, path)?;
    let verb = verb(request.method(), &path, &query)?;
    let agent = header(headers, &USER_AGENT).split('/').next().filter(|a| !a.is_empty()).unwrap_or("unknown").to_owned();
    let content = header(headers, &CONTENT_TYPE).split(';').next().unwrap_or_default().trim().to_owned();
    let gzip = header(headers, &ACCEPT_ENCODING).split(',').any(|way| way.split(';').next().map(str::trim) == Some("gzip"));
    Ok(Asked { user, verb, path, query, gzip, accept: header(headers, &ACCEPT).to_owned(), content, agent })
}

/// The text of a header; empty where it is missing.
pub(super) fn header<'h>(headers: &'h HeaderMap, name: &http::HeaderName) -> &'h str {
    headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
}

fn find(cluster: &Cluster, path: &str) -> Answer<Path> {
    let steps: Vec<String> = path.split('/').skip(1).map(|s| percent_decode_str(s).decode_utf8_lossy().into_owned()).collect();
    let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
    let (group, version, rest) = match steps.as_slice() {
        ["api", version, rest @ ..] => ("", *version, rest),
        ["apis", group, version, rest @ ..] => (*group, *version, rest),
        _ => return Ok(Path::Other(path.to_owned())),
    };
    // `namespaces/x/pods` is about pods; `namespaces/x`, `namespaces/x/status` and `namespaces/x/finalize` are about the namespace.
    let (namespace, rest) = match rest {
        ["namespaces", _, "status" | "finalize"] => ("", rest),
        ["namespaces", namespace, rest @ ..] if !rest.is_empty() => (*namespace, rest),
        _ => ("", rest),
    };
    let [plural, of @ ..] = rest else { return Ok(Path::Other(path.to_owned())) };
    if matches!(group, "authorization.k8s.io" | "authentication.k8s.io") {
        let [group, plural, namespace] = [group, plural, namespace].map(str::to_owned);
        return Ok(Path::Review(Review { group, plural, namespace }));
    }
    let id = if group.is_empty() { (*plural).to_owned() } else { format!("{plural}.{group}") };
    let resource = cluster.look(|sim| sim.store.table(&id).map(|t| Arc::clone(&t.resource)));
    let is_older = id == older::ID && version == older::VERSION;
    let resource = resource.filter(|r| r.version == version || is_older).ok_or_else(Refusal::no_such_path);
    let Ok(resource) = resource else {
        return if group == "metrics.k8s.io" { Ok(Path::Other(path.to_owned())) } else { Err(Refusal::no_such_path()) };
    };
    let (name, subresource) = match of {
        [] => ("", ""),
        [name] => (*name, ""),
        [name, subresource, ..] => (*name, *subresource),
    };
    if !subresource.is_empty() && !resource.has(subresource) || !namespace.is_empty() && !resource.namespaced {
        return Err(Refusal::no_such_path());
    }
    Ok(Path::Objects(Target {
        resource,
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        subresource: subresource.to_owned(),
        is_older,
    }))
}

fn verb(method: &Method, path: &Path, query: &Query) -> Answer<&'static str> {
    let one = matches!(path, Path::Objects(target) if !target.name.is_empty());
    // A watch of one object is a list that watches, by its name.
    let is_watch = query.is("watch") && !one;
    Ok(match *method {
        Method::GET if is_watch => "watch",
        Method::GET | Method::HEAD if one => "get",
        Method::GET | Method::HEAD => "list",
        Method::POST => "create",
        Method::PUT => "update",
        Method::PATCH => "patch",
        Method::DELETE if one => "delete",
        Method::DELETE => "deletecollection",
        _ => return Err(Refusal::new(405, "MethodNotAllowed", "the server does not allow this method on the requested resource")),
    })
}
