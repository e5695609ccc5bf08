//! Reads an ELF executable.

use crate::image::{Image, Named, Pointer, Section, SectionKind, containing};
use crate::unprovable::Unprovable;
use object::LittleEndian as Little;
use object::elf::{self, FileHeader64, Rela64, SectionFlags, SectionHeader64, Sym64};
use object::read::FileKind;
use object::read::elf::{FileHeader as _, Rela as _, SectionHeader as _, Sym as _};
use std::cmp::Reverse;
use std::ops::Range;

type Header = FileHeader64<Little>;
type SymbolTable<'a> = object::read::elf::SymbolTable<'a, Header>;
type SectionTable<'a> = object::read::elf::SectionTable<'a, Header>;

/// Reads an executable.
pub(crate) fn parse(bytes: &[u8]) -> Result<Image<'_>, Unprovable> {
    let header = supported(bytes)?;
    let table = header.sections(Little, bytes).map_err(|_| malformed("section table"))?;
    let mut image = Image::default();
    for section in loaded(&table) {
        add_section(&mut image, &table, section, bytes)?;
    }
    image.sections.sort_by_key(|section| section.range.start);
    for section in loaded(&table) {
        add_relocations(&mut image, &table, section, bytes)?;
        add_packed_relocations(&mut image, section, bytes)?;
    }
    let symbols = table.symbols(Little, bytes, elf::SHT_SYMTAB);
    add_symbols(&mut image, &symbols.map_err(|_| malformed("symbol table"))?);
    check(&image)?;
    Ok(image)
}

/// The header, if instructions of this kind of file can be compared.
fn supported(bytes: &[u8]) -> Result<&Header, Unprovable> {
    let unsupported = |what: String| Err(Unprovable::Unsupported(what));
    match FileKind::parse(bytes) {
        Ok(FileKind::Elf64) => {}
        Ok(kind) => return unsupported(format!("{kind:?}")),
        Err(_) => return unsupported("no executable".to_owned()),
    }
    let header = Header::parse(bytes).map_err(|_| malformed("header"))?;
    if !header.is_little_endian() {
        return unsupported("big-endian".to_owned());
    }
    match header.e_machine.get(Little) {
        elf::EM_X86_64 => {}
        elf::EM_AARCH64 => return unsupported("for 64-bit ARM".to_owned()),
        machine => return unsupported(format!("for machine {}", machine.0)),
    }
    if header.e_type.get(Little) != elf::ET_DYN {
        return Err(Unprovable::FixedAddress);
    }
    Ok(header)
}

fn loaded<'a>(table: &SectionTable<'a>) -> impl Iterator<Item = &'a SectionHeader64<Little>> {
    table.iter().filter(|section| flags(section).contains(elf::SHF_ALLOC))
}

fn flags(section: &SectionHeader64<Little>) -> SectionFlags {
    section.sh_flags(Little)
}

fn add_section<'a>(
    image: &mut Image<'a>,
    table: &SectionTable<'a>,
    section: &SectionHeader64<Little>,
    bytes: &'a [u8],
) -> Result<(), Unprovable> {
    let name = table.section_name(Little, section).map_err(|_| malformed("section name"))?;
    let kind = match flags(section) {
        flags if flags.contains(elf::SHF_EXECINSTR | elf::SHF_WRITE) => {
            return Err(Unprovable::WritableCode);
        }
        flags if flags.contains(elf::SHF_EXECINSTR) => SectionKind::Code,
        flags if flags.contains(elf::SHF_WRITE) => SectionKind::Variables,
        _ => SectionKind::Constants,
    };
    let read = Section {
        name: String::from_utf8_lossy(name).into_owned(),
        range: range(section.sh_addr.get(Little), section.sh_size.get(Little))?,
        bytes: section.data(Little, bytes).map_err(|_| malformed("section"))?,
        kind,
    };
    if flags(section).contains(elf::SHF_TLS) {
        image.thread_local.push(read);
    } else if !read.range.is_empty() {
        image.sections.push(read);
    }
    Ok(())
}

fn add_relocations<'a>(
    image: &mut Image<'a>,
    table: &SectionTable<'a>,
    section: &SectionHeader64<Little>,
    bytes: &'a [u8],
) -> Result<(), Unprovable> {
    let found = section.rela(Little, bytes).map_err(|_| malformed("relocation table"))?;
    let Some((relocations, symbols)) = found else { return Ok(()) };
    // A static executable's relocations need no symbols.
    let symbols = table.symbol_table_by_index(Little, bytes, symbols).unwrap_or_default();
    for relocation in relocations {
        let address = relocation.r_offset.get(Little);
        image.pointers.insert(address, pointer(relocation, &symbols)?);
    }
    Ok(())
}

