// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity ^0.8.30;

import {ITips} from "../../src/interfaces/ITips.sol";

/// @title A sender that can be led: anybody may have it tip from its own balance
contract Led {
    ITips private immutable TIPS;

    constructor(ITips tips) {
        TIPS = tips;
    }

    receive() external payable {}

    function tip(bytes32 id, address payable to, uint256 amount) external {
        TIPS.tip{value: amount}(id, to);
    }
}

/// @title A recipient that makes one call when it is paid, and remembers how it went
contract Calling {
    address public target;
    uint256 public value;
    bytes public data;
    bool public refuses;
    bool public called;
    bool public done;
    bytes public answer;

    /// @param refuses_ Whether it refuses the payment after its call.
    function prepare(address target_, uint256 value_, bytes calldata data_, bool refuses_) external {
        (target, value, data, refuses, called) = (target_, value_, data_, refuses_, false);
    }

    receive() external payable {
        if (called || target == address(0)) return;
        called = true;
        (done, answer) = target.call{value: value}(data);
        require(!refuses, "not after all");
    }
}

/// @title A recipient that refuses with as many bytes as it is told
contract Bomb {
    uint256 private immutable SIZE;

    constructor(uint256 size) {
        SIZE = size;
    }

    receive() external payable {
        uint256 size = SIZE;
        assembly {
            // Free memory, not cleared: filled with a pattern, so that a cut is seen.
            mstore(0, not(0))
            mstore(0x20, not(0))
            revert(0, size)
        }
    }
}

/// @title A recipient that takes the money and answers with a megabyte
contract Talkative {
    receive() external payable {
        assembly {
            return(0, 1000000)
        }
    }
}

/// @title A recipient that uses up all gas it is given
contract Burning {
    receive() external payable {
        assembly {
            invalid()
        }
    }
}
