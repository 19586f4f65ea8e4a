// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity ^0.8.30;

import {Tips} from "../../src/Tips.sol";
import {ITips} from "../../src/interfaces/ITips.sol";
import {Test, Vm} from "../Test.sol";
import {Bomb, Burning, Calling, Led, Talkative} from "../people/Recipients.sol";
import {Refusing} from "../wallets/Refusing.sol";
import {TestWallet} from "../wallets/TestWallet.sol";

/// @dev The branches are in Tips.tree.
contract TipsTest is Test {
    event Tipped(bytes32 indexed id, address indexed from, address indexed to, address token, uint256 amount);

    Tips private tips;
    address private constant ALICE = address(0xa11ce);
    address payable private constant BOB = payable(address(0xb0b));
    address private constant CAROL = address(0xca401);
    bytes32 private constant ID = keccak256("a tip");
    bytes32 private constant OTHER = keccak256("another tip");

    function setUp() public {
        tips = new Tips();
        vm.deal(ALICE, 100 ether);
        vm.deal(CAROL, 100 ether);
    }

    function give(address from, bytes32 id, address to, uint256 amount) private {
        vm.prank(from);
        tips.tip{value: amount}(id, payable(to));
    }

    function refused(bytes memory reason) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ITips.RecipientRefused.selector, reason);
    }

    function already(bytes32 id) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ITips.AlreadyTipped.selector, id);
    }

    function test_NothingIsGiven() public {
        vm.expectRevert(abi.encodeWithSelector(ITips.NothingToTip.selector));
        give(ALICE, ID, BOB, 0);
        check(!tips.used(ALICE, ID), "the id stays free");
    }

    function test_TheRecipientIsTheZeroAddress() public {
        vm.expectRevert(abi.encodeWithSelector(ITips.NoRecipient.selector));
        give(ALICE, ID, address(0), 1);
    }

    function test_TheRecipientIsTipsItself() public {
        vm.expectRevert(abi.encodeWithSelector(ITips.NoRecipient.selector));
        give(ALICE, ID, address(tips), 1);
    }

    function test_TheIdIsUsedForTheSameRecipient() public {
        give(ALICE, ID, BOB, 1 ether);
        vm.expectRevert(already(ID));
        give(ALICE, ID, BOB, 1 ether);
        same(ALICE.balance, 99 ether, "Alice paid once");
        same(BOB.balance, 1 ether, "Bob got it once");
    }

    function test_TheIdIsUsedForAnotherRecipientOrAmount() public {
        give(ALICE, ID, BOB, 1 ether);
        vm.expectRevert(already(ID));
        give(ALICE, ID, CAROL, 1 ether);
        vm.expectRevert(already(ID));
        give(ALICE, ID, BOB, 2 ether);
    }

    function test_SomebodyElseHasUsedTheId() public {
        give(CAROL, ID, BOB, 1);
        check(!tips.used(ALICE, ID), "Alice's is free");
        give(ALICE, ID, BOB, 1 ether);
        same(BOB.balance, 1 ether + 1, "Bob got both");
    }

    function test_TheRecipientRefusesWithAReason() public {
        address refusing = address(new Refusing());
        vm.expectRevert(refused(abi.encodeWithSignature("Error(string)", "this account takes no tips")));
        give(ALICE, ID, refusing, 1 ether);
        check(!tips.used(ALICE, ID), "the id stays free");
        same(ALICE.balance, 100 ether, "Alice has her money");
        give(ALICE, ID, BOB, 1 ether);
        same(BOB.balance, 1 ether, "the second try pays");
    }

    function test_TheRecipientRefusesWithoutAReason() public {
        // A contract that takes no coin at all.
        address silent = address(new Tips());
        vm.expectRevert(refused(""));
        give(ALICE, ID, silent, 1 ether);
    }

    function test_TheReasonHasExactly256Bytes() public {
        same(reasonOf(new Bomb(256)).length, 256, "all of it");
        same(reasonOf(new Bomb(255)).length, 255, "all of it");
        same(reasonOf(new Bomb(1)).length, 1, "all of it");
    }

    function test_TheReasonIsLongerThan256Bytes() public {
        same(reasonOf(new Bomb(257)).length, 256, "cut");
        bytes memory reason = reasonOf(new Bomb(1_000_000));
        same(reason.length, 256, "cut");
        check(reason[0] == 0xff && reason[63] == 0xff, "its beginning");
    }

    function test_ALongReasonCostsTheSenderNoMemory() public {
        address bomb = address(new Bomb(1_000_000));
        vm.prank(ALICE);
        uint256 before = gasleft();
        (bool done,) = address(tips).call{value: 1}(abi.encodeCall(ITips.tip, (ID, payable(bomb))));
        uint256 gas = before - gasleft();
        check(!done, "refused");
        // The bomb pays 2.2 million for its own megabyte; copying it would cost as much again, twice.
        check(gas < 2_400_000, "copied");
    }

    /// @dev What `RecipientRefused` carries.
    function reasonOf(Bomb bomb) private returns (bytes memory reason) {
        vm.prank(ALICE);
        (bool done, bytes memory answer) = address(tips).call{value: 1}(abi.encodeCall(ITips.tip, (ID, payable(bomb))));
        // forge-lint: disable-next-line(unsafe-typecast) the first four bytes are what is wanted
        check(!done && bytes4(answer) == ITips.RecipientRefused.selector, "refused");
        bytes memory rest = new bytes(answer.length - 4);
        for (uint256 i = 0; i < rest.length; i++) {
            rest[i] = answer[i + 4];
        }
        return abi.decode(rest, (bytes));
    }

    function test_TheRecipientBurnsAllGas() public {
        address burning = address(new Burning());
        vm.prank(ALICE);
        (bool done,) = address(tips).call{value: 1, gas: 1_000_000}(abi.encodeCall(ITips.tip, (ID, payable(burning))));
        check(!done, "refused");
        check(!tips.used(ALICE, ID), "the id stays free");
    }

    function test_CalledBack_TheSenderTipsAgainWithTheSameId() public {
        (Led led, Calling calling) = (new Led(tips), new Calling());
        vm.deal(address(led), 10 ether);
        calling.prepare(address(led), 0, abi.encodeCall(Led.tip, (ID, payable(address(calling)), 1 ether)), false);
        led.tip(ID, payable(address(calling)), 1 ether);
        check(calling.called() && !calling.done(), "the second was tried and refused");
        check(keccak256(calling.answer()) == keccak256(already(ID)), "because the id is used");
        same(address(calling).balance, 1 ether, "paid once");
        same(address(led).balance, 9 ether, "paid once");
    }

    function test_CalledBack_TheSenderTipsWithAnotherId() public {
        (Led led, Calling calling) = (new Led(tips), new Calling());
        vm.deal(address(led), 10 ether);
        calling.prepare(address(led), 0, abi.encodeCall(Led.tip, (OTHER, BOB, 2 ether)), false);
        vm.recordLogs();
        led.tip(ID, payable(address(calling)), 1 ether);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        same(logs.length, 2, "two marks");
        check(logs[0].topics[1] == ID && logs[1].topics[1] == OTHER, "in the order they began");
        same(address(calling).balance, 1 ether, "the first is paid");
        same(BOB.balance, 2 ether, "the second is paid");
        same(address(tips).balance, 0, "nothing is left");
    }

    function test_CalledBack_TheRecipientTipsWithTheSameId() public {
        Calling calling = new Calling();
        calling.prepare(address(tips), 0.4 ether, abi.encodeCall(ITips.tip, (ID, BOB)), false);
        give(ALICE, ID, address(calling), 1 ether);
        check(calling.done(), "it is its own id");
        same(address(calling).balance, 0.6 ether, "from its own pocket");
        same(BOB.balance, 0.4 ether, "Bob got it");
        check(tips.used(ALICE, ID) && tips.used(address(calling), ID), "each under its own address");
    }

    function test_CalledBack_TheIdIsUsedAlready() public {
        Calling calling = new Calling();
        calling.prepare(address(tips), 0, abi.encodeCall(ITips.used, (ALICE, ID)), false);
        give(ALICE, ID, address(calling), 1);
        check(abi.decode(calling.answer(), (bool)), "effects come before the call");
    }

    function test_CalledBack_AndThenRefused() public {
        (Led led, Calling calling) = (new Led(tips), new Calling());
        vm.deal(address(led), 10 ether);
        calling.prepare(address(led), 0, abi.encodeCall(Led.tip, (OTHER, BOB, 2 ether)), true);
        vm.expectRevert(refused(abi.encodeWithSignature("Error(string)", "not after all")));
        led.tip(ID, payable(address(calling)), 1 ether);
        check(!tips.used(address(led), ID) && !tips.used(address(led), OTHER), "both ids are free");
        same(BOB.balance, 0, "Bob got nothing");
        same(address(led).balance, 10 ether, "nothing was paid");
    }

    function testFuzz_ATip(bytes32 id, bytes32 another, uint160 to, uint96 amount) public {
        // Precompiles and the cheat codes are not people.
        address payable bob = payable(address(to));
        vm.assume(
            to > 0xffff && bob.code.length == 0 && bob != ALICE && bob != address(vm) && amount != 0 && another != id
        );
        vm.deal(ALICE, amount);
        vm.deal(bob, 0);
        vm.expectEmit(address(tips));
        emit Tipped(id, ALICE, bob, address(0), amount);
        vm.recordLogs();
        give(ALICE, id, bob, amount);
        same(vm.getRecordedLogs().length, 1, "one mark");
        same(bob.balance, amount, "exactly the value");
        same(ALICE.balance, 0, "exactly the value");
        same(address(tips).balance, 0, "nothing is kept");
        check(tips.used(ALICE, id), "marked");
        check(!tips.used(ALICE, another) && !tips.used(bob, id), "and nothing else");
    }

    function test_TheRecipientIsTheSender() public {
        give(ALICE, ID, ALICE, 1 ether);
        same(ALICE.balance, 100 ether, "from one pocket to the other");
    }

    function test_TheRecipientIsAContractAccount() public {
        Calling calling = new Calling();
        // It writes eight slots, which 2,300 gas would not pay for.
        calling.prepare(BOB, 1, "", false);
        give(ALICE, ID, address(calling), 1 ether);
        check(calling.done(), "it could act");
        TestWallet wallet = new TestWallet(ALICE);
        give(ALICE, OTHER, address(wallet), 1 ether);
        same(address(wallet).balance, 1 ether, "paid");
    }

    function test_ATalkativeRecipientIsNotListenedTo() public {
        address talkative = address(new Talkative());
        vm.prank(ALICE);
        uint256 before = gasleft();
        tips.tip{value: 1}(ID, payable(talkative));
        // 2.2 million are the talker's own memory.
        check(before - gasleft() < 2_400_000, "copied");
    }

    function test_CoinWithoutACallIsRefused() public {
        vm.prank(ALICE);
        (bool done,) = address(tips).call{value: 1}("");
        check(!done, "no receive");
    }

    function testFuzz_UnknownFunctionsAreRefused(bytes4 selector, uint96 value) public {
        vm.assume(selector != ITips.tip.selector && selector != ITips.used.selector);
        vm.deal(ALICE, value);
        vm.prank(ALICE);
        (bool done,) = address(tips).call{value: value}(abi.encodePacked(selector, new bytes(64)));
        check(!done, "no fallback");
    }

    function test_CoinThatIsForcedUponItStays() public {
        vm.deal(address(tips), 5 ether);
        give(ALICE, ID, BOB, 1 ether);
        same(address(tips).balance, 5 ether, "untouched");
        same(BOB.balance, 1 ether, "no more than the tip");
    }
}
