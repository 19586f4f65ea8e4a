create table tip_chains (
    chain_id bigint primary key check (chain_id > 0),
    genesis bytea not null check (octet_length(genesis) = 32),
    number bigint not null check (number >= 0),
    hash bytea not null check (octet_length(hash) = 32)
);
comment on table tip_chains is 'How far the tips of each chain have been read: up to this block, itself included. The row lock orders all watchers.';
comment on column tip_chains.genesis is 'The hash of block 0: a development chain that was begun anew is told by it.';

create table tip_blocks (
    chain_id bigint not null references tip_chains on delete cascade,
    number bigint not null check (number >= 0),
    hash bytea not null check (octet_length(hash) = 32),
    primary key (chain_id, number)
);
comment on table tip_blocks is 'Blocks that were read: the newest without gaps, older ones here and there. By them a reorganised chain is noticed, and where it still is the same.';

create table tips (
    id bigint generated always as identity primary key,
    chain_id bigint not null references tip_chains on delete cascade,
    block_number bigint not null check (block_number >= 0),
    block_hash bytea not null check (octet_length(block_hash) = 32),
    log_index bigint not null check (log_index >= 0),
    hash bytea not null check (octet_length(hash) = 32),
    tip_id bytea not null check (octet_length(tip_id) = 32),
    sender bytea not null check (octet_length(sender) = 20),
    recipient bytea not null check (octet_length(recipient) = 20),
    token bytea not null check (octet_length(token) = 20),
    amount numeric(78, 0) not null check (amount >= 0),
    constraint tips_log unique (chain_id, block_hash, log_index),
    constraint tips_once unique (chain_id, sender, tip_id)
);
comment on table tips is 'Tips in blocks that still stand, each once. What a reorganised chain takes back is deleted together with the move of the cursor.';
comment on column tips.hash is 'The transaction.';
comment on column tips.token is 'The token''s contract; zero is the chain''s own coin.';
create index tips_block on tips (chain_id, block_number);

create table tip_transactions (
    chain_id bigint not null,
    hash bytea not null check (octet_length(hash) = 32),
    signer bytea not null check (octet_length(signer) = 20),
    nonce bigint not null check (nonce >= 0),
    asked_by bytea not null check (octet_length(asked_by) = 32),
    at timestamptz not null,
    primary key (chain_id, hash)
);
comment on table tip_transactions is 'Who signed the transactions that are said to hold tips, kept at first sight: without it one that was replaced could not be told from one that never was.';
comment on column tip_transactions.asked_by is 'The installation that asked for it first; each may have so many kept.';
create index tip_transactions_asked on tip_transactions (asked_by, at);
