create table key_packages (
    id bigint generated always as identity primary key,
    installation_id bigint not null references installations,
    bytes bytea not null check (octet_length(bytes) between 1 and 4096)
);
comment on table key_packages is 'Published in advance by installations, each claimed once (RFC 9420, section 10).';
create index key_packages_installation on key_packages (installation_id, id);

create table last_resorts (
    installation_id bigint primary key references installations,
    bytes bytea not null check (octet_length(bytes) between 1 and 4096)
);
comment on table last_resorts is 'The key package that is given, and stays, when all others of an installation are used up.';
