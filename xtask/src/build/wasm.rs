//! The few things that are done to a wasm module's sections by hand (WebAssembly core specification, chapter 5).

use anyhow::{Context as _, Result, bail, ensure};
use std::collections::BTreeMap;

const CUSTOM: u8 = 0;
const IMPORT: u8 = 2;
const EXPORT: u8 = 7;
/// The section of functions' bodies.
pub const CODE: u8 = 10;
/// The section of memory's first contents.
pub const DATA: u8 = 11;
const DATA_COUNT: u8 = 12;
/// The kind of an import or export that is a function.
const FUNCTION: u8 = 0;

/// A module, as its sections.
pub struct Module(Vec<(u8, Vec<u8>)>);

impl Module {
    /// Takes a module apart.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        ensure!(bytes.starts_with(b"\0asm\x01\0\0\0"), "this is no wasm module");
        let mut reader = Reader(&bytes[8..]);
        let mut sections = Vec::new();
        while !reader.0.is_empty() {
            sections.push((reader.byte()?, reader.list()?.to_vec()));
        }
        Ok(Self(sections))
    }

    /// Puts it together again.
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = b"\0asm\x01\0\0\0".to_vec();
        for (kind, body) in &self.0 {
            out.push(*kind);
            put_list(&mut out, body);
        }
        out
    }

    /// A section that is there at most once, to be changed.
    pub fn section(&mut self, kind: u8) -> Option<&mut Vec<u8>> {
        let found = self.0.iter_mut().find(|(found, _)| *found == kind);
        found.map(|(_, body)| body)
    }

    /// A section that is there at most once.
    pub fn body(&self, kind: u8) -> Option<&[u8]> {
        let found = self.0.iter().find(|(found, _)| *found == kind);
        found.map(|(_, body)| body.as_slice())
    }

    /// What stands in a section of this name, whose meaning is nobody's but the tools'.
    pub fn custom(&self, name: &str) -> Option<&[u8]> {
        let all = self.0.iter().filter(|(kind, _)| *kind == CUSTOM);
        all.map(|(_, body)| Reader(body))
            .find_map(|mut reader| (reader.list().ok()? == name.as_bytes()).then_some(reader.0))
    }

    /// Drops sections whose meaning is nobody's but the tools'.
    pub fn forget(&mut self, forgotten: impl Fn(&str) -> bool) {
        self.0.retain(|(kind, body)| {
            let name = Reader(body).text().ok().filter(|_| *kind == CUSTOM);
            !name.is_some_and(|name| forgotten(&name))
        });
    }

    /// The functions that have a name, with their index.
    pub fn functions(&self) -> Result<Vec<(u32, String)>> {
        let mut found = Vec::new();
        let mut reader = Reader(self.custom("name").unwrap_or_default());
        while !reader.0.is_empty() {
            let (kind, part) = (reader.byte()?, reader.list()?);
            if kind == 1 {
                let mut part = Reader(part);
                for _ in 0..part.number()? {
                    found.push((part.number()?, part.text()?));
                }
            }
        }
        Ok(found)
    }

    /// How many functions come from outside: those have the first indices.
    pub fn imported(&mut self) -> Result<u32> {
        let mut functions = 0;
        self.imports(|_, kind| functions += u32::from(kind == FUNCTION))?;
        Ok(functions)
    }

    /// Looks at every import, and may give it another name.
    pub fn imports(&mut self, mut look: impl FnMut(&mut String, u8)) -> Result<()> {
        let Some(section) = self.section(IMPORT) else {
            return Ok(());
        };
        let mut reader = Reader(section);
        let count = reader.number()?;
        let mut out = Vec::new();
        put_number(&mut out, count);
        for _ in 0..count {
            put_list(&mut out, reader.list()?);
            let mut name = reader.text()?;
            let rest = reader.0;
            let kind = reader.byte()?;
            match kind {
                FUNCTION => drop(reader.number()?),
                1 => {
                    reader.byte()?;
                    reader.limits()?;
                }
                2 => reader.limits()?,
                3 => drop((reader.byte()?, reader.byte()?)),
                _ => bail!("an import of kind {kind}"),
            }
            look(&mut name, kind);
            put_list(&mut out, name.as_bytes());
            out.extend(&rest[..rest.len() - reader.0.len()]);
        }
        *section = out;
        Ok(())
    }

    /// Looks at every export: `look` gives its name, or none if it goes.
    fn exports(&mut self, mut look: impl FnMut(String) -> Option<String>, more: &[(String, u32)]) -> Result<()> {
        let section = self.section(EXPORT).context("a module without exports")?;
        let mut reader = Reader(section);
        let mut count = 0;
        let mut kept = Vec::new();
        for _ in 0..reader.number()? {
            let (name, kind, index) = (reader.text()?, reader.byte()?, reader.number()?);
            if let Some(name) = look(name) {
                count += 1;
                put_list(&mut kept, name.as_bytes());
                kept.push(kind);
                put_number(&mut kept, index);
            }
        }
        for (name, index) in more {
            count += 1;
            put_list(&mut kept, name.as_bytes());
            kept.push(FUNCTION);
            put_number(&mut kept, *index);
        }
        section.clear();
        put_number(section, count);
        section.extend(kept);
        Ok(())
    }

    /// The functions that are exported.
    pub fn exported(&self) -> Result<Vec<u32>> {
        let mut reader = Reader(self.body(EXPORT).context("a module without exports")?);
        let mut found = Vec::new();
        for _ in 0..reader.number()? {
            reader.list()?;
            if let (FUNCTION, index) = (reader.byte()?, reader.number()?) {
                found.push(index);
            }
        }
        Ok(found)
    }

    /// Exports functions of the module.
    pub fn export(&mut self, functions: &[(String, u32)]) -> Result<()> {
        self.exports(Some, functions)
    }

    /// Takes exports away again.
    pub fn hide(&mut self, hidden: impl Fn(&str) -> bool) -> Result<()> {
        self.exports(|name| (!hidden(&name)).then_some(name), &[])
    }

    /// Whether there is a function in it.
    pub fn has_code(&self) -> bool {
        self.body(CODE).is_some_and(|body| body.first() != Some(&0))
    }

    /// Takes over the data of another module. Both were made for one memory.
    pub fn take_data(&mut self, other: &Self) -> Result<()> {
        let Some(more) = other.body(DATA) else {
            return Ok(());
        };
        let section = self.section(DATA).context("a module without data")?;
        let (mut ours, mut theirs) = (Reader(section), Reader(more));
        let count = ours.number()? + theirs.number()?;
        let mut out = Vec::new();
        put_number(&mut out, count);
        out.extend(ours.0);
        out.extend(theirs.0);
        *section = out;
        if let Some(section) = self.section(DATA_COUNT) {
            section.clear();
            put_number(section, count);
        }
        Ok(())
    }

    /// Gives imports and exports short names, where the long one ends in a hash. Gives long and short names.
    pub fn shorten(&mut self) -> Result<BTreeMap<String, String>> {
        let mut names = BTreeMap::new();
        let mut short = |name: &str| {
            // Of two of the same name the second has a number behind.
            let plain = name.trim_end_matches(|sign: char| sign.is_ascii_digit());
            let plain = plain.strip_suffix('_').filter(|plain| plain.len() > 16).unwrap_or(name);
            let (_, hash) = plain.split_at_checked(plain.len().checked_sub(16)?)?;
            hash.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| {
                let next = format!("_{}", names.len());
                names.entry(name.to_owned()).or_insert(next).clone()
            })
        };
        self.imports(|name, _| {
            if let Some(short) = short(name) {
                *name = short;
            }
        })?;
        self.exports(|name| Some(short(&name).unwrap_or(name)), &[])?;
        Ok(names)
    }

    /// Gives functions another body: its locals, what it does, and `end`.
    pub fn replace(&mut self, body: impl Fn(&str) -> Option<&'static [u8]>) -> Result<()> {
        let imported = self.imported()?;
        let new: BTreeMap<u32, &[u8]> = self
            .functions()?
            .into_iter()
            .filter_map(|(index, name)| Some((index, body(&name)?)))
            .collect();
        let section = self.section(CODE).context("a module without code")?;
        let mut reader = Reader(section);
        let count = reader.number()?;
        let mut out = Vec::new();
        put_number(&mut out, count);
        for index in imported..imported + count {
            let old = reader.list()?;
            put_list(&mut out, new.get(&index).copied().unwrap_or(old));
        }
        *section = out;
        Ok(())
    }
}

