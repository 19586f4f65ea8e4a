create table incarnation (
    single boolean primary key default true check (single),
    id bytea not null check (octet_length(id) = 16),
    since timestamptz not null default now()
);
comment on table incarnation is 'Which life of this database it is: one row. A new id is put in when a backup is restored, so that clients notice.';
-- gen_random_uuid is the cryptographic generator of Postgres itself; no extension is needed for it.
insert into incarnation (id) values (uuid_send(gen_random_uuid()));

create table accounts (
    id bigint generated always as identity primary key,
    address bytea not null unique check (octet_length(address) = 20),
    name text not null default '' check (char_length(name) <= 40),
    created_at timestamptz not null
);
comment on table accounts is 'People here, by the address of their wallet. Signed in at least once.';

create table challenges (
    nonce text primary key check (char_length(nonce) between 16 and 128),
    browser bytea not null check (octet_length(browser) = 32),
    text text not null check (octet_length(text) <= 2048),
    public_key bytea not null check (octet_length(public_key) = 65),
    expires_at timestamptz not null
);
comment on table challenges is 'Sign-in texts given out and not used yet. The browser that asked is known by the SHA-256 of its cookie.';
create index challenges_expires_at on challenges (expires_at);

create table associations (
    hash bytea primary key check (octet_length(hash) = 32),
    bytes bytea not null check (octet_length(bytes) <= 16384)
);
comment on table associations is 'What wallets signed to vouch for installations, by hash. Public, and never deleted: members verify old entries with it.';

create table installations (
    id bigint generated always as identity primary key,
    installation bytea not null unique check (octet_length(installation) = 32),
    account_id bigint not null references accounts,
    public_key bytea not null check (octet_length(public_key) = 65),
    association bytea not null references associations (hash),
    agent text not null check (char_length(agent) <= 80),
    created_at timestamptz not null,
    seen_at timestamptz not null,
    revoked_at timestamptz
);
comment on table installations is 'One account in one browser profile, with its own key. Named by the SHA-256 of that key.';
comment on column installations.association is 'Of its first sign-in, for ever: credentials name it.';
create index installations_account on installations (account_id, seen_at desc);

create table sessions (
    id uuid primary key,
    account_id bigint not null references accounts,
    installation_id bigint not null references installations,
    agent text not null check (char_length(agent) <= 80),
    created_at timestamptz not null,
    seen_at timestamptz not null,
    expires_at timestamptz not null,
    ended_at timestamptz
);
comment on table sessions is 'Sign-ins behind the cookies. A cookie is worth nothing without its row.';
create index sessions_account on sessions (account_id) where ended_at is null;
create index sessions_expires_at on sessions (expires_at);
