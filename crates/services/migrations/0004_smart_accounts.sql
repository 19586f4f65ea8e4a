alter table accounts add column chain_id bigint check (chain_id > 0);
comment on column accounts.chain_id is 'The chain (EIP-155) on which code signs for the account (ERC-1271); null: its key does, on every chain. Said by its first sign-in; only a key may still change it, to null.';

alter table challenges add column questions smallint not null default 0 check (questions >= 0);
comment on column challenges.questions is 'How often a chain was asked about signatures over this text. The code that answers is chosen by whoever signs in.';
