// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity ^0.8.30;

import {SignatureValidator} from "../../src/SignatureValidator.sol";
import {IERC1271} from "../../src/interfaces/IERC1271.sol";
import {Test} from "../Test.sol";
import {Abyss, Answering, Counting, Endless, Sleeping, Writing} from "../people/Accounts.sol";
import {TestWallet} from "../wallets/TestWallet.sol";
import {TestWalletFactory} from "../wallets/TestWalletFactory.sol";

/// @dev What all tests of the validator need.
abstract contract Asking is Test {
    uint256 internal constant KEY = 0xa11ce;
    uint256 internal constant OTHER_KEY = 0xb0b;
    uint256 internal constant ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
    bytes32 internal constant HASH = keccak256("Sign in to Jackdaw");
    bytes32 internal constant MARK = 0x6492649264926492649264926492649264926492649264926492649264926492;
    bytes32 internal constant YES = bytes32(bytes4(0x1626ba7e));

    /// @dev The answer. Reverts when it is not one byte of 0 or 1.
    function ask(address signer, bytes32 hash, bytes memory signature) public returns (bool) {
        bytes memory answer = address(new SignatureValidator(signer, hash, signature)).code;
        check(answer.length == 1, "one byte");
        check(uint8(answer[0]) < 2, "yes or no");
        return answer[0] == 0x01;
    }

    function yes(address signer, bytes32 hash, bytes memory signature) internal {
        check(ask(signer, hash, signature), "it should have been a yes");
    }

    function no(address signer, bytes32 hash, bytes memory signature) internal {
        check(!ask(signer, hash, signature), "it should have been a no");
    }

    function sign(uint256 key, bytes32 hash) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, hash);
        return abi.encodePacked(r, s, v);
    }

    function wrap(address factory, bytes memory call_, bytes memory inner) internal pure returns (bytes memory) {
        return abi.encodePacked(abi.encode(factory, call_, inner), MARK);
    }
}

/// @dev The branches are in SignatureValidator.tree.
contract KeysTest is Asking {
    address private account = vm.addr(KEY);

    function testFuzz_OfTheAccountsKey(uint256 key, bytes32 hash) public {
        key = within(key, 1, ORDER - 1);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, hash);
        yes(vm.addr(key), hash, abi.encodePacked(r, s, v));
        yes(vm.addr(key), hash, abi.encodePacked(r, s, v - 27));
        // The other one of the pair: as true, and refused.
        no(vm.addr(key), hash, abi.encodePacked(r, bytes32(ORDER - uint256(s)), v == 27 ? uint8(28) : uint8(27)));
    }

    function testFuzz_OfAnotherHash(bytes32 hash) public {
        vm.assume(hash != HASH);
        no(account, hash, sign(KEY, HASH));
    }

    function test_OfAnotherKey() public {
        no(account, HASH, sign(OTHER_KEY, HASH));
    }

    function test_WithAnotherV() public {
        (, bytes32 r, bytes32 s) = vm.sign(KEY, HASH);
        for (uint8 v = 2; v < 255; v++) {
            if (v != 27 && v != 28) no(account, HASH, abi.encodePacked(r, s, v));
        }
        no(account, HASH, abi.encodePacked(r, s, uint8(255)));
    }

    function test_OfNobodyForTheAccountAtZero() public {
        no(address(0), HASH, new bytes(65));
        no(address(0), HASH, abi.encodePacked(bytes32(uint256(1)), bytes32(uint256(1)), uint8(99)));
    }

    function testFuzz_OfAnotherLength(uint8 length) public {
        vm.assume(length != 65);
        bytes memory long = bytes.concat(sign(KEY, HASH), new bytes(190));
        assembly {
            mstore(long, length)
        }
        no(account, HASH, long);
    }

    function test_TheAccountHasCodeAsWell() public {
        // As with EIP-7702: the address of a key, with the code of a contract account.
        vm.etch(account, address(new TestWallet(vm.addr(OTHER_KEY))).code);
        yes(account, HASH, sign(KEY, HASH));
        yes(account, HASH, sign(OTHER_KEY, HASH));
        no(account, HASH, sign(0xca401, HASH));
    }

    function test_TheAccountsCodeHasNoSayWhereItsKeyHasSigned() public {
        vm.etch(account, address(new Abyss()).code);
        vm.expectCall(account, "", 0);
        yes(account, HASH, sign(KEY, HASH));
    }
}

