//! Hides the preloaded library from the programs that a bench starts.

use std::ffi::{CStr, OsStr, OsString, c_char, c_int, c_void};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::ptr;

const PRELOAD: &str = "LD_PRELOAD";

/// libc's `Dl_info`.
#[repr(C)]
struct DlInfo {
    file_name: *const c_char,
    file_base: *mut c_void,
    symbol_name: *const c_char,
    symbol_address: *mut c_void,
}

unsafe extern "C" {
    fn dladdr(address: *const c_void, info: *mut DlInfo) -> c_int;
}

/// Removes `variables` and this library from the environment of what the process starts. `address` is an
/// address in this library.
///
/// Call it before `main`, while the process has one thread.
pub(crate) fn hide_from_children(variables: &[&str], address: *const c_void) {
    let preload = std::env::var_os(PRELOAD).unwrap_or_default();
    let rest = without_entry(&preload, own_path(address));
    // SAFETY: the process has one thread.
    unsafe {
        variables.iter().for_each(|name| std::env::remove_var(name));
        if rest.is_empty() {
            std::env::remove_var(PRELOAD);
        } else {
            std::env::set_var(PRELOAD, rest);
        }
    }
}

/// The file name by which the library at `address` was loaded, empty if unknown.
fn own_path(address: *const c_void) -> &'static [u8] {
    let mut info = DlInfo {
        file_name: ptr::null(),
        file_base: ptr::null_mut(),
        symbol_name: ptr::null(),
        symbol_address: ptr::null_mut(),
    };
    // SAFETY: `info` can be written, and any address is allowed.
    let found = unsafe { dladdr(address, &raw mut info) } != 0;
    if !found || info.file_name.is_null() {
        return &[];
    }
    // SAFETY: the loader keeps the name, ended by a null byte, as long as the library is loaded.
    unsafe { CStr::from_ptr(info.file_name) }.to_bytes()
}

/// `LD_PRELOAD` without one entry; the loader takes colons and spaces as separators.
fn without_entry(preload: &OsStr, entry: &[u8]) -> OsString {
    let kept: Vec<&[u8]> = preload
        .as_bytes()
        .split(|byte| matches!(byte, b':' | b' '))
        .filter(|part| !part.is_empty() && *part != entry)
        .collect();
    OsString::from_vec(kept.join(&b':'))
}
