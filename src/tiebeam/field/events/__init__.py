"""The change event of a document that had none yet when it was approved."""
