// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity ^0.8.30;

import {Tips} from "../../src/Tips.sol";
import {Test} from "../Test.sol";
import {Handler} from "./Handler.sol";

/// @dev In words: INVARIANTS.md.
contract TipsInvariants is Test {
    Handler private handler;

    function setUp() public {
        handler = new Handler(new Tips());
    }

    /// @dev forge asks this: whom to call.
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// @dev All of them after every step of one campaign, since each `invariant_` function gets a campaign of its own.
    function invariant_Ledger() public view {
        handler.nothingStays();
        handler.nothingIsMadeOrLost();
        handler.once();
        handler.marksAreMoney();
        handler.usedMeansPaid();
    }

    /// @dev A run that did nothing would prove nothing.
    function afterInvariant() public view {
        check(handler.paid() != 0 && handler.refused() != 0, "a run without a tip or without a refusal");
    }
}
