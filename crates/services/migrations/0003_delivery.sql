create table topics (
    id bigint generated always as identity primary key,
    topic bytea not null unique check (octet_length(topic) = 32),
    inbox_of bigint unique references installations,
    last_seq bigint not null default 0 check (last_seq >= 0),
    last_commit bigint not null default 0 check (last_commit between 0 and last_seq)
);
comment on table topics is 'Logs the server keeps in order: conversations, and the inboxes of installations. The row lock orders all writers.';
comment on column topics.last_commit is 'The place of the newest commit; a publish names the one it was made on.';

create table members (
    topic_id bigint not null references topics,
    installation_id bigint not null references installations,
    since bigint not null check (since >= 0),
    until bigint check (until > since),
    primary key (topic_id, installation_id)
);
comment on table members is 'Which installations may read a conversation, from behind `since` to `until`, and write while `until` is null. Said by its members, not judged.';

-- No foreign keys on the hot table: its rows are only written under the lock of their topic's row, by one statement.
create table envelopes (
    topic_id bigint not null,
    seq bigint not null check (seq > 0),
    sender bigint not null,
    message_id bytea not null check (octet_length(message_id) = 16),
    at timestamptz not null,
    kind smallint not null check (kind between 0 and 2),
    payload bytea not null check (octet_length(payload) <= 49152),
    welcome_topic bytea check (octet_length(welcome_topic) = 32),
    welcome_commit bigint,
    primary key (topic_id, seq),
    check ((kind = 2) = (welcome_topic is not null and welcome_commit is not null))
);
comment on table envelopes is 'Opaque bytes with a place: what members sent (kind 0), commits (1), and welcomes in inboxes (2). Numbered from 1 without gaps.';
comment on column envelopes.sender is 'The id of an installation. With the message id it makes a retry find the first attempt.';
create unique index envelopes_once on envelopes (sender, message_id, topic_id);
-- Ciphertext does not compress.
alter table envelopes alter column payload set storage external;
