-- Make the staging table empty again within a transaction.
delete from staging_record
