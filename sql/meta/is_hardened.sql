-- purpose: whether the settings of this database are locked: another connection of this process shut it in
-- parameters: none
-- grain: one row
-- columns:
--   hardened boolean locked

select current_setting('lock_configuration') as hardened;
