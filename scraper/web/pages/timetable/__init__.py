"""The planning as a calendar: from the ledger to rows of a page; pure but for the ledger that is read."""
