//! Another Rust static library in the same program: std twice, and a panic in
//! each must find its own handlers.

/// Catches a panic of its own when `number` is negative, and says so with -1.
#[unsafe(no_mangle)]
pub extern "C" fn neighbour(number: i32) -> i32 {
    let check = move || if number < 0 { std::panic::panic_any(()) } else { number + 1 };
    std::panic::set_hook(Box::new(|_| ()));
    std::panic::catch_unwind(check).unwrap_or(-1)
}
