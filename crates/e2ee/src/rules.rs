//! What may stand in a group's context, and how a group moves from one form to the next without dividing its members (ADR 18).
//!
//! A group of the first form has no group-context extension. A group of the second form has exactly two: `required_capabilities`
//! (RFC 9420, section 11.1), which asks every leaf for [`GROUP`], and [`GROUP`] itself. No member without the capability can be in it, so
//! that its members judge every commit by the same rules. A later form is a capability and an extension type of its own.
//!
//! A group of the first form is moved to the second by a commit, as soon as every leaf advertises the capability. A member of a build that
//! knows the first form only has a leaf that does not: with it in the group such a commit is valid for nobody.

use openmls::prelude::{
    CredentialType, Extension, ExtensionType, Extensions, GroupContext, KeyPackage, LeafNode, MlsGroup,
    RequiredCapabilitiesExtension, UnknownExtension,
};

/// The group-context extension of Jackdaw, in the range for private use (RFC 9420, section 17.3). For what a group has beside its members:
/// name, picture, roles, policy, disappearing messages. Empty in the second form, and immutable.
pub(crate) const GROUP: ExtensionType = ExtensionType::Unknown(0xf4a1);

/// Which forms of groups a build knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rules {
    /// The first form only, as the first release. Only in tests, which let both builds meet.
    #[cfg_attr(not(any(test, feature = "releases")), expect(dead_code, reason = "only in tests"))]
    First,
    /// Both forms, as the current release.
    Current,
}

#[cfg(feature = "releases")]
thread_local! {
    static FIRST: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// Installations made or loaded on this thread from now on are of the first release, or of this one again.
#[cfg(feature = "releases")]
pub fn of_the_first_release(is_first: bool) {
    FIRST.set(is_first);
}

impl Rules {
    /// The rules of this build.
    pub(crate) fn of_this_build() -> Self {
        #[cfg(feature = "releases")]
        if FIRST.get() {
            return Self::First;
        }
        Self::Current
    }
}

/// The form of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    First,
    Second,
}

impl Form {
    /// The form of a group with these extensions, `None` if it has none that is known here.
    pub(crate) fn of(extensions: &Extensions<GroupContext>) -> Option<Self> {
        if extensions.iter().next().is_none() {
            Some(Self::First)
        } else if *extensions == second() {
            Some(Self::Second)
        } else {
            None
        }
    }
}

/// The extensions of a group of the second form.
pub(crate) fn second() -> Extensions<GroupContext> {
    let ExtensionType::Unknown(group) = GROUP else {
        unreachable!("a type for private use");
    };
    let required = RequiredCapabilitiesExtension::new(&[GROUP], &[], &[CredentialType::Basic]);
    Extensions::from_vec(vec![
        Extension::RequiredCapabilities(required),
        Extension::Unknown(group, UnknownExtension(Vec::new())),
    ])
    .unwrap_or_else(|_| unreachable!("both may stand in a group context, once"))
}

/// Whether the owner of this leaf knows the second form.
pub(crate) fn advertises(leaf: &LeafNode) -> bool {
    leaf.capabilities().extensions().contains(&GROUP)
}

/// Whether every member knows the second form.
pub(crate) fn all_advertise(group: &MlsGroup) -> bool {
    let tree = group.public_group();
    let mut leaves = group.members().map(|member| tree.leaf(member.index));
    leaves.all(|leaf| leaf.is_some_and(advertises))
}

/// Whether a commit that adds these should also move the group to the second form.
pub(crate) fn moves(group: &MlsGroup, added: &[KeyPackage]) -> bool {
    Form::of(group.extensions()) == Some(Form::First)
        && all_advertise(group)
        && added.iter().all(|key_package| advertises(key_package.leaf_node()))
}
