//! Reads who calls whom from the output of callgrind with `--dump-instr=yes --demangle=no`.
//!
//! With `--separate-callers=N` callgrind keeps a function apart for each chain of its callers. The graph
//! is then mostly a tree.

use crate::callgrind::{CallgrindError, address, named};
use std::collections::{BTreeMap, HashMap};

/// Functions and their calls.
#[derive(Debug, Default)]
pub struct CallGraph {
    functions: Vec<Function>,
    objects: Vec<String>,
}

/// A function below one chain of callers.
#[derive(Debug)]
pub struct Function {
    object: usize,
    name: String,
    own: BTreeMap<u64, u64>,
    calls: Vec<Call>,
}

/// All calls at one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// The address of the call.
    pub address: u64,
    /// The index of the called function.
    pub callee: usize,
    /// How often it was called.
    pub count: u64,
    /// The instructions of these calls, including those of further calls.
    pub instructions: u64,
}

impl Function {
    /// Its name without the callers, as it is in the file's symbols.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its own executed instructions by address.
    pub fn own(&self) -> impl Iterator<Item = (u64, u64)> {
        self.own.iter().map(|(address, instructions)| (*address, *instructions))
    }

    /// Its calls, in the order of the file.
    pub fn calls(&self) -> &[Call] {
        &self.calls
    }

    /// Its instructions, including those of its calls.
    pub fn instructions(&self) -> u64 {
        let calls = self.calls.iter().map(|call| call.instructions).sum::<u64>();
        self.own.values().sum::<u64>() + calls
    }
}

impl CallGraph {
    /// Reads a file of callgrind.
    ///
    /// # Errors
    ///
    /// A message for people if the text is not in the format, or lacks addresses.
    pub fn parse(text: &str) -> Result<Self, CallgrindError> {
        let mut reader = CallReader::default();
        for (index, line) in text.lines().enumerate() {
            reader.line(line).ok_or(CallgrindError::Line(index + 1))?;
        }
        if reader.columns.is_none() {
            return Err(CallgrindError::NoAddresses);
        }
        reader.event.ok_or(CallgrindError::NoInstructions)?;
        Ok(reader.graph)
    }

    /// The functions by their index.
    pub fn functions(&self) -> &[Function] {
        &self.functions
    }

    /// The file of a function's code.
    pub fn object(&self, function: &Function) -> &str {
        self.objects.get(function.object).map_or("", String::as_str)
    }

    /// The instructions of each function that no recorded call explains. Where counting began, the callers
    /// are unknown.
    pub fn roots(&self) -> impl Iterator<Item = (usize, u64)> {
        let mut called = vec![0_u64; self.functions.len()];
        for call in self.functions.iter().flat_map(|function| &function.calls) {
            if let Some(called) = called.get_mut(call.callee) {
                *called += call.instructions;
            }
        }
        let all = self.functions.iter().map(Function::instructions).enumerate();
        all.map(move |(index, all)| (index, all.saturating_sub(called[index])))
            .filter(|(_, own)| *own > 0)
    }
}

/// What is known while the file is read.
#[derive(Default)]
struct CallReader {
    graph: CallGraph,
    /// Functions by object and full name.
    indexes: HashMap<(usize, String), usize>,
    object_indexes: HashMap<String, usize>,
    /// Names by their number in the file.
    object_names: HashMap<String, String>,
    function_names: HashMap<String, String>,
    object: usize,
    function: Option<usize>,
    /// The object and the name of the next called function, then the number of calls.
    called_object: Option<usize>,
    called: Option<usize>,
    calls: Option<u64>,
    /// Whether the next costs are of a jump.
    is_jump: bool,
    address: u64,
    columns: Option<usize>,
    event: Option<usize>,
}

impl CallReader {
    /// Reads a line. `None` if it is invalid.
    fn line(&mut self, line: &str) -> Option<()> {
        if line.starts_with(|first: char| first.is_ascii_digit() || "+-*".contains(first)) {
            return self.costs(line);
        }
        let Some((key, value)) = line.split_once(['=', ':']) else { return Some(()) };
        match key {
            "positions" => {
                let names: Vec<&str> = value.split_whitespace().collect();
                self.columns = (names.first() == Some(&"instr")).then_some(names.len());
            }
            "events" => self.event = value.split_whitespace().position(|event| event == "Ir"),
            "ob" => self.object = self.object_of(value)?,
            "cob" => self.called_object = Some(self.object_of(value)?),
            "fn" => self.function = Some(self.function_of(self.object, value)?),
            "cfn" => {
                let object = self.called_object.take().unwrap_or(self.object);
                self.called = Some(self.function_of(object, value)?);
            }
            "calls" => self.calls = Some(value.split_whitespace().next()?.parse().ok()?),
            "jump" | "jcnd" => self.is_jump = true,
            _ => {}
        }
        Some(())
    }