fn pointer(relocation: &Rela64<Little>, symbols: &SymbolTable<'_>) -> Result<Pointer, Unprovable> {
    let addend = relocation.r_addend.get(Little);
    let kind = relocation.r_type(Little, false);
    if kind == elf::R_X86_64_RELATIVE {
        return Ok(Pointer::To(addend as u64));
    }
    let Some(symbol) = relocation.symbol(Little, false) else {
        return Ok(Pointer::Symbol(format!("{kind} {addend}", kind = kind.0)));
    };
    let symbol = symbols.symbol(symbol).map_err(|_| malformed("relocation"))?;
    let direct = [elf::R_X86_64_64, elf::R_X86_64_GLOB_DAT, elf::R_X86_64_JUMP_SLOT];
    if direct.contains(&kind) && !symbol.is_undefined(Little) {
        return Ok(Pointer::To(symbol.st_value.get(Little).wrapping_add_signed(addend)));
    }
    let name = symbols.symbol_name(Little, symbol).map_err(|_| malformed("symbol name"))?;
    let name = String::from_utf8_lossy(name);
    Ok(Pointer::Symbol(format!("{kind} {addend} {name}", kind = kind.0)))
}

/// Adds relocations in the compact form of `-z pack-relative-relocs`, whose addends are the content.
fn add_packed_relocations(
    image: &mut Image<'_>,
    section: &SectionHeader64<Little>,
    bytes: &[u8],
) -> Result<(), Unprovable> {
    let found = section.relr(Little, bytes).map_err(|_| malformed("relocation table"))?;
    for address in found.into_iter().flatten() {
        let end = address.checked_add(8).ok_or_else(|| malformed("relocation"))?;
        let content = image.section_at(address).map(|section| section.content(&(address..end)));
        let content = content.and_then(|content| content.try_into().ok());
        let target = u64::from_le_bytes(content.ok_or_else(|| malformed("relocation"))?);
        image.pointers.insert(address, Pointer::To(target));
    }
    Ok(())
}

/// What a symbol names.
#[derive(Clone, Copy, PartialEq, Eq)]
enum SymbolKind {
    Function,
    /// Code of an assembler file without a type.
    Label,
    Variable,
}

fn add_symbols(image: &mut Image<'_>, symbols: &SymbolTable<'_>) {
    let mut functions = Vec::new();
    let mut labels = Vec::new();
    let mut variables = Vec::new();
    for symbol in symbols.iter().filter(|symbol| !symbol.is_undefined(Little)) {
        let Some((kind, named)) = named(image, symbols, symbol) else { continue };
        match kind {
            SymbolKind::Function => functions.push(named),
            SymbolKind::Label => labels.push(named),
            SymbolKind::Variable => variables.push(named),
        }
    }
    functions = without_overlaps(image, functions);
    labels.retain(|label| containing(&functions, label.range.start).is_none());
    functions.append(&mut labels);
    image.functions = without_overlaps(image, functions);
    variables.retain(|named| !named.range.is_empty());
    image.variables = without_overlaps(image, variables);
}

fn named(
    image: &Image<'_>,
    symbols: &SymbolTable<'_>,
    symbol: &Sym64<Little>,
) -> Option<(SymbolKind, Named)> {
    let start = symbol.st_value.get(Little);
    let section = image.section_at(start)?;
    let kind = match (symbol.st_type(), section.kind) {
        (elf::STT_FUNC | elf::STT_GNU_IFUNC, SectionKind::Code) => SymbolKind::Function,
        (elf::STT_NOTYPE, SectionKind::Code) => SymbolKind::Label,
        (elf::STT_OBJECT, SectionKind::Constants | SectionKind::Variables) => SymbolKind::Variable,
        _ => return None,
    };
    let end = start.checked_add(symbol.st_size.get(Little))?.min(section.range.end);
    let name = symbols.symbol_name(Little, symbol).ok()?;
    let name = stable_name(&String::from_utf8_lossy(name));
    Some((kind, Named { range: start..end, name }))
}

/// The name for people, without the parts that depend on the build. These are the hash of older names,
/// and the numbers that distinguish crates of one name.
fn stable_name(name: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(name))
}

/// Ordered ranges. Of several names of one range the first stays, and a range ends where the next one
/// starts. A range without a size goes on to the next one.
fn without_overlaps(image: &Image<'_>, mut all: Vec<Named>) -> Vec<Named> {
    all.sort_by(|a, b| {
        let key = |named: &Named| (named.range.start, Reverse(named.range.end));
        key(a).cmp(&key(b)).then_with(|| a.name.cmp(&b.name))
    });
    all.dedup_by_key(|named| named.range.start);
    let starts: Vec<u64> = all.iter().map(|named| named.range.start).skip(1).collect();
    for (index, named) in all.iter_mut().enumerate() {
        let section = image.section_at(named.range.start).map(|section| section.range.end);
        let limit = starts.get(index).copied().unwrap_or(u64::MAX).min(section.unwrap_or(0));
        let end = if named.range.is_empty() { limit } else { named.range.end.min(limit) };
        named.range.end = end;
    }
    all
}

fn check(image: &Image<'_>) -> Result<(), Unprovable> {
    if image.functions.is_empty() {
        return Err(Unprovable::NoSymbols);
    }
    let is_code = |address: &u64| {
        image.section_at(*address).is_some_and(|section| section.kind == SectionKind::Code)
    };
    if image.pointers.keys().any(is_code) {
        return Err(Unprovable::WritableCode);
    }
    Ok(())
}

fn range(start: u64, size: u64) -> Result<Range<u64>, Unprovable> {
    let end = start.checked_add(size).ok_or_else(|| malformed("section address"))?;
    Ok(start..end)
}

fn malformed(part: &str) -> Unprovable {
    Unprovable::Malformed(part.to_owned())
}
