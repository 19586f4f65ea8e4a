// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity ^0.8.30;

import {Tips} from "../../src/Tips.sol";
import {ITips} from "../../src/interfaces/ITips.sol";
import {Test, Vm} from "../Test.sol";

/// @title A second ledger, kept from the events alone, and what must hold between it, the balances and Tips
/// @dev The functions are the lines of INVARIANTS.md; each reverts when its line does not hold.
abstract contract Ledger is Test {
    uint256 internal constant IDS = 12;
    uint256 internal constant WEALTH = 1_000 ether;

    Tips public immutable tips;
    address payable[] internal actors;
    uint256 internal forced;

    mapping(address => mapping(bytes32 => uint256)) internal count;
    mapping(address => uint256) internal handedIn;
    mapping(address => uint256) internal handedOut;

    constructor(Tips tips_) {
        tips = tips_;
    }

    function nothingStays() external view {
        same(address(tips).balance, forced, "Tips keeps money");
    }

    function nothingIsMadeOrLost() external view {
        uint256 sum = address(tips).balance;
        for (uint256 i = 0; i < actors.length; i++) {
            sum += actors[i].balance;
        }
        same(sum, actors.length * WEALTH + forced, "the sum of everything");
    }

    function once() external view {
        for (uint256 i = 0; i < actors.length; i++) {
            for (uint256 id = 0; id < IDS; id++) {
                check(count[actors[i]][idOf(id)] < 2, "an id counted twice");
            }
        }
    }

    function marksAreMoney() external view {
        for (uint256 i = 0; i < actors.length; i++) {
            address who = actors[i];
            same(who.balance, WEALTH + handedOut[who] - handedIn[who], "marks and money differ");
        }
    }

    function usedMeansPaid() external view {
        for (uint256 i = 0; i < actors.length; i++) {
            for (uint256 id = 0; id < IDS; id++) {
                bool is_ = tips.used(actors[i], idOf(id));
                check(is_ == (count[actors[i]][idOf(id)] == 1), "used and not paid, or paid and not used");
            }
        }
    }

    /// @dev The id with this number; there are few, so that they collide.
    function idOf(uint256 number) internal pure returns (bytes32) {
        return bytes32(1 + number % IDS);
    }

    /// @dev Writes an event down.
    function note(Vm.Log memory log) internal {
        check(log.emitter == address(tips) && log.topics[0] == ITips.Tipped.selector, "only marks");
        (address token, uint256 amount) = abi.decode(log.data, (address, uint256));
        check(token == address(0), "the native coin");
        address from = address(uint160(uint256(log.topics[2])));
        count[from][log.topics[1]]++;
        handedIn[from] += amount;
        handedOut[address(uint160(uint256(log.topics[3])))] += amount;
    }
}
