create table revocations (
    installation_id bigint primary key references installations,
    bytes bytea not null check (octet_length(bytes) between 1 and 256),
    at timestamptz not null
);
comment on table revocations is 'What proves of an installation that its account has revoked it: signed, public, never deleted. Members remove it from their conversations by nothing else.';
