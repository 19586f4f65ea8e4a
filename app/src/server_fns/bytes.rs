//! Arguments keep their bytes, as the answers do in `protocol/tests/api.rs`: pages of the previous release still send them.
//!
//! `UPDATE=1 cargo test -p app` writes `arguments.txt` anew; a line of it that changes otherwise than at its end is a new
//! `protocol::api::VERSION`.

use std::fmt::Write as _;

use protocol::{Address, InstallationId};
use server_fn::{Encodes, codec::PostcardEncoding};

use super::{EndSession, GetChallenge, GetPeople, NameInstallation, SetName, SignIn};

const KEPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/server_fns/arguments.txt");

fn line<T>(name: &str, arguments: &T) -> String
where
    PostcardEncoding: Encodes<T>,
{
    let Ok(bytes) = PostcardEncoding::encode(arguments) else {
        panic!("{name} does not encode");
    };
    bytes.iter().fold(format!("{name}: "), |mut line, byte| {
        let _ = write!(line, "{byte:02x}");
        line
    }) + "\n"
}

#[test]
fn arguments_keep_their_bytes() {
    let address = Address::from([6; 20]);
    let installation = InstallationId([2; 32]);
    let challenge = GetChallenge {
        address,
        chain_id: 31_337,
        public_key: vec![4; 65],
    };
    let sign_in = SignIn {
        text: "sign".into(),
        signature: vec![5; 8],
    };
    let seen = [
        line("challenge", &challenge),
        line("sign_in", &sign_in),
        line("end_session", &EndSession { id: "5".into() }),
        line("set_name", &SetName { name: "Alice".into() }),
        line(
            "name_installation",
            &NameInstallation {
                installation,
                name: "Laptop".into(),
            },
        ),
        line(
            "people",
            &GetPeople {
                addresses: vec![address],
            },
        ),
    ]
    .concat();
    if std::env::var_os("UPDATE").is_some() {
        let _ = std::fs::write(KEPT, &seen);
    }
    assert_eq!(Some(seen), std::fs::read_to_string(KEPT).ok());
}
