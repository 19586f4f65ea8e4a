// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity ^0.8.30;

import {IERC1271} from "../../src/interfaces/IERC1271.sol";

/// @title An account that answers every question with the same bytes
contract Answering {
    bytes private answer;
    bool private reverts;

    constructor(bytes memory answer_, bool reverts_) {
        (answer, reverts) = (answer_, reverts_);
    }

    fallback(bytes calldata) external returns (bytes memory) {
        bytes memory all = answer;
        if (reverts) {
            assembly {
                revert(add(all, 0x20), mload(all))
            }
        }
        return all;
    }
}

/// @title An account that says yes and then goes on for a megabyte
contract Endless {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        bytes4 yes = IERC1271.isValidSignature.selector;
        assembly {
            mstore(0, yes)
            return(0, 1000000)
        }
    }
}

/// @title An account that would write while it is asked
contract Writing {
    uint256 public asked;

    function isValidSignature(bytes32, bytes calldata) external returns (bytes4) {
        asked++;
        return IERC1271.isValidSignature.selector;
    }
}

/// @title An account that burns all gas, whoever calls it
contract Abyss {
    fallback() external {
        assembly {
            invalid()
        }
    }
}

/// @title An account that is there but says yes only after somebody has prepared it
contract Sleeping {
    bool public awake;

    function wake() external {
        awake = true;
    }

    function isValidSignature(bytes32, bytes calldata) external view returns (bytes4) {
        return awake ? IERC1271.isValidSignature.selector : bytes4(0);
    }
}

/// @title A factory that only counts
contract Counting {
    uint256 public calls;

    fallback() external {
        calls++;
    }
}
