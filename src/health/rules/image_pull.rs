//! An image cannot be pulled.

use crate::health::case::line;
use crate::health::{Case, Rule, Verdict};
use crate::model::finding::{Cause, Severity};

/// Why a container waits whose image does not come (`k8s.io/kubernetes/pkg/kubelet/images`).
const REASONS: &[&str] =
    &["ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "RegistryUnavailable", "ImageInspectError", "SignatureValidationFailed"];

pub(super) const RULE: Rule = Rule {
    name: "image-pull",
    on: &[("", "pods")],
    means: "The node cannot get the image that a container is to run from its registry, so the container never starts. The kubelet tries again, \
            and waits longer each time.",
    helps: &[
        "Not found: the tag was never pushed, or there is a slip in its name. Set the right image, or roll back.",
        "Unauthorised or denied: the imagePullSecrets of the pod or its service account are missing or have expired.",
        "Time-outs, or many images at once: the registry, or the way of the nodes to it.",
    ],
    judge,
};

fn judge(case: &Case<'_>, verdict: &mut Verdict) {
    let Some(trouble) = case.pod().and_then(|p| p.trouble.as_ref()) else { return };
    let Some(container) = trouble.containers.iter().find(|c| REASONS.contains(&case.word(c.waiting))) else { return };
    let image = case.word(container.image);
    let mut found = case.found(Severity::Critical, case.created(), format!("image {image} cannot be pulled"));
    // The kubelet's own message while it backs off says only that it does; what the registry said is in an event, and so is once more that it failed.
    let told = case.told(|reason, message| matches!(reason, "Failed" | "InspectFailed") && !message.starts_with("Error: "));
    let told = told.map(|(_, message)| short(line(&message)).to_owned());
    found.evidence = told.unwrap_or_else(|| short(line(&container.message)).to_owned());
    found.next = "{details} shows the registry's words, {owner} the workload, where {image} sets another".to_owned();
    found.cause = Cause::Image(image.into());
    verdict.find(found);
}

/// A message from where it says more than that the image, which is named already, did not come: kubelet and runtime each say that first.
fn short(message: &str) -> &str {
    const HEADS: &[(&str, &str)] = &[
        ("Failed to pull image ", "\": "),
        ("rpc error: ", " desc = "),
        ("failed to pull and unpack image ", "\": "),
        ("failed to resolve reference ", "\": "),
        ("failed to resolve image ", "\": "),
    ];
    let head = HEADS.iter().find(|(begin, _)| message.starts_with(begin));
    let rest = head.and_then(|(_, end)| Some(message.split_once(end)?.1)).filter(|rest| !rest.is_empty());
    rest.map_or(message, short)
}
