-- What is kept of chains and transactions is not the tips' alone. Expand: the views keep the previous release working over this
-- schema, and go a release later.
alter table tip_chains rename to chain_cursors;
alter table tip_blocks rename to chain_blocks;
alter table tip_transactions rename to transactions;
alter table tip_replacements rename to transaction_replacements;
alter index tip_transactions_asked rename to transactions_asked;
alter index tip_replacements_block rename to transaction_replacements_block;

comment on table chain_cursors is 'How far each chain has been read: up to this block, itself included. The row lock orders all watchers.';
comment on table transactions is 'Signer and nonce of the transactions that are waited for, kept at first sight: without them one that was replaced could not be told from one that never was.';

create view tip_chains as select * from chain_cursors;
create view tip_blocks as select * from chain_blocks;
create view tip_transactions as select * from transactions;
create view tip_replacements as select * from transaction_replacements;
comment on view tip_chains is 'chain_cursors, for the previous release.';
comment on view tip_blocks is 'chain_blocks, for the previous release.';
comment on view tip_transactions is 'transactions, for the previous release.';
comment on view tip_replacements is 'transaction_replacements, for the previous release.';
