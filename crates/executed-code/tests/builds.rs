//! Compares builds of a small library that differ in one part.

#![cfg(all(target_os = "linux", target_arch = "x86_64"))]
#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "the tests compile executables")]

use executed_code::{Comparison, Executable, Executed, Files, Fingerprint, Unprovable, compare};
use iced_x86::{Decoder, DecoderOptions};
use object::elf::{FileHeader64, SHF_ALLOC, SHF_EXECINSTR, SHT_SYMTAB, STT_FUNC};
use object::read::elf::{FileHeader as _, SectionHeader as _};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::OnceLock;

const SOURCE: &str = include_str!("sources/measured.rs");
const FILE: &str = "measured";
/// Functions that no benchmark executes.
const COLD: [&str; 4] = ["rare", "unused", "panic", "Circle"];

/// A difference of the source, and what is expected of it: a part of the message.
const CASES: [(&str, &str, &str); 12] = [
    ("", "", "same executed code"),
    ("const WEIGHTS", "// One line more.\n\nconst WEIGHTS", "lines of panic messages moved in 3"),
    (
        "#[unsafe(no_mangle)]",
        "#[unsafe(no_mangle)]\npub extern \"C\" fn more() -> u32 { MORE.load(Ordering::Relaxed) * 3 }\nstatic MORE: AtomicU32 = AtomicU32::new(9);\n#[unsafe(no_mangle)]",
        "same executed code",
    ),
    (") * 3", ") * 5 + WEIGHTS[0]", "same executed code"),
    ("4, 1, 5, 9", "4, 1, 6, 9", "data that measured::weigh uses differ"),
    ("\"two\"", "\"twx\"", "data that measured::named uses differ"),
    ("AtomicU32::new(7)", "AtomicU32::new(8)", "data that measured::counted uses differ"),
    ("\"green\"", "\"gray!\"", "data that measured::word uses differ"),
    ("counted().pow(2)", "counted().pow(3)", "the machine code of measured::choose differs"),
    ("&Circle(5)", "&Circle(6)", "data that measured::made uses differ"),
    ("&Square(2), &Circle(5)", "&Circle(2), &Square(5)", "data that measured::made uses differ"),
    ("self.0 * self.0\n", "self.0 * self.0 + 1\n", "Square as measured::Shape>::area differs"),
];

fn compile(folder: &Path, source: &str) -> Child {
    fs::create_dir(folder).unwrap();
    fs::write(folder.join("measured.rs"), source).unwrap();
    let flags = ["--edition=2024", "--crate-type=cdylib", "-Copt-level=2", "-Cpanic=abort"];
    let mut command = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    command.args(flags).args(["-o", FILE, "measured.rs"]).current_dir(folder).spawn().unwrap()
}

/// The executed instructions of a process that executes all functions but the cold ones.
fn executed(file: &[u8]) -> Executed {
    let mut executed = Executed::default();
    let little = object::LittleEndian;
    let header = FileHeader64::<object::LittleEndian>::parse(file).unwrap();
    let sections = header.sections(little, file).unwrap();
    let symbols = sections.symbols(little, file, SHT_SYMTAB).unwrap();
    for symbol in symbols.iter().filter(|symbol| symbol.st_type() == STT_FUNC) {
        let name = String::from_utf8_lossy(symbols.symbol_name(little, symbol).unwrap());
        if !name.contains(FILE) || COLD.iter().any(|cold| name.contains(cold)) {
            continue;
        }
        let start = symbol.st_value.get(little);
        let code = sections.iter().find(|section| {
            let from = section.sh_addr.get(little);
            section.sh_flags(little).contains(SHF_ALLOC | SHF_EXECINSTR)
                && (from..from + section.sh_size.get(little)).contains(&start)
        });
        let code = code.unwrap();
        let offset = (start - code.sh_addr.get(little)) as usize;
        let size = symbol.st_size.get(little) as usize;
        let bytes = &code.data(little, file).unwrap()[offset..offset + size];
        for instruction in Decoder::with_ip(64, bytes, start, DecoderOptions::NONE).iter() {
            executed.add(FILE, instruction.ip(), 10);
        }
    }
    executed
}

fn fingerprint(file: &[u8], executed: &Executed) -> Result<Fingerprint, Unprovable> {
    let libraries = BTreeMap::from([("libc.so".to_owned(), "digest".to_owned())]);
    let files = Files { executable: FILE, libraries: &libraries };
    Fingerprint::of(&Executable::parse(file)?, files, executed)
}

