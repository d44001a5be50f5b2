"""The account elsewhere that a company has connected."""
