//! What every vault must keep to, as stories. Run against the vault in memory natively and against the one in
//! `IndexedDB` in a real browser.

use crate::{Batch, Records, Space, Vault, VaultError};

/// How the suite gets at vaults, and does to them what only their maker can.
#[expect(async_fn_in_trait, reason = "one thread in the browser: futures need not be Send")]
pub trait Harness {
    /// The vault under test.
    type Vault: Vault;

    /// Opens the vault of this account (any word). The first time it is empty; later it is as it was left, however many
    /// others were opened in between. The suite drops the earlier one first, unless it wants to see it ousted.
    ///
    /// # Errors
    /// As the vault has them.
    async fn open(&self, account: &str) -> Result<Self::Vault, VaultError>;

    /// Opens the vault of this account without owning it; somebody has opened it before, and may still have it open.
    ///
    /// # Errors
    /// As the vault has them.
    async fn visit(&self, account: &str) -> Result<Self::Vault, VaultError>;

    /// Changes the stored bytes of this record behind the vault's back, while it is closed. `false`: cannot be done here.
    async fn damage(&self, account: &str, space: Space, key: &[u8]) -> bool;

    /// Makes this (closed) vault full until told otherwise: its next commits find no room. `false`: cannot be done here.
    async fn set_full(&self, account: &str, full: bool) -> bool;
}

type Told = Result<(), String>;

/// Runs every story, each with accounts of its own.
///
/// # Errors
/// The first story that does not hold, in words.
pub async fn run<H: Harness>(harness: &H) -> Result<(), String> {
    tell("what was committed is there after reopening", durable(harness)).await?;
    tell("all of a batch or nothing of it", whole(harness)).await?;
    tell("`before` reads backwards, page by page", backwards(harness)).await?;
    tell("keys are any bytes, ordered byte by byte", binary(harness)).await?;
    tell("the last change of a key in a batch counts", last_counts(harness)).await?;
    tell("a large value comes back", large(harness)).await?;
    tell(
        "a damaged record is reported with its key, the others are read",
        damaged(harness),
    )
    .await?;
    tell("a full vault says so and changes nothing", full(harness)).await?;
    tell("accounts do not see each other", apart(harness)).await?;
    tell("spaces do not see each other", spaces(harness)).await?;
    tell("whoever opens it again ousts the owner before", ousted(harness)).await?;
    tell("a visitor leaves wishes and nothing else", visited(harness)).await
}

