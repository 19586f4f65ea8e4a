create table tip_replacements (
    chain_id bigint not null references tip_chains on delete cascade,
    hash bytea not null check (octet_length(hash) = 32),
    replaced_by bytea not null check (octet_length(replaced_by) = 32),
    block_number bigint not null check (block_number >= 0),
    primary key (chain_id, hash),
    foreign key (chain_id, hash) references tip_transactions on delete cascade
);
comment on table tip_replacements is 'Which transaction of the same signer and nonce is in a block instead of one that was waited for: a search through the chain, made once. What a reorganised chain takes back is deleted together with the move of the cursor.';
create index tip_replacements_block on tip_replacements (chain_id, block_number);
