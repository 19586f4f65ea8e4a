// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity ^0.8.30;

import {SignatureValidator} from "../../src/SignatureValidator.sol";
import {Tips} from "../../src/Tips.sol";
import {TestWallet} from "../wallets/TestWallet.sol";
import {TestWalletFactory} from "../wallets/TestWalletFactory.sol";
import {Asking} from "./SignatureValidator.t.sol";

/// @dev What things cost, for `.gas-snapshot`. A tip costs 21,000 more on a chain: what every transaction costs, and some 600 for its data.
contract GasTest is Asking {
    Tips private tips = new Tips();
    TestWalletFactory private factory = new TestWalletFactory();
    address private account = vm.addr(KEY);
    TestWallet private wallet = new TestWallet(account);
    address payable private constant NEW = payable(address(0xb0b));
    address payable private constant OLD = payable(address(0xca401));
    bytes private signature = sign(KEY, HASH);

    function setUp() public {
        vm.deal(OLD, 1);
    }

    function test_ATip() public {
        tips.tip{value: 1}("id", OLD);
    }

    function test_ATipToAnAddressThatNobodyHasUsed() public {
        tips.tip{value: 1}("id", NEW);
    }

    function test_ATipToAContractAccount() public {
        tips.tip{value: 1}("id", payable(wallet));
    }

    function test_ASecondTip() public {
        tips.tip{value: 1}("id", OLD);
        tips.tip{value: 1}("another id", OLD);
    }

    function test_Deploying() public {
        new Tips();
    }

    function test_AskingAKey() public {
        new SignatureValidator(account, HASH, signature);
    }

    function test_AskingAContractAccount() public {
        new SignatureValidator(address(wallet), HASH, signature);
    }

    function test_AskingAContractAccountThatIsNotThereYet() public {
        bytes memory call_ = abi.encodeCall(TestWalletFactory.create, (account, 0));
        new SignatureValidator(factory.addressOf(account, 0), HASH, wrap(address(factory), call_, signature));
    }
}
