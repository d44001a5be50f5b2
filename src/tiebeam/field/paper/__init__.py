"""Papers: a ticket or a change order request as a PDF, with its rates and totals, photos and signature."""
