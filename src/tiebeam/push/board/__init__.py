"""How everything that is pushed stands: did it arrive, when, why not, what can be done, what was sent."""