    fn costs(&mut self, line: &str) -> Option<()> {
        let mut words = line.split_whitespace();
        let address = address(words.next()?, self.address)?;
        // Costs of zero at the end of a line are left out.
        let costs = words.nth((self.columns? + self.event?).checked_sub(1)?);
        let costs: u64 = costs.map_or(Some(0), |word| word.parse().ok())?;
        if std::mem::take(&mut self.is_jump) {
            return Some(());
        }
        let function = self.graph.functions.get_mut(self.function?)?;
        if let Some(count) = self.calls.take() {
            let callee = self.called.take()?;
            function.calls.push(Call { address, callee, count, instructions: costs });
            return Some(());
        }
        self.address = address;
        if costs > 0 {
            *function.own.entry(address).or_default() += costs;
        }
        Some(())
    }

    fn object_of(&mut self, text: &str) -> Option<usize> {
        let name = named(&mut self.object_names, text)?;
        let next = self.graph.objects.len();
        let index = *self.object_indexes.entry(name.clone()).or_insert(next);
        if index == next {
            self.graph.objects.push(name);
        }
        Some(index)
    }

    fn function_of(&mut self, object: usize, text: &str) -> Option<usize> {
        let full = named(&mut self.function_names, text)?;
        let next = self.graph.functions.len();
        let index = *self.indexes.entry((object, full.clone())).or_insert(next);
        if index == next {
            // Callers follow after apostrophes, and so do levels of recursion.
            let name = full.split('\'').next().unwrap_or_default().to_owned();
            let (own, calls) = Default::default();
            self.graph.functions.push(Function { object, name, own, calls });
        }
        Some(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shortened output of callgrind 3.19 with `--separate-callers=2`.
    const OUTPUT: &str = "version: 1
positions: instr line
events: Ir
ob=(1) target/b
fl=(1) ???
fn=(1) b_sort
0x100 0 5
+4 0 3
cob=(2) /usr/lib/libc.so.6
cfi=(2) malloc.c
cfn=(2) malloc'b_sort
calls=2 0x144b0 30
+2 0 40
cfn=(3) b_swap'b_sort
calls=7 0x200 0
* 0 14
jcnd=1/2 0x100
* 0

ob=(2)
fn=(2)
0x144b0 30 40

ob=(1)
fn=(3)
0x200 0 14
totals: 62
";

    fn named<'a>(graph: &'a CallGraph, name: &str) -> &'a Function {
        graph.functions().iter().find(|function| function.name() == name).unwrap()
    }

    #[test]
    fn functions_have_their_own_instructions_and_calls() {
        let graph = CallGraph::parse(OUTPUT).unwrap();
        let sort = named(&graph, "b_sort");
        assert_eq!(sort.own().collect::<Vec<_>>(), [(0x100, 5), (0x104, 3)]);
        assert_eq!(sort.instructions(), 62);
        assert_eq!(graph.object(sort), "target/b");
        assert_eq!(graph.object(named(&graph, "malloc")), "/usr/lib/libc.so.6");
        let callees = sort.calls().iter().map(|call| {
            (graph.functions()[call.callee].name(), call.address, call.count, call.instructions)
        });
        assert_eq!(
            callees.collect::<Vec<_>>(),
            [("malloc", 0x106, 2, 40), ("b_swap", 0x104, 7, 14)]
        );
        assert_eq!(graph.roots().collect::<Vec<_>>(), [(0, 62)]);
    }

    #[test]
    fn other_output_is_refused() {
        let cases = [
            ("", CallgrindError::NoAddresses),
            ("positions: line\nevents: Ir\n", CallgrindError::NoAddresses),
            ("positions: instr\nevents: Dr\n", CallgrindError::NoInstructions),
            ("positions: instr\nevents: Ir\n0x10 7\n", CallgrindError::Line(3)),
            ("positions: instr\nevents: Ir\nfn=(1)\n", CallgrindError::Line(3)),
            ("positions: instr\nevents: Ir\nfn=a\ncalls=x\n", CallgrindError::Line(4)),
        ];
        for (text, expected) in cases {
            assert_eq!(CallGraph::parse(text).unwrap_err(), expected, "{text}");
        }
    }
}
