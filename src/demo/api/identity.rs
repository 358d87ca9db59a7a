//! Who asks: the user behind a token, somebody else whom that user speaks for, and the tokens of service accounts.

use super::body::{Body, json as answer_json, object};
use super::request::{Asked, Target, header};
use crate::demo::cluster::{Cluster, User};
use crate::demo::json::{int, later, or_set, set, stamp, text};
use crate::demo::rbac::{self, Attributes};
use crate::demo::resource::Resource;
use crate::demo::status::{Answer, Cause, Refusal};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, Response};
use serde_json::{Value, json};

const AS_USER: HeaderName = HeaderName::from_static("impersonate-user");
const AS_GROUP: HeaderName = HeaderName::from_static("impersonate-group");

/// What `aud` and `iss` of the tokens are.
const ISSUER: &str = "https://kubernetes.default.svc.cluster.local";

/// Who asks.
///
/// # Errors
/// 401 for a token that nobody has, 403 for somebody who may not speak for others.
pub(super) fn user(cluster: &Cluster, headers: &HeaderMap) -> Answer<User> {
    let token = header(headers, &AUTHORIZATION).strip_prefix("Bearer ").unwrap_or_default();
    let user = cluster.user(token).ok_or_else(|| Refusal::new(401, "Unauthorized", "Unauthorized"))?;
    let name = header(headers, &AS_USER);
    if name.is_empty() { Ok(user) } else { impersonated(cluster, &user, name, headers) }
}

/// Somebody whom this user speaks for (`impersonation.go` of k8s.io/apiserver).
fn impersonated(cluster: &Cluster, user: &User, name: &str, headers: &HeaderMap) -> Answer<User> {
    let asked = headers.get_all(AS_GROUP).iter().filter_map(|group| group.to_str().ok());
    let mut groups: Vec<String> = asked.map(str::to_owned).collect();
    let account = name.strip_prefix("system:serviceaccount:").and_then(|rest| rest.split_once(':'));
    let (resource, namespace, plain) = match account {
        Some((namespace, name)) => ("serviceaccounts", namespace, name),
        None => ("users", "", name),
    };
    cluster.look(|sim| {
        let may = |resource, namespace, name| {
            rbac::check(&sim.store, user, &Attributes { verb: "impersonate", resource, namespace, name, ..Attributes::default() })
        };
        may(resource, namespace, plain)?;
        groups.iter().try_for_each(|group| may("groups", "", group))
    })?;
    if groups.is_empty() {
        groups.extend(account.into_iter().flat_map(|(namespace, _)| of_accounts(namespace)));
    }
    let groups: Vec<&str> = groups.iter().map(String::as_str).filter(|g| *g != "system:authenticated").collect();
    Ok(User::new(name, &groups))
}

/// The groups of service accounts.
fn of_accounts(namespace: &str) -> [String; 2] {
    ["system:serviceaccounts".to_owned(), format!("system:serviceaccounts:{namespace}")]
}

/// Answers a `TokenRequest`: whoever shows the token is the service account, for as long as was asked.
///
/// # Errors
/// 404 where there is no such account, 422 where the time is too short or too long.
pub(super) fn token(cluster: &Cluster, target: &Target, asked: &Asked, body: &[u8]) -> Answer<Response<Body>> {
    let (account, now) = cluster.look(|sim| (sim.store.get("serviceaccounts", &target.namespace, &target.name).cloned(), sim.store.now));
    let account = account.ok_or_else(|| Refusal::not_found(&target.resource, &target.name))?;
    let mut request = object(&asked.content, body)?;
    or_set(&mut request, "/spec/expirationSeconds", 3600);
    or_set(&mut request, "/spec/audiences", json!([ISSUER]));
    let until = later(now, lasts(target, &request)?);
    let name = format!("system:serviceaccount:{}:{}", target.namespace, target.name);
    let claims = json!({
        "aud": request.pointer("/spec/audiences"), "exp": until / 1000, "iat": now / 1000, "iss": ISSUER,
        "kubernetes.io": {"namespace": target.namespace, "serviceaccount": {"name": target.name, "uid": &*account.uid}},
        "nbf": now / 1000, "sub": name,
    });
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let secret = crate::demo::fleet::token().map_err(|why| Refusal::new(500, "InternalError", why.to_string()))?;
    let token = format!("{}.{}.{secret}", part(&json!({"alg": "RS256", "kid": "demo"})), part(&claims));
    let groups = of_accounts(&target.namespace);
    cluster.allow_until(&token, User::new(&name, &groups.each_ref().map(String::as_str)), until);
    set(&mut request, "/kind", "TokenRequest");
    set(&mut request, "/apiVersion", "authentication.k8s.io/v1");
    set(&mut request, "/metadata", json!({"name": target.name, "namespace": target.namespace, "creationTimestamp": stamp(now)}));
    set(&mut request, "/status", json!({"token": token, "expirationTimestamp": stamp(until)}));
    Ok(answer_json(201, &request))
}

/// For how many seconds a token is asked (`ValidateTokenRequest` of `pkg/apis/authentication/validation`).
fn lasts(target: &Target, request: &Value) -> Answer<i64> {
    let seconds = int(request, "/spec/expirationSeconds").unwrap_or_default();
    let wrong = match seconds {
        ..600 => "may not specify a duration less than 10 minutes",
        600..=0x1_0000_0000 => return Ok(seconds),
        _ => "may not specify a duration larger than 2^32 seconds",
    };
    let message = format!("Invalid value: {seconds}: {wrong}");
    let cause = Cause { reason: "FieldValueInvalid", message, field: "spec.expirationSeconds".to_owned() };
    let asked = Resource { kind: "TokenRequest".to_owned(), group: "authentication.k8s.io".to_owned(), ..(*target.resource).clone() };
    Err(Refusal::invalid(&asked, &target.name, &[cause]))
}

/// What a `TokenReview` answers: who is behind a token.
pub(super) fn review(cluster: &Cluster, review: &Value) -> Value {
    match cluster.user(text(review, "/spec/token").unwrap_or_default()) {
        Some(user) => json!({"authenticated": true, "user": {"username": user.name, "groups": user.groups}, "audiences": [ISSUER]}),
        None => json!({"user": {}, "error": "[invalid bearer token, token lookup failed]"}),
    }
}
