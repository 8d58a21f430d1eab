"""What the budgets of the design are measured by: programs to be run by hand, and no part of the product."""
