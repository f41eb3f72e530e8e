//! Packs the addresses that the static binary relocates when it starts: half a megabyte less to load and to ship.
//! Only for musl, whose start-up code is linked in; a dynamic loader may be too old to know the form.
#![allow(clippy::disallowed_methods, reason = "edge: cargo speaks to it through the environment")]

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var_os("CARGO_CFG_TARGET_ENV").is_some_and(|name| name == "musl") {
        println!("cargo:rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}
