// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity ^0.8.30;

/// @title ERC-1271: a contract that signs
interface IERC1271 {
    /// @notice Is this the account's signature?
    /// @param hash What was signed.
    /// @param signature What the account takes for a signature; its form is the account's business.
    /// @return 0x1626ba7e if it is; anything else, or a revert, if it is not.
    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4);
}
