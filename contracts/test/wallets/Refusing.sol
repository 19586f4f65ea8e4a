// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity ^0.8.30;

/// @title Somebody who takes nothing
/// @notice For tests only.
contract Refusing {
    /// @notice Says no to every payment, with a reason.
    receive() external payable {
        revert("this account takes no tips");
    }
}