/// @dev Accounts that are there (ERC-1271).
contract AccountsTest is Asking {
    function answering(bytes memory answer, bool reverts) private returns (address) {
        return address(new Answering(answer, reverts));
    }

    function testFuzz_ARealWallet(bytes32 hash) public {
        address wallet = address(new TestWallet(vm.addr(KEY)));
        yes(wallet, hash, sign(KEY, hash));
        no(wallet, hash, sign(OTHER_KEY, hash));
        no(wallet, keccak256(abi.encode(hash)), sign(KEY, hash));
        no(wallet, hash, "");
        // Its owner's signature is not the owner's account's.
        no(vm.addr(OTHER_KEY), hash, sign(KEY, hash));
    }

    function testFuzz_AnySignatureIsTheAccountsBusiness(bytes calldata signature) public {
        yes(answering(abi.encode(YES), false), HASH, signature);
    }

    function test_TheAccountIsAskedInTheWordsOfTheStandard() public {
        bytes memory signature = "whatever it likes";
        address account = address(0xacc);
        vm.etch(account, address(new Endless()).code);
        vm.expectCall(account, abi.encodeCall(IERC1271.isValidSignature, (HASH, signature)));
        yes(account, HASH, signature);
    }

    function testFuzz_AnotherWord(bytes32 word) public {
        vm.assume(word != YES);
        no(answering(abi.encode(word), false), HASH, "");
    }

    function test_YesWithATail() public {
        no(answering(abi.encode(YES | bytes32(uint256(1))), false), HASH, "");
    }

    function test_FewerThan32Bytes() public {
        no(answering("", false), HASH, "");
        no(answering(abi.encodePacked(IERC1271.isValidSignature.selector), false), HASH, "");
        no(answering(abi.encodePacked(IERC1271.isValidSignature.selector, new bytes(27)), false), HASH, "");
    }

    function test_ItReverts() public {
        no(answering("", true), HASH, "");
        no(answering(abi.encode(YES), true), HASH, "");
    }

    function test_ItWantsToWrite() public {
        Writing writing = new Writing();
        no(address(writing), HASH, "");
        same(writing.asked(), 0, "nothing is written");
    }

    function test_ItAnswersAMegabyte() public {
        address endless = address(new Endless());
        uint256 before = gasleft();
        yes(endless, HASH, "");
        // The account pays two million for its own megabyte; copying it would cost as much again.
        check(before - gasleft() < 2_600_000, "copied");
    }

    function test_ItBurnsAllGas() public {
        address abyss = address(new Abyss());
        check(!this.ask{gas: 5_000_000}(abyss, HASH, ""), "no");
    }

    function test_NobodyIsThere() public {
        no(address(0xdead), HASH, "");
        no(address(0xdead), HASH, "a signature of another length");
    }

    function test_APrecompileIsNoAccount() public {
        // The one at 4 answers with what it is asked, so its first four bytes are those of a yes.
        for (uint160 i = 1; i < 10; i++) {
            no(address(i), bytes32(0), "");
            no(address(i), bytes32(0), wrap(address(0xdead), "", ""));
        }
    }
}

