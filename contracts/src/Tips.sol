// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity ^0.8.30;

import {ITips} from "./interfaces/ITips.sol";

/// @title Tips
/// @notice Passes the native coin on to the recipient and marks that it did. See {ITips} for what may be read from the marks.
/// @dev What it is not, and why:
///
/// - No owner, no pause, no fee, no upgrade. Nobody can be made to change where a tip goes. Tips in tokens will be another deployment with
///   the same event; a list of trusted addresses is the client's.
/// - No funds. The value of a call leaves in the same call or the call reverts; there is no `receive` and no `fallback`. Coin that is forced
///   upon the address (a block's reward, a self-destructing contract) is nobody's tip and stays there for ever: a way out would need somebody
///   with the right to use it.
/// - No reentrancy guard. The id is spent and the event emitted before the money moves, and nothing is read or written afterwards. A
///   recipient that calls back is an ordinary caller: it pays from its own pocket, under its own address, and can at most use up ids of its
///   own. The events stand in the order in which the tips were begun.
/// - No tips in bulk. One tip, one transaction, one mark: that is what a person can check.
contract Tips is ITips {
    /// @dev As much of a refusal as is handed on: a selector, offset and length, and a sentence. The rest is not even copied, so a recipient
    /// that answers with a megabyte does not make the sender pay for the memory.
    uint256 private constant REASON_BYTES = 256;

    /// @inheritdoc ITips
    /// @dev Kept for each sender apart. If an id were used up for everybody, whoever sees a tip waiting could use its id first, for one wei,
    /// and the true tip would fail.
    mapping(address from => mapping(bytes32 id => bool)) public used;

    /// @inheritdoc ITips
    function tip(bytes32 id, address payable to) external payable {
        if (msg.value == 0) revert NothingToTip();
        if (to == address(0) || to == address(this)) revert NoRecipient();
        if (used[msg.sender][id]) revert AlreadyTipped(id);
        used[msg.sender][id] = true;
        emit Tipped(id, msg.sender, to, address(0), msg.value);
        _give(to);
    }

    /// @dev Gives the value of this call away. Not `to.call{value: …}("")`, which copies whatever comes back into memory, without a bound.
    function _give(address payable to) private {
        bool taken;
        bytes memory reason;
        assembly ("memory-safe") {
            taken := call(gas(), to, callvalue(), 0, 0, 0, 0)
            if iszero(taken) {
                let size := returndatasize()
                if gt(size, REASON_BYTES) { size := REASON_BYTES }
                reason := mload(0x40)
                mstore(reason, size)
                returndatacopy(add(reason, 0x20), 0, size)
                mstore(0x40, and(add(add(reason, size), 0x3f), not(0x1f)))
            }
        }
        if (!taken) revert RecipientRefused(reason);
    }
}
