-- Find the companies in which an e-mail address is known; two are enough to know that it says too little.
select tiebeam.person_tenants(%(email)s)
