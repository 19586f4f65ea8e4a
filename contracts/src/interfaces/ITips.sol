// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity ^0.8.30;

/// @title A tip: money that goes straight from one person to another and leaves a mark that both can check
/// @notice Whoever reads {Tipped} from a contract of this code knows that the recipient has been given the amount, by that sender, once for
/// that id. Nothing else about a tip is believed by anybody.
interface ITips {
    /// @notice A tip has reached its recipient.
    /// @dev `id`, `from` and `to` are the three topics: a client asks for one tip by id, an account for what it sent and what it got. An id
    /// alone proves nothing, since ids are public once used and anybody may tip under somebody else's: readers compare all five values.
    /// @param id What the sender's client drew at random for this tip. It says nothing about people, texts or conversations.
    /// @param from Who paid: the caller, a key's account or a contract account.
    /// @param to Who was paid.
    /// @param token The token's contract; zero is the chain's native coin. It is here from the first day, so that tips in ERC-20 tokens can
    /// join with the same event and readers need not learn a second one.
    /// @param amount How much, in the smallest unit (wei).
    event Tipped(bytes32 indexed id, address indexed from, address indexed to, address token, uint256 amount);

    /// @notice This sender has already tipped with this id.
    /// @param id The id.
    error AlreadyTipped(bytes32 id);

    /// @notice A tip of nothing: a mark without money would look like a tip.
    error NothingToTip();

    /// @notice The recipient is nobody (the zero address), or the contract itself, from which nothing ever comes out.
    error NoRecipient();

    /// @notice The recipient did not take the money; nothing has happened.
    /// @param reason The first 256 bytes of what it said, usually an encoded `Error(string)`; often empty.
    error RecipientRefused(bytes reason);

    /// @notice Gives the value of this call to `to`, once for this sender and id.
    /// @dev All gas is passed on, so that contract accounts can take tips. Emits {Tipped}. Reverts with {NothingToTip}, {NoRecipient},
    /// {AlreadyTipped} or {RecipientRefused}, and then nothing has moved.
    /// @param id 32 random bytes; see {Tipped}.
    /// @param to Who gets it.
    function tip(bytes32 id, address payable to) external payable;

    /// @notice Has this sender tipped with this id?
    /// @dev A client that has lost track asks this before it offers to pay again.
    /// @param from The sender.
    /// @param id The id.
    /// @return Whether a tip of that sender with that id has been paid.
    function used(address from, bytes32 id) external view returns (bool);
}
