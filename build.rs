//! Link arguments of the C library: its soname and how long it stays loaded.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let os = std::env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    let family = std::env::var("CARGO_CFG_TARGET_FAMILY").unwrap_or_default();
    let arguments: &[&str] = match os.as_str() {
        "macos" | "ios" => &[
            "-Wl,-install_name,@rpath/libzmq.5.dylib",
            "-Wl,-compatibility_version,5.0.0",
            "-Wl,-current_version,5.2.5",
        ],
        // nodelete: I/O threads may run while a program closes its handle to
        // the library, so its code has to stay mapped until the process ends.
        // Bsymbolic: one export calls another of ours, even if a library of
        // the same names came first in the process.
        _ if family.split(',').any(|f| f == "unix") => {
            &["-Wl,-soname,libzmq.so.5", "-Wl,-z,nodelete", "-Wl,-z,relro,-z,now", "-Wl,-Bsymbolic"]
        }
        _ => &[],
    };
    for argument in arguments {
        println!("cargo:rustc-cdylib-link-arg={argument}");
    }
}
