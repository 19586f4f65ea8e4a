//! Constants that only functions use which are left out: tables for printing floats, for quoting Unicode. The linker has put all
//! constants into one segment, out of which no tool takes single ones. But it says where each stands and who names it
//! (<https://github.com/WebAssembly/tool-conventions/blob/main/Linking.md>), so here they become zeros, which compress to nothing.

use super::wasm::{self, Module, Reader};
use anyhow::{Context as _, Result, bail};
use std::{collections::BTreeMap, ops::Range};

/// Kinds of symbols.
const FUNCTION: u8 = 0;
const DATA: u8 = 1;
const SECTION: u8 = 3;
/// Flags of symbols.
const UNDEFINED: u32 = 0x10;
const NAMED: u32 = 0x40;
/// The part of the section `linking` in which the symbols stand.
const SYMBOLS: u8 = 8;

/// What can be named.
#[derive(Clone)]
enum Symbol {
    /// A function, by its index.
    Function(u32),
    /// A constant or variable: where it stands in the section of data.
    Data(Range<usize>),
    /// Whatever has no bytes of its own.
    Other,
}

/// Where something is named, and the symbol that is named there.
type Naming = (usize, usize);

/// Fills with zeros what is not used by any function but those that are left out. The module must have been linked with
/// `--emit-relocs`.
pub fn clear(module: &mut Module, left_out: impl Fn(&str) -> bool) -> Result<()> {
    let symbols = symbols(module)?;
    let (in_code, in_data) = (namings(module, "reloc.CODE")?, namings(module, "reloc.DATA")?);
    let imported = module.imported()?;
    let functions = bodies(module)?;
    let names: BTreeMap<u32, String> = module.functions()?.into_iter().collect();

    let mut seen = vec![false; symbols.len()];
    let mut walked = vec![false; functions.len()];
    let mut next: Vec<Symbol> = module.exported()?.into_iter().map(Symbol::Function).collect();
    // What no symbol covers is not ours to judge: whatever is named there is used.
    let covered = cover(symbols.iter());
    let loose = in_data
        .iter()
        .filter(|(at, _)| !covered.get(*at).is_some_and(|covered| *covered));
    next.extend(loose.map(|(_, named)| symbols[*named].clone()));
    while let Some(symbol) = next.pop() {
        let (namings, range) = match symbol {
            Symbol::Function(index) => {
                let Some(place) = index.checked_sub(imported).map(|place| place as usize) else {
                    continue;
                };
                let known = walked.get_mut(place).context("a function that is not there")?;
                if std::mem::replace(known, true) || names.get(&index).is_some_and(|name| left_out(name)) {
                    continue;
                }
                (&in_code, functions[place].clone())
            }
            Symbol::Data(range) => (&in_data, range),
            Symbol::Other => continue,
        };
        let first = namings.partition_point(|(at, _)| *at < range.start);
        for (_, named) in namings[first..].iter().take_while(|(at, _)| *at < range.end) {
            if !std::mem::replace(&mut seen[*named], true) {
                next.push(symbols[*named].clone());
            }
        }
    }
    let used = cover(
        symbols
            .iter()
            .zip(&seen)
            .filter(|(_, seen)| **seen)
            .map(|(symbol, _)| symbol),
    );
    let data = module.section(wasm::DATA).context("a module without data")?;
    for (at, byte) in data.iter_mut().enumerate() {
        if covered.get(at) == Some(&true) && used.get(at) != Some(&true) {
            *byte = 0;
        }
    }
    Ok(())
}

/// Which bytes of the section of data these symbols cover.
fn cover<'a>(symbols: impl Iterator<Item = &'a Symbol>) -> Vec<bool> {
    let mut covered = Vec::new();
    for symbol in symbols {
        if let Symbol::Data(range) = symbol {
            covered.resize(covered.len().max(range.end), false);
            covered[range.clone()].fill(true);
        }
    }
    covered
}

fn symbols(module: &Module) -> Result<Vec<Symbol>> {
    let segments = segments(module)?;
    let mut reader = Reader(module.custom("linking").context("a module without symbols")?);
    reader.number()?;
    while !reader.0.is_empty() {
        let (kind, part) = (reader.byte()?, reader.list()?);
        if kind == SYMBOLS {
            let mut part = Reader(part);
            return (0..part.number()?).map(|_| symbol(&mut part, &segments)).collect();
        }
    }
    bail!("a module without symbols")
}

fn symbol(part: &mut Reader, segments: &[usize]) -> Result<Symbol> {
    let (kind, flags) = (part.byte()?, part.number()?);
    if kind == DATA {
        part.list()?;
        if flags & UNDEFINED != 0 {
            return Ok(Symbol::Other);
        }
        let (segment, offset, size) = (part.number()?, part.number()?, part.number()?);
        let Some(start) = segments.get(segment as usize) else {
            return Ok(Symbol::Other); // of memory that is zero anyway
        };
        let start = start + offset as usize;
        return Ok(Symbol::Data(start..start + size as usize));
    }
    let index = part.number()?;
    if kind != SECTION && (flags & UNDEFINED == 0 || flags & NAMED != 0) {
        part.list()?;
    }
    Ok(if kind == FUNCTION {
        Symbol::Function(index)
    } else {
        Symbol::Other
    })
}

