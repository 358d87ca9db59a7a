//! What programs do, in their own words, and whom they call: by a part of the image or the container's name.

/// What a program speaks of.
#[derive(Debug)]
pub(super) struct Words {
    /// What was done.
    pub(super) deeds: &'static [&'static str],
    /// Who is called.
    pub(super) partners: &'static [&'static str],
}

const API: &[&str] = &["kube-apiserver", "coredns"];
const DATA: &[&str] = &["postgres", "redis"];

/// The first that fits counts.
const WORDS: &[(&str, Words)] = &[
    ("exporter", Words { deeds: &["scrape served", "collector succeeded", "metrics refreshed"], partners: DATA }),
    (
        "prometheus",
        Words {
            deeds: &["Head GC completed", "Write block completed", "Compaction done", "Deleting obsolete block", "rules evaluated"],
            partners: &["node-exporter", "kube-state-metrics", "kube-apiserver"],
        },
    ),
    ("alertmanager", Words { deeds: &["gossip settled", "Notify success", "Maintenance done"], partners: &["mailer", "alertmanager-1"] }),
    (
        "grafana",
        Words { deeds: &["Request Completed", "cleanup of old annotations", "dashboard loaded"], partners: &["prometheus", "loki"] },
    ),
    (
        "loki",
        Words { deeds: &["flushed chunks", "compacted table", "query completed", "checkpoint done"], partners: &["loki-1", "memcached"] },
    ),
    ("fluent", Words { deeds: &["chunk flushed", "inotify watch added", "buffer drained"], partners: &["loki"] }),
    ("opentelemetry", Words { deeds: &["Traces exported", "Metrics exported", "batch sent"], partners: &["loki", "prometheus"] }),
    (
        "argocd",
        Words {
            deeds: &["Reconciliation completed", "Comparing app state", "Refreshing app status", "cache hit"],
            partners: &["repo-server", "redis"],
        },
    ),
    (
        "cilium",
        Words {
            deeds: &["regenerating all endpoints", "Policy updated", "Synced endpoints", "conntrack garbage collected"],
            partners: API,
        },
    ),
    (
        "kafka",
        Words {
            deeds: &["Rolled new log segment", "Deleted segment files", "partition caught up", "Elected leader"],
            partners: &["kafka-1", "kafka-2"],
        },
    ),
    (
        "payment",
        Words {
            deeds: &["payment authorised", "payment captured", "token checked", "receipt queued"],
            partners: &["card network", "fraud-check", "ledger"],
        },
    ),
    (
        "checkout",
        Words {
            deeds: &["order placed", "basket priced", "address checked", "voucher applied"],
            partners: &["payments-api", "inventory", "pricing"],
        },
    ),
    ("fraud", Words { deeds: &["transaction scored", "rule set loaded", "velocity counted"], partners: &["ledger", "redis"] }),
    (
        "cart",
        Words {
            deeds: &["item added", "item removed", "cart priced", "cart merged after login"],
            partners: &["pricing", "catalog", "redis"],
        },
    ),
    (
        "catalog",
        Words {
            deeds: &["product read", "page of products read", "facets counted", "cache refreshed"],
            partners: &["postgres", "search-api"],
        },
    ),
    (
        "order",
        Words {
            deeds: &["order accepted", "order packed", "state written", "event published"],
            partners: &["postgres", "kafka", "warehouse"],
        },
    ),
    ("inventory", Words { deeds: &["stock reserved", "stock released", "level read"], partners: DATA }),
    ("warehouse", Words { deeds: &["pick list printed", "shelf counted", "parcel weighed"], partners: &["inventory", "postgres"] }),
    ("shipping", Words { deeds: &["label bought", "rate looked up", "parcel handed over"], partners: &["carrier", "tracking"] }),
    ("track", Words { deeds: &["position updated", "parcel delivered", "customer notified"], partners: &["carrier", "notifications"] }),
    (
        "search",
        Words { deeds: &["query answered", "segment merged", "index refreshed", "document indexed"], partners: &["memcached", "catalog"] },
    ),
    ("suggest", Words { deeds: &["completion answered", "trie rebuilt"], partners: &["search-api"] }),
    ("auth", Words { deeds: &["login", "token issued", "token refreshed", "session ended"], partners: DATA }),
    ("account", Words { deeds: &["profile read", "address saved", "password changed"], partners: &["postgres", "auth"] }),
    ("mail", Words { deeds: &["mail queued", "mail sent", "template rendered"], partners: &["smtp relay"] }),
    ("notif", Words { deeds: &["push sent", "mail queued", "digest built"], partners: &["mailer", "kafka"] }),
    ("ledger", Words { deeds: &["entry booked", "balance checked", "day closed"], partners: &["postgres"] }),
    ("billing", Words { deeds: &["invoice written", "invoice sent", "tax calculated"], partners: &["ledger", "postgres"] }),
    ("pay", Words { deeds: &["payout planned", "payout sent", "amount matched"], partners: &["ledger", "bank"] }),
    ("recommend", Words { deeds: &["model answered", "features read", "model reloaded"], partners: &["catalog", "redis"] }),
    ("review", Words { deeds: &["review read", "review stored", "rating averaged"], partners: &["postgres"] }),
];

const OTHERS: Words = Words {
    deeds: &["request answered", "record written", "session renewed", "cache refreshed", "event published"],
    partners: &["postgres", "redis", "kafka", "catalog"],
};

/// The words of a program.
pub(super) fn words(image: &str, container: &str) -> &'static Words {
    WORDS.iter().find(|(part, _)| image.contains(part) || container.contains(part)).map_or(&OTHERS, |(_, words)| words)
}
