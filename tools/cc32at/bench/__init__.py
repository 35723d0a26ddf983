"""What commands cost: instructions, in virtual time, against the budgets."""
