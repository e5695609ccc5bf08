//! Digests of functions that do not depend on addresses.

use crate::data::{DataDigest, FunctionTraits};
use crate::decode::Reference;
use crate::decode::{Reach, decode};
use crate::digest::Digest;
use crate::extent::Extents;
use crate::image::Named;
use crate::targets::{Targets, add_instruction};
use crate::unprovable::Unprovable;
use std::collections::BTreeMap;

/// The digests of one executed function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FunctionDigest {
    pub(crate) code: String,
    pub(crate) data: String,
    /// Lines and columns in panic locations, if there are any.
    pub(crate) lines: Option<String>,
}

/// Digests of a function of which the instructions at `executed` ran.
///
/// The digest of the code has all instructions of the function, since they decide where the executed
/// ones are. What an instruction refers to is only part of it if the instruction ran.
///
/// Fails if an executed address is not the start of an instruction.
pub(crate) fn function_digest(
    targets: &Targets<'_>,
    extents: &Extents,
    function: &Named,
    executed: &BTreeMap<u64, u64>,
) -> Result<FunctionDigest, Unprovable> {
    let Named { range, name } = function;
    let undecodable = || Unprovable::Undecodable(name.clone());
    let mut ran = executed.range(range.clone()).map(|(address, _)| *address).peekable();
    let mut code = Digest::new();
    let mut references = Vec::new();
    let mut reaches = Vec::new();
    let (mut has_tables, mut is_thread_local) = (false, false);
    for instruction in decode(range, targets.image.content(range)) {
        add_instruction(&mut code, targets.image, &instruction);
        // The address of a table may be taken long before the table is read, or without that.
        has_tables |= instruction.loads_offset;
        if ran.next_if_eq(&instruction.range.start).is_none() {
            continue;
        }
        if !instruction.is_valid {
            return Err(undecodable());
        }
        reaches.push(instruction.reach);
        is_thread_local |= instruction.is_thread_local;
        match instruction.reference {
            Some(Reference::Code(target)) => targets.add_code(&mut code, target),
            Some(data) => references.push(data),
            None => {}
        }
    }
    if ran.next().is_some() {
        return Err(undecodable());
    }
    let traits =
        FunctionTraits { range: range.clone(), reaches_back: reaches_back(&reaches), has_tables };
    let mut data = DataDigest::new(targets, extents, traits);
    references.iter().for_each(|reference| data.add_reference(reference));
    if is_thread_local {
        data.add_thread_local();
    }
    let (data, lines) = data.finish();
    Ok(FunctionDigest { code: code.hex(), data, lines })
}

/// Whether a function may access data before an address that it takes.
fn reaches_back(executed: &[Reach]) -> bool {
    let has = |reach| executed.contains(&reach);
    has(Reach::Back) || has(Reach::BackFromFrame) && !has(Reach::SetsFrame)
}
