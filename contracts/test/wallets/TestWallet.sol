// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity ^0.8.30;

import {IERC1271} from "../../src/interfaces/IERC1271.sol";

/// @title A small contract account with one owner
/// @notice For tests only: it is as simple as an honest ERC-1271 account can be. In particular the owner's signature is not bound to this
/// account or chain, so that two accounts of one owner would accept each other's signatures. Do not keep money here.
contract TestWallet is IERC1271 {
    /// @notice The key that speaks for this account.
    address public immutable owner;

    /// @notice Somebody else than the owner wanted to act.
    error NotOwner();

    /// @param owner_ The key that speaks for this account.
    constructor(address owner_) {
        owner = owner_;
    }

    /// @notice Takes what it is given.
    receive() external payable {}

    /// @notice Calls somebody in the name of this account; what the other says is handed on, and so is its revert.
    /// @param to Whom.
    /// @param value How much of this account's coin goes with it.
    /// @param data What to say.
    function execute(address to, uint256 value, bytes calldata data) external payable returns (bytes memory) {
        if (msg.sender != owner) revert NotOwner();
        (bool done, bytes memory answer) = to.call{value: value}(data);
        if (!done) {
            assembly ("memory-safe") {
                revert(add(answer, 0x20), mload(answer))
            }
        }
        return answer;
    }

    /// @inheritdoc IERC1271
    /// @dev 65 bytes of the owner over the hash itself: what `personal_sign` of the owner gives when the hash is the text's EIP-191 digest.
    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        if (signature.length != 65) return 0xffffffff;
        address signer = ecrecover(hash, uint8(signature[64]), bytes32(signature[:32]), bytes32(signature[32:64]));
        return signer == owner && signer != address(0) ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }
}
