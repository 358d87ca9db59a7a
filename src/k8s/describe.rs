//! What a cluster is: version, provider, kinds, identity, and who we are there. Asked once for each connection.

use super::backoff::Backoff;
use super::link::{Link, Up, Wire};
use super::teller::Teller;
use crate::model::catalog::{Catalog, Resource};
use crate::model::fault::{Fault, FaultKind};
use crate::model::id::{GroupResource, Uid};
use crate::model::msg::{ClusterNews, Server};
use http::{HeaderValue, Request, header};
use kube::client::Body;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::time::sleep;

/// Aggregated discovery, which tells short names and categories in two requests (1.26 and later; v2 from 1.30), else the old lists.
const DISCOVERY: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
    application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";

/// Asks everything and tells what is known as it comes; `again` where only the kinds can have changed. What a server does not tell stays
/// unknown: that is no fault of the cluster.
pub async fn describe(link: Link, teller: Teller, again: bool) {
    let who = async {
        let Some(Wire::Up(up)) = link.now().filter(|_| !again) else { return };
        // Whoever does not listen any more ends this task, too.
        if let Ok(uid) = identity(&link, &up).await {
            let _ = teller.tell(ClusterNews::Identity(uid)).await;
        }
        if let Ok(name) = user(&link, &up).await {
            let _ = teller.tell(ClusterNews::User(name)).await;
        }
    };
    tokio::join!(discover(link.clone(), teller.clone()), who);
}

/// Asks what kinds there are, and tells. Without the kinds nothing can be shown, so they are asked for until they are known, until it is
/// clear that nobody knows them, or until the connection is lost: the next one is asked anyway.
pub async fn discover(link: Link, teller: Teller) {
    let mut backoff = Backoff::default();
    while let Some(Wire::Up(up)) = link.now() {
        match catalog(&link, &up).await {
            // Whoever does not listen any more will be noticed by the next message.
            Ok(catalog) => {
                let _ = teller.tell(ClusterNews::Catalog(catalog)).await;
                return;
            }
            Err(why) if why.kind == FaultKind::Gone => return,
            Err(why) => sleep(backoff.after(&why)).await,
        }
    }
}

/// Reads `/version`. Providers put themselves into the version's tail.
pub fn server(version: &[u8]) -> Server {
    #[derive(Default, Deserialize)]
    #[serde(default, rename_all = "camelCase")]
    struct Info {
        git_version: String,
    }
    let version = serde_json::from_slice::<Info>(version).unwrap_or_default().git_version;
    let marks = [
        ("-eks-", "EKS"),
        ("-gke.", "GKE"),
        ("+k3s", "k3s"),
        ("+rke2", "RKE2"),
        ("-aliyun", "ACK"),
        ("-tke.", "TKE"),
        ("+vmware", "Tanzu"),
    ];
    let provider = marks.iter().find(|(mark, _)| version.contains(mark)).map(|(_, name)| (*name).to_owned());
    Server { version, provider }
}

/// The uid of kube-system, which is the identity that monitoring tools use for a cluster too.
pub async fn identity(link: &Link, up: &Up) -> Result<Uid, Fault> {
    #[derive(Deserialize)]
    struct Namespace {
        metadata: Metadata,
    }
    #[derive(Deserialize)]
    struct Metadata {
        uid: String,
    }
    let namespace: Namespace = get(link, up, "/api/v1/namespaces/kube-system", "application/json").await?;
    Ok(Uid::parse(&namespace.metadata.uid))
}

/// The name that the server knows us by (SelfSubjectReview, 1.28 and later).
pub async fn user(link: &Link, up: &Up) -> Result<String, Fault> {
    #[derive(Default, Deserialize)]
    #[serde(default, rename_all = "camelCase")]
    struct Review {
        status: Status,
    }
    #[derive(Default, Deserialize)]
    #[serde(default, rename_all = "camelCase")]
    struct Status {
        user_info: UserInfo,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct UserInfo {
        username: String,
    }
    let body = r#"{"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"}"#;
    let request = Request::post("/apis/authentication.k8s.io/v1/selfsubjectreviews")
        .header(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))
        .body(Body::from(body.as_bytes().to_vec()));
    let answer = link.ask(up, request.map_err(|e| Fault::new(FaultKind::Invalid, e.to_string()))?).await?;
    Ok(read::<Review>(&answer)?.status.user_info.username)
}

