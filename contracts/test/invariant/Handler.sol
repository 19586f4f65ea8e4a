// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity ^0.8.30;

import {Tips} from "../../src/Tips.sol";
import {ITips} from "../../src/interfaces/ITips.sol";
import {Vm} from "../Test.sol";
import {Bomb, Burning} from "../people/Recipients.sol";
import {Refusing} from "../wallets/Refusing.sol";
import {TestWallet} from "../wallets/TestWallet.sol";
import {Ledger} from "./Ledger.sol";

/// @title Somebody who calls back when paid: tips somebody on, with an id it was told
contract Eager {
    Tips private immutable TIPS;
    bytes32 private id;
    address payable private to;
    uint256 private depth;

    constructor(Tips tips) {
        TIPS = tips;
    }

    function plan(bytes32 id_, address payable to_, uint256 depth_) external {
        (id, to, depth) = (id_, to_, depth_);
    }

    receive() external payable {
        if (depth == 0 || msg.value < 2) return;
        depth--;
        try TIPS.tip{value: msg.value / 2}(id, to) {} catch {}
    }
}

/// @title Does what people do, step by step
contract Handler is Ledger {
    address[] private refusers;
    /// @notice How often each kind of step has been taken.
    uint256 public paid;
    uint256 public refused;

    constructor(Tips tips_) Ledger(tips_) {
        for (uint160 i = 1; i <= 3; i++) {
            actors.push(payable(address(0xa000000 + i)));
        }
        actors.push(payable(address(new TestWallet(address(0xa000001)))));
        actors.push(payable(address(new Eager(tips))));
        actors.push(payable(address(new Eager(tips))));
        for (uint256 i = 0; i < actors.length; i++) {
            vm.deal(actors[i], WEALTH);
        }
        refusers.push(address(new Refusing()));
        refusers.push(address(new Bomb(5_000)));
        refusers.push(address(new Burning()));
        refusers.push(address(tips));
        refusers.push(address(0));
    }

    /// @notice Somebody tips somebody.
    function tip(uint256 from, uint256 to, uint256 id, uint256 amount) external {
        address sender = actors[from % actors.length];
        amount = within(amount, 0, sender.balance / 4);
        bool mustPay = amount != 0 && count[sender][idOf(id)] == 0;
        bool done = _tip(sender, actors[to % actors.length], idOf(id), amount);
        check(
            done == mustPay, mustPay ? "a tip that could be paid was not" : "a tip was paid that should not have been"
        );
    }

    /// @notice Somebody tips somebody eager, who goes on from there with an id of its choice.
    function tipEager(uint256 from, uint256 to, uint256 then, uint256 id, uint256 thenId, uint256 amount, uint256 depth)
        external
    {
        address payable eager = actors[4 + to % 2];
        Eager(eager).plan(idOf(thenId), actors[then % actors.length], depth % 4);
        address sender = actors[from % actors.length];
        bool mustPay = count[sender][idOf(id)] == 0 && sender.balance > 4;
        bool done = _tip(sender, eager, idOf(id), within(amount, 1, sender.balance / 4 + 1));
        check(done || !mustPay, "a tip that could be paid was not");
        Eager(eager).plan(0, payable(address(0)), 0);
    }

    /// @notice Somebody tips somebody who refuses.
    function tipRefuser(uint256 from, uint256 to, uint256 id, uint256 amount) external {
        address sender = actors[from % actors.length];
        bool done = _tip(sender, refusers[to % refusers.length], idOf(id), within(amount, 0, sender.balance / 4));
        check(!done, "a refuser was paid");
    }

    /// @notice Coin is forced upon the contract.
    function force(uint96 amount) external {
        forced += amount;
        vm.deal(address(tips), forced);
    }

    function _tip(address sender, address to, bytes32 id, uint256 amount) private returns (bool done) {
        bytes32 before = _state();
        vm.recordLogs();
        bytes memory data = abi.encodeCall(ITips.tip, (id, payable(to)));
        if (sender == actors[3]) {
            vm.prank(actors[0]);
            (done,) = sender.call{gas: 5_000_000}(abi.encodeCall(TestWallet.execute, (address(tips), amount, data)));
        } else {
            vm.prank(sender);
            (done,) = address(tips).call{value: amount, gas: 5_000_000}(data);
        }
        Vm.Log[] memory logs = vm.getRecordedLogs();
        if (!done) {
            refused++;
            check(_state() == before, "a refusal changed something");
            return false;
        }
        paid++;
        check(logs.length != 0 && logs[0].topics[1] == id, "the tip's own mark comes first");
        for (uint256 i = 0; i < logs.length; i++) {
            note(logs[i]);
        }
    }

    /// @dev Everybody's balance and every used id.
    function _state() private view returns (bytes32 state) {
        state = bytes32(address(tips).balance);
        for (uint256 i = 0; i < actors.length; i++) {
            state = keccak256(abi.encode(state, actors[i].balance));
            for (uint256 j = 0; j < IDS; j++) {
                state = keccak256(abi.encode(state, tips.used(actors[i], idOf(j))));
            }
        }
        for (uint256 i = 0; i < refusers.length; i++) {
            state = keccak256(abi.encode(state, refusers[i].balance));
        }
    }
}