/// Reads what stands in a section: what is left of it.
pub struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    /// The next byte.
    pub fn byte(&mut self) -> Result<u8> {
        let (first, rest) = self.0.split_first().context("a section ends early")?;
        self.0 = rest;
        Ok(*first)
    }

    /// LEB128.
    pub fn number(&mut self) -> Result<u32> {
        let (mut number, mut shift) = (0u32, 0);
        loop {
            let byte = self.byte()?;
            ensure!(shift < 35, "a number is too long");
            number |= u32::from(byte & 0x7f) << shift;
            shift += 7;
            if byte < 0x80 {
                return Ok(number);
            }
        }
    }

    /// Bytes behind their number.
    pub fn list(&mut self) -> Result<&'a [u8]> {
        let length = self.number()? as usize;
        let (list, rest) = self.0.split_at_checked(length).context("a section ends early")?;
        self.0 = rest;
        Ok(list)
    }

    fn text(&mut self) -> Result<String> {
        Ok(String::from_utf8(self.list()?.to_vec())?)
    }

    fn limits(&mut self) -> Result<()> {
        let both = self.byte()? & 1 == 1;
        self.number()?;
        if both {
            self.number()?;
        }
        Ok(())
    }
}

fn put_number(out: &mut Vec<u8>, mut number: u32) {
    loop {
        let byte = (number & 0x7f) as u8;
        number >>= 7;
        out.push(if number == 0 { byte } else { byte | 0x80 });
        if number == 0 {
            return;
        }
    }
}

