//! Instructions of x86-64, split into what depends on their place and what does not.

use iced_x86::{
    Code, ConstantOffsets, Decoder, DecoderOptions, Instruction, Mnemonic, OpKind, Register,
};
use std::ops::Range;

/// One instruction.
#[derive(Debug)]
pub(crate) struct Decoded {
    pub(crate) range: Range<u64>,
    /// False if the bytes are no instruction.
    pub(crate) is_valid: bool,
    /// The bytes that depend on the place, counted from the first.
    pub(crate) placed: Range<usize>,
    pub(crate) reference: Option<Reference>,
    /// Whether it accesses thread-local data.
    pub(crate) is_thread_local: bool,
    /// Whether it may access data before an address.
    pub(crate) reach: Reach,
    /// Whether it may load an entry of a table with relative addresses, as `match` compiles to.
    pub(crate) loads_offset: bool,
}

/// Whether an instruction may access data before an address that another one took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Only data from an address on, as far as this instruction shows.
    Forward,
    /// Data before an address: it has a negative number.
    Back,
    /// As `Back`, unless the function uses the register for its frame.
    BackFromFrame,
    /// It sets this register to the function's frame.
    SetsFrame,
}

/// What the address in an instruction is used for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reference {
    /// A jump or call to this address outside the function.
    Code(u64),
    /// Reads or writes exactly these addresses.
    Access(Range<u64>),
    /// Takes the address, for any use.
    Address(u64),
}

/// Decodes a function with these bytes.
pub(crate) fn decode(function: &Range<u64>, bytes: &[u8]) -> impl Iterator<Item = Decoded> {
    let mut decoder = Decoder::with_ip(64, bytes, function.start, DecoderOptions::NONE);
    std::iter::from_fn(move || {
        decoder.can_decode().then(|| {
            let instruction = decoder.decode();
            decoded(function, &instruction, decoder.get_constant_offsets(&instruction))
        })
    })
}

fn decoded(function: &Range<u64>, instruction: &Instruction, at: ConstantOffsets) -> Decoded {
    let placed = |offset: usize, size: usize| offset..offset + size;
    let (placed, reference) = match reference(function, instruction) {
        Some(code @ Reference::Code(_)) => {
            (placed(at.immediate_offset(), at.immediate_size()), Some(code))
        }
        Some(data) => (placed(at.displacement_offset(), at.displacement_size()), Some(data)),
        None => (0..0, None),
    };
    Decoded {
        range: instruction.ip()..instruction.next_ip(),
        is_valid: !instruction.is_invalid(),
        placed,
        reference,
        is_thread_local: has_memory(instruction) && instruction.memory_segment() == Register::FS,
        reach: reach(instruction),
        loads_offset: instruction.code() == Code::Movsxd_r64_rm32
            && has_memory(instruction)
            && !instruction.is_ip_rel_memory_operand(),
    }
}

fn reference(function: &Range<u64>, instruction: &Instruction) -> Option<Reference> {
    if instruction.is_ip_rel_memory_operand() {
        let address = instruction.ip_rel_memory_address();
        let size = instruction.memory_size().size() as u64;
        return Some(match instruction.mnemonic() {
            Mnemonic::Lea => Reference::Address(address),
            // A bit is counted from the address, and may be anywhere.
            Mnemonic::Bt | Mnemonic::Btc | Mnemonic::Btr | Mnemonic::Bts => {
                Reference::Address(address)
            }
            // What the state of the processor needs, for example.
            _ if size == 0 => Reference::Address(address),
            _ => Reference::Access(address..address.saturating_add(size)),
        });
    }
    let is_branch = (0..instruction.op_count())
        .any(|operand| instruction.op_kind(operand) == OpKind::NearBranch64);
    let target = instruction.near_branch_target();
    (is_branch && !function.contains(&target)).then_some(Reference::Code(target))
}

fn reach(instruction: &Instruction) -> Reach {
    let is_negative = instruction.memory_displacement64() > i64::MAX as u64;
    // A loop that counts up to zero starts with a negative index from the end of a table.
    if instruction.code() == Code::Mov_rm64_imm32
        && instruction.op0_kind() == OpKind::Register
        && instruction.immediate32to64() < 0
    {
        return Reach::Back;
    }
    if instruction.mnemonic() == Mnemonic::Mov
        && (instruction.op0_register(), instruction.op1_register())
            == (Register::RBP, Register::RSP)
    {
        return Reach::SetsFrame;
    }
    match instruction.memory_base() {
        _ if !has_memory(instruction) || !is_negative => Reach::Forward,
        Register::RSP | Register::RIP | Register::None => Reach::Forward,
        Register::RBP => Reach::BackFromFrame,
        _ => Reach::Back,
    }
}

fn has_memory(instruction: &Instruction) -> bool {
    (0..instruction.op_count()).any(|operand| instruction.op_kind(operand) == OpKind::Memory)
}
