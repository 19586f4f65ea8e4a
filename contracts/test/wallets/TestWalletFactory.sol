// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity ^0.8.30;

import {TestWallet} from "./TestWallet.sol";

/// @title Makes contract accounts at addresses that are known beforehand
/// @notice For tests only. An account that is not there yet can already sign (ERC-6492), because everybody can make it here.
contract TestWalletFactory {
    /// @notice Makes the account; if it is there already, only says where.
    /// @param owner The key that speaks for it.
    /// @param salt Tells accounts of one owner apart.
    /// @return wallet Its address.
    function create(address owner, bytes32 salt) external returns (address wallet) {
        wallet = addressOf(owner, salt);
        if (wallet.code.length == 0) new TestWallet{salt: salt}(owner);
    }

    /// @notice Where the account is or will be (CREATE2).
    /// @param owner The key that speaks for it.
    /// @param salt Tells accounts of one owner apart.
    /// @return Its address.
    function addressOf(address owner, bytes32 salt) public view returns (address) {
        bytes32 code = keccak256(abi.encodePacked(type(TestWallet).creationCode, abi.encode(owner)));
        return address(uint160(uint256(keccak256(abi.encodePacked(bytes1(0xff), address(this), salt, code)))));
    }
}
