// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity ^0.8.30;

/// @title The cheat codes of forge that we use, and no more
interface Vm {
    struct Log {
        bytes32[] topics;
        bytes data;
        address emitter;
    }

    /// @notice The next call comes from there.
    function prank(address sender) external;
    /// @notice Sets a balance.
    function deal(address who, uint256 balance) external;
    /// @notice Sets the code of an address.
    function etch(address who, bytes calldata code) external;
    /// @notice The next call reverts with exactly this.
    function expectRevert(bytes calldata reason) external;
    /// @notice The next call emits what is emitted next here, all of it, from that contract.
    function expectEmit(address emitter) external;
    /// @notice By the end of the test this call has been made.
    function expectCall(address callee, bytes calldata data) external;
    /// @notice By the end of the test this call has been made so many times.
    function expectCall(address callee, bytes calldata data, uint64 count) external;
    /// @notice Begins to keep events.
    function recordLogs() external;
    /// @notice Events since then, or since the last time this was asked.
    function getRecordedLogs() external returns (Log[] memory);
    /// @notice The address of a key.
    function addr(uint256 key) external pure returns (address);
    /// @notice What a key signs.
    function sign(uint256 key, bytes32 hash) external pure returns (uint8 v, bytes32 r, bytes32 s);
    /// @notice Fuzzing: this input is of no interest.
    function assume(bool interesting) external pure;
}

/// @title What tests need; a test fails by reverting
abstract contract Test {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    bytes private constant TEN = "0123456789";

    function check(bool holds, string memory what) internal pure {
        require(holds, what);
    }

    function same(uint256 have, uint256 want, string memory what) internal pure {
        if (have != want) revert(string.concat(what, ": ", _text(have), " instead of ", _text(want)));
    }

    /// @dev Brings any number into a range, both ends included.
    function within(uint256 any, uint256 low, uint256 high) internal pure returns (uint256) {
        return high - low == type(uint256).max ? any : low + any % (high - low + 1);
    }

    function _text(uint256 number) private pure returns (string memory) {
        if (number == 0) return "0";
        bytes memory digits = new bytes(78);
        uint256 begin = 78;
        while (number != 0) {
            digits[--begin] = TEN[number % 10];
            number /= 10;
        }
        bytes memory text = new bytes(78 - begin);
        for (uint256 i = 0; i < text.length; i++) {
            text[i] = digits[begin + i];
        }
        return string(text);
    }
}
