// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity ^0.8.30;

import {IERC1271} from "./interfaces/IERC1271.sol";

/// @title One question to a chain: did this account sign this hash?
/// @notice Never deployed. Its creation code with the three arguments goes into one `eth_call` without a recipient, and the constructor
/// answers one byte: 0x01 for yes, 0x00 for no. So every chain can be asked, nothing has to be there before, and whatever a factory does on
/// the way is forgotten.
///
/// Three kinds of accounts, tried in this order:
///
/// 1. The signature ends with ERC-6492's mark: a contract account that may not be deployed yet. If it has no code, or says no, the factory
///    that comes with the signature is called; then the account is asked as in 3.
/// 2. 65 bytes that a key has signed, where the account is the key's address. This comes before looking for code, because an account with a
///    key can have code as well (EIP-7702), and its key still speaks for it. No contract's address is that of a known key.
/// 3. An account with code is asked itself (ERC-1271).
///
/// @dev Factory and account are chosen by whoever wants in. What they may do: burn the gas of this one call. What they may not: make us copy
/// more than 32 bytes of an answer, change anything (`staticcall`), or make the constructor revert. A malformed signature is a no, so that
/// whoever asks can take a revert for what it is: the chain's trouble or used-up gas, not the account's word. Let the asker bound gas, time
/// and length, and call from an address that nobody trusts.
contract SignatureValidator {
    /// @dev What ends a signature of ERC-6492.
    bytes32 private constant MARK = 0x6492649264926492649264926492649264926492649264926492649264926492;

    /// @dev ERC-1271's yes, as the whole word it is returned in. All 32 bytes are compared: the precompile at address 4 answers with its own
    /// input, which begins with the same four bytes.
    bytes32 private constant YES = bytes32(IERC1271.isValidSignature.selector);

    /// @dev Half of secp256k1's order. For every signature there is a second one with an `s` above it; only the lower one counts.
    uint256 private constant HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;

    /// @param signer The account.
    /// @param hash What was signed: for a text, its EIP-191 digest.
    /// @param signature What is said to be its signature.
    constructor(address signer, bytes32 hash, bytes memory signature) {
        bool valid = _valid(signer, hash, signature);
        assembly ("memory-safe") {
            mstore8(0, valid)
            return(0, 1)
        }
    }

    function _valid(address signer, bytes32 hash, bytes memory signature) private returns (bool) {
        if (_isMarked(signature)) return _validOnceThere(signer, hash, signature);
        return _isKeys(signer, hash, signature) || _isAccounts(signer, hash, signature);
    }

    /// @dev Does it end with the mark?
    function _isMarked(bytes memory signature) private pure returns (bool) {
        if (signature.length < 32) return false;
        bytes32 end;
        assembly ("memory-safe") {
            // The last word begins where the length says, since the length itself takes a word.
            end := mload(add(signature, mload(signature)))
        }
        return end == MARK;
    }

    /// @dev ERC-6492: `abi.encode(factory, call, inner)` and the mark.
    function _validOnceThere(address signer, bytes32 hash, bytes memory wrapped) private returns (bool) {
        (bool whole, address factory, bytes memory call_, bytes memory inner) = _unwrap(wrapped);
        if (!whole) return false;
        // Deployed in the meantime: no need for the factory.
        if (_isAccounts(signer, hash, inner)) return true;
        return _call(factory, call_) && _isAccounts(signer, hash, inner);
    }

    /// @dev The three parts, or `whole == false`. By hand, because `abi.decode` reverts on what it cannot read. Nothing is copied: an encoded
    /// `bytes` looks the same in memory, so both are pointers into `wrapped`.
    function _unwrap(bytes memory wrapped)
        private
        pure
        returns (bool whole, address factory, bytes memory call_, bytes memory inner)
    {
        uint256 size = wrapped.length - 32;
        if (size < 96) return (false, address(0), call_, inner);
        uint256 first;
        uint256 second;
        uint256 third;
        assembly ("memory-safe") {
            first := mload(add(wrapped, 0x20))
            second := mload(add(wrapped, 0x40))
            third := mload(add(wrapped, 0x60))
        }
        if (first > type(uint160).max || !_holds(wrapped, size, second) || !_holds(wrapped, size, third)) {
            return (false, address(0), call_, inner);
        }
        assembly ("memory-safe") {
            factory := first
            call_ := add(add(wrapped, 0x20), second)
            inner := add(add(wrapped, 0x20), third)
        }
        whole = true;
    }

    /// @dev Does a whole `bytes` stand at this offset of the first `size` bytes?
    function _holds(bytes memory data, uint256 size, uint256 offset) private pure returns (bool) {
        // `size` is at least 96 and both are compared before anything is added, so nothing overflows.
        if (offset > size - 32) return false;
        uint256 length;
        assembly ("memory-safe") {
            length := mload(add(add(data, 0x20), offset))
        }
        return length <= size - 32 - offset;
    }

    /// @dev 65 bytes `r s v` of the key whose address this is; `v` is 27 or 28, or 0 or 1 as some devices say it.
    function _isKeys(address signer, bytes32 hash, bytes memory signature) private pure returns (bool) {
        if (signature.length != 65) return false;
        bytes32 r;
        bytes32 s;
        uint8 v;
        assembly ("memory-safe") {
            r := mload(add(signature, 0x20))
            s := mload(add(signature, 0x40))
            v := byte(0, mload(add(signature, 0x60)))
        }
        if (uint256(s) > HALF_ORDER) return false;
        if (v < 2) v += 27;
        // Zero is the precompile's "no"; it must not pass for the account at zero.
        address recovered = ecrecover(hash, v, r, s);
        return recovered != address(0) && recovered == signer;
    }

    /// @dev ERC-1271. Without code there is nobody to say yes: a call to an empty address succeeds, and precompiles answer.
    function _isAccounts(address signer, bytes32 hash, bytes memory signature) private view returns (bool) {
        if (signer.code.length == 0) return false;
        bytes memory question = abi.encodeCall(IERC1271.isValidSignature, (hash, signature));
        bool answered;
        bytes32 answer;
        assembly ("memory-safe") {
            answered := staticcall(gas(), signer, add(question, 0x20), mload(question), 0, 0x20)
            // A whole word, or what stands at 0 is not the answer.
            answered := and(answered, gt(returndatasize(), 0x1f))
            answer := mload(0)
        }
        return answered && answer == YES;
    }

    /// @dev Calls the factory; what it answers is of no interest.
    function _call(address factory, bytes memory data) private returns (bool done) {
        assembly ("memory-safe") {
            done := call(gas(), factory, 0, add(data, 0x20), mload(data), 0, 0)
        }
    }
}