/// Where each segment's bytes begin in the section of data.
fn segments(module: &Module) -> Result<Vec<usize>> {
    let section = module.body(wasm::DATA).context("a module without data")?;
    let mut reader = Reader(section);
    (0..reader.number()?)
        .map(|_| {
            if reader.number()? != 1 {
                // `i32.const` and `end`, read as numbers.
                reader.byte()?;
                reader.number()?;
                reader.byte()?;
            }
            let bytes = reader.list()?;
            Ok(section.len() - reader.0.len() - bytes.len())
        })
        .collect()
}

/// Where each body stands in the section of code.
fn bodies(module: &Module) -> Result<Vec<Range<usize>>> {
    let section = module.body(wasm::CODE).context("a module without code")?;
    let mut reader = Reader(section);
    (0..reader.number()?)
        .map(|_| {
            let bytes = reader.list()?;
            let end = section.len() - reader.0.len();
            Ok(end - bytes.len()..end)
        })
        .collect()
}

/// Who names what in a section, in the order of places.
fn namings(module: &Module, section: &str) -> Result<Vec<Naming>> {
    let mut reader = Reader(
        module
            .custom(section)
            .with_context(|| format!("a module without {section}"))?,
    );
    reader.number()?;
    let mut found = Vec::new();
    for _ in 0..reader.number()? {
        let (kind, at, named) = (reader.byte()?, reader.number()?, reader.number()?);
        match kind {
            // Places in memory, with a number to add.
            3 | 4 | 5 | 11 => {
                reader.number()?;
                found.push((at as usize, named as usize));
            }
            // Functions and their places in the table.
            0 | 1 | 2 | 12 => found.push((at as usize, named as usize)),
            // Types, globals, tags, tables.
            6 | 7 | 10 | 13 | 20 => {}
            _ => bail!("a naming of kind {kind} in {section}"),
        }
    }
    found.sort_unstable();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of two functions the first is exported. It names the constant at 0 and calls the second, which names that at 4; a pointer at 8
    /// names the constant at 12, and only the second function names the pointer.
    fn module() -> Module {
        let mut bytes = b"\0asm\x01\0\0\0".to_vec();
        let mut section = |kind: u8, body: &[u8]| {
            bytes.extend([kind, u8::try_from(body.len()).unwrap()]);
            bytes.extend(body);
        };
        section(1, &[1, 0x60, 0, 0]);
        section(3, &[2, 0, 0]);
        section(7, &[1, 1, b'f', 0, 0]);
        // Bodies at 2..8 and 9..17.
        section(
            10,
            &[
                2, 6, 0, 0x41, 0, 0x1a, 0x10, 1, 8, 0, 0x41, 4, 0x1a, 0x41, 8, 0x1a, 0x0b,
            ],
        );
        // The bytes begin at 6.
        let data: Vec<u8> = (1..=16).collect();
        section(11, &[&[1, 0, 0x41, 0, 0x0b, 16], &data[..]].concat());
        let mut symbols = vec![b'l', b'i', b'n', b'k', b'i', b'n', b'g', 2, 8];
        let mut table = vec![6, 0, 0, 0, 1, b'f', 0, 0, 1, 1, b'g'];
        for at in [0, 4, 8, 12] {
            table.extend([1, 0, 1, b'c', 0, at, 4]);
        }
        symbols.push(u8::try_from(table.len()).unwrap());
        symbols.extend(table);
        section(0, &[&[7], &symbols[..]].concat());
        let naming = |name: &[u8], rest: &[u8]| [&[u8::try_from(name.len()).unwrap()], name, rest].concat();
        section(
            0,
            &naming(b"reloc.CODE", &[3, 4, 4, 4, 2, 0, 0, 7, 1, 4, 11, 3, 0, 4, 14, 4, 0]),
        );
        section(0, &naming(b"reloc.DATA", &[4, 1, 5, 14, 5, 0]));
        section(0, &[4, b'n', b'a', b'm', b'e', 1, 7, 2, 0, 1, b'f', 1, 1, b'g']);
        Module::read(&bytes).unwrap()
    }

    fn data(module: &Module) -> &[u8] {
        &module.body(wasm::DATA).unwrap()[6..]
    }

    #[test]
    fn what_is_used_stays() {
        let mut all = module();
        clear(&mut all, |_| false).unwrap();
        assert_eq!(all.bytes(), module().bytes());
    }

    #[test]
    fn what_only_left_out_functions_use_becomes_zeros() {
        let mut all = module();
        clear(&mut all, |name| name == "g").unwrap();
        assert_eq!(data(&all), [1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    }
}
