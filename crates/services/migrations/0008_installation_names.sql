alter table installations add column name text not null default '' check (char_length(name) <= 40);
comment on column installations.name is 'What its account calls it, to tell its browsers apart; empty for none. Nobody else is shown it.';
