// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity ^0.8.30;

import {Tips} from "../../src/Tips.sol";
import {ITips} from "../../src/interfaces/ITips.sol";
import {Test} from "../Test.sol";
import {Refusing} from "../wallets/Refusing.sol";
import {TestWallet} from "../wallets/TestWallet.sol";
import {TestWalletFactory} from "../wallets/TestWalletFactory.sol";

/// @dev The contract accounts of the browser's tests must themselves do what they say.
contract WalletsTest is Test {
    TestWalletFactory private factory = new TestWalletFactory();
    address private constant OWNER = address(0xa11ce);
    address payable private constant BOB = payable(address(0xb0b));

    function testFuzz_AnAddressIsKnownBeforehand(address owner, bytes32 salt) public {
        address wallet = factory.addressOf(owner, salt);
        same(wallet.code.length, 0, "not there yet");
        check(factory.create(owner, salt) == wallet, "there");
        check(TestWallet(payable(wallet)).owner() == owner, "with this owner");
        check(factory.create(owner, salt) == wallet, "and a second time nothing happens");
    }

    function test_OnlyItsOwnerActs() public {
        TestWallet wallet = new TestWallet(OWNER);
        vm.expectRevert(abi.encodeWithSelector(TestWallet.NotOwner.selector));
        wallet.execute(BOB, 1, "");
    }

    function test_ItTips() public {
        Tips tips = new Tips();
        TestWallet wallet = new TestWallet(OWNER);
        vm.deal(address(wallet), 2 ether);
        vm.prank(OWNER);
        wallet.execute(address(tips), 1 ether, abi.encodeCall(ITips.tip, ("id", BOB)));
        same(BOB.balance, 1 ether, "Bob got it");
        check(tips.used(address(wallet), "id"), "from the account, not from its owner");
        check(!tips.used(OWNER, "id"), "from the account, not from its owner");
    }

    function test_ARevertIsHandedOn() public {
        TestWallet wallet = new TestWallet(OWNER);
        address refusing = address(new Refusing());
        vm.deal(address(wallet), 1 ether);
        vm.expectRevert(abi.encodeWithSignature("Error(string)", "this account takes no tips"));
        vm.prank(OWNER);
        wallet.execute(refusing, 1, "");
    }
}
