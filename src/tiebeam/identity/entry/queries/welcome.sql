-- A try proved good: the account's doors begin anew, those of the address forget this one.
select tiebeam.welcome(%(proved)s, %(passed)s, %(at)s)