fn put_list(out: &mut Vec<u8>, list: &[u8]) {
    put_number(out, u32::try_from(list.len()).expect("a section is smaller than 4 GB"));
    out.extend(list);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `(module (import "m" "f_0123456789abcdef" (func)) (func (export "g") (result i32) i32.const 7) (name "g"))`
    fn module() -> Vec<u8> {
        let mut bytes = b"\0asm\x01\0\0\0".to_vec();
        bytes.extend([1, 8, 2, 0x60, 0, 0, 0x60, 0, 1, 0x7f]);
        bytes.extend([2, 24, 1, 1, b'm', 18]);
        bytes.extend(b"f_0123456789abcdef");
        bytes.extend([0, 0]);
        bytes.extend([3, 2, 1, 1]);
        bytes.extend([7, 5, 1, 1, b'g', 0, 1]);
        bytes.extend([10, 6, 1, 4, 0, 0x41, 7, 0x0b]);
        bytes.extend([0, 11, 4, b'n', b'a', b'm', b'e', 1, 4, 1, 1, 1, b'g']);
        bytes
    }

    #[test]
    fn what_is_not_touched_stays() {
        let mut all = Module::read(&module()).unwrap();
        assert_eq!(all.bytes(), module());
        assert_eq!(all.functions().unwrap(), [(1, "g".to_owned())]);
        all.export(&[("more".to_owned(), 1)]).unwrap();
        all.hide(|name| name == "more").unwrap();
        assert_eq!(all.bytes(), module());
    }

    #[test]
    fn the_data_of_two_modules_becomes_one() {
        // One segment each, at 8 and at 16.
        let data = |at: u8, byte: u8| {
            let mut bytes = b"\0asm\x01\0\0\0".to_vec();
            bytes.extend([12, 1, 1, 11, 7, 1, 0, 0x41, at, 0x0b, 1, byte]);
            Module::read(&bytes).unwrap()
        };
        let mut all = data(8, b'a');
        all.take_data(&data(16, b'b')).unwrap();
        let expected = [
            12, 1, 2, 11, 13, 2, 0, 0x41, 8, 0x0b, 1, b'a', 0, 0x41, 16, 0x0b, 1, b'b',
        ];
        assert_eq!(all.bytes()[8..], expected);
        assert!(!all.has_code() && Module::read(&module()).unwrap().has_code());
    }

    #[test]
    fn names_that_end_in_a_hash_become_short() {
        let mut all = Module::read(&module()).unwrap();
        let names = all.shorten().unwrap();
        assert_eq!(names["f_0123456789abcdef"], "_0");
        assert_eq!(names.len(), 1);
        assert_eq!(all.imported().unwrap(), 1);
        assert!(all.bytes().len() < module().len());
    }

    #[test]
    fn a_function_gets_another_body() {
        let mut all = Module::read(&module()).unwrap();
        all.replace(|name| (name == "g").then_some(&[0, 0x41, 9, 0x0b]))
            .unwrap();
        let mut expected = module();
        let seven = expected.windows(4).position(|w| w == [0, 0x41, 7, 0x0b]).unwrap() + 2;
        expected[seven] = 9;
        assert_eq!(all.bytes(), expected);
    }
}
