//! The benchmarks: the real binary in a terminal, against a real API server that holds many pods. Printed beside what was promised;
//! a missed target is a figure, not a failure. What micro-benchmarks would say is not measured: nobody waits for a function.
//!
//!     cargo bench -- live                                10,000 pods of 7.5 KB
//!     cargo bench -- live 50000
//!     cargo bench -- live 10000 'k9s -A -c pods'          another program beside it; KUBECONFIG is set for it
//!     cargo bench -- workspace                           the overview of twelve clusters of 3,000 pods
//!     cargo bench -- rules                               what health costs over 100,000 pods
//!     cargo bench -- logs                                what cutting, merging and finding lines costs
//!     cargo bench -- follow                              logs over the wire: one fast pod, 500 pods, line to screen
//!     KCONSOLE_CLUSTER=FOLDER cargo bench -- streams     exec and forward on a real kubelet beside kubectl, and 64 forwards
//!     cargo bench -- pause                               what a pause in typing costs, in a text of 1 MiB
//!     cargo bench -- serve 10000                          only the API server with its pods, to look at by hand
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a benchmark that cannot run stops there"
)]
#![allow(clippy::print_stdout, clippy::print_stderr, unreachable_pub, reason = "printing is what it is for")]

mod follow;
mod live;
mod logs;
mod pause;
mod process;
mod rules;
mod server;
mod streams;
mod workspace;

#[path = "../it/rig/mod.rs"]
mod rig;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let mut args = args.iter().map(String::as_str);
    match args.next() {
        None | Some("live") => {
            let pods = args.next().map_or(10_000, |n| n.parse().expect("the number of pods"));
            live::run(pods, args.next());
        }
        Some("workspace") => workspace::run(args.next().map_or(3_000, |n| n.parse().expect("the number of pods")), 500),
        Some("logs") => logs::run(args.next().map_or(1_000, |n| n.parse().expect("megabytes"))),
        Some("follow") => follow::run(),
        Some("rules") => rules::run(args.next().map_or(100_000, |n| n.parse().expect("the number of pods"))),
        Some("streams") => streams::run(args.next().map_or(256, |n| n.parse().expect("megabytes"))),
        Some("pause") => pause::run(args.next().map_or(1024, |n| n.parse().expect("KiB"))),
        Some("serve") => {
            let pods = args.next().map_or(10_000, |n| n.parse().expect("the number of pods"));
            let home = rig::home::Home::new();
            let server = server::Server::with_pods(&home.path().join("cluster"), pods);
            println!("{}", server.kubeconfig().display());
            println!("until enter is pressed");
            std::io::stdin().read_line(&mut String::new()).expect("standard input");
        }
        Some(other) => {
            panic!(
                "no benchmark {other}: live [PODS] [COMMAND], workspace [PODS], rules [PODS], logs [MEGABYTES], follow, streams [MEGABYTES], pause [KIB], serve [PODS]"
            )
        }
    }
}