/// @dev Accounts that may not be there yet (ERC-6492).
contract NotThereYetTest is Asking {
    TestWalletFactory private factory = new TestWalletFactory();
    address private owner = vm.addr(KEY);

    function creation(address owner_, bytes32 salt) private pure returns (bytes memory) {
        return abi.encodeCall(TestWalletFactory.create, (owner_, salt));
    }

    function testFuzz_ARealWallet(bytes32 hash, bytes32 salt) public {
        address wallet = factory.addressOf(owner, salt);
        no(wallet, hash, sign(KEY, hash));
        no(wallet, hash, wrap(address(factory), creation(owner, salt), sign(OTHER_KEY, hash)));
        check(wallet.code.length != 0, "the factory was called");
        // Now it is there; the same for one that is not.
        bytes32 other = ~salt;
        yes(factory.addressOf(owner, other), hash, wrap(address(factory), creation(owner, other), sign(KEY, hash)));
    }

    function test_ItMakesAnotherAccount() public {
        bytes memory call_ = creation(vm.addr(OTHER_KEY), 0);
        no(factory.addressOf(owner, 0), HASH, wrap(address(factory), call_, sign(KEY, HASH)));
        no(factory.addressOf(owner, 0), HASH, wrap(address(factory), call_, sign(OTHER_KEY, HASH)));
    }

    function test_TheFactoryIsNobodyOrReverts() public {
        address wallet = factory.addressOf(owner, 0);
        no(wallet, HASH, wrap(address(0xdead), creation(owner, 0), sign(KEY, HASH)));
        no(wallet, HASH, wrap(address(factory), "no such function", sign(KEY, HASH)));
        no(wallet, HASH, wrap(address(new Answering("", true)), "", sign(KEY, HASH)));
    }

    function test_AKeysSignatureIsNotTakenInAWrapping() public {
        // The inner signature is for the account's code, and there is none.
        no(owner, HASH, wrap(address(new Counting()), "", sign(KEY, HASH)));
    }

    function test_ThereAlready() public {
        Counting counting = new Counting();
        address wallet = factory.create(owner, 0);
        yes(wallet, HASH, wrap(address(counting), "", sign(KEY, HASH)));
        same(counting.calls(), 0, "no need for the factory");
        no(wallet, HASH, wrap(address(counting), "", sign(OTHER_KEY, HASH)));
        same(counting.calls(), 1, "after a no it is called");
    }

    function test_ThereButAsleep() public {
        Sleeping sleeping = new Sleeping();
        no(address(sleeping), HASH, "");
        yes(address(sleeping), HASH, wrap(address(sleeping), abi.encodeCall(Sleeping.wake, ()), ""));
        // A preparation that fails prepares nothing.
        no(address(new Sleeping()), HASH, wrap(address(new Answering("", true)), "", ""));
    }

    function test_AFactoryThatBurnsAllGas() public {
        bytes memory signature = wrap(address(new Abyss()), "", sign(KEY, HASH));
        check(!this.ask{gas: 5_000_000}(factory.addressOf(owner, 0), HASH, signature), "no");
    }

    function test_AFactoryThatAnswersAMegabyte() public {
        address endless = address(new Endless());
        bytes memory question = abi.encodeCall(IERC1271.isValidSignature, (HASH, ""));
        uint256 before = gasleft();
        no(address(0xdead), HASH, wrap(endless, question, ""));
        check(before - gasleft() < 2_600_000, "copied");
    }

    function test_TheMarkAlone() public {
        no(owner, HASH, abi.encodePacked(MARK));
        no(address(new Endless()), HASH, abi.encodePacked(MARK));
        // 31 bytes of it are not the mark: the account's business.
        // forge-lint: disable-next-line(unsafe-typecast) the last byte is meant to be lost
        yes(address(new Endless()), HASH, abi.encodePacked(bytes31(MARK)));
    }

    /// @dev `Endless` would say yes to anything it is asked, so a yes here would mean that something was read that does not stand there.
    function testFuzz_NotThreeParts(bytes calldata junk) public {
        vm.assume(junk.length < 96);
        no(address(new Endless()), HASH, abi.encodePacked(junk, MARK));
    }

    function test_ZerosAreNotThreePartsEither() public {
        for (uint256 length = 0; length < 96; length++) {
            no(address(new Endless()), HASH, abi.encodePacked(new bytes(length), MARK));
        }
    }

    function testFuzz_OffsetsAndLengthsThatLie(uint256 second, uint256 third, uint256 length, bool which) public {
        address endless = address(new Endless());
        bytes memory good = wrap(address(1), "call", "inner");
        yes(endless, HASH, good);
        uint256 size = good.length - 32;
        // Offsets behind the last word.
        second = within(second, size - 31, type(uint256).max);
        third = within(third, size - 31, type(uint256).max);
        no(endless, HASH, changed(good, which ? 0x20 : 0x40, which ? second : third));
        // Lengths that go over the end: `call` stands at 96, `inner` at 160.
        length = within(length, which ? size - 127 : size - 191, type(uint256).max);
        no(endless, HASH, changed(good, which ? 96 : 160, length));
        // To the very end is still within.
        yes(endless, HASH, changed(good, which ? 96 : 160, which ? size - 128 : size - 192));
    }

    function testFuzz_AFactoryThatIsNoAddress(uint256 word) public {
        word = within(word, uint256(type(uint160).max) + 1, type(uint256).max);
        no(address(new Endless()), HASH, changed(wrap(address(1), "", ""), 0, word));
    }

    function testFuzz_Anything(bytes calldata junk, address signer) public {
        vm.assume(signer.code.length == 0);
        no(signer, HASH, abi.encodePacked(junk, MARK));
    }

    /// @dev A copy with another word at this place.
    function changed(bytes memory data, uint256 place, uint256 word) private pure returns (bytes memory copy) {
        copy = bytes.concat(data);
        assembly {
            mstore(add(add(copy, 0x20), place), word)
        }
    }
}
