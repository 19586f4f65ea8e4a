//! The contracts' calls, events and errors, generated from the ABI that the compiler wrote (`contracts/abi`, compared with the
//! sources by `cargo xtask ci`). No other module encodes or decodes by hand.

use alloy_sol_types::sol;

sol!(Tips, "../../contracts/abi/Tips.json");
sol!(SignatureValidator, "../../contracts/abi/SignatureValidator.json");