/// The kinds that the server serves.
pub async fn catalog(link: &Link, up: &Up) -> Result<Catalog, Fault> {
    let mut catalog = Catalog::default();
    for root in ["/api", "/apis"] {
        let found: Discovery = get(link, up, root, DISCOVERY).await?;
        match found.items {
            Some(groups) => groups.into_iter().for_each(|g| add_group(&mut catalog, g)),
            None => old(link, up, root, found, &mut catalog).await?,
        }
    }
    Ok(catalog)
}

async fn get<T: DeserializeOwned>(link: &Link, up: &Up, path: &str, accept: &'static str) -> Result<T, Fault> {
    let request = Request::get(path).header(header::ACCEPT, HeaderValue::from_static(accept)).body(Body::empty());
    read(&link.ask(up, request.map_err(|e| Fault::new(FaultKind::Invalid, e.to_string()))?).await?)
}

fn read<T: DeserializeOwned>(json: &[u8]) -> Result<T, Fault> {
    serde_json::from_slice(json).map_err(|e| Fault::new(FaultKind::Garbled, format!("the answer cannot be read: {e}")))
}

/// `APIGroupDiscoveryList`, or from older servers `APIVersions` and `APIGroupList`.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Discovery {
    items: Option<Vec<Group>>,
    versions: Vec<String>,
    groups: Vec<OldGroup>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Group {
    metadata: Name,
    versions: Vec<GroupVersion>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Name {
    name: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct GroupVersion {
    version: String,
    resources: Vec<Found>,
    freshness: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Found {
    resource: String,
    response_kind: Option<KindName>,
    scope: String,
    singular_resource: String,
    verbs: Vec<String>,
    short_names: Vec<Box<str>>,
    categories: Vec<Box<str>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct KindName {
    kind: String,
}

/// Versions come in the server's order of preference, and the first that has a resource wins.
fn add_group(catalog: &mut Catalog, group: Group) {
    if group.versions.is_empty() || group.versions.iter().any(|v| v.freshness == "Stale") {
        catalog.stale_groups.push(group.metadata.name.as_str().into());
    }
    for GroupVersion { version, resources, .. } in group.versions {
        for found in resources {
            let id = GroupResource::new(&group.metadata.name, &found.resource);
            if catalog.get(&id).is_none() {
                let has = |verb: &str| found.verbs.iter().any(|v| v == verb);
                catalog.resources.push(Resource {
                    id,
                    version: version.as_str().into(),
                    kind: found.response_kind.unwrap_or_default().kind.into(),
                    singular: found.singular_resource.into(),
                    namespaced: found.scope == "Namespaced",
                    list: has("list"),
                    watch: has("watch"),
                    short_names: found.short_names.into(),
                    categories: found.categories.into(),
                });
            }
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct OldGroup {
    name: String,
    preferred_version: OldVersion,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct OldVersion {
    group_version: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct OldList {
    resources: Vec<OldResource>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct OldResource {
    name: String,
    singular_name: String,
    namespaced: bool,
    kind: String,
    verbs: Vec<String>,
    short_names: Vec<Box<str>>,
    categories: Vec<Box<str>>,
}

/// One request a group, as before 1.26. A group that does not answer is left out and named.
async fn old(link: &Link, up: &Up, root: &str, found: Discovery, catalog: &mut Catalog) -> Result<(), Fault> {
    let core = found.versions.into_iter().map(|v| (String::new(), v));
    let groups = found.groups.into_iter().map(|g| (g.name, g.preferred_version.group_version));
    for (group, group_version) in core.chain(groups) {
        let Ok(list) = get::<OldList>(link, up, &format!("{root}/{group_version}"), "application/json").await else {
            catalog.stale_groups.push(group.into());
            continue;
        };
        let version = group_version.rsplit('/').next().unwrap_or_default().to_owned();
        let resources = list.resources.into_iter().filter(|r| !r.name.contains('/')).map(|r| Found {
            resource: r.name,
            response_kind: Some(KindName { kind: r.kind }),
            scope: if r.namespaced { "Namespaced".to_owned() } else { "Cluster".to_owned() },
            singular_resource: r.singular_name,
            verbs: r.verbs,
            short_names: r.short_names,
            categories: r.categories,
        });
        let versions = vec![GroupVersion { version, resources: resources.collect(), freshness: String::new() }];
        add_group(catalog, Group { metadata: Name { name: group }, versions });
    }
    Ok(())
}