/// The library as it is, compiled once.
fn base() -> &'static [u8] {
    static BASE: OnceLock<Vec<u8>> = OnceLock::new();
    BASE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let build = folder.path().join("base");
        assert!(compile(&build, SOURCE).wait().unwrap().success());
        fs::read(build.join(FILE)).unwrap()
    })
}

#[test]
fn each_difference_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let build = |index: usize| folder.path().join(index.to_string());
    let started = CASES.iter().enumerate().map(|(index, (from, to, _))| {
        assert!(SOURCE.contains(from), "{from}");
        compile(&build(index), &SOURCE.replacen(from, to, 1))
    });
    let started: Vec<Child> = started.collect();
    assert!(started.into_iter().all(|mut child| child.wait().unwrap().success()));
    let base = fingerprint(base(), &executed(base())).unwrap();
    for (index, (from, to, expected)) in CASES.iter().enumerate() {
        let file = fs::read(build(index).join(FILE)).unwrap();
        let head = fingerprint(&file, &executed(&file)).unwrap();
        let message = compare(&base, &head, 0.1).to_string();
        assert!(message.contains(expected), "{from} -> {to}: {message}");
    }
}

#[test]
fn a_recorded_fingerprint_compares_as_a_new_one() {
    let new = fingerprint(base(), &executed(base())).unwrap();
    let text = serde_json::to_string(&new).unwrap();
    let recorded: Fingerprint = serde_json::from_str(&text).unwrap();
    assert_eq!(recorded, new);
    assert!(matches!(compare(&recorded, &new, 0.0), Comparison::Same(_)));
}

#[test]
fn code_of_other_files_is_only_compared_by_their_digest() {
    let mut with_library = executed(base());
    with_library.add("libc.so", 0x100, 3);
    let prints = [executed(base()), with_library.clone()].map(|e| fingerprint(base(), &e).unwrap());
    let message = compare(&prints[0], &prints[1], 0.1).to_string();
    assert_eq!(message, "only the head executed code of this version of libc.so");
    assert!(matches!(compare(&prints[1], &prints[1], 0.0), Comparison::Same(_)));
    let unprovable = |object: &str, address: u64| {
        let mut executed = with_library.clone();
        executed.add(object, address, 1);
        fingerprint(base(), &executed).unwrap_err()
    };
    assert_eq!(unprovable("???", 1), Unprovable::UnknownObject("???".to_owned()));
    assert_eq!(unprovable("/lib/libgcc_s.so.1", 1), Unprovable::Unwinding);
    assert_eq!(unprovable(FILE, 1), Unprovable::NoSymbolAt(1));
}

#[test]
fn counts_may_differ_by_the_tolerance() {
    let mut more = executed(base());
    let (_, addresses) =
        executed(base()).objects().map(|(o, a)| (o.to_owned(), a.clone())).next().unwrap();
    more.add(FILE, *addresses.keys().next().unwrap(), 5);
    let prints = [executed(base()), more].map(|e| fingerprint(base(), &e).unwrap());
    let share = 5.0 / executed(base()).instructions() as f64;
    assert!(matches!(compare(&prints[0], &prints[1], share * 1.01), Comparison::Same(_)));
    let message = compare(&prints[0], &prints[1], share * 0.99).to_string();
    assert!(message.contains("instructions in the base and"), "{message}");
}

#[test]
fn other_files_are_refused_with_the_reason() {
    let refused = |file: &[u8]| Executable::parse(file).unwrap_err();
    assert!(matches!(refused(b""), Unprovable::Unsupported(_)));
    assert!(matches!(refused(b"MZ, but no program"), Unprovable::Unsupported(_)));
    let changed = |at: usize, value: u8| {
        let mut file = base().to_vec();
        file[at] = value;
        refused(&file)
    };
    // `e_machine` and `e_type` of the header.
    assert_eq!(changed(18, 183), Unprovable::Unsupported("for 64-bit ARM".to_owned()));
    assert_eq!(changed(16, 2), Unprovable::FixedAddress);
    assert!(matches!(refused(&base()[..200]), Unprovable::Malformed(_)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_damaged_file_is_no_panic(damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..40)) {
        let mut file = base().to_vec();
        for (at, value) in damage {
            let at = at.index(file.len());
            file[at] = value;
        }
        let _ = fingerprint(&file, &executed(base()));
    }
}