async fn tell(story: &str, told: impl Future<Output = Told>) -> Told {
    told.await.map_err(|problem| format!("{story}: {problem}"))
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: &T, expected: &T) -> Told {
    if found == expected {
        Ok(())
    } else {
        Err(format!("{what}: found {found:?}, expected {expected:?}"))
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn failed(error: VaultError) -> String {
    error.to_string()
}

async fn open<H: Harness>(harness: &H, account: &str) -> Result<H::Vault, String> {
    harness.open(account).await.map_err(failed)
}

/// Where, which, and the new value.
type Line<'a> = (Space, &'a [u8], Option<&'a [u8]>);

/// A batch of puts, and of deletions where there is no value.
fn batch(changes: &[Line<'_>]) -> Batch {
    let mut batch = Batch::default();
    for (space, key, value) in changes {
        match value {
            Some(value) => batch.put(*space, *key, value.to_vec()),
            None => batch.delete(*space, *key),
        }
    }
    batch
}

fn rows(rows: &[(&[u8], &[u8])]) -> Records {
    Records {
        rows: rows.iter().map(|(key, value)| (key.to_vec(), value.to_vec())).collect(),
        damaged: Vec::new(),
    }
}

async fn durable<H: Harness>(harness: &H) -> Told {
    let vault = open(harness, "durable").await?;
    same(
        "a new vault",
        &vault.all(Space::Meta).await.map_err(failed)?,
        &Records::default(),
    )?;
    let changes = [
        (Space::Meta, &b"a"[..], Some(&b"1"[..])),
        (Space::Message, b"b", Some(b"")),
        (Space::Mls, b"c", Some(b"3")),
    ];
    vault.commit(batch(&changes)).await.map_err(failed)?;
    drop(vault);
    let vault = open(harness, "durable").await?;
    same(
        "a record",
        &vault.get(Space::Meta, b"a").await.map_err(failed)?,
        &Some(b"1".to_vec()),
    )?;
    same(
        "an empty value",
        &vault.get(Space::Message, b"b").await.map_err(failed)?,
        &Some(Vec::new()),
    )?;
    vault
        .commit(batch(&[(Space::Meta, b"a", Some(b"2")), (Space::Mls, b"c", None)]))
        .await
        .map_err(failed)?;
    drop(vault);
    let vault = open(harness, "durable").await?;
    same(
        "an overwritten record",
        &vault.all(Space::Meta).await.map_err(failed)?,
        &rows(&[(b"a", b"2")]),
    )?;
    same(
        "a deleted record",
        &vault.get(Space::Mls, b"c").await.map_err(failed)?,
        &None,
    )
}

async fn whole<H: Harness>(harness: &H) -> Told {
    let vault = open(harness, "whole").await?;
    vault
        .commit(batch(&[(Space::Meta, b"kept", Some(b"1"))]))
        .await
        .map_err(failed)?;
    drop(vault);
    if !harness.set_full("whole", true).await {
        return Ok(());
    }
    let vault = open(harness, "whole").await?;
    let changes = [
        (Space::Meta, &b"kept"[..], None),
        (Space::Outbox, b"new", Some(&b"2"[..])),
        (Space::Mls, b"also new", Some(b"3")),
    ];
    if vault.commit(batch(&changes)).await.is_ok() {
        return Err("a full vault took a batch".into());
    }
    drop(vault);
    harness.set_full("whole", false).await;
    let vault = open(harness, "whole").await?;
    same(
        "what was there",
        &vault.all(Space::Meta).await.map_err(failed)?,
        &rows(&[(b"kept", b"1")]),
    )?;
    same(
        "the first put",
        &vault.all(Space::Outbox).await.map_err(failed)?,
        &Records::default(),
    )?;
    same(
        "the second put",
        &vault.all(Space::Mls).await.map_err(failed)?,
        &Records::default(),
    )?;
    vault.commit(batch(&changes)).await.map_err(failed)?;
    same(
        "the deletion",
        &vault.all(Space::Meta).await.map_err(failed)?,
        &Records::default(),
    )?;
    same(
        "the put",
        &vault.all(Space::Outbox).await.map_err(failed)?,
        &rows(&[(b"new", b"2")]),
    )
}

async fn backwards<H: Harness>(harness: &H) -> Told {
    let vault = open(harness, "backwards").await?;
    let mut puts = Batch::default();
    // In no order; other prefixes on both sides.
    for key in ["b3", "a9", "b1", "c0", "b2", "b", "b4"] {
        puts.put(Space::Message, key, key.as_bytes().to_vec());
    }
    vault.commit(puts).await.map_err(failed)?;
    let read = async |end: Option<&[u8]>, limit| {
        let read = vault.before(Space::Message, b"b", end, limit).await.map_err(failed)?;
        let keys = read
            .rows
            .into_iter()
            .map(|(key, _)| String::from_utf8_lossy(&key).into_owned());
        Ok::<_, String>(keys.collect::<Vec<_>>().join(" "))
    };
    same("the newest two", &read(None, 2).await?, &"b4 b3".to_owned())?;
    same("the two before", &read(Some(b"b3"), 2).await?, &"b2 b1".to_owned())?;
    same("the rest", &read(Some(b"b1"), 2).await?, &"b".to_owned())?;
    same(
        "an end that is no key",
        &read(Some(b"b25"), 9).await?,
        &"b2 b1 b".to_owned(),
    )?;
    same(
        "an end behind the prefix",
        &read(Some(b"z"), 9).await?,
        &"b4 b3 b2 b1 b".to_owned(),
    )?;
    same("an end before the prefix", &read(Some(b"a"), 9).await?, &String::new())?;
    same("nothing asked for", &read(None, 0).await?, &String::new())
}

async fn binary<H: Harness>(harness: &H) -> Told {
    let vault = open(harness, "binary").await?;
    let keys: [&[u8]; 8] = [
        b"\x00",
        b"\x00\x00",
        b"\x00\xff",
        b"\x7f",
        b"\x80",
        b"\xff",
        b"\xff\x00",
        b"\xff\xff",
    ];
    let mut puts = Batch::default();
    for key in keys.iter().rev() {
        puts.put(Space::Topic, *key, [&b"value \x00\xff "[..], key].concat());
    }
    vault.commit(puts).await.map_err(failed)?;
    drop(vault);
    let vault = open(harness, "binary").await?;
    let found = vault.all(Space::Topic).await.map_err(failed)?;
    let found: Vec<_> = found.rows.iter().map(|(key, _)| key.as_slice()).collect();
    same("the order", &found, &keys.to_vec())?;
    for key in keys {
        let value = vault.get(Space::Topic, key).await.map_err(failed)?;
        same("a value", &value, &Some([&b"value \x00\xff "[..], key].concat()))?;
    }
    let behind = vault.before(Space::Topic, b"\xff", None, 9).await.map_err(failed)?;
    let behind: Vec<_> = behind.rows.iter().map(|(key, _)| key.as_slice()).collect();
    same(
        "a prefix of 0xff",
        &behind,
        &vec![&b"\xff\xff"[..], b"\xff\x00", b"\xff"],
    )?;
    let behind = vault
        .before(Space::Topic, b"", Some(b"\x00\xff"), 9)
        .await
        .map_err(failed)?;
    let behind: Vec<_> = behind.rows.iter().map(|(key, _)| key.as_slice()).collect();
    same("no prefix", &behind, &vec![&b"\x00\x00"[..], b"\x00"])
}

async fn last_counts<H: Harness>(harness: &H) -> Told {
    let vault = open(harness, "last counts").await?;
    vault
        .commit(batch(&[(Space::Meta, b"old", Some(b"0"))]))
        .await
        .map_err(failed)?;
    let changes = [
        (Space::Meta, &b"twice"[..], Some(&b"1"[..])),
        (Space::Meta, b"gone", Some(b"1")),
        (Space::Meta, b"back", None),
        (Space::Meta, b"old", None),
        (Space::Meta, b"twice", Some(b"2")),
        (Space::Meta, b"gone", None),
        (Space::Meta, b"back", Some(b"1")),
        (Space::Meta, b"never was", None),
    ];
    vault.commit(batch(&changes)).await.map_err(failed)?;
    let found = vault.all(Space::Meta).await.map_err(failed)?;
    same("what is left", &found, &rows(&[(b"back", b"1"), (b"twice", b"2")]))
}

async fn large<H: Harness>(harness: &H) -> Told {
    let value: Vec<u8> = (0u32..200 * 1024)
        .map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    let vault = open(harness, "large").await?;
    vault
        .commit(batch(&[(Space::Mls, b"large", Some(&value))]))
        .await
        .map_err(failed)?;
    drop(vault);
    let vault = open(harness, "large").await?;
    match vault.get(Space::Mls, b"large").await.map_err(failed)? {
        Some(found) if found == value => Ok(()),
        found => Err(format!(
            "found {:?} bytes, or other ones",
            found.map(|found| found.len())
        )),
    }
}

async fn damaged<H: Harness>(harness: &H) -> Told {
    let vault = open(harness, "damaged").await?;
    let changes = [
        (Space::Message, &b"1"[..], Some(&b"one"[..])),
        (Space::Message, b"2", Some(b"two")),
        (Space::Message, b"3", Some(b"three")),
    ];
    vault.commit(batch(&changes)).await.map_err(failed)?;
    drop(vault);
    if !harness.damage("damaged", Space::Message, b"2").await {
        return Ok(());
    }
    let vault = open(harness, "damaged").await?;
    let reported = Err(VaultError::Damaged {
        space: Space::Message,
        key: b"2".to_vec(),
    });
    same("the record", &vault.get(Space::Message, b"2").await, &reported)?;
    same(
        "its neighbour",
        &vault.get(Space::Message, b"3").await.map_err(failed)?,
        &Some(b"three".to_vec()),
    )?;
    let expected = Records {
        damaged: vec![b"2".to_vec()],
        ..rows(&[(b"1", b"one"), (b"3", b"three")])
    };
    same("all", &vault.all(Space::Message).await.map_err(failed)?, &expected)?;
    let expected = Records {
        damaged: vec![b"2".to_vec()],
        ..rows(&[(b"3", b"three")])
    };
    let found = vault.before(Space::Message, b"", None, 2).await.map_err(failed)?;
    same("the newest two", &found, &expected)?;
    vault
        .commit(batch(&[(Space::Message, b"2", Some(b"new"))]))
        .await
        .map_err(failed)?;
    same(
        "written again",
        &vault.get(Space::Message, b"2").await.map_err(failed)?,
        &Some(b"new".to_vec()),
    )
}

async fn full<H: Harness>(harness: &H) -> Told {
    let vault = open(harness, "full").await?;
    vault
        .commit(batch(&[(Space::Outbox, b"1", Some(b"kept"))]))
        .await
        .map_err(failed)?;
    drop(vault);
    if !harness.set_full("full", true).await {
        return Ok(());
    }
    let vault = open(harness, "full").await?;
    let refused = vault.commit(batch(&[(Space::Outbox, b"2", Some(b"no room"))])).await;
    same("the answer", &refused, &Err(VaultError::Full))?;
    same(
        "what can be read",
        &vault.all(Space::Outbox).await.map_err(failed)?,
        &rows(&[(b"1", b"kept")]),
    )?;
    drop(vault);
    harness.set_full("full", false).await;
    let vault = open(harness, "full").await?;
    vault
        .commit(batch(&[(Space::Outbox, b"2", Some(b"room"))]))
        .await
        .map_err(failed)?;
    same(
        "later",
        &vault.all(Space::Outbox).await.map_err(failed)?,
        &rows(&[(b"1", b"kept"), (b"2", b"room")]),
    )
}

async fn apart<H: Harness>(harness: &H) -> Told {
    let alice = open(harness, "apart alice").await?;
    let bob = open(harness, "apart bob").await?;
    alice
        .commit(batch(&[(Space::Meta, b"key", Some(b"alice"))]))
        .await
        .map_err(failed)?;
    same(
        "bob's vault",
        &bob.all(Space::Meta).await.map_err(failed)?,
        &Records::default(),
    )?;
    bob.commit(batch(&[(Space::Meta, b"key", Some(b"bob"))]))
        .await
        .map_err(failed)?;
    bob.commit(batch(&[(Space::Meta, b"key", None)]))
        .await
        .map_err(failed)?;
    same(
        "alice's vault",
        &alice.all(Space::Meta).await.map_err(failed)?,
        &rows(&[(b"key", b"alice")]),
    )
}

async fn spaces<H: Harness>(harness: &H) -> Told {
    let vault = open(harness, "spaces").await?;
    let mut puts = Batch::default();
    for space in Space::ALL {
        puts.put(space, b"key", space.name().as_bytes().to_vec());
    }
    vault.commit(puts).await.map_err(failed)?;
    vault
        .commit(batch(&[(Space::Index, b"key", None)]))
        .await
        .map_err(failed)?;
    for space in Space::ALL {
        let expected = if space == Space::Index {
            Records::default()
        } else {
            rows(&[(b"key", space.name().as_bytes())])
        };
        same(space.name(), &vault.all(space).await.map_err(failed)?, &expected)?;
    }
    Ok(())
}

async fn ousted<H: Harness>(harness: &H) -> Told {
    let first = open(harness, "ousted").await?;
    first
        .commit(batch(&[(Space::Mls, b"ratchet", Some(b"1"))]))
        .await
        .map_err(failed)?;
    let second = open(harness, "ousted").await?;
    let late = batch(&[
        (Space::Mls, b"ratchet", Some(b"fork")),
        (Space::Outbox, b"1", Some(b"late")),
    ]);
    same(
        "what the ousted one is told",
        &first.commit(late).await,
        &Err(VaultError::Closed),
    )?;
    let late = batch(&[
        (Space::PendingSend, b"1", Some(b"late")),
        (Space::Mls, b"ratchet", None),
    ]);
    same(
        "also with a wish beside it",
        &first.commit(late).await,
        &Err(VaultError::Closed),
    )?;
    same(
        "the record",
        &second.all(Space::Mls).await.map_err(failed)?,
        &rows(&[(b"ratchet", b"1")]),
    )?;
    for space in [Space::Outbox, Space::PendingSend] {
        same(
            space.name(),
            &second.all(space).await.map_err(failed)?,
            &Records::default(),
        )?;
    }
    second
        .commit(batch(&[(Space::Mls, b"ratchet", Some(b"2"))]))
        .await
        .map_err(failed)?;
    let third = open(harness, "ousted").await?;
    for ousted in [&first, &second] {
        let late = batch(&[(Space::Mls, b"ratchet", Some(b"fork"))]);
        same("two owners later", &ousted.commit(late).await, &Err(VaultError::Closed))?;
    }
    same(
        "the record in the end",
        &third.all(Space::Mls).await.map_err(failed)?,
        &rows(&[(b"ratchet", b"2")]),
    )
}

async fn visited<H: Harness>(harness: &H) -> Told {
    let owner = open(harness, "visited").await?;
    owner
        .commit(batch(&[(Space::Mls, b"ratchet", Some(b"1"))]))
        .await
        .map_err(failed)?;
    let visitor = harness.visit("visited").await.map_err(failed)?;
    visitor
        .commit(batch(&[(Space::PendingSend, b"1", Some(b"say hello"))]))
        .await
        .map_err(failed)?;
    let more = batch(&[
        (Space::PendingSend, b"2", Some(b"and more")),
        (Space::Outbox, b"1", Some(b"more")),
    ]);
    same(
        "more than a wish",
        &visitor.commit(more).await,
        &Err(VaultError::Closed),
    )?;
    same(
        "what the owner finds",
        &owner.all(Space::PendingSend).await.map_err(failed)?,
        &rows(&[(b"1", b"say hello")]),
    )?;
    same(
        "the outbox",
        &owner.all(Space::Outbox).await.map_err(failed)?,
        &Records::default(),
    )?;
    // The visit has not ousted it.
    owner
        .commit(batch(&[
            (Space::PendingSend, b"1", None),
            (Space::Outbox, b"1", Some(b"hello")),
        ]))
        .await
        .map_err(failed)?;
    same(
        "what the visitor sees of it",
        &visitor.all(Space::PendingSend).await.map_err(failed)?,
        &Records::default(),
    )
}

#[cfg(test)]
mod tests;
